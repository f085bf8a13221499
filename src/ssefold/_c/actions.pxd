# cython: language_level=3
"""How actions.py is compiled."""

from .merge cimport Merger


cdef class EventMerger(Merger):
    cdef public bint foreign
    cdef public bint based
