"""Which backend runs: the environment, what is installed, and what must never happen quietly."""

from __future__ import annotations

import importlib
import inspect
import os
import re
import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest
from backends import wanted

import ssefold
from ssefold.limits import Limits

PACKAGE = Path(ssefold.__file__).resolve().parent
COMPILED = "c" in wanted()

needs_extension = pytest.mark.skipif(not COMPILED, reason="built without the extension")

# What a program sees of the backend: its name, and where the classes come from.
SHOW = """
import sys, ssefold
answer = ssefold.fold(b'data: {"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]}\\n\\n')
assert answer["choices"][0]["message"]["content"] == "x"
(event,) = ssefold.SSEDecoder().feed(b"data: y\\n\\n")
assert type(event) is ssefold.ServerSentEvent and event.data == "y"
ours = [name for name in sys.modules if name.startswith(("ssefold._c.", "ssefold._py."))]
loaded = sorted({name.split(".")[1] for name in ours})
print(ssefold.backend, *loaded)
"""


def python(
    code: str, backend: str | None = None, path: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `code` in a new interpreter, with the package that `path` holds."""
    environment = {key: value for key, value in os.environ.items() if key != "SSEFOLD_BACKEND"}
    environment["PYTHONPATH"] = str(path or PACKAGE.parent)
    if backend is not None:
        environment["SSEFOLD_BACKEND"] = backend
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        cwd=path,
        timeout=60,
        check=False,
    )


def shown(backend: str | None = None, path: Path | None = None, before: str = "") -> str:
    done = python(before + SHOW, backend, path)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1
    return done.stderr.strip().splitlines()[-1]


def compiled(suffix: str) -> list[Path]:
    """The modules of the compiled backend."""
    return sorted((PACKAGE / "_c").rglob(f"*{suffix}"))


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The package without its extensions; the folder to put on the path."""
    suffixes = {f"*{suffix}" for suffix in (".so", ".pyd", *EXTENSION_SUFFIXES)}
    shutil.copytree(
        PACKAGE, tmp_path / "ssefold", ignore=shutil.ignore_patterns(*suffixes, "__pycache__")
    )
    return tmp_path


# -- the backend that runs here -------------------------------------------------------------------


def test_the_name() -> None:
    assert ssefold.backend in ("c", "python")
    chosen = os.environ.get("SSEFOLD_BACKEND") or ("c" if COMPILED else "python")
    assert ssefold.backend == chosen
    package = {"c": "ssefold._c", "python": "ssefold._py"}[ssefold.backend]
    assert ssefold.SSEDecoder.__module__.startswith(package)
    core = importlib.import_module(f"{package}.core")
    assert issubclass(ssefold.StreamAccumulator, core.FoldCore)


def test_both_are_called_the_same() -> None:
    """Whoever prints or documents a class must not see the backend in its name."""
    assert ssefold.StreamAccumulator.__qualname__ == "StreamAccumulator"
    assert ssefold.SSEDecoder.__qualname__ == "SSEDecoder"
    assert ssefold.ServerSentEvent.__qualname__ == "ServerSentEvent"
    for name in ("feed", "close", "reset", "snapshot", "result", "take_text"):
        assert getattr(ssefold.StreamAccumulator, name).__doc__


@needs_extension
@pytest.mark.parametrize(("module", "name"), [("core", "FoldCore"), ("decoder", "SSEDecoder")])
def test_twins_look_alike(module: str, name: str) -> None:
    """The same public names, and the same words about them."""
    compiled, pure = (
        getattr(importlib.import_module(f"ssefold.{package}.{module}"), name)
        for package in ("_c", "_py")
    )
    public = [{name for name in dir(twin) if not name.startswith("_")} for twin in (compiled, pure)]
    assert public[0] == public[1]
    for attribute in public[0]:
        if attribute in ("bytes", "tap_error"):
            continue  # slots in the pure core
        words = inspect.getdoc(getattr(compiled, attribute)) or ""
        words = re.sub(rf"^{attribute}\([^\n]*\n*", "", words)  # the signature stands before
        assert words == inspect.getdoc(getattr(pure, attribute))
        assert words


# -- the environment ------------------------------------------------------------------------------


@needs_extension
def test_the_compiled_one_runs_where_it_is_installed() -> None:
    assert shown() == "c _c"
    assert shown("") == "c _c"
    assert shown("c") == "c _c"


def test_the_pure_one_on_request() -> None:
    assert shown("python") == "python _py"


@pytest.mark.parametrize("junk", ["C", "cython", "python3", " c", "0"])
def test_junk_is_refused(junk: str) -> None:
    assert last_line(python("import ssefold", junk)) == (
        f"ImportError: SSEFOLD_BACKEND must be 'c' or 'python', not {junk!r}"
    )


# -- what is installed ----------------------------------------------------------------------------


def test_without_the_extension_the_pure_one_runs(copied: Path) -> None:
    assert shown(path=copied) == "python _py"
    assert shown("python", copied) == "python _py"


def test_asked_for_the_extension_that_is_not_there(copied: Path) -> None:
    said = last_line(python("import ssefold", "c", copied))
    assert said.startswith("ImportError: SSEFOLD_BACKEND=c, but ssefold was installed without")
    assert "reinstall it with a C compiler" in said
    assert "unset the variable" in said


@pytest.mark.parametrize("backend", [None, "c"])
@pytest.mark.parametrize("broken", ["core", "decoder", "framing", "engine/stream", "engine/events"])
def test_a_broken_extension_raises(copied: Path, broken: str, backend: str | None) -> None:
    """A slow service would be all that anybody saw of a silent fallback."""
    if broken != "core" and not COMPILED:
        pytest.skip("built without the extension")
    suffix = EXTENSION_SUFFIXES[0]
    for path in compiled(suffix):
        shutil.copy(path, copied / "ssefold" / path.relative_to(PACKAGE))
    broken_one = copied.joinpath("ssefold", "_c", f"{broken}{suffix}")
    broken_one.write_bytes(b"\x7fELF and then rubbish")
    done = python("import ssefold", backend, copied)
    assert last_line(done).startswith("ImportError")
    assert broken.rpartition("/")[2] in done.stderr
    assert shown("python", copied) == "python _py"  # the way out, and it is said to be one


@needs_extension
@pytest.mark.parametrize(
    "missing", ["decoder", "framing", "engine/stream", "text", "engine/events"]
)
def test_half_an_extension_raises(copied: Path, missing: str) -> None:
    """A broken installation: the core is there, and what it stands on is not."""
    suffix = EXTENSION_SUFFIXES[0]
    for path in compiled(suffix):
        if path != PACKAGE / "_c" / f"{missing}{suffix}":
            shutil.copy(path, copied / "ssefold" / path.relative_to(PACKAGE))
    done = python("import ssefold", None, copied)
    assert f"ssefold._c.{missing.replace('/', '.')}" in last_line(done)


@needs_extension
def test_an_extension_that_fails_to_start_raises() -> None:
    """What goes wrong within it is not taken for its absence."""
    blocker = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name == "ssefold._c.engine.stream":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Blocker())
"""
    done = python(blocker + "import ssefold")
    assert "ssefold._c.engine.stream" in last_line(done)


@needs_extension
def test_an_extension_without_core_counts_as_absent(copied: Path) -> None:
    suffix = EXTENSION_SUFFIXES[0]
    shutil.copy(PACKAGE / "_c" / f"text{suffix}", copied / "ssefold" / "_c")
    assert shown(path=copied) == "python _py"


@needs_extension
def test_pickles_pass_from_one_backend_to_the_other() -> None:
    """A worker may run without the extension."""
    dump = """
import pickle, ssefold
acc = ssefold.StreamAccumulator()
acc.feed(b'data: {"choices":[{"delta":{"content":5}}]}\\n\\ndata: {broken\\n\\n')
acc.close()
try:
    acc.result()
except ssefold.StreamError as error:
    (event,) = ssefold.SSEDecoder().feed(b"id: 7\\ndata: y\\n\\n")
    print(pickle.dumps([error, acc.faults, acc.anomalies, event, ssefold.Limits()]).hex())
"""
    load = """
import pickle, ssefold
error, faults, anomalies, event, limits = pickle.loads(bytes.fromhex({data!r}))
assert type(event) is ssefold.ServerSentEvent
print(repr(error), vars(error), faults, anomalies, event, limits)
"""
    said = set()
    for one, other in (("c", "python"), ("python", "c")):
        dumped = python(dump, one)
        assert dumped.returncode == 0, dumped.stderr
        loaded = python(load.format(data=dumped.stdout.strip()), other)
        assert loaded.returncode == 0, loaded.stderr
        said.add(loaded.stdout)
    assert len(said) == 1


# -- what an import costs -------------------------------------------------------------------------


@pytest.mark.parametrize("backend", wanted())
def test_importing_is_light(backend: str) -> None:
    """No client library, no asyncio, no network."""
    done = python("import sys, ssefold; print(*sys.modules)", backend)
    loaded = set(done.stdout.split())
    heavy = {"asyncio", "ssl", "socket", "http.client", "httpx", "aiohttp", "openai", "rich"}
    assert not loaded & (heavy | {"logging", "argparse", "subprocess", "unittest"})


def test_limits_are_one_class() -> None:
    assert ssefold.Limits is Limits
