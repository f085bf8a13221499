"""Whether an answer comes back from its stream, or the rules would leave out or change a part.

Enters: an answer, and its dialect's table.
Leaves: nothing; SSEFoldError `not_replayable` or TypeError, with the place in the answer.
Must not know: how the stream is written.

Null passes everywhere: in a stream it says nothing, and leaves a null or no key.
"""

from __future__ import annotations

import json
from math import isfinite
from typing import Any, NoReturn

from ssefold.engine.field_calls import name_of
from ssefold.engine.field_candidates import is_more
from ssefold.engine.field_spec import (
    CALLS,
    CONTENT,
    DEFERRED,
    DROP,
    ENTRIES,
    FIRST,
    KEYED,
    OBJECT,
    OBJECT_TYPE,
    PARTS,
    RULES,
    SCALARS,
    SIGN,
    TEXT_TYPE,
    UNLESS,
)
from ssefold.engine.jsonmarks import MAX_DIGITS
from ssefold.engine.jsonvalue import given
from ssefold.engine.lookup_calls import id_key
from ssefold.engine.state import routing
from ssefold.engine.table import Node, Table
from ssefold.errors import SSEFoldError
from ssefold.limits import DEPTH_CEILING

# An event wraps its content in two objects at most.
MOST_DEPTH = DEPTH_CEILING - 2

_MOST_INTEGER = 10**MAX_DIGITS

_JSON_NAMES: dict[str, type | tuple[type, ...]] = {
    "null": type(None),
    "boolean": bool,
    "number": (int, float),
    "string": str,
    "array": list,
    "object": dict,
}


def refuse(path: str, why: str) -> NoReturn:
    """The answer has no stream that folds back into it."""
    place = path.removeprefix(".")
    raise SSEFoldError("not_replayable", -1, f"{place}: {why}" if place else why)


def check_values(value: Any, path: str, depth: int) -> None:
    """All values of an answer can stand in JSON, and be read back."""
    if value is None or isinstance(value, str):
        return
    if isinstance(value, dict):
        if depth >= MOST_DEPTH:
            refuse("", f"nested deeper than {MOST_DEPTH} levels")
        for key, below in value.items():
            if not isinstance(key, str):
                raise TypeError(f"{path or 'answer'} has a key that is no str: {key!r}")
            check_values(below, f"{path}.{key}", depth + 1)
    elif isinstance(value, list):
        if depth >= MOST_DEPTH:
            refuse("", f"nested deeper than {MOST_DEPTH} levels")
        for position, below in enumerate(value):
            check_values(below, f"{path}[{position}]", depth + 1)
    elif isinstance(value, float):
        if not isfinite(value):
            refuse(path, "JSON has no such number")
    elif isinstance(value, int):
        if abs(value) >= _MOST_INTEGER:
            refuse(path, f"an integer of more than {MAX_DIGITS} digits")
    else:
        raise TypeError(f"{path.removeprefix('.')} is no JSON value: {type(value).__name__!r}")


def check_members(table: Table, answer: dict[str, Any]) -> None:
    """An answer of a dialect whose events merge by their members."""
    if answer.get("type") == "error":
        refuse("type", "in a stream it reports an error")
    for steps, words in table.errors:
        if words is None:  # an answer with a word for its failure failed: so says its fold
            _check_error(answer, steps, "")
    _members(table.root, answer, "", ())


def _check_error(value: Any, steps: tuple[Any, ...], path: str) -> None:
    """Nothing stands where a stream reports an error."""
    if not steps:
        if value is not None:
            refuse(path, "in a stream it reports an error")
    elif isinstance(steps[0], str):
        if isinstance(value, dict):
            _check_error(value.get(steps[0]), steps[1:], f"{path}.{steps[0]}")
    elif isinstance(value, list):
        for position, below in enumerate(value):
            _check_error(below, steps[1:], f"{path}[{position}]")


def _members(node: Node, value: dict[str, Any], path: str, routed: tuple[str, ...]) -> None:
    """The members of an object, but for its routing members."""
    for key, below in value.items():
        if below is not None and key not in routed:
            _member(node.children.get(key, node.rest), key, below, f"{path}.{key}")


def _member(node: Node, key: str, value: Any, path: str) -> None:
    op = node.op
    if op == UNLESS and node.options.get("as_sibling"):
        node = node.item  # the message: it comes as the delta
        op = node.op
    elif op == DROP and node.only_text and not isinstance(value, str):
        return
    elif (
        op in (DROP, UNLESS)
        or (op == OBJECT and node.name not in ("", key))
        or (op == DEFERRED and path != f".{node.to}")
    ):
        refuse(path, "no stream carries it to this place")
    _check_type(node, value, path)
    if op == OBJECT:
        _members(node, value, path, ())
    elif op == ENTRIES:
        _check_entries(node, value, path)
    elif op == CALLS:
        _check_calls(node, value, path)
    elif op == KEYED:
        _check_keyed(node, value, path)
    elif op == CONTENT and not isinstance(value, str):
        _check_parts(value, path)
    elif op == PARTS:
        _check_candidate_parts(value, path, node.parts)


def _check_type(node: Node, value: Any, path: str) -> None:
    """The rule takes values of this type."""
    op = node.op
    if op == SIGN:
        return
    takes = RULES[op].takes
    if op == FIRST and (node.has_default or node.name):
        takes = TEXT_TYPE if node.has_default else SCALARS
    if takes:
        _want(value, takes, path)


def _want(value: Any, types: tuple[str, ...], path: str) -> None:
    kind = next(name for name, known in _JSON_NAMES.items() if isinstance(value, known))
    if kind not in types:
        refuse(path, f"a stream carries no {kind} here")


# -- lists -------------------------------------------------------------------------------


def _check_entries(node: Node, value: list[Any], path: str) -> None:
    """Choices, candidates: they come back sorted by their index, one for each."""
    by, last = node.by, -1
    for position, entry in enumerate(value):
        here = f"{path}[{position}]"
        _want(entry, OBJECT_TYPE, here)
        index = entry.get(by)
        if index is None:
            index = position if node.by_place else 0
        elif type(index) is not int:
            refuse(f"{here}.{by}", "no integer")
        if index <= last:
            refuse(here, f"the {by} does not rise: a stream sorts by it, and knows each once")
        last = index
        _members(node.item, entry, here, (by,))


def _check_calls(node: Node, value: list[Any], path: str) -> None:
    """Tool calls: their index is their place, whether they say so or not."""
    row = node.calls
    for position, call in enumerate(value):
        here = f"{path}[{position}]"
        _want(call, OBJECT_TYPE, here)
        if call.get(row.by) not in (None, position):
            refuse(f"{here}.{row.by}", "not its place in the list")
        _check_apart(value[:position], call, here, row)
        _members(node.item, call, here, (row.by,))


def _check_apart(before: list[Any], call: dict[str, Any], path: str, row: Any) -> None:
    """A call that would be taken for more of the one before it is none of its own."""
    name, key = name_of(call, row.sorts), id_key(call.get(row.known))
    if key:
        for other in reversed(before):
            if id_key(other.get(row.known)) == key:
                old = name_of(other, row.sorts)
                if not name or (not (old and old != name) and not _has_whole(other, row)):
                    refuse(f"{path}.{row.known}", "another call has it, and would go on")
                break
    elif before and not name:
        last = before[-1]
        if (id_key(last.get(row.known)) or name_of(last, row.sorts)) and not _has_whole(last, row):
            refuse(path, "neither id nor name: the call before it would go on")


def _has_whole(call: dict[str, Any], row: Any) -> bool:
    """Whether the arguments of a call are one JSON value."""
    found = [given(given(call, sort), key) for sort, _, key in row.sorts]
    text = next((value for value in found if value is not None), None)
    try:
        json.loads(text if isinstance(text, str) else "", parse_constant=_no_json)
    except (ValueError, RecursionError):
        return False
    return True


def _no_json(name: str) -> NoReturn:
    raise ValueError(name)


def _check_keyed(node: Node, value: list[Any], path: str) -> None:
    """Elements would become one if they agree in their routing members."""
    by, seen = node.keys, set()
    for position, element in enumerate(value):
        here = f"{path}[{position}]"
        _want(element, OBJECT_TYPE, here)
        if type(element.get(node.needs)) is not int:
            continue
        route = tuple(routing(element.get(name)) for name in by)
        if route in seen:
            refuse(here, f"it would join the one before it, with the same {' and '.join(by)}")
        seen.add(route)
        _members(node.item, element, here, ())


# -- content: field_parts.py seen from the other end
# ----------------------------------------------


def _check_parts(parts: list[Any], path: str) -> None:
    """Neighbours of one kind become one part; only the border between them may be lost."""
    before: Any = None
    for position, part in enumerate(parts):
        here = f"{path}[{position}]"
        _want(part, OBJECT_TYPE, here)
        kind = part.get("type")
        if kind not in ("text", "thinking"):
            before = None
            continue
        value = part.get(kind)
        if kind == "thinking" and isinstance(value, list):
            _check_parts(value, f"{here}.{kind}")
        elif value is not None:
            _want(value, TEXT_TYPE, f"{here}.{kind}")
        if before is not None and before.get("type") == kind:
            _check_join(before, part, kind, here)
        before = part


def _check_join(before: Any, part: Any, kind: str, path: str) -> None:
    """Two parts of one text agree in all other members."""
    if not isinstance(before.get(kind), str) or not isinstance(part.get(kind), str):
        refuse(path, f"it would join the {kind} before it")
    if {**before, kind: ""} != {**part, kind: ""}:
        refuse(path, f"it would join the {kind} before it, which has other members")


def _check_candidate_parts(parts: list[Any], path: str, row: Any) -> None:
    """The conditions of field_candidates.py: texts join if they agree, a signature ends one."""
    joins, unless, closing = row.joins, row.unless, row.closed_by
    before: Any = None
    for position, part in enumerate(parts):
        here = f"{path}[{position}]"
        _want(part, OBJECT_TYPE, here)
        text = part.get(joins)
        if text is None or is_more(part, row):
            before = None
            _check_whole_call(part, here, row.streams)
            continue
        _want(text, TEXT_TYPE, f"{here}.{joins}")
        signed = part.get(closing) is not None
        if not text and not signed:
            if any(part[key] is not None for key in part if key not in (joins, unless)):
                refuse(here, "an empty text leaves no part")
            continue
        agree = before is not None and _is_set(before, unless) == _is_set(part, unless)
        if agree and text:
            _check_join(before, part, joins, here)
        elif agree and part.get(closing):
            refuse(here, f"its {closing} would go to the text before it")
        before = None if signed else part


def _is_set(part: Any, key: Any) -> bool:
    """As the fold sees it: whatever is neither missing, null nor false, as 0 is."""
    return part.get(key) not in (None, False)


def _check_whole_call(part: Any, path: str, streams: Any) -> None:
    """A call stands there whole: none that goes on, and none in pieces."""
    call = part.get(streams.call) if streams is not None else None
    if not isinstance(call, dict):
        return
    if call.get(streams.goes_on) is True:
        refuse(f"{path}.{streams.call}.{streams.goes_on}", "in a stream the call goes on")
    if call.get(streams.name) and isinstance(call.get(streams.of), list):
        refuse(f"{path}.{streams.call}.{streams.of}", "in a stream they become arguments")
