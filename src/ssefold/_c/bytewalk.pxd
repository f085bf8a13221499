# cython: language_level=3
"""Loops over bytes: where a line ends, which field it is.

Enters: a pointer and a bound.
Leaves: a position or a small number.
Must not know: Python objects, frames, what a field does. Everything here is
`cdef inline ... noexcept nogil` and reads nothing outside [p, end).
"""

cimport cython
from libc.string cimport memcmp

cdef extern from *:
    """
    #include <string.h>
    #if defined(__SSE2__) || defined(_M_X64)
      #include <emmintrin.h>
      #define SSEFOLD_SSE2 1
    #endif

    /* May 64 bytes hold a CR or LF? Both lie at 0x0D or below, and so does hardly
       anything else in a stream of text: one minimum over four vectors tells. */
    static inline int ssefold_low64(const unsigned char *p) {
    #ifdef SSEFOLD_SSE2
        const __m128i *v = (const __m128i *)p;
        __m128i low = _mm_min_epu8(
            _mm_min_epu8(_mm_loadu_si128(v), _mm_loadu_si128(v + 1)),
            _mm_min_epu8(_mm_loadu_si128(v + 2), _mm_loadu_si128(v + 3)));
        __m128i over = _mm_subs_epu8(low, _mm_set1_epi8(0x0D));
        return _mm_movemask_epi8(_mm_cmpeq_epi8(over, _mm_setzero_si128())) != 0;
    #else
        /* The same by words of 8: a borrow may make a false hit, never a miss. */
        unsigned long long word, hit = 0;
        int i;
        for (i = 0; i < 64; i += 8) {
            memcpy(&word, p + i, 8);
            hit |= (word - 0x0E0E0E0E0E0E0E0EULL) & ~word;
        }
        return (hit & 0x8080808080808080ULL) != 0;
    #endif
    }

    /* The first CR or LF of 16 bytes, or 16. */
    static inline int ssefold_eol16(const unsigned char *p) {
    #ifdef SSEFOLD_SSE2
        __m128i x = _mm_loadu_si128((const __m128i *)p);
        int mask = _mm_movemask_epi8(_mm_or_si128(
            _mm_cmpeq_epi8(x, _mm_set1_epi8('\\n')), _mm_cmpeq_epi8(x, _mm_set1_epi8('\\r'))));
        int i = 0;
        if (!mask) return 16;
      #if defined(__GNUC__) || defined(__clang__)
        i = __builtin_ctz((unsigned)mask);
      #else
        while (!(mask & 1)) { mask >>= 1; i++; }
      #endif
        return i;
    #else
        int i;
        for (i = 0; i < 16; i++) if (p[i] == '\\n' || p[i] == '\\r') return i;
        return 16;
    #endif
    }

    #if defined(SSEFOLD_SSE2) && (defined(__GNUC__) || defined(__clang__))
      #define SSEFOLD_EOLS(x) _mm_movemask_epi8(_mm_or_si128( \\
          _mm_cmpeq_epi8(x, _mm_set1_epi8('\\n')), _mm_cmpeq_epi8(x, _mm_set1_epi8('\\r'))))
    #endif

    /* The first CR or LF in [p, end), or `end`; `high` is set where a byte before it is
       not ASCII. `first` <= p: the bytes from there on may be looked at again. */
    static inline const unsigned char *ssefold_line(
        const unsigned char *first, const unsigned char *p, const unsigned char *end, int *high
    ) {
    #ifdef SSEFOLD_EOLS
        int found = 0, eols, tops;
        while (end - p >= 64) {
            const __m128i *v = (const __m128i *)p;
            __m128i a = _mm_loadu_si128(v), b = _mm_loadu_si128(v + 1);
            __m128i c = _mm_loadu_si128(v + 2), d = _mm_loadu_si128(v + 3);
            __m128i low = _mm_min_epu8(_mm_min_epu8(a, b), _mm_min_epu8(c, d));
            __m128i over = _mm_subs_epu8(low, _mm_set1_epi8(0x0D));
            if (_mm_movemask_epi8(_mm_cmpeq_epi8(over, _mm_setzero_si128()))) {
                int i;
                for (i = 0; i < 4; i++, p += 16) {
                    __m128i x = _mm_loadu_si128((const __m128i *)p);
                    eols = SSEFOLD_EOLS(x);
                    tops = _mm_movemask_epi8(x);
                    if (eols) goto hit;
                    found |= tops;
                }
                continue;
            }
            found |= _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d)));
            p += 64;
        }
        while (end - p >= 16) {
            __m128i x = _mm_loadu_si128((const __m128i *)p);
            eols = SSEFOLD_EOLS(x);
            tops = _mm_movemask_epi8(x);
            if (eols) goto hit;
            found |= tops;
            p += 16;
        }
        if (p < end && end - first >= 16) {  /* the last 16, without those seen already */
            int seen = (int)(16 - (end - p));
            __m128i x = _mm_loadu_si128((const __m128i *)(end - 16));
            eols = SSEFOLD_EOLS(x) >> seen;
            tops = _mm_movemask_epi8(x) >> seen;
            if (eols) goto hit;
            found |= tops;
            p = end;
        }
        for (; p < end && *p != '\\n' && *p != '\\r'; p++) found |= *p & 0x80;
        *high |= found;
        return p;
    hit:
        *high |= found | (tops & ((eols & -eols) - 1));
        return p + __builtin_ctz((unsigned)eols);
    #else
        const unsigned char *start = p;
        unsigned char found = 0;
        (void)first;
        for (;;) {
            const unsigned char *stop;
            while (end - p >= 64 && !ssefold_low64(p)) p += 64;
            stop = end - p > 64 ? p + 64 : end;
            while (p < stop && *p != '\\n' && *p != '\\r') p++;
            if (p < stop || p == end) break;
        }
        for (; start < p; start++) found |= *start;
        *high |= found & 0x80;
        return p;
    #endif
    }
    """
    const unsigned char *ssefold_line(
        const unsigned char *first, const unsigned char *p, const unsigned char *end, int *high
    ) noexcept nogil
    int ssefold_low64(const unsigned char *p) noexcept nogil
    int ssefold_eol16(const unsigned char *p) noexcept nogil


# The fields that the standard knows, and what is none of them.
cdef enum:
    FIELD_UNKNOWN = -1
    FIELD_DATA = 0
    FIELD_EVENT = 1
    FIELD_ID = 2
    FIELD_RETRY = 3


cdef inline const unsigned char *line_end(
    const unsigned char *p, const unsigned char *end
) noexcept nogil:
    """The first CR or LF in [p, end), or `end`: one pass for both.

    Two memchr calls would walk a stream of CR lines to its end for every line.
    """
    cdef int i
    while end - p >= 64:
        if ssefold_low64(p):
            for i in range(0, 64, 16):
                if ssefold_eol16(p + i) < 16:
                    return p + i + ssefold_eol16(p + i)
        p += 64
    while end - p >= 16:
        i = ssefold_eol16(p)
        if i < 16:
            return p + i
        p += 16
    while p < end:
        if p[0] == c'\n' or p[0] == c'\r':
            return p
        p += 1
    return end


cdef inline const char *field_name(int field) noexcept nogil:
    """The name of a known field."""
    if field == FIELD_DATA:
        return b"data"
    if field == FIELD_EVENT:
        return b"event"
    if field == FIELD_ID:
        return b"id"
    return b"retry"


cdef inline int field_size(int field) noexcept nogil:
    """The length of a known field's name."""
    if field == FIELD_DATA:
        return 4
    return 2 if field == FIELD_ID else 5


cdef inline int field_by_first(unsigned char c) noexcept nogil:
    """The only field whose name begins with `c`, or FIELD_UNKNOWN."""
    if c == c'd':
        return FIELD_DATA
    if c == c'e':
        return FIELD_EVENT
    if c == c'i':
        return FIELD_ID
    return FIELD_RETRY if c == c'r' else FIELD_UNKNOWN


cdef inline int line_field(const unsigned char *p, Py_ssize_t size) noexcept nogil:
    """The field of a whole line of at least one byte (without its ending)."""
    cdef int field = field_by_first(p[0])
    cdef int length
    if field == FIELD_UNKNOWN:
        return FIELD_UNKNOWN
    length = field_size(field)
    if size < length or memcmp(p, field_name(field), length) != 0:
        return FIELD_UNKNOWN
    if size > length and p[length] != c':':
        return FIELD_UNKNOWN
    return field


@cython.cdivision(True)
cdef inline long long retry_value(const unsigned char *p, Py_ssize_t size) noexcept nogil:
    """The number of a retry value: ASCII digits alone, at most 2**63 - 1; else -1."""
    cdef long long most = 0x7FFFFFFFFFFFFFFF
    cdef long long value = 0
    cdef Py_ssize_t i
    cdef int digit
    for i in range(size):
        digit = p[i] - c'0'
        if digit < 0 or digit > 9:
            return -1
        value = most if value > (most - digit) // 10 else value * 10 + digit
    return value if size else -1
