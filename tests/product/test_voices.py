"""Fields of one message that may say the same: what take() gives does not depend on when.

A reasoning field is skipped in an event if an earlier one of its group brings the same
text in that event; pieces of one place come in the order of the events. Judged by a model
that looks at each event alone.
"""

from __future__ import annotations

import random
from typing import Any

import parity
import pytest
from backends import BACKENDS, Backend
from chats import event
from deltas import joined, place_of

from ssefold import Delta
from ssefold.rules import openai_chat

FIELDS = openai_chat.FIELDS["choices[].delta"]["alike"]  # type: ignore[index]
ALIKE = openai_chat.DELTAS["choices[choice].message"]["alike"]
WORDS = ("", "a", "b", "ab", "é", '"', "\n", "\\", "\ud83d", "\ude00", "\U0001f600", "a" * 40)


def test_the_table_says_it_the_same_way_twice() -> None:
    assert tuple(FIELDS) == ALIKE


def detail(text: str, index: int | None = 0, key: str = "text") -> dict[str, Any]:
    place = {} if index is None else {"index": index}
    return {"type": f"reasoning.{key}", key: text, **place}


def said(value: Any) -> str:
    if isinstance(value, list):
        return "".join(one.get(key, "") for one in value for key in ("summary", "thinking", "text"))
    return value or ""


class Model:
    """What is to be given of each place, event by event."""

    def __init__(self) -> None:
        self.given: dict[Any, str] = {}
        self.elements: dict[Any, list[Any]] = {}
        self.now: dict[Any, list[tuple[int, str]]] = {}

    def take(self, choice: int, delta: dict[str, Any]) -> None:
        before: list[str] = []
        for name in FIELDS:
            value = delta.get(name)
            silent = bool(said(value)) and said(value) in before
            before.append(said(value))
            if isinstance(value, list):
                for one in value:
                    number = self.number(choice, name, one)
                    text = "".join(one.get(key, "") for key in FIELDS[name])
                    self.give((choice, number, name), "" if silent else text)
            elif value is not None:
                order = list(delta).index(name)
                self.give((choice, None, None), "" if silent else value, order)
        for place, pieces in self.now.items():
            text = "".join(piece for _, piece in sorted(pieces, key=lambda pair: pair[0]))
            self.given[place] = self.given.get(place, "") + text
        self.now.clear()

    def give(self, place: Any, text: str, order: int = 0) -> None:
        self.now.setdefault(place, []).append((order, text))

    def number(self, choice: int, name: str, one: Any) -> int:
        known = self.elements.setdefault((choice, name), [])
        route = (one["index"], one["type"]) if "index" in one else None
        if route is None or route not in known:
            known.append(route)
            return len(known) - 1
        return known.index(route)


def delta_of(rng: random.Random, style: str) -> dict[str, Any]:
    """A delta of a stream that mostly keeps to one way of saying it."""
    word = rng.choice(WORDS)
    other = rng.choice(WORDS) if rng.random() < 0.1 else word
    if rng.random() < 0.05:
        style = rng.choice(STYLES)
    if style == "details":
        return {"reasoning": word, "reasoning_details": [detail(other)]}
    if style == "details first":
        return {"reasoning_details": [detail(other)], "reasoning": word}
    if style == "summary":
        return {"reasoning": word, "reasoning_details": [detail(other, key="summary")]}
    if style == "several":
        cut = rng.randint(0, len(word))
        return {
            "reasoning": word,
            "reasoning_details": [detail(word[:cut], 0), detail(word[cut:], rng.randint(0, 1))],
        }
    if style == "blocks":
        block = {"type": "thinking", "thinking": other}
        return {"reasoning_content": word, "thinking_blocks": [block]}
    if style == "loose":
        return {"reasoning": word, "reasoning_details": [detail(other, None)]}
    if style == "both":
        return {"reasoning": other, "reasoning_content": word}
    if style == "three":
        return {"reasoning_content": word, "thinking": other, "reasoning": rng.choice(WORDS)}
    if style == "both lists":
        return {
            "reasoning_details": [detail(word)],
            "thinking_blocks": [{"type": "thinking", "thinking": other}],
        }
    if style == "alone":
        return {rng.choice([name for name in FIELDS if not FIELDS[name]]): word}
    return {"content": word, "reasoning": rng.choice([None, ""]), "reasoning_details": []}


STYLES = (
    "details", "details first", "summary", "several", "blocks", "loose", "both", "three",
    "both lists", "alone", "content",
)  # fmt: skip


def stream_of(rng: random.Random, model: Model) -> list[bytes]:
    styles = rng.choices(STYLES, k=rng.choice([1, 1, 2]))
    choices = rng.choice([1, 1, 1, 2])
    frames = []
    style = styles[0]
    for _ in range(rng.choice([5, 30, 60])):
        if rng.random() < 0.1:
            style = rng.choice(styles)
        many = rng.sample(range(choices), rng.randint(1, choices))
        deltas = [(choice, delta_of(rng, style)) for choice in many]
        for choice, delta in deltas:
            model.take(choice, delta)
        frames.append(event({"choices": [{"index": c, "delta": delta} for c, delta in deltas]}))
    return frames


def simple(deltas: list[Delta]) -> dict[Any, str]:
    """Places as the model has them."""
    return {place[1:3]: text for place, text in joined(deltas).items() if place[0] == "reasoning"}


def of_model(model: Model) -> dict[Any, list[str]]:
    """Of each place the texts of the lists that have an element of that number."""
    found: dict[Any, list[str]] = {}
    for (choice, number, _), text in model.given.items():
        if text:
            found.setdefault((choice, number), []).append(whole(text))
    return found


def whole(text: str) -> str:
    """Halves that met are one character, others are what repair makes of them."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@pytest.mark.parametrize("chunk", range(10))
def test_what_is_given_does_not_depend_on_when(backend: Backend, chunk: int) -> None:
    for seed in range(chunk * 60, chunk * 60 + 60):
        rng = random.Random(seed)
        model = Model()
        frames = stream_of(rng, model)
        acc = backend.StreamAccumulator()
        acc.feed(b"".join(frames))
        acc.close()
        once = acc.take()
        each: list[Delta] = []
        looks = random.Random(seed)
        acc = backend.StreamAccumulator()
        for frame in frames:
            for part in parity_parts(looks, frame):
                acc.feed(part)
                if looks.random() < 0.5:
                    each += acc.take()
        acc.close()
        each += acc.take()
        wanted = of_model(model)
        found, also = simple(once), simple(each)
        assert found.keys() == wanted.keys() == also.keys(), seed
        for place, text in found.items():
            if len(wanted[place]) == 1:
                assert text == also[place] == wanted[place][0], seed
            else:  # two lists, each with an element of that number
                assert sorted(text) == sorted(also[place]) == sorted("".join(wanted[place])), seed


def parity_parts(rng: random.Random, frame: bytes) -> list[bytes]:
    if rng.random() < 0.7:
        return [frame]
    cut = rng.randrange(len(frame))
    return [frame[:cut], frame[cut:]]


@pytest.mark.parametrize("chunk", range(5))
def test_all_ways_give_the_same(chunk: int) -> None:
    """Both backends, with templates, without, by members alone; piece by piece."""
    for seed in range(chunk * 40, chunk * 40 + 40):
        rng = random.Random(seed)
        frames = stream_of(rng, Model())
        pieces = [frames[i : i + 3] for i in range(0, len(frames), 3)]
        taken = []
        for acc in accumulators():
            deltas = []
            for piece in pieces:
                acc.feed(b"".join(piece))
                deltas.append(acc.take())
            acc.close()
            taken.append((deltas, acc.take(), acc.snapshot()))
        assert all(one == taken[0] for one in taken), seed


def accumulators() -> list[Any]:
    found = []
    for backend in parity.ALL:
        for templates in (True, False, "members"):
            acc = backend.StreamAccumulator()
            acc._templates(templates)
            found.append(acc)
    return found


def test_streams_that_say_it_twice_keep_their_templates() -> None:
    for backend in BACKENDS.values():
        acc = backend.StreamAccumulator()
        for i in range(60):
            acc.feed(event({"choices": [{"index": 0, "delta": {
                "reasoning": f"w{i}", "reasoning_details": [detail(f"w{i}")],
            }}]}))  # fmt: skip
        if backend.name == "c":
            assert acc._cold <= 6
        assert [place_of(delta) for delta in acc.take()] == [("reasoning", 0, None, None)]
