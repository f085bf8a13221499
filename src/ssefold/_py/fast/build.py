"""Templates: a chunk's bytes, cut where a value may differ.

Enters: a frame that the cold path just merged, and the plan of its values (ledger.py).
Leaves: a run of literal bytes, and slots with the bytes behind them; or nothing, where a template
would say too much.
Must not know: how frames are compared, dialects, fields.

A container is a literal here where the compiled twin may have a slot: another value there goes
the cold way.
"""

from __future__ import annotations

import re
from typing import Any

from ssefold._py.jsonread import read_slowly
from ssefold._py.text import Text
from ssefold.engine.jsonvalue import same
from ssefold.engine.outcomes import (
    APPENDED,
    COUNTED,
    DROPPED,
    ECHOED,
    EXTENDED,
    FIXED,
    KEPT,
    LAST_MEMBER,
    LAST_ONE,
    OPENED,
    ROUTED,
)
from ssefold.engine.plan import Plan
from ssefold.engine.stream import Stream
from ssefold.engine.stream_failures import is_telling

# A slot is looked at one by one: where there are more, the cold path costs as much.
MOST_SLOTS = 16
# Each level is two calls of the interpreter's.
MOST_LEVELS = 32

_match_key = re.compile(rb'"([^"\\\x00-\x1f]*)"[ \t]*:[ \t]*').match
_skip_space = re.compile(rb"[ \t]*").match
_skip_scalar = re.compile(rb'"(?:[^"\\]|\\.)*"|[-+.0-9A-Za-z]+').match
_WHITE = b" \t\n\r"

Slot = tuple[bool, int, Any, bytes]


class Cell:
    """A scalar that differed once: values[name]; `charged`: by its weight."""

    __slots__ = ("charged", "name", "values")

    def __init__(self, values: dict[str, Any], name: str, charged: bool) -> None:
        self.values = values
        self.name = name
        self.charged = charged


class Template:
    """The form of a chunk.

    head:   the bytes before the first slot; with no slots the whole frame.
    slots:  (whether a string, the outcome of the value, where it goes, the bytes behind it); of a
            string the quotes are no part of the slot.
    tail:   the bytes behind the last slot. crlf: it ends with CRLF.
    lines:  how many lines it has, the blank one too; line: the number of the one with the slots;
            cut: where in that line they are, as a slice has it.
    joint:  a tail and the head of the next one; middles: the bytes between slots.
    text:   the Text of its only slot, or None if there is more to do.
    alike:  whether many of its kind can be folded at once; reach: how far ahead to look
            for them, in bytes; least: from where on.
    literal_values: (values, name, value) of the values repeated by its literals. echoes: their
    counters. voiced: whether a text's voice has to be looked at.
    """

    __slots__ = (
        "alike", "crlf", "cut", "echoes", "head", "head_size", "joint", "least", "line", "lines",
        "literal_values", "middles", "reach", "slots", "successor", "tail", "tail_size", "text",
        "voiced",
    )  # fmt: skip

    def __init__(
        self, pieces: list[bytes], slots: list[tuple[bool, int, Any]], literal_values: list[Any],
        echoes: list[Any],
    ) -> None:  # fmt: skip
        self.slots: list[Slot] = [
            (*slot, behind) for slot, behind in zip(slots, pieces[1:], strict=True)
        ]
        self.literal_values = literal_values
        self.echoes = echoes
        self.head = pieces[0]
        self.head_size = len(self.head)
        self.tail = pieces[-1]
        self.tail_size = len(self.tail)
        self.crlf = self.tail.endswith(b"\r\n")
        self.line = self.head.count(b"\n")
        self.lines = self.line + self.tail.count(b"\n")
        self.cut = (self.head_size - self.head.rfind(b"\n") - 1, -self.tail.find(b"\n"))
        self.joint = self.tail + self.head
        self.middles = pieces[1:-1]
        self.successor: Template | None = None
        self.reach = 0
        self.least = 2 * sum(map(len, pieces))
        # Many are cut apart by their line ends: an element of an array has none.
        self.alike = bool(slots) and self.tail.endswith(b"\n") and _are_columns(slots)
        self.text: Text | None = None
        self.voiced = any([kind == APPENDED and target.voice for _, kind, target in slots])
        if len(slots) == 1 and slots[0][1] == APPENDED and not echoes and not self.voiced:
            self.text = slots[0][2]

    def holds(self, cells: Cells) -> bool:
        """Whether its literals are still the values in the answer, and no slot changes them."""
        return all(
            name in values and same(values[name], value) and (id(values), name) not in cells.known
            for values, name, value in self.literal_values
        )


def _are_columns(slots: list[tuple[bool, int, Any]]) -> bool:
    """Whether each slot's values can be taken alone: no two go to one text."""
    targets = [id(target) for _, _, target in slots if target is not None]
    kinds = {(is_string, kind) for is_string, kind, _ in slots}
    return len(set(targets)) == len(targets) and kinds <= {
        (True, APPENDED), (True, DROPPED), (False, COUNTED),
    }  # fmt: skip


class Cells:
    """The last values of one stream that differed once: slots from then on.

    fresh: one became a slot, and the templates that repeat it have to be looked at.
    unsure: a slot may say more to a follower than that a text grew.
    """

    __slots__ = ("fresh", "known", "stream", "unsure")

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.fresh = self.unsure = False
        self.known: dict[tuple[int, str], Cell] = {}

    def of(self, kind: int, values: Any, name: str, changed: bool) -> Cell | None:
        """The cell of values[name], or None while it never changed."""
        route = (id(values), name)  # a cell holds its own key
        found = self.known.get(route)
        if found is None and changed:
            if name in self.stream.source.told:
                self.unsure = True
            found = self.known[route] = Cell(values, name, kind == LAST_MEMBER)
            self.fresh = True
        return found

    def text_of(self, target: Any, name: str) -> Text | None:
        """The text that grows at `name` of an object's values, or of a state."""
        text = target.get(name) if type(target) is dict else getattr(target, name)
        if type(text) is not Text:
            return None
        if name in self.stream.source.called:
            self.unsure = True
        return text


def build(cells: Cells, plan: Plan, frame: bytes, data: int, size: int) -> Template | None:
    """The template of a frame, whose JSON are `size` bytes at `data`; None: there is none."""
    return _Builder(cells, plan, frame, data + size).build(data)


class _Builder:
    """Lays a plan side by side with its bytes. They are sound JSON."""

    __slots__ = (
        "behind", "cells", "echoes", "end", "entries", "frame", "literal_values", "p", "paths",
        "pieces", "slots", "telling",
    )  # fmt: skip

    def __init__(self, cells: Cells, plan: Plan, frame: bytes, end: int) -> None:
        self.cells = cells
        self.telling = plan.telling
        # Looked up once for each value: its first outcome, and the plan below it.
        self.entries: dict[Any, Any] = {}
        notes = iter(plan.notes)
        for at, key, entry in zip(notes, notes, notes, strict=True):
            self.entries.setdefault((id(at), key), entry)
        self.paths = {(id(path[0]), path[1]): path for path in plan.paths}
        self.frame = frame
        self.end = end
        self.p = 0  # where the walk is
        self.behind = 0  # where the last slot ended
        self.pieces: list[bytes] = []
        self.slots: list[tuple[bool, int, Any]] = []
        self.literal_values: list[Any] = []
        self.echoes: list[Any] = []

    def build(self, data: int) -> Template | None:
        self.space(data)
        if self.frame[self.p] != 0x7B or not self.walk_object(None, 1):
            return None
        self.pieces.append(self.frame[self.behind :])
        return Template(self.pieces, self.slots, self.literal_values, self.echoes)

    def space(self, p: int) -> None:
        self.p = _skip_space(self.frame, p).end()  # type: ignore[union-attr]

    def comma(self) -> None:
        """Step over the bytes between two values."""
        self.space(self.p)
        if self.frame[self.p] == 0x2C:
            self.space(self.p + 1)

    def walk_object(self, at: Any, level: int) -> bool:
        """The members of the object at `p`; False where no template can be made."""
        frame = self.frame
        keys = set()
        if level > MOST_LEVELS:
            return False
        self.space(self.p + 1)
        while frame[self.p] != 0x7D:
            found = _match_key(frame, self.p)
            if found is None:
                return False  # an escape in a key
            name = found[1]
            if name in keys or not name.isascii():
                return False  # twice: the last one counts, and the first would be looked at
            keys.add(name)
            self.p = found.end()
            if not self.walk_value(at, name.decode("ascii"), level):
                return False
            self.comma()
        self.p += 1
        return True

    def walk_array(self, at: Any, level: int) -> bool:
        """The elements of the array at `p`."""
        position = 0
        self.space(self.p + 1)
        while self.frame[self.p] != 0x5D:
            if not self.walk_value(at, position, level):
                return False
            position += 1
            self.comma()
        self.p += 1
        return True

    def walk_value(self, at: Any, key: Any, level: int) -> bool:
        """One value: a literal, a slot, or the sum of its members."""
        entry = self.entries.get((id(at), key))
        if entry is None:
            return False
        kind = entry[0]
        first = self.frame[self.p]
        if kind == OPENED or kind == ROUTED:
            below = self.paths.get((id(at), key))
            if below is None:
                return False
            if first == 0x7B:
                return self.walk_object(below, level + 1)
            return first == 0x5B and self.walk_array(below, level + 1)
        end = self.end_of_value(first)
        if end < 0 or not self.add(kind, entry, first, end, at, key):
            return False
        self.p = end
        return True

    def end_of_value(self, first: int) -> int:
        """The first byte behind the value at `p`; -1: a line ends in it."""
        frame = self.frame
        if first != 0x7B and first != 0x5B:
            return _skip_scalar(frame, self.p).end()  # type: ignore[union-attr]
        end = read_slowly(frame[: self.end], self.p, 256)[2]
        while frame[end - 1] in _WHITE:
            end -= 1
        return end

    def add(self, kind: int, entry: Any, first: int, end: int, at: Any, key: Any) -> bool:
        """Take in a value that is no object or list of its own; False: no template."""
        _, target, name, changed = entry
        is_string = first == 0x22
        is_number = first == 0x2D or 0x30 <= first <= 0x39
        # Another value may make an error of an event: a literal, or no template.
        telling = at is None and is_telling(key, self.telling)
        if telling and kind == APPENDED:
            return False
        if kind == APPENDED:
            text = self.cells.text_of(target, name) if is_string else None
            return text is not None and self.add_slot(kind, text, end)
        if kind == COUNTED:
            return is_number and self.add_slot(kind, target, end)
        if kind == DROPPED:
            return telling or not (is_string or is_number) or self.add_slot(kind, None, end)
        if kind == LAST_ONE or kind == LAST_MEMBER:
            cell = self.cells.of(kind, target, name, changed)
            if cell is not None:
                # Two values for one place: their order is the rules' business.
                taken = any(slot[2] is cell for slot in self.slots)
                return (
                    (is_string or is_number)
                    and not (taken or telling)
                    and self.add_slot(LAST_ONE, cell, end)
                )
        if kind == KEPT or kind == LAST_ONE or kind == LAST_MEMBER:
            self.literal_values.append((target, name, target[name]))
        elif kind == ECHOED:
            self.echoes.append(target[name])
        elif kind == EXTENDED:
            return self.frame[self.p : end] == b"[]"
        return kind in (FIXED, KEPT, ECHOED, EXTENDED, LAST_ONE, LAST_MEMBER)

    def add_slot(self, kind: int, target: Any, end: int) -> bool:
        """A slot from `p` to `end`; of a string the body, its quotes are literal."""
        if len(self.slots) == MOST_SLOTS:
            return False
        quote = int(self.frame[self.p] == 0x22)
        self.pieces.append(self.frame[self.behind : self.p + quote])
        self.slots.append((quote == 1, kind, target))
        self.behind = end - quote
        return True
