"""The corpus as cases: what is put in, what must come out, and of what kind it is.

Enters: the folder of the corpus. Leaves: Case, one per stream and one per framing vector.
Must not know: who is judged, and how it is asked.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from .essence import tokens, traits

CORPUS = Path(__file__).resolve().parents[1] / "tests" / "corpus"

# Kind -> what its cases have in common. A case is of the first kind that fits it, from below:
# `plain` is what is left.
KINDS = {
    "plain": "sound and complete, quirks and corner cases included",
    "odd": "complete, with valid JSON that makes no sense somewhere (an anomaly)",
    "damaged": "complete, with events whose data is not JSON",
    "truncated": "ended before the answer did",
    "failed": "the server reports an error inside the stream",
    "detection": "the dialect is not told; whole bodies, other bodies, empty streams",
    "limits": "a limit is set, or reached",
    "options": "a rule is overridden, a dialect forced, or the fold is strict",
    "framing": "bytes to events, no dialect",
}

# What an answer about a stream may hold, and a claim name.
MEMBERS = (
    "answer", "tokens", "whole", "status", "dialect", "error", "verdict", "faults", "anomalies",
    "events", "text", "usage", "finish_reason",
)  # fmt: skip

# The same of a framing vector.
FRAME_MEMBERS = ("data", "event", "id", "retry", "ready_at", "last_event_id", "comments")


class Case(NamedTuple):
    """One case: `stream` goes in, `stated` is what must come out, member by member."""

    name: str
    kind: str
    stream: bytes
    stated: dict[str, Any]
    dialect: str | None = None
    options: dict[str, Any] = {}  # noqa: RUF012 - never written to
    rule: str = ""
    traits: frozenset[str] = frozenset()

    @property
    def told(self) -> str | None:
        """The dialect that an implementation is told."""
        return None if self.kind in ("detection", "framing") else self.dialect


def load(corpus: Path = CORPUS) -> list[Case]:
    """All cases, by kind and name; raises ValueError where a file is not as documented."""
    found = [_stream(path) for path in sorted(corpus.glob("*/*.sse"))]
    found += _vectors(corpus / "framing" / "vectors.jsonl")
    if not found:
        raise ValueError(f"{corpus} holds no corpus: no DIALECT/*.sse, no framing/vectors.jsonl")
    order = list(KINDS)
    return sorted(found, key=lambda case: (order.index(case.kind), case.name))


def digest(corpus: Path = CORPUS) -> str:
    """Twelve digits that change with what any case says, and with nothing else."""
    total = hashlib.sha256()
    for path in sorted(corpus.glob("*/*.sse"), key=lambda path: path.name):
        case = _json(path.with_suffix(".json"))
        said = json.dumps([case["meta"], case["expected"]]).encode()
        total.update(b"\0".join((path.name.encode(), path.read_bytes(), said, b"")))
    for path in sorted((corpus / "framing").glob("*.jsonl")):
        total.update(path.read_bytes())
    return total.hexdigest()[:12]


def _stream(path: Path) -> Case:
    case = _json(path.with_suffix(".json"))
    try:
        meta, expected = case["meta"], case["expected"]
        dialect = meta["dialect"]
        return Case(
            name=path.stem,
            kind=_kind(meta),
            stream=path.read_bytes(),
            stated=_stated(meta, expected),
            dialect=dialect,
            options=meta.get("feed", {}),
            rule=meta["rule"],
            traits=traits(dialect, expected),
        )
    except KeyError as error:
        raise ValueError(f"{path.stem}.json has no member {error}") from None


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path.name}: {error}") from error


def _kind(meta: dict[str, Any]) -> str:
    feed, codes = meta.get("feed", {}), [fault["code"] for fault in meta["faults"]]
    rule = meta["rule"]
    if "limits" in feed or any(code.startswith("limit_") for code in codes):
        return "limits"
    if feed:
        return "options"
    if meta["dialect"] is None or rule.startswith(("detect.", "faults.body", "faults.not_an_")):
        return "detection"
    if meta["status"] in ("failed", "truncated"):
        return str(meta["status"])
    if codes:
        return "damaged"
    return "odd" if meta["anomalies"] else "plain"


def _stated(meta: dict[str, Any], expected: Any) -> dict[str, Any]:
    """What the case says, by the members of the contract."""
    raises = meta["raises"]
    stated: dict[str, Any] = {
        "answer": expected,
        "whole": raises is None,
        "verdict": None if raises is None else raises.partition(":")[2],
        "error": meta.get("error"),
        **{name: meta[name] for name in ("status", "dialect", "faults", "anomalies", "events")},
        **{name: meta[name] for name in ("text", "usage", "finish_reason") if name in meta},
    }
    if counted := tokens(meta["dialect"], expected):
        stated["tokens"] = counted
    return stated


def _vectors(path: Path) -> Iterator[Case]:
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        vector = json.loads(line)
        events = vector["expected"]
        stated: dict[str, Any] = {
            name: [event[name] for event in events]
            for name in ("data", "event", "id", "retry", "ready_at")
        }
        stated["last_event_id"] = vector["last_event_id"]
        stated["comments"] = vector["comments"]
        yield Case(vector["name"], "framing", base64.b64decode(vector["input_b64"]), stated)
