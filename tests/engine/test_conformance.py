"""The stream corpus, against each backend: whole, byte by byte, and cut at every byte.

Cases that have many cuts are cut at a few always, and at all in a long run.

A case is NAME.sse, the bytes, and NAME.json: `expected`, the snapshot after close, key order
included, and `meta`, all else that must be so.
"""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from backends import Backend
from cases import CASES, NAMES, Case, each_case, fed, folded, make, pieces

from ssefold import StreamError

# Shorter streams are cut at every byte, longer ones at a sample and near line ends.
EVERY_CUT = 6 * 1024
SAMPLED_CUTS = 200
NEAR_LINE_END = 3
MOST_CUTS = 1000

# A case with more cuts than this takes long; it is always cut at so many of them.
SHORT = 300
FEW_CUTS = 60

# Byte by byte, a stream longer than this is fed in small pieces instead.
EVERY_BYTE = 64 * 1024

# Dialects whose blocks or items may grow in turns: what is taken is in another order.
GROWS_IN_TURNS = {"anthropic.messages", "openai.responses"}

# A full value brings a text before one that came: asked at the end alone, that is not told.
EXTENDS_WHAT_CAME_BEFORE = {"responses_resumed_then_item"}



def verdict(acc: Any) -> str | None:
    """What result() raises, as class:code; None if it returns the snapshot."""
    try:
        result = acc.result()
    except StreamError as error:
        raised = error
    else:
        assert dump(result) == dump(acc.snapshot())
        return None
    assert raised.partial == acc.snapshot()
    assert (raised.status, raised.faults, raised.error) == (acc.status, acc.faults, acc.error)
    return f"{type(raised).__name__}:{raised.code}"


def dump(value: Any) -> str:
    """JSON text: it tells key order and 1 from 1.0 and true."""
    return json.dumps(value)


def observed(acc: Any, meta: dict[str, Any]) -> dict[str, Any]:
    """What the accumulator says about everything that the case states."""
    found: dict[str, Any] = {
        "status": acc.status,
        "dialect": acc.dialect,
        "events": acc.events,
        "error": acc.error,
        "faults": [{"code": f.code, "offset": f.offset, "event": f.event} for f in acc.faults],
        "anomalies": [a._asdict() for a in acc.anomalies],
        "raises": verdict(acc),
    }
    if "text" in meta:
        found["text"] = {index: acc.text(int(index)) for index in meta["text"]}
    if "usage" in meta:
        found["usage"] = acc.usage
    if "finish_reason" in meta:
        found["finish_reason"] = acc.finish_reason()
    return found


def stated(meta: dict[str, Any]) -> dict[str, Any]:
    """What the case states; no error given means there is none."""
    other = {"rule", "feed", "taken"}
    return {"error": None} | {key: meta[key] for key in meta if key not in other}


def check(case: Case, acc: Any) -> None:
    """Everything that a case says, of a fold that was closed."""
    assert dump(acc.snapshot()) == dump(case.expected)
    assert dump(json.loads(acc.snapshot_json())) == dump(case.expected)
    found, wanted = observed(acc, case.meta), stated(case.meta)
    for ours, theirs in zip(found["faults"], wanted["faults"], strict=False):
        if "event" not in theirs:
            del ours["event"]
    for ours, theirs in zip(found["anomalies"], wanted["anomalies"], strict=False):
        if "count" not in theirs and ours["count"] == 1:
            del ours["count"]
    assert found == wanted


def state(acc: Any) -> tuple[Any, ...]:
    """All that must not depend on how the input was cut."""
    return (
        acc.snapshot_json(),
        acc.status,
        acc.dialect,
        acc.events,
        acc.faults,
        acc.anomalies,
        acc.error,
    )


def cuts(stream: bytes) -> list[int]:
    """Where to cut a stream in two: everywhere, or at a sample and near line ends."""
    size = len(stream)
    if size <= EVERY_CUT:
        return list(range(size + 1))
    rng = random.Random(size)
    found = {rng.randrange(size + 1) for _ in range(SAMPLED_CUTS)}
    near: set[int] = set()
    for at, byte in enumerate(stream):
        if byte in b"\r\n":
            near.update(range(max(0, at - NEAR_LINE_END), min(size, at + NEAR_LINE_END + 1)))
    return sorted(found | set(sorted(near)[:MOST_CUTS]))


@each_case
def test_whole(backend: Backend, name: str) -> None:
    case = CASES[name]
    check(case, folded(backend, case.meta, [case.stream]))


@each_case
def test_byte_by_byte(backend: Backend, name: str) -> None:
    case = CASES[name]
    step = 1 if len(case.stream) <= EVERY_BYTE else 13
    chunks = (case.stream[i : i + step] for i in range(0, len(case.stream), step))
    check(case, folded(backend, case.meta, chunks))


@each_case
def test_pieces(backend: Backend, name: str) -> None:
    case = CASES[name]
    for seed in range(3):
        check(case, folded(backend, case.meta, pieces(case.stream, seed)))


def cut_in_two(backend: Backend, case: Case, places: list[int]) -> None:
    stream = case.stream
    whole = state(folded(backend, case.meta, [stream]))
    for cut in places:
        acc = folded(backend, case.meta, [stream[:cut], stream[cut:]])
        assert state(acc) == whole, cut


CUTS = {name: cuts(case.stream) for name, case in CASES.items()}
MANY_CUTS = [name for name in NAMES if len(CUTS[name]) > SHORT]


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.long) if name in MANY_CUTS else name for name in NAMES],
)
def test_cut_in_two(backend: Backend, name: str) -> None:
    cut_in_two(backend, CASES[name], CUTS[name])


@pytest.mark.parametrize("name", MANY_CUTS)
def test_cut_in_two_at_a_few_places(backend: Backend, name: str) -> None:
    few = random.Random(name).sample(CUTS[name], FEW_CUTS)
    cut_in_two(backend, CASES[name], few)


@each_case
def test_reading_changes_nothing(backend: Backend, name: str) -> None:
    """A snapshot between any two feeds, fresh each time, and the same answer after."""
    case = CASES[name]
    acc = make(backend, case.meta)
    for piece in pieces(case.stream, 7):
        if fed(acc, piece) is not None:
            break
        first = acc.snapshot()
        before = dump(first)
        first.clear()
        assert dump(acc.snapshot()) == before
        assert json.loads(acc.snapshot_json()) == acc.snapshot()
        # Truncated before the end of input: a terminator behind which no answer can pass.
        assert acc.status in ("open", "complete", "failed", case.meta["status"])
    acc.close()
    acc.close()
    assert dump(acc.snapshot()) == dump(case.expected)


@each_case
def test_take_text(backend: Backend, name: str) -> None:
    """Whoever asks, now and then or once at the end, is given the same: what came, as it came."""
    case = CASES[name]
    at_once = folded(backend, case.meta, [case.stream])
    acc = make(backend, case.meta)
    texts = [""] * 3
    for piece in pieces(case.stream, 11):
        if fed(acc, piece) is not None:
            break
        texts = [text + acc.take_text(index) for index, text in enumerate(texts)]
    acc.close()
    texts = [text + acc.take_text(index) for index, text in enumerate(texts)]
    given = [at_once.take_text(index) for index in range(3)]
    if name in EXTENDS_WHAT_CAME_BEFORE:
        assert texts != given
        texts, given = [*map(sorted, texts)], [*map(sorted, given)]  # type: ignore[list-item]
    assert texts == given


@each_case
def test_what_was_taken_is_the_text(backend: Backend, name: str) -> None:
    """All of it, but for a surrogate that waits for ever; in its order where texts come in turn."""
    case = CASES[name]
    odd = {anomaly["code"] for anomaly in case.meta["anomalies"]}
    replaced = odd & {"block_restarted", "done_mismatch"}
    if "taken" not in case.meta and (replaced or case.meta["rule"] == "responses.missing"):
        pytest.skip("what was taken before is not in the text that replaced it")
    acc = folded(backend, case.meta, [case.stream])
    for index in range(3):
        taken, text = acc.take_text(index), acc.text(index)
        if "taken" in case.meta and index == 0:
            text = case.meta["taken"]
        elif case.meta["dialect"] in GROWS_IN_TURNS:
            taken, text = "".join(sorted(taken)), "".join(sorted(text))
        assert text in (taken, taken + "\ufffd")


@each_case
def test_reset(backend: Backend, name: str) -> None:
    """After a reset an accumulator is as good as new."""
    case = CASES[name]
    acc = make(backend, case.meta)
    for _ in range(2):
        fed(acc, case.stream)
        acc.close()
        check(case, acc)
        acc.reset()
        assert (acc.status, acc.events, acc.bytes, acc.faults) == ("open", 0, 0, ())
        assert acc.snapshot() == {}


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_detail_names_the_compression(backend: Backend, kind: str) -> None:
    case = CASES[f"body_{kind}"]
    acc = folded(backend, case.meta, [case.stream])
    assert kind in acc.faults[0].detail


def test_undecided(backend: Backend) -> None:
    """While no event decided there is nothing to read, but an error is there at once."""
    acc = backend.StreamAccumulator()
    acc.feed(b'data: {"usage":{"total_tokens":1},"id":"c1"}\n\n')
    assert (acc.dialect, acc.snapshot(), acc.text(), acc.usage) == (None, {}, "", None)
    assert (acc.status, acc.error, acc.events) == ("open", None, 1)
    acc.feed(b'data: {"error":{"code":1}}\n\n')
    assert (acc.dialect, acc.snapshot(), acc.error) == (None, {}, {"code": 1})
    assert acc.status == "failed"
    acc.feed(b'data: {"choices":[]}\n\n')
    assert acc.dialect == "openai.chat"
    assert acc.snapshot()["id"] == "c1"
    assert acc.usage == {"total_tokens": 1}


