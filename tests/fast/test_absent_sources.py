"""Actions whose source an event lacks: such events are recognised, and the source is not missed.

A table says several things of one kind of event, of which each event brings one. What was
learned of an event that lacks a source must not be used where the source stands after all.
"""

from __future__ import annotations

import json
from typing import Any

import parity
import pytest
from backends import Backend
from benchmarks import shapes

TABLE: dict[str, Any] = {
    "NAME": "acme.pieces",
    "KIND": "do",
    "EVENTS": {
        "open": ({"do": "put", "at": "parts[n]", "from": "part"},),
        "piece": (
            {"do": "append", "at": "parts[n].text", "from": "delta.message.text"},
            {"do": "append", "at": "parts[n].thought", "from": "delta.message.thought"},
            {"do": "append_json", "at": "parts[n].input", "from": "delta.input"},
            {"do": "extend", "at": "logged", "from": "delta.message.logged"},
            {"do": "set", "at": "reason", "from": "delta.end.reason"},
            {"do": "push", "at": "sources", "from": "source"},
            {"do": "full", "at": "parts[n].title", "from": "delta.title"},
        ),
        "said": {
            "by": "delta.kind",
            "a": (
                {"do": "append", "at": "first", "from": "delta.text"},
                {"do": "append", "at": "second", "from": "delta.more"},
            ),
        },
        "end": ({"do": "end"},),
    },
    "LISTS": {"parts": {"limit": "blocks", "starts": False}},
    "ERRORS": ("delta.failure.error", {"at": "delta.state", "is": ("failed",)}),
    "READ": {"text": ({"each": "parts"}, "text")},
    "DELTAS": {"parts[index]": {"text": "text", "thought": "reasoning", "input": "tool_arguments"}},
}

OPENED = {"do": "open", "n": 0, "part": {"text": "", "thought": "", "title": "t"}}


def piece(delta: Any, **more: Any) -> dict[str, Any]:
    return {"do": "piece", "n": 0, "delta": delta, **more}


def text(value: Any = "x", **more: Any) -> dict[str, Any]:
    return piece({"message": {"text": value}}, **more)


# What comes again and again; then events that are nearly so.
STREAMS: dict[str, tuple[Any, list[Any]]] = {
    "later": (text(), [piece({"message": {"text": "x", "thought": "y"}}), text()]),
    "alone": (text(), [piece({"message": {"thought": "y"}}), text()]),
    "in another order": (
        piece({"message": {"text": "x", "thought": "y"}}),
        [piece({"message": {"thought": "y", "text": "x"}}), text()],
    ),
    "null": (
        piece({"message": {"text": "x", "thought": None}}),
        [piece({"message": {"text": "x", "thought": "y"}})],
    ),
    "null at first": (text(None), [text("x"), text(None), text("z")]),
    "in an object that was empty": (piece({"message": {}}), [text(), piece({"message": {}})]),
    "in an object that was absent": (piece({}), [text(), piece({"end": {"reason": "r"}})]),
    "in an object that was null": (piece({"message": None}), [text(), piece({"message": None})]),
    "in the place of a text": (piece({"message": "x"}), [text(), piece({"message": "y"})]),
    "in the place of a number": (piece({"message": 1}), [text(), piece({"message": 2})]),
    "in the place of a list": (piece({"message": [1]}), [text(), piece({"message": [2, 3]})]),
    "in the place of a boolean": (piece({"message": True}), [text(), piece({"message": False})]),
    "in the place of it all": (piece("x"), [text(), piece("y"), piece(None), piece([])]),
    "of a verb that comes once": (
        text(),
        [
            piece({"message": {"text": "x"}, "end": {"reason": "r"}}),
            text(source={"id": 1}),
            piece({"message": {"text": "x"}, "title": "T"}),
            text(),
        ],
    ),
    "beside others": (
        piece({"role": "r", "message": {"text": "x", "at": 1}, "other": {"a": 1}}),
        [
            piece({"role": "s", "message": {"text": "x", "at": 2}, "other": {"a": 2}}),
            piece({"role": "s", "message": {"text": "x", "at": 2}, "end": {"reason": "a"}}),
            piece({"role": "s", "message": {"text": "x", "at": 2}, "input": "{"}),
        ],
    ),
    "JSON and lists": (
        piece({"input": "1", "message": {"logged": [1, 2]}}),
        [piece({"input": "1", "message": {"logged": [3], "text": "x"}}), piece({"input": "1"})],
    ),
    "twice": (text(), [b'{"do":"piece","n":0,"delta":{"message":{"text":"x"},"message":{}}}']),
    "of one of several kinds": (
        {"do": "said", "delta": {"kind": "a", "text": "x"}},
        [
            {"do": "said", "delta": {"kind": "a", "more": "x"}},
            {"do": "said", "delta": {"kind": "a", "text": "x", "more": "y", "most": "z"}},
        ],
    ),
    "a failure": (
        piece({"message": {"text": "x"}, "failure": {"code": 1}}),
        [piece({"message": {"text": "x"}, "failure": {"code": 1, "error": "e"}})],
    ),
    "a failure where nothing was": (text(), [piece({"message": {}, "failure": {"error": "e"}})]),
    "a failure of one word": (
        piece({"message": {"text": "x"}, "state": "running"}),
        [piece({"message": {"text": "x"}, "state": "failed"})],
    ),
    "a failure of one word where nothing was": (
        text(),
        [piece({"message": {"text": "x"}, "state": "failed"})],
    ),
}  # fmt: skip


def framed(value: Any) -> bytes:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return b"data: " + data + b"\n\n"


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("reads", ["event", "whole"])
def test_a_source_that_was_absent(name: str, reads: str) -> None:
    again, others = STREAMS[name]
    events = [OPENED, *[again] * 6]
    for other in others:
        events += [other, *[again] * 3, other]
    events.append({"do": "end"})
    frames = [framed(one) for one in events]
    watched = [parity.Watched(backend, {"dialect": TABLE}) for backend in parity.ALL]
    for read in frames if reads == "event" else [b"".join(frames)]:
        parity.agree(name, [(one.name, one.feed(read)) for one in watched])
        parity.agree(name, [(one.name, one.look()) for one in watched])
        parity.agree(name, [(one.name, one.take()) for one in watched])


def test_what_a_source_that_came_late_leaves(backend: Backend) -> None:
    """Written by hand: the parity of wrong answers would be no test."""
    acc = backend.StreamAccumulator(dialect=TABLE)
    events = [OPENED, *[text("a")] * 5, piece({"message": {"text": "b", "thought": "t"}})]
    events += [piece({"message": {"thought": "u"}}), text("c"), piece({"end": {"reason": "r"}})]
    acc.feed(b"".join(map(framed, [*events, text("d"), {"do": "end"}])))
    part = {"text": "aaaaabcd", "thought": "tu", "title": "t"}
    assert acc.result() == {"parts": [part], "reason": "r"}


def test_events_that_lack_sources_are_recognised(backend: Backend) -> None:
    traffic = shapes.build("absent_sources", 400)
    acc = backend.StreamAccumulator(**traffic.options)
    acc.feed(traffic.data)
    assert acc.result() == traffic.expected
    assert acc.events - acc.recognised < 24
