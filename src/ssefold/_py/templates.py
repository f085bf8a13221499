"""The fast path: a chunk like one seen before costs a comparison and a slice.

Enters: frames, as bytes; for each that the cold path merged, the plan of what happened
to its values (ledger.py).
Leaves: longer texts, changed scalars, more events.
Must not know: dialects, fields; what a frame looks like that it has not seen.

What holds for the compiled twin (_c/templates.pyx, which tells why) holds here: every
known template, replayed now, changes nothing but its slots; a value goes the cold way if
it could mean more than its bytes. The means are those of the interpreter: literals are
compared by `startswith`, a run of chunks that all append to one text is cut by `split`
and checked as a whole. No pattern is made of a payload.
"""

from __future__ import annotations

import re
from typing import Any

from ssefold._py.build import Cell, Cells, Template, build
from ssefold._py.jsonread import read
from ssefold._py.text import Text
from ssefold.plain import text_weight, weight
from ssefold.plan import APPENDED, COUNTED, DROPPED
from ssefold.stream import Stream
from ssefold.values import HAS_SURROGATE, OK, number

MAX_TEMPLATES = 64
# A template holds a copy of its frame.
MAX_FRAME = 16384
# A stream that never repeats stops paying after this many.
FIRST_BUILDS = 32
# Every so many hits earn one build more.
HITS_PER_BUILD = 8
# A longer value is read by the cold path.
LONGEST_BODY = 65536
# A run is looked for this far ahead at most: what is no run was searched for nothing.
LONGEST_REACH = 65536
# Longer numbers might be out of range, or no integers to a library.
LONGEST_NUMBER = 18
LONGEST_FLOAT = 24

_ANY = 64  # levels that nobody counts
_skip_plain = re.compile(rb'[^"\\\x00-\x1f]*').match
# These cannot fail, and so never go back: hostile values cost no more than their bytes.
_skip_body = re.compile(rb'[^"\\\x00-\x1f]*(?:\\["\\/bfnrtu][^"\\\x00-\x1f]*)*').match
# The same of bodies that are joined by LF, which no body holds.
_skip_plain_lines = re.compile(rb'[^"\\\x00-\x09\x0b-\x1f]*').match
_skip_lines = re.compile(
    rb'[^"\\\x00-\x09\x0b-\x1f]*(?:\\["\\/bfnrtu][^"\\\x00-\x09\x0b-\x1f]*)*'
).match
_match_number = re.compile(rb"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?").match

UNKNOWN = 0


class Templates:
    """The templates of one stream."""

    __slots__ = (
        "builds", "cells", "changes", "count", "heads", "hits", "last", "likely", "openings",
        "stream", "structure",
    )  # fmt: skip

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.cells = Cells()
        # By the length of their heads, then by the head: searching costs a slice for each
        # length, however many there are.
        self.heads: dict[int, dict[bytes, list[Template]]] = {}
        self.count = 0
        self.last: Template | None = None  # what came last
        self.likely: Template | None = None  # what probably comes next
        self.builds = FIRST_BUILDS  # how many more may be built without a hit
        self.hits = 0
        # The ledger's counters when `heads` was last looked at.
        self.openings = self.structure = self.changes = 0

    def wanted(self) -> bool:
        """Whether the next cold event should note its plan."""
        return self.builds > 0

    @property
    def crlf(self) -> bool:
        """Whether the last frame that was recognised ended with CRLF."""
        return self.last is not None and self.last.crlf

    def useful(self) -> bool:
        """Whether anything is known, or may become so."""
        return self.builds > 0 or self.count > 0

    # -- recognising -------------------------------------------------------------------

    def run(self, data: bytes, pos: int, most: int) -> int:
        """Fold the frames at `pos` that are known, of at most `most` bytes each.

        The first byte behind them; `last` is the template of the last one.
        """
        if not self.count:
            return pos
        stream = self.stream
        before = stream.events
        size = len(data)
        while pos < size:
            template = self.likely
            end = UNKNOWN
            if template is not None and data.startswith(template.head, pos):
                text = template.text
                if text is not None and self.runs(template, size - pos):
                    end = self.run_text(template, text, data, pos, most)
                    if end:
                        pos = end
                        continue
                end = self.fold(template, data, pos, most)
            if not end:
                found = self.search(data, pos, most, template)
                if found is None:
                    break
                template, end = found
            assert template is not None
            template.reach += 2 * (end - pos)
            pos = end
            stream.events += 1
            self.follow(template)
        self.earn(stream.events - before)
        return pos

    def search(
        self, data: bytes, pos: int, most: int, guess: Template | None
    ) -> tuple[Template, int] | None:
        """Fold the frame at `pos` by any template but the likely one."""
        for length, heads in self.heads.items():
            for template in heads.get(data[pos : pos + length], ()):
                if template is not guess:
                    end = self.fold(template, data, pos, most)
                    if end:
                        return template, end
        return None

    def follow(self, template: Template) -> None:
        """What came after this one last time probably comes next."""
        if self.last is not template:
            if self.last is not None:
                self.last.successor = template
            self.last = template
        self.likely = template.successor

    def runs(self, template: Template, left: int) -> bool:
        """Whether a run of it is worth looking for."""
        return template.successor is template and min(template.reach, left) > 2 * len(
            template.joint
        )

    def run_text(
        self, template: Template, text: Text, data: bytes, pos: int, most: int
    ) -> int:
        """Fold frames that all append to one text, which most of most streams do.

        The first byte behind them, or UNKNOWN and nothing done: then one after the other.
        """
        head, tail = template.head, template.tail
        reach = template.reach
        pieces = data[pos + len(head) : pos + reach].split(template.joint)
        # The last one is the end of the run, or was cut.
        size = pieces[-1].find(tail)
        if size < 0:
            pieces.pop()
        else:
            pieces[-1] = pieces[-1][:size]
        count = len(pieces)
        fixed = len(head) + len(tail)
        # Without success it takes as many bytes, one by one, until the next try.
        template.reach = 0
        if not count or max(map(len, pieces)) + fixed > most:
            return UNKNOWN
        joined = b"\n".join(pieces)
        if joined.count(b"\n") != count - 1:
            return UNKNOWN
        added = self.append_lines(text, joined, count)
        if not added:
            return UNKNOWN
        done = len(joined) - (count - 1) + count * fixed
        template.reach = min(2 * max(done, reach if 2 * done > reach else 0), LONGEST_REACH)
        self.stream.events += count
        return pos + done

    def append_lines(self, text: Text, joined: bytes, count: int) -> bool:
        """Append string bodies, which LFs join, to a text; False, and nothing done, if any
        of them is none, or it would be too much.
        """
        surrogates = 0
        if _skip_plain_lines(joined).end() == len(joined):  # type: ignore[union-attr]
            try:
                value = joined.decode().replace("\n", "")
            except UnicodeDecodeError:
                return False
            size = len(joined) - (count - 1)
        elif _skip_lines(joined).end() == len(joined):  # type: ignore[union-attr]
            strings = b'["%b"]' % joined.replace(b"\n", b'","')
            code, values, end, surrogates = read(strings, 0, _ANY)
            if code != OK or end != len(strings):
                return False
            value = "".join(values)
            size = text_weight(value)
        else:
            return False
        ledger = self.stream.merger
        if size and 0 <= ledger.held_limit < ledger.held + size:
            return False
        ledger.held += size
        text.append(value)
        if surrogates & HAS_SURROGATE:
            self.stream.surrogates = True
        return True

    def fold(self, template: Template, data: bytes, pos: int, most: int) -> int:
        """Do what the frame at `pos` says: the first byte behind it, or UNKNOWN.

        The template's head stands at `pos` already.
        """
        at = pos + len(template.head)
        surrogates = 0
        found: list[Any] = []
        for is_string, kind, _, literal in template.slots:
            if is_string:
                end = _skip_plain(data, at, at + LONGEST_BODY).end()  # type: ignore[union-attr]
                if data.startswith(literal, end):
                    value: Any = None
                    if kind != DROPPED:
                        try:
                            value = data[at:end].decode()
                        except UnicodeDecodeError:
                            return UNKNOWN
                else:
                    end = _skip_body(data, end, at + LONGEST_BODY).end()  # type: ignore[union-attr]
                    if not data.startswith(literal, end):
                        return UNKNOWN
                    body = b'"%b"' % data[at:end]
                    code, value, behind, flags = read(body, 0, _ANY)
                    if code != OK or behind != len(body):
                        return UNKNOWN
                    surrogates |= flags
            else:
                digits = _match_number(data, at)
                if digits is None:
                    return UNKNOWN
                end = digits.end()
                if not data.startswith(literal, end):
                    return UNKNOWN
                is_float = digits[1] is not None
                if end - at > (LONGEST_FLOAT if is_float else LONGEST_NUMBER):
                    return UNKNOWN
                value = number(digits[0].decode(), is_float)
            found.append(value)
            at = end + len(literal)
        if at - pos - template.crlf > most or not self.commit(template, found):
            return UNKNOWN
        if surrogates & HAS_SURROGATE:
            self.stream.surrogates = True
        return at

    def commit(self, template: Template, found: list[Any]) -> bool:
        """Do to the answer what the values say; False, and nothing done, to go the cold way."""
        ledger = self.stream.merger
        held = extra = 0
        for (_, kind, target, _), value in zip(template.slots, found, strict=True):
            if kind == APPENDED:
                held += text_weight(value)
            elif kind == COUNTED:
                if type(value) is not int or value != target.last + 1:
                    return False
            elif kind != DROPPED:
                extra += self.growth(target, value)
        if held and 0 <= ledger.held_limit < ledger.held + held:
            return False
        if extra and 0 <= ledger.extra_limit < ledger.extra + extra:
            return False
        ledger.held += held
        for (_, kind, target, _), value in zip(template.slots, found, strict=True):
            if kind == APPENDED:
                target.append(value)
            elif kind == COUNTED:
                target.last = value
            elif kind != DROPPED:
                if target.charged:
                    ledger.extra += weight(value) - weight(target.values[target.name])
                target.values[target.name] = value
        for echo in template.echoes:
            echo.count += 1
        return True

    def growth(self, cell: Cell, value: Any) -> int:
        """How much more the value weighs than what it replaces; 0 if it does not."""
        if not cell.charged:
            return 0
        return max(0, weight(value) - weight(cell.values[cell.name]))

    def earn(self, hits: int) -> None:
        """What is recognised earns the right to learn more."""
        self.hits += hits
        if self.hits >= HITS_PER_BUILD:
            self.builds = min(FIRST_BUILDS, self.builds + self.hits // HITS_PER_BUILD)
            self.hits %= HITS_PER_BUILD

    # -- learning ----------------------------------------------------------------------

    def review(self) -> bool:
        """After a cold event: drop what would now change more than its slots.

        True if the event may be the first of many. One that opened a place (a role, a
        tool's name) is the first of its kind, and mostly the last.
        """
        ledger = self.stream.merger
        if ledger is None:
            return False
        steady: bool = self.openings == ledger.openings
        if self.structure != ledger.structure or self.stream.ended:
            self.forget()
            steady = False
        elif self.changes != ledger.changes:
            self.keep_what_holds()
        self.openings = ledger.openings
        self.structure = ledger.structure
        self.changes = ledger.changes
        return steady

    def forget(self) -> None:
        """Drop all templates."""
        self.cells.known.clear()
        self.heads.clear()
        self.count = 0
        self.last = self.likely = None

    def keep_what_holds(self) -> None:
        """Some literals are no more what stands in the answer."""
        kept = [one for heads in self.heads.values() for same in heads.values() for one in same]
        self.heads.clear()
        self.count = 0
        self.last = self.likely = None
        for template in kept:
            if template.holds():
                template.successor = None
                self.file(template)

    def learn(self, frame: bytes, data: int, size: int) -> None:
        """Learn from a frame that was just merged, as far as its plan allows."""
        ledger = self.stream.merger
        if ledger is None or ledger.plan is None or self.stream.ended:
            return
        self.builds -= 1
        if len(frame) > MAX_FRAME or self.count >= MAX_TEMPLATES:
            return
        template = build(self.cells, ledger.plan, frame, data, size)
        if template is not None:
            self.file(template)
            if self.last is not None:
                self.last.successor = template
            template.successor = template
            self.last = self.likely = template

    def file(self, template: Template) -> None:
        """Keep a template where search() finds it."""
        head = template.head
        self.heads.setdefault(len(head), {}).setdefault(head, []).append(template)
        self.count += 1
