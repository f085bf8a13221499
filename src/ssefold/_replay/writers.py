"""From an answer and its dialect to frames: the checks, and the writer.

Enters: an answer, as an API returns it without streaming, and options.
Leaves: an iterator of bytes, each one whole SSE frame; or, before the first of them,
TypeError, ValueError or SSEFoldError.
Must not know: the look of a provider's stream (a module for each dialect does).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from ssefold._options import Dialects, check_dialect
from ssefold._replay import (
    anthropic_messages,
    by_table,
    google_gemini,
    openai_chat,
    openai_completions,
    openai_responses,
)
from ssefold._replay.check import check_members, check_values, refuse
from ssefold._replay.frames import Event, Writer, frame
from ssefold.engine.detect import (
    OURS,
    SOURCES,
    Source,
    among,
    dialect_of,
    table_of,
    whole_answer,
)

WRITERS: Mapping[str, Writer] = {
    "openai.chat": openai_chat.events,
    "openai.completions": openai_completions.events,
    "openai.responses": openai_responses.events,
    "anthropic.messages": anthropic_messages.events,
    "google.gemini": google_gemini.events,
}

# Conditions beside those of the table.
CHECKS = {
    "openai.responses": openai_responses.check,
    "anthropic.messages": anthropic_messages.check,
    "google.gemini": google_gemini.check,
}

# Gemini ends its lines as HTTP does.
LINE_ENDS = {"google.gemini": "\r\n"}


def frames_of(
    answer: dict[str, Any], dialect: Dialects, piece: int | None, include_usage: bool
) -> Iterator[bytes]:
    """The frames of an answer, for `replay`; every fault of the answer is raised here."""
    if not isinstance(answer, dict):
        raise TypeError(f"an answer is a dict, not {type(answer).__name__!r}")
    if piece is not None and (not isinstance(piece, int) or isinstance(piece, bool)):
        raise TypeError(f"piece must be an int or None, not {type(piece).__name__!r}")
    if piece is not None and piece < 1:
        raise ValueError(f"piece must be at least 1, got {piece}")
    check_values(answer, "", 0)
    source = _source_of(answer, dialect)
    name = source["NAME"]
    if SOURCES.get(name) is not source:
        return _by_table(answer, source, piece, include_usage)
    table = table_of(source, {})
    if table.kind is None:
        check_members(table, answer)
    if name in CHECKS:
        CHECKS[name](answer)
    events = WRITERS[name](answer, piece, include_usage)
    event, data = next(events)
    known = dialect_of(data, event, OURS) if isinstance(data, dict) else None
    if known is not source:
        other = "no known dialect" if known is None else known["NAME"]
        refuse("", f"its stream would be taken for one of {other}")
    return _frames(chain([(event, data)], events), LINE_ENDS.get(name, "\n"))


def _source_of(answer: dict[str, Any], dialect: Dialects) -> Source:
    """The named dialect, or the one of several with such an answer."""
    found = check_dialect(dialect)
    if isinstance(found, Source):
        return found
    if isinstance(found, str):
        return SOURCES[found]
    source = whole_answer(answer, None, OURS if found is None else among(found))
    if source is None:
        refuse("", "no dialect has such an answer; if one has, pass dialect=...")
    return source


def _by_table(
    answer: dict[str, Any], source: Source, size: int | None, usage: bool
) -> Iterator[bytes]:
    """The frames of a caller's dialect; an inherited table has the look of its stream."""
    name = source["NAME"]
    table = table_of(source, {})
    base = str(source.get("INHERITS", "")).replace("_", ".")
    writer = WRITERS.get(base)
    if table.kind is None:
        check_members(table, answer)
    elif writer is None:
        refuse("", f"the events of {name} say what they do: its table has no way back")
    if base in CHECKS:
        CHECKS[base](answer)

    def events() -> Iterator[Event]:
        if writer is not None:
            return writer(answer, size, usage)
        return by_table.events(source, table, answer, size)

    by_table.check(source, answer, events())
    return _frames(events(), LINE_ENDS.get(base, "\n"))


def _frames(events: Iterable[Event], line_end: str) -> Iterator[bytes]:
    for event, data in events:
        yield frame(event, data, line_end)
