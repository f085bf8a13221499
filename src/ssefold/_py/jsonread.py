"""Read one JSON value: the fast libraries first, a reader of our own behind them.

Enters: bytes, a place in them, the nesting allowed.
Leaves: how the reading ended, the value (its closed part before a fault), the position in bytes,
flags; the same as the compiled twin, whatever library ran.
Must not know: frames, events, dialects.

    >>> from ssefold._py.jsonread import read
    >>> read(b'{"a":[1,2', 0, 9)
    (2, {'a': [1]}, 9, 0)
"""

from __future__ import annotations

import json
import json.decoder
import json.scanner
import os
import re
from collections.abc import Callable
from itertools import accumulate
from typing import Any

from ssefold.engine.jsonmarks import (
    BAD,
    CUT,
    DEEP,
    HAS_RANGE,
    HAS_SURROGATE,
    MAX_DIGITS,
    NOTHING,
    OK,
    OUT_OF_RANGE,
    OpenDict,
    OpenList,
    number,
)
from ssefold.limits import DEPTH_CEILING

Result = tuple[int, Any, int, int]


def read(data: bytes, start: int, depth: int) -> Result:
    """Read the JSON value at `start`: (code, value, position, flags).

    White space before and after it is skipped. OK: the position is the first byte behind; the
    caller judges the bytes there. BAD: the first byte impossible in any JSON text. CUT: the end
    of the data. DEEP: the bracket that opens level `depth` + 1. After BAD and CUT the value holds
    the part closed before, in OpenDict and OpenList, or is NOTHING.
    """
    # Behind a first value (glued events) the libraries would walk the rest again
    # for each value in it: a line of a million digits would take for ever.
    if start == 0:
        value = _read_fast(data, depth)
        if value is not NOTHING:
            return OK, value, len(data), 0
    return read_slowly(data, start, depth)


# --- the reader of our own -------------------------------------------------------

_skip_space = re.compile(rb"[ \t\n\r]*").match
_skip_plain = re.compile(rb'[^"\\\x00-\x1f]*').match
_match_key = re.compile(rb'"([^"\\\x00-\x1f]*)"[ \t\n\r]*:').match
_match_number = re.compile(rb"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?").match
_match_hex = re.compile(rb"[0-9a-fA-F]{0,4}").match
_match_exponent = re.compile(rb"[eE][+-]?").match

_LITERALS = {0x74: (b"true", True), 0x66: (b"false", False), 0x6E: (b"null", None)}
_ESCAPES = dict(zip(b'"\\/bfnrt', '"\\/\b\f\n\r\t', strict=True))
_QUOTE, _BACKSLASH, _COMMA, _COLON = b'"\\,:'
_MINUS, _ZERO, _NINE, _DOT = b"-09."
_LOWER_U = ord("u")
_OPENERS = b"[{"
_CLOSERS: dict[type[Any], int] = {list: ord("]"), dict: ord("}")}


class _Stop(Exception):
    """A reading ends before its value does."""


def read_slowly(data: bytes, start: int, depth: int) -> Result:
    """`read` without any library: the standard for the answers of `read`."""
    reader = _Reader(data, min(depth, DEPTH_CEILING))
    try:
        value, pos = reader.read(max(start, 0))
    except _Stop as stop:
        code, pos = stop.args
        return code, NOTHING if code == DEEP else reader.unclosed(), pos, reader.flags
    return OK, value, pos, reader.flags


class _Reader:
    """Reads with a stack of its own, so that input never costs interpreter frames."""

    __slots__ = ("data", "depth", "flags", "keys", "opened", "size")

    def __init__(self, data: bytes, depth: int) -> None:
        self.data = data
        self.size = len(data)
        self.depth = depth
        self.flags = 0
        self.opened: list[Any] = []  # the containers not yet closed, outermost first
        self.keys: list[str] = []  # for each the key whose value comes next ("": an array)

    def read(self, pos: int) -> tuple[Any, int]:
        """The value at `pos`, and the first byte after it and its white space."""
        while True:
            pos = self.space(pos)
            if self.byte(pos) in _OPENERS:
                value, pos = self.open(pos)
                if value is NOTHING:
                    continue
            else:
                value, pos = self.scalar(pos)
            value, pos = self.close(value, pos)
            if not self.opened:
                return value, pos

    def open(self, pos: int) -> tuple[Any, int]:
        """Enter the container at `pos`; its value only if it is empty and so closed."""
        if len(self.opened) >= self.depth:
            raise _Stop(DEEP, pos)
        container: Any = {} if self.data[pos] == 0x7B else []
        self.opened.append(container)
        self.keys.append("")
        pos = self.space(pos + 1)
        if self.byte(pos) == _CLOSERS[type(container)]:
            self.keys.pop()
            return self.opened.pop(), pos + 1
        if type(container) is dict:
            pos = self.key(pos)
        return NOTHING, pos

    def close(self, value: Any, pos: int) -> tuple[Any, int]:
        """Add `value` to its container, close those that end here, go to the next value."""
        while self.opened:
            container = self.opened[-1]
            self.add(container, value)
            pos = self.space(pos)
            byte = self.byte(pos)
            if byte == _COMMA:
                pos = self.space(pos + 1)
                return value, self.key(pos) if type(container) is dict else pos
            if byte != _CLOSERS[type(container)]:
                raise _Stop(BAD, pos)
            value = self.opened.pop()
            self.keys.pop()
            pos += 1
        return value, self.space(pos)

    def add(self, container: Any, value: Any) -> None:
        if type(container) is dict:
            container[self.keys[len(self.opened) - 1]] = value
        else:
            container.append(value)

    def unclosed(self) -> Any:
        """The value so far, with markers for the containers still open."""
        value: Any = NOTHING
        while self.opened:
            container = self.opened[-1]
            if value is not NOTHING:
                self.add(container, value)
            value = OpenDict(container) if type(container) is dict else OpenList(container)
            self.opened.pop()
        return value

    def key(self, pos: int) -> int:
        """Note the key at `pos` and step over its colon."""
        if found := _match_key(self.data, pos):  # nearly always; the rest finds out why not
            self.keys[-1] = found.group(1).decode("utf-8", "replace")
            return found.end()
        self.expect(_QUOTE, pos)
        key, pos = self.string(pos + 1)
        pos = self.space(pos)
        self.expect(_COLON, pos)
        self.keys[-1] = key
        return pos + 1

    def scalar(self, pos: int) -> tuple[Any, int]:
        byte = self.data[pos]
        if byte == _QUOTE:
            return self.string(pos + 1)
        if byte == _MINUS or _ZERO <= byte <= _NINE:
            return self.number(pos)
        if byte not in _LITERALS:
            raise _Stop(BAD, pos)
        word, value = _LITERALS[byte]
        for expected in word:
            self.expect(expected, pos)
            pos += 1
        return value, pos

    def number(self, pos: int) -> tuple[Any, int]:
        found = _match_number(self.data, pos)
        if found is None:  # nothing but a minus
            raise self.stop(pos + 1)
        end = found.end()
        fraction, exponent = found.groups()
        if self.opened or end < self.size:
            self.unfinished(end, fraction is None and exponent is None, exponent is None)
        value = number(found.group().decode("ascii"), fraction is not None or exponent is not None)
        if value is OUT_OF_RANGE:
            self.flags |= HAS_RANGE
        return value, end

    def unfinished(self, end: int, may_point: bool, may_scale: bool) -> None:
        """Stop if the number with its end here wants more digits, or may have them."""
        byte = self.byte(end)
        if may_point and byte == _DOT:
            raise self.stop(end + 1)
        if may_scale and (begun := _match_exponent(self.data, end)):
            raise self.stop(begun.end())
        # Only after a leading zero; in a container the same byte is bad anyway.
        if not self.opened and _ZERO <= byte <= _NINE:
            raise _Stop(BAD, end)

    def string(self, pos: int) -> tuple[str, int]:
        """The string whose body starts at `pos`, and the first byte after its quote."""
        data = self.data
        end = _skip_plain(data, pos).end()  # type: ignore[union-attr]
        if self.byte(end) == _QUOTE:
            return data[pos:end].decode("utf-8", "replace"), end + 1
        pieces: list[str] = []
        lone = 0
        while data[end] == _BACKSLASH:
            pieces.append(data[pos:end].decode("utf-8", "replace"))
            piece, pos = self.escape(end + 1)
            pieces.append(piece)
            if "\ud800" <= piece < "\ue000":
                lone = HAS_SURROGATE
            end = _skip_plain(data, pos).end()  # type: ignore[union-attr]
            if self.byte(end) == _QUOTE:
                pieces.append(data[pos:end].decode("utf-8", "replace"))
                self.flags |= lone  # only now is the string part of the value
                return "".join(pieces), end + 1
        raise _Stop(BAD, end)

    def escape(self, pos: int) -> tuple[str, int]:
        """The character of the escape behind a backslash; a surrogate pair is one."""
        byte = self.byte(pos)
        if byte != _LOWER_U:
            if byte not in _ESCAPES:
                raise _Stop(BAD, pos)
            return _ESCAPES[byte], pos + 1
        unit, pos = self.hex4(pos + 1)
        if 0xD800 <= unit < 0xDC00 and self.data.startswith(b"\\u", pos):
            low, behind = self.hex4(pos + 2)
            if 0xDC00 <= low < 0xE000:
                return chr(0x10000 + ((unit & 0x3FF) << 10 | low & 0x3FF)), behind
        return chr(unit), pos

    def hex4(self, pos: int) -> tuple[int, int]:
        digits = _match_hex(self.data, pos).group()  # type: ignore[union-attr]
        if len(digits) < 4:
            raise self.stop(pos + len(digits))
        return int(digits, 16), pos + 4

    def space(self, pos: int) -> int:
        if pos < self.size and self.data[pos] > 0x20:
            return pos
        return _skip_space(self.data, pos).end()  # type: ignore[union-attr]

    def byte(self, pos: int) -> int:
        if pos >= self.size:
            raise _Stop(CUT, self.size)
        return self.data[pos]

    def expect(self, byte: int, pos: int) -> None:
        if self.byte(pos) != byte:
            raise _Stop(BAD, pos)

    def stop(self, pos: int) -> _Stop:
        """The end of a reading at a byte that cannot be there, or at the end of the data."""
        return _Stop(BAD, pos) if pos < self.size else _Stop(CUT, self.size)


# --- the libraries, where they answer the same ------------------------------------

_LEVEL = [0] * 256  # the change of the nesting by a byte outside of strings
_LEVEL[0x5B] = _LEVEL[0x7B] = 1
_LEVEL[0x5D] = _LEVEL[0x7D] = -1
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_DIGITS_TO_ZERO = bytes(0x30 if 0x30 <= byte <= 0x39 else byte | 0x80 for byte in range(256))
_TOO_MANY_DIGITS = b"0" * (MAX_DIGITS + 1)
_TOO_LONG_FOR_ORJSON = b"0" * 19  # past 64 bits it makes floats of integers
# A lone pair of surrogate escapes is the common way to write an emoji. Everything else about
# surrogates needs the reader with a count of backslashes.
_surrogate_pairs = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}").sub
_find_surrogate = re.compile(rb"\\u[dD][89a-fA-F]").search


class _Refused(Exception):
    """The standard library met a value that it reads in its own way."""


_to_mark = re.compile(rb'[^"{}\[\]]*').match
_to_quote = re.compile(rb'[^"\\]*').match
_to_scalar_end = re.compile(rb"[^,\]} \t\r\n]*").match

# How far an element is read that cuts may end anywhere, beside its depth.
ELEMENT_BEGINS = 0
IN_SCALAR = 1
AMONG = 2  # between the values of an object or a list
IN_QUOTES = 3
ESCAPED = 4


def element_end(data: bytes, pos: int, depth: int, mode: int) -> tuple[int, int, int]:
    """Where the value ends that goes on at `pos`: (the index behind it or -1, depth, mode).

    The last two are for the next read, if it is cut. What stands in it, somebody else reads: a
    brace may close a bracket.
    """
    size = len(data)
    while pos < size:
        if mode == AMONG:
            pos = _to_mark(data, pos).end()  # type: ignore[union-attr]
            if pos == size:
                break
            c = data[pos]
            pos += 1
            if c == _QUOTE:
                mode = IN_QUOTES
            elif c in b"{[":
                depth += 1
            else:
                depth -= 1
                if depth == 0:
                    return pos, 0, ELEMENT_BEGINS
        elif mode == IN_QUOTES:
            pos = _to_quote(data, pos).end()  # type: ignore[union-attr]
            if pos == size:
                break
            if data[pos] == _QUOTE:
                mode = AMONG
                if depth == 0:
                    return pos + 1, 0, ELEMENT_BEGINS
            else:
                mode = ESCAPED
            pos += 1
        elif mode == ESCAPED:
            mode = IN_QUOTES
            pos += 1
        elif mode == IN_SCALAR:
            pos = _to_scalar_end(data, pos).end()  # type: ignore[union-attr]
            if pos < size:
                return pos, 0, ELEMENT_BEGINS
        elif data[pos] in b"{[":
            mode = AMONG
        elif data[pos] == _QUOTE:
            mode = IN_QUOTES
            pos += 1
        else:
            mode = IN_SCALAR
    return -1, depth, mode


def _nests_too_deep(data: bytes, depth: int) -> bool:
    """Whether `data`, taken for JSON by a library, nests deeper than `depth`."""
    depth = min(depth, DEPTH_CEILING)
    # A level takes two bytes: most chunks are too short to be asked any further.
    if len(data) <= 2 * depth or data.count(b"[") + data.count(b"{") <= depth:
        return False
    plain = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    outside = b"".join(plain.split(b'"')[::2])
    brackets = outside.translate(None, _NO_BRACKETS)
    return max(accumulate(map(_LEVEL.__getitem__, brackets)), default=0) > depth


def _has_lone_surrogate(data: bytes) -> bool:
    """False only if every surrogate escape in `data` is certainly half of a pair."""
    if b"\\u" not in data or not _find_surrogate(data):
        return False
    return b"\\\\" in data or _find_surrogate(_surrogate_pairs(b"", data)) is not None


def _finite(token: str) -> float:
    value = float(token)
    if value - value != 0.0:  # infinite
        raise _Refused
    return value


def _refuse(constant: str) -> Any:
    raise _Refused


def _make_scan_once() -> Callable[[str, int], tuple[Any, int]] | None:
    # The interpreted scanner of the standard library is laxer than RFC 8259.
    make = getattr(json.scanner, "c_make_scanner", None)
    if make is None or getattr(json.decoder, "c_scanstring", None) is None:
        return None
    scan: Callable[[str, int], tuple[Any, int]] = make(
        json.JSONDecoder(parse_float=_finite, parse_constant=_refuse)
    )
    return scan


_scan_once = _make_scan_once()


def read_by_json(data: bytes, depth: int) -> Any:
    """The value of all `data`, or NOTHING if the standard library cannot be trusted."""
    if _scan_once is None or _has_lone_surrogate(data):
        return NOTHING
    if len(data) > MAX_DIGITS and _TOO_MANY_DIGITS in data.translate(_DIGITS_TO_ZERO):
        return NOTHING
    text = data.decode("utf-8", "replace").strip(" \t\n\r")
    try:
        value, end = _scan_once(text, 0)
    except (ValueError, StopIteration, RecursionError, _Refused):
        return NOTHING
    if end != len(text) or _nests_too_deep(data, depth):
        return NOTHING
    return value


def read_by_orjson(data: bytes, depth: int) -> Any:
    """The same by orjson, and by the standard library where orjson reads differently."""
    if data.translate(_DIGITS_TO_ZERO).find(_TOO_LONG_FOR_ORJSON) >= 0:  # `in` takes longer
        return read_by_json(data, depth)
    try:
        value = _orjson_loads(data)
    except ValueError:  # damaged, or an unpaired surrogate, bad UTF-8, 1e400
        return NOTHING
    return NOTHING if _nests_too_deep(data, depth) else value


# The values that orjson must refuse, and those it must read as we do: it is asked, since its
# releases differ and any of them may be installed.
_MUST_REFUSE = (
    b'"\\ud83d"', b'"\\ude00"', b'{"\\ud83d":1}', b'"\xff"', b'"\xed\xa0\x80"', b"\xef\xbb\xbf1",
    b"1e400", b"-1e400", b"NaN", b"-Infinity", b"01", b"1.", b'"\x01"', b"[1,]", b'{"a":1,}',
    b"[1]\x00", b"1 1", b"\x0b1", b"/**/1", b"", b'"\\x41"',
)  # fmt: skip
_MUST_READ = (
    b"-0", b"-0.0", b"1E5", b"999999999999999999", b"-999999999999999999", b"1e23", b"1e-400",
    b'"\\ud83d\\ude00\\u0000\\/"', b'{"a":1,"b":2,"a":[]}', b" [true , null]\n", b'"\x7f"',
    b"2.2250738585072011e-308", b"0.1", b"1.7976931348623157e308",
)  # fmt: skip


def _orjson_agrees(loads: Callable[[bytes], Any]) -> bool:
    for sample in _MUST_REFUSE:
        try:
            loads(sample)
        except ValueError:
            continue
        return False
    try:
        return all(repr(loads(s)) == repr(read_slowly(s, 0, 9)[1]) for s in _MUST_READ)
    except ValueError:
        return False


def _find_orjson() -> Callable[[bytes], Any] | None:
    if os.environ.get("SSEFOLD_NO_ORJSON") == "1":
        return None
    try:
        from orjson import loads
    except ImportError:
        return None
    return loads if _orjson_agrees(loads) else None


_found = _find_orjson()
_orjson_loads: Callable[[bytes], Any] = json.loads if _found is None else _found
_read_fast = read_by_json if _found is None else read_by_orjson
