# cython: language_level=3
"""How framing_base.py is compiled."""


cdef class Framing:
    cdef public long long limit
    cdef public bytearray held
    cdef public bytes read
    cdef public Py_ssize_t pos
    cdef public Py_ssize_t lead
    cdef public long long base
    cdef public long long start
    cdef public long long at
    cdef public long long offset
    cdef public bytes name
    cdef public bytes data
    cdef public bytes frame
    cdef public bytes raw
    cdef public str code
    cdef public str detail
    cdef public bint cut
    cdef public bint final
    cdef public bint runs

    cpdef begin(self, limit)
    cpdef feed(self, bytes data)
    cpdef int next(self) except -1
    cpdef int close(self) except -1
    cpdef bint is_clean(self) noexcept
    cpdef skip(self, Py_ssize_t size)
    cpdef bint lose(self, long long offset, int last) noexcept
    cpdef hold(self, Py_ssize_t stop)
    cpdef wrong(self, str code, long long offset, str detail, bytes raw)
    cpdef int over(self, long long offset) except -1
