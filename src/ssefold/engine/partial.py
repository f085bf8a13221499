"""A JSON value growing with its text: its reader is fed the pieces, and looks at each once.

Enters: pieces of a JSON text, cut anywhere.
Leaves: the value so far, one object that grows in place.
Must not know: streams, dialects, the places of the pieces.

An open string is given as far as it came: not the beginning of an escape, nor a first half of a
surrogate pair. An open number, literal or key is left out. Of two members with one key the last
one counts. A number beyond any finite double is left out, as in events. The value stays as
it was before damage, or a bracket deeper than allowed; the text behind a whole value is not read.

One source for both backends: `_c/engine/partial.pxd` says how it is compiled.
"""

from __future__ import annotations

import re
from typing import Any

from ssefold.engine.jsonmarks import OUT_OF_RANGE, number

from .jsonvalue import repair_text

# The next character may be …
AT_VALUE = 0  # a value
AT_ELEMENT = 1  # the first element of a list, or its end
AT_MEMBER = 2  # the first key of an object, or its end
AT_KEY = 3  # a key
AT_COLON = 4
BEHIND = 5  # a comma or an end, behind an element or a member
IN_STRING = 6
IN_KEY = 7
IN_NUMBER = 8
AT_END = 9  # anything: the value is whole
BROKEN = 10  # anything: the text was damaged, or too deep
PLAIN = 11  # anything: the text itself is the value

LITERALS = {"t": ("true", True), "f": ("false", False), "n": ("null", None)}
MEANINGS = {
    '"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
}  # fmt: skip
# No four digits.
WAITS = -1  # some have to come
WRONG = -2  # another character stands there

NUMERAL = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)


class Growing:
    """A value as far as its text came.

    value:   None before anything came.
    sources: the texts read so far, one behind the other, and a mark in each (growth.py).
    scanned: how many characters were looked at, waiting ones twice.
    opened:  the containers not yet closed, outermost first; key: the open member's.
    pieces:  the open string, key or number behind `string`, the given part; fresh:
             nothing stands in its place yet.
    tail:    characters waiting for the next ones.
    """

    __slots__ = (
        "depth", "fresh", "key", "marks", "opened", "pieces", "scanned", "sources", "state",
        "string", "tail", "value",
    )  # fmt: skip

    def __init__(self, depth: int, plain: bool) -> None:
        """depth: how deep brackets may nest; plain: the text is no JSON, but the value itself."""
        self.depth = depth
        self.state = PLAIN if plain else AT_VALUE
        self.value: Any = None
        self.sources: list[Any] = []
        self.marks: list[Any] = []
        self.scanned = 0
        self.opened: list[Any] = []
        self.key = ""
        self.pieces: list[str] = []
        self.string = ""
        self.fresh = True
        self.tail = ""

    def feed(self, text: str) -> None:
        """Read on: this came behind the rest."""
        late = ""
        if self.tail:
            text = self.tail + text
            self.tail = ""
        self.scanned += len(text)
        if not text.isascii():
            if "\ud800" <= text[-1] <= "\udbff":
                late = text[-1]
                text = text[:-1]
            text = repair_text(text)
        if self.state == PLAIN:
            if text:
                self.value = text if self.value is None else self.value + text
            self.tail = late
            return
        at = self._read(text, len(text))
        if self.state == IN_STRING:
            self._grow()
        self.tail = text[at:] + late if at < len(text) else late

    def is_waiting(self) -> bool:
        """Whether settle() would give anything."""
        return self.state == IN_NUMBER or (self.state == PLAIN and self.tail != "")

    def settle(self) -> None:
        """Give the open number, or half of a pair at the end of a plain text."""
        if self.state == IN_NUMBER:
            self._put_number("".join(self.pieces))
        elif self.state == PLAIN and self.tail:
            self.value = ("" if self.value is None else self.value) + repair_text(self.tail)
            self.tail = ""

    # -- from character to character -----------------------------------------------------

    def _read(self, text: str, end: int) -> int:
        """Read up to the end, or to characters that wait for more; returns their beginning."""
        at = 0
        while at < end:
            state = self.state
            if state >= AT_END:
                return end
            if state == IN_NUMBER:
                at = self._number(text, at, end)
                continue
            if state >= IN_STRING:
                at = self._string(text, at, end)
                if at < 0:
                    return -at - 1
                continue
            char = text[at]
            if char == " " or char == "\n" or char == "\r" or char == "\t":
                at += 1
            elif state == BEHIND:
                self._behind(char)
                at += 1
            elif state == AT_COLON:
                self.state = AT_VALUE if char == ":" else BROKEN
                at += 1
            elif char == '"':
                self.state = IN_STRING if state <= AT_ELEMENT else IN_KEY
                self.fresh = True
                at += 1
            elif state >= AT_MEMBER:
                if char == "}" and state == AT_MEMBER:
                    self._close()
                else:
                    self.state = BROKEN
                at += 1
            elif char == "{" or char == "[":
                self._open({} if char == "{" else [])
                at += 1
            elif char == "]" and state == AT_ELEMENT:
                self._close()
                at += 1
            elif char == "-" or "0" <= char <= "9":
                self.state = IN_NUMBER
                self.fresh = True
            else:
                at = self._literal(text, at, end)
                if at < 0:
                    return -at - 1
        return end

    def _behind(self, char: str) -> None:
        """The character behind an element or a member."""
        in_object = type(self.opened[-1]) is dict
        if char == ",":
            self.state = AT_KEY if in_object else AT_VALUE
        elif (char == "}" and in_object) or (char == "]" and not in_object):
            self._close()
        else:
            self.state = BROKEN

    def _open(self, container: Any) -> None:
        if len(self.opened) >= self.depth:
            self.state = BROKEN
            return
        self._place(container)
        self.opened.append(container)
        self.state = AT_MEMBER if type(container) is dict else AT_ELEMENT

    def _close(self) -> None:
        self.opened.pop()
        self.state = BEHIND if self.opened else AT_END

    def _literal(self, text: str, at: int, end: int) -> int:
        """true, false or null; -1 - at: its rest has to come."""
        found = LITERALS.get(text[at])
        if found is None:
            self.state = BROKEN
            return end
        word, value = found
        if text.startswith(word, at):
            self._place(value)
            self.state = BEHIND if self.opened else AT_END
            return at + len(word)
        if word.startswith(text[at:]):
            return -1 - at
        self.state = BROKEN
        return end

    # -- numbers ---------------------------------------------------------------------------

    def _number(self, text: str, at: int, end: int) -> int:
        begin = at
        while at < end:
            char = text[at]
            if not ("0" <= char <= "9" or char in "+-.eE"):
                break
            at += 1
        if at > begin:
            self.pieces.append(text[begin:at])
        if at < end:
            token = "".join(self.pieces)
            self.pieces.clear()
            if not self._put_number(token):
                self.state = BROKEN
            else:
                self.state = BEHIND if self.opened else AT_END
        return at

    def _put_number(self, token: str) -> bool:
        """Give the number; False if it is none."""
        found = NUMERAL.fullmatch(token)
        if found is None:
            return False
        value = number(token, found.group(1) is not None or found.group(2) is not None)
        if value is not OUT_OF_RANGE:
            self._put(value)
        elif self.opened and type(self.opened[-1]) is dict:
            self.opened[-1].pop(self.key, None)
        return True

    # -- strings and keys --------------------------------------------------------------------

    def _string(self, text: str, at: int, end: int) -> int:
        """Read on in a string or a key; -1 - at: an escape waits there for its rest."""
        while True:
            begin = at
            char = " "
            while at < end:
                char = text[at]
                if char == '"' or char == "\\" or char < " ":
                    break
                at += 1
            if at > begin:
                self.pieces.append(text[begin:at])
            if at == end:
                return end
            if char == '"':
                self._end_string()
                return at + 1
            if char != "\\":
                self._break()
                return end
            behind = self._escape(text, at + 1, end)
            if behind < 0:
                return -1 - at
            if self.state == BROKEN:
                return end
            at = behind

    def _escape(self, text: str, at: int, end: int) -> int:
        """The escape behind a backslash, and the first character after it; -1: it waits."""
        if at == end:
            return -1
        if text[at] != "u":
            char = MEANINGS.get(text[at])
            if char is None:
                self._break()
            else:
                self.pieces.append(char)
            return at + 1
        unit = self._hex4(text, at + 1, end)
        if unit < 0:
            return self._wait_or_break(unit, end)
        at += 5
        if 0xD800 <= unit < 0xDC00:
            if at == end or (text[at] == "\\" and at + 1 == end):
                return -1
            if text[at] == "\\" and text[at + 1] == "u":
                low = self._hex4(text, at + 2, end)
                if low == WAITS:
                    return -1
                if 0xDC00 <= low < 0xE000:
                    unit = 0x10000 + ((unit & 0x3FF) << 10 | low & 0x3FF)
                    at += 6
        self.pieces.append("\ufffd" if 0xD800 <= unit < 0xE000 else chr(unit))
        return at

    def _wait_or_break(self, unit: int, end: int) -> int:
        if unit == WAITS:
            return -1
        self._break()
        return end

    def _hex4(self, text: str, at: int, end: int) -> int:
        """Four hexadecimal digits; WAITS: some have to come; WRONG: another character is there."""
        behind = min(at + 4, end)
        for position in range(at, behind):
            if text[position] not in "0123456789abcdefABCDEF":
                return WRONG
        return int(text[at:behind], 16) if behind - at == 4 else WAITS

    def _break(self) -> None:
        """The text is damaged in a string, and this stays as it came."""
        if self.state == IN_STRING:
            self._grow()
        self.state = BROKEN

    def _end_string(self) -> None:
        if self.state == IN_STRING:
            self._grow()
            self.string = ""
            self.state = BEHIND if self.opened else AT_END
            return
        self.key = "".join(self.pieces)
        self.pieces.clear()
        self.state = AT_COLON

    def _grow(self) -> None:
        """Give the open string as far as it came."""
        pieces = self.pieces
        if pieces:
            piece = pieces[0] if len(pieces) == 1 else "".join(pieces)
            self.string = self.string + piece if self.string else piece
            pieces.clear()
        elif not self.fresh:
            return
        self._put(self.string)

    # -- into the value -----------------------------------------------------------------------

    def _put(self, value: Any) -> None:
        """A scalar in its place, or in that of its beginning."""
        if self.fresh or not self.opened or type(self.opened[-1]) is dict:
            self._place(value)
            self.fresh = False
        else:
            self.opened[-1][-1] = value

    def _place(self, value: Any) -> None:
        """A new value."""
        if not self.opened:
            self.value = value
            return
        container = self.opened[-1]
        if type(container) is dict:
            container[self.key] = value
        else:
            container.append(value)
