"""Libraries under the contract: one module each, `python -m conformance.peers.NAME`.

PEERS lists them in the order of the table. A module whose library is missing ends with
MISSING, and what is missing on stderr.
"""

from __future__ import annotations

from typing import NamedTuple

MISSING = 69  # EX_UNAVAILABLE


class Peer(NamedTuple):
    """A row of the table."""

    title: str
    words: tuple[str, ...]  # of its command, after `python -m conformance.peers.`

    @property
    def module(self) -> str:
        """The module that speaks for it."""
        return f"{__name__}.{self.words[0]}"


PEERS = (
    Peer("ssefold (c)", ("ours", "c")),
    Peer("ssefold (python)", ("ours", "python")),
    Peer("openai, stream state", ("openai_sdk",)),
    Peer("anthropic, message stream", ("anthropic_sdk",)),
    Peer("litellm, stream_chunk_builder", ("litellm_builder",)),
    Peer("langchain-core, chunk + chunk", ("langchain_chunks",)),
    Peer("pydantic-ai, streamed response", ("pydantic_ai_stream",)),
    Peer("httpx-sse + orjson + hand merge", ("by_hand",)),
    Peer("httpx-sse", ("framers", "httpx-sse")),
    Peer("launchdarkly-eventsource", ("framers", "launchdarkly-eventsource")),
    Peer("openai, SSE decoder", ("framers", "openai")),
    Peer("anthropic, SSE decoder", ("framers", "anthropic")),
)
