# cython: language_level=3
"""How event_merge.py is compiled."""

cimport cython

from .event_address cimport Address
from .event_order cimport Order
from .event_verbs cimport Verbs, value_at
from .field_merge cimport FieldMerger
from .ledger cimport Ledger
from .event_full cimport full_value, lives_on, part_with
from .event_items cimport fill, fill_base, full_item, put_item
from .jsonvalue cimport given, is_open, same, text_weight, weight
from .lookup_hints cimport is_hint, list_at
from .event_numbers cimport Sequence
from .event_starts cimport begin, stop
from .state cimport Entries, Grown, Place, Hinted, elements, member, new_place, whole_place
from .rows cimport Action, ListRow
from .table cimport Table

# Assigned by the import of outcomes.py.
cdef int COUNTED, FIXED
# And by that of event_spec.py.
cdef str ANSWER, BASE, END, FULL, MERGE, PUT, STOP, UPDATE


cdef class EventMerger:
    cdef public Ledger ledger
    cdef public FieldMerger fields
    cdef public Order order
    cdef public Address address
    cdef public Verbs verbs
    cpdef merge(self, value, event, kind)
    cdef public bint foreign
    cdef public bint based
    cdef public object base_id
    cdef public Sequence sequence
    cdef actions_of(self, kind)
    cdef bint is_foreign(self, actions, value) except -1
    @cython.locals(counted=cython.bint, last=cython.longlong)
    cdef bint is_repeated(self, value, str key) except -1
    cdef act(self, Action action, value)
    cdef base(self, Action action, value)
    cdef begin_answer(self, dict values)
    cdef update(self, dict values, source)
    @cython.locals(values=dict, fresh=dict)
    cdef answer(self, Action action, value)
    cdef list left_out(self, dict values, source)
    cdef bint is_routed(self, str key) except -1
    cdef put_element(self, Action action, value)
    @cython.locals(holder=Place, held=Entries, step=tuple, rule=ListRow)
    cdef tuple place_for(self, Action action, value)
    @cython.locals(place=Place, at=tuple, values=dict)
    cdef full(self, Action action, value)
    @cython.locals(held=Entries)
    cdef bint full_element(self, Action action, value, source, tuple at) except -1


cdef tuple pattern_of(Table table, str kind)
cpdef bint knows(Table table, str kind, value) except -1
