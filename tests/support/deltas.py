"""What take() gives, collected: now and then, place by place, in its order.

Enters: an accumulator and the pieces that it is fed.
Leaves: what each call gave; `joined`, the text of each place; whether an order is kept.
Must not know: what is right for a stream.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import parity

from ssefold import Delta

Place = tuple[str, int, Any, Any]


def place_of(delta: Delta) -> Place:
    return delta.kind, delta.choice, delta.index, delta.part


def joined(deltas: Iterable[Delta]) -> dict[Place, str]:
    """The text of each place."""
    texts: dict[Place, str] = {}
    for delta in deltas:
        texts[place_of(delta)] = texts.get(place_of(delta), "") + delta.text
    return texts


# What a server took back is not in the texts that replaced it.
REPLACED = {"block_restarted", "done_mismatch", "second_stream"}


def each_call(
    acc: Any, parts: Iterable[bytes], looks: random.Random | None
) -> Iterator[list[Delta]]:
    """What take() gives now and then; in a strict fold up to its fault."""
    for part in parts:
        parity.outcome(acc.feed, part)
        if looks is not None and looks.random() < 0.5:
            yield acc.take()
            if looks.random() < 0.3:
                acc.take_text(looks.randint(0, 2))
                acc.snapshot()
    acc.close()
    yield acc.take()


def stepped(acc: Any, parts: Iterable[bytes], looks: random.Random | None) -> list[Delta]:
    """All deltas of a stream, taken now and then."""
    return [*chain.from_iterable(each_call(acc, parts, looks))]


def stands_in(call: list[Delta], whole: list[Delta]) -> bool:
    """Whether the places of a call stand in that order in the one that gives all."""
    places = iter([place_of(delta) for delta in whole])
    return all(place_of(delta) in places for delta in call)  # each looks on behind the last


def is_whole(payload: Any) -> bool:
    """Whether an event brings a full value, which may be another than its deltas gave."""
    kind = payload.get("type", "") if isinstance(payload, dict) else ""
    return (kind.startswith("response.") and isinstance(payload.get("response"), dict)) or (
        kind.endswith(".done")
    )
