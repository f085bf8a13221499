"""Frames that lie whole in a read, which the compiled decoder reads in place.

The judge is the slow reference; what is varied is what that way looks at: where vectors end,
where a read does, how wide the text is, how much a frame counts.
"""

from __future__ import annotations

import gc
import random
from itertools import product
from typing import Any

import pytest
from backends import Backend
from frames import cut, expected, random_cut, run, two_way, whole
from framing_reference import reference

from ssefold.limits import Limits

ENDINGS = [b"\n", b"\r", b"\r\n"]
# One of each width of a character, and what is none: halves, surrogates, overlong, too large.
TEXTS = [
    "a", "é", "ÿ", "Ā", "“x”", "語", "\ufffd", "😀", "\U0010ffff", "\0", "\x0b", "\u2028",
    "\t", "\x7f",
]  # fmt: skip
BAD = [
    b"\x80", b"\xbf", b"\xc0\x80", b"\xc1\xbf", b"\xc3", b"\xe2\x80", b"\xe0\x80\x80",
    b"\xed\xa0\x80", b"\xf0\x9f", b"\xf0\x80\x80\x80", b"\xf4\x90\x80\x80", b"\xf5",
    b"\xf8\x88\x80\x80", b"\xff",
]  # fmt: skip


def value(rng: random.Random) -> bytes:
    """A field's value: mostly ASCII, about as long as vectors are, or as several."""
    size = rng.choice([0, 1, rng.randint(0, 20), rng.randint(14, 18), rng.randint(60, 70)])
    parts = [b"x" * rng.randint(0, size)]
    if rng.random() < 0.5:
        parts.append(rng.choice(TEXTS).encode())
    if rng.random() < 0.15:
        parts.append(rng.choice(BAD))
    parts.append(b"y" * (size - len(parts[0])))
    return b"".join(parts)


def line(rng: random.Random) -> bytes:
    return rng.choice([
        b"data: ", b"data: ", b"data: ", b"data:", b"data:  ", b"data", b"event: ", b"event:",
        b"id: ", b"id:", b"id: \0", b": ", b"unknown: ", b"dat: ", b"datas: ", b"retry: ",
        b" data: ",
    ]) + rng.choice([value(rng), value(rng), b"7", b""])  # fmt: skip


def stream_of(rng: random.Random) -> bytes:
    """Mostly well-formed frames, under one kind of line ending or under all."""
    endings = rng.choice([[b"\n"], [b"\r\n"], [b"\r"], ENDINGS])
    out = [rng.choice([b"", b"", b"\xef\xbb\xbf", b"\xef\xbb"])]
    for _ in range(rng.randint(1, 5)):
        lines = [line(rng) for _ in range(rng.choice([0, 1, 1, 1, 2, 3, 7]))]
        out += [part + rng.choice(endings) for part in (*lines, b"")]
    return b"".join(out)


@pytest.mark.parametrize("seed", range(30))
def test_frames_in_every_cut(backends: list[Backend], seed: int) -> None:
    rng = random.Random(5000 + seed)
    for _ in range(8):
        stream = stream_of(rng)
        comments = rng.random() < 0.3
        limit = rng.choice([None, rng.randint(0, 40), rng.randint(0, 200)])
        wanted = expected(reference(stream, comments=comments, limit=limit), stream)
        cuts = [whole(stream), *two_way(stream), *(random_cut(rng, stream) for _ in range(5))]
        for chunks, backend in product(cuts, backends):
            seen = run(backend, chunks, comments=comments, limits=Limits(max_event_bytes=limit))
            assert seen == wanted, (stream, chunks, comments, limit)


@pytest.mark.parametrize("ending", ENDINGS, ids=repr)
@pytest.mark.parametrize("text", ["é", "“", "😀", "\t", "\x0e"])
def test_every_length_and_place(backend: Backend, ending: bytes, text: str) -> None:
    """No vector's border swallows a byte, or sees one that is not of the line."""
    for size in range(140):
        values = ["z" * place + text + "z" * (size - place) for place in range(0, size + 1, 3)]
        # What follows is not ASCII: it must not be taken for part of the line before it.
        stream = b"".join(
            b"data: " + v.encode() + ending + b": \xe9" + ending + ending for v in values
        )
        assert [e.data for e in backend.SSEDecoder().feed(stream)] == values
        chunks = [b"data:" + v.encode() + ending * 2 for v in values]
        decoder = backend.SSEDecoder()
        assert [e.data for chunk in chunks for e in decoder.feed(chunk)] == values


@pytest.mark.parametrize("first", [*range(0x7E, 0x82), *range(0xBE, 0x100)])
def test_decoding_is_the_interpreters(backend: Backend, first: int) -> None:
    """Each lead byte before what may follow it, alone and within longer text."""
    follows = [b"", b"a", b"\x7f", b"\x80", b"\x8f", b"\x90", b"\x9f", b"\xa0", b"\xbf", b"\xc0"]
    values = []
    for tail in product(follows, repeat=3):
        body = bytes([first]) + b"".join(tail)
        values += [body, b"q" * 15 + body, "ā".encode() + body + b"r" * 20, body + "😀".encode()]
    stream = b"".join(b"data: " + value + b"\n\n" for value in values)
    events = backend.SSEDecoder().feed(stream)
    assert [e.data for e in events] == [v.decode("utf-8", "replace") for v in values]


@pytest.mark.parametrize("count", [2, 31, 32, 33, 100])
@pytest.mark.parametrize("text", ["", "a", "é", "“”", "😀", "\ufffd"])
def test_many_lines(backend: Backend, count: int, text: str) -> None:
    lines = ["first", *(text * (i % 40) + "-" for i in range(count - 2)), text]
    for ending in ENDINGS:
        stream = b"".join(b"data: " + part.encode() + ending for part in lines) + ending
        events = backend.SSEDecoder().feed(stream * 2)
        assert [e.data for e in events] == ["\n".join(lines)] * 2


def test_a_bad_line_among_good_ones(backend: Backend) -> None:
    """A sequence that a line's end cuts is bad, whatever the next line begins with."""
    for bad in BAD:
        for lines in ([bad, b"\x80"], [b"\xe2\x80\x9c", bad, b""], ["😀".encode(), b"", bad]):
            stream = b"".join(b"data: " + part + b"\n" for part in lines) + b"\n"
            (event,) = backend.SSEDecoder().feed(stream)
            assert event.data == b"\n".join(lines).decode("utf-8", "replace")


@pytest.mark.parametrize("ending", ENDINGS, ids=repr)
@pytest.mark.parametrize(
    "lines",
    [
        [b"data: abc"], [b"data: a", b"data: b"], [b"event: e", b"data: x", b"id: 7"],
        [b": not counted", b"data: x"], [b"data: x", b"not: counted"], [b"id: \0", b"data"],
    ],
)  # fmt: skip
def test_the_limit_of_a_whole_frame(backend: Backend, ending: bytes, lines: list[bytes]) -> None:
    """Between frames that are within it, at each limit around what the frame counts."""
    frame = ending.join([*lines, b"", b""])
    small = b"data" + ending * 2
    stream = small * 2 + frame + small
    for limit in range(5, len(frame) + 3):
        found = reference(stream, limit=limit)
        for chunks in (whole(stream), cut(stream, 2 * len(small)), cut(stream, 3)):
            seen = run(backend, chunks, limits=Limits(max_event_bytes=limit))
            assert seen == expected(found, stream), (limit, chunks)


def test_state_is_the_framers(backend: Backend) -> None:
    """id, type, retry and offsets go over from frames read whole to frames that are cut."""
    decoder = backend.SSEDecoder()
    events: list[Any] = decoder.feed(b"id: 1\nevent: a\ndata: x\n\nid: 2\ndata: y\n\nid: 3\n")
    assert [(e.event, e.id) for e in events] == [("a", "1"), ("message", "2")]
    assert decoder.last_event_id == "2"
    events = decoder.feed(b"retry: 5\n\ndata: z\n")
    assert (events, decoder.last_event_id, decoder.retry) == ([], "3", 5)
    events = decoder.feed(b"\n" + b"id\ndata: w\n\n" + b"data: v\r\r")
    assert [(e.data, e.id) for e in events] == [("z", "3"), ("w", ""), ("v", "")]
    assert [e.retry for e in events] == [None] * 3
    events += decoder.feed(b"\ndata: u\n\n")
    assert [e.start for e in events[1:]] == [e.end for e in events[:-1]]
    assert decoder.offset == events[-1].end
    assert decoder.close() == []


def test_a_huge_frame(backend: Backend) -> None:
    for text in ("x", "é", "“", "😀"):
        body = text * 1_000_000
        (event,) = backend.SSEDecoder().feed(f"data: {body}\n\n".encode())
        assert event.data == body


def test_events_are_not_the_collectors(backend: Backend) -> None:
    """Compiled, an event has nothing in it that could refer back."""
    (event,) = backend.SSEDecoder().feed(b"data: x\n\n")
    assert gc.is_tracked(event) == (backend.name != "c")
