"""take(): what came since the last call, as typed pieces.

For each dialect what its streams give. What is promised of any stream: test_take_promises.py.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

import pytest
from backends import Backend
from cases import CASES, NAMES, make
from chats import COPIES, DONE, chunk, event, fed, state
from deltas import joined

from ssefold import DELTA_KINDS, Delta, Limits
from ssefold.engine.detect import SOURCES
from ssefold.engine.rows import LEAF, sheet


def take_by(backend: Backend, *parts: bytes, **options: Any) -> list[list[Delta]]:
    """What take() gives after each part, and once more at the end."""
    acc = backend.StreamAccumulator(**options)
    taken = []
    for part in parts:
        acc.feed(part)
        taken.append(acc.take())
    acc.close()
    return [*taken, acc.take()]


def delta_of(**delta: Any) -> bytes:
    return event({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}]})


# -- each dialect ---------------------------------------------------------------------------------


def test_chat(backend: Backend) -> None:
    call = {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": ""}}
    more = {"index": 0, "function": {"arguments": '{"a"'}}
    other = {"index": 1, "id": "c2", "function": {"name": "g", "arguments": "{}"}}
    assert take_by(
        backend,
        delta_of(role="assistant", content="", reasoning_content="I "),
        delta_of(reasoning_content="see", content="Hel"),
        delta_of(content="lo") + delta_of(content="!"),
        delta_of(refusal="No."),
        delta_of(tool_calls=[call]),
        delta_of(tool_calls=[more]) + delta_of(tool_calls=[other]),
        chunk("2nd", 1),
        DONE,
    ) == [
        [Delta("reasoning", "I ")],
        [Delta("reasoning", "see"), Delta("text", "Hel")],
        [Delta("text", "lo!")],
        [Delta("refusal", "No.")],
        [Delta("tool_call", "f", 0, 0, None, "c1", "f")],
        [
            Delta("tool_arguments", '{"a"', 0, 0, None, "c1", "f"),
            Delta("tool_call", "g", 0, 1, None, "c2", "g"),
            Delta("tool_arguments", "{}", 0, 1, None, "c2", "g"),
        ],
        [Delta("text", "2nd", 1)],
        [],
        [],
    ]


def test_a_name_that_comes_in_pieces(backend: Backend) -> None:
    def call(**function: Any) -> bytes:
        return delta_of(tool_calls=[{"index": 0, "function": function}])

    assert take_by(
        backend, call(name="get"), call(name="_weather"), call(name="get_weather", arguments="{}")
    ) == [
        [Delta("tool_call", "get", 0, 0, None, None, "get")],
        [Delta("tool_call", "_weather", 0, 0, None, None, "get_weather")],
        [Delta("tool_arguments", "{}", 0, 0, None, None, "get_weather")],
        [],
    ]


def test_calls_are_numbered_as_they_came(backend: Backend) -> None:
    def call(index: int, arguments: str) -> bytes:
        tool = {"index": index, "id": f"c{index}", "function": {"arguments": arguments}}
        return delta_of(tool_calls=[tool])

    taken = take_by(backend, call(5, "a"), call(2, "b"), call(5, "c") + call(2, "d"))
    numbers = [[(delta.index, delta.id, delta.text) for delta in one] for one in taken]
    assert numbers == [[(0, "c5", "a")], [(1, "c2", "b")], [(1, "c2", "d"), (0, "c5", "c")], []]


def test_the_old_function_call(backend: Backend) -> None:
    assert take_by(
        backend,
        delta_of(function_call={"name": "f", "arguments": ""}),
        delta_of(function_call={"arguments": "{}"}),
    ) == [[Delta("tool_call", "f", name="f")], [Delta("tool_arguments", "{}", name="f")], []]


def test_content_parts(backend: Backend) -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    assert take_by(
        backend,
        delta_of(content="a"),
        delta_of(content=[thinking]),
        delta_of(content=[thinking]),
        delta_of(content=[{"type": "text", "text": "b"}, {"type": "image_url", "image_url": "u"}]),
        delta_of(content="c"),
        delta_of(content="d"),
    ) == [
        [Delta("text", "a")],
        [Delta("reasoning", "hm")],
        [Delta("reasoning", "hm")],
        [Delta("text", "b")],
        [Delta("text", "c")],
        [Delta("text", "d")],
        [],
    ]


def test_reasoning_that_comes_twice_is_given_once(backend: Backend) -> None:
    """OpenRouter: a string, and the same in a list. LiteLLM's list has no index."""

    def twice(text: str) -> bytes:
        detail = {"type": "reasoning.text", "text": text, "index": 0}
        return delta_of(reasoning=text, reasoning_details=[detail])

    def blocks(text: str) -> bytes:
        return delta_of(
            reasoning_content=text, thinking_blocks=[{"type": "thinking", "thinking": text}]
        )

    for make_chunk in (twice, blocks):
        stream = [make_chunk(text) for text in ("I ", "see", "see", "")]
        assert take_by(backend, *stream) == [
            [Delta("reasoning", "I ")],
            [Delta("reasoning", "see")],
            [Delta("reasoning", "see")],
            [],
            [],
        ]
        assert take_by(backend, b"".join(stream)) == [[Delta("reasoning", "I seesee")], []]


def test_reasoning_in_a_list_alone(backend: Backend) -> None:
    def detail(text: str, **more: Any) -> bytes:
        return delta_of(reasoning_details=[{"type": "reasoning.text", "text": text, **more}])

    assert take_by(
        backend, detail("a", index=0), detail("b", index=1) + detail("c", index=0), detail("d")
    ) == [
        [Delta("reasoning", "a", 0, 0)],
        [Delta("reasoning", "c", 0, 0), Delta("reasoning", "b", 0, 1)],
        [Delta("reasoning", "d", 0, 2)],
        [],
    ]


def test_texts_that_came_as_objects_and_lists(backend: Backend) -> None:
    """A gateway in front of Bedrock: reasoning_content is an object, and no JSON is thought."""
    cases: list[list[bytes]] = [
        [
            delta_of(reasoning_content={"text": "I "}),
            delta_of(reasoning_content={"text": "see"}),
            delta_of(reasoning_content={"signature": "S"}),
        ],
        [
            delta_of(reasoning="I "),
            delta_of(reasoning={"text": "s", "id": "x"}),
            delta_of(reasoning="ee"),
        ],
        [
            delta_of(thinking="I "),
            delta_of(thinking=[{"type": "text", "text": "s"}]),
            delta_of(thinking="ee"),
        ],
    ]
    for stream in cases:
        end = event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        whole = take_by(backend, b"".join(stream) + end)
        assert whole == [[Delta("reasoning", "I see")], []]
        pieces = [delta for taken in take_by(backend, *stream, end) for delta in taken]
        assert {delta.kind for delta in pieces} == {"reasoning"}
        assert "".join([delta.text for delta in pieces]) == "I see"


def test_refusals_and_legacy_texts_that_came_as_objects(backend: Backend) -> None:
    def text(piece: Any) -> bytes:
        return event({"object": "text_completion", "choices": [{"index": 0, "text": piece}]})

    assert take_by(backend, text("a"), text({"text": "b"}), text("c")) == [
        [Delta("text", "a")],
        [Delta("text", "b")],
        [Delta("text", "c")],
        [],
    ]
    assert take_by(backend, text("a"), text([{"type": "text", "text": "b"}]), text("c")) == [
        [Delta("text", "a")],
        [Delta("text", "b")],
        [Delta("text", "c")],
        [],
    ]
    assert take_by(backend, delta_of(refusal="No"), delta_of(refusal={"text": "."})) == [
        [Delta("refusal", "No")],
        [Delta("refusal", ".")],
        [],
    ]


def test_spoken_words(backend: Backend) -> None:
    stream = delta_of(audio={"id": "a", "transcript": "Hi"}) + delta_of(audio={"data": "QUJD"})
    assert take_by(backend, stream) == [[Delta("transcript", "Hi")], []]


def test_completions(backend: Backend) -> None:
    def text(piece: str, index: int) -> bytes:
        return event({"object": "text_completion", "choices": [{"index": index, "text": piece}]})

    assert take_by(backend, text("a", 0) + text("x", 1), text("b", 0)) == [
        [Delta("text", "a"), Delta("text", "x", 1)],
        [Delta("text", "b")],
        [],
    ]


def block(index: int, **content: Any) -> bytes:
    return event({"type": "content_block_start", "index": index, "content_block": content})


def block_delta(index: int, kind: str, **delta: Any) -> bytes:
    delta = {"type": kind, **delta}
    return event({"type": "content_block_delta", "index": index, "delta": delta})


def test_messages(backend: Backend) -> None:
    assert take_by(
        backend,
        event({"type": "message_start", "message": {"id": "m", "content": []}}),
        block(0, type="thinking", thinking="", signature=""),
        block_delta(0, "thinking_delta", thinking="hm"),
        block(1, type="text", text="First "),
        block_delta(1, "text_delta", text="a"),
        block(2, type="tool_use", id="t", name="f", input={}),
        block_delta(2, "input_json_delta", partial_json='{"a": '),
        block_delta(2, "input_json_delta", partial_json="1}"),
        event({"type": "content_block_stop", "index": 2}),
        block(3, type="server_tool_use", id="s", name="web_search", input={"query": "é"}),
        event({"type": "content_block_stop", "index": 3}),
        event({"type": "message_stop"}),
    ) == [
        [],
        [],
        [Delta("reasoning", "hm", 0, 0)],
        [Delta("text", "First ", 0, 1)],
        [Delta("text", "a", 0, 1)],
        [Delta("tool_call", "f", 0, 2, None, "t", "f")],
        [Delta("tool_arguments", '{"a": ', 0, 2, None, "t", "f")],
        [Delta("tool_arguments", "1}", 0, 2, None, "t", "f")],
        [],
        [
            Delta("tool_call", "web_search", 0, 3, None, "s", "web_search"),
        ],
        [Delta("tool_arguments", '{"query":"é"}', 0, 3, None, "s", "web_search")],
        [],
        [],
    ]


@pytest.mark.parametrize("kind", ["text", "thinking"])
def test_a_start_that_comes_again(backend: Backend, kind: str) -> None:
    """What was given of the start is left out once, not of each delta that begins like it."""
    deltas = [block_delta(0, f"{kind}_delta", **{kind: text}) for text in ("", "ha", "ha")]
    taken = take_by(backend, block(0, type=kind, **{kind: "ha"}), *deltas)
    assert [[delta.text for delta in one] for one in taken] == [["ha"], [], ["ha"], ["ha"], []]


def response(kind: str, **members: Any) -> bytes:
    return event({"type": f"response.{kind}", **members})


def test_responses(backend: Backend) -> None:
    def text(delta: str, part: int = 0) -> bytes:
        return response("output_text.delta", output_index=1, content_index=part, delta=delta)

    message = {"type": "message", "id": "m", "content": []}
    second = {"type": "output_text", "text": ""}  # without its start it was the open part
    call = {"type": "function_call", "id": "i", "call_id": "c", "name": "f", "arguments": ""}
    search = {"type": "web_search_call", "id": "ws", "status": "in_progress"}
    found = {**search, "status": "completed", "action": {"type": "search", "query": "q"}}
    assert take_by(
        backend,
        response("created", response={"id": "r", "object": "response", "output": []}),
        response("output_item.added", output_index=0, item={"type": "reasoning", "summary": []})
        + response(
            "reasoning_summary_text.delta", output_index=0, summary_index=0, delta="In short"
        ),
        response("reasoning_text.delta", output_index=0, content_index=0, delta="At length"),
        response("output_item.added", output_index=1, item=message)
        + text("Hel")
        + response("content_part.added", output_index=1, content_index=1, part=second)
        + text("2nd", 1),
        text("lo"),
        response("output_text.done", output_index=1, content_index=0, text="Hello!"),
        response("refusal.delta", output_index=1, content_index=2, delta="No."),
        response("output_item.added", output_index=2, item=call),
        response("function_call_arguments.delta", output_index=2, delta="{"),
        response("function_call_arguments.done", output_index=2, arguments="{}"),
        response("output_item.added", output_index=3, item=search),
        response("output_item.done", output_index=3, item=found),
    ) == [
        [],
        [Delta("reasoning_summary", "In short", 0, 0, 0)],
        [Delta("reasoning", "At length", 0, 0, 0)],
        [Delta("text", "Hel", 0, 1, 0), Delta("text", "2nd", 0, 1, 1)],
        [Delta("text", "lo", 0, 1, 0)],
        [Delta("text", "!", 0, 1, 0)],
        [Delta("refusal", "No.", 0, 1, 2)],
        [Delta("tool_call", "f", 0, 2, None, "c", "f")],
        [Delta("tool_arguments", "{", 0, 2, None, "c", "f")],
        [Delta("tool_arguments", "}", 0, 2, None, "c", "f")],
        [Delta("tool_call", "web_search_call", 0, 3, None, "ws", "web_search_call")],
        [
            Delta(
                "tool_arguments", '{"type":"search","query":"q"}', 0, 3, None, "ws",
                "web_search_call",
            )
        ],
        [],
    ]  # fmt: skip


def test_a_value_that_differs_from_its_deltas_adds_nothing(backend: Backend) -> None:
    def text(**members: Any) -> dict[str, Any]:
        return {"output_index": 0, "content_index": 0, **members}

    output = [{"type": "message", "content": [{"type": "output_text", "text": "Other!"}]}]
    taken = take_by(
        backend,
        response("output_text.delta", **text(delta="Hello")),
        response("output_text.done", **text(text="Other")),
        response("completed", response={"id": "r", "object": "response", "output": output}),
    )
    assert taken == [[Delta("text", "Hello", 0, 0, 0)], [], [], []]


def test_gemini(backend: Backend) -> None:
    def parts(*given: Any, index: int = 0) -> bytes:
        return event({"candidates": [{"index": index, "content": {"parts": given}}]})

    call = {"functionCall": {"name": "f", "args": {"city": "Paris", "n": [1]}}}
    assert take_by(
        backend,
        parts({"text": ""}),
        parts({"text": "hm", "thought": True}),
        parts({"text": "Hel"}),
        parts({"text": "lo"}, call, {"functionCall": {"name": "g", "args": {}}}),
        parts({"executableCode": {"language": "PYTHON", "code": "1+1"}}),
        parts({"text": "other"}, index=1),
    ) == [
        [],
        [Delta("reasoning", "hm", 0, 0)],
        [Delta("text", "Hel", 0, 1)],
        [
            Delta("text", "lo", 0, 1),
            Delta("tool_call", "f", 0, 2, None, None, "f"),
            Delta("tool_arguments", '{"city":"Paris","n":[1]}', 0, 2, None, None, "f"),
            Delta("tool_call", "g", 0, 3, None, None, "g"),
        ],
        [Delta("tool_arguments", "1+1", 0, 4)],
        [Delta("text", "other", 1, 0)],
        [],
    ]


def called(**call: Any) -> bytes:
    return event({"candidates": [{"content": {"parts": [{"functionCall": call}]}}]})


def piece(path: str, value: Any, goes_on: bool = False) -> dict[str, Any]:
    kind = "stringValue" if isinstance(value, str) else "numberValue"
    return {"jsonPath": path, kind: value, **({"willContinue": True} if goes_on else {})}


def wrote(*pieces: dict[str, Any]) -> bytes:
    return called(partialArgs=list(pieces), willContinue=True)


def test_arguments_that_come_value_by_value(backend: Backend) -> None:
    """Gemini: JSON text that grows with them, and is closed when the call ends."""

    def arguments(text: str) -> Delta:
        return Delta("tool_arguments", text, 0, 0, None, "c", "f")

    said = event({"candidates": [{"content": {"parts": [{"text": "so"}]}}]})
    assert take_by(
        backend,
        called(name="f", id="c", willContinue=True),
        wrote(piece("$.city", 'A"\ud83d', goes_on=True)),
        wrote(piece("$.city", "\ude00b", goes_on=True)),
        said,
        wrote(piece("$.city", "")),
        wrote(piece("$.l[0].x", 1), piece("$.l[0].y", "2"), piece("$.l[3]", 3), piece("$.m.n", 4)),
        called(),
        called(name="g", willContinue=True) + called(),
    ) == [
        [Delta("tool_call", "f", 0, 0, None, "c", "f")],
        [arguments('{"city":"A\\"')],
        [arguments("😀b")],
        [Delta("text", "so", 0, 1)],
        [arguments('"')],
        [arguments(',"l":[{"x":1,"y":"2"},3],"m":{"n":4')],
        [arguments("}}")],
        [Delta("tool_call", "g", 0, 2, None, None, "g")],
        [],
    ]


def test_arguments_that_are_written_again(backend: Backend) -> None:
    """They cannot be told behind what was told: their member comes once more at the end."""
    given = [
        called(name="f", willContinue=True),
        wrote(piece("$.a", "x"), piece("$.l[0]", 1), piece("$.b", 2)),
        wrote(piece("$.l[1]", 3), piece("$.a", "y"), piece("$.b", 2), piece("$.c", 4)),
        wrote(piece("$.a", "y"), piece("$.l[2]", 5)),
        called(),
    ]
    taken = [delta for deltas in take_by(backend, *given) for delta in deltas]
    assert joined(taken)["tool_arguments", 0, 0, None] == (
        '{"a":"x","l":[1],"b":2,"c":4,"l":[1,3,5],"a":"y"}'
    )
    assert joined(taken) == joined(take_by(backend, b"".join(given))[0])
    assert take_by(backend, *given[:2])[2] == []  # it never ended: nor does the text


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("gemini_args")])
def test_streamed_arguments_are_the_answers(backend: Backend, name: str) -> None:
    """Their text, read as JSON, is what stands in the answer, if the call ended."""
    case = CASES[name]
    acc = make(backend, case.meta)
    acc.feed(case.stream)
    acc.close()
    taken = joined(acc.take())
    for choice, candidate in enumerate(acc.snapshot()["candidates"]):
        for index, part in enumerate(candidate["content"]["parts"]):
            text = taken.get(("tool_arguments", choice, index, None))
            args = part.get("functionCall", {}).get("args")
            if text is None:
                assert not args
            elif "_cut" not in name and "_never" not in name:
                assert json.loads(text) == args


@pytest.mark.parametrize("thought", [None, False, True, 0, -0.0, 1, 0.5, "", "false", [], {}])
def test_a_thought_is_one_to_all_who_read(backend: Backend, thought: Any) -> None:
    """0 is false: as for text(), in an answer that was streamed and in one that was not."""
    text = "" if thought not in (None, False) else "a"
    kind = "text" if text else "reasoning"
    parts = [{"text": "a", "thought": thought}]
    answer = {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}
    for stream in (event(answer), json.dumps(answer).encode()):
        acc = fed(backend, stream)
        acc.close()
        assert (acc.text(), acc.take_text(), acc.take()) == (text, text, [Delta(kind, "a", 0, 0)])
        assert acc.result() == answer


# -- wholes ---------------------------------------------------------------------------------------


def test_a_message_in_the_place_of_a_delta(backend: Backend) -> None:
    call = {"id": "c", "function": {"name": "f", "arguments": "{}"}}
    message = {"content": "whole", "tool_calls": [call]}
    stream = event({"choices": [{"index": 0, "message": message}]})
    assert take_by(backend, stream, DONE) == [
        [
            Delta("text", "whole"),
            Delta("tool_call", "f", 0, 0, None, "c", "f"),
            Delta("tool_arguments", "{}", 0, 0, None, "c", "f"),
        ],
        [],
        [],
    ]


def test_a_whole_body(backend: Backend) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    choices = [
        {"index": 2, "message": {"content": "third", "reasoning": "r", "tool_calls": [call]}},
        {"index": 0, "message": {"content": [{"type": "text", "text": "first"}]}},
    ]
    body = json.dumps({"object": "chat.completion", "choices": choices}).encode()
    assert take_by(backend, body) == [
        [],
        [
            Delta("reasoning", "r", 2),
            Delta("text", "third", 2),
            Delta("tool_call", "f", 2, 0, None, "c", "f"),
            Delta("tool_arguments", "{}", 2, 0, None, "c", "f"),
            Delta("text", "first"),
        ],
    ]


@pytest.mark.parametrize("name", SOURCES)
def test_nothing_comes_before_anything_came(backend: Backend, name: str) -> None:
    acc = backend.StreamAccumulator(dialect=name)
    assert acc.take() == []
    acc.feed(b": ping\n\n")
    acc.close()
    assert acc.take() == []


# -- surrogates -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("halves", "taken"),
    [
        (["a\ud83d", "\ude00b"], ["a", "\U0001f600b", ""]),
        (["\ud83d", "x"], ["", "\ufffdx", ""]),
        (["\ude00", "x"], ["\ufffd", "x", ""]),
        (["\ud83d\ud83d", "\ude00"], ["\ufffd", "\U0001f600", ""]),
        (["a", "b\ud83d"], ["a", "b", "\ufffd"]),
    ],
)
@pytest.mark.parametrize("kind", ["text", "parts", "block"])
def test_a_half_waits_for_its_mate(
    backend: Backend, kind: str, halves: list[str], taken: list[str]
) -> None:
    makers = {
        "text": chunk,
        "parts": lambda text: chunk([{"type": "text", "text": text}]),
        "block": lambda text: block_delta(0, "text_delta", text=text),
    }
    found = take_by(backend, *map(makers[kind], halves))
    assert ["".join(delta.text for delta in one) for one in found] == taken


def test_a_half_at_the_end_of_a_part_that_is_no_longer_the_last(backend: Backend) -> None:
    """It waits until nothing can follow, though its part has settled."""
    thinking = {"type": "thinking", "thinking": "hm"}
    first = chunk([{"type": "text", "text": "a\ud83d"}])
    taken = take_by(backend, first, chunk([thinking]), chunk([{"type": "text", "text": "b"}]))
    assert [[delta.text for delta in one] for one in taken] == [["a"], ["hm"], ["b"], ["\ufffd"]]


def test_text_that_became_a_list(backend: Backend) -> None:
    """How much was given of the text says nothing of how many parts were."""
    part = {"type": "image_url"}
    stream = chunk([part] * 4 + [{"type": "text", "text": "b"}])
    taken = take_by(backend, chunk("aaa"), stream, chunk([part, {"type": "text", "text": "c"}]))
    assert [[delta.text for delta in one] for one in taken] == [["aaa"], ["b"], ["c"], []]
    later = [{"type": "text", "text": "b"}, part, part, {"type": "text", "text": "c"}]
    taken = take_by(backend, chunk("a" * 5), chunk(later))
    assert [[delta.text for delta in one] for one in taken] == [["a" * 5], ["b", "c"], []]


# -- promises -------------------------------------------------------------------------------------


def test_take_and_take_text_are_two_readers(backend: Backend) -> None:
    acc = backend.StreamAccumulator()
    acc.feed(chunk("a"))
    assert acc.take_text() == "a"
    acc.feed(chunk("b"))
    assert acc.take() == [Delta("text", "ab")]
    assert acc.text() == "ab"
    acc.feed(chunk("c"))
    assert (acc.take(), acc.take_text(), acc.take(), acc.take_text()) == (
        [Delta("text", "c")], "bc", [], "",
    )  # fmt: skip


def test_taking_changes_nothing_else(backend: Backend) -> None:
    one, two = backend.StreamAccumulator(), backend.StreamAccumulator()
    for part in (chunk("Hel"), chunk("\ud83d"), chunk("\ude00"), delta_of(reasoning="r"), DONE):
        one.feed(part)
        two.feed(part)
        two.take()
        assert state(one) == state(two)


def test_reset_forgets_what_was_given(backend: Backend) -> None:
    body = json.dumps({"choices": [{"message": {"content": "x"}}]}).encode()
    acc = backend.StreamAccumulator()
    for _ in range(2):
        acc.feed(body)
        acc.close()
        assert acc.take() == [Delta("text", "x")]
        acc.reset()
        assert acc.take() == []


def test_a_stream_that_ended_early_gives_what_it_has(backend: Backend) -> None:
    acc = fed(backend, chunk("abc") + chunk("defgh"), limits=Limits(max_output_bytes=4))
    assert acc.take() == [Delta("text", "abc")]
    strict = fed(backend, chunk("abc") + b"data: {\n\n" + chunk("d"), strict=True)
    assert strict.take() == [Delta("text", "abc")]


def test_another_thread_feeds(backend: Backend) -> None:
    """What is taken meanwhile adds up to the text: nothing is lost, nothing given twice."""
    words = [f"w{i} " for i in range(3000)]
    acc = backend.StreamAccumulator()
    thread = threading.Thread(target=lambda: [acc.feed(chunk(word)) for word in words])
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        taken: list[Delta] = []
        thread.start()
        while thread.is_alive():
            taken += acc.take()
            acc.snapshot()
        thread.join()
    finally:
        sys.setswitchinterval(interval)
    taken += acc.take()
    assert joined(taken) == {("text", 0, None, None): "".join(words)}
    assert acc.take_text() == "".join(words)


# -- the record, and what it costs ----------------------------------------------------------------


def test_the_record() -> None:
    delta = Delta("text", "x")
    assert Delta._fields == ("kind", "text", "choice", "index", "part", "id", "name")
    assert delta == ("text", "x", 0, None, None, None, None)
    with pytest.raises(AttributeError):
        delta.text = "y"  # type: ignore[misc]
    for copied in COPIES.values():
        assert copied(delta) == delta


def kinds_of(rows: Any) -> set[str]:
    """The kinds that stand in a sheet."""
    kinds: set[str] = set()
    for what, _, below, _, _ in rows:
        if what == LEAF:
            kinds.add(below)
        elif isinstance(below, dict):
            kinds |= {kind for case in below.values() for kind in kinds_of(case)}
        elif isinstance(below, tuple):
            kinds |= kinds_of(below)
        else:
            kinds.add("tool_call")
    return kinds


def test_the_tables_name_the_kinds_and_no_others() -> None:
    used = set()
    for source in SOURCES.values():
        kinds = kinds_of(sheet(source["DELTAS"]))
        assert "text" in kinds
        used |= kinds
    assert used == set(DELTA_KINDS)


def test_settled_parts_are_not_looked_at_again(backend: Backend) -> None:
    """A stream whose lists grow by an element per event: asked each time, not the square."""
    acc = backend.StreamAccumulator()
    looked = 0
    leaves = backend.StreamAccumulator._leaves

    class Counting(backend.StreamAccumulator):  # type: ignore[misc, name-defined]
        __slots__ = ()

        def _leaves(self, *args: Any) -> Any:
            nonlocal looked
            found = leaves(self, *args)
            looked += len(found)
            return found

    acc = Counting()
    for i in range(300):
        image = [{"type": "image_url"}, {"type": "text", "text": f"{i}"}]
        think = [{"type": "thinking", "thinking": f"{i}"}]
        acc.feed(delta_of(content=image, thinking_blocks=think))
        assert [delta.text for delta in acc.take()] == [f"{i}", f"{i}"]
    assert looked <= 3 * 300


@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_what_a_done_lacks_is_not_given_again_when_it_comes_again(
    backend: Backend, step: int
) -> None:
    """A gateway's item.done has no parts, its last event the whole answer."""
    summary = [{"type": "summary_text", "text": "Hm."}]
    refusal = [{"type": "refusal", "refusal": "No!"}]
    thought = {"type": "reasoning", "id": "r", "summary": []}
    message = {"type": "message", "id": "m", "content": []}
    at = {"output_index": 0, "item_id": "r", "summary_index": 0}
    last = {"output": [{**thought, "summary": summary}, {**message, "content": refusal}]}
    stream = b"".join(
        event({"type": f"response.{kind}", **members})
        for kind, members in (
            ("reasoning_summary_text.delta", {**at, "delta": "Hm"}),
            ("output_item.done", {"output_index": 0, "item": thought}),
            ("refusal.delta", {"output_index": 1, "content_index": 0, "delta": "No"}),
            ("output_item.done", {"output_index": 1, "item": message}),
            ("completed", {"response": last}),
        )
    )
    taken = take_by(backend, *(stream[i : i + step] for i in range(0, len(stream), step)))
    assert joined(delta for part in taken for delta in part) == {
        ("reasoning_summary", 0, 0, 0): "Hm.",
        ("refusal", 0, 1, 0): "No!",
    }
