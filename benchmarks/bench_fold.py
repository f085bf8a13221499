"""Folding, row by row, through pytest-benchmark: make bench.

One group per shape and way of reading. `extra_info` says whether a row is right, as
far as it claims.
"""

from __future__ import annotations

from typing import Any

import pytest
from peers.rows import MAKERS, Peer, installed

from benchmarks import shapes
from benchmarks.measure import checked
from benchmarks.report import EVENT_READS, JSON_OUTPUT

pytestmark = pytest.mark.filterwarnings("ignore")  # those of the peers

PEERS, _ = installed(MAKERS)
FAST = [peer for peer in PEERS if not peer.slow]
OBJECTS = {"text": 400, "tools": 200, "anthropic_text": 200}


def cases(names: Any, peers: list[Peer]) -> list[Any]:
    """Each shape with each peer that takes its dialect."""
    return [
        pytest.param(name, peer, id=f"{name}-{peer.name}")
        for name in names
        for peer in peers
        if not peer.dialects or shapes.SHAPES[name].dialect in peer.dialects
    ]


def run(
    benchmark: Any, name: str, peer: Peer, how: str, events: int, group: str = "fold",
    to_json: bool = False,
) -> None:  # fmt: skip
    """One row; of a shape that is short by nature no more than it has."""
    traffic = shapes.build(name, min(events, shapes.SHAPES[name].events))
    reads = traffic.reads(how)
    benchmark.group = f"{group}: {name}, {how}, {len(traffic.blocks)} events"
    correct = checked(peer, traffic, reads, "json" if to_json else "dict")
    benchmark.extra_info.update(correct=correct, claims=peer.claims)
    if not correct:
        benchmark.name += " WRONG"  # the table on the terminal shows no extra_info
    timed = peer.json if to_json else peer.run
    benchmark.pedantic(timed, (traffic, reads), rounds=9, warmup_rounds=1)
    if peer.name.startswith("ssefold"):
        assert correct


@pytest.mark.parametrize(("name", "peer"), cases(shapes.foldable(), FAST))
def test_fold(benchmark: Any, name: str, peer: Peer) -> None:
    run(benchmark, name, peer, "16 KiB", 1000)


@pytest.mark.parametrize(("name", "peer"), cases(EVENT_READS, FAST))
def test_fold_event_reads(benchmark: Any, name: str, peer: Peer) -> None:
    run(benchmark, name, peer, "event", 1000)


@pytest.mark.parametrize(("name", "peer"), cases(JSON_OUTPUT, [p for p in FAST if p.json]))
def test_fold_to_json(benchmark: Any, name: str, peer: Peer) -> None:
    run(benchmark, name, peer, "16 KiB", 1000, "fold to JSON", to_json=True)


@pytest.mark.parametrize(("name", "peer"), cases(OBJECTS, PEERS))
def test_objects(benchmark: Any, name: str, peer: Peer) -> None:
    run(benchmark, name, peer, "16 KiB", OBJECTS[name], "objects")
