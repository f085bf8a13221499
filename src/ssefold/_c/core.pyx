# cython: language_level=3
"""The core of a fold in the compiled backend: bytes into a stream.

Enters: chunks of bytes, cut anywhere.
Leaves: a Stream whose blocks were all taken in.
Must not know: what blocks mean, what callers read.
"""

import os

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Realloc
from libc.string cimport memchr, memcpy

from ssefold._input import as_bytes
from ssefold.options import check_dialect, check_limits, check_rules

from .framing cimport Framer, Piece
from .jsonread import read
from .state cimport read as read_state
from .state cimport select
from .stream cimport Stream
from .templates cimport RUN_CR, RUN_CRLF, RUN_CUT, Templates
from .text cimport Text

# A private switch, to compare the fast path with the cold one.
cdef bint USE_TEMPLATES = os.environ.get("SSEFOLD_TEMPLATES", "1") != "0"

cdef enum:
    # A frame that a read cut waits for its rest up to this size; a larger one is
    # framed as it comes.
    CARRY = 16384


cdef bytes piece_bytes(Piece *piece):
    return PyBytes_FromStringAndSize(<const char *>piece.ptr, piece.size)


cdef class FoldCore:
    """What StreamAccumulator stands on; `events` and `bytes` are counts."""

    def __init__(self, dialect="auto", strict=False, limits=None, rules=None):
        self._limits = check_limits(limits)
        self._options = (check_dialect(dialect), bool(strict), check_rules(rules))
        most = self._limits.max_total_bytes
        self._most = -1 if most is None else min(most, (<long long>1) << 62)
        most = self._limits.max_event_bytes
        self._event_limit = -1 if most is None else min(most, (<long long>1) << 62)
        self._fast = USE_TEMPLATES
        self.start()

    def __dealloc__(self):
        PyMem_Free(self._carry)

    cdef int start(self) except -1:
        dialect, strict, rules = self._options
        limits = self._limits
        self._stream = Stream(dialect, strict, limits, rules, read, Text)
        self._framer = Framer(limits.max_event_bytes, False, False, True)
        self._known = Templates(self._stream) if self._fast else None
        self._carried = 0
        self._taken = {}
        self.bytes = 0
        return 0

    def _templates(self, on):
        """Private: start anew, with the fast path on or off."""
        self._fast = on
        self.start()

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
        cdef long long begin = self.bytes
        cdef bint over
        self.bytes += size
        if self._framer is None:
            return 0
        over = 0 <= self._most < self.bytes
        if over:
            size = max(0, self._most - begin)
        self.walk(buf, size)
        if over and not stream.dead:
            stream.limit("limit_total_bytes", self._most)
        if stream.dead:
            self._framer = None  # its buffer goes too
            self._carried = 0
            self.settle()
        return 0

    cdef int walk(self, const unsigned char *buf, Py_ssize_t size) except -1:
        cdef Stream stream = self._stream
        cdef Py_ssize_t pos = 0
        cdef bint cut = False
        cdef int done
        if self._carried:
            pos = self.resume(buf, size)
        while not stream.dead:
            if self._known is not None and self._framer.settle(buf, size, &pos):
                pos += self.run(buf + pos, size - pos, &cut)
                if cut and self.hold(buf + pos, size - pos):
                    break
            done = self.cold(buf, size, &pos)
            if done < 0:
                stream.limit("limit_event_bytes", self._framer.limit_offset)
            if done != 1:
                break
        return 0

    cdef Py_ssize_t run(
        self, const unsigned char *buf, Py_ssize_t size, bint *cut
    ) except -1:
        """Fold the known frames at `buf`: how many bytes; `cut` if one more begins there."""
        cdef Templates known = self._known
        cdef Py_ssize_t most = self._event_limit if self._event_limit >= 0 else size
        cdef Py_ssize_t done
        cdef int ending = 0
        cut[0] = False
        if not known.known or size == 0:
            return 0
        done = known.run(buf, size, most, &ending)
        cut[0] = ending & RUN_CUT
        if done == 0:
            return 0
        if ending & RUN_CR:
            self._framer.skip_cr(done, ending & RUN_CRLF)
        else:
            self._framer.skip(done)
        return done

    cdef int cold(self, const unsigned char *buf, Py_ssize_t size, Py_ssize_t *pos) except -2:
        cdef Framer framer = self._framer
        cdef Stream stream = self._stream
        cdef Templates known = self._known
        cdef const unsigned char *frame = buf + pos[0]
        cdef bint whole, steady
        cdef long long events, odd
        cdef int done
        whole = known is not None and framer.at_boundary()
        done = framer.advance(buf, size, pos)
        if done != 1:
            return done
        if known is None:
            self.deliver()
            return done
        known.flush()
        stream.planning = whole and framer.has_data and known.wanted()
        if stream.merger is not None:
            stream.merger.plan = None
        events = stream.events
        odd = stream.log.fault_count + stream.log.anomaly_count
        self.deliver()
        steady = known.review()
        if (
            steady
            and stream.planning
            and stream.events == events + 1
            and stream.log.fault_count + stream.log.anomaly_count == odd
            and framer.span_count == 1
            and not framer.has_stray
            and frame <= framer.data.ptr < buf + pos[0]
        ):
            known.learn(frame, buf + pos[0] - frame, framer.data.ptr - frame, framer.data.size)
        stream.planning = False
        return done

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

    cdef int hold(self, const unsigned char *p, Py_ssize_t size) except -1:
        """Keep the beginning of a frame until its rest comes; 0 if it is too large."""
        cdef unsigned char *carry
        cdef Py_ssize_t need = self._carried + size
        if need > CARRY or 0 <= self._event_limit < need:
            return 0
        if need > self._carry_room:
            carry = <unsigned char *>PyMem_Realloc(self._carry, need + (need >> 1))
            if carry == NULL:
                raise MemoryError
            self._carry = carry
            self._carry_room = need + (need >> 1)
        memcpy(self._carry + self._carried, p, size)
        self._carried = need
        return 1

    cdef Py_ssize_t resume(self, const unsigned char *buf, Py_ssize_t size) except -1:
        """Go on with the frame that waits: how many bytes of `buf` belong to it.

        Only a line end can complete it: without one nothing is compared again, or
        one-byte reads would cost the square of a frame.
        """
        cdef Py_ssize_t before = self._carried, pos = 0, part, done = 0
        cdef bint cut
        cdef const unsigned char *line
        while pos < size:
            line = <const unsigned char *>memchr(buf + pos, c'\n', size - pos)
            if line == NULL:
                line = <const unsigned char *>memchr(buf + pos, c'\r', size - pos)
            part = size - pos if line == NULL else line + 1 - buf - pos
            if not self.hold(buf + pos, part):
                break
            pos += part
            cut = True
            if line != NULL:
                done = self.run(self._carry, self._carried, &cut)
            if done > 0:
                self._carried = 0
                return done - before
            if not cut:
                break
        else:
            return size
        self._carried = before
        self.release()
        return 0

    cdef int release(self) except -1:
        """Give what waits to the framer: it is not like anything known."""
        cdef Py_ssize_t size = self._carried, pos = 0
        self._carried = 0
        while not self._stream.dead and self.cold(self._carry, size, &pos) == 1:
            pass
        return 0

    cdef int settle(self) except -1:
        """Decode what waits, before anybody reads."""
        return 0 if self._known is None else self._known.flush()

    def close(self):
        """The end of input; never raises, and a second call does nothing."""
        cdef Stream stream = self._stream
        cdef Framer framer = self._framer
        if self._busy:
            return  # a feed runs in another thread: the stream is its own
        self._busy = True
        try:
            self.settle()
            if framer is not None and not stream.closed and not stream.dead:
                if self._carried:
                    self.release()
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
        self.settle()
        return read_state(state)

    def _follow(self, state, steps, choice):
        self.settle()
        return select(state, steps, choice)
