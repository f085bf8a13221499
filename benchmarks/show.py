"""Tables as Markdown, for the terminal and for RESULTS.md.

Enters: what was measured. Leaves: text.
Must not know: how it was measured, where it goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .measure import Table
from .targets import Target


def grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are figures."""
    lines = [list(head), *map(list, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]

    def show(line: Sequence[str]) -> str:
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        return "| " + " | ".join(cells) + " |"

    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([show(lines[0]), "| " + " | ".join(rule) + " |", *map(show, lines[1:])])


def number(value: float) -> str:
    """Three digits that mean something, thousands apart."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def title(table: Table) -> str:
    """What a table is about."""
    parts = [f"{table.shape}, {table.events:,} events of {table.size // table.events} bytes"]
    parts.append("one event per read" if table.reads == "event" else f"{table.reads} reads")
    if table.output == "json":
        parts.append("to JSON")
    if table.section == "cold":
        parts.append("code as cold as the input")
    return ", ".join(parts)


def show_table(table: Table, base: str = "ssefold (c)") -> str:
    """One table: each row's time per event and how it stands to the first backend."""
    rows = []
    for name in table.times:
        median, low, high = table.per_event(name)
        ratio = table.ratio(name, base)
        rows.append(
            (
                name,
                number(median),
                f"{number(low)} to {number(high)}",
                "" if ratio is None else number(ratio),
                "yes" if table.correct[name] else "NO",
            )
        )
    head = (table.section, "ns/event", "quartiles", f"× {base}", "correct")
    broken = "".join(f"\n\n{name} broke: {error}" for name, error in table.broken.items())
    return f"\n### {title(table)}\n\n{grid(head, rows)}{broken}"


def show_costs(name: str, value: float, note: str) -> str:
    """One line of growth, memory or the relay."""
    return f"- {name}: {number(value)} ({note})"


def show_targets(targets: Sequence[Target]) -> str:
    """Every promise beside what was measured."""
    rows = [
        (
            target.what,
            f"{'≤' if target.at_most else '≥'} {target.bound:g} {target.unit}",
            "-" if target.measured is None else f"{number(target.measured)} {target.unit}",
            {True: "met", False: "NOT MET", None: "not measured"}[target.met],
        )
        for target in targets
    ]
    return f"\n## Targets\n\n{grid(('target', 'bound', 'measured', ''), rows)}\n"
