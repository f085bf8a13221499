# cython: language_level=3
"""How actions.py is compiled."""

from .fragments cimport Fragments, value_at
from .plain cimport is_open, same, text_weight, weight
from .sequence cimport Sequence
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
