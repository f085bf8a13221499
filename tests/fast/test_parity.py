"""Both backends do exactly the same, and keep what is promised of any stream.

2,000 seeds, a quarter of them also where `make test` leaves out what is long, and 18,000
more with `pytest -m campaign`; SSEFOLD_PARITY_SEEDS=20000 sets the first number,
SSEFOLD_PARITY_FIRST=20000 starts behind others. A seed that fails is run alone, and made
smaller, by `python tests/support/parity.py SEED --shrink`.
"""

from __future__ import annotations

import os
from typing import Any

import parity
import pytest
from backends import BACKENDS, Backend
from tests.fuzz import target

SEEDS = int(os.environ.get("SSEFOLD_PARITY_SEEDS", "2000"))
FIRST = int(os.environ.get("SSEFOLD_PARITY_FIRST", "0"))
BATCH = 50


def marked(first: int) -> Any:
    """A batch of seeds, and who runs it."""
    if first < FIRST + SEEDS // 4:
        return first
    mark = pytest.mark.long if first < FIRST + SEEDS else pytest.mark.campaign
    return pytest.param(first, marks=mark)


BATCHES = [marked(first) for first in range(FIRST, FIRST + 10 * SEEDS, BATCH)]


@pytest.mark.parametrize("first", BATCHES)
def test_generated_streams(first: int) -> None:
    """Each after every read: see parity.check for all that is compared."""
    failures = []
    for seed in range(first, first + BATCH):
        failure = parity.failure(parity.case(seed))
        if failure:
            failures.append(f"python tests/support/parity.py {seed} --shrink\n{failure[:2000]}")
    assert not failures, "\n\n".join([f"{len(failures)} failed:", *failures[:3]])


def test_the_fuzzer_may_choose_any_options() -> None:
    """A head that the package refuses would end the search at once, and find nothing."""
    for dialect in range(len(target.streamgen.DIALECTS) + 1):
        for rule in range(len(parity.RULE_PATHS) + 1):
            head = bytes([dialect, 0, 0, rule, 0, 0, 0, 0])
            target.one_input(head + b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n')


# What a fold can meet.
REACHED = {
    "bad_json", "truncated_event", "not_an_event_stream", "unknown_dialect", "limit_event_bytes",
    "limit_output_bytes", "limit_total_bytes", "limit_choices", "limit_tool_calls", "limit_blocks",
    "limit_depth", "wrong_type", "number_range", "glued_events", "after_end", "second_stream",
    "delta_after_finish", "tool_index_reused", "block_restarted", "missing_start", "bad_tool_json",
    "index_reused", "text_as_value", "wrong_dialect", "unnamed_call", "no_finish_reason",
    "open_block", "heartbeat_data", "foreign_event",
    "sequence_gap", "sequence_repeated", "done_mismatch", "open", "complete", "truncated", "failed",
}  # fmt: skip


def test_the_cases_reach_everything() -> None:
    """Or the comparison would judge less and less, and nobody would notice."""
    missing = set(REACHED)
    for seed in range(5000):
        case = parity.case(seed)
        acc = BACKENDS["python"].StreamAccumulator(**case.options)
        parity.outcome(acc.feed, case.stream)
        missing.discard(acc.status)
        acc.close()
        missing -= {acc.status, *(r.code for r in acc.faults), *(r.code for r in acc.anomalies)}
        if not missing:
            return
    raise AssertionError(f"no case has {sorted(missing)}")


def test_a_case_is_made_of_its_seed() -> None:
    assert [parity.case(seed) for seed in range(50)] == [parity.case(seed) for seed in range(50)]


def test_a_mismatch_is_found() -> None:
    """The comparison itself: a backend that is off by one value is caught."""
    pure = BACKENDS["python"]

    class Off(pure.StreamAccumulator):  # type: ignore[misc, name-defined]
        def finish_reason(self, choice: int = 0) -> Any:
            reason = super().finish_reason(choice)
            return "length" if reason == "stop" else reason

    off = Backend("off", Off, pure.SSEDecoder, pure.Framer, pure.ServerSentEvent, pure.read)
    found = [parity.failure(parity.case(seed), [pure, off]) for seed in range(200)]
    assert sum("'stop'" in text and "'length'" in text for text in found) > 10
