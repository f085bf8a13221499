"""The core of a fold in the pure backend: bytes into a stream.

Enters: chunks of bytes, cut anywhere.
Leaves: a Stream whose blocks were all taken in.
Must not know: what blocks mean, what callers read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from threading import Lock
from types import ModuleType
from typing import Any, NoReturn

from ssefold._input import BytesLike, as_bytes
from ssefold._py.framing import NO_LIMIT, Framer
from ssefold._py.jsonread import read
from ssefold._py.jsonwrite import write
from ssefold._py.templates import Templates
from ssefold._py.text import Text
from ssefold.limits import Limits
from ssefold.news import leaves
from ssefold.options import check_limits, check_options
from ssefold.state import located, select
from ssefold.state import read as read_state
from ssefold.stream import Stream

# A private switch, to compare the fast path with the cold one.
FAST = os.environ.get("SSEFOLD_TEMPLATES", "1") != "0"

# Servers that flush line ends to keep a connection open send many at once.
_skip_blank_lines = re.compile(rb"[\r\n]*").match

# A frame that a read cut waits for its rest up to this size; a larger one is framed as
# it comes.
CARRY = 16384


class FoldCore:
    """What StreamAccumulator stands on; `events` and `bytes` are counts."""

    __slots__ = (
        "_busy", "_carried", "_event_limit", "_fast", "_framer", "_known", "_limits", "_options",
        "_stream", "_taken", "bytes",
    )  # fmt: skip

    def __init__(
        self,
        dialect: str | Mapping[str, Any] | ModuleType = "auto",
        strict: bool = False,
        limits: Limits | None = None,
        rules: Mapping[str, str] | None = None,
    ) -> None:
        self._limits = check_limits(limits)
        self._options = check_options(dialect, strict, rules)
        self._busy = Lock()
        most = self._limits.max_event_bytes
        self._event_limit = NO_LIMIT if most is None else most
        self._fast = FAST
        self._start()

    def _start(self) -> None:
        dialect, strict, rules = self._options
        limits = self._limits
        self._stream = Stream(dialect, strict, limits, rules, read, Text)
        self._framer: Framer | None = Framer(limits.max_event_bytes, False, False, True)
        self._known = Templates(self._stream) if self._fast else None
        self._carried = b""
        self._taken: dict[Any, int | str] = {}
        self.bytes = 0

    def _templates(self, on: Any) -> None:
        """Private: start anew, with the fast path on or off."""
        self._fast = bool(on)
        self._start()

    @property
    def events(self) -> int:
        """How many events came, `[DONE]` among them; heartbeats are none."""
        return self._stream.events

    def feed(self, chunk: BytesLike) -> int:
        """Take the next bytes in; returns how many events they completed.

        Raises TypeError for anything but a bytes-like object, BufferError for one
        that is not C-contiguous, StreamError `closed` or `busy`; and in strict mode
        StreamMalformed at the first fault, and from then on. MemoryError: what was
        merged stays, the rest of the chunk is lost.
        """
        data = as_bytes(chunk)
        if not self._busy.acquire(False):
            self._refuse("busy")
        try:
            stream = self._stream
            if stream.closed:
                self._refuse("closed")
            before = stream.events
            self._take(data)
            if stream.strict and stream.log.fault_count:
                self._stop()
            return stream.events - before
        finally:
            self._busy.release()

    def _take(self, data: bytes) -> None:
        stream = self._stream
        begin = self.bytes
        self.bytes += len(data)
        if stream.dead:
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
        if framer.limit_offset >= 0:
            stream.limit("limit_event_bytes", framer.limit_offset)
        elif over and most is not None:
            stream.limit("limit_total_bytes", most)
        if stream.dead:
            self._drop()

    def _drop(self) -> None:
        """Nothing is read any more: let go of all that is held for that."""
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
        while not stream.dead:
            pos = framer.settle(data, pos)
            if framer.at_boundary():
                done = known.run(data, pos, self._event_limit)
                if done > pos:
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
        """How large the beginning of a frame that waits may be."""
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
        """Frame these bytes and hand on what they complete; learn of it, if it is a frame."""
        stream = self._stream
        if known is None:
            for block in framer.feed(data):
                stream.block(
                    block.event, block.data, block.spans, block.stray, block.start, block.final
                )
                if stream.dead:
                    break
            return
        log = stream.log
        base = framer.offset
        whole = known.wanted() and framer.at_boundary()
        for block in framer.feed(data):
            stream.planning = whole and block.has_data
            events = stream.events
            odd = log.fault_count + log.anomaly_count
            stream.block(
                block.event, block.data, block.spans, block.stray, block.start, block.final
            )
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
            if stream.merger is not None:
                stream.merger.plan = None
            if stream.dead:
                break

    def close(self) -> None:
        """The end of input; never raises, and a second call does nothing."""
        if not self._busy.acquire(False):
            return  # a feed runs in another thread: the stream is its own
        try:
            stream = self._stream
            framer = self._framer
            if framer is not None and not stream.closed and not stream.dead:
                if self._carried:
                    self._cold(framer, self._carried, self._known)
                block = framer.close(True)
                if framer.limit_offset >= 0:
                    stream.limit("limit_event_bytes", framer.limit_offset)
                elif block is not None:
                    stream.block(
                        block.event, block.data, block.spans, block.stray, block.start, True
                    )
            stream.close()
            self._drop()
        finally:
            self._busy.release()

    def reset(self) -> None:
        """Forget everything but the options: ready for another stream."""
        if not self._busy.acquire(False):
            self._refuse("busy")
        try:
            self._start()
        finally:
            self._busy.release()

    # -- for the Reader that stands above -------------------------------------------

    def _read(self, state: Any) -> Any:
        return read_state(state)

    def _leaves(self, state: Any, sheet: tuple[Any, ...], seen: Any) -> list[Any]:
        return leaves(state, sheet, seen)

    def _follow(self, state: Any, steps: tuple[Any, ...], choice: int) -> list[Any]:
        return select(state, steps, choice)

    def _locate(self, state: Any, steps: tuple[Any, ...]) -> list[tuple[Any, Any]]:
        return located(state, steps)

    def _write(self, value: Any) -> bytes:
        return write(value)

    def _write_answer(self) -> bytes | None:
        """None: the snapshot has to be written."""
        return None

    def _refuse(self, code: str) -> NoReturn:
        raise NotImplementedError  # the Reader knows what a caller is told

    def _stop(self) -> NoReturn:
        raise NotImplementedError


def has_line_end(data: bytes) -> bool:
    """Whether a line ends in these bytes."""
    return b"\n" in data or b"\r" in data


def blank_line(data: bytes) -> bytes:
    """A line end and a blank line as they are written in these bytes; b"": in several ways."""
    if b"\r" not in data:
        return b"\n\n"
    both = data.count(b"\r\n")
    # What the next read begins with may belong to the last line end, and so may ours.
    alone = data.count(b"\r") - both - data.endswith(b"\r")
    alone += data.count(b"\n") - both - data.startswith(b"\n")
    return b"" if alone else b"\r\n\r\n"
