"""Streams of openai.responses made of a seed: items that grow by their events.

Enters: a random.Random.
Leaves: pairs of SSE event name and payload.
Must not know: the package under test, what happens to streams on the way.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from streamwords import DONE, NAMES, WORDS, Event, Json, arguments, interleave, pieces, text, token


class _Item:
    """One item of the output as its server sends it: `events` make `value`.

    at: the members that route its events.
    """

    def __init__(self, rng: random.Random, index: int) -> None:
        self.rng = rng
        self.id = f"it_{index}"
        self.at: Json = {"item_id": self.id, "output_index": index}
        self.events: list[Json] = []
        self.value: Json = {}

    def send(self, kind: str, **members: Any) -> None:
        self.events.append({"type": f"response.{kind}", **self.at, **members})

    def begin(self, value: Json) -> None:
        self.value = {"id": self.id, **value}
        started = {key: [] if type(v) is list else v for key, v in self.value.items()}
        self.send("output_item.added", item=started)

    def end(self) -> None:
        if "status" in self.value:
            self.value["status"] = "completed"
        if self.rng.random() < 0.9:
            self.send("output_item.done", item=self.value)

    def grow(self, kind: str, whole: str, member: str, **more: Any) -> None:
        """Deltas of a text, and their `.done`; now and then more or less than they gave."""
        rng = self.rng
        for piece in pieces(rng, whole):
            extra: Json = {} if rng.random() < 0.7 else {"obfuscation": "x" * rng.randint(0, 9)}
            self.send(f"{kind}.delta", **more, delta=piece, **extra)
        given = rng.choice([whole] * 8 + [whole + "!", whole[:-1]])
        if rng.random() < 0.9:
            self.send(f"{kind}.done", **more, **{member: given})


def _message(item: _Item) -> None:
    rng = item.rng
    item.begin({"type": "message", "status": "in_progress", "role": "assistant", "content": []})
    for index in range(rng.choice([1, 1, 1, 2, 3])):
        at: Json = {"content_index": index}
        if rng.random() < 0.15:
            whole = text(rng)
            part: Json = {"type": "refusal", "refusal": whole}
            item.send("content_part.added", **at, part={**part, "refusal": ""})
            item.grow("refusal", whole, "refusal", **at)
        else:
            part = {"type": "output_text", "annotations": [], "text": text(rng, 25)}
            item.send("content_part.added", **at, part={**part, "text": ""})
            _output_text(item, part, at)
        if rng.random() < 0.9:
            item.send("content_part.done", **at, part=part)
        item.value["content"].append(part)
    item.end()


def _output_text(item: _Item, part: Json, at: Json) -> None:
    rng = item.rng
    probable, logprobs = rng.random() < 0.2, []
    for piece in pieces(rng, part["text"], 20):
        more: Json = {} if rng.random() < 0.2 else {"logprobs": []}
        if probable:
            more = {"logprobs": [token(rng) for _ in range(rng.randint(0, 2))]}
            logprobs += more["logprobs"]
        item.send("output_text.delta", **at, delta=piece, **more)
    for number in range(rng.choice([0, 0, 0, 1, 2])):
        cited = {"type": "url_citation", "url": f"u{number}", "start_index": number}
        item.send("output_text.annotation.added", **at, annotation_index=number, annotation=cited)
        part["annotations"] = [*part["annotations"], cited]
    if rng.random() < 0.9:
        item.send("output_text.done", **at, text=part["text"], logprobs=logprobs)


def _long(item: _Item) -> None:
    """What most streams are: one short word per event."""
    rng = item.rng
    item.begin({"type": "message", "status": "in_progress", "role": "assistant", "content": []})
    part: Json = {"type": "output_text", "text": "", "annotations": []}
    item.send("content_part.added", content_index=0, part={**part})
    for _ in range(rng.randint(30, 150)):
        word = rng.choice(WORDS)
        part["text"] += word
        item.send("output_text.delta", content_index=0, delta=word, logprobs=[])
    item.value["content"].append(part)
    item.end()


def _reasoning(item: _Item) -> None:
    rng = item.rng
    item.begin({"type": "reasoning", "summary": [], "encrypted_content": "gAAA"})
    for index in range(rng.randint(0, 2)):
        at: Json = {"summary_index": index}
        part: Json = {"type": "summary_text", "text": text(rng)}
        item.send("reasoning_summary_part.added", **at, part={**part, "text": ""})
        item.grow("reasoning_summary_text", part["text"], "text", **at)
        item.send("reasoning_summary_part.done", **at, part=part)
        item.value["summary"].append(part)
    if rng.random() < 0.3:
        kind = rng.choice(["reasoning_text", "reasoning_text", "reasoning"])
        part = {"type": "reasoning_text", "text": text(rng)}
        if rng.random() < 0.7:
            item.send("content_part.added", content_index=0, part={**part, "text": ""})
        item.grow(kind, part["text"], "text", content_index=0)
        item.value["content"] = [part]
    item.end()


def _call(item: _Item) -> None:
    rng = item.rng
    kind, member, events = rng.choice(
        [
            ("function_call", "arguments", "function_call_arguments"),
            ("mcp_call", "arguments", "mcp_call_arguments"),
            ("mcp_call", "arguments", "mcp_call.arguments"),
            ("custom_tool_call", "input", "custom_tool_call_input"),
            ("code_interpreter_call", "code", "code_interpreter_call_code"),
        ]
    )
    value = {"type": kind, "status": "in_progress", "call_id": "c1", "name": rng.choice(NAMES)}
    whole = arguments(rng)
    item.begin({**value, member: rng.choice(["", "", None])})
    item.grow(events, whole, member)
    item.value[member] = whole
    item.end()


def _tool(item: _Item) -> None:
    """A tool that the server runs: states, and the item says the rest."""
    rng = item.rng
    kind = rng.choice(["web_search_call", "file_search_call", "image_generation_call"])
    item.begin({"type": kind, "status": "in_progress"})
    for state in ("in_progress", "searching", "generating", "completed", "failed"):
        if rng.random() < 0.6:
            item.send(f"{kind}.{state}")
    if kind == "image_generation_call":
        item.send(f"{kind}.partial_image", partial_image_index=0, partial_image_b64="iVBO")
    item.value["action"] = {"type": "search", "query": "q", "sources": None}
    item.end()


def _shell(item: _Item) -> None:
    rng = item.rng
    item.begin({"type": "shell_call", "status": "in_progress", "action": {"commands": []}})
    commands = []
    for index in range(rng.randint(1, 2)):
        whole = text(rng, 5)
        item.send("shell_call_command.added", command_index=index, command="")
        item.grow("shell_call_command", whole, "command", command_index=index)
        commands.append(whole)
    item.value["action"] = {"commands": commands}
    item.end()


def _patch(item: _Item) -> None:
    operation: Json = {"type": "update_file", "path": "a", "diff": ""}
    item.begin({"type": "apply_patch_call", "status": "in_progress", "operation": operation})
    whole = text(item.rng)
    item.grow("apply_patch_call_operation_diff", whole, "diff")
    item.value["operation"] = {**operation, "diff": whole}
    item.end()


ITEMS: tuple[Callable[[_Item], None], ...] = (
    _message, _message, _message, _long, _reasoning, _reasoning, _call, _call, _tool, _shell,
    _patch,
)  # fmt: skip


def _route_oddly(rng: random.Random, events: list[Json]) -> None:
    """As gateways do: indexes of their own or none, ids that rotate or are another's."""
    ids = sorted({event["item_id"] for event in events if "item_id" in event})
    swapped = dict(zip(ids, ids[1:] + ids[:1], strict=True))
    kinds = [
        "no output_index", "no part index", "no item_id", "all at 0", "counts", "from 1", "rotates",
        "rotates all", "swapped", "shared", "wrong types",
    ]  # fmt: skip
    chosen = rng.sample(kinds, rng.choice([1, 1, 2]))
    often = rng.choice([1, 1, 0.3])
    for number, event in enumerate(events):
        item = event.get("item")
        part = "summary_index" if "summary_index" in event else "content_index"
        for kind in chosen:
            if rng.random() > often:
                continue
            if kind == "no output_index":
                event.pop("output_index", None)
            elif kind == "no part index":
                event.pop(part, None)
            elif kind == "no item_id":
                event.pop("item_id", None)
            elif kind == "all at 0" and "output_index" in event:
                event["output_index"] = 0
            elif kind == "counts" and part in event:
                event[part] = number
            elif kind == "from 1" and type(event.get(part)) is int:
                event[part] += 1
            elif kind in ("rotates", "rotates all") and "item_id" in event:
                event["item_id"] = f"r{number}"
                if item is not None and kind == "rotates all":
                    event["item"] = {**item, "id": f"i{number}"}
            elif kind == "swapped" and "item_id" in event and item is None:
                event["item_id"] = swapped.get(str(event["item_id"]), "it_0")
            elif kind == "shared" and "item_id" in event:
                event["item_id"] = "one"
                if item is not None:
                    event["item"] = {**item, "id": "one"}
            elif kind == "wrong types" and rng.random() < 0.2:
                key = rng.choice([*event])
                if key != "type":
                    event[key] = rng.choice([7, 0.5, "0", None, True, {}, {"a": 1.5}, [], -1, [1]])


def _again(rng: random.Random, events: list[Json]) -> list[Json]:
    """Starts and full values that come again, here or later, as they were or for another."""
    out: list[Json] = []
    waiting: list[Json] = []
    for event in events:
        out.append(event)
        if event["type"].endswith((".added", ".done")) and rng.random() < 0.2:
            again = dict(event)
            if "item" in again and rng.random() < 0.4:
                again["item"] = {**again["item"], "id": "other", "call_id": "c2"}
            rng.choice([out, waiting, waiting]).append(again)
        if waiting and rng.random() < 0.3:
            out.append(waiting.pop(0))
    return out + waiting


def _numbers(rng: random.Random, first: int, count: int) -> list[Any]:
    """Sequence numbers as servers give them, and as gateways do."""
    numbers: list[Any] = list(range(first, first + count))
    kind = rng.choice(["sound"] * 6 + ["one", "zeros", "falls", "repeats", "last 0"])
    if kind == "one":
        return [first] * count
    if kind == "falls":
        return numbers[::-1]
    if kind == "last 0" and numbers:
        numbers[-1] = 0
    for position in range(count):
        if kind in ("zeros", "repeats") and rng.random() < 0.2:
            numbers[position] = 0 if kind == "zeros" else numbers[rng.randint(0, position)]
    return numbers


def _terminal(rng: random.Random, response: Json, items: list[_Item]) -> Iterator[Json]:
    """The last event, if there is one: it says once more what came, or leaves it out."""
    output = [item.value for item in items]
    usage = {"input_tokens": 9, "output_tokens": 5, "output_tokens_details": {"x": 0}}
    last = {**response, "status": "completed", "output": output, "usage": usage}
    kind = rng.choice(["completed"] * 6 + ["incomplete", "failed", "cancelled", "done", ""])
    if kind == "failed":
        last["error"] = {"code": "server_error", "message": "m"}
    if rng.random() < 0.2:
        last["output"] = rng.choice([[], [], None, output[:1], output[1:], {}])
        if rng.random() < 0.3:
            del last["output"]
    if kind:
        yield {"type": f"response.{kind}", "response": {**last, "status": kind}}


def responses(rng: random.Random) -> Iterator[Event]:
    """openai.responses: base, items one after the other (or in turns), the whole again."""
    response: Json = {
        "id": "resp_1", "object": "response", "created_at": 1, "status": "in_progress",
        "model": "gpt-x", "output": [], "usage": None, "metadata": {}, "error": None,
    }  # fmt: skip
    items = [_Item(rng, index) for index in range(rng.choice([0, 1, 1, 1, 2, 2, 3, 4]))]
    for item in items:
        rng.choice(ITEMS)(item)
    growing = [item.events for item in items]
    if rng.random() < 0.3:
        _route_oddly(rng, [event for one in growing for event in one])
    if rng.random() < 0.1:
        growing = [_again(rng, one) for one in growing]
    whole = [event for one in growing for event in one]
    events: list[Json] = [
        {"type": "response.created", "response": response},
        {"type": "response.in_progress", "response": response},
        *(whole if rng.random() < 0.8 else interleave(rng, growing)),
        *_terminal(rng, response, items),
    ]
    if rng.random() < 0.1:  # resumed in the middle
        del events[: rng.randint(0, len(events))]
    named, numbered = rng.random() < 0.8, rng.random() < 0.8
    first = rng.choice([0, 0, 0, 1, 40])
    for number, event in zip(_numbers(rng, first, len(events)), events, strict=True):
        if numbered:
            event = {**event, "sequence_number": number}
        yield event["type"] if named else "", event
    if rng.random() < 0.1:
        yield DONE
