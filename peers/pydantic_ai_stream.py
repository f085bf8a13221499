"""pydantic-ai: `model_request_stream`, and the ModelResponse that it has at the end.

A response has the first choice alone, and a form of its own: it is written as the API's for
the comparison.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from .loopback import Loopback
from .serve import Answer, Json, Request, serve, versions

CLAIMS = {
    "name": "pydantic-ai, streamed response",
    "dialects": ["openai.chat", "openai.responses", "anthropic.messages", "google.gemini"],
    "kinds": {
        "plain": ["answer", "tokens", "whole"],
        "odd": ["answer", "tokens"],
        "damaged": ["whole"],
        "truncated": ["whole"],
        "failed": ["whole"],
    },
    "answer": "essence",
    "without": ["several_choices", "custom_tools", "function_call", "no_choices"],
}


def make() -> tuple[Json, Answer]:
    """A model of each provider, at the loopback."""
    from pydantic_ai.direct import model_request_stream
    from pydantic_ai.messages import ModelRequest

    loopback = Loopback()
    models = _models(loopback.url)
    packages = ("pydantic-ai-slim", "openai", "anthropic", "google-genai")
    loop = asyncio.new_event_loop()

    async def final(model: Any) -> Any:
        messages: Any = [ModelRequest.user_text_prompt("x")]
        async with model_request_stream(model, messages) as stream:
            async for _ in stream:
                pass
        return stream.get()

    def answer(request: Request) -> Json:
        loopback.body = request.stream
        dialect = request.dialect or ""
        response = loop.run_until_complete(asyncio.wait_for(final(models[dialect]), 8))
        return {"answer": FORMS[dialect](response), "whole": True}

    return {**CLAIMS, "version": versions(*packages)}, answer


def _models(url: str) -> dict[str, Any]:
    from anthropic import AsyncAnthropic
    from openai import AsyncOpenAI
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.models.google import GoogleModel
    from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
    from pydantic_ai.providers.anthropic import AnthropicProvider
    from pydantic_ai.providers.google import GoogleProvider
    from pydantic_ai.providers.openai import OpenAIProvider

    openai = OpenAIProvider(
        openai_client=AsyncOpenAI(api_key="none", base_url=url, max_retries=0, timeout=5)
    )
    anthropic = AnthropicProvider(
        anthropic_client=AsyncAnthropic(api_key="none", base_url=url, max_retries=0, timeout=5)
    )
    return {
        "openai.chat": OpenAIChatModel("m", provider=openai),
        "openai.responses": OpenAIResponsesModel("m", provider=openai),
        "anthropic.messages": AnthropicModel("m", provider=anthropic),
        "google.gemini": GoogleModel("m", provider=GoogleProvider(api_key="none", base_url=url)),
    }


def _text(response: Any) -> str:
    return "".join(part.content for part in response.parts if part.part_kind == "text")


def _calls(response: Any) -> list[tuple[Any, Any, Any]]:
    return [
        (_sent(part.tool_call_id), part.tool_name, part.args)
        for part in response.parts
        if part.part_kind == "tool-call"
    ]


def _sent(ident: str) -> str | None:
    """The id, but for one that it made because the stream had none."""
    return None if ident.startswith("pyd_ai_") else ident


def _as_text(arguments: Any) -> Any:
    return arguments if isinstance(arguments, str) else json.dumps(arguments or {})


def _as_object(arguments: Any) -> Any:
    if not isinstance(arguments, str):
        return arguments or {}
    try:
        return json.loads(arguments or "{}")
    except ValueError:
        return arguments


def _finish(response: Any) -> Any:
    """In the provider's words, which it keeps beside its own; else its own, of Chat's kind."""
    own = {"tool_call": "tool_calls"}.get(response.finish_reason, response.finish_reason)
    return (response.provider_details or {}).get("finish_reason") or own


def _chat(response: Any) -> Json:
    calls = [
        {"id": ident, "type": "function", "function": {"name": name, "arguments": args or ""}}
        for ident, name, args in _calls(response)
    ]
    message = {"role": "assistant", "content": _text(response), "tool_calls": calls}
    usage = response.usage
    return {
        "choices": [{"index": 0, "message": message, "finish_reason": _finish(response)}],
        "usage": {
            "prompt_tokens": usage.input_tokens,
            "completion_tokens": usage.output_tokens,
        },
    }


def _responses(response: Any) -> Json:
    part = {"type": "output_text", "text": _text(response)}
    items: list[Json] = [{"type": "message", "content": [part]}]
    items += [
        {"type": "function_call", "call_id": ident, "name": name, "arguments": _as_text(args)}
        for ident, name, args in _calls(response)
    ]
    usage = response.usage
    return {
        "output": items,
        "status": STATUS.get(_finish(response), _finish(response)),
        "usage": {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
        },
    }


def _message(response: Any) -> Json:
    blocks: list[Json] = [{"type": "text", "text": _text(response)}]
    blocks += [
        {"type": "tool_use", "id": ident, "name": name, "input": _as_object(args)}
        for ident, name, args in _calls(response)
    ]
    details = response.usage.details
    return {
        "content": blocks,
        "stop_reason": _finish(response),
        "usage": {name: details.get(name) for name in ("input_tokens", "output_tokens")},
    }


def _gemini(response: Any) -> Json:
    parts: list[Json] = [{"text": _text(response)}]
    parts += [
        {"functionCall": {"name": name, "args": _as_object(args)}}
        for _, name, args in _calls(response)
    ]
    usage = response.usage
    return {
        "candidates": [{"content": {"parts": parts}, "finishReason": _finish(response)}],
        "usageMetadata": {
            "promptTokenCount": usage.input_tokens,
            "candidatesTokenCount": usage.output_tokens,
        },
    }


# Why a response is incomplete -> its status, which the reason stands for.
STATUS = {"max_output_tokens": "incomplete", "content_filter": "incomplete"}

FORMS = {
    "openai.chat": _chat,
    "openai.responses": _responses,
    "anthropic.messages": _message,
    "google.gemini": _gemini,
}

if __name__ == "__main__":
    serve(make)
