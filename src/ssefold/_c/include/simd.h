#ifndef SSEFOLD_SIMD_H
#define SSEFOLD_SIMD_H
/* Sixteen bytes at once where each machine of its kind can (SSE2, NEON): chosen when it is
   compiled, never when it runs. SSEFOLD_SCALAR leaves them out: the loops for all other
   machines can be tested on this one.

   A mask has SSEFOLD_LANE bits for each byte, the first byte's lowest: what is compared or
   shifted counts in lanes. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(SSEFOLD_SCALAR)
#elif defined(__SSE2__) || defined(_M_X64) || (defined(_M_IX86_FP) && _M_IX86_FP >= 2)
  #include <emmintrin.h>
  #define SSEFOLD_SSE2 1
#elif (defined(__aarch64__) && !defined(__AARCH64EB__)) || defined(_M_ARM64)
  #include <arm_neon.h>
  #define SSEFOLD_NEON 1
#endif

#if defined(SSEFOLD_SSE2)
  #define SSEFOLD_VECTORS 1
  #define SSEFOLD_LANE 1
typedef __m128i ssefold_vector;
typedef unsigned ssefold_mask;

static inline ssefold_vector ssefold_load(const unsigned char *p) {
    return _mm_loadu_si128((const __m128i *)p);
}
static inline void ssefold_store(unsigned char *p, ssefold_vector v) {
    _mm_storeu_si128((__m128i *)p, v);
}
static inline ssefold_vector ssefold_each(unsigned char c) { return _mm_set1_epi8((char)c); }
static inline ssefold_vector ssefold_or(ssefold_vector a, ssefold_vector b) {
    return _mm_or_si128(a, b);
}
static inline ssefold_vector ssefold_and(ssefold_vector a, ssefold_vector b) {
    return _mm_and_si128(a, b);
}
static inline ssefold_vector ssefold_min(ssefold_vector a, ssefold_vector b) {
    return _mm_min_epu8(a, b);
}
static inline ssefold_vector ssefold_minus(ssefold_vector a, ssefold_vector b) {
    return _mm_sub_epi8(a, b);
}
static inline ssefold_vector ssefold_same(ssefold_vector a, ssefold_vector b) {
    return _mm_cmpeq_epi8(a, b);
}
/* Signed: a byte past 0x7F is below each that is ASCII. */
static inline ssefold_vector ssefold_less(ssefold_vector a, ssefold_vector b) {
    return _mm_cmplt_epi8(a, b);
}
/* Of bytes that are all ones or all zeros, or of the highest bit of any byte. */
static inline ssefold_mask ssefold_lanes(ssefold_vector v) {
    return (unsigned)_mm_movemask_epi8(v);
}
static inline ssefold_mask ssefold_tops(ssefold_vector v) { return ssefold_lanes(v); }
/* The sixteen bytes as sixteen numbers of two. */
static inline void ssefold_widen(uint16_t *to, ssefold_vector v) {
    const __m128i zero = _mm_setzero_si128();
    _mm_storeu_si128((__m128i *)to, _mm_unpacklo_epi8(v, zero));
    _mm_storeu_si128((__m128i *)(to + 8), _mm_unpackhi_epi8(v, zero));
}
  #define SSEFOLD_ALL 0xFFFFu
#elif defined(SSEFOLD_NEON)
  #define SSEFOLD_VECTORS 1
  #define SSEFOLD_LANE 4
typedef uint8x16_t ssefold_vector;
typedef uint64_t ssefold_mask;

static inline ssefold_vector ssefold_load(const unsigned char *p) { return vld1q_u8(p); }
static inline void ssefold_store(unsigned char *p, ssefold_vector v) { vst1q_u8(p, v); }
static inline ssefold_vector ssefold_each(unsigned char c) { return vdupq_n_u8(c); }
static inline ssefold_vector ssefold_or(ssefold_vector a, ssefold_vector b) {
    return vorrq_u8(a, b);
}
static inline ssefold_vector ssefold_and(ssefold_vector a, ssefold_vector b) {
    return vandq_u8(a, b);
}
static inline ssefold_vector ssefold_min(ssefold_vector a, ssefold_vector b) {
    return vminq_u8(a, b);
}
static inline ssefold_vector ssefold_minus(ssefold_vector a, ssefold_vector b) {
    return vsubq_u8(a, b);
}
static inline ssefold_vector ssefold_same(ssefold_vector a, ssefold_vector b) {
    return vceqq_u8(a, b);
}
static inline ssefold_vector ssefold_less(ssefold_vector a, ssefold_vector b) {
    return vcltq_s8(vreinterpretq_s8_u8(a), vreinterpretq_s8_u8(b));
}
/* Four bits of each byte: there is no instruction that takes one. */
static inline ssefold_mask ssefold_lanes(ssefold_vector v) {
    uint8x8_t narrow = vshrn_n_u16(vreinterpretq_u16_u8(v), 4);
    return vget_lane_u64(vreinterpret_u64_u8(narrow), 0);
}
static inline ssefold_mask ssefold_tops(ssefold_vector v) {
    return ssefold_lanes(vreinterpretq_u8_s8(vshrq_n_s8(vreinterpretq_s8_u8(v), 7)));
}
static inline void ssefold_widen(uint16_t *to, ssefold_vector v) {
    vst1q_u16(to, vmovl_u8(vget_low_u8(v)));
    vst1q_u16(to + 8, vmovl_u8(vget_high_u8(v)));
}
  #define SSEFOLD_ALL UINT64_MAX
#endif

#if defined(SSEFOLD_VECTORS)
  #if defined(_MSC_VER) && !defined(__clang__)
    #include <intrin.h>
/* The place of the first byte that the mask, which is not 0, has a lane of. */
static inline int ssefold_first(ssefold_mask mask) {
    unsigned long at;
    #if defined(SSEFOLD_NEON)
    _BitScanForward64(&at, mask);
    #else
    _BitScanForward(&at, mask);
    #endif
    return (int)at / SSEFOLD_LANE;
}
  #elif defined(SSEFOLD_NEON)
static inline int ssefold_first(ssefold_mask mask) { return __builtin_ctzll(mask) / SSEFOLD_LANE; }
  #else
/* The place of the first byte that the mask, which is not 0, has a lane of. */
static inline int ssefold_first(ssefold_mask mask) { return __builtin_ctz(mask); }
  #endif
#endif

/* Libraries whose memchr and memcmp take wider vectors than these: theirs are called. Inline
   compares of up to 64 bytes saved half a nanosecond of a call, and cost 34 instructions more
   for each event of text. musl's, which has no macro to be known by, take a byte or a word at a
   time: a compare of 250 bytes forty times as long as here. */
#if (defined(__GLIBC__) || defined(__APPLE__) || defined(_WIN32) || defined(__FreeBSD__)) \
    && !defined(SSEFOLD_SCALAR) && !defined(SSEFOLD_NARROW_LIBRARY)
  #define SSEFOLD_WIDE_LIBRARY 1
#endif

/* The first `c` in [p, end), or `end`. */
static inline const unsigned char *ssefold_find(
    const unsigned char *p, const unsigned char *end, unsigned char c
) {
#if defined(SSEFOLD_WIDE_LIBRARY)
    if (p == end) return end;
    p = (const unsigned char *)memchr(p, c, (size_t)(end - p));
    return p ? p : end;
#else
    const uint64_t ones = 0x0101010101010101ULL;
  #if defined(SSEFOLD_VECTORS)
    const ssefold_vector wanted = ssefold_each(c);
    while (end - p >= 16) {
        ssefold_mask hits = ssefold_lanes(ssefold_same(ssefold_load(p), wanted));
        if (hits) return p + ssefold_first(hits);
        p += 16;
    }
  #endif
    while (end - p >= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        word ^= ones * c;
        /* Not 0 where a byte of the word is: a borrow out of it may mark others as well. */
        if ((word - ones) & ~word & (ones << 7)) break;
        p += 8;
    }
    while (p < end && *p != c) p++;
    return p;
#endif
}

/* Whether the n bytes at a and at b are the same; n < 16. */
static inline int ssefold_equal_few(const unsigned char *a, const unsigned char *b, size_t n) {
    if (n >= 8) {
        uint64_t x, y, z, w;
        memcpy(&x, a, 8);
        memcpy(&y, b, 8);
        memcpy(&z, a + n - 8, 8);
        memcpy(&w, b + n - 8, 8);
        return ((x ^ y) | (z ^ w)) == 0;
    }
    if (n >= 4) {
        uint32_t x, y, z, w;
        memcpy(&x, a, 4);
        memcpy(&y, b, 4);
        memcpy(&z, a + n - 4, 4);
        memcpy(&w, b + n - 4, 4);
        return ((x ^ y) | (z ^ w)) == 0;
    }
    while (n && *a == *b) {
        a++;
        b++;
        n--;
    }
    return n == 0;
}

#if defined(SSEFOLD_VECTORS)
  #define SSEFOLD_EQUAL(a, b, i) ssefold_same(ssefold_load((a) + (i)), ssefold_load((b) + (i)))

static inline int ssefold_is_all(ssefold_vector v) { return ssefold_lanes(v) == SSEFOLD_ALL; }

/* From 16 to 32 bytes, and from 32 to 64: what lies in the middle is compared twice, and the
   one answer is asked for once. */
static inline int ssefold_equal_32(const unsigned char *a, const unsigned char *b, size_t n) {
    return ssefold_is_all(ssefold_and(SSEFOLD_EQUAL(a, b, 0), SSEFOLD_EQUAL(a, b, n - 16)));
}

static inline int ssefold_equal_64(const unsigned char *a, const unsigned char *b, size_t n) {
    return ssefold_is_all(ssefold_and(
        ssefold_and(SSEFOLD_EQUAL(a, b, 0), SSEFOLD_EQUAL(a, b, 16)),
        ssefold_and(SSEFOLD_EQUAL(a, b, n - 32), SSEFOLD_EQUAL(a, b, n - 16))
    ));
}
#else
static inline int ssefold_equal_32(const unsigned char *a, const unsigned char *b, size_t n) {
    return ssefold_equal_few(a, b, 8) && ssefold_equal_few(a + 8, b + 8, 8)
           && ssefold_equal_few(a + n - 16, b + n - 16, 8)
           && ssefold_equal_few(a + n - 8, b + n - 8, 8);
}

static inline int ssefold_equal_64(const unsigned char *a, const unsigned char *b, size_t n) {
    return ssefold_equal_32(a, b, 32) && ssefold_equal_32(a + n - 32, b + n - 32, 32);
}
#endif

/* Whether the n bytes at a and at b are the same. */
static inline int ssefold_equal(const void *left, const void *right, size_t n) {
#if defined(SSEFOLD_WIDE_LIBRARY)
    return memcmp(left, right, n) == 0;
#else
    const unsigned char *a = (const unsigned char *)left, *b = (const unsigned char *)right;
    size_t i, last = n - 64; /* the last 64 overlap those before */
    if (n < 16) return ssefold_equal_few(a, b, n);
    if (n <= 32) return ssefold_equal_32(a, b, n);
    if (n <= 64) return ssefold_equal_64(a, b, n);
    for (i = 0; i < last; i += 64)
        if (!ssefold_equal_64(a + i, b + i, 64)) return 0;
    return ssefold_equal_64(a + last, b + last, 64);
#endif
}
#endif
