"""The core of a fold in the pure backend: bytes into a stream.

Enters: chunks of bytes, cut anywhere.
Leaves: a Stream whose blocks were all taken in.
Must not know: what blocks mean, what callers read.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from types import ModuleType
from typing import Any, NoReturn

from ssefold._input import BytesLike, as_bytes
from ssefold._py.framing import Framer
from ssefold._py.jsonread import read
from ssefold._py.jsonwrite import write
from ssefold._py.text import Text
from ssefold.limits import Limits
from ssefold.news import leaves
from ssefold.options import check_limits, check_options
from ssefold.state import located, select
from ssefold.state import read as read_state
from ssefold.stream import Stream


class FoldCore:
    """What StreamAccumulator stands on; `events` and `bytes` are counts."""

    __slots__ = ("_busy", "_framer", "_limits", "_options", "_stream", "_taken", "bytes")

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
        self._start()

    def _start(self) -> None:
        dialect, strict, rules = self._options
        limits = self._limits
        self._stream = Stream(dialect, strict, limits, rules, read, Text)
        self._framer: Framer | None = Framer(limits.max_event_bytes, False, False, True)
        self._taken: dict[Any, int | str] = {}
        self.bytes = 0

    @property
    def events(self) -> int:
        """How many events came, `[DONE]` among them; heartbeats are none."""
        return self._stream.events

    def feed(self, chunk: BytesLike) -> int:
        """Take the next bytes in; returns how many events they completed.

        Raises TypeError for anything but a bytes-like object, BufferError for one
        that is not C-contiguous, StreamError `closed` or `busy`; and in strict mode
        StreamMalformed at the first fault, and from then on.
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
        for block in framer.feed(data):
            stream.block(
                block.event, block.data, block.spans, block.stray, block.start, block.final
            )
            if stream.dead:
                break
        if framer.limit_offset >= 0:
            stream.limit("limit_event_bytes", framer.limit_offset)
        elif over and most is not None:
            stream.limit("limit_total_bytes", most)
        if stream.dead:
            self._framer = None  # its buffer goes too

    def close(self) -> None:
        """The end of input; never raises, and a second call does nothing."""
        if not self._busy.acquire(False):
            return  # a feed runs in another thread: the stream is its own
        try:
            stream = self._stream
            framer = self._framer
            if framer is not None and not stream.closed and not stream.dead:
                block = framer.close(True)
                if framer.limit_offset >= 0:
                    stream.limit("limit_event_bytes", framer.limit_offset)
                elif block is not None:
                    stream.block(
                        block.event, block.data, block.spans, block.stray, block.start, True
                    )
            stream.close()
            self._framer = None
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

    def _refuse(self, code: str) -> NoReturn:
        raise NotImplementedError  # the Reader knows what a caller is told

    def _stop(self) -> NoReturn:
        raise NotImplementedError
