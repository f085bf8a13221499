# cython: language_level=3
"""How arrivals.py is compiled."""

cimport cython

from .addresses cimport Addresses
from .state cimport Indexed, Place, Slots, member, select, whole_place
from .table cimport Action


cdef class Arrivals(Addresses):
    cdef public object arrivals
    cdef public tuple latest
    cdef bint grows(self, Action action, value, Place place) except -1
    cdef begins(self, Action action, value, kind)
    cdef bint comes(self, tuple at) except -1
    cdef comes_late(self, Action action, value)
    @cython.locals(held=Indexed)
    cdef bint begin_texts(self, dict values, int depth) except -1
    cdef came_whole(self, Action action, value)
    cdef int step_of(self, Action action, value, kind) except -2
    cdef bint goes(self, old) except -1
    cdef take_turns(self)
    cdef follow(self)
    cdef tuple indexes(self, Action action, value)
    cdef bint is_text(self, tuple path, value, last) except -1
