"""How content parts join: neighbours of one kind are one part.

Enters: the parts of an event, the list of parts so far.
Leaves: longer or more parts; each element added is charged to the ledger.
Must not know: the field of the parts, dialects.

One source for both backends: `_c/engine/field_parts.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from .jsonvalue import is_open, weight
from .ledger import Ledger
from .state import Parts, Place, new_place


def open_content(ledger: Ledger, values: Any, key: str) -> Any:
    """The parts at `key`; an old text there becomes the first text part, an object a part."""
    old = values.get(key)
    if type(old) is Parts:
        return old
    parts = values[key] = Parts()
    ledger.restructure()
    if type(old) is Place:
        parts.items.append(old)
    elif old and (type(old) is ledger.text or type(old) is str):
        part = new_place(None)
        part.values[ledger.names.type] = ledger.names.part
        part.values[ledger.names.text] = old
        parts.items.append(part)
    return parts


def add_text_part(ledger: Ledger, parts: Any, text: str) -> None:
    """A string after a list: more of the last text part, or a new one."""
    names = ledger.names
    part = _last_of_type(parts, names.type, names.part)
    if part is None:
        part = _new_part(ledger, parts)
        part.values[names.type] = names.part
    keep_text(ledger, part.values, names.text, text, None, names.text)


def add_parts(ledger: Ledger, parts: Any, source: Any, at: Any) -> None:
    """A list of parts: text joins text, thinking joins thinking, as the table says."""
    for position, item in enumerate(source):
        add_part(ledger, parts, item, at, position)


def add_part(ledger: Ledger, parts: Any, item: Any, at: Any, key: Any) -> None:
    """One part, at `key` below `at`; it is taken whole."""
    if type(item) is str:
        ledger.anomaly("text_as_value", at, key)
        if item:
            add_text_part(ledger, parts, item)
    elif not isinstance(item, dict):
        if item is not None:
            ledger.anomaly("wrong_type", at, key)
    elif not is_open(item):
        _add_part(ledger, parts, item, ledger.under(at, key))


def _add_part(ledger: Ledger, parts: Any, item: Any, at: Any) -> None:
    kind = item.get(ledger.names.type)
    texts = ledger.table.part_texts.get(kind) if type(kind) is str else None
    if texts is None:
        ledger.charge(weight(item))
        parts.items.append(item)
        ledger.added += 1
        return
    part = _last_of_type(parts, ledger.names.type, kind)
    if part is None:
        part = _new_part(ledger, parts)
        ledger.added += 1
    for key, value in item.items():
        if key not in texts or value is None:
            if value or key not in part.values:
                ledger.keep(part.values, key, value, None)
        elif isinstance(value, list):
            add_parts(ledger, open_content(ledger, part.values, key), value, ledger.under(at, key))
        elif not keep_text(ledger, part.values, key, value, at, key):
            ledger.anomaly("wrong_type", at, key)


def keep_text(ledger: Ledger, values: Any, name: str, value: Any, at: Any, key: str) -> bool:
    """A value in the place of a text, at `name` of the answer; False for any other value.

    A number or a boolean is appended as it stands on the wire. An object or a list is kept, and
    so are the members beside it. `value` stands at `key` below `at`.
    """
    old = values.get(name)
    if type(value) is str:
        if type(old) is Parts:
            if value:
                add_text_part(ledger, old, value)
        elif type(old) is Place:
            keep_text(ledger, old.values, ledger.names.text, value, None, ledger.names.text)
        else:
            _append(ledger, values, name, value)
    elif isinstance(value, list):
        ledger.anomaly("text_as_value", at, key)
        if any([isinstance(item, (str, dict)) and not is_open(item) for item in value]):
            add_parts(ledger, open_content(ledger, values, name), value, ledger.under(at, key))
    elif isinstance(value, dict):
        ledger.anomaly("text_as_value", at, key)
        if value and type(old) is Parts:
            add_part(ledger, old, value, at, key)
        elif value:
            _keep_members(ledger, values, name, value, ledger.under(at, key))
    else:
        text = ledger.wire_text(value, at, key)
        if text is None:
            return False
        keep_text(ledger, values, name, text, None, key)
    return True


def _keep_members(ledger: Ledger, values: Any, key: str, source: Any, at: Any) -> None:
    """An object where a text belongs: its members merge, texts among them append."""
    place = values.get(key)
    if type(place) is not Place:
        old = place
        place = new_place(None)
        if old and (type(old) is ledger.text or type(old) is str):
            place.values[ledger.names.text] = old
        ledger.charge(8)
        values[key] = place
        ledger.restructure()
    values = place.values
    for name, value in source.items():
        opaque = name.rsplit("_", 1)[-1] in ledger.table.last_words
        old = values.get(name)
        if (type(value) is str and opaque) or value is None:
            ledger.keep(values, name, value, None)
        elif (
            isinstance(value, (str, dict, list))
            or type(old) is ledger.text
            or (type(old) is Place or type(old) is Parts)
        ):
            keep_text(ledger, values, name, value, at, name)
        else:
            ledger.keep(values, name, value, None)


def _append(ledger: Ledger, values: Any, key: str, value: str) -> None:
    """A text below an object of the answer, whose key may be anybody's."""
    if key not in values:
        ledger.keep(values, key, None, None)  # charges the key
    ledger.append(values, key, value)


def _last_of_type(parts: Any, name: str, kind: str) -> Any:
    """The last part, if it is of this kind and joins."""
    last = parts.items[-1] if parts.items else None
    if type(last) is Place and last.values.get(name) == kind:
        return last
    return None


def _new_part(ledger: Ledger, parts: Any) -> Any:
    part = new_place(None)
    ledger.charge(8)
    parts.items.append(part)
    return part
