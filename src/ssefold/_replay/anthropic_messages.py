"""anthropic.messages, as it is streamed: the message's start, its blocks, its end.

Enters: a whole message. Leaves: the events of its stream.
Must not know: frames, bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ssefold._replay.check import refuse
from ssefold._replay.frames import Event, json_text, pieces

Json = dict[str, Any]

# What a message's end tells beside the reason of it: within the delta, and beside it. Clients
# take the second from the start alone, where it stands as well.
IN_DELTA = ("container",)
BESIDE_DELTA = ("context_management",)

# Blocks whose text grows in the member of their type's name.
GROWING = ("text", "thinking")


def check(answer: dict[str, Any]) -> None:
    """A stream carries content blocks, and nothing else as content."""
    content = answer.get("content")
    if not isinstance(content, list):
        refuse("content", "a stream has a list of blocks here")
    renamed = None
    for index, block in enumerate(content):
        path = f"content[{index}]"
        if not isinstance(block, dict):
            refuse(path, "a stream has a block here")
        if all(value is None for value in block.values()):
            refuse(path, "a block that holds nothing leaves none")
        kind = block.get("type")
        if kind in GROWING and isinstance(block.get(kind), (int, float)):
            refuse(f"{path}.{kind}", "a stream has a text here")
        if kind == "fallback" and isinstance(block.get("to"), dict):
            model = block["to"].get("model")
            renamed = (path, model) if model is not None else renamed
    if renamed is not None and not _equal(renamed[1], answer.get("model")):
        refuse(f"{renamed[0]}.to.model", "in a stream it is the message's model")


def _equal(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def events(answer: dict[str, Any], size: int | None, _: bool) -> Iterator[Event]:
    """The events of a message."""
    for event in _events(answer, size):
        yield event["type"], event


def _events(answer: dict[str, Any], size: int | None) -> Iterator[Json]:
    yield {"type": "message_start", "message": _start(answer)}
    for index, block in enumerate(answer["content"]):
        start, deltas = _block(block, size)
        yield {"type": "content_block_start", "index": index, "content_block": start}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    delta = {key: answer[key] for key in answer if key.startswith("stop_") or key in IN_DELTA}
    end: Json = {"type": "message_delta", "delta": delta}
    if _grows(answer.get("usage")):
        end["usage"] = {"output_tokens": answer["usage"]["output_tokens"]}
    yield {**end, **{key: answer[key] for key in BESIDE_DELTA if key in answer}}
    yield {"type": "message_stop"}


def _start(answer: dict[str, Any]) -> Json:
    """The message before its first block: all members at their places."""
    message: Json = dict(answer)
    for key, value in answer.items():
        if key == "content":
            message[key] = []
        elif key.startswith("stop_") or key in IN_DELTA:
            message[key] = None
        elif key == "usage" and _grows(value):
            message[key] = {**value, "output_tokens": 0}
    return message


def _grows(usage: Any) -> bool:
    """Whether the usage counts an output, which a start cannot know."""
    return isinstance(usage, dict) and isinstance(usage.get("output_tokens"), (int, float))


def _block(block: Json, size: int | None) -> tuple[Json, list[Json]]:
    """A block's start, and the deltas that make it whole; unknown kinds start whole."""
    kind = block.get("type")
    if kind == "text":
        return _text(block, size)
    if kind == "thinking":
        return _thinking(block, size)
    if isinstance(kind, str) and f"_{kind}".endswith("_tool_use") and "input" in block:
        return _tool(block, size)
    return block, []


def _text(block: Json, size: int | None) -> tuple[Json, list[Json]]:
    start, deltas = dict(block), []
    if isinstance(block.get("text"), str):
        start["text"] = ""
        deltas = [{"type": "text_delta", "text": piece} for piece in pieces(block["text"], size)]
    citations = block.get("citations")
    if isinstance(citations, list) and None not in citations:
        start["citations"] = []
        deltas += [{"type": "citations_delta", "citation": citation} for citation in citations]
    return start, deltas


def _thinking(block: Json, size: int | None) -> tuple[Json, list[Json]]:
    start, deltas = dict(block), []
    if isinstance(block.get("thinking"), str):
        start["thinking"] = ""
        deltas = [
            {"type": "thinking_delta", "thinking": piece}
            for piece in pieces(block["thinking"], size)
        ]
    if isinstance(block.get("signature"), str):
        start["signature"] = ""
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
    return start, deltas


def _tool(block: Json, size: int | None) -> tuple[Json, list[Json]]:
    """The input as JSON text. The API begins it with an empty piece."""
    value = block["input"]
    start = {**block, "input": value if value == "" else {}}
    fragments = ["", *pieces(_input_text(value), size)]
    return start, [{"type": "input_json_delta", "partial_json": piece} for piece in fragments]


def _input_text(value: Any) -> str:
    """What is parsed to `value`; of an input that never was JSON, the text that it is."""
    if value in ({}, ""):
        return ""
    return value if isinstance(value, str) and not _is_json(value) else json_text(value)


def _is_json(text: str) -> bool:
    try:
        json.loads(text, parse_int=str)
    except ValueError:
        return False
    except RecursionError:
        return True
    return True
