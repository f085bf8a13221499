# cython: language_level=3
"""The core of a fold in the compiled backend: bytes into a stream.

Enters: chunks of bytes, cut anywhere.
Leaves: a Stream that took in all blocks.
Must not know: the meaning of blocks, the callers' view.
"""

from cpython.buffer cimport PyBuffer_Release
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE

from ssefold._input import as_bytes
from ssefold.engine import jsonmarks as _values
from ssefold.errors import not_made
from ssefold._options import (
    DEFAULT_LIMITS,
    DEFAULT_OPTIONS,
    NO_FRAMING,
    check_framing,
    check_limits,
    check_options,
)

from .fast.build cimport Head, head_has
from .bytewalk cimport line_end
from .carry cimport MOST_CARRIED, drop_bytes, keep_bytes
from .frameends cimport ends_frame, has_blank_line, is_line_end, last_frame
from .framing cimport Framer
from .jsonread cimport Reading, read_members, read_value
from .jsonread import read
from .lending cimport lend
from .pieces cimport piece_bytes
from .readings cimport Readings
from .engine.framing_sniff import SSE
from .engine.stream_failures cimport may_fail
from .engine.stream cimport Stream, new_stream
from .engine.stream_life import CLOSE, STOP
from .fast.templates cimport FAST, MEMBERS, RUN_CR, RUN_CRLF, RUN_CUT, Templates
from .text cimport Text
from .wired cimport Wired

cdef int OK = _values.OK


cdef class FoldCore(Readings):
    """The base of StreamAccumulator; `events` and `bytes` are counts."""

    def __init__(
        self, dialect="auto", strict=False, limits=None, rules=None, *,
        framing="auto", content_type=None,
    ):
        # The usual options are told without a call.
        limits = DEFAULT_LIMITS if limits is None else check_limits(limits)
        if rules is None and strict is False and type(dialect) is str and dialect == "auto":
            options = DEFAULT_OPTIONS
        else:
            options = check_options(dialect, strict, rules)
        if content_type is None and type(framing) is str and framing == "auto":
            framed = NO_FRAMING
        else:
            framed = check_framing(framing, content_type)
        if self._busy:
            self._refuse("busy")
        self._busy = True
        try:
            if self._folded is None:
                self._fast = FAST
            self.start(options, limits, framed)
        finally:
            self._busy = False

    def __dealloc__(self):
        drop_bytes(&self._carry)

    cdef int start(self, tuple options, limits, tuple framed) except -1:
        # All is made before anything is set, and the old members go only when all is set: each of
        # both may run any code, and another thread may read.
        dialect, strict, rules = options
        cdef Stream stream = new_stream(dialect, strict, limits, rules, read, Text)
        cdef Framer framer = Framer(limits.max_event_bytes, False, False, True)
        cdef Templates known = Templates(stream, self._fast == MEMBERS) if self._fast else None
        cdef object most = limits.max_total_bytes, event_most = limits.max_event_bytes
        cdef long long total_limit = -1 if most is None else most
        cdef long long event_limit = -1 if event_most is None else event_most
        self.settle()  # somebody may be reading the old members
        before = (
            self._folded, self._framer, self._known, self._given, self._limits, self._options,
            self._follows, self._reason, self._reason_choice, self._wired, self._framed,
            self._framing,
        )
        self._framed = framed
        self._framing = framed[0]
        self._sniffs = framed[0] is None or framed[0] != SSE
        self._wired = None
        self._options = options
        self._limits = limits
        self._most = total_limit
        self._event_limit = event_limit
        self._folded = stream
        self._framer = framer
        self._known = known
        self._given = None
        self._follows = self._reason = self._reason_choice = None
        self._usage_mark = self._reason_mark = -1
        self._turn += 1
        self.tap_error = None
        drop_bytes(&self._carry)
        self._quick = self._strange = self._torn = False
        self.bytes = self._cold = 0
        del before
        return 0

    def _templates(self, on):
        """Private: start anew, with the fast path on, off, or by "members" alone."""
        self.made()
        self._fast = MEMBERS if on == "members" else bool(on)
        self.start(self._options, self._limits, self._framed)

    cdef int begin_answer(self) except -1:
        """Another framing was found: an answer of which nothing came."""
        dialect, strict, rules = self._options
        cdef Stream stream = new_stream(dialect, strict, self._limits, rules, read, Text)
        cdef Templates known = Templates(stream, self._fast == MEMBERS) if self._fast else None
        before = (self._folded, self._known, self._given, self._follows, self._reason)
        self._folded = stream
        self._known = known
        self._given = None
        self._follows = self._reason = self._reason_choice = None
        self._usage_mark = self._reason_mark = -1
        self._turn += 1
        self._framer = None
        drop_bytes(&self._carry)
        del before
        return 0

    @property
    def framing(self):
        """The framing's name, as it was given or found; None while the bytes leave it open."""
        return self._framing

    def feed(self, chunk):
        """Take the next bytes in; returns how many events they completed.

        Raises TypeError for anything but a bytes-like object, BufferError for one without
        C-contiguous bytes, StreamError `closed` or `busy`; and in strict mode StreamMalformed at
        the first fault, and from then on. MemoryError: merged events stay; the rest of the chunk
        is lost, and so is the rest of a cut frame in the next chunks: the fault `lost_input`.
        """
        cdef Py_buffer view
        cdef bint lent = type(chunk) is not bytes
        cdef const unsigned char *buf
        cdef Py_ssize_t size, done = 0
        cdef long long count = 0
        if lent:
            lend(chunk, &view, as_bytes)
            buf, size = <const unsigned char *>view.buf, view.len
        else:
            buf = <const unsigned char *>PyBytes_AS_STRING(chunk)
            size = PyBytes_GET_SIZE(chunk)
        if self._quick and not self._busy:
            # The usual read, in few steps: a relay reads events one by one, and between two of
            # them others have used the caches.
            count = -self._folded.events
            done = self.quick(buf, size)
            count += self._folded.events
            if done == size:
                if lent:
                    PyBuffer_Release(&view)
                return count
        if not lent:
            return self.feed_rest(buf, size, done, count, False)
        try:
            return self.feed_rest(buf, size, done, count, True)
        finally:
            PyBuffer_Release(&view)

    cdef object feed_rest(
        self, const unsigned char *buf, Py_ssize_t size, Py_ssize_t done, long long count, bint lent
    ):
        """`done` bytes are folded, `count` events. lent: Python code may change the bytes."""
        cdef bint through = False
        cdef Stream stream = self._folded
        cdef long long before
        if stream is None:
            raise not_made(self)
        if self._busy:
            self._refuse("busy")
        before = stream.events - count
        if stream.life.closed:
            self._refuse("closed")
        self._busy = True
        try:
            self.take_in(buf, size, done, lent)
            through = True
        finally:
            self._busy = False
            if not through:
                self.lose(buf, size)
        if self._folded is not stream:
            stream, before = self._folded, 0  # its framing was found
        if stream.strict and stream.log.fault_count:
            self._quick = False  # each read from now on comes here: a LF behind a CR, too
            self._stop()
        return stream.events - before

    cdef Py_ssize_t quick(self, const unsigned char *buf, Py_ssize_t size) noexcept:
        cdef Py_ssize_t most = self._event_limit if self._event_limit >= 0 else size
        cdef Py_ssize_t done
        cdef bint crlf = False
        if 0 <= self._most < self.bytes + size:
            return 0
        done = self._known.quick(buf, size, most, &crlf)
        if done:
            self.bytes += done
            if self._wired is not None:
                self._wired.skip(done)
                return done
            if self._folded.watched:
                self.watch(buf, done)
            if crlf:
                self._framer.skip_cr(done, True)
            else:
                self._framer.skip(done)
        return done

    cdef void watch(self, const unsigned char *buf, Py_ssize_t size) noexcept:
        """Where the last of the passed frames begins: somebody may ask."""
        cdef Py_ssize_t last = last_frame(buf, size)
        self._folded.last = self._framer.offset + last if last else self._framer.frame_start

    cdef int take_in(
        self, const unsigned char *buf, Py_ssize_t size, Py_ssize_t done, bint lent
    ) except -1:
        cdef Stream stream = self._folded
        cdef long long begin = self.bytes - done
        cdef bint over
        self._quick = False
        self.bytes = begin + size
        if self._framer is None and self._wired is None:
            return 0
        if self._torn:
            self.mend()
        if self._sniffs and size:
            self.begin_sniffing(buf[0])
        over = 0 <= self._most < self.bytes
        if over:
            self._turn += 1
            size = max(0, self._most - begin)
        if self._wired is None:
            self.walk(buf, size, done, lent)
        else:
            self.sense(buf[done:size] if size > done else b"")
            stream = self._folded  # another one, where its framing was found
        if over and not stream.life.dead:
            stream.limit("limit_total_bytes", self._most)
        if stream.life.dead:
            self._framer = None  # its buffer goes too
            self._wired = None
            drop_bytes(&self._carry)
            self.settle()
        return 0

    cdef int begin_sniffing(self, unsigned char c) except -1:
        """The first byte: nearly all streams begin with a field's name."""
        cdef object most = self._limits.max_event_bytes
        self._sniffs = False
        if self._framed[0] is None and c > c' ' and c != c'{' and c != c'[' and c < 0x80:
            self._framing = SSE
            return 0
        self._wired = Wired(self._framed[0], self._framed[1], most)
        return 0

    cdef int sense(self, bytes data) except -1:
        """Take in the frames of another framing; find it first."""
        cdef Wired wired = self._wired
        cdef bint waits
        if wired.framing is None:
            found = wired.look(data, self._folded)
            waits = wired.sniffer.waits
            if found is not None:
                self._framing = found
                if found == SSE:
                    self._wired = None
                    data = bytes(wired.sniffer.held) if waits else data
                    waits = False
                else:
                    data = self.change_over(found)
                    return self.take_frames(data)
            if not waits and data:
                self.walk(
                    <const unsigned char *>PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data),
                    0, False)
                self._quick = self._quick and self._wired is None
            return 0
        return self.take_frames(data)

    cdef bytes change_over(self, str found):
        """It is no SSE: begin anew; all the bytes so far."""
        cdef bytes held = bytes(self._wired.sniffer.held)
        cdef long long lost = self._folded.log.lost_at
        self._wired.begin(found)
        self.begin_answer()
        if lost >= 0:
            self._folded.lose(lost)  # a relay lost a read before the framing was known
        return held

    cdef int take_frames(self, bytes data) except -1:
        cdef Wired wired = self._wired
        cdef Py_ssize_t most = PyBytes_GET_SIZE(data)
        if self._event_limit >= 0:
            most = self._event_limit
        wired.take(data, self._folded, self._known, most)
        self._turn += wired.turns
        self._cold += wired.turns
        wired.turns = 0
        self._quick = self._known is not None and wired.may_run(self._folded)
        return 0

    cdef int end_wired(self) except -1:
        """The end of input decides for a framing, or ends its last frame."""
        cdef Wired wired = self._wired
        cdef bytes held
        if wired.framing is None:
            found = wired.decide(self._folded)
            if self._framing is None and self.bytes:
                self._framing = found
            if found == SSE:
                if wired.sniffer.waits and self._framer is not None:
                    held = bytes(wired.sniffer.held)
                    self.walk(
                        <const unsigned char *>PyBytes_AS_STRING(held), PyBytes_GET_SIZE(held),
                        0, False)
                return 0
            held = self.change_over(found)
            self.take_frames(held)
        wired.end(self._folded)
        return 0

    cdef void lose_frames(self, int last) noexcept:
        """An exception left the midst of a read of another framing: it takes no memory."""
        cdef Wired wired = self._wired
        cdef Stream stream = self._folded
        stream.lose(wired.at)
        if stream.strict or not wired.lose(self.bytes, last):
            stream.life.move(STOP)

    cdef int walk(
        self, const unsigned char *buf, Py_ssize_t size, Py_ssize_t pos, bint lent
    ) except -1:
        cdef bytes ours
        cdef Stream stream = self._folded
        cdef Framer framer = self._framer
        cdef bint cut = False
        cdef int done
        if self._carry.size:
            pos = self.resume(buf, size)
        while not stream.life.dead:
            if self._known is not None and framer.settle(buf, size, &pos):
                pos += self.run(buf + pos, size - pos, &cut)
                if pos == size:
                    self._quick = not cut and framer.at_boundary()
                    break
                self._strange = not cut
                cut = cut or self.may_teach(buf + pos, size - pos)
                if cut and self.hold(buf + pos, size - pos):
                    break
            if lent:
                # Recognised frames are folded in place, and run no code. From here on a collector's
                # finalizer may run: what was looked at must stay as it was.
                ours = buf[pos:size]
                buf = <const unsigned char *>PyBytes_AS_STRING(ours)
                size, pos, lent = size - pos, 0, False
            done = self.cold(buf, size, &pos)
            if done < 0:
                stream.limit("limit_event_bytes", framer.limit_offset)
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
        if size == 0 or not known.ready():
            return 0
        done = known.run(buf, size, most, &ending)
        cut[0] = ending & RUN_CUT
        if done == 0:
            return 0
        if self._folded.watched:
            self.watch(buf, done)
        if ending & RUN_CR:
            self._framer.skip_cr(done, ending & RUN_CRLF)
        else:
            self._framer.skip(done)
        return done

    cdef int cold(self, const unsigned char *buf, Py_ssize_t size, Py_ssize_t *pos) except -2:
        cdef Framer framer = self._framer
        cdef Stream stream = self._folded
        cdef Templates known = self._known
        cdef const unsigned char *frame = buf + pos[0]
        cdef bint whole, steady, alone
        cdef Head headed
        cdef long long events, odd
        cdef Py_ssize_t head = 0, data
        cdef int done
        whole = known is not None and framer.at_boundary()
        self._turn += 1
        done = framer.advance(buf, size, pos)
        if done != 1:
            return done
        if known is None:
            self.hand_on(0)
            return done
        self._cold += 1
        known.flush()
        stream.planning = whole and framer.has_data and known.wanted()
        events = stream.events
        odd = stream.log.fault_count + stream.log.anomaly_count
        data = framer.data.ptr - frame
        alone = whole and framer.span_count == 1 and not framer.has_stray and (
            frame <= framer.data.ptr < buf + pos[0])
        headed = known.headed
        if alone and framer.event.size == 0:
            head = known.head(frame, data + framer.data.size)
        if not self.hand_on(head - data if head else 0):
            headed = None
        steady = known.review()
        if (
            steady
            and alone
            and stream.planning
            and stream.events == events + 1
            and stream.log.fault_count + stream.log.anomaly_count == odd
        ):
            known.learn(headed, frame, buf + pos[0] - frame, data, framer.data.size)
        stream.planning = False
        if stream.ledger is not None:
            stream.ledger.plan = None
        return done

    cdef bint hand_on(self, Py_ssize_t head) except -1:
        cdef Stream stream = self._folded
        cdef Framer framer = self._framer
        if not stream.life.torn:
            return self.deliver(head)
        try:
            return self.deliver(head)
        except (LookupError, AttributeError, TypeError, ValueError):
            pass
        stream.lose(framer.start)
        if stream.ledger is not None:
            stream.ledger.restructure()
        return False

    cdef bint deliver(self, Py_ssize_t head) except -1:
        cdef Framer framer = self._framer
        cdef Py_ssize_t i
        cdef Stream stream = self._folded
        cdef Reading reading
        spans = data = None
        if framer.span_count == 1 and not framer.has_stray and not stream.life.ended:
            # The usual block: one JSON value on one line.
            value = self.read(head, &reading) if head else None
            if value is None:
                head = 0
                value = read_value(framer.data.ptr, framer.data.size, 0, stream.depth, &reading)
            if reading.code == OK and reading.pos == framer.data.size:
                stream.wire.begin(framer, 0)
                stream.whole(
                    piece_bytes(&framer.event), value, reading.flags, framer.data.size, framer.start
                )
                stream.wire.end()
                return head > 0
        if framer.has_data:
            data = piece_bytes(&framer.data)
            spans = [
                (framer.spans[i].index, framer.spans[i].offset) for i in range(framer.span_count)
            ]
        stream.block(
            piece_bytes(&framer.event),
            data,
            spans,
            piece_bytes(&framer.stray) if framer.has_stray else b"",
            framer.start,
            framer.final,
        )
        return False

    cdef object read(self, Py_ssize_t head, Reading *reading):
        """The event without its head; None if it has to be read whole after all."""
        cdef Framer framer = self._framer
        cdef Head headed = self._known.headed
        value = read_members(
            framer.data.ptr, framer.data.size, head, self._folded.depth, reading)
        if reading.code != OK or reading.pos != framer.data.size:
            return None
        for key in <dict>value:
            if head_has(headed, key):
                return None  # twice: the last one counts
        # The payload of an error may be all of it, and nothing but an error is not merged.
        if "type" in <dict>value or (len(<dict>value) == 1 and "error" in <dict>value):
            return None
        if may_fail(value):
            return None
        return value

    cdef int hold(self, const unsigned char *p, Py_ssize_t size) except -1:
        """Keep the beginning of a frame until its rest comes; 0 if it is too large."""
        cdef Py_ssize_t need = self._carry.size + size
        if need > MOST_CARRIED or 0 <= self._event_limit < need:
            return 0
        keep_bytes(&self._carry, p, size)
        return 1

    cdef bint may_teach(self, const unsigned char *p, Py_ssize_t size) noexcept:
        """Whether a frame of an event begins at `p`, cut by the read.

        Only whole frames can be learned from: it waits, too, while nothing is known of it.
        """
        if size == 0 or size > MOST_CARRIED or not self._known.wanted():
            return False
        return (p[0] == c'd' or p[0] == c'e') and not has_blank_line(p, size)

    cdef Py_ssize_t resume(self, const unsigned char *buf, Py_ssize_t size) except -1:
        """Go on with the waiting frame: how many bytes of `buf` belong to it.

        Only a line end can complete it: without one nothing is compared again, or one-byte reads
        would cost the square of a frame. Nor is a strange one: no further byte makes it known.
        """
        cdef Py_ssize_t before = self._carry.size, pos = 0, part, done = 0
        cdef bint cut
        cdef const unsigned char *line
        while pos < size:
            line = line_end(buf + pos, buf + size)
            part = min(line + 1 - buf, size) - pos
            if not self.hold(buf + pos, part):
                break
            pos += part
            cut = True
            if line < buf + size and not self._strange:
                done = self.run(self._carry.buf, self._carry.size, &cut)
                self._strange = done == 0 and not cut
            if done > 0:
                drop_bytes(&self._carry)
                return done - before
            if line < buf + size and self._strange:
                if not self._known.wanted():
                    break
                if ends_frame(self._carry.buf, self._carry.size):
                    self.release()  # in one piece, to be learned from
                    return pos
        else:
            return size
        self._carry.size = before
        self.release()
        return 0

    cdef int release(self) except -1:
        """Give the waiting bytes to the framer: they are not like anything known."""
        cdef Py_ssize_t size = self._carry.size, pos = 0
        cdef Stream stream = self._folded
        while not stream.life.dead and self.cold(self._carry.buf, size, &pos) == 1:
            pass
        drop_bytes(&self._carry)
        return 0

    cdef void lose(self, const unsigned char *buf, Py_ssize_t size) noexcept:
        """An exception left the midst of a read, this one or the end: nothing may point into it.

        It takes no memory: there may be none. What does waits for mend().
        """
        cdef Framer framer = self._framer
        cdef Stream stream = self._folded
        cdef Py_ssize_t carried = self._carry.size
        cdef bint whole
        self._quick = False
        self._torn = True
        self._turn += 1
        stream.planning = False
        if stream.ledger is not None:
            stream.ledger.plan = None
        if framer is not None and not stream.life.dead and (size or stream.life.closed):
            if not framer.reported:
                stream.log.event = stream.events
            stream.lose(framer.start if framer.reported else framer.frame_start)
            if stream.strict:
                stream.life.move(STOP)
            if framer.offset == self.bytes and framer.kind == 0 and (
                framer.reported or not framer.dirty
            ):
                whole = True  # it was the last frame
            elif size > 1:
                whole = is_line_end(buf[size - 1]) and ends_frame(buf, size)
            else:
                whole = carried > 1 and is_line_end(self._carry.buf[carried - 1]) and (
                    ends_frame(self._carry.buf, carried))
            framer.lose(self.bytes, whole, buf[size - 1] if size else -1)
        elif self._wired is not None and not stream.life.dead and (size or stream.life.closed):
            self.lose_frames(buf[size - 1] if size else -1)
        drop_bytes(&self._carry)

    def _miss(self):
        """For a tap: a read was not taken at all, and stands nowhere in the answer."""
        cdef Stream stream = self.made()
        cdef Framer framer = self._framer
        if not stream.life.reads:
            return
        self._turn += 1
        if not stream.life.torn:
            stream.lose(self.bytes)
        if self._wired is not None and framer is None and not self._busy:
            self.lose_frames(-1)
            self.mend()
            self._quick = False
        if self._busy or framer is None or (framer.at_boundary() and not self._carry.size):
            return
        framer.lose(self.bytes, False, -1)
        drop_bytes(&self._carry)
        self._quick = False

    cdef int mend(self) except -1:
        """After lose(): templates may be of an event that was merged by half."""
        cdef Templates known = self._known
        if known is not None:
            known.forget()
        self._torn = False
        return 0

    def close(self):
        """The end of input; never raises, and a second call does nothing.

        Where memory runs short, the bytes not merged yet are lost: `lost_input`.
        """
        cdef bint through = False
        self.made()
        if self._busy:
            return  # a feed runs in another thread: the stream is its own
        self._busy = True
        self._quick = False
        self._turn += 1
        try:
            self.end()
            through = True
        except Exception:
            pass  # nothing is done here: see Stream.block
        finally:
            self._busy = False
            if not through:
                self._folded.life.move(CLOSE)
                self.lose(NULL, 0)
                self._framer = self._wired = None

    cdef int end(self) except -1:
        cdef Stream stream
        cdef Framer framer
        self.settle()
        if self._wired is not None and self._folded.life.reads:
            self.end_wired()
        stream, framer = self._folded, self._framer
        if framer is not None and stream.life.reads:
            if self._carry.size:
                self.release()
            done = framer.finish(True)
            if done < 0:
                stream.limit("limit_event_bytes", framer.limit_offset)
            elif done == 1:
                self.hand_on(0)
        stream.close()
        self._framer = self._wired = None
        return 0

    def reset(self):
        """Forget everything but the options: ready for another stream."""
        self.made()
        if self._busy:
            self._refuse("busy")
        self._busy = True
        try:
            self.start(self._options, self._limits, self._framed)
        finally:
            self._busy = False
