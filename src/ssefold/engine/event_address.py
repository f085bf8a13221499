"""Where in the answer an event acts: elements named by index.

Enters: an action's address, an event with the indexes.
Leaves: the object or the list there, made where it is missing; or None.
Must not know: the action there, the dialect's name.

Two kinds of lists are addressed by index: in one kind the index gives nothing but the order
(Entries), in the other it is a hint among others (Hinted, lookup_hints.py). A plain list of an
answer becomes one of them when the first event addresses it.

One source for both backends: `_c/engine/event_address.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from ssefold.engine.event_spec import FRAGMENTS, WHOLE

from .event_order import Order
from .jsonvalue import given, is_open, same
from .ledger import ENTRY_WEIGHT, Ledger
from .lookup_blocks import fitting
from .lookup_hints import (
    ANY_DONE,
    NONE,
    NOWHERE,
    OWN_DONE,
    hint,
    insert,
    is_hint,
    lead,
    list_at,
    meant,
)
from .rows import Action
from .state import Entries, Hinted, Place, member, new_place, whole_place


class Address:
    """Finds and makes the places addressed by events.

    star:    the text in the place of the kind's `*`.
    way:     where the elements on the way to the last target stand in their lists; of
             Entries their indexes.
    asked:   the member of the last event that routed it beside an index, or "".
    passed:  the event in which a place on the way to the last target was finished, or -1.
    missing: whether a place on the way was missing.
    """

    __slots__ = ("asked", "ledger", "missing", "order", "passed", "star", "way")

    def __init__(self, ledger: Ledger, order: Order) -> None:
        self.ledger = ledger
        self.order = order
        self.star = self.asked = ""
        self.way: tuple[int, ...] = ()
        self.passed = -1
        self.missing = False

    # -- the way to a target ---------------------------------------------------------

    def routed(self, action: Action, value: Any) -> bool:
        """Whether the event names its place, as far as its lists need it."""
        for step in action.steps:
            by = step[1]
            if by is None:
                continue
            index = given(value, by)
            if index is not None and type(index) is not int:
                self.ledger.anomaly("wrong_type", None, by)
            if is_hint(self.ledger.table, step[2]):
                if type(index) is int and index < 0:
                    self.ledger.anomaly("wrong_type", None, by)
                if index is None and action.other is not None:
                    made = self.ledger.table.lists[step[2]].made
                    return any([given(value, member) is not None for member in made.values()])
            elif type(index) is not int and (
                index is not None or not self.tells(action, step, value)
            ):
                return False
        return True

    def tells(self, action: Action, step: Any, value: Any) -> bool:
        """Whether an event means a certain element although it has no such index."""
        if action.other is not None or is_open(value):
            return False  # it may have been still to come
        return step is not action.element or action.verb in WHOLE

    def holder(self, action: Action, value: Any, make: Any) -> Any:
        """The object around the target, made where it is missing, or None."""
        self.passed = -1
        self.missing = False
        self.asked = ""
        self.way = ()
        place = self.ledger.root
        level = 0
        for step in action.path:
            if step[1] is None:
                place = self.object_at(place.values, step[0], action)
            else:
                made = make[level] if level < len(make) else {}
                last = action if step is action.path[-1] else None
                place = self.element(place.values, step, value, made, last)
                level += 1
            if place is None:
                return None
        return place

    def object_at(self, values: Any, name: str, action: Action) -> Any:
        """The object at `name`, made where it is missing; None if it is no object."""
        old = values.get(name)
        if type(old) is Place:
            return old
        if old is not None and type(old) is not dict:
            self.ledger.anomaly("wrong_type", None, action.source[-1] if action.source else name)
            return None
        place = new_place(None)
        if old is None:
            self.ledger.charge(ENTRY_WEIGHT)
        else:
            place.values.update(old)
        values[name] = place
        return place

    def element(self, values: Any, step: Any, value: Any, make: Any, action: Any) -> Any:
        """The element addressed by the event, made where it never started, or None.

        action: the action on a member of it, or None.
        """
        name, by, path = step
        rule = self.ledger.table.lists[path]
        if is_hint(self.ledger.table, path):
            done = OWN_DONE
            if action is not None and action.verb in FRAGMENTS and action.leaf:
                done = ANY_DONE
            place = self.hinted(values, step, value, make, done)
            if place is None:
                return None
        else:
            held = list_at(values, name, rule)
            index = value.get(by)
            if index is None:
                self.ledger.no_plan()
                index = value[by] = held.meant()
                if index is None:
                    return None
            found = held.at(index)
            if action is not None and not takes(found, action.leaf, rule):
                found = fitting(held, index, action.leaf, rule)
                if found is None and held.at(index) is not None and says_nothing(action, value):
                    return None  # no element is opened for it
            if type(found) is Place:
                place = found
            else:
                place = self.opened(held, index, by, found, rule)
                if place is None:
                    return None
                if not place.started:
                    self.fill_in(place, value, rule, make)
            self.way = (*self.way, index)
        if place.finished >= 0:
            self.passed = place.finished
        return place

    def hinted(self, values: Any, step: Any, value: Any, make: Any, done: int) -> Any:
        """The element meant by the event, by any sign it has; made if there is none."""
        name, by, path = step
        rule = self.ledger.table.lists[path]
        wanted = make.get(self.ledger.names.type)
        if wanted == "*":
            wanted = self.star
        if is_open(value) and by not in value:
            return None  # the end was still to come
        held = list_at(values, name, rule)
        index = hint(value, by)
        position = meant(self.ledger.table, held, step, value, index, wanted, done)
        if position == NOWHERE:
            return None
        by_index = position != NONE and index is not None and held.indexes[position] == index
        if not by_index and rule.known is not None:
            self.asked = rule.own_from
        if position == NONE:
            return self.begun(held, index, step, value, make)
        found = held.items[position]
        if type(found) is dict:
            held.items[position] = whole_place(found)
        elif type(found) is not Place:
            self.ledger.anomaly("wrong_type", None, by)
            return None
        if rule.open and index is not None and held.indexes[position] != index:
            lead(held, position, index)
            self.ledger.restructure()
        self.way = (*self.way, position) if self.way else (position,)
        return held.items[position]

    def begun(self, held: Hinted, index: Any, step: Any, value: Any, make: Any) -> Any:
        """A new element without a start; None past the limit."""
        _, by, path = step
        rule = self.ledger.table.lists[path]
        if not self.may_enter(held, rule):
            return None
        self.ledger.charge(ENTRY_WEIGHT)
        if rule.starts and not self.missing:
            self.missing = True
            self.ledger.anomaly("missing_start", None, by)
        place = new_place(None)
        self.enter(held, index, place)
        self.fill_in(place, value, rule, make)
        return place

    def may_grow(self, held: Any, rule: Any) -> bool:
        """The same for either kind of list."""
        if type(held) is Hinted:
            return self.may_enter(held, rule)
        return self.ledger.room(rule.limit, held.count())

    def may_enter(self, held: Hinted, rule: Any) -> bool:
        """Whether there may be one element more."""
        if self.ledger.room(rule.limit, len(held.items)):
            return True
        held.skipped = True
        return False

    def enter(self, held: Hinted, index: Any, element: Any) -> int:
        """A new element behind those with its index; its position, the end of the way."""
        position = insert(held, index, element)
        way, latest = self.way, self.order.latest
        depth = len(way)
        if depth < len(latest) and latest[:depth] == way and latest[depth] >= position:
            self.order.latest = (*way, latest[depth] + 1, *latest[depth + 1 :])  # it moved by one
        self.way = (*way, position)
        self.ledger.restructure()
        return position

    def opened(self, held: Entries, index: int, by: str, plain: Any, rule: Any) -> Any:
        """A place for the element at `index`: a plain one stood there, or none."""
        if plain is not None and type(plain) is not dict:
            self.ledger.anomaly("wrong_type", None, by)
            return None
        if plain is None:
            if not self.ledger.room(rule.limit, held.count()):
                return None
            self.ledger.charge(ENTRY_WEIGHT)
            if type(held) is Entries and held.at(index) is not None:
                self.ledger.restructure()
                self.ledger.anomaly("index_reused", None, by)
                place = new_place(None)
                held.behind(index, place)
                return place
            if rule.starts and not self.missing:
                self.missing = True
                self.ledger.anomaly("missing_start", None, by)
        place = new_place(None) if plain is None else whole_place(plain)
        held.put(index, place)
        return place

    def fill_in(self, place: Place, value: Any, rule: Any, make: Any) -> None:
        """The known members of an element that never started."""
        for key, name in rule.made.items():
            found = value.get(name)
            if found is not None and not isinstance(found, (dict, list)):
                self.ledger.replace(place.values, key, found)
        for key, constant in make.items():
            place.values[key] = self.star if constant == "*" else constant


def takes(found: Any, leaf: Any, rule: Any) -> bool:
    """Whether an element is of the kind with this member, as nearly always."""
    exclusive = rule.exclusive
    if exclusive is None or leaf not in exclusive:
        return True
    kind = exclusive[leaf]
    return kind is not None and type(found) is Place and same(member(found, rule.type), kind)


def says_nothing(action: Action, value: Any) -> bool:
    """Whether the event's value is empty."""
    for step in action.source:
        value = given(value, step)
    return not value and isinstance(value, (str, list, dict))
