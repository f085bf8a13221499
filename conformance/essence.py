"""What an answer says, in whatever form it is given: texts, tool calls, how it ended, tokens.

Enters: a dialect's name, an answer in the form of its API. Leaves: values to compare, and the
traits that an implementation may exclude. Raises KeyError, TypeError and the like where the
answer has another shape; null is the same as absent everywhere.
Must not know: who gave it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# Dialect -> the member that counts tokens, and what went in and came out: some clients add up the
# total themselves.
COUNTERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "openai.chat": ("usage", ("prompt_tokens", "completion_tokens")),
    "openai.completions": ("usage", ("prompt_tokens", "completion_tokens")),
    "openai.responses": ("usage", ("input_tokens", "output_tokens")),
    "anthropic.messages": ("usage", ("input_tokens", "output_tokens")),
    "google.gemini": ("usageMetadata", ("promptTokenCount", "candidatesTokenCount")),
}

# What an implementation may exclude from its claims.
TRAITS = {
    "several_choices": "more than one choice or candidate",
    "function_call": "the function_call that tool calls replaced",
    "custom_tools": "tool calls whose type is not function",
    "no_choices": "an answer without any choice, output or content",
}


def essence(dialect: str | None, answer: Any) -> Any:
    """Texts, tool calls and finish reasons; without a dialect the answer itself."""
    if dialect is None:
        return answer
    return READERS[dialect](answer)


def tokens(dialect: str | None, answer: Any) -> dict[str, Any]:
    """The counters of the answer that are not null."""
    member, counters = COUNTERS.get(dialect or "", ("usage", ()))
    usage = answer.get(member) if isinstance(answer, dict) else None
    if not isinstance(usage, dict):
        return {}
    return {name: usage[name] for name in counters if usage.get(name) is not None}


def traits(dialect: str | None, answer: dict[str, Any]) -> frozenset[str]:
    """Those of TRAITS that an answer of the corpus has."""
    found = set()
    choices = answer.get("choices") or answer.get("candidates") or []
    if len(choices) > 1 or any(choice.get("index") for choice in choices):
        found.add("several_choices")
    messages = [choice.get("message") or {} for choice in choices]
    if any("function_call" in message for message in messages):
        found.add("function_call")
    calls = [call for message in messages for call in message.get("tool_calls") or ()]
    items = [item or {} for item in answer.get("output") or ()]
    if any(call.get("type") != "function" for call in calls) or any(
        item.get("type") == "custom_tool_call" for item in items
    ):
        found.add("custom_tools")
    if not (choices or items or answer.get("content")):
        found.add("no_choices")
    return frozenset(found)


def _chat(answer: Any) -> Any:
    return {choice["index"]: _choice(choice) for choice in answer.get("choices") or ()}


def _choice(choice: Any) -> Any:
    message = choice.get("message") or {}
    function = message.get("function_call") or {}
    calls = [_call(call) for call in message.get("tool_calls") or ()]
    old = (function.get("name") or "", _arguments(function.get("arguments"))) if function else None
    return _content(message.get("content")), calls, old, choice.get("finish_reason")


def _call(call: Any) -> Any:
    body = call.get("function") or call.get("custom") or {}
    given = body.get("arguments") if "arguments" in body else body.get("input")
    return call.get("id"), body.get("name") or "", _arguments(given)


def _arguments(given: Any) -> Any:
    """A call without arguments may say so in three ways."""
    return "" if given in (None, "{}") else given


def _content(content: Any) -> str:
    """A string, or the text parts of a list."""
    if isinstance(content, list):
        return "".join(part.get("text") or "" for part in content if part.get("type") == "text")
    return content or ""


def _completions(answer: Any) -> Any:
    return {
        choice["index"]: (choice.get("text") or "", choice.get("finish_reason"))
        for choice in answer.get("choices") or ()
    }


def _messages(answer: Any) -> Any:
    blocks = answer.get("content") or ()
    text = "".join(block.get("text") or "" for block in blocks if block.get("type") == "text")
    calls = [
        (block.get("id"), block.get("name"), block.get("input"))
        for block in blocks
        if block.get("type") == "tool_use"
    ]
    return text, calls, answer.get("stop_reason")


def _responses(answer: Any) -> Any:
    items = [item for item in answer.get("output") or () if item]
    parts = [
        part
        for item in items
        if item.get("type") == "message"
        for part in item.get("content") or ()
        if part and part.get("type") == "output_text"
    ]
    calls = [
        (item.get("call_id"), item.get("name"), _arguments(item.get("arguments")))
        for item in items
        if item.get("type") == "function_call"
    ]
    return "".join(part.get("text") or "" for part in parts), calls, answer.get("status")


def _gemini(answer: Any) -> Any:
    return {
        candidate.get("index") or 0: _candidate(candidate)
        for candidate in answer.get("candidates") or ()
    }


def _candidate(candidate: Any) -> Any:
    parts = (candidate.get("content") or {}).get("parts") or ()
    text = "".join(part.get("text") or "" for part in parts if not part.get("thought"))
    calls = [part["functionCall"] for part in parts if part.get("functionCall")]
    named = [(call.get("name"), call.get("args") or {}) for call in calls]
    return text, named, candidate.get("finishReason")


READERS: dict[str, Callable[[Any], Any]] = {
    "openai.chat": _chat,
    "openai.completions": _completions,
    "openai.responses": _responses,
    "anthropic.messages": _messages,
    "google.gemini": _gemini,
}
