"""Memory that runs short is a MemoryError, at whichever allocation; never a crash.

Compiled code releases what it holds by hand, on ways that nothing else takes.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
import streamgen
from backends import BACKENDS

SCRIPT = Path(__file__).with_name("short_memory.py")
SCENARIOS = Path(__file__).with_name("short_scenarios.py")

pytestmark = [
    pytest.mark.skipif("c" not in BACKENDS, reason="the interpreter's own business"),
    pytest.mark.skipif(
        importlib.util.find_spec("_testcapi") is None, reason="an interpreter without _testcapi"
    ),
    # Up to 3.10 the interpreter itself does not bear it.
    pytest.mark.skipif(sys.version_info < (3, 11), reason="a crash of the interpreter"),
]


@pytest.mark.parametrize("dialect", streamgen.DIALECTS)
@pytest.mark.parametrize(
    ("kind", "seed"), [("runs", "17"), ("damaged", "19"), ("odd", "7"), ("all", "11")]
)
def test_a_missed_allocation_is_no_crash(dialect: str, kind: str, seed: str) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", SCRIPT, dialect, kind, seed, "1200"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > 5  # it has run short


@pytest.mark.parametrize("dialect", streamgen.DIALECTS)
@pytest.mark.parametrize("seed", ["3", "7", "11"])
def test_a_missed_allocation_loses_nothing_that_is_to_be_taken(dialect: str, seed: str) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", SCRIPT, dialect, "all", seed, "taken"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > 5


def scenarios(many: int, step: int, *words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", SCENARIOS, str(many), str(step), *words],
        capture_output=True,
        text=True,
        timeout=3000,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    count, missed = map(int, done.stdout.split()[-2:])
    assert count >= (90 if not words else 1)
    assert missed > 0


@pytest.mark.parametrize("many", [1, 0], ids=["one", "all"])
def test_what_fails_leaves_the_state_or_a_fault(many: int) -> None:
    """A few of the operations, and of their allocations: all of them are a campaign."""
    words = ("of words", "by event", "decode plain", "tap", "fold", "replay", "close words")
    scenarios(many, 17, *words)


@pytest.mark.campaign
@pytest.mark.parametrize("many", [1, 0], ids=["one", "all"])
def test_what_fails_leaves_the_state_or_a_fault_always(many: int) -> None:
    scenarios(many, 1)
