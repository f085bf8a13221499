"""The files that a whole run leaves: RESULTS.md, results.json, the picture, the README's block.

Enters: what was measured. Leaves: files.
Must not know: how it was measured.

The README has no figure of its own: what stands between its markers is copied from
RESULTS.md.
"""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import ssefold

from .chart import Bar, Group, picture
from .floor import load
from .measure import Table
from .show import grid, number, show_costs, show_table, show_targets
from .targets import HAND, C, Target

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
FIGURES = ROOT / "benchmarks" / "results.json"
PICTURE = ROOT / "docs" / "bench.svg"
README = ROOT / "README.md"
BEGIN, END = "<!-- bench -->", "<!-- /bench -->"

OBJECTS, FRAMES = "objects/text/16 KiB/dict", "frames/frames/16 KiB"


def machine(core: int | None) -> dict[str, str]:
    """Where the figures were taken."""
    pinned = "not pinned" if core is None else "pinned to one core"
    return {
        "date": datetime.now(timezone.utc).date().isoformat(),
        "cpu": f"{processor()}, {os.cpu_count()} cores, {pinned}",
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "ssefold": ssefold.__version__,
        "floor": "compiled" if load().compiled else "not compiled: bytes.count, dict.get",
    }


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text("utf-8"))
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def write(
    tables: Mapping[str, Table],
    costs: Mapping[str, tuple[float, str]],
    missing: Mapping[str, str],
    versions: Mapping[str, str],
    found: Sequence[Target],
    core: int | None,
) -> None:
    """All files of a run."""
    where = machine(core)
    block = summary(tables, where)
    sections = [
        "# What was measured",
        "Written by `make bench-report`. Everything ran in one process, in rounds: each row "
        "once, then each row again, the caches emptied in between. Then a short stream of the "
        "same kind is folded, untimed, so that code is where it is in a process that folds all "
        "day, and the input alone is cold (but for the tables that say otherwise: what a first "
        "stream costs after something else). A figure is the median over the rounds, a ratio "
        "the median of the ratios within a round. `correct` says whether what came out is "
        "right, as far as the row claims it.",
        "\n".join(f"- {key}: {value}" for key, value in {**where, **versions}.items()),
        f"{BEGIN}\n{block}\n{END}",
        show_targets(found).strip(),
        *(show_table(table).strip().replace("###", "##", 1) for table in tables.values()),
        "## Growth, memory, relay",
        "\n".join(show_costs(name, *cost) for name, cost in costs.items()),
    ]
    if missing:
        lines = "\n".join(f"- {name}: {reason}" for name, reason in missing.items())
        sections += ["## Not installed", lines]
    RESULTS.write_text("\n\n".join(sections) + "\n", "utf-8")
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(drawn(tables), "utf-8")
    FIGURES.write_text(figures(tables, costs, missing, versions, found, where), "utf-8")
    copy_to_readme(block)


def figures(
    tables: Mapping[str, Table],
    costs: Mapping[str, tuple[float, str]],
    missing: Mapping[str, str],
    versions: Mapping[str, str],
    found: Sequence[Target],
    where: Mapping[str, str],
) -> str:
    """The same for machines."""
    content: dict[str, Any] = {
        "machine": where,
        "versions": versions,
        "missing": missing,
        "targets": [target.as_json() for target in found],
        "tables": [table.as_json() for table in tables.values()],
        "costs": {name: {"value": round(v, 4), "note": note} for name, (v, note) in costs.items()},
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


# -- the README's block --------------------------------------------------------------------


def summary(tables: Mapping[str, Table], where: Mapping[str, str]) -> str:
    """The picture, the rows of text, and each shape beside what is written by hand."""
    parts = ["![Nanoseconds per event, on a log scale](docs/bench.svg)"]
    if OBJECTS in tables:
        parts.append(_rows(tables[OBJECTS], "text, bytes to the answer"))
    if FRAMES in tables:
        parts.append(_rows(tables[FRAMES], "framing, 300-byte events"))
    parts.append(_shapes(tables))
    parts.append(f"{where['cpu']}; {where['python']}; {where['date']}. 16 KiB reads.")
    return "\n\n".join(part for part in parts if part)


def _sorted(table: Table) -> list[str]:
    return sorted(table.times, key=lambda name: table.per_event(name)[0])


def _rows(table: Table, what: str) -> str:
    rows = [
        (
            f"**{name}**" if name == C else name,
            number(table.per_event(name)[0]),
            number(table.ratio(name, C) or 0),
            "yes" if table.correct[name] else "no",
        )
        for name in _sorted(table)
    ]
    return grid((what, "ns/event", f"× {C}", "correct"), rows)


def _shapes(tables: Mapping[str, Table]) -> str:
    rows = []
    for table in tables.values():
        times = table.ratio(HAND, C)
        if table.section == "fold" and table.reads == "16 KiB" and times is not None:
            name = f"{table.shape}, to JSON" if table.output == "json" else table.shape
            own, hand = table.per_event(C)[0], table.per_event(HAND)[0]
            rows.append((name, number(own), number(hand), f"{number(times)} ×"))
    return grid(("fold", f"{C}, ns/event", f"{HAND}, ns/event", "faster"), rows) if rows else ""


def copy_to_readme(block: str) -> None:
    """Put the block between the README's markers, if it has any."""
    if not README.exists():
        return
    text = README.read_text("utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if begin and end:
        README.write_text(f"{before}{BEGIN}\n{block}\n{END}{after}", "utf-8")


def drawn(tables: Mapping[str, Table]) -> str:
    """The picture: text to the answer, and framing."""
    titles = {
        OBJECTS: "A stream of text, from bytes to the answer",
        FRAMES: "Framing alone, to events",
    }
    groups = [
        Group(title, [_bar(tables[key], name) for name in _sorted(tables[key])])
        for key, title in titles.items()
        if key in tables
    ]
    return picture(groups, "time per event", "Time per event of ssefold and its peers")


def _bar(table: Table, name: str) -> Bar:
    value = table.per_event(name)[0]
    kind = "own" if name.startswith("ssefold") else "floor" if name.startswith("memchr") else ""
    shown = f"{number(value)} ns" if value < 1000 else f"{number(value / 1000)} µs"
    mark = "" if table.correct[name] else " (wrong)"
    return Bar(name, max(value, 1.0), shown + mark, kind)
