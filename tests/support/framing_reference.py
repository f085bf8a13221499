"""Framing again, slowly: the judge of both backends.

Enters: a whole stream.
Leaves: what a framer must find in it, and where the limit falls.
Must not know: reads, buffers, states: every step here sees all of the input.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

KNOWN = (b"data", b"event", b"id", b"retry")
ENDING = re.compile(rb"\r\n|\r|\n")
BOM = b"\xef\xbb\xbf"
STRAY_ROOM = 65536


@dataclass
class Line:
    start: int
    text: bytes
    ending: bytes  # b"" for the last line of a stream that does not end in one

    @property
    def at(self) -> int:
        """The offset of the first byte of the ending: here the line acts."""
        return self.start + len(self.text)

    @property
    def name(self) -> bytes:
        return self.text.partition(b":")[0]

    @property
    def value_at(self) -> int:
        name, colon, value = self.text.partition(b":")
        return self.start + len(name) + len(colon) + (value[:1] == b" ")

    @property
    def value(self) -> bytes:
        return self.text[self.value_at - self.start :]

    @property
    def known(self) -> bool:
        return self.name in KNOWN

    @property
    def comment(self) -> bool:
        return self.text[:1] == b":"

    @property
    def stray(self) -> bool:
        return bool(self.text) and not self.known and not self.comment

    @property
    def decided(self) -> int:
        """The offset at which it is certain whether the line is a known field."""
        for i in range(len(self.text)):
            if not any((k + b":").startswith(self.text[: i + 1]) for k in KNOWN):
                return self.start + i
            if self.text[i : i + 1] == b":":
                return self.start + i
        return self.at


def lines_of(stream: bytes) -> list[Line]:
    start = 3 if stream.startswith(BOM) else 0
    lines = []
    for match in ENDING.finditer(stream, start):
        lines.append(Line(start, stream[start : match.start()], match.group()))
        start = match.end()
    if start < len(stream):
        lines.append(Line(start, stream[start:], b""))
    return lines


@dataclass
class Found:
    """`actions`: (offset of the byte that causes it, kind, what), in order."""

    actions: list[tuple[int, str, Any]] = field(default_factory=list)
    limit: int = -1

    def of(self, kind: str) -> list[Any]:
        return [what for _, name, what in self.actions if name == kind]

    def last(self, kind: str, default: Any) -> Any:
        return [default, *self.of(kind)][-1]


def body_of(stream: bytes, lines: list[Line]) -> range:
    """Where strays count: from the `{` to the first known field line."""
    start = 3 if stream.startswith(BOM) else 0
    start += len(stream[start:]) - len(stream[start:].lstrip(b" \t\r\n"))
    if stream[start : start + 1] != b"{":
        return range(0)
    return range(start, min((li.start for li in lines if li.known), default=len(stream)))


def reference(
    stream: bytes,
    flush: bool = False,
    limit: int | None = None,
    raw: bool = False,
    comments: bool = False,
    strays: bool = False,
) -> Found:
    lines = lines_of(stream)
    cut_short = bool(lines) and not lines[-1].ending and not flush
    unfinished = [lines.pop()] if cut_short else []
    found = Found()
    blocks: list[list[Line]] = [[]]
    for line in lines:
        if not line.text:
            blocks.append([])
        blocks[-1 if line.text else -2].append(line)
    body = body_of(stream, lines_of(stream))
    frame = 0
    for block in blocks:
        blank = bool(block) and not block[-1].text
        if not blank and not flush:
            _lines(found, block, comments)
            break
        end = block[-1].at + 1 if blank else len(stream)
        frame = _block(found, block, frame, end, blank, stream, raw, comments, strays, body)
    if limit is not None:
        all_blocks = [*blocks[:-1], blocks[-1] + unfinished]
        cut = (
            _raw_limit(found, stream, limit)
            if raw
            else _limit(all_blocks, limit, comments, body if strays else range(0), flush)
        )
        if cut >= 0:
            found.limit = cut
            found.actions = [a for a in found.actions if a[0] < cut]
    return found


def _lines(found: Found, block: list[Line], comments: bool) -> dict[str, Any]:
    state: dict[str, Any] = {"event": b"", "id": None, "retry": None, "data": [], "stray": []}
    for line in block:
        if line.comment and comments:
            found.actions.append((line.at, "comment", line.text[1:]))
        if line.stray:
            state["stray"].append(line)
        if not line.known:
            continue
        if line.name == b"data":
            state["data"].append(line)
        elif line.name == b"event":
            state["event"] = line.value
        elif line.name == b"id" and b"\0" not in line.value:
            state["id"] = line.value
        elif line.name == b"retry" and re.fullmatch(rb"[0-9]+", line.value):
            digits = line.value.lstrip(b"0") or b"0"
            state["retry"] = 2**63 - 1
            if len(digits) < 20:
                state["retry"] = min(int(digits), 2**63 - 1)
            found.actions.append((line.at, "retry", state["retry"]))
    return state


def _block(
    found: Found, block: list[Line], frame: int, end: int, blank: bool,
    stream: bytes, raw: bool, comments: bool, strays: bool, body: range,
) -> int:  # fmt: skip
    state = _lines(found, block, comments)
    at = end - 1 if blank else end
    data: list[Line] = state["data"]
    if state["id"] is not None:
        found.actions.append((at, "id", state["id"]))
    stray = _stray(state["stray"], body) if strays else b""
    if not data and not stray:
        return frame
    spans, index = [], 0
    for line in data:
        spans.append((index, line.value_at))
        index += len(line.value) + 1
    found.actions.append((at, "block", {
        "event": state["event"],
        "has_data": bool(data),
        "data": b"\n".join(line.value for line in data),
        "spans": spans if strays else [],
        "data_end": data[-1].at if data else 0,
        "stray": stray,
        "start": frame,
        "end": end,
        "final": not blank,
        "retry": state["retry"],
        "raw": stream[frame:end] if raw and data else None,
        "id": found.last("id", b""),
    }))  # fmt: skip
    return end if data else frame


def _stray(lines: list[Line], body: range) -> bytes:
    """Joined with LF; outside of the body only as much as there is room for."""
    out = b""
    for i, line in enumerate(lines):
        plain, more = b"\n" * (i > 0) + line.text, b""
        if line.at - 1 in body:
            keep = max(body.start - line.start, 0)
            plain, more = line.text[:keep], line.text[keep:]
            if i and line.start >= body.start:
                more = b"\n" + more
            elif i:
                plain = b"\n" + plain
        out += plain[: max(STRAY_ROOM - len(out), 0)] + more
    return out


def _raw_limit(found: Found, stream: bytes, limit: int) -> int:
    start = 0
    for block in found.of("block"):
        if block["has_data"]:
            if block["end"] - start > limit:
                return start + limit
            start = block["end"]
    return start + limit if len(stream) - start > limit else -1


def _limit(blocks: list[list[Line]], limit: int, comments: bool, body: range, flush: bool) -> int:
    for block in blocks:
        count = 0
        for line in block:
            size = len(line.text) + len(line.ending)
            since = line.start
            if not line.ending and not flush and line.decided == line.at:
                continue  # its name is still open
            if not line.text:
                size = 1
            elif line.comment:
                # It counts while it is held: up to the byte that ends it.
                size = len(line.text) + bool(line.ending)
                if comments and count + size > limit:
                    return line.start + limit - count
                continue
            elif line.stray:
                since = max(line.start, body.start)
                size = line.at + len(line.ending) - since
                if line.at - 1 not in body:
                    continue
            if count + size > limit:
                return max(line.decided, since + limit - count)
            count += size
    return -1
