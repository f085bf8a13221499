"""Whole elements of lists whose indexes are hints: their starts, their full values.

Enters: a start, a full value, or the elements of a base.
Leaves: the element that it is, begun, filled or replaced, where it belongs.
Must not know: which of them it is (lookup_hints.py decides), which dialect this is.

One source for both backends: `_c/engine/event_items.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from .event_full import full_value, text_member
from .event_order import Arrivals
from .field_merge import ENTRY_WEIGHT
from .jsonvalue import given, is_open, weight
from .lookup_hints import NOWHERE, ended, find, fits, hint, lead, same_element, started
from .state import Place, Slots, member, new_place, whole_place
from .table import Action


def list_of(merger: Arrivals, action: Action, value: Any) -> Any:
    """The list in which the event's element belongs, or None."""
    name, by, path = action.slot
    if not merger.routed(action, value) or (is_open(value) and by not in value):
        return None
    holder = merger.holder(action, value, action.make)
    return None if holder is None else merger.list_at(holder.values, name, merger.table.lists[path])


def put_item(merger: Arrivals, action: Action, value: Any, source: Any) -> None:
    """An element begins: a new one, or once more one that is there."""
    held = list_of(merger, action, value) if source else None
    if held is None:
        return
    _, by, path = action.slot
    rule = merger.table.lists[path]
    position = started(merger.table, held, action.slot, value, source)
    if position == NOWHERE:
        return
    if position < 0:
        index = hint(value, by)
        if not merger.may_enter(held, rule):
            return
        position = find(held, index)
        if position >= 0:
            merger.anomaly("index_reused", None, by)
            if "known" not in rule and type(held.items[position]) is Place:
                held.items[position].stopped = True
        merger.charge(ENTRY_WEIGHT)
        place = new_place(None)
        # It stands there once its texts were told from those that came before.
        position = merger.enter(held, index, new_place(None))
        place.index = held.items[position].index
    else:
        if type(held.items[position]) is not Place:
            held.items[position] = whole_place(held.items[position])
        place = held.items[position]
        merger.way = (*merger.way, position)
        if place.started and "known" not in rule:
            merger.anomaly("block_restarted", None, action.source[0])
    kind = given(source, "type")
    merger.begins(action, kind)
    step = merger.step_of(action, kind)
    take_in(merger, place, source, rule.get("text"), step)
    merger.merged = place.started = True
    if step >= 0 and merger.begin_texts(place.values, len(action.path) + 1):
        merger.comes_late()
        merger.came_whole()
    held.items[position] = place
    if merger.arrivals is not None:
        merger.follow()


def take_in(merger: Arrivals, place: Place, source: Any, text: Any, step: int) -> None:
    """The members of a start. What the element has stays; an empty one changes nothing.

    Of an element that began before, only content that the start brings is replaced.
    """
    values = place.values
    for key, fresh in source.items():
        old = values.get(key)
        if old is None:
            if key == text and type(fresh) is str:
                merger.append(values, key, fresh)
            else:
                merger.replace(values, key, fresh)
        elif fresh is None or fresh == "" or fresh == [] or fresh == {}:
            continue
        elif isinstance(old, (str, int, float)):
            if not place.started or old == "":
                merger.replace(values, key, fresh)
        elif place.started:
            further = step + 1 if step >= 0 and key == text_member(merger.table, step) else -1
            values[key] = full_value(merger, old, fresh, None, further)


def full_item(merger: Arrivals, action: Action, value: Any, source: Any) -> bool:
    """A full value in the place of an element; True if a text may have come with it."""
    held = list_of(merger, action, value)
    if held is None:
        return False
    _, by, path = action.slot
    rule = merger.table.lists[path]
    position = ended(merger.table, held, action.slot, value, source)
    if position == NOWHERE:
        return False
    index = hint(value, by)
    if position < 0:
        if (isinstance(source, dict) and not source) or not merger.may_enter(held, rule):
            return False
        if find(held, index) >= 0:
            merger.anomaly("index_reused", None, by)
        position = merger.enter(held, index, new_place(None))
        old = held.items[position] if isinstance(source, dict) else None
    else:
        if index is not None and "known" not in rule:
            lead(held, position, index)
        merger.way = (*merger.way, position)
        old = held.items[position]
    merger.comes_late()
    step = -1
    if isinstance(source, dict):
        if type(old) is not dict:  # whose texts may have been taken as they stand
            step = merger.step_of(action, given(source, "type"))
        if type(old) is not Place:
            old = new_place(None)  # so that it is known to be finished
    new = full_value(merger, old, source, (None, action.source[-1]), step)
    if type(new) is Place:
        new.stopped = True
    held.items[position] = new
    merger.merged = True
    return step >= 0


def fill_items(merger: Arrivals, values: Any, key: str, fresh: Any) -> None:
    """The elements of a base, where none that is the same came yet."""
    table = merger.table
    held: Slots = merger.list_at(values, key, table.lists[key])
    steps = table.text_steps
    merger.way = ()
    for index, element in enumerate(fresh):
        if element is None or is_there(merger, held, key, index, element):
            continue
        if not merger.may_enter(held, table.lists[key]):
            break
        merger.charge_extra(weight(element))
        position = merger.enter(held, index, None)
        if steps and steps[0][0] == key and member(element, "type") in steps[0][1]:
            place = whole_place(element)
            place.index = position
            if merger.begin_texts(place.values, 1):
                merger.comes(merger.way)
            element = place
        held.items[position] = element
        merger.way = ()
    if merger.arrivals is not None:
        merger.follow()


def is_there(merger: Arrivals, held: Slots, key: str, index: int, element: Any) -> bool:
    """Whether an element of a base came before: by its id, or one of its type at its index."""
    rule = merger.table.lists[key]
    known = isinstance(element, dict) and "known" in rule
    if known and same_element(merger.table, held, key, element) >= 0:
        return True
    position = find(held, index)
    if position < 0:
        return False
    return fits(merger.table, held.items[position], key, member(element, "type"))
