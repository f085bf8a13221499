# cython: language_level=3
"""How addresses.py is compiled."""

cimport cython

from .blocks cimport fitting
from .merge cimport Merger
from .plain cimport given, is_open
from .state cimport Entries, Indexed, Place, Slots, new_place, whole_place
from .table cimport Action


cdef class Addresses(Merger):
    cdef public str star
    cdef public long long passed
    cdef public bint missing
    cdef bint routed(self, Action action, value) except -1
    cdef bint tells(self, Action action, step, value) except -1
    cdef bint is_index(self, value, str by) except -1
    @cython.locals(place=Place, step=tuple, level=cython.int)
    cdef Place holder(self, Action action, value, tuple make)
    @cython.locals(place=Place)
    cdef Place object_at(self, dict values, str name, Action action)
    @cython.locals(held=Indexed, place=Place, by=str)
    cdef Place element(self, dict values, tuple step, value, make, Action action)
    @cython.locals(place=Place)
    cdef Place opened(self, Indexed held, index, str by, plain, rule)
    cdef fill_in(self, Place place, value, rule, make)
    @cython.locals(entries=Entries, slots=Slots, place=Place)
    cdef Indexed list_at(self, dict values, str name, rule)
    cdef bint in_range(self, Indexed held, index, str by) except -1
    cdef bint has_room(self, Indexed held, index, rule) except -1
    cdef bint reaches(self, str limit, index) except -1


cdef bint says_nothing(Action action, value) except -1
