"""A JSON array whose elements are events.

Enters: reads, cut anywhere.
Leaves: a frame for each element, at its last byte; the array's end; bytes that stand between two
elements and are no comma.
Must not know: the values inside an element, dialects.

An API streams such an array, and logs keep one for each answer. The limit counts an element.

One source for both backends: `_c/engine/framing_elements.pxd` says how it is compiled.
"""

from __future__ import annotations

import re
from typing import Any

from .framing_base import BOM, BREACH, EMPTY, EVENT, FAULT, NOTHING_YET, SAYS_END, Framing

# Where in the array the stream stands.
BEFORE = 0  # white space, or a BOM, and `[`
BEGUN = 1  # behind `[`
AFTER = 2  # behind an element
NEXT = 3  # behind a comma
WITHIN = 4
PAST_END = 5  # behind `]`
GAP = 6  # behind something wrong, up to the next comma, bracket or brace
SILENT = 7  # nothing is read any more

_skip_space = re.compile(rb"[ \t\r\n]*").match
_skip_gap = re.compile(rb"[^,\]{]*").match

COMMA, OPEN, SHUT, BRACE = 0x2C, 0x5B, 0x5D, 0x7B

# `[package]` and `[[bin]]` are no arrays of JSON, `[true]` is one.
_TABLE = re.compile(rb"[A-Za-z_]")
_TABLES = re.compile(rb"\[\[?\s*(?!(?:true|false|null)$)[A-Za-z_]")
TOML = "TOML: no answer of an API"
NO_ELEMENTS = "an empty JSON array"
BEYOND = "something behind the array's end"


class Elements(Framing):
    """state: where in the array the stream stands. scan: finds the end of an element, see
    jsonread; depth, mode: how far it is. many: the elements found. value_at: the place of the
    element being read.
    """

    __slots__ = ("depth", "many", "mode", "scan", "state", "value_at")

    def open(self, limit: int | None, scan: Any) -> None:
        """Nothing came yet."""
        Framing.begin(self, limit)
        self.scan = scan
        self.state = BEFORE
        self.depth = self.mode = self.many = self.value_at = 0

    def is_clean(self) -> bool:
        """Whether the next byte stands behind an element."""
        return self.state == AFTER

    def next(self) -> int:
        """The next element, or what stands in its place."""
        size = len(self.read)
        frame_at = self.pos  # the frame's first byte, as a template has it
        fresh = self.state == AFTER
        while self.pos < size:
            if self.state == WITHIN:
                return self.go_on(-1)
            found: Any = _skip_space(self.read, self.pos)
            self.pos = found.end()
            if self.pos == size:
                break
            c = self.read[self.pos]
            if self.state == BEFORE:
                if c == OPEN:
                    self.state = BEGUN
                elif c not in BOM:
                    return self.odd(c)
            elif self.state == PAST_END:
                self.wrong("bad_json", self.base + self.pos, BEYOND, bytes((c,)))
                self.state = SILENT
                return FAULT
            elif self.state == SILENT:
                self.pos = size
                break
            elif c == SHUT and self.state in (BEGUN, AFTER, GAP):
                self.pos += 1
                return self.shut()
            elif c == COMMA and self.state in (AFTER, GAP):
                self.state = NEXT
            elif self.state in (BEGUN, NEXT) or (self.state == GAP and c == BRACE):
                if not is_value(c):
                    return self.odd(c)
                self.state = WITHIN
                self.depth = self.mode = 0
                self.value_at = self.base + self.pos
                return self.go_on(frame_at if fresh else -1)
            elif self.state == GAP:
                gap: Any = _skip_gap(self.read, self.pos)
                self.pos = gap.end()
                continue
            else:
                return self.odd(c)
            self.pos += 1
        return NOTHING_YET

    def go_on(self, frame_at: int) -> int:
        """Read an element on; frame_at: where its frame begins in this read, -1: before it."""
        end, self.depth, self.mode = self.scan(self.read, self.pos, self.depth, self.mode)
        stop = len(self.read) if end < 0 else end
        if self.base + stop - self.value_at > self.limit:
            return self.over(self.value_at + self.limit)
        if end < 0:
            self.hold(stop)
            return NOTHING_YET
        self.cut = frame_at < 0
        self.state = AFTER
        if self.held:
            self.hold(stop)
            self.data, self.held = bytes(self.held), EMPTY
        else:
            self.data = self.read[self.pos : stop]
            self.pos = stop
        self.frame = self.data if self.cut else self.read[frame_at:stop]
        return self.put(False)

    def put(self, final: bool) -> int:
        """Tell of this element."""
        self.lead = len(self.frame) - len(self.data)
        self.start = self.at = self.value_at
        self.final = final
        self.many += 1
        if self.many == 1 and _TABLES.match(b"[" + self.data):
            return self.no_array(self.data)
        return EVENT

    def odd(self, c: int) -> int:
        """A byte that cannot stand here."""
        at = self.base + self.pos
        raw = bytes((c,))  # how much of the rest is here, the reads decide
        if self.state == BEGUN and _TABLE.match(raw):
            return self.no_array(raw)
        self.wrong("bad_json", at, f"byte 0x{c:02x}", raw)
        if c not in b",]{":
            self.pos += 1
        self.state = GAP
        return FAULT

    def no_array(self, raw: bytes) -> int:
        """It only looked like one."""
        self.wrong("not_an_event_stream", 0, TOML, raw)
        return BREACH

    def shut(self) -> int:
        """`]`: the array is whole."""
        self.state = PAST_END
        self.offset = self.base + self.pos - 1
        if self.many == 0:
            self.wrong("not_an_event_stream", 0, NO_ELEMENTS, b"[]")
            return BREACH
        return SAYS_END

    def close(self) -> int:
        """An element that was cut; a number may be whole."""
        if self.state != WITHIN or not self.held:
            return NOTHING_YET
        self.data = self.frame = bytes(self.held)
        self.held = EMPTY
        self.state = PAST_END
        return self.put(True)

    def lose(self, offset: int, last: int) -> bool:
        """Where an element ends, only its beginning tells."""
        self.held = EMPTY
        return False


def is_value(c: int) -> bool:
    """Whether a JSON value may begin with this byte."""
    return c in b'{["-0123456789tfn'


def new_elements(limit: int | None, scan: Any) -> Elements:
    """An array of which nothing came; limit: the most bytes of an element, None for no limit."""
    framing = Elements.__new__(Elements)
    framing.open(limit, scan)
    return framing
