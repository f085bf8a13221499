#ifndef SSEFOLD_BYTEWALK_H
#define SSEFOLD_BYTEWALK_H
/* Where a line ends: loops of bytewalk.pxd. Nothing outside the bounds is read. */
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
        _mm_min_epu8(_mm_loadu_si128(v + 2), _mm_loadu_si128(v + 3))
    );
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
    int mask = _mm_movemask_epi8(
        _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('\n')), _mm_cmpeq_epi8(x, _mm_set1_epi8('\r')))
    );
    int i = 0;
    if (!mask) return 16;
  #if defined(__GNUC__) || defined(__clang__)
    i = __builtin_ctz((unsigned)mask);
  #else
    while (!(mask & 1)) {
        mask >>= 1;
        i++;
    }
  #endif
    return i;
#else
    int i;
    for (i = 0; i < 16; i++)
        if (p[i] == '\n' || p[i] == '\r') return i;
    return 16;
#endif
}

#if defined(SSEFOLD_SSE2) && (defined(__GNUC__) || defined(__clang__))
  #define SSEFOLD_EOLS(x)                                                                \
      _mm_movemask_epi8(_mm_or_si128(                                                    \
          _mm_cmpeq_epi8(x, _mm_set1_epi8('\n')), _mm_cmpeq_epi8(x, _mm_set1_epi8('\r')) \
      ))
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
    if (p < end && end - first >= 16) { /* the last 16, without those seen already */
        int seen = (int)(16 - (end - p));
        __m128i x = _mm_loadu_si128((const __m128i *)(end - 16));
        eols = SSEFOLD_EOLS(x) >> seen;
        tops = _mm_movemask_epi8(x) >> seen;
        if (eols) goto hit;
        found |= tops;
        p = end;
    }
    for (; p < end && *p != '\n' && *p != '\r'; p++) found |= *p & 0x80;
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
        while (p < stop && *p != '\n' && *p != '\r') p++;
        if (p < stop || p == end) break;
    }
    for (; start < p; start++) found |= *start;
    *high |= found & 0x80;
    return p;
#endif
}
#endif
