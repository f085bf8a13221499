"""litellm: `completion(..., stream=True)`, put together by `stream_chunk_builder`."""

from __future__ import annotations

import os
from typing import Any

from benchmarks.traffic import Traffic

from .essence import chat_essence
from .loopback import Loopback
from .objects import row
from .rows import Peer, Reads
from .serve import Answer, Json, Request, serve, versions

CLAIMS = {
    "name": "litellm, stream_chunk_builder",
    "dialects": ["openai.chat"],
    "kinds": {
        "plain": ["answer", "tokens", "whole"],
        "odd": ["answer", "tokens"],
        "damaged": ["whole"],
        "truncated": ["whole"],
        "failed": ["whole"],
    },
    "answer": "essence",
    "without": ["several_choices", "no_choices"],
}
MESSAGES: Any = [{"role": "user", "content": "x"}]


# -- as a program -------------------------------------------------------------------------------


def make() -> tuple[Json, Answer]:
    """litellm, with the loopback as its OpenAI."""
    # Else it asks the network for prices when it is imported.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    import litellm

    litellm.suppress_debug_info = True
    loopback = Loopback()

    def answer(request: Request) -> Json:
        loopback.body = request.stream
        chunks = list(
            litellm.completion(
                model="openai/m", messages=MESSAGES, stream=True, api_key="none",
                api_base=loopback.url, max_retries=0, timeout=5,
                stream_options={"include_usage": True},
            )
        )  # fmt: skip
        built: Any = litellm.stream_chunk_builder(chunks, messages=MESSAGES)
        if built is None:
            return {"whole": False, "refused": "it built nothing"}
        return {"answer": built.model_dump(), "whole": True}

    return {**CLAIMS, "version": versions("litellm", "openai")}, answer


# -- as rows ------------------------------------------------------------------------------------


def built() -> Peer:
    """litellm: its stream objects, put together by stream_chunk_builder."""
    # Else it asks the network for prices when it is imported.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    import litellm as package
    from litellm.types.utils import ModelResponseStream
    from orjson import loads

    from .hand import payloads

    def run(traffic: Traffic, reads: Reads) -> Any:
        chunks = []
        for data in payloads(reads):
            if data == b"[DONE]":
                break
            chunks.append(ModelResponseStream(**loads(data)))
        return package.stream_chunk_builder(chunks)

    return row(
        "litellm, stream_chunk_builder", run, lambda answer: chat_essence(answer), ("litellm",)
    )


if __name__ == "__main__":
    serve(make)
