"""fold, afold, tap and atap: which sources they take, and that a relay never notices a tap."""

from __future__ import annotations

import array
import asyncio
import gc
import io
import mmap
import os
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from backends import Backend

from ssefold import (
    Limits,
    StreamAccumulator,
    StreamError,
    StreamFailed,
    StreamMalformed,
    StreamTruncated,
    afold,
    atap,
    fold,
    tap,
)

HEAD = b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"Hel"}}]}\n\n'
BODY = b'data: {"choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":"stop"}]}\n\n'
DONE = b"data: [DONE]\n\n"
STREAM = HEAD + BODY + DONE
ANSWER = {
    "id": "c",
    "object": "chat.completion",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}
    ],
}
BROKEN = b'data: {"choices": nothing}\n\n'
PIECES = [STREAM[i : i + 50] for i in range(0, len(STREAM), 50)]


def run(coroutine: Any) -> Any:
    """asyncio.run with an end: nothing here may hang."""

    async def bounded() -> Any:
        return await asyncio.wait_for(coroutine, 10)

    return asyncio.run(bounded())


async def trickle(pieces: list[Any], log: list[str] | None = None) -> AsyncIterator[Any]:
    try:
        for piece in pieces:
            await asyncio.sleep(0)
            yield piece
    finally:
        if log is not None:
            log.append("source ended")


# -- fold -----------------------------------------------------------------------------------------


class Rows:
    """Iterable by __getitem__ alone, the old way; no source."""

    def __getitem__(self, position: int) -> bytes:
        return PIECES[position]


class Reader:
    """The least of a file."""

    def __init__(self) -> None:
        self.file = io.BytesIO(STREAM)

    def read(self, size: int = -1, /) -> bytes:
        return self.file.read(min(size, 33))


def pipe() -> Any:
    reading, writing = os.pipe()

    def write() -> None:
        with open(writing, "wb", buffering=0) as file:
            for piece in PIECES:
                file.write(piece)

    threading.Thread(target=write).start()
    return open(reading, "rb")


def mapped() -> Any:
    memory = mmap.mmap(-1, len(STREAM))
    memory.write(STREAM)
    memory.seek(0)
    return memory


SOURCES: dict[str, Callable[[], Any]] = {
    "bytes": lambda: STREAM,
    "bytearray": lambda: bytearray(STREAM),
    "memoryview": lambda: memoryview(STREAM),
    "memoryview of words": lambda: memoryview(array.array("H", STREAM + b"\n" * (len(STREAM) % 2))),
    "list": lambda: PIECES,
    "tuple of buffers": lambda: tuple(bytearray(piece) for piece in PIECES),
    "generator": lambda: (piece for piece in PIECES),
    "iterator": lambda: iter(PIECES),
    "empty chunks": lambda: [b"", *PIECES[:2], b"", *PIECES[2:], b""],
    "BytesIO": lambda: io.BytesIO(STREAM),
    "buffered": lambda: io.BufferedReader(io.BytesIO(STREAM)),
    "read alone": Reader,
    "mmap": mapped,
}


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES)
def test_fold(make: Callable[[], Any]) -> None:
    assert fold(make()) == ANSWER
    assert run(afold(make())) == ANSWER


def test_fold_reads_a_pipe() -> None:
    with pipe() as file:
        assert fold(file) == ANSWER
    with pipe() as file:
        assert run(afold(file)) == ANSWER


def test_fold_reads_a_file_from_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "stream.sse"
    path.write_bytes(b"data: junk\n\n" + STREAM)
    with path.open("rb") as file:
        file.seek(12)
        assert fold(file) == ANSWER
        assert not file.closed
        assert file.read() == b""
    with path.open("rb", buffering=0) as file, pytest.raises(StreamMalformed):
        fold(file)


def test_fold_reads_large_files_in_pieces() -> None:
    """Memory must not follow the file."""
    sizes = []

    class Large(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            sizes.append(size)
            return super().read(size)

    assert fold(Large(b": comment\n" * 50_000 + STREAM)) == ANSWER
    assert len(sizes) > 5
    assert len(set(sizes)) == 1


@pytest.mark.parametrize("source", [3, None, "data: x\n\n", object(), 1.5, fold, Rows()])
def test_no_source(source: Any) -> None:
    with pytest.raises(TypeError, match="a source is bytes, a binary file or an iterable of bytes"):
        fold(source)
    with pytest.raises(TypeError, match="a source is bytes, a binary file or an iterable of bytes"):
        run(afold(source))


@pytest.mark.parametrize(
    "make",
    [
        lambda: ["data: x\n\n"],
        lambda: io.StringIO("data: x\n\n"),
        lambda: io.StringIO(""),
        lambda: [b"", None],
        lambda: [3],
    ],
)
def test_sources_of_something_else(make: Callable[[], Any]) -> None:
    with pytest.raises(TypeError, match="a bytes-like object is required, not"):
        fold(make())
    with pytest.raises(TypeError, match="a bytes-like object is required, not"):
        run(afold(make()))


def test_fold_raises_as_result_does() -> None:
    for call in (fold, lambda *args, **options: run(afold(*args, **options))):
        with pytest.raises(StreamTruncated) as truncated:
            call(HEAD)
        assert truncated.value.code == "truncated"
        assert truncated.value.partial["choices"][0]["message"]["content"] == "Hel"
        with pytest.raises(StreamFailed):
            call(HEAD + b'data: {"error": {"message": "no"}}\n\n')
        with pytest.raises(StreamMalformed):
            call(HEAD + BROKEN + DONE)
        with pytest.raises(StreamTruncated):
            call([])


def test_fold_takes_the_options() -> None:
    stream = STREAM.replace(b'"id":"c"', b'"id":"c","x":"y"') + b"data: {}\n\n"
    for call in (fold, lambda *args, **options: run(afold(*args, **options))):
        assert call([HEAD, stream], rules={"x": "drop"}, dialect="openai.chat")["id"] == "c"
        with pytest.raises(StreamMalformed, match="limit_choices"):
            call(STREAM, limits=Limits(max_choices=0))
        with pytest.raises(ValueError, match="unknown dialect"):
            call(STREAM, dialect="klingon")
        with pytest.raises(TypeError):
            call(STREAM, loose=True)


def test_strict_fold_stops_reading_at_the_fault() -> None:
    taken = []

    def source() -> Iterator[bytes]:
        for piece in (HEAD, BROKEN, BODY, DONE):
            taken.append(piece)
            yield piece

    with pytest.raises(StreamMalformed) as raised:
        fold(source(), strict=True)
    assert raised.value.partial["choices"][0]["message"]["content"] == "Hel"
    assert taken == [HEAD, BROKEN]


def test_exceptions_of_a_source_pass_through_fold() -> None:
    def source() -> Iterator[bytes]:
        yield HEAD
        raise ConnectionResetError("peer")

    with pytest.raises(ConnectionResetError, match="peer"):
        fold(source())
    with pytest.raises(ConnectionResetError, match="peer"):
        run(afold(source()))


# -- afold ----------------------------------------------------------------------------------------


class AsyncReader:
    """A file whose read is awaited, and which iterates by lines (aiofiles, aiohttp)."""

    def __init__(self) -> None:
        self.file = io.BytesIO(STREAM)

    async def read(self, size: int = -1, /) -> bytes:
        await asyncio.sleep(0)
        return self.file.read(min(size, 33))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        raise AssertionError("read comes first")
        yield b""


def test_afold_of_async_sources() -> None:
    assert run(afold(trickle(PIECES))) == ANSWER
    assert run(afold(trickle([bytearray(piece) for piece in PIECES]))) == ANSWER
    assert run(afold(AsyncReader())) == ANSWER


def test_afold_of_a_stream_reader() -> None:
    """Iterated, it would give lines, and refuse those past 64 KiB: images come as one line."""
    padding = b'data: {"choices":[],"x":"' + b"y" * 300_000 + b'"}\n\n'

    async def main() -> Any:
        near, far = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=near)
        _, sender = await asyncio.open_connection(sock=far)

        async def send() -> None:
            sender.write(HEAD + padding + BODY + DONE)
            await sender.drain()
            sender.close()

        sending = asyncio.ensure_future(send())
        answer = await afold(reader, rules={"x": "drop"})
        await sending
        writer.close()
        return answer

    assert run(main()) == ANSWER


def test_afold_does_not_hold_the_loop() -> None:
    """Between chunks other tasks run."""

    async def main() -> int:
        turns = 0

        async def count() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        counting = asyncio.ensure_future(count())
        assert await afold(trickle(PIECES)) == ANSWER
        counting.cancel()
        return turns

    assert run(main()) >= len(PIECES)


def test_cancelled_afold() -> None:
    log: list[str] = []

    async def main() -> None:
        async def endless() -> AsyncIterator[bytes]:
            try:
                yield HEAD
                await asyncio.sleep(60)
            finally:
                log.append("source ended")

        task = asyncio.ensure_future(afold(endless()))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main())
    assert log == ["source ended"]


# -- tap: a consumer sees the source, and nothing else --------------------------------------------


def test_tap_yields_the_very_objects(backend: Backend) -> None:
    pieces: list[Any] = [HEAD, bytearray(BODY), b"", memoryview(DONE), b"late"]
    acc = backend.StreamAccumulator()
    assert all(a is b for a, b in zip(tap(pieces, acc), pieces, strict=True))
    assert acc.result() == ANSWER
    acc = backend.StreamAccumulator()

    async def main() -> list[Any]:
        return [piece async for piece in atap(trickle(pieces), acc)]

    assert all(a is b for a, b in zip(run(main()), pieces, strict=True))
    assert acc.result() == ANSWER


def test_tap_closes_at_the_end(backend: Backend) -> None:
    acc = backend.StreamAccumulator()
    for _ in tap([HEAD, BODY], acc):
        assert acc.status == "open"
    assert acc.status == "complete"  # no terminator: it takes the close to know
    with pytest.raises(StreamError, match="closed"):
        acc.feed(b"")


def test_nothing_is_read_ahead(backend: Backend) -> None:
    taken = []

    def source() -> Iterator[bytes]:
        for piece in PIECES:
            taken.append(piece)
            yield piece

    acc = backend.StreamAccumulator()
    tapped = tap(source(), acc)
    assert taken == []
    assert acc.status == "open"
    for position, piece in enumerate(tapped):
        assert taken == PIECES[: position + 1]
        assert acc.bytes == sum(map(len, taken))  # fed before it is handed on
        assert piece is PIECES[position]


def test_a_consumer_that_leaves(backend: Backend) -> None:
    acc = backend.StreamAccumulator()
    for piece in tap([HEAD, BODY, DONE], acc):
        assert piece is HEAD
        break
    gc.collect()
    assert acc.text() == "Hel"
    assert acc.status == "truncated"


def test_generator_exit(backend: Backend) -> None:
    log = []

    def source() -> Iterator[bytes]:
        try:
            yield HEAD
            yield BODY
        finally:
            log.append("source ended")

    acc = backend.StreamAccumulator()
    tapped = tap(source(), acc)
    next(tapped)
    tapped.close()  # type: ignore[attr-defined]
    assert acc.text() == "Hel"
    assert acc.status == "truncated"
    gc.collect()
    assert log == ["source ended"]
    assert list(tapped) == []


def test_an_exception_of_the_consumer(backend: Backend) -> None:
    acc = backend.StreamAccumulator()
    tapped = tap([HEAD, BODY], acc)
    next(tapped)
    with pytest.raises(ZeroDivisionError):
        tapped.throw(ZeroDivisionError())  # type: ignore[attr-defined]
    assert acc.status == "truncated"


def test_exceptions_of_the_source_pass_after_the_close(backend: Backend) -> None:
    def source() -> Iterator[bytes]:
        yield HEAD
        raise ConnectionResetError("peer")

    acc = backend.StreamAccumulator()
    seen = []
    with pytest.raises(ConnectionResetError, match="peer"):
        seen.extend(tap(source(), acc))
    assert seen == [HEAD]
    assert acc.status == "truncated"
    assert acc.text() == "Hel"


def test_a_source_that_is_none(backend: Backend) -> None:
    acc = backend.StreamAccumulator()
    with pytest.raises(TypeError):
        next(tap(3, acc))  # type: ignore[arg-type]
    assert acc.status == "truncated"


@pytest.mark.parametrize(
    ("stream", "options", "code"),
    [
        ([HEAD, BROKEN, BODY, DONE], {"strict": True}, "bad_json"),
        ([HEAD, BROKEN, BODY, DONE], {}, "bad_json"),
        ([HEAD, BODY, DONE], {"limits": Limits(max_total_bytes=9)}, "limit_total_bytes"),
        (
            [HEAD, BODY],
            {"strict": True, "limits": Limits(max_output_bytes=1)},
            "limit_output_bytes",
        ),
        ([b"<html>"], {"strict": True}, "not_an_event_stream"),
    ],
)
def test_the_taps_own_errors_are_recorded(
    backend: Backend, stream: list[bytes], options: dict[str, Any], code: str
) -> None:
    for relay in (tap_all, atap_all):
        acc = backend.StreamAccumulator(**options)
        assert relay(stream, acc) == stream
        assert [fault.code for fault in acc.faults] == [code]
        assert acc.bytes == sum(map(len, stream))
        with pytest.raises(StreamError) as raised:
            acc.result()
        assert [fault.code for fault in raised.value.faults] == [code]


def tap_all(stream: list[Any], acc: Any) -> list[Any]:
    return list(tap(stream, acc))


def atap_all(stream: list[Any], acc: Any) -> list[Any]:
    async def main() -> list[Any]:
        return [piece async for piece in atap(trickle(stream), acc)]

    return run(main())  # type: ignore[no-any-return]


def released() -> memoryview:
    view = memoryview(HEAD)
    view.release()
    return view


def test_a_tap_that_cannot_listen(backend: Backend) -> None:
    """Closed before, or chunks that are no bytes: the relay goes on all the same."""
    odd: list[Any] = ["text", None, 3, memoryview(HEAD)[::2], released(), HEAD]
    for relay in (tap_all, atap_all):
        acc = backend.StreamAccumulator()
        assert relay(odd, acc) == odd
        assert acc.text() == "Hel"
        assert acc.bytes == len(HEAD)
        assert relay([BODY, DONE], acc) == [BODY, DONE]  # closed by now
        assert acc.bytes == len(HEAD)
        assert acc.status == "truncated"


def test_an_error_of_the_tap_itself(backend: Backend) -> None:
    class Failing(backend.StreamAccumulator):  # type: ignore[name-defined, misc]
        def feed(self, chunk: Any) -> int:
            raise MemoryError

    for relay in (tap_all, atap_all):
        assert relay([HEAD, BODY], Failing()) == [HEAD, BODY]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_what_ends_the_program_is_not_held_back(kind: type[BaseException]) -> None:
    class Failing(StreamAccumulator):
        def feed(self, chunk: Any) -> int:
            raise kind

    with pytest.raises(kind):
        tap_all([HEAD], Failing())


# -- atap -----------------------------------------------------------------------------------------


def test_an_async_consumer_that_leaves(backend: Backend) -> None:
    acc = backend.StreamAccumulator()
    log: list[str] = []

    async def main() -> None:
        source = trickle([HEAD, BODY, DONE], log)
        tapped = atap(source, acc)
        assert await tapped.__anext__() is HEAD
        assert acc.text() == "Hel"
        await tapped.aclose()  # type: ignore[attr-defined]
        assert acc.status == "truncated"
        await source.aclose()  # type: ignore[attr-defined]

    run(main())
    assert log == ["source ended"]


def test_exceptions_of_an_async_source_pass_after_the_close(backend: Backend) -> None:
    acc = backend.StreamAccumulator()

    async def source() -> AsyncIterator[bytes]:
        yield HEAD
        raise ConnectionResetError("peer")

    seen = []

    async def relay() -> None:
        async for piece in atap(source(), acc):
            seen.append(piece)

    with pytest.raises(ConnectionResetError, match="peer"):
        run(relay())
    assert seen == [HEAD]
    assert acc.status == "truncated"
    assert acc.text() == "Hel"


def test_cancellation(backend: Backend) -> None:
    """A client that disconnects cancels the relay while it waits for the next chunk."""
    acc = backend.StreamAccumulator()
    log: list[str] = []

    async def source() -> AsyncIterator[bytes]:
        try:
            yield HEAD
            await asyncio.sleep(60)
        finally:
            log.append(f"source ended, tap {acc.status}")

    async def relay() -> None:
        async for _ in atap(source(), acc):
            pass

    async def main() -> None:
        task = asyncio.ensure_future(relay())
        while not acc.events:
            await asyncio.sleep(0)
        assert acc.status == "open"
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert acc.status == "truncated"

    run(main())
    assert log == ["source ended, tap open"]
    assert acc.text() == "Hel"


def test_cancellation_in_the_consumer(backend: Backend) -> None:
    """The same while the chunk is sent on; the tap is closed once the generator is."""
    acc = backend.StreamAccumulator()

    async def relay() -> None:
        tapped = atap(trickle([HEAD, BODY]), acc)
        try:
            async for _ in tapped:
                await asyncio.sleep(60)
        finally:
            await tapped.aclose()  # type: ignore[attr-defined]

    async def main() -> None:
        task = asyncio.ensure_future(relay())
        while not acc.events:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main())
    assert acc.status == "truncated"
    assert acc.text() == "Hel"


def test_taps_of_many_streams_at_once(backend: Backend) -> None:
    async def one(number: int) -> str:
        acc = backend.StreamAccumulator()
        pieces = [piece.replace(b"Hel", b"Hel%d" % number) for piece in (HEAD, BODY, DONE)]
        async for _ in atap(trickle(pieces), acc):
            pass
        assert acc.status == "complete"
        return str(acc.text())

    async def main() -> list[str]:
        return await asyncio.gather(*(one(number) for number in range(50)))

    assert run(main()) == [f"Hel{number}lo" for number in range(50)]
