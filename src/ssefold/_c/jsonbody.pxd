# cython: language_level=3
"""Whether the body of a JSON string is JSON in its turn, without undoing its escapes.

Enters: a body as it stood on the wire, validated: no raw quote, no raw control character.
Leaves: a yes that is sure, or that this walk does not know.
Must not know: Python objects, the GIL, what is wrong with a body that it does not take.

The arguments of nearly every call are such a body, and every quote in them is escaped:
undoing the escapes first, only to look at the text once, cost as much as looking. What
hardly any body has (quotes as `\\u0022`, letters of a literal as escapes) it does not know.
"""

from libc.stdint cimport uint32_t

from .jsonscan cimport (
    SCAN_DEPTH_CEILING,
    SCAN_FAILED,
    hex_value,
    run_end,
    scan_hex4,
    scan_literal,
    scan_number,
)


cdef inline const unsigned char *blank_end(
    const unsigned char *p, const unsigned char *end
) noexcept nogil:
    """Behind the white space at `p`: a space itself, the other three are escapes."""
    while p < end:
        if p[0] == c' ':
            p += 1
        elif p[0] == c'\\' and end - p > 1 and (
            p[1] == c'n' or p[1] == c'r' or p[1] == c't'
        ):
            p += 2
        else:
            break
    return p


cdef inline bint opens_string(const unsigned char *p, const unsigned char *end) noexcept nogil:
    """Whether an escaped quote stands at `p`."""
    return end - p > 1 and p[0] == c'\\' and p[1] == c'"'


cdef inline const unsigned char *inner_string_end(
    const unsigned char *p, const unsigned char *end
) noexcept nogil:
    """Behind the string whose first character is at `p`; NULL: not known."""
    cdef uint32_t code
    cdef int flags = 0, i
    while True:
        p = run_end(p, end)
        if end - p < 2:
            return NULL
        if p[1] == c'"':
            return p + 2
        if p[1] == c'\\':
            # An escape of the string itself, its backslash being one of the body.
            if end - p < 4:
                return NULL
            if p[2] == c'\\':
                if p[3] != c'"' and p[3] != c'\\':
                    return NULL
                p += 4
            elif p[2] == c'u':
                if end - p < 7:
                    return NULL
                for i in range(3, 7):
                    if hex_value(p[i]) < 0:
                        return NULL
                p += 7
            elif (p[2] == c'n' or p[2] == c't' or p[2] == c'r' or p[2] == c'b' or p[2] == c'f'
                    or p[2] == c'/'):
                p += 3
            else:
                return NULL
        elif p[1] == c'/':
            p += 2
        elif p[1] == c'u':
            # Half a surrogate pair may stand in a string as well as a whole one.
            p = scan_hex4(p + 2, end, &code, &flags)
            if flags & SCAN_FAILED or code < 0x80:
                return NULL
        else:
            return NULL


cdef inline const unsigned char *inner_key_end(
    const unsigned char *p, const unsigned char *end
) noexcept nogil:
    """Behind a member's key at `p`, its colon and white space; NULL: not known."""
    if not opens_string(p, end):
        return NULL
    p = inner_string_end(p + 2, end)
    if p == NULL:
        return NULL
    p = blank_end(p, end)
    if p == end or p[0] != c':':
        return NULL
    return blank_end(p + 1, end)


cdef inline bint is_sure_text(
    const unsigned char *p, const unsigned char *end, int depth
) noexcept nogil:
    """Whether the body is one JSON text for sure: the walk of scan_value."""
    cdef unsigned char opened[SCAN_DEPTH_CEILING]  # for each level the bracket that closes it
    cdef int level = 0, flags = 0
    if depth > SCAN_DEPTH_CEILING:
        depth = SCAN_DEPTH_CEILING
    p = blank_end(p, end)
    while True:
        if opens_string(p, end):
            p = inner_string_end(p + 2, end)
            if p == NULL:
                return False
        elif p == end:
            return False
        elif p[0] == c'{' or p[0] == c'[':
            if level >= depth:
                return False
            opened[level] = p[0] + 2
            level += 1
            p = blank_end(p + 1, end)
            if p == end:
                return False
            if p[0] != opened[level - 1]:
                if opened[level - 1] == c'}':
                    p = inner_key_end(p, end)
                    if p == NULL:
                        return False
                continue
            level -= 1
            p += 1
        else:
            if p[0] == c'-' or c'0' <= p[0] <= c'9':
                p = scan_number(p, end, &flags)
            else:
                p = scan_literal(p, end, &flags)
            if flags & SCAN_FAILED:
                return False
        # Behind a value: close what ends here, go on where a comma says so.
        while True:
            if level == 0:
                return blank_end(p, end) == end
            p = blank_end(p, end)
            if p == end:
                return False
            if p[0] == c',':
                break
            if p[0] != opened[level - 1]:
                return False
            p += 1
            level -= 1
        p += 1
        if not opens_string(p, end):  # as nearly always
            p = blank_end(p, end)
        if opened[level - 1] == c'}':
            p = inner_key_end(p, end)
            if p == NULL:
                return False
