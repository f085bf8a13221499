# cython: language_level=3
"""Compare and find bytes: many at once, whatever the library.

Enters: pointers and bounds, as memcmp and memchr have them.
Leaves: yes or no, or a place; a byte that is not there is at the end.
Must not know: Python objects, what the bytes mean.

Where the library takes wide vectors these are its memcmp and memchr. musl's take a byte or a
word at a time: there, and on machines without vectors, the loops are our own.
"""

cdef extern from "simd.h":
    bint equal "ssefold_equal"(const void *left, const void *right, size_t n) noexcept nogil
    const unsigned char *find "ssefold_find"(
        const unsigned char *p, const unsigned char *end, unsigned char c) noexcept nogil
