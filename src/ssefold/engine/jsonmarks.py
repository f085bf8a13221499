"""The results of a JSON reader: the vocabulary between the readers and the merge.

Enters: nothing. Leaves: result codes, markers for unclosed values, sentinels.
Must not know: dialects, rules, buffers, offsets in the stream.
"""

from __future__ import annotations

import math
from typing import Any

# How a reading ended.
OK = 0  # a whole value; its position is the first byte after it and its white space
BAD = 1  # a byte impossible in any JSON text; its position
CUT = 2  # the data ended inside the value; its position is the data's length
DEEP = 3  # a bracket nested deeper than allowed; its position

# Signs met on the way of a reading (bits).
HAS_RANGE = 1  # OUT_OF_RANGE stands somewhere in the value
HAS_SURROGATE = 2  # an unpaired surrogate stands in some string

MAX_DIGITS = 4300  # integers are exact up to here (merge-rules, principle 9)


class OpenDict(dict):  # type: ignore[type-arg]
    """An object without its closing brace: its members are those before the end."""

    __slots__ = ()


class OpenList(list):  # type: ignore[type-arg]
    """An array whose closing bracket was not read."""

    __slots__ = ()


class _OutOfRange:
    """A number beyond any finite double, or an integer past 4,300 digits."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "OUT_OF_RANGE"


class _Nothing:
    """No value: the result of a reading that failed before any value was closed."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "NOTHING"


OUT_OF_RANGE = _OutOfRange()
NOTHING = _Nothing()


def number(token: str, is_float: bool) -> Any:
    """The value of a JSON number, or OUT_OF_RANGE. `token` is valid by RFC 8259."""
    if is_float:
        value = float(token)
        return value if math.isfinite(value) else OUT_OF_RANGE
    if len(token) - (token[0] == "-") > MAX_DIGITS:
        return OUT_OF_RANGE
    try:
        return int(token)
    except ValueError:  # the interpreter was told to take fewer digits
        return OUT_OF_RANGE
