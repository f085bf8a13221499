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

cdef extern from "utf8text.h":
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
