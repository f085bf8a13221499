"""Frames of other framings than server-sent events, for the fold.

Enters: a stream, and a framing with its last finding.
Leaves: an event taken in; an error that a frame reports; a fault, with its place; the end.
Must not know: how frames are found, how events are merged.

One source for both backends: `_c/engine/stream_frames.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from ssefold.engine.jsonmarks import HAS_RANGE, HAS_SURROGATE, OK

from .detect import dialect_of
from .framing_base import BREACH, EVENT, FAILURE, SAYS_END
from .framing_sniff import NDJSON
from .stream_life import STOP, TERMINATOR
from .wiretext import strip


def take_frame(stream: Any, framing: Any, sort: int) -> None:
    """Take in whatever the framing found; sort: what next() or close() said."""
    if sort == EVENT:
        spans = ((0, framing.at),)
        stream.block(framing.name, framing.data, spans, b"", framing.start, framing.final)
        return
    stream.log.event = stream.events
    stream.log.offset = framing.offset
    if sort == FAILURE:
        _failing(stream, framing)
    elif sort == SAYS_END:
        stream.log.event = max(0, stream.events - 1)  # it is no event: it stands behind the last
        if not (stream.life.ended or stream.is_foreign()):
            stream.life.move(TERMINATOR)
            stream.settle_end()
    elif sort == BREACH:
        _broken(stream, framing)
    else:
        stream.log.fault(framing.code, framing.offset, framing.detail, framing.raw)
        if stream.strict:
            stream.life.move(STOP)


def _broken(stream: Any, framing: Any) -> None:
    """Nothing behind this can be read."""
    if framing.code.startswith("limit"):
        stream.limit(framing.code, framing.offset)
        return
    stream.log.fault(framing.code, framing.offset, framing.detail, framing.raw)
    stream.life.move(STOP)
    stream.pending = None


def _failing(stream: Any, framing: Any) -> None:
    """A frame whose head says that it reports an error: its name is the error's code."""
    stream.log.offset = framing.start
    stream.count()
    if stream.life.ended:
        stream.log.anomaly("after_end", "")
        return
    code, value, pos, flags = stream.read(framing.data, 0, stream.depth)
    if code != OK or pos != len(framing.data):
        value = framing.data.decode("utf-8", "replace")
    else:
        if flags & HAS_RANGE:
            strip(stream.log, None, value, None)
        if flags & HAS_SURROGATE:
            stream.surrogates = True
    name = framing.name.decode("utf-8", "replace")
    if not isinstance(value, dict):
        value = {"message": value}
    if name and "code" not in value:
        value = {"code": name, **value}
    stream.fail(value, None)


def speaks_lines(stream: Any, line: bytes) -> bool | None:
    """Whether a first line is an event of a dialect that speaks NDJSON; None: it is no object."""
    code, value, pos, _ = stream.read(line, 0, stream.depth)
    if code != OK or pos != len(line) or not isinstance(value, dict):
        return None
    source = stream.source
    if source is None:
        source = dialect_of(value, "", stream.choice)
    return source is not None and NDJSON in source.get("FRAMINGS", ())
