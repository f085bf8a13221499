# cython: language_level=3
"""How addresses.py is compiled."""

from .merge cimport Merger
from .state cimport Entries, Place, Slots, new_place
from .table cimport Action


cdef class Addresses(Merger):
    cdef public str star
    cdef public long long passed
    cdef public bint missing
    cdef bint routed(self, Action action, value) except -1
    cdef bint is_index(self, value, str by) except -1
    cdef holder(self, Action action, value, make)
    cdef element(self, values, step, value, make)
