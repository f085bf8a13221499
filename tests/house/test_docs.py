"""The documents, checked against the product: what they show runs and prints what they say.

README.md and docs/reference.md. Each ```python block runs in a process of its own, and the
```text block after it is what it printed; each ```console block is run by a shell. A block
that needs a library which may be absent names its test in a comment above it. And every
code, limit, exit code and public name stands in the reference, and nothing else does.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import doctest
import io
import os
import re
import shlex
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from backends import Backend
from documents import BLOCKS, DOCUMENTS, Block, block_of
from libraries import STREAM, client_of, library, run, transport

import ssefold
from ssefold.cli import main as cli
from ssefold.engine.detect import SOURCES
from ssefold.engine.field_spec import OPS, USER_RULES
from ssefold.engine.stream_life import MACHINES
from ssefold.errors import STATE_CODES

ROOT = Path(__file__).resolve().parents[2]
LINKED = (
    *DOCUMENTS,
    "docs/architecture.md",
    "docs/corpus-peers.md",
    "docs/performance.md",
    "conformance/README.md",
    "tests/corpus/README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
)
REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")



RUNNABLE = [block for block in BLOCKS if block.kind == "python" and block.test is None]
CONSOLE = [block for block in BLOCKS if block.kind == "console"]


def environment() -> dict[str, str]:
    """The examples' own: this package, on the backend that runs; the width that pipes have."""
    source = str(Path(ssefold.__file__).parents[1])
    return {**os.environ, "PYTHONPATH": source, "PYTHONIOENCODING": "utf-8", "COLUMNS": "80"}


# -- what is shown runs ------------------------------------------------------------------------


def test_there_are_examples() -> None:
    assert len(RUNNABLE) >= 9
    assert len(CONSOLE) >= 5


@pytest.mark.parametrize("block", RUNNABLE, ids=str)
def test_python_blocks_print_what_they_say(block: Block) -> None:
    command = [sys.executable, "-c", block.body]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout == block.output


def commands(block: Block) -> list[tuple[str, str]]:
    """The commands of a session, each with the output below it."""
    parts = re.split(r"^\$ (.*)\n", block.body, flags=re.M)
    assert parts[0] == ""
    return list(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.skipif(os.name == "nt", reason="a shell of POSIX")
@pytest.mark.parametrize("block", CONSOLE, ids=str)
def test_sessions_print_what_they_say(block: Block) -> None:
    session = commands(block)
    # Each command's output stands between marks; what `ssefold` is, a function tells.
    module = f'ssefold() {{ {shlex.quote(sys.executable)} -m ssefold "$@"; }}\n'
    script = "".join(
        f"{command}\nstatus=$?; echo '==='; (exit $status)\n" for command, _ in session
    )
    done = subprocess.run(
        ["sh", "-c", f"exec 2>&1\n{module}{script}"],
        cwd=ROOT, env=environment(), capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout.split("===\n")[:-1] == [output for _, output in session]


def examples() -> dict[str, str]:
    """The docstrings of modules with an example, by the modules' names."""
    source = ROOT / "src"
    found = {}
    for path in sorted((source / "ssefold").rglob("*.py")):
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        if ">>> " in said:
            name = ".".join(path.relative_to(source).with_suffix("").parts)
            found[name.removesuffix(".__init__")] = said
    return found


EXAMPLES = examples()


def test_modules_have_examples() -> None:
    asked = {"_accumulator", "_relay", "_replay", "delta", "engine.field_written", "_py.framing"}
    assert {f"ssefold.{name}" for name in asked} <= set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_of_modules_print_what_they_say(name: str) -> None:
    example = doctest.DocTestParser().get_doctest(EXAMPLES[name], {}, name, name, 0)
    told: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(example, out=told.append)
    assert result.attempted > 1
    assert result.failed == 0, "".join(told)


def test_quickstart() -> None:
    command = [sys.executable, "examples/quickstart.py"]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert done.stderr == ""
    assert "complete" in done.stdout
    assert "Crypto is digital" in done.stdout


def test_blocks_that_name_a_test_have_it() -> None:
    named = {block.test for block in BLOCKS if block.test}
    assert named == {"test_gateway_example", "test_sdk_example", "test_dialect_example"}
    assert named <= set(globals())


@pytest.mark.parametrize("leaves", [False, True], ids=["reads all", "leaves"])
def test_gateway_example(leaves: bool) -> None:
    httpx = library("httpx")
    library("starlette")
    space: dict[str, Any] = {}
    exec(block_of("test_gateway_example").body, space)
    recorded: list[Any] = []
    space["record"] = recorded.append
    stream = (ROOT / "examples" / "chat-text.sse").read_bytes()
    space["client"] = httpx.AsyncClient(
        base_url="http://x",
        transport=transport(httpx, stream, compressed=not leaves),
    )
    sent = b""
    gone = asyncio.Event()
    requests = [{"type": "http.request", "body": b"{}", "more_body": False}]

    async def receive() -> dict[str, Any]:
        if not requests:
            await gone.wait()
            return {"type": "http.disconnect"}
        return requests.pop()

    async def send(message: dict[str, Any]) -> None:
        nonlocal sent
        sent += message.get("body", b"")
        if leaves and len(sent) > 900:
            gone.set()
        await asyncio.sleep(0)

    scope = {
        "type": "http", "method": "POST", "path": "/v1/chat/completions", "query_string": b"",
        "root_path": "", "asgi": {"version": "3.0", "spec_version": "2.3"},
        "headers": [(b"authorization", b"Bearer none"), (b"content-type", b"application/json")],
    }  # fmt: skip

    async def serve() -> None:
        await space["app"](scope, receive, send)
        for _ in range(5):  # what was left behind is finished by the loop
            await asyncio.sleep(0)

    run(serve())
    [acc] = recorded
    if leaves:
        assert acc.status == "truncated"
        assert len(sent) <= acc.bytes < len(stream)
    else:
        assert sent == stream
        assert (acc.status, acc.bytes) == ("complete", len(stream))


def test_sdk_example(monkeypatch: pytest.MonkeyPatch) -> None:
    openai = library("openai")
    client = client_of(openai, "OpenAI", STREAM)
    monkeypatch.setattr(openai, "OpenAI", lambda: client)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(block_of("test_sdk_example").body, {})
    assert out.getvalue() == "Hellocomplete c\n"


def test_dialect_example(backend: Backend) -> None:
    example = BLOCKS.index(block_of("test_dialect_example"))
    table, stream, answer = BLOCKS[example : example + 3]
    assert (stream.kind, answer.kind) == ("text", "json")
    source: dict[str, Any] = {}
    exec(table.body, source)
    table_as_data = {name: value for name, value in source.items() if name.isupper()}
    acc = backend.StreamAccumulator(dialect=table_as_data)
    acc.feed(stream.body.encode())
    acc.close()
    assert acc.result_json() == answer.body.strip().encode()
    assert (acc.text(), acc.finish_reason(), acc.usage) == ("Hello", "end", {"in": 3, "out": 2})
    assert acc.take() == [ssefold.Delta("text", "Hello")]


# -- the reference is complete, and says nothing else -------------------------------------------


def section(title: str) -> str:
    [text] = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", REFERENCE, re.M | re.S)
    return str(text)


def rows(text: str, head: str) -> list[list[str]]:
    """The rows of the table whose first head is `head`."""
    [table] = re.findall(rf"^\| {head} \|.*\n\|(?:---\|)+\n((?:\|.*\n)+)", text, re.M)
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]


def first_cells(title: str, head: str) -> list[str]:
    return [row[0].strip("`").split("(")[0] for row in rows(section(title), head)]


def public(thing: Any) -> set[str]:
    return {name for name in dir(thing) if not name.startswith("_")}


@pytest.mark.parametrize(
    ("title", "head", "names"),
    [
        ("Public names", "name", set(ssefold.__all__)),
        ("Folding", "member", public(ssefold.StreamAccumulator)),
        ("What is new", "kind", set(ssefold.DELTA_KINDS)),
        ("What is new", "field", {*ssefold.Delta._fields} - {"kind"}),
        ("Framing", "decoder", public(ssefold.SSEDecoder)),
        ("Framing", "event", public(ssefold.ServerSentEvent)),
        ("Exceptions", "code", set(STATE_CODES)),
        ("Faults", "code", set(ssefold.FAULT_CODES)),
        ("Anomalies", "code", set(ssefold.ANOMALY_CODES)),
        ("Limits", "limit", {field.name for field in fields(ssefold.Limits)}),
        ("Status", "status", {"open", "complete", "truncated", "failed"}),
        ("Dialects", "dialect", set(SOURCES)),
        (
            "Exit codes",
            "code",
            {"0", *map(str, [cli.USAGE, *cli.EXIT_CODES.values(), cli.INTERRUPTED, cli.CLOSED])},
        ),
    ],
)
def test_tables_are_complete(title: str, head: str, names: set[str]) -> None:
    listed = first_cells(title, head)
    assert sorted(listed) == sorted(names)


@pytest.mark.parametrize(
    ("title", "call", "options"),
    [
        (
            "Folding",
            ssefold.StreamAccumulator,
            {"dialect": "auto", "strict": False, "framing": "auto"},
        ),
        ("Framing", ssefold.SSEDecoder, {"eof": "flush", "raw": True}),
    ],
)
def test_options_exist(title: str, call: Any, options: dict[str, Any]) -> None:
    listed = first_cells(title, "option")
    call(**{**dict.fromkeys(listed), **options})


def test_limits_have_the_defaults_that_are_told() -> None:
    told = {row[0].strip("`"): row[1] for row in rows(section("Limits"), "limit")}
    assert told == {name: str(getattr(ssefold.Limits(), name)) for name in told}


def test_exit_codes_are_those_of_the_help() -> None:
    told = {row[0].strip("`"): row[1].split(":")[0] for row in rows(section("Exit codes"), "code")}
    helped = dict(re.findall(r"^  (\d+) +(\w+)", cli.EPILOG, re.M))
    assert {code: word.split()[0] for code, word in told.items()} == helped


def test_options_of_the_command_line_are_those_of_the_parser() -> None:
    told = {
        (row[0].strip("`"), row[1].strip("`"))
        for row in rows(section("Command line"), "command")
        if row[1]
    }
    [commands] = [a.choices for a in cli._parser()._actions if isinstance(a.choices, dict)]
    real = {
        (name, option)
        for name, parser in commands.items()
        for action in parser._actions
        for option in action.option_strings
        if option.startswith("--") and option != "--help"
    }
    assert told == real


def test_rules_are_named() -> None:
    text = section("How fields combine")
    assert all(f"`{rule}`" in text for rule in USER_RULES)


def test_rules_of_tables_are_described() -> None:
    text = (ROOT / "docs" / "dialects.md").read_text(encoding="utf-8")
    assert {row[0].strip("`") for row in rows(text, "rule")} == set(OPS)
    assert {row[0].strip("`") for row in rows(text, "dialect")} == set(SOURCES)


def test_modules_are_on_the_map() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    package = ROOT / "src" / "ssefold"
    own = {path.name for path in package.glob("*.py")} - {"_version.py"}
    assert {name for name in own if f"`{name}`" not in text} == set()
    named = set(re.findall(r"`((?:_c/)?[\w/]+\.(?:py|pyx|pxd))`", text))
    assert {name for name in named if not any(ROOT.rglob(name))} == set()


def test_adapters_exist() -> None:
    for name in first_cells("Adapters", "function"):
        module, function = name.split(".")
        assert hasattr(__import__(f"ssefold.adapters.{module}", fromlist=["_"]), function)


@pytest.mark.parametrize("document", LINKED)
def test_links_lead_somewhere(document: str) -> None:
    path = ROOT / document
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name) if name else path
        assert file.is_file(), target
        if anchor:
            titles = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.M)
            assert anchor in {re.sub(r"[^\w -]", "", t).lower().replace(" ", "-") for t in titles}


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    for document in LINKED:
        text = (ROOT / document).read_text(encoding="utf-8")
        asked = set(re.findall(r"\bmake ([a-z-]+)(?=[ `\n])", " ".join(code_of(text))))
        assert asked <= targets, document


def code_of(text: str) -> list[str]:
    """What stands in fences and between backticks."""
    fenced = re.findall(r"^```\w*\n(.*?)^```$", text, re.M | re.S)
    return fenced + [f"{code}\n" for code in re.findall(r"`([^`\n]+)`", text)]


def drawn(name: str, machine: dict[str, dict[str, str]]) -> str:
    """A machine as a picture that GitHub draws: an arrow for each pair of states."""
    lines = [f"**{name}**", "", "```mermaid", "stateDiagram-v2", "    direction LR"]
    lines.append(f"    [*] --> {next(iter(machine))}")
    for state, leads in machine.items():
        for target in dict.fromkeys(leads.values()):
            signals = ", ".join(signal for signal, to in leads.items() if to == target)
            lines.append(f"    {state} --> {target}: {signals}")
    return "\n".join([*lines, "```"])


def test_the_pictures_of_the_machines_are_drawn_from_them() -> None:
    """`SSEFOLD_DRAW=1 pytest -k pictures` draws them anew."""
    path = ROOT / "docs" / "architecture.md"
    text = path.read_text(encoding="utf-8")
    begin, end = "<!-- machines -->\n", "<!-- /machines -->"
    before, _, rest = text.partition(begin)
    shown, _, after = rest.partition(end)
    pictures = "\n\n".join(drawn(*each) for each in MACHINES.items()) + "\n"
    if os.environ.get("SSEFOLD_DRAW"):
        path.write_text(before + begin + pictures + end + after, encoding="utf-8")
        return
    assert shown == pictures
