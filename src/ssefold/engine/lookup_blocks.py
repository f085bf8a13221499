"""The element of a list that an event means, where several share an index or none is named.

Enters: elements as they begin, with their indexes; the index of an event, if it has one.
Leaves: the element for the event's piece, the order of all elements.
Must not know: events, rules, an element's content beside its type.

Some servers give each block of a message the index 0, or none at all. Most streams have one
element per index, and for those nothing of this is made (Entries, state.py).

One source for both backends: `_c/engine/lookup_blocks.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

# More elements at one index than this are not looked through.
MOST_AT_ONCE = 64


class Blocks:
    """The elements of a list in the order in which they began.

    order:   (index, number, element) of each. The number is its own: the index where no other has
             this number, else the next free one.
    at:      index -> its elements.
    open:    (index, element) of those that may be open still, the last begun at the end.
    highest: the highest index or number, -1 before the first.
    skipped: the last begun one was past a limit, and so is the target of events without index.
    """

    __slots__ = ("at", "highest", "numbers", "open", "order", "skipped")

    def __init__(self) -> None:
        self.order: list[Any] = []
        self.at: dict[int, list[Any]] = {}
        self.open: list[Any] = []
        self.numbers: set[int] = set()
        self.highest = -1
        self.skipped = False

    def add(self, index: int, element: Any) -> None:
        """An element begins, behind those at its index."""
        number = index
        if number in self.numbers:
            number = self.highest + 1
        self.highest = max(self.highest, index, number)
        self.numbers.add(number)
        self.skipped = False
        self.at.setdefault(index, []).append(element)
        self.open.append((index, element))
        self.order.append((index, number, element))

    def replace(self, index: int, old: Any, element: Any) -> None:
        """Another element in the place of one."""
        here = self.at[index]
        here[:] = [element if one is old else one for one in here]
        self.open.append((index, element))
        for position, (known, number, one) in enumerate(self.order):
            if one is old and known == index:
                self.order[position] = (index, number, element)

    def latest(self) -> Any:
        """(index, element) of the last begun open one, or None."""
        waiting = self.open
        while waiting:
            if not getattr(waiting[-1][1], "stopped", True):
                return waiting[-1]
            waiting.pop()
        return None

    def pairs(self) -> list[Any]:
        """(number, element) of each, in their order."""
        return [(number, one) for _, number, one in sorted(self.order.copy(), key=_index)]


def _index(row: Any) -> Any:
    return row[0]


def fitting(held: Any, index: int, member: Any, rule: Any) -> Any:
    """The newest element at the index with room for its `member`; None if none has.

    `exclusive` of the list's rule names members that do not stand together in one element.
    """
    newest = held.at(index)
    exclusive = rule.exclusive
    if exclusive is None or member not in exclusive or _takes(newest, member, rule):
        return newest
    if held.blocks is not None:
        for element in reversed(held.blocks.at[index][-MOST_AT_ONCE:]):
            if _takes(element, member, rule):
                return element
    return None


def _takes(element: Any, member: Any, rule: Any) -> bool:
    """Whether the element is of the member's kind, or of none."""
    if element is None:
        return True
    values = getattr(element, "values", None)
    if type(values) is not dict:
        return True
    kind, exclusive = values.get(rule.type), rule.exclusive
    if kind is not None and exclusive[member] == kind:
        return True  # as nearly always
    for name, known in exclusive.items():
        if known is not None and kind == known:
            return bool(name == member)
    for name, known in exclusive.items():
        if known is None and values.get(name) is not None:
            return bool(name == member)
    return True


def known_at(held: Any, index: int, source: Any, rule: Any) -> Any:
    """The element at the index begun again by `source`, or None."""
    name = None if rule.same is None else source.get(rule.same) or None
    newest = held.at(index)
    if newest is None or held.blocks is None or name is None:
        return newest if _is_same(newest, source, rule, name) else None
    for element in reversed(held.blocks.at[index][-MOST_AT_ONCE:]):
        if _is_same(element, source, rule, name):
            return element
    return None


def _is_same(element: Any, source: Any, rule: Any, name: Any) -> bool:
    """The type is the same, or not said; so is the name, or there is none and it is open."""
    values = getattr(element, "values", None)
    if type(values) is not dict:
        return False
    types = (values.get(rule.type), source.get(rule.type))
    if None not in types and types[0] != types[1]:
        return False
    known = None if rule.same is None else values.get(rule.same) or None
    if name == known and name is not None:
        return True
    return not element.stopped and (name == known or not element.started)
