"""Tables of a caller's own: a whole dialect as data, and what is wrong with one.

A wrong table raises where it is passed, and says what is wrong; one that is accepted
never raises in a fold, whatever comes: random tables meet random events.
"""

from __future__ import annotations

import json
import random
import types
from typing import Any

import parity
import pytest
from backends import Backend
from chats import event, fed
from tablegen import random_event, random_table

from ssefold import Delta
from ssefold.engine.detect import DIALECTS, SOURCES, _load
from ssefold.engine.event_spec import VERBS
from ssefold.engine.grammar import source_of

TABLE: dict[str, Any] = {
    "NAME": "acme.chat",
    "WHOLE": {"acme_version": "string", "output": "string"},
    "FIELDS": {
        "": {"order": ("id", "output"), "rest": "any"},
        "acme_version": "drop",
        "id": "first",
        "output": "append",
        "usage": "per_key",
        "turns": {"rule": "entries", "by": "n", "missing": "position", "limit": "choices"},
        "turns[].words": "append",
    },
    "FINISHED": {"has": "end"},
    "READ": {"text": ("output",), "finish": ("end",), "usage": "usage"},
    "DELTAS": {"output": "text", "turns[index].words": "reasoning"},
}

ACTS: dict[str, Any] = {
    "NAME": "acme.events",
    "KIND": "do",
    "EVENTS": {
        "begin": ({"do": "base", "from": "answer"},),
        "open": ({"do": "put", "at": "items[i]", "from": "item"},),
        "say": {
            "by": "what",
            "word": (
                {"do": "append", "at": "items[i].text", "from": "word", "make": {"type": "t"}},
            ),
        },
        "note": ({"do": "merge"},),
        "end": ({"do": "end"},),
    },
    "LISTS": {"items": {"limit": "blocks"}},
    "FIELDS": {"do": "drop", "usage": "per_key"},
    "READ": {"text": ({"each": "items"}, "text")},
    "DELTAS": {"items[index].text": "text"},
}


def with_(table: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {**table, **parts}


def fields(**more: Any) -> dict[str, Any]:
    """The table with other fields."""
    return with_(TABLE, FIELDS=more)


def action(**one: Any) -> dict[str, Any]:
    """The table of events with one more action."""
    return with_(ACTS, EVENTS={**ACTS["EVENTS"], "x": (one,)})


STREAM = (
    event({"acme_version": "2", "id": "a", "output": "Hel", "turns": [{"n": 3, "words": "x"}]})
    + event({"acme_version": "2", "output": "lo", "usage": {"in": 3}, "end": None})
    + event({"turns": [{"n": 1, "words": "é"}, {"n": 3, "words": "y"}], "end": "done"})
)


def test_a_table(backend: Backend) -> None:
    acc = fed(backend, STREAM, dialect=TABLE)
    assert acc.dialect == "acme.chat"
    assert acc.status == "complete"
    assert acc.result() == {
        "id": "a", "output": "Hello",
        "turns": [{"n": 1, "words": "é"}, {"n": 3, "words": "xy"}],
        "usage": {"in": 3}, "end": "done",
    }  # fmt: skip
    assert (acc.text(), acc.finish_reason(), acc.usage) == ("Hello", "done", {"in": 3})
    assert acc.tool_calls() == []
    assert acc.take() == [
        Delta("text", "Hello"), Delta("reasoning", "é", 0, 1), Delta("reasoning", "xy", 0, 3),
    ]  # fmt: skip


def test_a_table_of_events(backend: Backend) -> None:
    stream = [
        {"do": "begin", "answer": {"id": "a", "items": []}},
        {"do": "open", "i": 0, "item": {"type": "t", "text": "He"}},
        {"do": "say", "i": 0, "what": "word", "word": "llo"},
        {"do": "note", "usage": {"n": 1}},
        {"do": "end"},
    ]
    acc = fed(backend, b"".join(map(event, stream)), dialect=ACTS)
    assert acc.result() == {
        "id": "a",
        "items": [{"type": "t", "text": "Hello"}],
        "usage": {"n": 1},
    }
    assert acc.take() == [Delta("text", "Hello", 0, 0)]


NESTED: dict[str, Any] = {
    "NAME": "acme.nested",
    "KIND": "do",
    "EVENTS": {
        "say": (
            {"do": "append_json", "at": "items[i].parts[p].input", "from": "json"},
            {"do": "append", "at": "items[i].parts[p].text", "from": "text"},
        ),
        "inner": ({"do": "stop", "at": "items[i].parts[p]"},),
        "boxed": ({"do": "stop", "at": "box.parts[p]"},),
        "outer": ({"do": "stop", "at": "items[i]"},),
        "end": ({"do": "end"},),
    },
    "LISTS": {
        "items": {"limit": "blocks", "starts": False},
        "items.parts": {"limit": "blocks", "starts": False},
        "box.parts": {"limit": "blocks"},
    },
    "ENDS": {"open": "items[].parts[]"},
}


@pytest.mark.parametrize("held", [{}, {"index": "hint"}])
def test_a_stop_in_a_list_within_a_list(backend: Backend, held: dict[str, Any]) -> None:
    lists = {path: {**row, **held} for path, row in NESTED["LISTS"].items()}
    stream = [
        {"do": "inner", "i": 0, "p": 0},  # of what never began: nothing begins by it
        {"do": "boxed", "p": 0},
        {"do": "say", "i": 0, "p": 0, "json": '{"a":'},
        {"do": "say", "i": 0, "p": 1, "json": "[1"},
        {"do": "say", "i": 1, "p": 0, "json": "{"},
        {"do": "inner", "i": 5, "p": 0},
        {"do": "inner", "i": 0, "p": 5},
        {"do": "inner", "i": 0, "p": 1},  # which is no JSON yet
        {"do": "say", "i": 0, "p": 0, "json": "1}"},
        {"do": "inner", "i": 0, "p": 0},
        {"do": "say", "i": 1, "p": 0, "json": "}"},
        {"do": "end"},
    ]
    acc = fed(backend, b"".join(map(event, stream)), dialect=with_(NESTED, LISTS=lists))
    assert acc.result() == {
        "items": [
            {"parts": [{"input": {"a": 1}}, {"input": "[1"}]},
            {"parts": [{"input": {}}]},
        ]
    }
    odd = [(one.code, one.path, one.event) for one in acc.anomalies]
    assert odd == [("bad_tool_json", "input", 7), ("open_block", "items[1].parts[0]", 11)]


def test_what_comes_behind_a_stop_within_a_list(backend: Backend) -> None:
    say = {"do": "say", "i": 0, "p": 0, "text": "x"}
    stream = [*[say] * 5, {"do": "inner", "i": 0}, {**say, "text": "y"}, {"do": "end"}]
    acc = fed(backend, b"".join(map(event, stream)), dialect=NESTED)
    # A stop without its index means the open element, and the element around it goes on.
    assert acc.result() == {"items": [{"parts": [{"text": "xxxxxy"}]}]}
    assert [one.code for one in acc.anomalies] == ["delta_after_finish"]


def test_an_element_begins_where_a_text_stands(backend: Backend) -> None:
    """Elements may be strings: one that begins as an object is another one."""
    say = {"do": "append", "at": "items[i]", "from": "word"}
    table = with_(ACTS, EVENTS={**ACTS["EVENTS"], "word": (say,)})
    opens = {"do": "open", "i": 0, "item": {"type": "t"}}
    stream = [{"do": "word", "i": 0, "word": "a"}, opens, {"do": "end"}]
    acc = fed(backend, b"".join(map(event, stream)), dialect=table)
    assert acc.result() == {"items": ["a", {"type": "t"}]}
    assert "index_reused" in [one.code for one in acc.anomalies]


def test_a_whole_body(backend: Backend) -> None:
    body = b'{"acme_version": "2", "output": "whole"}'
    acc = fed(backend, body, dialect=TABLE)
    assert (acc.status, acc.text(), acc.take()) == ("complete", "whole", [Delta("text", "whole")])
    other = fed(backend, b'{"choices": [{"message": {"content": "x"}}]}', dialect=TABLE)
    assert [fault.code for fault in other.faults] == ["not_an_event_stream"]


@pytest.mark.parametrize(
    ("finished", "last"),
    [
        ({"has": "out.end"}, {"out": {"end": "stop"}}),
        ({"each": "out.all", "has": "why.end"}, {"out": {"all": [{"n": 0, "why": {"end": "x"}}]}}),
        ({"has": "out.end", "stopped": "out.all"}, {"out": {"end": "stop"}}),
    ],
)
def test_an_answer_is_finished_by_what_stands_at_a_path(
    backend: Backend, finished: dict[str, Any], last: dict[str, Any]
) -> None:
    """With an object that has rules, and in one that has none."""
    held = {"rule": "entries", "by": "n", "missing": "zero", "limit": "choices"}
    for below in ({}, {"out": {}, "out.all": held, "out.all[].why": {}}):
        table = with_(TABLE, FIELDS={"output": "append", **below}, FINISHED=finished)
        for events, status in (
            ([{"output": "a"}], "truncated"),
            ([{"output": "a", "out": {"end": None, "all": []}}], "truncated"),
            ([{"output": "a"}, last], "complete"),
        ):
            acc = fed(backend, b"".join(map(event, events)), dialect=table)
            assert acc.status == status


ENDED = with_(
    TABLE,
    FIELDS={"said": "append", "state": "last", "was": {"rule": "drop"}, "first": "first"},
    TERMINATOR={"done": True, "state": "over", "was": 3, "first": "over"},
    READ={
        "text": "said",
        "usage": ("meta", {"gather": ("in", "out", "more")}),
    },
    FINISHED={},
)  # fmt: skip


@pytest.mark.parametrize(
    ("member", "runs", "last"),
    [
        ("done", False, True), ("done", None, True), ("done", 1, True), ("done", "true", True),
        ("state", "on", "over"), ("state", ["over"], "over"), ("state", "", "over"),
        ("was", 2, 3), ("was", 3.0, 3), ("was", "3", 3), ("was", [3], 3),
        ("first", "on", "over"), ("other", 1, None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [1, 40, 9999])
def test_a_member_ends_a_stream(member: str, runs: Any, last: Any, size: int) -> None:
    """Also where it was learned that events have that member, and whatever becomes of it."""
    others = [{"said": "b", member: runs, "state": state} for state in ("on", "off", "on")]
    if member == "state":
        others = [{"said": "b", member: runs}] * 3
    events = [{"said": "a", member: runs}] * 6 + others * 3 + [{"said": "c", member: runs}] * 3
    stream = b"".join(map(event, [*events, {"said": "!", member: last}]))
    behind = event({"said": "more"})
    watched = [parity.Watched(backend, {"dialect": ENDED}) for backend in parity.ALL]
    for chunk in [stream[at : at + size] for at in range(0, len(stream), size)] + [behind]:
        parity.agree(member, [(one.name, one.feed(chunk)) for one in watched])
    seen = [(one.name, one.look()) for one in watched]
    parity.agree(member, seen)
    ended = last is not None
    assert watched[0].acc.status == ("complete" if ended else "open")
    said = "aaaaaabbbbbbbbbccc!"
    assert watched[0].acc.text() == (said if ended else said + "more")
    assert [one.code for one in watched[0].acc.anomalies if one.path == ""] == (
        ["after_end"] if ended else []
    )


def test_what_ends_a_stream_has_come_whole(backend: Backend) -> None:
    """Half an event ends nothing; `[DONE]` behind the end is no second one."""
    half = b'data: {"done": true, "said": "b\n\n'
    acc = fed(backend, event({"said": "a"}) + half, dialect=ENDED)
    assert acc.status == "truncated"
    acc = fed(backend, event({"said": "a", "done": True}) + b"data: [DONE]\n\n", dialect=ENDED)
    assert (acc.status, acc.anomalies) == ("complete", ())
    assert acc.result() == {"said": "a", "done": True}


def test_events_with_an_end_are_recognised(backend: Backend) -> None:
    words = [event({"said": f"w{n}", "done": False, "was": 2}) for n in range(100)]
    acc = fed(backend, b"".join(words) + event({"said": "", "done": True}), dialect=ENDED)
    assert (acc.status, acc.events) == ("complete", 101)
    assert acc.recognised > 90


def test_a_usage_is_gathered(backend: Backend) -> None:
    acc = backend.StreamAccumulator(dialect=ENDED)
    for meta, usage in (
        ({}, None), ({"other": 1, "in": None}, None), ({"out": 2}, {"out": 2}),
        ({"out": 3, "in": 1, "is": {"a": 1}}, {"in": 1, "out": 3}),
        ({"more": {"a": [1]}}, {"in": 1, "out": 3, "more": {"a": [1]}}),
    ):  # fmt: skip
        acc.feed(event({"said": "x", "meta": meta}))
        if usage and "more" in usage:
            usage = acc.usage | {"more": {"a": [1]}}
        assert acc.usage == usage
    acc.usage["more"]["a"].append(2)
    assert acc.usage["more"] == {"a": [1]}
    assert acc.snapshot()["meta"]["is"] == {"a": 1}
    top = with_(ENDED, READ={"usage": ({"gather": ("a", "b")},)})
    assert fed(backend, event({"said": "x", "b": 1, "c": 2}), dialect=top).usage == {"b": 1}


def test_an_object_that_came_whole_goes_on_by_its_rules(backend: Backend) -> None:
    """By rules of the table or of the caller; made by the base or by an action."""
    box = {"do": "set", "at": "box.b", "from": "b"}
    table = with_(ACTS, EVENTS={**ACTS["EVENTS"], "box": (box,)})
    stream = [
        {"do": "begin", "answer": {"id": "a", "other": {"a": 1}}},
        {"do": "box", "b": 2},
        {"do": "note", "box": {"c": "x"}, "other": {"c": "x"}},
        {"do": "note", "box": {"c": "y"}, "other": {"c": "y"}},
        {"do": "end"},
    ]
    rules = {"box.c": "append", "other.c": "append"}
    for options in (
        {"dialect": table, "rules": rules},
        {"dialect": with_(table, FIELDS={**ACTS["FIELDS"], **rules})},
    ):
        acc = fed(backend, b"".join(map(event, stream)), **options)
        assert acc.result() == {"id": "a", "other": {"a": 1, "c": "xy"}, "box": {"b": 2, "c": "xy"}}


def test_a_table_may_be_a_module_or_come_from_json(backend: Backend) -> None:
    module = types.ModuleType("acme")
    vars(module).update(TABLE, helper=print, Mixed=object())
    for table in (module, json.loads(json.dumps(TABLE))):
        assert fed(backend, STREAM, dialect=table).text() == "Hello"


def test_a_table_that_inherits(backend: Backend) -> None:
    """What a server does otherwise than the dialect that it means to speak."""
    mine = {
        "NAME": "my.chat",
        "INHERITS": "openai.chat",
        "FIELDS": {"choices[].delta.content": "last", "choices[].delta.mood": "append"},
    }
    stream = b"".join(
        event({"choices": [{"index": 0, "delta": {"content": text, "mood": "ha"}}]})
        for text in ("a", "ab")
    )
    acc = fed(backend, stream, dialect=mine)
    assert acc.dialect == "my.chat"
    message = acc.snapshot()["choices"][0]["message"]
    assert message == {"role": "assistant", "content": "ab", "mood": "haha"}
    assert acc.text() == "ab"


def test_rules_go_on_top_of_a_table(backend: Backend) -> None:
    acc = fed(backend, STREAM, dialect=TABLE, rules={"output": "last", "turns[].words": "first"})
    assert acc.snapshot()["output"] == "lo"
    assert acc.snapshot()["turns"][1] == {"n": 3, "words": "x"}
    with pytest.raises(ValueError, match=r"never asked in acme.chat: 'output' has the rule"):
        backend.StreamAccumulator(dialect=TABLE, rules={"output.x": "last"})


def test_a_table_is_checked_once_and_copied(backend: Backend) -> None:
    table = json.loads(json.dumps(TABLE))
    acc = backend.StreamAccumulator(dialect=table)
    assert source_of(table) is source_of(json.loads(json.dumps(TABLE)))
    table["FIELDS"]["output"] = "last"
    assert fed(backend, STREAM, dialect=table).text() == "lo"
    for _ in range(2):
        acc.feed(STREAM)
        assert acc.text() == "Hello"
        acc.reset()
        assert acc.dialect == "acme.chat"


def test_the_order_of_a_table_counts(backend: Backend) -> None:
    deltas = {"b": "text", "a": "text"}
    table = with_(TABLE, FIELDS={"a": "append", "b": "append"}, READ={}, DELTAS=deltas)
    other = with_(table, DELTAS=dict(reversed(deltas.items())))
    stream = event({"a": "1", "b": "2"})
    for one, texts in ((table, ["2", "1"]), (other, ["1", "2"])):
        assert [delta.text for delta in fed(backend, stream, dialect=one).take()] == texts


def test_a_table_that_names_all_otherwise(backend: Backend) -> None:
    """Types, ids, indexes and texts; of calls where their name and their arguments stand."""
    table = {
        "NAME": "acme.other",
        "NAMES": {"type": "is", "id": "key", "index": "n", "text": "words", "part": "said"},
        "FIELDS": {
            "say": "append",
            "calls": {
                "rule": "calls", "limit": "tool_calls", "by": "n", "known": "key",
                "sorts": {"run": ("what", "with")},
            },
            "calls[]": {"rest": "member"},
            "calls[].run": {"rule": "object", "early": ("what",)},
            "calls[].run.what": {"rule": "name", "until": "with"},
            "calls[].run.with": "append",
        },
        "READ": {"text": ("say",), "calls": ({"each": "calls"},)},
    }  # fmt: skip
    stream = [
        {"say": [{"is": "said", "words": "a"}], "list": [{"n": 0, "is": "x", "a": 1}]},
        {"say": "b", "list": [{"n": 0, "is": "x", "b": 2}]},
        {"calls": [{"n": 0, "key": "k", "run": {"what": "f", "with": "{"}}]},
        {"calls": [{"n": 0, "run": {"with": "}"}}]},
        {"calls": [{"n": 0, "key": "m", "run": {"what": "f", "with": "{}"}}]},
    ]
    acc = fed(backend, b"".join(map(event, stream)), dialect=table)
    said = [{"is": "said", "words": "a"}, {"is": "said", "words": "b"}]
    assert acc.snapshot()["say"] == said
    assert acc.snapshot()["list"] == [{"n": 0, "is": "x", "a": 1, "b": 2}]
    assert [call["key"] for call in acc.tool_calls()] == ["k", "m"]
    assert acc.tool_calls()[0]["run"] == {"what": "f", "with": "{}"}
    assert (acc.text(), acc.take_text()) == ("ab", "ab")


def test_values_and_shapes_decide_as_their_short_forms_do(backend: Backend) -> None:
    chat = b'data: {"choices": []}\n\n'
    for detect, stream, named in (
        ({"values": {"is": ("acme.*",)}}, b'data: {"is": "acme.word"}\n\n', True),
        ({"shapes": {"is": ("acme",)}}, b'data: {"is": "acme"}\n\n', True),
        ({"type": ("acme",)}, b'data: {"type": "acme"}\n\n', True),
        ({"object": ("acme",)}, b'data: {"object": "acme"}\n\n', True),
        ({"values": {"is": ("acme.*",)}}, chat, False),
        (
            {"shapes": {"is": ("acme",)}, "unless": ("a", "b")},
            b'data: {"is": "acme", "a": [{"b": 1}]}\n\n',
            False,
        ),
        (
            {"type": ("acme",), "unless": ("a", "b")},
            b'data: {"type": "acme", "a": [{"b": 1}]}\n\n',
            True,
        ),
    ):
        acc = fed(backend, stream, dialect=with_(TABLE, DETECT=detect))
        assert ("wrong_dialect" not in [fault.code for fault in acc.faults]) == named, detect


def test_ours_are_tables_too(backend: Backend) -> None:
    for module in DIALECTS:
        literals = _load(module)
        literals.pop("INHERITS", None)
        assert source_of(literals)["NAME"] in SOURCES
    chat = _load("openai_chat")
    stream = event({"choices": [{"index": 0, "delta": {"content": "x"}}]})
    assert fed(backend, stream, dialect=chat).snapshot() == fed(backend, stream).snapshot()


# -- what is wrong --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "kind", "text"),
    [
        ({}, ValueError, "the table: needs 'NAME'"),
        ({"NAME": "x"}, ValueError, "needs 'FIELDS', or 'KIND' and 'EVENTS'"),
        (with_(TABLE, NAME="auto"), ValueError, "NAME: must be a name other than 'auto'"),
        (with_(TABLE, NAME=3), ValueError, "NAME: must be a name"),
        (with_(TABLE, FILEDS={}), ValueError, "the table: 'FILEDS' is no part of one: NAME, "),
        (with_(TABLE, INHERITS="x.y"), ValueError, "INHERITS: 'x.y' is not one of anthropic"),
        (with_(TABLE, FIELDS=[]), TypeError, "FIELDS must be a mapping, not tuple"),
        (fields(a={1, 2}), TypeError, r"\['FIELDS'\]\['a'\] must be a literal, not set"),
        (fields(a={3: 4}), TypeError, "must be a string, not int"),
        (fields(a=3), TypeError, r"FIELDS\['a'\] must be a mapping, not int"),
        (fields(a="appendd"), ValueError, r"FIELDS\['a'\]: 'appendd' is no rule: it is one of"),
        (fields(a={"rule": ["last"]}), ValueError, "is no rule"),
        (fields(**{"a[0]": "last"}), ValueError, r"'a\[0\]' is not a path such as"),
        (fields(**{"a..b": "last"}), ValueError, "is not a path such as"),
        (fields(**{"a[][]": "last"}), ValueError, "is not a path such as"),
        (fields(a="append", **{"a.b": "last"}), ValueError, "asked: 'a' has the rule 'append'"),
        (fields(**{"a[].b": "last"}), ValueError, "'a' is no list whose elements merge"),
        (fields(**{"a[]": {}}), ValueError, "'a' has none of the rules entries, calls, keyed"),
        (fields(**{"": "last"}), ValueError, "is an object: it has options"),
        (fields(a={"rule": "entries", "by": "i"}), ValueError, "needs 'missing'"),
        (
            fields(a={"rule": "calls", "limit": "calls"}),
            ValueError,
            r"FIELDS\['a'\]\['limit'\]: must be 'choices' or 'tool_calls' or 'blocks'",
        ),
        (fields(a={"rule": "keyed", "by": "i", "needs": "i"}), ValueError, "a list of strings"),
        (fields(a={"rule": "name"}), ValueError, "needs 'until'"),
        (fields(a={"rule": "last", "untill": "b"}), ValueError, "'untill' is no option here"),
        (fields(a={"rule": "last", "default": {}}), ValueError, "must be a string, a number"),
        (fields(a={"early": ("b",)}), ValueError, "'b' has no rule of its own"),
        (fields(a={"rest": "entries"}), ValueError, r"\['rest'\]: must be one of drop, first"),
        (fields(a={"rest": {"rule": "last", "into": "b"}}), ValueError, "one key for all"),
        (fields(a={"rest": "any_delta"}), ValueError, r"\['rest'\]: needs 'last_words'"),
        (
            fields(a={"rule": "unless", "sibling": "b", "as_sibling": "b"}),
            ValueError,
            "'b' has no rule that it could have",
        ),
        (with_(TABLE, READ={"texts": ()}), ValueError, "READ: 'texts' is not one of text"),
        (with_(TABLE, READ={"text": 3}), TypeError, r"READ\['text'\] must be a list of steps"),
        (with_(TABLE, READ={"text": ({"al": "x"},)}), ValueError, "has one of entry, each, among"),
        (with_(TABLE, READ={"text": ({"each": 3},)}), ValueError, "must be a string, not 3"),
        (with_(TABLE, FINISHED={"each": "a"}), ValueError, "FINISHED: needs 'has'"),
        (
            with_(TABLE, FINISHED={"has": "turns[].end"}),
            ValueError,
            r"FINISHED\['has'\]: must be a path such as 'a.b', not 'turns\[\].end'",
        ),
        (
            with_(TABLE, FINISHED={"has": "end", "each": "a..b"}),
            ValueError,
            r"FINISHED\['each'\]: must be a path such as 'a.b', not 'a..b'",
        ),
        (
            with_(TABLE, ENDS={"finish": {"has": "a.b"}}),
            ValueError,
            r"ENDS\['finish'\]\['has'\]: must be the name of a member, no path, not 'a.b'",
        ),
        (
            with_(TABLE, READ={"usage": "meta.usage"}),
            ValueError,
            r"READ\['usage'\]: a step is the name of a member, no path, not 'meta.usage'",
        ),
        (with_(TABLE, TERMINATOR=("done",)), TypeError, "TERMINATOR must be a mapping, not tuple"),
        (with_(TABLE, TERMINATOR={"": 1}), ValueError, "TERMINATOR: '' is not the name of a"),
        (
            with_(TABLE, TERMINATOR={"done": None}),
            ValueError,
            r"TERMINATOR\['done'\]: must be a string, a number or a boolean, not None",
        ),
        (with_(ACTS, TERMINATOR={"a": 1}), ValueError, "TERMINATOR: is for events without kinds"),
        (
            with_(TABLE, READ={"text": ({"gather": ("a",)},)}),
            ValueError,
            r"READ\['text'\]: 'gather' is the last step to the usage",
        ),
        (
            with_(TABLE, READ={"usage": ({"gather": ("a",)}, "b")}),
            ValueError,
            "'gather' is the last step to the usage",
        ),
        (
            with_(TABLE, READ={"usage": ({"gather": "a"},)}),
            ValueError,
            r"READ\['usage'\]\['gather'\]: must be a list of strings, not 'a'",
        ),
        (with_(TABLE, WHOLE={}), ValueError, "WHOLE: must hold something"),
        (with_(TABLE, WHOLE={"a[].b": "array"}), ValueError, "is not a path such as"),
        (with_(TABLE, WHOLE={"a": 1}), ValueError, r"WHOLE\['a'\]: must be a string, not 1"),
        (with_(TABLE, ERRORS="error"), TypeError, "ERRORS must be a list of paths, not str"),
        (with_(TABLE, DELTAS={"a": "word"}), ValueError, "'word' is not one of text, reasoning"),
        (with_(TABLE, DELTAS={"a[n]": "text"}), ValueError, "'n' is not one of choice, index"),
        (with_(TABLE, DELTAS={"a": 1}), TypeError, r"DELTAS\['a'\] must be a mapping, not int"),
        (with_(TABLE, DELTAS={"alike": "a"}), ValueError, "must be a list of strings"),
        (with_(TABLE, DELTAS={"call": {"name": "a"}}), ValueError, "must be a list of strings"),
        (with_(TABLE, DELTAS={"by": 1}), ValueError, "must be the name of a member"),
        (with_(TABLE, NAMES={"kind": "is"}), ValueError, "NAMES: 'kind' is no option here: id, "),
        (with_(TABLE, NAMES={"error": "e"}), ValueError, "NAMES: 'error' is no option here"),
        (with_(TABLE, NAMES={"type": 1}), ValueError, r"NAMES\['type'\]: must be a string, not 1"),
        (with_(TABLE, DETECT={"values": {"a": "b"}}), ValueError, "mapping of members to lists"),
        (
            fields(a={"rule": "calls", "limit": "blocks", "sorts": {"b": ("c",)}}),
            ValueError,
            r"\['sorts'\]: must be a mapping of objects to two of their members",
        ),
        (with_(TABLE, KIND="type"), ValueError, "'KIND' and 'EVENTS' go together"),
        (with_(ACTS, KIND=1), ValueError, "KIND: must be the name of a member"),
        (with_(TABLE, SEQUENCE="n"), ValueError, "SEQUENCE: is for events that have kinds"),
        (with_(ACTS, EVENTS={"a": {"x": ()}}), ValueError, "needs 'by', or is a list of actions"),
        (with_(ACTS, EVENTS={"a*b*": ()}), ValueError, "one \\* at most"),
        (with_(ACTS, EVENTS={"a": "end"}), TypeError, "must be a list of actions, not str"),
        (with_(ACTS, ALIASES={"a": "b"}), ValueError, "'b' is not one kind of EVENTS"),
        (with_(ACTS, ALIASES={"a": 1}), ValueError, "1 is not one kind of EVENTS"),
        (with_(ACTS, LISTS={"items": {}}), ValueError, r"LISTS\['items'\]: needs 'limit'"),
        (
            with_(ACTS, FIELDS={**ACTS["FIELDS"], "items": TABLE["FIELDS"]["turns"]}),
            ValueError,
            r"LISTS\['items'\]: FIELDS say how it is held",
        ),
        (action(do="sum"), ValueError, r"EVENTS\['x'\]\[0\]: 'do' must be one of base, "),
        (action(do="put", at="items[i]"), ValueError, "needs 'from'"),
        (action(do="put", at="items", **{"from": "x"}), ValueError, "'items' is not an element"),
        (action(do="push", at="items[i]", **{"from": "x"}), ValueError, "is not a member"),
        (action(do="put", at="other[i]", **{"from": "x"}), ValueError, "how 'other' is held"),
        (action(do="put", at="[i]", **{"from": "x"}), ValueError, "is not a path such as"),
        (action(do="stop", at="a.items[i]"), ValueError, "LISTS does not say how 'a.items' is"),
        (action(do="set", at="a"), ValueError, "needs 'from' or 'value'"),
        (action(do="set", at="a", value=1, **{"from": "x"}), ValueError, "'from' or 'value'"),
        (action(do="insert", at="a", **{"from": "x"}), ValueError, "needs 'index'"),
        (
            action(do="spread", at="items[i]", **{"from": "x"}),
            ValueError,
            "needs 'make' or 'type_without'",
        ),
        (
            action(do="append_json", at="items[i].text", **{"from": "x"}),
            ValueError,
            r"'items\[i\].text' is both a text and JSON text",
        ),
        (
            action(do="append", at="items[i].text", **{"from": "do"}),
            ValueError,
            "'do' decides what the event does, or is taken already",
        ),
        (
            with_(
                action(do="append", at="items[i].text", **{"from": "n"}),
                LISTS={"items": {"limit": "blocks", "known": ("id",), "made": {"id": "n"}}},
            ),
            ValueError,
            "'n' decides what the event does, or is taken already",
        ),
        (action(do="append", at="a", make={"b": []}, **{"from": "x"}), ValueError, "mapping of"),
    ],
)
def test_wrong_tables(
    backends: list[Backend], table: Any, kind: type[Exception], text: str
) -> None:
    said = set()
    for backend in backends:
        with pytest.raises(kind, match=text) as raised:
            backend.StreamAccumulator(dialect=table)
        said.add(str(raised.value))
    assert len(said) == 1


def test_a_table_that_nests_without_end(backend: Backend) -> None:
    below: dict[str, Any] = {}
    for _ in range(100_000):
        below = {"a": below}
    with pytest.raises(ValueError, match="nests more than 32 levels"):
        backend.StreamAccumulator(dialect=with_(TABLE, FIELDS=below))
    while below:  # or it would be let go of in one deep call
        below = below["a"]


def test_a_table_that_holds_itself(backend: Backend) -> None:
    table = with_(TABLE)
    table["FIELDS"] = {"a": table}
    with pytest.raises(ValueError, match="nests more than 32 levels"):
        backend.StreamAccumulator(dialect=table)


def test_the_tables_use_each_verb() -> None:
    source = "".join(json.dumps(one, default=str) for one in (_load(m) for m in DIALECTS))
    assert all(f'"do": "{verb}"' in source for verb in VERBS)


# -- what is accepted never raises --------------------------------------------------------------


@pytest.mark.parametrize(
    "first", [0, *(pytest.param(n, marks=pytest.mark.long) for n in (1000, 2000))]
)
def test_random_tables_never_raise(first: int) -> None:
    """Either where they are passed, as ValueError, or not at all; in all backends alike."""
    accepted = 0
    for seed in range(first, first + 1000):
        rng = random.Random(seed)
        table = random_table(rng)
        try:
            source_of(table)
        except ValueError:
            continue
        accepted += 1
        watched = [parity.Watched(backend, {"dialect": table}) for backend in parity.ALL]
        events: list[Any] = []
        for _ in range(rng.randint(1, 25)):
            events.append(random_event(rng, events))
            part = event(events[-1])
            if rng.random() < 0.05:
                part = part[: rng.randint(1, len(part))] + b"\n\n"
            parity.agree(f"seed {seed}", [(one.name, one.feed(part)) for one in watched])
            if rng.random() < 0.2:
                parity.agree(f"seed {seed}", [(one.name, one.look()) for one in watched])
                parity.agree(f"seed {seed}", [(one.name, one.take()) for one in watched])
        for one in watched:
            one.acc.close()
        parity.agree(f"seed {seed}, closed", [(one.name, one.look()) for one in watched])
        parity.agree(f"seed {seed}, closed", [(one.name, one.take()) for one in watched])
    assert accepted > 170
