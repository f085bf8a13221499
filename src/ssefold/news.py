"""Where the texts of an answer stand, so that somebody can ask what is new.

Enters: the state of an answer, a table's DELTAS.
Leaves: the leaves that hold text, in the order of the answer, each with its place.
Must not know: what was given out of them before, events, dialects.

Nothing is done per event: the state is walked when somebody asks. A sheet is a
table's DELTAS made ready: rows of (what, path, below, field, whether siblings may
say the same).

One source for both backends: `_c/news.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from .called import Calls
from .state import (
    Echo,
    Entries,
    JSONText,
    Keyed,
    Parts,
    Place,
    Slots,
    elements,
    member,
    read,
)

# What a row of a sheet is.
LEAF = 0  # a text, of the kind `below`
INSIDE = 1  # an object with rows of its own
EACH = 2  # a list: the rows of each element, whose number is `field` of its place
BY = 3  # rows chosen by a member
CALL = 4  # the object is a tool call: where its id and its name stand

# The field of a text in whose place an object has rows of its own.
OWN_ROWS = 9

# At the end of a key: how many elements of a list need not be looked at again.
SETTLED = "settled"

# The fields of a place; those of a tool call are the last two.
PLACE = ("choice", "index", "part", "id", "name")
NO_PLACE = (0, None, None, None, None)


def sheet(rows: Any) -> tuple[Any, ...]:
    """A table's DELTAS, or a part of them, ready to be walked."""
    if isinstance(rows, tuple):
        return tuple([row for one in rows for row in sheet(one)])
    if "by" in rows:
        cases = {value: sheet(below) for value, below in rows.items() if value != "by"}
        return ((BY, (rows["by"],), cases, -1, False),)
    alike = rows.get("alike", ())
    out = []
    for path, below in rows.items():
        if path == "call":
            where = [[tuple(one.split(".")) for one in below.get(key, ())] for key in PLACE[3:]]
            out.append((CALL, (), where, -1, False))
        elif path != "alike":
            row = _row(path.split("."), below, path.partition("[")[0] in alike)
            if row[0] == LEAF and any([other.startswith(path + ".") for other in rows]):
                row = (LEAF, row[1], below, OWN_ROWS, row[4])
            out.append(row)
    return tuple(out)


def _row(steps: list[str], below: Any, alike: bool) -> Any:
    """The row of a path; the first list on its way begins a row of its own."""
    names: list[str] = []
    for position, step in enumerate(steps):
        name, bracket, field = step.partition("[")
        names.append(name)
        if bracket:
            rest = steps[position + 1 :]
            inner = (_row(rest, below, False),) if rest else _below(below)
            number = PLACE.index(field[:-1]) if field[:-1] else -1
            return (EACH, tuple(names), inner, number, alike)
    if isinstance(below, str):
        return (LEAF, tuple(names), below, -1, alike)
    return (INSIDE, tuple(names), sheet(below), -1, alike)


def _below(below: Any) -> tuple[Any, ...]:
    """The rows of a list's elements, which may be the texts themselves."""
    return ((LEAF, (), below, -1, False),) if isinstance(below, str) else sheet(below)


def leaves(root: Any, rows: tuple[Any, ...], seen: Any) -> list[Any]:
    """(kind, leaf, place, key, group) of each text, in the order of the answer.

    key: what tells the leaf from others, the same at each call. group: the field
    that the leaf stands in, if its siblings may say the same, else None. seen: for
    lists whose elements settle, how many of them need not be looked at again, and where
    to say how many these are now; None to look at all, for nothing follows any more.
    """
    out: list[Any] = []
    walk(root, rows, NO_PLACE, (), None, False, seen, out)
    return out


def walk(
    value: Any, rows: tuple[Any, ...], place: Any, key: Any, group: Any, grows: bool, seen: Any,
    out: Any,
) -> None:  # fmt: skip
    """Add the leaves below one object, or an element of a list.

    grows: more may come to it. Then an object is not given: the next event may bring another.
    """
    for what, path, below, field, alike in rows:
        if what == BY:
            walk(value, _case(below, member(value, path[0])), place, key, group, grows, seen, out)
            continue
        if what == CALL:
            place = _call(value, below, place, key, out)
            continue
        here = key + path
        family = (key, path[0]) if alike and type(value) is not Place else group
        for found in _states(value, path, 0):
            if what == LEAF:
                for at, text in _texts(found, below, here, field == OWN_ROWS):
                    leaf = _leaf(text, grows)
                    if leaf is not None:
                        out.append((below, leaf, place, at, family))
            elif what == INSIDE:
                walk(found, below, place, here, family, grows, seen, out)
            else:
                for number, element in _elements(found, field == 0, here, seen):
                    inside = place
                    if field >= 0:
                        inside = (*place[:field], number, *place[field + 1 :])
                    more = seen is not None and _is_open(element)
                    walk(element, below, inside, (*here, number), family, more, seen, out)


def _states(value: Any, path: Any, step: int) -> list[Any]:
    """What stands at a path; first what stood there before a full value that lacks it."""
    found: list[Any] = []
    while step < len(path):
        gone = value.gone if type(value) is Place else None
        if gone is not None:
            for key, state in gone:
                if key == path[step]:
                    found += _states(state, path, step + 1)
        value = member(value, path[step])
        step += 1
    if value is not None:
        found.append(value)
    return found


def _texts(found: Any, kind: str, key: Any, own_rows: bool) -> list[Any]:
    """(key, state) of what is told of a text; of one that came as an object or list, its texts.

    Arguments may be an object, which is told as its JSON. own_rows: others say what of an
    object is told.
    """
    is_object = type(found) is Place or isinstance(found, dict)
    if own_rows and is_object:
        return []
    if kind == "tool_arguments" or own_rows or type(found) is str or hasattr(found, "take"):
        return [(key, found)]
    if type(found) is Parts or isinstance(found, list):
        if kind == "text":
            return []  # content is a list of parts, each with rows of its own
        items = enumerate(elements(found))
        return [((*key, number, "text"), _text_in(item)) for number, item in items]
    return [(key, _text_in(found) if is_object else found)]


def _text_in(value: Any) -> Any:
    """The text of an object, or of the object that stands for it; None if there is none."""
    while type(value) is Place or isinstance(value, dict):
        value = member(value, "text")
    return value if type(value) is str or hasattr(value, "take") else None


def _case(cases: Any, value: Any) -> Any:
    """The rows for this value of the deciding member; 0 is false and 1 true, as in READ."""
    if value is None or isinstance(value, (str, bool, int, float)):
        chosen = cases.get(value)
        if chosen is not None:
            return chosen
    return cases.get("*", ())


def _call(value: Any, where: Any, place: Any, key: Any, out: Any) -> Any:
    """The place of a tool call's texts; its name is such a text itself."""
    call_id, name = [_first(value, paths) for paths in where]
    place = (*place[:3], call_id, name)
    if name:
        out.append(("tool_call", name, place, (*key, "call"), None))
    return place


def _first(value: Any, paths: Any) -> str | None:
    """The first string that is not empty, at any of these paths."""
    for path in paths:
        found = value
        for name in path:
            found = member(found, name)
        if type(found) is Echo:
            found = found.text
        elif hasattr(found, "take"):
            found = found.get()
        if type(found) is str and found:
            return found
    return None


def _is_open(element: Any) -> bool:
    """Whether more may come to an element: neither stopped nor whole."""
    return type(element) is Place and not element.stopped and element.finished < 0


def _leaf(value: Any, grows: bool) -> Any:
    """What can be taken from piece by piece: a string, a text, a whole object; or None."""
    kind = type(value)
    if kind is str:
        return value
    if hasattr(value, "take"):
        return _spoken(value)
    if kind is JSONText:
        if value.former is not None:
            return value.former
        if value.text:
            return value.text
        return None if grows else _leaf(value.start, False)  # what comes replaces it
    if kind is Echo:
        return value.text if value.count or not grows else None  # a text may come in its place
    if not grows and (kind is Place or isinstance(value, dict)):
        return read(value) or None  # no arguments: nothing to tell
    return None


def _spoken(text: Any) -> Any:
    """What there is to take of a text; None while another says the same (voices.py)."""
    voice = getattr(text, "voice", None)
    if voice is None:
        return text
    return voice.buffer if voice.buffer is not None or voice.silent else text


def _elements(value: Any, by_index: bool, key: Any, seen: Any) -> list[Any]:
    """(number, element) of a list's elements, but for those that are settled.

    The number is what does not change when others come: an index for routed lists,
    the order of arrival for tool calls, else the place.
    """
    kind = type(value)
    if kind is Slots and value.gone is not None:
        return [*value.gone, *value.pairs()]
    if kind is Entries or kind is Slots:
        pairs: list[Any] = value.pairs()
        return pairs
    if kind is Calls:
        calls = list(enumerate(value.items.copy()))
        calls.sort(key=_call_index)
        return calls
    if kind is Parts:
        call = value.call
        return _unsettled(value.items.copy(), call.index if call is not None else -1, key, seen)
    if kind is Keyed:
        rest = _unsettled(value.items.copy(), None, key, seen)
        return rest if value.hushed is None else [p for p in rest if not value.is_hushed(p[0])]
    items = list(enumerate(elements(value)))
    if by_index:
        return [(_own_index(item, number), item) for number, item in items]
    return items


def _unsettled(items: list[Any], grows: int | None, key: Any, seen: Any) -> list[Any]:
    """Only the last content part grows, and the one at `grows`, if that is one.

    Of a keyed list (`grows` is None) no element grows that has no key.
    """
    known = (*key, SETTLED)  # the list's own key is that of a text which became this list
    start = 0 if seen is None else seen[0].get(known, 0)
    if seen is not None:
        seen[1][known] = len(items) if grows is None else max(0, len(items) - 1)
        if grows is not None and grows >= 0:
            seen[1][known] = min(grows, seen[1][known])
    numbers = range(0 if grows is None else start, len(items))
    return [(n, items[n]) for n in numbers if n >= start or type(items[n]) is Place]


def _own_index(element: Any, number: int) -> int:
    """The index that an element of a whole answer has, or its place."""
    index = member(element, "index")
    return index if type(index) is int else number


def _call_index(pair: Any) -> Any:
    return pair[1].index
