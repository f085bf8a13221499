"""The verbs that change one place of an answer, by fragments.

Enters: an action and its event.
Leaves: a longer text, a longer list, another value; the plan of a fragment.
Must not know: the kind of the event, the dialect's name.

One source for both backends: `_c/engine/event_verbs.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from ssefold.engine.event_spec import APPEND, APPEND_JSON, EXTEND, INSERT, PUSH, SET, SPREAD
from ssefold.engine.outcomes import APPENDED, DROPPED, EXTENDED, FIXED, OPENED

from .event_address import Address
from .event_order import Order
from .field_parts import keep_text
from .jsonvalue import given, is_open, same, text_weight, weight
from .ledger import Ledger
from .lookup_hints import NONE, add, find, hint, insert, is_hint, list_at, shift
from .rows import INSERTED, Action
from .state import JSONText, Parts, Place, Replaced


class Verbs:
    """The verbs that let an answer grow where its events say."""

    __slots__ = ("address", "ledger", "order")

    def __init__(self, ledger: Ledger, order: Order, address: Address) -> None:
        self.ledger = ledger
        self.order = order
        self.address = address

    def wrong(self, action: Action) -> None:
        """A value of another type than the verb takes."""
        self.ledger.no_plan()
        self.ledger.log.anomaly("wrong_type", ".".join(action.source))

    def delta(self, action: Action, value: Any) -> None:
        """The verbs that change one place."""
        constant = action.constant
        source = value_at(value, action.source) if constant is None else constant
        verb = action.verb
        if source is None:
            self.note_absent(value, action.source)
            return
        if is_open(source) and verb != SPREAD and verb != EXTEND:
            self.ledger.no_plan()  # the next one of its kind may bring something
            return
        if not self.address.routed(action, value):
            self.ledger.no_plan()
            if action.other is not None:
                self.delta(action.other, value)
            return
        place = self.address.holder(action, value, self.made(action, source))
        if place is None:
            self.ledger.no_plan()
            return
        added = self.ledger.added
        turns = verb == APPEND and self.order.grows(action, place, self.address.way)
        if action.element is None:
            self.change(place.values, action.leaf, action, source, value)
        elif verb == SPREAD:
            self.spread(place.values, source, action, value)
        else:
            self.change_element(place.values, action, source, value)
        self.ledger.merged = True
        if turns:
            self.ledger.no_plan()
            leaf = place.values.get(action.leaf)
            if hasattr(leaf, "take"):
                self.order.arrivals.append(leaf.take(False))
        if self.address.passed >= 0:
            self.ledger.no_plan()
            if (
                self.address.passed < self.ledger.event
                and self.ledger.added != added
                and constant is None
            ):
                self.came_late(action, value)
        elif self.ledger.plan is not None:
            self.note_delta(place.values, value, action)

    def came_late(self, action: Action, value: Any) -> None:
        """A delta after its element's end: said once for each element and kind of delta."""
        path = action.steps
        place = [value.get(by) for _, by, _ in path if by is not None]
        kind = (action.verb, *action.source, action.leaf, *map(repr, place))
        self.ledger.log.anomaly_once("delta_after_finish", action.source[0], kind)

    def made(self, action: Action, source: Any) -> Any:
        """The members of missing elements: an unknown delta's type tells its block's."""
        suffix = action.suffix
        if suffix is not None and isinstance(source, dict):
            name = self.ledger.names.type
            kind = source.get(name)
            return ({name: kind.removesuffix(suffix)},) if type(kind) is str else ({},)
        return action.make

    def note_delta(self, values: Any, value: Any, action: Action) -> None:
        """The plan of a fragment: its routing is fixed, its value grows."""
        steps = action.source
        at = None
        for step in steps[:-1]:
            self.ledger.note(at, step, OPENED)
            value = value[step]
            at = self.ledger.under(at, step)
        for _, by, _ in action.path:
            if by is not None:
                self.ledger.note(None, by, FIXED)
        if self.address.asked:
            self.ledger.note(None, self.address.asked, FIXED)
        name = action.leaf
        target = values[name]
        if type(target) is JSONText:
            self.ledger.note_target(at, steps[-1], APPENDED, target, "text", False)
        elif type(target) is list:
            self.ledger.note_target(at, steps[-1], EXTENDED, values, name, False)
        else:
            self.ledger.note_target(at, steps[-1], APPENDED, values, name, False)

    def change(self, values: Any, key: str, action: Action, source: Any, value: Any) -> None:
        """Change the member `key`."""
        verb = action.verb
        if verb == SET:
            self.ledger.replace(values, key, source)
        elif verb == PUSH:
            self.push(values, key, source)
        elif verb == INSERT:
            self.insert(values, key, source, action, value)
        elif verb == EXTEND:
            self.extend_list(values, key, source, action)
        elif verb == APPEND and self.is_kept(values.get(key), source, action):
            self.ledger.no_plan()
            at: Any = None
            for step in action.source[:-1]:
                at = (at, step)
            if not keep_text(self.ledger, values, key, source, at, action.source[-1]):
                self.wrong(action)
        elif type(source) is not str:
            text = self.text_of(action, source)
            if text is None:
                self.wrong(action)
            elif verb == APPEND_JSON and not source and isinstance(source, (dict, list)):
                self.begin_json(values, key, source, text)
            elif not source and isinstance(source, (dict, list)) and not has_text(values.get(key)):
                self.ledger.replace(values, key, source)  # it stands until text comes
            else:
                self.change(values, key, action, text, value)
        elif verb == APPEND_JSON:
            self.append_json(values, key, source)
        elif type(values.get(key)) is Replaced:
            self.append_replaced(values[key], source)
        else:
            self.ledger.append(values, key, source)

    def is_kept(self, old: Any, source: Any, action: Action) -> bool:
        """Whether an object or a list stands, or comes, where a text belongs (field_parts.py)."""
        if type(old) is Place or type(old) is Parts:
            return True
        if not isinstance(source, (dict, list)) or action.json:
            return False
        return old is None or type(old) is str or type(old) is self.ledger.text

    def text_of(self, action: Action, source: Any) -> Any:
        """The JSON text of a value in the place of a text, or None (see wire_text)."""
        at: Any = None
        for step in action.source[:-1]:
            at = (at, step)
        whole = action.verb == APPEND_JSON or action.json
        return self.ledger.wire_text(source, at, action.source[-1], whole)

    def change_element(self, values: Any, action: Action, source: Any, value: Any) -> None:
        """Change a string in the place of an element."""
        self.ledger.no_plan()
        name, by, path = action.element
        rule = self.ledger.table.lists[path]
        if is_open(value) and by not in value:
            return  # the end was still to come
        held = list_at(values, name, rule)
        old: Any = None
        position = NONE
        index = value.get(by)
        if is_hint(self.ledger.table, path):
            index = hint(value, by)
            position = find(held, index)
            if index is None and action.verb != SET:  # `set` alone begins another one
                position = len(held.items) - 1
            old = held.nth(position) if position >= 0 else None
        else:
            old = held.at(index)
        known = (
            old is None
            or type(old) is str
            or type(old) is self.ledger.text
            or type(old) is Replaced
        )
        if type(source) is not str:
            source = self.text_of(action, source)
        if source is None or not known:
            self.wrong(action)
        elif old is not None or self.address.may_grow(held, rule):
            cell = {"": old}
            self.change(cell, "", action, source, value)
            if not is_hint(self.ledger.table, path):
                held.put(index, cell[""])
            elif position >= 0:
                held.items[position] = cell[""]
            else:
                insert(held, index, cell[""])

    def extend_list(self, values: Any, key: str, source: Any, action: Action) -> None:
        if not isinstance(source, list):
            self.wrong(action)
            return
        old = values.get(key)
        if type(old) is not list:
            old = values[key] = []
            self.ledger.structure += 1
        self.ledger.extend(old, source)

    def push(self, values: Any, key: str, element: Any) -> None:
        if type(values.get(key)) is not list:
            values[key] = []
        self.ledger.charge(weight(element))
        values[key].append(element)
        self.ledger.added += 1

    def insert(self, values: Any, key: str, element: Any, action: Action, value: Any) -> None:
        """An element at its index; another one that stands there moves back."""
        by = action.index
        if is_open(value) and by not in value:
            return  # the end was still to come
        given_index = value.get(by)
        index = hint(value, by)
        if index is None and given_index is not None:
            self.ledger.anomaly("wrong_type", None, by)
        held = list_at(values, key, INSERTED)
        position = find(held, index)
        if position >= 0 and same(held.items[position], element):
            return  # again
        if not self.address.may_enter(held, INSERTED):
            return
        self.ledger.charge(weight(element))
        self.ledger.added += 1
        if position < 0:
            insert(held, index, element)
        else:
            shift(held, position)
            add(held, position, index, index, element)

    def append_json(self, values: Any, key: str, source: str) -> None:
        """JSON text grows; the start's value stands until a first character comes."""
        json_text = values.get(key)
        if type(json_text) is not JSONText:
            json_text = JSONText(json_text, key in values, self.ledger.text(), self.ledger.parse)
            values[key] = json_text
            self.ledger.structure += 1
        if json_text.former is not None:
            self.ledger.no_plan()  # a template would know of one of the two texts alone
        if source:
            self.ledger.charge(text_weight(source))
            json_text.text.append(source)
            json_text.settled = False
            self.ledger.added += 1
            if json_text.former is not None:
                self.ledger.charge(text_weight(source))
                json_text.former.append(source)

    def begin_json(self, values: Any, key: str, source: Any, text: str) -> None:
        """An empty object or list: it stands until text comes, behind text it is text."""
        self.append_json(values, key, "")
        json_text = values[key]
        if json_text.text:
            self.append_json(values, key, text)
        elif not json_text.start:
            json_text.start = source
            self.ledger.added += 1

    def append_replaced(self, replaced: Replaced, source: str) -> None:
        """More of a text whose full value came already."""
        if source:
            self.ledger.charge(2 * text_weight(source))
            replaced.text.append(source)
            replaced.value.append(source)
            self.ledger.added += 1

    def spread(self, values: Any, source: Any, action: Action, value: Any) -> None:
        """An unknown delta: strings append, the rest is last."""
        if not isinstance(source, dict):
            self.wrong(action)
            return
        place = self.address.element(
            values, action.element, value, self.made(action, source)[-1], None
        )
        if place is None:
            return
        if type(source.get(self.ledger.table.text_leaf)) is str:
            self.order.begins(action, self.order.kind_of(place), self.address.way)
        for key, below in source.items():
            if key in action.without:
                continue
            if type(below) is str and not is_whole(key, action):
                self.ledger.append(place.values, key, below)
            else:
                self.ledger.keep(place.values, key, below, None)
        if self.order.arrivals is not None:
            self.order.follow_below(action.steps, place, self.address.way)

    def note_path(self, steps: Any) -> None:
        """The plan of a member that decides an event's effect: it is fixed."""
        at = None
        for step in steps[:-1]:
            self.ledger.note(at, step, OPENED)
            at = self.ledger.under(at, step)
        self.ledger.note(at, steps[-1], FIXED)

    def note_absent(self, value: Any, steps: Any) -> None:
        """The plan of a member absent from an event: the next one must not have it, either.

        So each object where it could stand is open: the bytes between its members are literal. A
        value there that is no object can be left out, for its kind stays the same.
        """
        if self.ledger.plan is None:
            return
        at = None
        for step in steps[:-1]:
            value = given(value, step) if type(step) is str else None
            if not isinstance(value, dict):
                return
            self.ledger.note(at, step, OPENED)
            at = self.ledger.under(at, step)

    def note_rest(self, value: Any) -> None:
        """A member that no action looked at is left out, whatever it is."""
        plan = self.ledger.plan
        if plan is None:
            return
        self.leave_out(value, None)
        for at in plan.paths:
            self.leave_out(value_of(at, value), at)

    def leave_out(self, value: Any, at: Any) -> None:
        """All members of an object, but for those already noted."""
        if isinstance(value, dict):
            for key in value:
                self.ledger.note(at, key, FIXED if value[key] is None else DROPPED)


def has_text(old: Any) -> bool:
    """Whether some text came already."""
    return bool(old.get()) if hasattr(old, "take") else type(old) is str and bool(old)


def value_at(value: Any, steps: Any) -> Any:
    """The value at the end of dotted steps in an event, or None."""
    for step in steps:
        value = given(value, step)
    return value


def value_of(at: Any, value: Any) -> Any:
    """The value at the end of a path in an event, or None."""
    return value if at is None else given(value_of(at[0], value), at[1])


def is_whole(key: str, action: Action) -> bool:
    """Whether a member of an unknown delta is opaque: the last one counts, whole."""
    return key in action.last or key.rsplit("_", 1)[-1] in action.last_words
