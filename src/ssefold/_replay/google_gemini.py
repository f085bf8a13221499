"""google.gemini, as it is streamed: chunks of parts, the last with the reason of the end.

Enters: a whole answer of generateContent. Leaves: the events of its stream.
Must not know: frames, bytes.

Members come back in the order of their first arrival: those before a candidate's content are sent
with its first chunk, those behind it with its last.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ssefold._replay.check import refuse
from ssefold._replay.frames import Event, in_turns, objects, pieces

Json = dict[str, Any]

# On every chunk: cumulative or constant members beside the candidates.
EVERY = ("usageMetadata", "modelVersion", "responseId", "createTime")


def check(answer: dict[str, Any]) -> None:
    """A stream has no other end than the reasons of its candidates, or of a blocked prompt."""
    feedback = answer.get("promptFeedback")
    if isinstance(feedback, dict) and feedback.get("blockReason") is not None:
        return
    candidates = objects(answer.get("candidates"))
    for position, candidate in enumerate(candidates):
        if not candidate.get("finishReason"):
            refuse(f"candidates[{position}].finishReason", "without it a stream has no end")
    if not candidates:
        refuse("", "without a candidate or a promptFeedback.blockReason a stream has no end")


def events(answer: dict[str, Any], size: int | None, _: bool) -> Iterator[Event]:
    """The events of an answer, the candidates in turns."""
    once: Json = dict(answer)
    candidates = objects(answer.get("candidates"))
    if not candidates:
        yield "", once
    for candidate in in_turns(_chunks(candidate, size) for candidate in candidates):
        yield "", {**once, "candidates": [candidate]}
        once = {"candidates": [], **{key: answer[key] for key in EVERY if key in answer}}


def _chunks(candidate: Json, size: int | None) -> Iterator[Json]:
    """The part of each chunk for one candidate."""
    contents = _contents(candidate.get("content"), size)
    if len(contents) < 2:
        yield candidate
        return
    keys = list(candidate)
    # The index tells the candidates apart, but for the first one: those do without.
    routing = {"index": candidate["index"]} if candidate.get("index") else {}
    early = 1 + max(keys.index(key) for key in ("content", *routing))
    first = {key: candidate[key] for key in keys[:early]}
    if "finishReason" in first:
        first["finishReason"] = None  # only to keep its place
    yield {**first, "content": contents[0]}
    for content in contents[1:-1]:
        yield {"content": content, **routing}
    last = {"content": contents[-1], **{key: candidate[key] for key in keys[early:]}, **routing}
    if "finishReason" in first:
        last["finishReason"] = candidate["finishReason"]
    yield last


def _contents(content: Any, size: int | None) -> list[Json]:
    """A content of one part each: the first has all members, the others the role."""
    if not isinstance(content, dict) or not objects(content.get("parts")):
        return []
    role = {"role": content["role"]} if content.get("role") is not None else {}
    parts = [piece for part in content["parts"] for piece in _parts(part, size)]
    parts = parts or content["parts"][:1]
    first = {**content, "parts": parts[:1]}
    return [first, *({"parts": [part], **role} for part in parts[1:])]


def _parts(part: Json, size: int | None) -> Iterator[Json]:
    """A text in pieces, its signature with the last; all else whole, with its text if it has one.

    An empty text without a signature leaves nothing.
    """
    text = part.get("text")
    signed = part.get("thoughtSignature") is not None
    if not isinstance(text, str) or any(isinstance(value, dict) for value in part.values()):
        yield part
        return
    cut = list(pieces(text, size)) or ([""] if signed else [])
    if len(cut) < 2 or (signed and list(part)[-1] != "thoughtSignature"):
        yield from [part] if cut else []
        return
    thought = {"thought": part["thought"]} if "thought" in part else {}
    first = {key: value for key, value in part.items() if key != "thoughtSignature" or not signed}
    yield {**first, "text": cut[0]}
    for piece in cut[1:-1]:
        yield {"text": piece, **thought}
    last = {"text": cut[-1], **thought}
    yield {**last, "thoughtSignature": part["thoughtSignature"]} if signed else last
