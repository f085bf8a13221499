# cython: language_level=3
"""Per-byte loops over JSON text: they check and measure, and make no object.

Enters: pointers into bytes: from where, up to where (never read at or past `end`).
Leaves: pointers (behind what was scanned, or at the byte that stopped the scan),
flags, lengths.
Must not know: Python objects, the GIL, what the text is good for.

Every scanner answers with a pointer. Where SCAN_CUT, SCAN_BAD or SCAN_DEEP is in
the flags, it is the place that stopped it; else it is the end of what was scanned.
Flags are only ever added: the caller sets them to 0.
"""

from libc.stdint cimport uint32_t, uint64_t

from .simd cimport find

# The only loop that long text spends its time in. One signed comparison with 0x20
# catches control characters and everything outside of ASCII at once.
cdef extern from "jsonscan.h":
    const unsigned char *copy_run "ssefold_copy_run"(
        const unsigned char *p, const unsigned char *end, unsigned char **out) noexcept nogil
    const unsigned char *skip_digits "ssefold_digits_end"(
        const unsigned char *p, const unsigned char *end) noexcept nogil
    const unsigned char *run_end "ssefold_run_end"(
        const unsigned char *p, const unsigned char *end) noexcept nogil
    const unsigned char *plain_end "ssefold_plain_end"(
        const unsigned char *p, const unsigned char *end) noexcept nogil

cdef enum:
    SCAN_CUT = 1  # the data ended inside
    SCAN_BAD = 2  # a byte that no JSON text could have there
    SCAN_DEEP = 4  # a bracket that nests deeper than allowed
    SCAN_ESCAPE = 8  # the string has an escape
    SCAN_NON_ASCII = 16  # the string has raw bytes past 0x7f
    SCAN_INVALID_UTF8 = 32  # and they are not all UTF-8; the scan goes on
    SCAN_SURROGATE = 64  # the string has an unpaired surrogate escape
    SCAN_FLOAT = 128  # the number has a fraction or an exponent
    SCAN_EXPONENT = 1024  # it has an exponent
    SCAN_FAILED = 7  # SCAN_CUT | SCAN_BAD | SCAN_DEEP
    SCAN_DEPTH_CEILING = 256


cdef inline const unsigned char *skip_space(
    const unsigned char *p, const unsigned char *end
) noexcept nogil:
    while p < end and p[0] <= c' ' and (
        p[0] == c' ' or p[0] == c'\n' or p[0] == c'\r' or p[0] == c'\t'
    ):
        p += 1
    return p


cdef inline const unsigned char *stopped(
    const unsigned char *p, const unsigned char *end, int *flags
) noexcept nogil:
    """The byte at `p` cannot be there, or the data ends."""
    flags[0] |= SCAN_BAD if p < end else SCAN_CUT
    return p


cdef inline int hex_value(unsigned char c) noexcept nogil:
    if c'0' <= c <= c'9':
        return c - c'0'
    c |= 0x20
    if c'a' <= c <= c'f':
        return c - 0x57
    return -1


cdef inline const unsigned char *scan_hex4(
    const unsigned char *p, const unsigned char *end, uint32_t *unit, int *flags
) noexcept nogil:
    """The four digits of a `\\u` escape at `p`."""
    cdef const unsigned char *last = p + 4 if end - p >= 4 else end
    cdef const unsigned char *first = p
    cdef int digit
    unit[0] = 0
    while p < last:
        digit = hex_value(p[0])
        if digit < 0:
            break
        unit[0] = unit[0] << 4 | <uint32_t>digit
        p += 1
    return p if p - first == 4 else stopped(p, end, flags)


cdef inline const unsigned char *scan_unicode_escape(
    const unsigned char *p, const unsigned char *end, uint32_t *code, int *flags
) noexcept nogil:
    """`p` is behind `\\u`; takes both escapes of a surrogate pair."""
    cdef uint32_t low = 0
    cdef const unsigned char *behind
    p = scan_hex4(p, end, code, flags)
    if flags[0] & SCAN_FAILED or code[0] >> 11 != 0x1B:  # no surrogate
        return p
    if code[0] < 0xDC00 and end - p >= 2 and p[0] == c'\\' and p[1] == c'u':
        behind = scan_hex4(p + 2, end, &low, flags)
        if flags[0] & SCAN_FAILED:
            return behind
        if low >> 10 == 0x37:  # 0xDC00 to 0xDFFF
            code[0] = 0x10000 + ((code[0] & 0x3FF) << 10 | low & 0x3FF)
            return behind
    flags[0] |= SCAN_SURROGATE
    return p


cdef inline const unsigned char *scan_escape(
    const unsigned char *p, const unsigned char *end, int *flags
) noexcept nogil:
    """`p` is behind a backslash."""
    cdef uint32_t code
    flags[0] |= SCAN_ESCAPE
    if p < end:
        if p[0] == c'u':
            return scan_unicode_escape(p + 1, end, &code, flags)
        if (p[0] == c'"' or p[0] == c'\\' or p[0] == c'/' or p[0] == c'n' or p[0] == c't'
                or p[0] == c'r' or p[0] == c'b' or p[0] == c'f'):
            return p + 1
    return stopped(p, end, flags)


cdef inline int utf8_length(const unsigned char *p, const unsigned char *end) noexcept nogil:
    """The length of the valid UTF-8 sequence at `p` (a byte past 0x7f), or 0.

    Well-formed as in table 3-7 of the Unicode standard: no overlong forms, no
    surrogates, nothing past U+10FFFF. A sequence that the data cuts is 0 too.
    """
    cdef unsigned char lead = p[0]
    if lead < 0xC2 or lead > 0xF4 or end - p < 2:
        return 0
    if lead < 0xE0:
        return 2 if p[1] & 0xC0 == 0x80 else 0
    if end - p < 3 or p[1] & 0xC0 != 0x80 or p[2] & 0xC0 != 0x80:
        return 0
    if lead < 0xF0:
        if (lead == 0xE0 and p[1] < 0xA0) or (lead == 0xED and p[1] > 0x9F):
            return 0
        return 3
    if end - p < 4 or p[3] & 0xC0 != 0x80:
        return 0
    if (lead == 0xF0 and p[1] < 0x90) or (lead == 0xF4 and p[1] > 0x8F):
        return 0
    return 4


cdef inline const unsigned char *scan_non_ascii(
    const unsigned char *p, const unsigned char *end, int *flags
) noexcept nogil:
    """A run of bytes past 0x7f at `p`: text in Chinese is one long run."""
    cdef int length
    flags[0] |= SCAN_NON_ASCII
    while p < end and p[0] >= 0x80:
        length = utf8_length(p, end)
        if length == 0:
            flags[0] |= SCAN_INVALID_UTF8
            length = 1
        p += length
    return p


cdef inline const unsigned char *scan_string(
    const unsigned char *p, const unsigned char *end, int *flags
) noexcept nogil:
    """The body of a string: `p` is behind its opening quote; answers the closing quote.

    Bytes that are not UTF-8 are flagged and passed over; only when the string is
    closed do SCAN_SURROGATE and SCAN_INVALID_UTF8 say anything.
    """
    while True:
        p = plain_end(p, end)
        if p == end:
            break
        if p[0] == c'"':
            return p
        if p[0] == c'\\':
            p = scan_escape(p + 1, end, flags)
            if flags[0] & SCAN_FAILED:
                return p
        elif p[0] >= 0x80:
            p = scan_non_ascii(p, end, flags)
        else:
            break
    return stopped(p, end, flags)


cdef inline const unsigned char *scan_number(
    const unsigned char *p, const unsigned char *end, int *flags
) noexcept nogil:
    """A number at `p`; answers the first byte that does not belong to it.

    Where that is `end`, more digits may follow: the caller knows whether they can.
    """
    cdef const unsigned char *digits
    if p < end and p[0] == c'-':
        p += 1
    digits = p
    if p < end and p[0] == c'0':
        p += 1
    else:
        p = skip_digits(p, end)
    if p == digits:
        return stopped(p, end, flags)
    if p < end and p[0] == c'.':
        flags[0] |= SCAN_FLOAT
        digits = p + 1
        p = skip_digits(digits, end)
        if p == digits:
            return stopped(p, end, flags)
    if p < end and p[0] | 0x20 == c'e':
        flags[0] |= SCAN_FLOAT | SCAN_EXPONENT
        p += 1
        if p < end and (p[0] == c'+' or p[0] == c'-'):
            p += 1
        digits = p
        p = skip_digits(digits, end)
        if p == digits:
            return stopped(p, end, flags)
    return p


cdef inline const unsigned char *scan_literal(
    const unsigned char *p, const unsigned char *end, int *flags
) noexcept nogil:
    """`true`, `false` or `null` at `p`; any other first byte is bad."""
    cdef const char *word
    if p < end and p[0] == c't':
        word = b"true"
    elif p < end and p[0] == c'f':
        word = b"false"
    else:
        word = b"null"
    while word[0]:
        if p == end or p[0] != <unsigned char>word[0]:
            return stopped(p, end, flags)
        p += 1
        word += 1
    return p


cdef inline const unsigned char *scan_scalar(
    const unsigned char *p, const unsigned char *end, int *flags
) noexcept nogil:
    """A string (with its quotes), number or literal at `p`."""
    if p < end:
        if p[0] == c'"':
            p = scan_string(p + 1, end, flags)
            return p if flags[0] & SCAN_FAILED else p + 1
        if p[0] == c'-' or c'0' <= p[0] <= c'9':
            return scan_number(p, end, flags)
    return scan_literal(p, end, flags)


cdef inline const unsigned char *scan_key(
    const unsigned char *p, const unsigned char *end, int *flags
) noexcept nogil:
    """A member's key at `p`, its colon and the space behind."""
    if p == end or p[0] != c'"':
        return stopped(p, end, flags)
    p = scan_string(p + 1, end, flags)
    if flags[0] & SCAN_FAILED:
        return p
    p = skip_space(p + 1, end)
    if p == end or p[0] != c':':
        return stopped(p, end, flags)
    return skip_space(p + 1, end)


cdef inline const unsigned char *scan_value(
    const unsigned char *p, const unsigned char *end, int depth, int *flags
) noexcept nogil:
    """One whole JSON value at `p`, nested at most `depth` levels; no space around it.

    A number is whole where it stands alone at the end (see scan_number).
    """
    cdef unsigned char opened[SCAN_DEPTH_CEILING]  # for each level the bracket that closes it
    cdef int level = 0
    if depth > SCAN_DEPTH_CEILING:
        depth = SCAN_DEPTH_CEILING
    while True:
        if p < end and (p[0] == c'{' or p[0] == c'['):
            if level >= depth:
                flags[0] |= SCAN_DEEP
                return p
            opened[level] = p[0] + 2
            level += 1
            p = skip_space(p + 1, end)
            if p == end or p[0] != opened[level - 1]:
                if opened[level - 1] == c'}':
                    p = scan_key(p, end, flags)
                    if flags[0] & SCAN_FAILED:
                        return p
                continue
            level -= 1
            p += 1
        else:
            p = scan_scalar(p, end, flags)
            if flags[0] & SCAN_FAILED:
                return p
        # Behind a value: close what ends here, go on where a comma says so.
        while level:
            p = skip_space(p, end)
            if p == end or (p[0] != c',' and p[0] != opened[level - 1]):
                return stopped(p, end, flags)
            p += 1
            if p[-1] == c',':
                break
            level -= 1
        if level == 0:
            return p
        p = skip_space(p, end)
        if opened[level - 1] == c'}':
            p = scan_key(p, end, flags)
            if flags[0] & SCAN_FAILED:
                return p


cdef inline Py_ssize_t put_utf8(unsigned char *out, uint32_t code) noexcept nogil:
    """Write `code` as UTF-8 (a surrogate as three bytes); answers how many bytes."""
    if code < 0x80:
        out[0] = <unsigned char>code
        return 1
    if code < 0x800:
        out[0] = <unsigned char>(0xC0 | code >> 6)
        out[1] = <unsigned char>(0x80 | code & 0x3F)
        return 2
    if code < 0x10000:
        out[0] = <unsigned char>(0xE0 | code >> 12)
        out[1] = <unsigned char>(0x80 | code >> 6 & 0x3F)
        out[2] = <unsigned char>(0x80 | code & 0x3F)
        return 3
    out[0] = <unsigned char>(0xF0 | code >> 18)
    out[1] = <unsigned char>(0x80 | code >> 12 & 0x3F)
    out[2] = <unsigned char>(0x80 | code >> 6 & 0x3F)
    out[3] = <unsigned char>(0x80 | code & 0x3F)
    return 4


cdef inline uint32_t short_escape(unsigned char c) noexcept nogil:
    """What the escape `\\c` stands for, `\\u` apart."""
    if c == c'n':
        return c'\n'
    if c == c't':
        return c'\t'
    if c == c'r':
        return c'\r'
    if c == c'b':
        return c'\b'
    if c == c'f':
        return c'\f'
    return c


cdef inline const unsigned char *take_escape(
    const unsigned char *p, const unsigned char *end, uint32_t *code, int *flags
) noexcept nogil:
    """The escape whose backslash is at `p`, in a body that scan_string took.

    What no scan took (a body cut inside an escape) stands for its backslash.
    """
    cdef const unsigned char *behind
    cdef int found = 0
    flags[0] |= SCAN_ESCAPE
    code[0] = c'\\'
    if end - p < 2:
        return p + 1
    if p[1] != c'u':
        code[0] = short_escape(p[1])
        return p + 2
    behind = scan_unicode_escape(p + 2, end, code, &found)
    if found & SCAN_FAILED:
        code[0] = c'\\'
        return p + 1
    flags[0] |= found
    return behind


cdef inline Py_ssize_t unescape_into(
    const unsigned char *p, Py_ssize_t size, unsigned char *out, int *flags
) noexcept nogil:
    """Unescape a body of `size` bytes to UTF-8; `out` has room for `size` bytes.

    Answers the length, never more than `size`. An unpaired surrogate is written
    as three bytes and flagged SCAN_SURROGATE.
    """
    cdef const unsigned char *end = p + size
    cdef unsigned char *to = out
    cdef uint32_t code
    while True:
        p = copy_run(p, end, &to)
        if p == end:
            return to - out
        if end - p >= 2 and (p[1] == c'"' or p[1] == c'\\'):  # as nearly always
            flags[0] |= SCAN_ESCAPE
            to[0] = p[1]
            to += 1
            p += 2
        else:
            p = take_escape(p, end, &code, flags)
            to += put_utf8(to, code)


cdef inline Py_ssize_t unescaped_length(const unsigned char *p, Py_ssize_t size) noexcept nogil:
    """The UTF-8 length of a valid body once unescaped; an unpaired surrogate counts three."""
    cdef const unsigned char *end = p + size
    cdef Py_ssize_t length = size
    cdef unsigned char units[4]
    cdef uint32_t code
    cdef int flags = 0
    cdef const unsigned char *behind
    while True:
        p = find(p, end, c'\\')
        if p == end:
            return length
        behind = take_escape(p, end, &code, &flags)
        length += put_utf8(units, code) - (behind - p)
        p = behind
