"""Where the texts of an answer stand, so that somebody can ask what is new.

Enters: the state of an answer, a table's DELTAS or a READ path, what was seen before.
Leaves: the leaves that hold text, in the order of the answer, each with its place.
Must not know: what was given out of them before, events, dialects.

Nothing is done per event: the state is walked when somebody asks, but for parts of lists
that nothing can come to any more: an answer may have thousands, and somebody ask at each
event. A sheet is a table's DELTAS made ready (rows.py): rows of (what, path, below,
field, whether siblings may say the same).

What was seen is (what was said at former calls, where to say it now, whether nothing
follows any more, the dialect's Names). It is said of each list of parts, by its key.

One source for both backends: `_c/engine/taking.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from ssefold.delta import TEXT, TOOL_ARGUMENTS, TOOL_CALL

from .lookup_calls import Calls
from .rows import BY, CALL, INSIDE, LEAF, OWN_ROWS
from .state import (
    Echo,
    Entries,
    Hinted,
    JSONText,
    Keyed,
    Parts,
    Place,
    elements,
    indexed,
    is_text,
    member,
    read,
    select,
    suits,
)

# At the end of a key: which elements of a list need not be looked at again.
SETTLED = "settled"

# What is said of a list of which nothing was seen: no list, none of its elements, no call.
UNSEEN = (None, 0, -1, False)

NO_PLACE = (0, None, None, None, None)


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
        elif step.each is not None:
            held = member(value, step.each)
            for i, item in _looked_at(held, (choice, at, SETTLED), seen):
                if suits(item, step):
                    _lead(item, steps, number + 1, choice, (*at, i), seen, out)
            return
        else:
            found = select(value, (step,), choice)
            value = found[0] if found else None
        if value is None:
            return
    if is_text(value):
        out.append(((choice, at), value))
        return
    names = seen[3]
    # What stands where a text belongs: a text of a choice that stood there is its first part.
    whole = all([type(step) is str or step.each is not None for step in steps])
    beginning = (*at, 0) if whole else at
    if type(value) is Place or isinstance(value, dict):
        leaf = member(value, names.text)
        if is_text(leaf):
            out.append(((choice, beginning), leaf))
        return
    for i, item in _looked_at(value, (choice, at, SETTLED), seen):
        leaf = member(item, names.text) if member(item, names.type) == names.part else None
        if is_text(leaf):
            out.append(((choice, (*at, i) if i else beginning), leaf))


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
                for at, text in _texts(found, below, here, field == OWN_ROWS, seen[3].text):
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


def _texts(found: Any, kind: str, key: Any, own_rows: bool, name: str) -> list[Any]:
    """(key, state) of what is told of a text; of one that came as an object or list, its texts.

    Arguments may be an object, which is told as its JSON. own_rows: others say what of an
    object is told. name: the member of an object that is its text.
    """
    is_object = type(found) is Place or isinstance(found, dict)
    if own_rows and is_object:
        return []
    if kind == TOOL_ARGUMENTS or own_rows or is_text(found):
        return [(key, found)]
    if type(found) is Parts or isinstance(found, list):
        if kind == TEXT:
            return []  # content is a list of parts, each with rows of its own
        items = enumerate(elements(found))
        return [((*key, number, name), _text_in(item, name)) for number, item in items]
    return [(key, _text_in(found, name) if is_object else found)]


def _text_in(value: Any, name: str) -> Any:
    """The text of an object, or of the object that stands for it; None if there is none."""
    while type(value) is Place or isinstance(value, dict):
        value = member(value, name)
    return value if is_text(value) else None


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
        out.append((TOOL_CALL, name, place, (*key, "call"), None))
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
    if kind is Hinted and value.gone is not None:
        return [*value.gone, *value.pairs()]
    if kind is Entries or kind is Hinted:
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
        return [(_own_index(item, number, seen[3].index), item) for number, item in items]
    return items


def _unsettled(parts: Any, key: Any, seen: Any) -> list[Any]:
    """Only the last content part grows, and the one whose call goes on, if there is one.

    Other parts may come behind that call. Once nothing follows, all are looked at once more.
    """
    said, begun, over, _ = seen
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
    said, begun, over, _ = seen
    known = said.get(key) or UNSEEN
    start = 0 if over and not known[3] else known[1]
    items = held.items.copy()
    begun[key] = (None, len(items), -1, over)
    return [(n, item) for n, item in enumerate(items) if n >= start or type(item) is Place]


def _own_index(element: Any, number: int, by: str) -> int:
    """The index that an element of a whole answer has, or its place."""
    index = member(element, by)
    return index if type(index) is int else number


def _call_index(pair: Any) -> Any:
    return pair[1].index
