"""The traffic that is measured means what its shapes say, in both backends, however it is read."""

from __future__ import annotations

import json

import pytest
from backends import Backend
from benchmarks import shapes
from benchmarks.other_shapes import long_line, many_lines
from benchmarks.traffic import Traffic, cut

# Enough for every kind of chunk that a shape has.
EVENTS = 48
HOW = ("16 KiB", "event", "byte")

each_fold = pytest.mark.parametrize("name", shapes.foldable())
each_frame = pytest.mark.parametrize("name", shapes.framed())
each_way = pytest.mark.parametrize("how", HOW)


def folded(backend: Backend, reads: list[bytes], **options: object) -> object:
    """The accumulator after those reads, closed."""
    acc = backend.StreamAccumulator(**options)
    for chunk in reads:
        acc.feed(chunk)
    acc.close()
    return acc


@each_way
@each_fold
def test_a_shape_folds_to_its_expected_result(backend: Backend, name: str, how: str) -> None:
    traffic = shapes.SHAPES[name].build(EVENTS)
    acc = folded(backend, traffic.reads(how), **traffic.options)
    # As text, so that key order, 1 and 1.0 count.
    assert json.dumps(acc.result()) == json.dumps(traffic.expected)
    written = json.dumps(traffic.expected, ensure_ascii=False, separators=(",", ":"))
    assert acc.result_json() == written.encode()
    assert (acc.dialect, acc.events) == (traffic.dialect, len(traffic.blocks))
    assert acc.fault_count == acc.anomaly_count == 0


@each_way
@each_frame
def test_frames_are_the_expected_events(backend: Backend, name: str, how: str) -> None:
    traffic = shapes.SHAPES[name].build(EVENTS)
    decoder = backend.SSEDecoder()
    events = [event for chunk in traffic.reads(how) for event in decoder.feed(chunk)]
    assert [(event.event, event.data, event.id) for event in events] == traffic.expected


@pytest.mark.parametrize("name", shapes.SHAPES)
@pytest.mark.parametrize("events", [0, 64, 400])
def test_a_shape_has_as_many_events_as_asked_for(name: str, events: int) -> None:
    shape = shapes.SHAPES[name]
    assert len(shape.build(events).blocks) == max(events, shape.least)


@pytest.mark.parametrize("name", shapes.SHAPES)
def test_the_same_seed_writes_the_same_stream_and_another_one_does_not(name: str) -> None:
    shape = shapes.SHAPES[name]
    assert shape.build(EVENTS) == shape.build(EVENTS)
    assert shape.build(EVENTS).data != shape.build(EVENTS, seed=1).data


@each_way
def test_reads_are_the_stream(how: str) -> None:
    traffic = Traffic("x", "", (b"data: 1\n\n", b"data: 2\n\n"), None)
    assert b"".join(traffic.reads(how)) == traffic.data


def test_no_chunk_of_ever_new_has_the_order_of_another_one() -> None:
    blocks = shapes.SHAPES["ever_new"].build(1000).blocks[:-1]
    assert len({tuple(order(json.loads(block[6:]))) for block in blocks}) == len(blocks)


def order(value: object) -> list[str]:
    """The keys of a JSON value, at any depth, in their order."""
    if isinstance(value, list):
        return [key for below in value for key in order(below)]
    if not isinstance(value, dict):
        return []
    return [key for name, below in value.items() for key in (name, *order(below))]


def test_frames_have_three_hundred_bytes() -> None:
    for name in ("frames", "frames_named"):
        traffic = shapes.SHAPES[name].build(200)
        assert 290 <= len(traffic.data) / len(traffic.blocks) <= 303


def test_a_long_line_and_many_lines_fold_to_what_was_written(backend: Backend) -> None:
    stream, text = long_line(20_000)
    assert folded(backend, cut(stream, 1024)).text() == text
    stream, tokens = many_lines(20_000)
    (choice,) = folded(backend, cut(stream, 1024)).result()["choices"]
    assert choice["message"]["token_ids"] == tokens
