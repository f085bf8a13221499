# cython: language_level=3
"""The contract of framing.pyx: bytes in, blocks out.

A block is what lies between blank lines; a frame is the bytes of one dispatched
event, and frames tile the stream. The fold drives `Framer.advance` itself and
reads the framer's fields; `SSEDecoder` does the same to make events.
"""

cimport cython

from .pieces cimport Piece


# One data line: where its value begins in the joined data, and in the stream.
cdef struct Span:
    Py_ssize_t index
    long long offset


@cython.final
cdef class Framer:
    # Always valid.
    cdef readonly long long offset          # bytes of the stream consumed
    cdef readonly long long limit_offset    # the byte past the limit, or -1
    cdef readonly long long last_retry      # the newest valid retry of the stream, or -1
    cdef Piece last_id                      # the last committed id

    # The block, after advance() == 1 (and finish() == 1), until the next call. `ptr`s
    # are valid only while the caller's buffer lives.
    cdef Piece event                        # the last event value
    cdef Piece data                         # data lines joined with LF
    cdef Piece stray                        # unknown lines joined with LF
    cdef Piece raw                          # the frame's bytes, if asked for
    cdef Piece comment                      # after advance() == 2: what follows the colon
    cdef readonly bint has_data
    cdef readonly bint has_stray
    cdef readonly bint final                # made by finish(), not by a blank line
    cdef readonly long long retry           # set in this block, or -1
    cdef readonly long long start           # the frame: stream[start:end]
    cdef readonly long long end
    cdef readonly long long data_start      # the first data value's first byte
    cdef readonly long long data_end        # just past the last data value
    cdef Span *spans                        # one per data line (only with `strays`)
    cdef Py_ssize_t span_count

    # Private, but that decoder.pyx reads where a frame begins, the limit, and what is wanted.
    cdef Py_ssize_t span_room
    cdef Piece held                         # the value of an unfinished line
    cdef Piece ident                        # the id this block will commit
    cdef unsigned char name[8]              # the name of an unfinished line
    cdef signed char name_size
    cdef signed char kind                   # where in a line the stream stands
    cdef signed char field                  # the unfinished line's field
    cdef signed char swallow                # an LF here belongs to the CR before it
    cdef signed char bom                    # bytes of a BOM seen; -1: decided
    cdef signed char lead                   # what the stream began with
    cdef unsigned char id_changed           # set by every commit; for the reader to clear
    cdef unsigned char counted              # the last line counts against the limit
    cdef unsigned char dirty                # something of a block was seen
    cdef unsigned char reported             # the fields hold a block that was reported
    cdef unsigned char has_id
    cdef unsigned char lost                 # up to the blank line: its beginning was not read
    cdef unsigned char want_raw
    cdef unsigned char want_comments
    cdef unsigned char want_strays
    cdef long long limit                    # for counted lines
    cdef long long raw_limit                # for whole frames (with raw)
    cdef long long count                    # bytes counted in this block
    cdef long long base                     # the stream offset of buf[0]
    cdef long long line_start
    cdef long long frame_start
    cdef long long body_start               # the `{` of a body that is no stream
    cdef long long lead_seen                # how far the search for it went

    # Consume buf[pos[0]:size] until a block is complete (1), the input is
    # exhausted (0), the limit was passed (-1), or a comment is complete (2, only
    # with `comments`). Moves pos[0]. After 0 nothing points into the buffer.
    cdef int advance(self, const unsigned char *buf, Py_ssize_t size, Py_ssize_t *pos) except -2

    # The end of input, likewise; call again after 2. Without `flush` all that is
    # unfinished is dropped.
    cdef int finish(self, bint flush) except -2

    # True between blocks, with nothing pending and no LF to swallow.
    cdef bint at_boundary(self) noexcept
    # The same, after swallowing an LF that is due at buf[pos[0]].
    cdef bint settle(self, const unsigned char *buf, Py_ssize_t size, Py_ssize_t *pos) noexcept
    # At a boundary: the caller handled k > 0 bytes, one or more whole frames with
    # data, each within max_event_bytes, the last one ended by LF (not CRLF).
    cdef void skip(self, Py_ssize_t k) noexcept
    # The same where the last frame ended with CR: `lf` says that the LF after it
    # is the last of the k bytes; else it is swallowed when it comes.
    cdef void skip_cr(self, Py_ssize_t k, bint lf) noexcept
    # What was read up to `offset` is lost. `whole`: a frame begins there; else what comes up to
    # the next blank line is dropped. `last`: the byte before it, -1 if that is not known.
    cdef void lose(self, long long offset, bint whole, int last) noexcept
    # What skip() went past set this id last.
    cdef int commit(self, const unsigned char *p, Py_ssize_t n) except -2
    # The stream offset of data[index].
    cdef long long offset_of(self, Py_ssize_t index) noexcept
    # Back to the start of a new stream.
    cdef void restart(self) noexcept

    cdef int _next(self, const unsigned char *buf, Py_ssize_t *pos, Py_ssize_t end) except -2
    cdef int _prelude(self, const unsigned char *buf, Py_ssize_t *pos, Py_ssize_t end) except -2
    cdef int _no_bom(self) except -2
    cdef void _look_for_body(self, const unsigned char *buf, Py_ssize_t p, Py_ssize_t end) noexcept
    cdef int _blank(self, unsigned char c, long long at) except -2
    cdef int _line(
        self, const unsigned char *buf, Py_ssize_t p, Py_ssize_t e, bint ended
    ) except -2
    cdef int _known(self, const unsigned char *buf, Py_ssize_t p, Py_ssize_t e, int field) except -2
    cdef int _apply(self, int field, const unsigned char *p, Py_ssize_t n) except -2
    cdef int _open_data(self, long long at) except -2
    cdef int _add_span(self, long long at) except -2
    cdef int _resume(
        self, const unsigned char *buf, Py_ssize_t p, Py_ssize_t e, int ending
    ) except -2
    cdef int _read_name(self, const unsigned char *buf, Py_ssize_t *pos, Py_ssize_t e) except -2
    cdef void _name_known(self) noexcept
    cdef int _name_unknown(self) except -2
    cdef int _known_part(
        self, const unsigned char *buf, Py_ssize_t p, Py_ssize_t e, int ending
    ) except -2
    cdef int _open_value(self, long long at) except -2
    cdef int _comment_part(
        self, const unsigned char *buf, Py_ssize_t p, Py_ssize_t e, int ending
    ) except -2
    cdef int _stray_part(self, const unsigned char *p, Py_ssize_t n, long long at) except -2
    cdef bint _in_body(self, long long at) noexcept
    cdef int _end_block(self, long long end) except -2
    cdef int _keep(self) except -2
    cdef int _keep_raw(self, const unsigned char *p, Py_ssize_t n, int code) except -2
    cdef int _over(self, long long at) noexcept
    cdef void _clear(self) noexcept
    cdef void _drop_comment(self) noexcept
    cdef void _drop_all(self) noexcept
    cdef object _found(self, int code)


# A block as an object, for those who drive the framer from Python (`Framer.feed`).
cdef class Block:
    cdef readonly bytes event
    cdef readonly bint has_data
    cdef readonly bytes data
    cdef readonly list spans
    cdef readonly long long data_end
    cdef readonly bytes stray
    cdef readonly long long start
    cdef readonly long long end
    cdef readonly bint final
    cdef readonly object retry
    cdef readonly object raw
    cdef readonly object comment        # not None: a comment instead of a block
