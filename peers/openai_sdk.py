"""The openai SDK: chunks through ChatCompletionStreamState, the Responses API's own stream.

What it documents for streams: `state.handle_chunk(chunk)`, `state.get_final_completion()`, and
`client.responses.stream(...).get_final_response()`. Legacy completions are chunks alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.traffic import Traffic

from .essence import chat_essence
from .loopback import Loopback
from .objects import Response, row
from .rows import CHAT, Peer, Reads
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


# -- as a program -------------------------------------------------------------------------------


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


# -- as rows ------------------------------------------------------------------------------------


def _chunks() -> Callable[[Reads], Iterator[Any]]:
    import openai
    from openai.types.chat import ChatCompletionChunk

    client: Any = openai.OpenAI(api_key="none")

    def chunks(reads: Reads) -> Iterator[Any]:
        response: Any = Response(reads)
        return iter(openai.Stream(cast_to=ChatCompletionChunk, response=response, client=client))

    return chunks


def chunks_joined() -> Peer:
    """openai: its Stream of ChatCompletionChunk, text joined as its README does it."""
    chunks = _chunks()

    def run(traffic: Traffic, reads: Reads) -> Any:
        texts: dict[int, list[str]] = {}
        for chunk in chunks(reads):
            for choice in chunk.choices:
                texts.setdefault(choice.index, []).append(choice.delta.content or "")
        return {index: "".join(pieces) for index, pieces in texts.items()}

    def check(traffic: Traffic, reads: Reads) -> bool:
        expected = chat_essence(traffic.expected)
        return bool(run(traffic, reads) == {index: one[0] for index, one in expected.items()})

    return Peer(
        "openai, chunks + join", "fold", run, check, "text", CHAT, slow=True, packages=("openai",)
    )


def stream_state() -> Peer:
    """openai: ChatCompletionStreamState."""
    from openai.lib.streaming.chat import ChatCompletionStreamState

    chunks = _chunks()

    def run(traffic: Traffic, reads: Reads) -> Any:
        state: Any = ChatCompletionStreamState()
        for chunk in chunks(reads):
            state.handle_chunk(chunk)
        return state.get_final_completion()

    return row(
        "openai, stream state", run, lambda answer: chat_essence(answer.to_dict()), ("openai",)
    )


if __name__ == "__main__":
    serve(make)
