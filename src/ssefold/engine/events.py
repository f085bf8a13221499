"""ServerSentEvent: one dispatched event of a stream.

Enters: the findings of the framing in one block, as bytes.
Leaves: the event; its data becomes `str` when somebody asks, at the latest.
Must not know: how it was framed, its data's meaning.

One source for both backends: `_c/engine/events.pxd` says how it is compiled.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ssefold._unpickle import event
from ssefold.errors import not_made

if TYPE_CHECKING:  # to the compiler and to type checkers; a .pxd cannot say it for a class of a .py
    import cython
else:

    class cython:
        """The decorators where nothing is compiled."""

        cclass = staticmethod(lambda cls: cls)
        no_gc = staticmethod(lambda cls: cls)
        freelist = staticmethod(lambda size: lambda cls: cls)


# The fields hold strings, bytes and ints. None of them can refer back: the collector has nothing
# to find here, and 16 bytes per event less to carry.
@cython.no_gc
@cython.freelist(64)
@cython.cclass
class ServerSentEvent:
    """One event of a stream (WHATWG HTML 9.2.6), with its place in the bytes.

    event: the event type, "message" where none was given.
    data:  the data lines joined with LF, decoded as UTF-8 with replacement.
    id:    the last event id at the time of dispatch.
    retry: the reconnection time in ms set in this block, or None.
    raw:   with `SSEDecoder(raw=True)` the bytes `stream[start:end]`, else None.
    start, end: byte offsets of the frame from the start of the stream.
    """

    __slots__ = ("_data", "_text", "end", "event", "id", "raw", "retry", "start")

    def __init__(
        self,
        event: str = "message",
        data: str | bytes = "",
        id: str = "",
        retry: int | None = None,
        raw: bytes | None = None,
        start: int = 0,
        end: int = 0,
    ) -> None:
        self.event = event
        self._data = data if isinstance(data, bytes) else b""
        self._text = None if isinstance(data, bytes) else data
        self.id = id
        self.retry = retry
        self.raw = raw
        self.start = start
        self.end = end

    @property
    def data(self) -> str:
        """The data lines joined with LF, decoded as UTF-8 with replacement."""
        text = self._text
        if text is None:
            data = self._data
            if data is None:
                raise not_made(self)
            text = self._text = data.decode("utf-8", "replace")
        return text

    def json(self) -> Any:
        """The data as JSON; raises ValueError where it is none."""
        return json.loads(self.data)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ServerSentEvent):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        # Counts only: the data is private.
        return (
            f"<ServerSentEvent {self.event!r} {len(self.data)} chars "
            f"at {self.start}..{self.end}>"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return event, self._key()

    def _key(self) -> tuple[Any, ...]:
        return (self.event, self.data, self.id, self.retry, self.raw, self.start, self.end)


def _missing(self: Any, name: str) -> Any:
    """The fields of an event whose `__init__` did not run, as in the compiled class."""
    if name in ServerSentEvent.__slots__:
        return 0 if name in ("start", "end") else None
    if hasattr(ServerSentEvent, name):  # a property, which misses something
        raise not_made(self)
    raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


if __name__ == "ssefold.engine.events":  # a compiled class has its fields from the start
    ServerSentEvent.__getattr__ = _missing  # type: ignore[attr-defined]
