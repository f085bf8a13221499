"""What type checkers know of the package: promises, checked by mypy (test_typing.py).

An ignored error is a promise too: it must be reported, or the comment is one too many.
"""

from __future__ import annotations

import io
import json
import mmap
from collections.abc import AsyncIterator, Iterator
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import ssefold
from ssefold import (
    Anomaly,
    Delta,
    Fault,
    Limits,
    ServerSentEvent,
    SSEDecoder,
    StreamAccumulator,
    StreamError,
    StreamMalformed,
)

if TYPE_CHECKING:
    from typing_extensions import assert_type
else:

    def assert_type(value, kind):
        return value


def folding(chunks: list[bytes], source: Iterator[bytes], path: str) -> None:
    answer = ssefold.fold(b"")
    assert_type(answer, dict[str, Any])
    ssefold.fold(bytearray(), strict=True, limits=Limits.gateway())
    ssefold.fold(memoryview(b""))
    ssefold.fold(chunks, dialect="openai.chat", rules={"x": "append"})
    ssefold.fold(source)
    ssefold.fold(io.BytesIO(b""))
    with open(path, "rb") as file:
        ssefold.fold(file)
    ssefold.fold("data: x")  # type: ignore[arg-type]
    ssefold.fold(["data: x"])  # type: ignore[list-item]
    ssefold.fold(3)  # type: ignore[arg-type]
    with open(path) as text:
        ssefold.fold(text)  # type: ignore[arg-type]


class AsyncFile:
    async def read(self, size: int = -1) -> bytes:
        return b""


async def async_folding(source: AsyncIterator[bytes], chunks: list[bytes]) -> None:
    assert_type(await ssefold.afold(source), dict[str, Any])
    await ssefold.afold(chunks)
    await ssefold.afold(AsyncFile())
    ssefold.fold(AsyncFile())  # type: ignore[arg-type]


def tapping(source: Iterator[bytes], buffers: list[bytearray], texts: list[str]) -> None:
    acc = StreamAccumulator()
    for chunk in ssefold.tap(source, acc):
        assert_type(chunk, bytes)
    for buffer in ssefold.tap(buffers, acc):
        assert_type(buffer, bytearray)
    ssefold.tap(texts, acc)  # type: ignore[type-var]
    ssefold.tap(source)  # type: ignore[call-arg]


async def following(source: Iterator[bytes], later: AsyncIterator[bytes]) -> None:
    for delta in ssefold.deltas(source, dialect="openai.chat"):
        assert_type(delta, Delta)
    ssefold.deltas(source, StreamAccumulator())
    ssefold.deltas(later)  # type: ignore[arg-type]
    async for delta in ssefold.adeltas(later, StreamAccumulator()):
        assert_type(delta, Delta)
    ssefold.adeltas(source, strict=True)


async def async_tapping(source: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    with StreamAccumulator() as acc:
        async for chunk in ssefold.atap(source, acc):
            assert_type(chunk, bytes)
            yield chunk


def accumulating(mapped: mmap.mmap) -> None:
    with StreamAccumulator(
        dialect="auto", strict=False, limits=Limits(max_choices=None), rules=None
    ) as acc:
        assert_type(acc, StreamAccumulator)
        assert_type(acc.feed(b""), int)
        acc.feed(mapped)
        acc.feed("text")  # type: ignore[arg-type]
        acc.feed(3)  # type: ignore[arg-type]
    assert_type(acc.status, str)
    assert_type(acc.dialect, "str | None")
    assert_type(acc.snapshot(), dict[str, Any])
    assert_type(acc.snapshot_json(), bytes)
    assert_type(acc.result(), dict[str, Any])
    assert_type(acc.result_json(), bytes)
    assert_type(acc.usage, "dict[str, Any] | None")
    assert_type(acc.faults, tuple[Fault, ...])
    assert_type(acc.anomalies, tuple[Anomaly, ...])
    assert_type(acc.text(), str)
    assert_type(acc.take_text(1), str)
    assert_type(acc.take(), list[Delta])
    for kind, text, choice, index, part, call_id, name in acc.take():
        assert_type((kind, text, choice), tuple[str, str, int])
        assert_type((index, part), "tuple[int | None, int | None]")
        assert_type((call_id, name), "tuple[str | None, str | None]")
    acc.take(0)  # type: ignore[call-arg]
    assert_type(acc.finish_reason(choice=0), "str | None")
    assert_type(acc.tool_calls(), list[dict[str, Any]])
    assert_type(acc.tool_arguments(), Any)
    assert_type(acc.tool_arguments(1, choice=0), Any)
    assert_type(acc.partial_json(0), Any)
    acc.partial_json(call=0)  # type: ignore[call-arg]
    assert_type((acc.events, acc.bytes), tuple[int, int])
    acc.status = "open"  # type: ignore[misc]
    acc.reset()
    acc.close()
    StreamAccumulator(dialect={"NAME": "x", "FIELDS": {}}, rules=MappingProxyType({"a": "last"}))
    StreamAccumulator(dialect=json)
    StreamAccumulator(dialect=3)  # type: ignore[arg-type]
    StreamAccumulator(loose=True)  # type: ignore[call-arg]
    StreamAccumulator(limits=3)  # type: ignore[arg-type]


class Named(StreamAccumulator):
    name = "mine"


def subclassing() -> None:
    with Named() as acc:
        assert_type(acc, Named)


def decoding() -> Iterator[ServerSentEvent]:
    decoder = SSEDecoder(eof="flush", raw=True, on_comment=print, limits=Limits())
    for event in decoder.feed(b""):
        assert_type(event, ServerSentEvent)
        assert_type(event.event, str)
        assert_type(event.data, str)
        assert_type(event.id, str)
        assert_type(event.retry, "int | None")
        assert_type(event.raw, "bytes | None")
        assert_type((event.start, event.end), tuple[int, int])
    yield from decoder.close()
    assert_type(decoder.last_event_id, str)
    assert_type(decoder.retry, "int | None")
    assert_type(decoder.offset, int)
    assert_type(decoder.error, "ssefold.SSEFoldError | None")
    decoder.reset()


def replayed(answer: dict[str, Any]) -> Iterator[bytes]:
    assert_type(ssefold.replay(answer), Iterator[bytes])
    return ssefold.replay(answer, "openai.chat", piece=None, include_usage=False)


def failing() -> None:
    try:
        ssefold.fold(b"")
    except StreamMalformed as malformed:
        assert_type(malformed.faults, tuple[Fault, ...])
    except StreamError as error:
        assert_type(error.code, str)
        assert_type(error.offset, int)
        assert_type(error.detail, str)
        assert_type(error.partial, dict[str, Any])
        assert_type(error.status, str)
    code, offset, event, _, raw = Fault("bad_json", 0, 0, "", b"")
    assert_type((code, offset, event, raw), tuple[str, int, int, bytes])
    assert_type(ssefold.backend, str)
    assert_type(ssefold.__version__, str)
    assert_type(ssefold.FAULT_CODES["bad_json"], str)
