"""What a tap adds to a gateway: Starlette on uvicorn, and httpx towards the provider.

Enters: the blocks of a stream, what to put around them, how often.
Leaves: CPU time of the gateway's process per stream, for each of these.
Must not know: how a tap works.

A child process is both ends, as in relay.py: it sends one event and waits until it has
come through. Each stream is a connection of its own, as a client's question is.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from time import process_time_ns
from typing import Any

Tap = Callable[[AsyncIterator[bytes]], AsyncIterator[bytes]]

ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
    b"transfer-encoding: chunked\r\nconnection: close\r\n\r\n"
)


def measure(
    blocks: tuple[bytes, ...], taps: Mapping[str, Tap], turns: int
) -> dict[str, list[int]]:
    """Nanoseconds of CPU per stream, `turns` of each tap, one after the other."""
    with (
        socket.create_server(("127.0.0.1", 0)) as provider,
        socket.create_server(("127.0.0.1", 0)) as gateway,
    ):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                keep_off()
                ends(blocks, provider, gateway.getsockname(), [*taps] * turns)
                status = 0
            finally:
                os._exit(status)
        return asyncio.run(serve(gateway, provider.getsockname(), taps, child))


async def serve(
    listening: socket.socket, provider: tuple[str, int], taps: Mapping[str, Tap], child: int
) -> dict[str, list[int]]:
    """Pass streams on until the child is done."""
    import httpx
    import uvicorn
    from starlette.applications import Starlette
    from starlette.background import BackgroundTask
    from starlette.requests import Request
    from starlette.responses import StreamingResponse
    from starlette.routing import Route

    spent: dict[str, list[int]] = {name: [] for name in taps}
    url = "http://{}:{}/".format(*provider)
    async with httpx.AsyncClient(timeout=60) as client:

        async def pass_on(request: Request) -> StreamingResponse:
            name = request.path_params["name"]
            upstream = await client.send(client.build_request("POST", url), stream=True)
            start = process_time_ns()

            async def done() -> None:
                spent[name].append(process_time_ns() - start)
                await upstream.aclose()

            return StreamingResponse(
                taps[name](upstream.aiter_raw()),
                media_type="text/event-stream",
                background=BackgroundTask(done),
            )

        app = Starlette(routes=[Route("/{name}", pass_on)])
        server = uvicorn.Server(
            uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", http="h11")
        )
        running = asyncio.create_task(server.serve(sockets=[listening]))
        _, status = await asyncio.to_thread(os.waitpid, child, 0)
        server.should_exit = True
        await running
    if status:
        raise RuntimeError(f"the ends of the relay broke: {status}")
    return spent


# -- the child's part ----------------------------------------------------------------------


def ends(
    blocks: tuple[bytes, ...], provider: socket.socket, gateway: Any, names: list[str]
) -> None:
    """Ask the gateway for one stream after the other, and be the provider of each."""
    for name in names:
        with socket.create_connection(gateway) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.sendall(f"GET /{name} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
            upstream, _ = provider.accept()
            with upstream:
                upstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                until(upstream, b"\r\n\r\n")
                upstream.sendall(ANSWER)
                until(client, b"\r\n\r\n")
                for block in blocks:
                    upstream.sendall(b"%x\r\n%b\r\n" % (len(block), block))
                    until(client, block + b"\r\n")
                upstream.sendall(b"0\r\n\r\n")
                until(client, b"0\r\n\r\n")


def keep_off() -> None:
    """Run on other cores than the relay."""
    if hasattr(os, "sched_setaffinity"):
        mine = os.sched_getaffinity(0)
        others = set(range(os.cpu_count() or 1)) - mine
        os.sched_setaffinity(0, others or mine)


def until(end: socket.socket, last: bytes) -> None:
    """Receive until these are the last bytes."""
    received = b""
    while not received.endswith(last):
        part = end.recv(65536)
        if not part:
            raise ConnectionError("closed too early")
        received += part
