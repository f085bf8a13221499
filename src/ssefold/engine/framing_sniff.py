"""The framing of a stream, by its first bytes.

Enters: the first reads, cut anywhere; the caller's word for the framing, or a hint.
Leaves: the name of the framing, at the first byte that decides.
Must not know: the framings themselves, dialects: whether a first line is an event of a dialect
that speaks NDJSON, its caller says.

What the bytes say, without a wait for more of them than that takes:

- `[` begins an array of events.
- A first line that is a whole JSON object, and an event of an NDJSON dialect or followed by another
  `{`, is NDJSON. Until then it may be a whole answer: both begin alike.
- Two lengths and their right checksum begin AWS event-stream frames.
- Anything else goes to the framer of event streams. The framer names a body that is none.

A framing that the caller named holds, with one exception: servers send an error body (JSON, a page
of markup) in place of any stream, and such a body is judged as what it is.

One source for both backends: `_c/engine/framing_sniff.pxd` says how it is compiled.
"""

from __future__ import annotations

from binascii import crc32
from typing import Any

from .framing_base import BOM, PRELUDE

SSE = "sse"
NDJSON = "ndjson"
JSON_ARRAY = "json-array"
AWS = "aws"

NAMES = (SSE, NDJSON, JSON_ARRAY, AWS)

# The types of bodies that tell of a framing; more than a hint is none of them.
HINTS = {
    "text/event-stream": SSE,
    "application/x-ndjson": NDJSON,
    "application/ndjson": NDJSON,
    "application/jsonl": NDJSON,
    "application/x-jsonlines": NDJSON,
    "application/jsonlines": NDJSON,
    "application/vnd.amazon.eventstream": AWS,
}

SPACE = b" \t\r\n"

# White space that is waited behind; beyond it, it is a stream's that keeps a connection open.
MOST_SPACE = 1024

# The first byte of a length below 128 MiB: no text begins with one of these.
MOST_BINARY = 8

OPEN_BRACKET, OPEN_BRACE, LESS = 0x5B, 0x7B, 0x3C

# What is waited for.
FIRST_BYTE = 0
FIRST_LINE = 1
SECOND = 2
LENGTHS = 3


class Sniffer:
    """named: the caller's word, or None. hint: a framing, or None. held: all bytes so far, up to
    the decision. where: how far they were looked at; mark: where the first line begins or ends.
    waits: nobody else may look at these bytes before.
    """

    __slots__ = ("held", "hint", "mark", "named", "state", "waits", "where")

    def begin(self, named: str | None, hint: str | None) -> None:
        """Nothing came yet."""
        self.named = named
        self.hint = hint
        self.held = bytearray()
        self.state = FIRST_BYTE
        self.where = self.mark = 0
        self.waits = False

    def look(self, data: bytes, speaks: Any) -> str | None:
        """The framing, or None while these bytes leave it open.

        speaks: told of a first line, says None if it is no whole JSON object, else whether it is
        an event of an NDJSON dialect.
        """
        self.held += data
        if self.state == FIRST_BYTE:
            found = self.first()
            if found is not None or self.state == FIRST_BYTE:
                return found
        if self.state == LENGTHS:
            return self.lengths()
        if self.state == FIRST_LINE:
            end = self.held.find(b"\n", self.where)
            if end < 0:
                self.where = len(self.held)
                return None
            found = self.line(end, speaks)
            if found is not None:
                return found
        return self.second()

    def first(self) -> str | None:
        """By the first byte behind white space and a BOM."""
        held = self.held
        size = len(held)
        where = self.where
        if where == 0:
            if size < 3 and BOM.startswith(held):
                return None
            if held.startswith(BOM):
                where = 3
        while where < size and where <= MOST_SPACE and held[where] in SPACE:
            where += 1
        self.where = where
        if where > MOST_SPACE:
            return SSE if self.named is None else self.named
        if where == size:
            return None
        c = held[where]
        if self.named is not None:
            strange = c == LESS or (c == OPEN_BRACE and self.named != NDJSON)
            strange = strange or (self.named == JSON_ARRAY and c != OPEN_BRACKET)
            return SSE if strange else self.named
        if c == OPEN_BRACKET:
            return JSON_ARRAY
        if c == OPEN_BRACE:
            self.state = FIRST_LINE
            self.mark = where
            return None
        if c < MOST_BINARY and where == 0:
            self.state = LENGTHS
            self.waits = True
            return None
        return SSE

    def lengths(self) -> str | None:
        """By two lengths and their checksum."""
        held = self.held
        if len(held) < PRELUDE:
            return None
        checksum = int.from_bytes(held[8:PRELUDE], "big")
        return AWS if crc32(held[:8]) == checksum else SSE

    def line(self, end: int, speaks: Any) -> str | None:
        """By the first line."""
        spoken = speaks(bytes(self.held[self.mark : end]))
        if spoken is None:
            return SSE
        if spoken or self.hint == NDJSON:
            return NDJSON
        self.state = SECOND
        self.where = self.mark = end
        return None

    def second(self) -> str | None:
        """By the first byte of the next line."""
        held = self.held
        size = len(held)
        where = self.where
        last = self.mark + MOST_SPACE
        while where < size and where <= last and held[where] in SPACE:
            where += 1
        self.where = where
        if where > last:
            return SSE
        if where == size:
            return None
        return NDJSON if held[where] == OPEN_BRACE else SSE

    def close(self, speaks: Any) -> str:
        """By all there is: the end of input came."""
        if self.state == FIRST_LINE:
            spoken = speaks(bytes(self.held[self.mark :]))
            if spoken or (spoken is not None and self.hint == NDJSON):
                return NDJSON
        return SSE if self.named is None or self.named == JSON_ARRAY else self.named


def new_sniffer(named: str | None, hint: str | None) -> Sniffer:
    """A sniffer of a stream of which nothing came."""
    sniffer = Sniffer.__new__(Sniffer)
    sniffer.begin(named, hint)
    return sniffer
