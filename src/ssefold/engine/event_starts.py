"""Where an element of a list begins and ends.

Enters: the events that start elements and stop them, a base that comes late or again.
Leaves: elements with the members of their starts; ended ones are settled.
Must not know: the dialect's name, fragments.

A start at an index in use is the same element begun again, or another one right behind it:
servers number their blocks by hand, and proxies repeat starts.

One source for both backends: `_c/engine/event_starts.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from .event_address import Address
from .event_full import full_value
from .jsonvalue import same, weight
from .judgement import judge_stopped
from .ledger import ENTRY_WEIGHT
from .lookup_blocks import known_at
from .lookup_hints import OWN_DONE, hint, list_at, meant
from .state import Entries, JSONText, Place, new_place


def begin(address: Address, action: Any, value: Any, source: Any) -> None:
    """An element of a list begins, or begins again.

    An empty one makes no entry: a limit counts entries with content.
    """
    name, by, path = action.element
    if _says_nothing(source) or not address.routed(action, value):
        return
    holder = address.holder(action, value, action.make)
    if holder is None:
        return
    rule = address.ledger.table.lists[path]
    held = list_at(holder.values, name, rule)
    index = value.get(by)
    known = None
    if index is None:
        index = value[by] = held.following()
    else:
        known = known_at(held, index, source, rule)
    if known is not None:
        _begin_again(address, action, held, index, known)
    else:
        known = _begin_another(address, action, held, index, rule)
        if known is None:
            return
    address.ledger.merged = known.started = True
    kind = known.values.get(rule.type)
    if kind is None:
        kind = source.get(rule.type)
    if rule.text in source:
        address.way = (*address.way, index)
        address.order.begins(action, kind, address.way)
    _start_members(address, known.values, source, rule, action)
    if address.order.arrivals is not None:
        address.order.follow_start(action, known, address.way)


def _says_nothing(source: Any) -> bool:
    for key in source:
        if source[key] is not None:
            return False
    return True


def _begin_again(address: Address, action: Any, held: Any, index: Any, place: Any) -> None:
    """The element goes on, open once more, with its old content."""
    if place.started:
        address.ledger.anomaly("block_restarted", None, action.source[0])
    place.stopped = False
    place.finished = -1
    held.reopen(index, place)


def _begin_another(address: Address, action: Any, held: Any, index: Any, rule: Any) -> Any:
    """A new element at the index, behind those already there; None past the limit."""
    used = held.at(index) is not None
    if used:
        address.ledger.anomaly("index_reused", None, action.element[1])
        for old in held.open_at(index):
            stop_one(address, old)
    if not address.ledger.room(rule.limit, held.count()):
        if used or held.blocks is not None:
            held.pass_over(index)
        return None
    address.ledger.charge(ENTRY_WEIGHT)
    place = new_place(None)
    if used:
        if address.ledger.table.text_steps and address.order.arrivals is None:
            address.order.take_turns()  # of texts at one index any may grow
        held.behind(index, place)
    else:
        held.put(index, place)
    return place


def _start_members(address: Address, values: Any, source: Any, rule: Any, action: Any) -> None:
    """Missing members are filled in, content of its own replaces."""
    kind = values.get(rule.type)
    if kind is None:
        kind = source.get(rule.type)
    exclusive = rule.exclusive or {}
    for key, given in source.items():
        old = values.get(key)
        if type(given) is not str and key in exclusive and exclusive[key] == kind:
            given = _as_text(address, key, given, action)
        if old is None or _is_nothing(old):
            if type(given) is str and (key == rule.text or exclusive.get(key) is not None):
                if given or old is None:
                    address.ledger.append(values, key, given)
            elif key in exclusive and exclusive[key] is None and not _is_nothing(given):
                _begin_json(address, values, key, given)
            elif old is None or not _is_nothing(given):
                address.ledger.replace(values, key, given)
        elif not _is_nothing(given) and (key in exclusive or _is_grown(old)):
            if hasattr(old, "take"):
                values[key] = full_value(address.order, old, given, None)
            elif type(old) is JSONText:
                _replace_json(address, old, given, _wire(address, key, action))
            elif not (type(old) is type(given) and same(old, given)):
                address.ledger.replace(values, key, given)


def _begin_json(address: Address, values: Any, key: str, given: Any) -> None:
    """The start of an input: JSON text may come in its place."""
    address.ledger.replace(values, key, given)
    values[key] = JSONText(given, True, address.ledger.text(), address.ledger.parse)


def _replace_json(address: Address, json_text: Any, given: Any, wire: Any) -> None:
    """An input of the start's own in the place of the old text, or of a growing one."""
    address.ledger.added += 1
    json_text.settled = False
    if json_text.text:
        before = json_text.text.get()
        address.ledger.charge(2 * weight(given))
        if wire is not None and wire.startswith(before):
            for text in (json_text.text, json_text.former):
                if text is not None:
                    text.append(wire[len(before) :])
            return
        if json_text.former is None:
            json_text.former = json_text.text
        json_text.text = address.ledger.text()
    json_text.start = given


def _wire(address: Address, key: str, action: Any) -> Any:
    """The JSON text of a start's member, or None."""
    return None if address.ledger.wire is None else address.ledger.wire.text(_place(action), key)


def _place(action: Any) -> Any:
    """Where in the event an action's value stands."""
    at: Any = None
    for step in action.source:
        at = (at, step)
    return at


def _as_text(address: Address, key: str, given: Any, action: Any) -> Any:
    """A number in the place of a text's start is that text: more may come to it."""
    if type(given) is str or isinstance(given, (list, dict)):
        return given
    text = address.ledger.wire_text(given, _place(action), key)
    return given if text is None else text


def _is_nothing(value: Any) -> bool:
    if type(value) is str:
        return len(value) == 0
    if type(value) is JSONText:
        return not value.text and _is_nothing(value.start)
    if value is not None and hasattr(value, "take"):
        return not value.get()
    return value is None or (isinstance(value, (list, dict)) and not value)


def _is_grown(value: Any) -> bool:
    return type(value) is JSONText or type(value) is list or hasattr(value, "take")


def stop(address: Address, action: Any, value: Any) -> None:
    """All elements at an index are finished; of none it is nothing."""
    name, by, path = action.element
    holder = _begun(address, action, value)
    if holder is None or holder.values.get(name) is None or not address.routed(action, value):
        return
    held = list_at(holder.values, name, address.ledger.table.lists[path])
    index = value.get(by)
    if type(held) is Entries:
        for place in held.open_at(index if index is not None else held.to_stop()):
            stop_one(address, place)
    else:
        position = meant(
            address.ledger.table, held, action.element, value, hint(value, by), None, OWN_DONE
        )
        stop_one(address, held.nth(position) if position >= 0 else None)


def _begun(address: Address, action: Any, value: Any) -> Any:
    """The object with the list of a stop, or None: a stop makes nothing on its way."""
    place = address.ledger.root
    for step in action.path:
        if step[1] is None:
            found = place.values.get(step[0])
        else:
            found = _element(address, place.values, step, value)
        if type(found) is not Place:
            return None
        place = found
    return place


def _element(address: Address, values: Any, step: Any, value: Any) -> Any:
    """The element of a list that an event means on its way, or None."""
    name, by, path = step
    if values.get(name) is None:
        return None
    held = list_at(values, name, address.ledger.table.lists[path])
    if type(held) is Entries:
        index = value.get(by)
        if index is None:
            index = held.meant()
        return held.at(index) if type(index) is int else None
    position = meant(address.ledger.table, held, step, value, hint(value, by), None, OWN_DONE)
    return held.nth(position) if position >= 0 else None


def stop_one(address: Address, element: Any) -> None:
    """The element is finished: its JSON text is read once and for all."""
    place = element if type(element) is Place else None
    if place is None or place.stopped:
        return  # once and for all: a stop after each fragment would cost the square
    place.stopped = True
    place.finished = address.ledger.event
    for key, below in place.values.items():
        if type(below) is JSONText and below.text and not settle(address, below):
            address.ledger.anomaly("bad_tool_json", None, key)
    if address.ledger.table.ends is not None:
        judge_stopped(address.ledger, place)


def settle(address: Address, json_text: Any) -> bool:
    """Read the JSON text; any other text stays the value, as a string."""
    whole, value = address.ledger.parse(json_text.text.get())
    json_text.settled = bool(whole)
    json_text.value = value if whole else None
    return bool(json_text.settled)
