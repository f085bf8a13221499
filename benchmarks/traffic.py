"""What a shape is made of: a stream's blocks, and what they have to add up to.

Enters: a name, a number of events, a seed.
Leaves: Traffic: the bytes in reads of any size, and the expected result.
Must not know: who folds it. The expected result is written down by whoever writes
the stream, never computed by a merge.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Payload = Json | str  # a JSON value to be encoded, or text as it stands

READ = 16 * 1024


@dataclass(frozen=True)
class Traffic:
    """One stream: blocks (a frame each, blank line included) and what they mean."""

    name: str
    dialect: str  # "" for streams that are only framed
    blocks: tuple[bytes, ...]
    expected: Any  # the answer; for framing a list of (event, data, id)
    table: Json | None = None  # of a dialect that the package does not know

    @property
    def options(self) -> Json:
        """What an accumulator has to be told."""
        return {} if self.table is None else {"dialect": self.table}

    @property
    def data(self) -> bytes:
        """The whole stream."""
        return b"".join(self.blocks)

    def reads(self, how: str = "16 KiB") -> list[bytes]:
        """The stream as a caller gets it: "16 KiB", "event" (one per read) or "byte".

        Fresh objects at each call, so that nobody inherits another one's warm cache.
        """
        if how == "event":
            return [bytes(bytearray(block)) for block in self.blocks]
        return cut(self.data, {"16 KiB": READ, "1 KiB": 1024, "byte": 1}[how])


def cut(data: bytes, size: int) -> list[bytes]:
    """`data` in pieces of `size` bytes."""
    return [data[i : i + size] for i in range(0, len(data), size)]


@dataclass(frozen=True)
class Shape:
    """A kind of traffic: `write(rng, events)` gives exactly `events` blocks."""

    name: str
    dialect: str
    about: str
    write: Callable[[random.Random, int], tuple[list[bytes], Any]]
    events: int  # as many as the report takes
    least: int  # as few as the shape can have
    table: Json | None = None

    def build(self, events: int | None = None, seed: int = 0) -> Traffic:
        """The traffic with that many events; the same for the same seed."""
        count = max(self.events if events is None else events, self.least)
        rng = random.Random(f"{self.name}:{seed}")
        blocks, expected = self.write(rng, count)
        if len(blocks) != count:
            raise AssertionError(f"{self.name}: {len(blocks)} blocks instead of {count}")
        return Traffic(self.name, self.dialect, tuple(blocks), expected, self.table)


@dataclass
class Book:
    """The shapes of one module, in the order in which they are written."""

    shapes: list[Shape] = field(default_factory=list)

    def shape(
        self, dialect: str, events: int = 4000, least: int = 16, table: Json | None = None
    ) -> Callable[[Callable[[random.Random, int], tuple[list[bytes], Any]]], Any]:
        """Enter a function; its name is the shape's, its docstring says what it is."""

        def enter(write: Callable[[random.Random, int], tuple[list[bytes], Any]]) -> Any:
            name, about = write.__name__, (write.__doc__ or "").strip()
            self.shapes.append(Shape(name, dialect, about, write, events, least, table))
            return write

        return enter


def block(payload: Payload, event: str = "", eol: str = "\n", ascii_only: bool = False) -> bytes:
    """One frame: `event:` where the dialect names it, `data:`, a blank line."""
    if not isinstance(payload, str):
        payload = json.dumps(payload, separators=(",", ":"), ensure_ascii=ascii_only)
    head = f"event: {event}{eol}" if event else ""
    return f"{head}data: {payload}{eol}{eol}".encode()


WORDS = (
    " the", " of", " a", " stream", " is", " that", "Hel", "lo", " world", ",", ".", " and",
    " token", "s", " it", " which", " never", " comes", "ing", " gate", "way", " 12", "7", " un",
    "folded", " bytes", " answer", "—", " “", "”", " naïve",
)  # fmt: skip
ESCAPED = ("\n", "\n\n", ' "', '",', "\\n", "\t", "{\"a\":", "\\", " é", " 😀", "\x08", "/")
WIDE = ("你", "好", "，", "世界", "これは", "тест", " é", "😀", "한국어", "流", "的", "数据")
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def words(rng: random.Random, count: int) -> list[str]:
    """Fragments as a model's tokens come: mostly plain, now and then a line break."""
    return [rng.choice(WORDS) if rng.random() < 0.96 else rng.choice("\n\"") for _ in range(count)]


def argument_pieces(rng: random.Random, count: int) -> list[str]:
    """A tool's arguments, one JSON text, cut into exactly `count` fragments."""
    lengths = [rng.randint(2, 7) for _ in range(count)]
    total = max(sum(lengths), 32)
    lengths[-1] += total - sum(lengths)
    text = _arguments(rng, total)
    ends = list(_running(lengths))
    return [text[end - length : end] for length, end in zip(lengths, ends, strict=True)]


def _arguments(rng: random.Random, size: int) -> str:
    """A JSON object of exactly `size` characters, half of whose fragments have quotes."""
    text = '{"paths":['
    while size - len(text) > 24:
        text += '"' + "".join(rng.choices(LETTERS, k=rng.randint(2, 9))) + '",'
    fill = size - len(text) - 4
    return text + '"' + "x" * fill + '"]}'


def _running(lengths: Iterable[int]) -> Iterator[int]:
    total = 0
    for length in lengths:
        total += length
        yield total


def letters(rng: random.Random, size: int) -> str:
    """Random letters and digits: ids, padding, signatures."""
    return "".join(rng.choices(LETTERS, k=size))
