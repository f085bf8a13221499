"""The data of one block: its values one after the other, its comments.

Enters: the data of a block, and a reader of JSON.
Leaves: readings (jsonmarks.py), excerpts, offsets; the value of JSON inside a string.
Must not know: events, dialects, streams.

One source for both backends: `_c/engine/blockdata.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from ssefold.engine.jsonmarks import CUT, HAS_RANGE, HAS_SURROGATE, NOTHING, OK

from .jsonvalue import repair, repair_text

DONE = b"[DONE]"

COLON = 0x3A
LINE_END = 0x0A


def is_comment(data: bytes) -> bool:
    """Whether data is a comment sent as data, on every line: `data: : keepalive`."""
    return all([line[:1] == b":" for line in map(bytes.strip, data.split(b"\n")) if line])


def _begins_line(data: bytes, pos: int) -> bool:
    while pos and data[pos - 1] in b" \t":
        pos -= 1
    return pos == 0 or data[pos - 1] == LINE_END


def readings(read: Any, depth: int, data: bytes, final: bool) -> Any:
    """The values one after the other in `data`, up to a damaged one.

    Each with its size.
    `[DONE]` is None, a comment line False. At the end of input a beginning of
    `[DONE]` is a cut value.
    """
    pos, size = 0, len(data)
    while pos < size:
        if data.startswith(DONE, pos):
            end = pos + len(DONE)
            yield None, len(DONE)
        elif data[pos] == COLON and _begins_line(data, pos):
            end = data.find(b"\n", pos)
            end = size if end < 0 else end
            yield False, end - pos
        else:
            reading = read(data, pos, depth)
            if final and reading[0] != OK and DONE.startswith(data[pos:].strip()):
                reading = (CUT, NOTHING, size, 0)
            yield reading, reading[2] - pos
            if reading[0] != OK:
                return
            pos = reading[2]
            continue
        pos = end
        while pos < size and data[pos] in b" \t\r\n":
            pos += 1


def parse_text(read: Any, depth: int, text: str) -> tuple[bool, Any]:
    """JSON inside a string (tool input): (whole, value)."""
    data = repair_text(text).encode("utf-8")
    code, value, pos, flags = read(data, 0, depth)
    if code != OK or pos != len(data) or flags & HAS_RANGE:
        return False, None
    return True, repair(value) if flags & HAS_SURROGATE else value


def locate(pos: int, spans: Any) -> int:
    """The offset in the stream of index `pos` of the joined data."""
    found = spans[0]
    for span in spans:
        if span[0] > pos:
            break
        found = span
    offset: int = found[1] + pos - found[0]
    return offset


def around(data: bytes, pos: int) -> bytes:
    """An excerpt of the data, with the fault in its middle."""
    start = max(0, pos - 128)
    return data[start : start + 256]
