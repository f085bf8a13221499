"""ssefold itself, by its public names: python -m peers.ours [c|python]."""

from __future__ import annotations

import contextlib
import os
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from benchmarks.traffic import Traffic

from .rows import Peer, Reads, right_frames, whole
from .serve import Answer, Json, Request, serve

EVERYTHING = [
    "answer", "tokens", "whole", "status", "dialect", "error", "verdict", "faults", "anomalies",
    "events", "text", "usage", "finish_reason",
]  # fmt: skip
FRAMES = ["data", "event", "id", "retry", "ready_at", "last_event_id", "comments"]
DIALECTS = [
    "openai.chat", "openai.completions", "openai.responses", "anthropic.messages", "google.gemini",
]  # fmt: skip
CHOICES = 8  # as many texts as are asked for in the corpus


# -- as a program -------------------------------------------------------------------------------


def make() -> tuple[Json, Answer]:
    """Everything is claimed, and no dialect needs to be told."""
    for backend in {"c", "python"} & set(sys.argv[1:2]):  # none: the package chooses
        os.environ["SSEFOLD_BACKEND"] = backend
    import ssefold

    claims = {
        "name": f"ssefold ({ssefold.backend})",
        "version": f"ssefold {ssefold.__version__}",
        "dialects": DIALECTS,
        "kinds": {"*": EVERYTHING, "framing": FRAMES},
        "answer": "ordered",
    }

    def answer(request: Request) -> Json:
        return _frames(ssefold, request) if request.frames else _fold(ssefold, request)

    return claims, answer


def _fold(ssefold: Any, request: Request) -> Json:
    options = dict(request.options)
    limits = ssefold.Limits(**options.pop("limits", {}))
    acc = ssefold.StreamAccumulator(limits=limits, **options)
    with contextlib.suppress(ssefold.StreamMalformed):  # strict: result() raises it again
        acc.feed(request.stream)
    acc.close()
    try:
        acc.result()
        verdict = None
    except ssefold.StreamError as error:
        verdict = error.code
    return {
        "answer": acc.snapshot(),
        "whole": verdict is None,
        "verdict": verdict,
        "status": acc.status,
        "dialect": acc.dialect,
        "error": acc.error,
        "faults": [{"code": f.code, "offset": f.offset, "event": f.event} for f in acc.faults],
        "anomalies": [a._asdict() for a in acc.anomalies],
        "events": acc.events,
        "text": {str(index): acc.text(index) for index in range(CHOICES)},
        "usage": acc.usage,
        "finish_reason": acc.finish_reason(),
    }


def _frames(ssefold: Any, request: Request) -> Json:
    """Byte by byte, to say at which byte each event was there."""
    comments: list[str] = []
    decoder = ssefold.SSEDecoder(on_comment=comments.append)
    events = []
    for at in range(len(request.stream)):
        for event in decoder.feed(request.stream[at : at + 1]):
            fields = {"event": event.event, "data": event.data, "id": event.id}
            events.append({**fields, "retry": event.retry, "ready_at": at + 1})
    decoder.close()
    return {"events": events, "last_event_id": decoder.last_event_id, "comments": comments}


# -- as rows, over either backend -----------------------------------------------------------


def accumulator(backend: str) -> Any:
    """StreamAccumulator over that backend, whichever the package itself runs."""
    from ssefold._accumulator import Answering

    core = import_module(f"ssefold._{'c' if backend == 'c' else 'py'}.core").FoldCore
    return type("StreamAccumulator", (Answering, core), {"__slots__": ()})


def backends() -> list[str]:
    """The backends that are installed."""
    return ["c", "python"] if find_spec("ssefold._c.core") else ["python"]


def decoder(backend: str) -> Any:
    """SSEDecoder of that backend."""
    return import_module(f"ssefold._{'c' if backend == 'c' else 'py'}.decoder").SSEDecoder


def fold_row(backend: str, templates: bool = True) -> Peer:
    """A fold, from construction to the result."""
    Accumulator = accumulator(backend)
    if not templates and not hasattr(Accumulator, "_templates"):
        raise ImportError("this backend has no templates to switch off")

    def feed(traffic: Traffic, reads: Reads) -> Any:
        acc = Accumulator() if traffic.table is None else Accumulator(**traffic.options)
        if not templates:
            acc._templates(False)
        take = acc.feed
        for chunk in reads:
            take(chunk)
        acc.close()
        return acc

    def run(traffic: Traffic, reads: Reads) -> Any:
        return feed(traffic, reads).result()

    def to_json(traffic: Traffic, reads: Reads) -> Any:
        return feed(traffic, reads).result_json()

    name = f"ssefold ({backend}{'' if templates else ', templates off'})"
    return Peer(name, "fold", run, whole(run), json=to_json)


def frames_row(backend: str) -> Peer:
    """Framing to events whose data is read as str, as the peers give it."""
    Decoder = decoder(backend)

    def run(traffic: Traffic, reads: Reads) -> int:
        feed, size = Decoder().feed, 0
        for chunk in reads:
            for event in feed(chunk):
                size += len(event.data)
        return size

    def events(reads: Reads) -> list[Any]:
        feed = Decoder().feed
        return [(e.event, e.data, e.id) for chunk in reads for e in feed(chunk)]

    return Peer(f"ssefold ({backend})", "frames", run, right_frames(events))


def bare_frames_row(backend: str) -> Peer:
    """Framing to events whose data nobody asks for."""
    Decoder = decoder(backend)

    def run(traffic: Traffic, reads: Reads) -> int:
        feed, count = Decoder().feed, 0
        for chunk in reads:
            count += len(feed(chunk))
        return count

    def check(traffic: Traffic, reads: Reads) -> bool:
        return run(traffic, reads) == len(traffic.expected)

    name = f"ssefold ({backend}), data not asked for"
    return Peer(name, "frames", run, check, "the number of events")


if __name__ == "__main__":
    serve(make)
