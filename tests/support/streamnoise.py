"""What happens to streams: writing styles, framing noise, hostile values, damage.

Enters: a random.Random (never another source of chance), events of streamgen.py.
Leaves: bytes.
Must not know: the package under test, what a dialect's fields mean.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from streamwords import DONE, Event, text

# -- hostile JSON ------------------------------------------------------------------------


class Raw(str):
    """JSON text to be written as it is, valid or not."""

    __slots__ = ()


NUMBERS = (
    0, 1, -1, 2, 127, 128, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63), 10**25, 1.0, 0.5,
    -0.0, 1e308, 5e-324, Raw("-0"), Raw("0.0"), Raw("1E2"), Raw("1e400"), Raw("-1e400"),
    Raw("1e-400"), Raw("9" * 30), Raw("9" * 4300), Raw("9" * 4301), Raw("1" * 400 + ".5"),
)  # fmt: skip

STRINGS = (
    "", "a", "text", "error", "index", "0", "[DONE]", "\ud83d", "\ude00", "\ude00\ud83d", "🎉",
    "x\ud83d", "\x00", "\\", '"', "\\u0041", "message_start", "call_1", "call_2", "tool_use",
    "chat.completion.chunk", "text_completion", "stop", "message", "output_text", "STOP",
    "\n\ndata: {}\n\n", "\u2028", "é" * 40,
    "\\\\\"}]", "null", "function", "\ud83d\ude00 ok", "a" * 300,
)  # fmt: skip

BAD = (
    Raw("NaN"), Raw("Infinity"), Raw("-"), Raw("01"), Raw("1."), Raw("tru"), Raw("+1"), Raw("'a'"),
    Raw('"\x01"'), Raw('"\\x41"'), Raw('"\\ud83"'), Raw("[1,]"), Raw("{,}"), Raw('{"a"}'),
    Raw("/**/1"), Raw("\x0b1"), Raw(""), Raw("{1:2}"), Raw("[" * 300 + "]" * 300),
    Raw('{"a":' * 140 + "1" + "}" * 140), Raw("[" * 127 + "]" * 127), Raw("[" * 9),
)  # fmt: skip

# Members that route, end or fail something; the rest is for the unknown.
KEYS = (
    "index", "id", "type", "error", "choices", "delta", "message", "content", "tool_calls",
    "function", "name", "arguments", "role", "usage", "finish_reason", "logprobs", "text", "x_groq",
    "object", "custom", "refusal", "content_block", "partial_json", "stop_reason", "foo", "", "é",
    "\ud83d", "a.b", "p", "obfuscation", "model", "created", "citations", "annotations", "thinking",
    "reasoning_details", "audio", "input", "stop_details", "token_ids", "function_call",
    "output_index", "content_index", "sequence_number", "item", "part", "response", "output",
    "status", "summary_index", "candidates", "parts", "thought", "thoughtSignature", "finishReason",
)  # fmt: skip

ROUTES = ("index", "index", "index", "output_index", "content_index", "sequence_number")
INDEXES = (0, 1, 2, 3, -1, -7, 127, 128, 10**6, 2**31, 2**63, 2**70, True, False, 1.0, "0", None)


def scalar(rng: random.Random) -> Any:
    kind = rng.random()
    if kind < 0.35:
        return rng.choice(STRINGS)
    if kind < 0.7:
        return rng.choice(NUMBERS)
    return rng.choice([None, True, False, None, text(rng, 3)])


def value(rng: random.Random, depth: int = 3) -> Any:
    """A random JSON value; hardly ever text that is no JSON."""
    kind = rng.random()
    if depth == 0 or kind < 0.5:
        return rng.choice(BAD) if kind < 0.01 else scalar(rng)
    if kind < 0.75:
        return [value(rng, depth - 1) for _ in range(rng.randint(0, 3))]
    return {rng.choice(KEYS): value(rng, depth - 1) for _ in range(rng.randint(0, 4))}


def containers(node: Any) -> list[Any]:
    """Every object and array in `node` that has members."""
    found: list[Any] = []
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, (dict, list)) and one:
            found.append(one)
            waiting += one.values() if isinstance(one, dict) else one
    return found


def copied(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: copied(below) for key, below in node.items()}
    return [copied(below) for below in node] if isinstance(node, list) else node


def mutated(rng: random.Random, node: Any) -> Any:
    """A copy of `node` in which one to three places are something else."""
    node = copied(node)
    for _ in range(rng.choice([1, 1, 2, 3])):
        places = containers(node)
        if not places:
            return value(rng)
        place = rng.choice(places)
        key = rng.choice(list(place)) if isinstance(place, dict) else rng.randrange(len(place))
        what = rng.random()
        if what < 0.5:
            place[key] = value(rng)
        elif what < 0.6:
            del place[key]
        elif what < 0.75 and isinstance(place, dict):
            place[rng.choice(ROUTES)] = rng.choice(INDEXES)
        elif isinstance(place, dict):
            place[rng.choice(KEYS)] = value(rng)
        else:
            place.insert(key, rng.choice([value(rng), copied(place[key])]))
    return node


def errors(rng: random.Random) -> Event:
    """An error as one server or another reports it inside the stream."""
    payload = rng.choice([{"message": "no \ud83d", "code": 500}, "busy", 0, False, [], {}, None])
    return rng.choice(
        [
            ("", {"error": payload}), ("error", {"message": "m"}), ("error", {"error": payload}),
            ("error", payload), ("error", b"plain text"), ("error", b'{"cut": 1, "x'),
            ("", {"type": "error", "error": payload}), ("", {"type": "error"}),
            ("", {"choices": [{"index": 0, "error": payload, "delta": {"content": "x"}}]}),
            ("", {"error": payload, "choices": [{"delta": {"content": "y"}, "error": 1}]}),
            ("response.failed", {"type": "response.failed", "response": {"error": payload}}),
            ("", whole_failure(rng)), ("x", whole_failure(rng)), ("", [whole_failure(rng)]),
            ("", [{"error": payload}, 1]), ("error", [{"error": payload}]),
            ("x", {"error": payload}),
            ("", {"choices": [{"delta": {"content": "z"}, "finish_reason": "network_error"}]}),
            ("", {"error": payload, "detail": "d", "usage": {"total_tokens": 5}, "code": 1}),
            ("", b'{"cut": "x\n{"error": {"message": "on a line"}}'),
        ]
    )  # fmt: skip


def whole_failure(rng: random.Random) -> Any:
    """An object that says as a whole that something failed, or nearly so."""
    member = rng.choice(["error_code", "error_type", "error_message", "status_code", "code"])
    found: dict[str, Any] = {member: rng.choice([500, 400, 399, 0, "", "x", None, 1e3, True])}
    found.update(rng.choice([{"message": "m"}, {"detail": None}, {"msg": ""}, {}, {"choices": []}]))
    other = {"object": "error", "errors": [1], "base_resp": {"status_code": rng.choice([0, 7])}}
    if rng.random() < 0.4:
        key = rng.choice(list(other))
        found[key] = other[key]
    return found


def beside_an_answer(rng: random.Random) -> Any:
    """Members that are no failure where an answer stands beside them, before or behind it."""
    return rng.choice(
        [
            {"object": "error"}, {"object": "x"}, {"code": 500, "message": "m"}, {"object": ""},
            {"status_code": 200, "detail": "d"}, {"error_type": "e"}, {"errors": []},
            {"base_resp": {"status_code": 0}}, {"response": {"id": "r"}}, {},
        ]
    )  # fmt: skip


def unanswered(rng: random.Random, data: Any) -> None:
    """Take the answer out of an event, or say a failure in one that has none."""
    for key in ("choices", "candidates"):
        if key in data and rng.random() < 0.7:
            data[key] = rng.choice([[], None, "", []])
            if rng.random() < 0.3:
                del data[key]
    if "object" in data and rng.random() < 0.6:
        data["object"] = "error"
    if type(data.get("response")) is dict and rng.random() < 0.3:
        data["response"] = {"error": {"message": "m"}}


def bystanders(rng: random.Random) -> Event:
    """A heartbeat that came as data, or an event of another name."""
    name = rng.choice(["ping", "heartbeat", "keepalive", "keep-alive", "status", "tool", "message"])
    return rng.choice(
        [
            ("", b": keepalive"), (name, b": a\n:b"), (name, {}), (name, {"type": name}),
            (name, [1]), (name, {"choices": [{"index": 0, "delta": {"content": "n"}}]}),
            (name, b"2024-04-27 01:35:43.686476"), (name, b'{"cut":'), (name, {"usage": {"a": 1}}),
            (name, {"error": "text"}), (name, {"usageMetadata": {"b": 2}}), (name, b"[DONE]"),
            (name, {"error": {"code": 2}}),
        ]
    )  # fmt: skip


def disturbed(rng: random.Random, events: list[Event]) -> list[Event]:
    """Events replaced, repeated, moved, added: all JSON, no longer what a server means."""
    events = list(events)
    for _ in range(rng.randint(1, 2 + len(events) // 4)):
        i = rng.randrange(len(events)) if events else 0
        name, data = events[i] if events else DONE
        what = rng.random()
        if what < 0.6 and not isinstance(data, bytes):
            events[i : i + 1] = [(name, mutated(rng, data))]
        elif what < 0.7:
            events.insert(i, (name, copied(data)))
        elif what < 0.75:
            events.insert(i, rng.choice([DONE, ("", b"[DONE"), ("", b" [DONE]\t"), ("", b"{}")]))
        elif what < 0.8:
            events.insert(i, errors(rng))
        elif what < 0.84:
            events.insert(i, bystanders(rng))
        elif what < 0.9:
            events.insert(i, (rng.choice(["", "x", "message_start", "error"]), value(rng)))
        elif events:
            events.append(events.pop(i))
    return events


def places_of(node: Any) -> list[tuple[Any, Any]]:
    """Where every value in `node` stands: (container, key); in the same order for a copy."""
    found = containers(node)
    return [(p, k) for p in found for k in (list(p) if isinstance(p, dict) else range(len(p)))]


# Strings that what scans bytes must not take for strings, or must not take as they are.
RAW_STRINGS = (
    Raw('"\\x41"'), Raw('"a\udcff"'), Raw('"\udced\udca0\udcbd"'), Raw('"\udcc3"'), Raw('"\x00"'),
    Raw('"\x1f"'), Raw('"\t"'), Raw('"\\ud83d"'), Raw('"\\uDE00"'), Raw('"\\u00e9\\/\\b"'),
    Raw('"\\"'), Raw('"\\ud83d\\u0041"'), Raw('"\\u12"'), Raw('"\\uD83D\\uDE00"'), Raw('""'),
    Raw('"\udcf0\udc9f"'), Raw('"\udc8e\udc89"'), Raw('"\udce2\udc82"'), Raw('"\udcac"'),
)  # fmt: skip


TAME = ("a", " word", "", "é", " the", "quick", "brown", "fox")


def similar(rng: random.Random, old: Any, tame: bool) -> Any:
    """Another value of the same type, or nearly so; `tame`: a plain word for a string."""
    if rng.random() < 0.04:
        return value(rng, 1)
    if isinstance(old, dict):
        return {key: similar(rng, below, tame) for key, below in old.items()}
    if isinstance(old, list):
        depth = rng.choice([1, 2, 60, 120, 126, 127, 128, 250])
        deep = Raw("[" * depth + "]" * depth)
        return rng.choice([old, [], old * 2, [value(rng, 2)], [1, "a"], [*old, {}], [deep]])
    if isinstance(old, str):
        if tame and rng.random() < 0.95:
            return rng.choice([*TAME, rng.choice(RAW_STRINGS)]) if rng.random() < 0.4 else "word"
        odd = rng.choice([*STRINGS, *RAW_STRINGS])
        return rng.choice([text(rng, 2), text(rng, 1), text(rng, 1), old, old, odd])
    if isinstance(old, (bool, type(None))):
        return rng.choice([old, old, old, True, False, None])
    return rng.choice([old, rng.randint(0, 9), rng.random(), 1, 1.0, rng.choice(NUMBERS)])


def repeated(rng: random.Random, events: list[Event]) -> list[Event]:
    """Runs of chunks that differ in a few values, as most of a stream does; then in more.

    What remembers the form of a chunk must notice when anything else changes: a type,
    a member, a route, what a block or a choice has come to.
    """
    bases = [event for event in events if isinstance(event[1], dict)]
    if not bases:
        return events
    bases = rng.choices(bases, k=rng.choice([1, 1, 2, 3, 6]))
    failing = rng.choice([0.0, 0.0, 0.0, 0.1])
    if failing:
        bases = [(name, {**data, **beside_an_answer(rng)}) for name, data in bases]
    hot = [set(rng.choices(range(len(places_of(data)) + 1), k=2)) for _, data in bases]
    at = rng.randint(0, len(events))
    odd = rng.choice([0.0, 0.005, 0.02])
    sticky = rng.choice([0.0, 0.5, 0.95])
    tame = rng.random() < 0.5
    out, which = events[:at], 0
    for _ in range(rng.randint(3, 60)):
        which = which if rng.random() < sticky else rng.randrange(len(bases))
        name, data = bases[which]
        data = copied(data)
        for i, (place, key) in enumerate(places_of(data)):
            if i in hot[which] and rng.random() < 0.9:
                place[key] = similar(rng, place[key], tame)
            elif rng.random() < odd and not isinstance(place[key], (dict, list)):
                place[key] = scalar(rng)
        if rng.random() < failing:
            unanswered(rng, data)
        out.append((name, mutated(rng, data) if rng.random() < 3 * odd else data))
        if rng.random() < odd:
            out.append(rng.choice([*events, errors(rng), bystanders(rng)]))
    return out + events[at:]


# -- writing -----------------------------------------------------------------------------


@dataclass
class Style:
    """How a server writes JSON, and how it frames it. Constant within most streams."""

    comma: str = ","
    colon: str = ":"
    ascii: bool = True
    escapes: float = 0.0  # how often a character is escaped that need not be
    shuffle: bool = False  # members in another order each time
    duplicates: float = 0.0  # how often a key comes twice
    newline: str = "\n"
    prefix: str = "data: "
    names: bool = True
    noise: float = 0.0  # how often something stands between events
    glue: float = 0.0  # how often a blank line is missing
    bom: bool = False


def plain_style(rng: random.Random) -> Style:
    """What real servers differ in."""
    comma, colon = rng.choice([(",", ":"), (",", ":"), (", ", ": ")])
    return Style(
        comma=comma,
        colon=colon,
        ascii=rng.random() < 0.6,
        newline=rng.choice(["\n", "\n", "\n", "\r\n"]),
        prefix=rng.choice(["data: ", "data: ", "data:"]),
    )


def odd_style(rng: random.Random) -> Style:
    """What the standard allows, and more of it than any server does."""
    return Style(
        comma=rng.choice([",", ", ", " ,\n", ",\t ", ",\n"]),
        colon=rng.choice([":", ": ", " :\n ", ":"]),
        ascii=rng.random() < 0.6,
        escapes=rng.choice([0.0, 0.0, 0.2]),
        shuffle=rng.random() < 0.3,
        duplicates=rng.choice([0.0, 0.0, 0.0, 0.1]),
        newline=rng.choice(["\n", "\r\n", "\r", "mixed"]),
        prefix=rng.choice(["data: ", "data:", "data: ", "data:  ", "data:\t"]),
        names=rng.random() < 0.8,
        noise=rng.choice([0.0, 0.1, 0.4]),
        glue=rng.choice([0.0, 0.0, 0.0, 0.2, 1.0]),
        bom=rng.random() < 0.2,
    )


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b"}


def written(rng: random.Random, node: Any, style: Style) -> str:
    """`node` as JSON text; line ends only where JSON has white space."""
    if isinstance(node, Raw):
        return node
    if isinstance(node, str):
        return '"' + "".join(character(rng, char, style) for char in node) + '"'
    if isinstance(node, dict):
        members = list(node.items())
        if style.shuffle:
            rng.shuffle(members)
        if style.duplicates:
            again = [(k, v) for k, v in members if rng.random() < style.duplicates]
            members = [(k, rng.choice([v, value(rng, 1)])) for k, v in again] + members
        pairs = (written(rng, k, style) + style.colon + written(rng, v, style) for k, v in members)
        return "{" + style.comma.join(pairs) + "}"
    if isinstance(node, list):
        return "[" + style.comma.join(written(rng, below, style) for below in node) + "]"
    if node is None or isinstance(node, bool):
        return {None: "null", True: "true", False: "false"}[node]
    return repr(node)


def character(rng: random.Random, char: str, style: Style) -> str:
    code = ord(char)
    if style.escapes and rng.random() < style.escapes:
        if char == "/":
            return "\\/"
        if code < 0x10000:
            return f"\\u{code:04{rng.choice('xX')}}"
    if char in _ESCAPES:
        return _ESCAPES[char]
    if code < 0x20 or 0xD800 <= code < 0xE000 or (style.ascii and 0x7F <= code < 0x10000):
        return f"\\u{code:04x}"
    if style.ascii and code >= 0x10000:
        code -= 0x10000
        return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
    return char


# -- framing -----------------------------------------------------------------------------

LINES = (
    ":", ": ping", ": 日本", "foo: bar", "foo", " ", "id: 7", "id", "id: \0", "retry: 15",
    "retry: +1", "event: x", "event", "data", "data: ", "data:  \t", "dat", "Data: x", "x" * 70,
    'error: {"message": "m"}', 'error: {"error": {"code": 1}}', "error: oops", "error: 5",
    '{"error": {"message": "stray"}}', '{"detail": "no error"}', '{"error": null}', "[DONE]",
    "\ufeffdata: {}", "data: [DONE]", "data: : comment", '[{"error": {"code": 2}}]',
)  # fmt: skip

BLOCKS = (
    ": ping", "data:", "data: ", "event: ping\ndata: {}", "id: 1", "", "retry: 5", ":\n:",
    "data: : ping", "event: ping\ndata: 12:30", "event: tool\ndata: {}",
)  # fmt: skip


def lines_of(rng: random.Random, event: Event, style: Style) -> list[str]:
    """The lines of one event's block."""
    name, data = event
    body = data.decode() if isinstance(data, bytes) else written(rng, data, style)
    lines = [style.prefix + line for line in body.split("\n")]
    if name and style.names:
        lines.insert(rng.choice([0, 0, 0, len(lines)]), f"event: {name}")
    if style.noise and rng.random() < style.noise:
        lines.insert(rng.randint(0, len(lines)), rng.choice(LINES))
    return lines


def framed(rng: random.Random, events: list[Event], style: Style) -> bytes:
    """The stream of these events."""
    lines: list[str] = []
    begun = False  # the next value goes into the line of the one before
    for event in events:
        new = lines_of(rng, event, style)
        if begun and new[0].startswith(style.prefix):
            lines[-1] += rng.choice(["", " ", "\t"]) + new.pop(0)[len(style.prefix) :]
        lines += new
        glued = style.glue and rng.random() < style.glue
        begun = bool(glued) and rng.random() < 0.3
        if not glued:
            lines.append("")
            if style.noise and rng.random() < style.noise:
                lines += [*rng.choice(BLOCKS).split("\n"), ""]
    ends = ["\n", "\r\n", "\r"] if style.newline == "mixed" else [style.newline]
    out = "".join(line + rng.choice(ends) for line in lines)
    return (b"\xef\xbb\xbf" if style.bom else b"") + out.encode("utf-8", "surrogateescape")


# -- damage ------------------------------------------------------------------------------

BYTES = (
    b"\x00", b"\xff", b"\xc3", b"\xed\xa0\xbd", b"\xed\xb8\x80", b"\xf0\x9f", b"\x80", b"\n",
    b"\r", b"\n\n", b"\r\n\r\n", b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b" ", b"1",
    b"\xe2\x80\xa8", b"\x0b", b"\xc2\x85", b"\\u", b"\\ud83d", b"e", b"data: ", b"data", b"null",
)  # fmt: skip


def damaged(rng: random.Random, stream: bytes) -> bytes:
    """Bytes deleted, inserted, replaced, moved; braces moved, quotes dropped; cut off."""
    for _ in range(rng.choice([1, 1, 2, 4])):
        if not stream:
            return stream
        at = rng.randrange(len(stream))
        size = rng.choice([1, 1, 1, 3, rng.randint(1, 200)])
        what = rng.randrange(8)
        if what == 0:
            stream = stream[:at] + stream[at + size :]
        elif what == 1:
            stream = stream[:at] + rng.choice(BYTES) + stream[at:]
        elif what == 2:
            stream = stream[:at] + rng.choice(BYTES) + stream[at + 1 :]
        elif what == 3:
            piece, rest = stream[at : at + size], stream[:at] + stream[at + size :]
            to = rng.randint(0, len(rest))
            stream = rest[:to] + piece + rest[to:]
        elif what == 4:
            stream = _moved_brace(rng, stream, at)
        elif what == 5:
            at = stream.find(rng.choice([b'"', b"}", b"\n\n", b",", b"\\"]), at)
            stream = stream[:at] + stream[at + 1 :] if at >= 0 else stream
        elif what == 6:
            stream = stream[:at]
        else:
            stream = stream[: at + size] + stream[at:]
    return stream


def _moved_brace(rng: random.Random, stream: bytes, at: int) -> bytes:
    """A closing brace some places further on: what a real server did (`examples/`)."""
    at = stream.find(rng.choice([b"}", b"]", b"{"]), at)
    if at < 0:
        return stream
    to = at + 1 + rng.randint(0, 20)
    return stream[:at] + stream[at + 1 : to] + stream[at : at + 1] + stream[to:]


def no_stream(rng: random.Random, whole: Any) -> bytes:
    """A body that is something else; `whole` is some answer, unstreamed."""
    style = Style(comma=", ", colon=": ")
    answer = written(rng, whole, style).encode()
    return rng.choice(
        [
            answer, b" \n" + answer + b"\n", answer.replace(b", ", b",\n\n  "), answer[:-1],
            answer + b"\n" + answer, b"[" + answer + b"]", b"\xef\xbb\xbf" + answer,
            b'{"error": {"message": "no"}}', b'{"error":\n\n"no"}', b'{"detail": "Not Found"}',
            b"<html>\n\n<body>error</body></html>\n", b"\x1f\x8b\x08\x00\n\n\x00", b"", b"\n\n",
            b'[{"error": {"message": "no"}}]', b'[{"error": 1},\n\n', b"[package]\na = 1\n",
            b'{"object": "error", "code": 5}', "data: {}\n\n".encode("utf-16"),
            b"\x28\xb5\x2f\xfd\x04", b"{", b"null", b"upstream connect error", b": only\n\n",
            b"data: [DONE]", b"data: [DONE]\n\n", b"data: {}\n\n", b"data: 5\n\n", b"data", b":",
            bytes(rng.randrange(256) for _ in range(rng.randint(1, 80))),
        ]
    )  # fmt: skip
