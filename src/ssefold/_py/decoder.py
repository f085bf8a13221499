"""SSEDecoder, pure: blocks → events.

Enters: the bytes of a stream, cut anywhere; the end of input.
Leaves: `ServerSentEvent`s.
Must not know: JSON, dialects, the meaning of an event.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ssefold._input import BytesLike, as_bytes
from ssefold._py.framing import Block, Framer
from ssefold.engine.events import ServerSentEvent
from ssefold.errors import SSEFoldError, not_made
from ssefold.limits import Limits

_new_event = ServerSentEvent.__new__


class SSEDecoder:
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

    Past the limit the decoder is dead until `reset`: `error` says so at once. The call that meets
    it delivers the events before it, and the next call raises.
    """

    __slots__ = (
        "_backlog", "_closed", "_delivered", "_error", "_flush", "_framer",
        "_id", "_id_bytes", "_on_comment", "_owner", "_pending",
    )  # fmt: skip

    _owner: dict[int, object]
    _framer: Framer

    def __init__(
        self,
        eof: str = "discard",
        raw: bool = False,
        on_comment: Callable[[str], object] | None = None,
        limits: Limits | None = None,
    ) -> None:
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
        try:
            owner = self._owner
        except RuntimeError:
            owner = self._owner = {}  # the calls running in it, at 0: as in core.py
        if 0 in owner:
            raise SSEFoldError("busy", self._framer.offset)
        self._framer = framer
        self._flush = eof == "flush"
        self._on_comment = on_comment
        self._restart()

    def __getattr__(self, name: str) -> Any:
        """Nothing if all members are there: a subclass may not have called this `__init__`."""
        if name in SSEDecoder.__slots__ or hasattr(type(self), name):  # a property misses one
            raise not_made(self)
        raise AttributeError(
            f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self
        )

    def _restart(self) -> None:
        self._framer.restart()
        self._closed = False
        self._error: SSEFoldError | None = None
        self._pending: list[ServerSentEvent] | None = None
        self._backlog = b""
        self._id_bytes = b""
        self._id = ""
        self._delivered = 0

    def feed(self, chunk: BytesLike) -> list[ServerSentEvent]:
        """Take the next bytes; return the events completed by them.

        `chunk` is any C-contiguous bytes-like object. Raises TypeError or BufferError
        for anything else, and SSEFoldError: `closed` after `close`, `busy` while
        another call runs, `limit_event_bytes` once the limit was passed.
        """
        data = chunk if type(chunk) is bytes else as_bytes(chunk)
        framer = self._framer
        owner = self._owner
        mine = object()
        try:
            if owner.setdefault(0, mine) is not mine:
                raise SSEFoldError("busy", framer.offset)
            if self._error is not None:
                raise self._failure(self._error)
            if self._closed:
                raise SSEFoldError("closed", framer.offset)
            events = [] if self._pending is None else self._pending
            self._pending = events
            self._closed = True
            done = 0
            if framer.is_plain() and self._on_comment is None and b"\r" not in data:
                done = self._plain_frames(data, events)
            if done < len(data) or self._backlog:
                rest = data[done:] if done else data
                self._frame(self._backlog + rest if self._backlog else rest, events)
            delivered = self._delivered + len(events)
            # Without a call from here on: a signal's handler may raise behind each, and they
            # would be lost.
            self._delivered = delivered
            self._pending = None
            self._closed = False
        finally:
            if 0 in owner and owner[0] is mine:
                del owner[0]
        return events

    def close(self) -> list[ServerSentEvent]:
        """The end of input; return the last events. A second close returns []."""
        owner = self._owner
        mine = object()
        try:
            if owner.setdefault(0, mine) is not mine:
                raise SSEFoldError("busy", self._framer.offset)
            if self._error is not None:
                raise self._failure(self._error)
            if not self._closed:
                events = self._open_call()
                self._frame(self._backlog, events)
                if self._error is None:
                    self._finish(events)
            events = self._pending or []
            delivered = self._delivered + len(events)
            if self._error is not None and not events:
                raise self._failure(self._error)
            self._delivered = delivered
            self._pending = None
        finally:
            if 0 in owner and owner[0] is mine:
                del owner[0]
        return events

    def reset(self) -> None:
        """Back to the start, for another stream: nothing of this one is kept."""
        owner = self._owner
        mine = object()
        try:
            if owner.setdefault(0, mine) is not mine:
                raise SSEFoldError("busy", self._framer.offset)
            self._restart()
        finally:
            if 0 in owner and owner[0] is mine:
                del owner[0]

    @property
    def last_event_id(self) -> str:
        """The id committed by the last blank line; "" at first."""
        return self._last_id()

    @property
    def retry(self) -> int | None:
        """The newest reconnection time in ms, or None."""
        retry = self._framer.last_retry
        return None if retry < 0 else retry

    @property
    def offset(self) -> int:
        """The number of bytes consumed so far."""
        return self._framer.offset

    @property
    def error(self) -> SSEFoldError | None:
        """The error that killed this decoder, or None."""
        return self._error

    def __repr__(self) -> str:
        state = "open"
        if self._error is not None:
            state = self._error.code
        elif 0 in self._owner:
            state = "busy"
        elif self._closed:
            state = "closed"
        events = self._delivered + len(self._pending or ())
        return f"<SSEDecoder {state}, {events} events, {self._framer.offset} bytes>"

    def __reduce__(self) -> str:
        raise TypeError("cannot pickle or copy an SSEDecoder: it holds half a stream")

    @staticmethod
    def _failure(error: SSEFoldError) -> SSEFoldError:
        # A fresh one each time: an exception raised again keeps every frame it passed.
        return SSEFoldError(error.code, error.offset)

    def _open_call(self) -> list[ServerSentEvent]:
        """The list to fill: `_pending` until the call is through, so nothing is lost."""
        if self._pending is None:
            self._pending = []
        self._closed = True  # until this call is through: see the class's docstring
        return self._pending

    def _frame(self, data: bytes, events: list[ServerSentEvent]) -> None:
        framer = self._framer
        base = framer.offset
        self._backlog = b""
        if self._on_comment is None:  # extend() keeps the events before an exception
            pos = 0
            if not framer.is_plain():  # it goes on in a frame: up to its end
                pos = data.find(b"\n\n") + 2
                pos = pos if pos >= 2 and not framer.wants_all() else len(data)
                events.extend(map(self._event, framer.feed(data[:pos])))
                if pos < len(data) and framer.is_plain() and b"\r" not in data:
                    pos += self._plain_frames(data[pos:], events)
            if pos < len(data):
                events.extend(map(self._event, framer.feed(data[pos:])))
        else:
            for found in framer.feed(data):
                if found.comment is not None:
                    self._comment(found.comment, data, framer.offset - base)
                else:
                    events.append(self._event(found))
        if framer.limit_offset >= 0:
            self._error = SSEFoldError("limit_event_bytes", framer.limit_offset)

    def _plain_frames(self, data: bytes, events: list[ServerSentEvent]) -> int:
        """The events of whole frames whose lines end with LF: how many bytes those are.

        It stops before a frame with anything else than one data line, event and id lines
        and comments: the framer knows the rules.
        """
        framer = self._framer
        lines = data.split(b"\n")
        lines.pop()  # an unfinished one
        start, most = framer.frame_start, framer.limit
        number = self._id if self._id_bytes is framer.last_id_bytes else self._last_id()
        here = at = base = framer.offset  # where the block begins, and where its next line does
        body = ident = None
        name = "message"
        for line in lines:
            at += len(line) + 1
            if line.startswith(b"data: ") and body is None:
                body = line[6:]
            elif not line:
                if at - here > most:
                    break
                if ident is not None:
                    framer.last_id_bytes = self._id_bytes = ident
                    self._id = number = ident.decode("utf-8", "replace")
                    ident = None
                if body is not None:
                    # Half the time would be the checks of its arguments.
                    event = _new_event(ServerSentEvent)
                    event._data = body
                    event._text = event.retry = event.raw = None
                    event.event = name
                    event.id = number
                    event.start = start
                    event.end = start = at
                    events.append(event)
                    body = None
                name = "message"
                here = at
            elif line.startswith(b"data:") and body is None:
                body = line[5:]
            elif line.startswith(b"event: "):
                name = line[7:].decode("utf-8", "replace") or "message"
            elif line.startswith(b"id: ") and b"\0" not in line:
                ident = line[4:]
            elif line[0] != 0x3A:
                break
        framer.offset = here
        framer.frame_start = start
        return here - base

    def _finish(self, events: list[ServerSentEvent]) -> None:
        framer = self._framer
        found = framer.close(self._flush)
        if found is not None and found.comment is not None:
            self._comment(found.comment, b"", 0)
            found = framer.close(self._flush)
        if found is not None:
            events.append(self._event(found))
        elif framer.limit_offset >= 0:
            self._error = SSEFoldError("limit_event_bytes", framer.limit_offset)

    def _comment(self, comment: bytes, data: bytes, pos: int) -> None:
        assert self._on_comment is not None
        try:
            self._on_comment(comment.decode("utf-8", "replace"))
        except BaseException:
            self._backlog = data[pos:]
            self._closed = False
            raise

    def _event(self, block: Block) -> ServerSentEvent:
        return ServerSentEvent(
            block.event.decode("utf-8", "replace") if block.event else "message",
            block.data,
            self._id if self._id_bytes is self._framer.last_id_bytes else self._last_id(),
            block.retry,
            block.raw,
            block.start,
            block.end,
        )

    def _last_id(self) -> str:
        newest = self._framer.last_id_bytes
        if newest is not self._id_bytes:
            self._id_bytes = newest
            self._id = newest.decode("utf-8", "replace")
        return self._id
