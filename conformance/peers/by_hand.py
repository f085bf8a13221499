"""What many write today: httpx-sse, orjson, and a merge of some sixty lines per dialect.

The merge is benchmarks/hand.py. It is made for sound streams of the usual shape.
"""

from __future__ import annotations

from .serve import Answer, Json, Request, serve, versions

CLAIMS = {
    "name": "httpx-sse + orjson + hand merge",
    "kinds": {
        "plain": ["answer", "tokens", "whole"],
        "odd": ["answer", "tokens"],
        "damaged": ["whole"],
        "truncated": ["whole"],
        "failed": ["whole"],
    },
    "answer": "members",
    "without": ["function_call", "custom_tools"],
}


def make() -> tuple[Json, Answer]:
    """The merge of the dialect that it is told."""
    from benchmarks.hand import MERGES

    from .framers import httpx_sse_events

    events = httpx_sse_events()

    def answer(request: Request) -> Json:
        merge = MERGES[request.dialect or ""]()
        for event in events([request.stream]):
            if event.data == "[DONE]":
                break
            merge.add(event.data)
        return {"answer": merge.result(), "whole": True}

    claims = {"dialects": [*MERGES], "version": versions("httpx-sse", "orjson"), **CLAIMS}
    return claims, answer


if __name__ == "__main__":
    serve(make)
