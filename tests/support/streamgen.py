"""Streams made of a seed: what servers send, one generator per dialect.

Enters: a random.Random (never another source of chance).
Leaves: `events(rng, dialect)`, pairs of SSE event name and payload; a payload is
JSON as Python values, or bytes for what is no JSON (`[DONE]`).
Must not know: the package under test. What is done to these streams on the way,
from comments to damage, stands in streamnoise.py; `case` in parity.py puts both
together. Three dialects have modules of their own.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from streamgen_gemini import candidates
from streamgen_messages import messages
from streamgen_responses import responses
from streamwords import (
    DONE,
    NAMES,
    WORDS,
    Event,
    Json,
    arguments,
    interleave,
    pieces,
    text,
    token,
)


def usage(rng: random.Random, tokens: int) -> Json:
    out: Json = {"prompt_tokens": 9, "completion_tokens": tokens, "total_tokens": 9 + tokens}
    if rng.random() < 0.4:
        out["prompt_tokens_details"] = {"cached_tokens": rng.choice([0, 3, None])}
        out["completion_tokens_details"] = {"reasoning_tokens": tokens // 2}
    if rng.random() < 0.2:
        out["cost"] = rng.choice([0, 0.0, 0.00012, 1e-07])
    return out


# -- openai.chat -----------------------------------------------------------------------


def _content(rng: random.Random) -> Iterator[Json]:
    for piece in pieces(rng, text(rng, 25), 20):
        yield {"content": piece}


def _long(rng: random.Random) -> Iterator[Json]:
    """What most streams are: one short word per chunk, and nothing else changes."""
    for _ in range(rng.randint(30, 150)):
        yield {"content": rng.choice(WORDS)}


def _reasoning(rng: random.Random) -> Iterator[Json]:
    key = rng.choice(["reasoning_content", "reasoning", "thinking"])
    for piece in pieces(rng, text(rng)):
        yield {"content": None, key: piece} if rng.random() < 0.3 else {key: piece}
    yield from _content(rng)


def _refusal(rng: random.Random) -> Iterator[Json]:
    for piece in pieces(rng, "I can't do that. " + text(rng)):
        yield {"refusal": piece}


def _parts(rng: random.Random) -> Iterator[Json]:
    """Content as lists of parts, and strings before and after them."""
    for _ in range(rng.randint(1, 8)):
        kind = rng.choice(["text", "text", "thinking", "string", "image"])
        if kind == "string":
            yield {"content": text(rng, 3)}
        elif kind == "text":
            yield {"content": [{"type": "text", "text": text(rng, 3)}] * rng.randint(0, 2)}
        elif kind == "thinking":
            inner = [{"type": "text", "text": text(rng, 3)}] * rng.randint(1, 2)
            yield {"content": [{"type": "thinking", "thinking": inner, "closed": True}]}
        else:
            yield {"content": [{"type": "image_url", "image_url": {"url": "data:x"}}]}


def _tools(rng: random.Random) -> Iterator[Json]:
    """Tool calls: by index, without one, all under one, sparse; names whole or in pieces."""
    how = rng.choice(["index", "index", "index", "none", "same", "sparse", "no index, ids"])
    calls = []
    for i in range(rng.randint(1, 4)):
        index = {"index": i, "same": 0, "sparse": 3 * i + 1}.get(how)
        call: Json = {} if index is None else {"index": index}
        start = {**call, "id": f"call_{i}", "type": "function"}
        if rng.random() < 0.1:
            start["type"] = "custom"
        kind, body = ("custom", "input") if start["type"] == "custom" else ("function", "arguments")
        name = f"{rng.choice(NAMES)}_{i}"
        fragments = [{**start, kind: {"name": name, body: rng.choice(["", "", None, "{"])}}]
        for piece in pieces(rng, arguments(rng), 6):
            again = rng.random()
            more: Json = {**call, kind: {body: piece}}
            if how == "no index, ids" or again < 0.1:
                more["id"] = start["id"]
            elif again < 0.2:
                more = {**call, "id": "", "type": "function", kind: {"name": "", body: piece}}
            elif again < 0.25:
                more = {**call, kind: {"name": rng.choice([name, "_more"]), body: piece}}
            elif again < 0.3:  # the name goes on before the arguments come
                fragments.insert(1, {**call, kind: {"name": rng.choice(["_x", name, None])}})
            fragments.append(more)
        calls.append(fragments)
    if how in ("index", "sparse", "no index, ids") and rng.random() < 0.4:
        for fragment in interleave(rng, calls):
            yield {"tool_calls": [fragment]}
    elif rng.random() < 0.15:
        yield {"tool_calls": [fragment for fragments in calls for fragment in fragments]}
    else:
        for fragments in calls:
            for fragment in fragments:
                yield {"tool_calls": [fragment]}


def _wandering(rng: random.Random) -> Iterator[Json]:
    """Calls of servers that count otherwise: ids and indexes that wander, names that repeat."""
    for _ in range(rng.randint(1, 25)):
        call: Json = {}
        if rng.random() < 0.8:
            call["index"] = rng.choice([0, 0, 0, 1, 1, 2, rng.randint(0, 12)])
        if rng.random() < 0.3:
            call["id"] = rng.choice(["a", "a", "b", "c", "", 7, 7.5, None])
        below: Json = {}
        if rng.random() < 0.3:
            below["name"] = rng.choice(["f", "f", "g", "", None])
        if rng.random() < 0.8:
            below["arguments"] = rng.choice(
                ['{"a":', "1", "}", '{"a":1}', "{}", " ", '"', '"x\\', "x", "[", "]", "", "12",
                 {}, [], {"a": 1.5}, [1, True], 5, None]
            )  # fmt: skip
        if below:
            call[rng.choice(["function"] * 9 + ["custom"])] = below
        yield {"tool_calls": [call, call] if rng.random() < 0.05 else [call]}


def _odd_types(rng: random.Random) -> Iterator[Json]:
    """Texts as numbers, objects, lists; and parts of every kind."""
    key = rng.choice(["content", "content", "reasoning", "reasoning_content", "refusal"])
    kinds = ["text", "thinking", "reasoning", "summary_text", "image"]
    for _ in range(rng.randint(2, 12)):
        kind = rng.choice(kinds)
        inner: Any = rng.choice(["a", "", 1.5, True, None, {"text": "b", "n": 1}, "c", "d"])
        if rng.random() < 0.2:
            inner = [rng.choice(["x", {"type": "text", "text": "y"}, 5, None])]
        part = {"type": kind, rng.choice([kind, "text", "summary"]): inner}
        if rng.random() < 0.3:
            part.update(signature=rng.choice(["s", "", None]), my_id="i", size=rng.randint(0, 2))
        yield {
            key: rng.choice([
                "word", "", 1, 0.005, -0.0, 1e-07, True, False, None, {}, [], part, [part],
                [part, "z"], {"text": "t", "step_type": "u", "deep": {"a": "b", "c": [part]}},
            ])
        }  # fmt: skip


def _executed(rng: random.Random) -> Iterator[Json]:
    for _ in range(rng.randint(1, 8)):
        tool: Json = {"name": "search", "type": rng.choice(["function", "browser", None])}
        if rng.random() < 0.9:
            tool["index"] = rng.choice([0, 0, 1, 2])
        tool["arguments"] = rng.choice(["{}", '{"q":1}', None, {"q": 1.0}])
        if rng.random() < 0.5:
            tool.update(output=text(rng, 3), search_results={"results": rng.choice([None, [1]])})
        yield {"executed_tools": [tool]}


def _function_call(rng: random.Random) -> Iterator[Json]:
    yield {"content": None, "function_call": {"name": rng.choice(NAMES), "arguments": ""}}
    for piece in pieces(rng, arguments(rng)):
        yield {"function_call": {"arguments": piece}}


def _audio(rng: random.Random) -> Iterator[Json]:
    yield {"audio": {"id": "audio_1"}}
    for piece in pieces(rng, "QUJDRA==" * rng.randint(1, 9), 5):
        yield {"audio": {"data": piece}} if rng.random() < 0.5 else {"audio": {"transcript": piece}}
    yield {"audio": {"expires_at": 1729234747}}


def _details(rng: random.Random) -> Iterator[Json]:
    key = rng.choice(["reasoning_details", "thinking_blocks"])
    for _ in range(rng.randint(1, 8)):
        kind = rng.choice(["reasoning.text", "reasoning.summary", "reasoning.encrypted"])
        member = {"text": "text", "summary": "summary", "encrypted": "data"}[kind.split(".")[1]]
        item: Json = {"type": kind, member: text(rng, 3), "format": "x", "signature": None}
        if rng.random() < 0.9:
            item["index"] = rng.choice([0, 0, 1, 2])
        yield {key: [item]}


def _twice(rng: random.Random) -> Iterator[Json]:
    """One reasoning in several fields, in some events not quite the same."""
    fields = rng.sample(["reasoning_content", "reasoning", "reasoning_text", "thinking"], 2)
    key, member = rng.choice([("reasoning_details", "text"), ("thinking_blocks", "thinking")])
    index: Json = {"index": 0} if member == "text" and rng.random() < 0.8 else {}
    for word in pieces(rng, text(rng, 9), 9):
        other = word if rng.random() < 0.9 else rng.choice(["", "no", word + "."])
        item = {"type": "reasoning.text", member: other, **index}
        said = {fields[0]: word, fields[1]: other}
        yield rng.choice([{fields[0]: word, key: [item]}] * 8 + [said, {fields[1]: word}])


def _lists(rng: random.Random) -> Iterator[Json]:
    key = rng.choice(["annotations", "images", "token_ids"])
    for _ in range(rng.randint(1, 5)):
        if key == "token_ids":
            yield {"content": "x", key: [rng.randint(0, 9) for _ in range(rng.randint(0, 3))]}
        else:
            yield {"content": "x", key: rng.choice([None, [], [{"type": "y", "index": 0}]])}


def _unknown(rng: random.Random) -> Iterator[Json]:
    """Fields that no table names: constants, fragments, counters, growing lists."""
    grown: list[Any] = []
    keys = rng.sample(["foo", "phase", "my_id", "x_status", "steps", "meta", "n", "flag"], 3)
    for i in range(rng.randint(1, 10)):
        grown = [*grown, rng.choice([i, {"index": i, "type": "t", "v": text(rng, 1)}, "s"])]
        unknown = {
            "foo": text(rng, 2), "phase": "same", "my_id": f"id{i % 3}", "x_status": "running",
            "steps": rng.choice([grown, grown[-1:], []]), "meta": {"a": i, "b": {"c": [i]}},
            "n": rng.choice([i, 1, 1.0, None]), "flag": rng.choice([True, 1, False, 0]),
        }  # fmt: skip
        yield {"content": "y", **{key: unknown[key] for key in keys}}


def _empty(rng: random.Random) -> Iterator[Json]:
    yield from rng.choice([[], [{}], [{"content": ""}], [{"content": None, "tool_calls": None}]])


SCRIPTS: tuple[Callable[[random.Random], Iterator[Json]], ...] = (
    _content, _content, _content, _long, _reasoning, _refusal, _parts, _tools, _tools,
    _function_call, _audio, _details, _twice, _lists, _unknown, _empty, _wandering, _odd_types,
    _executed,
)  # fmt: skip


class _Server:
    """How one server writes its chunks: the fields around the deltas."""

    def __init__(self, rng: random.Random, kind: str) -> None:
        self.rng = rng
        self.usage = rng.choice(["", "", "last", "last", "null", "always", "x_groq", "choice"])
        self.logprobs = rng.choice(["", "", "", "", "null", "full", "arrays"])
        self.extra = rng.choice(["", "", "", "obfuscation", "p", "citations", "unknown", "timings"])
        self.azure = rng.random() < 0.12
        self.base: Json = {
            "id": f"chatcmpl-{rng.randint(0, 999)}", "object": kind, "created": 1762947559,
            "model": rng.choice(["gpt-4o", "m/é-1", "x"]),
        }  # fmt: skip
        if rng.random() < 0.5:
            self.base["service_tier"] = rng.choice(["default", None])
            self.base["system_fingerprint"] = rng.choice(["fp_1", None, ""])
        self.tokens = 0

    def chunk(self, choices: Any) -> Json:
        rng = self.rng
        self.tokens += 1
        out = {**self.base, "choices": choices}
        if self.usage == "null":
            out["usage"] = None
        elif self.usage == "always":
            out["usage"] = usage(rng, self.tokens)
        if self.extra in ("obfuscation", "p"):
            out[self.extra] = "".join(rng.choices("abcXYZ019", k=rng.randint(0, 12)))
        elif self.extra == "citations":
            out["citations"] = ["u"] * rng.randint(0, 2)
        elif self.extra == "timings":
            out["created"] = self.base["created"] + self.tokens // 3
            out["timings"] = {"ms": rng.random() * 50, "n": self.tokens}
        elif self.extra == "unknown":
            out.update(step=self.tokens, kind="x", list=[self.tokens], deep={"a": {"b": None}})
        return out

    def choice(self, index: int, delta: Json, finish: str | None) -> Json:
        rng = self.rng
        out: Json = {"index": index, "delta": delta, "finish_reason": finish}
        if self.logprobs == "null":
            out["logprobs"] = None
        elif self.logprobs == "full":
            content = [token(rng) for _ in range(rng.randint(0, 2))]
            out["logprobs"] = {"content": content, "refusal": None}
        elif self.logprobs == "arrays":
            out["logprobs"] = {
                "tokens": ["a"] * rng.randint(0, 2), "token_logprobs": rng.choice([[-0.5], None]),
                "reasoning_content": rng.choice([None, [token(rng)]]), "kind": rng.choice("xy"),
            }  # fmt: skip
        if self.azure:
            safe = {"hate": {"filtered": False, "severity": "safe"}}
            out.update(content_filter_results=safe if rng.random() < 0.7 else {})
        if self.usage == "choice" and finish:
            out["usage"] = usage(rng, self.tokens)
        return out

    def start(self) -> Iterator[Event]:
        if self.azure:
            results = [{"prompt_index": 0, "content_filter_results": {"hate": {"filtered": False}}}]
            empty: Json = {"id": "", "object": "", "created": 0, "model": ""}
            yield "", {**empty, "choices": [], "prompt_filter_results": results}

    def end(self) -> Iterator[Event]:
        if self.usage in ("last", "null", "always"):
            yield "", {**self.chunk([]), "usage": usage(self.rng, self.tokens)}
        elif self.usage == "x_groq":
            yield "", {**self.chunk([]), "x_groq": {"id": "r", "usage": usage(self.rng, 1)}}
        if self.rng.random() < 0.9:
            yield DONE


def chat(rng: random.Random) -> Iterator[Event]:
    """openai.chat: one script of deltas for each choice, interleaved."""
    server = _Server(rng, "chat.completion.chunk")
    yield from server.start()
    choices = []
    for index in range(rng.choice([1, 1, 1, 1, 1, 2, 3, 10])):
        deltas = list(rng.choice(SCRIPTS)(rng))
        if rng.random() < 0.9:
            deltas.insert(0, {"role": "assistant", "content": rng.choice(["", None])})
        choices.append([server.choice(index, delta, None) for delta in deltas])
        finish = rng.choice(["stop", "stop", "length", "tool_calls", "content_filter"])
        choices[-1].append(server.choice(index, rng.choice([{}, {"content": ""}, None]), finish))
    for choice in interleave(rng, choices):
        empty = [{"index": rng.randint(0, 11)}] if rng.random() < 0.01 else []
        yield "", server.chunk([*empty, choice])
    yield from server.end()


def completions(rng: random.Random) -> Iterator[Event]:
    """openai.completions: text in place of deltas, logprobs as parallel arrays."""
    server = _Server(rng, "text_completion")
    server.azure = False
    choices = []
    for index in range(rng.choice([1, 1, 2, 3])):
        choices.append([])
        for piece in [*pieces(rng, text(rng, 25), 15), None]:
            choice: Json = {"text": piece or "", "index": index, "logprobs": None}
            if server.logprobs == "full":
                choice["logprobs"] = {
                    "tokens": [piece], "token_logprobs": [-0.5], "top_logprobs": [{"a": -1}],
                    "text_offset": [rng.randint(0, 99)],
                }  # fmt: skip
            choice["finish_reason"] = "stop" if piece is None else None
            choices[-1].append(choice)
    for choice in interleave(rng, choices):
        yield "", server.chunk([choice])
    yield from server.end()


DIALECTS: dict[str, Callable[[random.Random], Iterator[Event]]] = {
    "openai.chat": chat,
    "openai.completions": completions,
    "openai.responses": responses,
    "anthropic.messages": messages,
    "google.gemini": candidates,
}


def events(rng: random.Random, dialect: str) -> list[Event]:
    """A valid stream of a dialect, as a server of it may send it."""
    return list(DIALECTS[dialect](rng))
