"""Events in other framings than server-sent events.

Enters: events as the generators make them: a name, and JSON or bytes.
Leaves: a body of lines, of an array, of AWS event-stream frames; frames with headers of all types.
Must not know: how bodies are read.
"""

from __future__ import annotations

import json
import random
from binascii import crc32
from collections.abc import Iterable
from typing import Any

NAME = ":event-type"
KIND = ":message-type"

# A header of each type, beside strings.
OTHERS = (
    b"\x01a\x00", b"\x01b\x01", b"\x01c\x02\x7f", b"\x01d\x03\x01\x02",
    b"\x01e\x04\x00\x00\x00\x01",
    b"\x01f\x05\x00\x00\x00\x00\x00\x00\x00\x01", b"\x01g\x06\x00\x03\x00\x01\x02",
    b"\x01h\x08\x00\x00\x01\x8f\x00\x00\x00\x00", b"\x01i\x09" + bytes(16),
)  # fmt: skip


def data_of(event: Any) -> bytes:
    """An event's data, as compact JSON or as it is."""
    data = event[1]
    if isinstance(data, bytes):
        return data
    text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def header(name: str, value: str) -> bytes:
    """A header whose value is a string."""
    key, text = name.encode(), value.encode()
    return bytes([len(key)]) + key + b"\x07" + len(text).to_bytes(2, "big") + text


def message(payload: bytes, headers: bytes = b"") -> bytes:
    """One AWS event-stream message, with right lengths and checksums."""
    total = 16 + len(headers) + len(payload)
    head = total.to_bytes(4, "big") + len(headers).to_bytes(4, "big")
    head += crc32(head).to_bytes(4, "big") + headers + payload
    return head + crc32(head).to_bytes(4, "big")


def named(name: str, payload: bytes, kind: str = "event", others: bytes = b"") -> bytes:
    """A message as a service sends it."""
    key = {"event": NAME, "exception": ":exception-type"}[kind]
    words = header(key, name) + header(":content-type", "application/json") + others
    return message(payload, words + header(KIND, kind))


def frames(events: Iterable[Any], rng: random.Random | None = None) -> bytes:
    """AWS event-stream frames, now and then with other headers."""
    out = b""
    for event in events:
        more = b"" if rng is None or rng.random() > 0.05 else b"".join(rng.sample(OTHERS, 3))
        out += named(event[0] or "chunk", data_of(event), others=more)
    return out


def lines(events: Iterable[Any], end: bytes = b"\n") -> bytes:
    """A line for each event."""
    return b"".join(data_of(event).replace(b"\n", b" ") + end for event in events)


def array(events: Iterable[Any], comma: bytes = b",\r\n", end: bytes = b"]\n") -> bytes:
    """An array of all events."""
    return b"[" + comma.join(map(data_of, events)) + end


def reframed(rng: random.Random, events: list[Any]) -> bytes:
    """The events in another framing, with its freedoms."""
    kind = rng.randrange(3)
    if kind == 0:
        return frames(events, rng)
    if kind == 1:
        body = lines(events, rng.choice([b"\n", b"\n", b"\r\n", b"\n\n", b" \n"]))
        return rng.choice([body, body, body.rstrip(b"\r\n"), b"\xef\xbb\xbf" + body])
    comma = rng.choice([b",", b",\n", b"\n,\n", b",\r\n", b" , "])
    body = array(events, comma, rng.choice([b"]", b"\n]\n", b"]", b"", b"] x"]))
    return rng.choice([body, body, b"\n" + body, b"\xef\xbb\xbf" + body])
