"""What an open stream holds, as tracemalloc sees it.

Enters: nothing. Leaves: name, bytes held over bytes allowed, a note.
Must not know: what holds them.

Allowed: 4 KiB, 1 KiB per further choice or call, and one and a half times the text.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from typing import Any

from peers.ours import accumulator, backends

from . import shapes
from .traffic import Traffic

STREAMS = 200
CHUNKS = 200
# Shape, further choices or calls. The stream of n100 is longer: each choice has begun.
CASES = (
    ("text", 0), ("text_obfuscation", 0), ("tools", 1), ("parallel_tools", 2), ("n4", 3),
    ("n10", 9), ("n100", 99), ("usage_every_chunk", 0), ("timings", 0), ("ever_new", 0),
    ("anthropic_text", 0), ("anthropic_thinking_tool", 2), ("completions", 0),
)  # fmt: skip


def held(Accumulator: Any, traffic: Traffic, blocks: int) -> float:
    """Bytes per stream after that many blocks, over many streams at once."""
    data = b"".join(traffic.blocks[:blocks])
    reads = [data[i : i + 1024] for i in range(0, len(data), 1024)]
    _opened(Accumulator, reads)  # what is shared by all streams is there now
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    streams = [_opened(Accumulator, reads) for _ in range(STREAMS)]
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del streams
    return (after - before) / STREAMS


def _opened(Accumulator: Any, reads: list[bytes]) -> Any:
    acc = Accumulator()
    for chunk in reads:
        acc.feed(bytes(bytearray(chunk)))  # a read of its own, as a relay has it
    return acc


def text_held(Accumulator: Any, traffic: Traffic, blocks: int) -> int:
    """Bytes of text that the stream has carried by then."""
    acc = Accumulator()
    for block in traffic.blocks[:blocks]:
        acc.feed(block)
    return sum(_weight(value) for value in _texts(acc.snapshot()))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for below in value.values() if isinstance(value, dict) else ():
        yield from _texts(below)
    for below in value if isinstance(value, list) else ():
        yield from _texts(below)


def _weight(text: str) -> int:
    # Ids, names and the like are no text: those are what the 4 KiB are for.
    size = len(text.encode())
    return size if size > 64 else 0


def measure(quick: bool) -> Iterator[tuple[str, float, str]]:
    """Each case after 200 chunks; and a stream that has only been opened."""
    for backend in backends():
        Accumulator = accumulator(backend)
        empty = held(Accumulator, shapes.build("text", CHUNKS), 0)
        yield f"memory: just opened ({backend})", empty / 4096, f"{empty:,.0f} bytes per stream"
        for name, further in CASES[:5] if quick else CASES:
            if name not in shapes.foldable():
                continue
            traffic = shapes.build(name, 2 * CHUNKS)
            blocks = CHUNKS
            text = text_held(Accumulator, traffic, blocks)
            size = held(Accumulator, traffic, blocks)
            allowed = 4096 + 1024 * further + 1.5 * text
            note = f"{size:,.0f} bytes per stream, {text:,} of text, {allowed:,.0f} allowed"
            yield f"memory: {name} ({backend})", size / allowed, note
