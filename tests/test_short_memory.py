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
