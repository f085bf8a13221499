# cython: language_level=3
"""How arrivals.py is compiled."""

from .addresses cimport Addresses
from .state cimport Place, Slots, member, select
from .table cimport Action


cdef class Arrivals(Addresses):
    cdef public object arrivals
    cdef public tuple latest
    cdef bint grows(self, Action action, value) except -1
