"""The core of a fold in the pure backend: bytes into a stream.

Enters: chunks of bytes, cut anywhere.
Leaves: a Stream that took in all blocks.
Must not know: the meaning of blocks, the callers' view.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from ssefold._input import BytesLike, as_bytes
from ssefold._options import Dialects, check_framing, check_limits, check_options
from ssefold._py.fast.templates import Templates
from ssefold._py.framing import NO_LIMIT, Block, Framer
from ssefold._py.jsonread import read
from ssefold._py.readings import Readings
from ssefold._py.text import Text
from ssefold._py.wired import Wired
from ssefold.engine.framing_sniff import SSE
from ssefold.engine.stream import Stream, new_stream
from ssefold.engine.stream_life import CLOSE, STOP
from ssefold.errors import not_made
from ssefold.limits import Limits

# A private switch, to compare the fast path with the cold one.
FAST = os.environ.get("SSEFOLD_TEMPLATES", "1") != "0"

# Servers that flush line ends to keep a connection open send many at once.
_skip_blank_lines = re.compile(rb"[\r\n]*").match

# A cut frame waits for its rest up to this size; a larger one is framed as it comes.
CARRY = 16384


class FoldCore(Readings):
    """The base of StreamAccumulator; `events` and `bytes` are counts."""

    __slots__ = (
        "_at", "_before", "_begin", "_carried", "_event_limit", "_fast", "_framed", "_framer",
        "_framing", "_limits", "_options", "_reading", "_wired", "bytes", "tap_error",
    )  # fmt: skip

    def __init__(
        self,
        dialect: Dialects = "auto",
        strict: bool = False,
        limits: Limits | None = None,
        rules: Mapping[str, str] | None = None,
        *,
        framing: str = "auto",
        content_type: str | None = None,
    ) -> None:
        limits = check_limits(limits)
        options = check_options(dialect, strict, rules)
        framed = check_framing(framing, content_type)
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
            self._framed = framed
            self._start(options, limits)
        finally:
            if 0 in owner and owner[0] is mine:
                del owner[0]

    def __getattr__(self, name: str) -> Any:
        """Nothing if all members are there: a subclass may not have called this `__init__`."""
        if name in _MEMBERS or hasattr(type(self), name):  # a property misses one
            raise not_made(self)
        raise AttributeError(
            f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self
        )

    def _start(self, options: Any, limits: Limits) -> None:
        self._options = options
        self._limits = limits
        most = limits.max_event_bytes
        self._event_limit = NO_LIMIT if most is None else most
        self._begin_answer()
        named, hint = self._framed
        self._framing: str | None = named
        # None for SSE; else another framing, or one that is still to be found.
        self._wired = None if named == SSE else Wired(named, hint, most)
        self._framer: Framer | None = Framer(most, False, False, True)
        self._carried = self._before = b""
        self.tap_error: str | None = None
        self.bytes = self._begin = self._at = 0
        self._reading: bytes | None = None

    def _begin_answer(self) -> None:
        """An answer of which nothing came."""
        dialect, strict, rules = self._options
        stream = new_stream(dialect, strict, self._limits, rules, read, Text)
        self._known = Templates(stream) if self._fast else None
        self._stream = stream
        self._taken = {}
        self._follows = None
        self._usage_mark = -1
        self._reason = (None, -1, None)
        self._turn += 1

    def _templates(self, on: Any) -> None:
        """Private: start anew, with the fast path on or off."""
        self._fast = bool(on)
        self._start(self._options, self._limits)

    @property
    def framing(self) -> str | None:
        """The framing's name, as it was given or found; None while the bytes leave it open."""
        return self._framing

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
            if self._stream is not stream:
                stream, before = self._stream, 0  # its framing was found
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
        elif self._wired is not None and not stream.life.dead and (data or stream.life.closed):
            self._lose_frames(self._wired, end, data)
        self.bytes = end
        self._carried = self._before = b""
        self._reading = None

    def _lose_frames(self, wired: Wired, end: int, data: bytes) -> None:
        """The same for another framing."""
        stream = self._stream
        stream.lose(wired.at)
        if stream.strict or wired.framing is None or not wired.framing.lose(
            end, data[-1] if data else -1
        ):
            stream.life.move(STOP)
        if self._known is not None:
            self._known = Templates(stream)

    def _miss(self) -> None:
        """For a tap: a read was not taken at all, and stands nowhere in the answer."""
        stream = self._stream
        framer = self._framer
        if not stream.life.reads:
            return
        self._turn += 1
        if not stream.life.torn:
            stream.lose(self.bytes)
        if self._wired is not None and 0 not in self._owner and framer is None:
            self._lose_frames(self._wired, self.bytes, b"")
        if 0 in self._owner or framer is None or (framer.at_boundary() and not self._carried):
            return
        framer.lose(self.bytes, False, -1)
        self._carried = b""

    def _take_in(self, data: bytes) -> None:
        stream = self._stream
        begin = self.bytes
        self.bytes += len(data)
        if stream.life.dead:
            self._drop()
            return
        most = self._limits.max_total_bytes
        over = most is not None and self.bytes > most
        if over and most is not None:
            data = data[: max(0, most - begin)]
        rest = data if self._wired is None else self._sense(self._wired, data)
        stream = self._stream  # a new one, where its framing was found
        framer = self._framer
        if rest is not None and framer is not None:
            if self._known is None:
                self._cold(framer, rest, None)
            else:
                self._walk(framer, rest, self._known)
        if over:
            self._turn += 1
        if framer is not None and framer.limit_offset >= 0:
            self._turn += 1
            stream.limit("limit_event_bytes", framer.limit_offset)
        elif over and most is not None:
            stream.limit("limit_total_bytes", most)
        if stream.life.dead:
            self._drop()

    def _sense(self, wired: Wired, data: bytes) -> bytes | None:
        """Take in the frames of another framing; the bytes that are left to SSE, or None."""
        if wired.framing is None:
            found = wired.look(data, self._stream)
            sniffer = wired.sniffer
            if found is None:
                return None if sniffer.waits else data
            self._framing = found
            if found == SSE:
                self._wired = None
                return bytes(sniffer.held) if sniffer.waits else data
            data = self._change_over(wired, found)
        wired.take(data, self._stream, self._known, self._event_limit)
        self._turn += wired.turns
        wired.turns = 0
        return None

    def _change_over(self, wired: Wired, found: str) -> bytes:
        """It is no SSE: begin anew, with all the bytes so far."""
        held = bytes(wired.sniffer.held)
        lost = self._stream.log.lost_at
        wired.begin(found)
        self._framer = None
        self._begin_answer()
        if lost >= 0:
            self._stream.lose(lost)  # a relay lost a read before the framing was known
        return held

    def _drop(self) -> None:
        """Nothing is read any more: let go of all that is held for reading."""
        if self._known is not None:
            self._known.forget()
        self._framer = self._known = self._wired = None
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
        if self._wired is not None and self._stream.life.reads:
            self._end_wired(self._wired)
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

    def _end_wired(self, wired: Wired) -> None:
        """The end of input decides for a framing, or ends its last frame."""
        if wired.framing is None:
            found = wired.decide(self._stream)
            self._framing = self._framing or (found if self.bytes else None)
            held = bytes(wired.sniffer.held)
            if found == SSE:
                if wired.sniffer.waits and self._framer is not None:
                    self._cold(self._framer, held, self._known)
                return
            self._change_over(wired, found)
            wired.take(held, self._stream, self._known, self._event_limit)
        wired.end(self._stream)

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


_MEMBERS = frozenset((*FoldCore.__slots__, *Readings.__slots__))


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
