"""Where the texts of an answer stand, so that somebody can ask what is new.

Enters: the state of an answer, a table's DELTAS or a READ path, what was seen before.
Leaves: the leaves that hold text, in the order of the answer, each with its place.
Must not know: what was given out of them before, events, dialects.

Nothing is done per event: the state is walked when somebody asks, but for parts of lists
that nothing can come to any more: an answer may have thousands, and somebody ask at each
event. A sheet is a table's DELTAS made ready: rows of (what, path, below, field, whether
siblings may say the same).

What was seen is (what was said at former calls, where to say it now, whether nothing
follows any more). It is said of each list of parts, by its key.

One source for both backends: `_c/engine/taking.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from .lookup_calls import Calls
from .state import (
    Echo,
    Entries,
    JSONText,
    Keyed,
    Parts,
    Place,
    Slots,
    elements,
    indexed,
    member,
    read,
    select,
    suits,
)

# What a row of a sheet is.
LEAF = 0  # a text, of the kind `below`
INSIDE = 1  # an object with rows of its own
EACH = 2  # a list: the rows of each element, whose number is `field` of its place
BY = 3  # rows chosen by a member
CALL = 4  # the object is a tool call: where its id and its name stand

# The field of a text in whose place an object has rows of its own.
OWN_ROWS = 9

# At the end of a key: which elements of a list need not be looked at again.
SETTLED = "settled"

# What is said of a list of which nothing was seen: no list, none of its elements, no call.
UNSEEN = (None, 0, -1, False)

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
    that the leaf stands in, if its siblings may say the same, else None.
    """
    out: list[Any] = []
    walk(root, rows, NO_PLACE, (), None, False, seen, out)
    return out


def texts(root: Any, steps: tuple[Any, ...], choice: int, seen: Any) -> list[Any]:
    """(key, leaf) of each text to which a READ path leads, in the order of the answer.

    key: as above.
    """
    out: list[Any] = []
    _lead(root, steps, 0, choice, (), seen, out)
    return out


def _lead(value: Any, steps: Any, first: int, choice: int, at: Any, seen: Any, out: Any) -> None:
    """Add the texts to which the steps lead from there; at: the way through lists so far."""
    for number in range(first, len(steps)):
        step = steps[number]
        if type(step) is str:
            value = member(value, step)
        elif "each" in step:
            held = member(value, step["each"])
            for i, item in _looked_at(held, (choice, at, SETTLED), seen):
                if suits(item, step):
                    _lead(item, steps, number + 1, choice, (*at, i), seen, out)
            return
        else:
            found = select(value, (step,), choice)
            value = found[0] if found else None
        if value is None:
            return
    if _is_text(value):
        out.append(((choice, at), value))
        return
    # What stands where a text belongs: a text of a choice that stood there is its first part.
    whole = all([type(step) is str or "each" in step for step in steps])
    beginning = (*at, 0) if whole else at
    if type(value) is Place or isinstance(value, dict):
        leaf = member(value, "text")
        if _is_text(leaf):
            out.append(((choice, beginning), leaf))
        return
    for i, item in _looked_at(value, (choice, at, SETTLED), seen):
        leaf = member(item, "text") if member(item, "type") == "text" else None
        if _is_text(leaf):
            out.append(((choice, (*at, i) if i else beginning), leaf))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or hasattr(value, "take")


def _looked_at(held: Any, key: Any, seen: Any) -> list[Any]:
    """(number, element) of a list's elements, but for the parts that are settled."""
    return _unsettled(held, key, seen) if type(held) is Parts else indexed(held)


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
                    more = not seen[2] and _is_open(element)
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
    """What there is to take of a text; None while another says the same (field_voices.py)."""
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
        return _unsettled(value, (*key, SETTLED), seen)
    if kind is Keyed:
        rest = _without_key(value, (*key, SETTLED), seen)
        return rest if value.hushed is None else [p for p in rest if not value.is_hushed(p[0])]
    items = list(enumerate(elements(value)))
    if by_index:
        return [(_own_index(item, number), item) for number, item in items]
    return items


def _unsettled(parts: Any, key: Any, seen: Any) -> list[Any]:
    """Only the last content part grows, and the one whose call goes on, if there is one.

    Other parts may come behind that call. Once nothing follows, all are looked at once more.
    """
    said, begun, over = seen
    known = said.get(key) or UNSEEN
    if known[0] is not parts or (over and not known[3]):
        known = UNSEEN
    start, going = known[1:3]
    rest = list(enumerate(parts.items[start:], start))  # another thread may be feeding
    open_at = -1 if parts.call is None else parts.call.index
    begun[key] = (parts, max(start, start + len(rest) - 1), open_at, over)
    calls = [(at, parts.items[at]) for at in sorted({going, open_at}) if 0 <= at < start]
    return calls + rest


def _without_key(held: Any, key: Any, seen: Any) -> list[Any]:
    """Of a keyed list no element grows that has no key."""
    said, begun, over = seen
    known = said.get(key) or UNSEEN
    start = 0 if over and not known[3] else known[1]
    items = held.items.copy()
    begun[key] = (None, len(items), -1, over)
    return [(n, item) for n, item in enumerate(items) if n >= start or type(item) is Place]


def _own_index(element: Any, number: int) -> int:
    """The index that an element of a whole answer has, or its place."""
    index = member(element, "index")
    return index if type(index) is int else number


def _call_index(pair: Any) -> Any:
    return pair[1].index
