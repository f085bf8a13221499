"""Whole answers made of a seed: what the APIs return without streaming, one maker per dialect.

Enters: a random.Random (never another source of chance).
Leaves: `answer(rng, dialect)`, in the key order in which a fold gives it; `mutated`, one
with something odd somewhere; `losses`, what an answer has that another has not.
Must not know: the package under test.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from streamgen import NAMES, arguments, text, token, usage

Json = dict[str, Any]

VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 1.0, 0.0, -0.0, 1e-07, 10**25, "", "x", "🎉", "ha", [], {},
    [1, 2], [{"index": 0, "v": 1}], [{"index": 0}, {"index": 0}], ["s", None], {"a": None},
    {"a": {"b": [1, {"c": None}]}}, [[]], "message_stop", "text",
)  # fmt: skip


def value(rng: random.Random) -> Any:
    return copy.deepcopy(rng.choice(VALUES))


def some(rng: random.Random, members: Json, chance: float = 0.5) -> Json:
    """Some of the members, in their order."""
    return {key: value for key, value in members.items() if rng.random() < chance}


def unknown(rng: random.Random) -> Json:
    """Members that no table names."""
    return {f"x_{name}": value(rng) for name in rng.sample("abcdef", rng.choice([0, 0, 1, 3]))}


def tokens(rng: random.Random, whole: str) -> list[Json]:
    """What is logged of a text's tokens: they are the text, or nearly, or something else."""
    if rng.random() < 0.3:
        return [token(rng) for _ in range(rng.randint(0, 4))]
    cuts = sorted(rng.randint(0, len(whole)) for _ in range(rng.randint(0, 9)))
    parts = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    return [{**token(rng), "token": part} for part in parts]


# -- openai.chat, openai.completions ----------------------------------------------------------


def _top(rng: random.Random, kind: str, choices: list[Json], rest: Json) -> Json:
    out: Json = {"id": "c-1", "object": kind, "created": 1762947559, "model": "gpt-4o"}
    out["choices"] = choices
    if rng.random() < 0.7:
        out["usage"] = usage(rng, rng.randint(0, 99))
    out |= some(rng, {"service_tier": rng.choice(["default", None]), "system_fingerprint": "fp"})
    return {**out, **some(rng, rest), **unknown(rng)}


def _call(rng: random.Random, number: int) -> Json:
    name = {"name": rng.choice(NAMES)}
    if rng.random() < 0.2:
        return {"id": f"call_{number}", "type": "custom", "custom": {**name, "input": text(rng)}}
    function = {**name, "arguments": arguments(rng), **unknown(rng)}
    return {"id": f"call_{number}", "type": "function", "function": function, **unknown(rng)}


def _content(rng: random.Random) -> Any:
    """A string, or parts of which no two neighbours are of one kind."""
    if rng.random() < 0.8:
        return rng.choice([None, "", text(rng, 25), text(rng, 25), text(rng, 25)])
    parts: list[Json] = []
    for _ in range(rng.randint(1, 5)):
        inner: Any = [{"type": "text", "text": text(rng)}] * rng.randint(0, 1)
        part: Json = rng.choice([
            {"type": "text", "text": text(rng)},
            {"type": "text", "text": text(rng), "x": value(rng)},
            {"type": "thinking", "thinking": rng.choice([inner, text(rng)]), "closed": True},
            {"type": "image_url", "image_url": {"url": "data:x"}},
        ])  # fmt: skip
        if not parts or parts[-1]["type"] != part["type"] or "image_url" in part:
            parts.append(part)
    return parts


def _message(rng: random.Random) -> Json:
    message: Json = {"role": "assistant", "content": _content(rng)}
    if rng.random() < 0.1:
        message["function_call"] = {"name": "f", "arguments": arguments(rng)}
    if rng.random() < 0.3:
        message["tool_calls"] = [_call(rng, number) for number in range(rng.randint(1, 4))]
    message |= some(rng, {"refusal": rng.choice([None, None, text(rng)])})
    message |= some(rng, {"annotations": rng.choice([[], [{"type": "url_citation"}]])}, 0.3)
    audio = {"id": "a", "data": "QUJD" * 9, "expires_at": 17, "transcript": text(rng)}
    details = [
        {"type": "reasoning.text", "index": 0, "text": text(rng), "signature": None},
        {"type": "reasoning.encrypted", "index": 0, "data": "e"},
        {"type": "reasoning.summary", "summary": "s"},
    ]
    rest = {
        "reasoning_content": rng.choice([None, text(rng, 20)]), "reasoning": text(rng),
        "thinking": text(rng), "audio": audio, "reasoning_details": details[: rng.randint(0, 3)],
        "images": [{"type": "image_url"}], "token_ids": [1, 2], "phase": "answer",
    }  # fmt: skip
    keys = rng.sample(list(rest), len(rest))
    return {**message, **some(rng, {key: rest[key] for key in keys}, 0.2), **unknown(rng)}


def chat(rng: random.Random) -> Json:
    """openai.chat."""
    choices: list[Json] = []
    for index in range(rng.choice([1, 1, 1, 1, 2, 3, 0])):
        message = _message(rng)
        content, refusal = message["content"], message.get("refusal")
        logprobs = {
            "content": tokens(rng, content if isinstance(content, str) else ""),
            "refusal": tokens(rng, refusal) if refusal else None,
        }
        choice = {"index": index, "message": message}
        choice |= some(rng, {"logprobs": rng.choice([None, some(rng, logprobs, 0.8)])})
        choice["finish_reason"] = rng.choice(["stop", "tool_calls", "length", None])
        filtered = {"content_filter_results": {"hate": {"filtered": False, "severity": None}}}
        choices.append({**choice, **some(rng, filtered, 0.2), **unknown(rng)})
    rest = {"citations": ["u"], "x_groq": {"id": "r"}, "provider": "P", "timings": {"ms": 1.5}}
    return _top(rng, "chat.completion", choices, rest)


def completions(rng: random.Random) -> Json:
    """openai.completions."""
    choices: list[Json] = []
    for index in range(rng.choice([1, 1, 2, 3])):
        whole = text(rng, 25)
        words = [entry["token"] for entry in tokens(rng, whole)]
        arrays = {
            "tokens": words, "token_logprobs": [-0.5] * len(words),
            "top_logprobs": rng.choice([None, [{"a": -1}] * len(words), []]),
            "text_offset": list(range(len(words))),
        }  # fmt: skip
        choice: Json = {"text": whole, "index": index}
        choice |= some(rng, {"logprobs": rng.choice([None, some(rng, arrays, 0.8)])})
        choice["finish_reason"] = rng.choice(["stop", "length"])
        choices.append({**choice, **unknown(rng)})
    return _top(rng, "text_completion", choices, {})


# -- anthropic.messages ------------------------------------------------------------------------


def _block(rng: random.Random) -> Json:
    tool = rng.choice(["tool_use", "tool_use", "server_tool_use", "mcp_tool_use"])
    body = rng.choice([{}, {"a": "é🎉", "b": [1, {"c": None}]}, arguments(rng), "", value(rng)])
    cited = {"type": "char_location", "cited_text": "x", "document_title": None}
    citations = rng.choice([None, [], [cited], [cited, cited]])
    result = {"type": "web_search_tool_result", "tool_use_id": "t", "content": [{"url": "u"}]}
    block: Json = rng.choice([
        {"type": "text", "text": text(rng, 25)},
        {"citations": citations, "type": "text", "text": text(rng, 25)},
        {"type": "thinking", "thinking": text(rng, 25), "signature": rng.choice(["", "Et8B=="])},
        {"type": tool, "id": "toolu_1", "name": rng.choice(NAMES), "input": body},
        {"type": "redacted_thinking", "data": "Abc="},
        {"type": "fallback", "from": {"model": "m"}, "to": {"model": "claude-x"}},
        {**result, "caller": {"type": "direct"}},
    ])  # fmt: skip
    return {**block, **unknown(rng)}


def messages(rng: random.Random) -> Json:
    """anthropic.messages."""
    counts = {
        "input_tokens": 25, "cache_read_input_tokens": rng.choice([0, None]),
        "output_tokens": rng.choice([0, 15]), "service_tier": "standard",
        "server_tool_use": rng.choice([None, {"web_search_requests": 1}]),
    }  # fmt: skip
    message = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x",
        "content": [_block(rng) for _ in range(rng.randint(0, 4))],
        "stop_reason": rng.choice(["end_turn", "tool_use", "max_tokens", None]),
        "stop_sequence": rng.choice([None, "###"]), "usage": counts,
        "container": rng.choice([None, {"id": "c"}]),
        "context_management": rng.choice([None, {"applied_edits": []}]),
    }  # fmt: skip
    keep = ("id", "type", "role", "model", "content", "stop_reason")
    chosen = {key: message[key] for key in message if key in keep or rng.random() < 0.6}
    return {**chosen, **unknown(rng)}


# -- openai.responses ---------------------------------------------------------------------------


def _item(rng: random.Random, number: int) -> Json:
    base = {"id": f"it_{number}", "status": "completed"}
    written = text(rng, 25)
    annotations = [{"type": "url_citation", "url": "u"}] * rng.randint(0, 2)
    logged = some(rng, {"logprobs": rng.choice([[], tokens(rng, written)])})
    part = {"type": "output_text", "annotations": annotations, **logged, "text": written}
    refusal = {"type": "refusal", "refusal": text(rng)}
    summary = [{"type": "summary_text", "text": text(rng, 20)}] * rng.randint(0, 2)
    thought = [{"type": "reasoning_text", "text": text(rng)}]
    content = rng.choice([[], [part], [part], [part, refusal], [value(rng)], None])
    item: Json = rng.choice([
        {"type": "message", "role": "assistant", "content": content},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": arguments(rng)},
        {"type": "reasoning", "summary": summary, **some(rng, {"content": thought})},
        {"type": "custom_tool_call", "call_id": "c", "name": "f", "input": text(rng)},
        {"type": "code_interpreter_call", "code": rng.choice([None, text(rng)]), "outputs": None},
        {"type": "mcp_call", "name": "f", "arguments": "{}", "output": "x", "error": None},
        {"type": "web_search_call", "action": {"type": "search", "query": "q"}},
        {"type": "image_generation_call", "result": "QUJD"},
        {"type": "new_call", "input": value(rng)},
    ])  # fmt: skip
    return {**some(rng, base, 0.9), **item, **unknown(rng)}


def responses(rng: random.Random) -> Json:
    """openai.responses."""
    out = {
        "id": "resp_1", "object": "response", "created_at": 1762947559,
        "status": rng.choice(["completed", "completed", "incomplete"]), "error": None,
        "incomplete_details": rng.choice([None, {"reason": "max_output_tokens"}]),
        "instructions": None, "model": "gpt-5", "tools": [], "temperature": 1.0,
        "output": [_item(rng, number) for number in range(rng.randint(0, 4))],
        "usage": rng.choice([None, {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}]),
    }  # fmt: skip
    keys = rng.sample(list(out), len(out)) if rng.random() < 0.3 else list(out)
    return {**{key: out[key] for key in keys}, **unknown(rng)}


# -- google.gemini ---------------------------------------------------------------------------------


def _parts(rng: random.Random) -> list[Json]:
    """Parts as a fold gives them: no neighbours that would join, no empty text."""
    parts: list[Json] = []
    thinking = False
    for _ in range(rng.randint(1, 6)):
        call = {"functionCall": {"name": "f", "args": {"a": [1, None]}}}
        part: Json = {"text": text(rng, 15) or "x", **unknown(rng)}
        if thinking:
            part["thought"] = True
        if rng.random() < 0.2:
            part = call
        if rng.random() < 0.3:
            part["thoughtSignature"] = "c2ln"
        closed = not parts or "functionCall" in parts[-1] or "thoughtSignature" in parts[-1]
        if closed or "functionCall" in part or parts[-1].get("thought") != part.get("thought"):
            parts.append(part)
        thinking = rng.random() < 0.5
    return rng.choice([parts, parts, parts, parts, [{"text": ""}]])


def gemini(rng: random.Random) -> Json:
    """google.gemini."""
    counts = {"promptTokenCount": 4, "candidatesTokenCount": rng.choice([0, 9]), "x": [1]}
    top = {
        "usageMetadata": counts, "modelVersion": "gemini-3", "responseId": "r",
        "createTime": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    if rng.random() < 0.1:
        return {"promptFeedback": {"blockReason": "SAFETY"}, **some(rng, top)}
    candidates = []
    for index in range(rng.choice([1, 1, 1, 2, 3])):
        content = {"parts": _parts(rng), "role": "model", **unknown(rng)}
        if rng.random() < 0.5:
            content = {"role": "model", "parts": content["parts"]}
        candidate: Json = {
            "content": rng.choice([content] * 9 + [{"role": "model"}, {}, None]),
            "finishReason": rng.choice(["STOP", "MAX_TOKENS"]),
        }
        candidate |= {"index": index} if index or rng.random() < 0.5 else {}
        rest = {
            "avgLogprobs": -0.5, "safetyRatings": [{"category": "X"}], "tokenCount": 3,
            "logprobsResult": {"topCandidates": [{"a": 1}], "logProbabilitySum": -1.5},
            "groundingMetadata": {"webSearchQueries": ["q"]}, **unknown(rng),
        }  # fmt: skip
        candidate |= some(rng, rest, 0.3)
        keys = rng.sample(list(candidate), len(candidate)) if rng.random() < 0.5 else candidate
        candidates.append({key: candidate[key] for key in keys})
    out = {"candidates": candidates, **some(rng, top, 0.8), **unknown(rng)}
    return {key: out[key] for key in (rng.sample(list(out), len(out)))}


MAKERS: dict[str, Callable[[random.Random], Json]] = {
    "openai.chat": chat,
    "openai.completions": completions,
    "openai.responses": responses,
    "anthropic.messages": messages,
    "google.gemini": gemini,
}


def answer(rng: random.Random, dialect: str) -> Json:
    """A whole answer of a dialect."""
    return MAKERS[dialect](rng)


# -- small ones, by hand ---------------------------------------------------------------------------


def chat(message: Any = None, **more: Any) -> dict[str, Any]:
    """A chat's answer; what begins with choice_ stands in the choice."""
    choice = {key[7:]: more.pop(key) for key in list(more) if key.startswith("choice_")}
    text = {"role": "assistant", "content": "Hi"} if message is None else message
    return {
        "id": "c", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "message": text, "finish_reason": "stop", **choice}], **more,
    }  # fmt: skip


def said(**more: Any) -> dict[str, Any]:
    return chat({"role": "assistant", "content": "Hi", **more})


def parts(*texts: Any) -> dict[str, Any]:
    return {"candidates": [{"content": {"parts": list(texts)}, "finishReason": "STOP"}]}


# -- odd ones -----------------------------------------------------------------------------------

# Names that mean something, somewhere.
KEYS = (
    "id", "object", "created", "model", "usage", "error", "p", "obfuscation", "x_groq", "type",
    "index", "delta", "message", "text", "finish_reason", "logprobs", "content", "role", "name",
    "refusal", "tool_calls", "function_call", "audio", "annotations", "reasoning_details", "foo",
    "token_ids", "content_filter_offsets", "function", "arguments", "custom", "input", "thought",
    "stop_reason", "stop_sequence", "citations", "signature", "thinking", "output", "status",
    "summary", "finishReason", "parts", "thoughtSignature", "promptFeedback", "candidates",
    "choices", "tokens", "container", "reasoning_content", "images", "step_id",
)  # fmt: skip


def mutated(rng: random.Random, whole: Json) -> Json:
    """The answer with one to three odd things somewhere in it."""
    out: Json = copy.deepcopy(whole)
    for _ in range(rng.randint(1, 3)):
        holder = rng.choice(list(_holders(out)))
        if isinstance(holder, dict):
            key = rng.choice([*holder, *holder, rng.choice(KEYS)])
            how = rng.choice(["set", "set", "drop", "last"])
            old = holder.pop(key, None)
            if how != "drop":
                holder[key] = value(rng) if how == "set" else old
        else:
            position = rng.randint(0, len(holder))
            again = copy.deepcopy(holder[position - 1]) if holder else None
            holder.insert(position, rng.choice([again, value(rng)]))
    return out


def _holders(value: Any) -> Iterator[Any]:
    if isinstance(value, (dict, list)):
        yield value
        for below in value.values() if isinstance(value, dict) else value:
            yield from _holders(below)


# What may come back as nothing, or as what always stands there.
EMPTY = {
    "id", "created", "model", "responseId", "createTime", "role", "type", "object",
    "finish_reason", "finishReason",
}  # fmt: skip


def losses(sent: Any, back: Any, path: str = "") -> list[str]:
    """Where `back` lacks what `sent` has; the documented exceptions are none.

    Null may come back as anything. Empty identifiers may come back as null or a default.
    """
    key = path.rpartition(".")[2]
    if sent is None or (key in EMPTY and sent in ("", 0)) or (key == "tool_calls" and sent == []):
        return []
    if isinstance(sent, dict) and isinstance(back, dict):
        return [
            loss
            for name, below in sent.items()
            if not (name == "index" and path.endswith("]") and ".tool_calls[" in path)
            for loss in losses(below, back.get(name), f"{path}.{name}")
        ]
    if isinstance(sent, list) and isinstance(back, list):
        sent, back = [_joined(x, key) for x in (sent, back)]
        if len(sent) == len(back):
            pairs = enumerate(zip(sent, back, strict=True))
            return [x for at, (a, b) in pairs for x in losses(a, b, f"{path}[{at}]")]
    same = json.dumps(sent) == json.dumps(back)
    return [] if same else [f"{path}: {sent!r} is {back!r}"]


def _joined(items: list[Any], key: str) -> list[Any]:
    """Parts with neighbouring texts joined, and without those that are empty."""
    if key not in ("parts", "content", "thinking"):
        return items
    out: list[Any] = []
    for item in items:
        kind = item.get("type", "text") if isinstance(item, dict) else None
        if not isinstance(kind, str) or not isinstance(item.get(kind), str):
            out.append(item)
        elif key == "parts" and not item["text"] and "thoughtSignature" not in item:
            continue
        elif out and _is_alike(out[-1], item, kind):
            out[-1] = {**out[-1], kind: out[-1][kind] + item[kind]}
        else:
            out.append(item)
    return out


def _is_alike(last: Any, item: Json, kind: str) -> bool:
    """Whether two parts agree in all but their text."""
    if not isinstance(last, dict) or not isinstance(last.get(kind), str):
        return False
    return {**last, kind: ""} == {**item, kind: ""}
