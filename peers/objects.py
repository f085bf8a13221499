"""What the SDKs share that make an object per chunk: a response of reads, a row of such a peer.

Enters: reads, what folds them. Leaves: Response; `row`, judged by what such answers say.
Must not know: any SDK.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.traffic import Traffic

from .essence import chat_essence, message_essence
from .rows import CHAT, Peer, Reads

MESSAGES = ("anthropic.messages",)
ESSENCE = "text, tool calls, finish reasons"


class Response:
    """What a SDK's Stream asks of its transport: the body, and to be closed."""

    status_code = 200
    request = None

    def __init__(self, reads: Reads) -> None:
        self.reads = reads

    def iter_bytes(self) -> Iterator[bytes]:
        """The reads, as they come."""
        return iter(self.reads)

    def close(self) -> None:
        """Nothing is held."""


def row(
    name: str,
    run: Callable[[Traffic, Reads], Any],
    essence: Callable[[Any], Any],
    packages: tuple[str, ...],
    dialects: tuple[str, ...] = CHAT,
) -> Peer:
    expected = message_essence if dialects == MESSAGES else chat_essence

    def check(traffic: Traffic, reads: Reads) -> bool:
        return bool(essence(run(traffic, reads)) == expected(traffic.expected))

    return Peer(name, "fold", run, check, ESSENCE, dialects=dialects, slow=True, packages=packages)
