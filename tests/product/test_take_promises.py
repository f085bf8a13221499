"""What is promised of take() and take_text() on any stream: the corpus, streams made of seeds.

The pieces of one place add up to its text however the input was cut and whenever it was asked
for, in one order; neither of the two eats what the other gives; both backends give the same,
piece by piece.
"""

from __future__ import annotations

import random
import re
from itertools import chain
from typing import Any

import parity
import pytest
import streamgen
import streamnoise
from backends import BACKENDS, Backend
from cases import CASES, NAMES, make, pieces
from chats import fed
from deltas import REPLACED, each_call, is_whole, joined, stands_in, stepped

from ssefold import DELTA_KINDS, Delta

# A terminal event leaves out what was given: it is not where it stood. An item that moves, too.
LEFT_OUT = {
    "responses_base_text_left_out",
    "responses_base_without_output",
    "responses_message_done_at_another_index",
}


def test_an_order_that_differs_is_seen() -> None:
    first, second = Delta("text", "a"), Delta("text", "b", 1)
    assert stands_in([first, second], [first, second])
    assert stands_in([second], [first, second])
    assert not stands_in([second, first], [first, second])


def is_its_text(meta: dict[str, Any]) -> bool:
    """Whether what is taken of a case is what its text is made of."""
    return "taken" not in meta or sorted(meta["taken"]) == sorted(meta.get("text", {}).get("0", ""))


@pytest.mark.parametrize("name", NAMES)
def test_corpus(backend: Backend, name: str) -> None:
    """Any cut and any schedule give each place the same text; text(i) is that of choice i.

    And in the same order: what one call gives stands as it does in the call that gives all.
    """
    case = CASES[name]
    acc = make(backend, case.meta)
    whole = stepped(acc, [case.stream], None)
    assert acc.take() == []
    assert all(delta.kind in DELTA_KINDS and delta.text for delta in whole)
    for size in (1, 7, 100):
        if size * 3000 < len(case.stream):
            continue
        again = make(backend, case.meta)
        rng = random.Random(len(case.stream) + size)
        calls = [*each_call(again, pieces(case.stream, size), rng)]
        assert joined(chain.from_iterable(calls)) == joined(whole)
        if name not in LEFT_OUT:
            assert all(stands_in(call, whole) for call in calls)
    odd = {anomaly["code"] for anomaly in case.meta["anomalies"]}
    if odd & REPLACED or case.meta["rule"] == "responses.missing":
        return
    for i in range(3):
        given = [delta.text for delta in whole if delta.kind == "text" and delta.choice == i]
        if i == 0 and not is_its_text(case.meta):
            assert sorted("".join(given)) == sorted(case.meta["taken"])
        else:
            assert "".join(given) == acc.text(i)


@pytest.mark.parametrize("name", NAMES)
def test_both_backends_give_the_same_of_the_corpus(name: str) -> None:
    case = CASES[name]
    accs = [make(backend, case.meta) for backend in parity.ALL]
    for part in [*pieces(case.stream, 23), None]:
        for acc in accs:
            if part is None:
                acc.close()
            else:
                parity.outcome(acc.feed, part)
        first, *others = [acc.take() for acc in accs]
        assert all(other == first for other in others)


def text_by_text(backend: Backend, stream: bytes, choice: int) -> str:
    """What take_text gives who asks after each event."""
    acc, taken = backend.StreamAccumulator(), ""
    for end in re.finditer(rb"(\r\n|\n|\r){2}", stream):
        acc.feed(stream[acc.bytes : end.end()])
        taken += acc.take_text(choice)
    acc.feed(stream[acc.bytes :])
    acc.close()
    return taken + acc.take_text(choice)


@pytest.mark.parametrize(
    "first", [0, *(pytest.param(n, marks=pytest.mark.long) for n in (50, 100))]
)
@pytest.mark.parametrize("dialect", streamgen.DIALECTS)
def test_generated_streams(backend: Backend, dialect: str, first: int) -> None:
    """As the corpus: the same in any cut, at any schedule, beside take_text()."""
    for seed in range(first, first + 50):
        rng = random.Random(seed)
        events = [event for event in streamgen.events(rng, dialect) if not is_whole(event[1])]
        stream = streamnoise.framed(rng, events, streamnoise.plain_style(rng))
        acc = backend.StreamAccumulator()
        whole = stepped(acc, [stream], None)
        cut = backend.StreamAccumulator()
        parts = pieces(stream, rng.choice([1, 50, 400]))
        odd = {anomaly.code for anomaly in acc.anomalies}
        apart = joined(stepped(cut, parts, rng))
        assert apart == joined(whole) or "block_restarted" in odd, seed
        if odd & REPLACED:
            continue
        for i in range(3):
            text = [delta.text for delta in whole if delta.kind == "text" and delta.choice == i]
            assert "".join(text) == acc.text(i), seed
            arrived = acc.take_text(i)
            assert sorted(arrived) == sorted(acc.text(i)), seed
            assert arrived == text_by_text(backend, stream, i), seed  # as they came


def test_the_generated_streams_have_every_kind() -> None:
    """Those of these dialects, or the comparison would judge less than it says."""
    kinds = set()
    for dialect in streamgen.DIALECTS:
        for seed in range(150):
            rng = random.Random(seed)
            stream = streamnoise.framed(
                rng, streamgen.events(rng, dialect), streamnoise.plain_style(rng)
            )
            kinds |= {delta.kind for delta in fed(BACKENDS["python"], stream).take()}
    assert kinds >= set(DELTA_KINDS) - {"reasoning_summary"}
