"""What each rule and each verb takes, as data: their examples come true, the document says them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from backends import Backend
from chats import event
from spec_tables import DOCS, SECTIONS, written

from ssefold.engine.event_spec import VERBS, Verb
from ssefold.engine.field_spec import OPS, RULES, USER_RULES, Rule

NOTHING = "nothing"


# -- the examples are folded ----------------------------------------------------------------------


def example_of(text: str) -> tuple[list[dict[str, Any]], Any]:
    """`usage {"a":1} then {"b":2} -> {"a":1,"b":2}`: the events, the answer."""
    before, answer = text.split(" -> ")
    key, values = ("", before) if before[0] == "{" else before.split(" ", 1)
    given = [json.loads(value) for value in values.split(" then ")]
    if not key:
        return given, json.loads(answer)
    return (
        [{key: value} for value in given],
        {} if answer == NOTHING else {key: json.loads(answer)},
    )


def table_of_rule(rule: Rule) -> dict[str, Any]:
    rows: dict[str, Any] = {"": {"rest": "any"}, **rule.rows}
    if rule.example[0] != "{":
        rows[rule.example.split(" ", 1)[0]] = {"rule": rule.name, **rule.options}
    return {"NAME": "an.example", "FIELDS": rows}


def table_of_verb(verb: Verb) -> dict[str, Any]:
    return {
        "NAME": "an.example",
        "KIND": "kind",
        "EVENTS": {"it": verb.actions},
        "LISTS": {"items": {"limit": "blocks", "starts": False}},
        "FIELDS": {"kind": "drop"},
    }


def folded(
    backend: Backend, table: Mapping[str, Any], events: list[dict[str, Any]], **options: Any
) -> Any:
    acc = backend.StreamAccumulator(dialect=table, **options)
    for one in events:
        acc.feed(event({"kind": "it", **one} if "KIND" in table else one))
    acc.close()
    assert not acc.faults
    return acc.snapshot()


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_a_rule_does_what_its_example_says(backend: Backend, rule: Rule) -> None:
    events, answer = example_of(rule.example)
    found = folded(backend, table_of_rule(rule), events)
    assert json.dumps(found) == json.dumps(answer)
    assert any(rule.name in (row, row["rule"] if isinstance(row, dict) and "rule" in row else "")
               for row in table_of_rule(rule)["FIELDS"].values())  # fmt: skip


@pytest.mark.parametrize("name", USER_RULES)
def test_a_rule_of_a_caller_does_the_same(backend: Backend, name: str) -> None:
    """By `rules=`, at a path of which the table says nothing."""
    rule = RULES[OPS[name]]
    assert rule.example[0] != "{"
    assert not rule.rows
    assert not rule.needs
    events, answer = example_of(rule.example)
    path = rule.example.split(" ", 1)[0]
    bare = {"NAME": "an.example", "FIELDS": {"": {"rest": "any"}}}
    assert json.dumps(folded(backend, bare, events, rules={path: name})) == json.dumps(answer)


@pytest.mark.parametrize("verb", VERBS.values(), ids=list(VERBS))
def test_a_verb_does_what_its_example_says(backend: Backend, verb: Verb) -> None:
    events, answer = example_of(verb.example)
    found = folded(backend, table_of_verb(verb), events)
    assert json.dumps(found) == json.dumps(answer)
    assert any(action["do"] == verb.name for action in verb.actions)


def test_an_example_says_something() -> None:
    """Two rules with one example would differ in nothing that anybody sees."""
    for specs in (RULES, [*VERBS.values()]):
        assert len({spec.name for spec in specs}) == len(specs)
        assert all(" -> " in spec.example and spec.means for spec in specs)
    assert example_of('p "x" -> nothing') == ([{"p": "x"}], {})


# -- the document says them -----------------------------------------------------------------------


@pytest.mark.parametrize("document", SECTIONS)
def test_the_document_says_what_the_specs_say(document: str) -> None:
    text = (DOCS / document).read_text(encoding="utf-8")
    rewritten = written(document, text)
    assert text == rewritten, "python tests/support/spec_tables.py writes the tables anew"
