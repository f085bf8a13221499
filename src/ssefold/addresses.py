"""Where in the answer an event acts: elements that it names by index.

Enters: an action's address, an event with the indexes.
Leaves: the object or the list there, made where it is missing; or None.
Must not know: what is done there, which dialect this is.

Two kinds of lists are addressed by index: those whose order is all that comes of it
(Entries), and those with a null where nothing came (Slots), in which the index
itself is what a limit bounds. Lists that stand plainly in an answer become one of
them when the first event addresses them.

One source for both backends: `_c/addresses.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from .blocks import fitting
from .merge import ENTRY_WEIGHT, Merger
from .plain import given, is_open
from .state import Entries, Place, Slots, new_place, whole_place
from .table import Action

# A null before an element that came early.
HOLE_WEIGHT = 8

# No list is padded further than this, limits or not: one number would take all memory.
MOST_INDEX = 1 << 24


class Addresses(Merger):
    """A Merger that finds and makes what events address.

    star:    what the `*` of the event's kind stands for.
    passed:  the event in which something on the way to the last target was
             finished, or -1.
    missing: whether something on that way was missing.
    """

    __slots__ = ("missing", "passed", "star")

    def __init__(self, table: Any, limits: Any, log: Any, text: Any, parse: Any) -> None:
        Merger.__init__(self, table, limits, log, text, parse)
        self.star = ""
        self.passed = -1
        self.missing = False

    # -- the way to a target ---------------------------------------------------------

    def routed(self, action: Action, value: Any) -> bool:
        """Whether the event has every index of the address, but for those that can be told."""
        for step in action.path if action.slot is None else (*action.path, action.slot):
            by = step[1]
            if by is None or self.is_index(value, by):
                continue
            if given(value, by) is not None or not self.tells(action, step, value):
                return False
        return True

    def tells(self, action: Action, step: Any, value: Any) -> bool:
        """Whether an event without this index says all the same which element it means."""
        if action.other is not None or is_open(value):
            return False  # it may have been still to come
        if step is action.slot and action.verb not in ("put", "spread", "stop"):
            return False
        return self.table.lists[step[2]].get("holes") is None

    def is_index(self, value: Any, by: str) -> bool:
        index = given(value, by)
        if type(index) is int:
            return True
        if index is not None:
            self.anomaly("wrong_type", None, by)
        return False

    def holder(self, action: Action, value: Any, make: Any) -> Any:
        """The object that holds the target, made where it is missing, or None."""
        self.passed = -1
        self.missing = False
        place = self.root
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
            self.anomaly("wrong_type", None, action.source[-1] if action.source else name)
            return None
        place = new_place(None)
        if old is None:
            self.charge(ENTRY_WEIGHT)
        else:
            place.values.update(old)
        values[name] = place
        return place

    def element(self, values: Any, step: Any, value: Any, make: Any, action: Any) -> Any:
        """The element that the event addresses, made where it never started, or None.

        action: what is to be done to a member of it, or None.
        """
        name, by, path = step
        rule = self.table.lists[path]
        held = self.list_at(values, name, rule)
        index = value.get(by)
        if index is None:
            self.no_plan()
            index = value[by] = held.meant()
            if index is None:
                return None
        if not self.in_range(held, index, by):
            return None
        if type(held) is Entries and action is not None:
            found = fitting(held, index, action.leaf, rule)
            if found is None and held.at(index) is not None and says_nothing(action, value):
                return None  # no element is opened for it
        else:
            found = held.at(index)
        if type(found) is Place:
            place = found
        else:
            place = self.opened(held, index, by, found, rule)
            if place is None:
                return None
            if not place.started:
                self.fill_in(place, value, rule, make)
        if place.finished >= 0:
            self.passed = place.finished
        return place

    def opened(self, held: Any, index: int, by: str, plain: Any, rule: Any) -> Any:
        """A place for the element at `index`, which stood there plainly or not at all."""
        if plain is not None and type(plain) is not dict:
            self.anomaly("wrong_type", None, by)
            return None
        if plain is None:
            if not self.has_room(held, index, rule):
                return None
            self.charge(ENTRY_WEIGHT)
            if type(held) is Entries and held.at(index) is not None:
                self.restructure()
                self.anomaly("index_reused", None, by)
                place = new_place(None)
                held.behind(index, place)
                return place
            if rule.get("starts", True) and not self.missing:
                self.missing = True
                self.anomaly("missing_start", None, by)
        place = new_place(None) if plain is None else whole_place(plain)
        held.put(index, place)
        return place

    def fill_in(self, place: Place, value: Any, rule: Any, make: Any) -> None:
        """What an element that never started can be known to be."""
        for key, member in rule.get("made", {}).items():
            given = value.get(member)
            if given is not None and not isinstance(given, (dict, list)):
                self.replace(place.values, key, given)
        for key, constant in make.items():
            place.values[key] = self.star if constant == "*" else constant

    # -- lists -----------------------------------------------------------------------

    def list_at(self, values: Any, name: str, rule: Any) -> Any:
        """The addressed list at `name`; elements that stood there plainly stay in it."""
        held = values.get(name)
        if rule.get("holes") == "null":
            if type(held) is not Slots:
                slots = values[name] = Slots()
                if type(held) is list:
                    slots.items.extend(held)
                return slots
        elif type(held) is not Entries:
            entries = values[name] = Entries()
            for position, element in enumerate(held if type(held) is list else ()):
                place = whole_place(element if type(element) is dict else {})
                place.stopped = True
                entries.put(position, place)
            return entries
        return held

    def in_range(self, held: Any, index: int, by: str) -> bool:
        """Whether the list can have such an index: those with holes begin at 0."""
        if index < 0 and type(held) is Slots:
            self.anomaly("wrong_type", None, by)
            return False
        return True

    def has_room(self, held: Any, index: int, rule: Any) -> bool:
        """Whether there may be an element at `index`, where there is none yet."""
        if type(held) is Entries:
            return self.room(rule["limit"], held.count())
        if not self.reaches(rule["limit"], index):
            return False
        self.charge(HOLE_WEIGHT * max(0, index - len(held.items)))
        return True

    def reaches(self, limit: str, index: int) -> bool:
        """Whether a list may be padded up to `index`, which may be any number."""
        if not self.room(limit, min(index, MOST_INDEX)):
            return False
        if index >= MOST_INDEX:
            self.no_plan()
            self.log.fault_once("limit_" + limit, f"more than {MOST_INDEX}")
        return index < MOST_INDEX


def says_nothing(action: Action, value: Any) -> bool:
    """Whether what the event brings is empty."""
    for step in action.source:
        value = given(value, step)
    return not value and isinstance(value, (str, list, dict))
