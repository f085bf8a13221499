"""The tables of rules and of verbs in the documents, as the specs say them.

Leaves: `written`, a document with its tables; `python tests/support/spec_tables.py` writes all.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from ssefold.engine.event_spec import VERBS
from ssefold.engine.field_spec import OPS, RULES, USER_RULES

DOCS = Path(__file__).resolve().parents[2] / "docs"


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


def user_rows() -> Iterator[str]:
    """The rules that a caller may say of a path: without their options."""
    yield "| rule | takes | how values combine |"
    yield "|---|---|---|"
    for name in USER_RULES:
        rule = RULES[OPS[name]]
        takes = ", ".join(rule.takes) or "any"
        yield f"| `{name}` | {takes} | {rule.means.partition(';')[0]} |"


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


SECTIONS = {
    "dialects.md": {"rules": rule_rows, "verbs": verb_rows},
    "reference.md": {"rules of your own": user_rows},
}


def written(document: str, text: str) -> str:
    """The document with its tables as the specs say them."""
    for name, lines in SECTIONS[document].items():
        begin, end = f"<!-- {name}: made of the specs -->\n", f"<!-- end of {name} -->"
        before, rest = text.split(begin)
        text = before + begin + "\n".join(lines()) + "\n" + end + rest.split(end, 1)[1]
    return text


if __name__ == "__main__":
    for document in SECTIONS:
        text = (DOCS / document).read_text(encoding="utf-8")
        (DOCS / document).write_text(written(document, text), encoding="utf-8")
        sys.stdout.write(f"{document} is written\n")
