# cython: language_level=3
"""UTF-8 → str, as `bytes.decode("utf-8", "replace")` does it.

Enters: a pointer and a size; whether a byte of it is not ASCII.
Leaves: a str.
Must not know: where the bytes come from. Everything here reads nothing outside them.

The interpreter's own decoder looks for the longest run of ASCII, guesses how wide the
characters are, and widens what it has when the guess was wrong. Here one pass counts
characters and finds the widest, so the str is made once, of its final size; whatever
is not valid UTF-8 is left to the interpreter.
"""

cdef extern from *:
    """
    #include <string.h>
    #if defined(__SSE2__) || defined(_M_X64)
      #include <emmintrin.h>
      #define SSEFOLD_WIDEN_SSE2 1
    #endif
    #define SSEFOLD_LINES 32

    typedef struct {
        const unsigned char *ptr;
        Py_ssize_t size;
    } ssefold_run;

    static CYTHON_INLINE PyObject *ssefold_ascii(const unsigned char *p, Py_ssize_t n) {
        PyObject *text = PyUnicode_New(n, 127);
        if (text != NULL) memcpy(PyUnicode_1BYTE_DATA(text), p, (size_t)n);
        return text;
    }

    /* The character at p, of two to four bytes, and its size; 0 where it is none. */
    static CYTHON_INLINE int ssefold_wide(
        const unsigned char *p, const unsigned char *end, Py_UCS4 *out
    ) {
        Py_UCS4 c = p[0];
        Py_ssize_t left = end - p;
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
    #define SSEFOLD_DECODE(NAME, CHAR)                                                 \\
    static int NAME(const unsigned char *p, const unsigned char *end,                  \\
                    CHAR *out, Py_ssize_t room) {                                      \\
        CHAR *stop = out + room;                                                       \\
        while (p < end) {                                                              \\
            int i, size;                                                               \\
            Py_UCS4 c;                                                                 \\
            SSEFOLD_RUN(CHAR)                                                          \\
            while (end - p >= 8 && stop - out >= 8) {                                  \\
                unsigned long long word;                                               \\
                memcpy(&word, p, 8);                                                   \\
                if (word & 0x8080808080808080ULL) break;                               \\
                for (i = 0; i < 8; i++) out[i] = p[i];                                 \\
                out += 8;                                                              \\
                p += 8;                                                                \\
            }                                                                          \\
            while (p < end && *p < 0x80) {                                             \\
                if (out == stop) return 0;                                             \\
                *out++ = *p++;                                                         \\
            }                                                                          \\
            while (p < end && *p >= 0x80) {                                            \\
                size = ssefold_wide(p, end, &c);                                       \\
                if (size == 0 || out == stop) return 0;                                \\
                *out++ = (CHAR)c;                                                      \\
                p += size;                                                             \\
            }                                                                          \\
        }                                                                              \\
        return out == stop;                                                            \\
    }

    #define SSEFOLD_RUN(CHAR)
    SSEFOLD_DECODE(ssefold_decode1, Py_UCS1)
    SSEFOLD_DECODE(ssefold_decode4, Py_UCS4)
    #undef SSEFOLD_RUN
    #if defined(SSEFOLD_WIDEN_SSE2) && (defined(__GNUC__) || defined(__clang__))
      /* Sixteen at a time; what lies behind the last ASCII byte is written over. */
      #define SSEFOLD_RUN(CHAR)                                                        \\
            if (end - p >= 16 && stop - out >= 16) {                                   \\
                __m128i x = _mm_loadu_si128((const __m128i *)p);                       \\
                __m128i zero = _mm_setzero_si128();                                    \\
                int mask = _mm_movemask_epi8(x);                                       \\
                _mm_storeu_si128((__m128i *)out, _mm_unpacklo_epi8(x, zero));          \\
                _mm_storeu_si128((__m128i *)(out + 8), _mm_unpackhi_epi8(x, zero));    \\
                i = mask ? __builtin_ctz((unsigned)mask) : 16;                         \\
                out += i;                                                              \\
                p += i;                                                                \\
                if (i == 16) continue;                                                 \\
            }
    #else
      #define SSEFOLD_RUN(CHAR)
    #endif
    SSEFOLD_DECODE(ssefold_decode2, Py_UCS2)
    #undef SSEFOLD_RUN

    /* How many characters, and the largest byte. Counters of one byte, in blocks that
       cannot overflow them: compilers make vectors of that. */
    static Py_ssize_t ssefold_count(const unsigned char *p, Py_ssize_t n, unsigned char *most) {
        Py_ssize_t chars = 0, i = 0, stop;
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

    /* The lines joined with LF, with replacement. */
    static PyObject *ssefold_replaced(const ssefold_run *lines, int count) {
        Py_ssize_t size = count - 1;
        PyObject *joined, *text;
        char *out;
        int i;
        for (i = 0; i < count; i++) size += lines[i].size;
        joined = PyBytes_FromStringAndSize(NULL, size);
        if (joined == NULL) return NULL;
        out = PyBytes_AS_STRING(joined);
        for (i = 0; i < count; i++) {
            if (i) *out++ = '\\n';
            if (lines[i].size) memcpy(out, lines[i].ptr, (size_t)lines[i].size);
            out += lines[i].size;
        }
        text = PyUnicode_DecodeUTF8(PyBytes_AS_STRING(joined), size, "replace");
        Py_DECREF(joined);
        return text;
    }

    static PyObject *ssefold_lines(const ssefold_run *lines, int count, int ascii) {
        Py_ssize_t chars[SSEFOLD_LINES], room = count - 1;
        unsigned char most = 0;
        PyObject *text;
        char *out;
        int i, kind, valid = 1;
        for (i = 0; i < count; i++) {
            chars[i] = ascii ? lines[i].size : ssefold_count(lines[i].ptr, lines[i].size, &most);
            room += chars[i];
        }
        text = PyUnicode_New(room, most < 0x80 ? 0x7F : most < 0xC4 ? 0xFF
                                   : most < 0xF0 ? 0xFFFF : 0x10FFFF);
        if (text == NULL) return NULL;
        out = (char *)PyUnicode_DATA(text);
        kind = (int)PyUnicode_KIND(text);
        for (i = 0; i < count && valid; i++) {
            const unsigned char *p = lines[i].ptr, *end = p + lines[i].size;
            if (i) {
                PyUnicode_WRITE(kind, out, 0, '\\n');
                out += kind;
            }
            if (most < 0x80) {
                if (p < end) memcpy(out, p, (size_t)(end - p));
            } else if (kind == PyUnicode_1BYTE_KIND)
                valid = ssefold_decode1(p, end, (Py_UCS1 *)out, chars[i]);
            else if (kind == PyUnicode_2BYTE_KIND)
                valid = ssefold_decode2(p, end, (Py_UCS2 *)out, chars[i]);
            else
                valid = ssefold_decode4(p, end, (Py_UCS4 *)out, chars[i]);
            out += kind * chars[i];
        }
        if (valid) return text;
        Py_DECREF(text);
        return ssefold_replaced(lines, count);
    }

    static CYTHON_INLINE PyObject *ssefold_text(const ssefold_run *lines, int count, int ascii) {
        if (count == 1 && ascii) return ssefold_ascii(lines[0].ptr, lines[0].size);
        return ssefold_lines(lines, count, ascii);
    }
    """
    # Bytes that lie somewhere.
    ctypedef struct Run "ssefold_run":
        const unsigned char *ptr
        Py_ssize_t size

    enum:
        MOST_LINES "SSEFOLD_LINES"

    # The text of the `count` lines (1 to MOST_LINES), joined with LF; `ascii`: they are that.
    str ssefold_text(const Run *lines, int count, bint ascii)


cdef inline str utf8_text(const unsigned char *p, Py_ssize_t size):
    """The text of these bytes."""
    cdef Run run
    run.ptr = p
    run.size = size
    return ssefold_text(&run, 1, False)
