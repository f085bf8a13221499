# cython: language_level=3
"""One frame that lies whole in a read, in place: the common case, in one pass.

Enters: where a frame begins, the bounds of the read.
Leaves: where its values lie; or 0, and whoever asked leaves the frame to the framer,
which knows everything: frames that are cut, past the limit, without data, of very many
lines, with a retry line, or with a comment somebody wants.
Must not know: Python objects, events, what came before. No state survives a call.
"""

from .bytewalk cimport (
    FIELD_DATA,
    FIELD_EVENT,
    FIELD_ID,
    FIELD_RETRY,
    FIELD_UNKNOWN,
    field_size,
    line_field,
    ssefold_line,
)
from .simd cimport equal, find
from .utf8 cimport MOST_LINES, Run


cdef struct Whole:
    Run lines[MOST_LINES]           # the data values
    int count
    int high                        # not 0: a byte of the values is not ASCII
    Run event                       # the last event value
    Run ident                       # the last valid id; ptr NULL: there was none
    const unsigned char *blank      # the blank line's first byte


cdef inline bint read_whole(
    const unsigned char *first,
    const unsigned char *p,
    const unsigned char *end,
    long long limit,
    bint comments,
    Whole *found,
) noexcept nogil:
    """Read the frame at p, in a read that is [first, end)."""
    cdef const unsigned char *e
    cdef const unsigned char *value
    cdef const unsigned char *line
    cdef long long counted = 1      # the blank line
    cdef int field
    found.count = found.high = 0
    found.event.size = 0
    found.ident.ptr = NULL
    while p < end:
        line = p
        if p[0] == c"\n" or p[0] == c"\r":
            found.blank = p
            return found.count > 0 and counted <= limit
        e = ssefold_line(first, p, end, &found.high)
        p = e + 1
        if p >= end:
            return False  # cut; or its last line ends here, perhaps with half a CRLF
        if e[0] == c"\r" and p[0] == c"\n":
            p += 1
        field = FIELD_DATA
        value = line + 5
        if e - line < 5 or not equal(line, b"data:", 5):
            field = line_field(line, e - line)
            if field == FIELD_RETRY or (line[0] == c":" and comments):
                return False
            if field == FIELD_UNKNOWN:
                continue
            value = line + field_size(field)
            if value < e:
                value += 1
        if value < e and value[0] == c" ":
            value += 1
        counted += p - line
        if field == FIELD_DATA:
            if found.count == MOST_LINES:
                return False
            found.lines[found.count].ptr = value
            found.lines[found.count].size = e - value
            found.count += 1
        elif field == FIELD_EVENT:
            found.event.ptr = value
            found.event.size = e - value
        elif find(value, e, 0) == e:
            found.ident.ptr = value
            found.ident.size = e - value
    return False
