"""fold and tap: whole sources through an accumulator.

Enters: bytes, a binary file, an iterable or async iterable of bytes.
Leaves: the answer; or every chunk, untouched, while an accumulator listens.
Must not know: backends, dialects, clients.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Iterable, Iterator
from inspect import isawaitable
from typing import Any, Protocol, TypeVar, cast

from ssefold._accumulator import StreamAccumulator
from ssefold._input import BytesLike

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

    Feeding comes first, or a consumer that leaves would lose the last chunk. The accumulator's
    own errors never reach the relay: `acc.tap_error` names the first, and the chunk lost by it is
    the fault `lost_input`. The source's exceptions pass through, after `acc` was closed.
    TypeError at once, before any chunk, for a source that is no iterable of bytes (`acc` is
    closed then), or an `acc` that is no accumulator.
    """
    _check(source, acc, "__iter__", "tap() takes an iterable of bytes (a list of them is one)")
    return _tap(source, acc)


def _tap(source: Iterable[_Chunk], acc: StreamAccumulator) -> Iterator[_Chunk]:
    try:
        for chunk in source:
            # Whatever is wrong, with the stream or with the tap, the relay goes on.
            try:
                acc.feed(chunk)
            except Exception as error:
                _hold_back(acc, error)
            yield chunk
    finally:
        _close(acc)


def atap(source: AsyncIterable[_Chunk], acc: StreamAccumulator) -> AsyncIterator[_Chunk]:
    """tap() for an async source."""
    _check(source, acc, "__aiter__", "atap() takes an async iterable of bytes")
    return _atap(source, acc)


async def _atap(
    source: AsyncIterable[_Chunk], acc: StreamAccumulator
) -> AsyncIterator[_Chunk]:
    try:
        async for chunk in source:
            try:
                acc.feed(chunk)
            except Exception as error:
                _hold_back(acc, error)
            yield chunk
    finally:
        _close(acc)


def _check(source: object, acc: object, how: str, wanted: str) -> None:
    """Raise TypeError for any visible mistake before anything was read."""
    kind = type(source)
    if isinstance(acc, type):
        raise TypeError(f"acc must be a StreamAccumulator, not the class {acc.__name__!r}")
    if not (callable(getattr(acc, "feed", None)) and callable(getattr(acc, "close", None))):
        raise TypeError(f"acc must be a StreamAccumulator, not {type(acc).__name__!r}")
    # The bytes of a str or a bytes object are no chunks.
    single = isinstance(source, (str, bytes, bytearray, memoryview))
    old_way = how == "__iter__" and hasattr(kind, "__getitem__")
    if single or isinstance(source, type) or not (hasattr(kind, how) or old_way):
        _close(cast(StreamAccumulator, acc))
        name = source.__name__ if isinstance(source, type) else kind.__name__
        raise TypeError(f"{wanted}, not {name!r}")


def _hold_back(acc: StreamAccumulator, error: Exception) -> None:
    """Note an exception that the relay is not to see."""
    try:
        if acc.tap_error is None:
            acc.tap_error = type(error).__name__
        if getattr(error, "code", "busy") == "busy":  # else the fold itself told its fault
            acc._miss()
    except Exception:
        pass


def _close(acc: StreamAccumulator) -> None:
    try:
        acc.close()
    except Exception as error:
        _hold_back(acc, error)


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
        # Before __aiter__: it gives lines, and of asyncio.StreamReader only short ones.
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
