#ifndef SSEFOLD_JSONSCAN_H
#define SSEFOLD_JSONSCAN_H
/* Loops over JSON text that jsonscan.pxd and jsonbody.pxd spend their time in. */
#include "simd.h"

static inline int ssefold_is_plain(unsigned char c) {
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* The first byte in [p, end) that is not a plain ASCII character of a string. */
static inline const unsigned char *ssefold_plain_end(
    const unsigned char *p, const unsigned char *end
) {
#if defined(SSEFOLD_VECTORS)
    const ssefold_vector quote = ssefold_each('"'), slash = ssefold_each('\\'),
                         space = ssefold_each(32);
    while (end - p >= 16) {
        ssefold_vector v = ssefold_load(p);
        ssefold_mask hits = ssefold_lanes(ssefold_or(
            ssefold_less(v, space), ssefold_or(ssefold_same(v, quote), ssefold_same(v, slash))
        ));
        if (hits) return p + ssefold_first(hits);
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
#if defined(SSEFOLD_VECTORS)
    const ssefold_vector zero = ssefold_each('0'), nine = ssefold_each(9);
    while (end - p >= 16) {
        ssefold_vector v = ssefold_minus(ssefold_load(p), zero);
        ssefold_mask others = SSEFOLD_ALL ^ ssefold_lanes(ssefold_same(ssefold_min(v, nine), v));
        if (others) return p + ssefold_first(others);
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
#if defined(SSEFOLD_VECTORS)
    const ssefold_vector slash = ssefold_each('\\');
    while (end - p >= 16) {
        ssefold_mask hits = ssefold_lanes(ssefold_same(ssefold_load(p), slash));
        if (hits) return p + ssefold_first(hits);
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
#if defined(SSEFOLD_VECTORS)
    const ssefold_vector slash = ssefold_each('\\');
    while (end - p >= 16) {
        ssefold_vector v = ssefold_load(p);
        ssefold_mask hits = ssefold_lanes(ssefold_same(v, slash));
        ssefold_store(to, v);
        if (hits) {
            *out = to + ssefold_first(hits);
            return p + ssefold_first(hits);
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
