"""A tap for responses of aiohttp's client.

Enters: a response whose body is still to be read.
Leaves: its bytes, chunk by chunk as they come, Content-Encoding undone.
Must not know: aiohttp itself, sessions.

The session undoes a Content-Encoding unless it was made with `auto_decompress=False`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, Protocol

from ssefold import StreamAccumulator, atap


class Content(Protocol):
    """The body of a response."""

    def iter_any(self) -> Any: ...


class Response(Protocol):
    """A response that is read asynchronously."""

    @property
    def content(self) -> Content: ...

    def release(self) -> object: ...


async def atap_response(response: Response, acc: StreamAccumulator) -> AsyncIterator[bytes]:
    """Yield the response's chunks; `acc` has been fed with each before.

    However it ends, `acc` is closed and the response released: a connection with
    unread bytes is not used again.
    """
    chunks: Any = atap(response.content.iter_any(), acc)
    try:
        async with aclosing(chunks):
            async for chunk in chunks:
                yield chunk
    finally:
        response.release()
