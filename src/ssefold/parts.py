"""How content parts join: neighbours of one kind are one part.

Enters: the parts of an event, the list of parts that stands so far.
Leaves: longer or more parts; each element added is charged to the merger.
Must not know: which field the parts come from, dialects.

One source for both backends: `_c/parts.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from ssefold.plan import APPENDED, FIXED, OPENED

from .plain import is_open, same, weight
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


def add_candidate_parts(merger: Any, parts: Any, source: Any, at: Any) -> None:
    """Gemini's parts: neighbouring texts with the same `thought` join.

    A signature closes the part. An empty text with a signature stays a part; one
    without leaves nothing, unless there would be no part at all.
    """
    for position, item in enumerate(source):
        if not isinstance(item, dict):
            merger.note(at, position, FIXED)
            if item is not None:
                merger.anomaly("wrong_type", at, position)
        elif not is_open(item):
            text = item.get("text")
            if type(text) is str:
                merger.note(at, position, OPENED)
                _add_candidate_text(merger, parts, item, merger.under(at, position))
            elif text is None:
                _add_whole(merger, parts, item)
            else:
                merger.anomaly("wrong_type", merger.under(at, position), "text")


def _add_candidate_text(merger: Any, parts: Any, item: Any, at: Any) -> None:
    text = item["text"]
    signature = item.get("thoughtSignature") or None  # "" is none
    last: Any = parts.items[-1] if parts.items else None
    joins = _is_open_text(parts, last) and _thought(last.values) == _thought(item)
    if not text and signature is None and parts.items:
        merger.no_plan()  # the next one in its place may be longer
        return
    if joins and (text or signature is None):
        part = last
    else:
        _drop_placeholder(parts)
        part = _new_part(merger, parts)
        parts.closed = False
        merger.restructure()
    for key, value in item.items():
        if key == "text":
            merger.append(part.values, key, text)
            merger.note_target(at, key, APPENDED, part.values, key, False)
        else:
            old = part.values.get(key)
            merger.keep(part.values, key, value, at)
            if value is not None and not same(old, value):
                merger.no_plan()  # an empty text or a signature would make another event of it
    if signature is not None:
        parts.closed = True
        merger.restructure()


def _add_whole(merger: Any, parts: Any, item: Any) -> None:
    merger.restructure()
    _drop_placeholder(parts)
    merger.charge(weight(item))
    parts.items.append(item)
    parts.closed = True
    merger.added += 1


def _drop_placeholder(parts: Any) -> None:
    """An empty text that stood only because there was no part leaves nothing."""
    if len(parts.items) == 1 and type(parts.items[0]) is Place:
        values = parts.items[0].values
        if not values.get("text") and values.get("thoughtSignature") is None:
            parts.items.clear()


def _is_open_text(parts: Any, last: Any) -> bool:
    return type(last) is Place and not parts.closed


def _thought(values: Any) -> bool:
    """As who reads the text sees it: neither false nor 0, so that a join takes no text away."""
    return values.get("thought") not in (None, False)


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
