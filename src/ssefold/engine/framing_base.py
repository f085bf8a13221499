"""The contract of a framing, beside server-sent events: bytes in, frames out.

Enters: reads, cut anywhere; the end of input.
Leaves: one frame after the other: `name`, `data`, `start`; or something wrong, with its place.
Must not know: dialects, the meaning of an event.

    framing.feed(chunk)
    while sort := framing.next():
        ...                         # the fields tell of this frame, until the next call
    sort = framing.close()             # what the end of input leaves, once

A frame that is cut waits here, and each of its bytes is looked at once: one-byte reads cost the
same order as one big read.

One source for both backends: `_c/engine/framing_base.pxd` says how it is compiled.
"""

from __future__ import annotations

# What next() found.
NOTHING_YET = 0  # the read is used up
EVENT = 1
FAILURE = 2  # an event that reports a failure: its frame says so
FAULT = 3  # something wrong, and the stream goes on
BREACH = 4  # something wrong, and nothing behind it can be trusted
SAYS_END = 5  # the stream says that it is whole

UNBOUNDED = 2**63 - 1

# A stream may begin with it, and it belongs to no event.
BOM = b"\xef\xbb\xbf"

# The two lengths of an AWS message and their checksum.
PRELUDE = 12

# Nothing is held; whoever holds something makes a new one.
EMPTY = bytearray()


class Framing:
    """One stream's framing.

    limit:  the largest size of a frame, in bytes.
    read, pos: the bytes of this read, and how many of them are used.
    base:   the place of read[0] in the stream.
    held:   the beginning of a frame, cut by reads.
    name, data: of the event found; start: the place of its frame; at: the place of its data.
    frame:  its bytes, to learn from; lead: where in them the data begins.
    cut:    whether it came in several reads. final: whether the end of input ended it.
    code, offset, detail, raw: the thing that is wrong, as a fault tells it.
    runs:   whether frames stand in the stream as a template has them.
    """

    __slots__ = (
        "at",
        "base",
        "code",
        "cut",
        "data",
        "detail",
        "final",
        "frame",
        "held",
        "lead",
        "limit",
        "name",
        "offset",
        "pos",
        "raw",
        "read",
        "runs",
        "start",
    )

    def begin(self, limit: int | None) -> None:
        """Nothing came yet."""
        self.limit = UNBOUNDED if limit is None else min(limit, UNBOUNDED)
        self.held = EMPTY
        self.read = b""
        self.pos = self.base = self.start = self.at = self.lead = self.offset = 0
        self.name = self.data = self.frame = self.raw = b""
        self.code = self.detail = ""
        self.cut = self.final = False
        self.runs = True

    def feed(self, data: bytes) -> None:
        """The next read; the last one is used up."""
        self.base += self.pos
        self.read = data
        self.pos = 0

    def next(self) -> int:
        """The next frame, or what is wrong behind the last one."""
        raise NotImplementedError

    def close(self) -> int:
        """The end of input: what it leaves of a frame."""
        raise NotImplementedError

    def is_clean(self) -> bool:
        """Whether the next byte begins a frame."""
        return not self.held

    def skip(self, size: int) -> None:
        """Whole frames were recognised by somebody else."""
        self.pos += size

    def lose(self, offset: int, last: int) -> bool:
        """The bytes before `offset` are lost, the last of them `last`, or -1; can it go on?

        Bytes up to the next beginning of a frame are lost with them.
        """
        raise NotImplementedError

    def hold(self, stop: int) -> None:
        """Keep the bytes up to `stop` until the rest of their frame comes."""
        if not self.held:
            self.start = self.base + self.pos
            self.held = bytearray()
        self.held += self.read[self.pos : stop]
        self.pos = stop

    def wrong(self, code: str, offset: int, detail: str, raw: bytes) -> None:
        """Tell of a fault."""
        self.code, self.offset, self.detail, self.raw = code, offset, detail, raw[:256]

    def over(self, offset: int) -> int:
        """A frame is larger than the limit: this is the first byte past it."""
        self.held = EMPTY
        self.wrong("limit_event_bytes", offset, "the folding ended here", b"")
        return BREACH
