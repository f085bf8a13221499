"""The compiled floor (_floor.pyx): built beside nothing, into build/, when it is missing.

Enters: nothing. Leaves: two rows, of `newlines(chunk)` and `Nothing().feed(chunk)`; `compiled`
says which they are: without Cython or a compiler both are what Python has in C.
Must not know: what is compared with them.

python -m benchmarks.floor builds it and says where it stands.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tempfile
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from peers.rows import Peer, Reads

from .traffic import Traffic

HERE = Path(__file__).parent
SOURCE = HERE / "_floor.pyx"
PRODUCTS = HERE.parent / "build" / "benchmarks"
SUFFIX: str = sysconfig.get_config_var("EXT_SUFFIX") or ".so"
PRODUCT = PRODUCTS / f"_floor{SUFFIX}"

BUILD = """
import sys
from setuptools import Extension, setup
from Cython.Build import cythonize
source, lib, temp = sys.argv[1:]
extension = Extension("_floor", [source], extra_compile_args=["-O3"])
if sys.platform == "win32":
    extension.extra_compile_args = []
setup(
    name="floor",
    script_args=["-q", "build_ext", "--build-lib", lib, "--build-temp", temp],
    ext_modules=cythonize([extension], build_dir=temp, quiet=True),
)
"""


class Fallback:
    """What stands in where nothing could be compiled."""

    compiled = False

    @staticmethod
    def newlines(chunk: bytes) -> int:
        """How many newlines there are, as CPython counts them."""
        return chunk.count(b"\n")

    class Nothing:
        """A built-in method that takes an object and does next to nothing."""

        def __init__(self) -> None:
            self.feed = {}.get  # type: ignore[var-annotated]


def build() -> None:
    """Compile the floor; raises CalledProcessError where that is not possible."""
    PRODUCTS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temp:
        command = [sys.executable, "-c", BUILD, str(SOURCE), str(PRODUCTS), temp]
        subprocess.run(command, check=True, capture_output=True, text=True, cwd=temp)


def load(may_build: bool = True) -> Any:
    """The floor: compiled where it is there or can be built, else the fallback."""
    stale = not PRODUCT.exists() or PRODUCT.stat().st_mtime < SOURCE.stat().st_mtime
    if stale and may_build:
        try:
            build()
        except (OSError, subprocess.CalledProcessError):
            return Fallback
    if not PRODUCT.exists():
        return Fallback
    return _import()


def _import() -> ModuleType:
    spec = spec_from_file_location(
        "_floor", PRODUCT, loader=ExtensionFileLoader("_floor", str(PRODUCT))
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{PRODUCT} cannot be loaded")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    module.compiled = True  # type: ignore[attr-defined]
    return module


if __name__ == "__main__":
    build()
    print(PRODUCT)


# -- as rows -------------------------------------------------------------------------------


def memchr() -> Peer:
    """memchr's newline search over the same reads."""
    newlines = load().newlines

    def run(traffic: Traffic, reads: Reads) -> int:
        count = 0
        for chunk in reads:
            count += newlines(chunk)
        return count

    def check(traffic: Traffic, reads: Reads) -> bool:
        return run(traffic, reads) == traffic.data.count(b"\n")

    return Peer("memchr newline search", "floor", run, check, "the number of newlines")


def empty_call() -> Peer:
    """A method call per read that does nothing."""
    Nothing = load().Nothing

    def run(traffic: Traffic, reads: Reads) -> None:
        feed = Nothing().feed
        for chunk in reads:
            feed(chunk)

    return Peer("empty method call", "floor", run, lambda traffic, reads: True, "nothing")
