# cython: language_level=3
"""Loops over bytes: where a line ends, which field it is.

Enters: a pointer and a bound.
Leaves: a position or a small number.
Must not know: Python objects, frames, what a field does. Everything here is
`cdef inline ... noexcept nogil` and reads nothing outside [p, end).
"""

cimport cython

from .simd cimport equal

cdef extern from "bytewalk.h":
    const unsigned char *ssefold_line(
        const unsigned char *first, const unsigned char *p, const unsigned char *end, int *high
    ) noexcept nogil
    int ssefold_low64(const unsigned char *p) noexcept nogil
    int ssefold_eol16(const unsigned char *p) noexcept nogil


# The fields that the standard knows, and what is none of them.
cdef enum:
    FIELD_UNKNOWN = -1
    FIELD_DATA = 0
    FIELD_EVENT = 1
    FIELD_ID = 2
    FIELD_RETRY = 3


cdef inline const unsigned char *line_end(
    const unsigned char *p, const unsigned char *end
) noexcept nogil:
    """The first CR or LF in [p, end), or `end`: one pass for both.

    Two memchr calls would walk a stream of CR lines to its end for every line.
    """
    cdef int i
    while end - p >= 64:
        if ssefold_low64(p):
            for i in range(0, 64, 16):
                if ssefold_eol16(p + i) < 16:
                    return p + i + ssefold_eol16(p + i)
        p += 64
    while end - p >= 16:
        i = ssefold_eol16(p)
        if i < 16:
            return p + i
        p += 16
    while p < end:
        if p[0] == c'\n' or p[0] == c'\r':
            return p
        p += 1
    return end


cdef inline const char *field_name(int field) noexcept nogil:
    """The name of a known field."""
    if field == FIELD_DATA:
        return b"data"
    if field == FIELD_EVENT:
        return b"event"
    if field == FIELD_ID:
        return b"id"
    return b"retry"


cdef inline int field_size(int field) noexcept nogil:
    """The length of a known field's name."""
    if field == FIELD_DATA:
        return 4
    return 2 if field == FIELD_ID else 5


cdef inline int field_by_first(unsigned char c) noexcept nogil:
    """The only field whose name begins with `c`, or FIELD_UNKNOWN."""
    if c == c'd':
        return FIELD_DATA
    if c == c'e':
        return FIELD_EVENT
    if c == c'i':
        return FIELD_ID
    return FIELD_RETRY if c == c'r' else FIELD_UNKNOWN


cdef inline int line_field(const unsigned char *p, Py_ssize_t size) noexcept nogil:
    """The field of a whole line of at least one byte (without its ending)."""
    cdef int field = field_by_first(p[0])
    cdef int length
    if field == FIELD_UNKNOWN:
        return FIELD_UNKNOWN
    length = field_size(field)
    if size < length or not equal(p, field_name(field), length):
        return FIELD_UNKNOWN
    if size > length and p[length] != c':':
        return FIELD_UNKNOWN
    return field


@cython.cdivision(True)
cdef inline long long retry_value(const unsigned char *p, Py_ssize_t size) noexcept nogil:
    """The number of a retry value: ASCII digits alone, at most 2**63 - 1; else -1."""
    cdef long long most = 0x7FFFFFFFFFFFFFFF
    cdef long long value = 0
    cdef Py_ssize_t i
    cdef int digit
    for i in range(size):
        digit = p[i] - c'0'
        if digit < 0 or digit > 9:
            return -1
        value = most if value > (most - digit) // 10 else value * 10 + digit
    return value if size else -1
