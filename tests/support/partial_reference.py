"""The value of a JSON text that is cut, in the plainest way: the longest beginning that reads.

Enters: the text so far. Leaves: what stands in it whole, and strings as far as they came.
Must not know: how a reader goes on where it stopped; it begins anew each time.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from ssefold.engine.jsonmarks import OUT_OF_RANGE, number
from ssefold.engine.jsonvalue import repair

NUMERIC = "0123456789+-.eE"
# The beginnings of an escape, which may be the second half of a surrogate pair.
SECOND = re.compile(r"(\\(u[0-9a-fA-F]{0,3})?)?")


def reference(text: str, depth: int = 128, final: bool = False) -> Any:
    """The value of the longest beginning that can be completed; None of nothing."""
    for end in range(len(text), 0, -1):
        if not (final and end == len(text)) and _is_in_number(text, end):
            continue
        stack, in_string = _scan(text[:end])
        if max(stack[1], default=0) > depth:
            continue
        closing = ('"' if in_string else "") + "".join(reversed(stack[0]))
        value = _loads(text[:end] + closing)
        if value is FAILED or (in_string and _waits(text, end)):
            continue
        return repair(_without_ranges(value))
    return None


FAILED = object()


def _is_in_number(text: str, end: int) -> bool:
    """Whether a number outside of strings may go on there."""
    if text[end - 1] not in NUMERIC or _scan(text[:end])[1]:
        return False
    token = re.search(r"[0-9+\-.eE]*$", text[:end])
    assert token is not None
    if text[: token.start()].endswith(("tru", "fals")):
        return False
    return end == len(text) or text[end] in NUMERIC


def _waits(text: str, end: int) -> bool:
    """Whether the open string ends with a first half, and the second may follow."""
    if not re.search(r"(?<!\\)(\\\\)*\\u[dD][89abAB][0-9a-fA-F]{2}$", text[:end]):
        return False
    rest = text[end:]
    found = SECOND.match(rest)
    assert found is not None
    return found.end() == len(rest)


def _scan(text: str) -> tuple[tuple[list[str], list[int]], bool]:
    """The closers of what is open, how deep it ever was, and whether a string is open."""
    closers: list[str] = []
    depths = []
    in_string = escaped = False
    for char in text:
        if in_string:
            in_string = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            in_string = True
        elif char in "[{":
            closers.append("]" if char == "[" else "}")
            depths.append(len(closers))
        elif char in "]}" and closers:
            closers.pop()
    return (closers, depths), in_string


def _loads(text: str) -> Any:
    try:
        return json.loads(
            text,
            parse_constant=_refuse,
            parse_float=lambda token: _float(token),
            parse_int=lambda token: number(token, False),
        )
    except ValueError:
        return FAILED


def _float(token: str) -> Any:
    return float(token) if math.isfinite(float(token)) else OUT_OF_RANGE


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _without_ranges(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _without_ranges(below) for key, below in value.items()}
        return {key: below for key, below in kept.items() if below is not OUT_OF_RANGE}
    if isinstance(value, list):
        kept_items = [_without_ranges(below) for below in value]
        return [below for below in kept_items if below is not OUT_OF_RANGE]
    return value
