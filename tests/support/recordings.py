"""Real streams, recorded from providers by others: where they lie, and what is said of them.

They do not belong to the project. Where they lie is said by SSEFOLD_RECORDINGS; unset, it is
shared/recordings beside the project's folder; where neither is there, `ROWS` is empty.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ssefold.engine.detect import SOURCES

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "recordings"
FOLDER = Path(os.environ.get("SSEFOLD_RECORDINGS") or BESIDE)
INDEX = FOLDER / "index.jsonl"

# What the index calls a dialect of its own and is none to us.
ALIASES = {"mistral": "openai.chat"}

# What the index does not say of those added later.
PLAIN: dict[str, Any] = {
    "pending_at_eof": None, "bad_json_events": 0, "eol": "lf", "has": [], "concatenated": False,
}  # fmt: skip


def rows() -> list[dict[str, Any]]:
    """The recordings of the dialects that have a table."""
    if not INDEX.is_file():
        return []
    listed = [json.loads(line) for line in INDEX.read_text(encoding="utf-8").splitlines()]
    return [{**PLAIN, **row, "dialect": dialect(row)} for row in listed if dialect(row) in SOURCES]


def dialect(row: dict[str, Any]) -> str:
    name: str = row["dialect"]
    return ALIASES.get(name, name)


ROWS = rows()
each_recording = pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])


def stream_of(row: dict[str, Any]) -> bytes:
    return (FOLDER / "streams" / row["file"]).read_bytes()


def facts_of(row: dict[str, Any]) -> dict[str, Any]:
    path = FOLDER / "facts" / f"{row['file']}.json"
    facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if row["facts"] else {}
    return facts
