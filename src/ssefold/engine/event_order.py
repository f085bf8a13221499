"""Texts that grow in turns: their pieces for a reader, in the order of arrival.

Enters: where a text of the answer grows or begins; the parts about to leave the answer.
Leaves: nothing while each text begins behind the one that grew before it, for then the order in
the answer is the order of arrival. The first text that does not makes one buffer more, and every
later piece goes there as it comes.
Must not know: verbs, dialects, who takes.

While texts do not come in turns this costs a comparison in a cold event. Once they
do, their fragments make no templates.

One source for both backends: `_c/engine/event_order.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from .ledger import Ledger
from .lookup_hints import list_at
from .rows import Action
from .state import Hinted, Indexed, Place, member, select, whole_place


class Order:
    """The order in which the texts of an answer grew.

    latest:   the way to the text that grew last.
    arrivals: the pieces since texts grew in turns, or None while they do not.
    """

    __slots__ = ("arrivals", "latest", "ledger")

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.latest: tuple[int, ...] = ()
        self.arrivals: Any = None

    def kind_of(self, element: Any) -> Any:
        """The type of an element, in its own words."""
        return member(element, self.ledger.names.type)

    def grows(self, action: Action, place: Place, way: Any) -> bool:
        """A text in `place`, at the end of the way, grows: True if it has to be followed."""
        steps = self.ledger.table.text_steps
        if action.leaf != self.ledger.table.text_leaf or len(action.path) != len(steps):
            return False
        if way == self.latest and self.arrivals is None:
            return False
        return self.is_text(action.path, self.kind_of(place), way) and self.comes(way)

    def begins(self, action: Action, kind: Any, way: Any) -> None:
        """An element of this type begins at the way; it may be a text."""
        path = action.steps
        if len(path) == len(self.ledger.table.text_steps) and self.is_text(path, kind, way):
            self.comes(way)

    def comes(self, at: tuple[int, ...]) -> bool:
        """A piece comes to the text at the end of this way."""
        if self.arrivals is None:
            if at == self.latest:
                return False
            if at > self.latest:
                self.latest = at
                self.ledger.restructure()  # the templates of other texts: one may go on growing
                return False
            self.take_turns()
        return True

    def comes_late(self, way: Any) -> None:
        """A full value comes, maybe to a text before the one that grew last."""
        if self.arrivals is None and way < self.latest[: len(way)]:
            self.take_turns()

    def begin_texts(self, values: Any, depth: int) -> bool:
        """The first texts of an object, below so many lists, grow: True if there are any.

        So their pieces are counted from the start, whatever becomes of them.
        """
        steps = self.ledger.table.text_steps
        if depth == len(steps):
            leaf: Any = self.ledger.table.text_leaf
            if type(values.get(leaf)) is not str or not values[leaf]:
                return False
            self.ledger.append(values, leaf, "")
            return True
        name, types = steps[depth]
        given = values.get(name)
        rule = self.ledger.table.text_rules[depth]
        if rule is None or type(given) is not list or not all([type(one) is dict for one in given]):
            return False
        if not any([one.get(self.ledger.names.type) in types for one in given]):
            return False
        held = list_at(values, name, rule)
        begun = False
        for index, one in enumerate(given[: self.ledger.most(rule.limit)]):
            if one.get(self.ledger.names.type) in types:
                place = held.nth(index)
                if type(place) is not Place:
                    place = whole_place(one)
                    held.items[index] = place  # a list of its own in the place of a plain one
                begun = self.begin_texts(place.values, depth + 1) or begun
        return begun

    def came_whole(self, way: Any) -> None:
        """A full value came, maybe with a text: a piece for a text before it comes later."""
        self.latest = max(self.latest, way)

    def goes(self, old: Any) -> bool:
        """A value goes from the answer: True if fragments had made it."""
        if type(old) is Place:
            return any([self.goes(below) for below in old.values.values()])
        if type(old) is Hinted:
            return any([self.goes(below) for below in old.items])
        if not hasattr(old, "take") or not old.get():
            return False
        if self.arrivals is None:
            self.take_turns()
        return True

    def take_turns(self) -> None:
        """From here on pieces are kept as they come, behind the waiting ones."""
        self.arrivals = self.ledger.text()
        self.ledger.restructure()
        self.follow()

    def follow(self) -> None:
        """The new pieces of the texts go to the arrivals, in the order of the texts."""
        for leaf in select(self.ledger.root, self.ledger.table.read.text, 0):
            if hasattr(leaf, "take"):
                self.arrivals.append(leaf.take(False))

    def follow_below(self, steps: Any, place: Any, way: Any) -> None:
        """The same after an event that changed this object alone, at the end of the way.

        steps: the lists on the way. A stream may end a thousand items one by one: not all
        of them are asked for each.
        """
        most = len(self.ledger.table.text_steps)
        if not most:
            self.follow()
        elif len(steps) <= min(most, len(way)) and self.is_text(steps, None, way):
            self.follow_texts(place, len(steps))

    def follow_texts(self, place: Any, depth: int) -> None:
        """The same of the texts of one object, below so many lists."""
        for leaf in select(place, self.ledger.table.read.text[depth:], 0):
            if hasattr(leaf, "take"):
                self.arrivals.append(leaf.take(False))

    def follow_start(self, action: Action, place: Place, way: Any) -> None:
        """The same after an element began: nothing came but to its own text.

        A stream may begin one of a thousand blocks time and again: not all are asked for it.
        """
        path, key = action.steps, self.ledger.table.text_leaf
        if len(path) != len(self.ledger.table.text_steps) or key not in place.values:
            return
        leaf = place.values[key]
        if hasattr(leaf, "take") and self.is_text(path, self.kind_of(place), way):
            self.arrivals.append(leaf.take(False))

    def step_of(self, action: Action, kind: Any, way: Any) -> int:
        """Where a full value of this type stands on the way to a text (event_full.py), or -1."""
        path = action.steps
        if action.element is not None:
            if type(kind) is not str or len(path) > len(self.ledger.table.text_steps):
                return -1
            return 2 * len(path) if self.is_text(path, kind, way) else -1
        if action.leaf != self.ledger.table.text_leaf or len(path) != len(
            self.ledger.table.text_steps
        ):
            return -1
        return 2 * len(path) + 1 if self.is_text(path, None, way) else -1

    def is_text(self, path: Any, last: Any, way: Any) -> bool:
        """Whether the types on the way are those of a text; `last`: the innermost, if new."""
        place: Any = self.ledger.root
        steps = self.ledger.table.text_steps
        for position, (name, by, _) in enumerate(path):
            each, types = steps[position]
            if name != each or by is None:
                return False
            if last is not None and position == len(path) - 1:
                return last in types
            found = member(place, name)
            if not isinstance(found, Indexed):
                return False
            held = found
            place = held.nth(way[position])
            if self.kind_of(place) not in types:
                return False
        return True
