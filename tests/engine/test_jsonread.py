"""The JSON readers: codes, positions and partial values, and that all paths agree.

The judge (json_reference) knows none of the readers: it says which byte is the first
that no JSON text could have, and what was closed before it.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import math
import os
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from json_reference import ALPHABET, CHUNKS, Judge, loads_kept, open_levels, plain, shape, shown

from ssefold._py import jsonread as pure
from ssefold.engine.jsonmarks import (
    BAD,
    CUT,
    DEEP,
    HAS_RANGE,
    HAS_SURROGATE,
    NOTHING,
    OK,
    OUT_OF_RANGE,
    OpenDict,
    OpenList,
)

Read = Callable[[bytes, int, int], tuple[int, Any, int, int]]

# An extension that does not load must fail here, not vanish from the run.
WITH_C = os.environ.get("SSEFOLD_NO_EXTENSIONS") != "1"
compiled = importlib.import_module("ssefold._c.jsonread") if WITH_C else None


def _behind(fast: Callable[[bytes, int], Any]) -> Read:
    """`read` with this library in front of the own reader."""

    def read(data: bytes, start: int, depth: int) -> tuple[int, Any, int, int]:
        value = fast(data, depth) if start == 0 else NOTHING
        if value is NOTHING:
            return pure.read_slowly(data, start, depth)
        return OK, value, len(data), 0

    return read


READERS: dict[str, Read] = {
    "python": pure.read,
    "own": pure.read_slowly,
    "json": _behind(pure.read_by_json),
}
if pure._found is not None:
    READERS["orjson"] = _behind(pure.read_by_orjson)
if compiled is not None:
    READERS["c"] = compiled.read

each_reader = pytest.mark.parametrize("read", READERS.values(), ids=READERS)


def check(data: bytes, depth: int = 128) -> int:
    """All readers agree on `data`, and the judge with them. Answers the code."""
    readings = {name: read(data, 0, depth) for name, read in READERS.items()}
    code, value, pos, flags = readings["own"]
    first = shown(readings["own"])
    for name, reading in readings.items():
        assert shown(reading) == first, (name, data)
    judge = Judge(data, depth)
    assert (code, pos) == (judge.code, judge.pos), data
    if code == DEEP or (code != OK and not judge.closers):
        assert value is NOTHING, data
        return code
    text = data[: judge.kept].decode("utf-8", "replace") + judge.closers
    assert shape(plain(value)) == shape(loads_kept(text)), data
    assert open_levels(value) == len(judge.closers), data
    assert bool(flags & HAS_SURROGATE) >= any(0xD800 <= ord(c) < 0xE000 for c in repr_text(value))
    return code


def repr_text(value: Any) -> str:
    """All strings and keys of `value` in one."""
    if isinstance(value, dict):
        return "".join(k + "|" + repr_text(v) for k, v in value.items())
    if isinstance(value, list):
        return "|".join(map(repr_text, value))
    return value if isinstance(value, str) else ""


# --- what is said in the contract ---------------------------------------------------

CASES: list[tuple[bytes, int, Any, int, int]] = [
    (b'{"a":1}', OK, {"a": 1}, 7, 0),
    (b' \t\r\n{ "a" : [ 1 , 2 ] } \n', OK, {"a": [1, 2]}, 25, 0),
    (b'{"a":1},{', OK, {"a": 1}, 7, 0),
    (b'{"a":1} {"b":2}', OK, {"a": 1}, 8, 0),
    (b'[{"a":1},{{', BAD, OpenList([{"a": 1}, OpenDict()]), 10, 0),
    (b"tru1", BAD, NOTHING, 3, 0),
    (b"nul", CUT, NOTHING, 3, 0),
    (b"truex", OK, True, 4, 0),
    (b"[truex", BAD, OpenList([True]), 5, 0),
    (b"[true", CUT, OpenList([True]), 5, 0),
    (b"01", BAD, NOTHING, 1, 0),
    (b"-01", BAD, NOTHING, 2, 0),
    (b"[01", BAD, OpenList([0]), 2, 0),
    (b"0 1", OK, 0, 2, 0),
    (b"12x", OK, 12, 2, 0),
    (b"1.x", BAD, NOTHING, 2, 0),
    (b"[1.x", BAD, OpenList(), 3, 0),
    (b"[1.5.", BAD, OpenList([1.5]), 4, 0),
    (b"[12x", BAD, OpenList([12]), 3, 0),
    (b"[1e5e", BAD, OpenList([1e5]), 4, 0),
    (b"12", OK, 12, 2, 0),
    (b"12.", CUT, NOTHING, 3, 0),
    (b"-", CUT, NOTHING, 1, 0),
    (b"1e", CUT, NOTHING, 2, 0),
    (b"1e+", CUT, NOTHING, 3, 0),
    (b"[12", CUT, OpenList(), 3, 0),
    (b"[12 ", CUT, OpenList([12]), 4, 0),
    (b"[1e400", CUT, OpenList(), 6, 0),
    (b"-x", BAD, NOTHING, 1, 0),
    (b"+1", BAD, NOTHING, 0, 0),
    (b".5", BAD, NOTHING, 0, 0),
    (b"NaN", BAD, NOTHING, 0, 0),
    (b"Infinity", BAD, NOTHING, 0, 0),
    (b"-Infinity", BAD, NOTHING, 1, 0),
    (b"", CUT, NOTHING, 0, 0),
    (b" \n", CUT, NOTHING, 2, 0),
    (b"\xef\xbb\xbf1", BAD, NOTHING, 0, 0),
    (b"\x0b1", BAD, NOTHING, 0, 0),
    (b"[\xff", BAD, OpenList(), 1, 0),
    (b"[1,]", BAD, OpenList([1]), 3, 0),
    (b"[,", BAD, OpenList(), 1, 0),
    (b'{"a":1,}', BAD, OpenDict(a=1), 7, 0),
    (b'{"a" 1', BAD, OpenDict(), 5, 0),
    (b'{"a":}', BAD, OpenDict(), 5, 0),
    (b"{'", BAD, OpenDict(), 1, 0),
    (b"[}", BAD, OpenList(), 1, 0),
    (b"[1}", BAD, OpenList([1]), 2, 0),
    (b'{"a":{"b":1,"c":[1,2', CUT, OpenDict(a=OpenDict(b=1, c=OpenList([1]))), 20, 0),
    (b'{"a', CUT, OpenDict(), 3, 0),
    (b'{"a"', CUT, OpenDict(), 4, 0),
    (b'{"a":', CUT, OpenDict(), 5, 0),
    (b'{"a":"b', CUT, OpenDict(), 7, 0),
    (b'{"a":"b"', CUT, OpenDict(a="b"), 8, 0),
    (b'{"a":"b","c":{', CUT, OpenDict(a="b", c=OpenDict()), 14, 0),
    (rb'"\x"', BAD, NOTHING, 2, 0),
    (rb'"\u12G4"', BAD, NOTHING, 5, 0),
    (rb'"\u12"', BAD, NOTHING, 5, 0),
    (rb'"\ud83d\u12"', BAD, NOTHING, 11, 0),
    (b'"\\\x01', BAD, NOTHING, 2, 0),
    (b'"\\\xff', BAD, NOTHING, 2, 0),
    (b'"\\', CUT, NOTHING, 2, 0),
    (rb'"\u12', CUT, NOTHING, 5, 0),
    (rb'"\ud83d\u12', CUT, NOTHING, 11, 0),
    (b'"a\nb"', BAD, NOTHING, 2, 0),
    (b'"0123456789abcdef\x1f"', BAD, NOTHING, 17, 0),
    (b'"\x7f"', OK, "\x7f", 3, 0),
    (rb'"\"\\\/\b\f\n\r\t\u0041\u00e9\u4e2d\u0000"', OK, '"\\/\b\f\n\r\tAé中\0', 42, 0),
    (rb'"\ud83d\ude00"', OK, "😀", 14, 0),
    (rb'"\ud83d"', OK, "\ud83d", 8, HAS_SURROGATE),
    (rb'"\ude00\ud83d"', OK, "\ude00\ud83d", 14, HAS_SURROGATE),
    (rb'"\ud83d\ud83d\ude00"', OK, "\ud83d😀", 20, HAS_SURROGATE),
    (rb'"\ud83d\n"', OK, "\ud83d\n", 10, HAS_SURROGATE),
    (rb'"\\ud83d\ude00"', OK, "\\ud83d\ude00", 15, HAS_SURROGATE),
    (rb'"\\ud83d"', OK, "\\ud83d", 9, 0),
    (rb'{"\ud83d":1}', OK, {"\ud83d": 1}, 12, HAS_SURROGATE),
    (rb'["\ud83d', CUT, OpenList(), 8, 0),
    (rb'{"a":"\ud83d","a":1}', OK, {"a": 1}, 20, HAS_SURROGATE),
    (b'"\xed\xa0\x80\\ud83d"', OK, "\ufffd\ufffd\ufffd\ud83d", 11, HAS_SURROGATE),
    (b'"a\xe2\x82"', OK, "a\ufffd", 5, 0),
    (b'"\xe2\x82\\u0080\xff"', OK, "\ufffd\x80\ufffd", 11, 0),
    (b'"\xf4\x90\x80\x80\xc0\x80"', OK, "\ufffd" * 6, 8, 0),
    (b'{"\xff":1}', OK, {"\ufffd": 1}, 7, 0),
    (b'{"a":1,"b":2,"a":3}', OK, {"a": 3, "b": 2}, 19, 0),
    (b'{"a":1,"b":2,"a":[', CUT, OpenDict(a=OpenList(), b=2), 18, 0),
    (b"-0", OK, 0, 2, 0),
    (b"-0.0", OK, -0.0, 4, 0),
    (b"-0e1", OK, -0.0, 4, 0),
    (b"1E5", OK, 1e5, 3, 0),
    (b"18446744073709551616", OK, 2**64, 20, 0),
    (b"-9223372036854775809", OK, -(2**63) - 1, 20, 0),
    (b"1e400", OK, OUT_OF_RANGE, 5, HAS_RANGE),
    (b'{"a":-1e400,"b":1}', OK, {"a": OUT_OF_RANGE, "b": 1}, 18, HAS_RANGE),
    (b'{"a":1e400,"a":1}', OK, {"a": 1}, 17, HAS_RANGE),
    (b"[1e-400]", OK, [0.0], 8, 0),
]


@each_reader
@pytest.mark.parametrize(("data", "code", "value", "pos", "flags"), CASES)
def test_contract(read: Read, data: bytes, code: int, value: Any, pos: int, flags: int) -> None:
    assert shown(read(data, 0, 9)) == shown((code, value, pos, flags))


@pytest.mark.parametrize("data", [case[0] for case in CASES])
def test_contract_and_judge_agree(data: bytes) -> None:
    for size in range(len(data) + 1):
        check(data[:size], 9)


@each_reader
def test_start(read: Read) -> None:
    data = b'{"a":1} \n[2] x'
    assert read(data, 8, 9) == (OK, [2], 13, 0)
    assert read(data, 13, 9) == (BAD, NOTHING, 13, 0)
    assert read(data, 14, 9) == (CUT, NOTHING, 14, 0)
    assert read(b"[2", 1, 9) == (OK, 2, 2, 0)


@each_reader
def test_depth(read: Read) -> None:
    assert read(b"[]", 0, 1) == (OK, [], 2, 0)
    assert read(b"[[", 0, 1) == (DEEP, NOTHING, 1, 0)
    assert read(b"[]", 0, 0) == (DEEP, NOTHING, 0, 0)
    assert read(b'{"a":1,"b":{"c":[', 0, 2) == (DEEP, NOTHING, 16, 0)
    assert read(b'[[],{"a":[]}]', 0, 2)[::2] == (DEEP, 9)
    assert read(b'[[],"[[[[\\\\\\"[[[[[",{"a":[]}]', 0, 3)[0] == OK
    # A value that a repeated key throws away still nested too deep.
    assert read(b'{"a":[[[]]],"a":1}     ', 0, 3)[::2] == (DEEP, 7)


@each_reader
def test_depth_at_the_ceiling(read: Read) -> None:
    whole = b"[" * 256 + b"]" * 256
    assert read(whole, 0, 256)[::2] == (OK, 512)
    assert read(b"[" + whole + b"]", 0, 256)[::2] == (DEEP, 256)
    assert read(b"[" + whole + b"]", 0, 100_000)[::2] == (DEEP, 256)
    assert read(b"[" * 100_000, 0, 128)[::2] == (DEEP, 128)
    code, value, pos, _ = read(b"[" * 256, 0, 256)
    assert (code, open_levels(value), pos) == (CUT, 256, 256)


# --- all readers against the judge ---------------------------------------------------


@pytest.mark.parametrize("chunk", CHUNKS)
def test_every_prefix(chunk: bytes) -> None:
    codes = {check(chunk[:size]) for size in range(len(chunk) + 1)}
    assert codes <= {OK, CUT}
    check(chunk, 2)


@pytest.mark.parametrize("number", range(len(CHUNKS)))
def test_mutations(number: int) -> None:
    rng = random.Random(number)
    for _ in range(250):
        data = bytearray(CHUNKS[number])
        for _ in range(rng.choice((1, 1, 1, 2, 5))):
            at = rng.randrange(len(data))
            kind = rng.randrange(4)
            byte = bytes([rng.choice(ALPHABET)])
            data[at : at + (kind != 0)] = b"" if kind == 1 else byte
        check(bytes(data), rng.choice((128, 128, 3)))


def test_noise() -> None:
    rng = random.Random(7)
    pieces = [bytes([b]) for b in ALPHABET] + [b'"a":', b"true", b"null", b"\\ud83d", b"\\ude00"]
    for _ in range(3000):
        opening = rng.choice((b"", b"[", b'{"', b'"', b'[{"k":'))
        check(opening + b"".join(rng.choices(pieces, k=rng.randrange(12))), 4)


def test_a_bad_byte_is_the_first_that_nothing_can_complete() -> None:
    """The judge itself: json.loads takes what stands before, completed; never the byte."""
    rng = random.Random(11)
    seen = 0
    for chunk in CHUNKS * 15:
        data = bytearray(chunk)
        data[rng.randrange(len(data))] = rng.choice(ALPHABET)
        judge = Judge(bytes(data), 128)
        if judge.code != BAD:
            continue
        seen += 1
        before = Judge(bytes(data[: judge.pos]), 128)
        assert before.code in (CUT, OK)
        json.loads(data[: judge.pos].decode("latin-1") + before.completion())
        through = data[: judge.pos + 1].decode("latin-1")
        for behind in ("", '"', "0", "e0", "}", "]", ":0}", '":0}', "null", "ull", "rue", "n"):
            with pytest.raises(json.JSONDecodeError):
                json.loads(through + behind + before.completion())
    assert seen > 50


def _any_value(rng: random.Random, depth: int) -> Any:
    kind = rng.randrange(8 if depth else 6)
    if kind == 0:
        return rng.choice((None, True, False))
    if kind == 1:
        return rng.randrange(-(10 ** rng.randrange(1, 25)), 10 ** rng.randrange(1, 25))
    if kind == 2:
        return rng.choice((rng.uniform(-10, 0), rng.random() * 10 ** rng.randrange(-300, 300)))
    if kind < 6:
        letters = 'ab "\\/\n\t\x00é中😀\ud83d\ude00\x7f' + "x" * 8
        return "".join(rng.choices(letters, k=rng.randrange(40)))
    if kind == 6:
        return [_any_value(rng, depth - 1) for _ in range(rng.randrange(5))]
    return {str(_any_value(rng, 0)): _any_value(rng, depth - 1) for _ in range(rng.randrange(5))}


def test_valid_json_is_what_json_reads() -> None:
    rng = random.Random(3)
    for _ in range(1500):
        text = json.dumps(
            _any_value(rng, 4),
            ensure_ascii=rng.random() < 0.5,
            indent=rng.choice((None, 1)),
        )
        data = text.encode("utf-8", "replace")
        for name, read in READERS.items():
            code, value, pos, _ = read(data, 0, 128)
            assert (code, pos) == (OK, len(data)), name
            assert shape(value) == shape(json.loads(data)), name


def _float_tokens(rng: random.Random) -> list[str]:
    tokens = ["9007199254740993.0", "9007199254740992e22", "9007199254740993e22", "1e22", "1e23"]
    tokens += ["2.2250738585072011e-308", "5e-324", "2e-324", "1.7976931348623158e308", "0e999"]
    tokens += ["1.7976931348623159e308", "0." + "0" * 320 + "1e320", "1" * 400 + "e-400"]
    tokens += ["1" + "0" * 60 + ".5", "0.1" + "0" * 70, "-1e-99999999999", "1e99999999999"]
    for _ in range(2000):
        digits = str(rng.randrange(10 ** rng.randrange(1, 22)))
        point = rng.randrange(1, len(digits) + 1)
        token = digits[:point].lstrip("0") or "0"
        token += "." + digits[point:] if point < len(digits) else ""
        if rng.random() < 0.5 or "." not in token:
            token += f"{rng.choice('eE')}{rng.choice(('', '+', '-'))}{rng.randrange(330)}"
        tokens.append(rng.choice(("", "-")) + token)
    return tokens


@each_reader
def test_floats_are_correctly_rounded(read: Read) -> None:
    for token in _float_tokens(random.Random(5)):
        expected = float(token) if math.isfinite(float(token)) else OUT_OF_RANGE
        flags = HAS_RANGE if expected is OUT_OF_RANGE else 0
        reading = read(token.encode(), 0, 1)
        assert shown(reading) == shown((OK, expected, len(token), flags)), token
        assert shape(read(f"[{token}]".encode(), 0, 1)[1]) == shape([expected]), token


@each_reader
def test_integers_are_exact(read: Read) -> None:
    for size in (1, 16, 17, 18, 19, 20, 25, 600):
        for token in ("1" * size, "-" + "9" * size):
            assert read(token.encode(), 0, 1) == (OK, int(token), len(token), 0)


@each_reader
def test_integers_past_4300_digits(read: Read) -> None:
    most = b"-" + b"1" * 4300
    assert read(most, 0, 1) == (OK, int(most), 4301, 0)
    # Whatever the interpreter was told to bear.
    before = sys.get_int_max_str_digits() if hasattr(sys, "get_int_max_str_digits") else None
    try:
        for told in (None,) if before is None else (before, 0):
            if told is not None:
                sys.set_int_max_str_digits(told)
            reading = read(b"[" + most + b"1,2]", 0, 1)
            assert reading == (OK, [OUT_OF_RANGE, 2], 4306, HAS_RANGE)
    finally:
        if before is not None:
            sys.set_int_max_str_digits(before)


def test_keys_that_share_a_slot() -> None:
    """Many keys, twice: what the compiled reader keeps of them must not mix."""
    for _ in range(2):
        names = [f"{'k' * (i % 70)}{i}" for i in range(3000)]
        data = json.dumps({name: i for i, name in enumerate(names)}).encode()
        for read in READERS.values():
            assert list(read(data, 0, 9)[1].items()) == [(n, i) for i, n in enumerate(names)]


# --- cost ------------------------------------------------------------------------------

HALF = 1 << 19
LONG = {
    "text": b'"' + b"a" * HALF + b'"',
    "chinese": b'"' + "中".encode() * (HALF // 3) + b'"',
    "escapes": b'"' + b"\\n" * (HALF // 8) + b'"',
    "cut": b'[{"a":"' + b'\\"' * (HALF // 8),
    "lone": b'"' + b"\\ud83d" * (HALF // 32) + b'"',
    "invalid": b'"' + b"\xff" * HALF + b'"',
    "digits": b"1" * HALF,
    "fraction": b"0." + b"1" * HALF,
    "backslashes": b'"' + b"\\" * (HALF // 8),
    "members": b"[" + b'{"a":1},' * (HALF // 64),
    "space": b" " * HALF,
}


@each_reader
@pytest.mark.parametrize("kind", LONG)
def test_time_grows_with_the_data_and_no_faster(read: Read, kind: str) -> None:
    def spent(data: bytes) -> float:
        best = math.inf
        for _ in range(3):
            begun = time.thread_time()
            read(data, 0, 128)
            best = min(best, time.thread_time() - begun)
        return best

    data = LONG[kind]
    whole, quarter = spent(data), spent(data[: len(data) // 4])
    # Quadratic growth would be sixteenfold; the clock of a shared machine is rough.
    assert whole < 10 * quarter + 0.02


@each_reader
def test_glued_values_are_linear(read: Read) -> None:
    data = b"1 " * 20_000
    begun = time.thread_time()
    pos = count = 0
    while pos < len(data):
        _, _, pos, _ = read(data, pos, 128)
        count += 1
    assert count == 20_000
    assert time.thread_time() - begun < 5.0


# --- the libraries of the pure backend ---------------------------------------------------


def _fresh(name: str) -> Any:
    spec = importlib.util.find_spec("ssefold._py.jsonread")
    assert spec is not None
    assert spec.origin is not None
    fresh = importlib.util.spec_from_file_location(name, spec.origin)
    assert fresh is not None
    assert fresh.loader is not None
    module = importlib.util.module_from_spec(fresh)
    fresh.loader.exec_module(module)
    return module


def test_without_orjson(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSEFOLD_NO_ORJSON", "1")
    assert _fresh("no_orjson")._found is None
    monkeypatch.delenv("SSEFOLD_NO_ORJSON")
    monkeypatch.setitem(sys.modules, "orjson", None)
    module = _fresh("none_installed")
    assert module._found is None
    assert module.read(CHUNKS[0], 0, 9) == pure.read_slowly(CHUNKS[0], 0, 9)


def test_an_orjson_that_reads_otherwise_is_not_used() -> None:
    assert not pure._orjson_agrees(json.loads)  # takes NaN, surrogates and inf


def test_the_libraries_are_used() -> None:
    """Else the fast paths could be dead and every test above still pass."""
    for chunk in CHUNKS[:5]:
        assert pure.read_by_json(chunk, 128) is not NOTHING
        if pure._found is not None:
            assert pure.read_by_orjson(chunk, 128) is not NOTHING


def test_orjson_is_found_where_it_is_installed() -> None:
    pytest.importorskip("orjson")
    if os.environ.get("SSEFOLD_NO_ORJSON") != "1":
        assert pure._found is not None


def test_shallow_stack() -> None:
    """A caller near the recursion limit: the standard library gives up, not `read`."""

    def sink(levels: int) -> Any:
        return sink(levels - 1) if levels else pure.read(b"[" * 120 + b"]" * 120, 0, 128)

    frame, used = sys._getframe(), 0
    while frame.f_back is not None:
        frame, used = frame.f_back, used + 1
    assert sink(sys.getrecursionlimit() - used - 60)[0] == OK
