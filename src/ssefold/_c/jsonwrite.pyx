# cython: language_level=3
"""Write a plain value as compact JSON in UTF-8.

Enters: dicts with str keys, lists, scalars; no string with an unpaired surrogate.
Leaves: bytes, the same as the pure twin's (which are json's).
Must not know: states, events, dialects.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.dict cimport PyDict_Next
from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE
from cpython.long cimport PyLong_AsLongLongAndOverflow
from cpython.mem cimport PyMem_Free, PyMem_Realloc
from cpython.object cimport PyObject
from libc.stdio cimport snprintf
from libc.string cimport memcpy, strlen

from .jsonscan cimport plain_end

cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except NULL
    char *PyOS_double_to_string(
        double value, char code, int precision, int flags, int *kind) except NULL
    int Py_DTSF_ADD_DOT_0

try:
    from orjson import dumps
except ImportError:
    dumps = None

cdef enum:
    FIRST_ROOM = 512
    NUMBER_ROOM = 32


cdef struct Writer:
    unsigned char *buf
    Py_ssize_t size
    Py_ssize_t room


cpdef bytes write(value):
    """The JSON text; UnicodeEncodeError for a string that no UTF-8 has."""
    cdef Writer w
    w.buf = NULL
    w.size = w.room = 0
    try:
        put_value(&w, value)
        return PyBytes_FromStringAndSize(<char *>w.buf, w.size)
    finally:
        PyMem_Free(w.buf)


cdef inline int reserve(Writer *w, Py_ssize_t more) except -1:
    cdef unsigned char *buf
    cdef Py_ssize_t need = w.size + more
    if need > w.room:
        need = max(need, w.room + (w.room >> 1), FIRST_ROOM)
        buf = <unsigned char *>PyMem_Realloc(w.buf, need)
        if buf == NULL:
            raise MemoryError
        w.buf = buf
        w.room = need
    return 0


cdef inline int put(Writer *w, const char *p, Py_ssize_t size) except -1:
    reserve(w, size)
    memcpy(w.buf + w.size, p, size)
    w.size += size
    return 0


cdef int put_value(Writer *w, value) except -1:
    kind = type(value)
    if kind is str:
        return put_string(w, value)
    if value is None:
        return put(w, b"null", 4)
    if kind is bool:
        return put(w, b"true", 4) if value else put(w, b"false", 5)
    if kind is int:
        return put_int(w, value)
    if kind is float:
        return put_float(w, value)
    if kind is list:
        return put_list(w, value)
    return put_dict(w, value)


cdef int put_dict(Writer *w, dict value) except -1:
    cdef Py_ssize_t pos = 0
    cdef PyObject *key
    cdef PyObject *below
    cdef char before = c'{'
    if not value:
        return put(w, b"{}", 2)
    while PyDict_Next(value, &pos, &key, &below):
        put(w, &before, 1)
        before = c','
        put_string(w, <str>key)
        put(w, b":", 1)
        put_value(w, <object>below)
    return put(w, b"}", 1)


cdef int put_list(Writer *w, list value) except -1:
    cdef Py_ssize_t i
    put(w, b"[", 1)
    for i in range(PyList_GET_SIZE(value)):
        if i:
            put(w, b",", 1)
        put_value(w, <object>PyList_GET_ITEM(value, i))
    return put(w, b"]", 1)


cdef int put_int(Writer *w, value) except -1:
    cdef int overflow = 0
    cdef long long number = PyLong_AsLongLongAndOverflow(value, &overflow)
    cdef bytes digits
    if overflow:
        digits = str(value).encode("ascii")
        return put(w, digits, len(digits))
    reserve(w, NUMBER_ROOM)
    w.size += snprintf(<char *>w.buf + w.size, NUMBER_ROOM, b"%lld", number)
    return 0


cdef int put_float(Writer *w, value) except -1:
    """The shortest digits that give the same double again.

    orjson finds them in a fifth of the time. It writes exponents otherwise than json,
    so it is asked only where neither writes one.
    """
    cdef double number = value
    cdef bytes text
    if dumps is not None and (1e-4 <= number < 1e16 or -1e16 < number <= -1e-4):
        text = dumps(value)
        return put(w, text, len(text))
    cdef char *digits = PyOS_double_to_string(number, c'r', 0, Py_DTSF_ADD_DOT_0, NULL)
    try:
        return put(w, digits, strlen(digits))
    finally:
        PyMem_Free(digits)


cdef int put_string(Writer *w, str text) except -1:
    cdef Py_ssize_t size
    cdef const unsigned char *p = <const unsigned char *>PyUnicode_AsUTF8AndSize(text, &size)
    cdef const unsigned char *end = p + size
    cdef const unsigned char *q
    reserve(w, size + 2)
    w.buf[w.size] = c'"'
    w.size += 1
    while True:
        q = plain_end(p, end)
        while q < end and q[0] >= 0x80:
            while q < end and q[0] >= 0x80:
                q += 1
            q = plain_end(q, end)
        put(w, <const char *>p, q - p)
        if q == end:
            return put(w, b'"', 1)
        put_escape(w, q[0])
        p = q + 1


cdef int put_escape(Writer *w, unsigned char c) except -1:
    cdef const char *short_ones = b'"\\\b\f\n\r\t'
    cdef const char *letters = b'"\\bfnrt'
    cdef int i
    reserve(w, 8)
    for i in range(7):
        if c == <unsigned char>short_ones[i]:
            w.buf[w.size] = c'\\'
            w.buf[w.size + 1] = letters[i]
            w.size += 2
            return 0
    w.size += snprintf(<char *>w.buf + w.size, 8, b"\\u%04x", <int>c)
    return 0
