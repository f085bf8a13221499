"""Folds streams while one allocation after the other fails; a crash is the parent's to see.

Enters: a dialect, a kind of stream, its seed, how many allocations to miss at most,
or `taken`: only where somebody takes.
Leaves: how often memory ran short on standard output, exit code 0.
Must not know: pytest.

To be run as a process of its own. `_testcapi.set_nomemory` hooks what is asked of PyMem and
PyObject, ours and the interpreter's alike.
"""

from __future__ import annotations

import contextlib
import random
import sys
from typing import Any

# It asks elsewhere for its memory, and is not ours to try.
sys.modules["orjson"] = None  # type: ignore[assignment]

import _testcapi  # noqa: E402

import parity  # noqa: E402

import ssefold  # noqa: E402

# So many in a row that change nothing: all that a stream asks for was tried.
ENOUGH = 60
READ = 700


def see(acc: Any) -> Any:
    """What stands in an accumulator, read each way."""
    acc.take()
    text = acc.snapshot_json()
    return acc.snapshot(), text, [str(fault) for fault in acc.faults], acc.anomaly_count


def fold(acc: Any, reads: list[bytes]) -> None:
    acc.take()
    for read in reads:
        acc.feed(read)
    acc.take()
    acc.snapshot_json()
    acc.snapshot()


def runs_short(make: Any, reads: list[bytes], start: int) -> tuple[bool, Any]:
    """Whether the allocation after `start` more was missed, and the accumulator."""
    acc = make()
    _testcapi.set_nomemory(start, start + 1)
    try:
        fold(acc, reads)
    except MemoryError:
        return True, acc
    finally:
        _testcapi.remove_mem_hooks()
    return False, acc


def decode(stream: bytes, start: int) -> None:
    """Only frame it, and look at each event."""
    decoder = ssefold.SSEDecoder()
    _testcapi.set_nomemory(start, start + 1)
    try:
        for at in range(0, len(stream), READ):
            for event in decoder.feed(stream[at : at + READ]):
                _ = event.data, event.event, event.id
    except (MemoryError, ssefold.SSEFoldError):
        pass
    finally:
        _testcapi.remove_mem_hooks()


def taken(reads: list[bytes]) -> int:
    """What take() and take_text() could not give stays to be taken: how often memory ran short."""

    def given(start: int) -> tuple[bool, Any]:
        acc = ssefold.StreamAccumulator()
        found: list[Any] = []
        missed = False
        for number, read in enumerate(reads):
            with contextlib.suppress(ssefold.SSEFoldError):
                acc.feed(read)
            if number == len(reads) - 1:
                acc.close()
            for ask in (acc.take, acc.take_text):
                pieces = None
                if number * 2 >= len(reads) - 2:  # at the middle, and at the end
                    _testcapi.set_nomemory(start, start + 1)
                try:
                    pieces = ask()
                except MemoryError:
                    missed = True
                finally:
                    _testcapi.remove_mem_hooks()
                found.append(ask() if pieces is None else pieces)
        return missed, found

    missed = start = unmissed = 0
    _, expected = given(1 << 30)
    while unmissed < ENOUGH:
        failed, found = given(start)
        assert found == expected, start
        missed += failed
        unmissed = 0 if failed else unmissed + 1
        start += 1
    return missed


def main(dialect: str, kind: str, seed: str = "7", most: str = "100000") -> None:
    stream = parity.make_stream(random.Random(int(seed)), kind, dialect)
    reads = [stream[at : at + READ] for at in range(0, len(stream), READ)]
    if most == "taken":
        print(taken([b"".join(reads[: len(reads) // 2]), b"".join(reads[len(reads) // 2 :])]))
        return
    make = ssefold.StreamAccumulator
    for _ in range(2):  # what is kept for good is made
        acc = make()
        fold(acc, reads)
    expected = see(acc)
    missed = start = unmissed = 0
    while unmissed < ENOUGH and start < int(most):
        failed, acc = runs_short(make, reads, start)
        decode(stream, start)
        if failed:
            missed += 1
            unmissed = 0
            for read in reads[-2:]:  # it may be asked further, and must stay whole
                with contextlib.suppress(ssefold.SSEFoldError):
                    acc.feed(read)
            with contextlib.suppress(ssefold.SSEFoldError):
                see(acc)
        else:
            unmissed += 1
            assert see(acc) == expected, start
        with contextlib.suppress(ssefold.SSEFoldError):
            acc.close()
        start += 1
    assert ssefold.backend == "c"
    print(missed)


if __name__ == "__main__":
    main(*sys.argv[1:])
