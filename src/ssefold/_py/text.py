"""Text buffers: strings that grow by appending.

Enters: decoded strings.
Leaves: the whole text, and what came since it was last taken.
Must not know: what the text is, JSON.
"""

from __future__ import annotations

from itertools import pairwise


class Text:
    """A growing string, from which two readers take, each at its own pace.

    Halves of surrogate pairs may stand at its seams. Each reader stands before a
    piece, of which it was given the first characters (`_within`). Another thread may
    append at any time: pieces are only joined in place, and cursors are the reader's.
    taken: how many characters the first of them, reader 0, was given.
    """

    __slots__ = ("_at", "_pieces", "_within", "taken")

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._at = [0, 0]
        self._within = [0, 0]
        self.taken = 0

    def append(self, text: str) -> None:
        """Add to the end."""
        if text:
            self._pieces.append(text)

    def get(self) -> str:
        """The whole text, as it came."""
        pieces = self._pieces.copy()
        if len(pieces) < 2:
            return pieces[0] if pieces else ""
        bounds = sorted({0, *self._at, len(pieces)})
        joined = ["".join(pieces[a:b]) for a, b in pairwise(bounds)]
        if len(joined) < len(pieces):
            self._pieces[: len(pieces)] = joined
            self._at = [bounds.index(place) for place in self._at]
        return "".join(joined)

    def take(self, final: bool, reader: int = 0) -> str:
        """What was appended since this reader (0 or 1) took the last time.

        A high surrogate waits for its half, unless nothing follows any more (`final`).
        """
        at = self._at[reader]
        pieces = self._pieces[at:]
        if not pieces:
            return ""
        text = "".join(pieces)[self._within[reader] :]
        waits = not final and "\ud800" <= text[-1:] <= "\udbff"
        self._at[reader] = at + len(pieces) - waits
        self._within[reader] = len(pieces[-1]) - 1 if waits else 0
        text = text[:-1] if waits else text
        if reader == 0:
            self.taken += len(text)
        return text

    def __bool__(self) -> bool:
        return bool(self._pieces)
