#ifndef SSEFOLD_UTF8TEXT_H
#define SSEFOLD_UTF8TEXT_H
/* Lines of UTF-8 to a str of the interpreter's, made once, of its final size. */
#include <Python.h>
#include <string.h>

#include "utf8.h"

#define SSEFOLD_LINES 32

typedef struct {
    const unsigned char *ptr;
    Py_ssize_t size;
} ssefold_run;

static inline PyObject *ssefold_ascii(const unsigned char *p, Py_ssize_t n) {
    PyObject *text = PyUnicode_New(n, 127);
    if (text != NULL) memcpy(PyUnicode_1BYTE_DATA(text), p, (size_t)n);
    return text;
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
        if (i) *out++ = '\n';
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
    text = PyUnicode_New(
        room, most < 0x80   ? 0x7F
              : most < 0xC4 ? 0xFF
              : most < 0xF0 ? 0xFFFF
                            : 0x10FFFF
    );
    if (text == NULL) return NULL;
    out = (char *)PyUnicode_DATA(text);
    kind = (int)PyUnicode_KIND(text);
    for (i = 0; i < count && valid; i++) {
        const unsigned char *p = lines[i].ptr, *end = p + lines[i].size;
        if (i) {
            PyUnicode_WRITE(kind, out, 0, '\n');
            out += kind;
        }
        if (most < 0x80) {
            if (p < end) memcpy(out, p, (size_t)(end - p));
        } else if (kind == PyUnicode_1BYTE_KIND)
            valid = ssefold_decode1(p, end, (Py_UCS1 *)out, chars[i]);
        else if (kind == PyUnicode_2BYTE_KIND)
            valid = ssefold_decode2(p, end, (Py_UCS2 *)out, chars[i]);
        else valid = ssefold_decode4(p, end, (Py_UCS4 *)out, chars[i]);
        out += kind * chars[i];
    }
    if (valid) return text;
    Py_DECREF(text);
    return ssefold_replaced(lines, count);
}

static inline PyObject *ssefold_text(const ssefold_run *lines, int count, int ascii) {
    if (count == 1 && ascii) return ssefold_ascii(lines[0].ptr, lines[0].size);
    return ssefold_lines(lines, count, ascii);
}
#endif
