# cython: language_level=3
"""The contract of fast/jsoncompact.pyx: lists from the wire, as JSON writes them."""

from ..jsonwrite cimport Writer

cdef enum:
    # In an object with more members, nobody looks for a key that comes twice.
    MAX_KEYS = 16

# The list at `p`, checked and weighed (jsonvalue.weight) in one walk; answers the byte behind
# it. SCAN_BAD: it is none, or the cold path has to look at it. SCAN_CUT: the data ends
# inside. SCAN_LOOSE: it does not stand there as JSON would write it (see put_compact).
cdef const unsigned char *scan_list(
    const unsigned char *p, const unsigned char *end, int depth, int *flags, Py_ssize_t *weight
) noexcept nogil

# Elements that scan_list took, without white space, each string and number as json writes
# it; an unpaired surrogate stays the escape that it is.
cdef int put_compact(Writer *w, const unsigned char *p, Py_ssize_t size) except -1
