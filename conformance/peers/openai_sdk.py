"""The openai SDK: chunks through ChatCompletionStreamState, the Responses API's own stream.

What it documents for streams: `state.handle_chunk(chunk)`, `state.get_final_completion()`, and
`client.responses.stream(...).get_final_response()`. Legacy completions are chunks alone.
"""

from __future__ import annotations

from typing import Any

from .loopback import Loopback
from .serve import Answer, Json, Request, serve, versions

CLAIMS = {
    "name": "openai, stream state",
    "dialects": ["openai.chat", "openai.responses"],
    "kinds": {
        "plain": ["answer", "tokens", "whole"],
        "odd": ["answer", "tokens"],
        "damaged": ["whole"],
        "truncated": ["whole"],
        "failed": ["whole"],
    },
    "answer": "members",
}
MESSAGES: Any = [{"role": "user", "content": "x"}]


def make() -> tuple[Json, Answer]:
    """A client of the loopback."""
    import openai
    from openai.lib.streaming.chat import ChatCompletionStreamState

    loopback = Loopback()
    client = openai.OpenAI(api_key="none", base_url=loopback.url, max_retries=0, timeout=5)

    def chat() -> Any:
        state: Any = ChatCompletionStreamState()
        for chunk in client.chat.completions.create(model="m", messages=MESSAGES, stream=True):
            state.handle_chunk(chunk)
        try:
            return state.get_final_completion()
        except (openai.LengthFinishReasonError, openai.ContentFilterFinishReasonError):
            return state.current_completion_snapshot  # whole, but not to be parsed

    def responses() -> Any:
        with client.responses.stream(model="m", input="x") as stream:
            for _ in stream:
                pass
            return stream.get_final_response()

    def answer(request: Request) -> Json:
        loopback.body = request.stream
        final = responses() if request.dialect == "openai.responses" else chat()
        return {"answer": final.to_dict(), "whole": True}

    return {**CLAIMS, "version": versions("openai")}, answer


if __name__ == "__main__":
    serve(make)
