# cython: language_level=3
"""Write a plain value as compact JSON in UTF-8.

Enters: dicts with str keys, lists, scalars; no string with an unpaired surrogate. Raw
string bodies.
Leaves: bytes, the same as the pure twin's (those of json).
Must not know: states, events, dialects.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.dict cimport PyDict_Next
from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE
from cpython.long cimport PyLong_AsLongLongAndOverflow
from cpython.mem cimport PyMem_Free
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, Py_XDECREF
from libc.stdint cimport uint32_t
from libc.string cimport strlen

from .jsonscan cimport SCAN_SURROGATE, plain_end, put_utf8, take_escape
from .simd cimport find

cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except NULL
    char *PyOS_double_to_string(
        double value, char code, int precision, int flags, int *kind) except NULL
    int Py_DTSF_ADD_DOT_0
    int _PyBytes_Resize(PyObject **data, Py_ssize_t size) except -1

try:
    from orjson import dumps
except ImportError:
    dumps = None

cdef enum:
    FIRST_ROOM = 512
    NUMBER_ROOM = 32


cpdef bytes write(value):
    """The JSON text; UnicodeEncodeError for a string outside UTF-8."""
    cdef Writer w
    begin(&w)
    try:
        put_value(&w, value)
        return finish(&w)
    finally:
        drop(&w)


cdef int begin(Writer *w) except -1:
    w.size = w.room = 0
    w.data = NULL
    data = PyBytes_FromStringAndSize(NULL, FIRST_ROOM)
    Py_INCREF(data)
    w.data = <PyObject *>data
    w.buf = <unsigned char *>PyBytes_AS_STRING(data)
    w.room = FIRST_ROOM
    return 0


cdef bytes finish(Writer *w):
    cdef PyObject *data = w.data
    w.data = NULL
    w.room = 0
    if w.size == 0:
        Py_XDECREF(data)
        return b""
    _PyBytes_Resize(&data, w.size)
    whole = <object>data
    Py_XDECREF(data)
    return whole


cdef void drop(Writer *w) noexcept:
    Py_XDECREF(w.data)
    w.data = NULL


cdef int enlarge(Writer *w, Py_ssize_t need) except -1:
    need = max(need, w.room + (w.room >> 1))
    w.room = 0
    _PyBytes_Resize(&w.data, need)  # NULL is left where it fails
    w.buf = <unsigned char *>PyBytes_AS_STRING(<object>w.data)
    w.room = need
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
    cdef unsigned char before = c'{'
    if not value:
        return put(w, b"{}", 2)
    while PyDict_Next(value, &pos, &key, &below):
        put_byte(w, before)
        before = c','
        put_string(w, <str>key)
        put_byte(w, c':')
        put_value(w, <object>below)
    return put_byte(w, c'}')


cdef int put_list(Writer *w, list value) except -1:
    cdef Py_ssize_t i
    put_byte(w, c'[')
    for i in range(PyList_GET_SIZE(value)):
        if i:
            put_byte(w, c',')
        put_value(w, <object>PyList_GET_ITEM(value, i))
    return put_byte(w, c']')


cdef int put_int(Writer *w, value) except -1:
    cdef unsigned char digits[NUMBER_ROOM]
    cdef int overflow = 0, at = NUMBER_ROOM
    cdef long long number = PyLong_AsLongLongAndOverflow(value, &overflow)
    cdef unsigned long long left = number
    cdef bytes text
    if overflow:
        text = str(value).encode("ascii")
        return put(w, <char *>text, len(text))
    if number < 0:
        left = -left
    while True:
        at -= 1
        digits[at] = <unsigned char>(c'0' + left % 10)
        left //= 10
        if left == 0:
            break
    if number < 0:
        at -= 1
        digits[at] = c'-'
    return put(w, digits + at, NUMBER_ROOM - at)


cdef int put_float(Writer *w, double number) except -1:
    """The shortest digits of the same double.

    orjson finds them in a fifth of the time. It writes exponents otherwise than json,
    so it is asked only where neither writes one.
    """
    cdef bytes text
    if dumps is not None and (1e-4 <= number < 1e16 or -1e16 < number <= -1e-4):
        text = dumps(number)
        return put(w, <char *>text, len(text))
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
        put(w, p, q - p)
        if q == end:
            return put_byte(w, c'"')
        put_escape(w, q[0])
        p = q + 1


cdef inline unsigned char letter_of(unsigned char c) noexcept nogil:
    """The letter that escapes this character of a string, `u`, or 0: it needs no escape."""
    if c == c'"' or c == c'\\':
        return c
    if c >= 0x20:
        return 0
    if c == c'\n':
        return c'n'
    if c == c'\t':
        return c't'
    if c == c'\r':
        return c'r'
    if c == c'\b':
        return c'b'
    return c'f' if c == c'\f' else c'u'


cdef int put_escape(Writer *w, unsigned char c) except -1:
    cdef unsigned char letter = letter_of(c)
    put_byte(w, c'\\')
    put_byte(w, letter)
    if letter == c'u':
        put(w, b"00", 2)
        put_byte(w, c'0' + (c >> 4))
        put_byte(w, b"0123456789abcdef"[c & 15])
    return 0


cdef int put_body(Writer *w, const unsigned char *p, Py_ssize_t size, int *flags) except -1:
    """An unpaired surrogate is flagged SCAN_SURROGATE, and stays an escape."""
    cdef const unsigned char *end = p + size
    cdef const unsigned char *slash
    cdef const unsigned char *behind
    cdef uint32_t code
    cdef int found
    reserve(w, size)
    while True:
        slash = find(p, end, c'\\')
        put(w, p, slash - p)
        p = slash
        if p == end:
            return 0
        found = 0
        behind = take_escape(p, end, &code, &found)
        flags[0] |= found
        if found & SCAN_SURROGATE:
            put(w, p, behind - p)
        elif code < 0x80 and letter_of(<unsigned char>code):
            put_escape(w, <unsigned char>code)
        else:
            reserve(w, 4)
            w.size += put_utf8(w.buf + w.size, code)
        p = behind
