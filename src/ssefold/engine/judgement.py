"""What is judged once, when an answer came to its end.

Enters: the state of an answer, and a table's ENDS.
Leaves: anomalies, each with its place in the answer.
Must not know: events, dialects, how the stream ended.

A call without arguments that can be read, or without a name, is nothing that a caller can
run; an answer that says no reason for its end may be half of one.

One source for both backends: `_c/engine/judgement.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from .lookup_calls import Calls
from .plan import path_of
from .rows import JUDGE_CALL, JUDGE_OPEN
from .state import (
    Elements,
    Entries,
    Hinted,
    Keyed,
    Parts,
    Place,
    Replaced,
    elements,
    member,
)

LISTS = (list, Calls, Elements, Entries, Keyed, Parts, Hinted)


def judge(ledger: Any, ends: Any, depth: int, terminated: bool) -> None:
    """Judge an answer: its calls; where the terminator came, its reasons; what is left open."""
    if _is_right(ledger, ends, ends.root_rows, ends.tree, ledger.root, depth, terminated):
        return  # as nearly each answer: places are named where one of them is to be told
    found: list[Any] = []
    for number in ends.root_rows:
        found.append((number, None, ledger.root))
    _find(ledger.root, ends.tree, None, found)
    if len(found) > 1:
        found.sort(key=_row_number)  # as the rows stand, and in each the order of the answer
    for number, at, state in found:
        row = ends.rows[number]
        kind = row[0]
        if kind == JUDGE_CALL:
            if row[1] is None or member(state, ledger.names.type) in row[1]:
                _judge_call(ledger, row, at, state, depth)
        elif kind == JUDGE_OPEN:
            if is_left_open(state):
                ledger.log.anomaly("open_block", path_of(at[0], at[1]))
        elif terminated and not _says(member(state, row[1])) and _holds_some(state, row[2], row[3]):
            ledger.log.anomaly("no_finish_reason", path_of(at, row[1]))


def _is_right(
    ledger: Any, ends: Any, rows: Any, nodes: Any, state: Any, depth: int, terminated: bool
) -> bool:
    """Whether nothing is to be told of a state that these rows ask for, nor of what is below."""
    members = None
    if type(state) is Place:
        place = state
        members = place.values
    if rows and (members is not None or isinstance(state, dict)):
        for number in rows:
            row = ends.rows[number]
            kind = row[0]
            if kind == JUDGE_CALL:
                if row[1] is None or member(state, ledger.names.type) in row[1]:
                    if row[2] is not None and _is_broken(ledger, state_at(state, row[2]), depth):
                        return False
                    if not _has_name(state, row[3]):
                        return False
            elif kind == JUDGE_OPEN:
                if is_left_open(state):
                    return False
            elif (
                terminated
                and not _says(member(state, row[1]))
                and _holds_some(state, row[2], row[3])
            ):
                return False
    for key, under, below in nodes:
        if key is not None:
            inside = members.get(key) if members is not None else member(state, key)
            if inside is not None and not _is_right(
                ledger, ends, under, below, inside, depth, terminated
            ):
                return False
            continue
        if type(state) is Entries:
            entries = state
            if entries.items is None and entries.blocks is None:  # most have one element
                inside = entries.first
                if inside is not None and not _is_right(
                    ledger, ends, under, below, inside, depth, terminated
                ):
                    return False
                continue
        for inside in elements(state):
            if inside is not None and not _is_right(
                ledger, ends, under, below, inside, depth, terminated
            ):
                return False
    return True


def _row_number(found: Any) -> int:
    number: int = found[0]
    return number


def judge_stopped(ledger: Any, place: Any) -> None:
    """Judge a call that ends before its answer, when it does; its text was read by then."""
    for types, names in ledger.table.ends.stopped:
        if member(place, ledger.names.type) in types and not _has_name(place, names):
            ledger.anomaly("unnamed_call", None, ".".join(names[0]))


def is_left_open(state: Any) -> bool:
    """Whether an element that has an end did not come to it."""
    return type(state) is Place and not state.stopped


def _judge_call(ledger: Any, row: Any, at: Any, found: Any, depth: int) -> None:
    text, names = row[2], row[3]
    if text is not None and _is_broken(ledger, state_at(found, text), depth):
        ledger.log.anomaly("bad_tool_json", _below(at, text))
    if not _has_name(found, names):
        ledger.log.anomaly("unnamed_call", _below(at, _nearest(found, names)))


def _has_name(found: Any, names: Any) -> bool:
    for name in names:
        if _says(state_at(found, name)):
            return True
    return False


def _nearest(found: Any, names: Any) -> Any:
    """Where the name of a call that has none would stand."""
    for name in names:
        if len(name) > 1 and state_at(found, name[:-1]) is not None:
            return name
    return names[0]


def _is_broken(ledger: Any, state: Any, depth: int) -> bool:
    """Whether a text that should be JSON is neither that nor empty."""
    if type(state) is Replaced:
        state = state.value
    if type(state) is str:
        leaf = ledger.text()
        leaf.append(state)
    elif type(state) is ledger.text:
        leaf = state
    else:
        return False  # a value of another type, which says what it is
    return bool(leaf) and not leaf.is_json(depth)


def _says(state: Any) -> bool:
    """Whether there is something: a text that is not empty, or any other value but null."""
    if state is None:
        return False
    if type(state) is str:
        return len(state) > 0
    return bool(state) if hasattr(state, "take") else True


def _holds_some(found: Any, holding: Any, but: Any) -> bool:
    """Whether an element holds more than its frame."""
    for key in holding:
        if holds(member(found, key), but):
            return True
    return not holding


def holds(state: Any, but: Any) -> bool:
    """Whether something stands in a state, members of the names in `but` aside."""
    if type(state) is Place or isinstance(state, dict):
        values: Any = state.values if type(state) is Place else state
        for key in values:
            if key not in but and holds(values[key], ()):
                return True
        return False
    if state is None or type(state) is str or hasattr(state, "take"):
        return bool(state)
    return bool(elements(state)) if isinstance(state, LISTS) else True


def state_at(state: Any, path: Any) -> Any:
    """The state that dotted steps lead to, or None."""
    for step in path:
        state = member(state, step)
    return state


def _find(state: Any, nodes: Any, at: Any, found: list[Any]) -> None:
    """The objects that rows ask for: (the row's number, its place in the answer, the state)."""
    members = None
    if type(state) is Place:
        place = state
        members = place.values
    for key, rows, below in nodes:
        if key is not None:
            inside = members.get(key) if members is not None else member(state, key)
            if inside is not None:
                _found(inside, rows, below, (at, key), found)
            continue
        if type(state) is Entries:
            entries = state
            if entries.items is None and entries.blocks is None:  # most have one element
                if entries.first is not None:
                    _found(entries.first, rows, below, (at, 0), found)
                continue
        position = 0
        for element in elements(state):
            if element is not None:  # a hole leaves nothing in the answer
                _found(element, rows, below, (at, position), found)
                position += 1


def _found(state: Any, rows: Any, below: Any, at: Any, found: list[Any]) -> None:
    if rows and (type(state) is Place or isinstance(state, dict)):
        for row in rows:
            found.append((row, at, state))
    if below:
        _find(state, below, at, found)


def _below(at: Any, steps: Any) -> str:
    """The text of the path that these steps lead to from `at`."""
    for step in steps[:-1]:
        at = (at, step)
    return path_of(at, steps[-1])
