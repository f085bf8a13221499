"""The dialect of an event or a body, by the tables' DETECT and WHOLE.

Enters: a decoded event and its SSE event name; or a whole JSON body.
Leaves: the deciding dialect, or None; tables, compiled once.
Must not know: states, merging.

    >>> from ssefold.engine.detect import OURS, dialect_of
    >>> dialect_of({"choices": []}, "", OURS)["NAME"]
    'openai.chat'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import import_module
from typing import Any

from ssefold.rules import DETECTS, DIALECTS, FAILURES, HEARTBEATS, USUAL

from .rows import Names, ReadRow, called_in, names_in, sheet
from .table import Table, merges, unreachable

# Of the tables, for those who do not see them.
__all__ = ["DETECTS", "FAILURES", "HEARTBEATS", "SOURCES"]

_JSON_TYPES: dict[str, Any] = {"array": list, "object": dict, "string": str, "number": (int, float)}


_USUAL: Mapping[str, Any] = USUAL


class Source(dict):  # type: ignore[type-arg]
    """A dialect's literals, by their names, with the usual ones where a row is silent.

    deltas: its DELTAS, ready to be walked. told: the members on the ways to whatever somebody
    follows; called: those of them that say which tool is called. One object is one dialect: it
    is known by its identity.
    """

    __slots__ = ("called", "deltas", "plain", "told")
    __hash__ = object.__hash__  # type: ignore[assignment]
    __eq__ = object.__eq__

    def __init__(self, literals: Mapping[str, Any]) -> None:
        super().__init__(literals)
        self["FIELDS"] = {path: _usual(row) for path, row in literals["FIELDS"].items()}
        self["NAMES"] = {**_USUAL["NAMES"], **literals.get("NAMES", {})}
        self.deltas = sheet(literals.get("DELTAS", {}))
        self.called = called_in(self.deltas)
        self.told = names_in(self.deltas, ReadRow(self["READ"], Names(self["NAMES"]))) | self.called
        self.plain: Table | None = None  # made when it is first asked for


def _usual(row: Any) -> Any:
    """A row of FIELDS, with its rule's options where the row leaves them out."""
    rule = row if isinstance(row, str) else row.get("rule")
    usual = _USUAL["FIELDS"].get(rule)
    return row if usual is None else {**usual, "rule": rule, **({} if row is rule else row)}


def _load(module: str) -> dict[str, Any]:
    """A table's literals, above the inherited ones."""
    source = vars(import_module(f"ssefold.rules.{module}"))
    own = {key: value for key, value in source.items() if key.isupper() and key[0] != "_"}
    if "INHERITS" not in own:
        return own
    base = _load(own["INHERITS"])
    return {**base, **own, "FIELDS": {**base["FIELDS"], **own["FIELDS"]}}


SOURCES: Mapping[str, Source] = {
    source["NAME"]: source for source in (Source(_load(module)) for module in DIALECTS)
}


@lru_cache(maxsize=64)
def _table(source: Source, overrides: tuple[tuple[str, str], ...]) -> Table:
    fields = {**source["FIELDS"], **dict(overrides)}
    reached = merges(source)
    rules = {p: r for p, r in overrides if reached and not unreachable(fields, p)}
    return Table(source, rules)


def table_of(source: Source, overrides: Mapping[str, str]) -> Table:
    """The dialect's table under these overrides; those of other dialects do nothing."""
    return _table(source, tuple(overrides.items()))


def bare_table(source: Source) -> Table:
    """The dialect's table without overrides."""
    table = source.plain
    if type(table) is not Table:  # of neither backend, or of the other one
        table = source.plain = _table(source, ())
    return table


class _Signs:
    """A table's DETECT, ready to be asked.

    values: (member, texts) of sure signs; shapes: signs, void where `unless` holds.
    """

    __slots__ = ("events", "item", "keys", "shapes", "source", "unless", "values")

    def __init__(self, source: Source) -> None:
        detect: Mapping[str, Any] = source["DETECT"]
        told: dict[str, dict[str, Any]] = {
            "values": dict(detect.get("values", {})), "shapes": dict(detect.get("shapes", {})),
        }  # fmt: skip
        for word, (section, member) in DETECTS.items():
            if word in detect:
                told[section][member] = detect[word]
        self.source = source
        self.events = detect.get("event", ())
        self.keys = detect.get("key", ())
        self.values = tuple(told["values"].items())
        self.shapes = tuple(told["shapes"].items())
        self.item = detect.get("item")
        self.unless = detect.get("unless")


class Among:
    """The dialects among which events decide, in the order of asking."""

    __slots__ = ("signs", "sources")

    def __init__(self, sources: Iterable[Source]) -> None:
        self.sources = tuple(sources)
        self.signs = tuple([_Signs(source) for source in self.sources])


# The meaning of "auto".
OURS = Among(SOURCES.values())


@lru_cache(maxsize=64)
def among(dialects: tuple[str | Source, ...]) -> Among:
    """These dialects; ours are names among them."""
    return Among([SOURCES[one] if isinstance(one, str) else one for one in dialects])


def dialect_of(value: Mapping[str, Any], event: str, choice: Among) -> Source | None:
    """The dialect for which this event decides, or None if it decides nothing."""
    members = value if type(value) is dict else dict(value)
    for signs in choice.signs:
        if _decides(signs, members, event):
            return signs.source
    return None


def has_signs(source: Source) -> bool:
    """Whether a table has signs of its dialect."""
    return bool(source["DETECT"])


def decides_for(source: Source, value: Any, event: str) -> bool:
    """Whether this event, as far as it was read, would have decided for a dialect."""
    if not isinstance(value, dict):
        return False
    if SOURCES.get(source["NAME"]) is source:
        return dialect_of(value, event, OURS) is source
    return _decides(_Signs(source), dict(value), event)


def _decides(signs: _Signs, members: dict[str, Any], event: str) -> bool:
    if event and event in signs.events:
        return True
    for key in signs.keys:
        if key in members:
            return True
    if _says_one(signs.values, members):
        return True
    found = _says_one(signs.shapes, members)
    if not found and signs.item is not None:
        found = _first_item_decides(signs.item, members)
    return found and (signs.unless is None or not _first_has(signs.unless, members))


def _says_one(rows: tuple[Any, ...], members: dict[str, Any]) -> bool:
    """Whether a member has one of the texts in its row."""
    for member, patterns in rows:
        if member in members and _fits_one(members[member], patterns):
            return True
    return False


def _fits_one(text: Any, patterns: tuple[str, ...]) -> bool:
    if isinstance(text, str):
        for pattern in patterns:
            if _fits(text, pattern):
                return True
    return False


def _fits(text: str, pattern: str) -> bool:
    """Whether `text` is `pattern`; a `*` at one of its ends stands for anything."""
    if pattern[0] == "*":
        return pattern[1:-1] in text if pattern[-1] == "*" else text.endswith(pattern[1:])
    return text.startswith(pattern[:-1]) if pattern[-1] == "*" else text == pattern


def _first_of(key: str, value: dict[str, Any]) -> Any:
    """The first element of a list, if it is an object, or None."""
    elements = value.get(key)
    if isinstance(elements, list) and elements and isinstance(elements[0], dict):
        return elements[0]
    return None


def _first_item_decides(item: tuple[str, ...], value: dict[str, Any]) -> bool:
    first = _first_of(item[0], value)
    if first is None or item[1] not in first:
        return False
    for lacks in item[2:]:
        if lacks in first:
            return False
    return True


def _first_has(unless: tuple[str, ...], value: dict[str, Any]) -> bool:
    first = _first_of(unless[0], value)
    if first is not None:
        for key in unless[1:]:
            if key in first:
                return True
    return False


def whole_answer(value: Mapping[str, Any], known: Source | None, choice: Among) -> Source | None:
    """The dialect whose whole, unstreamed answer `value` is, or None.

    known: the dialect, if it is decided already.
    """
    for source in choice.sources if known is None else (known,):
        if _is_whole(value, source["WHOLE"]):
            return source
    return None


def _is_whole(value: Mapping[str, Any], wholes: Any) -> bool:
    for whole in (wholes,) if isinstance(wholes, Mapping) else wholes:
        if all(_stands(value, path, kind) for path, kind in whole.items()):
            return True
    return False


def _stands(value: Any, path: str, kind: str) -> bool:
    """Whether a value of JSON type `kind` (or the string `kind` itself) stands at `path`."""
    for step in path.split("."):
        name, _, index = step.partition("[")
        value = value.get(name) if isinstance(value, dict) else None
        if index:
            value = value[0] if isinstance(value, list) and value else None
    expected = _JSON_TYPES.get(kind)
    if expected is None:
        return bool(value == kind)
    return isinstance(value, expected) and type(value) is not bool
