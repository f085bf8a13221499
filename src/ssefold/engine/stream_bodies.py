"""The nature of a body that is no event stream.

Enters: how a body without events begins.
Leaves: its nature and the way out, in a few words; whether it can be read on.
Must not know: streams, dialects.

One source for both backends: `_c/engine/stream_bodies.pxd` says how it is compiled.
"""

from __future__ import annotations

import re
from binascii import crc32

# A body at the beginning of one of these was cut, and is nothing else.
FIELD_NAMES = (b"data", b"event", b"id", b"retry")

# So much of a body's beginning is looked at.
BEGINNING = 64

# Google's APIs stream an array, unless they are asked for events.
ARRAY = "a JSON array: ask for events (alt=sse)"
FRAMES = "AWS event-stream frames (application/vnd.amazon.eventstream) with a wrong checksum"
UTF_16 = "UTF-16 text: convert it to UTF-8 first"

# The first bytes of compressed bodies, passed on by somebody without unpacking.
MAGIC = ((b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"))

# `[package]` is no list of JSON, `[true]` is one; nor is `name = "x"` JSON.
_TOML = re.compile(rb"\[\[?\s*(?!(?:true|false|null)\b)[A-Za-z_]|[A-Za-z0-9_.-]+ += +[^\s=]")

# The first header of a frame, behind the length of its name; a shorter one is a line end.
_HEADERS = (b"\x0b:event-type", b"\x0f:exception-type")


# Of an array only the first element is looked at, if it is an error.
ARRAY_BYTES = 64 * 1024


class Body:
    """The lines of a body outside any field, while no event came.

    begin: how it begins. parts: the lines, if they may be JSON; size: of them.
    """

    __slots__ = ("begin", "parts", "size")

    def __init__(self) -> None:
        self.begin = b""
        self.parts: list[bytes] | None = None
        self.size = 0

    def add(self, stray: bytes, most: int | None) -> bool:
        """Lines came, from one blank line to the next; False if there are too many."""
        if not self.begin:
            self.begin = stray.lstrip()[:BEGINNING]
        if not self.begin.startswith((b"{", b"[")):
            return True
        self.size += len(stray) + 1
        if self.begin.startswith(b"["):
            if self.size > ARRAY_BYTES and self.parts:
                return True
            stray = stray[:ARRAY_BYTES]
        elif most is not None and self.size > most + 1:
            return False
        if self.parts is None:
            self.parts = []
        self.parts.append(stray)
        return True

    def possible_json(self) -> bytes:
        """The body, or how it begins, if it may be JSON."""
        parts, self.parts = self.parts, None
        return b"\n".join(parts).lstrip() if parts else b""

    def is_cut(self) -> bool:
        """Whether it is the beginning of a field, and nothing else."""
        return any([name.startswith(self.begin) for name in FIELD_NAMES])

    def drop(self) -> None:
        """Nothing asks for it any more."""
        self.parts = None

    def what(self) -> str:
        """Its nature, and the way out, where no field of an event stream stood in it."""
        if _TOML.match(self.begin):
            return "TOML: no answer of an API"
        kinds = {b"<": "markup", b"{": "JSON that is no whole answer", b"[": ARRAY}
        return kinds.get(self.begin[:1], "no field of an event stream in it")


def unreadable(begin: bytes) -> str:
    """The nature of a body's bytes if no line in them can be one of a stream; else ""."""
    for magic, name in MAGIC:
        if begin.startswith(magic):
            return f"{name}: decompress it first"
    if begin.startswith((b"\xff\xfe", b"\xfe\xff")) or _is_wide(begin):
        return UTF_16
    return FRAMES if _is_frame(begin) else ""


def _is_wide(begin: bytes) -> bool:
    """Whether each second byte of the first ones is zero: ASCII in UTF-16, without a mark."""
    for zero in (0, 1):
        zeros, others = begin[zero:8:2], begin[1 - zero : 8 : 2]
        if len(zeros) > 1 and not any(zeros) and all(others):
            return True
    return False


def _is_frame(begin: bytes) -> bool:
    """Whether a prelude begins here: two lengths, and the checksum of these eight bytes.

    One with a line end in it is cut there: its first header tells it.
    """
    if len(begin) >= 12:
        total, headers = int.from_bytes(begin[:4], "big"), int.from_bytes(begin[4:8], "big")
        if total >= 16 + headers and crc32(begin[:8]) == int.from_bytes(begin[8:12], "big"):
            return True
    return begin[:1] == b"\0" and any([header in begin for header in _HEADERS])
