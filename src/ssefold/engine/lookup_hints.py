"""The element of a list that an event means, where its index is no more than a hint.

Enters: a list (Hinted), its row in the table, an event.
Leaves: the position of an existing element, or the place for a new one.
Must not know: verbs, an element's content, the dialect's name.

Gateways send every item under one index, the items of two under each other's ids, parts whose
index counts their tokens, and events without any index. So an element has to fit: it has the type
that the event would make, or none.

One source for both backends: `_c/engine/lookup_hints.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from .jsonvalue import given, is_open
from .state import Entries, Hinted, Place, member, whole_place
from .table import Table

# No element is meant: there is none yet, or the event was cut before it could say.
NONE = -1
NOWHERE = -2

# An open element must be without these.
ANY_DONE = 0  # its own `.done`, that of its text: a fragment comes
OWN_DONE = 1  # its own `.done`


def is_hint(table: Table, path: str) -> bool:
    """Whether the indexes of this list are hints."""
    return path in table.hints


def hint(value: Any, by: str) -> Any:
    """The index in the event, or None."""
    index = given(value, by)
    return index if type(index) is int and index >= 0 else None


def is_cut(value: Any, by: str) -> bool:
    """Whether the event was cut before it said where it belongs."""
    return is_open(value) and by not in value


def fits(table: Table, element: Any, path: str, wanted: Any) -> bool:
    """Whether the element has the type that the event would make, or none.

    Where the elements have no ids, one of a type made by no event fits as well.
    """
    kind = member(element, table.names.type)
    if wanted is None or kind is None or kind == wanted:
        return True
    made = type(kind) is str and kind in table.made.get(path, ())
    rule = table.lists[path]
    return not made and rule.known is None


def meant(
    table: Table, held: Hinted, step: Any, value: Any, index: Any, wanted: Any, done: int
) -> int:
    """The position of the element meant by the event, NONE or NOWHERE.

    step: the list's step of the action's way; index: the event's hint(); wanted: the type that
    the event would make, None: any; done: the ends that an open element must not have had.
    """
    _, by, path = step
    if is_cut(value, by):
        return NOWHERE
    if index is not None:
        position = at_index(table, held, index, path, wanted)
        if position >= 0:
            return position
    rule = table.lists[path]
    if rule.known is not None:
        return by_id(table, held, index, path, value, wanted)
    if rule.open:
        return last_open(table, held, path, wanted, done)
    return NONE if index is not None else last_open(table, held, path, wanted, NONE)


def at_index(table: Table, held: Hinted, index: Any, path: str, wanted: Any) -> int:
    """The newest fitting element at this index, or NONE."""
    position = find(held, index)
    while position >= 0:
        known = held.indexes[position]
        if (known is index or known == index) and fits(table, held.items[position], path, wanted):
            return position
        position -= 1
    return NONE


def by_id(table: Table, held: Hinted, index: Any, path: str, value: Any, wanted: Any) -> int:
    """The element with the event's id; without id and index, the one added last."""
    rule = table.lists[path]
    own, key = rule.own, rule.own_from
    known = given(value, key)
    if type(known) is str and known:
        position = with_id(table, held, own, known, path, wanted)
        if position >= 0:
            return position
        for also in rule.also:
            position = with_id(table, held, also, known, path, wanted)
            if position >= 0 and not id_of(held.items[position], own):
                return position
    elif is_open(value) and key not in value:
        return NOWHERE
    if index is not None:
        return NONE
    # An unknown id without an index: it rotates, if something is still open.
    done = OWN_DONE if type(known) is str and known else NONE
    return last_open(table, held, path, wanted, done)


def with_id(table: Table, held: Hinted, own: str, known: str, path: str, wanted: Any) -> int:
    """The newest fitting element with `known` at its member `own`, or NONE."""
    for position in range(len(held.items) - 1, -1, -1):
        element = held.items[position]
        if id_of(element, own) == known and fits(table, element, path, wanted):
            return position
    return NONE


def last_open(table: Table, held: Hinted, path: str, wanted: Any, done: int) -> int:
    """The last added element that fits and is open (NONE: open or not), or NONE."""
    if held.skipped:
        return NONE
    last = NONE
    newest = -1
    for position in range(len(held.items) - 1, -1, -1):
        element = held.items[position]
        if element is None or not fits(table, element, path, wanted):
            continue
        added = 0
        if type(element) is Place:
            added = element.index
            if done != NONE and (element.stopped or (done == ANY_DONE and element.finished >= 0)):
                continue
        elif done != NONE:
            continue
        if added > newest:
            newest = added
            last = position
    return last


def id_of(element: Any, own: str) -> Any:
    """The element's id at this member; None if it has none, or an empty one."""
    known = member(element, own)
    return known if type(known) is str and known else None


# -- starts and ends ---------------------------------------------------------------------------


def started(table: Table, held: Hinted, step: Any, value: Any, source: Any) -> int:
    """The position of the element whose start comes again or late, NONE or NOWHERE."""
    _, by, path = step
    rule = table.lists[path]
    if is_cut(value, by):
        return NOWHERE
    kind = given(source, table.names.type)
    known = rule.known
    if known is not None:
        position = same_element(table, held, path, source)
        if position >= 0:
            return position
    index = hint(value, by)
    if index is not None:
        position = find(held, index)
    else:
        position = last_open(table, held, path, kind, OWN_DONE)
        if position >= 0 and is_begun(held.items[position]):
            return NONE
    if position < 0 or not fits(table, held.items[position], path, kind):
        return NONE
    element = held.items[position]
    if known is not None:  # one made by its fragments, before its start
        own = known[0]
        late = not is_begun(element)
        return position if late and not (id_of(element, own) and id_of(source, own)) else NONE
    if type(element) is Place:
        return NONE if element.stopped or element.finished >= 0 else position
    return position if type(element) is dict else NONE


def is_begun(element: Any) -> bool:
    """Whether the start of an element came: a plain element came with one."""
    if type(element) is Place:
        return element.started
    return True


def same_element(table: Table, held: Hinted, path: str, source: Any) -> int:
    """The element with the id of `source`; without ids, with its second one and its type.

    Where one of both has an id and the other none, they are one until its `.done` came.
    """
    rule = table.lists[path]
    known = rule.known
    kind = member(source, table.names.type)
    first = id_of(source, known[0])
    if first is not None:
        position = with_id(table, held, known[0], first, path, kind)
        if position >= 0:
            return position
    for also in known[1:]:
        own = id_of(source, also)
        if own is not None:
            position = with_id(table, held, also, own, path, kind)
            if position < 0:
                continue
            element = held.items[position]
            other = id_of(element, known[0])
            if first is None and other is None:
                return position
            if (first is None or other is None) and not is_ended(element):
                return position
    return NONE


def is_ended(element: Any) -> bool:
    """Whether the element's own `.done` came."""
    return type(element) is Place and element.stopped


def ended(table: Table, held: Hinted, step: Any, value: Any, source: Any) -> int:
    """The position of the element for a full value, NONE or NOWHERE."""
    _, by, path = step
    rule = table.lists[path]
    if is_cut(value, by):
        return NOWHERE
    kind = member(source, table.names.type)
    known = rule.known
    if known is None:
        return meant(table, held, step, value, hint(value, by), kind, OWN_DONE)
    position = same_element(table, held, path, source)
    if position >= 0:
        return position
    index = hint(value, by)
    if index is not None:
        position = at_index(table, held, index, path, kind)
    else:
        position = last_open(table, held, path, kind, OWN_DONE)
    return NONE if position >= 0 and differ(held.items[position], source, known) else position


def differ(element: Any, source: Any, known: Any) -> bool:
    """Whether both have a second id, and not the same: the first one may rotate."""
    for also in known[1:]:
        own = id_of(element, also)
        other = id_of(source, also)
        if own is not None and other is not None and own != other:
            return True
    return False


# -- where elements stand ----------------------------------------------------------------------


def find(held: Hinted, index: Any) -> int:
    """The position of the last element with that index, or NONE."""
    if index is not None and index <= held.highest:
        for position in range(len(held.indexes) - 1, -1, -1):
            known = held.indexes[position]
            if known is index or known == index:  # small integers are one object each
                return position
    return NONE


def insert(held: Hinted, index: Any, element: Any) -> int:
    """Add an element behind those with no larger index, None: the last; its position."""
    if index is None:
        index = held.highest + 1
    position = len(held.items)
    if index < held.highest:
        while position and held.indexes[position - 1] > index:
            position -= 1
    add(held, position, index, index, element)
    return position


def add(held: Hinted, position: int, index: Any, number: Any, element: Any) -> None:
    """Add an element with this number, or if it is taken, the next free one."""
    if number <= held.top and number in held.numbers:
        number = held.top + 1
    held.top = max(held.top, number)
    if type(element) is Place:
        element.index = held.added
    held.added += 1
    held.highest = max(held.highest, index)
    put(held, position, index, number, element)


def keep_known(held: Hinted, index: Any, number: Any, element: Any) -> None:
    """Add an element at the end as it was known before; -1: with a number of its own."""
    if number < 0:
        number = held.top + 1
    held.top = max(held.top, number)
    held.added += 1
    held.highest = max(held.highest, index)
    put(held, len(held.items), index, number, element)


def put(held: Hinted, position: int, index: Any, number: Any, element: Any) -> None:
    """Into all three lists, or into none of them where memory is short."""
    size = len(held.items)
    try:
        held.indexes.insert(position, index)
        held.numbers.insert(position, number)
        held.items.insert(position, element)
    finally:
        if len(held.items) == size:
            del held.indexes[position : position + len(held.indexes) - size]
            del held.numbers[position : position + len(held.numbers) - size]


def lead(held: Hinted, position: int, index: Any) -> None:
    """From now on this index leads to the element."""
    held.indexes[position] = index
    held.highest = max(held.highest, index)


def shift(held: Hinted, position: int) -> None:
    """Elements from there on have the next index."""
    for behind in range(position, len(held.indexes)):
        held.indexes[behind] += 1
    held.highest += 1


def list_at(values: Any, name: str, rule: Any) -> Any:
    """The addressed list at `name`; the plain elements there stay in it."""
    held = values.get(name)
    if rule.hint:
        if type(held) is not Hinted:
            hinted = values[name] = Hinted()
            for position, element in enumerate(held if type(held) is list else ()):
                add(hinted, position, position, position, element)
            return hinted
    elif type(held) is not Entries:
        entries = values[name] = Entries()
        for position, element in enumerate(held if type(held) is list else ()):
            place = whole_place(element if type(element) is dict else {})
            place.stopped = True
            entries.put(position, place)
        return entries
    return held
