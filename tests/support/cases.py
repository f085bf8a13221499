"""The corpus as the tests fold it: its cases, and what a fold of one is made with.

Leaves: `CASES`, name -> Case; `each_case`, which gives a test all their names.
Must not know: what is judged of a fold.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from backends import Backend

from ssefold import Limits, StreamMalformed

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
RULES: dict[str, str] = json.loads((CORPUS / "rules.json").read_text("utf-8"))


class Case(NamedTuple):
    """One case of the corpus."""

    stream: bytes
    expected: dict[str, Any]
    meta: dict[str, Any]


def load(path: Path) -> Case:
    """The case whose bytes stand there."""
    case = json.loads(path.with_suffix(".json").read_text("utf-8"))
    return Case(path.read_bytes(), case["expected"], case["meta"])


PATHS = sorted(CORPUS.glob("*/*.sse"), key=lambda path: path.stem)
NAMES = [path.stem for path in PATHS]
CASES = {path.stem: load(path) for path in PATHS}
each_case = pytest.mark.parametrize("name", NAMES)
# Each third of them in `make test`: for whatever asks a case at each of its events.
shared_cases = pytest.mark.parametrize(
    "name",
    [
        name if number % 3 == 0 else pytest.param(name, marks=pytest.mark.long)
        for number, name in enumerate(NAMES)
    ],
)


def make(backend: Backend, meta: dict[str, Any]) -> Any:
    """An accumulator with the options of a case."""
    options = dict(meta.get("feed", {}))
    options["limits"] = Limits(**options.get("limits", {}))
    return backend.StreamAccumulator(**options)


def folded(backend: Backend, meta: dict[str, Any], chunks: Iterable[bytes]) -> Any:
    """The accumulator after all chunks and the end of input.

    A strict one may raise at its first fault, and must then raise in every feed.
    """
    acc = make(backend, meta)
    raised: tuple[str, int] | None = None
    total = 0
    for chunk in chunks:
        total += len(chunk)
        now = fed(acc, chunk)
        assert raised in (None, now), "a strict fold raised, and then took more"
        raised = now
    acc.close()
    assert acc.bytes == total
    if raised is not None:
        assert meta["feed"]["strict"]
        assert raised == (acc.faults[0].code, acc.faults[0].offset)
    return acc


def fed(acc: Any, chunk: bytes) -> tuple[str, int] | None:
    """Feed a chunk; the code and offset of what a strict fold raised, if it did."""
    try:
        acc.feed(chunk)
    except StreamMalformed as error:
        return error.code, error.offset
    return None


def pieces(stream: bytes, seed: int) -> Iterator[bytes]:
    """The stream in pieces of random length, some of them empty."""
    rng = random.Random(seed)
    at = 0
    while at < len(stream):
        size = rng.choice((0, 1, 2, 3, 7, 40, 300))
        yield stream[at : at + size]
        at += size
