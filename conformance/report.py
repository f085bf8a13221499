"""What came out, for people and for machines.

Enters: verdicts. Leaves: text, or an object for JSON.
Must not know: how the verdicts were reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .cases import KINDS
from .claims import Claims
from .judge import Verdict

SHOWN = 20


def counts(verdicts: Iterable[Verdict]) -> dict[tuple[str, str], tuple[int, int]]:
    """(kind, dialect) -> (passed, judged)."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for verdict in verdicts:
        key = (verdict.case.kind, verdict.case.dialect or "")
        passed, judged = found.get(key, (0, 0))
        found[key] = (passed + verdict.passed, judged + 1)
    return found


def text(claimed: Claims, verdicts: Sequence[Verdict], total: int, every: bool) -> str:
    """A table of kinds and dialects, then what failed."""
    found = counts(verdicts)
    rows = [("KIND", "DIALECT", "PASSED", "CLAIMED")]
    for kind in KINDS:
        for key in sorted(key for key in found if key[0] == kind):
            rows.append((kind, key[1] or "-", str(found[key][0]), str(found[key][1])))
    widths = [max(len(row[at]) for row in rows) for at in range(2)]
    lines = [f"{claimed.name} {claimed.version}".strip(), ""]
    lines += [f"{r[0]:{widths[0]}}  {r[1]:{widths[1]}}  {r[2]:>6}  {r[3]:>7}" for r in rows]
    failed = [verdict for verdict in verdicts if not verdict.passed]
    if failed:
        lines += ["", *_failures(failed, len(failed) if every else SHOWN)]
    passed = len(verdicts) - len(failed)
    lines += ["", f"{passed} of {len(verdicts)} claimed cases passed, of {total} in the corpus"]
    return "\n".join(lines)


def _failures(failed: Sequence[Verdict], most: int) -> list[str]:
    lines = []
    for verdict in failed[:most]:
        case = verdict.case
        lines.append(f"FAILED {case.name} ({case.kind}{', ' if case.rule else ''}{case.rule})")
        for member, what in verdict.wrong.items():
            lines.append(f"       {member + ': ' if member else ''}{what}")
    if len(failed) > most:
        lines.append(f"       ... and {len(failed) - most} more: --all shows them")
    return lines


def machine(claimed: Claims, verdicts: Sequence[Verdict], total: int) -> dict[str, Any]:
    """The same as one object."""
    return {
        "name": claimed.name,
        "version": claimed.version,
        "cases": total,
        "claimed": len(verdicts),
        "passed": sum(verdict.passed for verdict in verdicts),
        "verdicts": [
            {
                "case": verdict.case.name,
                "kind": verdict.case.kind,
                "dialect": verdict.case.dialect,
                "rule": verdict.case.rule,
                "judged": sorted(verdict.members),
                "passed": verdict.passed,
                "level": verdict.level,
                "wrong": verdict.wrong,
            }
            for verdict in verdicts
        ],
    }
