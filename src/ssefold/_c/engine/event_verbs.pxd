# cython: language_level=3
"""How event_verbs.py is compiled."""

cimport cython

from .event_address cimport Address
from .event_order cimport Order
from .ledger cimport Ledger
from .field_parts cimport keep_text
from .jsonvalue cimport given, is_open, same, text_weight, weight
from .plan cimport Plan
from .lookup_hints cimport add, find, hint, insert, is_hint, list_at, shift
from .state cimport Indexed, JSONText, Parts, Place, Replaced, Hinted, member
from .rows cimport Action, ListRow

# Assigned by the import of outcomes.py: comparisons of C integers.
cdef int APPENDED, DROPPED, EXTENDED, FIXED, OPENED
# And by that of event_spec.py.
cdef str APPEND, APPEND_JSON, EXTEND, INSERT, PUSH, SET, SPREAD


cdef class Verbs:
    cdef public Ledger ledger
    cdef public Order order
    cdef public Address address
    cpdef wrong(self, Action action)
    @cython.locals(place=Place)
    cpdef delta(self, Action action, value)
    cdef came_late(self, Action action, value)
    cdef tuple made(self, Action action, source)
    @cython.locals(at=tuple)
    cdef note_delta(self, dict values, value, Action action)
    cdef change(self, dict values, str key, Action action, source, value)
    cdef bint is_kept(self, old, source, Action action) except -1
    cdef text_of(self, Action action, source)
    @cython.locals(name=str, by=str, path=str, cell=dict, position=int, rule=ListRow)
    cdef change_element(self, dict values, Action action, source, value)
    cdef extend_list(self, dict values, str key, source, Action action)
    cdef push(self, dict values, str key, element)
    @cython.locals(held=Hinted, by=str, position=int)
    cdef insert(self, dict values, str key, element, Action action, value)
    cdef append_json(self, dict values, str key, source)
    cdef begin_json(self, dict values, str key, source, str text)
    cdef append_replaced(self, Replaced replaced, source)
    @cython.locals(place=Place)
    cdef spread(self, dict values, source, Action action, value)
    @cython.locals(at=tuple)
    cdef note_path(self, steps)
    @cython.locals(at=tuple, step=object)
    cdef note_absent(self, value, tuple steps)
    @cython.locals(plan=Plan, at=tuple)
    cdef note_rest(self, value)
    cdef leave_out(self, value, tuple at)


cdef bint has_text(old) except -1
cpdef value_at(value, steps)
cdef value_of(tuple at, value)
cdef bint is_whole(str key, Action action) except -1
