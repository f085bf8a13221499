"""Text buffers: strings that grow by appending.

Enters: decoded strings.
Leaves: the whole text, and its pieces since the last taking; whether it is JSON.
Must not know: the meaning of the text.

    >>> from ssefold._py.text import Text
    >>> text = Text()
    >>> text.append("Hel")
    >>> text.take(False)
    'Hel'
    >>> text.append("lo")
    >>> text.take(False)
    'lo'
"""

from __future__ import annotations

from threading import Lock
from typing import Any

from ssefold._py.jsonread import read
from ssefold.engine.jsonmarks import DEEP, OK

# A place in a text: the pieces before it, the characters before it in the next one, and those
# before it in all.
Place = tuple[int, int, int]
START: Place = (0, 0, 0)

# Held by the one reader that joins pieces; others go without.
_joining = Lock()


class Text:
    """A growing string, from which two readers take, each at its own pace.

    Halves of surrogate pairs may stand at its seams. Another thread may append or read at any
    time, and an exception may strike anywhere: nothing waits here, and what is set is set in
    one step.
    _pieces: the appended strings; None for those in `_joined`. That holds how many pieces were
    joined, and their text. taken: how many characters the first reader, reader 0, was given.
    voice: whether they are given at all, where another field may say the same (a Voice), or
    None.
    """

    __slots__ = ("_joined", "_pieces", "_places", "_shown", "taken", "voice")

    def __init__(self) -> None:
        self._pieces: list[str | None] = []
        self._joined = (0, "")
        self._places = [START, START]
        self._shown = [START, START]
        self.taken = 0
        self.voice: Any = None

    def append(self, text: str) -> None:
        """Add to the end."""
        if text:
            self._pieces.append(text)

    def get(self) -> str:
        """The whole text, as it came."""
        return self._whole()[0]

    def _whole(self) -> tuple[str, int, int]:
        """The whole text, how many pieces it has, and the length of the last one left."""
        while True:
            count, joined = self._joined
            pieces = self._pieces[count:]
            if not pieces:
                return joined, count, 0
            try:
                whole = joined + "".join(pieces)  # type: ignore[arg-type]
            except TypeError:  # another reader joined them
                continue
            last = len(pieces[-1] or "")
            if count or len(pieces) > 1:
                self._join(count, len(pieces), whole)
            return whole, count + len(pieces), last

    def _join(self, count: int, more: int, whole: str) -> None:
        """Hold the text in one piece from now on, unless another reader is at it."""
        if _joining.acquire(False):
            try:
                if self._joined[0] == count:
                    self._joined = (count + more, whole)
                    self._pieces[count : count + more] = [None] * more
            finally:
                _joining.release()

    def take(self, final: bool, reader: int = 0) -> str:
        """The pieces since this reader (0 or 1) took the last time.

        A high surrogate waits for its half, unless nothing follows any more (`final`).
        """
        text = self.peek(final, reader)
        self.accept(reader)
        return text

    def peek(self, final: bool, reader: int = 0) -> str:
        """The pieces for take(); they stay to be taken until accept()."""
        place = self._places[reader]
        pieces = self._pieces[place[0] :]
        if not pieces:
            self._shown[reader] = place
            return ""
        behind = place[0] + len(pieces)
        last = len(pieces[-1] or "")
        try:
            text = "".join(pieces)[place[1] :]  # type: ignore[arg-type]
        except TypeError:  # some were joined
            text, behind, last = self._whole()
            text = text[place[2] :]
        waits = not final and "\ud800" <= text[-1:] <= "\udbff"
        text = text[:-1] if waits else text
        given = place[2] + len(text)
        self._shown[reader] = (behind - 1, last - 1, given) if waits else (behind, 0, given)
        return text

    def accept(self, reader: int = 0) -> None:
        """The pieces last shown to this reader by peek() were given to it."""
        self._places[reader] = self._shown[reader]
        if reader == 0:
            self.taken = self._shown[0][2]

    def is_json(self, depth: int) -> bool:
        """Whether it is one JSON text, as far as one may nest."""
        data = self.get().encode("utf-8", "replace")
        code, _, pos, _ = read(data, 0, depth)
        return code == DEEP or (code == OK and pos == len(data))

    def since(self, mark: Place | None) -> tuple[str, Place]:
        """The pieces since `mark`, and the next mark; None is the beginning."""
        place = START if mark is None else mark
        pieces = self._pieces[place[0] :]
        behind = place[0] + len(pieces)
        try:
            text = "".join(pieces)  # type: ignore[arg-type]
        except TypeError:  # some were joined
            text, behind, _ = self._whole()
            text = text[place[2] :]
        return text, (behind, 0, place[2] + len(text))

    def __bool__(self) -> bool:
        return bool(self._pieces)
