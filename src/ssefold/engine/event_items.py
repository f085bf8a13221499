"""Whole elements of lists whose indexes are hints: their starts, their full values.

Enters: a start, a full value, or the elements of a base.
Leaves: the element for it, begun, filled or replaced, where it belongs.
Must not know: the element's choice (lookup_hints.py decides), the dialect's name.

One source for both backends: `_c/engine/event_items.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from .event_address import Address
from .event_full import full_value, text_member
from .jsonvalue import is_open, weight
from .ledger import ENTRY_WEIGHT
from .lookup_hints import (
    NOWHERE,
    ended,
    find,
    fits,
    hint,
    is_hint,
    lead,
    list_at,
    same_element,
    started,
)
from .rows import Action
from .state import Hinted, Place, new_place, whole_place


def list_of(address: Address, action: Action, value: Any) -> Any:
    """The list of the event's element, or None."""
    name, by, path = action.element
    if not address.routed(action, value) or (is_open(value) and by not in value):
        return None
    holder = address.holder(action, value, action.make)
    return (
        None if holder is None else list_at(holder.values, name, address.ledger.table.lists[path])
    )


def put_item(address: Address, action: Action, value: Any, source: Any) -> None:
    """An element begins: a new one, or an existing one once more."""
    held = list_of(address, action, value) if source else None
    if held is None:
        return
    _, by, path = action.element
    rule = address.ledger.table.lists[path]
    position = started(address.ledger.table, held, action.element, value, source)
    if position == NOWHERE:
        return
    if position < 0:
        index = hint(value, by)
        if not address.may_enter(held, rule):
            return
        position = find(held, index)
        if position >= 0:
            address.ledger.anomaly("index_reused", None, by)
            if rule.known is None and type(held.items[position]) is Place:
                held.items[position].stopped = True
        address.ledger.charge(ENTRY_WEIGHT)
        place = new_place(None)
        # It stands there once its texts were told from earlier ones.
        position = address.enter(held, index, new_place(None))
        place.index = held.items[position].index
    else:
        if type(held.items[position]) is not Place:
            held.items[position] = whole_place(held.items[position])
        place = held.items[position]
        address.way = (*address.way, position)
        if place.started and rule.known is None:
            address.ledger.anomaly("block_restarted", None, action.source[0])
    kind = address.order.kind_of(source)
    address.order.begins(action, kind, address.way)
    step = address.order.step_of(action, kind, address.way)
    start_members(address, place, source, rule.text, step)
    address.ledger.merged = place.started = True
    if step >= 0 and address.order.begin_texts(place.values, len(action.path) + 1):
        address.order.comes_late(address.way)
        address.order.came_whole(address.way)
    held.items[position] = place
    if address.order.arrivals is not None:
        address.order.follow_below(action.steps, place, address.way)


def start_members(address: Address, place: Place, source: Any, text: Any, step: int) -> None:
    """The members of a start. The element's own stay; an empty one changes nothing.

    Of an element that began before, only content of the start's own is replaced.
    """
    values = place.values
    for key, fresh in source.items():
        old = values.get(key)
        if old is None:
            if key == text and type(fresh) is str:
                address.ledger.append(values, key, fresh)
            else:
                address.ledger.replace(values, key, fresh)
        elif fresh is None or fresh == "" or fresh == [] or fresh == {}:
            continue
        elif isinstance(old, (str, int, float)):
            if not place.started or old == "":
                address.ledger.replace(values, key, fresh)
        elif place.started:
            further = (
                step + 1 if step >= 0 and key == text_member(address.ledger.table, step) else -1
            )
            values[key] = full_value(address.order, old, fresh, None, further)


def full_item(address: Address, action: Action, value: Any, source: Any) -> bool:
    """A full value in the place of an element; True if a text may have come with it."""
    held = list_of(address, action, value)
    if held is None:
        return False
    _, by, path = action.element
    rule = address.ledger.table.lists[path]
    position = ended(address.ledger.table, held, action.element, value, source)
    if position == NOWHERE:
        return False
    index = hint(value, by)
    if position < 0:
        if (isinstance(source, dict) and not source) or not address.may_enter(held, rule):
            return False
        if find(held, index) >= 0:
            address.ledger.anomaly("index_reused", None, by)
        position = address.enter(held, index, new_place(None))
        old = held.items[position] if isinstance(source, dict) else None
    else:
        if index is not None and rule.known is None:
            lead(held, position, index)
        address.way = (*address.way, position)
        old = held.items[position]
    address.order.comes_late(address.way)
    step = -1
    if isinstance(source, dict):
        if type(old) is not dict:  # whose texts may have been taken as they stand
            step = address.order.step_of(action, address.order.kind_of(source), address.way)
        if type(old) is not Place:
            old = new_place(None)  # marks it as known to be finished
    new = full_value(address.order, old, source, (None, action.source[-1]), step)
    if type(new) is Place:
        new.stopped = True
    held.items[position] = new
    address.ledger.merged = True
    if address.order.arrivals is not None:
        address.order.follow_below(action.steps, new, address.way)
    return step >= 0


def fill_items(address: Address, values: Any, key: str, fresh: Any) -> None:
    """The elements of a base, if none of them came yet."""
    table = address.ledger.table
    held: Hinted = list_at(values, key, table.lists[key])
    steps = table.text_steps
    address.way = ()
    for index, element in enumerate(fresh):
        if element is None or is_there(address, held, key, index, element):
            continue
        if not address.may_enter(held, table.lists[key]):
            break
        address.ledger.charge_extra(weight(element))
        position = address.enter(held, index, None)
        place = None
        if steps and steps[0][0] == key and address.order.kind_of(element) in steps[0][1]:
            place = whole_place(element)
            place.index = position
            if address.order.begin_texts(place.values, 1):
                address.order.comes(address.way)
            element = place
        held.items[position] = element
        if address.order.arrivals is not None and element is place:
            address.order.follow_texts(place, 1)
        address.way = ()


def is_there(address: Address, held: Hinted, key: str, index: int, element: Any) -> bool:
    """Whether an element of a base came before: by its id, or one of its type at its index."""
    rule = address.ledger.table.lists[key]
    known = isinstance(element, dict) and rule.known is not None
    if known and same_element(address.ledger.table, held, key, element) >= 0:
        return True
    position = find(held, index)
    if position < 0:
        return False
    return fits(address.ledger.table, held.items[position], key, address.order.kind_of(element))


def fill(address: Address, values: Any, key: str, given: Any) -> None:
    """Elements for the places where nothing came yet."""
    if is_hint(address.ledger.table, key):
        fill_items(address, values, key, given)
        return
    held = list_at(values, key, address.ledger.table.lists[key])
    steps = address.ledger.table.text_steps
    for index, element in enumerate(given):
        if element is not None and held.at(index) is None:
            address.ledger.charge_extra(weight(element))
            place = whole_place(element if type(element) is dict else {})
            place.stopped = True
            texts = steps and steps[0][0] == key and address.order.kind_of(element) in steps[0][1]
            if texts and address.order.begin_texts(place.values, 1):
                address.order.comes((index,))
            held.put(index, place)
            if address.order.arrivals is not None and texts:
                address.order.follow_texts(place, 1)


def fill_base(address: Address, values: Any, source: Any) -> None:
    """A base behind elements of deltas, or the same again: missing members are filled in."""
    for key, brought in source.items():
        if is_open(brought):
            continue
        old = values.get(key)
        if type(old) is Place:
            old = old.values
        if old is None:
            if brought is not None or key not in values:
                address.ledger.replace(values, key, brought)
        elif key in address.ledger.table.lists and values is address.ledger.root.values:
            if isinstance(brought, list):
                fill(address, values, key, brought)
        elif type(old) is dict and isinstance(brought, dict):
            fill_base(address, old, brought)
