"""The command line: python -m conformance [options] -- COMMAND [ARGUMENT...].

Exit codes: 0 every claimed case passed, 1 some failed, 2 nothing could be judged, 141 nobody
read the report to its end.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from . import report
from .cases import CORPUS, KINDS, Case, load
from .judge import Verdict, judge
from .process import BOUNDS, Bounds, Implementation

PASSED, FAILED, UNJUDGED = 0, 1, 2
CLOSED = 141  # 128 + SIGPIPE


def verdicts(implementation: Implementation, cases: Iterable[Case]) -> Iterator[Verdict]:
    """One for each case that is claimed; the others are not asked."""
    for case in cases:
        if implementation.claims.members(case):
            yield judge(case, implementation.claims, implementation.ask(case))


def parser() -> argparse.ArgumentParser:
    """The options."""
    found = argparse.ArgumentParser(
        prog="python -m conformance", description="Judge an implementation by the corpus."
    )
    found.add_argument("command", nargs="+", help="the program and its arguments, after --")
    found.add_argument("--corpus", type=Path, default=CORPUS, metavar="DIR")
    found.add_argument("--kind", action="append", choices=KINDS, help="only this kind; repeatable")
    found.add_argument("--case", action="append", metavar="GLOB", help="only cases of such a name")
    found.add_argument("--timeout", type=float, default=BOUNDS.seconds, metavar="SECONDS")
    found.add_argument("--max-output", type=int, default=BOUNDS.output, metavar="BYTES")
    found.add_argument("--plain", action="store_true", help="a process per case, batch or not")
    found.add_argument("--all", action="store_true", help="show every failure")
    found.add_argument("--json", action="store_true", help="one JSON object instead of text")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Judge, print, and return the exit code."""
    options = parser().parse_args(arguments)
    try:
        cases = load(options.corpus)
        total = len(cases)
        cases = [case for case in cases if not options.kind or case.kind in options.kind]
        if options.case:
            cases = [c for c in cases if any(fnmatch.fnmatchcase(c.name, g) for g in options.case)]
        bounds = Bounds(seconds=options.timeout, output=options.max_output)
        with Implementation(options.command, bounds, batch=not options.plain) as implementation:
            found = list(verdicts(implementation, cases))
    except (OSError, ValueError) as error:
        print(f"nothing was judged: {error}", file=sys.stderr)
        return UNJUDGED
    if options.json:
        shown = json.dumps(report.machine(implementation.claims, found, total), indent=1)
    else:
        shown = report.text(implementation.claims, found, total, options.all)
    try:
        print(shown, flush=True)
    except BrokenPipeError:  # `| head`: what is left of it goes nowhere at exit, too
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED
    if not found:
        print("nothing was judged: no case is claimed", file=sys.stderr)
        return UNJUDGED
    return PASSED if all(verdict.passed for verdict in found) else FAILED


if __name__ == "__main__":
    sys.exit(main())
