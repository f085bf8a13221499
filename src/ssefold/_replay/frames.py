"""The material of every replayed stream: frames, pieces of texts, turns.

Enters: events as names and JSON values; texts and the size of their pieces.
Leaves: bytes of whole frames; fragments that add up to the text cut into them.
Must not know: dialects.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from typing import Any, TypeVar

# An event: its name, "" for none, and its data; bytes are data without JSON (`[DONE]`).
Event = tuple[str, "dict[str, Any] | bytes"]

# The writer of an answer's events: its size of pieces, whether to send the usage.
Writer = Callable[[dict[str, Any], "int | None", bool], Iterator[Event]]

END: Event = ("", b"[DONE]")

# The halves of a surrogate pair, as characters of their own; and the first at an end.
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_HALF = re.compile("[\ud800-\udbff]\\Z")

_Item = TypeVar("_Item")


def frame(event: str, data: dict[str, Any] | bytes, line_end: str = "\n") -> bytes:
    """One SSE frame."""
    name = f"event: {event}{line_end}" if event else ""
    text = data if isinstance(data, bytes) else _json_bytes(data)
    return b"%bdata: %b%b" % (name.encode(), text, 2 * line_end.encode())


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_ESCAPING = json.JSONEncoder(separators=(",", ":"))


def _json_bytes(value: Any) -> bytes:
    try:
        return json_text(value).encode()
    except UnicodeEncodeError:  # an unpaired surrogate: only an escape can stand for it
        return _ESCAPING.encode(value).encode()


def json_text(value: Any) -> str:
    """`value` as compact JSON."""
    return _ENCODER.encode(value)


def pieces(text: str, size: int | None) -> Iterator[str]:
    """`text` in pieces of `size` characters; none for "".

    Halves of a surrogate pair, two characters in some strings, stay together.
    """
    start = 0
    while start < len(text):
        end = len(text) if size is None else start + size
        if _PAIR.match(text, end - 1):
            end += 1
        yield text[start:end]
        start = end


def spans(text: str, tokens: list[Any], size: int | None) -> Iterator[tuple[str, int, int]]:
    """Pieces of `text`, each with the range of its tokens.

    tokens: strings. Where they do not add up to the text (bytes of half a character do not), the
    first piece takes all of them.
    """
    count = len(tokens)
    if count and all(isinstance(token, str) for token in tokens) and "".join(tokens) == text:
        low, held = 0, ""
        for high, token in enumerate(tokens, 1):
            held += token
            full = size is not None and len(held) >= size and not _HALF.search(held)
            if high == count or full:
                yield held, low, high
                low, held = high, ""
        return
    first = 0
    for piece in pieces(text, size):
        yield piece, first, count
        first = count
    if not text and count:
        yield "", 0, count


def in_turns(many: Iterable[Iterable[_Item]]) -> Iterator[_Item]:
    """The first of each, the second of each, and so on."""
    for turn in zip_longest(*many):
        yield from (item for item in turn if item is not None)


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects in a list; nothing for any other value."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
