"""The fast path: a chunk like one seen before costs a comparison and a slice.

Enters: frames, as bytes; for each that the cold path merged, the plan of its values (ledger.py).
Leaves: longer texts, changed scalars, more events.
Must not know: dialects, fields; the look of a frame that it has not seen.

The rules of the compiled twin hold here (_c/fast/templates.pyx gives their reasons): every known
template, replayed now, changes nothing but its slots; a value goes the cold way if it could mean
more than its bytes. The means are those of the interpreter: literals are compared by
`startswith`, a run of chunks for one text is cut by `split` and checked as a whole. No pattern is
made of a payload.
"""

from __future__ import annotations

import re
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from ssefold._py.fast.build import Cell, Cells, Template, build
from ssefold._py.jsonread import read
from ssefold._py.text import Text
from ssefold.engine.jsonmarks import HAS_SURROGATE, OK, number
from ssefold.engine.jsonvalue import text_weight, weight
from ssefold.engine.ledger import tell
from ssefold.engine.outcomes import APPENDED, COUNTED, DROPPED
from ssefold.engine.stream import Stream

MAX_TEMPLATES = 64
# A template holds a copy of its frame.
MAX_FRAME = 16384
# A stream without repeats stops paying after this many.
FIRST_BUILDS = 32
# Every so many hits earn one build more.
HITS_PER_BUILD = 8
# A longer value is read by the cold path.
LONGEST_BODY = 65536
# A run is looked for this far ahead at most: a search without a run costs and brings nothing.
LONGEST_REACH = 65536
# Longer numbers might be out of range, or no integers to a library.
LONGEST_NUMBER = 18
LONGEST_FLOAT = 24

_ANY = 64  # levels that nobody counts
_skip_plain = re.compile(rb'[^"\\\x00-\x1f]*').match
# These cannot fail, and so never go back: hostile values cost no more than their bytes.
_skip_body = re.compile(rb'[^"\\\x00-\x1f]*(?:\\["\\/bfnrtu][^"\\\x00-\x1f]*)*').match
# The same of bodies joined by LF: no body holds one.
_skip_plain_lines = re.compile(rb'[^"\\\x00-\x09\x0b-\x1f]*').match
_skip_lines = re.compile(
    rb'[^"\\\x00-\x09\x0b-\x1f]*(?:\\["\\/bfnrtu][^"\\\x00-\x09\x0b-\x1f]*)*'
).match
_match_number = re.compile(rb"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?").match

UNKNOWN = 0


class Templates:
    """The templates of one stream."""

    __slots__ = (
        "builds", "cells", "changes", "count", "heads", "hits", "last", "least", "likely",
        "openings", "stream", "structure",
    )  # fmt: skip

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.cells = Cells(stream)
        # By the length of their heads, then by the head: searching costs a slice for each
        # length, however many there are.
        self.heads: dict[int, dict[bytes, list[Template]]] = {}
        self.count = 0
        self.last: Template | None = None  # the template that came last
        self.likely: Template | None = None  # the template that probably comes next
        self.least = 0  # a frame is as large at least
        self.builds = FIRST_BUILDS  # how many more may be built without a hit
        self.hits = 0
        # The ledger's counters when `heads` was last looked at.
        self.openings = self.structure = self.changes = 0

    def wanted(self) -> bool:
        """Whether the next cold event should note its plan."""
        return self.builds > 0

    @property
    def crlf(self) -> bool:
        """Whether the last recognised frame ended with CRLF."""
        return self.last is not None and self.last.crlf

    def useful(self) -> bool:
        """Whether anything is known, or may become so."""
        return self.builds > 0 or self.count > 0

    # -- recognising -------------------------------------------------------------------

    def run(self, data: bytes, pos: int, most: int) -> int:
        """Fold the known frames at `pos`, of at most `most` bytes each.

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
                if (
                    template.reach > template.least < size - pos
                    and template.successor is template
                    and not self.least
                ):
                    end = self.run_alike(template, data, pos, most)
                    if end:
                        pos = end
                        continue
                if template.text is not None:
                    end = self.fold_text(template, template.text, data, pos, most)
                else:
                    end = self.fold(template, data, pos, most)
            if not end:
                found = self.search(data, pos, most, template)
                if found is None:
                    break
                template, end = found
            assert template is not None
            if template.alike:
                template.reach += 2 * (end - pos)
            pos = end
            stream.events += 1
            if template is not self.likely:
                self.follow(template)
            self.last = template
            self.likely = template.successor
        hits = self.hits + stream.events - before
        if hits < HITS_PER_BUILD:
            self.hits = hits
        else:
            self.earn(hits)
        return pos

    def whole(self, frame: bytes, most: int) -> bool:
        """Fold a frame that stands alone: nothing of it may be left."""
        self.least = len(frame)
        done = self.run(frame, 0, most)
        self.least = 0
        return done > 0

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
        """The template behind this one last time probably comes next."""
        if self.last is not None:
            self.last.successor = template

    def run_alike(self, template: Template, data: bytes, pos: int, most: int) -> int:
        """Fold frames of one kind, as most of most streams are.

        The first byte behind them, or UNKNOWN and nothing done: then one after the other.
        """
        reach = template.reach
        # Without success it takes as many bytes, one by one, until the next try.
        template.reach = 0
        rows = rows_of(template, data[pos : pos + reach])
        count = len(rows)
        if not count:
            return UNKNOWN
        columns = [rows]
        for middle in template.middles:
            pairs = [row.partition(middle) for row in columns.pop()]
            columns.append([pair[0] for pair in pairs])
            columns.append([pair[2] for pair in pairs])
            if not all([pair[1] for pair in pairs]):
                return UNKNOWN
        fixed = len(template.joint) + sum(map(len, template.middles))
        done = sum([sum(map(len, column)) for column in columns]) + count * fixed
        if done > most and max(map(len, rows)) + len(template.joint) > most:
            return UNKNOWN
        if not self.commit_columns(template, columns, count):
            return UNKNOWN
        template.reach = min(2 * max(done, reach if 2 * done > reach else 0), LONGEST_REACH)
        self.stream.events += count
        return pos + done

    def commit_columns(self, template: Template, columns: list[list[bytes]], count: int) -> bool:
        """Fold the values of many chunks, a column for each slot; False: nothing done."""
        values: list[Any] = []
        held = surrogates = 0
        if template.voiced and not are_in_unison(template, columns):
            return False
        for (_, kind, target, _), column in zip(template.slots, columns, strict=True):
            joined = b"\n".join(column)
            if kind == COUNTED:
                first = target.last + 1
                if joined != b"\n".join([b"%d" % n for n in range(first, first + count)]):
                    return False
                values.append(target.last + count)
                continue
            lines = joined_strings(joined, count, kind == DROPPED)
            if lines is None:
                return False
            values.append(lines[0])
            held += lines[1]
            surrogates |= lines[2]
        ledger = self.stream.ledger
        if held and 0 <= ledger.held_limit < ledger.held + held:
            return False
        ledger.held += held
        for (_, kind, target, _), value in zip(template.slots, values, strict=True):
            if kind == APPENDED:
                target.append(value)
                if target.voice is not None:
                    tell(target.voice, value)
            elif kind == COUNTED:
                target.last = value
        for echo in template.echoes:
            echo.count += count
        if surrogates & HAS_SURROGATE:
            self.stream.surrogates = True
        return True

    def fold_text(self, template: Template, text: Text, data: bytes, pos: int, most: int) -> int:
        """fold() for the usual chunk: one text."""
        tail = template.tail
        at = pos + template.head_size
        end = _skip_plain(data, at, at + LONGEST_BODY).end()  # type: ignore[union-attr]
        if data.startswith(tail, end):
            size = end - at
            flags = 0
            try:
                value = data[at:end].decode()
            except UnicodeDecodeError:
                return UNKNOWN
        else:
            end = _skip_body(data, end, at + LONGEST_BODY).end()  # type: ignore[union-attr]
            string = unescaped(data[at:end]) if data.startswith(tail, end) else None
            if string is None:
                return UNKNOWN
            value, flags = string
            size = text_weight(value)
        end += template.tail_size
        ledger = self.stream.ledger
        held = ledger.held + size
        if end - pos < self.least:
            return UNKNOWN
        if end - pos - template.crlf > most or (size and 0 <= ledger.held_limit < held):
            return UNKNOWN
        ledger.held = held
        text.append(value)
        if flags & HAS_SURROGATE:
            self.stream.surrogates = True
        return end

    def fold(self, template: Template, data: bytes, pos: int, most: int) -> int:
        """Fold the frame at `pos`: the first byte behind it, or UNKNOWN.

        The template's head stands at `pos` already.
        """
        at = pos + template.head_size
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
                    string = unescaped(data[at:end])
                    if string is None:
                        return UNKNOWN
                    value = string[0]
                    surrogates |= string[1]
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
        if at - pos < self.least:
            return UNKNOWN
        if at - pos - template.crlf > most or not self.commit(template, found):
            return UNKNOWN
        if surrogates & HAS_SURROGATE:
            self.stream.surrogates = True
        return at

    def commit(self, template: Template, found: list[Any]) -> bool:
        """Change the answer by the values; False, and nothing done, to go the cold way."""
        ledger = self.stream.ledger
        held = extra = 0
        if template.voiced and not in_unison(template, found):
            return False
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
                if target.voice is not None:
                    tell(target.voice, value)
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
        """How much more the value weighs than the one it replaces; 0 if it does not."""
        if not cell.charged:
            return 0
        return max(0, weight(value) - weight(cell.values[cell.name]))

    def earn(self, hits: int) -> None:
        """Recognised frames earn the right to learn more."""
        self.builds = min(FIRST_BUILDS, self.builds + hits // HITS_PER_BUILD)
        self.hits = hits % HITS_PER_BUILD

    # -- learning ----------------------------------------------------------------------

    def review(self) -> bool:
        """After a cold event: drop templates that would now change more than their slots.

        True if the event may be the first of many. One that opened a place (a role, a
        tool's name) is the first of its kind, and mostly the last.
        """
        ledger = self.stream.ledger
        if ledger is None:
            return False
        steady: bool = self.openings == ledger.openings
        if self.structure != ledger.structure or self.stream.life.ended:
            self.forget()
            steady = False
        elif self.changes != ledger.changes or self.cells.fresh:
            self.drop_stale()
        self.cells.fresh = False
        self.openings = ledger.openings
        self.structure = ledger.structure
        self.changes = ledger.changes
        return steady

    def forget(self) -> None:
        """Drop all templates, which may hold one another."""
        for template in self.all():
            template.successor = None
        self.cells.known.clear()
        self.heads.clear()
        self.count = 0
        self.last = self.likely = None

    def drop_stale(self) -> None:
        """Some literals are no longer the values in the answer."""
        kept = self.all()
        self.heads.clear()
        self.count = 0
        self.last = self.likely = None
        for template in kept:
            template.successor = None
            if template.holds(self.cells):
                self.file(template)

    def all(self) -> list[Template]:
        """Every template."""
        return [one for heads in self.heads.values() for same in heads.values() for one in same]

    def learn(self, frame: bytes, data: int, size: int) -> None:
        """Learn from a frame that was just merged, as far as its plan allows."""
        ledger = self.stream.ledger
        if ledger is None or ledger.plan is None or self.stream.life.ended:
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


def in_unison(template: Template, found: list[Any]) -> bool:
    """Whether the texts of this frame follow their voices: texts that may say the same."""
    spoken = [
        (slot[2].voice, value)
        for slot, value in zip(template.slots, found, strict=True)
        if slot[1] == APPENDED and value and slot[2].voice is not None
    ]
    for position, (voice, value) in enumerate(spoken):
        repeats = False
        for place, (other, its) in enumerate(spoken):
            if place != position and other.group is voice.group:
                if other.rank == voice.rank:
                    return False  # their words count together
                repeats = repeats or (other.rank < voice.rank and its == value)
        if repeats != voice.silent:
            return False
    return True


def are_in_unison(template: Template, columns: list[list[bytes]]) -> bool:
    """The same of many frames, if all are alike: all say one thing, and one of them gives it."""
    voiced = [
        (slot[2].voice, column)
        for slot, column in zip(template.slots, columns, strict=True)
        if slot[1] == APPENDED and slot[2].voice is not None and any(column)
    ]
    if not voiced:
        return True
    first = min([voice.rank for voice, _ in voiced])
    return len({voice.rank for voice, _ in voiced}) == len(voiced) and all(
        [
            voice.group is voiced[0][0].group
            and column == voiced[0][1]
            and voice.silent == (voice.rank > first)
            for voice, column in voiced
        ]
    )


def rows_of(template: Template, window: bytes) -> list[bytes]:
    """The values between head and tail of the template's frames at the beginning of `window`."""
    lines = window.split(b"\n")  # twice as fast as by blank lines: it is memchr
    count = (len(lines) - 1) // template.lines
    begin, stop = template.cut
    rows = [line[begin:stop] for line in lines[template.line : -1 : template.lines]]
    del rows[count:]
    # All of this is only a guess so far. Mostly all of them are its frames.
    head, tail = template.head, template.tail
    if window.startswith(b"%b%b%b" % (head, template.joint.join(rows), tail)):
        return rows
    pos = 0
    for number_of, row in enumerate(rows):
        frame = b"%b%b%b" % (head, row, tail)
        if not window.startswith(frame, pos):
            return rows[:number_of]
        pos += len(frame)
    return rows


def joined_strings(joined: bytes, count: int, dropped: bool) -> tuple[str, int, int] | None:
    """The strings whose bodies LFs join: all of them in one, their weight, flags.

    None if one of them is no sound body. A dropped string is not decoded, and weighs nothing.
    """
    if joined.count(b"\n") != count - 1:
        return None
    if _skip_plain_lines(joined).end() == len(joined):  # type: ignore[union-attr]
        if dropped:
            return "", 0, 0
        try:
            return joined.decode().replace("\n", ""), len(joined) - (count - 1), 0
        except UnicodeDecodeError:
            return None
    if _skip_lines(joined).end() != len(joined):  # type: ignore[union-attr]
        return None
    strings = b'["%b"]' % joined.replace(b"\n", b'","')
    code, values, end, flags = read(strings, 0, _ANY)
    if code != OK or end != len(strings):
        return None
    if dropped:
        return "", 0, flags
    value = "".join(values)
    return value, text_weight(value), flags


def unescaped(body: bytes) -> tuple[str, int] | None:
    """The string of a body matched by _skip_body, and flags; None if it is not sound."""
    if b"\\u" in body:
        code, value, end, flags = read(b'"%b"' % body, 0, _ANY)
        return (value, flags) if code == OK and end == len(body) + 2 else None
    try:
        return scanstring(body.decode() + '"', 0, True)[0], 0
    except UnicodeDecodeError:
        return None
