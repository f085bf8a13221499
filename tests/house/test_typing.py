"""The package and its promises to type checkers (typing/examples.py) under mypy --strict."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(find_spec("mypy") is None, reason="mypy is not installed")
def test_mypy_is_content(pytestconfig: pytest.Config) -> None:
    cache = pytestconfig.cache.mkdir("mypy") if pytestconfig.cache else Path(os.devnull)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--cache-dir",
            str(cache),
            "--python-version",
            f"{sys.version_info[0]}.{sys.version_info[1]}",
            "src/ssefold",
            "tests/house/typing",
        ],
        cwd=ROOT,
        env={**os.environ, "MYPYPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_package_is_typed() -> None:
    import ssefold

    assert (Path(ssefold.__file__).parent / "py.typed").is_file()
    # The compiled modules have no stubs that could differ: checkers see the pure ones.
    assert not list((ROOT / "src").rglob("*.pyi"))
