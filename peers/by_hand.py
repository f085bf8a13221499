"""What many write today: httpx-sse, orjson, and a merge of some sixty lines per dialect.

The merge is hand.py. It is made for sound streams of the usual shape.
"""

from __future__ import annotations

from typing import Any

from benchmarks.traffic import Traffic

from .framers import httpx_sse_decoders, httpx_sse_events
from .rows import CHAT, Peer, Reads, whole
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


# -- as a program -------------------------------------------------------------------------------


def make() -> tuple[Json, Answer]:
    """The merge of the dialect that it is told."""
    from .hand import MERGES

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


# -- as rows ------------------------------------------------------------------------------------


def orjson_merge() -> Peer:
    """orjson and a merge that was written for the dialect (hand.py)."""
    from orjson import dumps

    from .hand import MERGES, fold

    def run(traffic: Traffic, reads: Reads) -> Any:
        return fold(traffic.dialect, reads)

    def to_json(traffic: Traffic, reads: Reads) -> Any:
        return dumps(fold(traffic.dialect, reads))

    return Peer(
        "orjson + hand merge",
        "fold",
        run,
        whole(run),
        dialects=tuple(MERGES),
        packages=("orjson",),
        json=to_json,
    )


def split() -> Peer:
    """bytes.split, `data:` alone."""
    from .hand import payloads

    def run(traffic: Traffic, reads: Reads) -> int:
        size = 0
        for data in payloads(reads):
            size += len(data.decode())
        return size

    def check(traffic: Traffic, reads: Reads) -> bool:
        found = [data.decode() for data in payloads(reads)]
        return found == [data for _, data, _ in traffic.expected]

    return Peer("split by hand", "frames", run, check, "data, no event types or ids")


def httpx_sse_merge() -> Peer:
    """httpx-sse, orjson, and the merge of hand.py: what many have today."""
    from .hand import MERGES

    events = httpx_sse_decoders()

    def run(traffic: Traffic, reads: Reads) -> Any:
        merge = MERGES[traffic.dialect]()
        add = merge.add
        for event in events(reads):
            data = event.data
            if data == "[DONE]":
                break
            add(data)
        return merge.result()

    def check(traffic: Traffic, reads: Reads) -> bool:
        return bool(run(traffic, reads) == traffic.expected)

    return Peer(
        "httpx-sse + orjson + hand merge",
        "fold",
        run,
        check,
        dialects=tuple(MERGES),
        packages=("httpx-sse", "orjson"),
    )


def orjson_content() -> Peer:
    """orjson and a look for the content of each event, which has to be a read of its own."""
    from orjson import loads

    def run(traffic: Traffic, reads: Reads) -> Any:
        seen = None
        for chunk in reads:
            data = chunk[6:]
            if data.startswith(b"[DONE]"):
                break
            choices = loads(data)["choices"]
            if choices:
                seen = choices[0]["delta"].get("content")
        return seen

    def check(traffic: Traffic, reads: Reads) -> bool:
        if tuple(reads) != traffic.blocks:
            return False
        text = "".join(run(traffic, [chunk]) or "" for chunk in reads)
        return text == (traffic.expected["choices"][0]["message"]["content"] or "")

    return Peer(
        "orjson + content by hand", "looks", run, check, "the text",
        dialects=CHAT, packages=("orjson",),
    )  # fmt: skip


if __name__ == "__main__":
    serve(make)
