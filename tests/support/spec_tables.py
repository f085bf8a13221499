"""The tables of rules and of verbs in docs/dialects.md, as the specs say them.

Leaves: `written`, the document with its tables; `python tests/support/spec_tables.py` writes it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from ssefold.engine.event_spec import VERBS
from ssefold.engine.field_spec import RULES

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "dialects.md"


def options_of(needs: Mapping[str, str], may: Mapping[str, str]) -> str:
    """`by`, `limit`; those that may be left out in brackets."""
    told = [f"`{name}`" for name in needs]
    if may:
        told.append("(" + ", ".join(f"`{name}`" for name in may) + ")")
    return " ".join(told).replace("` `", "`, `")


def rule_rows() -> Iterator[str]:
    yield "| rule | takes | how values combine | options | example |"
    yield "|---|---|---|---|---|"
    for rule in RULES:
        takes = ", ".join(rule.takes) or "any"
        options = options_of(rule.needs, rule.may)
        yield f"| `{rule.name}` | {takes} | {rule.means} | {options} | {shown(rule.example)} |"


def verb_rows() -> Iterator[str]:
    yield "| verb | at | what it does | options | example |"
    yield "|---|---|---|---|---|"
    for verb in VERBS.values():
        options = options_of(
            {name: what for name, what in verb.needs.items() if name not in ("at", "from")},
            {name: what for name, what in verb.may.items() if name != "from"},
        )
        at = verb.at or "no place"
        yield f"| `{verb.name}` | {at} | {verb.means} | {options} | {shown(verb.example)} |"


def shown(example: str) -> str:
    before, answer = example.split(" -> ")
    return f"`{before}` → `{answer}`".replace(" then ", "` then `").replace("|", r"\|")


SECTIONS = {"rules": rule_rows, "verbs": verb_rows}


def written(text: str) -> str:
    """The document with its tables as the specs say them."""
    for name, lines in SECTIONS.items():
        begin, end = f"<!-- {name}: made of the specs -->\n", f"<!-- end of {name} -->"
        before, rest = text.split(begin)
        text = before + begin + "\n".join(lines()) + "\n" + end + rest.split(end, 1)[1]
    return text


if __name__ == "__main__":
    DOCUMENT.write_text(written(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"{DOCUMENT.name} is written\n")
