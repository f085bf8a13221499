"""The fenced blocks of the documents, each with what it is said to print.

Leaves: `BLOCKS`, in order; `block_of(test)`, the one that names a test in a comment above it.
Must not know: how a block is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ("README.md", "docs/reference.md", "docs/dialects.md")
FENCE = re.compile(
    r"^(?:<!-- tested: (?P<test>\w+) -->\n)?```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.M | re.S
)


class Block(NamedTuple):
    """A fenced block, and for Python what it is said to print."""

    document: str
    line: int
    kind: str
    body: str
    test: str | None
    output: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def blocks(document: str) -> Iterator[Block]:
    text = (ROOT / document).read_text(encoding="utf-8")
    found = list(FENCE.finditer(text))
    for match, after in zip(found, [*found[1:], None], strict=True):
        follows = after is not None and not text[match.end() : after.start()].strip()
        output = after["body"] if after and follows and after["kind"] == "text" else ""
        line = text.count("\n", 0, match.start()) + 1
        yield Block(document, line, match["kind"], match["body"], match["test"], output)


BLOCKS = [block for document in DOCUMENTS for block in blocks(document)]


def block_of(test: str) -> Block:
    [block] = [block for block in BLOCKS if block.test == test]
    return block
