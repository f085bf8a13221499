"""The anthropic SDK: `client.messages.stream(...).get_final_message()`.

With the word `beta` it is `client.beta.messages`, whose stream knows more kinds of blocks.
"""

from __future__ import annotations

import sys
from typing import Any

from benchmarks.traffic import Traffic

from .essence import message_essence
from .loopback import Loopback
from .objects import MESSAGES, Response, row
from .rows import Peer, Reads
from .serve import Answer, Json, Request, serve, versions

CLAIMS = {
    "name": "anthropic, message stream",
    "dialects": ["anthropic.messages"],
    "kinds": {
        "plain": ["answer", "tokens", "whole"],
        "odd": ["answer", "tokens"],
        "damaged": ["whole"],
        "truncated": ["whole"],
        "failed": ["whole"],
    },
    "answer": "members",
}


# -- as a program -------------------------------------------------------------------------------


def make() -> tuple[Json, Answer]:
    """A client of the loopback."""
    import anthropic

    loopback = Loopback()
    client = anthropic.Anthropic(api_key="none", base_url=loopback.url, max_retries=0, timeout=5)
    messages: Any = client.beta.messages if "beta" in sys.argv[1:] else client.messages

    def answer(request: Request) -> Json:
        loopback.body = request.stream
        with messages.stream(
            model="m", max_tokens=9, messages=[{"role": "user", "content": "x"}]
        ) as stream:
            final = stream.get_final_message()
        return {"answer": final.to_dict(), "whole": True}

    return {**CLAIMS, "version": versions("anthropic")}, answer


# -- as rows ------------------------------------------------------------------------------------


def accumulated() -> Peer:
    """anthropic: its Stream of events, accumulated as its MessageStream does it."""
    import anthropic
    from anthropic.lib.streaming._messages import accumulate_event
    from anthropic.types import RawMessageStreamEvent

    client: Any = anthropic.Anthropic(api_key="none")
    kind: Any = RawMessageStreamEvent

    def run(traffic: Traffic, reads: Reads) -> Any:
        response: Any = Response(reads)
        snapshot: Any = None
        buffers: dict[int, bytes] = {}
        for event in anthropic.Stream(cast_to=kind, response=response, client=client):
            snapshot = accumulate_event(event=event, current_snapshot=snapshot, json_bufs=buffers)
        return snapshot

    return row(
        "anthropic, accumulate",
        run,
        lambda answer: message_essence(answer.to_dict()),
        ("anthropic",),
        MESSAGES,
    )


if __name__ == "__main__":
    serve(make)
