"""The adapters: what is read goes through the tap, untouched, and everything gets closed.

Fakes have the shape that an adapter relies on; where the library itself is installed, the
adapter meets it too, over a transport in memory or a server on the loopback.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from libraries import ASK, EVENT_STREAM, PIECES, STREAM, client_of, library, run, transport

from ssefold import StreamAccumulator
from ssefold.adapters import aiohttp as aiohttp_tap
from ssefold.adapters import httpx as httpx_tap
from ssefold.adapters import openai as openai_tap
from ssefold.adapters.starlette import TapMiddleware

ANTHROPIC_EVENTS: list[dict[str, Any]] = [
    {
        "type": "message_start",
        "message": {
            "id": "msg",
            "type": "message",
            "role": "assistant",
            "model": "m",
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 1},
        },
    },
    {
        "type": "content_block_start",
        "index": 0,
        "content_block": {"type": "text", "text": ""},
    },
    {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "text_delta", "text": "Hello"},
    },
    {"type": "content_block_stop", "index": 0},
    {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": 2},
    },
    {"type": "message_stop"},
]
ANTHROPIC = "".join(
    f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in ANTHROPIC_EVENTS
).encode()


async def collect(source: Any) -> list[Any]:
    return [chunk async for chunk in source]


async def first(source: Any) -> Any:
    """One chunk, and away."""
    async for chunk in source:
        await source.aclose()
        return chunk
    raise AssertionError("nothing came")


def heard(acc: StreamAccumulator, text: str = "Hello", size: int = len(STREAM)) -> bool:
    """Whether the accumulator heard the whole stream, once, and its end."""
    assert (acc.status, acc.text(), acc.bytes) == ("complete", text, size)
    assert (acc.faults, acc.anomalies) == ((), ())
    return closed(acc)


def closed(acc: StreamAccumulator) -> bool:
    with pytest.raises(Exception, match="closed"):
        acc.feed(b"")
    return True


class Failure(Exception):
    """The network's, not ours."""


class Response:
    """What httpx and aiohttp responses share in shape; fails after its pieces if asked to."""

    def __init__(self, pieces: list[bytes] = PIECES, failure: Exception | None = None) -> None:
        self.pieces = pieces
        self.failure = failure
        self.closed = 0
        self.content = self

    def iter_bytes(self, size: int = 0) -> Iterator[bytes]:
        yield from self.pieces
        if self.failure is not None:
            raise self.failure

    async def aiter_bytes(self, size: int = 0) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            await asyncio.sleep(0)
            yield piece
        if self.failure is not None:
            raise self.failure

    iter_any = aiter_bytes

    def read(self) -> bytes:
        return b"".join(self.iter_bytes(size=3))

    def close(self) -> None:
        self.closed += 1

    release = close

    async def aclose(self) -> None:
        self.closed += 1


@pytest.mark.parametrize("module", ["httpx", "aiohttp", "openai", "starlette"])
def test_nothing_heavy_is_imported(module: str) -> None:
    code = (
        f"import sys, ssefold.adapters.{module}\n"
        "names = {'httpx', 'aiohttp', 'openai', 'anthropic', 'starlette', 'asyncio'}\n"
        "print(sorted(names & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# -- responses, as iterators -----------------------------------------------------------------

ASYNC_TAPS = pytest.mark.parametrize(
    "atap_response", [httpx_tap.atap_response, aiohttp_tap.atap_response]
)


def test_tap_response_yields_the_chunks_themselves() -> None:
    acc, response = StreamAccumulator(), Response()
    chunks = list(httpx_tap.tap_response(response, acc))
    assert all(a is b for a, b in zip(chunks, PIECES, strict=True))
    assert heard(acc)
    assert response.closed == 1


@ASYNC_TAPS
def test_atap_response_yields_the_chunks_themselves(atap_response: Any) -> None:
    acc, response = StreamAccumulator(), Response()
    chunks = run(collect(atap_response(response, acc)))
    assert all(a is b for a, b in zip(chunks, PIECES, strict=True))
    assert heard(acc)
    assert response.closed == 1


def test_tap_response_left_early_closes_both() -> None:
    acc, response = StreamAccumulator(), Response()
    chunks: Any = httpx_tap.tap_response(response, acc)
    assert next(chunks) is PIECES[0]
    chunks.close()
    assert (acc.status, acc.text(), response.closed) == ("truncated", "Hel", 1)


@ASYNC_TAPS
def test_atap_response_left_early_closes_both(atap_response: Any) -> None:
    acc, response = StreamAccumulator(), Response()
    assert run(first(atap_response(response, acc))) is PIECES[0]
    assert (acc.status, acc.text(), response.closed) == ("truncated", "Hel", 1)


def test_tap_response_passes_the_sources_failure_on() -> None:
    acc, response = StreamAccumulator(), Response(PIECES[:1], Failure())
    with pytest.raises(Failure):
        list(httpx_tap.tap_response(response, acc))
    assert (acc.status, response.closed) == ("truncated", 1)


@ASYNC_TAPS
def test_atap_response_passes_the_sources_failure_on(atap_response: Any) -> None:
    acc, response = StreamAccumulator(), Response(PIECES[:1], Failure())
    with pytest.raises(Failure):
        run(collect(atap_response(response, acc)))
    assert (acc.status, response.closed) == ("truncated", 1)


# -- responses that somebody else reads -------------------------------------------------------


def test_listen_hears_what_others_read() -> None:
    acc, response = StreamAccumulator(), Response()
    assert httpx_tap.listen(response, acc) is response
    assert response.read() == STREAM
    assert heard(acc)


def test_listen_hears_what_others_read_asynchronously() -> None:
    acc = StreamAccumulator()
    response = httpx_tap.listen(Response(), acc)
    assert run(collect(response.aiter_bytes(1))) == PIECES
    assert heard(acc)


def test_a_second_reading_is_not_heard_again() -> None:
    acc = StreamAccumulator()
    response = httpx_tap.listen(Response(), acc)
    assert response.read() == response.read() == STREAM
    assert heard(acc)


class Stream:
    """An SDK's stream: typed events on top, its response below."""

    def __init__(self, response: Any) -> None:
        self.response = response

    def __iter__(self) -> Iterator[str]:
        for piece in self.response.iter_bytes():
            if b"[DONE]" in piece:
                return
            yield json.loads(piece[6:])["choices"][0]["delta"]["content"]


def test_listen_to_an_sdk_stream() -> None:
    acc = StreamAccumulator()
    assert "".join(openai_tap.listen(Stream(Response()), acc)) == "Hello"
    acc.close()
    assert heard(acc)


# -- ASGI --------------------------------------------------------------------------------------


def asgi(app: Any, kind: str = "http") -> list[dict[str, Any]]:
    """The messages that an ASGI application sends."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        await asyncio.sleep(0)
        sent.append(message)

    run(app({"type": kind, "path": "/x"}, receive, send))
    return sent


def answering(pieces: list[bytes], kind: bytes, failure: Exception | None = None) -> Any:
    """An application that answers with these pieces."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"x", b"y"), (b"Content-Type", kind)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        if failure is not None:
            raise failure
        await send({"type": "http.response.body"})

    return app


@pytest.mark.parametrize(
    "kind", [b"text/event-stream", b"Text/Event-Stream; charset=utf-8", b"text/event-stream ;x"]
)
def test_middleware_hears_event_streams(kind: bytes) -> None:
    ended: list[Any] = []
    app = answering(PIECES, kind)
    tapped = TapMiddleware(app, on_finish=lambda acc, scope: ended.append((acc, scope["path"])))
    assert asgi(tapped) == asgi(app)
    [(acc, path)] = ended
    assert path == "/x"
    assert heard(acc)


@pytest.mark.parametrize("kind", [b"application/json", b"", b"text/event-streams"])
def test_middleware_hears_nothing_else(kind: bytes) -> None:
    ended: list[Any] = []
    app = answering(PIECES, kind)
    assert asgi(TapMiddleware(app, on_finish=lambda *args: ended.append(args))) == asgi(app)
    assert ended == []


def test_middleware_leaves_websockets_and_lifespans_alone() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((receive, send))

    tapped = TapMiddleware(app, on_finish=lambda *args: seen.append(args))
    assert asgi(tapped, "lifespan") == []
    assert len(seen) == 1


def test_middleware_finishes_when_the_application_fails() -> None:
    ended: list[Any] = []
    app = answering(PIECES[:1], b"text/event-stream", Failure())
    with pytest.raises(Failure):
        asgi(TapMiddleware(app, on_finish=lambda acc, scope: ended.append(acc)))
    assert [(acc.status, acc.text()) for acc in ended] == [("truncated", "Hel")]


def test_middleware_finishes_when_the_client_has_gone() -> None:
    ended: list[Any] = []
    app = answering(PIECES, b"text/event-stream")
    tapped = TapMiddleware(app, on_finish=lambda acc, scope: ended.append(acc))

    async def gone(message: Any) -> None:
        if message["type"] == "http.response.body":
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        run(tapped({"type": "http"}, lambda: None, gone))  # type: ignore[arg-type, return-value]
    assert [(acc.status, acc.text()) for acc in ended] == [("truncated", "Hel")]


def test_middleware_goes_on_where_a_strict_accumulator_stops() -> None:
    ended: list[Any] = []
    app = answering([b"data: {]\n\n", *PIECES], b"text/event-stream")
    tapped = TapMiddleware(
        app,
        on_finish=lambda acc, scope: ended.append(acc),
        make=lambda: StreamAccumulator(strict=True),
    )
    assert asgi(tapped) == asgi(app)
    assert [fault.code for acc in ended for fault in acc.faults] == ["bad_json"]


def test_middleware_says_that_it_was_fed_compressed_bytes() -> None:
    ended: list[Any] = []
    app = answering([gzip.compress(STREAM)], b"text/event-stream")
    asgi(TapMiddleware(app, on_finish=lambda acc, scope: ended.append(acc)))
    assert [fault.code for acc in ended for fault in acc.faults] == ["not_an_event_stream"]


def test_middleware_refuses_a_coroutine_function() -> None:
    async def later(acc: Any, scope: Any) -> None: ...

    with pytest.raises(TypeError, match="plain function"):
        TapMiddleware(answering([], b""), on_finish=later)


# -- the libraries themselves -------------------------------------------------------------------



packed = pytest.mark.parametrize("compressed", [False, True])


@packed
def test_httpx(compressed: bool) -> None:
    httpx = library("httpx")
    acc = StreamAccumulator()
    with httpx.Client(transport=transport(httpx, STREAM, compressed)) as client:
        response = client.send(client.build_request("POST", "http://x"), stream=True)
        assert b"".join(httpx_tap.tap_response(response, acc)) == STREAM
        assert response.is_closed
    assert heard(acc)


@packed
def test_httpx_async(compressed: bool) -> None:
    httpx = library("httpx")
    acc = StreamAccumulator()

    async def relay() -> None:
        async with httpx.AsyncClient(transport=transport(httpx, STREAM, compressed)) as client:
            response = await client.send(client.build_request("POST", "http://x"), stream=True)
            assert b"".join(await collect(httpx_tap.atap_response(response, acc))) == STREAM
            assert response.is_closed

    run(relay())
    assert heard(acc)


@packed
def test_httpx_read_by_lines(compressed: bool) -> None:
    httpx = library("httpx")
    acc = StreamAccumulator()
    client = httpx.Client(transport=transport(httpx, STREAM, compressed))
    with client, client.stream("POST", "http://x") as response:
        lines = list(httpx_tap.listen(response, acc).iter_lines())
    assert lines == STREAM.decode().splitlines()
    assert heard(acc)


@packed
def test_aiohttp(compressed: bool) -> None:
    aiohttp = library("aiohttp")
    web, servers = library("aiohttp.web"), library("aiohttp.test_utils")
    acc = StreamAccumulator()
    body = gzip.compress(STREAM) if compressed else STREAM
    encoding = {"Content-Encoding": "gzip"} if compressed else {}

    async def relay() -> None:
        async def handler(request: Any) -> Any:
            return web.Response(body=body, headers={**EVENT_STREAM, **encoding})

        async with servers.RawTestServer(handler) as server, aiohttp.ClientSession() as session:
            response = await session.get(server.make_url("/"))
            assert b"".join(await collect(aiohttp_tap.atap_response(response, acc))) == STREAM

    run(relay())
    assert heard(acc)


def test_openai() -> None:
    client = client_of(library("openai"), "OpenAI", STREAM)
    acc = StreamAccumulator()
    stream = openai_tap.listen(client.chat.completions.create(stream=True, **ASK), acc)
    assert "".join(chunk.choices[0].delta.content for chunk in stream) == "Hello"
    acc.close()
    assert heard(acc)


def test_openai_async() -> None:
    acc = StreamAccumulator()

    async def talk() -> str:
        client = client_of(library("openai"), "AsyncOpenAI", STREAM)
        stream = openai_tap.listen(await client.chat.completions.create(stream=True, **ASK), acc)
        return "".join([chunk.choices[0].delta.content async for chunk in stream])

    assert run(talk()) == "Hello"
    acc.close()
    assert heard(acc)


def test_anthropic() -> None:
    client = client_of(library("anthropic"), "Anthropic", ANTHROPIC)
    acc = StreamAccumulator()
    with client.messages.stream(max_tokens=5, **ASK) as stream:
        assert "".join(openai_tap.listen(stream, acc).text_stream) == "Hello"
    acc.close()
    assert heard(acc, size=len(ANTHROPIC))
    assert acc.usage == {"input_tokens": 1, "output_tokens": 2}


def test_starlette() -> None:
    httpx = library("httpx")
    library("starlette")
    apps, middleware, responses, routing = (
        library(f"starlette.{name}")
        for name in ("applications", "middleware", "responses", "routing")
    )
    ended: list[Any] = []

    async def stream(request: Any) -> Any:
        return responses.StreamingResponse(iter(PIECES), media_type="text/event-stream")

    async def plain(request: Any) -> Any:
        return responses.PlainTextResponse("no stream")

    tapped = middleware.Middleware(TapMiddleware, on_finish=lambda acc, scope: ended.append(acc))
    app = apps.Starlette(
        routes=[routing.Route("/stream", stream), routing.Route("/plain", plain)],
        middleware=[tapped],
    )

    async def ask() -> None:
        over = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=over, base_url="http://x") as client:
            assert (await client.get("/plain")).text == "no stream"
            assert (await client.get("/stream")).content == STREAM

    run(ask())
    assert len(ended) == 1
    assert heard(ended[0])
