/* The loops of src/ssefold/_c/include against plain twins, one byte at a time.

   Each input lies once with its end, and once with its beginning, at memory that cannot be
   read, so that a loop that looks outside its bounds ends the process. `headers SEED ROUNDS`
   checks; `headers numbers` reads numbers, one a line, and says of each where the scan of it
   ended and with which flags: Python knows how repr writes them.
*/
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bytewalk.h"
#include "jsonnumber.h"
#include "jsonscan.h"
#include "tenths.h" /* written by test_headers.py: 10**-k, as jsoncompact.pyx fills it */
#include "utf8.h"

#ifndef MAP_ANONYMOUS
  #define MAP_ANONYMOUS MAP_ANON
#endif

typedef const unsigned char *place;

enum { LONGEST = 400, ROOM = 4 * LONGEST };

static size_t page, fence;

/* Memory between two pages that cannot be touched; its last byte lies before the second. */
static unsigned char *fenced(void) {
    unsigned char *all;
    page = (size_t)sysconf(_SC_PAGESIZE);
    fence = (ROOM / page + 1) * page;
    all = mmap(NULL, fence + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED || mprotect(all + page, fence, PROT_READ | PROT_WRITE)) {
        perror("no fenced memory");
        exit(2);
    }
    return all + page;
}

/* The bytes, at one of the two ends of the space. */
static place lay(unsigned char *space, place bytes, int size, int first) {
    unsigned char *at = first ? space : space + fence - size;
    if (size < 0 || size > LONGEST) abort();
    memcpy(at, bytes, (size_t)size);
    return at;
}

static uint64_t state;

static unsigned below(unsigned n) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)((state >> 32) % n);
}

#define CHECK(what)                                                                               \
    do {                                                                                          \
        if (!(what)) {                                                                            \
            fprintf(stderr, "%s:%d: %s, size %d, at %d\n", __FILE__, __LINE__, #what, size, low); \
            dump(p, size);                                                                        \
            exit(1);                                                                              \
        }                                                                                         \
    } while (0)

static void dump(place p, int size) {
    int i;
    for (i = 0; i < size; i++) fprintf(stderr, "%02x", p[i]);
    fputc('\n', stderr);
}

/* What bytes are made of: each kind is rare or frequent in the runs that a loop is for. */
static const char *const KINDS[] = {
    "abcdefgh 01234567", "\n\r",         "\"\\", "\x0c\x0e\x1f\x7f\t\x0b",
    "\x80\xff\xc3\xa9",  "0123456789/:",
};

static void fill(unsigned char *to, int size) {
    unsigned usual = below(6), other = below(6), rare = 1 + below(60);
    int i;
    for (i = 0; i < size; i++) {
        const char *kind = KINDS[below(rare) ? usual : other];
        to[i] = below(200) ? (unsigned char)kind[below((unsigned)strlen(kind))]
                           : (unsigned char)below(256);
    }
}

static place find_either(place p, place end, int one, int two) {
    while (p < end && *p != one && *p != two) p++;
    return p;
}

static place find_not_plain(place p, place end) {
    while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\') p++;
    return p;
}

static place find_no_digit(place p, place end) {
    while (p < end && *p >= '0' && *p <= '9') p++;
    return p;
}

static int any_high(place p, place end) {
    while (p < end && *p < 0x80) p++;
    return p < end;
}

static void check_lines(place p, int size) {
    place end = p + size, eol;
    int high, low;
    for (low = 0; low <= size; low += 1 + (int)below(5)) {
        eol = find_either(p + low, end, '\n', '\r');
        high = 0;
        CHECK(ssefold_line(p, p + low, end, &high) == eol);
        CHECK((high != 0) == any_high(p + low, eol));
        high = 0;
        CHECK(ssefold_line(p + low, p + low, end, &high) == eol);
        CHECK((high != 0) == any_high(p + low, eol));
        high = 4; /* what was found before stays */
        ssefold_line(p, p + low, end, &high);
        CHECK(high & 4);
        if (size - low >= 16) {
            eol = find_either(p + low, p + low + 16, '\n', '\r');
            CHECK(ssefold_eol16(p + low) == eol - p - low);
        }
        if (size - low >= 64) {
            int i, least = 255, hit = ssefold_low64(p + low);
            for (i = 0; i < 64; i++)
                if (p[low + i] < least) least = p[low + i];
            eol = find_either(p + low, p + low + 64, '\n', '\r');
            CHECK(hit || eol == p + low + 64);
            CHECK(!hit || least <= 0x0D);
        }
    }
}

static void check_scans(place p, int size, unsigned char *space) {
    place end = p + size, slash;
    int low;
    for (low = 0; low <= size; low += 1 + (int)below(5)) {
        unsigned char *to = space + fence - (size - low), *from = to;
        CHECK(ssefold_plain_end(p + low, end) == find_not_plain(p + low, end));
        CHECK(ssefold_digits_end(p + low, end) == find_no_digit(p + low, end));
        slash = find_either(p + low, end, '\\', '\\');
        CHECK(ssefold_run_end(p + low, end) == slash);
        CHECK(ssefold_copy_run(p + low, end, &to) == slash);
        CHECK(to - from == slash - p - low);
        CHECK(memcmp(from, p + low, (size_t)(to - from)) == 0);
    }
}

static void check_finds(place p, int size) {
    place end = p + size;
    int low;
    for (low = 0; low <= size; low += 1 + (int)below(7)) {
        unsigned char c = below(2) && low < size ? p[low + (int)below((unsigned)(size - low))]
                                                 : (unsigned char)below(256);
        CHECK(ssefold_find(p + low, end, c) == find_either(p + low, end, c, c));
    }
}

/* The same bytes at the same end of other memory, and what one wrong bit makes of them. */
static void check_equal(place p, int size, unsigned char *other, int first) {
    unsigned char *q = first ? other : other + fence - size;
    int low, at;
    memcpy(q, p, (size_t)size);
    for (low = 0; low <= size; low += 1 + (int)below(7)) {
        int n = size - low;
        CHECK(ssefold_equal(p + low, q + low, (size_t)n));
        CHECK(ssefold_equal(p, q, (size_t)low));
        if (n == 0) continue;
        at = low + (int)below((unsigned)n);
        q[at] ^= (unsigned char)(1u << below(8));
        CHECK(!ssefold_equal(p + low, q + low, (size_t)n));
        CHECK(ssefold_equal(p, q, (size_t)low)); /* what is behind is none of its business */
        q[at] = p[at];
    }
    low = 0;
    for (at = 0; at < size; at++) {
        q[at] ^= 0x20;
        CHECK(!ssefold_equal(p, q, (size_t)size));
        q[at] = p[at];
    }
}

static void check_digits(place p, int size) {
    place end = p + size, stop = find_no_digit(p, end), q;
    uint64_t found = 7, wanted = 7;
    int low = 0;
    for (q = p; q < stop; q++) wanted = wanted * 10 + (uint64_t)(*q - '0');
    CHECK(ssefold_digits(p, end, &found) == stop);
    CHECK(found == wanted);
}

/* One character of UTF-8, by the bounds of the Unicode standard; 0: none. */
static int character(place p, place end, uint32_t *code) {
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    int size = *p < 0x80 ? 1 : *p < 0xC0 ? 0 : *p < 0xE0 ? 2 : *p < 0xF0 ? 3 : *p < 0xF8 ? 4 : 0, i;
    if (size == 0 || end - p < size) return 0;
    *code = size == 1 ? *p : *p & (0x7Fu >> size);
    for (i = 1; i < size; i++) {
        if (p[i] >> 6 != 2) return 0;
        *code = *code << 6 | (p[i] & 0x3F);
    }
    return *code < least[size] || *code >> 11 == 0x1B || *code > 0x10FFFF ? 0 : size;
}

/* Characters, or -1 where it is not UTF-8. */
static int characters(place p, place end, uint32_t *codes) {
    int count = 0, size;
    for (; p < end; p += size, count++) {
        size = character(p, end, codes + count);
        if (size == 0) return -1;
    }
    return count;
}

static int put(unsigned char *to, uint32_t c) {
    if (c < 0x80) {
        to[0] = (unsigned char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (unsigned char)(0xC0 | c >> 6);
        to[1] = (unsigned char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (unsigned char)(0xE0 | c >> 12);
        to[1] = (unsigned char)(0x80 | (c >> 6 & 0x3F));
        to[2] = (unsigned char)(0x80 | (c & 0x3F));
        return 3;
    }
    to[0] = (unsigned char)(0xF0 | c >> 18);
    to[1] = (unsigned char)(0x80 | (c >> 12 & 0x3F));
    to[2] = (unsigned char)(0x80 | (c >> 6 & 0x3F));
    to[3] = (unsigned char)(0x80 | (c & 0x3F));
    return 4;
}

static void fill_text(unsigned char *to, int *size) {
    static const uint32_t most[4] = {0x7F, 0xFF, 0xFFFF, 0x10FFFF};
    static const uint32_t edges[] = {0x7F,   0x80,   0xFF,   0x7FF,  0x800,
                                     0xD7FF, 0xE000, 0xFFFF, 0x10000};
    uint32_t widest = most[below(4)];
    unsigned rare = 1 + below(40);
    int room = *size, n = 0;
    while (room - n >= 4) {
        uint32_t c = below(rare) ? 0x20 + below(0x5F) : below(widest + 1);
        if (!below(30)) c = edges[below(9)];
        if (c > widest || c >> 11 == 0x1B) c = 'x';
        n += put(to + n, c);
    }
    if (n && !below(3)) { /* one wrong byte, or one that is right by chance; or cut */
        if (below(2)) to[below((unsigned)n)] = (unsigned char)below(256);
        else n -= 1 + (int)below(n < 3 ? (unsigned)n : 3);
    }
    *size = n;
}

static void check_text(place p, int size, unsigned char *space) {
    static uint32_t codes[LONGEST];
    place end = p + size;
    unsigned char top = 0, most = 0;
    uint32_t widest = 0, code;
    int i, low = 0, chars = 0, valid = characters(p, end, codes);
    for (i = 0; i < size; i++) {
        chars += p[i] >> 6 != 2;
        if (p[i] > top) top = p[i];
    }
    CHECK(ssefold_count(p, size, &most) == chars);
    CHECK(most == top);
    for (low = 0; low < size; low++) {
        int length = character(p + low, end, &code);
        uint32_t got = 0;
        if (p[low] < 0x80) continue;
        CHECK(ssefold_wide(p + low, end, &got) == length);
        CHECK(length == 0 || got == code);
    }
    low = 0;
    for (i = 0; i < valid; i++)
        if (codes[i] > widest) widest = codes[i];
    {
        uint32_t *to = (uint32_t *)(space + fence) - chars;
        CHECK(ssefold_decode4(p, end, to, chars) == (valid >= 0));
        for (i = 0; i < valid; i++) CHECK(to[i] == codes[i]);
        CHECK(chars == 0 || !ssefold_decode4(p, end, to + 1, chars - 1));
    }
    if (valid < 0 ? top < 0xF0 : widest < 0x10000) {
        uint16_t *to = (uint16_t *)(space + fence) - chars;
        CHECK(ssefold_decode2(p, end, to, chars) == (valid >= 0));
        for (i = 0; i < valid; i++) CHECK(to[i] == codes[i]);
    }
    if (valid < 0 ? top < 0xC4 : widest < 0x100) {
        uint8_t *to = space + fence - chars;
        CHECK(ssefold_decode1(p, end, to, chars) == (valid >= 0));
        for (i = 0; i < valid; i++) CHECK(to[i] == codes[i]);
    }
}

/* Each byte that may lead, before each that bounds a range, cut everywhere. */
static void check_bounds(void) {
    static const unsigned char bounds[] = {0x00, 0x7F, 0x80, 0x8F, 0x90,
                                           0x9F, 0xA0, 0xBF, 0xC0, 0xFF};
    enum { COUNT = sizeof bounds };
    int lead, i, size, low = 0;
    for (lead = 0x80; lead < 0x100; lead++) {
        for (i = 0; i < COUNT * COUNT * COUNT; i++) {
            unsigned char p[4] = {
                (unsigned char)lead, bounds[i % COUNT], bounds[i / COUNT % COUNT],
                bounds[i / COUNT / COUNT]
            };
            for (size = 1; size <= 4; size++) {
                uint32_t got = 0, code = 0;
                int length = character(p, p + size, &code);
                CHECK(ssefold_wide(p, p + size, &got) == length);
                CHECK(length == 0 || got == code);
            }
        }
    }
}

static int numbers(void) {
    static char line[256];
    while (fgets(line, sizeof line, stdin)) {
        place p = (place)line;
        int flags = 0;
        place end = ssefold_scan_number(&TENTHS, p, p + strlen(line), &flags);
        printf("%d %d\n", (int)(end - p), flags);
    }
    return 0;
}

int main(int argc, char **argv) {
    unsigned char *space, *other;
    int round, rounds;
    if (argc == 2 && strcmp(argv[1], "numbers") == 0) return numbers();
    if (argc != 3) return 2;
    state = 0x9E3779B97F4A7C15ULL * (strtoull(argv[1], NULL, 10) + 1);
    rounds = atoi(argv[2]);
    space = fenced();
    other = fenced();
    check_bounds();
    for (round = 0; round < rounds; round++) {
        static unsigned char bytes[LONGEST];
        int size = round < 2 * LONGEST ? round / 2 : (int)below(LONGEST);
        place at;
        fill(bytes, size);
        at = lay(space, bytes, size, round % 2);
        check_lines(at, size);
        check_scans(at, size, other);
        check_finds(at, size);
        check_equal(at, size, other, round % 2);
        check_digits(at, size);
        fill_text(bytes, &size);
        check_text(lay(space, bytes, size, round % 2), size, other);
    }
    return 0;
}
