"""fold and tap: whole sources through an accumulator.

Enters: bytes, a binary file, an iterable or async iterable of bytes.
Leaves: the answer; or every chunk, untouched, while an accumulator listens.
Must not know: backends, dialects, clients.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Iterable, Iterator
from inspect import isawaitable
from typing import Any, Protocol, TypeVar, cast

from ssefold._input import BytesLike
from ssefold.accumulator import StreamAccumulator

READ_SIZE = 64 * 1024


class BinaryFile(Protocol):
    """Anything with a `read` that gives bytes."""

    def read(self, size: int = ..., /) -> bytes: ...


class AsyncFile(Protocol):
    """Anything with a `read` that gives bytes once awaited: asyncio.StreamReader."""

    def read(self, size: int = ..., /) -> Awaitable[bytes]: ...


Source = BytesLike | BinaryFile | Iterable[BytesLike]
AsyncSource = Source | AsyncFile | AsyncIterable[BytesLike]
_Chunk = TypeVar("_Chunk", bound=BytesLike)


def fold(source: Source, **options: Any) -> dict[str, Any]:
    """The answer of a whole stream; raises as StreamAccumulator.result() does.

    source: bytes, a binary file or an iterable of bytes. options: as for
    StreamAccumulator. Raises TypeError for any other source.
    """
    with StreamAccumulator(**options) as acc:
        for chunk in chunks(source):
            acc.feed(chunk)
    return acc.result()


async def afold(source: AsyncSource, **options: Any) -> dict[str, Any]:
    """fold() for sources that are read asynchronously as well.

    source: as for fold, or an async iterable of bytes, or a file whose `read` is awaited.
    """
    with StreamAccumulator(**options) as acc:
        async for chunk in achunks(source):
            acc.feed(chunk)
    return acc.result()


def tap(source: Iterable[_Chunk], acc: StreamAccumulator) -> Iterator[_Chunk]:
    """Yield each chunk untouched; `acc` has been fed with it before.

    Feeding comes first, or a consumer that leaves would lose the last chunk. The
    accumulator's own errors never reach the relay: they are in `acc`. The
    source's exceptions pass through, after `acc` was closed.
    """
    try:
        for chunk in source:
            # Whatever is wrong, with the stream or with the tap, the relay goes on. Faults are
            # recorded in `acc`.
            try:  # noqa: SIM105  (a manager and a function cost more than most feeds)
                acc.feed(chunk)
            except Exception:
                pass
            yield chunk
    finally:
        acc.close()


async def atap(
    source: AsyncIterable[_Chunk], acc: StreamAccumulator
) -> AsyncIterator[_Chunk]:
    """tap() for an async source."""
    try:
        async for chunk in source:
            try:  # noqa: SIM105  (as in tap)
                acc.feed(chunk)
            except Exception:
                pass
            yield chunk
    finally:
        acc.close()


def chunks(source: Source) -> Iterator[Any]:
    """The chunks of a source that is read synchronously."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        return iter((source,))
    read = getattr(source, "read", None)
    if callable(read):
        return iter(lambda: read(READ_SIZE), b"")
    if isinstance(source, Iterable) and not isinstance(source, str):
        return iter(source)
    raise TypeError(
        f"a source is bytes, a binary file or an iterable of bytes, not {type(source).__name__!r}"
    )


async def achunks(source: AsyncSource) -> AsyncIterator[Any]:
    """The chunks of a source that is read either way."""
    read = getattr(source, "read", None)
    if callable(read):
        # Before __aiter__, which gives lines, and of asyncio.StreamReader only short ones.
        while True:
            chunk = read(READ_SIZE)
            if isawaitable(chunk):
                chunk = await chunk
            if chunk == b"":
                return
            yield chunk
    elif isinstance(source, AsyncIterable):
        async for chunk in source:
            yield chunk
    else:
        for chunk in chunks(cast(Source, source)):
            yield chunk
