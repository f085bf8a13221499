"""Real streams, recorded from providers by others: whole, cut, and against the facts.

They do not belong to the project. Where they lie is said by SSEFOLD_RECORDINGS; unset, it is
shared/recordings beside the project's folder; where neither is there, this is skipped.
"""

from __future__ import annotations

import json
import os
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from backends import BACKENDS, Backend

from ssefold.detect import SOURCES

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "recordings"
FOLDER = Path(os.environ.get("SSEFOLD_RECORDINGS") or BESIDE)
INDEX = FOLDER / "index.jsonl"

# What the index calls a dialect of its own and is none to us.
ALIASES = {"mistral": "openai.chat"}

# Byte by byte up to here.
SMALL = 4000

# One stream after another in one file: the second is not ours.
CONCATENATED = {"after_end", "second_stream"}


def rows() -> list[dict[str, Any]]:
    """The recordings of the dialects that have a table."""
    if not INDEX.is_file():
        return []
    listed = [json.loads(line) for line in INDEX.read_text(encoding="utf-8").splitlines()]
    return [{**row, "dialect": dialect(row)} for row in listed if dialect(row) in SOURCES]


def dialect(row: dict[str, Any]) -> str:
    name: str = row["dialect"]
    return ALIASES.get(name, name)


ROWS = rows()
pytestmark = pytest.mark.skipif(not ROWS, reason=f"no recordings in {FOLDER}")
each_recording = pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])


def stream_of(row: dict[str, Any]) -> bytes:
    return (FOLDER / "streams" / row["file"]).read_bytes()


def facts_of(row: dict[str, Any]) -> dict[str, Any]:
    path = FOLDER / "facts" / f"{row['file']}.json"
    facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if row["facts"] else {}
    return facts


def folded(backend: Backend, pieces: list[bytes]) -> Any:
    acc = backend.StreamAccumulator()
    taken = []
    for number, piece in enumerate(pieces):
        acc.feed(piece)
        if number % 7 == 0:
            taken.append(acc.take_text())
    acc.close()
    assert "".join([*taken, acc.take_text()]) == acc.text()
    return acc


def state(acc: Any) -> dict[str, Any]:
    snapshot = acc.snapshot()
    assert (
        acc.snapshot_json()
        == json.dumps(snapshot, ensure_ascii=False, separators=(",", ":")).encode()
    )
    return {
        "snapshot": acc.snapshot_json(),  # the order of keys counts
        "status": acc.status,
        "dialect": acc.dialect,
        "error": acc.error,
        "faults": acc.faults,
        "anomalies": acc.anomalies,
        "counts": (acc.events, acc.bytes, acc.fault_count, acc.anomaly_count),
    }


def cuts(stream: bytes, seed: str) -> list[list[bytes]]:
    """Reads as a network gives them, small and odd ones, and for short streams single bytes."""
    rng = random.Random(seed)
    found = [[stream[i : i + size] for i in range(0, len(stream), size)] for size in (16384, 1000)]
    for most in (40, 700):
        bounds = [0]
        while bounds[-1] < len(stream):
            bounds.append(bounds[-1] + rng.randint(1, most))
        found.append([stream[a:b] for a, b in pairwise(bounds)])
    if len(stream) <= SMALL:
        found.append([stream[i : i + 1] for i in range(len(stream))])
    return found


@each_recording
def test_recording(row: dict[str, Any]) -> None:
    """Every cut, on every backend, gives one and the same; and nothing of it is unexplained."""
    stream = stream_of(row)
    whole = [folded(backend, [stream]) for backend in BACKENDS.values()]
    expected = state(whole[0])
    for acc in whole:
        assert state(acc) == expected
    for backend in BACKENDS.values():
        for pieces in cuts(stream, row["file"]):
            assert state(folded(backend, pieces)) == expected
    acc = whole[0]
    assert acc.dialect == row["dialect"]
    check_oddities(acc, row)
    if row["facts"]:
        check_facts(acc, facts_of(row))


def check_oddities(acc: Any, row: dict[str, Any]) -> None:
    """Faults, anomalies and the status, by what the index says of the stream."""
    cut = [] if row["pending_at_eof"] is None else ["truncated_event"]
    assert [fault.code for fault in acc.faults] == ["bad_json"] * row["bad_json_events"] + cut
    odd = {anomaly.code for anomaly in acc.anomalies}
    assert odd <= (CONCATENATED if row["concatenated"] else set())
    assert (acc.error is not None) == ("error" in row["has"])
    if "error" in row["has"]:
        assert acc.status == "failed"
    elif "second_stream" in odd:
        assert acc.status == "truncated"  # the first one never ended
    else:
        assert acc.status == "complete"


def check_facts(acc: Any, facts: dict[str, Any]) -> None:
    snapshot = acc.snapshot()
    if "message_hand" in facts:
        # The facts leave out what message_delta carries beside delta and usage.
        extra = snapshot.keys() - facts["message_hand"].keys()
        assert extra <= {"context_management"}
        assert {key: snapshot[key] for key in snapshot if key not in extra} == facts["message_hand"]
        return
    assert (facts["id"], facts["model"]) == (snapshot.get("id"), snapshot.get("model"))
    for choice, text in facts["text"].items():
        assert acc.text(int(choice)) == (text or "")
    for choice, reason in facts["finish_reason"].items():
        assert acc.finish_reason(int(choice)) == reason
    for choice, calls in facts.get("tool_calls", {}).items():
        assert [plain_call(call) for call in acc.tool_calls(int(choice))] == calls
    if facts["usage"] is not None:
        assert acc.usage == facts["usage"]
    if "error" in facts:
        assert acc.error == facts["error"]
    for key, by_choice in facts.get("extra", {}).items():
        for choice, value in by_choice.items():
            (message,) = (
                entry["message"] for entry in snapshot["choices"] if entry["index"] == int(choice)
            )
            assert message.get(key) == value


def plain_call(call: dict[str, Any]) -> dict[str, Any]:
    function = call["function"]
    return {
        "id": call.get("id"),
        "name": function.get("name"),
        "arguments": function["arguments"],
    }


@each_recording
@pytest.mark.parametrize("ending", [b"\r\n", b"\r"])
def test_other_line_endings(backend: Backend, row: dict[str, Any], ending: bytes) -> None:
    """The answer does not depend on them; the offsets do."""
    stream = stream_of(row)
    if row["eol"] != "lf" or b"\r" in stream or len(stream) > 20_000:
        pytest.skip("not the plain case")
    plain = state(folded(backend, [stream]))
    other = state(folded(backend, [stream.replace(b"\n", ending)]))
    for key in ("snapshot", "status", "dialect", "error"):
        assert other[key] == plain[key]
    assert [a.code for a in other["anomalies"]] == [a.code for a in plain["anomalies"]]


@each_recording
def test_recording_cut_short(backend: Backend, row: dict[str, Any]) -> None:
    """Wherever a connection breaks: a status, a partial answer, no exception but result's."""
    stream = stream_of(row)
    rng = random.Random(row["file"])
    for _ in range(4):
        acc = folded(backend, [stream[: rng.randint(len("event:"), len(stream) - 1)]])
        assert acc.status in ("truncated", "complete", "failed")
        codes = [fault.code for fault in acc.faults]
        assert codes[:1] in ([], ["truncated_event"])
        assert codes[1:] in ([], ["unknown_dialect"])  # cut within the first event
        assert len(acc.text()) <= len(stream)
