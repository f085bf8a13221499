# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""SSE framing, compiled: bytes → blocks.

Enters: the bytes of a stream, cut anywhere; the end of input.
Leaves: blocks (`Framer`), for the fold and for `SSEDecoder`.
Must not know: JSON, dialects, what an event means.

The rules (WHATWG HTML 9.2.5 and 9.2.6) and what they mean here:

- A line ends at CRLF, LF or CR and acts at the first byte of its ending; an LF
  after a CR is swallowed whenever it comes (`swallow`), so no event waits for it.
- A line that is whole within a read is read in place (`_line`); one that crosses
  reads goes through `_resume`, which takes any number of bytes and never looks
  back: one-byte reads cost the same order as one big read.
- Values point into the caller's buffer until the read ends, then move to our own.
- The limit counts whole known lines and the blank line. It falls on the first
  byte past it, though not before the byte that decides the line's name.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Realloc

from .bytewalk cimport (
    FIELD_DATA,
    FIELD_EVENT,
    FIELD_ID,
    FIELD_UNKNOWN,
    field_by_first,
    field_name,
    field_size,
    line_end,
    line_field,
    retry_value,
)
from .pieces cimport (
    KEEP_ROOM,
    piece_append,
    piece_borrow,
    piece_bytes,
    piece_drop,
    piece_free,
    piece_own,
    piece_reserve,
    piece_room,
)
from .simd cimport find

cdef enum:
    # Where in a line the stream stands.
    AT_START = 0
    IN_NAME = 1     # could still become a known field
    AT_SPACE = 2    # just past a known field's colon
    IN_VALUE = 3
    IN_COMMENT = 4
    IN_STRAY = 5
    IN_SKIP = 6

    # What the stream began with, after BOM and white space.
    LEAD_OTHER = 0
    LEAD_LOOKING = 1
    LEAD_BODY = 2       # `{`, and no known field line since: a body, not a stream

    # `swallow`: an LF that completes a CRLF.
    NO_LF = 0
    LF_FREE = 1
    LF_COUNTED = 2      # it belongs to a line that counts against the limit

    STRAY_ROOM = 65536          # unknown lines kept per block

cdef long long NO_LIMIT = 0x7FFFFFFFFFFFFFFF
cdef const unsigned char *BOM = <const unsigned char *>b"\xef\xbb\xbf"
cdef const unsigned char *NEWLINE = <const unsigned char *>b"\n"


# ── Framer ────────────────────────────────────────────────────────────────────

cdef class Framer:
    """Finds the blocks of a stream. The contract is in framing.pxd."""

    def __cinit__(self, object max_event_bytes, bint raw, bint comments, bint strays):
        cdef long long limit = NO_LIMIT
        if max_event_bytes is not None:
            limit = min(max_event_bytes, NO_LIMIT)
        # With raw every byte of the frame counts, and no line counts beside it.
        self.limit = NO_LIMIT if raw else limit
        self.raw_limit = limit if raw else NO_LIMIT
        self.want_raw = raw
        self.want_comments = comments
        self.want_strays = strays
        self.restart()

    def __dealloc__(self):
        self._drop_all()
        piece_free(&self.last_id)

    cdef void restart(self) noexcept:
        self._drop_all()
        piece_free(&self.last_id)
        self.id_changed = True
        self.offset = self.base = self.line_start = self.frame_start = 0
        self.limit_offset = self.last_retry = -1
        self.kind = AT_START
        self.swallow = NO_LF
        self.counted = self.lost = False
        self.bom = 0
        self.lead = LEAD_LOOKING if self.want_strays else LEAD_OTHER
        self.body_start = self.lead_seen = 0
        self.start = self.end = self.data_start = self.data_end = 0

    cdef int advance(self, const unsigned char *buf, Py_ssize_t size, Py_ssize_t *pos) except -2:
        cdef Py_ssize_t first = pos[0]
        cdef Py_ssize_t end = size
        cdef int code
        if self.reported:
            self._clear()
        if self.comment.ptr != NULL:
            self._drop_comment()
        if self.limit_offset >= 0:
            return -1
        self.base = self.offset - first
        if self.want_raw and self.raw_limit < self.base + size - self.frame_start:
            # The frame may not reach past this byte: read as if the input ended there.
            end = <Py_ssize_t>(self.frame_start + self.raw_limit - self.base)
        code = self._next(buf, pos, end)
        if code == 0 and end < size:
            code = self._over(self.base + end)
        if code < 0:
            pos[0] = <Py_ssize_t>(self.limit_offset - self.base)
            return -1
        self.offset = self.base + pos[0]
        if self.want_raw:
            self._keep_raw(buf + first, pos[0] - first, code)
        if code != 1:
            self._keep()
        return code

    def joined(self):
        """The data of the block that was reported, as bytes."""
        return piece_bytes(&self.data)

    cdef int finish(self, bint flush) except -2:
        cdef int code
        if self.reported:
            self._clear()
        self._drop_comment()
        if self.limit_offset >= 0:
            return -1
        if not flush:
            self._drop_all()
            self.kind = AT_START
            return 0
        self.base = self.offset
        if self.bom > 0 and self._no_bom() < 0:
            return -1
        if self.kind != AT_START:
            code = self._resume(NULL, 0, 0, 0)
            if code:
                return code
        if not self.dirty:
            return 0
        self.final = True
        return self._end_block(self.offset)

    cdef int _next(self, const unsigned char *buf, Py_ssize_t *pos, Py_ssize_t end) except -2:
        """Read lines up to `end`, or until there is something to report."""
        cdef Py_ssize_t p, e
        cdef int code
        if self.bom >= 0 and self._prelude(buf, pos, end) < 0:
            return -1
        p = pos[0]
        if self.lead == LEAD_LOOKING:
            self._look_for_body(buf, p, end)
        while p < end:
            if self.kind == AT_START and (buf[p] == c"\n" or buf[p] == c"\r"):
                code = self._blank(buf[p], self.base + p)
                p += 1
            else:
                e = line_end(buf + p, buf + end) - buf
                if self.kind == AT_START:
                    code = self._line(buf, p, e, e < end)
                else:
                    code = self._resume(buf, p, e, 1 if e < end else -1)
                p = e
                if e < end:
                    p += 1
                    if buf[e] == c"\r":
                        self.swallow = LF_COUNTED if self.counted else LF_FREE
            if code:
                pos[0] = p
                return code
        pos[0] = p
        return 0

    # ── The start of the stream ──

    cdef int _prelude(self, const unsigned char *buf, Py_ssize_t *pos, Py_ssize_t end) except -2:
        """Remove one BOM, however it is cut."""
        cdef Py_ssize_t p = pos[0]
        while p < end and self.bom < 3 and buf[p] == BOM[self.bom]:
            self.bom += 1
            p += 1
        pos[0] = p
        if self.bom == 3:
            self.bom = -1
        elif p < end:
            return self._no_bom()
        return 0

    cdef int _no_bom(self) except -2:
        """What looked like a BOM is the start of a line, and of no known field."""
        cdef int seen = self.bom
        self.bom = -1
        if seen == 0:
            return 0
        self.lead = LEAD_OTHER
        self.line_start = 0
        self.name_size = 0
        self._name_unknown()
        return self._stray_part(BOM, seen, 0) if self.want_strays else 0

    cdef void _look_for_body(self, const unsigned char *buf, Py_ssize_t p, Py_ssize_t end) noexcept:
        """Does the stream, after white space, begin with `{`? Each byte is asked once."""
        if self.lead_seen > self.base + p:
            p = <Py_ssize_t>(self.lead_seen - self.base)
        while p < end and (
            buf[p] == c" " or buf[p] == c"\t" or buf[p] == c"\n" or buf[p] == c"\r"
        ):
            p += 1
        self.lead_seen = self.base + p
        if p < end:
            self.lead = LEAD_BODY if buf[p] == c"{" else LEAD_OTHER
            self.body_start = self.base + p

    # ── Lines ──

    cdef int _blank(self, unsigned char c, long long at) except -2:
        """A line ending at the start of a line: a CRLF's second half, or a blank line."""
        cdef int due = self.swallow
        self.swallow = NO_LF
        if due != NO_LF and c == c"\n":
            if due == LF_COUNTED:
                if self.count >= self.limit:
                    return self._over(at)
                self.count += 1
            return 0
        if self.count >= self.limit:
            return self._over(at)
        if c == c"\r":
            self.swallow = LF_FREE
        return self._end_block(at + 1)

    cdef int _line(
        self, const unsigned char *buf, Py_ssize_t p, Py_ssize_t e, bint ended
    ) except -2:
        """A line that begins here; `ended`: buf[e] is its ending."""
        cdef int field
        self.swallow = NO_LF
        self.line_start = self.base + p
        self.name_size = 0
        if ended:
            field = line_field(buf + p, e - p)
            if field != FIELD_UNKNOWN:
                return self._known(buf, p, e, field)
            if not (self.want_comments if buf[p] == c":" else self.want_strays):
                self.counted = False
                return 0
        self.kind = IN_NAME
        return self._resume(buf, p, e, 1 if ended else -1)

    cdef int _known(
        self, const unsigned char *buf, Py_ssize_t p, Py_ssize_t e, int field
    ) except -2:
        """A whole line of a known field."""
        cdef Py_ssize_t value = p + field_size(field)
        cdef long long left = self.limit - self.count
        if e + 1 - p > left:
            return self._over(max(self.base + value, self.base + p + left))
        self.count += e + 1 - p
        self.counted = self.dirty = True
        self.lead = LEAD_OTHER
        if value < e:
            value += 1
            if buf[value] == c" ":  # buf[e] is the line's ending, so this may look there
                value += 1
        if field != FIELD_DATA:
            return self._apply(field, buf + value, e - value)
        if self.has_data:
            self._open_data(self.base + value)
            piece_append(&self.data, buf + value, e - value)
        else:
            piece_borrow(&self.data, buf + value, e - value)
            self.data_start = self.base + value
            if self.want_strays:
                self.span_count = 0
                self._add_span(self.data_start)
            self.has_data = True
        self.data_end = self.base + e
        return 0

    cdef int _apply(self, int field, const unsigned char *p, Py_ssize_t n) except -2:
        """The value of an event, id or retry line; it is borrowed."""
        cdef long long value
        if field == FIELD_EVENT:
            piece_borrow(&self.event, p, n)
        elif field == FIELD_ID:
            if n == 0 or find(p, p + n, 0) == p + n:
                piece_borrow(&self.ident, p, n)
                self.has_id = True
        else:
            value = retry_value(p, n)
            if value >= 0:
                self.retry = self.last_retry = value
        return 0

    cdef int _open_data(self, long long at) except -2:
        """Begin a data line in our own memory; its value will start at `at`."""
        if self.has_data:
            piece_append(&self.data, NEWLINE, 1)
        else:
            piece_drop(&self.data)
            self.data_start = at
            self.span_count = 0
        return self._add_span(at) if self.want_strays else 0

    cdef int _add_span(self, long long at) except -2:
        cdef Py_ssize_t room = self.span_room + self.span_room // 2 + 1  # nearly all have one line
        cdef Span *spans
        if self.span_count == self.span_room:
            spans = <Span *>PyMem_Realloc(self.spans, room * sizeof(Span))
            if spans == NULL:
                raise MemoryError()
            self.spans = spans
            self.span_room = room
        self.spans[self.span_count].index = self.data.size if self.span_count else 0
        self.spans[self.span_count].offset = at
        self.span_count += 1
        return 0

    # ── Lines that cross reads ──

    cdef int _resume(
        self, const unsigned char *buf, Py_ssize_t p, Py_ssize_t e, int ending
    ) except -2:
        """Go on with a line. `ending`: 1 buf[e] ends it, 0 the input does, -1 nothing yet."""
        cdef int code = 0
        if self.kind == IN_NAME:
            if self._read_name(buf, &p, e) < 0:
                return -1
            if self.kind == IN_NAME:
                if ending < 0:
                    return 0
                if self.name_size == field_size(self.field):
                    self._name_known()
                elif self._name_unknown() < 0:
                    return -1
        self.counted = False
        if self.kind == AT_SPACE or self.kind == IN_VALUE:
            code = self._known_part(buf, p, e, ending)
        elif self.kind == IN_COMMENT:
            code = self._comment_part(buf, p, e, ending)
        elif self.kind == IN_STRAY:
            code = self._stray_part(buf + p, e - p, self.base + p)
            if code == 0 and ending == 1 and self._in_body(self.base + e):
                self.counted = True
                if self.count >= self.limit:
                    return self._over(self.base + e)
                self.count += 1
        if ending >= 0:
            self.kind = AT_START
        return code

    cdef int _read_name(self, const unsigned char *buf, Py_ssize_t *pos, Py_ssize_t e) except -2:
        """Take name bytes while the line may still be a known field."""
        cdef unsigned char c
        while pos[0] < e and self.kind == IN_NAME:
            c = buf[pos[0]]
            if self.name_size == 0:
                if c == c":":
                    self.kind = IN_COMMENT if self.want_comments else IN_SKIP
                    piece_drop(&self.held)
                    pos[0] += 1
                    return 0
                self.field = field_by_first(c)
                if self.field == FIELD_UNKNOWN:
                    return self._name_unknown()
            elif self.name_size == field_size(self.field):
                if c != c":":
                    return self._name_unknown()
                self._name_known()
                pos[0] += 1
                return 0
            elif c != <unsigned char>field_name(self.field)[self.name_size]:
                return self._name_unknown()
            self.name_size += 1
            pos[0] += 1
        return 0

    cdef void _name_known(self) noexcept:
        self.kind = AT_SPACE
        self.dirty = True
        self.lead = LEAD_OTHER

    cdef int _name_unknown(self) except -2:
        """No known field has a name that goes on like this: the line is a stray one."""
        if not self.want_strays:
            self.kind = IN_SKIP
            return 0
        self.kind = IN_STRAY
        if self.has_stray and (self.stray.size < STRAY_ROOM or self._in_body(self.line_start)):
            piece_append(&self.stray, NEWLINE, 1)
        self.has_stray = self.dirty = True
        if self.name_size == 0:
            return 0
        return self._stray_part(
            <const unsigned char *>field_name(self.field), self.name_size, self.line_start
        )

    cdef int _known_part(
        self, const unsigned char *buf, Py_ssize_t p, Py_ssize_t e, int ending
    ) except -2:
        """More of a known field's line."""
        cdef long long total = self.base + e - self.line_start + (1 if ending == 1 else 0)
        cdef long long left = self.limit - self.count
        if total > left:
            return self._over(self.line_start + max(<long long>self.name_size, left))
        if self.kind == AT_SPACE:
            if p == e and ending < 0:
                return 0
            if p < e and buf[p] == c" ":
                p += 1
            self.kind = IN_VALUE
            self._open_value(self.base + p)
        if self.field == FIELD_DATA:
            piece_append(&self.data, buf + p, e - p)
        else:
            piece_append(&self.held, buf + p, e - p)
        if ending < 0:
            return 0
        self.count += total
        self.counted = True
        if self.field == FIELD_DATA:
            self.has_data = True
            self.data_end = self.base + e
            return 0
        self._apply(self.field, self.held.ptr, self.held.size)
        self._keep()
        piece_drop(&self.held)
        return 0

    cdef int _open_value(self, long long at) except -2:
        if self.field == FIELD_DATA:
            return self._open_data(at)
        piece_drop(&self.held)
        return 0

    cdef int _comment_part(
        self, const unsigned char *buf, Py_ssize_t p, Py_ssize_t e, int ending
    ) except -2:
        """More of a comment. It counts while it is held, and no longer."""
        cdef long long total = self.base + e - self.line_start + (1 if ending == 1 else 0)
        if total > self.limit - self.count:
            return self._over(self.line_start + self.limit - self.count)
        piece_append(&self.held, buf + p, e - p)
        if ending < 0:
            return 0
        # Not NULL even when empty: that is how advance() knows of it.
        piece_borrow(
            &self.comment, self.held.ptr if self.held.ptr != NULL else NEWLINE, self.held.size
        )
        return 2

    cdef int _stray_part(self, const unsigned char *p, Py_ssize_t n, long long at) except -2:
        """More of a line of no known field: bounded, or, in a `{` body, counted."""
        cdef Py_ssize_t plain = n
        cdef Py_ssize_t room = max(<Py_ssize_t>STRAY_ROOM - self.stray.size, <Py_ssize_t>0)
        cdef long long left = self.limit - self.count
        if self._in_body(at + n - 1):
            plain = <Py_ssize_t>max(self.body_start - at, <long long>0)
            if n - plain > left:
                return self._over(max(at + plain + left, self.line_start + self.name_size))
            self.count += n - plain
        piece_append(&self.stray, p, min(plain, room))
        piece_append(&self.stray, p + plain, n - plain)
        return 0

    cdef bint _in_body(self, long long at) noexcept:
        return self.lead == LEAD_BODY and at >= self.body_start

    # ── Blocks ──

    cdef int _end_block(self, long long end) except -2:
        """A blank line, or the end of input: 1 if there is something to report."""
        if self.lost:
            self.lost = False
            self._clear()
            self.frame_start = end
            return 0
        if self.has_id:
            self.commit(self.ident.ptr, self.ident.size)
        self.reported = self.has_data or self.has_stray
        if not self.reported:
            self._clear()
            return 0
        self.start = self.frame_start
        self.end = end
        if self.has_data:
            self.frame_start = end
        return 1

    cdef int _keep(self) except -2:
        """The read is over: nothing may point into the caller's buffer any more."""
        piece_own(&self.data)
        piece_own(&self.event)
        piece_own(&self.ident)
        return 0

    cdef int _keep_raw(self, const unsigned char *p, Py_ssize_t n, int code) except -2:
        """The frame's bytes, in place where it lies whole in this read."""
        if code == 1 and self.has_data and self.raw.size == 0:
            piece_borrow(&self.raw, p, n)
            return 0
        return piece_append(&self.raw, p, n)

    cdef int _over(self, long long at) noexcept:
        """The limit was passed by the byte at `at`; nothing is read after it."""
        self._drop_all()
        self.limit_offset = self.offset = at
        return -1

    cdef void _clear(self) noexcept:
        """Forget a block; the frame's bytes stay until its event is out."""
        if self.has_data:
            piece_drop(&self.data)
            if self.reported:
                piece_drop(&self.raw)
        piece_drop(&self.event)
        piece_drop(&self.ident)
        if self.has_stray:
            piece_drop(&self.stray)
        if self.span_room > KEEP_ROOM // <Py_ssize_t>sizeof(Span):
            PyMem_Free(self.spans)
            self.spans = NULL
            self.span_room = 0
        self.span_count = 0
        self.has_data = self.has_stray = self.has_id = False
        self.reported = self.dirty = self.final = False
        self.retry = -1
        self.count = 0

    cdef void _drop_comment(self) noexcept:
        if self.comment.ptr != NULL:
            self.comment.ptr = NULL
            self.comment.size = 0
            piece_drop(&self.held)

    cdef void _drop_all(self) noexcept:
        """Free everything but the last event id."""
        self._clear()
        self._drop_comment()
        piece_free(&self.data)
        piece_free(&self.event)
        piece_free(&self.ident)
        piece_free(&self.stray)
        piece_free(&self.raw)
        piece_free(&self.held)
        PyMem_Free(self.spans)
        self.spans = NULL
        self.span_room = 0

    # ── For the fold's fast path ──

    cdef bint at_boundary(self) noexcept:
        if self.kind != AT_START or self.swallow != NO_LF or self.limit_offset >= 0:
            return False
        return (self.reported or not self.dirty) and self.bom <= 0

    cdef bint settle(self, const unsigned char *buf, Py_ssize_t size, Py_ssize_t *pos) noexcept:
        if self.swallow == LF_FREE and (self.reported or not self.dirty) and pos[0] < size:
            self.swallow = NO_LF
            if buf[pos[0]] == c"\n":
                pos[0] += 1
                self.offset += 1
        return self.at_boundary()

    cdef void skip(self, Py_ssize_t k) noexcept:
        if self.reported:
            self._clear()
        if self.data.mem != NULL:
            piece_free(&self.data)  # a frame that was cut left it behind
        self.offset += k
        self.frame_start = self.offset
        self.bom = -1
        self.lead = LEAD_OTHER

    cdef void skip_cr(self, Py_ssize_t k, bint lf) noexcept:
        self.skip(k)
        if lf:
            self.frame_start -= 1
        else:
            self.swallow = LF_FREE

    cdef void lose(self, long long offset, bint whole, int last) noexcept:
        self._drop_all()
        self.skip(offset - self.offset)
        self.base = self.line_start = offset
        self.kind = AT_START if whole or last == c'\n' or last == c'\r' else IN_SKIP
        self.swallow = LF_FREE if last == c'\r' else NO_LF
        self.counted = False
        self.lost = self.dirty = not whole

    cdef int commit(self, const unsigned char *p, Py_ssize_t n) except -2:
        if n <= KEEP_ROOM < piece_room(&self.last_id):
            piece_free(&self.last_id)
        piece_reserve(&self.last_id, n)  # first: the old one stays where memory is short
        self.last_id.ptr = self.last_id.mem
        self.last_id.size = 0
        piece_append(&self.last_id, p, n)
        self.id_changed = True
        return 0

    cdef long long offset_of(self, Py_ssize_t index) noexcept:
        cdef Py_ssize_t low = 0
        cdef Py_ssize_t high = self.span_count
        cdef Py_ssize_t middle
        if high == 0:
            return self.data_start + index
        while high - low > 1:
            middle = (low + high) // 2
            if self.spans[middle].index <= index:
                low = middle
            else:
                high = middle
        return self.spans[low].offset + index - self.spans[low].index

    # ── From Python ──

    def feed(self, bytes data not None):
        """The blocks (and comments, if wanted) that `data` completes."""
        cdef const unsigned char *buf = <const unsigned char *>PyBytes_AS_STRING(data)
        cdef Py_ssize_t size = PyBytes_GET_SIZE(data)
        cdef Py_ssize_t pos = 0
        cdef int code
        cdef list out = []
        while pos < size:
            code = self.advance(buf, size, &pos)
            if code <= 0:
                break
            out.append(self._found(code))
        return out

    def close(self, bint flush):
        """The last block, or None; an unfinished comment comes first: call again."""
        cdef int code = self.finish(flush)
        return self._found(code) if code > 0 else None

    @property
    def last_id_bytes(self):
        """The last committed id."""
        return piece_bytes(&self.last_id)

    cdef object _found(self, int code):
        cdef Block found = make_block(self) if code == 1 else Block.__new__(Block)
        if code == 2:
            found.comment = piece_bytes(&self.comment)
        return found


cdef Block make_block(Framer framer):
    cdef Block block = Block.__new__(Block)
    cdef Py_ssize_t i
    block.event = piece_bytes(&framer.event)
    block.has_data = framer.has_data
    block.data = piece_bytes(&framer.data)
    block.spans = [
        (framer.spans[i].index, framer.spans[i].offset) for i in range(framer.span_count)
    ]
    block.data_end = framer.data_end if framer.has_data else 0
    block.stray = piece_bytes(&framer.stray)
    block.start = framer.start
    block.end = framer.end
    block.final = framer.final
    block.retry = None if framer.retry < 0 else framer.retry
    block.raw = piece_bytes(&framer.raw) if framer.want_raw and framer.has_data else None
    return block


cdef class Block:
    """What lies between two blank lines, and where."""
