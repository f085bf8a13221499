"""Libraries that the package does not need, and clients of theirs over a transport in memory.

Leaves: `library(name)`, or a skipped test; `STREAM`, a chat stream, and what a request asks for it.
Must not know: the package under test.
"""

from __future__ import annotations

import asyncio
import gzip
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

HEAD = b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":'
PIECES = [
    HEAD + b'[{"index":0,"delta":{"role":"assistant","content":"Hel"},"finish_reason":null}]}\n\n',
    HEAD + b'[{"index":0,"delta":{"content":"lo"},"finish_reason":"stop"}]}\n\n',
    b"data: [DONE]\n\n",
]
STREAM = b"".join(PIECES)


def run(coroutine: Any) -> Any:
    """asyncio.run with an end: nothing here may hang."""

    async def bounded() -> Any:
        return await asyncio.wait_for(coroutine, 20)

    return asyncio.run(bounded())


EVENT_STREAM = {"content-type": "text/event-stream"}


def library(name: str) -> Any:
    """A library that this package does not need, or a skipped test."""
    return pytest.importorskip(name, reason=f"{name} is not installed")


def transport(httpx: Any, body: bytes, compressed: bool) -> Any:
    """A transport in memory that answers with `body`."""
    headers = {**EVENT_STREAM, **({"content-encoding": "gzip"} if compressed else {})}
    content = gzip.compress(body) if compressed else body

    class Body(httpx.SyncByteStream, httpx.AsyncByteStream):  # type: ignore[misc]
        def __iter__(self) -> Iterator[bytes]:
            yield from (content[i : i + 50] for i in range(0, len(content), 50))

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for piece in self:
                yield piece

    return httpx.MockTransport(lambda request: httpx.Response(200, headers=headers, stream=Body()))


def client_of(sdk: Any, name: str, body: bytes) -> Any:
    """An SDK's client over a transport in memory, whichever HTTP library it is made on."""
    for http in ("httpx", "httpx2"):
        module = sys.modules.get(http)
        try:
            if module is not None:
                client = module.Client if not name.startswith("Async") else module.AsyncClient
                over = client(transport=transport(module, body, False))
                return getattr(sdk, name)(api_key="none", base_url="http://x", http_client=over)
        except TypeError:
            continue  # the SDK is made on the other one
    raise AssertionError(f"{sdk.__name__} takes no client of httpx")


ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Say hello"}]}
