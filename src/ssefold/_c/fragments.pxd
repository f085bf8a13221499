# cython: language_level=3
"""How fragments.py is compiled."""

cimport cython

from .arrivals cimport Arrivals
from .plain cimport is_open, same, text_weight, weight
from .state cimport JSONText, Replaced
from .table cimport Action

# Assigned by the import of plan.py: comparisons of C integers.
cdef int APPENDED, DROPPED, EXTENDED, FIXED, OPENED


cdef class Fragments(Arrivals):
    cdef delta(self, Action action, value)
    cdef change(self, values, str key, Action action, source, value)
    @cython.locals(at=tuple)
    cdef note_delta(self, values, value, Action action)
    @cython.locals(at=tuple)
    cdef note_path(self, steps)
    cdef note_rest(self, value, tuple at)


cpdef value_at(value, steps)
