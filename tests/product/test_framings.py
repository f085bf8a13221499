"""Other framings than server-sent events: the same answers, faults with their places, any cut.

Leaves: a fold of lines, of an array, of AWS event-stream frames, by both backends.
"""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
import wires
from backends import BACKENDS
from cases import CASES

from ssefold import Limits, StreamAccumulator, StreamFailed, StreamMalformed, tap

each_backend = pytest.mark.parametrize("backend", BACKENDS.values(), ids=repr)


def chunk(text: str, **more: Any) -> dict[str, Any]:
    return {"id": "c", "choices": [{"index": 0, "delta": {"content": text}, **more}]}


WORDS = ["The", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog"]
EVENTS: list[tuple[str, Any]] = [("", chunk(word)) for word in WORDS]
EVENTS += [("", {**chunk(""), "usage": {"total_tokens": 9}})]
EVENTS += [("", chunk("", finish_reason="stop"))]
TEXT = "".join(WORDS)

BODIES = {
    "ndjson": wires.lines(EVENTS),
    "json-array": wires.array(EVENTS),
    "aws": wires.frames(EVENTS),
}
each_framing = pytest.mark.parametrize("framing", BODIES)


def fold(backend: Any, body: bytes, step: int = 0, **options: Any) -> Any:
    """The accumulator after the body in reads of `step` bytes (0: one), and its end."""
    acc = backend.StreamAccumulator(**options)
    for at in range(0, len(body), step or max(len(body), 1)):
        acc.feed(body[at : at + step] if step else body)
    acc.close()
    return acc


def seen(acc: Any) -> Any:
    return (
        acc.framing, acc.dialect, acc.status, acc.events, acc.bytes, acc.faults, acc.anomalies,
        acc.snapshot(), acc.error,
    )  # fmt: skip


@each_backend
@each_framing
@pytest.mark.parametrize("step", [0, 1, 7, 100])
def test_any_framing_gives_the_answer(backend: Any, framing: str, step: int) -> None:
    acc = fold(backend, BODIES[framing], step)
    assert (acc.framing, acc.dialect, acc.status) == (framing, "openai.chat", "complete")
    assert (acc.text(), acc.finish_reason()) == (TEXT, "stop")
    assert acc.usage == {"total_tokens": 9}
    assert acc.events == len(EVENTS)
    assert not acc.faults
    assert not acc.anomalies


@each_backend
@each_framing
def test_a_named_framing_gives_the_same(backend: Any, framing: str) -> None:
    for step in (0, 1):
        assert seen(fold(backend, BODIES[framing], step, framing=framing)) == seen(
            fold(backend, BODIES[framing])
        )


@each_backend
@each_framing
def test_cut_in_two_anywhere(backend: Any, framing: str) -> None:
    body = BODIES[framing]
    whole = seen(fold(backend, body))
    for at in range(0, len(body), 5):
        acc = backend.StreamAccumulator()
        acc.feed(body[:at])
        acc.feed(body[at:])
        acc.close()
        assert seen(acc) == whole, at


@each_backend
@each_framing
def test_each_event_is_there_at_its_last_byte(backend: Any, framing: str) -> None:
    """A line at its LF, an element at its brace, a message at its checksum."""
    pieces = {
        "ndjson": [wires.lines([event]) for event in EVENTS],
        "json-array": [
            (b"," if number else b"[") + wires.data_of(event) for number, event in enumerate(EVENTS)
        ],
        "aws": [wires.frames([event]) for event in EVENTS],
    }[framing]
    acc = backend.StreamAccumulator(framing=framing)
    for number, piece in enumerate(pieces):
        for at in range(len(piece) - 1):
            assert acc.feed(piece[at : at + 1]) == 0
        assert acc.feed(piece[-1:]) == 1, number


@each_backend
@each_framing
def test_most_events_of_a_long_stream_are_recognised(backend: Any, framing: str) -> None:
    events = [("", chunk(f"word{number} ")) for number in range(200)]
    body = {"ndjson": wires.lines, "json-array": wires.array, "aws": wires.frames}[framing](events)
    for step in (0, 4096):
        acc = fold(backend, body, step)
        assert acc.text() == "".join(f"word{number} " for number in range(200))
        assert acc.recognised >= 150, step


@each_backend
def test_the_corpus_in_lines(backend: Any) -> None:
    """The events of each healthy case, one by line: the same answer."""
    count = 0
    for name, case in CASES.items():
        lines = case.stream.decode("utf-8", "replace").split("\n")
        datas = [line[6:] for line in lines if line.startswith("data: {")]
        if case.meta.get("faults") or case.meta.get("anomalies") or "feed" in case.meta:
            continue
        if case.meta["status"] != "complete" or len(datas) < 2 or b"\r" in case.stream:
            continue
        if any(line and not line.startswith(("data: ", "event: ", ":")) for line in lines):
            continue
        if len([line for line in lines if line.startswith("data: ")]) != case.stream.count(
            b"data: "
        ) or any(not is_object(data) for data in datas):
            continue
        acc = fold(backend, "\n".join(datas).encode())
        if acc.dialect is None:
            continue
        assert acc.snapshot() == case.expected, name
        count += 1
    assert count > 100


def is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


# -- what is wrong --------------------------------------------------------------------------------


@each_backend
def test_a_wrong_checksum_costs_that_message_alone(backend: Any) -> None:
    parts = [wires.frames([event]) for event in EVENTS]
    parts[2] = parts[2][:-1] + bytes([parts[2][-1] ^ 1])
    body = b"".join(parts)
    for step in (0, 1, 50):
        acc = fold(backend, body, step)
        assert acc.text() == TEXT.replace("brown", "")
        (fault,) = acc.faults
        assert (fault.code, fault.event) == ("bad_frame", 2)
        assert fault.offset == len(b"".join(parts[:3])) - 4
        with pytest.raises(StreamMalformed):
            acc.result()


@each_backend
@pytest.mark.parametrize("where", [0, 5, 9])
def test_a_wrong_prelude_ends_the_reading(backend: Any, where: int) -> None:
    parts = [wires.frames([event]) for event in EVENTS]
    broken = bytearray(parts[3])
    broken[where] ^= 0x10
    parts[3] = bytes(broken)
    for step in (0, 1, 50):
        acc = fold(backend, b"".join(parts), step)
        assert acc.text() == "Thequickbrown"
        assert [fault[:2] for fault in acc.faults] == [("bad_frame", len(b"".join(parts[:3])) + 8)]
        assert acc.status == "truncated"


@each_backend
def test_lengths_that_cannot_be(backend: Any) -> None:
    good = wires.frames(EVENTS[:2])
    for total, headers, where in ((15, 0, 0), (16, 1, 4), (40, 25, 4)):
        head = total.to_bytes(4, "big") + headers.to_bytes(4, "big")
        body = good + head + wires.crc32(head).to_bytes(4, "big") + bytes(40)
        acc = fold(backend, body)
        assert [fault[:2] for fault in acc.faults] == [("bad_frame", len(good) + where)]


@each_backend
def test_damaged_headers_cost_their_message_alone(backend: Any) -> None:
    payload = wires.data_of(EVENTS[0])
    for bad in (b"\x01a\x0a", b"\x05ab", b"\x01a\x07\x00\xffx", b"\x01a\x05\x00"):
        body = wires.frames(EVENTS[:1]) + wires.message(payload, bad) + wires.frames(EVENTS[1:])
        acc = fold(backend, body)
        assert [fault.code for fault in acc.faults] == ["bad_frame"]
        assert acc.text() == TEXT


@each_backend
def test_headers_of_all_types_are_passed_over(backend: Any) -> None:
    others = b"".join(wires.OTHERS)
    body = b"".join(wires.named("chunk", wires.data_of(event), others=others) for event in EVENTS)
    acc = fold(backend, body)
    assert acc.text() == TEXT
    assert not acc.faults


@each_backend
def test_an_exception_is_the_in_band_error(backend: Any) -> None:
    body = wires.frames(EVENTS[:3])
    body += wires.named("throttlingException", b'{"message":"Too many tokens"}', "exception")
    acc = fold(backend, body)
    assert acc.status == "failed"
    assert acc.error == {"code": "throttlingException", "message": "Too many tokens"}
    with pytest.raises(StreamFailed) as raised:
        acc.result()
    assert raised.value.partial["choices"][0]["message"]["content"] == "Thequickbrown"


@each_backend
def test_an_error_told_by_headers(backend: Any) -> None:
    words = wires.header(":error-code", "InternalError") + wires.header(":error-message", 'a "b"')
    body = wires.frames(EVENTS[:1]) + wires.message(b"", words + wires.header(wires.KIND, "error"))
    acc = fold(backend, body)
    assert (acc.status, acc.error) == ("failed", {"code": "InternalError", "message": 'a "b"'})


@each_backend
def test_a_cut_message_counts_for_nothing(backend: Any) -> None:
    body = BODIES["aws"]
    for cut in (1, 4, 60):
        acc = fold(backend, body[:-cut])
        assert acc.status == "truncated"
        assert acc.finish_reason() is None
        assert [fault[:2] for fault in acc.faults] == [("truncated_event", len(body) - cut)]


@each_backend
def test_a_cut_element_and_a_cut_line_count_up_to_the_cut(backend: Any) -> None:
    for framing in ("ndjson", "json-array"):
        body = BODIES[framing][: BODIES[framing].index(b"lazy") + 2]
        acc = fold(backend, body)
        assert acc.text() == "Thequickbrownfoxjumpsoverthe"
        assert [fault[:2] for fault in acc.faults] == [("truncated_event", len(body))]


@each_backend
def test_an_array_is_whole_with_its_bracket(backend: Any) -> None:
    events = EVENTS[:-1]
    assert fold(backend, wires.array(events)).status == "complete"
    assert fold(backend, wires.array(events, end=b"")).status == "truncated"
    assert fold(backend, wires.array(EVENTS, end=b"")).status == "complete"


@each_backend
@pytest.mark.parametrize("step", [0, 1])
def test_what_is_odd_at_the_bracket_stands_at_the_bracket(backend: Any, step: int) -> None:
    events = EVENTS[:-1]
    body = wires.array(events)
    (odd,) = fold(backend, body, step).anomalies
    assert (odd.code, odd.event, odd.offset) == (
        "no_finish_reason", len(events) - 1, body.rindex(b"]"),
    )  # fmt: skip


@each_backend
@each_framing
def test_a_read_lost_before_the_framing_is_known_counts(backend: Any, framing: str) -> None:
    body = BODIES[framing]
    acc = backend.StreamAccumulator()
    list(tap([5, body[:9], body[9:]], acc))
    assert (acc.framing, acc.status, acc.text()) == (framing, "truncated", TEXT)
    assert [(fault.code, fault.offset) for fault in acc.faults] == [("lost_input", 0)]


@each_backend
def test_something_behind_an_array(backend: Any) -> None:
    body = wires.array(EVENTS)
    acc = fold(backend, body + b" \n")
    assert not acc.faults
    acc = fold(backend, body + b" \nx{}")
    assert [fault[:2] for fault in acc.faults] == [("bad_json", len(body) + 2)]
    assert acc.text() == TEXT


@each_backend
def test_between_elements(backend: Any) -> None:
    first, second = wires.data_of(EVENTS[0]), wires.data_of(EVENTS[1])
    body = b"[" + first + b" " + second + b"]"
    acc = fold(backend, body)
    assert acc.text() == "Thequick"
    assert [fault[:2] for fault in acc.faults] == [("bad_json", len(first) + 2)]


@each_backend
@pytest.mark.parametrize("body", [b"[package]\nname = 1\n", b"[ tool.x ]\n", b"[[bin]]\nn = 1\n"])
def test_toml_is_no_array(backend: Any, body: bytes) -> None:
    for step in (0, 1):
        acc = fold(backend, body, step)
        assert [fault[:2] for fault in acc.faults] == [("not_an_event_stream", 0)]
        assert "TOML" in acc.faults[0].detail
        assert acc.status == "truncated"


@each_backend
def test_an_empty_array_is_no_answer(backend: Any) -> None:
    acc = fold(backend, b"[ ]")
    assert [fault.code for fault in acc.faults] == ["not_an_event_stream"]
    assert acc.status == "truncated"


@each_backend
def test_a_damaged_line_costs_itself_alone(backend: Any) -> None:
    rows = wires.lines(EVENTS).split(b"\n")
    rows[4] = b'{"id":oops'
    acc = fold(backend, b"\n".join(rows))
    assert [fault.code for fault in acc.faults] == ["bad_json"]
    assert acc.faults[0].offset == sum(len(row) + 1 for row in rows[:4]) + 6
    assert acc.text() == TEXT.replace("jumps", "")


@each_backend
def test_limits_fall_on_their_byte(backend: Any) -> None:
    long = ("", chunk("x" * 300))
    most = len(wires.data_of(long)) + 20
    makers = {"ndjson": wires.lines, "json-array": wires.array, "aws": wires.frames}
    for framing, make in makers.items():
        small = EVENTS[:2]
        size = {"ndjson": 1, "json-array": 0, "aws": len(wires.frames([long])) - most + 20}[framing]
        for limit, fits in ((most - 20 + size, True), (most - 21 + size, False)):
            found = [
                fold(backend, make([*small, long]), step, limits=Limits(max_event_bytes=limit))
                for step in (0, 1, 64)
            ]
            assert len({repr(seen(acc)) for acc in found}) == 1, framing
            codes = [fault.code for fault in found[0].faults]
            assert codes == ([] if fits else ["limit_event_bytes"]), framing


@each_backend
def test_one_object_is_a_whole_answer_as_before(backend: Any) -> None:
    whole = {"choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}]}
    for body in (json.dumps(whole), json.dumps(whole, indent=2), json.dumps(whole) + "\n\n"):
        for step in (0, 1):
            acc = fold(backend, body.encode(), step)
            assert (acc.status, acc.text(), acc.framing) == ("complete", "Hi", "sse")


@each_backend
def test_an_error_in_the_place_of_frames(backend: Any) -> None:
    for framing in ("aws", "json-array", "ndjson"):
        acc = fold(backend, b'{"error":{"message":"no"}}', framing=framing)
        assert (acc.status, acc.error) == ("failed", {"message": "no"})
        acc = fold(backend, b"<html><body>502</body></html>", framing=framing)
        assert [fault.code for fault in acc.faults] == ["not_an_event_stream"]


@each_backend
def test_a_hint_wins_over_doubt_and_not_over_bytes(backend: Any) -> None:
    line = wires.lines(EVENTS[:1])
    for content_type, framing in ((None, None), ("application/x-ndjson; charset=utf-8", "ndjson")):
        acc = backend.StreamAccumulator(content_type=content_type)
        acc.feed(line)
        assert acc.framing == framing
    stream = b"".join(b"data: " + wires.data_of(event) + b"\n\n" for event in EVENTS)
    assert fold(backend, stream, content_type="application/x-ndjson").framing == "sse"
    assert fold(backend, BODIES["aws"], content_type="text/event-stream").framing == "aws"


@each_backend
def test_wrong_options(backend: Any) -> None:
    with pytest.raises(ValueError, match="unknown framing 'csv'"):
        backend.StreamAccumulator(framing="csv")
    with pytest.raises(TypeError, match="framing must be a str"):
        backend.StreamAccumulator(framing=None)
    with pytest.raises(TypeError, match="content_type must be a str"):
        backend.StreamAccumulator(content_type=b"text/plain")


@each_backend
@each_framing
def test_a_reset_looks_again(backend: Any, framing: str) -> None:
    acc = backend.StreamAccumulator()
    acc.feed(BODIES[framing][:50])
    acc.reset()
    assert (acc.framing, acc.bytes, acc.status) == (None, 0, "open")
    acc.feed(BODIES["ndjson"])
    acc.close()
    assert (acc.framing, acc.text()) == ("ndjson", TEXT)


@each_backend
@each_framing
def test_pieces_are_taken_alike(backend: Any, framing: str) -> None:
    acc = backend.StreamAccumulator()
    body, said = BODIES[framing], ""
    for at in range(0, len(body), 33):
        acc.feed(body[at : at + 33])
        said += acc.take_text()
    assert said == TEXT


@each_framing
def test_damage_anywhere_is_told_alike_by_both_backends(framing: str) -> None:
    rng = random.Random(framing)
    body = BODIES[framing]
    for _ in range(150):
        at = rng.randrange(len(body))
        bad = body[:at] + bytes([rng.randrange(256)]) + body[at + rng.randrange(2) :]
        step = rng.choice([0, 1, 13, 200])
        found = {repr(seen(fold(backend, bad, step))) for backend in BACKENDS.values()}
        assert len(found) == 1, (at, step)


def test_the_public_class_has_it() -> None:
    assert StreamAccumulator(framing="aws").framing == "aws"
    assert StreamAccumulator().framing is None
