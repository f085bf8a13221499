"""Libraries under the contract: one module each, `python -m peers.NAME`.

PROGRAMS lists them in the order of the table. A module whose library is missing ends with
MISSING, and what is missing on stderr.
"""

from __future__ import annotations

from typing import NamedTuple

MISSING = 69  # EX_UNAVAILABLE


class Program(NamedTuple):
    """A row of the table."""

    title: str
    words: tuple[str, ...]  # of its command, after `python -m peers.`

    @property
    def module(self) -> str:
        """The module that speaks for it."""
        return f"peers.{self.words[0]}"


PROGRAMS = (
    Program("ssefold (c)", ("ours", "c")),
    Program("ssefold (python)", ("ours", "python")),
    Program("openai, stream state", ("openai_sdk",)),
    Program("anthropic, message stream", ("anthropic_sdk",)),
    Program("litellm, stream_chunk_builder", ("litellm_builder",)),
    Program("langchain-core, chunk + chunk", ("langchain_chunks",)),
    Program("pydantic-ai, streamed response", ("pydantic_ai_stream",)),
    Program("httpx-sse + orjson + hand merge", ("by_hand",)),
    Program("httpx-sse", ("framers", "httpx-sse")),
    Program("launchdarkly-eventsource", ("framers", "launchdarkly-eventsource")),
    Program("openai, SSE decoder", ("framers", "openai")),
    Program("anthropic, SSE decoder", ("framers", "anthropic")),
)
