"""Lists that wait as JSON writes them: what is rewritten, what is left, what is refused."""

from __future__ import annotations

import json
import random
from importlib import import_module
from typing import Any

import pytest
from backends import BACKENDS
from decimals import decimal
from hypothesis import given
from hypothesis import strategies as st

from ssefold.engine.jsonvalue import weight

pytestmark = pytest.mark.skipif("c" not in BACKENDS, reason="the compiled backend alone has it")
compact: Any = None
if "c" in BACKENDS:
    compact = import_module("ssefold._c.fast.jsoncompact").compact

CUT, BAD, LOOSE = 1, 2, 256


def written(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def check(text: str) -> bool:
    """The list is weighed and written as json would; whether it was left as it stood."""
    data = text.encode()
    value = json.loads(text)
    flags, weighs, out = compact(data)
    assert not flags & (CUT | BAD), text
    assert (out, weighs) == (written(value), weight(value)), text
    assert flags & LOOSE or out == data, f"{text} is taken for what json writes: {out!r}"
    return not flags & LOOSE


# -- numbers -------------------------------------------------------------------------------


def check_decimals(seed: int, count: int) -> None:
    rng = random.Random(seed)
    tokens = [decimal(rng) for _ in range(count)]
    shortest = found = 0
    for token in tokens:
        left = check(f"[{token}]")
        if token == repr(float(token)):
            shortest += 1
            found += left
    # Powers of two, ties and large exponents are asked of the library; all others are told.
    assert found > 0.85 * shortest > 0.3 * count


def test_decimals() -> None:
    check_decimals(1, 20_000)


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(2, 12))
def test_a_million_decimals(seed: int) -> None:
    check_decimals(seed, 100_000)


@pytest.mark.parametrize("token", [
    "0.0", "-0.0", "1.5", "100.0", "-9999.0", "0.0001", "9007199254740991.0", "9007199254740992.0",
    "1e-05", "-1.5e-07", "3.059023205018258e-07", "2.5e+16", "1e+16", "-2.345678901234568",
    "0.30000000000000004", "5.551115123125784e-17", "1234567890123.4568", "9.5367431640625e-07",
])  # fmt: skip
def test_what_json_writes_is_left(token: str) -> None:
    assert token == repr(float(token))
    assert check(f"[{token}]")
    assert check(f'[{{"a":[{token},{token}]}},"{token}"]')


@pytest.mark.parametrize("token", [
    "-0", "1e5", "1E+2", "0.1e-3", "1.50", "0.00", "-0.00", "1.0e-05", "1e-5", "1E-05", "0e0",
    "0E+00", "1e16", "1e+15", "10e-06", "0.00001", "0.0000014305115", "9007199254740993.0", "1e-04",
    "12345678901234567.5", "0.1000000000000000055", "0.3000000000000000444", "2.34567890123456785",
    "0.10000000000000001", "9007199254740992.5", "123456789012345678.0", "10000000000000000.0",
])  # fmt: skip
def test_other_numbers_are_rewritten(token: str) -> None:
    assert not check(f"[{token}]")
    assert not check(f'["a",{{"a":{token}}}]')


@pytest.mark.parametrize("digits", ["1", "-2", "12", "-1234567890123", "123456789012345", "700"])
def test_short_decimals_in_every_form(digits: str) -> None:
    for exponent in range(-99, 100):
        for form in ("{}e{}", "{}.0E{:+03}", "{}.50e{}"):
            check(f"[{form.format(digits, exponent)},1]")
    for places in range(1, 30):
        point = f"{abs(int(digits)):0{places + 1}}"
        check(f"[-{point[:-places]}.{point[-places:]}]")


@pytest.mark.parametrize(
    "token", ["0", "-1", "9", "10", "255", "256", "1000", "9" * 18, "-" + "9" * 17]
)
def test_integers_are_left(token: str) -> None:
    assert check(f"[{token}]")
    assert check(f"[1,{token},22,{token},333]")


@pytest.mark.parametrize("token", [
    "9" * 19, "-" + "9" * 18, "1" * 500, "1e100", "1e-100", "1e400", "1e007", "0." + "1" * 47, "01",
    "1.", ".5", "-", "+1", "1e", "1e+", "--1", "1.e5", "0x1", "NaN", "1-", "- 1", "-a", "00",
    "1.5.",
])  # fmt: skip
def test_numbers_that_are_none_or_too_long_are_refused(token: str) -> None:
    for text in (f"[{token}]", f'[{{"a":{token}}}]', f"[1,{token},2]"):
        assert compact(text.encode())[0] & BAD


# -- strings -------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [
    "", "a", "é", "😀", "\x7f", r"\n", r"\"", r"\\", r"\b\f\n\r\t", r"a\\\\b",
    "x" * 40 + r"\n" + "y" * 40,
])  # fmt: skip
def test_strings_as_json_writes_them_are_left(body: str) -> None:
    assert check(f'["{body}"]')
    assert check(f'[{{"a":"{body}"}},"{body}"]')


@pytest.mark.parametrize("body", [
    r"\/", r"\u0041", r"\u00e9", r"\u00E9", r"\ud83d\ude00", r"\u0022", r"\u005c", r"\u000a",
    r"\u001F", r"\u007f", r"\u2028", r"\u0000", r"\\\u0041", r"a\u005c\u005cn", r"\u001b[0m",
    r"\uD83D\uDE00x",
])  # fmt: skip
def test_other_escapes_are_rewritten(body: str) -> None:
    check(f'["{body}"]')
    check(f'[{{"a":"é{body}"}},"{body}"]')


@pytest.mark.parametrize(
    "body", [r"\ud83d", r"\ude00", r"a\ud83d\ud83d", r"\ude00\u0041", r"\ud83dx"]
)
def test_an_unpaired_surrogate_stays_the_escape_that_it_is(body: str) -> None:
    flags, weighs, out = compact(f'["{body}"]'.encode())
    assert not flags & (CUT | BAD)
    assert weighs == weight(json.loads(f'["{body}"]'))
    assert json.loads(out) == json.loads(f'["{body}"]')
    assert out == f'["{body}"]'.replace("\\u0041", "A").encode()


@pytest.mark.parametrize("body", [r"\x", r"\u12", r"\u12g4", "\x1f", "a\nb", "\\"])
def test_no_strings(body: str) -> None:
    assert compact(f'["{body}"]'.encode())[0] & (BAD | CUT)


def test_bytes_that_are_not_utf8_are_refused() -> None:
    for bad in (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf"):
        assert compact(b'["' + bad + b'"]')[0] & BAD
        assert compact(b'[{"' + bad + b'":1}]')[0] & BAD


# -- structure -----------------------------------------------------------------------------


@pytest.mark.parametrize("text", [
    "[]", "[[]]", "[{}]", "[[[1],[2,[3]]],[]]", '[{"a":{"b":[]}}]', "[true,false,null]", '["a"]',
    '[{"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":[]}]', "[1,22,333,4444,55555]",
])  # fmt: skip
def test_white_space_is_left_out(text: str) -> None:
    assert check(text)
    spaced = text
    for sign in "[]{},:":
        spaced = spaced.replace(sign, f" {sign}\t ")
    assert not check(spaced.strip())


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_a_line_end_is_refused(end: str) -> None:
    for text in (
        "[#]",
        "[#1]",
        "[1#]",
        "[1,#2]",
        '[{#"a":1}]',
        '[{"a"#:1}]',
        '[{"a":#1}]',
        '[{"a":1#}]',
    ):
        assert compact(text.replace("#", end).encode())[0] & BAD


@pytest.mark.parametrize("text", [
    "[1,]", "[,1]", "[1 2]", "[1,,2]", "[1}", '[{"a":1]', '[{"a" 1}]', '[{"a":}]', '[{"a":1,}]',
    "[{1:2}]", '[{a:1}]', "[tru]", "[nul]", "[True]", '["a""b"]', '[{"a":1"b":2}]', "[12,]",
    "[1,2,}", "[*]", "[1;2]",
])  # fmt: skip
def test_what_is_no_list_is_refused(text: str) -> None:
    assert compact(text.encode())[0] & BAD


@pytest.mark.parametrize("text", [
    '[{"a":1,"a":2}]', '[{"token":1,"bytes":2,"token":3}]', r'[{"\u0061":1}]', '[{"é":1,"é":2}]',
    '[{"12345678":1,"123456789":2,"12345678":3}]', '[{"":1,"":2}]',
    "[{" + ",".join(f'"{i}":1' for i in range(17)) + "}]",
])  # fmt: skip
def test_keys_that_may_come_twice_are_refused(text: str) -> None:
    assert compact(text.encode())[0] & BAD


def test_keys_that_are_like_each_other() -> None:
    assert check(
        '[{"12345678":1,"123456789":2,"1234567890":3,"12345678a":4,"a":5,"b":6,"ab":7,"":8}]'
    )
    assert check('[{"é":1,"è":2}]')
    assert check('[{"a":{"a":{"a":1}}}]')
    assert check("[{" + ",".join(f'"{i}":1' for i in range(16)) + "}]")


def nested(levels: int) -> bytes:
    """Lists and objects in turns."""
    opening = ["[", '{"a":'] * levels
    closing = ["]", "}"] * levels
    return "".join([*opening[:levels], "1", *closing[:levels][::-1]]).encode()


@pytest.mark.parametrize("depth", [1, 2, 3, 8, 127, 256])
def test_depth(depth: int) -> None:
    assert not compact(nested(depth), depth)[0] & (BAD | CUT)
    assert compact(nested(depth + 1), depth)[0] & BAD
    assert compact(nested(depth), depth - 1)[0] & BAD


def test_every_prefix_is_cut() -> None:
    text = (
        '[{"token":"é\\n","logprob":-1.25e-07,"bytes":[97,255],"top":[true,null,[0]]} , -12, 1.5]'
    )
    for size in range(len(text.encode())):
        assert compact(text.encode()[:size])[0] & (CUT | BAD) == CUT
    assert not compact(text.encode())[0] & (CUT | BAD)


TEXT = st.text(st.characters(codec="utf-8"))
KEYS = st.text(st.characters(codec="utf-8", exclude_characters='"\\', min_codepoint=32), max_size=9)
FLOATS = st.floats(allow_nan=False, allow_infinity=False).filter(
    lambda value: value == 0 or 1e-99 < abs(value) < 1e99
)
LEAVES = st.none() | st.booleans() | st.integers(-(10**16), 10**16) | TEXT | FLOATS


def around(below: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The same values, and lists and objects of them."""
    return below | st.lists(below, max_size=5) | st.dictionaries(KEYS, below, max_size=5)


VALUES = around(around(around(LEAVES)))


@given(value=VALUES)
def test_any_value(value: Any) -> None:
    check(json.dumps([value], ensure_ascii=False, separators=(",", ":")))
    check(json.dumps([value], ensure_ascii=False))
