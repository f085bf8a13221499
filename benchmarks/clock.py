"""Time, side by side: everything once per round, round after round, on one core.

Enters: named callables. Leaves: for each the time of every round.
Must not know: what they do.

A ratio of two of them is the median of the ratios within each round: what slows
the machine down for a while slows both.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter, perf_counter_ns
from typing import Any

# Larger than the second-level cache of what this runs on, smaller than the third.
EVICTED = 8 * 1024 * 1024
# Written: pages that were only asked for are all the same one.
_buffer = b"\x01" * EVICTED


def pin() -> int | None:
    """Stay on one core, the last of those allowed; its number, None where that cannot be."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


def evict() -> None:
    """Read so much else that what comes next finds nothing in a near cache, code included."""
    _buffer.count(b"\n")


def settle() -> None:
    """What was imported so far is no longer looked at by the garbage collector."""
    gc.collect()
    gc.freeze()


@dataclass(frozen=True)
class Budget:
    """How long a table may take: rounds are run until `seconds` are over."""

    seconds: float = 2.0
    least: int = 7
    most: int = 75


QUICK = Budget(0.3, 3, 15)


def rounds(
    contenders: Mapping[str, Callable[[], Any]],
    budget: Budget,
    cold: bool = True,
    warmers: Mapping[str, Callable[[], Any]] | None = None,
) -> dict[str, list[int]]:
    """Nanoseconds of each contender in each round; A B C, A B C, …

    cold: the caches are emptied before each. warmers: what each does then, twice and
    untimed, with an input of its own: its code is where it is in a process that folds
    all day, and only what it is about to read has never been seen.
    """
    times: dict[str, list[int]] = {name: [] for name in contenders}
    for run in contenders.values():
        run()
    end = perf_counter() + budget.seconds
    for number in range(budget.most):
        if number >= budget.least and perf_counter() > end:
            break
        for name, run in contenders.items():
            if cold:
                evict()
            if warmers is not None:
                warmers[name]()
                warmers[name]()
            start = perf_counter_ns()
            run()
            times[name].append(perf_counter_ns() - start)
    return times


def ratio(slower: list[int], faster: list[int]) -> float:
    """How many times longer the first takes: the median over the rounds."""
    return median(a / b for a, b in zip(slower, faster, strict=True))


def beyond(longer: list[int], shorter: list[int]) -> float:
    """How many nanoseconds more the first takes: the median over the rounds."""
    return median(a - b for a, b in zip(longer, shorter, strict=True))


def spread(times: list[int]) -> tuple[float, float, float]:
    """Median and quartiles."""
    if len(times) < 2:
        return float(times[0]), float(times[0]), float(times[0])
    low, _, high = quantiles(times, n=4, method="inclusive")
    return median(times), low, high
