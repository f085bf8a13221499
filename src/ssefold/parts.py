"""How content parts join: neighbours of one kind are one part.

Enters: the parts of an event, the list of parts that stands so far.
Leaves: longer or more parts; each element added is charged to the merger.
Must not know: which field the parts come from, dialects.

One source for both backends: `_c/parts.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from .plain import is_open, weight
from .state import Parts, Place, new_place


def open_content(merger: Any, values: Any, key: str) -> Any:
    """The parts at `key`; a string that stood there becomes the first text part."""
    old = values.get(key)
    if type(old) is Parts:
        return old
    parts = values[key] = Parts()
    merger.restructure()
    if type(old) is merger.text and old:
        part = new_place(None)
        part.values["type"] = "text"
        part.values["text"] = old
        parts.items.append(part)
    return parts


def add_text_part(merger: Any, parts: Any, text: str) -> None:
    """A string after a list: more of the last text part, or a new one."""
    part = _last_of_type(parts, "text")
    if part is None:
        part = _new_part(merger, parts)
        part.values["type"] = "text"
    merger.append(part.values, "text", text)


def add_parts(merger: Any, parts: Any, source: Any, at: Any) -> None:
    """A list of parts (Mistral): text joins text, thinking joins thinking."""
    for position, item in enumerate(source):
        if not isinstance(item, dict):
            if item is not None:
                merger.anomaly("wrong_type", at, position)
        elif not is_open(item):
            _add_part(merger, parts, item, merger.under(at, position))


def _add_part(merger: Any, parts: Any, item: Any, at: Any) -> None:
    kind = item.get("type")
    if kind not in ("text", "thinking"):
        merger.charge(weight(item))
        parts.items.append(item)
        merger.added += 1
        return
    part = _last_of_type(parts, kind)
    if part is None:
        part = _new_part(merger, parts)
    for key, value in item.items():
        if key == kind and type(value) is str:
            merger.append(part.values, key, value)
        elif key == "thinking" and isinstance(value, list):
            add_parts(merger, open_content(merger, part.values, key), value, merger.under(at, key))
        elif key == kind and value is not None:
            merger.anomaly("wrong_type", at, key)
        else:
            merger.keep(part.values, key, value, None)


def _last_of_type(parts: Any, kind: str) -> Any:
    """The last part, if it is of this kind and joins."""
    last = parts.items[-1] if parts.items else None
    if type(last) is Place and last.values.get("type") == kind:
        return last
    return None


def _new_part(merger: Any, parts: Any) -> Any:
    part = new_place(None)
    merger.charge(8)
    parts.items.append(part)
    return part
