# cython: language_level=3
"""Where frames end, of bytes whose lines nobody needs.

Enters: bytes of a read.
Leaves: whether a blank line ends them or stands in them; where the last frame begins.
Must not know: fields, what came before.
"""

from .bytewalk cimport line_end


cdef inline bint is_line_end(unsigned char c) noexcept nogil:
    """LF or CR."""
    return c == c'\n' or c == c'\r'


cdef inline bint ends_frame(const unsigned char *p, Py_ssize_t size) noexcept nogil:
    """Whether a blank line ends these bytes, which end with a line end."""
    if size < 2:
        return False
    if p[size - 1] == c'\n' and p[size - 2] == c'\r':
        size -= 1
    return size > 1 and (p[size - 2] == c'\n' or (p[size - 2] == c'\r' and p[size - 1] == c'\r'))


cdef inline Py_ssize_t last_frame(const unsigned char *p, Py_ssize_t size) noexcept nogil:
    """Where the last of these frames begins; the LF behind a CR belongs to it."""
    while size and is_line_end(p[size - 1]):
        size -= 1
    while size and not (is_line_end(p[size - 1]) and ends_frame(p, size)):
        size -= 1
    if size > 1 and p[size - 1] == c'\n' and p[size - 2] == c'\r':
        size -= 1
    return size


cdef inline bint has_blank_line(const unsigned char *p, Py_ssize_t size) noexcept nogil:
    """Whether a blank line stands in these bytes."""
    cdef const unsigned char *begin = p
    cdef const unsigned char *end = p + size
    while True:
        p = line_end(p, end)
        if p == end:
            return False
        p += 1
        if ends_frame(begin, p - begin):
            return True
