"""replay, the way back: folding what it writes gives the answer, on both backends, cut anywhere.

Answers come from answers.py, from folds of streamgen.py's streams, from the corpus and from
recordings; odd ones either raise or lose nothing. The SDKs read them, where they are installed.
"""

from __future__ import annotations

import copy
import json
import random
import subprocess
import sys
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
import recordings
import streamgen
from answers import MAKERS, answer, chat, losses, mutated, parts, said
from backends import BACKENDS, Backend
from cases import CASES
from hypothesis import given, settings
from hypothesis import strategies as st

import ssefold
from ssefold import Limits, SSEFoldError, StreamFailed, replay
from ssefold.engine.detect import SOURCES

SEEDS = 80
PIECES = (1, 2, 7, 16, None)

# What is odd about an answer is odd about its stream.
OF_THE_ANSWER = {"bad_tool_json", "unnamed_call", "no_finish_reason", "open_block"}

each_dialect = pytest.mark.parametrize("dialect", SOURCES)


def folded(backend: Backend, frames: Iterable[bytes], **options: Any) -> Any:
    acc = backend.StreamAccumulator(**options)
    for frame in frames:
        acc.feed(frame)
    acc.close()
    return acc


def cut(rng: random.Random, stream: bytes) -> list[bytes]:
    places = sorted(rng.randint(0, len(stream)) for _ in range(rng.randint(0, 20)))
    return [stream[a:b] for a, b in pairwise([0, *places, len(stream)])]


def check_comes_back(
    rng: random.Random,
    whole: dict[str, Any],
    dialect: str,
    limits: Limits | None = None,
    odd: Iterable[str] = OF_THE_ANSWER,
) -> None:
    """The answer again: values, types, key order, JSON text; whole or cut, told or guessed.

    odd: codes of anomalies that its stream may have.
    """
    before = copy.deepcopy(whole)
    stream = b"".join(replay(whole, dialect, piece=rng.choice(PIECES)))
    assert json.dumps(whole) == json.dumps(before)
    for backend in BACKENDS.values():
        for name in (dialect, "auto"):
            for chunks in ([stream], cut(rng, stream)):
                acc = folded(backend, chunks, dialect=name, limits=limits)
                assert json.dumps(acc.result()) == json.dumps(whole)
                assert acc.dialect == dialect
                assert {anomaly.code for anomaly in acc.anomalies} <= {*odd}
        compact = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
        assert acc.result_json() == compact.encode()


# -- what comes back ---------------------------------------------------------------------------


def test_every_dialect_has_a_way_back_and_answers() -> None:
    from ssefold._replay.writers import WRITERS

    assert set(WRITERS) == set(MAKERS) == set(SOURCES)


@each_dialect
def test_seeded_answers_come_back(dialect: str) -> None:
    for seed in range(SEEDS):
        rng = random.Random(f"{dialect} {seed}")
        check_comes_back(rng, answer(rng, dialect), dialect)


@each_dialect
@settings(deadline=None, max_examples=60)
@given(rng=st.randoms(use_true_random=False))
def test_generated_answers_come_back(dialect: str, rng: random.Random) -> None:
    check_comes_back(rng, answer(rng, dialect), dialect)


def test_a_fold_does_not_load_it() -> None:
    stream = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}'
    code = f"import sys, ssefold; ssefold.fold({stream!r}); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "ssefold._replay" in done.stdout.split()
    assert "ssefold._replay.writers" not in done.stdout.split()


@pytest.mark.parametrize("dialect", streamgen.DIALECTS)
def test_folds_come_back(dialect: str) -> None:
    came = 0
    for seed in range(SEEDS):
        rng = random.Random(f"fold {dialect} {seed}")
        frames = []
        for event, data in streamgen.events(rng, dialect):
            text = data if isinstance(data, bytes) else json.dumps(data).encode()
            frames.append(b"event: %b\ndata: %b\n\n" % (event.encode() or b"message", text))
        acc = folded(next(iter(BACKENDS.values())), frames)
        if acc.status == "complete" and acc.dialect == dialect:
            try:
                replay(acc.snapshot(), dialect)
            except SSEFoldError:  # a value that no stream of the API has, kept by the fold
                continue
            came += 1
            check_comes_back(rng, acc.snapshot(), dialect)
    assert came > SEEDS / 2


# Complete, and yet no answer that a stream can give back; the others of the corpus are.
NOT_BACK = {
    "body_json_list": "a stream has no end",
    "body_chat_pretty": "choices[1]",  # a body that was not streamed, its choices unsorted
    "detect_settled": "anthropic.messages",  # a chat's answer with a type of Anthropic's
    "detect_anthropic_message_delta": "content",  # cut streams: the message never started
    "detect_anthropic_message_stop": "content",
    "gemini_args_never_ended_done": "finishReason",  # ended by [DONE] alone
    "gemini_text_object": "text",  # an object where a stream has texts
    "responses_done_alone": "status",  # ended by [DONE] alone: the response is not at its end
    "responses_terminal_without_response": "status",
    "responses_terminal_wrong_type": "status",
    # What is no text where a text belongs: a fold keeps it, and a stream of the API has none.
    "chat_reasoning_list": "choices[0].message.reasoning",
    "chat_reasoning_object": "choices[0].message.reasoning",
    "chat_reasoning_object_beside_list": "choices[0].message.reasoning",
    "chat_reasoning_object_nested": "choices[0].message.reasoning",
    "chat_reasoning_object_then_list": "choices[0].message.reasoning",
    "chat_reasoning_object_without_text": "choices[0].message.reasoning",
    "chat_reasoning_text_object_text": "choices[0].message.reasoning",
    "chat_reasoning_text_then_list": "choices[0].message.reasoning",
    "wrong_type_delta": "choices[0].message.reasoning",
}

# What comes back with more, or without a null that says nothing.
COMPLETED = {
    "body_chat": {"error"},
}

COMPLETE = [
    name
    for name, case in CASES.items()
    if case.meta["status"] == "complete" and case.meta["dialect"]
]


@pytest.mark.parametrize("name", COMPLETE)
def test_the_corpus_comes_back(name: str) -> None:
    case = CASES[name]
    dialect = case.meta["dialect"]
    if name in NOT_BACK:
        with pytest.raises(SSEFoldError, match="not_replayable") as caught:
            replay(case.expected, dialect)
        assert NOT_BACK[name] in caught.value.detail
    elif name in COMPLETED:
        back = ssefold.fold(replay(case.expected, dialect))
        assert {
            key for key in {*back, *case.expected} if key not in back or key not in case.expected
        } == (COMPLETED[name])
    else:
        limits = Limits(**case.meta.get("feed", {}).get("limits", {}))
        unlimited = limits.max_choices is None
        odd = {*OF_THE_ANSWER, *(anomaly["code"] for anomaly in case.meta["anomalies"])}
        limit = limits if unlimited else None
        check_comes_back(random.Random(name), case.expected, dialect, limit, odd)


@pytest.mark.parametrize("thought", [True, 1, 0.5, "", "x"])
def test_what_the_fold_takes_for_a_thought_comes_back(thought: Any) -> None:
    """It joins no text that is none."""
    thoughts = {"text": "a", "thought": thought}
    whole = parts(thoughts, {"text": "b", "thought": 0}, thoughts)
    check_comes_back(random.Random(str(thought)), whole, "google.gemini")


@pytest.mark.skipif(not recordings.ROWS, reason="no recordings")
def test_recordings_come_back() -> None:
    came = 0
    for row in recordings.ROWS:
        acc = folded(next(iter(BACKENDS.values())), [recordings.stream_of(row)])
        if acc.status == "complete":
            came += 1
            check_comes_back(random.Random(row["file"]), acc.snapshot(), acc.dialect)
    assert came > 150


@each_dialect
def test_any_split(backend: Backend, dialect: str) -> None:
    rng = random.Random(f"split {dialect}")
    whole = min((answer(rng, dialect) for _ in range(30)), key=lambda a: abs(len(str(a)) - 400))
    stream = b"".join(replay(whole, dialect))
    for place in range(len(stream)):
        acc = folded(backend, (stream[:place], stream[place:]))
        assert acc.result() == whole
    one_by_one = (stream[i : i + 1] for i in range(len(stream)))
    assert folded(backend, one_by_one).result() == whole


@each_dialect
def test_each_item_is_one_whole_frame(dialect: str) -> None:
    for seed in range(20):
        decoder = ssefold.SSEDecoder()
        for frame in replay(answer(random.Random(seed), dialect), dialect):
            assert type(frame) is bytes
            assert len(decoder.feed(frame)) == 1
        assert decoder.close() == []


# -- odd answers ---------------------------------------------------------------------------------


@each_dialect
def test_odd_answers_are_refused_or_lose_nothing(dialect: str) -> None:
    refused = 0
    for seed in range(4 * SEEDS):
        rng = random.Random(f"odd {dialect} {seed}")
        odd = mutated(rng, answer(rng, dialect))
        try:
            frames = list(replay(odd, dialect, piece=rng.choice(PIECES)))
        except SSEFoldError as error:
            refused += error.code == "not_replayable"
            continue
        for backend in BACKENDS.values():
            acc = folded(backend, frames)
            assert (acc.dialect, acc.status, acc.faults) == (dialect, "complete", ())
            assert losses(odd, acc.snapshot()) == []
    assert 0 < refused < 3 * SEEDS


DEEP: list[Any] = []
for _ in range(300):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("whole", "dialect", "place"),
    [
        (said(error=None) | {"error": {"message": "x"}}, "openai.chat", "error: no stream"),
        (chat(choice_error={"code": 1}), "openai.chat", "choices[0].error: in a stream"),
        (chat(type="error"), "openai.chat", "type: in a stream"),
        (chat(p="x"), "openai.chat", "p: no stream"),
        (chat(obfuscation="x"), "openai.chat", "obfuscation: no stream"),
        (chat(x_groq={"usage": {"a": 1}}), "openai.chat", "x_groq.usage: no stream"),
        (chat(choice_usage={"a": 1}), "openai.chat", "choices[0].usage: no stream"),
        (chat(choice_text="Hi"), "openai.chat", "choices[0].text: no stream"),
        (chat(choice_delta={}), "openai.chat", "choices[0].delta: no stream"),
        (chat(choice_content_filter_raw=[1]), "openai.chat", "choices[0].content_filter_raw: no"),
        (chat(choice_index=True), "openai.chat", "choices[0].index: no integer"),
        (chat(choice_index="0"), "openai.chat", "choices[0].index: no integer"),
        (chat(choice_finish_reason=["stop"]), "openai.chat", "finish_reason: a stream"),
        (chat(choices=chat()["choices"] * 2), "openai.chat", "choices[1]: the index does not rise"),
        (chat(choices=[None]), "openai.chat", "choices[0]: a stream carries no null here"),
        (chat(choices=3), "openai.chat", "choices: a stream carries no number here"),
        (chat(id=[1]), "openai.chat", "id: a stream carries no array here"),
        (chat(usage=3), "openai.chat", "usage: a stream carries no number here"),
        (chat(object=3), "openai.chat", "object: a stream carries no number here"),
        (chat(choice_message="Hi"), "openai.chat", "choices[0].message: a stream carries no str"),
        (said(refusal=True), "openai.chat", "refusal: a stream carries no boolean here"),
        (said(tool_calls=[{"function": {"arguments": {}}}]), "openai.chat", "arguments: a stream"),
        (said(tool_calls=[{"index": 1}]), "openai.chat", "tool_calls[0].index: not its place"),
        (said(tool_calls=["f"]), "openai.chat", "tool_calls[0]: a stream carries no string"),
        (said(images={}), "openai.chat", "images: a stream carries no object here"),
        (said(reasoning_details=[{"index": 0}] * 2), "openai.chat", "reasoning_details[1]: it wou"),
        (said(content=[{"type": "text", "text": 3}]), "openai.chat", "content[0].text: a stream c"),
        (said(content=["Hi"]), "openai.chat", "content[0]: a stream carries no string here"),
        (
            said(content=[{"type": "text", "text": "a"}, {"type": "text", "text": "b", "x": 1}]),
            "openai.chat", "content[1]: it would join the text before it, which has other members",
        ),
        (
            said(content=[{"type": "thinking", "thinking": []}] * 2),
            "openai.chat", "content[1]: it would join the thinking before it",
        ),
        (chat(type="message_stop"), "openai.chat", "taken for one of anthropic.messages"),
        (chat(x=float("nan")), "openai.chat", "x: JSON has no such number"),
        (chat(x=10**4300), "openai.chat", "x: an integer of more than 4300 digits"),
        (chat(x=DEEP), "openai.chat", "nested deeper than"),
        ({"choices": [{"text": 3}]}, "openai.completions", "choices[0].text: a stream carries no"),
        ({"content": "Hi"}, "anthropic.messages", "content: a stream has a list of blocks"),
        ({"content": ["Hi"]}, "anthropic.messages", "content[0]: a stream has a block here"),
        ({"content": [{}]}, "anthropic.messages", "content[0]: a block that holds nothing"),
        ({"content": [{"type": None}]}, "anthropic.messages", "content[0]: a block that holds"),
        (
            {"content": [{"type": "text", "text": 5}]},
            "anthropic.messages", "content[0].text: a stream has a text here",
        ),
        (
            {"model": "a", "content": [{"type": "fallback", "to": {"model": "b"}}]},
            "anthropic.messages", "content[0].to.model: in a stream it is the message's model",
        ),
        ({"status": "queued"}, "openai.responses", "status: no event ends"),
        ({"status": ["completed"]}, "openai.responses", "status: no event ends"),
        ({"candidates": []}, "google.gemini", "a stream has no end"),
        ({"candidates": [{"content": {}}]}, "google.gemini", "candidates[0].finishReason: without"),
        (parts({"text": "a"}, {"text": "b", "x": 1}), "google.gemini", "parts[1]: it would join"),
        (parts({"text": "a"}, {"text": "b", "thoughtSignature": "s"}), "google.gemini", "parts[1]"),
        (
            parts({"text": "a", "thought": True}, {"text": "b", "thought": 2}),
            "google.gemini", "parts[1]: it would join the text before it",
        ),
        (parts({"text": "", "x": 1}), "google.gemini", "parts[0]: an empty text leaves no part"),
        (
            parts({"text": "a"}, {"text": "", "thoughtSignature": "s"}),
            "google.gemini", "parts[1]: its thoughtSignature would go to the text before it",
        ),
        (
            parts({"functionCall": {"name": "f", "willContinue": True}}),
            "google.gemini", "parts[0].functionCall.willContinue: in a stream the call goes on",
        ),
        (
            parts({"functionCall": {"name": "f", "partialArgs": []}}),
            "google.gemini", "parts[0].functionCall.partialArgs: in a stream they become arguments",
        ),
        (parts({"text": 3}), "google.gemini", "parts[0].text: a stream carries no number"),
        ({"choices": []}, "auto", "no dialect has such an answer"),
    ],
)  # fmt: skip
def test_what_no_stream_gives_back(whole: dict[str, Any], dialect: str, place: str) -> None:
    """Before the first frame, with the place, and without what stands there."""
    with pytest.raises(SSEFoldError) as caught:
        replay(whole, dialect)
    assert caught.value.code == "not_replayable"
    assert place in caught.value.detail


@pytest.mark.parametrize(
    ("whole", "options", "kind", "text"),
    [
        ([chat()], {}, TypeError, "an answer is a dict, not 'list'"),
        (b"{}", {}, TypeError, "an answer is a dict, not 'bytes'"),
        (chat(x={1: 2}), {}, TypeError, "x has a key that is no str: 1"),
        (chat(x=(1, 2)), {}, TypeError, "x is no JSON value: 'tuple'"),
        (chat(x=[b"x"]), {}, TypeError, r"x\[0\] is no JSON value: 'bytes'"),
        (chat(), {"dialect": "openai"}, ValueError, "unknown dialect 'openai'"),
        (chat(), {"dialect": None}, TypeError, "dialect must be a str"),
        (chat(), {"piece": 0}, ValueError, "piece must be at least 1, got 0"),
        (chat(), {"piece": 1.5}, TypeError, "piece must be an int or None, not 'float'"),
        (chat(), {"piece": True}, TypeError, "piece must be an int or None, not 'bool'"),
    ],
)
def test_wrong_arguments(whole: Any, options: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        replay(whole, **options)


@pytest.mark.parametrize(
    ("sent", "back"),
    [
        (said(tool_calls=[]), said()),
        (said(tool_calls=None, function_call=None, audio=None, annotations=None), said()),
        (chat(usage=None, error=None), chat()),
        (said(tool_calls=[{"id": "a", "index": 0, "type": "function", "function": {}}]),
         said(tool_calls=[{"id": "a", "type": "function", "function": {"arguments": ""}}])),
        (chat(id="", created=0, model=""), chat(id=None, created=None, model=None)),
        ({"choices": [{"message": {}}]},
         {"object": "chat.completion", "choices": [
             {"index": 0, "message": {"role": "assistant", "content": None}, "finish_reason": None}
         ]}),
        (said(content=[{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]),
         said(content=[{"type": "text", "text": "ab"}])),
        (parts({"text": "a"}, {"text": ""}, {"text": "b"}), parts({"text": "ab"})),
        (said(content="\ud83d\ude00 \ud83d"), said(content="😀 \ufffd")),
    ],
)  # fmt: skip
def test_what_comes_back_otherwise(backend: Backend, sent: Any, back: Any) -> None:
    """All that does: see the reference."""
    for piece in (1, None):
        acc = folded(backend, replay(sent, piece=piece))
        assert json.dumps(acc.result()) == json.dumps(back)
        assert json.dumps(folded(backend, replay(back)).result()) == json.dumps(back)


def test_key_order_is_that_of_a_fold(backend: Backend) -> None:
    shuffled = {"choices": [{"finish_reason": "stop", "message": {"content": "Hi", "role": "x"}}]}
    back = folded(backend, replay({**shuffled, "id": "c"})).result()
    assert list(back) == ["id", "object", "choices"]
    assert list(back["choices"][0]) == ["index", "message", "finish_reason"]
    assert list(back["choices"][0]["message"]) == ["role", "content"]


@each_dialect
def test_a_cut_replay_is_the_beginning_of_the_answer(backend: Backend, dialect: str) -> None:
    """What is not yet told is not told, and the text begins as it will end."""
    for seed in range(20):
        rng = random.Random(f"beginning {dialect} {seed}")
        whole = answer(rng, dialect)
        acc = backend.StreamAccumulator()
        text = folded(backend, replay(whole)).text()
        for frame in replay(whole, piece=rng.choice(PIECES)):
            acc.feed(frame)
            assert text.startswith(acc.text())
        acc.close()
        assert acc.text() == text
        assert acc.faults == ()


def test_a_failed_response_fails(backend: Backend) -> None:
    whole = {"id": "r", "object": "response", "status": "failed", "error": {"code": "x"}}
    whole["output"] = [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm"}]}]
    acc = folded(backend, replay(whole))
    with pytest.raises(StreamFailed) as caught:
        acc.result()
    assert (caught.value.partial, caught.value.error) == (whole, {"code": "x"})


@pytest.mark.parametrize("dialect", ["openai.chat", "openai.completions"])
@pytest.mark.parametrize("word", ["error", "network_error"])
def test_an_answer_that_ended_in_an_error_fails(dialect: str, word: str) -> None:
    """As its first stream did: the fold of the replay is the answer, and no success."""
    for seed in range(20):
        rng = random.Random(f"{dialect} {seed}")
        whole = answer(rng, dialect)
        if not whole.get("choices"):
            continue
        rng.choice(whole["choices"])["finish_reason"] = word
        stream = b"".join(replay(whole, dialect, piece=rng.choice(PIECES)))
        for backend in BACKENDS.values():
            for chunks in ([stream], cut(rng, stream)):
                acc = folded(backend, chunks)
                assert (acc.status, acc.error) == ("failed", word)
                with pytest.raises(StreamFailed) as failed:
                    acc.result()
                assert json.dumps(failed.value.partial) == json.dumps(whole)


@pytest.mark.parametrize(
    ("calls", "apart"),
    [
        ([("a", "f", "{"), ("", "", "1")], False),  # a fragment with neither begins nothing
        ([("", "f", ""), ("", "", "1")], False),
        ([("a", "f", "{}"), ("", "", "1")], True),
        ([("", "", "{"), ("", "", "1")], True),
        ([("a", "f", "{}"), ("a", "f", "{}")], True),
        ([("a", "f", "{"), ("a", "f", "}")], False),
        ([("a", "f", "{"), ("a", "g", "}")], True),
        ([("a", "f", "{}"), ("a", "", "1")], False),
        ([("a", "f", "{"), ("b", "f", "1"), ("a", "f", "}")], False),
    ],
)
def test_calls_that_would_join(calls: list[tuple[str, str, str]], apart: bool) -> None:
    made = [
        {
            **({"id": key} if key else {}),
            "type": "function",
            "function": {**({"name": name} if name else {}), "arguments": text},
        }
        for key, name, text in calls
    ]
    message = {"role": "assistant", "content": None, "tool_calls": made}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    whole = {"object": "chat.completion", "choices": [choice]}
    if apart:
        odd = {*OF_THE_ANSWER, "tool_index_reused"}
        check_comes_back(random.Random(0), whole, "openai.chat", odd=odd)
    else:
        with pytest.raises(SSEFoldError, match=r"tool_calls.* would go on"):
            replay(whole)
