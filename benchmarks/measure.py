"""Tables of time: a shape, a way of reading it, and everybody who can take it.

Enters: names of shapes, peers, a budget.
Leaves: Table: nanoseconds per event of each row, and whether the row is right.
Must not know: targets, how a table is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from json import loads
from typing import Any

from peers.rows import Peer, Reads

from . import clock, shapes
from .traffic import Traffic

# A sample takes at least so many events, or the clock says little: short streams are
# folded one after the other, each with a seed of its own.
SAMPLE = 2000

# Before a stream is timed, another one of so many events is folded: see clock.rounds.
WARMING = 60


@dataclass
class Table:
    """What was measured for one shape."""

    section: str
    shape: str
    reads: str
    output: str  # "dict" or "json"; "" where nothing is built
    events: int  # per stream
    size: int  # bytes per stream
    streams: int  # per sample
    times: dict[str, list[int]] = field(default_factory=dict)
    correct: dict[str, bool] = field(default_factory=dict)
    claims: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)  # rows that raised, and what

    @property
    def key(self) -> str:
        """How targets and the picture find it."""
        return "/".join(filter(None, (self.section, self.shape, self.reads, self.output)))

    def per_event(self, name: str) -> tuple[float, float, float]:
        """Nanoseconds per event: median and quartiles."""
        count = self.events * self.streams
        median, low, high = clock.spread(self.times[name])
        return median / count, low / count, high / count

    def ratio(self, slower: str, faster: str) -> float | None:
        """How many times longer `slower` takes, in the same rounds."""
        if slower not in self.times or faster not in self.times:
            return None
        return clock.ratio(self.times[slower], self.times[faster])

    def beyond(self, name: str, base: str) -> float | None:
        """Nanoseconds per event that `name` takes beyond `base`, in the same rounds."""
        if name not in self.times or base not in self.times:
            return None
        return clock.beyond(self.times[name], self.times[base]) / (self.events * self.streams)

    def as_json(self) -> dict[str, Any]:
        """What results.json keeps of it."""
        rows = {}
        for name in self.times:
            median, low, high = self.per_event(name)
            rows[name] = {
                "ns_per_event": round(median, 2),
                "quartiles": [round(low, 2), round(high, 2)],
                "correct": self.correct[name],
                "claims": self.claims[name],
            }
        return {
            "key": self.key,
            "events": self.events,
            "bytes_per_event": round(self.size / self.events),
            "rounds": max((len(times) for times in self.times.values()), default=0),
            "rows": rows,
            "broken": self.broken,
        }


def streams_of(name: str, events: int | None) -> list[Traffic]:
    """As many streams of a shape as make a sample."""
    first = shapes.build(name, events)
    count = max(1, SAMPLE // len(first.blocks)) if len(first.blocks) < 100 else 1
    return [first, *(shapes.build(name, events, seed) for seed in range(1, count))]


def measure(
    section: str,
    name: str,
    how: str,
    output: str,
    peers: Sequence[Peer],
    budget: clock.Budget,
    events: int | None = None,
    warm: bool = True,
) -> Table:
    """Run everybody who can take the shape, side by side.

    warm: the input alone is cold, not the code that reads it.
    """
    streams = streams_of(name, events)
    first = streams[0]
    pairs = [(stream, stream.reads(how)) for stream in streams]
    size = len(first.data)
    table = Table(section, name, how, output, len(first.blocks), size, len(streams))
    contenders: dict[str, Callable[[], Any]] = {}
    warmers: dict[str, Callable[[], Any]] = {}
    other = shapes.build(name, WARMING, WARMING)
    others = [(other, other.reads(how))]
    for peer in peers:
        run = peer.json if output == "json" else peer.run
        if run is None or not peer.takes(first):
            continue
        mine = [(stream, peer.given(reads)) for stream, reads in pairs]
        try:
            _all(run, mine)
        except Exception as error:
            table.broken[peer.name] = f"{type(error).__name__}: {error}"
            continue
        table.correct[peer.name] = all(checked(peer, *pair, output) for pair in mine)
        table.claims[peer.name] = peer.claims
        contenders[peer.name] = partial(_all, run, mine)
        warmed = [(stream, peer.given(reads)) for stream, reads in others]
        warmers[peer.name] = partial(_all, run, warmed)
    table.times = clock.rounds(contenders, budget, warmers=warmers if warm else None)
    return table


def checked(peer: Peer, stream: Traffic, reads: Reads, output: str) -> bool:
    """Whether the peer is right in what is timed; one that breaks is not."""
    try:
        if output == "json":
            return bool(peer.json and loads(peer.json(stream, reads)) == stream.expected)
        return peer.check(stream, reads)
    except Exception:
        return False


def _all(run: Callable[..., Any], pairs: Sequence[tuple[Traffic, Reads]]) -> None:
    for stream, reads in pairs:
        run(stream, reads)


def chosen(names: Sequence[str], only: Sequence[str]) -> Iterator[str]:
    """Those of `names` that were asked for; all, if nothing was."""
    return (name for name in names if not only or name in only)
