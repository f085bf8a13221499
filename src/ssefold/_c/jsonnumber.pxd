# cython: language_level=3
"""Numbers in JSON text: where they end, and whether they stand there as JSON writes them.

Enters: a pointer to a number's first byte, up to where it may reach.
Leaves: the byte behind it and flags. No double is made.
Must not know: Python objects, the GIL, what the number is good for.

JSON writes a double with the fewest digits that give it back, and among those with the
nearest (repr). What has at most 15 digits is always that. With 16 or 17 digits it is if
no decimal with fewer rounds to the same double, and no neighbour is nearer: both are
distances on a line, measured in units of the double's last place, in 56 binary places.
Where a distance is too near to its bound to be told, the answer is no.
"""

from libc.stdint cimport uint64_t

cdef extern from "jsonnumber.h":
    enum:
        # Not as JSON writes it: it has to be rewritten.
        SCAN_LOOSE "SSEFOLD_LOOSE"
        # It might be out of range.
        SCAN_UNSURE "SSEFOLD_UNSURE"
        MAX_NUMBER "SSEFOLD_MAX_NUMBER"
        MAX_FLOAT "SSEFOLD_MAX_FLOAT"
        MAX_EXPONENT "SSEFOLD_MAX_EXPONENT"
        MOST_SCALE "SSEFOLD_MOST_SCALE"

    ctypedef struct Tenths "ssefold_tenths":
        uint64_t *high
        uint64_t *low

    const unsigned char *scan_written "ssefold_scan_number"(
        const Tenths *tenths, const unsigned char *p, const unsigned char *end, int *flags
    ) noexcept nogil
