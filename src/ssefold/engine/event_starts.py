"""Where an element of a list begins and ends.

Enters: the events that start elements and stop them, a base that comes late or again.
Leaves: elements that hold what their starts brought; those that ended are settled.
Must not know: which dialect this is, fragments.

A start at an index in use is the same element begun again, or another one that stands
right behind it: servers number their blocks by hand, and proxies repeat starts.

One source for both backends: `_c/engine/event_starts.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from .event_full import full_value
from .field_merge import ENTRY_WEIGHT
from .jsonvalue import is_open, same, weight
from .judgement import judge_stopped
from .lookup_blocks import known_at
from .lookup_hints import OWN_DONE, hint, meant
from .state import Entries, JSONText, Place, new_place


def begin(merger: Any, action: Any, value: Any, source: Any) -> None:
    """An element of a list begins, or begins again.

    One that holds nothing makes no entry: a limit counts what holds something.
    """
    name, by, path = action.slot
    if _says_nothing(source) or not merger.routed(action, value):
        return
    holder = merger.holder(action, value, action.make)
    if holder is None:
        return
    rule = merger.table.lists[path]
    held = merger.list_at(holder.values, name, rule)
    index = value.get(by)
    known = None
    if index is None:
        index = value[by] = held.following()
    else:
        known = held.at(index)
        if known is not None:
            known = known_at(held, index, source, rule.get("same"))
    if known is not None:
        _begin_again(merger, action, held, index, known)
    else:
        known = _begin_another(merger, action, held, index, rule)
        if known is None:
            return
    merger.merged = known.started = True
    kind = source.get("type") if known.values.get("type") is None else known.values["type"]
    if rule.get("text") in source:
        merger.way = (*merger.way, index)
        merger.begins(action, kind)
    _take_in(merger, known.values, source, rule, action)
    if merger.arrivals is not None:
        merger.follow_start(action, known)


def _says_nothing(source: Any) -> bool:
    for key in source:
        if source[key] is not None:
            return False
    return True


def _begin_again(merger: Any, action: Any, held: Any, index: Any, place: Any) -> None:
    """The element goes on, open once more; what it has stays."""
    if place.started:
        merger.anomaly("block_restarted", None, action.source[0])
    place.stopped = False
    place.finished = -1
    held.reopen(index, place)


def _begin_another(merger: Any, action: Any, held: Any, index: Any, rule: Any) -> Any:
    """A new element at the index, behind those that stand there; None past the limit."""
    used = held.at(index) is not None
    if used:
        merger.anomaly("index_reused", None, action.slot[1])
        for old in held.open_at(index):
            stop_one(merger, old)
    if not merger.room(rule["limit"], held.count()):
        if used or held.blocks is not None:
            held.pass_over(index)
        return None
    merger.charge(ENTRY_WEIGHT)
    place = new_place(None)
    if used:
        if merger.table.text_steps and merger.arrivals is None:
            merger.take_turns()  # texts at one index: which grows is no matter of order
        held.behind(index, place)
    else:
        held.put(index, place)
    return place


def _take_in(merger: Any, values: Any, source: Any, rule: Any, action: Any) -> None:
    """What is missing is filled in, content of its own replaces."""
    kind = source.get("type") if values.get("type") is None else values["type"]
    exclusive = rule.get("exclusive", {})
    for key, given in source.items():
        old = values.get(key)
        if type(given) is not str and key in exclusive and exclusive[key] == kind:
            given = _as_text(merger, key, given, action)
        if old is None or _is_nothing(old):
            if type(given) is str and (key == rule.get("text") or exclusive.get(key) is not None):
                if given or old is None:
                    merger.append(values, key, given)
            elif key in exclusive and exclusive[key] is None and not _is_nothing(given):
                _begin_json(merger, values, key, given)
            elif old is None or not _is_nothing(given):
                merger.replace(values, key, given)
        elif not _is_nothing(given) and (key in exclusive or _is_grown(old)):
            if hasattr(old, "take"):
                values[key] = full_value(merger, old, given, None)
            elif type(old) is JSONText:
                _replace_json(merger, old, given, _wire(merger, key, action))
            elif not (type(old) is type(given) and same(old, given)):
                merger.replace(values, key, given)


def _begin_json(merger: Any, values: Any, key: str, given: Any) -> None:
    """What an input begins with: JSON text may come in its place."""
    merger.replace(values, key, given)
    values[key] = JSONText(given, True, merger.text(), merger.parse)


def _replace_json(merger: Any, json_text: Any, given: Any, wire: Any) -> None:
    """An input of the start's own in the place of the text that came, or that goes on."""
    merger.added += 1
    json_text.settled = False
    if json_text.text:
        before = json_text.text.get()
        merger.charge(2 * weight(given))
        if wire is not None and wire.startswith(before):
            for text in (json_text.text, json_text.former):
                if text is not None:
                    text.append(wire[len(before) :])
            return
        if json_text.former is None:
            json_text.former = json_text.text
        json_text.text = merger.text()
    json_text.start = given


def _wire(merger: Any, key: str, action: Any) -> Any:
    """The JSON text of a start's member, or None."""
    return None if merger.wire is None else merger.wire.text(_place(action), key)


def _place(action: Any) -> Any:
    """Where in the event an action's value stands."""
    at: Any = None
    for step in action.source:
        at = (at, step)
    return at


def _as_text(merger: Any, key: str, given: Any, action: Any) -> Any:
    """A number where a text begins is that text: more may come to it."""
    if type(given) is str or isinstance(given, (list, dict)):
        return given
    text = merger.wire_text(given, _place(action), key)
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


def stop(merger: Any, action: Any, value: Any) -> None:
    """All elements at an index are finished; of none it is nothing."""
    name, by, path = action.slot
    if member_missing(merger.root.values, name) or not merger.routed(action, value):
        return
    held = merger.list_at(merger.root.values, name, merger.table.lists[path])
    index = value.get(by)
    if type(held) is Entries:
        for place in held.open_at(index if index is not None else held.to_stop()):
            stop_one(merger, place)
    else:
        position = meant(merger.table, held, action.slot, value, hint(value, by), None, OWN_DONE)
        stop_one(merger, held.nth(position) if position >= 0 else None)


def member_missing(values: Any, name: str) -> bool:
    """Whether no list stands there yet."""
    return values.get(name) is None


def stop_one(merger: Any, element: Any) -> None:
    """The element is finished: its JSON text is read once and for all."""
    place = element if type(element) is Place else None
    if place is None or place.stopped:
        return  # once and for all: a stop after each fragment would cost the square
    place.stopped = True
    place.finished = merger.event
    for key, below in place.values.items():
        if type(below) is JSONText and below.text and not settle(merger, below):
            merger.anomaly("bad_tool_json", None, key)
    if merger.table.ends is not None:
        judge_stopped(merger, place)


def settle(merger: Any, json_text: Any) -> bool:
    """Read the JSON text; a text that is none stays the value, as a string."""
    whole, value = merger.parse(json_text.text.get())
    json_text.settled = bool(whole)
    json_text.value = value if whole else None
    return bool(json_text.settled)


def fill_base(merger: Any, values: Any, source: Any) -> None:
    """A base behind what deltas made, or the same again: what is missing is filled in."""
    for key, given in source.items():
        if is_open(given):
            continue
        old = values.get(key)
        if type(old) is Place:
            old = old.values
        if old is None:
            if given is not None or key not in values:
                merger.replace(values, key, given)
        elif key in merger.table.lists and values is merger.root.values:
            if isinstance(given, list):
                merger.fill(values, key, given)
        elif type(old) is dict and isinstance(given, dict):
            fill_base(merger, old, given)
