r"""fold, tap and deltas: whole sources through an accumulator.

Enters: bytes, a binary file, an iterable or async iterable of bytes.
Leaves: the answer; or every chunk, untouched, while an accumulator listens; or the answer in
pieces, as they come.
Must not know: backends, dialects, clients.

    >>> from ssefold import StreamAccumulator, tap
    >>> acc = StreamAccumulator()
    >>> chunks = [b'data: {"choices":[{"index":0,"delta":{"cont', b'ent":"Hi"}}]}\n\n']
    >>> list(tap(chunks, acc)) == chunks
    True
    >>> acc.status, acc.text()
    ('truncated', 'Hi')
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Iterable, Iterator
from inspect import isawaitable
from typing import Any, Protocol, TypeVar, cast

from ssefold._accumulator import StreamAccumulator
from ssefold._input import BytesLike
from ssefold.delta import Delta
from ssefold.errors import StreamError

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


def deltas(
    source: Source, acc: StreamAccumulator | None = None, **options: Any
) -> Iterator[Delta]:
    """The pieces of an answer, as StreamAccumulator.take() gives them, while its source is read.

        for delta in ssefold.deltas(response.iter_bytes()):
            if delta.kind == "text":
                print(delta.text, end="", flush=True)

    source: as for fold. options: as for StreamAccumulator. Without `acc` it raises behind the
    last piece what result() raises: an answer that was cut ends with an exception, and not as a
    whole one does. With an `acc` it never does: the accumulator has the status, and `tap_error`
    names an exception of its own that was held back. The source's exceptions pass through.
    However the loop ends, the accumulator is closed then.

    The pieces of one read stand in the order of the answer. How many there are is no promise;
    the text of each place, joined, is. Raises TypeError at once for an `acc` that is no
    accumulator, for `acc` together with options, and for any other source.
    """
    listener = _listener(acc, options)
    try:
        return _deltas(chunks(source), listener, acc is None)
    except TypeError:
        _close(listener)
        raise


def _deltas(
    source: Iterator[Any], acc: StreamAccumulator, raises: bool
) -> Iterator[Delta]:
    stops = False
    try:
        acc.take()
        for chunk in source:
            try:
                acc.feed(chunk)
            except Exception as error:
                stops = _stops(acc, error, raises)
            yield from acc.take()
            if stops:
                acc.feed(b"")  # raises again
        _close(acc)
        yield from acc.take()
    finally:
        _close(acc)
    if raises:
        acc._judge()


def adeltas(
    source: AsyncSource, acc: StreamAccumulator | None = None, **options: Any
) -> AsyncIterator[Delta]:
    """deltas() for sources that are read asynchronously as well: as afold()."""
    listener = _listener(acc, options)
    if not (hasattr(source, "read") or isinstance(source, AsyncIterable)):
        try:
            source = chunks(source)
        except TypeError:
            _close(listener)
            raise
    return _adeltas(achunks(source), listener, acc is None)


async def _adeltas(
    source: AsyncIterator[Any], acc: StreamAccumulator, raises: bool
) -> AsyncIterator[Delta]:
    stops = False
    try:
        acc.take()
        async for chunk in source:
            try:
                acc.feed(chunk)
            except Exception as error:
                stops = _stops(acc, error, raises)
            for delta in acc.take():
                yield delta
            if stops:
                acc.feed(b"")  # raises again
        _close(acc)
        for delta in acc.take():
            yield delta
    finally:
        _close(acc)
    if raises:
        acc._judge()


def _listener(acc: StreamAccumulator | None, options: dict[str, Any]) -> StreamAccumulator:
    """The accumulator that a source of deltas is fed to."""
    if acc is None:
        return StreamAccumulator(**options)
    _check_acc(acc)
    if options:
        raise TypeError(
            f"an accumulator has its options already: {', '.join(options)} cannot be given with acc"
        )
    return acc


def _stops(acc: StreamAccumulator, error: Exception, raises: bool) -> bool:
    """A feed raised. True: a strict fold met its fault, and the pieces before it come first.

    raises: any other exception passes; else `acc` notes it, and the source is read on.
    """
    if raises and isinstance(error, StreamError):
        return True
    if raises:
        raise error
    _hold_back(acc, error)
    return False


def _check(source: object, acc: object, how: str, wanted: str) -> None:
    """Raise TypeError for any visible mistake before anything was read."""
    kind = type(source)
    _check_acc(acc)
    # The bytes of a str or a bytes object are no chunks.
    single = isinstance(source, (str, bytes, bytearray, memoryview))
    old_way = how == "__iter__" and hasattr(kind, "__getitem__")
    if single or isinstance(source, type) or not (hasattr(kind, how) or old_way):
        _close(cast(StreamAccumulator, acc))
        name = source.__name__ if isinstance(source, type) else kind.__name__
        raise TypeError(f"{wanted}, not {name!r}")


def _check_acc(acc: object) -> None:
    """Raise TypeError for an accumulator that is none."""
    if isinstance(acc, type):
        raise TypeError(f"acc must be a StreamAccumulator, not the class {acc.__name__!r}")
    if not (callable(getattr(acc, "feed", None)) and callable(getattr(acc, "close", None))):
        raise TypeError(f"acc must be a StreamAccumulator, not {type(acc).__name__!r}")


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
