"""Decoders of event streams: python -m conformance.peers.framers LIBRARY.

Data, type and id of each event are claimed, which is what the makers of LLM clients need.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

from .serve import Answer, Json, Request, serve, versions

Events = Callable[[Sequence[bytes]], Iterator[Any]]

# Library -> what makes its events out of reads, in benchmarks/libraries.py.
EVENTS = {
    "launchdarkly-eventsource": "launchdarkly_events",
    "openai": "openai_events",
    "anthropic": "anthropic_events",
}


def httpx_sse_events() -> Events:
    """httpx-sse over a response of httpx."""
    import httpx
    from httpx_sse import EventSource

    def events(reads: Sequence[bytes]) -> Iterator[Any]:
        headers = {"content-type": "text/event-stream; charset=utf-8"}
        yield from EventSource(httpx.Response(200, headers=headers, content=iter(reads))).iter_sse()

    return events


def make() -> tuple[Json, Answer]:
    """The decoder that the command line names."""
    library = sys.argv[1]
    if library == "httpx-sse":
        events = httpx_sse_events()
    else:
        events = getattr(import_module("benchmarks.libraries"), EVENTS[library])()

    def answer(request: Request) -> Json:
        return {"events": [_fields(event) for event in events([request.stream])]}

    claims = {
        "name": library,
        "version": versions(library),
        "kinds": {"framing": ["data", "event", "id"]},
    }
    return claims, answer


def _fields(event: Any) -> Json:
    """An absent type is `message`, an absent id none; the id is the last one that was sent."""
    ident = getattr(event, "last_event_id", None) or event.id
    return {"data": event.data, "event": event.event or "message", "id": ident or ""}


if __name__ == "__main__":
    serve(make)
