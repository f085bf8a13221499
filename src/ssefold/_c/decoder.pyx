# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""SSEDecoder, compiled: blocks → events.

Enters: the bytes of a stream, cut anywhere; the end of input.
Leaves: `ServerSentEvent`s.
Must not know: JSON, dialects, what an event means.

A frame that lies whole in a read is read in place (wholeframe.pxd), and its text
made at once, from where it lies; all else goes through the framer, and its data
becomes a str when somebody asks. Which way an event came cannot be told from it.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_DecodeUTF8

from .engine.events cimport ServerSentEvent
from .framing cimport Framer
from .pieces cimport Piece
from .simd cimport equal
from .utf8 cimport ssefold_text
from .wholeframe cimport Whole, read_whole

from ssefold._input import as_bytes
from ssefold.errors import SSEFoldError, not_made
from ssefold.limits import Limits

cdef enum:
    NAME_CACHE = 8
    NAME_CACHE_LONGEST = 64

cdef str MESSAGE = "message"


cdef class SSEDecoder:
    """Bytes of a stream in, `ServerSentEvent`s out.

    eof:        what the end of input does with an unfinished event: "discard" it,
                as the standard says, or "flush": act as a line end and a blank line.
    raw:        keep each event's bytes as `event.raw`.
    on_comment: called with the text of each comment (all that follows the colon).
    limits:     a `Limits`; only `max_event_bytes` matters here.

    An exception of `on_comment` leaves `feed` or `close` at once. Nothing is lost
    by it: the events before the comment, and the bytes after it, are kept for the
    next `feed` or `close`. Any other exception in the midst of a `feed` (no memory)
    leaves the decoder closed; `close` then hands out the events before it.

    Past the limit the decoder is dead until `reset`: `error` says so at once, and
    the call after the one that delivered the events before it raises.
    """

    def __init__(self, eof="discard", raw=False, on_comment=None, limits=None):
        if eof != "discard" and eof != "flush":
            raise ValueError(f"eof must be 'discard' or 'flush', not {eof!r}")
        if on_comment is not None and not callable(on_comment):
            raise TypeError(
                f"on_comment must be callable or None, not {type(on_comment).__name__!r}"
            )
        if limits is None:
            limits = Limits()
        elif not isinstance(limits, Limits):
            raise TypeError(f"limits must be a Limits or None, not {type(limits).__name__!r}")
        framer = Framer(limits.max_event_bytes, bool(raw), on_comment is not None, False)
        if self.busy:
            raise SSEFoldError("busy", self.framer.offset)
        self.framer = framer
        self.flush = eof == "flush"
        self.on_comment = on_comment
        self._restart()

    def feed(self, chunk):
        """Take the next bytes; return the events completed by them.

        `chunk` is any C-contiguous bytes-like object. Raises TypeError or BufferError
        for anything else, and SSEFoldError: `closed` after `close`, `busy` while
        another call runs, `limit_event_bytes` once the limit was passed.
        """
        cdef bytes data = chunk if type(chunk) is bytes else as_bytes(chunk)
        self._made_whole()
        if self.busy or self.ended or self.failure is not None:
            self._refuse()
        self.busy = True
        self.ended = True  # until this is through: see the class's docstring
        try:
            if self.backlog is not None:
                data = self._take_backlog(data)
            self._frame(data)
            self.ended = False
        finally:
            self.busy = False
        return self._take_pending()

    def close(self):
        """The end of input; return the last events. A second close returns []."""
        self._made_whole()
        if self.busy or self.failure is not None:
            self._refuse()
        self.busy = True
        try:
            if not self.ended:
                self.ended = True
                self._frame(self._take_backlog(b""))
                if self.failure is None:
                    self._finish()
            if self.failure is not None and self.pending is None:
                self._fail()
        finally:
            self.busy = False
        return self._take_pending()

    def reset(self):
        """Back to the start, for another stream: nothing of this one is kept."""
        cdef Framer framer = self._made_whole()
        if self.busy:
            raise SSEFoldError("busy", framer.offset)
        self._restart()

    @property
    def last_event_id(self):
        """The id committed by the last blank line; "" at first."""
        self._made_whole()
        return self._last_id()

    @property
    def retry(self):
        """The newest reconnection time in ms, or None."""
        cdef Framer framer = self._made_whole()
        return None if framer.last_retry < 0 else framer.last_retry

    @property
    def offset(self):
        """The number of bytes consumed so far."""
        return self._made_whole().offset

    @property
    def error(self):
        """The error that killed this decoder, or None."""
        self._made_whole()
        return self.failure

    def __repr__(self):
        cdef Framer framer = self._made_whole()
        state = "open"
        if self.failure is not None:
            state = self.failure.code
        elif self.busy:
            state = "busy"
        elif self.ended:
            state = "closed"
        return f"<SSEDecoder {state}, {self.dispatched} events, {framer.offset} bytes>"

    def __reduce__(self):
        raise TypeError("cannot pickle or copy an SSEDecoder: it holds half a stream")

    @cython.final
    cdef Framer _made_whole(self):
        """The framer; a subclass may have made none."""
        if self.framer is None:
            raise not_made(self)
        return self.framer

    cdef int _restart(self) except -1:
        cdef Framer framer = self.framer
        framer.restart()
        self.ended = False
        self.name_bytes = self.name_texts = None
        self.id_text = None
        self.failure = None
        self.pending = None
        self.backlog = None
        self.dispatched = 0
        return 0

    cdef int _refuse(self) except -1:
        """Why no call may begin now."""
        if self.busy:
            raise SSEFoldError("busy", self.framer.offset)
        if self.failure is not None:
            self._fail()
        raise SSEFoldError("closed", self.framer.offset)

    cdef int _fail(self) except -1:
        # A fresh one each time: an exception raised again keeps every frame it passed.
        raise SSEFoldError(self.failure.code, self.failure.offset)

    @cython.final
    cdef list _take_pending(self):
        cdef list events = self.pending
        if events is None:
            return []
        self.pending = None
        return events

    @cython.final
    cdef int _hand_out(self, ServerSentEvent event) except -1:
        """One event more for whoever called: most reads of a live stream hold just one."""
        if self.pending is None:
            self.pending = [event]
        else:
            self.pending.append(event)
        return 0

    cdef bytes _take_backlog(self, bytes data):
        cdef bytes backlog = self.backlog
        if backlog is None:
            return data
        self.backlog = None
        return backlog + data

    @cython.final
    cdef int _frame(self, bytes data) except -1:
        cdef const unsigned char *buf = <const unsigned char *>PyBytes_AS_STRING(data)
        cdef Py_ssize_t size = PyBytes_GET_SIZE(data)
        cdef Py_ssize_t pos = 0
        cdef Framer framer = self.framer
        cdef int code
        while pos < size:
            if not framer.want_raw and framer.settle(buf, size, &pos):
                self._whole(buf, size, &pos)
                if pos == size:
                    break
            code = framer.advance(buf, size, &pos)
            if code == 1:
                self._hand_out(self._event())
            elif code == 2:
                self._comment(data, pos)
            elif code == 0:
                break
            else:
                self.failure = SSEFoldError("limit_event_bytes", framer.limit_offset)
                break
        return 0

    cdef int _finish(self) except -1:
        cdef Framer framer = self.framer
        cdef int code = framer.finish(self.flush)
        if code == 2:
            self._comment(b"", 0)
            code = framer.finish(self.flush)
        if code == 1:
            self._hand_out(self._event())
        elif code < 0:
            self.failure = SSEFoldError("limit_event_bytes", framer.limit_offset)
        return 0

    cdef int _comment(self, bytes data, Py_ssize_t pos) except -1:
        cdef Framer framer = self.framer
        cdef Piece *comment = &framer.comment
        text = PyUnicode_DecodeUTF8(<const char *>comment.ptr, comment.size, "replace")
        try:
            self.on_comment(text)
        except BaseException:
            self.backlog = data[pos:]
            self.ended = False
            raise
        return 0

    cdef ServerSentEvent _event(self):
        cdef Framer framer = self.framer
        cdef ServerSentEvent event = ServerSentEvent.__new__(ServerSentEvent)
        event.event = MESSAGE
        if framer.event.size:
            event.event = self._event_type(framer.event.ptr, framer.event.size)
        event._data = PyBytes_FromStringAndSize(<const char *>framer.data.ptr, framer.data.size)
        event.id = self._last_id() if framer.id_changed else self.id_text
        if framer.retry >= 0:
            event.retry = framer.retry
        if framer.want_raw:
            event.raw = PyBytes_FromStringAndSize(<const char *>framer.raw.ptr, framer.raw.size)
        event.start = framer.start
        event.end = framer.end
        self.dispatched += 1
        return event

    @cython.final
    cdef int _whole(
        self, const unsigned char *buf, Py_ssize_t size, Py_ssize_t *pos
    ) except -1:
        """Take the events whose frames lie whole in buf[pos[0]:size]; a frame begins there."""
        cdef Framer framer = self.framer
        cdef const unsigned char *first = buf + pos[0]
        cdef const unsigned char *end = buf + size
        cdef const unsigned char *p = first
        cdef long long base = framer.offset
        cdef long long start = framer.frame_start
        cdef bint cr = False
        cdef bint lf = False
        cdef Whole found
        if framer.bom == 0 and p[0] == 0xEF:
            return 0
        while read_whole(buf, p, end, framer.limit, framer.want_comments, &found):
            p = found.blank + 1
            cr = found.blank[0] == c"\r"
            lf = cr and p < end and p[0] == c"\n"
            self._hand_out(self._made(&found, start, base + (p - first)))
            start = base + (p - first)
            p += lf
        if p > first:
            if cr:
                framer.skip_cr(p - first, lf)
            else:
                framer.skip(p - first)
            pos[0] += p - first
        return 0

    @cython.final
    cdef ServerSentEvent _made(self, Whole *found, long long start, long long end):
        """The event of a frame that was read in place."""
        cdef Framer framer = self.framer
        cdef ServerSentEvent event = ServerSentEvent.__new__(ServerSentEvent)
        if found.ident.ptr != NULL:
            framer.commit(found.ident.ptr, found.ident.size)
        event.event = MESSAGE
        if found.event.size:
            event.event = self._event_type(found.event.ptr, found.event.size)
        event._text = ssefold_text(found.lines, found.count, not found.high)
        event.id = self._last_id() if framer.id_changed else self.id_text
        event.start = start
        event.end = end
        self.dispatched += 1
        return event

    cdef object _event_type(self, const unsigned char *p, Py_ssize_t size):
        """The type's str; the few that a stream uses are made once."""
        cdef int slot = (size + p[0] + p[size - 1]) & (NAME_CACHE - 1)
        cdef bytes known, fresh
        if size > NAME_CACHE_LONGEST:
            return PyUnicode_DecodeUTF8(<const char *>p, size, "replace")
        if self.name_texts is None:
            self.name_bytes = [b""] * NAME_CACHE
            self.name_texts = [""] * NAME_CACHE
        known = self.name_bytes[slot]
        if PyBytes_GET_SIZE(known) != size or not equal(PyBytes_AS_STRING(known), p, size):
            # Both are made before either is kept: memory may be short for one of them.
            text = PyUnicode_DecodeUTF8(<const char *>p, size, "replace")
            fresh = PyBytes_FromStringAndSize(<const char *>p, size)
            self.name_texts[slot] = text
            self.name_bytes[slot] = fresh
        return self.name_texts[slot]

    cdef object _last_id(self):
        cdef Framer framer = self.framer
        cdef Piece *piece = &framer.last_id
        if framer.id_changed or self.id_text is None:
            self.id_text = PyUnicode_DecodeUTF8(<const char *>piece.ptr, piece.size, "replace")
            framer.id_changed = False
        return self.id_text
