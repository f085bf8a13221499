# cython: language_level=3
"""The contract of the compiled JSON reader (see jsonread.pyx)."""

cdef struct Reading:
    int code  # OK, BAD, CUT or DEEP
    Py_ssize_t pos
    int flags

cdef object read_value(
    const unsigned char *data, Py_ssize_t size, Py_ssize_t start, int depth, Reading *out
)
# The scalar at `p`; NOTHING where an object or a list stands there.
cdef object scalar_at(const unsigned char *p, Py_ssize_t size)
# The rest of an object whose first members lie before `start`: what read_value would find if it
# began there, behind a comma.
cdef object read_members(
    const unsigned char *data, Py_ssize_t size, Py_ssize_t start, int depth, Reading *out
)
cpdef tuple read(bytes data, Py_ssize_t start, int depth)
cdef str unescape(const unsigned char *p, Py_ssize_t size)
# The key of `size` bytes at `p`, valid UTF-8 without an escape.
cdef str key_at(const unsigned char *p, Py_ssize_t size)
