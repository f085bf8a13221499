"""What an answer says, without the form in which a peer gives it.

Enters: an answer as a dict. Leaves: what peers of another form are compared by.
Must not know: who gave it.
"""

from __future__ import annotations

from typing import Any


def chat_essence(answer: Any) -> dict[int, tuple[Any, ...]]:
    """Per choice: text, tool calls as (id, name, arguments), finish reason."""
    essence = {}
    for choice in answer["choices"]:
        message = choice["message"]
        calls = tuple(
            (call["id"], call["function"]["name"], call["function"]["arguments"])
            for call in message.get("tool_calls") or ()
        )
        essence[choice["index"]] = (message["content"] or "", calls, choice["finish_reason"])
    return essence


def message_essence(answer: Any) -> tuple[Any, ...]:
    """Per content block its type and what it holds; the stop reason, the tokens."""
    member = {"text": "text", "thinking": "thinking", "tool_use": "input"}
    content = [(part["type"], part[member[part["type"]]]) for part in answer["content"]]
    return content, answer["stop_reason"], answer["usage"]["output_tokens"]
