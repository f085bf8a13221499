"""Decoders of event streams: python -m peers.framers LIBRARY.

Data, type and id of each event are claimed, which is what the makers of LLM clients need.
"""

from __future__ import annotations

import codecs
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from benchmarks.traffic import Traffic

from .rows import Peer, Reads, right_frames
from .serve import Answer, Json, Request, serve, versions

Events = Callable[[Sequence[bytes]], Iterator[Any]]


def httpx_sse_events() -> Events:
    """httpx-sse over a response of httpx."""
    import httpx
    from httpx_sse import EventSource

    def events(reads: Sequence[bytes]) -> Iterator[Any]:
        headers = {"content-type": "text/event-stream; charset=utf-8"}
        yield from EventSource(httpx.Response(200, headers=headers, content=iter(reads))).iter_sse()

    return events


def httpx_sse_decoders() -> Events:
    """httpx-sse's decoders over what httpx's `iter_text` would give, without httpx."""
    from httpx_sse._decoders import SSEDecoder, SSELineDecoder

    utf8 = codecs.getincrementaldecoder("utf-8")

    def events(reads: Sequence[bytes]) -> Iterator[Any]:
        text, lines, decoder = utf8(errors="replace"), SSELineDecoder(), SSEDecoder()
        for chunk in reads:
            part = text.decode(chunk)
            if not part:
                continue  # httpx leaves these out as well
            for line in lines.decode(part):
                event = decoder.decode(line)
                if event is not None:
                    yield event

    return events


def launchdarkly_events() -> Events:
    """launchdarkly-eventsource's reader, without its connection."""
    from ld_eventsource.actions import Event
    from ld_eventsource.reader import _BufferedLineReader, _SSEReader

    def events(reads: Sequence[bytes]) -> Iterator[Any]:
        lines = _BufferedLineReader.lines_from(reads)
        for action in _SSEReader(lines).events_and_comments():
            if type(action) is Event:
                yield action

    return events


def openai_events() -> Events:
    """The openai SDK's SSE decoder."""
    from openai._streaming import SSEDecoder

    def events(reads: Sequence[bytes]) -> Iterator[Any]:
        yield from SSEDecoder().iter_bytes(iter(reads))

    return events


def anthropic_events() -> Events:
    """The anthropic SDK's SSE decoder."""
    from anthropic._streaming import SSEDecoder

    def events(reads: Sequence[bytes]) -> Iterator[Any]:
        yield from SSEDecoder().iter_bytes(iter(reads))

    return events


# -- as programs --------------------------------------------------------------------------------

# Library -> what makes its events out of reads.
EVENTS: dict[str, Callable[[], Events]] = {
    "httpx-sse": httpx_sse_events,
    "launchdarkly-eventsource": launchdarkly_events,
    "openai": openai_events,
    "anthropic": anthropic_events,
}


def make() -> tuple[Json, Answer]:
    """The decoder that the command line names."""
    library = sys.argv[1]
    events = EVENTS[library]()

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


# -- as rows ------------------------------------------------------------------------------------


def _framer(name: str, package: str, events: Events) -> Peer:
    """A framing row; its events have `event`, `data`, `id`."""

    def run(traffic: Traffic, reads: Reads) -> int:
        size = 0
        for event in events(reads):
            size += len(event.data)
        return size

    def all_of_them(reads: Reads) -> list[Any]:
        return [(e.event or "message", e.data, e.id or "") for e in events(reads)]

    return Peer(name, "frames", run, right_frames(all_of_them), "every event", packages=(package,))


def httpx_sse() -> Peer:
    """httpx-sse, framing."""
    return _framer("httpx-sse", "httpx-sse", httpx_sse_decoders())


def launchdarkly() -> Peer:
    """launchdarkly-eventsource, framing."""
    return _framer("launchdarkly-eventsource", "launchdarkly-eventsource", launchdarkly_events())


def openai_frames() -> Peer:
    """The openai SDK's SSE decoder, framing."""
    return _framer("openai, SSE decoder", "openai", openai_events())


def anthropic_frames() -> Peer:
    """The anthropic SDK's SSE decoder, framing."""
    return _framer("anthropic, SSE decoder", "anthropic", anthropic_events())


if __name__ == "__main__":
    serve(make)
