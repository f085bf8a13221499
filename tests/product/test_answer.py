"""The answer and its parts: snapshots, text, calls, counts; fresh each time, on both backends."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from backends import Backend
from chats import BROKEN, DONE, HEARTBEAT, HELLO, chunk, event, fed, state

from ssefold import Limits, StreamFailed

# -- snapshots ------------------------------------------------------------------------------------


def containers(value: Any) -> Iterator[Any]:
    if isinstance(value, (dict, list)):
        yield value
        for below in value.values() if isinstance(value, dict) else value:
            yield from containers(below)


RICH = chunk(
    "a",
    usage={"total_tokens": 1, "details": {"n": [1, {"deep": 2}]}},
    citations=[{"url": "u"}],
    vendor={"list": [{"index": 0, "x": [1]}], "o": {"p": {}}},
) + event(
    {
        "choices": [
            {
                "index": 0,
                "delta": {
                    "tool_calls": [
                        {"index": 0, "id": "t", "function": {"name": "f", "arguments": "{}"}}
                    ],
                    "annotations": [{"a": {"b": 1}}],
                    "reasoning_details": [{"x": {"y": [1]}}],
                },
                "logprobs": {"content": [{"top": [{"t": 1}]}]},
            }
        ]
    }
)


def test_snapshots_are_fresh(backend: Backend) -> None:
    acc = fed(backend, RICH, close=False)
    one, two = acc.snapshot(), acc.snapshot()
    assert one == two == json.loads(acc.snapshot_json())
    assert len(list(containers(one))) > 25
    assert not {id(c) for c in containers(one)} & {id(c) for c in containers(two)}
    for container in list(containers(one)):
        container.clear()
    assert acc.snapshot() == two


def test_snapshots_do_not_change_with_later_feeds(backend: Backend) -> None:
    acc = backend.StreamAccumulator()
    taken = []
    for piece in (RICH, RICH, chunk("b", 1), chunk([{"type": "text", "text": "c"}], 1), BROKEN):
        acc.feed(piece)
        taken.append((acc.snapshot(), acc.snapshot_json(), acc.usage, acc.tool_calls()))
    for snapshot, as_json, usage, calls in taken:
        assert snapshot == json.loads(as_json)
        assert snapshot.get("usage") == usage
        assert snapshot["choices"][0]["message"].get("tool_calls", []) == calls
    assert len({as_json for _, as_json, _, _ in taken}) == len(taken)


def test_parts_of_the_answer_are_fresh(backend: Backend) -> None:
    stream = RICH + event({"error": {"message": "m", "list": [{"x": 1}]}})
    acc = fed(backend, stream)
    before = state(acc)
    for part in (acc.usage, acc.error, acc.tool_calls()):
        assert part
        for container in list(containers(part)):
            container.clear()
    assert state(acc) == before
    assert before["usage"] == {"total_tokens": 1, "details": {"n": [1, {"deep": 2}]}}
    assert before["error"] == {"message": "m", "list": [{"x": 1}]}


def test_before_anything_came(backend: Backend) -> None:
    acc = backend.StreamAccumulator()
    for _ in range(2):
        assert acc.snapshot() == {}
        assert acc.snapshot_json() == b"{}"
        assert (acc.usage, acc.error, acc.dialect) == (None, None, None)
        assert (acc.text(), acc.take_text(), acc.finish_reason(), acc.tool_calls()) == (
            "",
            "",
            None,
            [],
        )
        assert (acc.events, acc.bytes, acc.faults, acc.anomalies) == (0, 0, (), ())
        acc.feed(b": comment\n\n")
        acc.reset()


def test_surrogates_at_a_snapshot(backend: Backend) -> None:
    """A half may find its other half in the next chunk; alone it becomes U+FFFD."""
    acc = backend.StreamAccumulator()
    acc.feed(chunk(b'"'.decode() + "x"))
    acc.feed(chunk("\ud83d"))
    content = acc.snapshot()["choices"][0]["message"]["content"]
    assert content == acc.text() == '"x\ufffd'
    assert "\\u" not in acc.snapshot_json().decode()
    acc.feed(chunk("\ude00"))
    assert acc.text() == acc.snapshot()["choices"][0]["message"]["content"] == '"x\U0001f600'
    assert json.loads(acc.snapshot_json()) == acc.snapshot()


def test_surrogates_wherever_they_stand(backend: Backend) -> None:
    half = "\udfff"
    acc = fed(
        backend, RICH + chunk(half, usage={half: half}, vendor={"s": half}) + event({"error": half})
    )
    for value in (acc.snapshot(), acc.usage, acc.error, acc.text(), acc.take_text()):
        assert "\ufffd" in json.dumps(value, ensure_ascii=False)
        json.dumps(value, ensure_ascii=False).encode()
    with pytest.raises(StreamFailed) as raised:
        acc.result()
    assert raised.value.error == "\ufffd"


# -- text -----------------------------------------------------------------------------------------


def take_by(backend: Backend, *pieces: bytes, choice: int = 0) -> list[str]:
    """What take_text gives after each piece, and once more at the end."""
    acc = backend.StreamAccumulator()
    taken = []
    for piece in pieces:
        acc.feed(piece)
        taken.append(acc.take_text(choice))
    acc.close()
    return [*taken, acc.take_text(choice)]


def test_take_text(backend: Backend) -> None:
    assert take_by(backend, chunk("Hel"), chunk(""), chunk("lo"), chunk(None), DONE) == [
        "Hel", "", "lo", "", "", "",
    ]  # fmt: skip


def test_take_text_changes_nothing_else(backend: Backend) -> None:
    one, two = backend.StreamAccumulator(), backend.StreamAccumulator()
    for piece in (chunk("Hel"), chunk("\ud83d"), chunk("\ude00"), chunk("lo"), RICH, DONE):
        one.feed(piece)
        two.feed(piece)
        two.take_text()
        assert state(one) == state(two)
    assert two.text() == "Hel\U0001f600loa"
    assert one.take_text() == two.text()


def test_take_text_at_every_byte(backend: Backend) -> None:
    words = ["a", "\n", '"', "\\", "\u00e9", "\u2028", "\U0001f600", "\x00", "tail"]
    stream = b"".join(map(chunk, words)) + DONE
    taken = take_by(backend, *(stream[i : i + 1] for i in range(len(stream))))
    assert [piece for piece in taken if piece] == words


@pytest.mark.parametrize(
    ("pieces", "taken"),
    [
        (["\ud83d", "\ude00"], ["", "\U0001f600", ""]),
        (["a\ud83d", "\ude00b"], ["a", "\U0001f600b", ""]),
        (["\ud83d", "x"], ["", "\ufffdx", ""]),
        (["\ude00", "x"], ["\ufffd", "x", ""]),
        (["\ud83d", "", "\ude00"], ["", "", "\U0001f600", ""]),
        (["\ud83d\ud83d", "\ude00"], ["\ufffd", "\U0001f600", ""]),
    ],
)
def test_take_text_waits_for_the_other_half(
    backend: Backend, pieces: list[str], taken: list[str]
) -> None:
    assert take_by(backend, *map(chunk, pieces)) == taken


@pytest.mark.parametrize("end", ["close", "terminator", "limit"])
def test_take_text_of_a_half_that_never_comes(backend: Backend, end: str) -> None:
    """Where nothing can follow it any more, what was taken adds up to the text."""
    acc = backend.StreamAccumulator(limits=Limits(max_event_bytes=1000))
    acc.feed(chunk("a\ud83d"))
    assert (acc.take_text(), acc.take_text()) == ("a", "")
    if end == "close":
        acc.close()
    else:
        acc.feed(DONE if end == "terminator" else b"data: " + b"y" * 2000)
    assert (acc.take_text(), acc.take_text()) == ("\ufffd", "")
    assert acc.text() == "a\ufffd"


def test_take_text_of_several_choices(backend: Backend) -> None:
    acc = backend.StreamAccumulator()
    acc.feed(chunk("a0") + chunk("b0", 1))
    assert acc.take_text(1) == "b0"
    acc.feed(chunk("b1", 1) + chunk("a1"))
    assert (acc.take_text(), acc.take_text(1), acc.take_text(2)) == ("a0a1", "b1", "")
    acc.feed(chunk("c", 2))
    assert [acc.take_text(i) for i in range(4)] == ["", "", "c", ""]
    assert [acc.text(i) for i in range(4)] == ["a0a1", "b0b1", "c", ""]


def test_take_text_of_content_lists(backend: Backend) -> None:
    def text(value: str) -> Any:
        return {"type": "text", "text": value}

    acc = backend.StreamAccumulator()
    taken = []
    for content in (
        "a",
        [text("b")],
        [{"type": "thinking", "thinking": [text("no")]}],
        [text("c"), {"type": "image_url", "image_url": "u"}, text("d")],
        "e",
    ):
        acc.feed(chunk(content))
        taken.append(acc.take_text())
    assert taken == ["a", "b", "", "cd", "e"]
    assert acc.text() == "abcde"


def test_take_text_when_a_list_follows_text_that_was_not_taken(backend: Backend) -> None:
    acc = fed(backend, chunk("a") + chunk([{"type": "text", "text": "b"}]), close=False)
    assert acc.take_text() == "ab"
    acc.feed(chunk("c"))
    assert acc.take_text() == "c"


def test_take_text_of_blocks(backend: Backend) -> None:
    def block(index: int, **content: Any) -> bytes:
        return event({"type": "content_block_start", "index": index, "content_block": content})

    def delta(index: int, **content: Any) -> bytes:
        return event({"type": "content_block_delta", "index": index, "delta": content})

    assert take_by(
        backend,
        event({"type": "message_start", "message": {"id": "m", "content": []}}),
        block(0, type="thinking", thinking=""),
        delta(0, type="thinking_delta", thinking="no"),
        block(1, type="text", text="first "),
        delta(1, type="text_delta", text="a"),
        block(2, type="tool_use", id="t", name="f", input={}),
        block(3, type="text", text=""),
        delta(3, type="text_delta", text="b"),
        delta(3, type="text_delta", text="c"),
    ) == ["", "", "", "first ", "a", "", "", "b", "c", ""]
    # blocks that come out of order, the later one first
    assert take_by(
        backend,
        block(3, type="text", text=""),
        delta(3, type="text_delta", text="late block"),
        block(1, type="text", text=""),
        delta(1, type="text_delta", text="early"),
        delta(3, type="text_delta", text="!"),
    ) == ["", "late block", "", "early", "!", ""]
    # a message that begins with texts, which then grow in turns
    begun = {"id": "m", "content": [{"type": "text", "text": text} for text in ("a", "b")]}
    more = [delta(index, type="text_delta", text=text) for index, text in ((1, "c"), (0, "d"))]
    start = event({"type": "message_start", "message": begun})
    assert take_by(backend, start, *more) == ["ab", "c", "d", ""]
    assert take_by(backend, b"".join([start, *more])) == ["abcd", ""]
    # a half of a pair in the start
    assert take_by(
        backend,
        block(0, type="text", text="a\ud83d"),
        delta(0, type="text_delta", text="\ude00b"),
    ) == ["a", "\U0001f600b", ""]


def said(*texts: str, **more: Any) -> dict[str, Any]:
    parts = [{"type": "output_text", "text": text} for text in texts]
    return {"type": "message", "content": parts, **more}  # a message of Responses


def response(kind: str, **members: Any) -> bytes:
    return event({"type": f"response.{kind}", **members})


def started(*output: Any) -> bytes:
    return response("created", response={"object": "response", "output": list(output)})


def ending(*output: Any) -> bytes:
    return response("completed", response={"object": "response", "output": list(output)})


AT_0 = {"output_index": 0, "content_index": 0}
DELTA = response("output_text.delta", **AT_0, delta="a")
LATER = response("output_text.delta", **AT_0, delta="b")
TEXT_DONE = response("output_text.done", **AT_0, text="a")
ADDED = response("output_item.added", output_index=0, item=said())
PART_DONE = response("content_part.done", **AT_0, part=said("a")["content"][0])
ITEM_DONE = response("output_item.done", output_index=0, item=said("a", "b"))
OTHER_DONE = response("output_item.done", output_index=0, item=said("other"))
SHORT_DONE = response("output_item.done", output_index=0, item=said())
NEXT_DONE = response("output_item.done", output_index=1, item=said("X"))
NEXT = response("output_text.delta", output_index=1, content_index=0, delta="Y")
BEGUN = response("output_item.added", output_index=0, item=said("a"))
PARTS = [{"type": "refusal", "refusal": "no"}, *said("a")["content"]]
REFUSED = response("output_item.done", output_index=0, item=said(content=PARTS))


@pytest.mark.parametrize(
    ("events", "taken"),
    [
        # what an answer or an item begins with
        ([started(said("a")), ending()], "a"),
        ([started(said("a")), LATER, ending()], "ab"),
        ([started(), response("in_progress", response={"output": [said("a")]}), LATER], "ab"),
        ([started(said("a"), said("X")), LATER, NEXT, LATER], "aXbYb"),
        ([NEXT, started(said("a"), said("X"))], "Ya"),
        ([BEGUN, LATER, ending()], "ab"),
        ([BEGUN, ITEM_DONE, ending()], "ab"),
        ([NEXT, BEGUN, NEXT, LATER], "YaYb"),
        # full values
        ([TEXT_DONE, ending()], "a"),
        ([PART_DONE, ending()], "a"),
        ([ITEM_DONE, ending()], "ab"),
        ([ADDED, ITEM_DONE, ending()], "ab"),
        ([TEXT_DONE, ITEM_DONE, ending()], "ab"),
        ([DELTA, ITEM_DONE, ending()], "ab"),
        ([REFUSED, ending()], "a"),
        # in the order in which they came
        ([NEXT_DONE, ITEM_DONE, ending()], "Xab"),
        ([DELTA, NEXT_DONE, LATER, ending()], "aXb"),
        ([TEXT_DONE, NEXT_DONE, LATER], "aXb"),
        # another full value takes nothing back, and one that differs adds nothing
        ([TEXT_DONE, OTHER_DONE, ending(said("other"))], "a"),
        ([ITEM_DONE, SHORT_DONE], "ab"),
        ([ITEM_DONE, ending(said("a", "bcd"))], "abcd"),
        ([ITEM_DONE, ending(said("a", "b"), said("c"))], "abc"),
    ],
)  # fmt: skip
def test_take_text_of_what_came_whole(backend: Backend, events: list[bytes], taken: str) -> None:
    """Whenever it is asked for: a text that came whole is not lost with its place."""
    for asked in itertools.product([False, True], repeat=len(events)):
        acc = backend.StreamAccumulator()
        pieces = []
        for one, ask in zip(events, asked, strict=True):
            acc.feed(one)
            if ask:
                pieces.append(acc.take_text())
        acc.close()
        assert "".join([*pieces, acc.take_text()]) == taken, asked


def test_full_values_that_contradict_each_other(backend: Backend) -> None:
    """As one that differs from its deltas: who took the first one has to know."""
    for second in (OTHER_DONE, SHORT_DONE):
        acc = fed(backend, ADDED + TEXT_DONE + second, close=False)
        assert [anomaly.code for anomaly in acc.anomalies][-1:] == ["done_mismatch"]
    acc = fed(backend, ADDED + PART_DONE + ITEM_DONE, close=False)
    assert "done_mismatch" not in [anomaly.code for anomaly in acc.anomalies]


def test_full_values_past_a_limit_leave_nothing_behind(backend: Backend) -> None:
    """The item that does not fit is not half there, as empty texts."""
    acc = fed(backend, ADDED, limits=Limits(max_output_bytes=100), close=False)
    before = acc.snapshot()
    acc.feed(response("output_item.done", output_index=0, item=said("a", "b" * 101)))
    assert acc.faults[0].code == "limit_output_bytes"
    assert acc.snapshot() == before
    assert acc.take_text() == ""


def test_full_values_of_many_parts(backend: Backend) -> None:
    """Past max_blocks they are read as they are, and no place is made for each."""
    many = said(*"abcdef")
    stream = response("output_item.done", output_index=0, item=many)
    acc = fed(backend, stream, limits=Limits(max_blocks=3), close=False)
    assert (acc.text(), acc.take_text()) == ("abcdef", "abcdef")
    assert acc.snapshot()["output"] == [many]


def test_take_text_of_a_whole_answer(backend: Backend) -> None:
    body = b'{"choices": [{"message": {"content": "whole"}}, {"message": {"content": "two"}}]}'
    acc = fed(backend, body)
    assert (acc.text(), acc.text(1), acc.text(2)) == ("whole", "two", "")
    assert (acc.take_text(), acc.take_text()) == ("whole", "")
    assert acc.take_text(1) == "two"


def test_take_text_of_a_message_in_the_place_of_a_delta(backend: Backend) -> None:
    stream = event({"choices": [{"index": 0, "message": {"content": "whole"}}]})
    assert take_by(backend, stream, DONE) == ["whole", "", ""]


@pytest.mark.parametrize("choice", [1, -1, 2**70, True])
def test_unknown_choices(backend: Backend, choice: int) -> None:
    for stream in (b"", chunk("x"), event({"type": "message_start", "message": {"id": "m"}})):
        acc = fed(backend, stream)
        assert acc.text(choice) == acc.take_text(choice) == ""
        assert acc.finish_reason(choice) is None
        assert acc.tool_calls(choice) == []


def test_no_refusal_and_no_reasoning_in_the_text(backend: Backend) -> None:
    acc = fed(
        backend,
        event({"choices": [{"delta": {"reasoning": "r", "refusal": "n", "content": "yes"}}]}),
    )
    assert acc.text() == acc.take_text() == "yes"


def test_tool_calls_and_finish_reason(backend: Backend) -> None:
    acc = fed(backend, RICH + chunk(finish="tool_calls"))
    assert acc.tool_calls() == [
        {"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    ]
    assert acc.finish_reason() == "tool_calls"
    assert acc.tool_calls(1) == []


# -- counts, repr ---------------------------------------------------------------------------------


def test_feed_counts_events(backend: Backend) -> None:
    acc = backend.StreamAccumulator()
    counts = [
        acc.feed(piece) for piece in (b"", HEARTBEAT, chunk("a") * 3, BROKEN, DONE[:-1], b"\n")
    ]
    assert counts == [0, 0, 3, 1, 0, 1]
    assert acc.feed(chunk("late") + DONE) == 2  # after the end: counted, not merged
    assert acc.events == 7
    assert acc.bytes == len(HEARTBEAT + chunk("a") * 3 + BROKEN + DONE + chunk("late") + DONE)


def test_bytes_are_counted_after_the_folding_ended(backend: Backend) -> None:
    acc = backend.StreamAccumulator(limits=Limits(max_event_bytes=10))
    for _ in range(3):
        acc.feed(HELLO)
    assert acc.bytes == 3 * len(HELLO)
    assert acc.events == 0


def test_repr(backend: Backend) -> None:
    acc = backend.StreamAccumulator()
    assert repr(acc) == (
        "<StreamAccumulator undecided open: 0 events, 0 bytes, 0 faults, 0 anomalies>"
    )
    acc.feed(chunk("private") + BROKEN + chunk(5))
    acc.close()
    assert repr(acc) == (
        "<StreamAccumulator openai.chat truncated: 3 events, "
        f"{acc.bytes} bytes, 1 faults, 1 anomalies>"
    )


# -- blocks that nobody would send ----------------------------------------------------------------


def test_a_text_in_the_place_of_a_tool_s_input(backend: Backend) -> None:
    """An unknown delta came before the JSON text, which is still empty."""

    def delta(**delta: Any) -> bytes:
        return event({"type": "content_block_delta", "index": 0, "delta": delta})

    start = {"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use"}}
    stream = event(start) + delta(type="new_delta", input="x")
    acc = fed(backend, stream + delta(type="input_json_delta", partial_json=""))
    assert acc.snapshot_json() == b'{"content":[{"type":"tool_use","input":"x"}]}'


def test_a_member_without_a_name(backend: Backend) -> None:
    """A block that is started again, and has a member whose key is empty."""
    block = {"type": "text", "text": "a", "": 1}
    start = event({"type": "content_block_start", "index": 0, "content_block": block})
    acc = fed(backend, start + start)
    assert acc.snapshot() == {"content": [block]}
    assert [anomaly.code for anomaly in acc.anomalies] == ["block_restarted"]
