# cython: language_level=3
"""How event_order.py is compiled."""

cimport cython

from .event_address cimport Addresses
from .state cimport Indexed, Place, Slots, member, select, whole_place
from .table cimport Action


cdef class Arrivals(Addresses):
    cdef public object arrivals
    cdef bint grows(self, Action action, Place place) except -1
    cdef begins(self, Action action, kind)
    cdef bint comes(self, tuple at) except -1
    cdef comes_late(self)
    @cython.locals(held=Indexed)
    cdef bint begin_texts(self, dict values, int depth) except -1
    cdef came_whole(self)
    cdef int step_of(self, Action action, kind) except -2
    cdef bint goes(self, old) except -1
    cdef take_turns(self)
    cdef follow(self)
    cdef follow_start(self, Action action, Place place)
    @cython.locals(held=Indexed, name=str, each=str, position=int)
    cdef bint is_text(self, tuple path, last) except -1
