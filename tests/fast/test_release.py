"""What was folded is freed as its last user leaves: nothing waits for the collector."""

from __future__ import annotations

import contextlib
import gc
import random
from collections.abc import Iterator
from typing import Any

import parity
import pytest
import streamgen
from backends import BACKENDS, Backend

from ssefold import SSEFoldError


@pytest.fixture(scope="module")
def no_collector() -> Iterator[None]:
    """It finds circles of this module's tests alone: to look at all the others takes long."""
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


def use(acc: Any, stream: bytes) -> None:
    """All that is done with an accumulator, a refused feed and a raised result among it."""
    for position in range(0, len(stream), 97):
        acc.feed(stream[position : position + 97])
    acc.take()
    acc.take_text()
    acc.snapshot_json()
    acc.close()
    for call in (acc.result, acc.result_json, lambda: acc.feed(b"data: {}\n\n")):
        with contextlib.suppress(SSEFoldError):
            call()


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("backend", BACKENDS.values(), ids=repr)
@pytest.mark.parametrize("dialect", streamgen.DIALECTS)
@pytest.mark.parametrize("kind", ["clean", "runs", "damaged", "all"])
def test_a_finished_accumulator_holds_no_circle(backend: Backend, dialect: str, kind: str) -> None:
    for seed in range(3):
        stream = parity.make_stream(random.Random(seed), kind, dialect)
        use(backend.StreamAccumulator(), stream)  # what is kept for good is made
        gc.collect()
        use(backend.StreamAccumulator(), stream)
        acc = backend.StreamAccumulator(strict=True)
        with contextlib.suppress(SSEFoldError):
            use(acc, stream)
        del acc
        assert gc.collect() == 0, seed
