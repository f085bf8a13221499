"""How content parts join: neighbours of one kind are one part.

Enters: the parts of an event, the list of parts that stands so far.
Leaves: longer or more parts; each element added is charged to the merger.
Must not know: which field the parts come from, dialects.

One source for both backends: `_c/engine/field_parts.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from .jsonvalue import is_open, weight
from .state import Parts, Place, new_place


def open_content(merger: Any, values: Any, key: str) -> Any:
    """The parts at `key`; a text that stood there becomes the first text part, an object a part."""
    old = values.get(key)
    if type(old) is Parts:
        return old
    parts = values[key] = Parts()
    merger.restructure()
    if type(old) is Place:
        parts.items.append(old)
    elif old and (type(old) is merger.text or type(old) is str):
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
    keep_text(merger, part.values, "text", text, None, "text")


def add_parts(merger: Any, parts: Any, source: Any, at: Any) -> None:
    """A list of parts: text joins text, thinking joins thinking, as the table says."""
    for position, item in enumerate(source):
        add_part(merger, parts, item, at, position)


def add_part(merger: Any, parts: Any, item: Any, at: Any, key: Any) -> None:
    """One part, which stands at `key` below `at`; it is taken whole."""
    if type(item) is str:
        merger.anomaly("text_as_value", at, key)
        if item:
            add_text_part(merger, parts, item)
    elif not isinstance(item, dict):
        if item is not None:
            merger.anomaly("wrong_type", at, key)
    elif not is_open(item):
        _add_part(merger, parts, item, merger.under(at, key))


def _add_part(merger: Any, parts: Any, item: Any, at: Any) -> None:
    kind = item.get("type")
    texts = merger.table.part_texts.get(kind) if type(kind) is str else None
    if texts is None:
        merger.charge(weight(item))
        parts.items.append(item)
        merger.added += 1
        return
    part = _last_of_type(parts, kind)
    if part is None:
        part = _new_part(merger, parts)
        merger.added += 1
    for key, value in item.items():
        if key not in texts or value is None:
            if value or key not in part.values:
                merger.keep(part.values, key, value, None)
        elif isinstance(value, list):
            add_parts(merger, open_content(merger, part.values, key), value, merger.under(at, key))
        elif not keep_text(merger, part.values, key, value, at, key):
            merger.anomaly("wrong_type", at, key)


def keep_text(merger: Any, values: Any, name: str, value: Any, at: Any, key: str) -> bool:
    """What comes where a text belongs, at `name` of the answer; False for what is no text.

    What came as a number or a boolean is appended as it stands on the wire. An
    object or a list is kept, and so is what stands beside it. `value` stands at `key`
    below `at`.
    """
    old = values.get(name)
    if type(value) is str:
        if type(old) is Parts:
            if value:
                add_text_part(merger, old, value)
        elif type(old) is Place:
            keep_text(merger, old.values, "text", value, None, "text")
        else:
            _append(merger, values, name, value)
    elif isinstance(value, list):
        merger.anomaly("text_as_value", at, key)
        if any([isinstance(item, (str, dict)) and not is_open(item) for item in value]):
            add_parts(merger, open_content(merger, values, name), value, merger.under(at, key))
    elif isinstance(value, dict):
        merger.anomaly("text_as_value", at, key)
        if value and type(old) is Parts:
            add_part(merger, old, value, at, key)
        elif value:
            _keep_members(merger, values, name, value, merger.under(at, key))
    else:
        text = merger.wire_text(value, at, key)
        if text is None:
            return False
        keep_text(merger, values, name, text, None, key)
    return True


def _keep_members(merger: Any, values: Any, key: str, source: Any, at: Any) -> None:
    """An object where a text belongs: its members merge, texts among them append."""
    place = values.get(key)
    if type(place) is not Place:
        old = place
        place = new_place(None)
        if old and (type(old) is merger.text or type(old) is str):
            place.values["text"] = old
        merger.charge(8)
        values[key] = place
        merger.restructure()
    values = place.values
    for name, value in source.items():
        opaque = name.rsplit("_", 1)[-1] in merger.table.last_words
        old = values.get(name)
        if (type(value) is str and opaque) or value is None:
            merger.keep(values, name, value, None)
        elif isinstance(value, (str, dict, list)) or type(old) is merger.text or (
            type(old) is Place or type(old) is Parts
        ):
            keep_text(merger, values, name, value, at, name)
        else:
            merger.keep(values, name, value, None)


def _append(merger: Any, values: Any, key: str, value: str) -> None:
    """A text below an object of the answer, whose key may be anybody's."""
    if key not in values:
        merger.keep(values, key, None, None)  # so that the key is charged
    merger.append(values, key, value)


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
