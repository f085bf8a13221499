"""Memory that runs short is a MemoryError, at whichever allocation; never a crash.

Compiled code releases what it holds by hand, on ways that nothing else takes.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
import streamgen
from backends import BACKENDS

SUPPORT = Path(__file__).resolve().parents[1] / "support"
SCRIPT = SUPPORT / "short_memory.py"
SCENARIOS = SUPPORT / "short_scenarios.py"

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
    assert int(done.stdout) > 3  # one of the streams has nothing to take


def scenarios(backend: str, many: int, step: int, least: int) -> None:
    pure = {"SSEFOLD_NO_EXTENSIONS": "1"} if backend == "python" else {}
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", SCENARIOS, str(many), str(step)],
        capture_output=True,
        text=True,
        timeout=3000,
        check=False,
        env={**os.environ, "SSEFOLD_BACKEND": backend, **pure},
    )
    assert done.returncode == 0, done.stderr[-4000:]
    count, missed = map(int, done.stdout.split()[-2:])
    assert count >= 90
    assert missed > least


# Where all of them fail from one on, the interpreter itself goes round in circles, but for C code.
@pytest.mark.parametrize(
    ("backend", "many", "step", "least"),
    [
        pytest.param("c", 1, 1, 2000, marks=pytest.mark.long),
        pytest.param("c", 0, 1, 2000, marks=pytest.mark.long),
        pytest.param("python", 1, 97, 2000, marks=pytest.mark.long),
        ("c", 1, 11, 2000),
        ("c", 0, 11, 2000),
        ("python", 1, 499, 500),
    ],
)
def test_what_fails_leaves_the_state_or_a_fault(
    backend: str, many: int, step: int, least: int
) -> None:
    """Of each public operation; of the pure backend one allocation of many, all in a campaign."""
    scenarios(backend, many, step, least)


@pytest.mark.campaign
def test_what_fails_in_the_pure_backend_always() -> None:
    scenarios("python", 1, 1, 2000)
