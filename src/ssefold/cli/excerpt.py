"""The line with a fault, and a caret below its byte.

Enters: the bytes of a stream as they are read; the offset of a fault; a width.
Leaves: two short lines, fit for a terminal.
Must not know: the fault's nature, or who shows it.

    >>> from ssefold.cli.excerpt import draw
    >>> print(draw(b'data: {"a":x}', 11, 40))
        data: {"a":x}
                   ^
"""

from __future__ import annotations

from unicodedata import category, east_asian_width

# The kept parts of a stream: its beginning, and its last reads. A longer event, damaged before
# them, is shown without an excerpt.
HEAD_BYTES = 4096
RECENT_BYTES = 1 << 20

# Of the line, on either side: a terminal's width is less, however wide the characters are.
SIDE_BYTES = 512

INDENT = "    "
LEFT_OUT = "..."
WIDEST = 100


class Recent:
    """The last bytes read of a stream, and its first ones, by their offsets."""

    def __init__(self) -> None:
        self._head = b""
        self._chunks: list[bytes] = []
        self._size = 0  # of the chunks
        self._end = 0  # the offset after the last one

    def add(self, chunk: bytes) -> None:
        """The next bytes read."""
        if len(self._head) < HEAD_BYTES:
            self._head += chunk[: HEAD_BYTES - len(self._head)]
        self._chunks.append(chunk)
        self._size += len(chunk)
        self._end += len(chunk)
        while self._size - len(self._chunks[0]) >= RECENT_BYTES:
            self._size -= len(self._chunks.pop(0))

    def line(self, offset: int) -> tuple[bytes, int] | None:
        """The line around the byte, at most SIDE_BYTES of it on either side, and the byte's
        position
        in it; None if it is no longer known.
        """
        start = self._end - self._size
        if start <= offset <= self._end:
            known = self._slice(offset - start)
        elif offset < len(self._head):
            start, known = 0, (self._head[: offset + SIDE_BYTES], 0)
        else:
            return None
        data, begin = known
        at = offset - start - begin
        first = max(data.rfind(b"\n", 0, at), data.rfind(b"\r", 0, at)) + 1
        first = max(first, at - SIDE_BYTES)
        ends = [end for end in (data.find(b"\n", at), data.find(b"\r", at)) if end >= 0]
        return data[first : min([*ends, at + SIDE_BYTES])], at - first

    def _slice(self, at: int) -> tuple[bytes, int]:
        """The bytes near an index into the chunks, and the index of the first."""
        passed = begin = 0
        near: list[bytes] = []
        for chunk in self._chunks:
            if passed + len(chunk) >= at - SIDE_BYTES and passed <= at + SIDE_BYTES:
                if not near:
                    begin = passed
                near.append(chunk)
            passed += len(chunk)
        return b"".join(near), begin


def draw(line: bytes, at: int, width: int, encoding: str = "utf-8") -> str:
    """The line and the caret below its byte `at`; both end in no line's end.

    A byte outside UTF-8, or a character without print or place in `encoding`, is shown as an
    escape.
    """
    room = max(min(width, WIDEST) - len(INDENT) - 1, 20)
    before, after = _cells(line[:at], encoding), _cells(line[at:], encoding)
    behind = columns("".join(after))
    most = room * 2 // 3 if behind > room // 3 else room - max(behind, 1)
    left = "".join(_fitting(before[::-1], most)[::-1])
    right = "".join(_fitting(after, room - columns(left)))
    return f"{INDENT}{left}{right}\n{INDENT}{' ' * columns(left)}^"


def _cells(data: bytes, encoding: str) -> list[str]:
    """The shown form of each character, one after the other."""
    return [_shown(char, encoding) for char in data.decode("utf-8", "surrogateescape")]


def _shown(char: str, encoding: str) -> str:
    if "\udc80" <= char <= "\udcff":  # a byte outside UTF-8
        return f"\\x{ord(char) - 0xDC00:02x}"
    if char.isprintable() and _wide(char):  # of marks, terminals differ
        try:
            char.encode(encoding)
            return char
        except (UnicodeEncodeError, LookupError):
            pass
    return ascii(char)[1:-1]


def _fitting(cells: list[str], room: int) -> list[str]:
    """The first ones that fit; dots in the place of the others."""
    if columns("".join(cells)) <= room:
        return cells
    kept: list[str] = []
    left = room - len(LEFT_OUT)
    for cell in cells:
        left -= columns(cell)
        if left < 0:
            break
        kept.append(cell)
    return [*kept, LEFT_OUT]


def columns(text: str) -> int:
    """How many columns a terminal gives it."""
    if text.isascii():
        return len(text)
    return sum(_wide(char) for char in text)


def _wide(char: str) -> int:
    if category(char)[0] == "M":
        return 0
    return 2 if east_asian_width(char) in "WF" else 1
