# cython: language_level=3
"""The core of a fold in the compiled backend: bytes into a stream.

Enters: chunks of bytes, cut anywhere.
Leaves: a Stream whose blocks were all taken in.
Must not know: what blocks mean, what callers read.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE

from ssefold._input import as_bytes
from ssefold.options import check_dialect, check_limits, check_rules

from .framing cimport Framer, Piece
from .jsonread import read
from .state cimport read as read_state
from .state cimport select
from .stream cimport Stream
from .text cimport Text


cdef bytes piece_bytes(Piece *piece):
    return PyBytes_FromStringAndSize(<const char *>piece.ptr, piece.size)


cdef class FoldCore:
    """What StreamAccumulator stands on; `events` and `bytes` are counts."""

    def __init__(self, dialect="auto", strict=False, limits=None, rules=None):
        self._limits = check_limits(limits)
        self._options = (check_dialect(dialect), bool(strict), check_rules(rules))
        most = self._limits.max_total_bytes
        self._most = -1 if most is None else min(most, (<long long>1) << 62)
        self.start()

    cdef int start(self) except -1:
        dialect, strict, rules = self._options
        limits = self._limits
        self._stream = Stream(dialect, strict, limits, rules, read, Text)
        self._framer = Framer(limits.max_event_bytes, False, False, True)
        self._taken = {}
        self.bytes = 0
        return 0

    @property
    def events(self):
        """How many events came, `[DONE]` among them; heartbeats are none."""
        return self._stream.events

    def feed(self, chunk):
        """Take the next bytes in; returns how many events they completed.

        Raises TypeError for anything but a bytes-like object, BufferError for one
        that is not C-contiguous, StreamError `closed` or `busy`; and in strict mode
        StreamMalformed at the first fault, and from then on.
        """
        cdef bytes data = <bytes>chunk if type(chunk) is bytes else as_bytes(chunk)
        cdef Stream stream
        cdef long long before
        if self._busy:
            self._refuse("busy")
        stream = self._stream
        if stream.closed:
            self._refuse("closed")
        before = stream.events
        self._busy = True
        try:
            self.take(<const unsigned char *>PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))
        finally:
            self._busy = False
        if stream.strict and stream.log.fault_count:
            self._stop()
        return stream.events - before

    cdef int take(self, const unsigned char *buf, Py_ssize_t size) except -1:
        cdef Stream stream = self._stream
        cdef Framer framer = self._framer
        cdef long long begin = self.bytes
        cdef Py_ssize_t pos = 0
        cdef bint over
        self.bytes += size
        if framer is None:
            return 0
        over = 0 <= self._most < self.bytes
        if over:
            size = max(0, self._most - begin)
        while not stream.dead:
            done = framer.advance(buf, size, &pos)
            if done == 1:
                self.deliver()
                continue
            if done < 0:
                stream.limit("limit_event_bytes", framer.limit_offset)
            elif over:
                stream.limit("limit_total_bytes", self._most)
            break
        if stream.dead:
            self._framer = None  # its buffer goes too
        return 0

    cdef int deliver(self) except -1:
        """Hand the framer's block to the stream."""
        cdef Framer framer = self._framer
        cdef Py_ssize_t i
        spans = data = None
        if framer.has_data:
            data = piece_bytes(&framer.data)
            spans = [
                (framer.spans[i].index, framer.spans[i].offset) for i in range(framer.span_count)
            ]
        self._stream.block(
            piece_bytes(&framer.event),
            data,
            spans,
            piece_bytes(&framer.stray) if framer.has_stray else b"",
            framer.start,
            framer.final,
        )
        return 0

    def close(self):
        """The end of input; never raises, and a second call does nothing."""
        cdef Stream stream = self._stream
        cdef Framer framer = self._framer
        if self._busy:
            return  # a feed runs in another thread: the stream is its own
        self._busy = True
        try:
            if framer is not None and not stream.closed and not stream.dead:
                done = framer.finish(True)
                if done < 0:
                    stream.limit("limit_event_bytes", framer.limit_offset)
                elif done == 1:
                    self.deliver()
            stream.close()
            self._framer = None
        finally:
            self._busy = False

    def reset(self):
        """Forget everything but the options: ready for another stream."""
        if self._busy:
            self._refuse("busy")
        self.start()

    # -- for the Reader that stands above ------------------------------------------

    def _read(self, state):
        return read_state(state)

    def _follow(self, state, steps, choice):
        return select(state, steps, choice)
