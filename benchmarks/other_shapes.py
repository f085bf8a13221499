"""Traffic of anthropic.messages, openai.responses, google.gemini; frames without a meaning.

Enters: a generator of random numbers, a number of events.
Leaves: the blocks, and the answer that the API would have given; for frames the
events, as (event, data, id).
Must not know: who folds it.
"""

from __future__ import annotations

import json
import random
from typing import Any

from .chat_shapes import Written, split
from .traffic import Book, Json, Payload, argument_pieces, block, letters, words

BOOK = Book()


# -- anthropic.messages ------------------------------------------------------------------


class Messages:
    """A server of the Messages API."""

    def __init__(self, rng: random.Random) -> None:
        self.blocks: list[bytes] = []
        self.content: list[Json] = []
        self.message: Json = {
            "model": "claude-sonnet-4-5-20250929",
            "id": f"msg_{letters(rng, 24)}",
            "type": "message",
            "role": "assistant",
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {
                "input_tokens": 117,
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 0,
                "output_tokens": 1,
                "service_tier": "standard",
            },
        }
        self.send({"type": "message_start", "message": self.message})

    def send(self, payload: Json) -> None:
        """One event, named by its type."""
        self.blocks.append(block(payload, payload["type"]))

    def part(self, start: Json, deltas: list[Json], whole: Json) -> None:
        """A content block: start, deltas, stop: two blocks more than deltas."""
        index = len(self.content)
        self.send({"type": "content_block_start", "index": index, "content_block": start})
        for delta in deltas:
            self.send({"type": "content_block_delta", "index": index, "delta": delta})
        self.send({"type": "content_block_stop", "index": index})
        self.content.append(whole)

    def end(self, reason: str, tokens: int) -> Written:
        """The two last events, and all of them with the answer."""
        stop = {"stop_reason": reason, "stop_sequence": None}
        self.send({"type": "message_delta", "delta": stop, "usage": {"output_tokens": tokens}})
        self.send({"type": "message_stop"})
        usage = {**self.message["usage"], "output_tokens": tokens}
        return self.blocks, {**self.message, "content": self.content, **stop, "usage": usage}


def text_part(server: Messages, pieces: list[str]) -> None:
    """A content block of text."""
    deltas = [{"type": "text_delta", "text": piece} for piece in pieces]
    server.part({"type": "text", "text": ""}, deltas, {"type": "text", "text": "".join(pieces)})


@BOOK.shape("anthropic.messages")
def anthropic_text(rng: random.Random, events: int) -> Written:
    """One block of text."""
    server = Messages(rng)
    server.send({"type": "ping"})
    text_part(server, words(rng, events - 6))
    return server.end("end_turn", events)


@BOOK.shape("anthropic.messages", least=32)
def anthropic_thinking_tool(rng: random.Random, events: int) -> Written:
    """Thinking with its signature, text, and a tool call, one after the other."""
    server = Messages(rng)
    share = split(events - 10, 3)
    thought, signature = words(rng, share[0]), letters(rng, 120)
    deltas = [{"type": "thinking_delta", "thinking": piece} for piece in thought]
    deltas.append({"type": "signature_delta", "signature": signature})
    whole: Json = {"type": "thinking", "thinking": "".join(thought), "signature": signature}
    server.part({"type": "thinking", "thinking": "", "signature": ""}, deltas, whole)
    text_part(server, words(rng, share[1]))
    pieces = argument_pieces(rng, share[2])
    head: Json = {"type": "tool_use", "id": f"toolu_{letters(rng, 24)}", "name": "read_paths"}
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    server.part({**head, "input": {}}, deltas, {**head, "input": json.loads("".join(pieces))})
    return server.end("tool_use", events)


# -- openai.responses --------------------------------------------------------------------


@BOOK.shape("openai.responses")
def responses(rng: random.Random, events: int) -> Written:
    """One message of text, padding on each delta; the last event repeats the answer."""
    pieces = words(rng, events - 8)
    item, text = f"msg_{letters(rng, 48)}", "".join(pieces)
    part: Json = {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}
    message: Json = {
        "id": item, "type": "message", "status": "in_progress", "content": [], "role": "assistant",
    }  # fmt: skip
    base: Json = {
        "id": f"resp_{letters(rng, 48)}", "object": "response", "created_at": 1762947559,
        "status": "in_progress", "error": None, "incomplete_details": None, "instructions": None,
        "model": "gpt-4o-2024-08-06", "output": [], "parallel_tool_calls": True, "usage": None,
    }  # fmt: skip
    whole_part = {**part, "text": text}
    whole = {**message, "status": "completed", "content": [whole_part]}
    counts = {"input_tokens": 117, "output_tokens": events, "total_tokens": 117 + events}
    answer = {**base, "status": "completed", "output": [whole], "usage": counts}
    place: Json = {"item_id": item, "output_index": 0, "content_index": 0}
    blocks: list[bytes] = []

    def send(kind: str, **members: Any) -> None:
        payload = {"type": kind, "sequence_number": len(blocks), **members}
        blocks.append(block(payload, kind))

    send("response.created", response=base)
    send("response.in_progress", response=base)
    send("response.output_item.added", output_index=0, item=message)
    send("response.content_part.added", **place, part=part)
    for piece in pieces:
        padding = letters(rng, rng.randint(1, 16))
        send("response.output_text.delta", **place, delta=piece, logprobs=[], obfuscation=padding)
    send("response.output_text.done", **place, text=text, logprobs=[])
    send("response.content_part.done", **place, part=whole_part)
    send("response.output_item.done", output_index=0, item=whole)
    send("response.completed", response=answer)
    return blocks, answer


# -- google.gemini -----------------------------------------------------------------------


@BOOK.shape("google.gemini")
def gemini(rng: random.Random, events: int) -> Written:
    """Text, several words per chunk, with usage that grows; CRLF, no terminator."""
    pieces = ["".join(words(rng, rng.randint(2, 8))) for _ in range(events)]
    ident = letters(rng, 22)
    blocks: list[bytes] = []
    for count, piece in enumerate(pieces, 1):
        candidate: Json = {"content": {"parts": [{"text": piece}], "role": "model"}, "index": 0}
        if count == events:
            candidate["finishReason"] = "STOP"
        chunk = {**_gemini_head(candidate, count), "modelVersion": "gemini-2.5-flash"}
        blocks.append(block({**chunk, "responseId": ident}, eol="\r\n"))
    content = {"parts": [{"text": "".join(pieces)}], "role": "model"}
    whole = {"content": content, "index": 0, "finishReason": "STOP"}
    answer = {**_gemini_head(whole, events), "modelVersion": "gemini-2.5-flash"}
    return blocks, {**answer, "responseId": ident}


def _gemini_head(candidate: Json, count: int) -> Json:
    usage = {
        "promptTokenCount": 117,
        "candidatesTokenCount": 4 * count,
        "totalTokenCount": 117 + 4 * count,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 117}],
    }
    return {"candidates": [candidate], "usageMetadata": usage}


# -- a caller's own table ----------------------------------------------------------------

# What the v2 API of Cohere sends. A piece of content is a text, a thought or what is logged
# of its tokens: an event of this kind has the source of one action, and lacks the others'.
COHERE: Json = {
    "NAME": "cohere.chat",
    "KIND": "type",
    "EVENTS": {
        "message-start": ({"do": "base", "from": "delta.message"},),
        "content-start": (
            {"do": "put", "at": "content[index]", "from": "delta.message.content"},
        ),
        "content-delta": (
            {
                "do": "append",
                "at": "content[index].text",
                "from": "delta.message.content.text",
                "make": {"type": "text"},
            },
            {
                "do": "append",
                "at": "content[index].thinking",
                "from": "delta.message.content.thinking",
                "make": {"type": "thinking"},
            },
            {"do": "push", "at": "logprobs", "from": "logprobs"},
        ),
        "content-end": ({"do": "stop", "at": "content[index]"},),
        "tool-plan-delta": (
            {"do": "append", "at": "tool_plan", "from": "delta.message.tool_plan"},
        ),
        "message-end": (
            {"do": "set", "at": "finish_reason", "from": "delta.finish_reason"},
            {"do": "set", "at": "usage", "from": "delta.usage"},
            {"do": "end"},
        ),
    },
    "LISTS": {
        "content": {"limit": "blocks", "exclusive": {"text": "text", "thinking": "thinking"}},
    },
    "ERRORS": ("delta.error",),
    "READ": {
        "text": ({"each": "content", "type": ("text",)}, "text"),
        "finish": ("finish_reason",),
        "usage": "usage",
    },
    "DELTAS": {"content[index]": {"text": "text", "thinking": "reasoning"}},
}


@BOOK.shape("cohere.chat", least=16, table=COHERE)
def absent_sources(rng: random.Random, events: int) -> Written:
    """A caller's table: each event has the source of one action of its kind, of three."""
    blocks: list[bytes] = []

    def send(kind: str, message: Json | None = None, **members: Any) -> None:
        delta = {} if message is None else {"delta": {"message": message}}
        blocks.append(block({"type": kind, **delta, **members}, kind))

    head: Json = {"role": "assistant", "content": []}
    send("message-start", head, id=letters(rng, 36))
    plan = words(rng, 4)
    for piece in plan:
        send("tool-plan-delta", {"tool_plan": piece})
    content: list[Json] = []
    for kind, count in zip(("thinking", "text"), split(events - 10, 2), strict=True):
        pieces, index = words(rng, count), len(content)
        send("content-start", {"content": {"type": kind, kind: ""}}, index=index)
        for piece in pieces:
            send("content-delta", {"content": {kind: piece}}, index=index)
        send("content-end", index=index)
        content.append({"type": kind, kind: "".join(pieces)})
    end = {"finish_reason": "COMPLETE", "usage": {"tokens": {"output_tokens": events}}}
    send("message-end", delta=end)
    return blocks, {**head, "content": content, "tool_plan": "".join(plan), **end}


# -- frames ------------------------------------------------------------------------------


def _filled(rng: random.Random, size: int) -> str:
    """A JSON text of exactly `size` characters."""
    return json.dumps({"id": letters(rng, 12), "text": letters(rng, size - 36)})


@BOOK.shape("")
def frames(rng: random.Random, events: int) -> Written:
    """Frames of 300 bytes: `data:` and a blank line."""
    payloads = [_filled(rng, 292) for _ in range(events)]
    return [block(payload) for payload in payloads], [("message", p, "") for p in payloads]


@BOOK.shape("")
def frames_named(rng: random.Random, events: int) -> Written:
    """Frames of 300 bytes with `event:` and `id:`, a comment before every tenth."""
    blocks, expected = [], []
    for number in range(events):
        name, ident = rng.choice(["content_block_delta", "ping", "message"]), f"{number:06}"
        head = f"event: {name}\nid: {ident}\n"
        if number % 10 == 0:
            head = f": keep-alive\n{head}"
        payload = _filled(rng, 292 - len(head))
        blocks.append(head.encode() + block(payload))
        expected.append((name, payload, ident))
    return blocks, expected


@BOOK.shape("")
def frames_lines(rng: random.Random, events: int) -> Written:
    """Data on six lines of UTF-8, CRLF line ends (pretty-printed JSON through a proxy)."""
    blocks, expected = [], []
    for _ in range(events):
        lines = [f"  “{letters(rng, 36)}”," for _ in range(6)]
        frame = "".join(f"data: {line}\r\n" for line in lines) + "\r\n"
        blocks.append(frame.encode())
        expected.append(("message", "\n".join(lines), ""))
    return blocks, expected


def long_line(size: int) -> tuple[bytes, Payload]:
    """One chat chunk whose text makes a line of `size` bytes (an image, inlined)."""
    chunk = {
        "choices": [{"index": 0, "delta": {"content": "A" * size}, "finish_reason": "stop"}]
    }  # fmt: skip
    return block(chunk), "A" * size


def many_lines(size: int) -> tuple[bytes, list[int]]:
    """One chat chunk on so many short data lines that they make `size` bytes."""
    count = size // len("data: 7,\n")
    head = 'data: {"choices":[{"index":0,"delta":{"content":"x","token_ids":[\n'
    tail = 'data: 7]},"finish_reason":"stop"}]}\n\n'
    return (head + "data: 7,\n" * (count - 1) + tail).encode(), [7] * count
