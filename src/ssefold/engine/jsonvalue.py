r"""Questions to any plain JSON value, closed or not.

Enters: values as a reader hands them on (jsonmarks.py). Leaves: measures and copies.
Must not know: dialects, rules, states.

    >>> from ssefold.engine.jsonvalue import repair
    >>> repair({"a": "\ud83d" + "\ude00", "b": "\ud83d"})
    {'a': '😀', 'b': '�'}

One source for both backends: `_c/engine/jsonvalue.pxd` says how it is compiled.
"""

from __future__ import annotations

import math
from typing import Any

from ssefold.engine.jsonmarks import OpenDict, OpenList


def weight(value: Any) -> int:
    """The weight of `value` against max_output_bytes.

    A string counts its UTF-8 bytes (a lone surrogate three), every other scalar
    and every container 8, and an object's keys like strings.
    """
    if type(value) is str:
        return text_weight(value)
    total = 8
    if isinstance(value, dict):
        for key, below in value.items():
            total += text_weight(key) + weight(below)
    elif isinstance(value, list):
        for below in value:
            total += weight(below)
    return total


def text_weight(text: str) -> int:
    """The UTF-8 length of `text`; a lone surrogate counts three bytes."""
    if text.isascii():
        return len(text)
    return len(text.encode("utf-8", "surrogatepass"))


def same(a: Any, b: Any) -> bool:
    """Equal as JSON: `1`, `1.0` and `true` differ, as do 0.0 and -0.0."""
    if a is b:
        return True
    if type(a) is str:
        return type(b) is str and _same_text(a, b)
    if isinstance(a, dict):
        return isinstance(b, dict) and _same_members(a, b)
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and starts_with(b, a)
    if type(a) is not type(b):
        return False
    if type(a) is float:
        return bool(a == b) and math.copysign(1.0, a) == math.copysign(1.0, b)
    return bool(a == b)


def _same_text(a: str, b: str) -> bool:
    return len(a) == len(b) and a == b


def _same_members(a: Any, b: Any) -> bool:
    if len(a) != len(b):
        return False
    for key, value in a.items():
        if key not in b or not same(value, b[key]):
            return False
    return True


def starts_with(longer: Any, shorter: Any) -> bool:
    """Whether the first elements of `longer` are those of `shorter`."""
    if len(longer) < len(shorter):
        return False
    for position, value in enumerate(shorter):
        if not same(value, longer[position]):
            return False
    return True


def copy(value: Any) -> Any:
    """A fresh plain value: nested dicts and lists are new objects.

    No deeper in calls where the value is deeper: whoever asks may be near the interpreter's limit.
    """
    if not isinstance(value, (dict, list)):
        return value
    out: Any = {} if isinstance(value, dict) else []
    todo = [value, out]
    while todo:
        into: Any = todo.pop()
        source: Any = todo.pop()
        if isinstance(source, dict):
            for key, below in source.items():
                if isinstance(below, (dict, list)):
                    fresh: Any = {} if isinstance(below, dict) else []
                    todo.append(below)
                    todo.append(fresh)
                    below = fresh
                into[key] = below
        else:
            for below in source:
                if isinstance(below, (dict, list)):
                    fresh = {} if isinstance(below, dict) else []
                    todo.append(below)
                    todo.append(fresh)
                    below = fresh
                into.append(below)
    return out


def given(value: Any, key: str) -> Any:
    """The member `key` of an object as read, closed or not; None if it has none."""
    if type(value) is dict:
        members = value
        return members.get(key)
    return value.get(key) if isinstance(value, dict) else None


def is_open(value: Any) -> bool:
    """True if `value`, or something in it, was not closed.

    Only the last member of an open container can be open in turn, so being
    closed at the top says all there is to say.
    """
    return type(value) is OpenDict or type(value) is OpenList


def repair_text(text: str) -> str:
    """Join surrogate halves that met; an unpaired one becomes U+FFFD."""
    try:
        text.encode("utf-8")
        return text
    except UnicodeEncodeError:
        pass
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def repair(value: Any) -> Any:
    """`value` with every string and key repaired (see repair_text); as copy(), in one call."""
    if type(value) is str:
        return repair_text(value)
    if not isinstance(value, (dict, list)):
        return value
    out: Any = {} if isinstance(value, dict) else []
    todo = [value, out]
    while todo:
        into: Any = todo.pop()
        source: Any = todo.pop()
        is_dict = isinstance(source, dict)
        for key in source:
            below: Any = source[key] if is_dict else key
            if type(below) is str:
                below = repair_text(below)
            elif isinstance(below, (dict, list)):
                fresh: Any = {} if isinstance(below, dict) else []
                todo.append(below)
                todo.append(fresh)
                below = fresh
            if is_dict:
                into[repair_text(key)] = below
            else:
                into.append(below)
    return out
