# cython: language_level=3
"""Lists from the wire: checked, weighed, and brought to the form in which JSON is written.

Enters: a pointer to a list's bracket, up to where it may reach.
Leaves: where it ends, its weight, whether its bytes are what json would write of its
values; and those bytes. No object is made of a value.
Must not know: templates, slots, states.

A list goes the cold way if its values could mean more than their bytes: a number that
might be out of range, a key with an escape, or one that comes twice; a line end, which
to JSON is white space and to the framing the end of the line.
"""

from cpython.object cimport PyObject
from libc.string cimport memcpy

from ..jsonnumber cimport MAX_FLOAT, MOST_SCALE, SCAN_LOOSE, SCAN_UNSURE, Tenths, scan_written
from ..jsonscan cimport (
    SCAN_BAD,
    SCAN_CUT,
    SCAN_ESCAPE,
    SCAN_FAILED,
    SCAN_INVALID_UTF8,
    plain_end,
    scan_literal,
    scan_string,
    unescaped_length,
)
from ..simd cimport equal, find
from ..jsonwrite cimport Writer, begin, drop, finish, put, put_body, put_byte, put_float

cdef extern from "Python.h":
    double PyOS_string_to_double(const char *text, char **end, PyObject *overflow) except? -1.0

cdef enum:
    ALWAYS_SHORTEST = 15  # as many digits always come back from a double

cdef Tenths tenths


cdef fill_tenths():
    cdef int k
    cdef object one = 1, power = 1, fraction
    for k in range(MOST_SCALE):
        fraction = (one << (127 + (power - 1).bit_length())) // power
        tenths.high[k] = fraction >> 64
        tenths.low[k] = fraction & 0xFFFFFFFFFFFFFFFF
        power *= 10


fill_tenths()


cdef struct Key:
    const unsigned char *start
    Py_ssize_t size


cdef struct Walk:
    const unsigned char *end
    int flags
    Py_ssize_t weight


cdef const unsigned char *scan_list(
    const unsigned char *p, const unsigned char *end, int depth, int *flags, Py_ssize_t *weight
) noexcept nogil:
    cdef Walk walk
    walk.end = end
    walk.flags = 0
    walk.weight = 0
    p = walk_array(&walk, p, depth)
    flags[0] |= walk.flags
    weight[0] = walk.weight
    if p == NULL:
        return end
    return p


cdef inline const unsigned char *stop(Walk *walk, const unsigned char *p) noexcept nogil:
    walk.flags |= SCAN_BAD if p < walk.end else SCAN_CUT
    return NULL


cdef inline const unsigned char *token(Walk *walk, const unsigned char *p) noexcept nogil:
    """The next byte that is no white space; NULL if there is none."""
    while True:
        if p == walk.end:
            return stop(walk, p)
        if p[0] > c' ':
            return p
        if p[0] != c' ' and p[0] != c'\t':
            return stop(walk, p)
        walk.flags |= SCAN_LOOSE
        p += 1


cdef const unsigned char *walk_value(
    Walk *walk, const unsigned char *p, int depth
) noexcept nogil:
    """Behind the value that begins at `p`; NULL: it was stopped."""
    cdef int flags = 0
    cdef unsigned char c = p[0]
    if c == c'"':
        return walk_string(walk, p + 1)
    if c == c'{':
        return walk_object(walk, p, depth)
    if c == c'[':
        return walk_array(walk, p, depth)
    walk.weight += 8
    if c == c'-' or c'0' <= c <= c'9':
        p = scan_written(&tenths, p, walk.end, &flags)
        if flags & SCAN_UNSURE:
            flags |= SCAN_BAD
    else:
        p = scan_literal(p, walk.end, &flags)
    walk.flags |= flags
    return NULL if flags & SCAN_FAILED else p


cdef inline const unsigned char *walk_string(
    Walk *walk, const unsigned char *p
) noexcept nogil:
    """Behind the string whose body begins at `p`."""
    cdef const unsigned char *q = plain_end(p, walk.end)
    cdef int flags = 0
    if q < walk.end and q[0] == c'"':
        walk.weight += q - p
        return q + 1
    q = scan_string(p, walk.end, &flags)
    walk.flags |= flags
    if flags & SCAN_FAILED:
        return NULL
    if flags & SCAN_INVALID_UTF8:
        return stop(walk, p)
    if flags & SCAN_ESCAPE:
        walk.weight += unescaped_length(p, q - p)
        if not is_written(p, q):
            walk.flags |= SCAN_LOOSE
    else:
        walk.weight += q - p
    return q + 1


cdef bint is_written(const unsigned char *p, const unsigned char *end) noexcept nogil:
    """Whether all escapes of a body are as json writes them; control characters may be."""
    while True:
        p = find(p, end, c'\\')
        if p == end:
            return True
        if p[1] == c'u' or p[1] == c'/':
            return False
        p += 2


cdef const unsigned char *walk_array(
    Walk *walk, const unsigned char *p, int depth
) noexcept nogil:
    cdef const unsigned char *q
    if depth <= 0:
        return stop(walk, p)
    walk.weight += 8
    p = token(walk, p + 1)
    if p == NULL:
        return NULL
    if p[0] == c']':
        return p + 1
    while True:
        # The bytes of a token are most of what lists hold: small numbers.
        q = p
        while walk.end - q > 4 and c'1' <= q[0] <= c'9':
            q += 1
            q += c'0' <= q[0] <= c'9'
            q += c'0' <= q[0] <= c'9'
            if q[0] != c',' and q[0] != c']':
                break
            walk.weight += 8
            p = q + 1
            if q[0] == c']':
                return p
            q = p
        p = token(walk, p)
        if p != NULL:
            p = walk_value(walk, p, depth - 1)
        if p != NULL:
            p = token(walk, p)
        if p == NULL:
            return NULL
        if p[0] == c']':
            return p + 1
        if p[0] != c',':
            return stop(walk, p)
        p = token(walk, p + 1)
        if p == NULL:
            return NULL


cdef const unsigned char *walk_object(
    Walk *walk, const unsigned char *p, int depth
) noexcept nogil:
    cdef Key keys[MAX_KEYS]
    cdef int count = 0
    if depth <= 0:
        return stop(walk, p)
    walk.weight += 8
    p = token(walk, p + 1)
    if p == NULL:
        return NULL
    if p[0] == c'}':
        return p + 1
    while True:
        p = walk_key(walk, keys, count, p)
        if p != NULL:
            p = token(walk, p)
        if p == NULL:
            return NULL
        if p[0] != c':':
            return stop(walk, p)
        count += 1
        p = token(walk, p + 1)
        if p != NULL:
            p = walk_value(walk, p, depth - 1)
        if p != NULL:
            p = token(walk, p)
        if p == NULL:
            return NULL
        if p[0] == c'}':
            return p + 1
        if p[0] != c',':
            return stop(walk, p)
        p = token(walk, p + 1)
        if p == NULL:
            return NULL


cdef inline const unsigned char *walk_key(
    Walk *walk, Key *keys, int count, const unsigned char *p
) noexcept nogil:
    """Behind the key at `p`, which none of those before may equal."""
    cdef const unsigned char *q
    cdef Key *key = &keys[count]
    cdef int i, flags = 0
    if p[0] != c'"' or count == MAX_KEYS:
        return stop(walk, p)
    p += 1
    q = plain_end(p, walk.end)
    if q == walk.end or q[0] != c'"':
        q = scan_string(p, walk.end, &flags)
        if flags & SCAN_CUT:
            walk.flags |= SCAN_CUT
            return NULL
        if flags & (SCAN_FAILED | SCAN_ESCAPE | SCAN_INVALID_UTF8):
            return stop(walk, p)
    key.start = p
    key.size = q - p
    for i in range(count):
        # A quote ends both: there is a first byte to compare.
        if (keys[i].size == key.size and keys[i].start[0] == p[0]
                and equal(keys[i].start, p, key.size)):
            return stop(walk, p)
    walk.weight += key.size
    return q + 1


# -- writing ---------------------------------------------------------------------------


cdef int put_compact(Writer *w, const unsigned char *p, Py_ssize_t size) except -1:
    cdef const unsigned char *end = p + size
    cdef const unsigned char *q
    cdef int flags
    while p < end:
        flags = 0
        q = p + 1
        if p[0] == c'"':
            q = scan_string(q, end, &flags)
            put_byte(w, c'"')
            if flags & SCAN_ESCAPE:
                put_body(w, p + 1, q - p - 1, &flags)
            else:
                put(w, p + 1, q - p - 1)
            put_byte(w, c'"')
            q += 1
        elif p[0] == c'-' or c'0' <= p[0] <= c'9':
            q = scan_written(&tenths, p, end, &flags)
            if flags & (SCAN_LOOSE | SCAN_CUT):  # cut: the last of the elements
                put_number(w, p, q - p)
            else:
                put(w, p, q - p)
        elif p[0] > c' ':
            put_byte(w, p[0])
        p = q
    return 0


cdef int put_number(Writer *w, const unsigned char *p, Py_ssize_t size) except -1:
    """A number of at most MAX_FLOAT bytes."""
    cdef char text[MAX_FLOAT + 1]
    cdef const unsigned char *end = p + size
    if find(p, end, c'.') == end and find(p, end, c'e') == end and find(p, end, c'E') == end:
        if size == 2 and p[0] == c'-' and p[1] == c'0':
            return put_byte(w, c'0')
        return put(w, p, size)
    if put_short_decimal(w, p, p + size):
        return 0
    memcpy(text, p, size)
    text[size] = 0
    return put_float(w, PyOS_string_to_double(text, NULL, NULL))


cdef bint put_short_decimal(
    Writer *w, const unsigned char *p, const unsigned char *end
) except -1:
    """Write a number with at most 15 digits, which stay as they are; False: it has more.

    Servers in JavaScript write -1.5e-7, and others -0.00000015: both are usual.
    """
    cdef unsigned char digits[MAX_FLOAT]
    cdef int count = 0, point = 0, exponent = 0
    cdef bint fraction = False, negative = p[0] == c'-', below = False
    p += negative
    while p < end and p[0] | 0x20 != c'e':
        if p[0] == c'.':
            fraction = True
        elif count or p[0] != c'0':
            digits[count] = p[0]
            count += 1
            point += not fraction
        else:
            point -= fraction
        p += 1
    if p < end:
        p += 1
        below = p[0] == c'-'
        p += below or p[0] == c'+'
    while p < end:
        exponent = 10 * exponent + (p[0] - c'0')
        p += 1
    point += -exponent if below else exponent
    while count and digits[count - 1] == c'0':
        count -= 1
    if not 0 < count <= ALWAYS_SHORTEST:
        return False
    if negative:
        put_byte(w, c'-')
    if -4 < point <= 16:
        put_plain(w, digits, count, point)
    else:
        put_scientific(w, digits, count, point - 1)
    return True


cdef int put_plain(Writer *w, const unsigned char *digits, int count, int point) except -1:
    cdef int i
    if point <= 0:
        put(w, b"0.000", 2 - point)
        return put(w, digits, count)
    put(w, digits, min(point, count))
    for i in range(count, point):
        put_byte(w, c'0')
    put_byte(w, c'.')
    return put(w, digits + point, count - point) if count > point else put_byte(w, c'0')


cdef int put_scientific(
    Writer *w, const unsigned char *digits, int count, int exponent
) except -1:
    put_byte(w, digits[0])
    if count > 1:
        put_byte(w, c'.')
        put(w, digits + 1, count - 1)
    put_byte(w, c'e')
    put_byte(w, c'-' if exponent < 0 else c'+')
    exponent = abs(exponent)
    if exponent > 99:
        put_byte(w, c'0' + exponent // 100)
    put_byte(w, c'0' + exponent // 10 % 10)
    return put_byte(w, c'0' + exponent % 10)


def compact(bytes data, int depth=128):
    """(flags, weight, written form) of the list that `data` begins with; for the tests."""
    cdef const unsigned char *p = <const unsigned char *><char *>data
    cdef int flags = 0
    cdef Py_ssize_t weight = 0
    cdef const unsigned char *q = scan_list(p, p + len(data), depth, &flags, &weight)
    cdef Writer w
    if flags & SCAN_FAILED:
        return flags, -1, b""
    begin(&w)
    try:
        put_compact(&w, p, q - p)
        return flags, weight, finish(&w)
    finally:
        drop(&w)
