"""The JSON text of a value as it stands on the wire: numbers where texts belong, in any event."""

from __future__ import annotations

from typing import Any

import pytest
from backends import BACKENDS, Backend

TEXTS = [
    b"1", b"-0", b"0.005", b"1.50", b"1e-3", b"1E+2", b"true", b"false", b"1e999", b"-1e400",
    b"9" * 4301, b"123456789012345678901234567890",
]  # fmt: skip
START = (
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"m","content":[]}}\n\n'
)


def block(text: bytes, name: bytes = b"text") -> bytes:
    kind = {b"text": b"text_delta", b"partial_json": b"input_json_delta"}[name]
    delta = b'{"type":"%b","x":"\\u00e9","%b":%b}' % (kind, name, text)
    return b'data: {"type":"content_block_delta","index":0,"delta":%b}' % delta


def fold(backend: Backend, stream: bytes, cut: int = 0, **options: Any) -> Any:
    acc = backend.StreamAccumulator(**options)
    for position in range(0, len(stream), cut or len(stream)):
        acc.feed(stream[position : position + (cut or len(stream))])
    acc.close()
    return acc


def codes(acc: Any) -> list[str]:
    return [a.code for a in acc.anomalies if a.code != "missing_start"]


@pytest.mark.parametrize("backend", BACKENDS.values(), ids=repr)
@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text[:12].decode())
@pytest.mark.parametrize("cut", [0, 1, 7])
def test_a_scalar_is_text_as_it_stands(backend: Backend, text: bytes, cut: int) -> None:
    acc = fold(backend, START + block(text) + b"\n\n" + block(b'"!"') + b"\n\n", cut)
    assert acc.text() == text.decode() + "!"
    assert codes(acc) == ["text_as_value"]
    assert "delta.text" in [a.path for a in acc.anomalies]


@pytest.mark.parametrize("backend", BACKENDS.values(), ids=repr)
def test_also_where_events_are_glued_or_damaged_or_wait_for_a_dialect(backend: Backend) -> None:
    glued = START + block(b"1.0") + b"\n" + block(b"2.0") + b"\n\n"
    glued += block(b"3e9,") + b"\n\n" + START + block(b"4.0,")
    acc = fold(backend, glued)
    assert acc.text() == "1.02.03e94.0"
    assert [f.code for f in acc.faults] == ["bad_json", "bad_json"]
    two = START + block(b"1.0") + b" " + block(b"1e999").removeprefix(b"data: ") + b"\n\n"
    assert fold(backend, two).text() == "1.01e999"
    several = START + block(b"1.0").replace(b',"delta"', b',\ndata: "delta"') + b"\n\n"
    assert fold(backend, several).text() == "1.0"
    waits = b'data: {"text":1e999,"x":[1e999]}\n\n' + block(b"1.0") + b"\n\n"
    acc = fold(backend, waits)
    assert acc.text() == "1.0"
    assert codes(acc) == ["number_range", "number_range", "text_as_value"]


@pytest.mark.parametrize("backend", BACKENDS.values(), ids=repr)
def test_what_no_double_can_hold_stays_out_where_no_rule_takes_texts(backend: Backend) -> None:
    waits = b'data: {"text":1e999,"x":[1e999]}\n\n'
    acc = fold(backend, waits)
    assert [(a.code, a.path) for a in acc.anomalies] == [
        ("number_range", "text"),
        ("number_range", "x[0]"),
    ]
    acc = fold(
        backend, b'data: {"choices":[],"usage":{"a":1e999,"b":1},"error":{"code":1e999}}\n\n'
    )
    assert acc.error == {}
    assert [a.code for a in acc.anomalies] == ["number_range"] * 2
    assert acc.usage == {"b": 1}


@pytest.mark.parametrize("backend", BACKENDS.values(), ids=repr)
def test_a_tools_input_may_be_an_object(backend: Backend) -> None:
    start = (
        b'data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use"}}\n\n'
    )
    acc = fold(backend, START + start + block(b'{"a" : 1.50}', b"partial_json") + b"\n\n")
    assert acc.snapshot()["content"][0]["input"] == {"a": 1.5}
    assert codes(acc) == ["text_as_value"]
    cut = (START + start + block(b'{"a" : 1.50}', b"partial_json"))[:-3]
    assert fold(backend, cut).snapshot()["content"][0].get("input") is None
