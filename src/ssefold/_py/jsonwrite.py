"""Write a plain value as compact JSON in UTF-8.

Enters: dicts with str keys, lists, scalars; no string with an unpaired surrogate.
Leaves: bytes.
Must not know: states, events, dialects.
"""

from __future__ import annotations

import json
from typing import Any

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def write(value: Any) -> bytes:
    """The JSON text; UnicodeEncodeError for a string outside UTF-8."""
    try:
        text = _ENCODER.encode(value)
    except RecursionError:
        text = _write_deep(value)
    return text.encode("utf-8")


def _write_deep(value: Any) -> str:
    """The same without the interpreter's stack: whoever asks may be near its limit."""
    out: list[str] = []
    todo: list[Any] = [(value,)]  # in tuples values to write, else written text
    while todo:
        item = todo.pop()
        if type(item) is str:
            out.append(item)
            continue
        [below] = item
        if isinstance(below, dict) and below:
            todo.append("}")
            for position, (key, member) in reversed(list(enumerate(below.items()))):
                todo.append((member,))
                todo.append(f"{',' if position else '{'}{_ENCODER.encode(key)}:")
        elif isinstance(below, list) and below:
            todo.append("]")
            for position, member in reversed(list(enumerate(below))):
                todo.append((member,))
                todo.append("," if position else "[")
        else:
            out.append(_ENCODER.encode(below))
    return "".join(out)
