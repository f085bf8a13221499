"""python -m benchmarks.report: everything in one run, side by side.

Enters: the command line. Leaves: tables on stdout and, for a whole run, RESULTS.md,
results.json, docs/bench.svg and the README's figures.
Must not know: how a row comes about.

    --quick            shorter: fewer rounds, fewer events for those that take long;
                       writes nothing
    --only text,tools  these shapes alone; writes nothing
    --sections fold    some of: fold, looks, objects, frames, cold, growth, memory, relay;
                       writes nothing
    --peers orjson     rows whose name holds one of these, beside ssefold's and the floor
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module

from peers.rows import FRAME_MAKERS, LENT_MAKERS, LOOK_MAKERS, MAKERS, Peer, installed

from . import clock, shapes
from .measure import Table, chosen, measure
from .show import show_costs, show_table, show_targets
from .targets import Target, targets
from .write import write

EVENT_READS = (
    "text", "text_obfuscation", "tools", "created_changing", "crlf", "anthropic_text",
)  # fmt: skip
JSON_OUTPUT = ("logprobs", "short", "text")
OBJECTS = {"text": 2000, "tools": 500, "anthropic_text": 500}
LOOKED_AT = ("text", "usage_every_chunk", "tools")
COLD = ("text", "tools", "anthropic_text", "short")
SECTIONS = ("fold", "looks", "objects", "frames", "cold", "growth", "memory", "relay")


@dataclass
class Run:
    """One run: what was asked for, what was measured."""

    budget: clock.Budget
    quick: bool
    only: tuple[str, ...]
    sections: tuple[str, ...]
    peers: tuple[str, ...]
    tables: dict[str, Table] = field(default_factory=dict)
    costs: dict[str, tuple[float, str]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    def wanted(self, makers: dict[str, Callable[[], Peer]]) -> list[Peer]:
        """The peers to run, of those that are there."""
        own = ("ssefold", "memchr", "empty", "orjson +")
        if self.peers:
            makers = {
                name: make
                for name, make in makers.items()
                if name.startswith(own) or any(part in name for part in self.peers)
            }
        peers, missing = installed(makers)
        self.missing.update(missing)
        for peer in peers:
            self.versions.update(peer.versions)
        return peers

    def add(
        self,
        place: tuple[str, str, str, str],
        peers: list[Peer],
        events: int | None = None,
        warm: bool = True,
    ) -> None:
        """Measure one table and show it."""
        table = measure(*place, peers, self.budget, events, warm)
        self.tables[table.key] = table
        print(show_table(table), flush=True)


def fold(run: Run) -> None:
    """Each shape in 16 KiB reads, some of them otherwise."""
    peers = [peer for peer in run.wanted(MAKERS) if not peer.slow]
    for name in chosen(shapes.foldable(), run.only):
        run.add(("fold", name, "16 KiB", "dict"), peers)
        if name in EVENT_READS:
            run.add(("fold", name, "event", "dict"), peers)
        if name in JSON_OUTPUT:
            run.add(("fold", name, "16 KiB", "json"), peers)


def looks(run: Run) -> None:
    """A reading after each event, and reads that are no bytes: what each costs beside a feed."""
    lookers, lenders = run.wanted(LOOK_MAKERS), run.wanted(LENT_MAKERS)
    for name in chosen(LOOKED_AT, run.only):
        run.add(("looks", name, "event", ""), lookers)
        for how in ("event", "16 KiB"):
            run.add(("lent", name, how, ""), lenders)


def objects(run: Run) -> None:
    """Beside those that make an object per chunk; fewer events, they take long."""
    peers = [peer for peer in run.wanted(MAKERS) if peer.name != "empty method call"]
    if not any(peer.slow for peer in peers):
        return
    for name in chosen(tuple(OBJECTS), run.only):
        events = OBJECTS[name] // 5 if run.quick else OBJECTS[name]
        run.add(("objects", name, "16 KiB", "dict"), peers, events)


def frames(run: Run) -> None:
    """Framing to events."""
    peers = run.wanted(FRAME_MAKERS)
    for name in chosen(shapes.framed(), run.only):
        for how in ("16 KiB", "event"):
            run.add(("frames", name, how, ""), peers)


def cold(run: Run) -> None:
    """Some shapes with code as cold as the input: the first stream after something else."""
    peers = [peer for peer in run.wanted(MAKERS) if not peer.slow]
    for name in chosen(COLD, run.only):
        run.add(("cold", name, "16 KiB", "dict"), peers, warm=False)


def costs(section: str) -> Callable[[Run], None]:
    """A section that measures costs: growth, memory, relay; of the module of that name."""

    def measure_costs(run: Run) -> None:
        module = import_module(f"benchmarks.{section}")
        print(f"\n## {section}")
        for name, value, note in module.measure(run.quick):
            run.costs[name] = value, note
            print(show_costs(name, value, note), flush=True)

    return measure_costs


RUNS: dict[str, Callable[[Run], None]] = {
    "fold": fold,
    "looks": looks,
    "objects": objects,
    "frames": frames,
    "cold": cold,
    **{name: costs(name) for name in ("growth", "memory", "relay")},
}


def names(text: str) -> tuple[str, ...]:
    """A comma-separated argument."""
    return tuple(part for part in text.split(",") if part)


def arguments(argv: list[str]) -> Run:
    """What was asked for."""
    parser = argparse.ArgumentParser("python -m benchmarks.report", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", type=names, default=(), metavar="SHAPE,…")
    parser.add_argument("--sections", type=names, default=(), metavar="SECTION,…")
    parser.add_argument("--peers", type=names, default=(), metavar="NAME,…")
    given = parser.parse_args(argv)
    for name in given.only:
        if name not in shapes.SHAPES:
            parser.error(f"no shape {name!r}; there are: {', '.join(shapes.SHAPES)}")
    for name in given.sections:
        if name not in SECTIONS:
            parser.error(f"no section {name!r}; there are: {', '.join(SECTIONS)}")
    timed = ("fold", "looks", "objects", "frames", "cold")
    sections = given.sections or (timed if given.only else SECTIONS)
    budget = clock.QUICK if given.quick else clock.Budget()
    return Run(budget, given.quick, given.only, sections, given.peers)


def judged(run: Run) -> Iterator[Target]:
    """The promises that this run can say something about; a whole run: all."""
    whole = not run.only and run.sections == SECTIONS
    return (t for t in targets(run.tables, run.costs) if whole or t.measured is not None)


def main(argv: list[str]) -> int:
    """Measure, show, and write if everything was measured."""
    run = arguments(argv)
    core = clock.pin()
    # Everything is imported before the first table, so that none is measured in a
    # smaller process than the next.
    for makers in (MAKERS, FRAME_MAKERS, LOOK_MAKERS, LENT_MAKERS):
        installed(makers)
    clock.settle()
    for section in run.sections:
        RUNS[section](run)
    found = list(judged(run))
    print(show_targets(found))
    for name, reason in run.missing.items():
        print(f"missing: {name}: {reason}")
    if not (run.quick or run.only or run.peers) and run.sections == SECTIONS:
        write(run.tables, run.costs, run.missing, run.versions, found, core)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
