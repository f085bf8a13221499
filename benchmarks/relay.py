"""What a tap adds to a relay: CPU time of a process that passes events from socket to socket.

Enters: nothing. Leaves: name, per cent more CPU than the bare relay, a note.
Must not know: how a tap works.

A child process is both ends: it sends one event and waits until it has come through,
as tokens come from a model. The relay is the leanest that asyncio gives: read, write,
drain, over TCP; and beside it one as gateways are (gateway.py). Bare and tapped
alternate; the children keep off its core.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from importlib.util import find_spec
from statistics import mean
from time import process_time_ns
from typing import Any

import ssefold

from . import gateway, shapes

EVENTS = 500
ROUNDS = 60
GATEWAY = ("httpx", "starlette", "uvicorn")


def connected() -> tuple[socket.socket, socket.socket]:
    """Two ends of a TCP connection through the loopback, as a relay has them."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        near = socket.create_connection(server.getsockname())
        far, _ = server.accept()
    for end in (near, far):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return near, far


def endpoints(blocks: tuple[bytes, ...], out: socket.socket, back: socket.socket) -> None:
    """Send each block and take it back before the next one goes."""
    for block in blocks:
        out.sendall(block)
        missing = len(block)
        while missing:
            missing -= len(back.recv(65536))
    out.close()


async def source(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """What the upstream sends, as it comes."""
    while True:
        chunk = await reader.read(65536)
        if not chunk:
            return
        yield chunk


async def relay(upstream: socket.socket, client: socket.socket, tap: Callable[[Any], Any]) -> int:
    """Pass everything on; the CPU time that it took, in nanoseconds."""
    reader, idle = await asyncio.open_connection(sock=upstream)
    _, writer = await asyncio.open_connection(sock=client)
    start = process_time_ns()
    async for chunk in tap(source(reader)):
        writer.write(chunk)
        await writer.drain()
    spent = process_time_ns() - start
    writer.close()
    idle.close()
    return spent


def bare(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """No tap."""
    return chunks


async def layered(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """An async generator that does nothing: what any tap of this kind costs."""
    async for chunk in chunks:
        yield chunk


def tapped(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """What `ssefold.atap` makes of it."""
    through: AsyncIterator[bytes] = ssefold.atap(chunks, ssefold.StreamAccumulator())
    return through


KINDS: dict[str, gateway.Tap] = {"bare": bare, "layered": layered, "tapped": tapped}


def once(blocks: tuple[bytes, ...], tap: Callable[[Any], Any]) -> int:
    """One stream through a relay, its ends in a child process."""
    out, upstream = connected()
    client, back = connected()
    child = os.fork()
    if child == 0:
        try:
            upstream.close()
            client.close()
            gateway.keep_off()
            endpoints(blocks, out, back)
        finally:
            os._exit(0)
    out.close()
    back.close()
    try:
        return asyncio.run(relay(upstream, client, tap))
    finally:
        os.waitpid(child, 0)


def quiet(spent: list[int]) -> float:
    """The mean of the fastest tenth: what else runs on the machine only ever adds."""
    return mean(sorted(spent)[: max(1, len(spent) // 10)])


def measure(quick: bool) -> Iterator[tuple[str, float, str]]:
    """Bare, through an empty generator, and tapped, in turns."""
    if not hasattr(os, "fork") or threading.active_count() > 1:
        return
    turns = 9 if quick else ROUNDS
    for name in ("text",) if quick else ("text", "tools", "anthropic_text"):
        blocks = shapes.build(name, EVENTS).blocks
        for kind in KINDS.values():
            once(blocks[:50], kind)
        spent: dict[str, list[int]] = {kind: [] for kind in KINDS}
        for _ in range(turns):
            for kind, tap in KINDS.items():
                spent[kind].append(once(blocks, tap))
        yield row(f"relay: {name}", "the bare relay's", spent, len(blocks))
    if all(map(find_spec, GATEWAY)):
        blocks = shapes.build("text", EVENTS).blocks
        gateway.measure(blocks[:50], KINDS, 1)
        name = "relay: text, httpx to Starlette"
        yield row(name, "the bare gateway's", gateway.measure(blocks, KINDS, turns), len(blocks))


def row(name: str, whose: str, spent: dict[str, list[int]], events: int) -> tuple[str, float, str]:
    """What the tap cost, and beside it what any tap of this kind does."""
    plain, layer, tap = (quiet(spent[kind]) for kind in KINDS)
    note = (
        f"% more CPU than {whose} {plain / events / 1000:.1f} µs per event; "
        f"an async generator that does nothing: {100 * (layer / plain - 1):.2f} %"
    )
    return name, 100 * (tap / plain - 1), note
