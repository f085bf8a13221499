# cython: language_level=3
"""How framing_binary.py is compiled."""

cimport cython

from .framing_base cimport Framing

# Assigned by the import of framing_base.py.
cdef int BREACH, EVENT, FAILURE, FAULT, NOTHING_YET
cdef bytearray EMPTY


cdef class Binary(Framing):
    cdef public long long total
    cdef public unsigned long sum
    cdef public long long summed

    cpdef begin(self, limit)
    @cython.locals(bad=int, stop=cython.longlong, frame=bytes)
    cpdef int next(self) except -1
    cpdef int close(self) except -1
    cpdef bint lose(self, long long offset, int last) noexcept
    @cython.locals(size=Py_ssize_t, need=cython.longlong, frame=bytes, bad=int)
    cdef int gather(self) except -1
    @cython.locals(upto=cython.longlong)
    cdef add_up(self)
    @cython.locals(total=cython.longlong, headers=cython.longlong)
    cdef int measure(self, bytes prelude) except -1
    cdef int broken(self, int where, str detail, bytes raw) except -1
    @cython.locals(
        end=cython.longlong, behind=cython.longlong, headers=dict, bad=cython.longlong, kind=bytes)
    cdef int take(self, bytes frame, unsigned long found) except -1


@cython.locals(
    pos=Py_ssize_t, begins=Py_ssize_t, size=Py_ssize_t, kind=int, name=bytes, width=Py_ssize_t)
cdef long long read_headers(bytes frame, Py_ssize_t end, dict found) except -2
cdef bytes error_of(dict headers)
@cython.locals(framing=Binary)
cpdef Binary new_binary(limit)
