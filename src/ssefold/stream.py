"""What each block of a stream means for the answer.

Enters: blocks (what stood between blank lines), with their offsets.
Leaves: a merged state, a status, an in-band error, faults and anomalies.
Must not know: bytes on the wire, how blocks were found, what callers see.

Here it is decided what counts as an event, what ends a stream, which dialect it
speaks, what is damage and what is an error the server reported.

One source for both backends: `_c/stream.pxd` says how it is compiled.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ssefold.limits import Limits
from ssefold.values import (
    BAD,
    CUT,
    DEEP,
    HAS_RANGE,
    HAS_SURROGATE,
    NOTHING,
    OK,
    OUT_OF_RANGE,
)

from .actions import EventMerger, is_finished
from .detect import SOURCES, dialect_of, plain_table, table_of, whole_answer
from .ledger import OutputFull
from .log import Log
from .merge import Merger
from .path import Plan, path_of
from .plain import copy, given, repair, repair_text
from .wire import Wire, takes_text

DONE = b"[DONE]"

# Events before the dialect is decided are kept up to here, and so are stray lines.
UNDECIDED_BYTES = 64 * 1024
UNDECIDED_EVENT = 16  # the least that one counts: `{}` is held as an object, not as two bytes

# A body that is the beginning of one of these was cut, and is nothing else.
FIELD_NAMES = (b"data", b"event", b"id", b"retry")

# Google's APIs stream an array, unless they are asked for events.
ARRAY = "a JSON array: ask for events (alt=sse)"

# Bodies that somebody forgot to decompress.
MAGIC = ((b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"))


class Stream:
    """One stream as it is folded.

    events: how many were counted. ended: the terminator came. failed: an in-band
    error came before it. dead: the folding ended early (a limit, strict mode, no
    dialect). closed: the end of input came. planning: whether events note their plan.
    lost: an exception left the midst of a read before the terminator.
    surrogates: the answer may hold unpaired surrogates.
    wire: the bytes of the event that is merged. removed: what was taken out of it that no
    double can hold.
    """

    __slots__ = (
        "answer",
        "body",
        "body_size",
        "closed",
        "complete",
        "dead",
        "depth",
        "dialect",
        "done",
        "ended",
        "error",
        "events",
        "failed",
        "limits",
        "log",
        "lost",
        "merger",
        "pending",
        "pending_size",
        "planning",
        "read",
        "removed",
        "rules",
        "source",
        "stray",
        "strict",
        "surrogates",
        "text",
        "undecided",
        "wire",
    )

    def __init__(
        self, dialect: Any, strict: bool, limits: Limits, rules: Any, read: Any, text: Any
    ) -> None:
        self.strict = strict
        self.limits = limits
        self.depth = limits.depth
        self.rules = rules
        self.read = read
        self.text = text
        self.log = Log(limits)
        self.wire = Wire(read)
        self.removed: Any = None
        self.events = 0
        self.ended = self.failed = self.dead = self.closed = self.complete = False
        self.done = self.surrogates = self.lost = False
        self.error: Any = None
        self.answer: Any = None
        self.pending: list[Any] | None = None
        self.pending_size = 0
        self.planning = False
        self.undecided: Any = None
        self.stray = b""
        self.body: list[bytes] | None = None
        self.body_size = 0
        self.dialect: str | None = None
        self.source: Any = None
        self.merger: Any = None
        if dialect is not None:
            self.decide(SOURCES[dialect] if isinstance(dialect, str) else dialect)

    # -- blocks ------------------------------------------------------------------

    def block(
        self,
        name: bytes,
        data: bytes | None,
        spans: Any,
        stray: bytes,
        start: int,
        final: bool,
    ) -> None:
        """Take one block in.

        name: the SSE event name, b"" if none. data: the joined data lines, None
        if there were none. spans: (index in data, offset in the stream) of each
        data line. stray: the lines of unknown fields. start: where the frame
        begins. final: the end of input ended it, not a blank line.
        """
        if self.dead:
            return
        self.log.offset = start
        self.log.event = self.events
        if stray:
            self.stray_lines(stray, start)
            if self.dead:
                return
        if data is None or not data.strip():
            return  # heartbeats are no events
        # A handler that does something keeps the traceback, and where memory is short and none
        # could be made, compiled code releases it all the same: ours do nothing.
        try:
            self.wire.begin(data, 0)
            self.data(name, data, spans, final)
            self.wire.end()
            return
        except OutputFull:
            pass
        self.end_folding("limit_output_bytes", start)

    def whole(self, name: bytes, value: Any, flags: int, size: int, start: int) -> None:
        """block() for data that is one whole JSON value, before the terminator."""
        self.log.offset = start
        self.log.event = self.events
        try:
            self.event(name, value, flags, size)
            return
        except OutputFull:
            pass
        self.end_folding("limit_output_bytes", start)

    def data(self, name: bytes, data: bytes, spans: Any, final: bool) -> None:
        """One event, or several glued into one block."""
        if data.strip(b" \t") == DONE:
            self.terminator()
        elif self.ended:
            self.count()
            self.log.anomaly("after_end", "")
        else:
            code, value, pos, flags = self.read(data, 0, self.depth)
            if code == OK and pos == len(data):
                self.event(name, value, flags, len(data))
            elif not self.glued(name, data, final, spans):
                if code == OK:
                    code = BAD  # a byte after the value, which no JSON text has
                self.damaged(name, data, (code, value, pos, flags), spans, final)

    def count(self) -> None:
        """One event more; what is recorded from now on belongs to it."""
        self.log.event = self.events
        self.events += 1

    def glued(self, name: bytes, data: bytes, final: bool, spans: Any) -> bool:
        """Several whole values in one block: servers that forget the blank line.

        Each counts as an event. At the end of input the last one may be cut.
        """
        count = 0
        for reading, _ in self.readings(data, final):
            if reading is not None and reading[0] != OK and not (final and reading[0] == CUT):
                return False
            count += 1
        if count < 2:
            if reading is None:
                self.terminator()  # and an empty data line behind it
            return reading is None
        self.log.anomaly("glued_events", "")
        for reading, size in self.readings(data, final):  # again, not kept: they may be millions
            count -= 1
            kind = b"" if count else name  # the last name is all a block keeps
            if reading is not None:
                self.wire.begin(data, reading[2] - size)
            if reading is None:
                self.terminator()
            elif self.ended:
                self.count()
                self.log.anomaly("after_end", "")
            elif reading[0] == OK:
                self.event(kind, reading[1], reading[3], size)
            else:
                self.damaged(kind, data, reading, spans, final)
            if self.dead:
                break
        return True

    def readings(self, data: bytes, final: bool) -> Any:
        """The values that follow one another in `data`, up to one that is damaged.

        Each with its size.
        `[DONE]` is None. At the end of input a beginning of it is a cut value.
        """
        pos, size = 0, len(data)
        while pos < size:
            if data.startswith(DONE, pos):
                yield None, len(DONE)
                pos += len(DONE)
                while pos < size and data[pos] in b" \t\r\n":
                    pos += 1
                continue
            reading = self.read(data, pos, self.depth)
            if final and reading[0] != OK and DONE.startswith(data[pos:].strip()):
                reading = (CUT, NOTHING, size, 0)
            yield reading, reading[2] - pos
            if reading[0] != OK:
                return
            pos = reading[2]

    # -- damage -------------------------------------------------------------------

    def damaged(self, name: bytes, data: bytes, reading: Any, spans: Any, final: bool) -> None:
        """An event that is not JSON: a fault, and what was read before it counts."""
        code, value, pos, flags = reading
        self.count()
        undecided = self.undecided
        if undecided is None:
            self.undecided = (self.log.event, self.log.offset)
        offset = locate(pos, spans)
        if code == DEEP:
            self.log.fault("limit_depth", offset, f"more than {self.depth} levels")
        elif final and (code == CUT or DONE.startswith(data.strip(b" \t"))):
            if code != CUT:
                offset = locate(len(data), spans)
            self.log.fault("truncated_event", offset, "end of input", around(data, pos))
        else:
            detail = "the data ends too early" if code == CUT else f"byte 0x{data[pos]:02x}"
            self.log.fault("bad_json", offset, detail, around(data, pos))
        if self.strict:
            self.dead = True
        elif code != DEEP:
            self.salvage(name, data, value, flags)
        if final and code == CUT:
            self.undecided = undecided  # it was cut, which says nothing of its dialect

    def salvage(self, name: bytes, data: bytes, value: Any, flags: int) -> None:
        """Merge what a damaged event held before its fault."""
        if isinstance(value, dict):
            self.take(name, value, flags, len(data))
            return
        self.leave_undecided(len(data))
        if name == b"error":
            text = data.decode("utf-8", "replace")
            self.fail(text if value is NOTHING else self.in_range(value, flags))

    # -- events ---------------------------------------------------------------------

    def event(self, name: bytes, value: Any, flags: int, size: int) -> None:
        """One event whose data is whole JSON."""
        self.count()
        if isinstance(value, dict):
            self.take(name, value, flags, size)
        elif name == b"error":
            self.fail(self.in_range(value, flags))
        else:
            self.log.anomaly("wrong_type", "")
            self.leave_undecided(size)
        if self.strict and self.log.fault_count:
            self.dead = True

    def take(self, name: bytes, value: Any, flags: int, size: int) -> None:
        """Look for an error, find the dialect, merge."""
        if flags & HAS_RANGE:
            self.removed = []
            self.strip(value, None)
        if flags & HAS_SURROGATE:
            self.surrogates = True
        kind = name.decode("utf-8", "replace") if name else ""
        reported = self.in_band_error(kind, value)
        if self.merger is None and not self.find_dialect(kind, value, reported, size):
            self.leave_removed()
            return
        if not (reported and value.get("error") is None) or self.merger.table.sequence:
            self.merge(value, kind)
        self.leave_removed()

    def in_band_error(self, kind: str, value: Any) -> bool:
        """Whether the event reports an error: its payload is `error`, or all of it."""
        payload = given(value, "error")
        if payload is not None:
            self.fail(payload)
            return True
        own = given(value, "type")
        if kind == "error" or (type(own) is str and own == "error"):
            self.fail(value)
            return True
        return False

    def fail(self, payload: Any) -> None:
        """An in-band error: the first one stays."""
        if not self.failed and not self.ended:
            self.failed = True
            self.error = copy(payload)

    def merge(self, value: Any, kind: str) -> None:
        """Merge an event of the known dialect."""
        merger = self.merger
        for path in merger.table.errors:
            self.errors_at(value, path, 0)
        if self.removed is not None:
            self.put_back(value, kind)
        merger.plan = Plan() if self.planning else None
        merger.merge(value, self.log.event, kind)
        if merger.failure is not None:
            self.fail(merger.failure)
        if merger.ended:
            self.ended = True

    def errors_at(self, value: Any, path: Any, level: int) -> None:
        """What stands at `path` is an in-band error, if it is not null; a step (None,) is
        each element.
        """
        if value is None:
            return
        if level == len(path):
            self.fail(value)
        elif type(path[level]) is str:
            self.errors_at(given(value, path[level]), path, level + 1)
        elif isinstance(value, list):
            for below in value:
                self.errors_at(below, path, level + 1)

    def in_range(self, value: Any, flags: int) -> Any:
        """A payload that is no object, without numbers that no double can hold."""
        if flags & HAS_SURROGATE:
            self.surrogates = True
        if value is OUT_OF_RANGE:
            self.log.anomaly("number_range", "")
            return None
        if flags & HAS_RANGE:
            self.strip(value, None)
        return value

    def strip(self, value: Any, at: Any) -> None:
        """Take out the numbers that no double can hold, each with an anomaly."""
        if isinstance(value, dict):
            members = [(key, value[key]) for key in value]
            keys = [key for key, _ in members] if self.removed is not None else None
        elif isinstance(value, list):
            members = list(enumerate(value))
            keys = None
        else:
            return
        for key, below in members:
            if below is OUT_OF_RANGE:
                if self.removed is None:
                    self.log.anomaly("number_range", path_of(at, key))
                else:
                    self.removed.append((value, keys, at, key))
                if isinstance(value, dict):
                    del value[key]
            else:
                self.strip(below, (at, key))
        if isinstance(value, list):
            value[:] = [below for below in value if below is not OUT_OF_RANGE]

    def put_back(self, value: Any, kind: str) -> None:
        """Numbers that no double can hold are texts, where the dialect's rule takes texts."""
        removed, self.removed = self.removed, None
        for holder, keys, at, key in removed:
            text = None
            if keys is not None and takes_text(self.merger.table, value, kind, at, key):
                text = self.wire.text(at, key)
            if text is None:
                self.log.anomaly("number_range", path_of(at, key))
                continue
            self.log.anomaly("text_as_value", path_of(at, key))
            holder[key] = text
            for later in keys[keys.index(key) + 1 :]:
                if later in holder:
                    holder[later] = holder.pop(later)  # where it stood

    def leave_removed(self) -> None:
        """They stay out of an event that is not merged."""
        removed, self.removed = self.removed, None
        for _, _, at, key in removed or ():
            self.log.anomaly("number_range", path_of(at, key))

    def terminator(self) -> None:
        """`[DONE]`: the end, unless the dialect's own terminator came before."""
        self.count()
        if self.ended:
            if self.done:
                self.log.anomaly("after_end", "")
        elif not (self.merger is not None and self.is_foreign()):
            self.ended = self.done = True

    def is_foreign(self) -> bool:
        """Whether a second stream runs, whose end is not ours."""
        return type(self.merger) is EventMerger and bool(self.merger.foreign)

    # -- dialect -----------------------------------------------------------------------

    def decide(self, source: Any) -> None:
        """Settle the dialect."""
        self.source = source
        self.dialect = source["NAME"]
        table = table_of(source, self.rules) if self.rules else plain_table(source)
        if table.kind is None:
            self.merger = Merger(table, self.limits, self.log, self.text, None)
        else:
            # Not a method of ours: what holds it would hold the stream, which holds all.
            parse = partial(parse_text, self.read, self.depth)
            self.merger = EventMerger(table, self.limits, self.log, self.text, parse)
        self.merger.wire = self.wire

    def find_dialect(self, kind: str, value: Any, reported: bool, size: int) -> bool:
        """Settle the dialect by this event, or keep the event until one decides."""
        source = dialect_of(value, kind)
        if source is not None:
            self.decide(source)
            if self.pending:
                self.apply_pending()
            return not self.dead
        if reported:
            return False
        if self.leave_undecided(size):
            if self.pending is None:
                self.pending = []
            here = (self.log.event, self.log.offset)
            self.pending.append((value, kind, *here, self.wire.kept(size), self.removed))
            self.removed = None
        return False

    def leave_undecided(self, size: int) -> bool:
        """Count an event that decides nothing; False once there were too many."""
        if self.merger is not None or self.dead:
            return False
        if self.undecided is None:
            self.undecided = (self.log.event, self.log.offset)
        self.pending_size += max(size, UNDECIDED_EVENT)
        if self.pending_size > UNDECIDED_BYTES:
            self.give_up()
        return not self.dead

    def apply_pending(self) -> None:
        """Merge the events that came before the dialect was known."""
        here = (self.log.event, self.log.offset)
        data, start = self.wire.joined(), self.wire.start
        removed = self.removed
        pending, self.pending = self.pending, None
        for value, kind, event, offset, kept, out in pending or ():
            self.log.event, self.log.offset = event, offset
            self.wire.begin(kept, 0)
            self.removed = out
            if not self.ended:
                self.merge(value, kind)
        self.log.event, self.log.offset = here
        self.wire.begin(data, start)
        self.removed = removed

    def give_up(self) -> None:
        """No event decided: nothing can be folded."""
        for _, _, event, offset, _, removed in self.pending or ():
            self.log.event, self.log.offset = event, offset
            self.removed = removed
            self.leave_removed()
        self.pending = None
        self.dead = True
        self.log.event, offset = self.undecided
        self.log.fault("unknown_dialect", offset, "no event decided for a dialect")

    # -- stray lines and bodies that are no event streams ---------------------------------

    def stray_lines(self, stray: bytes, start: int) -> None:
        """Lines of unknown fields: servers put errors there."""
        if start == 0 and stray.startswith(tuple([magic for magic, _ in MAGIC])):
            self.stray = stray[:64]
            self.dead = True  # whatever looks like an event in compressed bytes is none
            self.log.fault("not_an_event_stream", 0, self.what_body(), self.stray)
            return
        if not self.ended and b"error" in stray:
            self.stray_error(stray)
        if self.events == 0:
            if not self.stray:
                self.stray = stray.lstrip()[:64]
            if self.stray.startswith(b"{"):
                self.keep_body(stray)

    def stray_error(self, stray: bytes) -> None:
        """`error: {json}`, or JSON with `error` on a line, or over all lines of the block."""
        for line in (*stray.split(b"\n"), stray):
            is_field = line.startswith(b"error:")
            text = line[6:] if is_field else line
            value = self.whole_json(text) if text.lstrip()[:1] == b"{" else NOTHING
            if isinstance(value, dict):
                payload = value.get("error")
                if is_field or payload is not None:
                    self.fail(value if payload is None else payload)

    def keep_body(self, stray: bytes) -> None:
        """A body that begins with `{` may be a whole answer, blank lines and all."""
        most = self.limits.max_event_bytes
        self.body_size += len(stray) + 1
        if most is not None and self.body_size > most + 1:
            self.limit("limit_event_bytes", most)
        else:
            if self.body is None:
                self.body = []
            self.body.append(stray)

    def whole_json(self, data: bytes) -> Any:
        """The value if `data` is one whole JSON text, else NOTHING."""
        code, value, pos, flags = self.read(data, 0, self.depth)
        if code != OK or pos != len(data):
            return NOTHING
        if flags & HAS_RANGE:
            self.strip(value, None)
        if flags & HAS_SURROGATE:
            self.surrogates = True
        return value

    def judge_body(self) -> None:
        """At the end of a body without any event: what was it?"""
        body = self.body
        self.body = None
        value = self.whole_json(b"\n".join(body)) if body else NOTHING
        if isinstance(value, dict):
            payload = value.get("error")
            if payload is not None:
                self.fail(payload)
            source = whole_answer(value, self.source)
            if source is not None:
                self.source = source
                self.dialect = source["NAME"]
                self.answer = value
                self.complete = True
                return
        cut = any([name.startswith(self.stray) for name in FIELD_NAMES])
        if not (self.failed or cut):
            self.log.event = 0
            self.log.fault("not_an_event_stream", 0, self.what_body(), self.stray)

    def what_body(self) -> str:
        for magic, name in MAGIC:
            if self.stray.startswith(magic):
                return f"{name}: decompress it first"
        first = self.stray[:1]
        kinds = {b"<": "markup", b"{": "JSON that is no whole answer", b"[": ARRAY}
        return kinds.get(first, "no field of an event stream in it")

    # -- the end ---------------------------------------------------------------------------

    def limit(self, code: str, offset: int) -> None:
        """A limit that the event still being collected met."""
        self.log.event = self.events
        self.end_folding(code, offset)

    def end_folding(self, code: str, offset: int) -> None:
        """What was merged stays; after the terminator nothing is judged."""
        if not self.ended and not self.dead:
            self.log.fault(code, offset, "the folding ended here")
        self.dead = True
        self.pending = None
        self.body = None
        self.wire.end()

    def lose(self, offset: int) -> None:
        """An exception left the midst of a read: the answer is not whole any more.

        offset: where the first byte stood that was not merged for sure. Needs no memory.
        """
        self.lost = self.lost or not self.ended
        self.log.lose(offset)

    def close(self) -> None:
        """The end of input, after the last block."""
        if self.closed:
            return
        self.closed = True
        if not self.dead:
            if self.events == 0 and self.stray:
                self.judge_body()
            if self.merger is None and self.undecided is not None:
                self.give_up()
        self.pending = None
        self.body = None
        merger = self.merger
        if merger is not None and not self.ended:
            self.complete = self.complete or is_finished(merger, merger.table.finished)

    @property
    def status(self) -> str:
        """open, complete, truncated or failed."""
        if self.failed:
            return "failed"
        if self.lost:
            return "truncated" if self.ended or self.closed else "open"
        if self.ended or self.complete:
            return "complete"
        return "truncated" if self.closed else "open"

    @property
    def arrivals(self) -> Any:
        """What came since texts grew in turns, in that order; None while they do not."""
        merger = self.merger
        return merger.arrivals if type(merger) is EventMerger else None

    @property
    def root(self) -> Any:
        """The state of the answer, or None while nothing was merged."""
        if self.answer is not None:
            return self.answer
        merger = self.merger
        return merger.root if merger is not None and merger.merged else None


def parse_text(read: Any, depth: int, text: str) -> tuple[bool, Any]:
    """JSON inside a string (tool input): (whole, value)."""
    data = repair_text(text).encode("utf-8")
    code, value, pos, flags = read(data, 0, depth)
    if code != OK or pos != len(data) or flags & HAS_RANGE:
        return False, None
    return True, repair(value) if flags & HAS_SURROGATE else value


def locate(pos: int, spans: Any) -> int:
    """The offset in the stream of index `pos` of the joined data."""
    found = spans[0]
    for span in spans:
        if span[0] > pos:
            break
        found = span
    offset: int = found[1] + pos - found[0]
    return offset


def around(data: bytes, pos: int) -> bytes:
    """An excerpt of the data, with the fault in its middle."""
    start = max(0, pos - 128)
    return data[start : start + 256]
