"""Limits: each at its edge, on the same byte however the input is cut, on both backends."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from backends import Backend
from chats import BROKEN, DONE, chunk, event, fed, state

from ssefold import Limits

# -- limits: on the same byte however the input is cut --------------------------------------------


def seen_in(backend: Backend, pieces: list[bytes], limits: Limits) -> dict[str, Any]:
    acc = backend.StreamAccumulator(limits=limits)
    for piece in pieces:
        acc.feed(piece)
    acc.close()
    return state(acc)


def at_every_cut(backends: list[Backend], stream: bytes, limits: Limits) -> dict[str, Any]:
    """The state after `stream`, which no cut and no backend may change."""
    whole = seen_in(backends[0], [stream], limits)
    for backend in backends:
        cuts = [[stream[:i], stream[i:]] for i in range(len(stream) + 1)]
        cuts.append([stream[i : i + 1] for i in range(len(stream))])
        for pieces in cuts:
            assert seen_in(backend, pieces, limits) == whole, (backend, len(pieces[0]))
    return whole


def codes(seen: dict[str, Any]) -> list[str]:
    return [fault.code for fault in seen["faults"]]


def calls(*deltas: Any) -> bytes:
    return event({"choices": [{"index": 0, "delta": {"tool_calls": list(deltas)}}]})


def named(index: int, name: str = "f") -> dict[str, Any]:
    return {"index": index, "id": f"t{index}", "function": {"name": name, "arguments": "{"}}


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_limit_event_bytes(backends: list[Backend], over: int) -> None:
    big = chunk("y" * 40)
    stream = chunk("x") + big + chunk(finish="stop") + DONE
    seen = at_every_cut(backends, stream, Limits(max_event_bytes=len(big) + over))
    if over >= 0:
        assert codes(seen) == []
        assert seen["text"][0] == "x" + "y" * 40
    else:
        (fault,) = seen["faults"]
        assert fault.code == "limit_event_bytes"
        # the first byte past the limit
        assert fault.offset == len(chunk("x")) + len(big) + over
        assert seen["text"][0] == "x"
        assert seen["status"] == "truncated"
        assert seen["counts"][:2] == (1, len(stream))


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_limit_total_bytes(backends: list[Backend], over: int) -> None:
    stream = chunk("x") + chunk("yy")
    seen = at_every_cut(backends, stream, Limits(max_total_bytes=len(stream) + over))
    assert seen["counts"][1] == len(stream)
    if over >= 0:
        assert codes(seen) == []
        assert seen["text"][0] == "xyy"
    else:
        (fault,) = seen["faults"]
        assert (fault.code, fault.offset) == ("limit_total_bytes", len(stream) + over)
        assert seen["text"][0] == "x"  # its blank line is past the limit


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_limit_output_bytes(backends: list[Backend], over: int) -> None:
    stream = chunk("abc") + chunk("d\u00e9") + chunk("\U0001f600") + chunk(finish="stop") + DONE
    seen = at_every_cut(backends, stream, Limits(max_output_bytes=3 + 3 + 4 + over))
    if over >= 0:
        assert codes(seen) == []
        assert seen["status"] == "complete"
    else:
        (fault,) = seen["faults"]
        assert fault.code == "limit_output_bytes"
        assert fault.offset == len(chunk("abc") + chunk("d\u00e9"))
        assert seen["text"][0] == "abcd\u00e9"
        assert seen["status"] == "truncated"


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_limit_choices(backends: list[Backend], over: int) -> None:
    stream = chunk("a", 7) + chunk("b", 2) + chunk("c", 5) + chunk("d", 5) + chunk("e", 7) + DONE
    seen = at_every_cut(backends, stream, Limits(max_choices=3 + over))
    choices = {c["index"]: c["message"]["content"] for c in seen["snapshot"]["choices"]}
    if over >= 0:
        assert codes(seen) == []
        assert choices == {2: "b", 5: "cd", 7: "ae"}
    else:
        (fault,) = seen["faults"]  # once, though two events meet it
        assert (fault.code, fault.event) == ("limit_choices", 2)
        assert choices == {2: "b", 7: "ae"}
    assert seen["status"] == "complete"


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_limit_tool_calls(backends: list[Backend], over: int) -> None:
    stream = (
        calls(named(4), named(1))
        + calls(named(9, "g"))
        + calls({"index": 9, "function": {"arguments": "}"}})
        + calls({"index": 4, "function": {"arguments": "}"}})
        + DONE
    )
    seen = at_every_cut(backends, stream, Limits(max_tool_calls=3 + over))
    held = [(call["id"], call["function"]["arguments"]) for call in seen["calls"][0]]
    if over >= 0:
        assert codes(seen) == []
        assert held == [("t1", "{"), ("t4", "{}"), ("t9", "{}")]
    else:
        (fault,) = seen["faults"]
        assert (fault.code, fault.event) == ("limit_tool_calls", 1)
        assert held == [("t1", "{"), ("t4", "{}")]


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_limit_blocks(backends: list[Backend], over: int) -> None:
    def block(index: int) -> bytes:
        content = {"type": "text", "text": str(index)}
        return event({"type": "content_block_start", "index": index, "content_block": content})

    def delta(index: int) -> bytes:
        content = {"type": "text_delta", "text": "!"}
        return event({"type": "content_block_delta", "index": index, "delta": content})

    stream = (
        event({"type": "message_start", "message": {"id": "m"}})
        + block(6)
        + block(1)
        + block(3)
        + delta(3)
        + delta(6)
        + event({"type": "message_stop"})
    )
    seen = at_every_cut(backends, stream, Limits(max_blocks=3 + over))
    texts = [part["text"] for part in seen["snapshot"]["content"]]
    if over >= 0:
        assert codes(seen) == []
        assert texts == ["1", "3!", "6!"]
    else:
        assert codes(seen) == ["limit_blocks"]
        assert texts == ["1", "6!"]


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_limit_depth(backends: list[Backend], over: int) -> None:
    deep = event(b'{"choices":[{"delta":{"content":"deep","x":[[[[]]]]}}]}')  # 8 levels
    stream = chunk("a") + deep + chunk("b", finish="stop") + DONE
    seen = at_every_cut(backends, stream, Limits(max_depth=8 + over))
    if over >= 0:
        assert codes(seen) == []
        assert seen["text"][0] == "adeepb"
    else:
        (fault,) = seen["faults"]
        bracket = deep.index(b"[[[[") + 3  # the one too many
        assert (fault.code, fault.offset) == ("limit_depth", len(chunk("a")) + bracket)
        assert seen["text"][0] == "ab"


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_limits_of_records(backends: list[Backend], over: int) -> None:
    stream = (BROKEN + chunk(5)) * 3 + chunk(finish="stop") + DONE
    limits = Limits(max_faults=3 + over, max_anomalies=3 + over)
    seen = at_every_cut(backends, stream, limits)
    assert len(seen["faults"]) == len(seen["anomalies"]) == min(3, 3 + over)
    assert seen["counts"][2:] == (3, 3)


@pytest.mark.parametrize(
    "limits",
    [
        Limits(max_event_bytes=0),
        Limits(max_total_bytes=0),
        Limits(max_output_bytes=0),
        Limits(max_choices=0),
        Limits(max_depth=0),
        Limits(max_faults=0, max_anomalies=0),
    ],
)
def test_limits_of_zero(backends: list[Backend], limits: Limits) -> None:
    seen = at_every_cut(backends, chunk("x") + chunk(finish="stop") + DONE, limits)
    assert seen["text"][0] == ("x" if limits.max_choices and limits.max_faults == 0 else "")
    assert len(seen["faults"]) <= 3


def test_limits_off(backend: Backend) -> None:
    off = Limits(**dict.fromkeys(vars(Limits()), None))
    text = "z" * 2_000_000
    odd = BROKEN * 100 + chunk(usage=5) * 100
    acc = fed(backend, chunk(text) + odd + chunk(finish="stop") + DONE, limits=off)
    assert acc.text() == text + "kept" * 100
    assert len(acc.faults) == acc.fault_count == 100
    assert len(acc.anomalies) == 100
    assert (
        fed(backend, event(b"[" * 256 + b"]" * 256), limits=off).faults[0].code == "unknown_dialect"
    )
    assert fed(backend, event(b"[" * 257 + b"]" * 257), limits=off).faults[0].code == "limit_depth"


def test_after_the_folding_ended_nothing_is_kept(backend: Backend) -> None:
    acc = backend.StreamAccumulator(limits=Limits(max_event_bytes=1000))
    acc.feed(chunk("x"))
    acc.feed(b"data: " + b"y" * 2000)
    before = state(acc)
    for _ in range(50):
        assert acc.feed(chunk("z" * 1000)) == 0
    after = state(acc)
    assert after["snapshot"] == before["snapshot"]
    assert after["faults"] == before["faults"]
    assert acc.events == 1


@pytest.mark.parametrize(
    ("limits", "kind"),
    [
        ({"max_choices": -1}, ValueError),
        ({"max_choices": 1.5}, TypeError),
        ({"max_choices": "1"}, TypeError),
        ({"max_choices": True}, TypeError),
        ({"max_everything": 1}, TypeError),
    ],
)
def test_wrong_limits(limits: dict[str, Any], kind: type[Exception]) -> None:
    with pytest.raises(kind, match=next(iter(limits))):
        Limits(**limits)


def test_gateway() -> None:
    limits = Limits.gateway()
    assert limits.max_output_bytes == 16 * 1024 * 1024
    assert limits.max_total_bytes == 256 * 1024 * 1024
    assert limits.max_event_bytes == Limits().max_event_bytes
    assert limits == Limits.gateway()
    assert hash(limits) == hash(Limits.gateway())
    assert pickle.loads(pickle.dumps(limits)) == limits
