"""The core of a fold in the pure backend: bytes into a stream.

Enters: chunks of bytes, cut anywhere.
Leaves: a Stream that took in all blocks.
Must not know: the meaning of blocks, the callers' view.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from ssefold._input import BytesLike, as_bytes
from ssefold._options import Dialects, check_limits, check_options
from ssefold._py.fast.templates import Templates
from ssefold._py.following import Follows
from ssefold._py.framing import NO_LIMIT, Block, Framer
from ssefold._py.jsonread import read
from ssefold._py.jsonwrite import write
from ssefold._py.text import Text
from ssefold.delta import Delta
from ssefold.engine.growth import grown, select
from ssefold.engine.state import read as read_state
from ssefold.engine.stream import Stream, new_stream
from ssefold.engine.stream_life import CLOSE, STOP
from ssefold.engine.taking import leaves, texts
from ssefold.errors import not_made
from ssefold.limits import Limits

# A private switch, to compare the fast path with the cold one.
FAST = os.environ.get("SSEFOLD_TEMPLATES", "1") != "0"

# Servers that flush line ends to keep a connection open send many at once.
_skip_blank_lines = re.compile(rb"[\r\n]*").match

# A cut frame waits for its rest up to this size; a larger one is framed as it comes.
CARRY = 16384


class FoldCore:
    """The base of StreamAccumulator; `events` and `bytes` are counts."""

    __slots__ = (
        "_at", "_before", "_begin", "_carried", "_event_limit", "_fast", "_follows", "_framer",
        "_known", "_limits", "_options", "_owner", "_reading", "_reason", "_stream", "_taken",
        "_turn", "_usage_mark", "bytes", "tap_error",
    )  # fmt: skip

    _owner: dict[int, object]

    def __init__(
        self,
        dialect: Dialects = "auto",
        strict: bool = False,
        limits: Limits | None = None,
        rules: Mapping[str, str] | None = None,
    ) -> None:
        limits = check_limits(limits)
        options = check_options(dialect, strict, rules)
        try:
            owner = self._owner
        except RuntimeError:
            # The calls running in it, at 0. Taken in one step and given back without a call: a
            # signal's handler may raise behind each, and a taken one would stay taken for ever.
            owner = self._owner = {}
            self._fast = FAST
            self._turn = 0  # counts whatever may change more than slots do
        mine = object()
        try:
            if owner.setdefault(0, mine) is not mine:
                self._refuse("busy")
            self._start(options, limits)
        finally:
            if 0 in owner and owner[0] is mine:
                del owner[0]

    def __getattr__(self, name: str) -> Any:
        """Nothing if all members are there: a subclass may not have called this `__init__`."""
        if name in FoldCore.__slots__ or hasattr(type(self), name):  # a property misses one
            raise not_made(self)
        raise AttributeError(
            f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self
        )

    def _start(self, options: Any, limits: Limits) -> None:
        dialect, strict, rules = options
        stream = new_stream(dialect, strict, limits, rules, read, Text)
        framer = Framer(limits.max_event_bytes, False, False, True)
        most = limits.max_event_bytes
        self._event_limit = NO_LIMIT if most is None else most
        self._options = options
        self._limits = limits
        self._known = Templates(stream) if self._fast else None
        self._framer: Framer | None = framer
        self._stream = stream
        self._carried = self._before = b""
        self._taken: dict[Any, int | str] = {}
        self._follows: Follows | None = None  # the texts that its readers follow
        self._usage_mark = -1  # the turn in which there was none
        # What finish_reason() was asked, when, what it said.
        self._reason: tuple[Any, int, str | None] = (None, -1, None)
        self._turn += 1
        self.tap_error: str | None = None
        self.bytes = self._begin = self._at = 0
        self._reading: bytes | None = None

    def _templates(self, on: Any) -> None:
        """Private: start anew, with the fast path on or off."""
        self._fast = bool(on)
        self._start(self._options, self._limits)

    @property
    def status(self) -> str:
        """ "open", "complete", "truncated" or "failed"."""
        return self._stream.status

    @property
    def events(self) -> int:
        """How many events came, `[DONE]` among them; heartbeats are none."""
        return self._stream.events

    @property
    def recognised(self) -> int:
        """How many of the events were like earlier ones, and were not read for themselves.

        Such an event costs a compare and a copy, any other some microseconds. Of a provider's own
        dialect most are recognised; a table of yours with few of them folds right, but not fast.
        """
        return self._stream.events - self._stream.cold

    def feed(self, chunk: BytesLike) -> int:
        """Take the next bytes in; returns how many events they completed.

        Raises TypeError for anything but a bytes-like object, BufferError for one without
        C-contiguous bytes, StreamError `closed` or `busy`; and in strict mode StreamMalformed at
        the first fault, and from then on. MemoryError: merged events stay; the rest of the chunk
        is lost, and so is the rest of a cut frame in the next chunks: the fault `lost_input`.
        """
        data = as_bytes(chunk)
        owner = self._owner
        mine = object()
        try:
            if owner.setdefault(0, mine) is not mine:
                self._refuse("busy")
            stream = self._stream
            if stream.life.closed:
                self._refuse("closed")
            if self._reading is not None:
                self._lose()  # an exception struck in the last feed, and another one behind it
            before = stream.events
            self._begin = self.bytes
            self._before = self._carried
            self._reading = data  # an exception loses the bytes found here
            self._take_in(data)
            self._reading = None
            self._before = b""
            if stream.strict and stream.log.fault_count:
                self._stop()
            return stream.events - before
        finally:
            if 0 in owner and owner[0] is mine:
                try:
                    if self._reading is not None:
                        self._lose()
                finally:
                    del owner[0]

    def _lose(self) -> None:
        """An exception left the midst of a read: everything possibly half done goes."""
        stream = self._stream
        framer = self._framer
        data = self._reading or b""
        end = self._begin + len(data)
        self._turn += 1
        stream.planning = False
        if stream.ledger is not None:
            stream.ledger.plan = None
        if framer is not None and not stream.life.dead and (data or stream.life.closed):
            stream.lose(self._at)
            if stream.strict:
                stream.life.move(STOP)
            whole = framer.offset == end and framer.at_boundary()
            tail = (self._before[-4:] + data)[-4:]
            framer.lose(end, whole or ends_frame(tail), tail[-1] if tail else -1)
            if self._known is not None:
                self._known = Templates(stream)
        self.bytes = end
        self._carried = self._before = b""
        self._reading = None

    def _miss(self) -> None:
        """For a tap: a read was not taken at all, and stands nowhere in the answer."""
        stream = self._stream
        framer = self._framer
        if not stream.life.reads:
            return
        self._turn += 1
        if not stream.life.torn:
            stream.lose(self.bytes)
        if 0 in self._owner or framer is None or (framer.at_boundary() and not self._carried):
            return
        framer.lose(self.bytes, False, -1)
        self._carried = b""

    def _take_in(self, data: bytes) -> None:
        stream = self._stream
        begin = self.bytes
        self.bytes += len(data)
        if stream.life.dead:
            self._framer = None
            return
        most = self._limits.max_total_bytes
        over = most is not None and self.bytes > most
        if over and most is not None:
            data = data[: max(0, most - begin)]
        framer = self._framer
        if framer is None:
            return
        if self._known is None:
            self._cold(framer, data, None)
        else:
            self._walk(framer, data, self._known)
        if over or framer.limit_offset >= 0:
            self._turn += 1
        if framer.limit_offset >= 0:
            stream.limit("limit_event_bytes", framer.limit_offset)
        elif over and most is not None:
            stream.limit("limit_total_bytes", most)
        if stream.life.dead:
            self._drop()

    def _drop(self) -> None:
        """Nothing is read any more: let go of all that is held for reading."""
        if self._known is not None:
            self._known.forget()
        self._framer = self._known = None
        self._carried = b""

    def _walk(self, framer: Framer, data: bytes, known: Templates) -> None:
        """Take a read in, frame by frame: the known ones, and those to learn from."""
        if self._carried:
            if not has_line_end(data) and len(self._carried) + len(data) <= self._room():
                self._carried += data  # no frame ends here
                return
            data = self._carried + data
            self._carried = b""
        pos = 0
        size = len(data)
        stream = self._stream
        blank = b""
        while not stream.life.dead:
            self._at = framer.frame_start
            pos = framer.settle(data, pos)
            if framer.at_boundary():
                done = known.run(data, pos, self._event_limit)
                if done > pos:
                    if stream.watched:
                        last = last_frame(data[pos:done])
                        stream.last = framer.offset + last if last else framer.frame_start
                    framer.skip(done - pos, known.crlf)
                    pos = done
            if pos == size:
                break
            blank = blank or blank_line(data)
            if not blank or not known.useful():
                self._cold(framer, data[pos:], known)
                break
            end = _skip_blank_lines(data, pos).end()  # type: ignore[union-attr]
            if end == pos:
                end = data.find(blank, pos)
                if end < 0:
                    rest = data[pos:]
                    if not self._holds(framer, rest, known):
                        self._cold(framer, rest, known)
                    break
                end += len(blank)
            self._cold(framer, data[pos:end], known)
            if framer.limit_offset >= 0:
                break
            pos = end

    def _room(self) -> int:
        """The largest beginning of a frame that may wait."""
        return min(CARRY, self._event_limit)

    def _holds(self, framer: Framer, rest: bytes, known: Templates) -> bool:
        """Keep the beginning of a frame until its rest comes, if there is no event in it."""
        if (
            len(rest) > self._room()
            or rest[0] not in b"de"  # no data or event line
            or rest.endswith(b"\n\r")  # a blank line already, whatever follows
            or not (known.useful() and framer.at_boundary())
        ):
            return False
        self._carried = rest
        return True

    def _cold(self, framer: Framer, data: bytes, known: Templates | None) -> None:
        """Frame these bytes and hand on the completed blocks; learn of a whole frame."""
        stream = self._stream
        if known is None:
            self._at = framer.frame_start
            for block in framer.feed(data):
                self._at = block.start
                self._turn += 1
                hand_on(stream, block)
                self._at = block.end
                if stream.life.dead:
                    break
            return
        log = stream.log
        base = framer.offset
        whole = known.wanted() and framer.at_boundary()
        self._at = framer.frame_start
        for block in framer.feed(data):
            self._at = block.start
            stream.planning = whole and block.has_data
            events = stream.events
            odd = log.fault_count + log.anomaly_count
            self._turn += 1
            hand_on(stream, block)
            self._at = block.end
            if (
                known.review()
                and stream.planning
                and stream.events == events + 1
                and log.fault_count + log.anomaly_count == odd
                and len(block.spans) == 1
                and not block.stray
                # All of it, and the LF behind its last CR.
                and data.endswith(b"\n")
                and 0 <= base + len(data) - block.end <= 1
            ):
                known.learn(data, block.spans[0][1] - base, len(block.data))
            stream.planning = False
            if stream.ledger is not None:
                stream.ledger.plan = None
            if stream.life.dead:
                break

    # -- readings that somebody repeats after each event ------------------------------------------

    def take_text(self, choice: int = 0) -> str:
        """The text since the last call, its pieces in the order of arrival.

        A high surrogate waits for its half while one can come. A full value in the place of
        another, or of its deltas, gives only its extension of them; a text that it took out of
        the answer is given all the same, asked for before or not.
        """
        known = None if self._follows is None else self._follows.texts
        if known is not None and choice is known.choice and self._is_as_at(known.mark):
            return known.text()
        return self._take_text(choice)

    def take(self) -> list[Delta]:
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
        known = None if self._follows is None else self._follows.pieces
        if known is not None and self._is_as_at(known.mark):
            return known.deltas()
        return self._take()

    @property
    def usage(self) -> dict[str, Any] | None:
        """The answer's usage in the dialect's own words, a fresh dict, or None."""
        if self._is_as_at(self._usage_mark):
            return None
        mark = self._mark()
        found = self._usage()
        if found is None:
            self._usage_mark = mark
        return found

    def finish_reason(self, choice: int = 0) -> str | None:
        """Why the choice ended, in the dialect's own words; None while it has not.

        A reason that came as a number (an enum's) is that number's text.
        """
        asked, mark, reason = self._reason
        if choice is asked and self._is_as_at(mark):
            return reason
        mark = self._mark()
        reason = self._finish_reason(choice)
        self._reason = (choice, mark, reason)
        return reason

    def _mark(self) -> int:
        """A finding of now holds until anything but the recognised happens; -1: never."""
        return -1 if 0 in self._owner else self._turn

    def _is_as_at(self, mark: int) -> bool:
        """Whether nothing happened since but that recognised chunks changed slots.

        Nor may one of these say more than that a text grew: which tool is called, say.
        """
        known = self._known
        return mark == self._turn and known is not None and not (
            known.cells.unsure or self._stream.surrogates)

    def _begin_walk(self, reader: int) -> int | None:
        """A reader looks at all of the answer: the mark of now, None while a feed runs."""
        follows = self._follows or Follows()
        self._follows = follows
        follows.end(reader, self._taken)
        return None if 0 in self._owner else self._turn

    def _follow_from(self, reader: int, mark: int, choice: Any, rows: list[Any]) -> None:
        """From that mark on only these texts, in rows of Follows.begin(), can grow."""
        follows = self._follows
        if follows is not None and mark == self._turn:  # else another thread fed
            follows.begin(reader, mark, choice, rows)

    def _take_text(self, choice: int) -> str:
        raise NotImplementedError  # Answering knows where texts stand, and what else is asked for

    def _take(self) -> list[Delta]:
        raise NotImplementedError

    def _usage(self) -> dict[str, Any] | None:
        raise NotImplementedError

    def _finish_reason(self, choice: int) -> str | None:
        raise NotImplementedError

    def close(self) -> None:
        """The end of input; never raises, and a second call does nothing.

        Where memory runs short, the bytes not merged yet are lost: `lost_input`.
        """
        owner = self._owner
        mine = object()
        try:
            if owner.setdefault(0, mine) is not mine:
                return  # a feed runs in another thread: the stream is its own
            if self._reading is not None:
                self._lose()
            self._begin = self.bytes
            self._reading = b""
            self._turn += 1
            self._end()
            self._reading = None
        except Exception:
            pass
        finally:
            if 0 in owner and owner[0] is mine:
                try:
                    if self._reading is not None:
                        self._give_up()
                finally:
                    del owner[0]

    def _end(self) -> None:
        stream = self._stream
        framer = self._framer
        if framer is not None and stream.life.reads:
            self._at = framer.frame_start
            if self._carried:
                self._cold(framer, self._carried, self._known)
            block = framer.close(True)
            if framer.limit_offset >= 0:
                stream.limit("limit_event_bytes", framer.limit_offset)
            elif block is not None:
                hand_on(stream, block)
        stream.close()
        self._drop()

    def _give_up(self) -> None:
        """An exception left the end of input."""
        try:
            self._stream.life.move(CLOSE)
            self._lose()
            self._drop()
        except Exception:
            pass

    def reset(self) -> None:
        """Forget everything but the options: ready for another stream."""
        owner = self._owner
        mine = object()
        try:
            if owner.setdefault(0, mine) is not mine:
                self._refuse("busy")
            self._start(self._options, self._limits)
        finally:
            if 0 in owner and owner[0] is mine:
                del owner[0]

    # -- for the layers above --------------------------------------------

    def _read(self, state: Any) -> Any:
        return read_state(state)

    def _leaves(self, state: Any, sheet: tuple[Any, ...], seen: Any) -> list[Any]:
        return leaves(state, sheet, seen)

    def _select(self, which: int, choice: int = 0) -> list[Any]:
        return select(self._stream, which, choice)

    def _locate(self, state: Any, steps: tuple[Any, ...], choice: int, seen: Any) -> list[Any]:
        return texts(state, steps, choice, seen)

    def _grown(self, call: int | None, choice: int) -> Any:
        return grown(self._stream, call, choice)

    def _write(self, value: Any) -> bytes:
        return write(value)

    def _write_answer(self) -> bytes | None:
        """None: the snapshot has to be written."""
        return None

    def _refuse(self, code: str) -> NoReturn:
        raise NotImplementedError  # Answering knows the words for a caller

    def _stop(self) -> NoReturn:
        raise NotImplementedError


def hand_on(stream: Stream, block: Block) -> None:
    """Let the stream take a block in.

    An event is lost, too, if it meets a place that an exception left merged by half.
    """
    try:
        stream.block(block.event, block.data, block.spans, block.stray, block.start, block.final)
    except (LookupError, AttributeError, TypeError, ValueError):
        if not stream.life.torn:
            raise
        stream.lose(block.start)
        if stream.ledger is not None:
            stream.ledger.restructure()


def ends_frame(tail: bytes) -> bool:
    """Whether a blank line ends these last bytes of a read."""
    if tail[-1:] not in (b"\r", b"\n"):
        return False
    return (tail[:-1] if tail.endswith(b"\r\n") else tail)[-2:-1] in (b"\r", b"\n")


def has_line_end(data: bytes) -> bool:
    """Whether a line ends in these bytes."""
    return b"\n" in data or b"\r" in data


def last_frame(data: bytes) -> int:
    """Where the last of these frames begins; the LF behind a CR belongs to it."""
    text = data.rstrip(b"\r\n")
    begins = max([text.rfind(end) + 2 for end in (b"\n\n", b"\r\r", b"\n\r")])
    return begins if begins > 1 else 0


def blank_line(data: bytes) -> bytes:
    """A line end and a blank line as they are written in these bytes; b"": in several ways."""
    if b"\r" not in data:
        return b"\n\n"
    both = data.count(b"\r\n")
    # The first bytes of the next read may belong to the last line end, and so may ours.
    alone = data.count(b"\r") - both - data.endswith(b"\r")
    alone += data.count(b"\n") - both - data.startswith(b"\n")
    return b"" if alone else b"\r\n\r\n"
