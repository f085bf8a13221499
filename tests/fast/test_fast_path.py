"""Streams on which the fast path once did something else than the rules.

Each is folded by both backends, with templates, with known members alone, with neither.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from backends import BACKENDS
from parity import ALL, Case, Watched, agree, check

from ssefold import Limits

compiled = pytest.mark.skipif("c" not in BACKENDS, reason="the compiled backend alone has it")


def frame(event: Any, eol: str = "\n") -> bytes:
    return f"data: {json.dumps(event, separators=(',', ':'))}{eol}{eol}".encode()


def chat(text: str = "a", **top: Any) -> dict[str, Any]:
    return {"id": "x", **top, "choices": [{"index": 0, "delta": {"content": text}}]}


def part(**members: Any) -> dict[str, Any]:
    return {"candidates": [{"index": 0, "content": {"parts": [members]}}]}


def fold(events: list[Any], **options: Any) -> None:
    """All backends see the same; each event is a read."""
    frames = [frame(event) for event in events]
    cuts = [sum(map(len, frames[:n])) for n in range(1, len(frames))]
    check(Case(0, "", b"".join(frames), options, tuple(cuts), frozenset([len(cuts)])))


@pytest.mark.parametrize("rule", ["drop", "first"])
def test_a_type_that_is_left_out_makes_an_error_all_the_same(rule: str) -> None:
    types = [*"aaabc", "error", "a"]
    fold([chat(), *(chat(type=t) for t in types)], dialect="openai.chat", rules={"type": rule})


def test_a_type_that_came_back_leads_to_no_slot() -> None:
    fold([chat(type=t) for t in [*"aaaabaa", "error", "a"]])


def test_a_message_whose_sibling_has_a_rule_of_its_own() -> None:
    both = {"delta": {"content": "a"}, "message": {"content": "m"}}
    alone = {"message": {"content": "z"}}
    choices = [{"index": 0, **below} for below in [both] * 4 + [alone] * 3]
    rules = {"choices[].delta": "snapshot"}
    fold([{"id": "x", "choices": [c]} for c in choices], dialect="openai.chat", rules=rules)


@pytest.mark.parametrize("empty", [[None, None, ""], [False, False, 0], ["", None, 0]])
def test_a_signature_behind_empty_ones_closes_its_part(empty: list[Any]) -> None:
    signatures = [*empty, empty[-1], "SIG" if empty[-1] == "" else 7, empty[-1]]
    fold([part(text="a", thoughtSignature=s) for s in signatures] + [part(text="b")])


def test_an_empty_text_takes_no_other_member_along() -> None:
    events = [part(text="a", foo=str(n)) for n in range(6)]
    fold([*events, part(text="", foo="last")])


def test_a_name_continues_once_a_rule_emptied_the_arguments() -> None:
    tools = [{"name": "a", "arguments": "x"}, *[{"name": "b", "arguments": "y"}] * 2]
    tools += [{"arguments": ""}, {"name": "b", "arguments": ""}, {"name": "b"}]
    deltas = [{"tool_calls": [{"index": 0, "function": tool}]} for tool in tools]
    rules = {"choices[].delta.tool_calls[].function.arguments": "last"}
    events = [{"id": "x", "choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    fold(events, dialect="openai.chat", rules=rules)


def test_last_values_count_against_the_limit() -> None:
    def usage(group: int, first: int, value: str) -> dict[str, Any]:
        return chat(usage={f"o{group}": {f"k{n}": value for n in range(first, first + 20)}})

    places = [(group, first) for group in range(15) for first in (0, 20)]
    events = [usage(*place, value) for value in ("a", "b", "c", "y" * 4000) for place in places]
    fold(events, limits=Limits(max_output_bytes=1 << 19))


@pytest.mark.parametrize(
    ("path", "event", "read"),
    [
        ("choices", chat() | {"choices": [{"index": 0, "text": "hi"}]}, "hi"),
        ("choices[].delta.content", {"choices": [{"index": 0, "delta": {"content": [
            {"type": "text", "text": "hi"}]}}]}, "hihi"),
        ("candidates[].content.parts", part(text="hi"), "hihi"),
    ],
)  # fmt: skip
def test_lists_that_a_rule_extends_are_read_as_lists(path: str, event: Any, read: str) -> None:
    if path == "choices":
        event["choices"][0]["message"] = {"content": "hi"}
    watched = [Watched(backend, {"rules": {path: "extend"}}) for backend in ALL]
    for one in watched:
        for _ in range(2):
            one.feed(frame(event))
    agree("text", [(one.name, one.acc.text(0)) for one in watched])
    assert watched[0].acc.text(0) == read


@compiled
def test_what_waits_is_bounded_by_its_weight() -> None:
    """White space in list elements and long last values are nothing that is kept."""
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    acc = BACKENDS["c"].StreamAccumulator(limits=Limits(max_output_bytes=1 << 20))
    spaced = json.dumps(chat()).replace('"delta"', '"logprobs":{"content":[1,%s2]},"delta"')
    for _ in range(10):
        acc.feed(frame(chat()))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    for number in range(200):
        acc.feed(f"data: {spaced % (' ' * 500_000)}\n\n".encode())
        acc.feed(frame(chat(foo=f"{number}{'z' * 500_000}")))
    assert acc.fault_count == 0
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    assert after - before < 40 << 20


def test_a_counter_that_came_back_within_an_event_is_a_slot_for_all() -> None:
    """Two members count for one: what repeats the value can no more be taken as literal."""

    def counted(groq: int | None = None, own: int | None = None) -> dict[str, Any]:
        event = chat()
        if groq is not None:
            event["x_groq"] = {"usage": {"t": groq}}
        if own is not None:
            event["usage"] = {"t": own}
        return event

    pairs = [(None, None), (1, 1), (1, 1), *[(None, 1)] * 4, (2, 1), (1, None), (5, None)]
    fold([counted(*pair) for pair in [*pairs, (None, 1), (None, 1)]])


def test_an_empty_last_value_that_counts_as_null() -> None:
    read = {"text": ("t",), "finish": ("f",), "calls": ({"each": "q"},), "usage": "u"}
    fields = {"a": {"rule": "last", "empty": "null"}, "t": "append"}
    table = {"NAME": "own", "FIELDS": fields, "READ": read, "DELTAS": {"t": "text"}}
    values = [1, 1, 2, 3, 0, 4, "", None, "b", "c", "", 0.0]
    fold([{"a": value, "t": "t"} for value in values], dialect=table)


@pytest.mark.parametrize("rule", ["snapshot", "last", "first"])
def test_an_event_that_is_nothing_but_an_error_behind_a_known_head(rule: str) -> None:
    """Alone, an error is not merged; with an id it is, whether that was read or not."""
    errors = [{"id": "x", "error": error} for error in ({"message": "a"}, "b", None, 7)]
    fold([*[chat()] * 4, *errors, chat()], dialect="openai.chat", rules={"error": rule})
