"""Streams of anthropic.messages made of a seed: sound ones, and what servers get wrong.

Enters: a random.Random.
Leaves: pairs of SSE event name and payload.
Must not know: the package under test, what happens to streams on the way.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from streamwords import NAMES, Event, Json, arguments, interleave, pieces, text

KINDS = ("text",) * 3 + ("tool_use",) * 3 + (
    "thinking", "thinking", "server", "redacted", "new", "compaction", "fallback",
)  # fmt: skip

# Deltas of all kinds, for blocks that they do not fit.
DELTAS: tuple[Json, ...] = (
    {"type": "text_delta", "text": "t"}, {"type": "text_delta", "text": ""},
    {"type": "thinking_delta", "thinking": "hm"}, {"type": "input_json_delta", "partial_json": "1"},
    {"type": "input_json_delta", "partial_json": ""}, {"type": "signature_delta", "signature": "s"},
    {"type": "citations_delta", "citation": {"cited_text": "x"}},
    {"type": "new_delta", "text": "n", "data": "D", "tool_use_id": "u", "x": "y"},
)  # fmt: skip


def _block(rng: random.Random) -> tuple[Json, list[Json]]:
    """A block's start and its deltas."""
    kind = rng.choice(KINDS)
    if kind == "text":
        deltas = [{"type": "text_delta", "text": piece} for piece in pieces(rng, text(rng, 25), 20)]
        if rng.random() < 0.2:
            citation = {"type": "char_location", "cited_text": "x", "document_title": None}
            deltas.append({"type": "citations_delta", "citation": citation})
        return {"type": "text", "text": rng.choice(["", "", "", "Start "])}, deltas
    if kind == "thinking":
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces(rng, text(rng))]
        deltas.append({"type": "signature_delta", "signature": "Et8B=="})
        return {"type": "thinking", "thinking": "", "signature": ""}, deltas
    if kind == "redacted":
        return {"type": "redacted_thinking", "data": "Abc="}, []
    if kind == "new":
        delta = {"type": "new_delta", "text": "a", "n": rng.randint(0, 9), "list": [1]}
        return {"type": "new", "input": None, "text": None}, [delta] * rng.randint(0, 3)
    if kind == "compaction":
        deltas = [
            {"type": "compaction_delta", "content": piece, "encrypted_content": secret}
            for piece, secret in zip(pieces(rng, text(rng)), ["E1", None, "E2", "E2"], strict=False)
        ]
        return {"type": "compaction", "content": None, "encrypted_content": None}, deltas
    if kind == "fallback":
        models = {"from": {"model": "claude-x"}, "to": {"model": rng.choice(["b", None, 5])}}
        return {"type": "fallback", **models}, []
    if kind == "server":
        content = [{"type": "web_search_result", "url": "u", "page_age": None}]
        return {"type": "web_search_tool_result", "tool_use_id": "t", "content": content}, []
    start = {
        "type": "tool_use",
        "id": f"toolu_{rng.randint(1, 2)}",
        "name": rng.choice(NAMES),
        "input": {},
    }
    body = rng.choice([arguments(rng), arguments(rng), ""])
    return start, [
        {"type": "input_json_delta", "partial_json": piece} for piece in pieces(rng, body, 8)
    ]


class _Careless:
    """How a server goes wrong with its blocks: each in its own way, now and then.

    again: starts come again; same: indexes are used again; bare: events have no index;
    strays: deltas come to blocks that they do not fit; types: texts are other values.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        careful = rng.random() < 0.55
        odds = [0.0 if careful or rng.random() < 0.6 else rng.choice([0.1, 0.5]) for _ in range(5)]
        self.again, self.same, self.bare, self.strays, self.types = odds
        self.all_zero = self.same > 0 and rng.random() < 0.4

    def index(self, index: int) -> int:
        if self.all_zero:
            return 0
        return self.rng.randint(0, index) if self.rng.random() < self.same else index

    def blocks(self, blocks: list[list[Json]]) -> list[list[Json]]:
        return [self.block(index, block) for index, block in enumerate(blocks)]

    def block(self, index: int, block: list[Json]) -> list[Json]:
        rng = self.rng
        index = self.index(index)
        out: list[Json] = []
        for event in block:
            out.append({**event, "index": index})
            if rng.random() < self.strays:
                delta = rng.choice(DELTAS)
                out.append({"type": "content_block_delta", "index": index, "delta": delta})
            if rng.random() < self.again / 2:
                start = self.start(block[0]["content_block"])
                out.append({**block[0], "index": index, "content_block": start})
        if rng.random() < self.again:
            del out[rng.choice([0, -1])]
        bare = rng.random() < 2 * self.bare
        for place, event in enumerate(out):
            if bare or rng.random() < self.bare / 4:
                out[place] = {key: event[key] for key in event if key != "index"}
            if rng.random() < self.types / 2 and "delta" in event:
                out[place] = {**out[place], "delta": self.mistyped(event["delta"])}
        return out

    def start(self, block: Json) -> Json:
        """A start that comes again: the same, or with other members, or nearly empty."""
        rng = self.rng
        return rng.choice([
            block, block, {**block, "id": rng.choice([None, "toolu_1", "new"])},
            {**block, "type": rng.choice([None, "text", "thinking"])}, {},
            {**block, "text": "Again", "input": {"a": 1}, "extra": 1}, {"type": None},
        ])  # fmt: skip

    def mistyped(self, delta: Json) -> Json:
        rng = self.rng
        key = list(delta)[-1]
        return {
            **delta,
            key: rng.choice([5, 0.50, True, {}, [], {"a": 1}, [1], None, {"text": ""}]),
        }


def messages(rng: random.Random) -> Iterator[Event]:
    """anthropic.messages: base, blocks one after the other (or interleaved), end."""
    message: Json = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x", "content": [],
        "stop_reason": None, "stop_sequence": None,
        "usage": {"input_tokens": 25, "output_tokens": 1, "cache_read_input_tokens": 0},
    }  # fmt: skip
    named = rng.random() < 0.9
    blocks = []
    for index in range(rng.randint(0, 4)):
        start, deltas = _block(rng)
        block: list[Json] = [
            {"type": "content_block_start", "index": index, "content_block": start}
        ]
        for delta in deltas:
            block.append({"type": "content_block_delta", "index": index, "delta": delta})
        block.append({"type": "content_block_stop", "index": index})
        blocks.append(block)
    blocks = _Careless(rng).blocks(blocks)
    in_order = [event for block in blocks for event in block]
    events: list[Json] = list(in_order if rng.random() < 0.9 else interleave(rng, blocks))
    where = rng.randint(0, len(events)) if rng.random() < 0.1 else 0
    events.insert(where, {"type": "message_start", "message": message})
    if rng.random() < 0.1:
        more = {**message, "more": "x", "usage": {"input_tokens": 9, "cache": {"n": 1}}}
        events.insert(rng.randint(0, len(events)), {"type": "message_start", "message": more})
    events += _end(rng)
    if rng.random() < 0.9:
        events.append({"type": "message_stop"})
    if rng.random() < 0.5:
        events.insert(rng.randint(1, len(events) - 1), {"type": "ping"})
    for event in events:
        yield event["type"] if named else "", event


def _end(rng: random.Random) -> Iterator[Json]:
    """One message_delta or two; the counts beside the delta, or in it as they once were."""
    delta: Json = {"stop_reason": rng.choice(["end_turn", "tool_use"]), "stop_sequence": None}
    counts = {"output_tokens": 15, "server_tool_use": {"web_search_requests": rng.choice([0, 1])}}
    if rng.random() < 0.2:
        yield {"type": "message_delta", "delta": {**delta, "usage": counts}}
    else:
        yield {"type": "message_delta", "delta": delta, "usage": counts}
    if rng.random() < 0.2:
        nothing = {"stop_reason": None, "stop_sequence": rng.choice([None, "END"])}
        usage = {"output_tokens": 16, "server_tool_use": None}
        yield {
            "type": "message_delta",
            "delta": nothing,
            "usage": usage,
            "more": rng.choice([1, {}]),
        }
