#ifndef SSEFOLD_UTF8_H
#define SSEFOLD_UTF8_H
/* UTF-8 to characters of one, two or four bytes, and how many of them there are. */
#include "simd.h"

/* The character at p, of two to four bytes, and its size; 0 where it is none. */
static inline int ssefold_wide(const unsigned char *p, const unsigned char *end, uint32_t *out) {
    uint32_t c = p[0];
    ptrdiff_t left = end - p;
    if (c < 0xE0) {
        if (c < 0xC2 || left < 2 || (p[1] & 0xC0) != 0x80) return 0;
        *out = ((c & 0x1F) << 6) | (p[1] & 0x3Fu);
        return 2;
    }
    if (c < 0xF0) {
        if (left < 3 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80) return 0;
        c = ((c & 0x0F) << 12) | ((p[1] & 0x3Fu) << 6) | (p[2] & 0x3Fu);
        *out = c;
        return c < 0x800 || (c >= 0xD800 && c < 0xE000) ? 0 : 3;
    }
    if (left < 4 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80 || (p[3] & 0xC0) != 0x80)
        return 0;
    c = ((c & 0x0F) << 18) | ((p[1] & 0x3Fu) << 12) | ((p[2] & 0x3Fu) << 6) | (p[3] & 0x3Fu);
    *out = c;
    return c < 0x10000 || c > 0x10FFFF ? 0 : 4;
}

/* Eight ASCII bytes at a time, the rest one by one; 0 where it is not UTF-8, or
   where it is more or fewer characters than `room`. */
#define SSEFOLD_DECODE(NAME, CHAR)                                                         \
    typedef CHAR NAME##_unit;                                                              \
    static int NAME(                                                                       \
        const unsigned char *p, const unsigned char *end, NAME##_unit *out, ptrdiff_t room \
    ) {                                                                                    \
        NAME##_unit *stop = out + room;                                                    \
        while (p < end) {                                                                  \
            int i, size;                                                                   \
            uint32_t c;                                                                    \
            SSEFOLD_RUN(CHAR)                                                              \
            while (end - p >= 8 && stop - out >= 8) {                                      \
                unsigned long long word;                                                   \
                memcpy(&word, p, 8);                                                       \
                if (word & 0x8080808080808080ULL) break;                                   \
                for (i = 0; i < 8; i++) out[i] = p[i];                                     \
                out += 8;                                                                  \
                p += 8;                                                                    \
            }                                                                              \
            while (p < end && *p < 0x80) {                                                 \
                if (out == stop) return 0;                                                 \
                *out++ = *p++;                                                             \
            }                                                                              \
            while (p < end && *p >= 0x80) {                                                \
                size = ssefold_wide(p, end, &c);                                           \
                if (size == 0 || out == stop) return 0;                                    \
                *out++ = (CHAR)c;                                                          \
                p += size;                                                                 \
            }                                                                              \
        }                                                                                  \
        return out == stop;                                                                \
    }

#define SSEFOLD_RUN(CHAR)
SSEFOLD_DECODE(ssefold_decode1, uint8_t)
SSEFOLD_DECODE(ssefold_decode4, uint32_t)
#undef SSEFOLD_RUN
#if defined(SSEFOLD_VECTORS)
  /* Sixteen at a time; what lies behind the last ASCII byte is written over. */
  #define SSEFOLD_RUN(CHAR)                    \
      if (end - p >= 16 && stop - out >= 16) { \
          ssefold_vector v = ssefold_load(p);  \
          ssefold_mask tops = ssefold_tops(v); \
          ssefold_widen(out, v);               \
          i = tops ? ssefold_first(tops) : 16; \
          out += i;                            \
          p += i;                              \
          if (i == 16) continue;               \
      }
#else
  #define SSEFOLD_RUN(CHAR)
#endif
SSEFOLD_DECODE(ssefold_decode2, uint16_t)
#undef SSEFOLD_RUN

/* How many characters, and the largest byte. Counters of one byte, in blocks that
   cannot overflow them: compilers make vectors of that. */
static ptrdiff_t ssefold_count(const unsigned char *p, ptrdiff_t n, unsigned char *most) {
    ptrdiff_t chars = 0, i = 0, stop;
    unsigned char top = *most;
    while (i < n) {
        unsigned char count = 0;
        stop = n - i > 240 ? i + 240 : n;
        for (; i < stop; i++) {
            count += (signed char)p[i] >= -64;
            top = p[i] > top ? p[i] : top;
        }
        chars += count;
    }
    *most = top;
    return chars;
}
#endif
