"""Which dialect an event or a body speaks, by the tables' DETECT and WHOLE.

Enters: a decoded event and its SSE event name; or a whole JSON body.
Leaves: the name of the deciding dialect, or None; tables, compiled once.
Must not know: states, merging.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from typing import Any

from ssefold.rules import DIALECTS

from .table import Table

_JSON_TYPES = {"array": list, "object": dict, "string": str}


def _load(module: str) -> dict[str, Any]:
    """A table's literals; what it inherits stands below what it says."""
    source = vars(import_module(f"ssefold.rules.{module}"))
    own = {key: value for key, value in source.items() if key.isupper()}
    if "INHERITS" not in own:
        return own
    base = _load(own["INHERITS"])
    return {**base, **own, "FIELDS": {**base["FIELDS"], **own["FIELDS"]}}


SOURCES: Mapping[str, dict[str, Any]] = {
    source["NAME"]: source for source in (_load(module) for module in DIALECTS)
}


@lru_cache(maxsize=64)
def _table(name: str, overrides: tuple[tuple[str, str], ...]) -> Table:
    return Table(SOURCES[name], dict(overrides))


def table_of(name: str, overrides: Mapping[str, str]) -> Table:
    """The dialect's table under these overrides (checked before)."""
    return _table(name, tuple(overrides.items()))


def dialect_of(value: Mapping[str, Any], event: str) -> str | None:
    """The dialect that this event decides for, or None if it decides nothing."""
    for name, source in SOURCES.items():
        if _decides(source["DETECT"], value, event):
            return name
    return None


def _decides(detect: Mapping[str, Any], value: Mapping[str, Any], event: str) -> bool:
    if event in detect.get("event", ()):
        return True
    if any(key in value for key in detect.get("key", ())):
        return True
    for member in ("type", "object"):
        text = value.get(member)
        if isinstance(text, str) and any(_fits(text, p) for p in detect.get(member, ())):
            return True
    item = detect.get("item")
    return item is not None and _first_item_decides(item, value)


def _fits(text: str, pattern: str) -> bool:
    """Whether `text` is `pattern`, in which a `*` at an end stands for anything."""
    if pattern.startswith("*"):
        return pattern.strip("*") in text if pattern.endswith("*") else text.endswith(pattern[1:])
    return text.startswith(pattern[:-1]) if pattern.endswith("*") else text == pattern


def _first_item_decides(item: tuple[str, str, str], value: Mapping[str, Any]) -> bool:
    key, has, lacks = item
    elements = value.get(key)
    if not isinstance(elements, list) or not elements or not isinstance(elements[0], dict):
        return False
    return has in elements[0] and lacks not in elements[0]


def whole_answer(value: Mapping[str, Any]) -> str | None:
    """The dialect whose whole, unstreamed answer `value` is, or None."""
    for name, source in SOURCES.items():
        wholes = source["WHOLE"]
        for whole in (wholes,) if isinstance(wholes, Mapping) else wholes:
            if all(_stands(value, path, kind) for path, kind in whole.items()):
                return name
    return None


def _stands(value: Any, path: str, kind: str) -> bool:
    """Whether a value of JSON type `kind` (or that very string) stands at `path`."""
    for step in path.split("."):
        name, _, index = step.partition("[")
        value = value.get(name) if isinstance(value, dict) else None
        if index:
            value = value[0] if isinstance(value, list) and value else None
    expected = _JSON_TYPES.get(kind)
    return value == kind if expected is None else isinstance(value, expected)
