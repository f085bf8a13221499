"""Taps for responses of httpx, and of clients that have its shape.

Enters: a response that is still to be read.
Leaves: its decoded bytes, chunk by chunk; or the response itself, listened to.
Must not know: httpx itself, what made the request.

A tap must see what the server meant, not how it was packed: `iter_bytes` undoes a
Content-Encoding, `iter_raw` does not. A relay of the decoded bytes leaves the headers
Content-Encoding and Content-Length behind.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import aclosing, closing
from typing import Any, Protocol, TypeVar

from ssefold import StreamAccumulator, atap, tap


class Response(Protocol):
    """A response that is read synchronously."""

    def iter_bytes(self) -> Iterator[bytes]: ...

    def close(self) -> None: ...


class AsyncResponse(Protocol):
    """A response that is read asynchronously."""

    def aiter_bytes(self) -> AsyncIterator[bytes]: ...

    def aclose(self) -> Awaitable[None]: ...


R = TypeVar("R")


def tap_response(response: Response, acc: StreamAccumulator) -> Iterator[bytes]:
    """Yield the response's decoded chunks; `acc` has been fed with each before.

    However it ends, `acc` and the response are closed.
    """
    chunks: Any = tap(response.iter_bytes(), acc)
    try:
        with closing(chunks):
            yield from chunks
    finally:
        response.close()


async def atap_response(response: AsyncResponse, acc: StreamAccumulator) -> AsyncIterator[bytes]:
    """tap_response() for a response that is read asynchronously."""
    chunks: Any = atap(response.aiter_bytes(), acc)
    try:
        async with aclosing(chunks):
            async for chunk in chunks:
                yield chunk
    finally:
        await response.aclose()


def listen(response: R, acc: StreamAccumulator) -> R:
    """Let `acc` hear whatever is read of this response, by whomever; returns the response.

    For a response that a library reads by itself: from here on its `iter_bytes` and
    `aiter_bytes`, and all that is made of them (text, lines, read), go through the tap.
    `acc` is closed when such a reading ends. One that is given up in the midst may
    end late: then close `acc` before you judge it.
    """
    target: Any = response
    if hasattr(target, "iter_bytes"):
        iter_bytes = target.iter_bytes
        target.iter_bytes = lambda *args, **named: tap(iter_bytes(*args, **named), acc)
    if hasattr(target, "aiter_bytes"):
        aiter_bytes = target.aiter_bytes
        target.aiter_bytes = lambda *args, **named: atap(aiter_bytes(*args, **named), acc)
    return response
