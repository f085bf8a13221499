"""Lines outside the fields, and bodies that are no event streams.

Enters: a stream, and the lines between its events.
Leaves: failures told there by a server; the whole answer in a body, or the fault
`not_an_event_stream`; values read outside an event, without numbers beyond any double.
Must not know: how events are merged.

Gateways write an error on a line of its own when the stream has begun, and answer with JSON or
a page of markup when they were asked for events.

One source for both backends: `_c/engine/stream_strays.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from ssefold.engine.jsonmarks import HAS_RANGE, HAS_SURROGATE, NOTHING, OK, OUT_OF_RANGE

from .detect import bare_table, whole_answer
from .jsonvalue import is_open
from .stream_bodies import BEGINNING, Body, unreadable
from .stream_failures import UNDER, first_of
from .stream_life import FINISHED, STOP
from .wiretext import strip

# The members of such a line, and the field whose value is an error.
_WORD = UNDER.encode()
_FIELD = _WORD + b":"


def stray_lines(stream: Any, stray: bytes, start: int) -> None:
    """Lines of unknown fields: servers put errors there."""
    what = unreadable(stray[:BEGINNING]) if start == 0 else ""
    if what:
        stream.life.move(STOP)  # whatever looks like an event in such bytes is none
        stream.log.fault("not_an_event_stream", 0, what, stray[:BEGINNING])
        return
    if not stream.life.ended and _WORD in stray:
        for line in (*stray.split(b"\n"), stray):
            is_field = line.startswith(_FIELD)
            fails_on(stream, line[len(_FIELD) :] if is_field else line, is_field)
    most: Any = stream.limits.max_event_bytes
    if stream.body is None:
        stream.body = Body()
    if stream.events == 0 and not stream.body.add(stray, most):
        stream.limit("limit_event_bytes", most)


def fails_on(stream: Any, line: bytes, is_field: bool) -> bool:
    """Whether a line is JSON with an `error`, then kept; of a field `error` any object is."""
    value = first_of(whole_json(stream, line)) if line.lstrip()[:1] in (b"{", b"[") else None
    if value is not None:
        payload = value.get(UNDER)
        if is_field or payload is not None:
            stream.fail(value if payload is None else payload, value)
            return True
    return False


def judge_body(stream: Any) -> None:
    """Judges a body without any event at its end."""
    text = stream.body.possible_json()
    value = whole_json(stream, text) if text[:1] == b"{" else NOTHING
    if text[:1] == b"[":
        first = first_of(stream.read(text, 0, stream.depth)[1])
        if first is not None and not is_open(first):
            strip(stream.log, None, first, None)
            stream.fails("", first)
    if isinstance(value, dict):
        stream.fails("", value)
        source = whole_answer(value, stream.source, stream.choice)
        if source is not None:
            stream.source = source
            stream.dialect = source["NAME"]
            stream.answer = value
            stream.fails_at(value, bare_table(source))
            stream.life.move(FINISHED)
            return
    if not (stream.life.failed or stream.body.is_cut()):
        stream.log.event = 0
        stream.log.fault("not_an_event_stream", 0, stream.body.what(), stream.body.begin)


def whole_json(stream: Any, data: bytes) -> Any:
    """The value if `data` is one whole JSON text, else NOTHING."""
    code, value, pos, flags = stream.read(data, 0, stream.depth)
    if code != OK or pos != len(data):
        return NOTHING
    if flags & HAS_RANGE:
        strip(stream.log, None, value, None)
    if flags & HAS_SURROGATE:
        stream.surrogates = True
    return value


def in_range(stream: Any, value: Any, flags: int) -> Any:
    """A payload without an object, and without numbers beyond any double."""
    if flags & HAS_SURROGATE:
        stream.surrogates = True
    if value is OUT_OF_RANGE:
        stream.log.anomaly("number_range", "")
        return None
    if flags & HAS_RANGE:
        strip(stream.log, None, value, None)
    return value
