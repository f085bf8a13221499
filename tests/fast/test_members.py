"""Chunks told apart member by member (_c/fast/members.pyx) fold as all others do.

Events of a small grammar, made to deceive what was learned from the ones before: members
in any order, twice, missing, of another type; two members that change one place; an index
used again; elements that are routed, twice, or not at all.
"""

from __future__ import annotations

import json
import random
from typing import Any, NamedTuple

import pytest
from backends import BACKENDS

pytestmark = pytest.mark.skipif("c" not in BACKENDS, reason="the compiled backend is not there")

SEEDS = 120
EVENTS = 120


class Traffic(NamedTuple):
    """How a server writes: how often a chunk is unlike the others, and its habits."""

    odd: float
    groq: bool  # usage in two places
    ids: bool  # tool fragments carry an id each
    twice: bool  # members come twice
    codes: bool  # members that report a failure where there is no answer


def traffic(rng: random.Random) -> Traffic:
    """A server."""
    habits = [rng.random() < 0.25 for _ in range(4)]
    return Traffic(rng.choice([0.01, 0.04, 0.2]), *habits)


def event(rng: random.Random, like: Traffic) -> str:
    """The JSON text of one chunk."""
    odd = like.odd

    def mostly(usual: Any, *others: Any) -> Any:
        return rng.choice(others) if rng.random() < odd else usual

    choices = [choice(rng, like) for _ in range(mostly(1, 0, 2))]
    chunk = {
        "id": "c1",
        "object": mostly("chat.completion.chunk", "x", "error"),
        "created": mostly(1, 2, 1.0),
        "model": mostly("m", "n", 7),
        "choices": choices,
        "usage": mostly(None, {"a": rng.randint(1, 3), "b": {"c": "x"}}),
    }
    if like.groq:
        chunk["x_groq"] = {"usage": {"a": rng.randint(1, 2)}}
        chunk["usage"] = {"a": rng.randint(1, 2)}
    if rng.random() < odd:
        chunk["note"] = mostly("k", None, {"q": 1})
    if like.codes and rng.random() < 0.5:
        chunk["code"] = mostly(500, 200)  # no failure beside an answer
        chunk["message"] = "m"
    return written(rng, like, chunk)


def choice(rng: random.Random, like: Traffic) -> dict[str, Any]:
    """A choice, mostly one with an index."""
    odd = like.odd
    out = {"index": rng.choice([0, 0, 1, 11]), "delta": delta(rng, like), "finish_reason": None}
    if rng.random() < odd:
        out["logprobs"] = rng.choice([None, None, {"content": [{"token": "t"}]}])
        out["seen"] = rng.choice([True, True, 3])
    if rng.random() < odd / 30:
        out["finish_reason"] = "stop"
    if rng.random() < odd / 5:
        del out["index"]
    return out


def delta(rng: random.Random, like: Traffic) -> dict[str, Any]:
    """What a choice adds."""
    odd = like.odd
    out: dict[str, Any] = {"content": rng.choice(["a", "b\n", "é", ""])}
    if rng.random() < odd / 4:
        out["content"] = rng.choice([None, "\ud83d", 5])
    if rng.random() < 0.3:
        out["reasoning"] = rng.choice(["r", ""])
    if rng.random() < odd:
        out["role"] = "assistant"
    if rng.random() < odd / 4:
        out["extra"] = rng.choice(["e", "e", "f"])
    if rng.random() < 0.3:
        out["tool_calls"] = [call(rng, like) for _ in range(rng.choice([1, 1, 2]))]
    return out


def call(rng: random.Random, like: Traffic) -> dict[str, Any]:
    """A fragment of a tool call."""
    odd = like.odd
    out: dict[str, Any] = {"index": rng.choice([0, 0, 0, 1]), "function": {"arguments": "x"}}
    if rng.random() < (0.7 if like.ids else odd):
        out["id"] = rng.choice(["i", "i", "i", "j"])
    if rng.random() < (0.3 if like.ids else odd):
        out["function"]["name"] = rng.choice(["n", "n", "n", "o"])
    if rng.random() < odd / 5:
        del out["index"]
    return out


def written(rng: random.Random, like: Traffic, value: Any) -> str:
    """JSON with members in random order, and some of them twice."""
    if isinstance(value, list):
        return "[" + ",".join(written(rng, like, one) for one in value) + "]"
    if not isinstance(value, dict):
        return json.dumps(value, ensure_ascii=rng.random() < 0.5 or value == "\ud83d")
    keys = list(value)
    if rng.random() < 0.5:
        rng.shuffle(keys)
    space = rng.choice(["", "", "", " "])
    members = [f'"{key}":{space}{written(rng, like, value[key])}' for key in keys]
    if like.twice and keys and rng.random() < 0.1:
        again = rng.choice(members)
        if rng.random() < 0.5:
            members.append(again)
        else:
            members.insert(0, f"{again.partition(':')[0]}:{space}7")  # the last one counts
    return "{" + f",{space}".join(members) + "}"


def looks(acc: Any) -> tuple[Any, ...]:
    """All there is to see."""
    return json.dumps(acc.snapshot()), acc.anomalies, acc.faults, acc.events, acc.status


def test_members_fold_as_the_pure_backend_does() -> None:
    recognised = 0
    for seed in range(SEEDS):
        rng = random.Random(seed)
        fast = BACKENDS["c"].StreamAccumulator(dialect="openai.chat")
        fast._templates("members")
        pure = BACKENDS["python"].StreamAccumulator(dialect="openai.chat")
        eol, like = rng.choice(["\n", "\r\n"]), traffic(rng)
        for number in range(EVENTS):
            frame = f"data: {event(rng, like)}{eol}{eol}".encode("utf-8", "surrogatepass")
            cut = rng.randint(0, len(frame))
            for piece in (frame[:cut], frame[cut:]):
                fast.feed(piece)
                pure.feed(piece)
            assert looks(fast) == looks(pure), f"seed {seed}, event {number}: {frame!r}"
        recognised += EVENTS - fast._cold
    assert recognised > SEEDS * EVENTS / 10  # else this compares nothing


def test_members_are_what_folds_a_stream_that_never_repeats() -> None:
    """All but the first chunks are recognised: no result would show it, only the time."""
    rng = random.Random(7)
    acc = BACKENDS["c"].StreamAccumulator(dialect="openai.chat")
    pure = BACKENDS["python"].StreamAccumulator(dialect="openai.chat")
    keys = ["id", "object", "created", "model", "choices", "usage"]
    for _ in range(200):
        rng.shuffle(keys)
        chunk: dict[str, Any] = {"id": "c1", "object": "o", "created": 1, "model": "m"}
        chunk |= {"usage": None, "choices": [{"delta": {"content": "ab"}, "index": 0}]}
        frame = f"data: {json.dumps({key: chunk[key] for key in keys})}\n\n".encode()
        acc.feed(frame)
        pure.feed(frame)
    assert looks(acc) == looks(pure)
    assert acc._cold < 30
