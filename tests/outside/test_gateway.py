"""The README's gateway between real sockets: a client, uvicorn, and an upstream that is difficult.

What a client sees at the end of a connection, a whole answer or a cut, is the server's doing:
only a real one shows it.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from documents import block_of
from libraries import run

httpx = pytest.importorskip("httpx", reason="httpx is not installed")
uvicorn = pytest.importorskip("uvicorn", reason="uvicorn is not installed")
pytest.importorskip("starlette", reason="starlette is not installed")

STREAM = (Path(__file__).parents[2] / "examples" / "chat-text.sse").read_bytes()
PATH = "/v1/chat/completions"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"

Script = Callable[["Asked", asyncio.StreamWriter], Awaitable[None]]


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class Asked(NamedTuple):
    """What came to the upstream. gone: becomes done when the gateway closes the connection."""

    line: str
    headers: dict[str, str]
    body: bytes
    gone: asyncio.Future[None]


class Gateway(NamedTuple):
    """What a test sees: a client of the gateway, what the upstream was asked, what was recorded."""

    client: Any
    asked: list[Asked]
    recorded: list[Any]


@asynccontextmanager
async def between(script: Script | None) -> AsyncIterator[Gateway]:
    """The gateway, with an upstream that answers each request by `script`; None: it is down."""
    asked: list[Asked] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            line, *fields = head.strip().split("\r\n")
            pairs = (field.split(": ", 1) for field in fields)
            headers = {name.lower(): value for name, value in pairs}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            gone = asyncio.ensure_future(reader.read(1))
            asked.append(Asked(line, headers, body, gone))  # type: ignore[arg-type]
            assert script is not None
            await script(asked[-1], writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    upstream = await asyncio.start_server(answer, "127.0.0.1", 0)
    host, port = upstream.sockets[0].getsockname()
    if script is None:
        upstream.close()
        await upstream.wait_closed()
    space: dict[str, Any] = {}
    exec(block_of("test_gateway_example").body, space)
    recorded: list[Any] = []
    space["UPSTREAM"] = f"http://{host}:{port}"
    space["record"] = recorded.append
    config = uvicorn.Config(space["app"], log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = "http://{}:{}".format(*listening.getsockname())
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            async with httpx.AsyncClient(base_url=url, timeout=15) as client:
                yield Gateway(client, asked, recorded)
        finally:
            server.should_exit = True
            await serving
            await space["client"].aclose()
            upstream.close()


async def until(true: Callable[[], Any]) -> None:
    while not true():
        await asyncio.sleep(0.01)


async def read(client: Any, got: list[bytes]) -> None:
    async with client.stream("POST", PATH, content=b"{}") as response:
        async for part in response.aiter_bytes():
            got.append(part)


def test_what_goes_up_and_what_comes_down() -> None:
    sent = {
        "x-api-key": "k", "anthropic-version": "2023-06-01", "anthropic-beta": "a,b",
        "authorization": "Bearer none", "openai-organization": "org", "accept": "text/event-stream",
        "accept-encoding": "br", "connection": "keep-alive, x-mine", "x-mine": "1",
    }  # fmt: skip
    answer = HEAD.replace(b"200 OK", b"201 Created") + (
        b"request-id: r1\r\nset-cookie: a=1\r\nset-cookie: b=2\r\nX-RateLimit: 9\r\n"
        b"connection: close, x-hop\r\nx-hop: 1\r\ncontent-encoding: gzip\r\n"
    )

    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        packed = gzip.compress(STREAM)
        writer.write(answer + b"content-length: %d\r\n\r\n%b" % (len(packed), packed))

    async def ask() -> None:
        async with between(script) as gateway:
            url = PATH + "?beta=true&x=%2F"
            got = await gateway.client.post(url, content=b'{"stream":true}', headers=sent)
            [asked] = gateway.asked
            assert asked.line == f"POST {url} HTTP/1.1"
            assert asked.body == b'{"stream":true}'
            own = ("accept-encoding", "connection", "x-mine")
            kept = {name: value for name, value in sent.items() if name not in own}
            assert kept.items() <= asked.headers.items()
            assert not {*own} & {*asked.headers}
            assert asked.headers["host"].startswith("127.0.0.1")
            assert (got.status_code, got.content) == (201, STREAM)
            assert got.headers["content-type"] == "text/event-stream; charset=utf-8"
            assert (got.headers["request-id"], got.headers["x-ratelimit"]) == ("r1", "9")
            assert got.headers.get_list("set-cookie") == ["a=1", "b=2"]
            assert not {"x-hop", "content-encoding", "content-length"} & {*got.headers}
            [acc] = gateway.recorded
            assert (acc.status, acc.bytes) == ("complete", len(STREAM))
            # The next client's request has no cookie of this one's, and needs no header at all.
            gateway.client.cookies.clear()
            got = await gateway.client.post(PATH)
            assert "cookie" not in gateway.asked[-1].headers
            assert got.content == STREAM

    run(ask())


def test_an_upstream_that_is_silent_for_seven_seconds() -> None:
    """Before its head, and between two events: httpx alone gives up after five."""

    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if asked.body == b"head":
            await asyncio.sleep(7)
        writer.write(CHUNKED + chunk(STREAM[:700]))
        if asked.body == b"event":
            await asyncio.sleep(7)
        writer.write(chunk(STREAM[700:]) + chunk(b""))
        await writer.drain()

    async def ask() -> None:
        async with between(script) as gateway:
            bodies = (b"head", b"event", b"event")
            posts = [gateway.client.post(PATH, content=body) for body in bodies]
            for got in await asyncio.gather(*posts):
                assert (got.status_code, got.content) == (200, STREAM)
            assert [acc.status for acc in gateway.recorded] == ["complete"] * 3

    run(ask())


def test_an_upstream_that_is_down() -> None:
    async def ask() -> None:
        async with between(None) as gateway:
            got = await gateway.client.post(PATH, content=b"{}")
            assert got.status_code == 502
            assert got.headers["content-type"] == "application/json"
            message = "no answer from upstream: ConnectError"
            assert got.json() == {"error": {"type": "bad_gateway", "message": message}}

    run(ask())


def test_an_upstream_that_goes_before_it_answers() -> None:
    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        pass

    async def ask() -> None:
        async with between(script) as gateway:
            got = await gateway.client.post(PATH, content=b"{}")
            assert (got.status_code, got.json()["error"]["type"]) == (502, "bad_gateway")

    run(ask())


@pytest.mark.parametrize(
    "head", [CHUNKED, HEAD + b"content-length: 5000\r\n\r\n"], ids=["chunked", "length"]
)
def test_an_upstream_that_cuts(head: bytes) -> None:
    """The client sees a cut, no clean end, and the record says truncated."""

    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(head + (chunk(STREAM[:900]) if head == CHUNKED else STREAM[:900]))
        await writer.drain()

    async def ask() -> None:
        async with between(script) as gateway:
            got: list[bytes] = []
            with pytest.raises(httpx.RemoteProtocolError):
                await read(gateway.client, got)
            assert b"".join(got) == STREAM[:900]
            await until(lambda: gateway.recorded)
            [acc] = gateway.recorded
            assert (acc.status, acc.bytes, acc.text()) == ("truncated", 900, '"Crypto')

    run(ask())


@pytest.mark.parametrize("early", [False, True], ids=["between events", "before the head"])
def test_a_client_that_leaves(early: bool) -> None:
    """The upstream's connection is closed at once; where it had not answered yet, once it does."""

    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if early:
            await asyncio.sleep(0.3)
        writer.write(CHUNKED + chunk(STREAM[:900]))
        await writer.drain()
        await asyncio.wait_for(asyncio.shield(asked.gone), 5)

    async def ask() -> None:
        async with between(script) as gateway:
            if early:
                with pytest.raises(httpx.ReadTimeout):
                    await gateway.client.post(PATH, content=b"{}", timeout=0.1)
            else:
                async with gateway.client.stream("POST", PATH, content=b"{}") as response:
                    async for _ in response.aiter_bytes():
                        break
            await until(lambda: gateway.recorded and gateway.asked[0].gone.done())
            [acc] = gateway.recorded
            assert acc.status == "truncated"

    run(ask())


@pytest.mark.parametrize("status", [200, 429])
def test_answers_that_are_no_streams(status: int) -> None:
    answer: dict[str, Any] = {"error": {"message": "slow down", "type": "rate_limit"}}
    if status == 200:
        choice = {"index": 0, "message": {"role": "assistant", "content": "Hi"}}
        choice["finish_reason"] = "stop"
        answer = {"object": "chat.completion", "choices": [choice]}
    body = json.dumps(answer).encode()

    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        head = b"HTTP/1.1 %d X\r\ncontent-type: application/json\r\nretry-after: 3\r\n" % status
        writer.write(head + b"content-length: %d\r\n\r\n%b" % (len(body), body))

    async def ask() -> None:
        async with between(script) as gateway:
            got = await gateway.client.post(PATH, content=b"{}")
            assert (got.status_code, got.content) == (status, body)
            assert got.headers["content-type"] == "application/json"
            assert got.headers["retry-after"] == "3"
            [acc] = gateway.recorded
            if status == 200:
                assert (acc.status, acc.snapshot()) == ("complete", answer)
            else:
                assert (acc.status, acc.error) == ("failed", answer["error"])

    run(ask())


def test_many_streams_at_once() -> None:
    """More than httpx's own pool would hold: none waits for another's end."""
    together = asyncio.Event()
    count = 120

    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + chunk(STREAM[:700]))
        if len(gateways[0].asked) == count:
            together.set()
        await together.wait()
        writer.write(chunk(STREAM[700:]) + chunk(b""))
        await writer.drain()

    gateways: list[Gateway] = []

    async def ask() -> None:
        async with between(script) as gateway:
            gateways.append(gateway)
            limits = httpx.Limits(max_connections=None)
            async with httpx.AsyncClient(base_url=gateway.client.base_url, limits=limits) as many:
                got = await asyncio.gather(*(many.post(PATH, content=b"{}") for _ in range(count)))
            assert {response.content for response in got} == {STREAM}

    run(ask())
