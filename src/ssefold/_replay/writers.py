"""From an answer and its dialect to frames: what is checked, who writes.

Enters: an answer, as an API returns it without streaming, and options.
Leaves: an iterator of bytes, each one whole SSE frame; or, before the first of them,
TypeError, ValueError or SSEFoldError.
Must not know: what a provider's stream looks like (a module for each dialect does).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from ssefold._options import check_name
from ssefold._replay import (
    anthropic_messages,
    google_gemini,
    openai_chat,
    openai_completions,
    openai_responses,
)
from ssefold._replay.check import check_members, check_values, refuse
from ssefold._replay.frames import Event, Writer, frame
from ssefold.engine.detect import SOURCES, dialect_of, table_of, whole_answer

WRITERS: Mapping[str, Writer] = {
    "openai.chat": openai_chat.events,
    "openai.completions": openai_completions.events,
    "openai.responses": openai_responses.events,
    "anthropic.messages": anthropic_messages.events,
    "google.gemini": google_gemini.events,
}

# What must be so beside what the table says.
CHECKS = {
    "openai.responses": openai_responses.check,
    "anthropic.messages": anthropic_messages.check,
    "google.gemini": google_gemini.check,
}

# Gemini ends its lines as HTTP does.
LINE_ENDS = {"google.gemini": "\r\n"}


def frames_of(
    answer: dict[str, Any], dialect: str, piece: int | None, include_usage: bool
) -> Iterator[bytes]:
    """The frames of an answer, for `replay`; all that is wrong with it is raised here."""
    if not isinstance(answer, dict):
        raise TypeError(f"an answer is a dict, not {type(answer).__name__!r}")
    if piece is not None and (not isinstance(piece, int) or isinstance(piece, bool)):
        raise TypeError(f"piece must be an int or None, not {type(piece).__name__!r}")
    if piece is not None and piece < 1:
        raise ValueError(f"piece must be at least 1, got {piece}")
    check_values(answer, "", 0)
    named = check_name(dialect)
    source = whole_answer(answer, None) if named is None else SOURCES[named]
    if source is None:
        refuse("", "no dialect has such an answer; if one has, pass dialect=...")
    name = source["NAME"]
    table = table_of(source, {})
    if table.kind is None:
        check_members(table, answer)
    if name in CHECKS:
        CHECKS[name](answer)
    events = WRITERS[name](answer, piece, include_usage)
    event, data = next(events)
    known = dialect_of(data, event) if isinstance(data, dict) else None
    if known is not source:
        other = "no known dialect" if known is None else known["NAME"]
        refuse("", f"its stream would be taken for one of {other}")
    return _frames(chain([(event, data)], events), LINE_ENDS.get(name, "\n"))


def _frames(events: Iterable[Event], line_end: str) -> Iterator[bytes]:
    for event, data in events:
        yield frame(event, data, line_end)
