# cython: language_level=3
"""The contract of core.pyx: what StreamAccumulator stands on."""

from .framing cimport Framer
from .stream cimport Stream


cdef class FoldCore:
    cdef readonly Stream _stream
    cdef readonly dict _taken
    cdef readonly long long bytes
    cdef object _limits
    cdef tuple _options
    cdef Framer _framer
    cdef bint _busy
    cdef long long _most            # max_total_bytes, or -1

    cdef int start(self) except -1
    cdef int take(self, const unsigned char *buf, Py_ssize_t size) except -1
    cdef int deliver(self) except -1
