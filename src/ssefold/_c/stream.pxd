# cython: language_level=3
"""How stream.py is compiled: what the core reads of a Stream, by offset."""

from .detect cimport dialect_of, plain_table
from .log cimport Log
from .merge cimport Merger
from .plain cimport copy, given, repair, repair_text
from .path cimport Plan, path_of
from .wire cimport Wire


cdef class Stream:
    cdef public bint strict
    cdef public object limits
    cdef public object rules
    cdef public object read
    cdef public object text
    cdef public Log log
    cdef public int depth
    cdef public long long events
    cdef public bint ended
    cdef public bint failed
    cdef public bint dead
    cdef public bint closed
    cdef public bint complete
    cdef public bint lost
    cdef public bint done
    cdef public bint surrogates
    cdef public object error
    cdef public object answer
    cdef public list pending
    cdef public long long pending_size
    cdef public bint planning
    cdef public object undecided
    cdef public bytes stray
    cdef public list body
    cdef public long long body_size
    cdef public object dialect
    cdef public object source
    cdef public Merger merger
    cdef public Wire wire
    cdef public list removed

    cpdef whole(self, bytes name, value, int flags, Py_ssize_t size, long long start)
    cpdef block(self, bytes name, bytes data, spans, bytes stray, start, bint final)
    cdef data(self, bytes name, bytes data, spans, bint final)
    cdef count(self)
    cdef event(self, bytes name, value, int flags, Py_ssize_t size)
    cdef take(self, bytes name, value, int flags, Py_ssize_t size)
    cdef bint in_band_error(self, str kind, value) except -1
    cdef errors_at(self, value, tuple path, int level)
    cdef decide(self, source)
    cdef bint find_dialect(self, str kind, value, bint reported, Py_ssize_t size) except -1
    cdef merge(self, value, str kind)
    cpdef limit(self, str code, offset)
    cpdef void lose(self, long long offset) noexcept
    cpdef end_folding(self, str code, offset)
    cpdef close(self)

