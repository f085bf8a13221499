"""Texts from which somebody takes, event by event, while nothing but they changes.

Enters: the texts that an answer was found to have, and how much of each was given.
Leaves: the pieces that came to them since, as one string or as records.
Must not know: where in an answer texts stand, how else it may change (core.py and _taking.py do).

A guardrail or a user interface asks after each event of a stream. Recognised chunks change
nothing but slots: until the next event that is read for itself, an answer grows by appends
alone, and no state has to be walked to find them.
"""

from __future__ import annotations

from typing import Any

from ssefold._py.text import Text
from ssefold.delta import Delta
from ssefold.engine.state import Replaced

# More texts are walked: each of them would be asked at each event.
MOST_LEAVES = 16

_new_record = tuple.__new__


class Following:
    """The texts of one reader, in the order of the answer.

    mark: while the core's is the same nothing else changed. choice: whose texts they are, where
    one choice was asked for. leaves: (text, key, how many characters were given before, the
    record's other fields). given: how many characters of each were given since.
    """

    __slots__ = ("choice", "given", "leaves", "mark")

    def __init__(self, mark: int, choice: Any, leaves: list[Any]) -> None:
        self.mark = mark
        self.choice = choice
        self.leaves = leaves
        self.given = [0] * len(leaves)

    def text(self) -> str:
        """The pieces since the last time, as one string. All of it exists before it is given."""
        leaves = self.leaves
        if len(leaves) == 1:
            text: Text = leaves[0][0]
            piece = text.peek(False)
            text.accept()
            return piece
        whole = "".join([leaf[0].peek(False) for leaf in leaves])
        for leaf in leaves:
            leaf[0].accept()
        return whole

    def deltas(self) -> list[Delta]:
        """The pieces since the last time, as records."""
        out = []
        grown = []
        given = self.given.copy()
        for number, (text, _, _, fields) in enumerate(self.leaves):
            piece = text.peek(False, 1)
            if piece:
                out.append(_new_record(Delta, (fields[0], piece, *fields[2:])))
                grown.append(text)
                given[number] += len(piece)
        self.given = given
        for text in grown:
            text.accept(1)
        return out


class Follows:
    """The texts that both readers of an answer follow.

    reader: 0 is take_text(), 1 is take(), as in Text.take.
    """

    __slots__ = ("pieces", "texts")

    def __init__(self) -> None:
        self.texts = Following(-1, None, [])
        self.pieces = Following(-1, None, [])

    def begin(self, reader: int, mark: int, choice: Any, rows: list[Any]) -> None:
        """From that mark on only these texts can grow; too many of them are not followed.

        rows: (text, key, how many characters of it were given, record or None).
        """
        if len(rows) > MOST_LEAVES:
            return
        leaves = []
        for text, key, before, record in rows:
            buffer = text.text if type(text) is Replaced else text
            if type(buffer) is not Text:
                return  # something else that grows
            leaves.append((buffer, key, before, record))
        made = Following(mark, choice, leaves)
        if reader:
            self.pieces = made
        else:
            self.texts = made

    def end(self, reader: int, taken: dict[Any, Any]) -> None:
        """The reader walks: tell how much of these texts was given to it."""
        known = self.pieces if reader else self.texts
        for (text, key, before, _), count in zip(known.leaves, known.given, strict=True):
            if not reader:
                taken[key] = text.taken
            elif count:
                taken[key] = before + count
        if reader:
            self.pieces = Following(-1, None, [])
        else:
            self.texts = Following(-1, None, [])
