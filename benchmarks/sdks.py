"""Peers that make an object per chunk: openai, anthropic, langchain-core, litellm.

Enters: nothing. Leaves: makers of peers; each raises ImportError where it is missing.
Must not know: how it is timed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

from .essence import chat_essence, message_essence
from .hand import payloads
from .peers import CHAT, Peer, Reads
from .traffic import Traffic

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


def _peer(
    name: str,
    run: Callable[[Traffic, Reads], Any],
    essence: Callable[[Any], Any],
    packages: tuple[str, ...],
    dialects: tuple[str, ...] = CHAT,
) -> Peer:
    expected = message_essence if dialects == MESSAGES else chat_essence

    def check(traffic: Traffic, reads: Reads) -> bool:
        return bool(essence(run(traffic, reads)) == expected(traffic.expected))

    return Peer(
        name, "fold", run, check, ESSENCE, dialects=dialects, slow=True, packages=packages
    )


def _openai_chunks() -> Callable[[Reads], Iterator[Any]]:
    import openai
    from openai.types.chat import ChatCompletionChunk

    client: Any = openai.OpenAI(api_key="none")

    def chunks(reads: Reads) -> Iterator[Any]:
        response: Any = Response(reads)
        return iter(openai.Stream(cast_to=ChatCompletionChunk, response=response, client=client))

    return chunks


def openai_chunks() -> Peer:
    """openai: its Stream of ChatCompletionChunk, text joined as its README does it."""
    chunks = _openai_chunks()

    def run(traffic: Traffic, reads: Reads) -> Any:
        texts: dict[int, list[str]] = {}
        for chunk in chunks(reads):
            for choice in chunk.choices:
                texts.setdefault(choice.index, []).append(choice.delta.content or "")
        return {index: "".join(pieces) for index, pieces in texts.items()}

    def check(traffic: Traffic, reads: Reads) -> bool:
        expected = chat_essence(traffic.expected)
        return bool(run(traffic, reads) == {index: one[0] for index, one in expected.items()})

    return Peer(
        "openai, chunks + join", "fold", run, check, "text", CHAT, slow=True, packages=("openai",)
    )


def openai_state() -> Peer:
    """openai: ChatCompletionStreamState."""
    from openai.lib.streaming.chat import ChatCompletionStreamState

    chunks = _openai_chunks()

    def run(traffic: Traffic, reads: Reads) -> Any:
        state: Any = ChatCompletionStreamState()
        for chunk in chunks(reads):
            state.handle_chunk(chunk)
        return state.get_final_completion()

    return _peer(
        "openai, stream state", run, lambda answer: chat_essence(answer.to_dict()), ("openai",)
    )


def anthropic_accumulate() -> Peer:
    """anthropic: its Stream of events, accumulated as its MessageStream does it."""
    import anthropic
    from anthropic.lib.streaming._messages import accumulate_event
    from anthropic.types import RawMessageStreamEvent

    client: Any = anthropic.Anthropic(api_key="none")
    kind: Any = RawMessageStreamEvent

    def run(traffic: Traffic, reads: Reads) -> Any:
        response: Any = Response(reads)
        snapshot: Any = None
        buffers: dict[int, bytes] = {}
        for event in anthropic.Stream(cast_to=kind, response=response, client=client):
            snapshot = accumulate_event(
                event=event, current_snapshot=snapshot, json_bufs=buffers
            )
        return snapshot

    return _peer(
        "anthropic, accumulate",
        run,
        lambda answer: message_essence(answer.to_dict()),
        ("anthropic",),
        MESSAGES,
    )


def langchain() -> Peer:
    """langchain-core: AIMessageChunk + AIMessageChunk, as its documentation adds them up."""
    from langchain_core.messages import AIMessageChunk
    from orjson import loads

    def message(chunk: dict[str, Any]) -> Any:
        choice = chunk["choices"][0]
        delta = choice["delta"]
        calls = [
            {
                "index": call["index"],
                "id": call.get("id"),
                "name": call["function"].get("name"),
                "args": call["function"].get("arguments"),
            }
            for call in delta.get("tool_calls") or ()
        ]
        finish = choice["finish_reason"]
        return AIMessageChunk(
            content=delta.get("content") or "",
            tool_call_chunks=calls,
            response_metadata={"finish_reason": finish} if finish else {},
        )

    def run(traffic: Traffic, reads: Reads) -> Any:
        total: Any = None
        for data in payloads(reads):
            if data == b"[DONE]":
                break
            chunk = loads(data)
            if chunk["choices"]:
                part = message(chunk)
                total = part if total is None else total + part
        return total

    def essence(total: Any) -> Any:
        found = sorted(total.tool_call_chunks, key=lambda call: call["index"])
        calls = tuple((call["id"], call["name"], call["args"]) for call in found)
        return {0: (total.content, calls, total.response_metadata["finish_reason"])}

    return _peer("langchain-core, chunk + chunk", run, essence, ("langchain-core",))


def litellm() -> Peer:
    """litellm: its stream objects, put together by stream_chunk_builder."""
    # Else it asks the network for prices when it is imported.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    import litellm as package
    from litellm.types.utils import ModelResponseStream
    from orjson import loads

    def run(traffic: Traffic, reads: Reads) -> Any:
        chunks = []
        for data in payloads(reads):
            if data == b"[DONE]":
                break
            chunks.append(ModelResponseStream(**loads(data)))
        return package.stream_chunk_builder(chunks)

    return _peer(
        "litellm, stream_chunk_builder", run, lambda answer: chat_essence(answer), ("litellm",)
    )
