"""What is judged once, when an answer came to its end.

Enters: the state of an answer, and a table's ENDS.
Leaves: anomalies, each with its place in the answer.
Must not know: events, dialects, how the stream ended.

A call without arguments that can be read, or without a name, is nothing that a caller can
run; an answer that says no reason for its end may be half of one.

One source for both backends: `_c/ending.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from .called import Calls
from .state import (
    Elements,
    Entries,
    Keyed,
    Parts,
    Place,
    Replaced,
    Slots,
    elements,
    member,
)
from .table import steps

LISTS = (list, Calls, Elements, Entries, Keyed, Parts, Slots)


def judge(merger: Any, ends: Any, depth: int, terminated: bool) -> None:
    """Judge an answer: its calls, what is left open; where the terminator came, its reasons."""
    log = merger.log
    root = merger.root
    for call in ends.get("calls", ()):
        if call.get("stopped"):
            continue
        for path, found in places(root, steps(call["at"]), 0, ""):
            if "type" not in call or member(found, "type") in call["type"]:
                _judge_call(merger, log, call, path, found, depth)
    finish = ends.get("finish") if terminated else None
    if finish is not None:
        for path, found in places(root, steps(finish.get("at", "")), 0, ""):
            if not _says(member(found, finish["has"])) and _holds_some(found, finish):
                log.anomaly("no_finish_reason", _joined(path, finish["has"]))
    for path, found in places(root, steps(ends["open"]), 0, "") if "open" in ends else ():
        if is_left_open(found):
            log.anomaly("open_block", path)


def judge_stopped(merger: Any, place: Any) -> None:
    """Judge a call that ends before its answer, when it does; its text was read by then."""
    for call in merger.table.ends.get("calls", ()):
        if not call.get("stopped") or member(place, "type") not in call["type"]:
            continue
        if not any([_says(state_at(place, steps(name))) for name in call["name"]]):
            merger.anomaly("unnamed_call", None, call["name"][0])


def is_left_open(state: Any) -> bool:
    """Whether an element that has an end did not come to it."""
    return type(state) is Place and not state.stopped


def _judge_call(merger: Any, log: Any, call: Any, path: str, found: Any, depth: int) -> None:
    text = call.get("json")
    if text is not None and _is_broken(merger, state_at(found, steps(text)), depth):
        log.anomaly("bad_tool_json", _joined(path, text))
    names = call["name"]
    if not any([_says(state_at(found, steps(name))) for name in names]):
        log.anomaly("unnamed_call", _joined(path, _nearest(found, names)))


def _nearest(found: Any, names: Any) -> str:
    """Where the name of a call that has none would stand."""
    for name in names:
        above = steps(name)[:-1]
        if above and state_at(found, above) is not None:
            nearest: str = name
            return nearest
    first: str = names[0]
    return first


def _is_broken(merger: Any, state: Any, depth: int) -> bool:
    """Whether a text that should be JSON is neither that nor empty."""
    if type(state) is Replaced:
        state = state.value
    if type(state) is str:
        leaf = merger.text()
        leaf.append(state)
    elif type(state) is merger.text:
        leaf = state
    else:
        return False  # a value of another type, which says what it is
    return bool(leaf) and not leaf.is_json(depth)


def _says(state: Any) -> bool:
    """Whether there is something: a text that is not empty, or any other value but null."""
    if state is None or state == "":
        return False
    return bool(state) if hasattr(state, "take") else True


def _holds_some(found: Any, finish: Any) -> bool:
    """Whether an element holds more than its frame."""
    if "holds" not in finish:
        return True
    return any([holds(member(found, key), finish.get("but", ())) for key in finish["holds"]])


def holds(state: Any, but: Any) -> bool:
    """Whether something stands in a state, members of the names in `but` aside."""
    if type(state) is Place or isinstance(state, dict):
        values: Any = state.values if type(state) is Place else state
        return any([key not in but and holds(values[key], ()) for key in values])
    if state is None or type(state) is str or hasattr(state, "take"):
        return bool(state)
    return bool(elements(state)) if isinstance(state, LISTS) else True


def state_at(state: Any, path: Any) -> Any:
    """The state that dotted steps lead to, or None."""
    for step in path:
        state = member(state, step)
    return state


def places(state: Any, path: Any, level: int, text: str) -> list[tuple[str, Any]]:
    """The objects at a path, each with its place in the answer: `a[].b` is b of each a."""
    if level == len(path):
        return [(text, state)] if type(state) is Place or isinstance(state, dict) else []
    step = path[level]
    if type(step) is str:
        below = member(state, step)
        return [] if below is None else places(below, path, level + 1, _joined(text, step))
    found = []
    # A hole leaves nothing in the answer.
    for position, element in enumerate([one for one in elements(state) if one is not None]):
        found += places(element, path, level + 1, f"{text}[{position}]")
    return found


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
