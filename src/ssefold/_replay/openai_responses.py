"""openai.responses, as it is streamed: items and parts as they open, grow and close.

Enters: a whole response. Leaves: the events of its stream, numbered.
Must not know: frames, bytes.

The last event carries the response itself, with all members absent from the events before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ssefold._replay.check import refuse
from ssefold._replay.frames import Event, objects, pieces, spans

Json = dict[str, Any]

# Members absent from a response when it is created.
AT_FIRST: Json = {
    "status": "in_progress",
    "output": [],
    "usage": None,
    "error": None,
    "incomplete_details": None,
    "completed_at": None,
}

# The event that ends a response, by its status.
ENDINGS = {
    "completed": "completed",
    "incomplete": "incomplete",
    "failed": "failed",
    "cancelled": "cancelled",
    None: "completed",
}

# Items with one text: its member, and the name of its events.
GROWN_ITEMS = {
    "function_call": ("arguments", "function_call_arguments"),
    "mcp_call": ("arguments", "mcp_call_arguments"),
    "custom_tool_call": ("input", "custom_tool_call_input"),
    "code_interpreter_call": ("code", "code_interpreter_call_code"),
}

# Parts alike.
GROWN_PARTS = {
    "output_text": ("text", "output_text"),
    "refusal": ("refusal", "refusal"),
    "reasoning_text": ("text", "reasoning_text"),
    "summary_text": ("text", "reasoning_summary_text"),
}

# Lists of a part that grow beside its text, and have an event of their own or go with it.
GROWN_LISTS = ("annotations", "logprobs")

# The reports of a running tool.
STATES = {
    "web_search_call": ("in_progress", "searching"),
    "file_search_call": ("in_progress", "searching"),
    "code_interpreter_call": ("in_progress", "interpreting"),
    "image_generation_call": ("in_progress", "generating"),
    "mcp_call": ("in_progress",),
    "mcp_list_tools": ("in_progress",),
}

# The possible lists of parts of an item: the opening event of a part, and its index.
PART_LISTS = {
    "summary": ("reasoning_summary_part", "summary_index"),
    "content": ("content_part", "content_index"),
}


def check(answer: dict[str, Any]) -> None:
    """There is an event that ends a response of this status; if it has an error, it failed."""
    status = answer.get("status")
    if status is not None and (not isinstance(status, str) or status not in ENDINGS):
        refuse("status", "no event ends a response of this status")
    if answer.get("error") is not None and status != "failed":
        refuse("error", "in a stream it reports an error")


def events(answer: dict[str, Any], size: int | None, _: bool) -> Iterator[Event]:
    """The events of a response."""
    for number, (kind, members) in enumerate(_events(answer, size)):
        name = f"response.{kind}"
        yield name, {"type": name, "sequence_number": number, **members}


def _events(answer: dict[str, Any], size: int | None) -> Iterator[tuple[str, Json]]:
    start = {key: AT_FIRST.get(key, answer[key]) for key in answer}
    yield "created", {"response": start}
    yield "in_progress", {"response": start}
    output = answer.get("output")
    for index, item in enumerate(output if isinstance(output, list) else ()):
        if isinstance(item, dict):
            yield from _item(index, item, size)
    yield ENDINGS[answer.get("status")], {"response": answer}


def _item(index: int, item: Json, size: int | None) -> Iterator[tuple[str, Json]]:
    kind = item.get("type")
    kind = kind if isinstance(kind, str) else ""
    at = {"item_id": item["id"]} if "id" in item else {}
    at["output_index"] = index
    grown = GROWN_ITEMS.get(kind)
    yield "output_item.added", {"output_index": index, "item": _opened_item(item, grown)}
    for state in STATES.get(kind, ()):
        yield f"{kind}.{state}", at
    if grown is not None and isinstance(item.get(grown[0]), str):
        key, name = grown
        for piece in pieces(item[key], size):
            yield f"{name}.delta", {**at, "delta": piece}
        called = {"name": item["name"]} if kind == "function_call" and "name" in item else {}
        yield f"{name}.done", {**at, **called, key: item[key]}
    for key, (event, by) in PART_LISTS.items():
        for position, part in enumerate(_parts(item, key)):
            yield from _part(event, {**at, by: position}, part, size)
    if kind in STATES and item.get("status") == "completed":
        yield f"{kind}.completed", at
    yield "output_item.done", {"output_index": index, "item": item}


def _opened_item(item: Json, grown: tuple[str, str] | None) -> Json:
    """An item before anything came of it."""
    start = dict(item)
    if "status" in item:
        start["status"] = "in_progress"
    if grown is not None and isinstance(item.get(grown[0]), str):
        start[grown[0]] = ""
    for key in PART_LISTS:
        if _parts(item, key):
            start[key] = []
    return start


def _parts(item: Json, key: str) -> list[Json]:
    """The parts in a list of an item, if they are such as are streamed."""
    parts = item.get(key) if item.get("type") in ("message", "reasoning") else None
    return parts if isinstance(parts, list) and len(objects(parts)) == len(parts) else []


def _part(event: str, at: Json, part: Json, size: int | None) -> Iterator[tuple[str, Json]]:
    kind = part.get("type")
    grown = GROWN_PARTS.get(kind) if isinstance(kind, str) else None
    if grown is None or not isinstance(part.get(grown[0]), str):
        yield f"{event}.added", {**at, "part": part}
        yield f"{event}.done", {**at, "part": part}
        return
    key, name = grown
    lists = {key: part[key] for key in GROWN_LISTS if isinstance(part.get(key), list)}
    yield f"{event}.added", {**at, "part": {**part, key: "", **{name: [] for name in lists}}}
    yield from _text(name, at, part[key], lists.get("logprobs"), size)
    for index, annotation in enumerate(lists.get("annotations", ())):
        if annotation is not None:
            placed = {"annotation_index": index, "annotation": annotation}
            yield f"{name}.annotation.added", {**at, **placed}
    logged = {"logprobs": lists["logprobs"]} if "logprobs" in lists else {}
    yield f"{name}.done", {**at, key: part[key], **logged}
    yield f"{event}.done", {**at, "part": part}


def _text(
    name: str, at: Json, text: str, logprobs: list[Any] | None, size: int | None
) -> Iterator[tuple[str, Json]]:
    """The deltas of a text, each with the log of its tokens."""
    listed = logprobs or []
    tokens = [entry.get("token") if isinstance(entry, dict) else None for entry in listed]
    for piece, low, high in spans(text, tokens, size):
        logged = {} if logprobs is None else {"logprobs": listed[low:high]}
        yield f"{name}.delta", {**at, "delta": piece, **logged}
