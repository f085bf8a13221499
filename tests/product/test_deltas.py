"""deltas() and adeltas(): an answer in pieces while its source is read."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from cases import CASES, each_case
from deltas import joined

import ssefold
from ssefold import Delta, StreamAccumulator, StreamFailed, StreamMalformed, StreamTruncated

WORDS = [
    b'data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":'
    b'{"content":"w%d "},"finish_reason":null}]}\n\n' % n
    for n in range(5)
]
END = [
    b'data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{},'
    b'"finish_reason":"stop"}]}\n\n',
    b"data: [DONE]\n\n",
]
BAD = b"data: {x}\n\n"
FAILURE = b'data: {"error":{"message":"no"}}\n\n'
TEXT = [f"w{n} " for n in range(5)]


async def awaited(chunks: Any) -> AsyncIterator[bytes]:
    for chunk in chunks:
        await asyncio.sleep(0)
        yield chunk


def collected(source: Any, *args: Any, way: str = "sync", **options: Any) -> list[Delta]:
    """All pieces, by either function; an exception has those before it as `pieces`."""
    found: list[Delta] = []

    async def asked() -> None:
        async for delta in ssefold.adeltas(source, *args, **options):
            found.append(delta)

    try:
        if way == "sync":
            found.extend(ssefold.deltas(source, *args, **options))
        else:
            asyncio.run(asked())
    except ssefold.SSEFoldError as error:
        error.pieces = found  # type: ignore[attr-defined]
        raise
    return found


WAYS = pytest.mark.parametrize("way", ["sync", "async"])


@WAYS
def test_one_by_one(way: str) -> None:
    assert [d.text for d in collected([*WORDS, *END], way=way)] == TEXT
    assert [d.kind for d in collected([*WORDS, *END], way=way)] == ["text"] * 5


def test_any_source() -> None:
    stream = b"".join([*WORDS, *END])
    for source in (stream, bytearray(stream), io.BytesIO(stream), iter([stream])):
        assert joined(ssefold.deltas(source)) == {("text", 0, None, None): "".join(TEXT)}
    for source in (stream, io.BytesIO(stream), awaited([stream]), [stream]):
        assert "".join(d.text for d in collected(source, way="async")) == "".join(TEXT)


@WAYS
def test_it_is_given_as_it_comes(way: str) -> None:
    """A piece is there before the next read is asked for."""
    asked: list[int] = []

    def source() -> Iterator[bytes]:
        for number, chunk in enumerate([*WORDS, *END]):
            asked.append(number)
            yield chunk

    async def first() -> Delta:
        async for delta in ssefold.adeltas(awaited(source())):
            return delta
        raise AssertionError

    delta = next(iter(ssefold.deltas(source()))) if way == "sync" else asyncio.run(first())
    assert delta.text == "w0 "
    assert asked == [0]


@WAYS
def test_it_raises_behind_the_last_piece(way: str) -> None:
    with pytest.raises(StreamTruncated) as cut:
        collected(WORDS, way=way)
    assert [d.text for d in cut.value.pieces] == TEXT  # type: ignore[attr-defined]
    with pytest.raises(StreamFailed) as failed:
        collected([*WORDS, FAILURE, END[-1]], way=way)
    assert len(failed.value.pieces) == 5  # type: ignore[attr-defined]
    with pytest.raises(StreamMalformed) as bad:
        collected([*WORDS, BAD, *END], way=way)
    assert bad.value.code == "bad_json"
    assert len(bad.value.pieces) == 5  # type: ignore[attr-defined]


@WAYS
def test_a_strict_fold_gives_what_stands_before_its_fault(way: str) -> None:
    with pytest.raises(StreamMalformed) as bad:
        collected([b"".join([*WORDS[:3], BAD, *WORDS[3:]]), *END], way=way, strict=True)
    assert bad.value.code == "bad_json"
    assert "".join(d.text for d in bad.value.pieces) == "w0 w1 w2 "  # type: ignore[attr-defined]


@WAYS
@pytest.mark.parametrize("strict", [False, True])
def test_with_an_accumulator_it_never_raises(way: str, strict: bool) -> None:
    for chunks in (WORDS, [*WORDS, FAILURE], [*WORDS, BAD, *END]):
        acc = StreamAccumulator(strict=strict)
        assert [d.text for d in collected(chunks, acc, way=way)] == TEXT
        assert acc.status != "open"
        assert (acc.tap_error == "StreamMalformed") == (strict and BAD in chunks)
    acc = StreamAccumulator()
    assert [d.text for d in collected([*WORDS[:2], "x", *WORDS[2:]], acc, way=way)] == TEXT
    assert acc.tap_error == "TypeError"
    assert [fault.code for fault in acc.faults] == ["lost_input"]


@WAYS
def test_what_was_fed_before_is_not_given(way: str) -> None:
    """Nor lost to who takes it: it came before the source."""
    acc = StreamAccumulator()
    acc.feed(WORDS[0])
    assert acc.take()
    assert [d.text for d in collected([*WORDS[1:], *END], acc, way=way)] == TEXT[1:]


@WAYS
def test_who_leaves_early_closes(way: str) -> None:
    acc = StreamAccumulator()

    async def first() -> None:
        pieces = ssefold.adeltas(WORDS, acc)
        async for _ in pieces:
            break
        await pieces.aclose()  # type: ignore[attr-defined]

    if way == "sync":
        pieces = ssefold.deltas(WORDS, acc)
        next(pieces)
        pieces.close()  # type: ignore[attr-defined]
    else:
        asyncio.run(first())
    assert acc.status == "truncated"


@WAYS
def test_the_sources_own_exception_passes(way: str) -> None:
    def broken() -> Iterator[bytes]:
        yield WORDS[0]
        raise ConnectionResetError

    acc = StreamAccumulator()
    with pytest.raises(ConnectionResetError):
        collected(broken(), acc, way=way)
    assert acc.status == "truncated"
    with pytest.raises(ConnectionResetError):
        collected(broken(), way=way)


@pytest.mark.parametrize("call", [ssefold.deltas, ssefold.adeltas])
def test_mistakes_are_told_at_once(call: Any) -> None:
    with pytest.raises(TypeError, match="strict cannot be given with acc"):
        call(WORDS, StreamAccumulator(), strict=True)
    with pytest.raises(TypeError, match="not the class 'StreamAccumulator'"):
        call(WORDS, StreamAccumulator)
    with pytest.raises(TypeError, match="a source is bytes"):
        call("text")
    with pytest.raises(TypeError, match="a source is bytes"):
        call(7, StreamAccumulator())
    with pytest.raises(ValueError, match="dialect"):
        call(WORDS, dialect="none such")


@each_case
def test_corpus(name: str) -> None:
    """Joined, the pieces are those that take() gives in one call each read."""
    case = CASES[name]
    if set(case.meta) & {"options"} or case.meta.get("limits") or case.meta.get("strict"):
        pytest.skip("folded with options of its own")
    parts = [case.stream[at : at + 50] for at in range(0, len(case.stream), 50)]
    acc, twin = StreamAccumulator(), StreamAccumulator()
    expected: list[Delta] = []
    for part in parts:
        twin.feed(part)
        expected += twin.take()
    twin.close()
    expected += twin.take()
    assert [*ssefold.deltas(parts, acc)] == expected
    assert acc.snapshot() == twin.snapshot()
