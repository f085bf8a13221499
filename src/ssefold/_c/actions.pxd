# cython: language_level=3
"""How actions.py is compiled."""

cimport cython

from .fragments cimport Fragments, value_at
from .full cimport full_value
from .plain cimport is_open, same, text_weight, weight
from .sequence cimport Sequence
from .starts cimport begin, fill_base, stop
from .state cimport Entries, Indexed, Place, Slots, member, new_place, whole_place
from .table cimport Action

# Assigned by the import of plan.py.
cdef int COUNTED, FIXED


cdef class EventMerger(Fragments):
    cdef public bint foreign
    cdef public bint based
    cdef public object base_id
    cdef public Sequence sequence
    cdef actions_of(self, kind)
    cdef bint is_foreign(self, actions, value) except -1
    cdef bint is_repeated(self, value, str key) except -1
    cdef act(self, Action action, value)
    cdef base(self, Action action, value)
    cdef begin_answer(self, dict values)
    cdef update(self, dict values, source)
    @cython.locals(held=Indexed)
    cpdef fill(self, dict values, str key, given)
    @cython.locals(values=dict)
    cdef answer(self, Action action, value)
    cdef check_lists(self, dict values, source)
    @cython.locals(held=Indexed, place=Place)
    cdef put_element(self, Action action, value)
    cdef take_in(self, dict values, source, text)
    @cython.locals(holder=Place, held=Indexed, step=tuple)
    cdef tuple place_for(self, Action action, value)
    @cython.locals(held=Indexed, place=Place, at=tuple, values=dict)
    cdef full(self, Action action, value)


@cython.locals(events=EventMerger)
cpdef bint knows(merger, str kind, value) except -1
