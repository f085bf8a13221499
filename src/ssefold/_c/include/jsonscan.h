#ifndef SSEFOLD_JSONSCAN_H
#define SSEFOLD_JSONSCAN_H
#include <stdint.h>
#include <string.h>
#if !defined(SSEFOLD_NO_SIMD) \
    && (defined(__SSE2__) || defined(_M_X64) || (defined(_M_IX86_FP) && _M_IX86_FP >= 2))
  #include <emmintrin.h>
  #if defined(_MSC_VER)
    #include <intrin.h>
static inline int ssefold_lowest_bit(unsigned mask) {
    unsigned long at;
    _BitScanForward(&at, mask);
    return (int)at;
}
  #else
static inline int ssefold_lowest_bit(unsigned mask) { return __builtin_ctz(mask); }
  #endif
  #define SSEFOLD_SCAN_STEP 16
#else
  #define SSEFOLD_SCAN_STEP 8
#endif

static inline int ssefold_is_plain(unsigned char c) {
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* The first byte in [p, end) that is not a plain ASCII character of a string. */
static inline const unsigned char *ssefold_plain_end(
    const unsigned char *p, const unsigned char *end
) {
#if SSEFOLD_SCAN_STEP == 16
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'),
                  space = _mm_set1_epi8(32);
    while (end - p >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)p);
        __m128i hit = _mm_or_si128(
            _mm_cmplt_epi8(v, space),
            _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash))
        );
        unsigned mask = (unsigned)_mm_movemask_epi8(hit);
        if (mask) return p + ssefold_lowest_bit(mask);
        p += 16;
    }
#else
    const uint64_t ones = 0x0101010101010101ULL, tops = 0x8080808080808080ULL;
    while (end - p >= 8) {
        uint64_t v, q, s, hit;
        memcpy(&v, p, 8);
        q = v ^ (ones * '"');
        s = v ^ (ones * '\\');
        /* A borrow can only raise a false alarm behind a true one. */
        hit = v | (v - ones * 0x20) | (q - ones) | (s - ones);
        if (hit & tops) break;
        p += 8;
    }
#endif
    while (p < end && ssefold_is_plain(*p)) p++;
    return p;
}

/* The first byte in [p, end) that is no digit, or `end`: a time has ten of them. */
static inline const unsigned char *ssefold_digits_end(
    const unsigned char *p, const unsigned char *end
) {
#if SSEFOLD_SCAN_STEP == 16
    const __m128i zero = _mm_set1_epi8('0'), nine = _mm_set1_epi8(9);
    while (end - p >= 16) {
        __m128i v = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)p), zero);
        unsigned mask =
            0xFFFF ^ (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(v, nine), v));
        if (mask) return p + ssefold_lowest_bit(mask);
        p += 16;
    }
#endif
    while (p < end && (unsigned char)(*p - '0') <= 9) p++;
    return p;
}

/* The first backslash in [p, end), or `end`. */
static inline const unsigned char *ssefold_run_end(
    const unsigned char *p, const unsigned char *end
) {
#if SSEFOLD_SCAN_STEP == 16
    const __m128i slash = _mm_set1_epi8('\\');
    while (end - p >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)p);
        unsigned mask = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, slash));
        if (mask) return p + ssefold_lowest_bit(mask);
        p += 16;
    }
#endif
    while (p < end && *p != '\\') p++;
    return p;
}

/* Copies [p, end) to *out up to the first backslash, where it answers with its place.
   As much as lies behind p may be written over at *out: runs between escapes are short,
   and sixteen bytes cost less than a call. */
static inline const unsigned char *ssefold_copy_run(
    const unsigned char *p, const unsigned char *end, unsigned char **out
) {
    unsigned char *to = *out;
#if SSEFOLD_SCAN_STEP == 16
    const __m128i slash = _mm_set1_epi8('\\');
    while (end - p >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)p);
        unsigned mask = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, slash));
        _mm_storeu_si128((__m128i *)to, v);
        if (mask) {
            int n = ssefold_lowest_bit(mask);
            *out = to + n;
            return p + n;
        }
        p += 16;
        to += 16;
    }
#endif
    while (p < end && *p != '\\') *to++ = *p++;
    *out = to;
    return p;
}
#endif
