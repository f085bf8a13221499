"""The event in the merge as it stands on the wire: the JSON text of its values.

Enters: the data of the event, before it is merged; the path of a read value.
Leaves: the bytes of the value as text, `1.50` for `1.50`.
Must not know: rules, the use of the text.

Readers hand on values, and a number does not tell how it was written. Few events have
one where a text belongs: only those are looked at again, once each.

One source for both backends: `_c/engine/wiretext.pxd` says how it is compiled.
"""

from __future__ import annotations

import re
from typing import Any

from ssefold.engine.event_spec import FULL, MERGE, TEXT_VERBS
from ssefold.engine.field_spec import APPEND, CONTENT, PARTS, UNLESS
from ssefold.engine.jsonmarks import OUT_OF_RANGE, number

from .plan import path_of

_skip_space = re.compile(rb"[ \t\n\r]*").match
_match_string = re.compile(rb'"([^"\\]*(?:\\.[^"\\]*)*)"', re.DOTALL).match
_match_number = re.compile(rb"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?").match
_match_word = re.compile(rb"true|false|null").match
_match_colon = re.compile(rb"[ \t\n\r]*:").match

_CLOSING = b"]}"


class Wire:
    """The data of one event, and where its values stand in them.

    data:  the event's data lines, joined: bytes, or their owner while the event is merged
           (`joined()` gives them); None between two events.
    start: where in them the event begins: several may be glued together.
    read:  the backend's reader, for keys with escapes.
    tree:  where the values stand, once somebody asked.
    """

    __slots__ = ("data", "read", "start", "tree")

    data: Any
    start: int
    read: Any
    tree: Any

    def begin(self, data: Any, start: int) -> None:
        """The next event is merged, whose data these are."""
        self.data = data
        self.start = start
        self.tree = None

    def end(self) -> None:
        """It was merged."""
        self.data = self.tree = None

    def joined(self) -> Any:
        """The data: None where there are none."""
        data = self.data
        if data is not None and type(data) is not bytes:
            data = self.data = data.joined()
        return data

    def kept(self, size: int) -> Any:
        """The `size` bytes of the event, to be merged later."""
        data = self.joined()
        return None if data is None else data[self.start : self.start + size]

    def text(self, at: Any, key: Any) -> str | None:
        """The text of the value at `key` below the path `at`; None if it is not there.

        A number, `true`, `false`, `null`, a closed object or list.
        """
        data = self.joined()
        if data is None:
            return None
        if self.tree is None:
            self.tree = _spans(data, self.start, self.read)
        keys = [key]
        while at is not None:
            at, key = at
            keys.append(key)
        span = self.tree
        for key in reversed(keys):
            span = span.below(key) if span is not None else None
        if span is None or span.end < 0:
            return None
        text: str = data[span.start : span.end].decode("utf-8", "replace")
        return text


def new_wire(read: Any) -> Wire:
    """A wire between two events."""
    wire = Wire.__new__(Wire)
    wire.read = read
    wire.data = wire.tree = None
    wire.start = 0
    return wire


class Span:
    """Where a value stands; `end` is -1 while it is open. `held`: the values in it."""

    __slots__ = ("end", "held", "start")

    def __init__(self, start: int, end: int, held: Any) -> None:
        self.start = start
        self.end = end
        self.held = held

    def below(self, key: Any) -> Any:
        """The span of a member or an element, or None."""
        held = self.held
        if type(held) is dict:
            return held.get(key)
        if type(held) is list and type(key) is int and key < len(held):
            return held[key]
        return None


def _spans(data: bytes, pos: int, read: Any) -> Any:
    """The span of the value at `pos`, as far as it is JSON; None if it is none at all.

    It finds the values of the readers, closed or not: numbers too large for any type are no
    elements of lists, and the last of two members with one key counts.
    """
    root: Any = None
    opened: list[Any] = []
    while True:
        pos = _skip_space(data, pos).end()  # type: ignore[union-attr]
        byte = data[pos] if pos < len(data) else 0
        inside = opened[-1] if opened else None
        key: Any = None
        if inside is not None and byte in _CLOSING:
            pos += 1
            inside.end = pos
            opened.pop()
        else:
            if inside is not None and type(inside.held) is dict:
                found = _match_string(data, pos)
                colon = None if found is None else _match_colon(data, found.end())
                if found is None or colon is None:
                    return root
                key = _key(found, read)
                pos = _skip_space(data, colon.end()).end()  # type: ignore[union-attr]
                byte = data[pos] if pos < len(data) else 0
            span = _value(data, pos, byte, inside is not None)
            if span is None:
                return root
            if inside is None:
                root = span
            elif type(inside.held) is dict:
                inside.held[key] = span
            elif not _is_lost(data, span):
                inside.held.append(span)
            if span.end < 0:
                opened.append(span)
                pos += 1
                continue
            pos = span.end
        if not opened:
            return root
        pos = _skip_space(data, pos).end()  # type: ignore[union-attr]
        if data[pos : pos + 1] == b",":
            pos += 1


def _value(data: bytes, pos: int, byte: int, inside: bool) -> Any:
    """The span of the value that begins here, or None."""
    if byte == 0x7B:  # {
        return Span(pos, -1, {})
    if byte == 0x5B:  # [
        return Span(pos, -1, [])
    if byte == 0x22:  # "
        found = _match_string(data, pos)
    elif byte == 0x2D or 0x30 <= byte <= 0x39:
        found = _match_number(data, pos)
        end = pos if found is None else found.end()
        if data[end : end + 1] in (b".", b"e", b"E") or (inside and end == len(data)):
            return None  # it wants more digits, or may have them
    else:
        found = _match_word(data, pos)
    return None if found is None else Span(pos, found.end(), None)


def _key(found: Any, read: Any) -> Any:
    if b"\\" not in found.group(1):
        return found.group(1).decode("utf-8", "replace")
    return read(found.group(), 0, 1)[1]


def _is_lost(data: bytes, span: Any) -> bool:
    """Whether this is a number too large for any type."""
    first = data[span.start]
    if first != 0x2D and not 0x30 <= first <= 0x39:
        return False
    token = data[span.start : span.end].decode("ascii")
    return number(token, not token.lstrip("-").isdigit()) is OUT_OF_RANGE


# -- numbers too large for any type, where a rule takes texts -----------------------------------


def takes_text(table: Any, value: Any, kind: str, at: Any, key: Any) -> bool:
    """Whether the table's rule for this place of the event appends texts."""
    keys = [key]
    while at is not None:
        at, key = at
        keys.append(key)
    keys.reverse()
    if table.kind is None:
        return _is_text_field(table.root, keys)
    own = value.get(table.kind)
    return _is_text_action(table, _actions(table, own if type(own) is str else kind), value, keys)


def _is_text_field(node: Any, keys: list[Any]) -> bool:
    for depth, key in enumerate(keys):
        if node.op == CONTENT:
            texts = node.texts.values()
            return keys[depth + (type(key) is int) :] in [[one] for some in texts for one in some]
        if node.op == APPEND:
            return bool(node.json)  # it is in the text of an object
        if type(key) is int:
            if node.op == PARTS:
                return keys[depth + 1 :] == [node.parts.joins]
            node = node.item
        else:
            node = node.children.get(key, node.rest)
        if node is not None and node.op == UNLESS:
            node = node.item
        if node is None:
            return False
    return bool(node.op == APPEND or node.op == CONTENT)


def _actions(table: Any, kind: str) -> Any:
    actions = table.events.get(kind)
    if actions is None:
        for prefix, suffix, below in table.patterns:
            if kind.startswith(prefix) and kind.endswith(suffix):
                return below
    return actions


def _is_text_action(table: Any, actions: Any, value: Any, keys: list[Any]) -> bool:
    if type(actions) is dict:
        found = value
        for step in actions["by"]:
            found = found.get(step) if isinstance(found, dict) else None
        actions = actions.get(found if type(found) is str else None, actions.get("*"))
    for action in actions or ():
        if action.verb == MERGE and _is_text_field(table.root, keys):
            return True
        if list(action.source) == keys and (
            action.verb in TEXT_VERBS
            or (action.verb == FULL and action.holds is str)
        ):
            return True
    return False


def strip(log: Any, removed: Any, value: Any, at: Any) -> None:
    """Take out the numbers beyond any double: each with an anomaly, or kept in `removed`."""
    if isinstance(value, dict):
        members = [(key, value[key]) for key in value]
        keys = [key for key, _ in members] if removed is not None else None
    elif isinstance(value, list):
        members = list(enumerate(value))
        keys = None
    else:
        return
    for key, below in members:
        if below is OUT_OF_RANGE:
            if removed is None:
                log.anomaly("number_range", path_of(at, key))
            else:
                removed.append((value, keys, at, key))
            if isinstance(value, dict):
                del value[key]
        else:
            strip(log, removed, below, (at, key))
    if isinstance(value, list):
        value[:] = [below for below in value if below is not OUT_OF_RANGE]


def put_back(table: Any, wire: Any, log: Any, removed: Any, value: Any, kind: str) -> None:
    """Numbers beyond any double are texts, where the dialect's rule takes texts."""
    for holder, keys, at, key in removed:
        text = None
        if keys is not None and takes_text(table, value, kind, at, key):
            text = wire.text(at, key)
        if text is None:
            log.anomaly("number_range", path_of(at, key))
            continue
        log.anomaly("text_as_value", path_of(at, key))
        holder[key] = text
        for later in keys[keys.index(key) + 1 :]:
            if later in holder:
                holder[later] = holder.pop(later)  # where it stood


def leave_out(log: Any, removed: Any) -> None:
    """They stay out of an event outside the answer."""
    for _, _, at, key in removed or ():
        log.anomaly("number_range", path_of(at, key))
