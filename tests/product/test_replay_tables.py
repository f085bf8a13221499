"""The way back of a caller's own table, and several dialects among which answers and events tell.

A table says how events become an answer, and not what its API sends: `replay` writes a stream
which that table folds to the answer, or says why there is none.
"""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from backends import Backend
from chats import HELLO, answer, event, fed
from tablegen import random_event, random_table

import ssefold
from ssefold import SSEFoldError, replay
from ssefold.engine.grammar import source_of

ACME: dict[str, Any] = {
    "NAME": "acme.chat",
    "DETECT": {"key": ("acme",)},
    "WHOLE": {"answers": "array"},
    "FIELDS": {
        "acme": "drop",
        "answers": {"rule": "entries", "by": "n", "missing": "zero", "limit": "choices"},
        "answers[].delta": {"into": "message"},
        "answers[].delta.words": "append",
        "answers[].delta.calls": {"rule": "calls", "limit": "tool_calls"},
        "answers[].delta.calls[].index": "drop",
        "answers[].delta.calls[].function": {},
        "answers[].delta.calls[].function.arguments": "append",
        "answers[].end": "finish",
        "sources": "extend",
        "usage": "per_key",
    },
    "FINISHED": {"each": "answers", "has": "end"},
    "READ": {
        "text": ({"entry": "answers"}, "message", "words"),
        "finish": ({"entry": "answers"}, "end"),
    },
    "DELTAS": {"answers[choice].message.words": "text"},
}
SAID: dict[str, Any] = {
    "id": "a1",
    "answers": [
        {"n": 0, "message": {"words": "Hello, world", "mood": "good"}, "end": "stop"},
        {"n": 2, "message": {"words": "Good😀bye", "calls": []}, "end": None},
    ],
    "sources": [{"url": "x"}, {"url": "y"}],
    "usage": {"in": 3, "out": {"text": 2}},
}
ENDED: dict[str, Any] = {
    "NAME": "llama.chat",
    "FIELDS": {"message": {}, "message.content": "append", "state": "last"},
    "TERMINATOR": {"done": True, "state": "over"},
    "READ": {"text": ("message", "content")},
}


def data(frames: list[bytes]) -> list[Any]:
    return [json.loads(frame[frame.index(b"data: ") + 6 :]) for frame in frames]


def test_a_list_under_another_key_holds_objects_alone() -> None:
    """Its rule is that of the member that brings it: a string in it has no index."""
    held = {"rule": "entries", "by": "n", "missing": "zero", "limit": "choices", "into": "all"}
    table = {"NAME": "mine", "FIELDS": {"some": held}}
    assert len(list(replay({"all": [{"n": 0, "x": 1}]}, table))) == 2
    for wrong in ["x", 1, ["x"]]:
        with pytest.raises(SSEFoldError) as raised:
            replay({"all": [wrong]}, table)
        assert raised.value.code == "not_replayable"


def test_the_end_at_a_path_comes_last() -> None:
    """As a member of the answer does that completes it."""
    table = {
        "NAME": "mine",
        "FIELDS": {"out": {}, "out.text": "append", "out.meta": {}},
        "FINISHED": {"has": "out.meta.end"},
    }
    answer = {"out": {"text": "Hello", "meta": {"end": "stop", "x": 1}}}
    frames = list(replay(answer, table, piece=3))
    assert data(frames[:-1]) == [
        {"out": {"text": "", "meta": {"end": None, "x": 1}}},
        {"out": {"text": "Hel"}},
        {"out": {"text": "lo"}},
        {"out": {"meta": {"end": "stop"}}},
    ]
    assert ssefold.fold(frames[:-1], dialect=table) == answer


def test_a_table_of_fields_has_a_way_back() -> None:
    called = {"id": "c", "function": {"name": "f", "arguments": '{"a":[1,2,3]}'}}
    said = {**SAID, "answers": [*SAID["answers"]]}
    said["answers"][1] = {"n": 2, "message": {"words": "", "calls": [called]}, "end": "calls"}
    frames = list(replay(said, ACME, piece=5))
    assert frames[-1] == b"data: [DONE]\n\n"
    assert ssefold.fold(frames, dialect=ACME) == said
    events = data(frames[:-1])
    assert all("acme" in one for one in events)  # by which they are known
    assert events[0]["answers"][0]["delta"] == {"words": "", "mood": "good"}
    assert [one["answers"][0]["delta"]["words"] for one in events[1:4]] == ["Hello", ", wor", "ld"]
    assert len(list(replay(said, ACME, piece=None))) < len(frames)


def test_halves_of_a_pair_read_as_they_do_in_any_stream() -> None:
    said = {"message": {"content": "a\ud83d\ude00b\ud83d"}, "done": True}
    folded = ssefold.fold(replay(said, ENDED, piece=1), dialect=ENDED)
    assert folded["message"]["content"] == "a\U0001f600b\ufffd"


def test_it_ends_as_its_table_says() -> None:
    said = {"message": {"role": "r", "content": "Hello"}, "done": True, "count": 3}
    frames = list(replay(said, ENDED))
    assert ssefold.fold(frames, dialect=ENDED) == said
    assert data(frames)[0]["done"] is None
    assert data(frames)[-1] == {"done": True}
    said = {"message": {"content": "Hello"}, "state": "over"}
    assert data(list(replay(said, ENDED)))[-1] == {"state": "over"}
    with pytest.raises(SSEFoldError, match="done: by the table of llama"):
        replay({"message": {"content": "Hello"}}, ENDED)


def test_a_table_that_inherits_is_written_as_what_it_inherits() -> None:
    mine = {
        "NAME": "my.chat",
        "INHERITS": "openai.chat",
        "FIELDS": {"choices[].delta.mood": "append", "choices[].delta.refusal": "drop"},
    }
    said = answer("Hello")
    said["choices"][0]["message"]["mood"] = "haha"
    frames = list(replay(said, mine))
    assert ssefold.fold(frames, dialect=mine) == said
    assert frames[-1] == b"data: [DONE]\n\n"
    said["choices"][0]["message"]["refusal"] = "No"
    with pytest.raises(SSEFoldError, match=r"refusal: no stream carries it to this place"):
        replay(said, mine)
    acts = {"NAME": "my.messages", "INHERITS": "anthropic.messages"}
    message = {
        "id": "m", "type": "message", "role": "assistant", "model": "x",
        "content": [{"type": "text", "text": "Hello"}], "stop_reason": "end_turn",
        "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 2},
    }  # fmt: skip
    assert ssefold.fold(replay(message, acts), dialect=acts) == message


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"answers": [{"n": 1}, {"n": 0}]}, r"answers\[1\]: the n does not rise"),
        ({"answers": [{"n": 0, "message": {"words": 3}}]}, "words"),
        ({"acme": "1"}, "acme: no stream carries it to this place"),
        ({"error": {"message": "x"}}, "reports an error"),
        ({"sources": 3}, "sources: a stream carries no number here"),
    ],
)
def test_what_no_stream_gives_back(said: dict[str, Any], text: str) -> None:
    with pytest.raises(SSEFoldError, match=text) as raised:
        replay(said, ACME)
    assert raised.value.code == "not_replayable"


def test_events_that_act_have_no_way_back_by_a_table() -> None:
    table = {"NAME": "acts", "KIND": "do", "EVENTS": {"end": ({"do": "end"},)}}
    with pytest.raises(SSEFoldError, match="the events of acts say what they do"):
        replay({"a": 1}, table)


def test_random_tables_write_what_they_fold_or_say_why_not() -> None:
    written = 0
    for seed in range(1500):
        rng = random.Random(seed)
        table = {**random_table(rng), "FINISHED": {}}
        try:
            source_of(table)
        except ValueError:
            continue
        events: list[Any] = []
        for _ in range(rng.randint(1, 6)):
            events.append(random_event(rng, events))
        acc = ssefold.StreamAccumulator(dialect=table)
        acc.feed(b"".join(map(event, events)))
        said = acc.snapshot()
        try:
            frames = list(replay(said, table, piece=rng.choice([1, 16, None])))
        except SSEFoldError:  # anything else is a defect
            continue
        written += 1
        assert ssefold.StreamAccumulator(dialect=table).feed(b"".join(frames)) == len(frames)
    assert written > 100


# -- several -------------------------------------------------------------------------------------

BODY = json.dumps({"answers": [{"n": 0, "message": {"words": "whole"}}]}).encode()
STREAM = event({"acme": 1, "answers": [{"n": 0, "delta": {"words": "Hi"}, "end": "stop"}]})


@pytest.mark.parametrize("dialect", [[ACME, "auto"], ("auto", ACME), [ACME, "openai.chat"]])
def test_events_tell_among_several(backend: Backend, dialect: Any) -> None:
    acc = fed(backend, STREAM, dialect=dialect)
    assert (acc.dialect, acc.status, acc.text()) == ("acme.chat", "complete", "Hi")
    acc.reset()
    acc.feed(HELLO)
    assert (acc.dialect, acc.status, acc.text()) == ("openai.chat", "complete", "Hello")
    acc = fed(backend, BODY, dialect=dialect)
    assert (acc.dialect, acc.status, acc.text()) == ("acme.chat", "complete", "whole")


def test_the_first_that_is_told_counts(backend: Backend) -> None:
    """What both claim is the first one's; what none claims is nobody's."""
    claims = {"NAME": "mine", "DETECT": {"key": ("choices",)}, "FIELDS": {"choices": "snapshot"}}
    assert fed(backend, HELLO, dialect=[claims, "auto"]).dialect == "mine"
    assert fed(backend, HELLO, dialect=["auto", claims]).dialect == "openai.chat"
    acc = fed(backend, HELLO, dialect=[ACME])
    assert [fault.code for fault in acc.faults] == ["unknown_dialect"]
    assert (acc.dialect, acc.status) == (None, "truncated")


def test_rules_are_for_one_of_several(backend: Backend) -> None:
    rules = {"answers[].delta.mood": "append"}
    acc = fed(backend, STREAM, dialect=[ACME, "auto"], rules=rules)
    assert acc.text() == "Hi"
    with pytest.raises(ValueError, match="is never asked in any dialect"):
        backend.StreamAccumulator(dialect=[ACME], rules={"answers[].delta.words.x": "last"})


def test_answers_tell_among_several() -> None:
    assert list(replay(SAID, [ACME, "auto"])) == list(replay(SAID, ACME))
    chat = answer("Hello")
    assert list(replay(chat, [ACME, "auto"])) == list(replay(chat))
    with pytest.raises(SSEFoldError, match="no dialect has such an answer"):
        replay({"x": 1}, [ACME, "auto"])


@pytest.mark.parametrize(
    ("dialect", "kind", "text"),
    [
        ([], ValueError, "dialect must name one at least, and is empty"),
        (["auto", "x"], ValueError, "unknown dialect 'x'"),
        ([["auto"]], TypeError, r"dialect\[0\] must be a str or a table, not a list"),
        ([3], TypeError, "dialect must be a str, a table"),
        (["auto", ENDED], ValueError, r"dialect\[1\]: llama.chat needs DETECT: its events must"),
        ([{"NAME": "x"}], ValueError, "needs 'FIELDS'"),
    ],
)
def test_wrong_lists(backend: Backend, dialect: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        backend.StreamAccumulator(dialect=dialect)
    with pytest.raises(kind, match=text):
        replay({}, dialect)
