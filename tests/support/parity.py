"""One stream through several accumulators at once, compared after every read.

Enters: a seed, or a stream with options and cuts.
Leaves: `case(seed)`, all that a run is made of; `check(case)`, which raises Mismatch.
Must not know: how either backend works.

    python tests/support/parity.py SEED [--shrink]      run one case, and make it smaller
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import streamgen
import streamnoise
import wires
from backends import BACKENDS, Backend

from ssefold import Limits, SSEFoldError
from ssefold.engine.field_spec import USER_RULES

KINDS = (
    ["clean", "odd"] * 2
    + ["runs", "damaged runs"] * 3
    + ["disturbed", "damaged", "all"] * 2
    + ["body"]
)


# The more ways a dialect has to go wrong, the more cases it has.
DIALECTS = (
    ["openai.chat"] * 3 + ["openai.completions"] + ["anthropic.messages"] * 2
    + ["openai.responses"] * 3 + ["google.gemini"] * 2
)  # fmt: skip


class Mismatch(AssertionError):
    """Two accumulators disagree, or one breaks a promise."""


@dataclass(frozen=True)
class Case:
    """A stream, the options it is folded with, and where it is cut.

    looks: numbers of the reads after which everything is compared, not counts alone.
    """

    seed: int
    kind: str
    stream: bytes
    options: dict[str, Any]
    cuts: tuple[int, ...] = ()
    looks: frozenset[int] = field(default_factory=frozenset)

    @property
    def chunks(self) -> list[bytes]:
        bounds = [0, *self.cuts, len(self.stream)]
        return [self.stream[a:b] for a, b in pairwise(bounds)]


# -- making cases ------------------------------------------------------------------------


def case(seed: int) -> Case:
    """The case of this seed: the same on every machine."""
    rng = random.Random(seed)
    kind = rng.choice(KINDS)
    dialect = rng.choice(DIALECTS)
    stream = make_stream(rng, kind, dialect)
    options = make_options(rng, dialect) if kind != "clean" else {}
    cuts = make_cuts(rng, len(stream))
    looks = frozenset(rng.randint(0, len(cuts)) for _ in range(2))
    return Case(seed, kind, stream, options, cuts, looks)


def make_stream(rng: random.Random, kind: str, dialect: str) -> bytes:
    """A stream of this kind; some are two streams, one behind or inside the other."""
    events = streamgen.events(rng, dialect)[: rng.choice([300, 300, 60, 12])]
    if kind == "clean":
        return streamnoise.framed(rng, events, streamnoise.plain_style(rng))
    if kind == "body":
        whole = events[0][1] if events and isinstance(events[0][1], dict) else {}
        message = [{"index": 0, "message": {"content": "\ud83d"}, "text": "x"}]
        whole = {**whole, "type": "message", "content": [], "choices": message}
        return streamnoise.no_stream(rng, streamnoise.mutated(rng, whole))
    if rng.random() < 0.15:
        other = streamgen.events(rng, rng.choice(list(streamgen.DIALECTS)))
        at = rng.choice([len(events), rng.randint(0, len(events))])
        events[at:at] = other[:20]
    if "runs" in kind:
        events = streamnoise.repeated(rng, events)
    if kind in ("disturbed", "all"):
        events = streamnoise.disturbed(rng, events)
    odd = kind in ("odd", "all") or rng.random() < 0.3
    style = streamnoise.odd_style(rng) if odd else streamnoise.plain_style(rng)
    if rng.random() < 0.15:
        stream = wires.reframed(rng, events)
    else:
        stream = streamnoise.framed(rng, events, style)
    if kind in ("damaged", "damaged runs", "all"):
        stream = streamnoise.damaged(rng, stream)
    return stream


RULE_PATHS = (
    "foo", "kind", "usage", "choices", "choices[].foo", "choices[].delta.foo", "content", "model",
    "choices[].delta.content", "choices[].delta.my_id", "choices[].delta.steps", "choices[].text",
    "choices[].delta.meta", "choices[].delta.tool_calls", "choices[].delta.audio.data", "id",
    "choices[].delta.tool_calls[].function.arguments", "choices[].finish_reason", "meta.a",
    "choices[].delta.role", "choices[].delta.meta.b", "choices[].delta", "delta.stop_reason",
    "candidates[].content.parts", "candidates[].content", "candidates[].finishReason", "output",
    "candidates[].safetyRatings", "usageMetadata", "candidates[].index", "modelVersion",
)  # fmt: skip

# What a dialect that was asked for by name cannot ask for.
NO_LISTS = {
    "openai.chat": ("candidates[]",), "openai.completions": ("candidates[]",),
    "anthropic.messages": ("candidates[]", "choices[]"), "openai.responses": ("",),
    "google.gemini": ("choices[]",),
}  # fmt: skip


def make_options(rng: random.Random, dialect: str) -> dict[str, Any]:
    """Options of a fold: mostly as they come, each of them now and then another way."""
    options: dict[str, Any] = {}
    if rng.random() < 0.3:
        options["dialect"] = rng.choice([dialect, dialect, *streamgen.DIALECTS])
    if rng.random() < 0.2:
        options["strict"] = True
    if rng.random() < 0.3:
        options["limits"] = small_limits(rng)
    if rng.random() < 0.15:
        paths = rng.sample(RULE_PATHS, rng.randint(1, 3))
        # Nothing below a path that has a rule of its own is ever asked for.
        paths = [p for p in paths if not any(p != q and p.startswith(q) for q in paths)]
        paths = reached(options.get("dialect", "auto"), paths)
        options["rules"] = {path: rng.choice(USER_RULES) for path in paths}
    return options


def reached(dialect: str, paths: list[str]) -> list[str]:
    """Those that the dialect can ask for: a rule of another one is refused."""
    no_lists = NO_LISTS.get(dialect, ())
    return [path for path in paths if not path.startswith(no_lists)]


def small_limits(rng: random.Random) -> Limits:
    """One to three limits that an ordinary stream passes."""
    sizes = {
        "max_event_bytes": rng.choice([0, 10, 100, rng.randint(0, 2000)]),
        "max_output_bytes": rng.choice([0, 20, rng.randint(0, 500), rng.randint(0, 3000)]),
        "max_total_bytes": rng.choice([0, 1, 100, rng.randint(0, 4000)]),
        "max_choices": rng.randint(0, 3),
        "max_tool_calls": rng.randint(0, 3),
        "max_blocks": rng.randint(0, 3),
        "max_depth": rng.choice([0, 1, 3, 5, 8, None]),
        "max_faults": rng.choice([0, 1, 2, None]),
        "max_anomalies": rng.choice([0, 1, 2, None]),
    }
    return Limits(**{name: sizes[name] for name in rng.sample(list(sizes), rng.randint(1, 3))})


def make_cuts(rng: random.Random, size: int) -> tuple[int, ...]:
    """Where a stream of this size is cut: here and there, in small reads, everywhere."""
    how = rng.random()
    if how < 0.3:
        return tuple(sorted(rng.randint(0, size) for _ in range(rng.randint(0, 6))))
    if how < 0.9 or size > 1500:
        step = rng.choice([7, 16, 64, 300, 1000])
        step = max(step, size // 300)
        return tuple(range(rng.randint(0, step), size, step))
    return tuple(range(1, size))


# -- observing one accumulator -------------------------------------------------------------


def dumps(value: Any) -> str:
    """Values, types and the order of keys, all in one string."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def expect(condition: bool, *what: Any) -> None:
    if not condition:
        raise Mismatch(" ".join(map(str, what)))


def expect_plain(value: Any) -> None:
    """Nothing but the plain types of JSON, and text that can be encoded."""
    kind = type(value)
    if kind is dict:
        for key, below in value.items():
            expect(type(key) is str, "a key of type", type(key))
            key.encode()
            expect_plain(below)
    elif kind is list:
        for below in value:
            expect_plain(below)
    elif kind is str:
        value.encode()
    else:
        expect(value is None or kind in (bool, int, float), "a value of type", kind)


def wreck(value: Any) -> None:
    """Change all that can be changed in `value`."""
    if isinstance(value, dict):
        for below in value.values():
            wreck(below)
        value.clear()
        value["wrecked"] = True
    elif isinstance(value, list):
        for below in value:
            wreck(below)
        value[:] = ["wrecked"]


def error_of(error: SSEFoldError) -> tuple[Any, ...]:
    partial = getattr(error, "partial", None)
    if partial is not None:
        expect_plain(partial)
    return (
        type(error).__name__, error.code, error.offset, error.detail, str(error), dumps(partial),
        getattr(error, "status", None), repr(getattr(error, "faults", None)),
        dumps(getattr(error, "error", None)),
    )  # fmt: skip


def outcome(call: Callable[..., Any], *args: Any) -> tuple[Any, ...]:
    """What a call returns or raises; nothing but SSEFoldError may be raised."""
    try:
        return "returned", call(*args)
    except SSEFoldError as error:
        return "raised", *error_of(error)


COUNTS = ("events", "bytes", "status", "dialect", "fault_count", "anomaly_count")


class Watched:
    """An accumulator, and everything that can be seen of it."""

    def __init__(self, backend: Backend, options: dict[str, Any]) -> None:
        self.name = backend.name
        self.acc = backend.StreamAccumulator(**options)
        self.taken = ["", "", ""]
        self.completed = 0

    def feed(self, chunk: bytes) -> tuple[Any, ...]:
        before = self.acc.events
        result = outcome(self.acc.feed, chunk)
        if result[0] == "returned":
            expect(type(result[1]) is int, "feed returned", result)
            expect(result[1] == self.acc.events - before, "feed returned", result)
        return result

    def counts(self) -> dict[str, Any]:
        return {name: getattr(self.acc, name) for name in COUNTS}

    def look(self) -> dict[str, Any]:
        """All there is to read, and that reading it changes nothing."""
        acc = self.acc
        snapshot = acc.snapshot()
        expect_plain(snapshot)
        text = dumps(snapshot)
        expect(acc.snapshot_json() == text.encode(), "snapshot_json differs from", text)
        expect(dumps(json.loads(text)) == text, "no round trip:", text)
        seen = {
            **self.counts(), "snapshot": text, "faults": repr(acc.faults), "repr": repr(acc),
            "anomalies": repr(acc.anomalies), "usage": dumps(acc.usage), "error": dumps(acc.error),
            "result": self.result(), "text": [acc.text(i) for i in range(3)],
            "finish": [acc.finish_reason(i) for i in range(3)],
            "calls": [dumps(acc.tool_calls(i)) for i in range(3)],
        }  # fmt: skip
        for value in (snapshot, acc.usage, acc.error, *map(acc.tool_calls, range(3))):
            wreck(value)
        expect(dumps(acc.snapshot()) == text, "a snapshot is not fresh:", text)
        expect(dumps(acc.usage) == seen["usage"], "usage is not fresh")
        expect(dumps(acc.error) == seen["error"], "error is not fresh")
        return seen

    def result(self) -> tuple[Any, ...]:
        result = outcome(lambda: dumps(self.acc.result()))
        encoded = outcome(lambda: self.acc.result_json().decode())
        expect(result == encoded, "result_json differs:", result, encoded)
        return result

    def take(self) -> list[Any]:
        """What take_text and take give; what is new is given once."""
        pieces = [self.acc.take_text(i) for i in range(3)]
        self.taken = [old + new for old, new in zip(self.taken, pieces, strict=True)]
        deltas = self.acc.take()
        for delta in deltas:
            expect(delta.text and delta.text.encode(), self.name, "take gave", delta)
        expect(self.acc.take() == [], self.name, "took twice")
        return [*pieces, *deltas]


# -- comparing -----------------------------------------------------------------------------


def agree(where: str, seen: Iterable[tuple[str, Any]]) -> None:
    """Raise Mismatch, with the differing members alone, unless all saw the same."""
    (first, wanted), *others = seen
    for name, found in others:
        if found == wanted:
            continue
        if isinstance(wanted, dict):
            keys = [key for key in wanted if wanted[key] != found[key]]
            wanted, found = ({key: one[key] for key in keys} for one in (wanted, found))
        raise Mismatch(f"{where}:\n  {first}: {wanted!r}\n  {name}: {found!r}")


def slow(backend: Backend, templates: Any = False) -> Backend:
    """A backend without what remembers the form of chunks, or with a part of it."""

    def accumulator(**options: Any) -> Any:
        acc = backend.StreamAccumulator(**options)
        acc._templates(templates)
        return acc

    name = f"{backend.name}, {templates or 'no templates'}"
    return replace(backend, name=name, StreamAccumulator=accumulator)


ALL = [slow(BACKENDS["python"]), BACKENDS["python"]]
if "c" in BACKENDS:
    ALL = [BACKENDS["c"], slow(BACKENDS["c"], "members"), slow(BACKENDS["c"]), *ALL]


def check(case: Case, backends: Iterable[Backend] = ALL) -> None:
    """All backends side by side; then whole against cut; then once more after a reset."""
    backends = list(backends)
    watched = [Watched(backend, case.options) for backend in backends]
    last = run(case, watched)
    for backend in {backend.name: backend for backend in (backends[0], backends[-1])}.values():
        check_splits(case, backend, last)
    for one in watched:
        if case.kind == "clean":
            check_taken(one, case.stream)
        if one.name not in BACKENDS:
            continue  # the same class as another one
        check_closed(one)
        one.acc.reset()
        expect(one.counts()["events"] == 0 and one.acc.snapshot() == {}, one.name, "not reset")
        outcome(one.acc.feed, case.stream)
        one.acc.close()
        agree("after a reset", [("first", last), (one.name, one.look())])


def run(case: Case, watched: list[Watched]) -> dict[str, Any]:
    """Feed and close all of them in step; what they look like at the end."""
    for i, chunk in enumerate(case.chunks):
        where = f"read {i} of {len(case.cuts) + 1}"
        agree(f"feed, {where}", [(one.name, one.feed(chunk)) for one in watched])
        agree(f"after {where}", [(one.name, one.counts()) for one in watched])
        if i in case.looks:
            agree(f"after {where}", [(one.name, one.look()) for one in watched])
            agree(f"taken, {where}", [(one.name, one.take()) for one in watched])
    for one in watched:
        expect(one.acc.close() is None, "close returned something")
    seen = [(one.name, one.look()) for one in watched]
    agree("after close", seen)
    agree("taken at the end", [(one.name, one.take()) for one in watched])
    return seen[0][1]


def check_splits(case: Case, backend: Backend, last: dict[str, Any]) -> None:
    """The stream in one read, and its beginning in one read or byte by byte."""
    whole = Watched(backend, case.options)
    whole.feed(case.stream)
    whole.acc.close()
    agree(f"{backend.name}, whole against cut", [("cut", last), ("whole", whole.look())])
    size = len(case.stream)
    end = random.Random(case.seed).randint(0, min(size, 1500))
    prefix = case.stream[max(0, end - 100) : end]
    head = case.stream[: end - len(prefix)]
    one, other = Watched(backend, case.options), Watched(backend, case.options)
    outcome(one.acc.feed, head + prefix)
    outcome(other.acc.feed, head)
    for i in range(len(prefix)):
        outcome(other.acc.feed, prefix[i : i + 1])
    agree(
        f"{backend.name}, the first {end} bytes",
        [("whole", one.look()), ("by bytes", other.look())],
    )


def check_taken(one: Watched, stream: bytes) -> None:
    """What was taken is the text; where blocks came in turns, in the order of arrival."""
    wanted, exact = None, True
    odd = {anomaly.code for anomaly in one.acc.anomalies}
    careless = odd or b"new_delta" in stream or not all(map(has_index, json_lines(stream)))
    if one.acc.dialect == "anthropic.messages" and careless:
        exact = False  # a block that is found by other means than its index
        late = odd & {"block_restarted", "missing_start", "index_reused"}
        if late and re.search(rb"Start |Again", stream):
            return  # a start's own text replaces what deltas gave
    elif one.acc.dialect in ("anthropic.messages", "openai.responses"):
        if not is_routed(stream):
            return  # by what the plainest means do not know
        wanted, exact = arrived(stream)
    for i, taken in enumerate(one.taken):
        text = one.acc.text(i) if i or wanted is None else wanted
        if not exact:
            taken, text = ("".join(sorted(one)) for one in (taken, text))
        if any("\ud800" <= c <= "\udfff" for c in text):  # a half waits for the other one
            taken, text = (re.sub("[^\x00-\ud7ff]", "", one) for one in (taken, text))
        expect(taken == text, one.name, "take_text", i, repr(taken), "not", repr(text))


def json_lines(stream: bytes) -> list[Any]:
    """The events of a clean stream."""
    lines = re.split(rb"\r\n|\r|\n", stream.removeprefix(b"\xef\xbb\xbf"))
    data = [line[5:] for line in lines if line.startswith(b"data:")]
    return [json.loads(text) for text in data if text.strip()[:1] == b"{"]


def has_index(event: Any) -> bool:
    """Whether an event says which block it means, should it be about one."""
    kind = event.get("type")
    return not str(kind).startswith("content_block") or type(event.get("index")) is int


def arrived(stream: bytes) -> tuple[str, bool]:
    """The text of an answer in the order in which its pieces came, by the plainest means.

    False with it if a full value brought a text of which nothing had come, as a resumed
    stream's does: beside its item's others, or in the terminal event, that one comes where
    it stands. None of it is lost, though a later value lack it.
    """
    out: list[str] = []
    texts: dict[Any, str] = {}
    differ = set()
    exact = True
    made: dict[Any, set[int]] = {}  # the items that came, and which parts of them
    ids: dict[Any, int] = {}  # and at which index
    for event in json_lines(stream):
        note_places(event, made, ids)
        for at, piece, full in text_pieces(event):
            at = place_of(event, at, made, ids)
            old = texts.get(at, "")
            if full and not (piece.startswith(old) and at not in differ):
                differ.add(at)
                continue
            exact = exact and not (full and piece and not old)
            texts[at] = piece if full else old + piece
            out.append(texts[at][len(old) :])
    return "".join(out), exact


def note_places(event: Any, made: dict[Any, set[int]], ids: dict[Any, int]) -> None:
    """Which item and which part an event of Responses is about."""
    item, part = event.get("output_index"), event.get("content_index")
    whole = event.get("item")
    known = event.get("item_id") or (whole.get("id") if isinstance(whole, dict) else None)
    if type(item) is int:
        if known is not None:
            ids.setdefault(known, item)
        made.setdefault(item, set())
        if type(part) is int:
            made[item].add(part)


def place_of(event: Any, at: Any, made: dict[Any, set[int]], ids: dict[Any, int]) -> Any:
    """The indexes of a text that a whole item or answer holds: it has no holes where they had.

    An item that came is known by its id, wherever it stands: of a resumed stream the first
    ones did not come.
    """
    if not isinstance(at, tuple) or "content_index" in event:
        return at
    item, part = at
    whole = event.get("item")
    if "response" in event:
        output = event["response"]["output"]
        whole = output[item]
        known = ids.get(whole.get("id"))
        item = nth(made, item, len(output)) if known is None else known
    parts = made.setdefault(item, set())
    part = nth(parts, part, len(whole["content"]))
    parts.add(part)
    return item, part


def nth(indexes: Iterable[int], place: int, count: int) -> int:
    """The index at this place among `count`: where more stand than came, the place itself."""
    known = sorted(indexes)
    if count > len(known):
        return place
    return known[place]


def is_routed(stream: bytes) -> bool:
    """Whether indexes alone say where all of it belongs, and no event came again."""
    lines = re.split(rb"\r\n|\r|\n", stream.removeprefix(b"\xef\xbb\xbf"))
    ids: dict[Any, Any] = {}
    number, begun = None, set()
    parts: dict[Any, set[Any]] = {}
    for event in [json.loads(line[5:]) for line in lines if line[5:].strip()[:1] == b"{"]:
        kind, at = event["type"], (event.get("output_index"), event.get("content_index"))
        if not all(value is None or (type(value) is int and value < 10) for value in at):
            return False  # a larger one counts tokens
        if "sequence_number" in event:
            if number is not None and event["sequence_number"] != number + 1:
                return False
            number = event["sequence_number"]
        if kind.startswith(("response.output_text.", "response.content_part.")):
            text = event.get("delta", event.get("text", event.get("part")))
            if any([type(index) is not int for index in at]) or not isinstance(text, (str, dict)):
                return False
            if kind == "response.content_part.added":
                parts.setdefault(at[0], set()).add(at[1])
            elif at[1] not in parts.get(at[0], {at[1]}):
                return False  # one that counts tokens: it means the part that is open
        items = [(at[0], event.get("item", {"id": event.get("item_id")}))]
        if kind.endswith(".added"):
            if (kind, at) in begun:
                return False
            begun.add((kind, at))
        if type(event.get("response")) is dict:
            items = list(enumerate(event["response"].get("output") or []))
        for index, item in items:
            known = item.get("id") if isinstance(item, dict) else None
            if isinstance(known, (dict, list)):
                return False
            if known is not None and (
                ids.setdefault(index, known) != known or ids.setdefault(known, index) != index
            ):
                return False
    return True


def text_pieces(event: Any) -> Iterable[tuple[Any, str, bool]]:
    """What an event says of texts: (where, the text, whether it is the full one)."""
    kind, at = event["type"], (event.get("output_index"), event.get("content_index"))
    if kind == "content_block_start" and event["content_block"].get("type") == "text":
        yield event.get("index"), event["content_block"].get("text") or "", False
    elif kind == "content_block_delta" and event["delta"]["type"] == "text_delta":
        yield event.get("index"), event["delta"]["text"] or "", False
    elif kind == "response.output_text.delta":
        yield at, event["delta"], False
    elif kind == "response.output_text.done":
        yield at, event["text"], True
    elif kind == "response.content_part.done" and event["part"]["type"] == "output_text":
        yield at, event["part"]["text"], True
    else:
        items = [(event.get("output_index"), event.get("item") or {})]
        if type(event.get("response")) is dict:
            items = list(enumerate(event["response"].get("output") or []))
        for index, item in items:
            parts = item["content"] if item.get("type") == "message" else []
            for number, part in enumerate(parts):
                if part["type"] == "output_text":
                    yield (index, number), part["text"], True


def check_closed(one: Watched) -> None:
    """Closed is closed: a feed is refused, a second close does nothing."""
    before = one.look()
    refused = one.feed(b"data: {}\n\n")
    expect(refused[:3] == ("raised", "StreamError", "closed"), one.name, "after close:", refused)
    one.acc.close()
    agree("a refused feed, a second close", [("before", before), ("after", one.look())])


# -- one case by hand ------------------------------------------------------------------------


def failure(case: Case, backends: Iterable[Backend] = ALL) -> str:
    """What is wrong with this case, or ""."""
    try:
        check(case, backends)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def shrunk(case: Case) -> Case:
    """A smaller case that fails in the same way: fewer cuts, then fewer bytes."""
    sign = failure(case)[:30]

    def fails(smaller: Case) -> bool:
        return failure(smaller)[:30] == sign

    for cuts in ((), tuple(range(1, len(case.stream)))):
        if fails(replace(case, cuts=cuts, looks=frozenset())):
            case = replace(case, cuts=cuts, looks=frozenset())
            break
    for name in list(case.options):
        options = {key: value for key, value in case.options.items() if key != name}
        if fails(replace(case, options=options)):
            case = replace(case, options=options)
    bytewise = len(case.cuts) > 6
    size = len(case.stream) // 2
    while size:
        at = 0
        while at < len(case.stream):
            stream = case.stream[:at] + case.stream[at + size :]
            cuts = tuple(range(1, len(stream))) if bytewise else case.cuts
            cuts = tuple(min(cut, len(stream)) for cut in cuts)
            if fails(replace(case, stream=stream, cuts=cuts)):
                case = replace(case, stream=stream, cuts=cuts)
            else:
                at += size
        size //= 2
    return case


def main(seed: int, *flags: str) -> None:
    one = case(seed)
    if "--shrink" in flags and failure(one):
        one = shrunk(one)
    print(f"kind {one.kind}, options {one.options}, {len(one.stream)} bytes, cuts {one.cuts[:20]}")
    print(repr(one.stream))
    print(failure(one) or "passed")


if __name__ == "__main__":
    import sys

    main(int(sys.argv[1]), *sys.argv[2:])
