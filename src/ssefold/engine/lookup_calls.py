"""Tool calls in the order of arrival, and the ways to find one: an index, an id.

Enters: calls (Places of the answer) with the index under which they began.
Leaves: the call at an index or an id; all of them, in the order of the answer.
Must not know: fragments, the beginning of a call (field_calls.py decides).

One source for both backends: `_c/engine/lookup_calls.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

# So many calls are looked at one after the other: a dict costs more than they do.
FEW = 8


class Calls:
    """Tool calls in the order they came; read by index, calls of one index in order.

    newest: the call at each index, once there are more than FEW, or one stands at another call's
    index; by_id: the newest call of each id, and of an id with several calls, the newest at each
    index. highest: the highest index so far, or -1.
    borrowed: indexes of fragments that went to the last call, having neither id nor name.
    skips: indexes of calls past the limit; skipped: the call begun last was one.
    scans: how far arguments are on their way to be whole, for calls that were asked.
    """

    __slots__ = (
        "borrowed",
        "by_id",
        "highest",
        "items",
        "newest",
        "scans",
        "skipped",
        "skips",
    )

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.newest: dict[int, Any] | None = None
        self.by_id: dict[Any, Any] = {}
        self.highest = -1
        self.skipped = False
        self.borrowed: set[int] | None = None
        self.skips: set[int] | None = None
        self.scans: dict[Any, Any] | None = None

    def open(self, call: Any, index: int) -> None:
        """Add a call, the newest of its index."""
        call.index = index
        self.items.append(call)
        self.skipped = False
        if self.borrowed is not None:
            self.borrowed.discard(index)
        if self.newest is not None:
            self.newest[index] = call
        elif len(self.items) > FEW:
            self.newest = {known.index: known for known in self.items}
        self.highest = max(self.highest, index) if len(self.items) > 1 else index

    def newest_at(self, index: int) -> Any:
        """The call at this index, or None."""
        if self.newest is not None:
            return self.newest.get(index)
        for call in reversed(self.items):
            if call.index == index:
                return call
        return None

    def lead(self, index: int, call: Any) -> None:
        """This index leads to a call with another index."""
        if self.newest is None:
            self.newest = {known.index: known for known in self.items}
        self.newest[index] = call

    def borrow(self, index: int) -> None:
        """This index leads to the last call, until one begins there."""
        self.lead(index, self.items[-1])
        if self.borrowed is None:
            self.borrowed = set()
        self.borrowed.add(index)

    def is_borrowed(self, index: int) -> bool:
        """Whether no call of its own began at this index."""
        return self.borrowed is not None and index in self.borrowed

    def skip(self, index: int) -> bool:
        """A call past the limit began at this index; True the first time."""
        if self.skips is None:
            self.skips = set()
        if index in self.skips:
            return False
        self.skips.add(index)
        return True

    def is_skipped(self, index: int) -> bool:
        """Whether a call past the limit began at this index."""
        return self.skips is not None and index in self.skips

    def with_id(self, key: str, index: Any) -> Any:
        """The call with this id: of several the one at the index, else the newest; or None."""
        call = self.by_id.get(key)
        if call is None or index is None or call.index == index:
            return call
        return self.by_id.get((key, index), call)

    def name(self, call: Any, known: Any) -> None:
        """Find the call by its id from now on, if it has one; known: the member with the id."""
        key = id_key(call.values.get(known))
        if key:
            before = self.by_id.get(key)
            if before is not None and before is not call:
                self.by_id[key, before.index] = before
                self.by_id[key, call.index] = call
            self.by_id[key] = call

    def read(self) -> list[Any]:
        return [place.read() for place in self.ordered()]

    def ordered(self) -> list[Any]:
        """The calls by index, those of one in the order they came."""
        items = self.items.copy()
        items.sort(key=index_of)  # sorted() leaks the copy where memory is short, once compiled
        return items


def id_key(value: Any) -> str:
    """The key of a call by its id, of any scalar type; "" for none."""
    if type(value) is str:
        return value
    if value and (type(value) is int or type(value) is float):
        return f"\0{value!r}"
    return ""


def index_of(call: Any) -> Any:
    """The index of a call."""
    return call.index
