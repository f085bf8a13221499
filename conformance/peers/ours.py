"""ssefold itself, by its public names: python -m conformance.peers.ours [c|python]."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

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


if __name__ == "__main__":
    serve(make)
