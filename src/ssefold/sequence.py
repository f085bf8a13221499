"""Numbered events: which came, which are missing, which came again.

Enters: the numbers of a stream's events, in the order they came.
Leaves: for each, the code of an anomaly, or "".
Must not know: what the events are.

One source for both backends: `_c/sequence.pxd` says how it is compiled.
"""

from __future__ import annotations

# More gaps than this are not remembered: what comes of an older one counts as seen.
MOST_GAPS = 64


class Sequence:
    """The numbers seen; `last` is the highest, -1 before the first.

    A stream may begin at any number: it was resumed.
    """

    __slots__ = ("last", "missing")

    def __init__(self) -> None:
        self.last = -1
        self.missing: list[tuple[int, int]] = []

    def take(self, number: int) -> str:
        """What is odd about this number: a code, or "" if it is new."""
        last = self.last
        if number > last:
            self.last = number
            if number == last + 1:
                return ""
            self.missing.append((last + 1, number - 1))
            del self.missing[:-MOST_GAPS]
            return "" if last < 0 else "sequence_gap"
        for position, (first, final) in enumerate(self.missing):
            if first <= number <= final:
                parts = ((first, number - 1), (number + 1, final))
                self.missing[position : position + 1] = [p for p in parts if p[0] <= p[1]]
                return ""
        return "sequence_repeated"

    def pass_one(self) -> None:
        """An event came whose number could not be read."""
        if self.last >= 0:
            self.last += 1
