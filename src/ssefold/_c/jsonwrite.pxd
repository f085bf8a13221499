# cython: language_level=3
"""The contract of jsonwrite.pyx: compact JSON, of plain values and of raw string bodies."""

from cpython.object cimport PyObject
from libc.string cimport memcpy


# JSON text that grows in a bytes object, which is handed out without a copy.
cdef struct Writer:
    PyObject *data
    unsigned char *buf          # where its bytes lie
    Py_ssize_t size
    Py_ssize_t room


cpdef bytes write(value)

cdef int begin(Writer *w) except -1
# The written bytes; the writer is empty then.
cdef bytes finish(Writer *w)
# Free the unfinished bytes.
cdef void drop(Writer *w) noexcept
cdef int enlarge(Writer *w, Py_ssize_t need) except -1
cdef int put_value(Writer *w, value) except -1
cdef int put_string(Writer *w, str text) except -1
cdef int put_float(Writer *w, double number) except -1
# A raw string body that a scan took, its escapes as json writes them; `flags` as in jsonscan.
cdef int put_body(Writer *w, const unsigned char *p, Py_ssize_t size, int *flags) except -1


cdef inline int reserve(Writer *w, Py_ssize_t more) except -1:
    if w.size + more > w.room:
        return enlarge(w, w.size + more)
    return 0


cdef inline int put(Writer *w, const void *p, Py_ssize_t size) except -1:
    reserve(w, size)
    memcpy(w.buf + w.size, p, size)
    w.size += size
    return 0


cdef inline int put_byte(Writer *w, unsigned char c) except -1:
    reserve(w, 1)
    w.buf[w.size] = c
    w.size += 1
    return 0
