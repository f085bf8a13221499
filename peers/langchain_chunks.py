"""langchain-core: message chunks added up, as its documentation does it.

`total + chunk` over what langchain-openai and langchain-anthropic stream. A message has the
first choice alone, and a form of its own: it is written as the API's for the comparison.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from benchmarks.traffic import Traffic

from .loopback import Loopback
from .objects import row
from .rows import Peer, Reads
from .serve import Answer, Json, Request, serve, versions

CLAIMS = {
    "name": "langchain-core, chunk + chunk",
    "kinds": {
        "plain": ["answer", "tokens", "whole"],
        "odd": ["answer", "tokens"],
        "damaged": ["whole"],
        "truncated": ["whole"],
        "failed": ["whole"],
    },
    "answer": "essence",
    "without": ["several_choices", "custom_tools", "no_choices"],
}


# -- as a program -------------------------------------------------------------------------------


def make() -> tuple[Json, Answer]:
    """A model of each provider that is installed, at the loopback."""
    from langchain_openai import ChatOpenAI

    loopback = Loopback()
    packages = ["langchain-core", "langchain-openai"]
    options: Any = {
        "model": "m", "api_key": "none", "base_url": loopback.url, "max_retries": 0, "timeout": 5
    }  # fmt: skip
    models: dict[str, Any] = {"openai.chat": ChatOpenAI(**options, stream_usage=True)}
    if find_spec("langchain_anthropic"):
        from langchain_anthropic import ChatAnthropic

        packages.append("langchain-anthropic")
        models["anthropic.messages"] = ChatAnthropic(**options)

    def answer(request: Request) -> Json:
        loopback.body = request.stream
        total: Any = None
        for chunk in models[request.dialect or ""].stream("x"):
            total = chunk if total is None else total + chunk
        form = _chat if request.dialect == "openai.chat" else _message
        return {"answer": form(total), "whole": True}

    claims = {**CLAIMS, "dialects": [*models], "version": versions(*packages)}
    return claims, answer


def _calls(total: Any) -> list[tuple[Any, Any, Any]]:
    return [(call["id"], call["name"], call["args"]) for call in total.tool_call_chunks]


def _content(total: Any) -> list[Json]:
    """The content as parts: it may be a string, or a list with strings in it."""
    content = [total.content] if isinstance(total.content, str) else total.content
    return [{"type": "text", "text": part} if isinstance(part, str) else part for part in content]


def _chat(total: Any) -> Json:
    calls = [
        {"id": ident, "type": "function", "function": {"name": name, "arguments": args or ""}}
        for ident, name, args in _calls(total)
    ]
    message: Json = {"role": "assistant", "content": _content(total), "tool_calls": calls}
    if "function_call" in total.additional_kwargs:
        message["function_call"] = total.additional_kwargs["function_call"]
    finish = total.response_metadata.get("finish_reason")
    usage = total.usage_metadata or {}
    return {
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {
            "prompt_tokens": usage.get("input_tokens"),
            "completion_tokens": usage.get("output_tokens"),
        },
    }


def _message(total: Any) -> Json:
    blocks = [block for block in _content(total) if block.get("type") != "tool_use"]
    blocks += [
        {"type": "tool_use", "id": call["id"], "name": call["name"], "input": call["args"]}
        for call in total.tool_calls
    ]
    usage = total.usage_metadata or {}
    return {
        "content": blocks,
        "stop_reason": total.response_metadata.get("stop_reason"),
        "usage": {name: usage.get(name) for name in ("input_tokens", "output_tokens")},
    }


# -- as rows ------------------------------------------------------------------------------------


def added_up() -> Peer:
    """langchain-core: AIMessageChunk + AIMessageChunk, as its documentation adds them up."""
    from langchain_core.messages import AIMessageChunk
    from orjson import loads

    from .hand import payloads

    def message(chunk: dict[str, Any]) -> Any:
        choice = chunk["choices"][0]
        delta = choice["delta"]
        calls = [
            {
                "index": call["index"],
                "id": call.get("id"),
                "name": call["function"].get("name"),
                "args": call["function"].get("arguments"),
            }
            for call in delta.get("tool_calls") or ()
        ]
        finish = choice["finish_reason"]
        return AIMessageChunk(
            content=delta.get("content") or "",
            tool_call_chunks=calls,
            response_metadata={"finish_reason": finish} if finish else {},
        )

    def run(traffic: Traffic, reads: Reads) -> Any:
        total: Any = None
        for data in payloads(reads):
            if data == b"[DONE]":
                break
            chunk = loads(data)
            if chunk["choices"]:
                part = message(chunk)
                total = part if total is None else total + part
        return total

    def essence(total: Any) -> Any:
        found = sorted(total.tool_call_chunks, key=lambda call: call["index"])
        calls = tuple((call["id"], call["name"], call["args"]) for call in found)
        return {0: (total.content, calls, total.response_metadata["finish_reason"])}

    return row("langchain-core, chunk + chunk", run, essence, ("langchain-core",))


if __name__ == "__main__":
    serve(make)
