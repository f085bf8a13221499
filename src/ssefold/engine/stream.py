"""The meaning of each block of a stream for the answer.

Enters: blocks (the lines between two blank lines), with their offsets.
Leaves: a merged state, a status, an in-band error, faults and anomalies.
Must not know: bytes on the wire, how blocks were found, the callers' view.

This module decides: is a block an event, does it end the stream, whose dialect is it, is it
damaged, does it report an error of the server.

One source for both backends: `_c/engine/stream.pxd` says how it is compiled.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ssefold.engine.jsonmarks import (
    BAD,
    HAS_RANGE,
    HAS_SURROGATE,
    NOTHING,
    OK,
)
from ssefold.limits import Limits

from .blockdata import DONE, is_comment, parse_text
from .detect import (
    HEARTBEATS,
    OURS,
    SOURCES,
    among,
    bare_table,
    dialect_of,
    table_of,
)
from .detect_named import Asked
from .event_merge import EventMerger, is_finished, knows
from .field_merge import new_merger
from .jsonvalue import copy, given, is_open, same
from .judgement import judge
from .ledger import OutputFull, new_ledger
from .log import new_log
from .plan import new_plan
from .stream_bystanders import OUR_NAMES, Bystanders
from .stream_damage import damaged, glued
from .stream_failures import (
    NAMED,
    answers,
    failure_at,
    failure_of,
    first_of,
    is_fuller,
    is_vague,
    may_stand,
    may_turn,
    named_members,
)
from .stream_life import CLOSE, ERROR, FINISHED, LOSS, STOP, TERMINATOR, new_life
from .stream_strays import in_range, judge_body, stray_lines, whole_json
from .stream_undecided import apply_pending, give_up, leave_undecided, put_off
from .wiretext import leave_out, new_wire, put_back, strip


class Stream:
    """One stream as it is folded.

    life: how it stands (stream_life.py). events: their count; cold: the count of those read
    without a template. done: `[DONE]` came.
    planning: whether events note their plan.
    vague: a later sign of failure may say more than `error`. last: where the frame of the last
    event began; watched: somebody may ask for it, though none of its blocks comes here.
    surrogates: the answer may hold unpaired surrogates. wire: the bytes of the event being
    merged. removed: its numbers beyond any double, taken out of it. grown: the values that
    somebody watches while they grow (growth.py), or None.
    """

    __slots__ = (
        "acts",
        "answer",
        "asked",
        "body",
        "bystanders",
        "choice",
        "cold",
        "depth",
        "dialect",
        "done",
        "error",
        "events",
        "fields",
        "grown",
        "last",
        "ledger",
        "life",
        "limits",
        "log",
        "pending",
        "pending_size",
        "planning",
        "read",
        "removed",
        "rules",
        "source",
        "strict",
        "surrogates",
        "table",
        "text",
        "undecided",
        "vague",
        "watched",
        "wire",
    )

    def begin(
        self, dialect: Any, strict: bool, limits: Limits, rules: Any, read: Any, text: Any
    ) -> None:
        """Nothing came yet."""
        self.strict = strict
        self.limits = limits
        self.depth = limits.depth
        self.rules = rules
        self.read = read
        self.text = text
        self.log = new_log(limits)
        self.wire = new_wire(read)
        self.removed: Any = None
        self.events = self.cold = 0
        self.life = new_life()
        self.done = self.surrogates = self.vague = self.watched = False
        self.error: Any = None
        self.answer: Any = None
        self.pending: list[Any] | None = None
        self.pending_size = 0
        self.planning = False
        self.undecided: Any = None
        self.asked: Any = None  # made when first needed: few streams need it
        self.last = 0
        self.body: Any = None
        self.grown: dict[Any, Any] | None = None
        self.bystanders: Any = None
        self.dialect: str | None = None
        self.source: Any = None
        self.table: Any = None
        self.ledger: Any = None
        self.fields: Any = None
        self.acts: Any = None
        self.choice = OURS
        if type(dialect) is tuple:
            self.choice = among(dialect)
        elif dialect is not None:
            self.decide(SOURCES[dialect] if isinstance(dialect, str) else dialect)
            self.asked = Asked(self.log)
            self.asked.ask(self.source)

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
        if self.life.dead:
            return
        self.log.offset = start
        self.log.event = self.events
        if stray:
            stray_lines(self, stray, start)
            if self.life.dead:
                return
        if data is None or not data.strip():
            return  # heartbeats are no events
        # Our handlers do nothing. One that does something keeps the traceback; and where memory
        # is too short to make one, compiled code releases it all the same.
        try:
            self.wire.begin(data, 0)
            self.data(name, data, spans, final)
            self.wire.end()
            return
        except OutputFull:
            pass
        self.end_folding("limit_output_bytes", start)

    def whole(self, name: bytes, value: Any, flags: int, size: int, start: int) -> None:
        """block() for one whole JSON value, before the terminator."""
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
        text = data.strip(b" \t")
        if text == DONE:
            self.terminator()
        elif text[:1] == b":" and is_comment(data):
            self.heartbeat()
        elif self.life.ended:
            self.behind(name, data)
        else:
            code, value, pos, flags = self.read(data, 0, self.depth)
            if code == OK and pos == len(data):
                self.event(name, value, flags, len(data))
            elif not glued(self, name, data, final, spans):
                if code == OK:
                    code = BAD  # a byte after the value: no JSON text has one
                damaged(self, name, data, (code, value, pos, flags), spans, final)

    def heartbeat(self) -> None:
        """A comment sent as data: a counted event, at any place."""
        self.count()
        self.aside().heartbeat(self.table)

    def behind(self, name: bytes, data: bytes) -> None:
        """An event behind the terminator: it may be another stream, and is not judged.

        But a terminator may tell of the failure alone, and an event behind it of the cause.
        """
        self.count()
        kind = name.decode("utf-8", "replace")
        failed = self.ledger is not None and self.ledger.failure is not None
        if failed or kind in HEARTBEATS:
            value = first_of(whole_json(self, data))
            if kind in HEARTBEATS and self.aside().stands_by(self.table, kind, value):
                self.aside().pass_by(self.table, kind)
                return
            if failed and value is not None and self.fails(kind, value):
                return
        self.log.anomaly("after_end", "")

    def count(self) -> None:
        """One event more; records belong to it from now on."""
        self.log.event = self.events
        self.last = self.log.offset
        self.events += 1
        self.cold += 1

    # -- events ---------------------------------------------------------------------

    def event(self, name: bytes, value: Any, flags: int, size: int) -> None:
        """One event whose data is whole JSON."""
        self.count()
        if isinstance(value, dict):
            self.admit(name, value, flags, size)
        elif not self.odd(name, value, flags):
            self.log.anomaly("wrong_type", "")
            self.note_other()
            leave_undecided(self, size)
        if self.strict and self.log.fault_count:
            self.life.move(STOP)

    def odd(self, name: bytes, value: Any, flags: int) -> bool:
        """JSON without an object: an error in a list or of that name, or a bystander."""
        kind = name.decode("utf-8", "replace")
        first = first_of(value)
        if name and name not in OUR_NAMES and self.aside().stands_by(self.table, kind, first):
            self.pass_by(kind)
            return True
        if first is not None and failure_of(first, kind, answers(first)) is not NOTHING:
            return self.fails(kind, in_range(self, first, flags))
        if kind == NAMED:
            self.fail(in_range(self, value, flags), None)
            return True
        return False

    def admit(self, name: bytes, value: Any, flags: int, size: int) -> bool:
        """Find the dialect, look for an error, merge; whether the event reports a failure."""
        if flags & HAS_RANGE:
            self.removed = []
            strip(self.log, self.removed, value, None)
        if flags & HAS_SURROGATE:
            self.surrogates = True
        kind = name.decode("utf-8", "replace") if name else ""
        if self.table is None:
            self.find_dialect(kind, value)
        if self.life.dead:
            self.leave_removed()
            return False
        table = self.table
        named = table is not None and knows(table, kind, value)
        # Where events have kinds, nearly all have names, and are known.
        if not named and name and name not in OUR_NAMES:
            usual = table is not None and table.kind is not None and kind not in HEARTBEATS
            if not usual and self.aside().stands_by(table, kind, value):
                self.pass_by(kind)
                self.leave_removed()
                return False
        known = named or answers(value)
        failed = self.tells_failure(kind, value, known)
        if self.asked is not None and self.asked.open:
            self.asked.watch(value, kind, failed)
        if table is not None:
            self.merge(value, kind, failed, known)
        else:
            put_off(self, value, kind, size, failed)
        if self.removed is not None:
            self.leave_removed()
        return failed

    def aside(self) -> Bystanders:
        """The judge of events outside the answer, made when first asked."""
        if self.bystanders is None:
            self.bystanders = Bystanders(self.log, self.choice)
        bystanders: Bystanders = self.bystanders
        return bystanders

    def note_other(self) -> None:
        """An event came from outside the named dialect."""
        if self.asked is not None:
            self.asked.note()

    def pass_by(self, kind: str) -> None:
        """An event outside the dialect: it is counted, and waits for none."""
        self.aside().pass_by(self.table, kind)
        if kind not in HEARTBEATS:
            self.note_other()
            if self.table is None and self.undecided is None:
                self.undecided = (self.log.event, self.log.offset)

    def is_known(self, kind: str, value: Any) -> bool:
        """Whether an object has an answer, or is an event known to the dialect."""
        return answers(value) or (self.table is not None and knows(self.table, kind, value))

    def fails(self, kind: str, value: Any) -> bool:
        """Whether an object reports a failure; it is kept if it says more than others did."""
        return self.tells_failure(kind, value, self.is_known(kind, value))

    def tells_failure(self, kind: str, value: Any, known: bool) -> bool:
        """The same, where it is known whether an answer stands there."""
        payload = failure_of(value, kind, known)
        if payload is NOTHING:
            return False
        self.fail(payload, value)
        return True

    def fail(self, payload: Any, event: Any) -> None:
        """An in-band error: the first one stays, unless a later one says more.

        event: the payload, or the event around it.
        """
        if self.life.failed:
            if not (self.vague and is_fuller(payload)):
                return
        elif self.life.ended:
            return
        self.life.move(ERROR)
        self.vague = is_vague(payload, event)
        self.error = copy(payload)

    def merge(self, value: Any, kind: str, failed: bool, known: bool) -> None:
        """Merge an event of the known dialect.

        failed: it reports a failure, and only members in the table are merged. known: is_known().
        """
        ledger = self.ledger
        table = ledger.table
        whole = not failed
        if whole and table.error_tree and may_stand(value, table.error_tree):
            failed = self.fails_at(value, table)
        if self.removed is not None:
            removed, self.removed = self.removed, None
            put_back(table, self.wire, self.log, removed, value, kind)
        if not whole and table.kind is None:
            value = named_members(value, table.root.children)
            if not value:
                return
        steady = self.planning and not (failed or (self.asked is not None and self.asked.open))
        if self.acts is None and not ledger.merged:
            steady = False  # what begins an answer opens places
        if steady and may_turn(value, known, table.error_tree, self.acts is not None):
            steady = False  # the next one may be a failure
        ledger.plan = new_plan(table.telling) if steady else None
        if self.acts is not None:
            self.acts.merge(value, self.log.event, kind)
        else:
            self.fields.merge(value, self.log.event)
            if table.terminator and tells_end(value, table.terminator):
                ledger.ended = True
        self.watched = ledger.finishing and table.judged
        if ledger.signs is not None:
            signs, ledger.signs = ledger.signs, None
            if whole:
                self.fail(min(signs, key=_rank)[1], value)  # of several the fullest: the first row
        if ledger.failure is not None:
            self.fail(ledger.failure, value)
        if ledger.ended:
            self.life.move(TERMINATOR)
            self.settle_end()

    def fails_at(self, value: Any, table: Any) -> bool:
        """Whether an event or a body has an error where the dialect may put one."""
        for row in table.errors:
            payload = failure_at(value, row)
            if payload is not NOTHING:
                self.fail(payload, value)
                return True
        return False

    def leave_removed(self) -> None:
        """Numbers too large for any type stay out of an event outside the answer."""
        removed, self.removed = self.removed, None
        leave_out(self.log, removed)

    def terminator(self) -> None:
        """`[DONE]`: the end, unless the dialect's own terminator came before."""
        self.count()
        if self.life.ended:
            if self.done:
                self.log.anomaly("after_end", "")
        elif not self.is_foreign():
            self.done = True
            self.life.move(TERMINATOR)
            self.settle_end()

    def is_foreign(self) -> bool:
        """Whether a second stream runs, whose end is not ours."""
        return self.acts is not None and bool(self.acts.foreign)

    # -- dialect -----------------------------------------------------------------------

    def decide(self, source: Any) -> None:
        """Settle the dialect."""
        self.source = source
        self.dialect = source["NAME"]
        table = table_of(source, self.rules) if self.rules else bare_table(source)
        # Not a method of ours: its holder would hold the stream, and the stream holds all.
        parse = None if table.kind is None else partial(parse_text, self.read, self.depth)
        ledger = new_ledger(table, self.limits, self.log, self.text, parse)
        ledger.wire = self.wire
        fields = new_merger(ledger)
        acts = None if table.kind is None else EventMerger(ledger, fields)
        # All or nothing: memory may run short on the way, and a later event would meet a half.
        self.ledger, self.fields, self.acts, self.table = ledger, fields, acts, table

    def find_dialect(self, kind: str, value: Any) -> None:
        """Settle the dialect by this event, if it decides for one."""
        source = dialect_of(value, kind, self.choice)
        if source is not None:
            self.decide(source)
            if self.bystanders is not None:
                self.bystanders.settle(self.table)
            if self.pending:
                apply_pending(self)

    # -- the end ---------------------------------------------------------------------------

    def limit(self, code: str, offset: int) -> None:
        """A limit met by the event still being collected."""
        self.log.event = self.events
        self.end_folding(code, offset)

    def end_folding(self, code: str, offset: int) -> None:
        """The merged part stays; after the terminator nothing is judged."""
        if not self.life.ended and not self.life.dead:
            self.log.fault(code, offset, "the folding ended here")
        self.life.move(STOP)
        self.pending = None
        if self.body is not None:
            self.body.drop()
        self.wire.end()

    def lose(self, offset: int) -> None:
        """An exception left the midst of a read: the answer is not whole any more.

        offset: where the first byte stood whose merge is not sure. Needs no memory.
        """
        self.life.move(LOSS)
        self.log.lose(offset)

    def close(self) -> None:
        """The end of input, after the last block."""
        if self.life.closed:
            return
        self.life.move(CLOSE)
        ledger = self.ledger
        if not self.life.dead:
            if self.events == 0 and self.body is not None and self.body.begin:
                judge_body(self)
            if ledger is None and self.undecided is not None:
                give_up(self)
            if not self.life.ended:
                self.settle_others()
        self.pending = None
        if self.body is not None:
            self.body.drop()
        if (
            ledger is not None
            and not self.life.ended
            and is_finished(ledger.root, self.table.finished)
        ):
            self.life.move(FINISHED)
            self.log.event, self.log.offset = self.events - 1, self.last
            self.judge_answer(False)

    def settle_end(self) -> None:
        """The terminator came."""
        self.settle_others()
        self.judge_answer(True)

    def settle_others(self) -> None:
        """No event follows: events outside the dialect are judged."""
        if self.bystanders is not None:
            self.bystanders.settle(self.table)
        if self.asked is not None:
            self.asked.judge()

    def judge_answer(self, terminated: bool) -> None:
        """The gaps of a whole answer; one that failed or was cut may lack anything."""
        ledger = self.ledger
        if not self.life.is_sound() or ledger is None or not ledger.merged:
            return
        if self.table.ends is not None:
            judge(ledger, self.table.ends, self.depth, terminated)

    @property
    def status(self) -> str:
        """open, complete, truncated or failed."""
        answered = self.root is not None and not (self.asked is not None and self.asked.wrong)
        return self.life.status(answered)

    @property
    def known(self) -> Any:
        """The dialect's table, also of a body with a whole answer; None: no dialect yet."""
        if self.table is None and self.source is not None:
            return bare_table(self.source)
        return self.table

    @property
    def arrivals(self) -> Any:
        """The pieces since texts grew in turns, in that order; None while they do not."""
        return self.acts.order.arrivals if self.acts is not None else None

    @property
    def root(self) -> Any:
        """The state of the answer, or None while nothing was merged."""
        if self.answer is not None:
            return self.answer
        ledger = self.ledger
        return ledger.root if ledger is not None and ledger.merged else None


def new_stream(
    dialect: Any, strict: bool, limits: Limits, rules: Any, read: Any, text: Any
) -> Stream:
    """A stream of which nothing came."""
    stream = Stream.__new__(Stream)
    stream.begin(dialect, strict, limits, rules, read, text)
    return stream


def tells_end(value: Any, terminator: Any) -> bool:
    """Whether a member of an event has the value that ends the stream; a cut member has none."""
    if is_open(value):
        return False
    for name, last in terminator:
        found = given(value, name)
        if found is not None and same(found, last):
            return True
    return False


def _rank(sign: Any) -> int:
    rank: int = sign[0]
    return rank
