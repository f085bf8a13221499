#ifndef SSEFOLD_BYTEWALK_H
#define SSEFOLD_BYTEWALK_H
/* Where a line ends: loops of bytewalk.pxd. Nothing outside the bounds is read. */
#include "simd.h"

#if defined(SSEFOLD_VECTORS)
/* Where a vector has a CR or LF. */
static inline ssefold_mask ssefold_eols(ssefold_vector v) {
    return ssefold_lanes(
        ssefold_or(ssefold_same(v, ssefold_each('\n')), ssefold_same(v, ssefold_each('\r')))
    );
}

/* Whether a byte of it is 0x0D or below. */
static inline int ssefold_low(ssefold_vector v) {
    return ssefold_lanes(ssefold_same(ssefold_min(v, ssefold_each(0x0D)), v)) != 0;
}
#endif

/* May 64 bytes hold a CR or LF? Both lie at 0x0D or below, and so does hardly
   anything else in a stream of text: one minimum over four vectors tells. */
static inline int ssefold_low64(const unsigned char *p) {
#if defined(SSEFOLD_VECTORS)
    return ssefold_low(ssefold_min(
        ssefold_min(ssefold_load(p), ssefold_load(p + 16)),
        ssefold_min(ssefold_load(p + 32), ssefold_load(p + 48))
    ));
#else
    /* The same by words of 8: a borrow may make a false hit, never a miss. */
    uint64_t word, hit = 0;
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
#if defined(SSEFOLD_VECTORS)
    ssefold_mask eols = ssefold_eols(ssefold_load(p));
    return eols ? ssefold_first(eols) : 16;
#else
    int i;
    for (i = 0; i < 16; i++)
        if (p[i] == '\n' || p[i] == '\r') return i;
    return 16;
#endif
}

/* The first CR or LF in [p, end), or `end`; `high` is set where a byte before it is
   not ASCII. `first` <= p: the bytes from there on may be looked at again. */
static inline const unsigned char *ssefold_line(
    const unsigned char *first, const unsigned char *p, const unsigned char *end, int *high
) {
#if defined(SSEFOLD_VECTORS)
    ssefold_mask found = 0, eols, tops;
    while (end - p >= 64) {
        ssefold_vector a = ssefold_load(p), b = ssefold_load(p + 16);
        ssefold_vector c = ssefold_load(p + 32), d = ssefold_load(p + 48);
        if (ssefold_low(ssefold_min(ssefold_min(a, b), ssefold_min(c, d)))) {
            int i;
            for (i = 0; i < 4; i++, p += 16) {
                ssefold_vector v = ssefold_load(p);
                eols = ssefold_eols(v);
                tops = ssefold_tops(v);
                if (eols) goto hit;
                found |= tops;
            }
            continue;
        }
        found |= ssefold_tops(ssefold_or(ssefold_or(a, b), ssefold_or(c, d)));
        p += 64;
    }
    while (end - p >= 16) {
        ssefold_vector v = ssefold_load(p);
        eols = ssefold_eols(v);
        tops = ssefold_tops(v);
        if (eols) goto hit;
        found |= tops;
        p += 16;
    }
    if (p < end && end - first >= 16) { /* the last 16, without those seen already */
        int seen = (int)(16 - (end - p)) * SSEFOLD_LANE;
        ssefold_vector v = ssefold_load(end - 16);
        eols = ssefold_eols(v) >> seen;
        tops = ssefold_tops(v) >> seen;
        if (eols) goto hit;
        found |= tops;
        p = end;
    }
    for (; p < end && *p != '\n' && *p != '\r'; p++) found |= *p & 0x80;
    *high |= found != 0;
    return p;
hit:
    *high |= (found | (tops & ((eols & (0 - eols)) - 1))) != 0;
    return p + ssefold_first(eols);
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
