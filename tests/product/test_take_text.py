"""take_text() asked at each event: what is given is that of one call at the end, and costs less.

Lists of parts are what it remembers: streams of made up parts, in any order, in every place
where a dialect may have them; then the generated streams of each dialect.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
import streamgen
import streamnoise
from backends import Backend
from chats import DONE, chunk, event
from deltas import REPLACED, is_whole

Maker = Callable[[random.Random], bytes]


def word(rng: random.Random) -> str:
    return rng.choice(["a", "b", "xyz", "é", "1", ""])


def part(rng: random.Random) -> Any:
    """A part of a list that stands where a text belongs."""
    kinds: list[Any] = [
        {"type": "text", "text": word(rng)},
        {"type": "text", "text": word(rng), "id": rng.randrange(3)},
        {"type": "image_url", "image_url": "u"},
        word(rng),
    ]
    return rng.choice(kinds)


def parts_or_text(rng: random.Random) -> Any:
    if rng.random() < 0.4:
        return word(rng)
    return [part(rng) for _ in range(rng.randrange(1, 4))]


def of_a_chat(rng: random.Random) -> bytes:
    return chunk(parts_or_text(rng), rng.choice([0, 0, 0, 1]))


def of_a_completion(rng: random.Random) -> bytes:
    choice = {"index": rng.choice([0, 0, 0, 1]), "text": parts_or_text(rng)}
    return event({"object": "text_completion", "choices": [choice]})


def call_of(rng: random.Random, goes_on: bool) -> Any:
    piece = {"jsonPath": "$.a", "stringValue": word(rng), "willContinue": True}
    call = {"name": rng.choice("fg"), "partialArgs": [piece], "willContinue": goes_on}
    return {"functionCall": call, **({"text": "beside"} if rng.random() < 0.3 else {})}


def of_a_candidate(rng: random.Random) -> bytes:
    """Texts, thoughts, calls; one that goes on while other parts come behind it."""
    kinds: list[Any] = [
        {"text": word(rng)},
        {"text": word(rng)},
        {"text": word(rng), "thought": rng.choice([True, False, None])},
        {"text": word(rng), "thoughtSignature": "s"},
        {"functionCall": {"name": "f", "args": {}}, "text": "beside"},
        {"inlineData": {"data": "x"}},
        call_of(rng, True),
        call_of(rng, rng.random() < 0.5),
    ]
    parts = [rng.choice(kinds) for _ in range(rng.randrange(1, 3))]
    index = rng.choice([0, 0, 0, 1])
    return event({"candidates": [{"index": index, "content": {"role": "model", "parts": parts}}]})


def of_a_block(rng: random.Random) -> bytes:
    delta = {"type": "text_delta", "text": parts_or_text(rng)}
    return event({"type": "content_block_delta", "index": rng.randrange(3), "delta": delta})


MAKERS: dict[str, Maker] = {
    "chat": of_a_chat,
    "completions": of_a_completion,
    "gemini": of_a_candidate,
    "blocks": of_a_block,
}


def asked(backend: Backend, chunks: list[bytes], rng: random.Random | None, choice: int) -> str:
    """What take_text() gives in all: asked now and then beside others, or at the end alone."""
    acc = backend.StreamAccumulator()
    taken = ""
    for one in chunks:
        acc.feed(one)
        if rng is not None and rng.random() < 0.8:
            taken += acc.take_text(choice)
            if rng.random() < 0.3:
                acc.take()
                acc.text(choice)
                acc.take_text(1 - choice)
    acc.close()
    taken += acc.take_text(choice)
    assert acc.take_text(choice) == ""
    assert sorted(taken) == sorted(acc.text(choice))
    return taken


@pytest.mark.parametrize("name", MAKERS)
def test_parts_that_come_one_by_one(backend: Backend, name: str) -> None:
    for seed in range(200):
        rng = random.Random(seed)
        chunks = [MAKERS[name](rng) for _ in range(rng.randrange(2, 16))]
        if name in ("chat", "completions") and seed % 2:
            chunks += [DONE, DONE]
        for choice in (0, 1) if name != "blocks" else (0,):
            whole = asked(backend, chunks, None, choice)
            pieces = asked(backend, chunks, rng, choice)
            # A part before others may go on: then they were given before what comes to it.
            assert sorted(pieces) == sorted(whole), seed


@pytest.mark.parametrize("dialect", streamgen.DIALECTS)
def test_generated_streams(backend: Backend, dialect: str) -> None:
    for seed in range(60):
        rng = random.Random(seed)
        events = [event for event in streamgen.events(rng, dialect) if not is_whole(event[1])]
        chunks = [streamnoise.framed(rng, [one], streamnoise.plain_style(rng)) for one in events]
        acc = backend.StreamAccumulator()
        for one in chunks:
            acc.feed(one)
        if REPLACED & {anomaly.code for anomaly in acc.anomalies}:
            continue
        acc.close()
        once = acc.take_text()
        again = backend.StreamAccumulator()
        pieces = []
        for one in [*chunks, None]:
            if one is None:
                again.close()
            else:
                again.feed(one)
            pieces.append(again.take_text())
        assert sorted("".join(pieces)) == sorted(once), seed


def test_a_half_in_a_part_behind_which_others_came(backend: Backend) -> None:
    """It waits until nothing follows: then all parts are asked once more."""
    acc = backend.StreamAccumulator()
    taken = []
    for text in ("a\ud83d", "b", "c"):
        acc.feed(chunk([{"type": "text", "text": text}, {"type": "image_url"}]))
        taken.append(acc.take_text())
    acc.close()
    assert [*taken, acc.take_text(), acc.take_text()] == ["a", "b", "c", "\ufffd", ""]


def test_what_was_seen_goes_with_a_reset(backend: Backend) -> None:
    acc = backend.StreamAccumulator()
    for _ in range(2):
        for text in "abc":
            acc.feed(chunk([{"type": "text", "text": text}, {"type": "image_url"}]))
            assert acc.take_text() == text
        acc.reset()
        assert acc.take_text() == ""


def test_a_list_in_the_place_of_a_block_that_began_anew(backend: Backend) -> None:
    """Other parts stand there: how many of the former were seen says nothing of them."""
    acc = backend.StreamAccumulator()
    for number in range(3):
        acc.feed(event({"type": "content_block_start", "index": 0,
                        "content_block": {"type": "text", "text": ""}}))  # fmt: skip
        for text in ("a", "b"):
            parts = [{"type": "text", "text": f"{text}{number}"}, {"type": "image"}]
            delta = {"type": "text_delta", "text": parts}
            acc.feed(event({"type": "content_block_delta", "index": 0, "delta": delta}))
            assert acc.take_text() == f"{text}{number}"


def test_no_text_beside_the_path_to_the_texts(backend: Backend) -> None:
    """A member of the answer that has the name of a text is none."""
    acc = backend.StreamAccumulator()
    message = {"id": "m", "type": "message", "content": [], "text": "not said"}
    acc.feed(event({"type": "message_start", "message": message}))
    assert (acc.text(), acc.take_text(), acc.take_text(1)) == ("", "", "")


def test_settled_parts_are_not_looked_at_again(backend: Backend) -> None:
    looked = 0

    class Counting(backend.StreamAccumulator):  # type: ignore[misc, name-defined]
        __slots__ = ()

        def _locate(self, *args: Any) -> Any:
            nonlocal looked
            found = super()._locate(*args)
            looked += len(found)
            return found

    for lines in (
        [chunk([{"type": "text", "text": f"{i}"}, {"type": "image_url"}]) for i in range(300)],
        [event({"candidates": [{"content": {"parts": [
            {"text": f"{i}"}, {"functionCall": {"name": "f", "args": {}}}]}}]})
         for i in range(300)],
    ):  # fmt: skip
        acc = Counting()
        for i, line in enumerate(lines):
            acc.feed(line)
            assert acc.take_text() == f"{i}"
        acc.close()
        for _ in range(300):
            assert acc.take_text() == ""
        assert json.loads(acc.snapshot_json()) == acc.snapshot()
    assert looked <= 2 * 3 * 300
