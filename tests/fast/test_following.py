"""Who asks after each event gets what a walk over the whole answer would find.

The twin folds without templates: each of its events is read for itself, and each reading walks.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
import streamgen
import streamnoise
from backends import BACKENDS, Backend
from cases import CASES, make, shared_cases
from parity import outcome

from ssefold import Delta, Limits
from ssefold.engine.grammar import SECTIONS
from ssefold.rules import openai_chat

READINGS = ("take", "take_text", "usage", "finish_reason", "tool_calls", "text", "status")


def said(acc: Any, what: str) -> Any:
    """What one reading gives."""
    found = getattr(acc, what)
    return found() if callable(found) else found


def by_events(stream: bytes) -> list[bytes]:
    """The stream in pieces that each end behind an event, as a relay reads them."""
    ends = b"\r\n\r\n" if b"\r\n" in stream else b"\n\n"
    return [part + ends for part in stream.split(ends) if part]


def followed(
    acc: Any, twin: Any, parts: list[bytes], rng: random.Random | None = None
) -> int:
    """Ask both after each part; how many events were recognised."""
    for part in parts:
        assert outcome(acc.feed, part)[0] == outcome(twin.feed, part)[0]
        for what in READINGS:
            if rng is None or rng.random() < 0.7:
                assert said(acc, what) == said(twin, what), (what, part)
    known: int = acc.recognised
    for one in (acc, twin):
        one.close()
    for what in READINGS:
        assert said(acc, what) == said(twin, what), (what, "at the end")
    return known


def pair(backend: Backend, **options: Any) -> tuple[Any, Any]:
    """An accumulator, and one that walks."""
    acc, twin = backend.StreamAccumulator(**options), backend.StreamAccumulator(**options)
    twin._templates(False)
    return acc, twin


@pytest.mark.parametrize("dialect", streamgen.DIALECTS)
def test_generated_streams(backend: Backend, dialect: str) -> None:
    known = 0
    for seed in range(60):
        rng = random.Random(seed)
        events = streamgen.events(rng, dialect)
        for _ in range(3):
            events = streamnoise.repeated(rng, events)
        stream = streamnoise.framed(rng, events, streamnoise.plain_style(rng))
        known += followed(*pair(backend), by_events(stream), rng)
    assert known > 300


@shared_cases
def test_corpus(backend: Backend, name: str) -> None:
    case = CASES[name]
    twin = make(backend, case.meta)
    twin._templates(False)
    followed(make(backend, case.meta), twin, by_events(case.stream))


def chat(deltas: list[Any], **rest: Any) -> list[bytes]:
    return [
        b"data: %s\n\n"
        % json.dumps(
            {"id": "c", "object": "chat.completion.chunk", "model": "m", **rest}
            | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        ).encode()
        for delta in deltas
    ]


def growing() -> Iterator[tuple[str, list[bytes]]]:
    """Streams of which a recognised chunk may say more than that a text grew."""
    words = [f"word {n} " for n in range(30)]
    yield "text", chat([{"content": word} for word in words])
    yield "an escape", chat([{"content": f'"{n}"\n\\'} for n in range(30)])
    halves = ["\ude00", "\ud83d"] * 15
    yield "halves of pairs", chat([{"content": half} for half in halves])
    both = [{"reasoning": word, "content": word} for word in words]
    yield "two texts", chat(both)
    alike = [{"reasoning": word, "reasoning_content": word} for word in words]
    yield "two that say the same", chat(alike)
    turns = [{"reasoning": w} if n % 3 else {"reasoning_content": w} for n, w in enumerate(words)]
    yield "two that take turns", chat(turns)
    names = [{"tool_calls": [{"index": 0, "function": {"name": f"n{n}"}}]} for n in range(30)]
    yield "a name that grows", chat([{"tool_calls": [{"index": 0, "id": "a"}]}, *names])
    ids = [{"tool_calls": [{"index": 0, "id": f"i{n}", "function": {"arguments": "1"}}]}
           for n in range(30)]  # fmt: skip
    yield "ids that change", chat(ids)
    arguments = [{"tool_calls": [{"index": n % 3, "function": {"arguments": f"{n},"}}]}
                 for n in range(60)]  # fmt: skip
    starts = [{"tool_calls": [{"index": n, "id": f"{n}", "function": {"name": "f"}}]}
              for n in range(3)]  # fmt: skip
    yield "calls side by side", chat([*starts, *arguments])
    counted = [
        chat([{"content": "a"}], usage={"prompt_tokens": 1, "completion_tokens": n})[0]
        for n in range(30)
    ]
    yield "usage that counts", counted
    yield "usage that begins", [*chat([{"content": "a"}] * 20), *counted]
    null = [chat([{"content": "a"}], usage=None)[0] for _ in range(20)]
    yield "usage that was null", [*null, *counted]
    reasons = [
        part.replace(b'"finish_reason": null', b'"finish_reason": "r%d"' % n)
        for n, part in enumerate(chat([{}] * 30))
    ]
    yield "a reason that changes", reasons


@pytest.mark.parametrize("what", [what for what, _ in growing()])
def test_what_else_may_grow(backend: Backend, what: str) -> None:
    parts = dict(growing())[what]
    followed(*pair(backend), parts)
    followed(*pair(backend), [b"".join(parts[at : at + 3]) for at in range(0, len(parts), 3)])
    stream = b"".join(parts)
    followed(*pair(backend), [stream[at : at + 45] for at in range(0, len(stream), 45)])


def test_a_text_that_is_told_anew_each_time(backend: Backend) -> None:
    """A table may say that the newest text counts: what is new is what that adds."""
    literals = {name: value for name, value in vars(openai_chat).items() if name in SECTIONS}
    fields = dict(literals["FIELDS"])
    path = next(path for path in fields if path.endswith("delta.content"))
    table = {**literals, "NAME": "mine", "FIELDS": {**fields, path: "last"}}
    told = ["a" * n for n in range(1, 40)]
    followed(*pair(backend, dialect=table), chat([{"content": text} for text in told]))


def test_a_limit_within_a_run(backend: Backend) -> None:
    parts = chat([{"content": "0123456789"}] * 40)
    for most in range(0, 200, 7):
        followed(*pair(backend, limits=Limits(max_output_bytes=most)), parts)
        followed(*pair(backend, limits=Limits(max_total_bytes=most * 20)), parts)


def test_it_walks_seldom(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand words are a thousand pieces, and a handful of walks."""
    walks = []
    for what in ("_take", "_take_text", "_usage", "_finish_reason"):
        whole = getattr(backend.StreamAccumulator, what)

        def counted(self: Any, *args: Any, _whole: Any = whole, _what: str = what) -> Any:
            walks.append(_what)
            return _whole(self, *args)

        monkeypatch.setattr(backend.StreamAccumulator, what, counted)
    acc = backend.StreamAccumulator()
    for number, part in enumerate(chat([{"content": f"w{n} "} for n in range(1000)])):
        acc.feed(part)
        assert [delta.text for delta in acc.take()] == [f"w{number} "]
        assert acc.take_text() == f"w{number} "
        assert acc.usage is None
        assert acc.finish_reason() is None
    assert len(walks) < 40
    assert acc.take() == []
    assert acc.take_text() == ""


def test_of_several_choices_each_is_followed(backend: Backend) -> None:
    acc, twin = pair(backend)
    parts = [
        part.replace(b'"index": 0', b'"index": %d' % (n % 3))
        for n, part in enumerate(chat([{"content": f"w{n} "} for n in range(90)]))
    ]
    for part in parts:
        acc.feed(part)
        twin.feed(part)
        for choice in (0, 1, 2, 3):
            assert acc.take_text(choice) == twin.take_text(choice)
            assert acc.finish_reason(choice) == twin.finish_reason(choice)
        assert acc.take() == twin.take()


def test_another_stream_is_not_followed_with_the_first(backend: Backend) -> None:
    acc = backend.StreamAccumulator()
    for _ in range(2):
        for number, part in enumerate(chat([{"content": f"w{n} "} for n in range(20)])):
            acc.feed(part)
            assert acc.take_text() == f"w{number} "
            assert len(acc.take()) == 1
        acc.reset()
        assert acc.take() == []
        assert acc.take_text() == ""
        assert acc.finish_reason() is None


def test_both_backends_give_the_same_records() -> None:
    parts = chat([{"content": f"w{n} ", "reasoning": "r"} for n in range(20)])
    accs = [backend.StreamAccumulator() for backend in BACKENDS.values()]
    for part in parts:
        for acc in accs:
            acc.feed(part)
        first, *others = [acc.take() for acc in accs]
        assert all(other == first for other in others)
        assert {type(delta) for call in (first, *others) for delta in call} <= {Delta}
