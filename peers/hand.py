"""What a careful engineer writes by hand: orjson, and a merge for one dialect.

Enters: reads of one stream. Leaves: the same answer as a fold, on sound streams.
Must not know: ssefold. There is no check of anything here: no faults, limits,
second streams, damaged events, odd indexes.

It is meant to be good: fragments are collected and joined once, members are looked
up once, framing splits whole reads and carries the rest over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any

from orjson import loads

Json = dict[str, Any]


def payloads(reads: Sequence[bytes]) -> Iterator[bytes]:
    """The data of each event: lines are split off each read, the rest is carried over.

    Split on "\n" is twice as fast as split on "\n\n": CPython has memchr for the first.
    """
    rest = b""
    data: bytes | None = None
    for chunk in reads:
        lines = (rest + chunk if rest else chunk).split(b"\n")
        rest = lines.pop()
        for line in lines:
            if not line or line == b"\r":
                if data is not None:
                    yield data
                    data = None
            elif line.startswith(b"data: "):
                value = line[6:-1] if line[-1] == 13 else line[6:]
                data = value if data is None else data + b"\n" + value


class ChatChoice:
    """What was collected of one choice."""

    __slots__ = ("calls", "content", "finish", "logprobs", "message", "reasoning")

    def __init__(self) -> None:
        self.message: Json = {"role": "assistant"}
        self.content: list[str] | None = None
        self.reasoning: list[str] | None = None
        self.calls: dict[int, Json] = {}
        self.logprobs: Json | None = None
        self.finish: str | None = None

    def call(self, fragment: Json) -> None:
        """Take a fragment of a tool call in."""
        call = self.calls.get(fragment["index"])
        function = fragment["function"]
        if call is None:
            self.calls[fragment["index"]] = {
                "id": fragment["id"],
                "type": fragment["type"],
                "name": function["name"],
                "arguments": [function.get("arguments") or ""],
            }
        else:
            call["arguments"].append(function.get("arguments") or "")

    def result(self, index: int) -> Json:
        """The choice of the answer."""
        message = self.message
        message["content"] = None if self.content is None else "".join(self.content)
        if self.reasoning is not None:
            message["reasoning_content"] = "".join(self.reasoning)
        if self.calls:
            message["tool_calls"] = [
                {
                    "id": call["id"],
                    "type": call["type"],
                    "function": {"name": call["name"], "arguments": "".join(call["arguments"])},
                }
                for _, call in sorted(self.calls.items(), key=itemgetter(0))
            ]
        return {
            "index": index,
            "message": message,
            "logprobs": self.logprobs,
            "finish_reason": self.finish,
        }


class Chat:
    """openai.chat."""

    def __init__(self) -> None:
        self.head: Json | None = None
        self.choices: dict[int, ChatChoice] = {}
        self.last: Json = {}

    def add(self, data: bytes) -> None:
        """Take one event in."""
        if data == b"[DONE]":
            return
        chunk = loads(data)
        if self.head is None:
            self.head = {key: chunk[key] for key in ("id", "created", "model")}
            self.last["system_fingerprint"] = chunk.get("system_fingerprint")
            self.last["service_tier"] = chunk.get("service_tier")
        usage = chunk.get("usage")
        if usage is not None:
            self.last["usage"] = usage
        timings = chunk.get("timings")
        if timings is not None:
            self.last["timings"] = timings
        for choice in chunk["choices"]:
            index = choice["index"]
            state = self.choices.get(index)
            if state is None:
                state = self.choices[index] = ChatChoice()
            self.delta(state, choice["delta"])
            logprobs = choice.get("logprobs")
            if logprobs is not None:
                self.logprobs(state, logprobs)
            finish = choice.get("finish_reason")
            if finish is not None:
                state.finish = finish

    def delta(self, state: ChatChoice, delta: Json) -> None:
        """Take a choice's delta in."""
        content = delta.get("content")
        if content is not None:
            if state.content is None:
                state.content = []
            state.content.append(content)
        reasoning = delta.get("reasoning_content")
        if reasoning is not None:
            if state.reasoning is None:
                state.reasoning = []
            state.reasoning.append(reasoning)
        calls = delta.get("tool_calls")
        if calls:
            for fragment in calls:
                state.call(fragment)
        if "refusal" in delta:
            state.message["refusal"] = delta["refusal"]

    def logprobs(self, state: ChatChoice, logprobs: Json) -> None:
        """Take a choice's log probabilities in."""
        if state.logprobs is None:
            state.logprobs = logprobs
        else:
            state.logprobs["content"].extend(logprobs["content"] or ())

    def result(self) -> Json:
        """The answer."""
        choices = [state.result(index) for index, state in sorted(self.choices.items())]
        return {"object": "chat.completion", **(self.head or {}), "choices": choices, **self.last}


class Completions:
    """openai.completions, without log probabilities."""

    def __init__(self) -> None:
        self.head: Json | None = None
        self.texts: dict[int, list[str]] = {}
        self.finish: dict[int, str | None] = {}
        self.usage: Json | None = None

    def add(self, data: bytes) -> None:
        """Take one event in."""
        if data == b"[DONE]":
            return
        chunk = loads(data)
        if self.head is None:
            self.head = {key: chunk[key] for key in ("id", "object", "created", "model")}
        usage = chunk.get("usage")
        if usage is not None:
            self.usage = usage
        for choice in chunk["choices"]:
            index = choice["index"]
            pieces = self.texts.get(index)
            if pieces is None:
                pieces = self.texts[index] = []
            pieces.append(choice["text"])
            finish = choice.get("finish_reason")
            if finish is not None:
                self.finish[index] = finish

    def result(self) -> Json:
        """The answer."""
        choices = [
            {
                "text": "".join(pieces),
                "index": index,
                "logprobs": None,
                "finish_reason": self.finish.get(index),
            }
            for index, pieces in sorted(self.texts.items())
        ]
        return {**(self.head or {}), "choices": choices, "usage": self.usage}


class Messages:
    """anthropic.messages."""

    MEMBERS = (
        ("text_delta", "text"),
        ("thinking_delta", "thinking"),
        ("input_json_delta", "partial_json"),
    )

    def __init__(self) -> None:
        self.message: Json = {}
        self.parts: dict[int, Json] = {}
        self.pieces: dict[int, list[str]] = {}
        self.member = dict(self.MEMBERS)

    def add(self, data: bytes) -> None:
        """Take one event in."""
        event = loads(data)
        kind = event["type"]
        if kind == "content_block_delta":
            delta = event["delta"]
            member = self.member.get(delta["type"])
            if member is not None:
                self.pieces[event["index"]].append(delta[member])
            elif delta["type"] == "signature_delta":
                self.parts[event["index"]]["signature"] = delta["signature"]
        elif kind == "content_block_start":
            self.parts[event["index"]] = event["content_block"]
            self.pieces[event["index"]] = []
        elif kind == "content_block_stop":
            self.stop(event["index"])
        elif kind == "message_start":
            self.message = event["message"]
        elif kind == "message_delta":
            self.message.update(event["delta"])
            self.message["usage"].update(event["usage"])

    def stop(self, index: int) -> None:
        """A content block is over: join its fragments."""
        part, text = self.parts[index], "".join(self.pieces[index])
        if part["type"] == "tool_use":
            part["input"] = loads(text) if text else {}
        elif part["type"] in ("text", "thinking"):
            part[part["type"]] = text

    def result(self) -> Json:
        """The answer."""
        return {**self.message, "content": [part for _, part in sorted(self.parts.items())]}


class Responses:
    """openai.responses: the deltas, for whoever needs the text early, and the last event."""

    def __init__(self) -> None:
        self.pieces: dict[tuple[int, int], list[str]] = {}
        self.response: Json = {}

    def add(self, data: bytes) -> None:
        """Take one event in."""
        event = loads(data)
        kind = event["type"]
        if kind == "response.output_text.delta":
            key = (event["output_index"], event["content_index"])
            pieces = self.pieces.get(key)
            if pieces is None:
                pieces = self.pieces[key] = []
            pieces.append(event["delta"])
        elif "response" in event:
            self.response = event["response"]

    def result(self) -> Json:
        """The answer."""
        return self.response


class Gemini:
    """google.gemini, text only."""

    def __init__(self) -> None:
        self.pieces: dict[int, list[str]] = {}
        self.finish: dict[int, str] = {}
        self.top: Json = {}

    def add(self, data: bytes) -> None:
        """Take one event in."""
        chunk = loads(data)
        for candidate in chunk.pop("candidates"):
            index = candidate.get("index", 0)
            pieces = self.pieces.get(index)
            if pieces is None:
                pieces = self.pieces[index] = []
            for part in candidate["content"]["parts"]:
                pieces.append(part["text"])
            finish = candidate.get("finishReason")
            if finish is not None:
                self.finish[index] = finish
        self.top.update(chunk)

    def result(self) -> Json:
        """The answer."""
        candidates = [
            {
                "content": {"parts": [{"text": "".join(pieces)}], "role": "model"},
                "index": index,
                "finishReason": self.finish.get(index),
            }
            for index, pieces in sorted(self.pieces.items())
        ]
        return {"candidates": candidates, **self.top}


MERGES: dict[str, Any] = {
    "openai.chat": Chat,
    "openai.completions": Completions,
    "anthropic.messages": Messages,
    "openai.responses": Responses,
    "google.gemini": Gemini,
}


def fold(dialect: str, reads: Sequence[bytes]) -> Json:
    """The answer of a stream of that dialect."""
    merge = MERGES[dialect]()
    add = merge.add
    for data in payloads(reads):
        add(data)
    answer: Json = merge.result()
    return answer
