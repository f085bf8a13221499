r"""NDJSON: a JSON value on each line.

Enters: reads, cut anywhere.
Leaves: a frame for each line that is not blank; the last one may lack its line end.
Must not know: JSON, dialects.

A line ends at LF; a CR before it belongs to the end. The limit counts a line with its end. A BOM
before the first line is no part of it: the first read has all of it, or none.

    >>> from ssefold.engine.framing_lines import new_lines
    >>> framing = new_lines(None)
    >>> framing.feed(b'{"a":1}\r\n\r\n{"a"')
    >>> framing.next(), framing.data, framing.start
    (1, b'{"a":1}', 0)
    >>> framing.next()
    0
    >>> framing.close(), framing.data, framing.start
    (1, b'{"a"', 11)

One source for both backends: `_c/engine/framing_lines.pxd` says how it is compiled.
"""

from __future__ import annotations

from .framing_base import BOM, EMPTY, EVENT, NOTHING_YET, Framing

LF = 0x0A


class Lines(Framing):
    """skipping: up to the next line end nothing is read: its beginning was lost."""

    __slots__ = ("skipping",)

    def begin(self, limit: int | None) -> None:
        """Nothing came yet."""
        Framing.begin(self, limit)
        self.skipping = False

    def next(self) -> int:
        """The next line."""
        size = len(self.read)
        if self.base == 0 and self.pos == 0 and self.read.startswith(BOM):
            self.pos = len(BOM)
        while self.pos < size:
            end = self.read.find(b"\n", self.pos)
            stop = size if end < 0 else end + 1
            if self.skipping:
                self.pos = stop
                self.skipping = end < 0
                continue
            if len(self.held) + stop - self.pos > self.limit:
                return self.over(self.base + self.pos - len(self.held) + self.limit)
            if end < 0:
                self.hold(size)
                break
            if self.take(stop):
                return EVENT
        return NOTHING_YET

    def take(self, stop: int) -> bool:
        """A whole line, or False if it is blank."""
        self.cut = len(self.held) > 0
        if self.cut:
            self.hold(stop)
            frame = bytes(self.held)
            self.held = EMPTY
        else:
            self.start = self.base + self.pos
            frame = self.read[self.pos : stop]
            self.pos = stop
        return self.put(frame, False)

    def put(self, frame: bytes, final: bool) -> bool:
        """Tell of this line, unless it is blank."""
        data = frame[:-1] if frame.endswith(b"\n") else frame
        if data.endswith(b"\r"):
            data = data[:-1]
        if not data.strip(b" \t\r"):
            return False
        self.frame, self.data, self.final = frame, data, final
        self.at = self.start
        return True

    def close(self) -> int:
        """The last line, if its end is missing."""
        frame, self.held = bytes(self.held), EMPTY
        return EVENT if frame and self.put(frame, True) else NOTHING_YET

    def lose(self, offset: int, last: int) -> bool:
        """Go on behind the next line end."""
        self.held = EMPTY
        self.read = b""
        self.pos = 0
        self.base = offset
        self.skipping = last != LF
        return True

    def is_clean(self) -> bool:
        """Whether the next byte begins a line."""
        return not (self.held or self.skipping)


def new_lines(limit: int | None) -> Lines:
    """A stream of which nothing came; limit: the most bytes of a line, None for no limit."""
    framing = Lines.__new__(Lines)
    framing.begin(limit)
    return framing
