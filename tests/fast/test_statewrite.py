"""The answer's JSON is that of its snapshot, in both backends, at any point of a stream.

The compiled backend writes it without a snapshot: from texts and lists that stand there as
they came from the wire.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from backends import BACKENDS
from cases import CASES, each_case, make
from chats import DONE, chunk
from decimals import decimal
from parity import ALL, Case, check, dumps

from ssefold import SSEFoldError

BODIES = (
    " and", "", "é", "你好", "😀", r"\n", r"\"", r"\\", r"\/", r"\b\f\r\t", r"\u0041", r"\u00e9",
    r"\u001F", r"\u0000", r"\ud83d\ude00", r"\u2028", r"a\u005cb", r"\u007f", "\x7f",
    "x" * 40 + r"\n" + "y" * 20,
)  # fmt: skip
HALVES = (r"\ud83d", r"\ude00", r"x\ud83d", r"\ude00y")
NUMBERS = (
    "-0",
    "0",
    "12",
    "1e5",
    "1E+2",
    "0.1e-3",
    "100.0",
    "1.50",
    "-0.0",
    "9" * 18,
    "9" * 40,
    "1e400",
)


def token(rng: random.Random, odd: float, halves: bool) -> str:
    """An entry of a log probability list, as raw JSON."""
    body = rng.choice(BODIES + (HALVES if halves else ()))
    number = rng.choice(NUMBERS) if rng.random() < odd else decimal(rng)
    space = rng.choice((" ", "  ", "\t")) if rng.random() < odd else ""
    members = [f'"token":{space}"{body}"', f'"logprob":{number}', f'"bytes":[{space}97,{space}255]']
    if rng.random() < odd:
        members.append(
            rng.choice(('"token":"again"', '"é":{}', r'"\u0041":1', '"nested":[[1],[[]]]'))
        )
    return "{" + f"{space},".join(members) + "}"


def piece(rng: random.Random, odd: float, halves: bool) -> bytes:
    """A chunk with text and log probabilities, as raw JSON."""
    body = rng.choice(BODIES + (HALVES if halves else ()))
    entries = ",".join(token(rng, odd, halves) for _ in range(rng.choice((0, 1, 1, 2))))
    return (
        f'data: {{"id":"c-1","choices":[{{"index":0,"delta":{{"content":"{body}"}},'
        f'"logprobs":{{"content":[{entries}],"refusal":null}}}}]}}\n\n'
    ).encode()


def stream(seed: int) -> list[bytes]:
    rng = random.Random(seed)
    odd, halves = rng.choice((0, 0, 0.03, 0.3)), rng.random() < 0.3
    pieces = [piece(rng, odd, halves) for _ in range(rng.randint(3, 30))]
    return [*pieces, chunk(finish="stop"), DONE]


@pytest.mark.parametrize("first", range(0, 100, 10))
def test_log_probabilities(first: int) -> None:
    for seed in range(first, first + 10):
        frames = stream(seed)
        cuts = tuple(sum(map(len, frames[:n])) for n in range(1, len(frames)))
        check(Case(seed, "", b"".join(frames), {}, cuts, frozenset(range(len(cuts)))))


def looks(acc: Any) -> tuple[bytes, Any]:
    """What is written, which has to be what is read."""
    text = acc.snapshot_json()
    assert text == dumps(acc.snapshot()).encode()
    try:
        result = acc.result_json()
    except SSEFoldError as error:
        return text, error.code
    assert result == text
    return text, None


def reads(data: bytes, seed: str) -> Iterator[list[bytes]]:
    """A stream, whole and cut: in the middle of frames, and at each end of one."""
    rng = random.Random(seed)
    yield [data]
    yield [data[i : i + 64] for i in range(0, len(data), 64)][:200]
    bounds = sorted({0, len(data), *(rng.randint(0, len(data)) for _ in range(12))})
    yield [data[a:b] for a, b in pairwise(bounds)]
    frames = data.split(b"\n\n")
    yield [*[frame + b"\n\n" for frame in frames[:-1]][:200], frames[-1]]


@each_case
def test_the_corpus_after_each_read(name: str) -> None:
    case = CASES[name]
    for chunks in reads(case.stream, name):
        folds = [make(backend, case.meta) for backend in ALL]
        for part in [*chunks, None]:
            seen = set()
            for acc in folds:
                if part is None:
                    acc.close()
                else:
                    fed(acc, part)
                seen.add(looks(acc))
            assert len(seen) == 1


def fed(acc: Any, part: bytes) -> None:
    try:
        acc.feed(part)
    except SSEFoldError:
        assert acc.faults


def test_halves_of_a_pair_join_across_fragments_and_others_are_replaced() -> None:
    for backend in ALL:
        for bodies, text in (
            ((r"\ud83d", r"\ude00"), "😀"), ((r"\ud83d", "a"), "\ufffda"),
            ((r"\ude00", "a"), "\ufffda"), ((r"\ud83d\ude00", "a"), "😀a"),
            ((r"\ud83d", r"\ud83d\ude00"), "\ufffd😀"),
        ):  # fmt: skip
            acc = backend.StreamAccumulator()
            for body in (*bodies, "-", *bodies):
                data = (
                    b'{"id":"c","choices":[{"index":0,"delta":{"content":"%b"}}]}' % body.encode()
                )
                acc.feed(b"data: " + data + b"\n\n")
                looks(acc)
            acc.feed(DONE)
            assert acc.text() == f"{text}-{text}"
            assert json.loads(acc.snapshot_json())["choices"][0]["message"]["content"] == acc.text()
            looks(acc)


# What is installed does not change a byte.
WITHOUT = """
import sys
sys.modules["orjson"] = None
from test_statewrite import digest
print(digest())
"""


def digest() -> str:
    """All that is written of some streams, in every backend."""
    written = []
    for seed in range(40):
        frames = stream(seed)
        for backend in ALL:
            acc = backend.StreamAccumulator()
            for frame in frames:
                acc.feed(frame)
            written.append(looks(acc)[0].hex())
    return "".join(written)


def test_without_orjson() -> None:
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == digest()


@pytest.mark.skipif("c" not in BACKENDS, reason="the compiled backend alone has it")
def test_the_answer_is_written_without_a_snapshot() -> None:
    acc = BACKENDS["c"].StreamAccumulator()
    frames = [piece(random.Random(1), 0, False) for _ in range(9)]
    acc.feed(b"".join(frames))
    assert acc._write_answer() == acc.snapshot_json()
    assert acc._cold <= 3
