"""openai.completions, as it is streamed: chunks of text, the usage, `[DONE]`.

Enters: a whole completion. Leaves: the events of its stream.
Must not know: frames, bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ssefold._replay.frames import Event, objects, spans
from ssefold._replay.openai_chat import chunks

Json = dict[str, Any]

# Chunks are of the same kind as the answer: the suffix of chat's chunks is taken off.
CHUNK_KIND = "text_completion"
SUFFIX = ".chunk"


def events(answer: dict[str, Any], size: int | None, include_usage: bool) -> Iterator[Event]:
    """The events of a completion."""
    kind = answer.get("object") or CHUNK_KIND
    choices = [_choice(*numbered, size) for numbered in enumerate(objects(answer.get("choices")))]
    kind += SUFFIX if kind.endswith(SUFFIX) else ""
    return chunks(answer, kind, choices, include_usage)


def _choice(position: int, choice: Json, size: int | None) -> Iterator[Json]:
    """The part of each chunk for one choice: its text piece by piece, then its end."""
    index = choice.get("index")
    index = position if index is None else index
    text, logprobs = choice.get("text"), choice.get("logprobs")
    logged = logprobs if isinstance(logprobs, dict) else {}
    tokens = logged.get("tokens")
    tokens = tokens if isinstance(tokens, list) else []
    parallel = [k for k, v in logged.items() if isinstance(v, list) and len(v) == len(tokens)]
    whole = logged
    for piece, low, high in _spans(text or "", tokens, size, bool(logged)):
        sliced = {key: logged[key][low:high] for key in parallel}
        part: Json = {"text": piece, "index": index}
        if "logprobs" in choice:
            part["logprobs"] = {**whole, **sliced} if low < high or whole else None
        yield {**part, "finish_reason": None}
        whole = {}
    rest = {key: value for key, value in choice.items() if key not in ("text", "logprobs")}
    end: Json = {"text": "", "index": index}
    if "logprobs" in choice:
        end["logprobs"] = None if logged else logprobs
    yield {**end, **rest, "index": index, "finish_reason": choice.get("finish_reason")}


def _spans(
    text: str, tokens: list[Any], size: int | None, logged: bool
) -> Iterator[tuple[str, int, int]]:
    """The text's pieces; an empty one where something is logged of none."""
    if logged and not text and not tokens:
        yield "", 0, 0
    yield from spans(text, tokens, size)
