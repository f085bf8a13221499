# cython: language_level=3
"""The beginning of a frame that a read cut, until its rest comes.

Enters: bytes.
Leaves: all of them, one behind the other.
Must not know: lines, fields.

Most streams wait for their next event, in great numbers: nothing is held between frames.
"""

from cpython.mem cimport PyMem_Free, PyMem_Realloc
from libc.string cimport memcpy


cdef enum:
    # A cut frame waits for its rest up to this size; a larger one is framed as it comes.
    MOST_CARRIED = 16384


cdef struct Carry:
    unsigned char *buf
    Py_ssize_t size
    Py_ssize_t room


cdef inline int keep_bytes(Carry *carry, const unsigned char *p, Py_ssize_t size) except -1:
    """Add these bytes; MemoryError, and nothing changed."""
    cdef Py_ssize_t need = carry.size + size
    cdef unsigned char *buf
    if need > carry.room:
        buf = <unsigned char *>PyMem_Realloc(carry.buf, need + (need >> 1))
        if buf == NULL:
            raise MemoryError
        carry.buf = buf
        carry.room = need + (need >> 1)
    memcpy(carry.buf + carry.size, p, size)
    carry.size = need
    return 0


cdef inline void drop_bytes(Carry *carry) noexcept:
    """Nothing waits any more."""
    PyMem_Free(carry.buf)
    carry.buf = NULL
    carry.size = carry.room = 0
