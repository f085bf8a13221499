"""python -m benchmarks.instructions: machine instructions per event, under callgrind.

Enters: the command line. Leaves: a table on stdout, beside the figures recorded last
(instructions.json), and with --record those of this run in their place.
Must not know: time. The clock of a busy machine says little; instructions are the
same each time, so a regression shows in one run.

Each figure is the difference between a process that folds a stream twice and one
that folds it three times, over the events of the stream: what starts up cancels out.

    --only text,tools  these shapes alone
    --record           write benchmarks/instructions.json (shapes not run stay)
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from peers import looks, ours

import ssefold

from . import shapes
from .report import names
from .show import grid, number

HERE = Path(__file__).parent
RECORDED = HERE / "instructions.json"
EVENTS = 1000
AFTER_EACH = " after each"  # a reading after each event, one event per read
TO_JSON = ", to JSON"  # behind the way of reading: the answer's JSON instead of the answer
ROWS: tuple[tuple[str, str], ...] = (
    ("text", "16 KiB"), ("text", "16 KiB, to JSON"), ("text", "event"),
    ("text", "take_text after each"), ("text", "take after each"),
    ("text_obfuscation", "16 KiB"), ("tools", "16 KiB"),
    ("parallel_tools", "16 KiB"), ("n4", "16 KiB"), ("n10", "16 KiB"),
    ("usage_every_chunk", "16 KiB"), ("created_changing", "16 KiB"),
    ("created_changing", "event"), ("timings", "16 KiB"),
    ("reasoning", "16 KiB"), ("logprobs", "16 KiB"), ("logprobs", "16 KiB, to JSON"),
    ("escapes", "16 KiB"), ("non_ascii", "16 KiB"), ("crlf", "16 KiB"), ("crlf", "event"),
    ("anthropic_text", "16 KiB"),
    ("anthropic_thinking_tool", "16 KiB"), ("completions", "16 KiB"), ("ever_new", "16 KiB"),
    ("short", "16 KiB"), ("short", "16 KiB, to JSON"), ("responses", "16 KiB"),
    ("gemini", "16 KiB"), ("absent_sources", "16 KiB"), ("frames", "16 KiB"), ("frames", "event"),
)  # fmt: skip
# A callgrind run is fifty times slower than the plain one.
PATIENCE = 600


def work(name: str, how: str, times: int) -> None:
    """What runs under callgrind: one shape, so many times, in the compiled backend."""
    traffic = shapes.build(name, _events(name))
    if how.endswith(AFTER_EACH):
        peer, how = looks.look_row("c", how.removesuffix(AFTER_EACH)), "event"
    else:
        peer = ours.fold_row("c") if traffic.dialect else ours.frames_row("c")
    reads = traffic.reads(how.removesuffix(TO_JSON))
    run = peer.json if how.endswith(TO_JSON) else peer.run
    assert run is not None
    for _ in range(times):
        run(traffic, reads)


def _events(name: str) -> int:
    return min(shapes.SHAPES[name].events, EVENTS)


def collected(name: str, how: str, times: int) -> int:
    """Instructions of a process that does this."""
    command = [
        "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
        sys.executable, "-m", "benchmarks.instructions", "--work", name, how, str(times),
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONHASHSEED": "0", "SSEFOLD_BACKEND": "c"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=PATIENCE, env=environment, check=True
    )
    found = re.search(r"Collected : (\d+)", done.stderr)
    if found is None:
        raise RuntimeError(f"callgrind said nothing of instructions:\n{done.stderr}")
    return int(found[1])


def per_event(name: str, how: str) -> float:
    """Instructions per event, from the stream's bytes to its answer."""
    difference = collected(name, how, 3) - collected(name, how, 2)
    return difference / len(shapes.build(name, _events(name)).blocks)


def rows(only: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """What there is to run."""
    can = {*shapes.foldable(), *shapes.framed()}
    return ((name, how) for name, how in ROWS if name in can and (not only or name in only))


def recorded() -> dict[str, Any]:
    """The figures recorded last."""
    if not RECORDED.exists():
        return {"events": {}}
    found: dict[str, Any] = json.loads(RECORDED.read_text("utf-8"))
    return found


def record(measured: dict[str, float]) -> None:
    """Keep the figures, and where they were taken: another compiler gives others."""
    kept = {**recorded()["events"], **{key: round(value, 1) for key, value in measured.items()}}
    content = {
        "python": platform.python_version(),
        "compiler": platform.python_compiler(),
        "machine": platform.machine(),
        "ssefold": ssefold.__version__,
        "events": kept,
    }
    RECORDED.write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def compared(measured: dict[str, float]) -> str:
    """Each figure beside the recorded one."""
    before = recorded()["events"]
    lines = []
    for key, value in measured.items():
        was = before.get(key)
        change = "" if not was else f"{100 * (value / was - 1):+.1f} %"
        lines.append((key, number(value), "" if was is None else number(was), change))
    return grid(("shape, reads", "instructions/event", "recorded", "change"), lines)


def main(argv: list[str]) -> int:
    """Run, compare, record if asked."""
    parser = argparse.ArgumentParser("python -m benchmarks.instructions", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", type=names, default=(), metavar="SHAPE,…")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--work", nargs=3, metavar=("SHAPE", "READS", "TIMES"))
    given = parser.parse_args(argv)
    for name in given.only:
        if name not in shapes.SHAPES:
            parser.error(f"no shape {name!r}; there are: {', '.join(shapes.SHAPES)}")
    if given.work:
        name, how, times = given.work
        work(name, how, int(times))
        return 0
    if shutil.which("valgrind") is None:
        parser.error("valgrind is not installed: apt install valgrind")
    measured: dict[str, float] = {}
    for name, how in rows(given.only):
        key = f"{name}, {how}"
        measured[key] = per_event(name, how)
        print(f"{key}: {number(measured[key])}", file=sys.stderr, flush=True)
    print(compared(measured))
    if given.record:
        record(measured)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
