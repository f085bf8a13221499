"""The arguments of a call, and the text of a choice, as JSON values that grow.

Enters: a stream, whenever somebody asks.
Leaves: one object for each call and each text, growing in place from one question to the next.
Must not know: events, dialects, who asks.

Each question reads the new pieces only: a Growing knows its texts, and a mark in each. Another
text in the place of a known one (a full value, say) goes on where it begins with the same words;
else it is read anew, into another object.

A Growing belongs to one question at a time: it is taken out of the stream and put back when the
value is right again. So one left by half in an exception is gone, and a question from another
thread in the meantime reads for itself.

One source for both backends: `_c/engine/growth.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from .field_written import Written
from .jsonvalue import repair
from .lookup_calls import Calls
from .partial import Growing
from .rows import CALLS_WAY, FINISH_WAY, JSON_INPUT, TEXT_INPUT, TEXT_WAY, Step, way_of
from .state import (
    Echo,
    Entries,
    JSONText,
    Place,
    Replaced,
    elements,
    is_text,
    member,
    read,
    suits,
)
from .state import select as follow
from .stream import Stream


def select(stream: Stream, which: int, choice: int) -> list[Any]:
    """The states at the end of a way of READ; of a text the leaves (strings or text buffers)."""
    root = stream.root
    if root is None:
        return []
    ways = stream.known.read
    if which == TEXT_WAY:
        way = ways.text
    elif which == CALLS_WAY:
        way = ways.calls
    else:
        way = ways.finish if which == FINISH_WAY else ways.usage
    way = way_of(way, choice)
    found = follow(root, way, choice) if way else []
    if which != TEXT_WAY:
        return found
    leaves: list[Any] = []
    for said in found:
        if is_text(said):
            leaves.append(said)
        else:
            inside = follow({"": said}, ways.parts, 0) or follow(said, ways.inner, 0)
            leaves += [leaf for leaf in inside if is_text(leaf)]
    return leaves


def grown(stream: Stream, number: Any, choice: int) -> Any:
    """The arguments of a call as far as they came; number: None, the text of the choice.

    None before anything came.
    """
    if number is not None:
        return _arguments(stream, number, choice)
    leaves = select(stream, TEXT_WAY, choice)
    return _read_on(stream, (choice, None), leaves, False, False) if leaves else None


def _arguments(stream: Stream, number: int, choice: int) -> Any:
    root = stream.root
    if root is None:
        return None
    table = stream.known
    call = _call(root, way_of(table.read.calls, choice), choice, number)
    if call is None:
        return None
    for path, sort in table.read.inputs:
        found = call
        for name in path:
            found = member(found, name)
        if found is not None:
            return _value(stream, call, found, sort, (choice, number))
    return None


def _call(root: Any, way: tuple[Any, ...], choice: int, number: int) -> Any:
    """The state of a call, as tool_calls() counts them; or None."""
    if not way or number < 0:
        return None
    value = root
    left = len(way)
    for step in way:
        left -= 1
        if type(step) is str:
            value = member(value, step)
        elif left == 0:
            return _among(value, step, number)
        else:
            value = _entry(value, step, choice)
        if value is None:
            return None
    return value if number == 0 else None


def _entry(value: Any, step: Step, choice: int) -> Any:
    """The first value to which a step leads, other than a name."""
    held = None if step.entry is None else member(value, step.entry)
    if type(held) is Entries:
        entries = held
        return entries.at(choice)
    found = follow(value, (step,), choice)
    return found[0] if found else None


def _among(value: Any, step: Step, number: int) -> Any:
    """One of the elements to which the last step leads; empty ones do not count."""
    if step.each is None:
        found = follow(value, (step,), 0)
    else:
        held = member(value, step.each)
        single = type(held) is Calls and len(held.items) == 1
        found = held.items if single else elements(held)
    for call in found:
        if step.each is not None and not suits(call, step):
            continue
        if (type(call) is Place and call.values) or read(call):
            if number == 0:
                return call
            number -= 1
    return None


# -- one value ---------------------------------------------------------------------------------


def _value(stream: Stream, call: Any, found: Any, sort: int, key: Any) -> Any:
    """The value of arguments in this state."""
    sure = False
    state = found
    if type(state) is JSONText:
        state = state.text if state.text else state.start
    if type(state) is Written:
        if not state.path and not stream.life.is_over():
            return None
        # Its text, which has whole numbers; or the object, if some of it is not in the text yet.
        sure = bool(state.path) and not state.behind
        state = state.text if sure else state.values
    elif type(state) is Echo:
        state = state.text
    if is_text(state):
        sure = sure or (type(call) is Place and call.stopped)
        return _read_on(stream, key, [state], sort == TEXT_INPUT, sure)
    value = read(state)
    if sort == JSON_INPUT and value == {} and _is_open(stream, call):
        return None  # a call begins like that, and its JSON text comes in its place
    return repair(value) if stream.surrogates else value


def _is_open(stream: Stream, call: Any) -> bool:
    """Whether more may come to a call."""
    if type(call) is not Place or call.stopped or call.finished >= 0:
        return False
    return not stream.life.is_over()


def _read_on(stream: Stream, key: Any, leaves: list[Any], plain: bool, sure: bool) -> Any:
    """The value of these texts, read on from where the last question left it.

    plain: they are no JSON, but the value itself. sure: a number at their end is whole.
    """
    kept = stream.grown
    growing: Any = None if kept is None else kept.pop(key, None)
    if growing is None or not _reads_on(growing, leaves):
        growing = Growing(stream.depth, plain)
        _reads_on(growing, leaves)
    if growing.is_waiting() and (sure or stream.status == "complete"):
        growing.settle()
    if kept is None:
        kept = stream.grown = {}
    kept[key] = growing
    return growing.value


def _reads_on(growing: Growing, leaves: list[Any]) -> bool:
    """Read the new pieces of these texts; False if others were read before."""
    known = len(growing.sources)
    if len(leaves) < known:
        return False
    for number, leaf in enumerate(leaves):
        if type(leaf) is Replaced:
            leaf = leaf.value
        if number >= known:
            piece, mark = _since(leaf, None)
            growing.sources.append(leaf)
            growing.marks.append(mark)
        elif leaf is growing.sources[number]:
            if type(leaf) is str:
                continue
            piece, mark = leaf.since(growing.marks[number])
            if not piece:
                continue
            if number < known - 1:
                return False
            growing.marks[number] = mark
        else:
            found = _continued(growing, number, leaf) if number == known - 1 else None
            if found is None:
                return False
            piece, mark = found
            growing.sources[number] = leaf
            growing.marks[number] = mark
        try:
            growing.feed(piece)
        except IndexError:
            return False  # somebody took an element out of the value
    return True


def _continued(growing: Growing, number: int, leaf: Any) -> Any:
    """The rest of a text behind its predecessor's, and a mark; None: it begins otherwise."""
    before = growing.sources[number]
    rest, _ = _since(before, growing.marks[number])
    whole, mark = _since(leaf, None)
    if "\udc00" <= rest[:1] <= "\udfff":
        return None  # it was read up to the midst of a pair
    fed = before if type(before) is str else before.get()
    fed = fed[: len(fed) - len(rest)]
    return (whole[len(fed) :], mark) if whole.startswith(fed) else None


def _since(leaf: Any, mark: Any) -> Any:
    """The pieces of a text behind a mark, and the next mark; None is the beginning."""
    if type(leaf) is str:
        return ("" if mark is not None else leaf, len(leaf))
    return leaf.since(mark)
