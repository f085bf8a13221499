"""python -m conformance.table: what peers make of the corpus, written to docs/corpus-peers.md.

Enters: nothing but the corpus and what is installed. Leaves: the document; a peer that is not
installed, or does not start, is listed with the reason and has no figures.
Must not know: any library. They speak through peers/, as programs.
"""

from __future__ import annotations

import argparse
import datetime
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from peers.programs import MISSING, PROGRAMS, Program

from .__main__ import verdicts
from .cases import CORPUS, KINDS, Case, digest, load
from .claims import LEVELS, Claims
from .essence import READERS
from .explained import EXPLAINED
from .judge import Verdict
from .process import Bounds, Implementation

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "corpus-peers.md"
BOUNDS = Bounds(seconds=10.0, start=90.0)
NOT_WHOLE = ("damaged", "truncated", "failed")


class Row(NamedTuple):
    """A peer and what came out."""

    peer: Program
    claims: Claims
    verdicts: list[Verdict]


def run(peers: Iterable[Program], cases: Sequence[Case]) -> tuple[list[Row], dict[str, str]]:
    """The rows, and for the others why they have none."""
    rows, missing = [], {}
    for peer in peers:
        print(f"{peer.title} ...", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", peer.module, *peer.words[1:]]
        try:
            with Implementation(command, BOUNDS) as implementation:
                rows.append(Row(peer, implementation.claims, [*verdicts(implementation, cases)]))
        except (OSError, ValueError) as error:
            missing[peer.title] = _reason(str(error))
    return rows, missing


def _reason(error: str) -> str:
    """Without paths of this machine."""
    error = re.sub(r"\s*\([^()]*[/\\][^()]*\)", "", error)
    absent = error.partition(f"exit code {MISSING}: ")[2]
    return f"not installed ({absent})" if absent else f"did not start ({error})"


# -- tables --------------------------------------------------------------------------------


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table of Markdown, with an empty line after it."""
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return [*lines, *("| " + " | ".join(row) + " |" for row in rows), ""]


def _cell(passed: Iterable[bool]) -> str:
    found = [*passed]
    return f"{sum(found)} of {len(found)}" if found else "-"


def _answers(rows: Sequence[Row], kind: str, least: str) -> list[str]:
    """Right answers at that level or closer, by dialect, of those who claim the level."""
    levels = [*LEVELS]
    enough = set(levels[levels.index(least) :])
    lines = []
    for row in rows:
        if row.claims.answer not in enough:
            continue
        found = [v for v in row.verdicts if v.case.kind == kind and "answer" in v.members]
        if found:
            lines.append([row.peer.title, *_by_dialect(found, lambda v: v.level in enough)])
    return table(["", *READERS], lines)


def _tokens(rows: Sequence[Row]) -> list[str]:
    lines = []
    for row in rows:
        found = [v for v in row.verdicts if v.case.kind == "plain" and "tokens" in v.members]
        if found:
            right = [*_by_dialect(found, lambda v: not {"tokens", ""} & set(v.wrong))]
            lines.append([row.peer.title, *right])
    return table(["", *READERS], lines)


def _by_dialect(found: Sequence[Verdict], right: Callable[[Verdict], bool]) -> Iterator[str]:
    for dialect in READERS:
        yield _cell(right(v) for v in found if v.case.dialect == dialect)


def _noticed(rows: Sequence[Row]) -> list[str]:
    """Whether a stream that is not whole was taken for whole."""
    lines = []
    for row in rows:
        found = [v for v in row.verdicts if v.case.kind in NOT_WHOLE and "whole" in v.members]
        if found:
            cells = [
                _cell(not {"whole", ""} & set(v.wrong) for v in found if v.case.kind == kind)
                for kind in NOT_WHOLE
            ]
            lines.append([row.peer.title, *cells])
    return table(["", "damaged JSON", "cut short", "error in the stream"], lines)


def _framing(rows: Sequence[Row]) -> list[str]:
    lines = []
    for row in rows:
        found = [v for v in row.verdicts if v.case.kind == "framing"]
        if found:
            judged = ", ".join(sorted({name for v in found for name in v.members}))
            lines.append([row.peer.title, _cell(v.passed for v in found), judged])
    return table(["", "right", "of each vector"], lines)


# -- the document --------------------------------------------------------------------------


def document(rows: Sequence[Row], missing: dict[str, str], cases: Sequence[Case]) -> str:
    """The whole page."""
    ran = [(row.peer.title, row.claims.version) for row in rows]
    lines: list[str | None] = [INTRODUCTION.format(**_about(cases))]
    lines += ["## Who was asked", "", *table(["", "version"], ran)]
    lines += [f"Not asked: {title}, {reason}." for title, reason in missing.items()]
    lines += ["" if missing else None, "## Sound streams: what the answer says", "", ESSENCE]
    lines += _answers(rows, "plain", "essence")
    lines += ["## Sound streams: every member", "", EVERY, *_answers(rows, "plain", "members")]
    lines += ["## Sound streams: tokens", "", TOKENS, *_tokens(rows)]
    lines += ["## Odd streams", "", ODD, *_answers(rows, "odd", "essence")]
    lines += ["## Streams that are not whole", "", NOTICED, *_noticed(rows)]
    lines += ["## Framing", "", FRAMING, *_framing(rows)]
    lines += ["## What goes wrong", "", WRONG, *_explained(rows)]
    return "\n".join(line for line in lines if line is not None).rstrip() + "\n"


def _about(cases: Sequence[Case]) -> dict[str, object]:
    framing = sum(case.kind == "framing" for case in cases)
    kinds = "\n".join(
        f"| {kind} | {sum(case.kind == kind for case in cases)} | {what} |"
        for kind, what in KINDS.items()
    )
    return {
        "streams": len(cases) - framing,
        "vectors": framing,
        "digest": digest(),
        "date": corpus_date(),
        "kinds": kinds,
        "python": ".".join(map(str, sys.version_info[:2])),
    }


def corpus_date() -> str:
    """When the corpus last changed: its newest commit, or today where it differs from that."""
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    git = shutil.which("git")
    if git is None:
        return today

    def ask(*words: str) -> str:
        folders = [str(path) for path in CORPUS.iterdir() if path.is_dir()]
        command = [git, *words, "--", *folders]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    return today if ask("status", "--porcelain") else ask("log", "-1", "--format=%cs") or today


def _explained(rows: Sequence[Row]) -> list[str]:
    """The sentences whose cases all failed in this run, by peer."""
    lines = []
    for row in rows:
        failed = {verdict.case.name for verdict in row.verdicts if not verdict.passed}
        said = [
            f"- {sentence} ({', '.join(f'`{name}`' for name in names)})"
            for sentence, names in EXPLAINED.get(row.peer.words[0], ())
            if failed >= set(names)
        ]
        if said:
            lines += [f"**{row.peer.title}**", "", *said, ""]
    return lines


INTRODUCTION = """\
# What libraries make of the corpus

Written by `make corpus-table`; nothing here is edited by hand. The corpus of {date} has {streams}
streams and {vectors} framing vectors (digest `{digest}`); Python {python}.

A figure is "right of claimed". A library is asked only what it claims: its dialects, the kinds of
streams that it is made for. Clients run as their documentation shows it and read from a server on
the loopback; decoders are fed directly. The contract is that of
[conformance](../conformance/README.md). `-`: not claimed.

**Not a sample of traffic.** The corpus collects what goes wrong: each case is there for a rule, be
it a quirk of some server or a corner of the rule itself, and several cases stand for one rule. A
library that is right on half of them may be right on nearly all streams of the one provider that it
is made for.

**Not a contest either.** The rules are this project's, and ssefold is tested by this very corpus:
its rows are complete by construction, and show that the runner works. Where a library decided
otherwise on purpose, that is counted as well; why a case is as it is stands in `tests/corpus`.

| kind | cases | what they have in common |
|---|---:|---|
{kinds}
"""
ESSENCE = """\
Text, tool calls (id, name, arguments) and finish reason of every choice. Left out for those who
do not claim them: several choices, `function_call`, custom tools, answers without a choice.
"""
EVERY = """\
The object that the API would have returned, for those who give one: all members, unknown ones
included. Null and absent are the same, and so are absent and a default (`role`, a call's `type`).
Key order does not count.
"""
TOKENS = """\
The tokens that went in and came out, where the stream tells both or one of them.
"""
ODD = """\
Valid JSON that makes no sense somewhere: a value of a wrong type, a delta after the end, a block
that was never opened. The answer is what remains without it.
"""
NOTICED = """\
Whether the library told that the answer is not whole, by an exception of any kind. Not each of them
promises it: the figure says what happens, and silence means that half an answer is taken for a
whole one.
"""
FRAMING = """\
Bytes to events, by the WHATWG standard.
"""
WRONG = """\
Each sentence stands here because the cases that it names failed in this run.
"""


def main(arguments: list[str] | None = None) -> int:
    """Ask all peers and write the document."""
    parser = argparse.ArgumentParser(prog="python -m conformance.table")
    parser.add_argument("--out", type=Path, default=DOCUMENT)
    parser.add_argument("--peers", default="", help="only those whose title holds this")
    options = parser.parse_args(arguments)
    cases = load()
    rows, missing = run([peer for peer in PROGRAMS if options.peers in peer.title], cases)
    options.out.write_text(document(rows, missing, cases), encoding="utf-8")
    print(f"wrote {options.out.name}: {len(rows)} rows", file=sys.stderr)
    for title, reason in missing.items():
        print(f"{title}: {reason}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
