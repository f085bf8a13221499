"""The stream of a caller's dialect, as far as its table's FIELDS have a way back.

Enters: an answer, and a table whose events merge member by member.
Leaves: the events: first all whole members, then each text in pieces, then the end.
Must not know: any dialect; frames, bytes.

A table says how events become an answer, and not the API's own stream. So the stream is one that
the table folds to the answer. The fold is tried before the stream is handed out:

    {"answers":[{"n":0,"words":"","end":null}]}
    {"answers":[{"n":0,"words":"Hello"}]}
    {"answers":[{"n":0,"end":"stop"}]}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ssefold._accumulator import StreamAccumulator
from ssefold._replay.check import refuse
from ssefold._replay.frames import END, Event, frame, pieces
from ssefold.engine.detect import Source, among, decides_for, has_signs
from ssefold.engine.field_spec import APPEND, CALLS, CONTENT, DROP, ENTRIES, FINISH, OBJECT
from ssefold.engine.jsonvalue import repair, same
from ssefold.engine.table import Node, Table
from ssefold.limits import Limits

Json = dict[str, Any]

# A path into the answer, and its step from a list to an element.
Steps = tuple[str, ...]
ELEMENT = "[]"

# The answer is the caller's own: nothing of it is too much.
UNLIMITED = Limits(
    max_event_bytes=None, max_output_bytes=None, max_total_bytes=None, max_choices=None,
    max_tool_calls=None, max_blocks=None, max_depth=None,
)  # fmt: skip


class _Way(NamedTuple):
    """The events for one value: the first, those between, the last."""

    first: Any
    between: Iterable[Any] = ()
    last: Any = None


def events(source: Source, table: Table, answer: Json, size: int | None) -> Iterator[Event]:
    """The events of an answer."""
    ending: set[Steps] = {(name,) for name, _ in table.terminator}
    if table.finished:
        each = table.finished.get("each")
        ending.add((*(() if each is None else (*each, ELEMENT)), *table.finished["has"]))
    way = _object(table, table.root, answer, size, ending)
    last = {**(way.last or {}), **_terminator(table, answer)}
    name, sign = _sign(source, table, way.first)
    for event in (way.first, *way.between, *([last] if last else ())):
        yield name, {**sign, **event}
    if not table.terminator:
        yield END


def _sign(source: Source, table: Table, first: Json) -> tuple[str, Json]:
    """The sign of an event of this dialect, if nothing of an answer tells: its name, or a member
    without a trace in the answer."""
    if not has_signs(source) or decides_for(source, first, ""):
        return "", {}
    (signs,) = among((source,)).signs
    texts = [(member, texts[0].strip("*")) for member, texts in signs.values if texts]
    for member, value in [*((key, "") for key in signs.keys), *texts]:
        if table.root.children.get(member, table.root.rest).op == DROP:
            return "", {member: value}
    return (signs.events[0] if signs.events else ""), {}


def _terminator(table: Table, answer: Json) -> Json:
    """The member that ends the stream: the one in the answer, else the first."""
    for name, last in table.terminator:
        if same(answer.get(name), last):
            return {name: last}
    return dict(table.terminator[:1])


def _object(table: Table, node: Node, value: Json, size: int | None, ending: set[Steps]) -> _Way:
    """An object by its members; `ending`: those that come last, beside finish reasons."""
    first: Json = {}
    last: Json = {}
    between: list[Iterable[Any]] = []
    for key, below in value.items():
        name, child = _giver(node, key)
        if below is not None and (child.op == FINISH or (key,) in ending):
            first[name], last[name] = None, below
            continue
        way = _value(table, child, below, size, _within(ending, key))
        first[name] = way.first
        between.append(_under(name, way.between))
        if way.last is not None:
            last[name] = way.last
    return _Way(first, _chained(between), last or None)


def _within(ending: set[Steps], step: str) -> set[Steps]:
    """The paths that lead on from this step."""
    return {path[1:] for path in ending if path[0] == step and len(path) > 1}


def _chained(many: list[Iterable[Any]]) -> Iterator[Any]:
    for each in many:
        yield from each


def _under(name: str, values: Iterable[Any]) -> Iterator[Json]:
    for value in values:
        yield {name: value}


def _in_element(routed: Json, objects: Iterable[Json]) -> Iterator[list[Json]]:
    for one in objects:
        yield [{**routed, **one}]


def _giver(node: Node, key: str) -> tuple[str, Node]:
    """The member of an event for the answer's `key`, and its rule."""
    own = node.children.get(key)
    if own is not None and own.name == key:
        return key, own
    for name, child in node.children.items():
        if child.name == key and name != key:
            return name, child
    return key, node.rest if own is None else own


def _value(table: Table, node: Node, value: Any, size: int | None, ending: set[Steps]) -> _Way:
    """One value, by its rule."""
    op = node.op
    if op in (APPEND, CONTENT) and isinstance(value, str):
        return _Way("", pieces(value, size))
    if op == OBJECT and isinstance(value, dict) and node.named:
        return _object(table, node, value, size, ending)
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        return _Way(value)  # where elements merge one by one, the fold refuses it
    if op == ENTRIES:
        return _elements(table, node, node.by, value, size, ending)
    if op == CALLS:
        return _elements(table, node, node.calls.by, value, size, ending)
    return _Way(value)


def _elements(
    table: Table, node: Node, by: str, value: list[Any], size: int | None, ending: set[Steps]
) -> _Way:
    """The elements of a list, each with its routing member."""
    first: list[Json] = []
    last: list[Json] = []
    between: list[Iterable[Any]] = []
    for position, element in enumerate(value):
        index = element.get(by)
        routed = {by: position if index is None else index}
        others = {key: below for key, below in element.items() if key != by}
        way = _object(table, node.item, others, size, _within(ending, ELEMENT))
        first.append({**routed, **way.first})
        between.append(_in_element(routed, way.between))
        if way.last is not None:
            last.append({**routed, **way.last})
    return _Way(first, _chained(between), last or None)


# -- does it come back? --------------------------------------------------------------------------


def check(source: Source, answer: Json, stream: Iterable[Event]) -> None:
    """Whether the table folds these events to the answer: refused if it does not."""
    name = source["NAME"]
    acc = StreamAccumulator(dialect=source, limits=UNLIMITED)
    for event, data in stream:
        acc.feed(frame(event, data))
    acc.close()
    if acc.status == "failed":
        refuse("", f"a stream of {name} reports an error by it")
    if acc.status != "complete" or acc.fault_count:
        fault = acc.faults[0].code if acc.faults else acc.status
        refuse("", f"a fold of its stream by the table of {name} ends as {fault}")
    _compare(answer, acc.snapshot(), "", name)


def _compare(value: Any, folded: Any, path: str, name: str) -> None:
    """The answer came back the same, but for nulls and empty lists without a key."""
    if isinstance(value, dict) and isinstance(folded, dict):
        for key in {**value, **folded}:
            _compare(value.get(key), folded.get(key), f"{path}.{key}", name)
    elif isinstance(value, list) and isinstance(folded, list) and len(value) == len(folded):
        for position, (one, other) in enumerate(zip(value, folded, strict=True)):
            _compare(one, other, f"{path}[{position}]", name)
    elif value == [] and folded is None:
        return
    elif not same(repair(value) if isinstance(value, str) else value, folded):
        refuse(path, f"by the table of {name} no stream gives it back")
