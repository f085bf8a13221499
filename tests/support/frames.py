"""Streams cut into reads, framed, and all that can be seen of it.

Enters: bytes. Leaves: `run`, what a decoder makes of reads; `expected`, what it must be by
the slow reference (framing_reference.py).
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from backends import Backend
from framing_reference import Found

from ssefold.errors import SSEFoldError


def whole(stream: bytes) -> list[bytes]:
    return [stream]


def bytewise(stream: bytes) -> list[bytes]:
    return [stream[i : i + 1] for i in range(len(stream))]


def cut(stream: bytes, *places: int) -> list[bytes]:
    bounds = [0, *sorted(places), len(stream)]
    return [stream[a:b] for a, b in pairwise(bounds)]


def two_way(stream: bytes) -> Iterator[list[bytes]]:
    """Every cut into two reads (of a long stream: near its ends, and some between)."""
    size = len(stream)
    places: Iterable[int] = range(size + 1)
    if size > 600:
        places = {*range(150), *range(size - 150, size + 1), *range(0, size, 97)}
    return (cut(stream, place) for place in places)


def every_split(stream: bytes) -> Iterator[list[bytes]]:
    yield whole(stream)
    yield bytewise(stream)
    yield from two_way(stream)


def random_cut(rng: random.Random, stream: bytes) -> list[bytes]:
    return cut(stream, *(rng.randint(0, len(stream)) for _ in range(rng.randint(0, 5))))


def fields(event: Any) -> tuple[Any, ...]:
    return (
        event.event, event.data, event.id, event.retry, event.raw, event.start, event.end
    )  # fmt: skip


def error_of(error: BaseException | None) -> Any:
    return error and (type(error).__name__, error.code, error.offset, str(error))  # type: ignore[attr-defined]


def run(backend: Backend, chunks: list[bytes], **options: Any) -> dict[str, Any]:
    """Feed `chunks` and close; everything that can be seen of it."""
    comments: list[str] = []
    if options.pop("comments", False):
        options["on_comment"] = comments.append
    decoder = backend.SSEDecoder(**options)
    events: list[Any] = []
    raised = None
    try:
        for chunk in chunks:
            events += decoder.feed(chunk)
        events += decoder.close()
    except SSEFoldError as error:
        raised = error
    return {
        "events": [fields(event) for event in events],
        "comments": comments,
        "id": decoder.last_event_id,
        "retry": decoder.retry,
        "offset": decoder.offset,
        "error": error_of(decoder.error),
        "raised": error_of(raised),
        "repr": repr(decoder),
    }


def text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def expected(found: Found, stream: bytes) -> dict[str, Any]:
    """What `run` must see, by the reference."""
    offset = len(stream) if found.limit < 0 else found.limit
    error = None
    if found.limit >= 0:
        error = error_of(SSEFoldError("limit_event_bytes", found.limit))
    events = [
        (
            text(b["event"]) or "message", text(b["data"]), text(b["id"]), b["retry"],
            b["raw"], b["start"], b["end"],
        )
        for b in found.of("block")
    ]  # fmt: skip
    state = "closed" if error is None else "limit_event_bytes"
    return {
        "events": events,
        "comments": [text(c) for c in found.of("comment")],
        "id": text(found.last("id", b"")),
        "retry": found.last("retry", None),
        "offset": offset,
        "error": error,
        # Found by the last feed, it is raised by close; found by close, at once
        # if there is nothing to deliver.
        "raised": error,
        "repr": f"<SSEDecoder {state}, {len(events)} events, {offset} bytes>",
    }
