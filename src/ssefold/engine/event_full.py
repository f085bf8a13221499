"""Full values in the place of the fragments repeated by them.

Enters: the old value in an answer, and the value for its place.
Leaves: the new value. The old texts continued by it live on, so that no piece taken of them is
taken again. The new texts begin, so that they are not lost when a later full value lacks them
before anybody took.
Must not know: events, addresses, dialects.

One source for both backends: `_c/engine/event_full.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from .jsonvalue import repair_text, same, text_weight, weight
from .lookup_calls import FEW
from .lookup_hints import keep_known
from .state import Hinted, Place, Replaced, member, new_place


def full_value(order: Any, old: Any, new: Any, at: Any, step: int = -1) -> Any:
    """`new`, to stand where `old` did; charged to the order.

    at: the path of `new` in its event, for anomalies; None: verbatim, nothing is odd.
    step: where `new` stands on the table's way to a text, -1 if it does not: even for an
    object, odd for a list, and past the last list's for the text itself.
    """
    if step >= 0 and not old and type(old) is not order.ledger.text:
        old = _begun(order, old, new, step)
    if type(old) is order.ledger.text or type(old) is Replaced:
        return _full_text(order, old, new, at)
    if type(old) is Place and isinstance(new, dict):
        return _full_place(order, old, new, at, step)
    if type(old) is Hinted:
        if isinstance(new, list):
            return _full_slots(order, old, new, at, step)
        if new is None and at is not None:
            return old  # null never overwrites fragments
    _lost(order, old, at)
    order.ledger.charge_extra(weight(new) - (weight(old) if isinstance(old, (str, dict)) else 0))
    order.ledger.added += 1
    return new


def _begun(order: Any, old: Any, new: Any, step: int) -> Any:
    """A growing state where nothing stood, if `new` may bring texts there."""
    steps = order.ledger.table.text_steps
    if step == 2 * len(steps) + 1:
        return order.ledger.text() if type(new) is str and new else old
    if step % 2 == 0:
        return new_place(None) if isinstance(new, dict) else old
    return Hinted() if isinstance(new, list) and new and _rule(order, step) else old


def _rule(order: Any, step: int) -> Any:
    """How the table holds a list on the way to a text, if its elements are Hinted."""
    rule = order.ledger.table.text_rules[step // 2]
    return rule if rule is not None and rule.hint else None


def text_member(table: Any, step: int) -> Any:
    """The member on the way to a text, of an object at this step of it."""
    steps = table.text_steps
    return steps[step // 2][0] if step < 2 * len(steps) else table.text_leaf


def _full_place(order: Any, old: Any, new: Any, at: Any, step: int) -> Any:
    name = None if step < 0 else text_member(order.ledger.table, step)
    place = new_place(None)
    place.started = place.stopped = True
    place.finished = order.ledger.event
    place.index = old.index
    place.gone = old.gone
    for key, value in new.items():
        order.ledger.charge_extra(text_weight(key))
        below = None if at is None else (at, key)
        further = step + 1 if key == name else -1
        before = old.values.get(key)
        if place.gone is not None and value and _is_nothing(before):
            before = _come_back(place, key)
        state = full_value(order, before, value, below, further)
        place.values[key] = state
        if not lives_on(before, state):
            part_with(place, key, before)
    for key, value in old.values.items():
        if key not in new:
            _lost(order, value, at)
            part_with(place, key, value)
    return place


def part_with(held: Any, key: Any, old: Any) -> None:
    """The texts that go from an object or a list stay to be taken: nobody may have asked yet."""
    if old is None or type(old) is str:
        return  # as most are: no fragments made them
    if type(old) is Place or type(old) is Hinted or hasattr(old, "take"):
        if held.gone is None:
            held.gone = []
        held.gone.append((key, old))


def _come_back(held: Any, key: Any) -> Any:
    """A text that went from an object goes on if it comes again: it is not taken twice."""
    for position, (known, state) in enumerate(held.gone):
        if known == key:
            del held.gone[position]
            return state
    return None


def _is_nothing(state: Any) -> bool:
    return state is None or (isinstance(state, (str, list)) and not state)


def _coming_back(hinted: Any, old: Any, value: Any, table: Any) -> Any:
    """(number, element) of the first such element that went from a list, or None."""
    for number, element in hinted.gone:
        ids = (_id(element, table.names.id), _id(value, table.names.id))
        if ids[0] != ids[1] and ids[0] and ids[1]:
            continue
        if number in old.numbers or number in hinted.numbers:
            continue
        if _alike(element, value, table):
            return number, element
    return None


def lives_on(old: Any, new: Any) -> bool:
    """Whether the new value is taken in the place of the old one from now on."""
    if old is new or type(new) is Replaced:
        return True
    return type(old) is type(new) and (type(old) is Place or type(old) is Hinted)


def _full_slots(order: Any, old: Any, new: Any, at: Any, step: int) -> Any:
    hinted = Hinted()
    hinted.top = old.top  # a number that goes is given to no other
    hinted.gone = old.gone
    rule = _rule(order, step) if step >= 0 else None
    most = None if rule is None else order.ledger.most(rule.limit)
    table = order.ledger.table
    former = _former(old, new, table)
    for position, value in enumerate(new):
        below = None if at is None else (at, position)
        further = -1
        if rule is not None and (most is None or position < most):
            known = order.kind_of(value) in order.ledger.table.text_steps[step // 2][1]
            further = step + 1 if known else -1
        place = former[position]
        before = None if place < 0 else old.items[place]
        index = position if place < 0 else old.indexes[place]
        number = old.numbers[place] if place >= 0 else position if position > hinted.top else -1
        if place < 0 and hinted.gone is not None and isinstance(value, dict):
            again = _coming_back(hinted, old, value, table)
            if again is not None:
                number, before = again
                hinted.gone.remove(again)
        element = full_value(order, before, value, below, further)
        keep_known(hinted, index, number, element)
        if not lives_on(before, element):
            part_with(hinted, number, before)
    kept = set(former)
    for position, value in enumerate(old.items):
        if value is not None and position not in kept:
            _lost(order, value, at)
            part_with(hinted, old.numbers[position], value)
    return hinted


def _former(old: Any, new: Any, table: Any) -> list[int]:
    """For each element of `new` its former position, or -1.

    The former element is the one with its id, else the one whose index is its place, else the one
    in its place, if it has its type, else the first of its type that no other is. Servers leave
    items out of the whole that they streamed, others rotate the ids, and indexes begin at 1 here
    and where a stream was resumed there.
    """
    own = table.names.id
    if len(new) == len(old.items) and all(
        [
            old.indexes[position] == position
            and _id(old.items[position], own) == _id(value, own)
            and _alike(old.items[position], value, table)
            for position, value in enumerate(new)
        ]
    ):
        return list(range(len(new)))  # as nearly always
    known = {_id(item, own): position for position, item in enumerate(old.items)}
    former = [-1] * len(new)
    free = set(range(len(old.items)))
    for position, value in enumerate(new):
        before = known.get(_id(value, own), -1) if _id(value, own) else -1
        # Gateways give one id to several items, or to items of several types.
        if before in free and _alike(old.items[before], value, table):
            former[position] = before
            free.discard(before)
    places = {index: position for position, index in enumerate(old.indexes)}
    for by_index in (True, False) if free else ():
        for position, value in enumerate(new):
            before = places.get(position, -1) if by_index else position
            if by_index and position < len(old.items) and old.indexes[position] == position:
                before = position
            if former[position] >= 0 or before not in free:
                continue
            if _alike(old.items[before], value, table):
                former[position] = before
                free.discard(before)
    kinds: dict[Any, list[int]] = {}
    for before in sorted(free):
        kinds.setdefault(_id(old.items[before], table.names.type), []).append(before)
    for position, value in enumerate(new if kinds else ()):
        kind = _id(value, table.names.type)
        if former[position] < 0 and kind is not None:
            for before in kinds.get(kind, ())[:FEW]:
                if _alike(old.items[before], value, table):
                    former[position] = before
                    kinds[kind].remove(before)
                    break
    return former


def _alike(before: Any, value: Any, table: Any) -> bool:
    """Whether a value may continue an old one: of one type, and no second id of another.

    Second ids are those of calls; unlike the first ones they do not rotate.
    """
    for key in table.second_ids:
        ids = (_id(before, key), _id(value, key))
        if ids[0] and ids[1] and ids[0] != ids[1]:
            return False
    kinds = (member(before, table.names.type), member(value, table.names.type))
    return kinds[0] is None or kinds[1] is None or kinds[0] == kinds[1]


def _id(item: Any, key: str) -> Any:
    known = member(item, key)
    return known if type(known) is str and known else None


def _lost(order: Any, old: Any, at: Any) -> None:
    """Members that fragments gave and the full value lacks: an empty `content`, say."""
    if order.goes(old) and at is not None:
        order.ledger.anomaly("done_mismatch", at[0], at[1])


def _full_text(order: Any, old: Any, new: Any, at: Any) -> Any:
    """The text goes on if the value begins with it; else the fragments stay the text to take."""
    if type(new) is not str:
        if at is None:
            order.goes(old)
            return new
        return old if new is None else _full_value(order, old, new, at)
    given = old.get()
    if given == new:
        return old  # as nearly always
    # Halves of a surrogate pair may have met in the text.
    given = repair_text(given)
    value = repair_text(new)
    if given == value:
        return old
    if given and at is not None:
        order.ledger.anomaly("done_mismatch", at[0], at[1])
    order.ledger.added += 1
    if type(old) is not Replaced and value.startswith(given):
        rest = value[len(given) :]
        order.ledger.charge(text_weight(rest))
        old.append(rest)
        return old
    order.ledger.charge(text_weight(value))
    whole = order.ledger.text()
    whole.append(value)
    return Replaced(old.text if type(old) is Replaced else old, whole)


def _full_value(order: Any, old: Any, new: Any, at: Any) -> Any:
    """Another JSON type in the place of a text: its JSON text, maybe the same."""
    text = order.ledger.wire_text(new, at[0], at[1], True)
    if text is None:
        order.ledger.anomaly("wrong_type", at[0], at[1])
        return old
    whole, value = order.ledger.parse(old.get())
    return old if whole and same(value, new) else _full_text(order, old, text, at)
