"""Blocks with more or less than one whole JSON value.

Enters: a stream, and a block whose reading failed, or did not reach the end.
Leaves: the events glued into it; of a damaged one a fault with its offset, and the part before
the damage, merged.
Must not know: how events are merged, dialects.

Servers forget the blank line between two events, and proxies cut a stream anywhere: the words
before that are not lost.

One source for both backends: `_c/engine/stream_damage.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from ssefold.engine.jsonmarks import CUT, DEEP, NOTHING, OK

from .blockdata import DONE, around, locate, readings
from .jsonvalue import is_open
from .stream_bystanders import OUR_NAMES
from .stream_failures import NAMED, UNDER, first_of
from .stream_life import STOP
from .stream_strays import fails_on, in_range
from .stream_undecided import leave_undecided

# The member of an error, as it stands on the wire.
_WORD = f'"{UNDER}"'.encode()


def glued(stream: Any, name: bytes, data: bytes, final: bool, spans: Any) -> bool:
    """Several whole values in one block: servers forget the blank line.

    Each counts as an event. At the end of input the last one may be cut.
    """
    count = comments = 0
    for reading, _ in readings(stream.read, stream.depth, data, final):
        if reading and reading[0] != OK and not (final and reading[0] == CUT):
            return False
        count += 1
        comments += reading is False
    if count < 2:
        if reading is None:
            stream.terminator()  # and an empty data line behind it
        return reading is None
    stream.log.anomaly("glued_events", "")
    count -= comments
    # Again, and not kept: they may be millions.
    for reading, size in readings(stream.read, stream.depth, data, final):
        count -= reading is not False
        kind = b"" if count else name  # the last name is all a block keeps
        if reading is None:
            stream.terminator()
        elif reading is False:
            stream.heartbeat()
        elif stream.life.ended:
            stream.behind(kind, data[reading[2] - size : reading[2]])
        else:
            stream.wire.begin(data, reading[2] - size)
            if reading[0] == OK:
                stream.event(kind, reading[1], reading[3], size)
            else:
                damaged(stream, kind, data, reading, spans, final)
        if stream.life.dead:
            break
    return True


def damaged(stream: Any, name: bytes, data: bytes, reading: Any, spans: Any, final: bool) -> None:
    """An event without sound JSON: a fault, and its part before the fault counts."""
    code, value, pos, flags = reading
    stream.count()
    kind = name.decode("utf-8", "replace")
    if name and name not in OUR_NAMES and stream.aside().is_aside(stream.table, kind, data, value):
        stream.pass_by(kind)
        return
    undecided = stream.undecided
    if undecided is None:
        stream.undecided = (stream.log.event, stream.log.offset)
    offset = locate(pos, spans)
    if code == DEEP:
        stream.log.fault("limit_depth", offset, f"more than {stream.depth} levels")
    elif final and (code == CUT or DONE.startswith(data.strip(b" \t"))):
        if code != CUT:
            offset = locate(len(data), spans)
        stream.log.fault("truncated_event", offset, "end of input", around(data, pos))
    else:
        detail = "the data ends too early" if code == CUT else f"byte 0x{data[pos]:02x}"
        stream.log.fault("bad_json", offset, detail, around(data, pos))
    failed = False
    if stream.strict:
        stream.life.move(STOP)
    elif code != DEEP:
        failed = salvage(stream, name, data, value, flags)
    if failed or (final and code == CUT):
        stream.undecided = undecided  # a failure, or a cut, says nothing of the dialect


def salvage(stream: Any, name: bytes, data: bytes, value: Any, flags: int) -> bool:
    """Merge a damaged event's part before its fault; whether it reports a failure."""
    kind = name.decode("utf-8", "replace")
    first = first_of(value)
    failed = False
    if isinstance(value, dict):
        if name in OUR_NAMES or not stream.aside().stands_by(stream.table, kind, value):
            failed = stream.admit(name, value, flags, len(data))
        else:
            stream.note_other()
    elif first is not None and not is_open(first) and stream.fails(kind, first):
        failed = True
    elif kind == NAMED:
        text = data.decode("utf-8", "replace")
        stream.fail(text if value is NOTHING else in_range(stream, value, flags), None)
        failed = True
    if _WORD in data and b"\n" in data and name in OUR_NAMES:
        for line in data.split(b"\n"):  # a whole one says it all
            failed = fails_on(stream, line, False) or failed
    if not failed and not isinstance(value, dict):
        stream.note_other()
        leave_undecided(stream, len(data))
    return failed
