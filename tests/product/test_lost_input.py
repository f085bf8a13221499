"""A read that an exception left: the fault that needs no memory, and what follows from it."""

from __future__ import annotations

import pytest
from backends import Backend

from ssefold import Limits, StreamFailed, StreamMalformed

START = b'data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}]}\n\n'
DONE = b"data: [DONE]\n\n"


def test_a_lost_read_is_a_fault_and_no_whole_answer(backend: Backend) -> None:
    accumulator = backend.StreamAccumulator()
    accumulator.feed(START)
    accumulator._stream.lose(77)
    assert accumulator.status == "open"
    assert [tuple(fault[:3]) for fault in accumulator.faults] == [("lost_input", 77, 0)]
    accumulator.feed(DONE)
    assert accumulator.status == "truncated"
    accumulator.close()
    assert accumulator.status == "truncated"
    with pytest.raises(StreamMalformed) as raised:
        accumulator.result()
    assert (raised.value.code, raised.value.offset) == ("lost_input", 77)


def test_a_read_lost_behind_the_terminator_takes_nothing_from_the_answer(backend: Backend) -> None:
    accumulator = backend.StreamAccumulator()
    accumulator.feed(START + DONE)
    accumulator._stream.lose(100)
    assert accumulator.status == "complete"
    with pytest.raises(StreamMalformed):
        accumulator.result()


def test_lost_reads_are_counted_and_stand_where_they_came(backend: Backend) -> None:
    accumulator = backend.StreamAccumulator()
    accumulator.feed(START + b"data: {x\n\n")
    accumulator._stream.lose(90)
    accumulator._stream.lose(95)
    accumulator.feed(b"data: {y\n\n" + DONE)
    codes = [fault.code for fault in accumulator.faults]
    assert codes == ["bad_json", "lost_input", "bad_json"]
    assert accumulator.fault_count == 4
    accumulator.reset()
    assert (accumulator.faults, accumulator.status) == ((), "open")


def test_an_error_that_the_server_reported_comes_first(backend: Backend) -> None:
    accumulator = backend.StreamAccumulator()
    accumulator.feed(b'data: {"error":{"message":"no"}}\n\n')
    accumulator._stream.lose(40)
    accumulator.close()
    assert accumulator.status == "failed"
    with pytest.raises(StreamFailed):
        accumulator.result()


def test_limits_of_what_is_kept_hold_for_it_too(backend: Backend) -> None:
    accumulator = backend.StreamAccumulator(limits=Limits(max_faults=1))
    accumulator.feed(START + b"data: {x\n\n")
    accumulator._stream.lose(90)
    accumulator.close()
    assert [fault.code for fault in accumulator.faults] == ["bad_json"]
    with pytest.raises(StreamMalformed) as raised:
        accumulator.result()
    assert raised.value.code == "lost_input"
