"""Options of a fold: dialects and rules of the caller, and what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest
from backends import Backend
from chats import chunk, event, fed

from ssefold import Anomaly, Fault

# -- options --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        ({"dialect": "openai"}, ValueError, "unknown dialect 'openai': it is one of auto, "),
        ({"dialect": ""}, ValueError, "unknown dialect"),
        ({"dialect": None}, TypeError, r"dialect must be a str, a table \(a module or a mapp"),
        ({"dialect": {"openai.chat"}}, TypeError, r"mapping\), or a list of these, not set"),
        ({"limits": 3}, TypeError, "limits must be a Limits, not int"),
        ({"limits": {"max_choices": 3}}, TypeError, "limits must be a Limits, not dict"),
        ({"rules": []}, TypeError, "rules must be a mapping"),
        ({"rules": {"a": 1}}, TypeError, "rules must map str to str"),
        ({"rules": {1: "last"}}, TypeError, "rules must map str to str"),
        ({"rules": {"a": "sum"}}, ValueError, "rule 'sum' of 'a' is not one of append, last"),
        ({"rules": {"a": "per_key"}}, ValueError, "rule 'per_key' of 'a'"),
        ({"rules": {"": "last"}}, ValueError, "is not a path"),
        ({"rules": {"a..b": "last"}}, ValueError, "is not a path"),
        ({"rules": {"[]": "last"}}, ValueError, "is not a path"),
        ({"rules": {"a.": "last"}}, ValueError, "is not a path"),
        ({"rules": {"choices[0].x": "last"}}, ValueError, "is not a path"),
        ({"rules": {"a[][].x": "last"}}, ValueError, "is not a path"),
        (
            {"rules": {"choices[]": "last"}},
            ValueError,
            "'choices\\[\\]' is never asked in any dialect: it names elements, and a rule is for a",
        ),
        ({"rules": {"x[].y": "last"}}, ValueError, "any dialect: 'x' is no list whose elements"),
        (
            {"rules": {"choices[].delta.content.x": "last"}},
            ValueError,
            "in any dialect: 'choices\\[\\].delta.content' has the rule 'content'",
        ),
        (  # the reason is that of a dialect which has such a member
            {"rules": {"candidates[].content.parts[].x": "last"}},
            ValueError,
            "in any dialect: 'candidates\\[\\].content.parts' is no list",
        ),
        ({"rules": {"a": "append", "a.b": "last"}}, ValueError, "'a' has the rule 'append'"),
        (
            {"rules": {"choices[].delta.x": "last"}, "dialect": "google.gemini"},
            ValueError,
            "never asked in google.gemini: 'choices' is no list whose elements merge one by one",
        ),
        (
            {"rules": {"content[].text": "last"}, "dialect": "anthropic.messages"},
            ValueError,
            "never asked in anthropic.messages: 'content' is no list",
        ),
        (
            {"rules": {"output": "last"}, "dialect": "openai.responses"},
            ValueError,
            "never asked in openai.responses: its events say what each of them does",
        ),
        ({"rule": {}}, TypeError, "rule"),
    ],
)
def test_wrong_options(
    backends: list[Backend], options: dict[str, Any], kind: type[Exception], text: str
) -> None:
    said = set()
    for backend in backends:
        with pytest.raises(kind, match=text) as raised:
            backend.StreamAccumulator(**options)
        said.add(str(raised.value).replace("FoldCore.", ""))
    assert len(said) == 1 or "rule" in options


@pytest.mark.parametrize(
    ("rule", "values", "result"),
    [
        ("append", ["a", "a", "b"], "aab"),
        ("last", ["a", "b", None], "b"),
        ("first", ["a", "b"], "a"),
        ("extend", [[1], [1], [2]], [1, 1, 2]),
        ("snapshot", [{"a": 1}, {"b": 2}, None], {"b": 2}),
        ("snapshot", [[1, 2], [3]], [3]),
    ],
)
@pytest.mark.parametrize("place", ["top", "choice", "delta", "object", "known"])
def test_rules(backend: Backend, place: str, rule: str, values: list[Any], result: Any) -> None:
    paths = {
        "top": "foo",
        "choice": "choices[].foo",
        "delta": "choices[].delta.foo",
        "object": "box.foo",
        "known": "service_tier",
    }
    acc = backend.StreamAccumulator(rules={paths[place]: rule})
    for value in values:
        choice: dict[str, Any] = {"index": 0, "delta": {}}
        whole: dict[str, Any] = {"choices": [choice]}
        holder = {
            "top": whole, "choice": choice, "delta": choice["delta"],
            "object": whole.setdefault("box", {}), "known": whole,
        }[place]  # fmt: skip
        holder["service_tier" if place == "known" else "foo"] = value
        acc.feed(event(whole))
    snapshot = acc.snapshot()
    found = {
        "top": snapshot.get("foo"),
        "choice": snapshot["choices"][0].get("foo"),
        "delta": snapshot["choices"][0]["message"].get("foo"),
        "object": snapshot["box"].get("foo"),
        "known": snapshot.get("service_tier"),
    }[place]
    assert found == result
    assert acc.anomalies == ()


# Unknown fields, and the values that follow one another there; what each rule makes of them.
OUTCOMES: list[tuple[str, list[Any], Any]] = [
    ("append", ["a", None, "a", "b"], "aab"),
    ("append", [None, "a"], "a"),
    ("last", ["a", 1, None], 1),
    ("first", [None, "a", "b"], "a"),
    ("first", [3, "b"], 3),
    ("extend", [[1], None, [1], [{"x": [2]}]], [1, 1, {"x": [2]}]),
    ("snapshot", [{"a": 1}, {"b": 2}, None], {"b": 2}),
    ("snapshot", ["a", [2, 1], [1]], [1]),
]

# A nested unknown path of each dialect that has members to merge, and the event around it.
NESTED: dict[str, tuple[str, Any]] = {
    "openai.chat": (
        "choices[].delta.box.deep.foo",
        lambda box: {"choices": [{"index": 0, "delta": {"box": box}}]},
    ),
    "openai.completions": (
        "choices[].box.deep.foo",
        lambda box: {"object": "text_completion", "choices": [{"text": "", "box": box}]},
    ),
    "google.gemini": (
        "candidates[].content.box.deep.foo",
        lambda box: {"candidates": [{"index": 0, "content": {"parts": [], "box": box}}]},
    ),
    "anthropic.messages": ("box.deep.foo", lambda box: {"type": "message_delta", "box": box}),
}


@pytest.mark.parametrize("dialect", NESTED)
@pytest.mark.parametrize(("rule", "values", "result"), OUTCOMES)
@pytest.mark.parametrize("named", [True, False], ids=["named", "auto"])
def test_rules_of_nested_unknown_paths(
    backend: Backend, named: bool, dialect: str, rule: str, values: list[Any], result: Any
) -> None:
    path, around = NESTED[dialect]
    options = {"dialect": dialect} if named else {}
    acc = backend.StreamAccumulator(rules={path: rule}, **options)
    for value in values:
        acc.feed(event(around({"deep": {"foo": value, "other": 1}, "beside": "b"})))
    box = acc.snapshot()
    for step in path.split(".")[:-2]:
        name = "message" if step == "delta" else step.removesuffix("[]")
        box = box[name][0] if step.endswith("[]") else box[name]
    assert box == {"deep": {"foo": result, "other": 1}, "beside": "b"}
    assert (acc.anomalies, acc.dialect) == ((), dialect)


@pytest.mark.parametrize("dialect", NESTED)
def test_nested_rules_that_drop(backend: Backend, dialect: str) -> None:
    path, around = NESTED[dialect]
    acc = backend.StreamAccumulator(rules={path: "drop"})
    for value in ("x", ["y"]):
        acc.feed(event(around({"deep": {"foo": value, "other": 1}})))
    assert b'"deep":{"other":1}' in acc.snapshot_json()


@pytest.mark.parametrize(("rule", "values"), [("extend", ["a", 3]), ("last", [[], {}])])
def test_rules_meet_values_that_they_cannot_merge(
    backend: Backend, rule: str, values: list[Any]
) -> None:
    acc = backend.StreamAccumulator(rules={"choices[].delta.foo": rule})
    for value in values:
        acc.feed(event({"choices": [{"index": 0, "delta": {"foo": value, "content": "x"}}]}))
    assert [anomaly.code for anomaly in acc.anomalies] == ["wrong_type"] * len(values)
    assert acc.text() == "x" * len(values)


def test_a_rule_that_appends_loses_no_text(backend: Backend) -> None:
    """Text that came as another JSON type is kept, as where the dialect's own rule appends."""
    acc = backend.StreamAccumulator(rules={"choices[].delta.foo": "append"})
    for value in (1, True, ["a"], {}, "b", 3):
        acc.feed(event({"choices": [{"index": 0, "delta": {"foo": value}}]}))
    message = acc.snapshot()["choices"][0]["message"]
    assert message["foo"] == [{"type": "text", "text": "1trueab3"}]  # neighbours of one type join
    assert {anomaly.code for anomaly in acc.anomalies} == {"text_as_value"}
    assert {anomaly.event for anomaly in acc.anomalies} >= {0, 1, 2, 3, 5}


def test_rules_of_another_dialect_do_nothing(backend: Backend) -> None:
    """Under auto a rule may be for a dialect that does not come."""
    stream = event({"candidates": [{"content": {"parts": []}}], "choices": [{"delta": 1}]})
    rules = {"choices[].delta.foo": "append", "usageMetadata": "last"}
    acc = fed(backend, stream, rules=rules)
    assert acc.snapshot()["choices"] == [{"delta": 1}]
    assert acc.anomalies == ()
    done = event({"type": "response.created", "response": {"id": "r", "output": []}})
    assert fed(backend, done, rules={"id": "drop"}).snapshot() == {"id": "r", "output": []}


def test_rules_that_drop(backend: Backend) -> None:
    rules = {"choices[].delta.foo": "drop", "model": "drop", "choices[].logprobs": "drop"}
    acc = backend.StreamAccumulator(rules=rules)
    acc.feed(
        event(
            {
                "model": "m",
                "choices": [{"delta": {"foo": "x", "content": "y"}, "logprobs": {"content": [1]}}],
            }
        )
    )
    (choice,) = acc.snapshot()["choices"]
    assert "model" not in acc.snapshot()
    assert "logprobs" not in choice
    assert choice["message"] == {"role": "assistant", "content": "y"}


def test_rules_do_not_spill_into_other_folds(backend: Backend) -> None:
    stream = chunk("a", foo="x") + chunk("b", foo="y")
    rules = {"foo": "append"}
    one = fed(backend, stream, rules=rules)
    rules["foo"] = "first"  # a later change of the caller's dict is not ours
    one.reset()
    one.feed(stream)
    assert one.snapshot()["foo"] == "xy"
    assert fed(backend, stream).snapshot()["foo"] == "y"
    assert fed(backend, stream, rules=rules).snapshot()["foo"] == "x"


@pytest.mark.parametrize("dialect", ["openai.chat", "openai.completions", "anthropic.messages"])
def test_dialect(backend: Backend, dialect: str) -> None:
    acc = backend.StreamAccumulator(dialect=dialect)
    assert acc.dialect == dialect
    assert acc.snapshot() == {}
    acc.feed(chunk("x"))  # even where the events say something else
    assert acc.dialect == dialect


def test_a_subclass(backend: Backend) -> None:
    class Mine(backend.StreamAccumulator):  # type: ignore[name-defined, misc]
        def model(self) -> Any:
            return self.snapshot().get("model")

    acc = Mine(strict=True)
    acc.feed(chunk("x", model="m"))
    assert acc.model() == "m"


def test_records_are_those_of_the_package() -> None:
    assert Fault._fields == ("code", "offset", "event", "detail", "raw")
    assert Anomaly._fields == ("code", "event", "offset", "path", "count")
