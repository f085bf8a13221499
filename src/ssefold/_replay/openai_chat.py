"""openai.chat, as it is streamed: chunks of deltas, the usage, `[DONE]`.

Enters: a whole chat completion. Leaves: the events of its stream.
Must not know: frames, bytes.

The first delta of a choice has all members of the message, in their order, with an empty string
for each later text; then come the texts, in the order in which models give them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ssefold._replay.frames import END, Event, in_turns, objects, pieces, spans

Json = dict[str, Any]

# On every chunk; all other members beside the choices come once, with the first one.
ENVELOPE = ("id", "object", "created", "model", "service_tier", "system_fingerprint")

# Texts of a message before its content, and the lists of logprobs of texts.
THOUGHTS = ("reasoning_content", "reasoning", "thinking")
LOGGED = ("content", "refusal")

# Members about the content, and members behind it.
LATER = ("annotations", "function_call", "tool_calls")

# The text of a call, by its member.
INPUTS = {"function": "arguments", "custom": "input"}


def events(answer: dict[str, Any], size: int | None, include_usage: bool) -> Iterator[Event]:
    """The events of a chat completion."""
    kind = answer.get("object") or "chat.completion"
    choices = [_choice(*numbered, size) for numbered in enumerate(objects(answer.get("choices")))]
    return chunks(answer, f"{kind}.chunk", choices, include_usage)


def chunks(
    answer: dict[str, Any],
    kind: str,
    choices: Iterable[Iterable[Json]],
    include_usage: bool,
) -> Iterator[Event]:
    """Chunks of one choice each, the choices in turns; the usage in one without a choice."""
    once = {key: answer[key] for key in answer if key not in ("choices", "usage")}
    once["object"] = kind
    every = {key: once[key] for key in ENVELOPE if key in once}
    usage = answer.get("usage")
    # A stream with a usage at its end says so on each chunk.
    coming: Json = {"usage": None} if include_usage and "usage" in answer else {}
    head = once
    for choice in in_turns(choices):
        yield "", {**head, "choices": [choice], **coming}
        head = every
    if head is once:
        yield "", {**head, "choices": [], **coming}
    if coming and usage is not None:
        yield "", {**every, "choices": [], "usage": usage}
    yield END


def _choice(position: int, choice: Json, size: int | None) -> Iterator[Json]:
    """The part of each chunk for one choice: its message piece by piece, then its end."""
    index = choice.get("index")
    index = position if index is None else index
    message = choice.get("message") or {}
    logprobs = choice.get("logprobs")
    opening: Json = {"logprobs": _opening(logprobs)} if "logprobs" in choice else {}
    silent = dict.fromkeys(opening)

    def part(delta: Json, logged: Json) -> Json:
        return {"index": index, "delta": delta, **logged, "finish_reason": None}

    yield part(_first_delta(message), opening)
    for delta in _thoughts(message, size):
        yield part(delta, silent)
    for delta, logged in _texts(message, logprobs, size):
        yield part(delta, logged or silent)
    for delta in _calls(message, size):
        yield part(delta, silent)
    rest = {k: v for k, v in choice.items() if k not in ("message", "logprobs")}
    end: Json = {
        "index": index,
        "delta": {},
        **silent,
        "finish_reason": choice.get("finish_reason"),
    }
    yield {**end, **rest, **end}


def _first_delta(message: Json) -> Json:
    """All members at their places; growing ones are empty, later ones are absent."""
    delta: Json = {}
    for key, value in message.items():
        if key in LATER:
            if not value:
                delta[key] = value
        elif key in THOUGHTS or key in LOGGED:
            delta[key] = "" if isinstance(value, (str, list)) and value else value
        elif key == "audio" and isinstance(value, dict):
            delta[key] = {k: "" if _is_sound(k, v) else v for k, v in value.items()}
        else:
            delta[key] = value
    return delta


def _is_sound(key: str, value: Any) -> bool:
    return key in ("data", "transcript") and isinstance(value, str)


def _thoughts(message: Json, size: int | None) -> Iterator[Json]:
    for key in THOUGHTS:
        if isinstance(message.get(key), str):
            for piece in pieces(message[key], size):
                yield {key: piece}


def _texts(message: Json, logprobs: Any, size: int | None) -> Iterator[tuple[Json, Json]]:
    """Deltas of content, refusal and audio, each with the log of its tokens."""
    if isinstance(message.get("content"), list):
        for content in _listed(message["content"], size):
            yield {"content": content}, {}
    for key in LOGGED:
        text = message.get(key)
        lists = logprobs if isinstance(logprobs, dict) else {}
        listed = lists[key] if isinstance(lists.get(key), list) else []
        tokens = [entry.get("token") if isinstance(entry, dict) else None for entry in listed]
        for piece, low, high in spans(text if isinstance(text, str) else "", tokens, size):
            logged: Json = {name: None for name in LOGGED if name in lists}
            logged[key] = listed[low:high]
            yield {key: piece} if piece else {}, {"logprobs": logged} if low < high else {}
    audio = message.get("audio")
    for key, value in audio.items() if isinstance(audio, dict) else ():
        if _is_sound(key, value):
            for piece in pieces(value, size):
                yield {"audio": {key: piece}}, {}
    if message.get("annotations"):
        yield {"annotations": message["annotations"]}, {}


def _opening(logprobs: Any) -> Any:
    """The log of no token yet: all keys, with growing lists empty."""
    if not isinstance(logprobs, dict):
        return logprobs
    return {k: [] if k in LOGGED and isinstance(v, list) else v for k, v in logprobs.items()}


def _listed(parts: list[Any], size: int | None) -> Iterator[Any]:
    """Content as lists of one part; a mere text behind another part as a string (Mistral)."""
    for position, part in enumerate(parts):
        plain = position > 0 and list(part) == ["type", "text"] and part["type"] == "text"
        for piece in content_parts([part], size):
            yield piece["text"] if plain and part["text"] else [piece]


def content_parts(parts: list[Any], size: int | None) -> Iterator[Json]:
    """Parts of a content: texts and thoughts in pieces, all else whole."""
    for part in parts:
        kind = part.get("type")
        value = part.get(kind) if kind in ("text", "thinking") else None
        grown: list[Any] = []
        if isinstance(value, str):
            grown = list(pieces(value, size))
        elif kind == "thinking" and isinstance(value, list):
            grown = [[inner] for inner in content_parts(value, size)]
        if grown:
            yield {**part, kind: grown[0]}
            yield from ({"type": kind, kind: piece} for piece in grown[1:])
        else:
            yield part


def _calls(message: Json, size: int | None) -> Iterator[Json]:
    """Function and tool calls: who is called first, then the arguments."""
    called = message.get("function_call")
    if called:
        yield {"function_call": _emptied(called, "arguments")}
        for piece in _input(called, "arguments", size):
            yield {"function_call": {"arguments": piece}}
    for index, call in enumerate(message.get("tool_calls") or ()):
        start = {key: value for key, value in call.items() if key != "index"}
        for tool, key in INPUTS.items():
            if isinstance(call.get(tool), dict):
                start[tool] = _emptied(call[tool], key)
        yield {"tool_calls": [{"index": index, **start}]}
        for tool, key in INPUTS.items():
            for piece in _input(call.get(tool), key, size):
                yield {"tool_calls": [{"index": index, tool: {key: piece}}]}


def _emptied(tool: Json, key: str) -> Json:
    return {**tool, key: ""} if isinstance(tool.get(key), str) else tool


def _input(tool: Any, key: str, size: int | None) -> Iterator[str]:
    text = tool.get(key) if isinstance(tool, dict) else None
    return pieces(text if isinstance(text, str) else "", size)
