"""The state of an answer while it is folded, and how it is read.

Enters: the values that the merge stores.
Leaves: plain dicts, lists and scalars, fresh at each reading.
Must not know: events, rules beyond the order of keys, the origin of bytes.

Plain JSON values stand for themselves. A growing or routed value has a class: Text (the backend's
buffers), Place (an object with rules), Elements, Entries, Calls, Keyed, Grown, Parts, Hinted
(lists), Echo, JSONText and Replaced.

One source for both backends: `_c/engine/state.pxd` says how it is compiled.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

from .jsonvalue import copy, given
from .lookup_blocks import Blocks
from .lookup_calls import Calls
from .table import Node


class Place:
    """An object of the answer: `values` by key, in the order first seen.

    finished: number of the event in which a finish was seen, or -1.
    fed:      whether a delta ever came (beside one, some siblings are repeats).
    index:    the routing index of a tool call or an entry.
    stopped:  whether a block was stopped; started: whether its start was seen.
    gone:     (key, state) of a member that fragments gave and a full value lacks, or None: the
              answer is without it, but somebody may still take it.
    """

    __slots__ = ("fed", "finished", "gone", "index", "node", "started", "stopped", "values")

    node: Any
    values: dict[str, Any]
    finished: int
    fed: bool
    index: int
    started: bool
    stopped: bool
    gone: Any

    def read(self) -> dict[str, Any]:
        """The object: ordered keys first, then the rest as first seen."""
        values = self.values.copy()  # in one step: another thread may be feeding
        node = self.node
        if node is None:
            return _read_members(values)
        out: dict[str, Any] = {}
        left = len(values)
        for key in node.order:
            value = values.get(key)
            if value is not None or key in values:
                out[key] = read(value)
                left -= 1
            elif key in node.always:
                out[key] = default_of(node, key, values)
        if left > 0:
            for key, value in values.items():
                if key not in out:
                    out[key] = read(value)
        return out


def new_place(node: Node | None) -> Place:
    """An empty object with these rules."""
    place = Place.__new__(Place)
    place.node = node
    place.values = {}
    place.gone = None
    place.finished = -1
    place.fed = place.started = place.stopped = False
    place.index = 0
    return place


def default_of(node: Node, key: str, values: dict[str, Any]) -> Any:
    """The value at `key` of an object while nothing came for it."""
    child = node.givers.get(key)
    if child is None:
        return None
    if child.always:
        return new_place(child).read()
    for sibling in child.default_with:
        if sibling in values:
            return sibling
    return list(child.default) if type(child.default) is tuple else child.default


class Echo:
    """A string that so far came `count` times, always the same."""

    __slots__ = ("count", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.count = 1


def standing(text: str) -> Echo:
    """A default text until another one comes: it came no time at all."""
    echo = Echo(text)
    echo.count = 0
    return echo


class JSONText:
    """A tool's input that comes as JSON text: its start value until text comes.

    `value` is the parsed text once `settled`; while it is not whole JSON, the input is the text
    itself: nothing is lost, nothing invented. A repeated start with an input of its own is the
    start from then on. `former` then keeps the pieces from before and behind it, to be taken.
    """

    __slots__ = ("former", "parse", "settled", "start", "text", "value")

    def __init__(self, start: Any, has_start: bool, text: Any, parse: Any) -> None:
        self.start = start if has_start else ""
        self.text = text
        self.former: Any = None
        self.parse = parse
        self.settled = False
        self.value: Any = None

    def read(self) -> Any:
        if not self.text:
            return read(self.start)  # a text, where an unknown delta came before
        if self.settled:
            return copy(self.value)
        text = self.text.get()
        whole, value = self.parse(text)
        return value if whole else text


class Replaced:
    """A text replaced by a full value with other words than its fragments.

    A reader of the answer gets the `value`; a taker of pieces gets the fragments (`text`). Both
    are the backend's buffers.
    """

    __slots__ = ("text", "value")

    def __init__(self, text: Any, value: Any) -> None:
        self.text = text
        self.value = value

    @property
    def taken(self) -> int:
        count: int = self.text.taken
        return count

    def get(self) -> str:
        text: str = self.value.get()
        return text

    def take(self, final: bool, reader: int = 0) -> str:
        piece: str = self.text.take(final, reader)
        return piece

    def peek(self, final: bool, reader: int = 0) -> str:
        piece: str = self.text.peek(final, reader)
        return piece

    def accept(self, reader: int = 0) -> None:
        self.text.accept(reader)


class Indexed:
    """A list of elements at indexes named by events."""

    __slots__ = ()

    def at(self, index: int) -> Any:
        """The element at that index, or None."""
        raise NotImplementedError

    def put(self, index: int, element: Any) -> None:
        """Set it."""
        raise NotImplementedError

    def nth(self, position: int) -> Any:
        """The element at the end of a way (event_address.py), or None."""
        return self.at(position)


class Entries(Indexed):
    """A list routed by an index of its elements; sorted by it, holes leave nothing.

    Most have one element: it is the `first`, at `start`, and `items` are made for two.
    Where several share an index `items` has the newest, and `blocks` (lookup_blocks.py) has all.
    """

    __slots__ = ("blocks", "first", "items", "start")

    def __init__(self) -> None:
        self.items: dict[int, Any] | None = None
        self.first: Any = None
        self.start: Any = None
        self.blocks: Blocks | None = None

    def at(self, index: int) -> Any:
        items = self.items
        if items is not None:
            return items.get(index)
        return self.first if self.start == index else None

    def put(self, index: int, element: Any) -> None:
        if self.blocks is not None:
            old = self.at(index)
            if old is None:
                self.blocks.add(index, element)
            else:
                self.blocks.replace(index, old, element)
        self.set(index, element)

    def set(self, index: int, element: Any) -> None:
        """The element found at the index."""
        if self.items is None:
            if self.start is None or self.start == index:
                self.first = element  # before its index: another thread may be reading
                self.start = index
                return
            self.items = {self.start: self.first}
            self.first = None
        self.items[index] = element

    def count(self) -> int:
        """How many elements there are."""
        if self.blocks is not None:
            return len(self.blocks.order)
        if self.items is not None:
            return len(self.items)
        return 0 if self.start is None else 1

    def pairs(self) -> list[tuple[int, Any]]:
        """The elements with their numbers, sorted by their indexes."""
        first = self.first
        items = self.items
        if self.blocks is not None:
            return self.blocks.pairs()
        if items is not None:
            pairs = list(items.copy().items())
            pairs.sort(key=_first)  # as Calls.ordered()
            return pairs
        return [] if self.start is None else [(self.start, first)]

    def read(self) -> list[Any]:
        return [read(pair[1]) for pair in self.pairs()]

    # -- several at one index, or at none ------------------------------------------

    def ordered(self) -> Blocks:
        """The elements in the order in which they began."""
        if self.blocks is None:
            blocks = Blocks()
            if self.items is not None:
                for index, element in self.items.items():
                    blocks.add(index, element)
            elif self.start is not None:
                blocks.add(self.start, self.first)
            self.blocks = blocks
        return self.blocks

    def behind(self, index: int, element: Any) -> None:
        """Another element at an index in use, right behind the last one there."""
        self.ordered().add(index, element)
        self.set(index, element)

    def reopen(self, index: int, element: Any) -> None:
        """An element begins again: later pieces for its index are its own."""
        if self.blocks is not None:
            self.blocks.open.append((index, element))
            self.blocks.skipped = False
            self.set(index, element)

    def pass_over(self, index: int) -> None:
        """Pieces for the index belong to an element skipped at a limit."""
        self.ordered().skipped = True
        self.set(index, None)

    def following(self) -> int:
        """The index behind the last."""
        return self.ordered().highest + 1

    def meant(self) -> Any:
        """The index of an event without one: of the open element that began last, else
        a new one's; None past a limit.
        """
        blocks = self.ordered()
        if blocks.skipped:
            return None
        latest = blocks.latest()
        return blocks.highest + 1 if latest is None else latest[0]

    def to_stop(self) -> Any:
        """The index of a stop without one, or None if nothing is open."""
        blocks = self.ordered()
        if blocks.skipped:
            blocks.skipped = False
            return None
        latest = blocks.latest()
        return None if latest is None else latest[0]

    def open_at(self, index: Any) -> list[Any]:
        """The elements at the index that may be open: the later begun are open longer."""
        if index is None:
            return []
        newest = self.at(index)
        if self.blocks is None:
            return [newest]
        found = [newest]
        for element in reversed(self.blocks.at.get(index, ())):
            if getattr(element, "stopped", True):
                break
            found.append(element)
        return found


class Hinted(Indexed):
    """A list of elements whose indexes are mere hints (lookup_hints.py).

    items are in the order of the answer. Beside each stand two numbers: its index, an address
    that it may share with others, and its own number, which never changes, for a reader to know
    it again. added: how many came, so that the last is known. highest: no index is larger; top:
    no number is. skipped: a limit kept an element out. gone: (number, element) of those absent
    from a full value, as Place's, or None.
    """

    __slots__ = ("added", "gone", "highest", "indexes", "items", "numbers", "skipped", "top")

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.indexes: list[Any] = []
        self.numbers: list[Any] = []
        self.highest = self.top = -1
        self.added = 0
        self.skipped = False
        self.gone: list[Any] | None = None

    def nth(self, position: int) -> Any:
        return self.items[position] if position < len(self.items) else None

    def pairs(self) -> list[tuple[Any, Any]]:
        """The elements with their numbers, in the order of the answer."""
        return list(zip(self.numbers, self.items, strict=False))

    def read(self) -> list[Any]:
        return [read(item) for item in self.items.copy()]


class Keyed:
    """A list whose objects merge where several members agree; the rest is appended.

    by: those members; those in `needs` have to be integers. group: of voices (field_voices.py);
    hushed: where in the list elements begin and cease to be repeats of another field, or None.
    """

    __slots__ = ("by", "group", "hushed", "items", "needs", "places")

    def __init__(self, by: Any, needs: str) -> None:
        self.by = by
        self.needs = needs
        self.items: list[Any] = []
        self.places: dict[Any, Place] = {}
        self.group: Any = None
        self.hushed: list[int] | None = None

    def route(self, element: Any) -> Any:
        """The key of an element among others; None: it is appended."""
        if type(element.get(self.needs)) is not int:
            return None
        return tuple([routing(element.get(name)) for name in self.by])

    def found(self, element: Any) -> Any:
        """The element to merge this one into, or None."""
        route = self.route(element)
        return None if route is None else self.places.get(route)

    def is_hushed(self, number: int) -> bool:
        """Whether the element there is a repeat."""
        return self.hushed is not None and bisect_right(self.hushed, number) % 2 == 1

    def hush(self, number: int) -> None:
        """The element there, one of the last, is a repeat."""
        if self.hushed and self.hushed[-1] == number:
            self.hushed[-1] = number + 1
        else:
            self.hushed = [*(self.hushed or ()), number, number + 1]

    def read(self) -> list[Any]:
        return [read(item) for item in self.items.copy()]


class Grown:
    """An unknown list: cumulative, indexed or incremental, as its values tell.

    `routes` finds the elements by their values of `by` and `also` (index and type) while all have
    an integer at `by`. The first element without one makes it None.
    """

    __slots__ = ("also", "by", "items", "routes", "weight")

    def __init__(self, by: str, also: str) -> None:
        self.by = by
        self.also = also
        self.items: list[Any] = []
        self.routes: dict[Any, Any] | None = {}
        self.weight = 0

    def set(self, items: list[Any], weight: int) -> None:
        """Replace all elements; `weight` is theirs."""
        self.items = []
        self.routes = {}
        self.weight = 0
        self.extend(items, weight)

    def extend(self, items: list[Any], weight: int) -> None:
        """Add elements; `weight` is their weight."""
        self.weight += weight
        self.items.extend(items)
        for item in items:
            if self.routes is None:
                break
            if self.has_index(item):
                self.routes.setdefault(self.route_of(item), item)
            else:
                self.routes = None

    def has_index(self, element: Any) -> bool:
        """Whether an element can be routed by its index."""
        return type(element) is dict and type(element.get(self.by)) is int

    def route_of(self, element: Any) -> Any:
        """The key that tells such elements apart."""
        return (element[self.by], routing(element.get(self.also)))

    def read(self) -> list[Any]:
        return [copy(item) for item in self.items.copy()]


class Elements:
    """A list that grows by whole elements.

    waiting: elements that the compiled backend recognised and nobody looked at, as JSON writes
    them, a comma behind each; `decode` reads them.
    """

    __slots__ = ("decode", "items", "waiting")

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.waiting: bytearray | None = None
        self.decode: Any = None

    def append(self, element: Any) -> None:
        """Add an element, behind the waiting ones."""
        if self.waiting:
            self.items += self.decode(self.waiting)
            self.waiting.clear()
        self.items.append(element)

    def read(self) -> list[Any]:
        while True:
            count = len(self.items)
            waiting = bytearray(self.waiting) if self.waiting else None
            items = self.items.copy()
            if len(items) == count:
                break  # else another thread added some to the waiting ones
        fresh = [copy(item) for item in items]
        if waiting:
            fresh += self.decode(waiting)
        return fresh


def whole_place(element: Any) -> Place:
    """A place for an element of plain JSON there."""
    place = new_place(None)
    place.started = True
    place.values.update(element)
    return place


def routing(value: Any) -> Any:
    """A routing member as a key: a scalar with its type, or nothing."""
    if isinstance(value, (dict, list)):
        return None
    return (type(value).__name__, value)


class Parts:
    """Content parts: neighbours of one kind have joined in the last one.

    `closed`: the last part takes nothing more (a signature ended it). `call`: the tool call
    whose arguments go on, or None; its `index` is its place.
    """

    __slots__ = ("call", "closed", "items")

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.closed = False
        self.call: Any = None

    def read(self) -> list[Any]:
        return [read(item) for item in self.items.copy()]


def read(value: Any) -> Any:
    """A fresh plain value of any state."""
    kind = type(value)
    if kind is str or kind is int or value is None or kind is bool or kind is float:
        return value
    if kind is dict:
        return _read_members(value)
    if kind is list:
        return copy(value)
    if kind is Echo:
        return value.text
    if kind is Place:
        place = value
        return place.read()
    if kind is Entries:
        entries = value
        return entries.read()
    if kind is Calls or kind is Parts:
        return value.read()
    if kind is Keyed or kind is Grown or kind is Hinted or kind is JSONText or kind is Elements:
        return value.read()
    if isinstance(value, (dict, list)):
        return copy(value)
    return value.get()


def _read_members(value: Any) -> dict[str, Any]:
    """The same of an object whose members follow no rules, in one call however deep it is."""
    out: dict[str, Any] = value.copy()  # in one step: another thread may be feeding
    todo: list[Any] | None = None
    members = out
    while True:
        for key, below in members.items():
            kind = type(below)
            if kind is dict:
                fresh = below.copy()
                members[key] = fresh
                if todo is None:
                    todo = []
                todo.append(fresh)
            elif not (kind is int or kind is str or below is None or kind is float):
                members[key] = read(below)
        if not todo:
            return out
        members = todo.pop()


def select(value: Any, path: tuple[Any, ...], choice: int) -> list[Any]:
    """The states at the end of `path` (a READ path of a table), in order."""
    found = [value]
    for step in path:
        found = [below for one in found for below in _step(one, step, choice)]
    return found


def indexed(value: Any) -> list[tuple[int, Any]]:
    """The states of a list's elements with their indexes."""
    if type(value) is Entries or type(value) is Hinted:
        return value.pairs()
    return list(enumerate(elements(value)))


def _first(pair: Any) -> Any:
    return pair[0]


def _step(value: Any, step: Any, choice: int) -> list[Any]:
    if type(step) is str:
        below = member(value, step)
        return [] if below is None else [below]
    if step.among is not None:
        return [value] if value in step.among else []
    if step.gather is not None:
        return _gathered(value, step.gather)
    if step.entry is not None:
        entries = member(value, step.entry)
        if type(entries) is Entries:
            entry = entries.at(choice)
            return [] if entry is None else [entry]
        return _plain_entry(entries, choice, step.by)
    return [item for item in elements(member(value, step.each)) if suits(item, step)]


def _gathered(value: Any, names: tuple[str, ...]) -> list[Any]:
    """An object of the members of these that came, or nothing."""
    found = {name: read(member(value, name)) for name in names if member(value, name) is not None}
    return [found] if found else []


def _plain_entry(entries: Any, choice: int, by: str) -> list[Any]:
    """The element with index `choice` of a whole answer's list."""
    if type(entries) is Elements:
        entries = entries.read()
    if type(entries) is not list:
        return []
    for position, entry in enumerate(entries):
        if isinstance(entry, dict) and entry.get(by, position) == choice:
            return [entry]
    return []


def suits(item: Any, step: Any) -> bool:
    """Whether a step through a list (`each`) leads to this element."""
    if step.types is not None and member(item, step.type) not in step.types:
        return False
    if step.has is not None and member(item, step.has) is None:
        return False
    return step.lacks is None or member(item, step.lacks) in (None, False)


def member(value: Any, key: str) -> Any:
    """The state at `key` of an object's state, or None."""
    if type(value) is Place:
        place = value
        return place.values.get(key)
    return given(value, key)


def is_text(value: Any) -> bool:
    """Whether a state is a string, plain or growing."""
    return isinstance(value, str) or hasattr(value, "take")


def elements(value: Any) -> list[Any]:
    """The states of a list's elements, in reading order."""
    kind = type(value)
    if kind is Entries:
        entries = value
        first = entries.first
        if entries.items is None and entries.blocks is None:
            return [] if entries.start is None else [first]
        return [pair[1] for pair in entries.pairs()]
    if kind is Calls:
        calls: list[Any] = value.ordered()
        return calls
    if kind is Parts or kind is Hinted or kind is Keyed:
        return list(value.items)
    if type(value) is Elements:
        return value.read()
    return list(value) if isinstance(value, list) else []
