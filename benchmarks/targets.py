"""What was promised, beside what was measured.

Enters: the tables and costs of a run.
Leaves: a line per promise: measured, bound, met or not, or not measured.
Must not know: how it was measured, how it is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .measure import Table

C, PYTHON, HAND = "ssefold (c)", "ssefold (python)", "orjson + hand merge"
MEMCHR, EMPTY = "memchr newline search", "empty method call"
HTTPX, OPENAI = "httpx-sse + orjson + hand merge", "openai, stream state"

# Kinds of traffic that change from chunk to chunk in one way, and must not be slow for it.
SHAPES = (
    "tools", "parallel_tools", "n4", "usage_every_chunk", "created_changing", "timings",
    "reasoning", "escapes", "non_ascii", "crlf", "completions", "anthropic_text",
    "anthropic_thinking_tool", "responses", "gemini",
)  # fmt: skip
TEXTS = ("text", "text_obfuscation")
HARD = ("ever_new", "n10", "n100")


# A reading after each event: nanoseconds, those of the feed included; and of the reading alone.
LOOKS = (
    ("text", "take_text", 150), ("text", "take", 250), ("text", "deltas", 250),
    ("text", "usage", 350), ("usage_every_chunk", "usage", 350),
)  # fmt: skip
LOOKS_ALONE = (("text", "finish_reason", 100), ("text", "status", 100))


@dataclass(frozen=True)
class Target:
    """One promise."""

    what: str
    bound: float
    at_most: bool
    measured: float | None
    unit: str = "×"

    @property
    def met(self) -> bool | None:
        """None: not measured."""
        if self.measured is None:
            return None
        return self.measured <= self.bound if self.at_most else self.measured >= self.bound

    def as_json(self) -> dict[str, Any]:
        """What results.json keeps of it."""
        return {
            "what": self.what,
            "bound": f"{'≤' if self.at_most else '≥'} {self.bound:g} {self.unit}",
            "measured": None if self.measured is None else float(f"{self.measured:.4g}"),
            "met": self.met,
        }


Costs = Mapping[str, "tuple[float, str]"]  # name -> figure, note
Ratio = Callable[[str, str, str], "float | None"]


def targets(tables: Mapping[str, Table], costs: Costs) -> list[Target]:
    """Every promise, in the order of their table."""

    def ratio(key: str, slower: str, faster: str) -> float | None:
        table = tables.get(key)
        return None if table is None else table.ratio(slower, faster)

    return [
        *_text(ratio),
        *_event_reads(ratio),
        *_looks(tables),
        *_lent(ratio),
        *_shapes(ratio),
        *_frames(tables),
        *_pure(ratio),
        *_costs(costs),
    ]


def _text(ratio: Ratio) -> Iterator[Target]:
    for shape in TEXTS:
        key = f"fold/{shape}/16 KiB/dict"
        yield Target(f"{shape}, 16 KiB reads: time of memchr", 2, True, ratio(key, C, MEMCHR))
        yield Target(f"{shape}, 16 KiB reads: faster than {HAND}", 50, False, ratio(key, HAND, C))
    key = "objects/text/16 KiB/dict"
    what = "text: faster than the openai SDK's stream state"
    yield Target(what, 1000, False, ratio(key, OPENAI, C))


def _event_reads(ratio: Ratio) -> Iterator[Target]:
    for shape in TEXTS:
        key = f"fold/{shape}/event/dict"
        what = f"{shape}, one event per read"
        yield Target(f"{what}: time of an empty call", 3, True, ratio(key, C, EMPTY))
        yield Target(f"{what}: faster than {HAND}", 20, False, ratio(key, HAND, C))


def _looks(tables: Mapping[str, Table]) -> Iterator[Target]:
    for shape, name, bound in LOOKS:
        table, row = tables.get(f"looks/{shape}/event"), f"{C}, {name}"
        measured = table.per_event(row)[0] if table and row in table.times else None
        yield Target(f"{shape}, one event per read: feed and {name}", bound, True, measured, "ns")
    for shape, name, bound in LOOKS_ALONE:
        table = tables.get(f"looks/{shape}/event")
        measured = table.beyond(f"{C}, {name}", C) if table else None
        yield Target(f"{shape}, one event per read: {name} alone", bound, True, measured, "ns")


def _lent(ratio: Ratio) -> Iterator[Target]:
    for how, reads in (("event", "one event per read"), ("16 KiB", "16 KiB reads")):
        for lent in ("bytearray", "memoryview"):
            measured = ratio(f"lent/text/{how}", f"{C}, {lent}", C)
            yield Target(f"text, {reads}: {lent}, time of bytes", 1.1, True, measured)


def _shapes(ratio: Ratio) -> Iterator[Target]:
    for shape in SHAPES:
        measured = ratio(f"fold/{shape}/16 KiB/dict", HAND, C)
        yield Target(f"{shape}: faster than {HAND}", 20, False, measured)
    for output, bound in (("json", 10), ("dict", 1.5)):
        measured = ratio(f"fold/logprobs/16 KiB/{output}", HAND, C)
        yield Target(f"logprobs, to {output}: faster than {HAND}", bound, False, measured)
    measured = ratio("fold/short/16 KiB/json", HAND, C)
    yield Target(f"short, 20 chunks to JSON: faster than {HAND}", 3, False, measured)
    for shape in HARD:
        measured = ratio(f"fold/{shape}/16 KiB/dict", HAND, C)
        yield Target(f"{shape}: never slower than {HAND}", 1, False, measured)


def _frames(tables: Mapping[str, Table]) -> Iterator[Target]:
    for shape in ("frames", "frames_named", "frames_lines"):
        for how in ("16 KiB", "event"):
            table = tables.get(f"frames/{shape}/{how}")
            fastest = table and fastest_peer(table)
            who = f" ({fastest})" if fastest else ""
            measured = table.ratio(fastest, C) if table and fastest else None
            what = f"{shape}, {how}: faster than the fastest right Python peer{who}"
            yield Target(what, 6, False, measured)
            if shape == "frames":
                slower = table.ratio(PYTHON, "httpx-sse") if table else None
                yield Target(f"{shape}, {how}: pure backend, time of httpx-sse", 1, True, slower)


def fastest_peer(table: Table) -> str | None:
    """The fastest row of a package (not a split by hand) whose events are all right."""
    right = [
        name
        for name in table.times
        if table.correct[name] and not name.startswith(("ssefold", "split"))
    ]
    return min(right, key=lambda name: table.per_event(name)[0], default=None)


def _pure(ratio: Ratio) -> Iterator[Target]:
    for shape in ("text", "tools", "anthropic_text"):
        measured = ratio(f"fold/{shape}/16 KiB/dict", PYTHON, HTTPX)
        yield Target(f"{shape}: pure backend, time of {HTTPX}", 1, True, measured)


def _costs(costs: Costs) -> Iterator[Target]:
    """Growth, memory and the relay; those that this run measured."""
    for name, (measured, _) in costs.items():
        kind, _, what = name.partition(": ")
        if kind == "growth":
            yield Target(f"growth, {what}: 10 × the events, time", 10.5, True, measured)
        elif kind == "memory" and not name.endswith("(python)"):
            yield Target(f"memory, {what}: of what is allowed", 1, True, measured)
        elif kind == "relay":
            yield Target(f"relay, {what}: CPU more than bare", 1, True, measured, "%")
