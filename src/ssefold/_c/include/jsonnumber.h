#ifndef SSEFOLD_JSONNUMBER_H
#define SSEFOLD_JSONNUMBER_H
#include <stdint.h>
#include <string.h>
#if defined(_MSC_VER) && defined(_M_X64)
  #include <intrin.h>
#endif

/* What a scan of a number tells; the first three have the values of jsonscan.pxd. */
#define SSEFOLD_CUT 1
#define SSEFOLD_BAD 2
#define SSEFOLD_LOOSE 256
#define SSEFOLD_UNSURE 512

/* Longer numbers might be out of range. Seventeen digits are usual, and so are
   exponents such as e-07 (log probabilities). */
#define SSEFOLD_MAX_NUMBER 18
#define SSEFOLD_MAX_FLOAT 48
#define SSEFOLD_MAX_EXPONENT 2

#define SSEFOLD_MOST_SCALE 120
/* 10**-k as a binary fraction of 128 bits whose first bit is one. */
typedef struct {
    uint64_t high[SSEFOLD_MOST_SCALE], low[SSEFOLD_MOST_SCALE];
} ssefold_tenths;

static inline int ssefold_leading_zeros(uint64_t d) {
#if defined(__GNUC__) || defined(__clang__)
    return __builtin_clzll(d);
#else
    int n = 0;
    while (!(d >> 63)) {
        d <<= 1;
        n++;
    }
    return n;
#endif
}

static inline uint64_t ssefold_multiply(uint64_t a, uint64_t b, uint64_t *low) {
#if defined(__SIZEOF_INT128__)
    unsigned __int128 product = (unsigned __int128)a * b;
    *low = (uint64_t)product;
    return (uint64_t)(product >> 64);
#elif defined(_MSC_VER) && defined(_M_X64)
    uint64_t high;
    *low = _umul128(a, b, &high);
    return high;
#else
    uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t mid = a1 * b0 + (a0 * b0 >> 32);
    uint64_t rest = (uint32_t)mid + a0 * b1;
    *low = a * b;
    return a1 * b1 + (mid >> 32) + (rest >> 32);
#endif
}

/* Whether d / 10**k, d of 16 or 17 digits and the last not 0, is what repr would write. */
static inline int ssefold_is_shortest(const ssefold_tenths *tenths, uint64_t d, int k) {
    const int64_t one = (int64_t)1 << 56, half = one >> 1, margin = 1024;
    uint64_t high, low, more, below, mantissa;
    int64_t delta, step, away, last = (int64_t)(d % 10);
    int zeros = ssefold_leading_zeros(d), shift;
    if (k < 0 || k >= SSEFOLD_MOST_SCALE) return 0;
    high = ssefold_multiply(d << zeros, tenths->high[k], &low);
    more = ssefold_multiply(d << zeros, tenths->low[k], &below);
    low += more;
    high += low < more;
    /* The value is high:low, two at most too small; its first 53 bits are the double. */
    shift = 18 + (int)(high >> 63);
    mantissa = high >> (shift - 8);
    delta = (int64_t)((low >> shift | high << (64 - shift)) & (uint64_t)(one - 1));
    if (delta >= half) {
        delta -= one;
        mantissa++;
    }
    /* Below a power of two the doubles lie closer. */
    if (!(mantissa & (((uint64_t)1 << 52) - 1))) return 0;
    away = delta < 0 ? -delta : delta;
    step = (int64_t)(tenths->high[k] >> (shift - zeros)); /* one unit of the last digit */
    if (away > half - margin || 2 * away > step - margin) return 0;
    return delta - last * step < -half - margin && delta + (10 - last) * step > half + margin;
}

static inline int ssefold_is_digit(unsigned char c) { return (unsigned char)(c - '0') < 10; }

static inline const unsigned char *ssefold_digits(
    const unsigned char *p, const unsigned char *end, uint64_t *d
) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    /* Eight at a time: neighbours make pairs, pairs fours, fours the number. */
    static const uint64_t tens[9] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
    while (end - p >= 8) {
        uint64_t v, others;
        int count = 8;
        memcpy(&v, p, 8);
        v ^= 0x3030303030303030ULL;
        /* A carry can only raise a false alarm behind a true one. */
        others = ((v + 0x7676767676767676ULL) | v) & 0x8080808080808080ULL;
        if (others) {
            count = __builtin_ctzll(others) >> 3;
            if (count == 0) return p;
            v <<= 64 - 8 * count; /* zeros before the digits */
        }
        v = v * 10 + (v >> 8);
        v = ((v & 0x000000FF000000FFULL) * 0x000F424000000064ULL
             + (v >> 16 & 0x000000FF000000FFULL) * 0x0000271000000001ULL)
            >> 32;
        *d = *d * tens[count] + v;
        p += count;
        if (count < 8) return p;
    }
#endif
    while (p < end && ssefold_is_digit(*p)) *d = *d * 10 + (uint64_t)(*p++ - '0');
    return p;
}

static inline const unsigned char *ssefold_stopped(
    const unsigned char *p, const unsigned char *end, int *flags
) {
    *flags |= p < end ? SSEFOLD_BAD : SSEFOLD_CUT;
    return p;
}

/* A number at p, with more bytes behind it than it has. */
static inline const unsigned char *ssefold_scan_number(
    const ssefold_tenths *tenths, const unsigned char *p, const unsigned char *end, int *flags
) {
    const unsigned char *begin = p, *whole, *point = NULL, *digits, *e = NULL, *zeros;
    uint64_t d = 0;
    int negative = *p == '-', count, scale = 0, exponent = 0, loose = 0;
    p += negative;
    whole = digits = p;
    if (p < end && *p == '0') {
        p++;
        digits = p;
    } else
        while (p < end && ssefold_is_digit(*p)) d = d * 10 + (uint64_t)(*p++ - '0');
    if (p == whole || p == end) return ssefold_stopped(p, end, flags);
    if (*p != '.' && (*p | 0x20) != 'e') {
        if (p - begin > SSEFOLD_MAX_NUMBER) *flags |= SSEFOLD_UNSURE;
        if (negative && *whole == '0') *flags |= SSEFOLD_LOOSE;
        return p;
    }
    count = (int)(p - digits);
    if (*p == '.') {
        point = ++p;
        if (count == 0) {
            zeros = p;
            while (p < end && *p == '0') p++;
            loose = p - zeros > 3; /* below 1e-4, unless there is nothing else */
            digits = p;
            p = ssefold_digits(p, end, &d);
            count = (int)(p - digits);
        } else {
            p = ssefold_digits(p, end, &d);
            count += (int)(p - point);
        }
        if (p == point || p == end) return ssefold_stopped(p, end, flags);
        scale = (int)(p - point);
    }
    if ((*p | 0x20) == 'e') {
        e = p++;
        if (p < end && (*p == '-' || *p == '+')) p++;
        digits = p;
        while (p < end && ssefold_is_digit(*p)) p++;
        if (p == digits || p == end) return ssefold_stopped(p, end, flags);
        if (p - digits > SSEFOLD_MAX_EXPONENT) {
            *flags |= SSEFOLD_UNSURE;
            return p;
        }
        exponent = p - digits == 2 ? 10 * (digits[0] - '0') + digits[1] - '0' : 0;
        /* d.ddde-05, d.ddde+16 */
        loose = *e != 'e' || digits - e != 2 || p - digits != 2 || *whole == '0'
                || (point ? point - whole != 2 || e[-1] == '0' : e - whole != 1)
                || (e[1] == '-' ? exponent < 5 : exponent < 16);
        scale += e[1] == '-' ? exponent : -exponent;
    } else if (p[-1] == '0') { /* 1.50, but not 100.0 */
        loose = scale != 1 || d > ((uint64_t)10 << 53) || count > 17;
        count = 0;
    }
    if (p - begin > SSEFOLD_MAX_FLOAT) *flags |= SSEFOLD_UNSURE;
    else if (loose || count > 17 || (count > 15 && !ssefold_is_shortest(tenths, d, scale)))
        *flags |= SSEFOLD_LOOSE;
    return p;
}
#endif
