"""JSON is written as json writes it, in both backends."""

from __future__ import annotations

import json
import random
from importlib import import_module
from typing import Any

import pytest
from backends import BACKENDS
from hypothesis import given
from hypothesis import strategies as st

WRITERS = {
    name: import_module(f"ssefold.{'_c' if name == 'c' else '_py'}.jsonwrite").write
    for name in BACKENDS
}
each_writer = pytest.mark.parametrize("name", WRITERS)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT
VALUES = st.recursive(
    SCALARS.filter(lambda value: value not in (float("inf"), float("-inf"))),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(TEXT, below, max_size=4),
    max_leaves=20,
)


@each_writer
@given(value=VALUES)
def test_as_json_writes_it(name: str, value: Any) -> None:
    expected = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    assert WRITERS[name](value) == expected


@each_writer
def test_every_character_below_256_and_long_runs(name: str) -> None:
    for code in range(256):
        for text in (chr(code), "a" * 20 + chr(code) + "b" * 20, chr(code) * 40):
            expected = json.dumps([text, {text: 1}], ensure_ascii=False, separators=(",", ":"))
            assert WRITERS[name]([text, {text: 1}]) == expected.encode()


@each_writer
def test_numbers_at_their_limits(name: str) -> None:
    numbers = [0, -1, 2**63 - 1, -(2**63), 2**63, 10**100, 0.1, -0.0, 1e16, 1e22, 5e-324, 1.0]
    assert WRITERS[name](numbers) == json.dumps(numbers, separators=(",", ":")).encode()


@each_writer
def test_floats_where_exponents_begin_and_end(name: str) -> None:
    rng = random.Random(5)
    numbers = [1e-4, 9.999e-5, 1e16, 9999999999999998.0, 123456789012345680.0, 1e-5, 1.5e300]
    numbers += [rng.uniform(-1, 1) * 10.0 ** rng.randint(-8, 20) for _ in range(5000)]
    numbers += [round(rng.uniform(-30, 0), rng.randint(1, 16)) for _ in range(5000)]
    assert WRITERS[name](numbers) == json.dumps(numbers, separators=(",", ":")).encode()


@each_writer
def test_deep_values(name: str) -> None:
    value: Any = []
    for _ in range(300):
        value = {"k": [value]}
    assert WRITERS[name](value) == json.dumps(value, separators=(",", ":")).encode()


@each_writer
def test_an_unpaired_surrogate_is_an_error(name: str) -> None:
    with pytest.raises(UnicodeEncodeError):
        WRITERS[name]({"a": ["\ud800"]})
