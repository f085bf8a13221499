"""Executes the events of dialects whose events say their effect.

Enters: a decoded event and its kind.
Leaves: a changed state; `ended` once the terminator came.
Must not know: bytes, frames, the dialect's name.

A table's EVENTS maps kinds to actions. The meaning of each verb stands in event_spec.py.
An address such as `content[index].text` takes the index from the event.

One source for both backends: `_c/engine/event_merge.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from ssefold.engine.event_spec import (
    ANSWER,
    BASE,
    END,
    ENDS,
    FREQUENT,
    FULL,
    MERGE,
    PUT,
    STOP,
    UPDATE,
)
from ssefold.engine.outcomes import COUNTED, FIXED

from .event_address import Address
from .event_full import full_value, lives_on, part_with
from .event_items import fill, fill_base, full_item, put_item
from .event_numbers import Sequence
from .event_order import Order
from .event_starts import begin, stop
from .event_verbs import Verbs, value_at
from .field_merge import FieldMerger
from .jsonvalue import given, is_open, same, text_weight
from .ledger import Ledger
from .lookup_hints import is_hint, list_at
from .rows import Action
from .state import Grown, Hinted, Place, elements, member, new_place

# Larger numbers are no sequence numbers.
MOST_NUMBER = 1 << 62


class EventMerger:
    """The events of a dialect, carried out on the answer that a ledger holds.

    foreign:  a second stream began; nothing is merged any more.
    based:    the answer's base came; base_id: with this id.
    sequence: the numbers of the events, if the dialect has them.
    """

    __slots__ = (
        "address",
        "base_id",
        "based",
        "fields",
        "foreign",
        "ledger",
        "order",
        "sequence",
        "verbs",
    )

    def __init__(self, ledger: Ledger, fields: FieldMerger) -> None:
        self.ledger = ledger
        self.fields = fields
        self.order = Order(ledger)
        self.address = Address(ledger, self.order)
        self.verbs = Verbs(ledger, self.order, self.address)
        self.foreign = False
        self.based = False
        self.base_id: Any = None
        self.sequence = Sequence()

    def merge(self, value: Any, event: int, kind: Any) -> None:
        """Merge one event; `kind` is its SSE event name, should it not say its own."""
        self.ledger.event = event
        table = self.ledger.table
        own = given(value, table.kind or "")
        if type(own) is not str and is_open(value):
            self.ledger.no_plan()
            if table.sequence is not None and not self.foreign:
                self.is_repeated(value, table.sequence)
            return  # its kind may have been still to come
        actions: Any = self.actions_of(own if type(own) is str else kind)
        self.ledger.note(None, table.kind, FIXED)
        if self.is_foreign(actions, value):
            return
        repeated = table.sequence is not None and self.is_repeated(value, table.sequence)
        if repeated and not is_terminal(actions):
            return
        if type(actions) is dict:
            by = actions["by"]
            self.verbs.note_path(by)
            found = value_at(value, by)
            if type(found) is not str:
                holder = value_at(value, by[:-1])
                if holder is not None and not isinstance(holder, dict):
                    self.ledger.anomaly("wrong_type", None, by[0])
                if not isinstance(holder, dict) or (found is None and is_open(holder)):
                    return  # or it may have been still to come
                if found is not None:
                    self.ledger.no_plan()
                    self.ledger.log.anomaly("wrong_type", ".".join(by))
                    found = None
            actions = actions.get(found, actions.get("*", ()))
            if not actions:
                self.ledger.no_plan()
        if actions is not None:  # unknown kinds are counted, never fatal
            for action in actions:
                self.act(action, value)
        for row in table.errors:
            self.verbs.note_absent(value, row[0])
        self.verbs.note_rest(value)

    def actions_of(self, kind: str) -> Any:
        """The table's actions for this kind, or None."""
        actions = self.ledger.table.events.get(kind)
        if actions is None:
            pattern = pattern_of(self.ledger.table, kind)
            if pattern is not None:
                prefix, suffix, actions = pattern
                self.address.star = kind[len(prefix) : len(kind) - len(suffix)]
        return actions

    def is_foreign(self, actions: Any, value: Any) -> bool:
        """Whether the event belongs to a second stream: its first event is a base."""
        if self.based and not self.foreign and type(actions) is tuple and actions:
            action = actions[0]
            if action.verb == BASE:
                source = value_at(value, action.source)
                # Without an id of both it is the base again: gateways send one of their own.
                known = source.get(self.ledger.names.id) if isinstance(source, dict) else None
                if known and self.base_id and known != self.base_id:
                    self.foreign = True
                    self.ledger.restructure()
                    self.ledger.anomaly("second_stream", None, action.source[0])
        return self.foreign

    def is_repeated(self, value: Any, key: str) -> bool:
        """Whether an event with this sequence number came before."""
        number = given(value, key)
        sequence = self.sequence
        if number is None:
            if is_open(value):
                sequence.pass_one()
                if not sequence.counts:
                    self.ledger.restructure()
        elif type(number) is not int or not 0 <= number < MOST_NUMBER:
            self.ledger.anomaly("wrong_type", None, key)
        else:
            counted, last = sequence.counts, sequence.last
            event = (
                self.ledger.wire.joined() if number == 0 and self.ledger.wire is not None else None
            )
            if event is not None and self.ledger.wire.start:
                event = event[self.ledger.wire.start :]  # glued to another
            code = sequence.oddity_of(number, event)
            if not counted and last != sequence.last:
                self.ledger.restructure()  # a template has the number before as a literal
            if code:
                self.ledger.anomaly(code, None, key)
            elif not sequence.counts:
                self.ledger.note(None, key, FIXED)
            elif sequence.last != last:  # it is this number now
                self.ledger.note_target(None, key, COUNTED, sequence, key, False)
            else:
                self.ledger.no_plan()
            return code == "sequence_repeated"
        return False

    def act(self, action: Action, value: Any) -> None:
        verb = action.verb
        if verb not in FREQUENT:
            if action.takes and value_at(value, action.source) is None:
                self.verbs.note_absent(value, action.source)
                return
            self.ledger.restructure()  # rare: no template for an event that comes once
        if verb == MERGE:
            self.ledger.merged = True
            self.fields.members(self.ledger.root, value, None)
        elif verb == BASE or verb == UPDATE:
            self.base(action, value)
        elif verb == ANSWER:
            self.answer(action, value)
        elif verb == END:
            self.ledger.ended = True
        elif verb == PUT:
            self.put_element(action, value)
        elif verb == FULL:
            self.full(action, value)
        elif verb == STOP:
            stop(self.address, action, value)
        else:
            self.verbs.delta(action, value)

    # -- the whole answer ------------------------------------------------------------

    def base(self, action: Action, value: Any) -> None:
        """The answer as it begins."""
        source = value_at(value, action.source)
        if not isinstance(source, dict):
            self.verbs.wrong(action)
            return
        values = self.ledger.root.values
        if self.based and not self.base_id:
            self.base_id = source.get(self.ledger.names.id)
        again = action.again
        if again == "fill" and (self.based or values):
            if not self.based:
                self.based = self.ledger.merged = True
                self.base_id = source.get(self.ledger.names.id)
            fill_base(self.address, values, source)
            self.begin_answer(values)
            return
        if self.based:
            if again == "update":
                self.update(values, source)
            return
        self.based = self.ledger.merged = True
        self.base_id = source.get(self.ledger.names.id)
        early = values.copy()  # the texts of deltas before their start
        values.clear()
        for key, below in source.items():
            if not is_open(below):
                self.ledger.replace(values, key, below)
        for key, kept in early.items():
            given = values.get(key)
            values[key] = kept
            if type(kept) is Hinted and isinstance(given, list) and key in self.ledger.table.lists:
                fill(self.address, values, key, given)
        self.begin_answer(values)

    def begin_answer(self, values: Any) -> None:
        """The texts of a base; they come before all others."""
        if self.ledger.table.text_steps:
            given = values.get(self.ledger.table.text_steps[0][0])
            if self.order.begin_texts(values, 0):
                self.order.latest = max(self.order.latest, (len(given) - 1,))

    def update(self, values: Any, source: Any) -> None:
        """A later state of the base: last non-null; lists of elements never shrink."""
        for key, below in source.items():
            if is_open(below):
                continue
            if key in self.ledger.table.lists and values.get(key) is not None:
                if isinstance(below, list):
                    fill(self.address, values, key, below)
            elif below is not None or key not in values:
                self.ledger.replace(values, key, below)
        self.begin_answer(values)

    def answer(self, action: Action, value: Any) -> None:
        """The answer itself, verbatim. A cut one is no end."""
        payload = action.error
        source = value_at(value, action.source)
        whole = not is_open(value)
        if payload is not None:
            failure = value_at(value, payload)
            if failure is not None and not is_open(failure):
                self.ledger.failure = failure
            elif whole:
                self.ledger.failure = value
        if isinstance(source, dict) and not is_open(source):
            self.ledger.merged = self.ledger.ended = True
            values = self.ledger.root.values
            rebuilt = self.left_out(values, source)
            if not rebuilt:
                self.ledger.extra = 0  # all but the texts goes, and those are on the other account
            fresh: dict[str, Any] = {}
            for key, below in source.items():
                self.ledger.charge_extra(text_weight(key))
                old = values.get(key)
                state = old if key in rebuilt else full_value(self.order, old, below, None)
                fresh[key] = state
                if not lives_on(old, state):
                    part_with(self.ledger.root, key, old)
            for key in rebuilt:
                fresh[key] = values[key]
                self.ledger.anomaly("done_mismatch", (None, action.source[-1]), key)
            for key, old in values.items():
                if key not in fresh:
                    self.order.goes(old)
                    part_with(self.ledger.root, key, old)
            values.clear()
            values.update(fresh)
            if self.order.arrivals is not None:
                self.order.follow()
        elif whole:
            self.ledger.ended = True
            if source is not None:
                self.verbs.wrong(action)

    def left_out(self, values: Any, source: Any) -> list[str]:
        """The lists absent from the answer although elements were streamed."""
        lists = [
            key for key in self.ledger.table.lists if self.is_routed(key) and not given(source, key)
        ]
        return [key for key in lists if any(elements(values.get(key)))]

    def is_routed(self, key: str) -> bool:
        """Whether events address the elements of this member of the answer by hints."""
        return key in self.ledger.table.lists and is_hint(self.ledger.table, key)

    # -- elements --------------------------------------------------------------------

    def put_element(self, action: Action, value: Any) -> None:
        """A whole element at its index; one made by deltas keeps their texts."""
        source = value_at(value, action.source)
        if not isinstance(source, dict) or is_open(source):
            if source is not None and not isinstance(source, dict):
                self.verbs.wrong(action)
            return
        if is_hint(self.ledger.table, action.element[2]):
            put_item(self.address, action, value, source)
        else:
            begin(self.address, action, value, source)

    def place_for(self, action: Action, value: Any) -> Any:
        """(list, index, its rule) where the element of this event belongs, or nothing."""
        step = action.element
        if self.address.routed(action, value):
            holder = self.address.holder(action, value, action.make)
            if holder is not None:
                rule = self.ledger.table.lists[step[2]]
                index = value[step[1]]
                held = list_at(holder.values, step[0], rule)
                if held.at(index) is not None or self.ledger.room(rule.limit, held.count()):
                    self.address.way = (*self.address.way, index)
                    return held, index, rule
        return None, None, None

    def full(self, action: Action, value: Any) -> None:
        """A full value in the place of its fragments."""
        source = value_at(value, action.source)
        if source is None or is_open(source):
            return
        if not isinstance(source, action.holds):
            source = self.verbs.text_of(action, source) if action.holds is str else None
            if source is None:
                self.verbs.wrong(action)
                return
        at = (None, action.source[-1])
        if action.element is not None:
            came = self.full_element(action, value, source, at)
        elif self.address.routed(action, value):
            place = self.address.holder(action, value, action.make)
            if place is None:
                return
            self.order.comes_late(self.address.way)
            values, key = place.values, action.leaf
            grown = values.get(key)
            if type(grown) is list and grown and not same(grown, source):
                self.ledger.anomaly("done_mismatch", None, at[1])
            step = self.order.step_of(action, None, self.address.way)
            values[key] = full_value(self.order, values.get(key), source, at, step)
            came = step >= 0
            if place is not self.ledger.root:
                place.finished = self.ledger.event
            if self.order.arrivals is not None:
                self.order.follow_below(action.path, place, self.address.way)
        else:
            return
        self.ledger.merged = True
        if came:
            self.order.came_whole(self.address.way)

    def full_element(self, action: Action, value: Any, source: Any, at: Any) -> bool:
        """A full value in the place of an element; True if a text may have come with it."""
        if is_hint(self.ledger.table, action.element[2]):
            return full_item(self.address, action, value, source)
        held, index, _ = self.place_for(action, value)
        if held is None:
            return False
        self.order.comes_late(self.address.way)
        old = held.at(index)
        step = -1
        if isinstance(source, dict):
            if type(old) is not dict:  # whose texts may have been taken as they stand
                step = self.order.step_of(action, self.order.kind_of(source), self.address.way)
            if type(old) is not Place:
                old = new_place(None)  # marks it as known to be finished
        new = full_value(self.order, old, source, at, step)
        held.put(index, new)
        if self.order.arrivals is not None:
            self.order.follow_below(action.steps, new, self.address.way)
        return step >= 0


def is_terminal(actions: Any) -> bool:
    """Whether these are the actions of a terminal event. Such an event is never skipped."""
    return type(actions) is tuple and any([one.verb in ENDS for one in actions])


def pattern_of(table: Any, kind: str) -> Any:
    """(prefix, suffix, actions) of the kinds with a star that match this one, or None."""
    for pattern in table.patterns:
        prefix, suffix, _ = pattern
        room = len(kind) > len(prefix) + len(suffix)
        if room and kind.startswith(prefix) and kind.endswith(suffix):
            return pattern
    return None


def knows(table: Any, kind: str, value: Any) -> bool:
    """Whether the dialect's events have kinds, and an event of this name is of one of them."""
    if table.kind is None:
        return False
    own = given(value, table.kind)
    known = own if type(own) is str else kind
    return known in table.events or pattern_of(table, known) is not None


def is_finished(root: Any, finished: Any) -> bool:
    """Whether a stream is complete although it closed without its terminator."""
    if not finished:
        return False
    instead = finished.get("or")
    if instead is not None and value_in(root, instead) is not None:
        return True
    each = finished.get("each")
    if each is not None:
        found = value_in(root, each)
        items = found.items if type(found) is Grown else elements(found)
        return bool(items) and all(value_in(item, finished["has"]) is not None for item in items)
    if value_in(root, finished["has"]) is None:
        return False
    stopped = finished.get("stopped")
    return stopped is None or all(
        getattr(item, "stopped", True) for item in elements(value_in(root, stopped))
    )


def value_in(place: Any, path: Any) -> Any:
    """The state at the end of dotted steps, or None."""
    for step in path:
        place = member(place, step)
    return place
