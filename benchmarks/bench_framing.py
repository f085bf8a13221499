"""Framing, row by row, through pytest-benchmark: make bench."""

from __future__ import annotations

from typing import Any

import pytest
from peers.rows import FRAME_MAKERS, Peer, installed

from benchmarks import shapes
from benchmarks.bench_fold import run

pytestmark = pytest.mark.filterwarnings("ignore")  # those of the peers

PEERS, _ = installed(FRAME_MAKERS)


@pytest.mark.parametrize("how", ["16 KiB", "event"])
@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
@pytest.mark.parametrize("name", shapes.framed())
def test_frames(benchmark: Any, name: str, peer: Peer, how: str) -> None:
    run(benchmark, name, peer, how, 1000, "frames")
