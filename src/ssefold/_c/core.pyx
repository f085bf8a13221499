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
from ssefold._options import DEFAULT_LIMITS, DEFAULT_OPTIONS, check_limits, check_options

from .fast.build cimport Head, head_has
from .bytewalk cimport line_end
from .carry cimport MOST_CARRIED, drop_bytes, keep_bytes
from .following cimport Following, Follows
from .frameends cimport ends_frame, has_blank_line, is_line_end, last_frame
from .framing cimport Framer
from .jsonread cimport Reading, read_members, read_value
from .jsonread import read
from .jsonwrite cimport write
from .engine.growth cimport grown, select
from .engine.taking cimport leaves, texts
from .lending cimport lend
from .pieces cimport piece_bytes
from .engine.state cimport read as read_state
from .statewrite cimport write_state
from .engine.stream_failures cimport may_fail
from .engine.stream cimport Stream, new_stream
from .engine.stream_life import CLOSE, STOP
from .fast.templates cimport FAST, MEMBERS, RUN_CR, RUN_CRLF, RUN_CUT, Templates
from .text cimport Text

cdef int OK = _values.OK


cdef class FoldCore:
    """The base of StreamAccumulator; `events` and `bytes` are counts."""

    def __init__(self, dialect="auto", strict=False, limits=None, rules=None):
        # The usual options are told without a call.
        limits = DEFAULT_LIMITS if limits is None else check_limits(limits)
        if rules is None and strict is False and type(dialect) is str and dialect == "auto":
            options = DEFAULT_OPTIONS
        else:
            options = check_options(dialect, strict, rules)
        if self._busy:
            self._refuse("busy")
        self._busy = True
        try:
            if self._folded is None:
                self._fast = FAST
            self.start(options, limits)
        finally:
            self._busy = False

    def __dealloc__(self):
        drop_bytes(&self._carry)

    cdef int start(self, tuple options, limits) except -1:
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
            self._follows, self._reason, self._reason_choice,
        )
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
        self.start(self._options, self._limits)

    cdef Stream made(self):
        """The stream; a subclass may have made none."""
        if self._folded is None:
            raise not_made(self)
        return self._folded

    @property
    def _stream(self):
        return self.made()

    @property
    def _taken(self):
        """How much was taken of each text; made when somebody takes."""
        if self._given is None:
            self._given = {}
        return self._given

    @property
    def status(self):
        """ "open", "complete", "truncated" or "failed"."""
        return self.made().status

    @property
    def events(self):
        """How many events came, `[DONE]` among them; heartbeats are none."""
        return self.made().events

    @property
    def recognised(self):
        """How many of the events were like earlier ones, and were not read for themselves.

        Such an event costs a compare and a copy, any other some microseconds. Of a provider's own
        dialect most are recognised; a table of yours with few of them folds right, but not fast.
        """
        cdef Stream stream = self.made()
        return stream.events - stream.cold

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
        if self._framer is None:
            return 0
        if self._torn:
            self.mend()
        over = 0 <= self._most < self.bytes
        if over:
            self._turn += 1
            size = max(0, self._most - begin)
        self.walk(buf, size, done, lent)
        if over and not stream.life.dead:
            stream.limit("limit_total_bytes", self._most)
        if stream.life.dead:
            self._framer = None  # its buffer goes too
            drop_bytes(&self._carry)
            self.settle()
        return 0

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

    cdef int settle(self) except -1:
        """Decode the waiting values, before anybody reads."""
        cdef Templates known = self._known
        return 0 if known is None else known.flush()

    # -- readings that somebody repeats after each event ------------------------------------------

    def take_text(self, choice=0):
        """The text since the last call, its pieces in the order of arrival.

        A high surrogate waits for its half while one can come. A full value in the place of
        another, or of its deltas, gives only its extension of them; a text that it took out of
        the answer is given all the same, asked for before or not.
        """
        cdef Following known = None if self._follows is None else self._follows.texts
        if known is not None and self.is_as_at(known.mark) and choice is known.choice:
            return known.text()
        return self._take_text(choice)

    def take(self):
        """The pieces since the last call, with their types: text, reasoning, tool calls.

        In the order of the answer: choices by number, then blocks, items and parts; in a
        message the reasoning before the text, that before the tool calls. All pieces of one
        place (kind, choice, index and part), joined over all calls, are the same however the
        input was cut and however often it was asked for. A high surrogate waits for its half.
        A full value in the place of its deltas adds only its extension of them; a text that it
        took out of the answer is given all the same. An object is given once its element is
        whole. At any byte, after close too. Pieces given by take_text() are not missing here,
        nor the other way round.
        """
        cdef Following known = None if self._follows is None else self._follows.pieces
        if known is not None and self.is_as_at(known.mark):
            return known.deltas()
        return self._take()

    @property
    def usage(self):
        """The answer's usage in the dialect's own words, a fresh dict, or None."""
        # Nothing that is found while a feed runs holds.
        cdef long long mark = -1 if self._busy else self._turn
        if self.is_as_at(self._usage_mark):
            return None
        found = self._usage()
        if found is None:
            self._usage_mark = mark
        return found

    def finish_reason(self, choice=0):
        """Why the choice ended, in the dialect's own words; None while it has not.

        A reason that came as a number (an enum's) is that number's text.
        """
        cdef long long mark = -1 if self._busy else self._turn
        if choice is self._reason_choice and self.is_as_at(self._reason_mark):
            return self._reason
        reason = self._finish_reason(choice)
        self._reason_mark = -1  # nobody sees the new choice beside the old reason
        self._reason, self._reason_choice = reason, choice
        self._reason_mark = mark
        return reason

    cdef bint is_as_at(self, long long mark) noexcept:
        """Whether nothing happened since but that recognised chunks changed slots.

        Nor may one of these say more than that a text grew: which tool is called, say.
        """
        return mark == self._turn and self._known is not None and not (
            self._known.cells.unsure or self._folded.surrogates)

    def _begin_walk(self, int reader):
        """A reader looks at all of the answer: the mark of now, None while a feed runs."""
        cdef Follows follows = Follows() if self._follows is None else self._follows
        self._follows = follows
        follows.end(reader, self._taken)
        return None if self._busy else self._turn

    def _follow_from(self, int reader, long long mark, choice, list rows):
        """From that mark on only these texts, in rows of Follows.begin(), can grow."""
        cdef Follows follows = self._follows
        if mark == self._turn:  # else the collector ran code that fed
            follows.begin(reader, mark, choice, rows)

    def close(self):
        """The end of input; never raises, and a second call does nothing.

        Where memory runs short, the bytes not merged yet are lost: `lost_input`.
        """
        cdef Stream stream = self.made()
        cdef bint through = False
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
                stream.life.move(CLOSE)
                self.lose(NULL, 0)
                self._framer = None

    cdef int end(self) except -1:
        cdef Stream stream = self._folded
        cdef Framer framer = self._framer
        self.settle()
        if framer is not None and stream.life.reads:
            if self._carry.size:
                self.release()
            done = framer.finish(True)
            if done < 0:
                stream.limit("limit_event_bytes", framer.limit_offset)
            elif done == 1:
                self.hand_on(0)
        stream.close()
        self._framer = None
        return 0

    def reset(self):
        """Forget everything but the options: ready for another stream."""
        self.made()
        if self._busy:
            self._refuse("busy")
        self._busy = True
        try:
            self.start(self._options, self._limits)
        finally:
            self._busy = False

    # -- for the layers above ------------------------------------------------------

    def _read(self, state):
        self.settle()
        return read_state(state)

    def _leaves(self, state, sheet, seen):
        self.settle()
        return leaves(state, sheet, seen)

    def _select(self, int which, choice=0):
        self.settle()
        return select(self.made(), which, choice)

    def _locate(self, state, steps, choice, seen):
        self.settle()
        return texts(state, steps, choice, seen)

    def _grown(self, call, choice):
        self.settle()
        return grown(self.made(), call, choice)

    def _write(self, value):
        return write(value)

    def _write_answer(self):
        """The JSON of the answer, or None where the snapshot has to be written."""
        cdef Stream stream = self.made()
        if stream.root is None or stream.surrogates:
            return None
        self.settle()
        whole = write_state(stream.root)
        # A tool's input may have had one, once it was read.
        return None if stream.surrogates else whole
