# cython: language_level=3
"""The floor: what the bytes cost to be looked at once, and a call to do nothing.

Enters: one read. Leaves: the number of newlines in it, by memchr; or nothing.
Must not know: anything.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.string cimport memchr


def newlines(bytes chunk not None):
    """How many newlines there are: memchr from one to the next."""
    cdef const char *pos = PyBytes_AS_STRING(chunk)
    cdef const char *end = pos + PyBytes_GET_SIZE(chunk)
    cdef const char *found
    cdef Py_ssize_t count = 0
    while pos < end:
        found = <const char *>memchr(pos, 10, end - pos)
        if found == NULL:
            break
        count += 1
        pos = found + 1
    return count


cdef class Nothing:
    """An object whose method takes a chunk and does nothing with it."""

    def feed(self, chunk):
        return 0
