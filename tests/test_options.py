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
        ({"dialect": None}, TypeError, "dialect must be a str, not NoneType"),
        ({"dialect": ["openai.chat"]}, TypeError, "dialect must be a str, not list"),
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
    assert Anomaly._fields == ("code", "event", "offset", "path")
