"""JSON again, byte by byte: the judge of all readers.

Enters: the bytes of one value, and what may stand behind it.
Leaves: the first byte that no JSON text could have there, and what was closed before.
Must not know: the readers; its own word is checked with json.loads (test_jsonread).
"""

from __future__ import annotations

import json
import math
from typing import Any

from ssefold.engine.jsonmarks import BAD, CUT, DEEP, OK, OUT_OF_RANGE, OpenDict, OpenList

# What streams carry, and the bytes that matter in it.
CHUNKS = [
    b'{"id":"chatcmpl-T1","object":"chat.completion.chunk","created":1762947559,"model":"gpt-4o",'
    b'"choices":[{"index":0,"delta":{"content":"Hel"},"logprobs":null,"finish_reason":null}]}',
    b'{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"a\\":"}}]}}],'
    b'"usage":{"total_tokens":12},"obfuscation":"x7"}',
    b'{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\\ud83d\\ude00'
    b' \\u4e2d\\n"}}',
    '{"t":"中文 é 😀","ключ":[true,false,null]}'.encode(),
    b'{"logprobs":{"content":[{"token":"a","logprob":-0.00032879,"bytes":[97],"top":[]},'
    b'{"logprob":-1.5e-07,"x":-12.25E+2}]}}',
    b" [ 1 , -2.5 , 0 , -0 , -0.0, 1e5, 123456789012345678901234567890 , 1e999 ] ",
    b'{"a":{"b":{"c":[[],{},[{}],""]}},"a":[{"a":1,"a":{"b":2}}]}',
    b'["\\ud83d","\\\\ud83d","\\ude00","\\ud83d\\u0041","\xff\xe2\x82","\xed\xa0\x80"]',
    b'{"seven":"1762947559176294755917629475591","n":1762947559176294755}',
    b'{"candidates":[{"content":{"parts":[{"text":"ok"}]}}],"usageMetadata":{"n":1}}{"b":2}',
    b'"a long text, longer than two steps of sixteen bytes, \\" and more behind it, too"',
    b"-12.75e+10",
]
ALPHABET = b'"\\{}[]:,.-+eE0179utfnrx/ \n\t\x00\x1f\x7f\x80\xbf\xc3\xe2\xed\xf0\xff'

DIGIT = {"minus": "int", "int": "int", "dot": "frac", "frac": "frac"} | dict.fromkeys(
    ("e", "sign", "exp"), "exp"
)
WHOLE = ("zero", "int", "frac", "exp")


def number_step(state: str, byte: str) -> str:
    """The next state of a number, or "" if `byte` does not belong to it."""
    if byte.isascii() and byte.isdigit():
        return "zero" if state == "minus" and byte == "0" else DIGIT.get(state, "")
    if byte == "." and state in ("zero", "int"):
        return "dot"
    if byte in "eE" and state in ("zero", "int", "frac"):
        return "e"
    return "sign" if byte in "+-" and state == "e" else ""


class Judge:
    """Reads the first value of `data` byte by byte: `code`, `pos`, and what to keep.

    `kept` bytes and then `closers` are the JSON text of all that was closed.
    """

    def __init__(self, data: bytes, depth: int) -> None:
        self.depth = depth
        self.stack: list[str] = []  # what closes each level
        self.want = "value"
        self.state = ""  # inside of a scalar: where
        self.kept, self.closers = 0, ""
        self.code, self.pos = CUT, len(data)
        for pos, byte in enumerate(data.decode("latin-1")):
            self.pos = pos
            code = self.step(byte, pos)
            if code is not None:
                self.code = code
                return
        self.pos = len(data)
        if self.want == "end" or (not self.stack and self.state in WHOLE):
            self.code, self.kept = OK, len(data)

    def step(self, byte: str, pos: int) -> int | None:
        if self.state in ("minus", "dot", "e", "sign", *WHOLE):
            following = number_step(self.state, byte)
            if following:
                self.state = following
                return None
            if self.state not in WHOLE:
                return BAD
            if not self.stack and self.state == "zero" and byte.isascii() and byte.isdigit():
                return BAD
            self.closed(pos)
        elif self.state:
            return self.inside(byte, pos)
        return None if byte in " \t\n\r" else self.structure(byte, pos)

    def inside(self, byte: str, pos: int) -> int | None:
        """A byte of a string or of a literal."""
        state = self.state
        if state.startswith("word:"):
            if byte != state[5]:
                return BAD
            self.state = state[:5] + state[6:]
            if self.state == "word:":
                self.closed(pos + 1)
        elif state == "plain":
            if byte < " ":
                return BAD
            if byte == "\\":
                self.state = "escape"
            elif byte == '"' and self.want == "key":
                self.state, self.want = "", "colon"
            elif byte == '"':
                self.closed(pos + 1)
        elif state == "escape":
            if byte not in '"\\/bfnrtu':
                return BAD
            self.state = "hex4" if byte == "u" else "plain"
        else:
            if byte not in "0123456789abcdefABCDEF":
                return BAD
            self.state = "plain" if state == "hex1" else f"hex{int(state[3]) - 1}"
        return None

    def structure(self, byte: str, pos: int) -> int | None:
        if self.want == "end":
            return OK
        if self.stack and byte == self.stack[-1] and self.want in ("more", "first", "first key"):
            self.stack.pop()
            self.closed(pos + 1)
        elif self.want == "more" and byte == ",":
            self.want = "key" if self.stack[-1] == "}" else "value"
        elif self.want == "colon" and byte == ":":
            self.want = "value"
        elif self.want in ("key", "first key") and byte == '"':
            self.want, self.state = "key", "plain"
        elif self.want in ("value", "first"):
            return self.begin(byte, pos)
        else:
            return BAD
        return None

    def begin(self, byte: str, pos: int) -> int | None:
        """The first byte of a value."""
        if byte in "[{":
            if len(self.stack) >= self.depth:
                return DEEP
            self.stack.append("]" if byte == "[" else "}")
            self.want = "first" if byte == "[" else "first key"
            self.keep(pos + 1)
        elif byte == '"':
            self.state = "plain"
        elif byte == "-":
            self.state = "minus"
        elif byte.isascii() and byte.isdigit():
            self.state = "zero" if byte == "0" else "int"
        elif byte in "tfn":
            self.state = "word:" + {"t": "rue", "f": "alse", "n": "ull"}[byte]
        else:
            return BAD
        return None

    def closed(self, pos: int) -> None:
        self.state = ""
        self.want = "more" if self.stack else "end"
        self.keep(pos)

    def keep(self, pos: int) -> None:
        self.kept, self.closers = pos, "".join(reversed(self.stack))

    def completion(self) -> str:
        """Bytes that make a whole JSON value of what was read so far."""
        state, want = self.state, self.want
        text = {"minus": "0", "dot": "0", "e": "0", "sign": "0", "escape": "n"}.get(state, "")
        if state.startswith("hex"):
            text = "0" * int(state[3])
        elif state.startswith("word:"):
            text = state[5:]
        if state == "plain" or state == "escape" or state.startswith("hex"):
            text += '":0' if want == "key" else '"'
        elif want in ("key", "colon"):
            text += '"":0' if want == "key" else ":0"
        elif want == "value" and not state:
            text += "0"
        return text + "".join(reversed(self.stack))


def loads_kept(text: str) -> Any:
    def fraction(token: str) -> Any:
        return float(token) if math.isfinite(float(token)) else OUT_OF_RANGE

    def integer(token: str) -> Any:
        return int(token) if len(token.lstrip("-")) <= 4300 else OUT_OF_RANGE

    return json.loads(text, parse_float=fraction, parse_int=integer)


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, list) else value


def open_levels(value: Any) -> int:
    if isinstance(value, dict):
        return isinstance(value, OpenDict) + sum(map(open_levels, value.values()))
    if isinstance(value, list):
        return isinstance(value, OpenList) + sum(map(open_levels, value))
    return 0


def shape(value: Any) -> Any:
    """Something that is equal only where types, key order and every bit are."""
    if isinstance(value, dict):
        return type(value), [(shape(k), shape(v)) for k, v in value.items()]
    if isinstance(value, list):
        return type(value), [shape(v) for v in value]
    return type(value), repr(value)


def shown(reading: tuple[int, Any, int, int]) -> Any:
    code, value, pos, flags = reading
    return code, shape(value), pos, flags
