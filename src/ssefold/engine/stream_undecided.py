"""Events before the first that decides for a dialect.

Enters: a stream, and an event without a sign of its dialect, or one whose turn it is.
Leaves: the events kept, merged once the dialect is known, or the fault `unknown_dialect`.
Must not know: how events are merged.

Gateways send a heartbeat, an error or a warning first; who asked for `auto` gets these too.

One source for both backends: `_c/engine/stream_undecided.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from .stream_life import STOP
from .wiretext import leave_out

# Events before the dialect is decided are kept up to here, and so are stray lines.
UNDECIDED_BYTES = 64 * 1024
UNDECIDED_EVENT = 16  # the least count of one: `{}` is held as an object, not as two bytes


def put_off(stream: Any, value: Any, kind: str, size: int, failed: bool) -> None:
    """Keep an event until one decides for a dialect.

    failed: it reports a failure, and so waits for no dialect.
    """
    undecided = stream.undecided
    if failed:
        if stream.removed is not None:
            stream.leave_removed()
        if stream.pending_size + max(size, UNDECIDED_EVENT) > UNDECIDED_BYTES:
            return
    if leave_undecided(stream, size):
        if stream.pending is None:
            stream.pending = []
        here = (stream.log.event, stream.log.offset)
        kept = stream.wire.kept(size)
        stream.pending.append((value, kind, failed, *here, kept, stream.removed))
        stream.removed = None
    if failed:
        stream.undecided = undecided


def leave_undecided(stream: Any, size: int) -> bool:
    """Count an event without a sign; False once there were too many."""
    if stream.table is not None or stream.life.dead:
        return False
    if stream.undecided is None:
        stream.undecided = (stream.log.event, stream.log.offset)
    stream.pending_size += max(size, UNDECIDED_EVENT)
    if stream.pending_size > UNDECIDED_BYTES:
        give_up(stream)
    return not stream.life.dead


def apply_pending(stream: Any) -> None:
    """Merge the events from before the dialect was known."""
    here = (stream.log.event, stream.log.offset)
    data, start = stream.wire.joined(), stream.wire.start
    removed = stream.removed
    pending, stream.pending = stream.pending, None
    for value, kind, failed, event, offset, kept, out in pending or ():
        stream.log.event, stream.log.offset = event, offset
        stream.wire.begin(kept, 0)
        stream.removed = out
        if not stream.life.ended:
            stream.merge(value, kind, failed, stream.is_known(kind, value))
    stream.log.event, stream.log.offset = here
    stream.wire.begin(data, start)
    stream.removed = removed


def give_up(stream: Any) -> None:
    """No event decided: nothing can be folded."""
    for _, _, _, event, offset, _, removed in stream.pending or ():
        stream.log.event, stream.log.offset = event, offset
        leave_out(stream.log, removed)
    stream.pending = None
    stream.life.move(STOP)
    stream.log.event, offset = stream.undecided
    stream.log.fault("unknown_dialect", offset, "no event decided for a dialect")
