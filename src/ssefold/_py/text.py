"""Text buffers: strings that grow by appending.

Enters: decoded strings.
Leaves: the whole text, and what came since it was last taken.
Must not know: what the text is, JSON.
"""

from __future__ import annotations


class Text:
    """A growing string; halves of surrogate pairs may stand at its seams.

    taken: how many characters `take` has given out.
    """

    __slots__ = ("_fresh", "_pieces", "taken")

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._fresh = 0
        self.taken = 0

    def append(self, text: str) -> None:
        """Add to the end."""
        if text:
            self._pieces.append(text)

    def get(self) -> str:
        """The whole text, as it came."""
        pieces = self._pieces
        if not pieces:
            return ""
        if len(pieces) > 1:
            taken, fresh = pieces[: self._fresh], pieces[self._fresh :]
            joined = ["".join(part) for part in (taken, fresh) if part]
            self._pieces = joined
            self._fresh = 1 if taken else 0
            return "".join(joined)
        return pieces[0]

    def take(self, final: bool) -> str:
        """What was appended since the last call.

        A high surrogate waits for its half, unless nothing follows any more (`final`).
        """
        text = "".join(self._pieces[self._fresh :])
        if text and not final and "\ud800" <= text[-1] <= "\udbff":
            self._pieces[self._fresh :] = [text[:-1], text[-1]] if len(text) > 1 else [text]
            self._fresh = len(self._pieces) - 1
            text = text[:-1]
        else:
            self._fresh = len(self._pieces)
        self.taken += len(text)
        return text

    def __bool__(self) -> bool:
        return bool(self._pieces)
