# cython: language_level=3
"""Text buffers of the compiled backend: JSON string bodies that grow by appending.

Enters: decoded strings; raw string bodies that were validated.
Leaves: the whole text, and its pieces since the last taking; whether it is JSON.
Must not know: the meaning of the text.

A chunk's fragment is appended as it stood on the wire, escapes and all. Text that nobody asks for
is never decoded, and the halves of a surrogate pair from two fragments join by standing side by
side.
"""

cimport cython
from cpython.mem cimport PyMem_Free, PyMem_Malloc, PyMem_Realloc
from libc.string cimport memcpy

from .jsonbody cimport is_sure_text
from .jsonread cimport unescape
from .jsonscan cimport SCAN_DEEP, SCAN_FAILED, scan_value, skip_space, unescape_into
from .utf8 cimport utf8_text

cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except? NULL

# Blind 16-byte copies may write past the appended bytes.
cdef enum:
    SLACK = 16
    # Up to here copying a text anew costs nothing to speak of.
    LITTLE = 1024


@cython.no_gc  # a voice leads to other texts, which have none
cdef class Text:
    """A growing string, from which two readers take, each at its own pace.

    taken: how many characters the first of them, reader 0, was given.
    """

    def __dealloc__(self):
        PyMem_Free(self.buf)

    def __bool__(self):
        return self.size > 0

    cdef int reserve(self, Py_ssize_t n) except -1:
        if not self.has_room(n):
            raise MemoryError
        return 0

    cdef bint has_room(self, Py_ssize_t n) noexcept:
        cdef Py_ssize_t need = self.size + n + SLACK, more
        cdef unsigned char *buf
        if need > self.room:
            # The unused room is held all the same: a short text grows by its eighth.
            more = self.room >> (3 if self.room < LITTLE else 2)
            need = max(need, self.room + max(more, min(self.room, 4 * SLACK)))
            buf = <unsigned char *>PyMem_Realloc(self.buf, need)
            if buf == NULL:
                return False
            self.buf = buf
            self.room = need
        return True

    cdef int push(self, const unsigned char *p, Py_ssize_t n, bint escaped) except -1:
        self.reserve(n)
        memcpy(self.buf + self.size, p, n)
        self.size += n
        self.escaped |= escaped
        return 0

    cpdef append(self, str text):
        """Add to the end."""
        cdef Py_ssize_t size
        cdef const char *p
        if not text:
            return
        try:
            p = PyUnicode_AsUTF8AndSize(text, &size)
            self.append_utf8(<const unsigned char *>p, size)
            return
        except UnicodeEncodeError:
            pass
        self.append_surrogates(text)

    cdef append_surrogates(self, str text):
        cdef bytes escape
        # Unpaired halves cannot stand in UTF-8: they are kept as the escapes they were.
        for part in text:
            if "\ud800" <= part <= "\udfff":
                escape = b"\\u%04x" % ord(part)
                self.push(<const unsigned char *><char *>escape, len(escape), True)
            else:
                self.append(part)

    cdef int append_utf8(self, const unsigned char *p, Py_ssize_t n) except -1:
        """Append UTF-8, escaping as JSON does."""
        cdef Py_ssize_t i, extra = 0
        cdef unsigned char c
        cdef unsigned char *out
        for i in range(n):
            c = p[i]
            if c < 0x20:
                extra += 5
            elif c == 34 or c == 92:  # quote, backslash
                extra += 1
        self.reserve(n + extra)
        out = self.buf + self.size
        self.size += n + extra
        if extra == 0:
            memcpy(out, p, n)
            return 0
        self.escaped = True
        for i in range(n):
            c = p[i]
            if c < 0x20:
                memcpy(out, b"\\u00", 4)
                out[4] = 48 + (c >> 4)
                out[5] = b"0123456789abcdef"[c & 15]
                out += 6
                continue
            if c == 34 or c == 92:
                out[0] = 92
                out += 1
            out[0] = c
            out += 1
        return 0

    cpdef str get(self):
        """The whole text, as it came."""
        return self.decode(0, self.size)

    cpdef str take(self, bint final, int reader=0):
        """The pieces since this reader (0 or 1) took the last time.

        A high surrogate waits for its half, unless nothing follows any more (`final`).
        """
        cdef str text = self.peek(final, reader)
        self.accept(reader)
        return text

    cpdef str peek(self, bint final, int reader=0):
        """The pieces for take(); they stay to be taken until accept()."""
        cdef Py_ssize_t end = self.size
        cdef str text
        if reader < 0 or reader > 1:
            raise IndexError(reader)
        text = self.decode(self.given[reader], end)
        if text and not final and "\ud800" <= text[len(text) - 1] <= "\udbff":
            text = text[:len(text) - 1]
            end -= 6  # its own escape
        self.shown[reader] = end
        if reader == 0:
            self.characters = len(text)
        return text

    cpdef accept(self, int reader=0):
        """The pieces last shown to this reader by peek() were given to it. Needs no memory."""
        if reader < 0 or reader > 1:
            raise IndexError(reader)
        self.given[reader] = max(self.given[reader], self.shown[reader])
        if reader == 0:
            self.taken += self.characters
            self.characters = 0

    cpdef bint is_json(self, int depth) except -1:
        """Whether it is one JSON text, as far as one may nest: checked, and not read."""
        cdef unsigned char *plain = NULL
        cdef int flags = 0
        cdef bint answer
        if not self.escaped:
            return is_text(self.buf, self.size, depth)
        if is_sure_text(self.buf, self.buf + self.size, depth):
            return True
        plain = <unsigned char *>PyMem_Malloc(self.size)
        if plain == NULL:
            raise MemoryError
        # Half a surrogate pair is three bytes there: like bad UTF-8 it may stand in a string.
        answer = is_text(plain, unescape_into(self.buf, self.size, plain, &flags), depth)
        PyMem_Free(plain)
        return answer

    cpdef tuple since(self, mark):
        """The pieces since `mark`, and the next mark; None is the beginning."""
        cdef Py_ssize_t start = 0 if mark is None else mark
        return self.decode(max(0, min(start, self.size)), self.size), self.size

    cdef str decode(self, Py_ssize_t start, Py_ssize_t end):
        if end == start:
            return ""
        if self.escaped:
            return unescape(self.buf + start, end - start)
        return utf8_text(self.buf + start, end - start)


cdef bint is_text(const unsigned char *p, Py_ssize_t size, int depth) noexcept:
    """Whether these bytes are one JSON text, as far as one may nest."""
    cdef const unsigned char *end = p + size
    cdef int flags = 0
    p = scan_value(skip_space(p, end), end, depth, &flags)
    if flags & SCAN_FAILED:
        return flags & SCAN_DEEP != 0
    return skip_space(p, end) == end
