"""tool_arguments() and partial_json(): values that grow, judged by the plainest reader at each cut.

The corpus and generated streams, asked at every piece; texts of all sorts, right and damaged, cut
at every character; one object from one question to the next; nothing read twice.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
import streamgen
import streamnoise
from backends import Backend
from cases import CASES, fed, make, pieces, shared_cases
from chats import DONE, chunk, event
from partial_reference import reference

from ssefold import Limits

TEXTS = [
    '{"path": "a.py", "edits": [{"old": "x\\ny", "n": 12}, {"old": "", "n": -0.5e1}], "z": null}',
    '{"a":{"b":{"c":[[],{},[{}],""]}},"a":[{"a":1,"a":{"b":2}},true],"k\\"ey\\u00e9":false}',
    '["\\ud83d\\ude00 \\u4e2d\\\\\\/","\\ud83d","\\ude00x","\\ud83d\\ud83d\\ude00","\\ud83d\\n"]',
    " [ 1 , -2.5 , 0 , -0 , -0.0, 1e5, 123456789012345678901234567890 , 1e999 , 3 ] ",
    '{"a":1,"a":1e400,"b":[1e400]}',
    '{"text": "中文 é 😀", "ключ": [true,false,null,{}]}',
    '"only a string \\" of it"',
    "-12.75e+10",
    "true",
    " null ",
    '{"a":[1,2]} and more {"b":2}',
    '{"a":[1,2}',
    '{"a":1,}',
    "[1,]",
    "[01]",
    "[1.x]",
    "[1-2]",
    "[-]",
    "[1.5.2]",
    "[tru]",
    "[nul1",
    "[truex]",
    '["a\\x"]',
    '["a\\u12G4"]',
    '["\\ud83d\\u12x"]',
    '["a\x01b"]',
    '["line\nend"]',
    '{"a\x01b":1}',
    '{a:1}',
    '{"a" 1}',
    '{"a":1 "b":2}',
    "NaN",
    "[Infinity]",
    "]",
    "{]",
    "```json\n{}",
    "[[[[[[1]]]]]]",
    '{"a":{"b":{"c":{"d":1}}},"e":2}',
    "\ufeff{}",
    "[\u00a01]",
    "",
    "  ",
]


def call(text: str, index: int = 0, choice: int = 0, **more: Any) -> bytes:
    """A chunk with a piece of a call's arguments."""
    fragment = {"index": index, "function": {"arguments": text}, **more}
    return event({"choices": [{"index": choice, "delta": {"tool_calls": [fragment]}}]})


def begin(index: int = 0, choice: int = 0) -> bytes:
    named = {"index": index, "id": f"c{index}", "function": {"name": "f"}}
    return event({"choices": [{"index": choice, "delta": {"tool_calls": [named]}}]})


def test_the_reference_reads_as_json_does() -> None:
    for text in TEXTS[:3] + TEXTS[5:10]:
        assert reference(text, final=True) == json.loads(
            json.dumps(json.loads(text)).replace("\\ud83d\\n", "\\ufffd\\n")
        ) or "\\ud83d" in text
    assert reference('{"a": tru') == {}
    assert reference('{"a": true') == {"a": True}
    assert reference('{"a": 12') == {}
    assert reference('{"a": 12,') == {"a": 12}
    assert reference('{"a": "b\\u00') == {"a": "b"}
    assert reference('["a", "\\ud83d') == ["a", ""]
    assert reference('{"a": 1, "key') == {"a": 1}
    assert reference("[[1]]", depth=1) == []


def kinds(value: Any) -> Any:
    """A value with the types of its numbers, which == does not tell apart."""
    return json.dumps(value)


@pytest.mark.parametrize("text", TEXTS)
def test_every_cut(backend: Backend, text: str) -> None:
    """Two pieces, cut anywhere; and single characters, all asked for."""
    for at in range(len(text) + 1):
        acc = backend.StreamAccumulator()
        acc.feed(begin() + call(text[:at]))
        assert kinds(acc.tool_arguments()) == kinds(reference(text[:at], 128)), text[:at]
        acc.feed(call(text[at:]))
        assert kinds(acc.tool_arguments()) == kinds(reference(text))
    acc = backend.StreamAccumulator()
    acc.feed(begin())
    spoken = backend.StreamAccumulator()
    for at, char in enumerate(text):
        acc.feed(call(char))
        spoken.feed(chunk(char))
        assert kinds(acc.tool_arguments()) == kinds(reference(text[: at + 1])), text[: at + 1]
        assert kinds(spoken.partial_json()) == kinds(acc.tool_arguments())
    for one in (acc, spoken):
        one.feed(chunk(finish="stop") + DONE)
        one.close()
        value = one.tool_arguments() if one is acc else one.partial_json()
        assert kinds(value) == kinds(reference(text, final=True))
    if reference(text, final=True) is not None and acc.status == "complete" and not acc.anomalies:
        assert acc.tool_arguments() == repaired(json.loads(text)) or "1e" in text


def repaired(value: Any) -> Any:
    return json.loads(
        json.dumps(value, ensure_ascii=False).encode("utf-16-le", "surrogatepass").decode(
            "utf-16-le", "replace"
        )
    )


@pytest.mark.parametrize("seed", range(60))
def test_damage_anywhere(backend: Backend, seed: int) -> None:
    """A text with a character more, less or another: the value stays as it was."""
    rng = random.Random(seed)
    text = rng.choice(TEXTS)
    for _ in range(rng.randint(1, 2)):
        at = rng.randint(0, len(text))
        char = rng.choice('"\\{}[]:,.-+eE019tfnu /\n\x1f\ud83d\ude00é')
        text = text[:at] + char + text[at + rng.randint(0, 1) :]
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    acc = backend.StreamAccumulator()
    acc.feed(begin())
    at = 0
    while at < len(text):
        size = rng.randint(1, 9)
        acc.feed(call(text[at : at + size]))
        at += size
        if rng.random() < 0.6:
            assert kinds(acc.tool_arguments()) == kinds(reference(text[:at])), text[:at]
    assert kinds(acc.tool_arguments()) == kinds(reference(text)), text


# -- streams ----------------------------------------------------------------------------------


def expected(call: Any, depth: int, final: bool) -> Any:
    """The arguments of a call, of what tool_calls() shows of it."""
    paths = [
        ("function", "arguments"), ("custom", "input"), ("functionCall", "args"), ("arguments",),
        ("input",), ("code",), ("operation",), ("action",), ("queries",),
    ]  # fmt: skip
    for path in paths:
        found: Any = call
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        if found is None:
            continue
        plain = path[-1] in ("code",) or path == ("custom", "input")
        plain = plain or (path == ("input",) and call.get("type") == "custom_tool_call")
        if isinstance(found, str) and not plain:
            return reference(found, depth, final)
        return found or None if isinstance(found, str) else found
    return None


def judged(acc: Any, depth: int) -> Iterator[tuple[Any, Any]]:
    """What is given, and what is right, of each call and text."""
    final = acc.status == "complete"
    for choice in range(2):
        text = acc.text(choice)
        if not text.endswith("\ufffd"):
            yield acc.partial_json(choice), reference(text[:600], depth, final)
        calls = acc.tool_calls(choice)
        for number, one in enumerate(calls):
            value = acc.tool_arguments(number, choice)
            right = expected(one, depth, final)
            if right == {} and acc.status == "open" and value is None:
                continue  # a call begins like that, before its text
            if type(value) is int or isinstance(one.get("input"), int):
                right = expected(one, depth, True)  # once a call is stopped
                right = right if value is not None or final else None
            yield value, right
        assert acc.tool_arguments(len(calls), choice) is None
        assert acc.tool_arguments(-1, choice) is None


@shared_cases
def test_corpus(backend: Backend, name: str) -> None:
    case = CASES[name]
    if len(case.stream) > 20000:
        return
    acc = make(backend, case.meta)
    depth = acc._stream.depth
    for piece in pieces(case.stream, len(case.stream)):
        fed(acc, piece)
        for given, right in judged(acc, depth):
            assert kinds(given) == kinds(right)
    acc.close()
    for given, right in judged(acc, depth):
        assert kinds(given) == kinds(right)


@pytest.mark.parametrize("dialect", streamgen.DIALECTS)
@pytest.mark.parametrize("seed", range(25))
def test_generated_streams(backend: Backend, dialect: str, seed: int) -> None:
    rng = random.Random(seed)
    stream = streamnoise.framed(
        rng, streamgen.events(rng, dialect), streamnoise.plain_style(rng)
    )
    acc = backend.StreamAccumulator()
    for piece in pieces(stream, seed):
        acc.feed(piece)
        for given, right in judged(acc, 128):
            assert kinds(given) == kinds(right)
    acc.close()
    for given, right in judged(acc, 128):
        assert kinds(given) == kinds(right)


# -- one object, read once --------------------------------------------------------------------

LONG = json.dumps(
    {"path": "x.py", "edits": [{"old": "w" * 300, "new": "é\n" * 90, "n": i} for i in range(40)]}
)


def test_one_object_grows_and_nothing_is_read_twice(backend: Backend) -> None:
    """16 characters at a time, asked after each: an open string alone is copied again."""
    acc = backend.StreamAccumulator()
    acc.feed(begin())
    assert acc.tool_arguments() is None
    acc.feed(call(LONG[:1]))
    value = acc.tool_arguments()
    assert value == {}
    for at in range(1, len(LONG), 16):
        acc.feed(call(LONG[at : at + 16]))
        assert acc.tool_arguments() is value
        assert acc.tool_arguments() is value
    assert value == json.loads(LONG)
    (growing,) = acc._stream.grown.values()
    assert len(LONG) <= growing.scanned <= len(LONG) * 1.4  # escapes that a cut left wait for more
    acc.feed(chunk(finish="tool_calls") + DONE)
    assert acc.tool_arguments() is value
    assert acc.tool_calls()[0]["function"]["arguments"] == LONG


def test_text_grows_alike(backend: Backend) -> None:
    acc = backend.StreamAccumulator()
    assert acc.partial_json() is None
    acc.feed(chunk('{"answer": ["yes'))
    value = acc.partial_json()
    assert value == {"answer": ["yes"]}
    inner = value["answer"]
    acc.feed(chunk(', or no"], "n": 1'))
    assert acc.partial_json() is value
    assert value["answer"] is inner
    assert value == {"answer": ["yes, or no"]}
    kept = copy.deepcopy(value)
    acc.feed(chunk("2}"))
    assert acc.partial_json() == {"answer": ["yes, or no"], "n": 12}
    assert kept == {"answer": ["yes, or no"]}
    assert acc.partial_json(1) is None


def test_choices_and_calls_have_values_of_their_own(backend: Backend) -> None:
    acc = backend.StreamAccumulator()
    acc.feed(begin(5) + call('{"a":1,', 5) + begin(2) + call('{"b":', 2))
    assert acc.tool_arguments(0) == {}
    assert acc.tool_arguments(1) == {"a": 1}
    acc.feed(begin(0, 1) + call("[true", 0, 1) + begin(0) + call("[", 0))
    assert [acc.tool_arguments(n) for n in range(4)] == [[], {}, {"a": 1}, None]
    assert acc.tool_arguments(0, 1) == [True]
    assert acc.tool_arguments(0, choice=7) is None
    acc.feed(call('"c":2}', 5) + call("7}", 2) + call("[]]", 0))
    assert [acc.tool_arguments(n) for n in range(3)] == [[[]], {"b": 7}, {"a": 1, "c": 2}]
    with pytest.raises(TypeError):
        acc.tool_arguments("0")


def test_reset_forgets(backend: Backend) -> None:
    acc = backend.StreamAccumulator()
    acc.feed(begin() + call('{"a": "b'))
    value = acc.tool_arguments()
    acc.reset()
    assert acc.tool_arguments() is None
    acc.feed(begin() + call('{"a": "b'))
    again = acc.tool_arguments()
    assert again == value
    assert again is not value


def test_depth_beyond_the_limit_stops_the_growth(backend: Backend) -> None:
    """The events themselves nest that deep."""
    acc = backend.StreamAccumulator(limits=Limits(max_depth=7))
    acc.feed(begin() + call('{"a":[[[[[[1') + call(',2]]],3]]],"b":[]}'))
    assert acc.tool_arguments() == {"a": [[[[[[1, 2]]], 3]]], "b": []}
    acc = backend.StreamAccumulator(limits=Limits(max_depth=7))
    acc.feed(begin() + call('{"a":[[[[[[') + call('[1]]]]]]],"b":2}'))
    assert acc.tool_arguments() == {"a": [[[[[[]]]]]]}


def test_a_value_that_somebody_changed_is_read_anew(backend: Backend) -> None:
    acc = backend.StreamAccumulator()
    acc.feed(begin() + call('{"a": ["x'))
    acc.tool_arguments()["a"].clear()
    acc.feed(call('y"'))
    assert acc.tool_arguments() == {"a": ["xy"]}


def test_pairs_cut_in_two(backend: Backend) -> None:
    """As the wire cuts them, and as the text of the arguments writes them."""
    acc = backend.StreamAccumulator()
    acc.feed(begin() + call('{"a": "\ud83d'))
    value = acc.tool_arguments()
    assert value == {"a": ""}
    acc.feed(call("\ude00 \\ud83d"))
    assert acc.tool_arguments() == {"a": "😀 "}
    acc.feed(call("\\u"))
    assert value == {"a": "😀 "}
    acc.feed(call("de00 \ud83d"))
    assert acc.tool_arguments() is value
    assert value == {"a": "😀 😀 "}
    acc.feed(call('"}'))
    assert acc.tool_arguments() == {"a": "😀 😀 \ufffd"}


# -- other shapes -------------------------------------------------------------------------------


def told(kind: str, **more: Any) -> bytes:
    return event({"type": kind, **more})


def test_an_input_of_a_block(backend: Backend) -> None:
    """Its placeholder is nothing yet; an input of its own is there at once."""
    block = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
    acc = backend.StreamAccumulator(dialect="anthropic.messages")
    acc.feed(told("message_start", message={"content": [], "usage": {}}))
    acc.feed(told("content_block_start", index=0, content_block=block))
    assert acc.tool_arguments() is None
    for piece in ("", '{"city": "Par', 'is", "n": 1'):
        delta = {"type": "input_json_delta", "partial_json": piece}
        acc.feed(told("content_block_delta", index=0, delta=delta))
    value = acc.tool_arguments()
    assert value == {"city": "Paris"}
    delta = {"type": "input_json_delta", "partial_json": "2}"}
    acc.feed(told("content_block_delta", index=0, delta=delta))
    acc.feed(told("content_block_stop", index=0))
    assert acc.tool_arguments() is value
    assert value == acc.tool_calls()[0]["input"] == {"city": "Paris", "n": 12}
    acc.feed(told("content_block_start", index=1, content_block={**block, "id": "u"}))
    assert acc.tool_arguments(1) is None
    acc.feed(told("content_block_stop", index=1))
    assert acc.tool_arguments(1) == {}
    given = {**block, "id": "v", "input": {"a": [1]}}
    acc.feed(told("content_block_start", index=2, content_block=given))
    assert acc.tool_arguments(2) == {"a": [1]}
    acc.tool_arguments(2)["a"].append(2)
    assert acc.tool_calls()[2]["input"] == {"a": [1]}


def item(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "id": "i", "call_id": "c", "name": "f", **more}


def respond(acc: Any, *events: bytes) -> Any:
    for one in events:
        acc.feed(one)
    return acc.tool_arguments()


ADDED = "response.output_item.added"
ARGUMENTS = "response.function_call_arguments"


def test_a_full_value_goes_on_or_is_read_anew(backend: Backend) -> None:
    started = told(ADDED, output_index=0, item=item("function_call", arguments=""))
    delta = told(f"{ARGUMENTS}.delta", output_index=0, item_id="i", delta='{"a": [1, 2')
    acc = backend.StreamAccumulator()
    value = respond(acc, told("response.created", response={"id": "r", "output": []}), started)
    assert value is None
    value = respond(acc, delta)
    assert value == {"a": [1]}
    done = told(f"{ARGUMENTS}.done", output_index=0, item_id="i", arguments='{"a": [1, 23]}')
    assert respond(acc, done) is value
    assert value == {"a": [1, 23]}
    whole = item("function_call", arguments='{"a": [1, 23]}', status="completed")
    assert respond(acc, told("response.output_item.done", output_index=0, item=whole)) is value
    answer = {"id": "r", "status": "completed", "output": [whole]}
    assert respond(acc, told("response.completed", response=answer)) == {"a": [1, 23]}
    other = backend.StreamAccumulator()
    value = respond(other, started, delta)
    done = told(f"{ARGUMENTS}.done", output_index=0, item_id="i", arguments='{"b": 1}')
    assert respond(other, done) == {"b": 1}
    assert value == {"a": [1]}
    assert respond(other, told("ping")) is other.tool_arguments()


def test_inputs_that_are_no_json(backend: Backend) -> None:
    started = told(ADDED, output_index=0, item=item("custom_tool_call", input=""))
    acc = backend.StreamAccumulator()
    assert respond(acc, started) is None
    for piece in ('{"a"', ": \\u00"):
        acc.feed(
            told("response.custom_tool_call_input.delta", output_index=0, item_id="i", delta=piece)
        )
    assert acc.tool_arguments() == '{"a": \\u00'
    assert acc.tool_arguments() is acc.tool_arguments()
    acc = backend.StreamAccumulator()
    custom = {"index": 0, "id": "c", "type": "custom", "custom": {"name": "f", "input": "\ud83d"}}
    acc.feed(event({"choices": [{"index": 0, "delta": {"tool_calls": [custom]}}]}))
    assert acc.tool_arguments() is None
    custom = {"index": 0, "custom": {"input": "\ude00[\ud83d"}}
    acc.feed(event({"choices": [{"index": 0, "delta": {"tool_calls": [custom]}}]}))
    assert acc.tool_arguments() == "😀["
    acc.feed(chunk(finish="tool_calls") + DONE)
    assert acc.tool_arguments() == "😀[\ufffd"
    action = {"type": "search", "query": "q"}
    acc = backend.StreamAccumulator()
    started = told(ADDED, output_index=0, item=item("web_search_call", action=action))
    assert respond(acc, started) == action
    assert acc.tool_arguments() is not acc.tool_arguments()


def test_arguments_written_at_paths(backend: Backend) -> None:
    """A number is whole as it comes; what comes out of its order is there, too."""

    def part(*args: Any, goes_on: bool = True) -> bytes:
        called = {"name": "f", "partialArgs": list(args), "willContinue": goes_on}
        content = {"parts": [{"functionCall": called}]}
        return event({"candidates": [{"index": 0, "content": content}]})

    acc = backend.StreamAccumulator()
    acc.feed(part({"jsonPath": "$.a", "numberValue": 5}))
    value = acc.tool_arguments()
    assert value == {"a": 5}
    acc.feed(part({"jsonPath": "$.b", "stringValue": "x", "willContinue": True}))
    acc.feed(part({"jsonPath": "$.b", "stringValue": "y"}))
    assert acc.tool_arguments() is value
    assert value == {"a": 5, "b": "xy"}
    acc.feed(part({"jsonPath": "$.a", "numberValue": 6}))
    assert acc.tool_arguments() == {"a": 6, "b": "xy"}
    acc.feed(part(goes_on=False))
    assert acc.tool_arguments() == {"a": 6, "b": "xy"}
    whole = {"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "args": {}}}]}}]}
    acc = backend.StreamAccumulator()
    acc.feed(event(whole))
    assert acc.tool_arguments() == {}


def test_a_table_without_a_row_for_arguments(backend: Backend) -> None:
    table = {
        "NAME": "own",
        "FIELDS": {"calls": "extend"},
        "READ": {"calls": ({"each": "calls"},), "inputs": {"with": "json"}},
    }
    acc = backend.StreamAccumulator(dialect=table)
    acc.feed(event({"calls": [{}, {"with": '{"a": 1}'}, {"with": {"b": 2}}]}))
    assert acc.tool_calls() == [{"with": '{"a": 1}'}, {"with": {"b": 2}}]
    assert [acc.tool_arguments(n) for n in range(3)] == [{"a": 1}, {"b": 2}, None]
    del table["READ"]["inputs"]  # type: ignore[attr-defined]
    acc = backend.StreamAccumulator(dialect=table)
    acc.feed(event({"calls": [{"with": "[]"}]}))
    assert acc.tool_arguments() is None


def test_another_thread_reads_for_itself(backend: Backend) -> None:
    """What one question holds is not there for another in the meantime."""
    acc = backend.StreamAccumulator()
    acc.feed(begin() + call('{"a": 1, "b": "c'))
    value = acc.tool_arguments()
    held = acc._stream.grown.copy()
    acc._stream.grown.clear()
    acc.feed(call('d"'))
    assert acc.tool_arguments() == {"a": 1, "b": "cd"}
    assert value == {"a": 1, "b": "c"}
    acc._stream.grown.update(held)
    acc.feed(call("}"))
    assert acc.tool_arguments() is value
    assert value == {"a": 1, "b": "cd"}
