r"""AWS event-stream frames: application/vnd.amazon.eventstream.

Enters: reads, cut anywhere.
Leaves: a frame for each message: its name, its payload; wrong checksums and impossible lengths.
Must not know: JSON, dialects, the meaning of a name.

A message, all numbers big-endian: its length (4 bytes), that of its headers (4), the CRC-32 of
these eight bytes (4), the headers, the payload, the CRC-32 of all before it (4). A header: the
length of its name (1), the name, its type (1), its value.
https://smithy.io/2.0/aws/amazon-eventstream.html

No byte of a payload leaves before its checksum was right. A wrong checksum of the first eight
bytes, or a length that cannot be, ends the reading: nothing tells where the next message begins.
A wrong checksum of a message costs that message alone.

    >>> from binascii import crc32
    >>> from ssefold.engine.framing_binary import new_binary
    >>> head = (18).to_bytes(4, "big") + bytes(4)
    >>> message = head + crc32(head).to_bytes(4, "big") + b"{}"
    >>> message += crc32(message).to_bytes(4, "big")
    >>> framing = new_binary(None)
    >>> framing.feed(message)
    >>> framing.next(), framing.data, framing.at
    (1, b'{}', 12)

One source for both backends: `_c/engine/framing_binary.pxd` says how it is compiled.
"""

from __future__ import annotations

import json
from binascii import crc32

from .framing_base import BREACH, EMPTY, EVENT, FAILURE, FAULT, NOTHING_YET, PRELUDE, Framing

CHECKSUM = 4

# The sizes of a header's value by its type; of two types the size stands before the value.
SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
BYTES, STRING = 6, 7

# The headers that are looked at.
MESSAGE_TYPE = b":message-type"
EVENT_TYPE = b":event-type"
EXCEPTION_TYPE = b":exception-type"
ERROR_CODE = b":error-code"
ERROR_MESSAGE = b":error-message"
WANTED = frozenset((MESSAGE_TYPE, EVENT_TYPE, EXCEPTION_TYPE, ERROR_CODE, ERROR_MESSAGE))


class Binary(Framing):
    """total: the length of the message being read, 0 while it is not known. sum: the checksum of
    its first `summed` bytes.
    """

    __slots__ = ("sum", "summed", "total")

    def begin(self, limit: int | None) -> None:
        """Nothing came yet."""
        Framing.begin(self, limit)
        self.runs = False
        self.total = self.sum = self.summed = 0

    def next(self) -> int:
        """The next message."""
        if not self.held and len(self.read) - self.pos >= PRELUDE:
            self.start = self.base + self.pos
            bad = self.measure(self.read[self.pos : self.pos + PRELUDE])
            if bad:
                return bad
            stop = self.pos + self.total
            if stop <= len(self.read):
                frame = self.read[self.pos : stop]
                self.pos = stop
                self.cut = False
                return self.take(frame, crc32(frame[:-CHECKSUM]))
        return self.gather()

    def gather(self) -> int:
        """A message that reads cut."""
        size = len(self.read)
        while self.pos < size:
            need = (self.total or PRELUDE) - len(self.held)
            self.hold(min(size, self.pos + need))
            if self.total:
                self.add_up()
            if len(self.held) < (self.total or PRELUDE):
                break
            if self.total:
                frame = bytes(self.held)
                self.held = EMPTY
                self.cut = True
                return self.take(frame, self.sum)
            bad = self.measure(bytes(self.held))
            if bad:
                return bad
        return NOTHING_YET

    def add_up(self) -> None:
        """The running checksum of what is held."""
        upto = min(len(self.held), self.total - CHECKSUM)
        if upto > self.summed:
            self.sum = crc32(self.held[self.summed : upto], self.sum)
            self.summed = upto

    def measure(self, prelude: bytes) -> int:
        """The lengths of a message, or what is wrong with them."""
        total = int.from_bytes(prelude[:4], "big")
        headers = int.from_bytes(prelude[4:8], "big")
        if crc32(prelude[:8]) != int.from_bytes(prelude[8:], "big"):
            return self.broken(8, "the checksum of a message's lengths is wrong", prelude)
        if total < PRELUDE + CHECKSUM:
            return self.broken(0, "a message's length cannot be", prelude)
        if headers > total - PRELUDE - CHECKSUM:
            return self.broken(4, "the length of a message's headers cannot be", prelude)
        if total > self.limit:
            return self.over(self.start + self.limit)
        self.total = total
        self.sum = self.summed = 0
        return NOTHING_YET

    def broken(self, where: int, detail: str, raw: bytes) -> int:
        """Nothing behind this byte can be trusted."""
        self.held = EMPTY
        self.wrong("bad_frame", self.start + where, detail, raw)
        return BREACH

    def take(self, frame: bytes, found: int) -> int:
        """A whole message; found: its checksum as it is."""
        end = self.total - CHECKSUM
        self.total = 0
        if found != int.from_bytes(frame[end:], "big"):
            self.wrong("bad_frame", self.start + end, "the checksum of a message is wrong", frame)
            return FAULT
        behind = PRELUDE + int.from_bytes(frame[4:8], "big")
        headers: dict[bytes, bytes] = {}
        bad = read_headers(frame, behind, headers)
        if bad >= 0:
            self.wrong("bad_frame", self.start + bad, "a message's headers are damaged", frame)
            return FAULT
        self.frame = frame[PRELUDE:end]
        self.lead = behind - PRELUDE
        self.at = self.start + behind
        self.data = frame[behind:end]
        kind = headers.get(MESSAGE_TYPE)
        if kind == b"exception":
            self.name = headers.get(EXCEPTION_TYPE, b"")
            return FAILURE
        if kind == b"error":
            self.name = headers.get(ERROR_CODE, b"")
            self.data = error_of(headers)
            return FAILURE
        self.name = headers.get(EVENT_TYPE, b"")
        return EVENT

    def close(self) -> int:
        """A message that was cut: its checksum never came, and none of it counts."""
        if not self.held:
            return NOTHING_YET
        raw, self.held = bytes(self.held), EMPTY
        self.wrong("truncated_event", self.start + len(raw), "end of input", raw)
        return FAULT

    def lose(self, offset: int, last: int) -> bool:
        """Nothing tells where the next message begins."""
        self.held = EMPTY
        return False


def read_headers(frame: bytes, end: int, found: dict[bytes, bytes]) -> int:
    """Read the headers that somebody wants; where they are damaged, or -1."""
    pos = PRELUDE
    while pos < end:
        begins = pos
        name = frame[pos + 1 : pos + 1 + frame[pos]]
        pos += 1 + frame[pos]
        if pos >= end:
            return begins
        kind = frame[pos]
        pos += 1
        if kind in (BYTES, STRING):
            if pos + 2 > end:
                return begins
            size = int.from_bytes(frame[pos : pos + 2], "big")
            pos += 2
        elif kind in SIZES:
            size = SIZES[kind]
        else:
            return begins
        if pos + size > end:
            return begins
        if kind == STRING and name in WANTED:
            found[name] = frame[pos : pos + size]
        pos += size
    return -1


def error_of(headers: dict[bytes, bytes]) -> bytes:
    """The payload of an error told by headers alone, as JSON."""
    code = headers.get(ERROR_CODE, b"").decode("utf-8", "replace")
    message = headers.get(ERROR_MESSAGE, b"").decode("utf-8", "replace")
    return json.dumps({"code": code, "message": message}, ensure_ascii=False).encode()


def new_binary(limit: int | None) -> Binary:
    """A stream of which nothing came; limit: the most bytes of a message, None for no limit."""
    framing = Binary.__new__(Binary)
    framing.begin(limit)
    return framing
