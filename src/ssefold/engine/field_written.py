"""Arguments that come value by value: an object written at paths, and its JSON text as it grows.

Enters: paths as strings, values. Leaves: the object; its JSON text, piece by piece.
Must not know: the members with paths and values in an event, dialects.

The text grows while each value stands behind the one before it, as a model writes them. Any other
value (an earlier one again, one in a closed list) goes to the object alone. When the arguments
end, its top-level member stands in the text once more, whole: of two members with one key the
last one counts.

Strangers choose the paths. A list is held by the indexes that came: a high one costs no more than
a low one, and a missing one leaves nothing. A path's length is bounded by the allowed depth.

    >>> from ssefold.engine.field_written import steps_of
    >>> steps_of("$.city['na.me'][0]", 9)
    ('city', 'na.me', 0)

One source for both backends: `_c/engine/field_written.pxd` says how it is compiled.
"""

from __future__ import annotations

import json
import re
from typing import Any

from .jsonvalue import repair_text, same, text_weight, weight
from .ledger import Ledger
from .state import Entries, read

# One step: `.name`, `[0]`, `['name']` or `["name"]`.
STEP = re.compile(
    r"""\.([^.\[\]'"*\s][^.\[\]]*)|\[([0-9]{1,15})\]"""
    r"""|\['([^'\\]*(?:\\.[^'\\]*)*)'\]|\["([^"\\]*(?:\\.[^"\\]*)*)"\]""",
    re.DOTALL,
)
ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
ITSELF = "/\\'\""

# The cost of an element or a member beside its key and value.
MEMBER_WEIGHT = 64


class Written:
    """An object written at paths.

    values:    the object: dicts, Entries for lists, buffers for growing strings.
    text:      its JSON text so far, a buffer.
    path:      the steps to the last value in the text; in_string: it goes on.
    behind:    the top-level members that differ in the text, or None.
    room:      how many steps a path may have.
    """

    __slots__ = ("behind", "in_string", "path", "room", "text", "values")

    def __init__(self, text: Any, room: int) -> None:
        self.values: dict[str, Any] = {}
        self.text = text
        self.path: tuple[Any, ...] = ()
        self.in_string = False
        self.behind: dict[str, None] | None = None
        self.room = room

    def get(self) -> Any:
        """The object, fresh."""
        return read(self.values)

    @property
    def taken(self) -> int:
        count: int = self.text.taken
        return count

    def take(self, final: bool, reader: int = 0) -> str:
        """The JSON text since this reader took the last time."""
        piece: str = self.text.take(final, reader)
        return piece

    def peek(self, final: bool, reader: int = 0) -> str:
        piece: str = self.text.peek(final, reader)
        return piece

    def accept(self, reader: int = 0) -> None:
        self.text.accept(reader)


# -- paths ---------------------------------------------------------------------------------


def steps_of(path: Any, most: int) -> Any:
    """The keys and indexes of `$.a[0]['b']`; None if it cannot be read.

    Of a path with more than `most` steps, one step more than that.
    """
    if type(path) is not str or not path.startswith("$"):
        return None
    steps: list[Any] = []
    position = 1
    while position < len(path) and len(steps) <= most:
        found = STEP.match(path, position)
        if found is None:
            return None
        name, index, single, double = found.groups()
        if index is not None:
            steps.append(int(index))
        else:
            key = name if name is not None else _unescaped(single if single is not None else double)
            if key is None:
                return None
            steps.append(key)
        position = found.end()
    return tuple(steps) or None


def _unescaped(key: str) -> str | None:
    """A quoted key without its escapes; None if one of them is none."""
    if "\\" not in key:
        return key
    found = ESCAPE.findall(key)
    if not all([len(one) > 1 or one in ESCAPES or one in ITSELF for one in found]):
        return None
    return repair_text(ESCAPE.sub(_meant, key))


def _meant(found: Any) -> str:
    escape: str = found.group(1)
    return chr(int(escape[1:], 16)) if len(escape) > 1 else ESCAPES.get(escape, escape)


# -- writing -------------------------------------------------------------------------------


def write(ledger: Ledger, written: Any, steps: Any, value: Any, goes_on: bool) -> bool:
    """Write `value` at `steps`; `goes_on`: more of this string may follow.

    False if something else stands on the way. It then stays.
    """
    container = written.values
    last = len(steps) - 1
    for position, step in enumerate(steps):
        if type(container) is not (Entries if type(step) is int else dict):
            return False
        if not _has(container, step):
            _put_new(ledger, written, container, steps, position, value, goes_on)
            _tell_new(ledger, written, steps, position, value, goes_on)
            return True
        below = _at(container, step)
        if position == last:
            return _write_again(ledger, written, container, steps, below, value, goes_on)
        if below is None:  # a null gives way
            _put_new(ledger, written, container, steps, position, value, goes_on)
            _falls_behind(written, steps)
            return True
        container = below
    return False


def end_string(ledger: Ledger, written: Any, steps: Any) -> None:
    """The growing string at `steps`, if there is one, is whole."""
    container = written.values
    for position, step in enumerate(steps):
        if type(container) is not (Entries if type(step) is int else dict):
            return
        below = _at(container, step)
        if position == len(steps) - 1 and type(below) is ledger.text:
            _write_again(ledger, written, container, steps, below, "", False)
        container = below


def end(ledger: Ledger, written: Any) -> None:
    """Nothing follows: close the text, and write its differing members again."""
    if not written.path:
        return  # nothing came, and nothing is told
    out: list[str] = []
    _close(written, 1, out)
    for key in written.behind or ():
        out += [",", _json(key), ":", _json(read(written.values[key]))]
    written.behind = None
    out.append("}")
    _tell(ledger, written, out)


def _write_again(
    ledger: Ledger, written: Any, container: Any, steps: Any, old: Any, value: Any, goes_on: bool
) -> bool:
    """Where a value stands: a growing string takes more, objects merge, the last one counts."""
    kind = type(old)
    if kind is ledger.text:
        if type(value) is str or value is None:
            _grow(ledger, written, container, steps, old, value or "", goes_on)
            return True
    elif value is None:
        return True  # it takes nothing back
    elif kind is dict or kind is Entries:
        inside: Any
        if isinstance(value, dict) and kind is dict:
            inside = value.items()
        elif isinstance(value, list) and kind is Entries:
            inside = enumerate(value)
        else:
            return False
        return all([write(ledger, written, (*steps, at), one, False) for at, one in inside])
    elif same(old, value) and not goes_on:
        return True
    ledger.charge(weight(value) - (0 if kind is ledger.text else weight(old)))
    _put(container, steps[len(steps) - 1], _state(ledger, value, goes_on))
    ledger.added += 1
    _falls_behind(written, steps)
    return True


def _grow(
    ledger: Ledger, written: Any, container: Any, steps: Any, text: Any, value: str, goes_on: bool
) -> None:
    """More of a string, or its end."""
    if value:
        ledger.charge(text_weight(value))
        text.append(value)
        ledger.added += 1
    if not goes_on:
        _put(container, steps[len(steps) - 1], text.get())
    if written.in_string and written.path == steps and not _is_behind(written, steps):
        out = [_json(value)[1:-1]]
        if not goes_on:
            out.append('"')
            written.in_string = False
        _tell(ledger, written, out)
    elif value:
        _falls_behind(written, steps)


def _put_new(
    ledger: Ledger,
    written: Any,
    container: Any,
    steps: Any,
    position: int,
    value: Any,
    goes_on: bool,
) -> None:
    """A value where none was, and the objects and lists on its way."""
    size = weight(value)
    for step in steps[position:]:
        size += MEMBER_WEIGHT + (text_weight(step) if type(step) is str else 0)
    ledger.charge(size)
    new = _state(ledger, value, goes_on)
    for step in reversed(steps[position + 1 :]):
        around: Any = Entries() if type(step) is int else {}
        _put(around, step, new)
        new = around
    _put(container, steps[position], new)
    ledger.added += 1


def _state(ledger: Ledger, value: Any, goes_on: bool) -> Any:
    """The state of a value: a buffer of a growing string, Entries of a list with indexes."""
    if type(value) is str and goes_on:
        text = ledger.text()
        text.append(value)
        return text
    if isinstance(value, dict):
        return {key: _state(ledger, below, False) for key, below in value.items()}
    if isinstance(value, list):
        entries = Entries()
        for index, below in enumerate(value):
            entries.put(index, _state(ledger, below, False))
        return entries
    return value


def _has(container: Any, step: Any) -> bool:
    if type(container) is dict:
        return step in container
    items = container.items
    return bool(container.start == step or (items is not None and step in items))


def _at(container: Any, step: Any) -> Any:
    return container.get(step) if type(container) is dict else container.at(step)


def _put(container: Any, step: Any, value: Any) -> None:
    if type(container) is dict:
        container[step] = value
    else:
        container.put(step, value)


# -- the JSON text -------------------------------------------------------------------------


def _tell_new(
    ledger: Ledger, written: Any, steps: Any, position: int, value: Any, goes_on: bool
) -> None:
    """A value new from the step at `position` on: behind the last one, if it can be."""
    path = written.path
    if _is_behind(written, steps):
        return
    if path and not (
        position < len(path)
        and path[:position] == steps[:position]
        and (type(steps[position]) is str or steps[position] > path[position])
    ):
        _falls_behind(written, steps)
        return
    out: list[str] = []
    if path:
        _close(written, position + 1, out)
        out.append(",")
    else:
        out.append("{")
    for number in range(position, len(steps)):
        step = steps[number]
        if number > position:
            out.append("[" if type(step) is int else "{")
        if type(step) is str:
            out += [_json(step), ":"]
    text = _json(value)
    written.in_string = goes_on and type(value) is str
    out.append(text[:-1] if written.in_string else text)
    written.path = steps
    _tell(ledger, written, out)


def _close(written: Any, depth: int, out: list[str]) -> None:
    """The open brackets in the text, from within, but for the `depth` outermost."""
    if written.in_string:
        out.append('"')
        written.in_string = False
    for step in reversed(written.path[depth:]):
        out.append("]" if type(step) is int else "}")


def _falls_behind(written: Any, steps: Any) -> None:
    if written.behind is None:
        written.behind = {}
    written.behind[steps[0]] = None


def _is_behind(written: Any, steps: Any) -> bool:
    return written.behind is not None and steps[0] in written.behind


def _tell(ledger: Ledger, written: Any, out: list[str]) -> None:
    text = "".join(out)
    ledger.charge(text_weight(text))
    written.text.append(text)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
