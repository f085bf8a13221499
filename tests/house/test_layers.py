"""The architecture, checked on the sources: who may import whom, and what a file looks like.

LAYERS, ENGINE and COMPILED are the architecture as data. A new module has to be placed in
them before these tests pass.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "ssefold"


class Layer(NamedTuple):
    """Modules (`x.*`: all in that folder), and the layers whose modules they may import."""

    modules: tuple[str, ...]
    sees: tuple[str, ...]


# Written once for both backends, in engine/ from the bottom up: each may import those before it,
# by relative imports, which mean the compiled twin once the importer is compiled.
ENGINE = (
    "framing_base", "framing_lines", "framing_elements", "framing_binary", "framing_sniff",
    "jsonvalue", "partial", "plan", "rows", "table", "log", "wiretext", "blockdata",
    "lookup_blocks", "lookup_calls", "state", "lookup_hints", "taking", "ledger", "judgement",
    "field_parts", "field_voices", "field_written", "field_candidates", "field_calls",
    "field_unknown", "field_rules",
    "field_merge", "event_order", "event_address", "event_full", "event_starts", "event_items",
    "event_verbs", "event_numbers", "event_merge", "detect", "detect_named", "stream_life",
    "stream_failures", "stream_bodies", "stream_bystanders", "stream_strays",
    "stream_undecided", "stream_damage", "stream_frames", "stream", "growth",
)  # fmt: skip

# In engine/ too, and never compiled: shared words, and what checks a table.
SHARED_WORDS = (
    "engine.jsonmarks", "engine.outcomes", "engine.field_spec", "engine.event_spec",
)  # fmt: skip
SHARED = ("outcomes", "jsonmarks", "field_spec", "event_spec", "grammar")

# The way back, from the bottom up: what writes a stream, a module for each dialect.
REPLAY = (
    "check", "frames", "openai_chat", "openai_completions", "openai_responses",
    "anthropic_messages", "google_gemini", "by_table", "writers",
)  # fmt: skip

# From the bottom up; a layer sees what it names, and nothing of its own but where said below.
LAYERS: dict[str, Layer] = {
    "rules": Layer(("rules.*",), sees=()),  # data, and no more
    "words": Layer(
        ("_version", "_unpickle", "errors", "limits", "delta", "engine", *SHARED_WORDS),
        sees=("words",),
    ),
    "input": Layer(("_input",), sees=()),
    "events": Layer(("engine.events",), sees=("words",)),
    "engine": Layer(tuple(f"engine.{name}" for name in ENGINE), sees=("words", "engine")),
    "grammar": Layer(("engine.grammar",), sees=("words", "engine")),
    "options": Layer(("_options",), sees=("words", "engine", "grammar")),
    "pure": Layer(("_py.*",), sees=("words", "input", "events", "engine", "options", "pure")),
    "compiled": Layer(("_c.*",), sees=("words", "input", "options", "compiled")),
    "door": Layer(("_backend",), sees=("words", "pure", "compiled", "events")),
    "taking": Layer(("_taking",), sees=("words", "engine")),
    "accumulator": Layer(("_accumulator",), sees=("words", "engine", "door", "taking")),
    "relay": Layer(("_relay",), sees=("words", "input", "accumulator")),
    "replay": Layer(("_replay.*",), sees=("words", "engine", "options", "accumulator", "replay")),
    "api": Layer(("",), sees=("words", "door", "accumulator", "relay", "replay")),
    "adapters": Layer(("adapters.*",), sees=("api", "adapters")),
    "bytes": Layer(("cli", "cli.excerpt", "cli.unpack"), sees=()),
    "terminal": Layer(("cli.terminal",), sees=("bytes",)),
    "cli": Layer(("cli.main",), sees=("api", "terminal", "bytes")),
    "main": Layer(("__main__",), sees=("cli",)),
}

# The one module of the engine that sees the tables; all others are handed a compiled Table.
ALSO = {("engine.detect", "rules"), ("_relay", "_input")}

# The compiled backend from the bottom up, headers and modules alike.
COMPILED = (
    "simd", "bytewalk", "jsonscan", "engine.events", "pieces", "framing", "utf8", "wholeframe",
    "decoder", "carry", "frameends", "lending",
    "jsonread", "jsonbody", "jsonwrite", "jsonnumber", "fast.jsoncompact", "text",
    *(f"engine.{name}" for name in ENGINE), "statewrite", "following", "fast.slots",
    "fast.build", "fast.members", "fast.runs", "fast.templates", "readings", "wired", "core",
)  # fmt: skip

# The pure one.
PURE = (
    "framing", "decoder", "jsonread", "jsonwrite", "text", "following", "fast.build",
    "fast.templates", "readings", "wired", "core",
)  # fmt: skip

# What is not ours and may be imported at all; of the standard library, what adapters and
# the engine do without at import time is up to them.
FOREIGN = {"cpython", "libc", "cython"}
OPTIONAL = {
    "_py.jsonread": {"orjson"},
    "_c.fast.slots": {"orjson"},
    "_c.jsonwrite": {"orjson"},
    "_input": {"typing_extensions"},
    "engine.events": {"cython"},  # to compilers and type checkers alone
}

# Modules with a name that is computed, or that may be absent.
DYNAMIC = {"engine.detect", "cli.terminal", "cli.unpack"}

LONGEST = 700
# The framing is one machine, byte by byte, and does not fall into parts.
LONGER = {"_c/framing.pyx": 730}

# A function is read at one sight.
LONGEST_FUNCTION = 60

# The same word for two things, on either side of the public API.
SEPARATE = {"READ_SIZE"}


# -- reading the sources --------------------------------------------------------------------------


def module_of(path: Path) -> str:
    """`merge`, `_c.core`, `rules.openai_chat`; the package itself is ""."""
    name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    return name.removesuffix("__init__").removesuffix(".")


def sources(*suffixes: str) -> dict[str, Path]:
    return {
        str(path.relative_to(PACKAGE)): path
        for suffix in suffixes
        for path in sorted(PACKAGE.rglob(f"*{suffix}"))
    }


PYTHON = sources(".py")
CYTHON = sources(".pyx", ".pxd")
ALL = {**PYTHON, **CYTHON}


class Import(NamedTuple):
    """One import: the module meant ("ssefold" and dots for ours), the names, where."""

    module: str
    names: tuple[str, ...]
    top: bool


def imports_of(path: Path) -> list[Import]:
    text = path.read_text(encoding="utf-8")
    return list(python_imports(text) if path.suffix == ".py" else cython_imports(text))


def python_imports(text: str) -> Iterator[Import]:
    tree = ast.parse(text)
    late = {
        id(below)
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
        for below in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, (), id(node) not in late)
        elif isinstance(node, ast.ImportFrom):
            names = tuple(alias.name for alias in node.names)
            yield Import("." * node.level + (node.module or ""), names, id(node) not in late)


# `from x cimport (a, b)` and `cimport x`, one or several lines; text in quotes is gone by then.
CIMPORT = re.compile(
    r"^([ \t]*)(?:from[ \t]+(?P<module>[.\w]+)[ \t]+c?import[ \t]+"
    r"(?P<names>\([^)]*\)|[^\n#]*)|c?import[ \t]+(?P<plain>[^\n#]*))",
    re.MULTILINE,
)


def cython_imports(text: str) -> Iterator[Import]:
    text = re.sub(r'"""(?s:.*?)"""|#[^\n]*', "", text)
    for found in CIMPORT.finditer(text):
        top = not found[1]
        if found["module"]:
            names = re.findall(r"(\w+)(?:\s+as\s+\w+)?\s*(?:,|$|\))", found["names"].strip("() \n"))
            yield Import(found["module"], tuple(names), top)
        else:
            for part in found["plain"].split(","):
                yield Import(part.split()[0], (), top)


def ours(path: Path) -> Iterator[tuple[str, bool, bool]]:
    """(module of ours, whether named relatively, whether at import time), for each import."""
    here = module_of(path)
    above = here if path.stem == "__init__" else here.rpartition(".")[0]
    for found in imports_of(path):
        name = found.module
        relative = name.startswith(".")
        if relative:
            bare = name.lstrip(".")
            parents = above.split(".")[: 1 + above.count(".") - (len(name) - len(bare) - 1)]
            name = ".".join(filter(None, ["ssefold", *parents, bare]))
        if name.split(".")[0] != "ssefold":
            continue
        target = name.removeprefix("ssefold").removeprefix(".")
        below = [".".join(filter(None, [target, part])) for part in found.names]
        modules = [part for part in below if part in MODULES] or [target]
        for module in modules:
            yield module, relative, found.top


MODULES = {module_of(path) for path in ALL.values()}


def layer_of(module: str) -> str:
    found = [
        name
        for name, layer in LAYERS.items()
        for pattern in layer.modules
        if pattern == module or (pattern.endswith(".*") and f"{module}.".startswith(pattern[:-1]))
    ]
    assert len(found) == 1, f"module {module!r} stands in {found or 'no layer'}: see LAYERS"
    return found[0]


each_source = pytest.mark.parametrize("path", ALL.values(), ids=ALL)
each_python = pytest.mark.parametrize("path", PYTHON.values(), ids=PYTHON)
each_cython = pytest.mark.parametrize("path", CYTHON.values(), ids=CYTHON)


# -- who imports whom -----------------------------------------------------------------------------


def test_the_parser_sees_imports() -> None:
    """Or all that follows would pass on nothing."""
    text = (
        '"""\nfrom x import y\n"""\nfrom .a cimport (\n    b, # c\n    d as e,\n)\ncimport cython\n'
    )
    text += "from libc.string cimport memchr, memcmp\nfrom ssefold import limits as _limits\n"
    text += "def f():\n    from .late import g\n"
    assert list(cython_imports(text)) == [
        Import(".a", ("b", "d"), True),
        Import("cython", (), True),
        Import("libc.string", ("memchr", "memcmp"), True),
        Import("ssefold", ("limits",), True),
        Import(".late", ("g",), False),
    ]
    core = {module for module, _, _ in ours(PACKAGE / "_c" / "core.pyx")}
    assert {"_c.framing", "_c.engine.stream", "_c.text", "_input", "_options"} <= core
    assert {module for module, _, _ in ours(PACKAGE / "_relay.py")} == {
        "_accumulator", "_input", "delta", "errors",
    }  # fmt: skip
    merge = set(ours(PACKAGE / "engine" / "field_merge.py"))
    assert ("engine.jsonvalue", True, True) in merge
    contract = set(ours(PACKAGE / "_c" / "engine" / "ledger.pxd"))
    assert ("_c.text", True, True) in contract


@each_source
def test_imports_run_downward(path: Path) -> None:
    here = module_of(path)
    layer = layer_of(here)
    for module, _, _ in ours(path):
        below = layer_of(module)
        allowed = below in LAYERS[layer].sees or (here, below) in ALSO
        assert allowed, f"{here} ({layer}) must not import {module or 'ssefold'} ({below})"


def test_layers_see_what_stands_below_them() -> None:
    order = list(LAYERS)
    for name, layer in LAYERS.items():
        for below in layer.sees:
            assert order.index(below) <= order.index(name), f"{name} sees {below} above it"


@pytest.mark.parametrize(
    "order", [ENGINE, COMPILED, PURE, REPLAY], ids=["engine", "compiled", "pure", "replay"]
)
def test_imports_within_run_downward_too(order: tuple[str, ...]) -> None:
    package = {ENGINE: "engine.", COMPILED: "_c.", PURE: "_py.", REPLAY: "_replay."}[order]
    for path in ALL.values():
        here = module_of(path)
        if not here.startswith(package) or here.removeprefix(package) not in order:
            continue
        place = order.index(here.removeprefix(package))
        for module, _, _ in ours(path):
            below = module.removeprefix(package)
            if module.startswith(package) and below in order:
                assert order.index(below) <= place, f"{here} must not import {module}"


@pytest.mark.parametrize("folder", ["engine", "_c", "_py", "_replay"])
def test_every_module_of_a_folder_has_its_place(folder: str) -> None:
    known = {
        "engine": (*ENGINE, *SHARED, "events"), "_c": COMPILED, "_py": PURE, "_replay": REPLAY,
    }[folder]  # fmt: skip
    for path in ALL.values():
        here = module_of(path)
        if here.startswith(f"{folder}.") and path.stem != "__init__":
            assert here.removeprefix(f"{folder}.") in known, f"{here}: see ENGINE, COMPILED, PURE"


def test_the_engine_names_its_twins_relatively_and_nothing_else() -> None:
    """A relative import is compiled with the importer; an absolute one stays shared."""
    for name in ENGINE:
        for module, relative, _ in ours(PACKAGE / "engine" / f"{name}.py"):
            assert relative == (layer_of(module) == "engine"), f"{name} imports {module}"
    for path in CYTHON.values():
        for module, relative, _ in ours(path):
            assert relative == (layer_of(module) == "compiled"), f"{path.name} imports {module}"


def test_rules_are_data() -> None:
    for name, path in PYTHON.items():
        if not name.startswith("rules/"):
            continue
        for found in imports_of(path):
            assert found.module == "__future__", name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not isinstance(node, (ast.Call, ast.FunctionDef, ast.ClassDef, ast.If)), name


@each_python
def test_only_the_door_names_the_backends(path: Path) -> None:
    """Not in a string either."""
    here = module_of(path)
    if layer_of(here) in ("door", "pure", "compiled"):
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not re.search(r"\b_(c|py)\.\w+ *$|ssefold\._(c|py)\b", node.value), here


@pytest.mark.parametrize(
    "folder", ["cli", "__main__.py", "adapters"]
)
def test_what_stands_above_sees_the_public_names(folder: str) -> None:
    """Of the package's own module, and no attribute of it that is not in __all__."""
    public = {*public_names(), "cli"}
    top = PACKAGE / folder
    for path in [top] if top.is_file() else top.rglob("*.py"):
        for found in imports_of(path):
            if found.module == "ssefold":
                assert set(found.names) <= public, path.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "ssefold"
            ):
                assert node.attr in public, f"{path.name} uses ssefold.{node.attr}"


def public_names() -> list[str]:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names: list[str] = ast.literal_eval(node.value)
            return names
    raise AssertionError("no __all__")


def test_the_package_has_names_and_no_logic() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    bound = set()
    for node in tree.body[1:]:
        assert isinstance(node, (ast.ImportFrom, ast.Assign, ast.AnnAssign)), ast.unparse(node)
        if isinstance(node, ast.ImportFrom):
            bound |= {alias.asname or alias.name for alias in node.names}
        else:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            bound.add(ast.unparse(target))
            assert isinstance(node.value, (ast.Attribute, ast.List)), ast.unparse(node)
    names = public_names()
    assert set(names) == bound - {"_backend", "__all__"}
    assert len(names) == len(set(names))


@each_source
def test_nothing_foreign_is_needed(path: Path) -> None:
    """The tap must install everywhere: the standard library, and C's."""
    here = module_of(path)
    for found in imports_of(path):
        root = found.module.split(".")[0]
        if found.module.startswith(".") or root == "ssefold" or root in sys.stdlib_module_names:
            continue
        if path.suffix != ".py" and root in FOREIGN:
            continue
        assert root in OPTIONAL.get(here, ()), f"{here} imports {root}"
        assert not found.top, f"{here} imports {root} at import time"


@each_python
def test_modules_are_named_where_they_are_imported(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if re.search(r"\b(import_module|__import__)\(", text):
        assert module_of(path) in DYNAMIC


def test_no_tower_of_classes() -> None:
    """What needs another's work holds it: an object with a hundred methods hides its halves."""
    known = {}
    for name in (*ENGINE, *SHARED, "events"):
        for node in ast.parse((PACKAGE / "engine" / f"{name}.py").read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef):
                known[node.name] = node
    bases = {name: [ast.unparse(base) for base in node.bases] for name, node in known.items()}
    for name, node in known.items():
        methods = [each for each in node.body if isinstance(each, ast.FunctionDef)]
        assert len(methods) <= 40, name
        assert not any(bases.get(base) for base in bases[name] if base in known), name


# -- what is built --------------------------------------------------------------------------------


def listed(name: str) -> set[str]:
    """A list of setup.py, read without running it."""
    for node in ast.parse((ROOT / "setup.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return set(ast.literal_eval(node.value))
    raise AssertionError(f"no {name} in setup.py")


def stems(folder: str, suffix: str) -> set[str]:
    """The modules below a folder, a dot for each folder between."""
    paths = (path.relative_to(PACKAGE / folder) for path in (PACKAGE / folder).rglob(f"*{suffix}"))
    return {".".join(path.with_suffix("").parts) for path in paths if path.stem != "__init__"}


def test_setup_builds_every_module() -> None:
    once = listed("ENGINE")
    assert once == stems("_c/engine", ".pxd"), "every one of them has a .pxd"
    assert once == {*ENGINE, "events"} == stems("engine", ".py") - {*SHARED}
    assert listed("CYTHON") == stems("_c", ".pyx")


def test_both_backends_have_the_same_modules() -> None:
    assert stems("_py", ".py") <= listed("CYTHON")
    alone = {"fast.slots", "fast.members", "fast.runs", "fast.jsoncompact", "statewrite"}
    assert listed("CYTHON") - stems("_py", ".py") == alone
    assert stems("_c", ".py") == set(), "what is written once stands in engine"


def test_the_top_floor_can_be_seen_at_once() -> None:
    """Whoever opens the folder sees the houses, and few rooms."""
    found = [path.name for path in PACKAGE.iterdir() if path.is_file() and path.suffix != ".so"]
    assert len(found) <= 15, sorted(found)


def test_make_rebuilds_for_every_source() -> None:
    make = shutil.which("make")
    if make is None:
        pytest.skip("no make")
    command = [make, "-s", "--eval", "print-sources: ; @echo $(SOURCES)", "print-sources"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode and "eval" in done.stderr:
        pytest.skip("an old make")
    assert done.returncode == 0, done.stderr
    built = {f"_c/{name.replace('.', '/')}.pyx" for name in listed("CYTHON")}
    built |= {f"engine/{name}.py" for name in listed("ENGINE")}
    built |= {name for name in CYTHON if name.endswith(".pxd")}
    built |= {f"_c/include/{path.name}" for path in (PACKAGE / "_c" / "include").glob("*.h")}
    assert {f"src/ssefold/{name}" for name in built} <= set(done.stdout.split())


# -- what a file looks like -----------------------------------------------------------------------


def docstring_of(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return ast.get_docstring(ast.parse(text)) or ""
    found = re.match(r'(?:#[^\n]*\n)*"""((?s:.*?))"""', text)
    return found[1] if found else ""


@each_source
def test_a_module_says_what_enters_and_leaves(path: Path) -> None:
    said = docstring_of(path)
    assert said.strip(), "a module begins with a docstring"
    is_contract = path.suffix == ".pxd" and path.with_suffix(".pyx").exists()
    is_compiled = path.suffix == ".pxd" and path.parent.name == "engine"
    is_table = path.parent.name == "rules" and path.stem != "__init__"
    if is_contract or is_compiled or is_table or path.stem in ("__main__", "_version"):
        return
    if path.stem == "__init__" and path.parent.name != "rules":
        return
    assert "Enters: " in said
    assert "Leaves: " in said
    assert re.search(r"\b[Mm]ust not know: ", said)


@each_source
def test_length(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    name = path.relative_to(PACKAGE).as_posix()
    assert len(lines) <= LONGER.get(name, LONGEST)
    assert all(len(line) <= 100 for line in lines)


# The first line of a function of Python or Cython; of a class with a base too, but for the word.
FUNCTION = re.compile(
    r" *(?:cdef|cpdef|def|async def)\b(?! (?:class|struct|enum|extern)\b)[^=]*?(\w+)\("
)


def functions(text: str) -> Iterator[tuple[str, int]]:
    """Each outermost function and how many lines it has, its decorators left out."""
    lines = text.splitlines()
    name, begin, indent = "", -1, 0
    for i, line in enumerate([*lines, "end"]):
        if not line.strip():
            continue
        here = len(line) - len(line.lstrip())
        if begin >= 0 and here <= indent and not line.lstrip().startswith((")", "#")):
            yield name, len("\n".join(lines[begin:i]).rstrip().splitlines())
            begin = -1
        found = FUNCTION.match(line)
        if found and begin < 0:
            name, begin, indent = found[1], i, here


def test_the_parser_sees_functions() -> None:
    text = "cdef class K(Base):\n    cdef int f(\n        self,\n    ) except -1:\n        pass\n\n"
    text += "    async def g(self):\n        def h(): pass\n        return h\n\ncdef int x = f(1)\n"
    assert list(functions(text)) == [("f", 4), ("g", 3)]


@each_source
def test_functions_are_short(path: Path) -> None:
    long = {
        name: lines
        for name, lines in functions(path.read_text(encoding="utf-8"))
        if lines > LONGEST_FUNCTION
    }
    assert not long


CONSTANT = re.compile(
    r"^ *(?:cdef )?(?:enum |int |long long |Py_ssize_t |object )?(_?[A-Z][A-Z0-9_]+)"
    r"(?:: [^=\n]+)? = ([^\n#]+)",
    re.MULTILINE,
)


def constants() -> dict[str, dict[str, str]]:
    """name -> module -> its value as written, of what is a literal."""
    found: dict[str, dict[str, str]] = {}
    for path in ALL.values():
        if path.parent.name == "rules":
            continue
        text = re.sub(r'"""(?s:.*?)"""', "", path.read_text(encoding="utf-8"))
        for name, written in CONSTANT.findall(text):
            if re.match(r"[\d\"'({\[]|b[\"']|-\d", written.strip()):
                found.setdefault(name, {})[module_of(path)] = written.strip()
    return found


def test_constants_are_written_once() -> None:
    """But for twins, one in each backend, which must agree."""
    found = constants()
    assert len(found) > 60
    for name, places in found.items():
        if len(places) == 1 or name in SEPARATE:
            continue
        values = {ast.literal_eval(ast.parse(plain(w), mode="eval")) for w in places.values()}
        assert len(values) == 1, f"{name}: {places}"
        backends = sorted(module.partition(".")[0] for module in places)
        assert backends == ["_c", "_py"], f"{name} is written in {sorted(places)}"
        assert len({module.partition(".")[2] for module in places}) == 1


def plain(written: str) -> str:
    """`2**63 - 1` and `64 * 1024` as the number they are."""
    if re.fullmatch(r"[\d *x+\-A-Fa-f()]+", written):
        return str(eval(written))
    return written


def test_the_compiled_ceiling_is_the_limits_ceiling() -> None:
    """The stack of brackets has a fixed size there."""
    from ssefold.limits import DEPTH_CEILING

    found = constants()
    if "SCAN_DEPTH_CEILING" in found:
        assert found["SCAN_DEPTH_CEILING"] == {"_c.jsonscan": str(DEPTH_CEILING)}
