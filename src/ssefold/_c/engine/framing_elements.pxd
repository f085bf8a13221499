# cython: language_level=3
"""How framing_elements.py is compiled."""

cimport cython

from .framing_base cimport Framing

# Assigned by the import of framing_base.py.
cdef int BREACH, SAYS_END, EVENT, FAULT, NOTHING_YET
cdef bytearray EMPTY


cdef class Elements(Framing):
    cdef public object scan
    cdef public int state
    cdef public long long depth
    cdef public int mode
    cdef public long long many
    cdef public long long value_at

    cpdef open(self, limit, scan)
    @cython.locals(size=Py_ssize_t, frame_at=Py_ssize_t, fresh=bint, c=int)
    cpdef int next(self) except -1
    cpdef int close(self) except -1
    cpdef bint is_clean(self) noexcept
    cpdef bint lose(self, long long offset, int last) noexcept
    @cython.locals(end=Py_ssize_t, stop=Py_ssize_t)
    cdef int go_on(self, Py_ssize_t frame_at) except -1
    cdef int put(self, bint final) except -1
    @cython.locals(at=cython.longlong, raw=bytes)
    cdef int odd(self, int c) except -1
    cdef int no_array(self, bytes raw) except -1
    cdef int shut(self) except -1


@cython.locals(framing=Elements)
cpdef Elements new_elements(limit, scan)
