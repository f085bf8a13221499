"""Runs of frames of one kind, up to and past where they end.

The compiled backend folds such frames in loops of their own, and a read of nothing else
without a look at the rest. Each stream is folded by both backends, with templates, with
known members alone, with neither.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from backends import BACKENDS
from parity import ALL, Case, Watched, agree, check, outcome

from ssefold import Limits

EOLS = ["\n", "\r\n", "\r"]


def data(event: Any, eol: str) -> bytes:
    text = event if isinstance(event, str) else json.dumps(event, separators=(",", ":"))
    return f"data: {text}{eol}{eol}".encode()


def text(fragment: str, **top: Any) -> dict[str, Any]:
    """An event that appends, and no more; `top` changes scalars besides."""
    return {"id": "x", **top, "choices": [{"index": 0, "delta": {"content": fragment}}]}


def block(number: int, fragment: str) -> dict[str, Any]:
    return {
        "type": "response.output_text.delta", "output_index": 0, "content_index": 0,
        "delta": fragment, "item_id": "i", "logprobs": [], "obfuscation": "q" * (number % 5),
        "sequence_number": number,
    }  # fmt: skip


def numbered(count: int, first: int = 3) -> list[Any]:
    """A stream of Responses whose events are counted."""
    item = {"type": "message", "id": "i", "role": "assistant", "content": []}
    part = {"type": "output_text", "text": "", "annotations": []}
    at = {"output_index": 0, "item_id": "i"}
    return [
        {"type": "response.created", "response": {"id": "r", "output": []}, "sequence_number": 0},
        {"type": "response.output_item.added", "output_index": 0, "item": item,
         "sequence_number": 1},
        {"type": "response.content_part.added", **at, "content_index": 0, "part": part,
         "sequence_number": 2},
        *[block(number, f"w{number}") for number in range(first, first + count)],
    ]  # fmt: skip


FRAGMENTS = ["a", "", "word", "0123456789abcdef", "0123456789abcdefg", "é", "\n", "\ud83d",
             "\ude00", "x" * 200]  # fmt: skip

# What ends a run, as the data of the next event.
ENDS: dict[str, Any] = {
    "finish": {"id": "x", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    "other choice": {"id": "x", "choices": [{"index": 1, "delta": {"content": "b"}}]},
    "other id": text("b") | {"id": "y"},
    "damaged": '{"id":"x","choices":[{"index":0,"delta":{"content":"b"}]}',
    "bad escape": '{"id":"x","choices":[{"index":0,"delta":{"content":"\\q"}}]}',
    "half an escape": '{"id":"x","choices":[{"index":0,"delta":{"content":"\\u12"}}]}',
    "cut": '{"id":"x","choices":[{"index":0,"delta":{"content":"b',
    "done": "[DONE]",
    "error": {"error": {"message": "boom"}},
    "wrong type": {"id": "x", "choices": [{"index": 0, "delta": {"content": 7}}]},
}


def steady(kind: str, count: int) -> list[Any]:
    """Events of one kind: texts alone, or with scalars that change."""
    fragments = (FRAGMENTS * (count // len(FRAGMENTS) + 1))[:count]
    if kind == "text":
        return [text(fragment) for fragment in fragments]
    if kind == "padded":
        return [text(fragment, obfuscation="p" * (n % 7)) for n, fragment in enumerate(fragments)]
    if kind == "time":
        return [text(fragment, at=n, s=f"s{n}") for n, fragment in enumerate(fragments)]
    if kind == "float":
        return [text(fragment, at=n / 8 - 1) for n, fragment in enumerate(fragments)]
    return numbered(count)


KINDS = ["text", "padded", "time", "float", "numbered"]


def fold(frames: list[bytes], cuts: list[int] | None = None, **options: Any) -> None:
    if cuts is None:
        cuts = [sum(map(len, frames[:n])) for n in range(1, len(frames))]
    looks = frozenset([len(cuts) // 2, len(cuts)])
    check(Case(0, "", b"".join(frames), options, tuple(cuts), looks))


@pytest.mark.parametrize("eol", EOLS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_ends_a_run(kind: str, eol: str) -> None:
    for end in ENDS.values():
        frames = [data(event, eol) for event in (*steady(kind, 9), end, *steady(kind, 3)[-3:])]
        fold(frames)
        fold(frames, [])
        fold(frames, [sum(map(len, frames[:6])), sum(map(len, frames[:9]))])


@pytest.mark.parametrize("eol", EOLS)
@pytest.mark.parametrize("kind", KINDS)
def test_reads_that_end_anywhere(kind: str, eol: str) -> None:
    """At each byte of two frames, the line ends among them; then the rest, by frames."""
    frames = [data(event, eol) for event in steady(kind, 8)]
    begin, middle = sum(map(len, frames[:-3])), len(frames[-3]) + len(frames[-2])
    stream = b"".join([*frames, data(ENDS["damaged"], eol), data(text("z"), eol)])
    for cut in range(begin, begin + middle + 1):
        watched = [Watched(backend, {}) for backend in ALL]
        for part in (stream[:begin], stream[begin:cut], b"", stream[cut:]):
            agree(f"cut {cut}", [(one.name, one.feed(part)) for one in watched])
            agree(f"cut {cut}", [(one.name, one.counts()) for one in watched])
        agree(f"cut {cut}", [(one.name, one.look()) for one in watched])


@pytest.mark.parametrize("eol", EOLS)
def test_line_ends_that_change(eol: str) -> None:
    others = [other for other in ["\n", "\r\n", "\r", "\n\n"] if other != eol]
    for other in others:
        frames = [data(event, eol) for event in steady("text", 5)]
        frames += [data(event, other) for event in steady("text", 2)]
        frames += [b"\n", *[data(event, eol) for event in steady("time", 4)], b"\r\n"]
        frames += [data(ENDS["damaged"], other), data(text("z"), eol)]
        fold(frames)
        fold(frames, [])
        fold(frames, list(range(1, sum(map(len, frames)))))


@pytest.mark.parametrize("eol", EOLS)
@pytest.mark.parametrize("kind", KINDS)
def test_limits_on_the_very_byte(kind: str, eol: str) -> None:
    frames = [data(event, eol) for event in steady(kind, 9)]
    frames.append(data(ENDS["finish"], eol))
    size = sum(map(len, frames))
    longest = max(map(len, frames[-5:-1]))
    held = sum(len(f) for f in FRAGMENTS[:4])
    for off in range(-3, 4):
        for cuts in (None, []):
            fold(frames, cuts, limits=Limits(max_event_bytes=longest + off))
            fold(frames, cuts, limits=Limits(max_total_bytes=size - len(frames[-1]) + off))
            fold(frames, cuts, limits=Limits(max_total_bytes=size - len(frames[-2]) + off))
            fold(frames, cuts, limits=Limits(max_output_bytes=held + off))


@pytest.mark.parametrize("first", [6, 96, 993, 10**17 - 7, 10**18 - 7, (1 << 62) - 7])
def test_numbers_that_get_longer(first: int) -> None:
    frames = [data(event, "\n") for event in numbered(16, first)]
    fold(frames)
    fold(frames, [])
    fold(frames, [sum(map(len, frames[:9]))])


@pytest.mark.parametrize("written", ["{}0", "0{}", "{}.0", "{}e0", "-{}", "{} ", " {}", "[]"])
def test_numbers_that_begin_like_the_one_that_is_due(written: str) -> None:
    events = numbered(12)
    frames = [data(event, "\n") for event in events]
    number = f'"sequence_number":{events[9]["sequence_number"]}'.encode()
    odd = f'"sequence_number":{written.format(events[9]["sequence_number"])}'.encode()
    frames[9] = frames[9].replace(number, odd)
    assert frames[9] != data(events[9], "\n")
    fold(frames)
    fold(frames, [])
    fold(frames, [sum(map(len, frames[:8]))])


@pytest.mark.parametrize("odd", ["gap", "repeat", "backwards", "huge", "float", "string", "none"])
def test_numbers_that_do_not_count_on(odd: str) -> None:
    events = numbered(12)
    number = events[9]["sequence_number"]
    values = {"gap": number + 1, "repeat": number - 1, "backwards": 0, "huge": 10**19,
              "float": float(number), "string": str(number)}  # fmt: skip
    events[9] = {**events[9], "sequence_number": values.get(odd)}
    frames = [data(event, "\n") for event in events]
    fold(frames)
    fold(frames, [])
    fold(frames, [sum(map(len, frames[:8]))])


@pytest.mark.parametrize("value", [10**17, 10**18, -(10**18), 10**25, -0.0, "é", "\ud83d", ""])
def test_scalars_that_are_the_last_of_a_run(value: Any) -> None:
    """Of a run's values only the last one is kept: whatever ends it."""
    events = [text("a", at=n) for n in range(6)]
    for end in (text("b", at=value), text("b", at=7, more=1), text("b", at=None), ENDS["cut"]):
        frames = [data(event, "\n") for event in (*events, text("b", at=value), end, *events[:2])]
        fold(frames)
        fold(frames, [])
        fold(frames, [sum(map(len, frames[:5]))])


def test_last_values_of_a_run_count_against_the_limit() -> None:
    events = [text("a", **{f"k{n}": "v"}) for n in range(4)]
    for letter in "abc":
        events += [text("a", k=letter * size) for size in (10, 4000, 4096, 4097, 5000)]
    frames = [data(event, "\n") for event in events * 90]
    fold(frames, [len(b"".join(frames)) // 2], limits=Limits(max_output_bytes=1 << 12))
    fold(frames, [], limits=Limits(max_output_bytes=1 << 10))


@pytest.mark.parametrize("kind", KINDS)
def test_between_the_reads(kind: str) -> None:
    """Reading, taking, empty reads, bytes of other types, a reset: nothing of a run is lost."""
    frames = [data(event, "\n") for event in steady(kind, 14)]
    watched = [Watched(backend, {}) for backend in ALL]
    for n, frame in enumerate(frames):
        half = len(frame) // 2 if n % 3 == 0 else len(frame)
        for part in (frame[:half], b"", bytearray(frame[half:])):
            chunk = memoryview(part) if n % 2 else part
            agree(f"{n}", [(one.name, one.feed(chunk)) for one in watched])  # type: ignore[arg-type]
        if n % 2:
            agree(f"{n}", [(one.name, one.look()) for one in watched])
        if n % 5 == 4:
            agree(f"{n}", [(one.name, one.take()) for one in watched])
    for one in watched:
        one.acc.reset()
    for part in (frames[-1], frames[0], frames[1], *frames[-3:]):
        agree("after a reset", [(one.name, one.feed(part)) for one in watched])
    agree("after a reset", [(one.name, one.look()) for one in watched])
    for one in watched:
        one.acc.close()
    refused = [(one.name, outcome(one.acc.feed, frames[-1])) for one in watched]
    agree("closed", refused)
    assert refused[0][1][:3] == ("raised", "StreamError", "closed")
    agree("closed", [(one.name, one.look()) for one in watched])


@pytest.mark.skipif("c" not in BACKENDS, reason="the compiled backend alone has it")
@pytest.mark.parametrize("eol", EOLS)
@pytest.mark.parametrize("kind", KINDS)
def test_runs_are_what_folds_them(kind: str, eol: str) -> None:
    """Or the tests here would try something else."""
    acc = BACKENDS["c"].StreamAccumulator()
    frames = [data(event, eol) for event in steady(kind, 60)]
    acc.feed(b"".join(frames[:20]))
    before = acc._cold
    for frame in frames[20:]:
        acc.feed(frame)
    assert acc._cold - before <= (20 if eol == "\r" else 3)
    assert acc.events == len(frames)
