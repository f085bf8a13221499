"""Storing values of an answer, and keeping account: of memory, and of what happened.

Enters: a place, a key, a value, and where in the event it stood.
Leaves: a changed place; OutputFull past a limit; if asked for, a plan: what
happened to each value of the event, from which a backend makes a template (build).
Must not know: which rule applies (field_merge.py decides), bytes.

A plan (plan.py) has an entry (kind, target, name, changed) for each value; a value
without one makes no template, and neither does an event after which `plan` is None.

One source for both backends: `_c/engine/ledger.pxd` says how it is compiled.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from ssefold.engine.outcomes import FIXED, KEPT, LAST_MEMBER, OUTCOMES
from ssefold.limits import MIB, Limits

from .jsonvalue import is_open, same, text_weight, weight
from .log import Log
from .plan import Path, Plan, path_of
from .state import Echo, new_place
from .table import Node, Table

# What is held beside text and list elements (keys, unknown members) is bounded by
# max_output_bytes too, but by no less than this, so that a low limit on the text
# is not spent by the usage counters.
EXTRA_FLOOR = MIB

# What a key costs beside its text: strangers may send a new one in each event.
KEY_WEIGHT = 64

# An entry of a routed list costs memory even if it stays empty.
ENTRY_WEIGHT = 64


# What tables call the limits, and what the members of Limits are called.
_LIMITS = {field.name.removeprefix("max_"): field.name for field in fields(Limits)}

# A plan's entries that name no target.
PLAIN = tuple([(kind, None, None, False) for kind in range(OUTCOMES)])


class OutputFull(Exception):
    """More than max_output_bytes would be held; what was merged before stays."""


class Ledger:
    """The answer's root, the account of what it holds, and what the events came to.

    names:     what is called alike all over the dialect: the table's.
    parse:     str -> (whole, value), the backend's reader for JSON inside strings.
    event:     number of the event that is being merged; merged: whether any was.
    ended:     the terminator came; failure: the payload of an error that it carried.
    finishing: some entry said why it ended, so that all may have.
    held:      weight of the text and list elements; extra: of keys and unknown members.
    added:     counts what made the answer grow or change.
    changes:   counts values that were replaced by others.
    signs:     (row of ERRORS, payload) of the errors that an event told on its way, or None.
    awaited:   voices of texts that this event begins (field_voices.py), or None.
    openings:  counts places that were opened where nothing was.
    structure: counts what makes an old plan wrong: places closed, re-routed, made anew.
    plan:      what happened to the event's values, if that is asked for, or None.
    wire:      the event's bytes (wiretext.py), or None.
    """

    __slots__ = (
        "added",
        "awaited",
        "changes",
        "ended",
        "event",
        "extra",
        "extra_limit",
        "failure",
        "finishing",
        "held",
        "held_limit",
        "limits",
        "log",
        "merged",
        "names",
        "openings",
        "parse",
        "plan",
        "root",
        "signs",
        "structure",
        "table",
        "text",
        "wire",
    )

    def begin(self, table: Table, limits: Limits, log: Log, text: Any, parse: Any) -> None:
        """Nothing came yet."""
        self.table = table
        self.names = table.names
        self.limits = limits
        self.log = log
        self.text = text
        self.parse = parse
        self.event = -1
        self.merged = False
        self.ended = self.finishing = False
        self.failure: Any = None
        self.root = new_place(table.root)
        self.added = 0
        self.awaited: dict[Any, Any] | None = None
        self.signs: list[Any] | None = None
        self.changes = 0
        self.openings = 0
        self.structure = 0
        self.plan: Plan | None = None
        self.wire: Any = None
        self.held = 0
        self.extra = 0
        limit = limits.max_output_bytes
        self.held_limit = -1 if limit is None else limit
        self.extra_limit = -1 if limit is None else max(limit, EXTRA_FLOOR)

    # -- the plan --------------------------------------------------------------

    def note(self, at: Any, key: Any, kind: int) -> None:
        """What happened at `key` below `at`."""
        if self.plan is not None:
            self.plan.note(at, key, PLAIN[kind])

    def note_target(
        self, at: Any, key: Any, kind: int, values: Any, name: str, changed: bool
    ) -> None:
        """The same, for what went to `values[name]`."""
        if self.plan is not None:
            self.plan.note(at, key, (kind, values, name, changed))

    def under(self, at: Path | None, key: Any) -> Path:
        """The path of the member `key` of what stands at `at`."""
        return (at, key) if self.plan is None else self.plan.under(at, key)

    def open(self, old: Any) -> None:
        """A place is made where `old` stood. What makes one has no plan."""
        if old is None:
            self.openings += 1
        else:
            self.structure += 1
        self.plan = None

    def no_plan(self) -> None:
        """This event says nothing about the next one of its kind."""
        self.plan = None

    def restructure(self) -> None:
        """No plan made before holds any more, nor does this event's."""
        self.structure += 1
        self.plan = None

    # -- storing -----------------------------------------------------------------

    def append(self, values: Any, key: str, value: str) -> None:
        """Append to the text at `key`, which a plain string may have begun."""
        start = values.get(key)
        if type(start) is self.text:
            text = start
        else:
            text = self.text()
            if type(start) is str:
                self.charge(text_weight(start))
                text.append(start)
            if self.awaited is not None:
                text.voice = self.awaited.get((id(values), key))
            values[key] = text
            self.open(start)
        if value:
            self.charge(text_weight(value))
            text.append(value)
            self.added += 1
            if text.voice is not None:
                tell(text.voice, value)

    def extend(self, elements: Any, source: Any) -> None:
        """Extend by the elements that are closed."""
        for element in source:
            if not is_open(element):
                self.charge(weight(element))
                elements.append(element)
                self.added += 1

    def put(self, values: Any, key: str, value: Any, node: Node) -> bool:
        """Store a scalar of a known field, or a value of an unknown one; True if it is new."""
        if not node.named:
            return self.replace(values, key, value)
        old = values.get(key)
        if old is None:
            count = len(values)
            values[key] = value
            self.changes += len(values) == count  # a null stood there
        elif same(old, value):
            return False
        else:
            values[key] = value
            self.changes += 1
        self.added += 1
        return True

    def keep(self, values: Any, key: str, value: Any, at: Any) -> None:
        """The last non-null value, whole; an unclosed one is not taken."""
        if value is None:
            if key not in values:
                self.replace(values, key, None)
            self.note(at, key, FIXED)
        elif not is_open(value):
            changed = self.replace(values, key, value)
            if not isinstance(value, (dict, list)):
                self.note_target(at, key, LAST_MEMBER, values, key, changed)
            elif changed:
                self.no_plan()
            else:
                self.note_target(at, key, KEPT, values, key, False)

    def replace(self, values: Any, key: str, value: Any) -> bool:
        """Store `value` at `key`, and account for what that holds; True if it is new."""
        old = values.get(key)
        if old is not None or key in values:
            if same(old, value):
                return False
            self.charge_extra(_weight_of(value) - _weight_of(old))
            self.changes += 1
            if not (_is_scalar(old) and _is_scalar(value)):
                self.structure += 1
        else:
            self.charge_extra(KEY_WEIGHT + text_weight(key) + _weight_of(value))
        values[key] = value
        if value is not None:
            self.added += 1
        return True

    # -- the account -------------------------------------------------------------------

    def charge(self, size: int) -> None:
        """Account for text and list elements; raises OutputFull past the limit."""
        held = self.held + size
        if size > 0 and 0 <= self.held_limit < held:
            raise OutputFull
        self.held = held

    def charge_extra(self, size: int) -> None:
        """Account for keys and unknown members; raises OutputFull past the limit."""
        extra = self.extra + size
        if size > 0 and 0 <= self.extra_limit < extra:
            raise OutputFull
        self.extra = extra

    def anomaly(self, code: str, at: Any, key: Any) -> None:
        """Record an anomaly at `key` below `at`."""
        self.plan = None
        self.log.anomaly(code, path_of(at, key))

    def wire_text(self, value: Any, at: Any, key: Any, containers: bool = False) -> Any:
        """The JSON text of a value that stands where a text belongs, or None if it has none.

        What the model said is never lost to a type: of `{"delta": {"content": 1.50}}`,
        `wire_text(1.5, (None, "delta"), "content")` is `1.50`, as the server wrote it, and
        the anomaly `text_as_value` says so. Numbers and booleans have a text; objects and
        lists only with `containers`, and once they were closed. Then, and else, the caller
        decides: None is `wrong_type`, and a text is appended like any other.

        `value` was read at `key` below `at`, in the event that is being merged.
        """
        if isinstance(value, (dict, list)):
            if not containers or is_open(value):
                return None
        elif type(value) is not bool and not isinstance(value, (int, float)):
            return None
        text = self.wire.text(at, key) if self.wire is not None else None
        if text is not None:
            self.anomaly("text_as_value", at, key)
        return text

    def most(self, limit: str) -> Any:
        """The bound of this limit, or None."""
        return getattr(self.limits, _LIMITS[limit])

    def room(self, limit: str, count: int) -> bool:
        """Whether one entry more than `count` is allowed; if not, one fault says so."""
        most = self.most(limit)
        if most is None or count < most:
            return True
        self.plan = None
        self.log.fault_once("limit_" + limit, f"more than {most}")
        return False


def new_ledger(table: Table, limits: Limits, log: Log, text: Any, parse: Any) -> Ledger:
    """The ledger of an answer of which nothing came."""
    ledger = Ledger.__new__(Ledger)
    ledger.begin(table, limits, log, text, parse)
    return ledger


def tell(voice: Any, value: str) -> None:
    """What a text with a voice was told goes to its buffer, too, if that is to be given."""
    if voice.buffer is not None and not voice.silent:
        voice.buffer.append(value)


def _is_scalar(value: Any) -> bool:
    return value is None or type(value) is str or isinstance(value, (int, float))


def _weight_of(value: Any) -> int:
    """The weight of a plain value; a state's own text was charged as it came."""
    if type(value) is str:
        return text_weight(value)
    if type(value) is Echo:
        return text_weight(value.text)
    if _is_scalar(value) or isinstance(value, (dict, list)):
        return weight(value)
    return 8
