# cython: language_level=3
"""How stream_bystanders.py is compiled."""

from .event_merge cimport knows
from .log cimport Log
from .jsonvalue cimport given


cdef class Bystanders:
    cdef public object choice
    cdef public Log log
    cdef public bint beat
    cdef public set names
    cdef public dict waiting

    cpdef bint stands_by(self, table, str kind, value) except -1
    cpdef pass_by(self, table, str kind)
    cpdef heartbeat(self, table)
    cdef foreign(self, str name)
    cdef wait(self, str name)
    cpdef settle(self, table)
