"""Real streams, recorded from providers by others: whole, cut, and against the facts.

They do not belong to the project. Where they lie is said by SSEFOLD_RECORDINGS; unset, it is
shared/recordings beside the project's folder; where neither is there, this is skipped.
"""

from __future__ import annotations

import json
import random
import re
from itertools import pairwise
from typing import Any

import pytest
from backends import BACKENDS, Backend
from recordings import FOLDER, ROWS, each_recording, facts_of, stream_of

# Byte by byte up to here.
SMALL = 4000


# One stream after another in one file: the second is not ours.
CONCATENATED = {"after_end", "second_stream"}

# Full values edited by hand, so that they are not what their deltas give.
EDITED = {"openai__ai__openai-shell-container.1__0.sse"}

# A terminal event whose output is empty, after a whole item.
EMPTIED = {"openai__ai__parallel-tool-call-wrapper.1__0.sse"}

# Not whole, though no connection broke: a candidate without an end.
UNFINISHED = {"vertex__vertexai-sdk-test-data__vertexai-streaming-failure-malformed-content__0.sse"}

# A choice that says no reason for its end, and arguments that the end of the tokens cut.
REASON = "no_finish_reason"
LACKING = {
    "litellm-proxy__dd-trace-py__completion-stream-multiple-choices-proxy__0.sse": REASON,
    "snowflake__pydantic-ai__test-snowflake-snowflake-thinking-streaming__0.sse": REASON,
    "openai__mirascope__openai-responses-handles-refusal-for-stream__0.sse": "bad_tool_json",
}

# The last event has no blank line behind it: the facts leave it out, a fold does not.
NO_LAST_LINE = {
    "google__vertexai-sdk-test-data__googleai-streaming-success-finish-message__0.sse",
    "vertex__vertexai-sdk-test-data__vertexai-streaming-failure-prompt-blocked-safety-with-message__0.sse",
}


pytestmark = pytest.mark.skipif(not ROWS, reason=f"no recordings in {FOLDER}")


def folded(backend: Backend, pieces: list[bytes]) -> Any:
    acc = backend.StreamAccumulator()
    taken = []
    for number, piece in enumerate(pieces):
        acc.feed(piece)
        if number % 7 == 0:
            taken.append(acc.take_text())
    acc.close()
    text = "".join([*taken, acc.take_text()])
    if not any(anomaly.code == "done_mismatch" for anomaly in acc.anomalies):
        assert text == acc.text()
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
    if row["facts"] and row["pending_at_eof"] is None:  # the facts leave out what has no end
        check_facts(acc, facts_of(row))


def check_oddities(acc: Any, row: dict[str, Any]) -> None:
    """Faults, anomalies and the status, by what the index says of the stream."""
    pending = row["pending_at_eof"] is not None and not is_whole(last_line(row))
    cut = ["truncated_event"] if pending else []
    assert [fault.code for fault in acc.faults] == ["bad_json"] * row["bad_json_events"] + cut
    odd = {anomaly.code for anomaly in acc.anomalies}
    known = CONCATENATED if row["concatenated"] else set()
    differs = {"done_mismatch"} if row["file"] in EDITED | EMPTIED else set()
    lacking = {LACKING[row["file"]]} if row["file"] in LACKING else set()
    assert odd - (known | differs) == lacking
    fails = "error" in row["has"] or facts_of(row).get("error") is not None
    assert (acc.error is not None) == fails
    if fails:
        assert acc.status == "failed"
    elif "second_stream" in odd:
        assert acc.status == "truncated"  # the first one never ended
    elif row["file"] in UNFINISHED:
        assert acc.status == "truncated"
    else:
        assert acc.status == "complete"


def last_line(row: dict[str, Any]) -> bytes:
    return stream_of(row).rstrip().rsplit(b"\n", 1)[-1].removeprefix(b"data:")


def is_whole(data: bytes) -> bool:
    try:
        json.loads(data)
    except json.JSONDecodeError:
        return False
    return True


def check_facts(acc: Any, facts: dict[str, Any]) -> None:
    snapshot = acc.snapshot()
    if acc.dialect == "openai.responses":
        check_response(acc, facts)
        return
    if acc.dialect == "google.gemini":
        check_candidates(acc, facts)
        return
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


def check_response(acc: Any, facts: dict[str, Any]) -> None:
    """The terminal event's response, verbatim."""
    assert json.dumps(acc.snapshot()) == json.dumps(facts["response"])
    assert (acc.text(), acc.usage) == (facts["text"], facts["usage"])
    assert acc.finish_reason() == facts["status"]
    calls = [call for call in acc.tool_calls() if call["type"] == "function_call"]
    found = [
        {"id": call["call_id"], "name": call["name"], "arguments": call["arguments"]}
        for call in calls
    ]
    assert found == facts["tool_calls"]


def check_candidates(acc: Any, facts: dict[str, Any]) -> None:
    snapshot = acc.snapshot()
    assert (facts["id"], facts["model"]) == (
        snapshot.get("responseId"),
        snapshot.get("modelVersion"),
    )
    assert facts.get("promptFeedback") == snapshot.get("promptFeedback")
    for choice, text in facts["text"].items():
        assert acc.text(int(choice)) == (text or "")
    for choice, reason in facts["finish_reason"].items():
        assert acc.finish_reason(int(choice)) == reason
    for choice, calls in facts["tool_calls"].items():
        found = [part["functionCall"] for part in acc.tool_calls(int(choice))]
        if all("arguments" not in call for call in calls):  # what a call is without streaming
            plain = [{"name": call["name"], "args": call.get("args", {})} for call in found]
            assert calls == plain
            continue
        if len(calls) > len(found):
            continue  # pieces of calls, which test_candidates_by_hand puts together
        assert calls == [
            {"id": call.get("id"), "name": call.get("name"), "arguments": call.get("args")}
            for call in found
        ]
    if facts["usage"] is not None:  # the last event's; counters of earlier ones stay
        assert acc.usage is not None
        assert facts["usage"].items() <= acc.usage.items()


def plain_call(call: dict[str, Any]) -> dict[str, Any]:
    function = call["function"]
    return {
        "id": call.get("id"),
        "name": function.get("name"),
        "arguments": function["arguments"],
    }


@each_recording
def test_rebuilt_response(backend: Backend, row: dict[str, Any]) -> None:
    """Without its terminal event, a response's deltas give the same output but for ids and
    ciphers that the server makes anew, and lists of tools that it never sent."""
    if row["dialect"] != "openai.responses" or not row["facts"] or row["file"] in EDITED:
        pytest.skip("nothing to compare")
    stream = stream_of(row).replace(b"\r\n", b"\n")
    blocks = stream.split(b"\n\n")
    terminal = f'"{facts_of(row)["terminal"]}"'.encode()
    before = [block for block in blocks if terminal not in block and b"[DONE]" not in block]
    acc = folded(backend, [b"\n\n".join(before) + b"\n\n"])
    assert acc.status == "truncated"
    assert acc.faults == acc.anomalies == ()
    expected = facts_of(row)["response"]["output"]
    assert [plain_item(item) for item in acc.snapshot()["output"]] == [
        plain_item(item) for item in expected
    ]


def plain_item(item: dict[str, Any]) -> dict[str, Any]:
    anew = {"id", "encrypted_content", "fingerprint"}
    if item["type"] == "mcp_list_tools":
        anew |= {"tools", "status"}
    return {key: value for key, value in item.items() if key not in anew}


FULL = re.compile(rb'"response\.(\w+\.done|completed|incomplete|failed)"')

# What deltas grow, in an item or one of its parts.
GROWN = ("text", "refusal", "arguments", "input", "code")


@each_recording
def test_response_of_deltas_alone(backend: Backend, row: dict[str, Any]) -> None:
    """Without any full value, what the deltas grew is what the full values say it is."""
    if row["dialect"] != "openai.responses" or not row["facts"] or row["file"] in EDITED:
        pytest.skip("nothing to compare")
    blocks = stream_of(row).replace(b"\r\n", b"\n").split(b"\n\n")
    acc = folded(backend, [b"\n\n".join(b for b in blocks if not FULL.search(b)) + b"\n\n"])
    expected = facts_of(row)["response"]["output"]
    found = acc.snapshot()["output"]
    assert [item["type"] for item in found] == [item["type"] for item in expected]
    for ours, theirs in zip(found, expected, strict=True):
        for key in GROWN:
            if ours.get(key):
                assert ours[key] == theirs[key]
        for parts in ("content", "summary"):
            if ours.get(parts):
                assert list(map(grown, ours[parts])) == list(map(grown, theirs[parts]))
    assert acc.text() == "".join(output_text(expected))


def grown(part: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(part.get(key) for key in ("type", *GROWN))


def output_text(output: list[Any]) -> list[str]:
    parts = [part for item in output if item["type"] == "message" for part in item["content"]]
    return [part["text"] for part in parts if part["type"] == "output_text"]


@each_recording
def test_candidates_by_hand(backend: Backend, row: dict[str, Any]) -> None:
    """Gemini's answer beside the plainest accumulation of the same events."""
    if row["dialect"] != "google.gemini":
        pytest.skip("nothing to compare")
    stream = stream_of(row)
    lines = [line[5:] for line in stream.splitlines() if line.startswith(b"data:")]
    acc = folded(backend, [stream])
    snapshot = acc.snapshot()
    hand: dict[int, dict[str, Any]] = {}
    for event in map(json.loads, lines):
        for candidate in event.get("candidates") or []:
            collect(hand.setdefault(candidate.get("index", 0), {"parts": []}), candidate)
        for key, count in (event.get("usageMetadata") or {}).items():
            hand.setdefault(-1, {})[key] = count
    usage = hand.pop(-1, None)
    assert acc.usage == usage
    for candidate, index in zip(snapshot.get("candidates", []), sorted(hand), strict=True):
        parts = hand[index].pop("parts")
        assert not hand[index].pop("open", None)
        assert candidate.get("content", {}).get("parts", []) == parts
        assert {key: candidate.get(key) for key in hand[index]} == hand[index]


def collect(into: dict[str, Any], candidate: dict[str, Any]) -> None:
    """One event's candidate: text joins text of its kind, a call its pieces, all else is a part."""
    for key, value in candidate.items():
        if key not in ("content", "index"):
            into[key] = value
    for part in candidate.get("content", {}).get("parts") or []:
        last = into["parts"][-1] if into["parts"] else {}
        alike = "text" in last and last.get("thought") == part.get("thought")
        if "functionCall" in part and into.get("open"):
            write_pieces(last["functionCall"]["args"], part["functionCall"])
            into["open"] = part["functionCall"].get("willContinue")
        elif part.get("functionCall", {}).pop("willContinue", None):
            into["parts"].append({**part, "functionCall": {**part["functionCall"], "args": {}}})
            into["open"] = True
        elif alike and "thoughtSignature" not in last and part.keys() & {"text"}:
            last.update({**part, "text": last["text"] + part["text"]})
        elif part.get("text") != "" or "thoughtSignature" in part:
            into["parts"].append(dict(part))


def write_pieces(args: Any, call: dict[str, Any]) -> None:
    """Strings at their paths, which are plain: `$.a[0].b`."""
    for piece in call.get("partialArgs") or []:
        place, steps = args, re.findall(r"\w+", piece["jsonPath"])
        for step, below in pairwise(steps):
            new: Any = [] if below.isdigit() else {}
            if not isinstance(place, list):
                place = place.setdefault(step, new)
                continue
            if int(step) == len(place):
                place.append(new)
            place = place[int(step)]
        if isinstance(place, dict):
            place[steps[-1]] = place.get(steps[-1], "") + piece["stringValue"]
        elif int(steps[-1]) == len(place):
            place.append(piece["stringValue"])
        else:
            place[-1] += piece["stringValue"]


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
        while row["bad_json_events"] and codes[:1] == ["bad_json"]:
            del codes[0]
        assert codes[:1] in ([], ["truncated_event"])
        assert codes[1:] in ([], ["unknown_dialect"])  # cut within the first event
        assert len(acc.text()) <= len(stream)
