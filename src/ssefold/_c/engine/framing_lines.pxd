# cython: language_level=3
"""How framing_lines.py is compiled."""

cimport cython

from .framing_base cimport Framing

# Assigned by the import of framing_base.py.
cdef int EVENT, NOTHING_YET
cdef bytearray EMPTY


cdef class Lines(Framing):
    cdef public bint skipping

    cpdef begin(self, limit)
    @cython.locals(size=Py_ssize_t, end=Py_ssize_t, stop=Py_ssize_t)
    cpdef int next(self) except -1
    cpdef int close(self) except -1
    cpdef bint is_clean(self) noexcept
    cpdef bint lose(self, long long offset, int last) noexcept
    @cython.locals(frame=bytes)
    cdef bint take(self, Py_ssize_t stop) except -1
    @cython.locals(data=bytes)
    cdef bint put(self, bytes frame, bint final) except -1


@cython.locals(framing=Lines)
cpdef Lines new_lines(limit)
