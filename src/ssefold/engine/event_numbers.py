"""Numbered events: the present, the missing and the repeated ones.

Enters: the numbers of a stream's events, in the order they came.
Leaves: for each, the code of an anomaly, or "".
Must not know: the events' content.

    >>> from ssefold.engine.event_numbers import Sequence
    >>> sequence = Sequence()
    >>> [sequence.oddity_of(number, b"") for number in (0, 1, 3, 3)]
    ['', '', 'sequence_gap', 'sequence_repeated']

One source for both backends: `_c/engine/event_numbers.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

# More gaps than this are not remembered: an event of an older one counts as seen.
MOST_GAPS = 64


class Sequence:
    """The numbers seen; `last` is the highest, -1 before the first.

    Numbers are a hint: gateways send all of their events with one number, or theirs
    with 0 among the server's. They count once one was larger than the one before; until
    then `last` is the one before. A stream may begin at any number: it was resumed.

    counts: whether they count; first: the hash of the first event with 0, or None.
    """

    __slots__ = ("counts", "first", "last", "missing")

    def __init__(self) -> None:
        self.last = -1
        self.counts = False
        self.first: Any = None
        self.missing: list[tuple[int, int]] = []

    def oddity_of(self, number: int, event: Any) -> str:
        """The oddity of this number: a code, or "" if there is none.

        event: the bytes of one with the number 0.
        """
        if number == 0:
            known = hash(event)
            if self.first is None:
                self.first = known
            elif self.counts:
                return "sequence_repeated" if self.first == known else ""
        last = self.last
        if not self.counts:
            self.counts = 0 <= last < number
            if not self.counts:
                self.last = number
                self.missing = [(0, number - 1)]
                return ""
        if number > last:
            self.last = number
            if number == last + 1:
                return ""
            self.missing.append((last + 1, number - 1))
            del self.missing[:-MOST_GAPS]
            return "sequence_gap"
        for position, (first, final) in enumerate(self.missing):
            if first <= number <= final:
                parts = ((first, number - 1), (number + 1, final))
                self.missing[position : position + 1] = [p for p in parts if p[0] <= p[1]]
                return ""
        return "" if number == 0 else "sequence_repeated"

    def pass_one(self) -> None:
        """An event came whose number could not be read."""
        if self.last >= 0:
            self.last += 1
