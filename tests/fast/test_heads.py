"""Events that begin like one before them, and go on as no event should.

The compiled backend reads such an event from where it may differ. Each stream is folded
by both backends, with templates, with known members alone, with neither.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from backends import BACKENDS
from parity import ALL, Case, Watched, agree, check

from ssefold import Limits
from ssefold.engine.field_spec import USER_RULES

HEAD = '{"id":"x","object":"chat.completion.chunk","created":1,"model":"m","note":null,'
CHOICE = '"choices":[{"index":0,"delta":{"content":"%s"}}]'
USUAL = f"{HEAD}{CHOICE % 'a'}}}"

# What may stand behind the head, the closing brace included.
TAILS = {
    "second choice": '"choices":[{"index":1,"delta":{"content":"b"}}]}',
    "finish": '"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}',
    "tool": '"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","type":"function",'
    '"function":{"name":"f","arguments":"{}"}}]}}]}',
    "usage": '"choices":[],"usage":{"total_tokens":3}}',
    "usage first": '"usage":{"total_tokens":4},' + CHOICE % "u" + "}",
    "new member": '"extra":1,' + CHOICE % "b" + "}",
    "again": '"id":"x",' + CHOICE % "b" + "}",
    "again, other": '"created":2,' + CHOICE % "b" + "}",
    "again, null": CHOICE % "b" + ',"model":null}',
    "again, other, behind": CHOICE % "b" + ',"model":"n"}',
    "again, empty": CHOICE % "b" + ',"model":""}',
    "again, escaped": CHOICE % "b" + r',"mo\u0064el":"n"}',
    "choices twice": CHOICE % "b" + "," + CHOICE % "c" + "}",
    "note": CHOICE % "b" + ',"note":"n"}',
    "error alone": '"error":{"message":"boom"}}',
    "error text alone": '"error":"boom"}',
    "error null alone": '"error":null}',
    "error and choices": CHOICE % "b" + ',"error":{"message":"boom"}}',
    "type error": '"type":"error","message":"boom"}',
    "type error behind": CHOICE % "b" + ',"type":"error"}',
    "type": CHOICE % "b" + ',"type":"t"}',
    "wrong types": '"choices":{"index":0},"usage":7}',
    "wrong delta": '"choices":[{"index":0,"delta":7},8]}',
    "surrogate": r'"choices":[{"index":0,"delta":{"content":"\ud83d"}}]}',
    "range": '"extra":1e999,' + CHOICE % "b" + ',"more":[1e999]}',
    "deep": '"extra":{"a":{"b":{"c":{"d":{"e":1}}}}}}',
    "deeper": '"extra":[[[[[[[[1]]]]]]]]}',
    "no brace": CHOICE % "b",
    "comma": CHOICE % "b" + ",}",
    "two commas": '"a":1,,' + CHOICE % "b" + "}",
    "nothing": "",
    "brace": "}",
    "bracket": CHOICE % "b" + "]",
    "no member": CHOICE % "b" + ',"a"}',
    "cut in a choice": '"choices":[{"index":0,"delta":{"content":"b"',
    "cut in a text": '"choices":[{"index":0,"delta":{"content":"b',
    "bad literal": CHOICE % "b" + ',"a":tru}',
    "bad number": CHOICE % "b" + ',"a":01}',
    "bad escape": CHOICE % r"b\x" + "}",
    "behind": CHOICE % "b" + "}x",
    "white space": CHOICE % "b" + " } \t",
    "glued": CHOICE % "b" + "}" + USUAL,
    "glued done": CHOICE % "b" + "}[DONE]",
    "glued, cut": CHOICE % "b" + "}{",
    "second line": CHOICE % "b" + "\ndata:}",
    "second line, glued": CHOICE % "b" + "}\ndata: " + USUAL,
    "empty line": CHOICE % "b" + "}\ndata:",
    "event": CHOICE % "b" + "}\nevent: error",
    "other event": CHOICE % "b" + "}\nevent: ping",
    "stray": CHOICE % "b" + "}\nstray: 1",
    "comment": CHOICE % "b" + "}\n: c\nid: 1\nretry: 5",
}

FRAMES = {
    "plain": "data: {}\n\n", "crlf": "data: {}\r\n\r\n", "cr": "data: {}\r\r",
    "comment": ": c\ndata: {}\n\n", "tight": "data:{}\n\n", "event": "event: message\ndata: {}\n\n",
}  # fmt: skip


def stream_of(frame: str, data: list[str]) -> list[bytes]:
    eol = frame.removesuffix("\n\n").removesuffix("\r\r").removesuffix("\r\n\r\n")
    end = frame[len(eol) :]
    line = end[: len(end) // 2]
    return [frame.replace("{}", one.replace("\n", line)).encode() for one in data]


def fold(frames: list[bytes], bytewise: bool = False, **options: Any) -> None:
    """All backends see the same, after each event or each byte."""
    stream = b"".join(frames)
    cuts = [sum(map(len, frames[:n])) for n in range(1, len(frames))]
    looks = frozenset(range(0, len(cuts) + 1, 2))
    if bytewise:
        cuts, looks = list(range(1, len(stream))), frozenset([len(stream) // 2])
    check(Case(0, "", stream, options, tuple(cuts), looks))


def around(tail: str) -> list[str]:
    """The odd event where its head is known, and once more behind usual ones."""
    odd = HEAD + tail
    return [*[USUAL] * 4, odd, USUAL, odd, *[USUAL] * 3]


@pytest.mark.parametrize("name", TAILS)
def test_what_follows_a_known_head(name: str) -> None:
    frames = stream_of(FRAMES["plain"], around(TAILS[name]))
    fold(frames)
    fold(frames, strict=True)
    fold(frames, bytewise=True)
    for depth in (3, 4, 5, 6, 7):
        fold(frames, limits=Limits(max_depth=depth))


@pytest.mark.parametrize("form", FRAMES)
def test_heads_in_other_frames(form: str) -> None:
    for tail in TAILS.values():
        fold(stream_of(FRAMES[form], around(tail)))


@pytest.mark.parametrize("space", ["", " ", "  ", "\t"])
def test_white_space_behind_a_head(space: str) -> None:
    """What is learned begins at the next key, wherever that stands."""
    choice = CHOICE % "b"
    keys = ["", " ", "hoices", "oices", "ices", ":", ":["]
    values = [1, "null", *"12345"]
    members = ",".join(f'"{key}":{value}' for key, value in zip(keys, values, strict=True))
    tail = f"{space}{choice},{members}}}"
    frames = stream_of(FRAMES["plain"], [*[USUAL] * 3, *[HEAD + tail] * 40])
    fold(frames)
    if "c" in BACKENDS:
        acc = BACKENDS["c"].StreamAccumulator()
        for frame in frames:
            acc.feed(frame)
        assert acc._cold < 8


def test_all_of_them_in_one_stream() -> None:
    data = [USUAL] * 4
    for tail in TAILS.values():
        data += [HEAD + tail, USUAL]
    frames = stream_of(FRAMES["plain"], data)
    fold(frames)
    fold([b"\xef\xbb\xbf", *frames])
    fold(frames[::-1])


@pytest.mark.parametrize("rule", USER_RULES)
@pytest.mark.parametrize("path", ["error", "id", "model", "note", "extra", "created", "choices"])
def test_heads_under_rules_of_the_caller(path: str, rule: str) -> None:
    data = [USUAL] * 3
    for tail in TAILS.values():
        data += [HEAD + tail, USUAL]
    fold(stream_of(FRAMES["plain"], data), dialect="openai.chat", rules={path: rule})


def test_values_of_a_head_that_change_and_come_back() -> None:
    def event(text: str, **top: Any) -> str:
        return json.dumps({"id": "x", **top, "choices": [{"index": 0, "delta": {"content": text}}]})

    def usage(value: int, **top: Any) -> str:
        return json.dumps({"id": "x", **top, "choices": [], "usage": {"n": value}})

    data = []
    for number, (a, b) in enumerate([(1, 1), (1, 1), (2, 1), (1, 1), (1, 2), ("1", 1), (1, 1.0)]):
        data += [event("a", a=a, b=b), event("a", b=b, a=a), usage(number, a=a, b=b)]
        data += [usage(number, a=a), event("", a=1, b=1), usage(number, a=1, b=1)]
        data += [event("c", a=None, b=True), usage(number, a=None, b=True)]
    fold(stream_of(FRAMES["plain"], data))
    fold(stream_of(FRAMES["plain"], data), dialect="openai.chat", rules={"a": "first"})
    fold(stream_of(FRAMES["plain"], data), dialect="openai.chat", rules={"b": "drop"})


# Two members of the head that go to one key of the answer, in all rules that have an order.
SHARED = [
    ("last", "last"), ("first", "last"), ("last", "first"), ("snapshot", "last"),
    ("last_filled", "last"), ("append", "last"), ("member", "snapshot"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SHARED)
def test_two_members_for_one_key(one: str, other: str) -> None:
    fields = {
        "a": {"rule": one, "into": "x"}, "b": {"rule": other, "into": "x"}, "o": "object",
        "o.t": "append",
    }  # fmt: skip
    read = {"text": ("o", "t"), "finish": ("f",), "calls": ({"each": "q"},), "usage": "u"}
    table = {"NAME": "shared", "FIELDS": fields, "READ": read, "DELTAS": {"o.t": "text"}}
    events: list[dict[str, Any]] = []
    for a, b in [("v", "w"), ("v", "v"), ("w", "v"), ("v", ""), ("", "v"), ("v", 0), (1, 2)]:
        for event in ({"a": a, "b": b}, {"b": b, "a": a}, {"a": a}, {"b": b}, {"a": b}, {"x": a}):
            events += [{**event, "o": {"t": "t"}}] * 2 + [{**event, "o": {"t": "t", "n": b}}]
    frames = [f"data: {json.dumps(event)}\n\n".encode() for event in events]
    for step in (1, 5, 7):
        fold([*frames[::step], *frames], dialect=table)


@pytest.mark.skipif("c" not in BACKENDS, reason="the compiled backend alone has it")
@pytest.mark.parametrize("name", ["finish", "second choice", "usage"])
def test_a_head_makes_no_difference_but_in_time(name: str) -> None:
    """Each beginning of the stream, as bytes that came one by one."""
    stream = b"".join(stream_of(FRAMES["crlf"], around(TAILS[name])))
    watched = [Watched(backend, {}) for backend in ALL]
    for position in range(len(stream)):
        byte = stream[position : position + 1]
        agree(f"byte {position}", [(one.name, one.feed(byte)) for one in watched])
        if position % 40 == 0 or position > len(stream) - 8:
            agree(f"byte {position}", [(one.name, one.look()) for one in watched])
