"""What replay writes: each API's own events, pieces of their size, a usage where it belongs."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from typing import Any

import pytest
from answers import answer, chat, parts, said
from backends import Backend
from test_replay import folded

from ssefold import replay

# -- what it looks like ----------------------------------------------------------------------------


def data_of(frames: Iterable[bytes]) -> list[Any]:
    """The data of each frame; `[DONE]` as text."""
    texts = [frame.split(b"data: ", 1)[1].strip() for frame in frames]
    return [text.decode() if text == b"[DONE]" else json.loads(text) for text in texts]


def test_chat_looks_like_a_chat() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    message = {"role": "assistant", "content": "Hello", "tool_calls": [call], "refusal": None}
    whole = chat(message, usage={"total_tokens": 3}, provider="P")
    chunks = data_of(replay(whole, piece=4))
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    assert chunks.pop() == "[DONE]"
    assert chunks.pop() == {**head, "choices": [], "usage": {"total_tokens": 3}}
    assert all(chunk.items() >= {**head, "usage": None}.items() for chunk in chunks)
    assert [chunk.get("provider") for chunk in chunks] == ["P"] + [None] * 6
    choices = [chunk["choices"][0] for chunk in chunks]
    assert [choice["delta"] for choice in choices] == [
        {"role": "assistant", "content": "", "refusal": None},
        {"content": "Hell"},
        {"content": "o"},
        {"tool_calls": [
            {"index": 0, "id": "call_1", "type": "function",
             "function": {"name": "f", "arguments": ""}},
        ]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"a"'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": ":1}"}}]},
        {},
    ]  # fmt: skip
    assert [choice["finish_reason"] for choice in choices] == [None] * 6 + ["stop"]


def test_the_usage_is_left_out_where_nobody_asked(backend: Backend) -> None:
    whole = chat(usage={"total_tokens": 3})
    chunks = data_of(replay(whole, include_usage=False))
    assert all("usage" not in chunk for chunk in chunks[:-1])
    assert all(chunk["choices"] for chunk in chunks[:-1])
    del whole["usage"]
    assert folded(backend, replay(whole, include_usage=False)).result() == whole


@pytest.mark.parametrize("dialect", ["openai.responses", "anthropic.messages", "google.gemini"])
def test_the_others_always_send_it(dialect: str) -> None:
    for seed in range(20):
        whole = answer(random.Random(seed), dialect)
        assert list(replay(whole, include_usage=False)) == list(replay(whole))


def test_choices_come_in_turns() -> None:
    choices = [{**chat()["choices"][0], "index": index} for index in range(3)]
    chunks = data_of(replay(chat(choices=choices), piece=1))
    indexes = [chunk["choices"][0]["index"] for chunk in chunks[:-1]]
    assert indexes == [0, 1, 2] * 4


def test_thoughts_come_before_the_content() -> None:
    chunks = data_of(replay(said(reasoning_content="Hm")))
    assert [chunk["choices"][0]["delta"] for chunk in chunks[:-1]] == [
        {"role": "assistant", "content": "", "reasoning_content": ""},
        {"reasoning_content": "Hm"},
        {"content": "Hi"},
        {},
    ]


def test_tokens_that_are_logged_stay_whole() -> None:
    logged = [{"token": token, "logprob": -1} for token in ("Hel", "lo", " wor", "ld")]
    whole = chat({"role": "assistant", "content": "Hello world"},
                 choice_logprobs={"content": logged, "refusal": None})  # fmt: skip
    chunks = data_of(replay(whole, piece=4))[:-1]
    seen = [(c["choices"][0]["delta"], c["choices"][0]["logprobs"]) for c in chunks]
    assert seen[0][1] == {"content": [], "refusal": None}
    assert seen[1:] == [
        ({"content": "Hello"}, {"content": logged[:2], "refusal": None}),
        ({"content": " wor"}, {"content": logged[2:3], "refusal": None}),
        ({"content": "ld"}, {"content": logged[3:], "refusal": None}),
        ({}, None),
    ]


def test_completions_look_like_completions() -> None:
    choice = {"text": "Hello", "index": 0, "logprobs": None, "finish_reason": "stop"}
    chunks = data_of(replay({"object": "text_completion", "choices": [choice]}, piece=4))
    assert chunks.pop() == "[DONE]"
    assert {chunk["object"] for chunk in chunks} == {"text_completion"}
    assert [chunk["choices"] for chunk in chunks] == [
        [{**choice, "text": "Hell", "finish_reason": None}],
        [{**choice, "text": "o", "finish_reason": None}],
        [{**choice, "text": ""}],
    ]


def test_messages_look_like_messages() -> None:
    blocks = [
        {"type": "thinking", "thinking": "Hm", "signature": "sig"},
        {"type": "text", "text": "Hello"},
        {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}},
    ]
    whole = {
        "id": "m", "type": "message", "role": "assistant", "model": "x", "content": blocks,
        "stop_reason": "tool_use", "stop_sequence": None,
        "usage": {"input_tokens": 2, "output_tokens": 9},
    }  # fmt: skip
    frames = list(replay(whole, piece=4))
    events = data_of(frames)
    assert [f.split(b"\n")[0].decode() for f in frames] == [f"event: {e['type']}" for e in events]
    start = {"content": [], "stop_reason": None, "usage": {"input_tokens": 2, "output_tokens": 0}}
    assert events[0] == {"type": "message_start", "message": {**whole, **start}}
    assert events[-2:] == [
        {"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": None},
         "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ]  # fmt: skip
    assert [event["content_block"] for event in events if "content_block" in event] == [
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "text", "text": ""},
        {"type": "tool_use", "id": "t", "name": "f", "input": {}},
    ]
    deltas = [(e["index"], e["delta"]) for e in events if e["type"] == "content_block_delta"]
    assert deltas == [
        (0, {"type": "thinking_delta", "thinking": "Hm"}),
        (0, {"type": "signature_delta", "signature": "sig"}),
        (1, {"type": "text_delta", "text": "Hell"}),
        (1, {"type": "text_delta", "text": "o"}),
        (2, {"type": "input_json_delta", "partial_json": ""}),
        (2, {"type": "input_json_delta", "partial_json": '{"a"'}),
        (2, {"type": "input_json_delta", "partial_json": ":1}"}),
    ]
    stops = [event["index"] for event in events if event["type"] == "content_block_stop"]
    assert stops == [0, 1, 2]


def test_responses_look_like_responses() -> None:
    part = {"type": "output_text", "annotations": [{"url": "u"}], "logprobs": [], "text": "Hello"}
    item = {"id": "it", "type": "message", "status": "completed", "content": [part]}
    call = {"id": "fc", "type": "function_call", "name": "f", "arguments": "{}"}
    whole = {"id": "r", "object": "response", "status": "completed", "output": [item, call]}
    frames = list(replay(whole, piece=4))
    events = data_of(frames)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert [f.split(b"\n")[0].decode() for f in frames] == [f"event: {e['type']}" for e in events]
    assert [event["type"].removeprefix("response.") for event in events] == [
        "created", "in_progress", "output_item.added", "content_part.added", "output_text.delta",
        "output_text.delta", "output_text.annotation.added", "output_text.done",
        "content_part.done", "output_item.done", "output_item.added",
        "function_call_arguments.delta", "function_call_arguments.done", "output_item.done",
        "completed",
    ]  # fmt: skip
    assert events[0]["response"] == {**whole, "status": "in_progress", "output": []}
    assert events[2]["item"] == {**item, "status": "in_progress", "content": []}
    assert events[3]["part"] == {**part, "annotations": [], "text": ""}
    at = {"item_id": "it", "output_index": 0, "content_index": 0}
    assert events[4].items() >= {**at, "delta": "Hell", "logprobs": []}.items()
    assert events[-1]["response"] == whole


def test_gemini_looks_like_gemini() -> None:
    texts = [{"text": "Hello", "thoughtSignature": "s"}, {"functionCall": {"name": "f"}}]
    whole = {**parts(*texts), "usageMetadata": {"totalTokenCount": 3}, "x": 1}
    whole["candidates"][0]["content"]["role"] = "model"
    frames = list(replay(whole, piece=4))
    assert all(f.startswith(b"data: ") and f.endswith(b"}\r\n\r\n") for f in frames)
    chunks = data_of(frames)
    assert [chunk.get("x") for chunk in chunks] == [1, None, None]
    assert all(chunk["usageMetadata"] == {"totalTokenCount": 3} for chunk in chunks)
    assert [chunk["candidates"] for chunk in chunks] == [
        [{"content": {"parts": [part], "role": "model"}, **end}]
        for part, end in (
            ({"text": "Hell"}, {}),
            ({"text": "o", "thoughtSignature": "s"}, {}),
            (texts[1], {"finishReason": "STOP"}),
        )
    ]


# -- pieces ------------------------------------------------------------------------------------


@pytest.mark.parametrize("piece", [1, 2, 3, 100, None])
def test_pieces_have_their_size(piece: int | None) -> None:
    text = "añ中🎉é" * 3
    chunks = data_of(replay(said(content=text), piece=piece))
    deltas = [chunk["choices"][0]["delta"].get("content") for chunk in chunks[1:-2]]
    assert "".join(deltas) == text
    size = piece or len(text)
    assert {len(delta) for delta in deltas[:-1]} <= {size}
    assert 0 < len(deltas[-1]) <= size


def test_halves_of_a_pair_stay_together() -> None:
    """A str may hold them as two characters; clients that read chunk by chunk would lose both."""
    text = "\ud83d\ude00" * 4
    for piece in (1, 2, 3):
        for frame in replay(said(content=text), piece=piece):
            frame.decode()
            assert "\ufffd" not in frame.decode()
        chunks = data_of(replay(said(content=text), piece=piece))
        deltas = [chunk["choices"][0]["delta"].get("content") for chunk in chunks[1:-2]]
        assert "".join(deltas) == "😀" * 4
    logged = [{"token": "\ud83d"}, {"token": "\ude00"}]
    whole = chat({"role": "x", "content": "\ud83d\ude00"}, choice_logprobs={"content": logged})
    assert data_of(replay(whole, piece=1))[1]["choices"][0]["delta"] == {"content": "😀"}


def test_it_is_lazy() -> None:
    frames = replay(said(content="x" * 10**6), piece=1)
    assert iter(frames) is frames
    assert next(frames).startswith(b"data: ")
