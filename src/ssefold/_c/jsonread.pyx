# cython: language_level=3
"""Read one JSON value: a reader of our own over raw bytes.

Enters: bytes (a pointer and a size), a place in them, the nesting allowed.
Leaves: how the reading ended, the value (what was closed before a fault), the
position in bytes, flags; the same as the pure twin.
Must not know: frames, events, dialects.
"""

from cpython.dict cimport PyDict_SetItem
from cpython.float cimport PyFloat_FromDouble
from cpython.list cimport PyList_Append
from cpython.long cimport PyLong_FromLongLong
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, Py_XDECREF
from libc.stdint cimport uint64_t
from libc.string cimport memcpy

from .jsonscan cimport (
    SCAN_ESCAPE,
    SCAN_FAILED,
    SCAN_FLOAT,
    SCAN_SURROGATE,
    plain_end,
    scan_literal,
    scan_number,
    scan_string,
    scan_value,
    skip_space,
    unescape_into,
    unescaped_length,
)
from .simd cimport equal, find
from .utf8 cimport utf8_text

from ssefold import limits as _limits
from ssefold.engine import jsonmarks as _values

cdef extern from "Python.h":
    object PyUnicode_New(Py_ssize_t size, Py_UCS4 maxchar)
    unsigned char *PyUnicode_1BYTE_DATA(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    bint PyUnicode_IS_COMPACT_ASCII(object text)
    Py_ssize_t PyDict_GET_SIZE(object members)
    object PyUnicode_DecodeUTF8(const char *text, Py_ssize_t size, const char *errors)
    void PyUnicode_InternInPlace(PyObject **text)
    double PyOS_string_to_double(const char *text, char **end, PyObject *overflow) except? -1.0
    char *PyBytes_AS_STRING(object data)
    Py_ssize_t PyBytes_GET_SIZE(object data)

cdef extern from "interpreter.h":
    const bint KEEP_KEYS "SSEFOLD_KEEP_KEYS"
    const bint EXACT_DOUBLES "SSEFOLD_EXACT_DOUBLES"
    const int KEY_SLOTS "SSEFOLD_KEY_SLOTS"
    PyObject **kept_keys "ssefold_keys"
    const double *tens "ssefold_tens"
    dict new_dict "SSEFOLD_NEW_DICT"(Py_ssize_t members)

cdef enum:
    KEY_SIZE = 64  # longer keys are not kept
    TOKEN_SIZE = 64  # numbers up to here need no heap
    LEVELS = 32  # of nesting, as far as their objects' sizes are remembered
    MOST_USUAL = 16  # members that room is made for beforehand

# How many members the last object had, level by level: the next one's guess.
cdef int usual_sizes[LEVELS]
# And what they were, in their order: mostly the same again. Objects that are held here.
cdef PyObject *usual_keys[LEVELS * MOST_USUAL]

cdef int OK = _values.OK
cdef int BAD = _values.BAD
cdef int CUT = _values.CUT
cdef int DEEP = _values.DEEP
cdef int HAS_RANGE = _values.HAS_RANGE
cdef int HAS_SURROGATE = _values.HAS_SURROGATE
cdef int DEPTH_CEILING = _limits.DEPTH_CEILING
cdef object NOTHING = _values.NOTHING
cdef object OUT_OF_RANGE = _values.OUT_OF_RANGE
cdef object OpenDict = _values.OpenDict
cdef object OpenList = _values.OpenList
cdef object number = _values.number


cdef struct Reader:
    const unsigned char *p  # the next byte; after a failure the one that stopped it
    const unsigned char *end
    int depth  # levels that may still be opened
    bint inside  # in a container: a number at the very end is cut
    int code
    int flags


cpdef tuple read(bytes data, Py_ssize_t start, int depth):
    """Read the JSON value at `start`: (code, value, position, flags).

    White space before and after it is skipped. OK: the position is the first byte behind; the
    caller judges the bytes there. BAD: the first byte impossible in any JSON text. CUT: the end
    of the data. DEEP: the bracket that opens level `depth` + 1. After BAD and CUT the value holds
    the part closed before, in OpenDict and OpenList, or is NOTHING.
    """
    if data is None:
        raise TypeError("data must be bytes, not None")
    cdef Reading out
    value = read_value(_bytes(data), PyBytes_GET_SIZE(data), start, depth, &out)
    return out.code, value, out.pos, out.flags


cdef enum:
    # How far an element is read that cuts may end anywhere, beside its depth.
    ELEMENT_BEGINS = 0
    IN_SCALAR = 1
    AMONG = 2       # between the values of an object or a list
    IN_QUOTES = 3
    ESCAPED = 4


cpdef tuple element_end(bytes data, Py_ssize_t start, long long depth, int mode):
    """Where the value ends that goes on at `start`: (the index behind it or -1, depth, mode).

    The last two are for the next read, if it is cut. What stands in it, somebody else reads: a
    brace may close a bracket.
    """
    cdef const unsigned char *begin = _bytes(data)
    cdef const unsigned char *p = begin + start
    cdef const unsigned char *end = begin + PyBytes_GET_SIZE(data)
    while p < end:
        if mode == IN_QUOTES:
            while p < end and p[0] != c'"' and p[0] != c'\\':
                p += 1
            if p == end:
                break
            mode = AMONG if p[0] == c'"' else ESCAPED
            p += 1
            if mode == AMONG and depth == 0:
                return p - begin, 0, ELEMENT_BEGINS
        elif mode == ESCAPED:
            mode = IN_QUOTES
            p += 1
        elif mode == IN_SCALAR:
            if p[0] == c',' or p[0] == c']' or p[0] == c'}' or (
                p[0] == c' ' or p[0] == c'\t' or p[0] == c'\r' or p[0] == c'\n'
            ):
                return p - begin, 0, ELEMENT_BEGINS
            p += 1
        elif p[0] == c'"':
            mode = IN_QUOTES
            p += 1
        elif p[0] == c'{' or p[0] == c'[':
            mode = AMONG
            depth += 1
            p += 1
        elif mode == ELEMENT_BEGINS:
            mode = IN_SCALAR
        else:
            if p[0] == c'}' or p[0] == c']':
                depth -= 1
                if depth == 0:
                    return p + 1 - begin, 0, ELEMENT_BEGINS
            p += 1
    return -1, depth, mode


cdef inline const unsigned char *_bytes(object data) noexcept:
    return <const unsigned char *>PyBytes_AS_STRING(data)


cdef object read_value(
    const unsigned char *data, Py_ssize_t size, Py_ssize_t start, int depth, Reading *out
):
    """`read` over raw bytes, which need no NUL behind them; `out` says how it ended."""
    cdef Reader r
    _begin(&r, data, size, start, depth)
    return _end(&r, _value(&r), data, out)


cdef object scalar_at(const unsigned char *p, Py_ssize_t size):
    cdef Reading reading
    if p[0] == c'{' or p[0] == c'[':
        return NOTHING
    return read_value(p, size, 0, 1, &reading)


cdef object read_members(
    const unsigned char *data, Py_ssize_t size, Py_ssize_t start, int depth, Reading *out
):
    cdef Reader r
    _begin(&r, data, size, start, depth - 1)
    r.inside = True
    return _end(&r, _object(&r, True), data, out)


cdef inline void _begin(
    Reader *r, const unsigned char *data, Py_ssize_t size, Py_ssize_t start, int depth
) noexcept:
    r.p = data + min(max(start, 0), size)
    r.end = data + size
    r.depth = min(depth, DEPTH_CEILING)
    r.inside = False
    r.code = OK
    r.flags = 0


cdef inline object _end(Reader *r, value, const unsigned char *data, Reading *out):
    """Say how the reading ended."""
    if r.code == OK:
        r.p = skip_space(r.p, r.end)
    elif r.code == DEEP:
        value = NOTHING
    out.code = r.code
    out.pos = r.p - data
    out.flags = r.flags
    return value


cdef object _value(Reader *r):
    """The value at r.p and the white space before it."""
    cdef const unsigned char *p = skip_space(r.p, r.end)
    cdef unsigned char c
    r.p = p
    if p == r.end:
        return _stop(r, p)
    c = p[0]
    if c == c'"':
        r.p = p + 1
        return _string(r, False)
    if c == c'{' or c == c'[':
        return _container(r, c == c'{')
    if c == c'-' or c'0' <= c <= c'9':
        return _number(r)
    return _literal(r)


cdef inline object _stop(Reader *r, const unsigned char *p):
    """The byte at `p` cannot be there, or the data ends."""
    r.p = p
    r.code = BAD if p < r.end else CUT
    return NOTHING


cdef object _container(Reader *r, bint is_object):
    cdef bint inside = r.inside
    if r.depth <= 0:
        r.code = DEEP
        return NOTHING
    r.depth -= 1
    r.inside = True
    r.p += 1
    value = _object(r, False) if is_object else _array(r)
    r.inside = inside
    r.depth += 1
    return value


cdef object _object(Reader *r, bint begun):
    """The members behind an opening brace, or behind a comma if the object has `begun`."""
    cdef dict members
    cdef const unsigned char *p = skip_space(r.p, r.end)
    cdef int *usual = &usual_sizes[r.depth & (LEVELS - 1)]
    cdef PyObject **usual_key = &usual_keys[(r.depth & (LEVELS - 1)) * MOST_USUAL]
    cdef PyObject **last_key = usual_key + MOST_USUAL
    if p < r.end and p[0] == c'}' and not begun:
        r.p = p + 1
        return {}
    members = new_dict(usual[0])
    while True:
        if p == r.end or p[0] != c'"':
            break
        r.p = p + 1
        if usual_key < last_key and _is_next(usual_key[0], r):
            key = <object>usual_key[0]
            r.p += PyUnicode_GET_LENGTH(key) + 1
        else:
            key = _string(r, True)
            if r.code != OK:
                return OpenDict(members)
            if KEEP_KEYS and usual_key < last_key:
                _expect(usual_key, key)
        usual_key += 1
        p = skip_space(r.p, r.end)
        if p == r.end or p[0] != c':':
            break
        r.p = p + 1
        value = _value(r)
        if value is not NOTHING:
            PyDict_SetItem(members, key, value)
        if r.code != OK:
            return OpenDict(members)
        p = skip_space(r.p, r.end)
        if p == r.end or p[0] != c',':
            if p < r.end and p[0] == c'}':
                r.p = p + 1
                usual[0] = <int>min(PyDict_GET_SIZE(members), <Py_ssize_t>MOST_USUAL)
                return members
            break
        p = skip_space(p + 1, r.end)
    _stop(r, p)
    return OpenDict(members)


cdef inline bint _is_next(PyObject *key, Reader *r) noexcept:
    """Whether this key stands at r.p, where a body begins."""
    cdef Py_ssize_t size
    if key == NULL:
        return False
    size = PyUnicode_GET_LENGTH(<object>key)
    return (
        r.end - r.p > size and r.p[size] == c'"'
        and equal(PyUnicode_1BYTE_DATA(<object>key), r.p, size)
    )


cdef int _expect(PyObject **usual, str key) except -1:
    """The next object of this level probably has this key in this place."""
    cdef PyObject *before = usual[0]
    if PyUnicode_IS_COMPACT_ASCII(key) and PyUnicode_GET_LENGTH(key) <= KEY_SIZE and (
        plain_end(PyUnicode_1BYTE_DATA(key), PyUnicode_1BYTE_DATA(key) + PyUnicode_GET_LENGTH(key))
        == PyUnicode_1BYTE_DATA(key) + PyUnicode_GET_LENGTH(key)
    ):
        Py_INCREF(key)
        usual[0] = <PyObject *>key
        Py_XDECREF(before)
    return 0


cdef object _array(Reader *r):
    """The elements behind an opening bracket."""
    cdef list elements = []
    cdef const unsigned char *p = skip_space(r.p, r.end)
    if p < r.end and p[0] == c']':
        r.p = p + 1
        return elements
    while True:
        value = _value(r)
        if value is not NOTHING:
            PyList_Append(elements, value)
        if r.code != OK:
            return OpenList(elements)
        p = skip_space(r.p, r.end)
        if p < r.end and p[0] == c',':
            r.p = p + 1
            continue
        if p < r.end and p[0] == c']':
            r.p = p + 1
            return elements
        _stop(r, p)
        return OpenList(elements)


cdef object _literal(Reader *r):
    cdef int flags = 0
    cdef unsigned char first = r.p[0]
    r.p = scan_literal(r.p, r.end, &flags)
    if flags & SCAN_FAILED:
        return _stop(r, r.p)
    if first == c'n':
        return None
    return first == c't'


# --- strings ------------------------------------------------------------------


cdef object _string(Reader *r, bint is_key):
    """The string whose body starts at r.p."""
    cdef int flags = 0
    cdef const unsigned char *body = r.p
    cdef const unsigned char *quote = scan_string(body, r.end, &flags)
    if flags & SCAN_FAILED:
        return _stop(r, quote)
    r.p = quote + 1
    if flags == 0:
        if is_key and KEEP_KEYS and quote - body <= KEY_SIZE:
            return _kept_key(body, quote - body)
        return _ascii(body, quote - body)
    if flags & SCAN_SURROGATE:
        r.flags |= HAS_SURROGATE
    if flags & SCAN_ESCAPE:
        return unescape(body, quote - body)
    return utf8_text(body, quote - body)


cdef inline object _ascii(const unsigned char *p, Py_ssize_t size):
    text = PyUnicode_New(size, 127)
    if size:
        memcpy(PyUnicode_1BYTE_DATA(text), p, size)
    return text


# Interned strings may live for ever (they do in 3.12), and keys come from strangers:
# only the first ones are interned.
cdef int _interns_left = 1024


cdef inline unsigned int _slot(const unsigned char *p, Py_ssize_t size) noexcept:
    """Where the key at `p` is kept, or in the slot beside it: an even and an odd one."""
    cdef uint64_t head = 0, tail = 0
    cdef Py_ssize_t i
    if size >= 8:
        memcpy(&head, p, 8)
        memcpy(&tail, p + size - 8, 8)
    else:
        for i in range(size):
            head = head << 8 | p[i]
    head = (head + <uint64_t>size) * <uint64_t>0x9E3779B97F4A7C15
    head = ((head ^ head >> 32) + tail) * <uint64_t>0x9E3779B97F4A7C15
    return <unsigned int>(head >> 40) % <unsigned int>KEY_SLOTS


cdef inline bint _is_kept(unsigned int slot, const unsigned char *p, Py_ssize_t size) noexcept:
    cdef PyObject *kept = kept_keys[slot]
    return (kept != NULL and PyUnicode_GET_LENGTH(<object>kept) == size
            and equal(PyUnicode_1BYTE_DATA(<object>kept), p, size))


cdef object _kept_key(const unsigned char *p, Py_ssize_t size):
    """The ASCII key at `p`: one string, its hash known, until others take its slots."""
    cdef unsigned int slot = _slot(p, size)
    if not _is_kept(slot, p, size):
        slot ^= 1
        if not _is_kept(slot, p, size):
            return _keep_key(_ascii(p, size), slot ^ 1)
    return <object>kept_keys[slot]


cdef str key_at(const unsigned char *p, Py_ssize_t size):
    """The key of `size` bytes at `p`, valid UTF-8 without an escape."""
    if KEEP_KEYS and size <= KEY_SIZE and plain_end(p, p + size) == p + size:
        return _kept_key(p, size)
    return PyUnicode_DecodeUTF8(<const char *>p, size, "replace")


cdef object _keep_key(object key, unsigned int slot):
    """Keep `key`; the one in its slot moves over, the one beside goes."""
    global _interns_left
    cdef PyObject *dropped
    cdef PyObject *new = <PyObject *>key
    hash(key)
    Py_INCREF(key)
    if _interns_left > 0:
        _interns_left -= 1
        PyUnicode_InternInPlace(&new)
    dropped = kept_keys[slot ^ 1]
    kept_keys[slot ^ 1] = kept_keys[slot]
    kept_keys[slot] = new
    key = <object>new
    Py_XDECREF(dropped)
    return key


cdef str unescape(const unsigned char *p, Py_ssize_t size):
    """The text of a string's body; unpaired surrogates stay, bad UTF-8 is replaced."""
    cdef int flags = 0
    if find(p, p + size, c'\\') == p + size:
        return utf8_text(p, size)
    text = _unescape(p, size, &flags)
    if flags & SCAN_SURROGATE:
        # Surrogates as three bytes must not be mistaken for bad UTF-8, nor the reverse.
        clean = PyUnicode_DecodeUTF8(<const char *>p, size, "replace").encode("utf-8")
        text = _unescape(_bytes(clean), PyBytes_GET_SIZE(clean), &flags)
    return text


cdef object _unescape(const unsigned char *p, Py_ssize_t size, int *flags):
    cdef char short_text[256]
    cdef char *out = short_text
    cdef Py_ssize_t length
    cdef bint halves = flags[0] & SCAN_SURROGATE
    if size > <Py_ssize_t>sizeof(short_text):
        out = <char *>PyMem_Malloc(size)
        if out == NULL:
            raise MemoryError()
    try:
        length = unescape_into(p, size, <unsigned char *>out, flags)
        if halves:
            return PyUnicode_DecodeUTF8(out, length, "surrogatepass")
        return utf8_text(<const unsigned char *>out, length)
    finally:
        if out != short_text:
            PyMem_Free(out)


# --- numbers -------------------------------------------------------------------


cdef object _number(Reader *r):
    cdef int flags = 0
    cdef const unsigned char *first = r.p
    cdef const unsigned char *p = scan_number(first, r.end, &flags)
    if flags & SCAN_FAILED or (p == r.end and r.inside):
        return _stop(r, p)
    if not r.inside and p < r.end and c'0' <= p[0] <= c'9':
        return _stop(r, p)  # only after a leading zero; in a container it is bad anyway
    r.p = p
    if flags & SCAN_FLOAT:
        value = _float(first, p)
    elif p - first <= 18:
        return PyLong_FromLongLong(_small(first, p))
    else:
        value = number((<const char *>first)[:p - first].decode("ascii"), False)
    if value is OUT_OF_RANGE:
        r.flags |= HAS_RANGE
    return value


cdef inline long long _small(const unsigned char *p, const unsigned char *end) noexcept:
    cdef long long value = 0
    cdef bint negative = p[0] == c'-'
    if negative:
        p += 1
    while p < end:
        value = value * 10 + (p[0] - c'0')
        p += 1
    return -value if negative else value


cdef object _float(const unsigned char *first, const unsigned char *end):
    cdef double value = 0.0
    cdef char token[TOKEN_SIZE]
    if EXACT_DOUBLES and _exact(first, end, &value):
        return PyFloat_FromDouble(value)
    if end - first >= TOKEN_SIZE:
        return number((<const char *>first)[:end - first].decode("ascii"), True)
    memcpy(token, first, end - first)
    token[end - first] = 0
    value = PyOS_string_to_double(token, NULL, NULL)
    if value - value != 0.0:  # infinite
        return OUT_OF_RANGE
    return PyFloat_FromDouble(value)


cdef inline bint _exact(
    const unsigned char *p, const unsigned char *end, double *value
) noexcept:
    """The value, if an exact mantissa and an exact power of ten make it (most do).

    Both operands below 2**53 and 10**22 are doubles without rounding, so that the
    one operation on them rounds correctly.
    """
    cdef unsigned long long mantissa = 0
    cdef int scale = 0, exponent = 0, digits = 0
    cdef bint negative = p[0] == c'-', small = False, after_point = False
    if negative:
        p += 1
    while p < end and p[0] | 0x20 != c'e':
        if p[0] == c'.':
            after_point = True
        else:
            mantissa = mantissa * 10 + (p[0] - c'0')
            digits += mantissa != 0  # leading zeros cost nothing
            scale -= after_point
        if digits > 18 or scale < -300:
            return False
        p += 1
    if p < end:
        p += 1
        small = p[0] == c'-'
        if small or p[0] == c'+':
            p += 1
        while p < end:
            exponent = exponent * 10 + (p[0] - c'0')
            if exponent > 1000:
                return False
            p += 1
    scale += -exponent if small else exponent
    if mantissa > (<unsigned long long>1 << 53) or scale > 22 or scale < -22:
        return False
    value[0] = <double>mantissa
    value[0] = value[0] / tens[-scale] if scale < 0 else value[0] * tens[scale]
    if negative:
        value[0] = -value[0]
    return True


# --- for tests: the scanners as functions ------------------------------------------


def key_slot(bytes key not None):
    """The pair of slots that `key` is kept in."""
    return _slot(_bytes(key), PyBytes_GET_SIZE(key)) >> 1


def scan(bytes data not None, Py_ssize_t start, int depth):
    """(flags, position) of scan_value at `start`."""
    cdef const unsigned char *p = _bytes(data)
    cdef int flags = 0
    cdef Py_ssize_t size = PyBytes_GET_SIZE(data)
    cdef const unsigned char *stop
    stop = scan_value(p + min(max(start, 0), size), p + size, depth, &flags)
    return flags, stop - p


def scan_body(bytes data not None, Py_ssize_t start):
    """(flags, position) of scan_string from behind an opening quote."""
    cdef const unsigned char *p = _bytes(data)
    cdef int flags = 0
    cdef Py_ssize_t size = PyBytes_GET_SIZE(data)
    cdef const unsigned char *stop = scan_string(p + min(max(start, 0), size), p + size, &flags)
    return flags, stop - p


def unescape_body(bytes data not None):
    """(text, UTF-8 length) of the body of a string."""
    cdef const unsigned char *p = _bytes(data)
    return unescape(p, PyBytes_GET_SIZE(data)), unescaped_length(p, PyBytes_GET_SIZE(data))
