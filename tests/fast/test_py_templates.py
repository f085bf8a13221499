"""Streams made to deceive the pure backend's templates (_py/fast/templates.py).

Each is folded with templates and without, and by the compiled backend where it is there,
in several cuts; everything that can be seen must be the same after each read.
"""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from backends import BACKENDS
from parity import Case, Watched, agree, check, slow

from ssefold import Limits, StreamMalformed
from ssefold._py.core import CARRY, blank_line
from ssefold._py.fast.templates import LONGEST_BODY, MAX_TEMPLATES, Templates

PURE = BACKENDS["python"]

# What a value may be that is not just letters. As it stands on the wire, between quotes.
BODIES = [
    b"", b"a", b"two words", rb"\"", rb"\\", rb"\\\"", rb"\n\t\/\b\f\r", rb"\u0041", rb"\u000a",
    rb"\ud83d\ude00", rb"\ud83d", rb"\ude00", rb"\uD83d\u0041", "é€😀".encode(), b"\xed\xa0\xbd",
    b"\xc3", b"\xa9", b"\xff", b"\x7f", b"}]}", rb"\"},\"finish_reason\":null}]}", b"data: x",
    "\u2028".encode(), b"\xef\xbb\xbf", b"1", b"null", b"12345678901234567890",
    # And what is none.
    b'"', b'","', b'a","b', b"\\", rb"\x", rb"\u12", rb"\u12g4", b"\x00", b"\x1f", b"\t",
    b'"},"finish_reason":null}]}', b"a\nb", b"a\rb", b"a\r\ndata: b", b"a\n\nb", b"a\\\nb",
]  # fmt: skip


def chat(body: bytes, **more: bytes) -> bytes:
    """A chunk, written by hand so that nothing is escaped."""
    rest = b"".join(b',"%s":%b' % (key.encode(), value) for key, value in more.items())
    return b'{"id":"x","choices":[{"index":0,"delta":{"content":"%b"}}]%b}' % (body, rest)


def frames(payloads: list[bytes], eol: bytes = b"\n") -> bytes:
    return b"".join(b"data: %b%b%b" % (payload, eol, eol) for payload in payloads)


def alike(stream: bytes, *cuts: int, **options: Any) -> None:
    """Whole, by the parity test's means; with these cuts, and looks at each."""
    check(Case(0, "", stream, options, tuple(cuts), frozenset(range(len(cuts) + 1))))


def warm(events: int = 8) -> list[bytes]:
    return [chat(b"w%d" % n) for n in range(events)]


class Counted:
    """How many events came by a template, of how many."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.known = 0
        run = Templates.run

        def counting(known: Templates, data: bytes, pos: int, most: int) -> int:
            before = known.stream.events
            end = run(known, data, pos, most)
            self.known += known.stream.events - before
            return end

        monkeypatch.setattr(Templates, "run", counting)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(monkeypatch)


# -- that it is a fast path at all -----------------------------------------------------------


@pytest.mark.parametrize("eol", [b"\n", b"\r\n"])
@pytest.mark.parametrize("step", [10**9, 1000, 100, 7])
def test_chunks_that_repeat_are_recognised(counted: Counted, eol: bytes, step: int) -> None:
    stream = frames([chat(b"%d" % n) for n in range(300)], eol)
    acc = PURE.StreamAccumulator()
    for at in range(0, len(stream), step):
        acc.feed(stream[at : at + step])
    assert acc.text() == "".join(map(str, range(300)))
    assert acc.events == 300
    assert counted.known >= (280 if step > 7 or eol == b"\n" else 250)


def test_switched_off_it_is_off(counted: Counted) -> None:
    acc = slow(PURE).StreamAccumulator()
    acc.feed(frames(warm()))
    assert (acc.events, counted.known) == (8, 0)


def test_slots_of_every_kind_are_recognised(counted: Counted) -> None:
    def event(n: int) -> bytes:
        usage = b'{"prompt_tokens":3,"completion_tokens":%d,"cost":%d.5}' % (n, n)
        return chat(b"a", created=b"%d" % n, usage=usage, obfuscation=b'"%d"' % (n * n))

    stream = frames([event(n) for n in range(100)])
    acc = PURE.StreamAccumulator()
    acc.feed(stream)
    assert acc.usage == {"prompt_tokens": 3, "completion_tokens": 99, "cost": 99.5}
    assert counted.known > 80
    alike(stream, 3000)


def test_a_stream_that_never_repeats_is_no_longer_learned_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    builds = []
    learn = Templates.learn
    monkeypatch.setattr(Templates, "learn", lambda *args: (builds.append(1), learn(*args))[1])
    payloads = [chat(b"a", **{f"k{n}": b"1"}) for n in range(400)]
    PURE.StreamAccumulator().feed(frames(payloads))
    PURE.StreamAccumulator().feed(frames([chat(b"a", x=b"[%d]" % n) for n in range(400)]))
    assert len(builds) <= 2 * 32


def test_templates_are_bounded() -> None:
    acc = PURE.StreamAccumulator(limits=Limits(max_choices=None))
    one = b'{"choices":[{"index":%d,"delta":{"content":"a"}}]}'
    for n in [n for n in range(300) for _ in range(12)]:
        acc.feed(frames([one % n]))
    assert acc._known.count <= MAX_TEMPLATES
    assert acc.text(299) == "a" * 12


# -- values ----------------------------------------------------------------------------------


@pytest.mark.parametrize("eol", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("body", BODIES)
def test_any_value_in_a_slot(body: bytes, eol: bytes) -> None:
    """Among others in a run, alone in a read, cut; appended, and left out."""
    for event in (chat(body), chat(b"t", obfuscation=b'"%b"' % body)):
        before, after = [*warm(), chat(b"t", obfuscation=b'"o"')] * 2, warm(3)
        stream = frames([*before, event, *after], eol)
        at = len(frames(before, eol))
        alike(stream)
        alike(stream, at, at + len(frames([event], eol)))
        alike(stream, at + 60)


@pytest.mark.parametrize("eol", [b"\n", b"\r\n"])
def test_values_in_any_order(eol: bytes) -> None:
    """Halves of characters and of pairs, side by side; escapes before quotes."""
    for seed in range(60):
        rng = random.Random(seed)
        odd = rng.choice([0.05, 0.3, 1.0])
        sound = BODIES[: BODIES.index(b'"')]
        pool = sound if rng.random() < 0.7 else BODIES
        bodies = [rng.choice(pool) if rng.random() < odd else b"w" for _ in range(60)]
        stream = frames([*warm(), *map(chat, bodies)], eol)
        alike(stream, *sorted(rng.randint(0, len(stream)) for _ in range(rng.randint(0, 4))))


@pytest.mark.parametrize("eol", [b"\n", b"\r\n", b"\r"])
def test_a_read_that_ends_at_any_byte(eol: bytes) -> None:
    stream = frames([*warm(), chat(rb"\ud83d\ude00\"")], eol)
    tail = frames([chat("é".encode()), chat(b"z")], eol)
    for cut in range(len(tail) + 1):
        watched = [Watched(backend, {}) for backend in (PURE, slow(PURE))]
        for chunk in (stream, tail[:cut], tail[cut:]):
            agree(f"cut at {cut}", [(one.name, (one.feed(chunk), one.look())) for one in watched])


def test_a_frame_begins_with_the_line_feed_that_a_read_left() -> None:
    """The CR of a blank line ends the frame, and the anomaly names the next one's start."""
    one = frames([chat(b"a")], b"\r\n")
    stream = one * 9 + frames([b'{"choices":7}'], b"\r\n") + one * 2
    at = [len(one) * n - 1 for n in range(1, 10)]
    alike(stream, *at)
    alike(stream, *at[:4])
    acc = PURE.StreamAccumulator(dialect="openai.chat")
    for begin, end in zip([0, *at], [*at, len(stream)], strict=True):
        acc.feed(stream[begin:end])
    assert [anomaly.offset for anomaly in acc.anomalies] == [9 * len(one) - 1]


@pytest.mark.parametrize(
    "value",
    [b"1", b"-1", b"-0", b"0.5", b"-0.0", b"1e5", b"1E400", b"01", b"1.", b"-", b"1" * 19,
     b"9" * 5000, b"0.1234567890123456789012345678", b"true", b"null", b'"7"', b"[]", b"{}", b"1 ",
     b" 1", b"1,"],
)  # fmt: skip
def test_any_value_in_the_place_of_a_number(value: bytes) -> None:
    counters = [chat(b"a", usage=b'{"n":%d}' % n, created=b"%d" % n) for n in range(9)]
    for odd in (
        chat(b"a", usage=b'{"n":%b}' % value, created=b"7"),
        chat(b"a", usage=b'{"n":7}', created=value),
    ):
        stream = frames([*counters, odd, *counters[:3]])
        alike(stream)
        alike(stream, len(frames(counters)))


def test_last_values_come_back_in_other_chunks() -> None:
    """What a template takes for fixed changes by a chunk of another kind, and back."""
    kinds = [
        lambda v: chat(b"a", model=b'"%b"' % v),
        lambda v: chat(b"a", model=b'"%b"' % v, note=b'"%b"' % v),
        lambda v: b'{"model":"%b","choices":[]}' % v,
        lambda v: chat(b"a"),
    ]
    for seed in range(40):
        rng = random.Random(seed)
        values = [rng.choice([b"m", b"m", b"n", b""]) for _ in range(120)]
        stream = frames([rng.choice(kinds)(v) for v in values])
        alike(stream, rng.randint(0, len(stream)), dialect="openai.chat")


def test_keys_in_another_order_and_twice() -> None:
    events = [chat(b"a", p=b"1", q=b"2"), chat(b"a", q=b"2", p=b"1"), chat(b"a", p=b"1", p_=b"2")]
    twice = b'{"id":"x","choices":[{"index":0,"delta":{"content":"a","content":"b"}}]}'
    again = b'{"id":"x","choices":[{"index":0,"delta":{"content":"a"}}],"id":"y"}'
    alike(frames([*events * 4, *[twice] * 4, *events, *[again] * 4, *events]), 900)


def test_lines_and_comments_around_known_frames() -> None:
    known = [b"data: %b\n\n" % payload for payload in warm(4)]
    odd = [
        b"\n", b"\n" * 9, b"\r\n" * 4,
        b": ping\n\n", b": ping\n", b"event: ping\n", b"id: 7\n", b"retry: 1\n\n", b"\r\n",
        b"\r", b"data: \n\n", b"data\n\n", b"error: x\n", b"data: [DONE]\n\n",
        b"data: {}\ndata: \n\n", b"event: error\n",
        b'data: {"error":{"code":1}}\n\n', b"\xef\xbb\xbf",
    ]  # fmt: skip
    for seed in range(120):
        rng = random.Random(seed)
        pieces = [rng.choice(odd) if rng.random() < 0.15 else rng.choice(known) for _ in range(40)]
        stream = b"".join([*known, *pieces])
        alike(stream, *sorted(rng.randint(0, len(stream)) for _ in range(rng.randint(0, 4))))


# -- limits ----------------------------------------------------------------------------------


@pytest.mark.parametrize("eol", [b"\n", b"\r\n"])
def test_limits_fall_on_the_same_byte(eol: bytes) -> None:
    payloads = [*warm(), *[chat(b"%d" % 10**n) for n in range(12)], chat(rb"\u20ac\n")]
    stream = frames(payloads, eol)
    sizes = [len(frames([payload], eol)) for payload in payloads]
    for limit in range(min(sizes) - 3, max(sizes) + 2):
        alike(stream, 500, limits=Limits(max_event_bytes=limit))
    for limit in range(0, 110, 3):
        alike(stream, 500, limits=Limits(max_output_bytes=limit))
    for limit in range(len(stream) - 120, len(stream) + 2, 7):
        alike(stream, 500, limits=Limits(max_total_bytes=limit))


def test_a_strict_fold_stops_at_the_fault() -> None:
    good, bad = frames(warm()), frames([chat(rb"\x")])
    alike(good + bad + good, len(good), strict=True)
    acc = PURE.StreamAccumulator(strict=True)
    with pytest.raises(StreamMalformed):
        acc.feed(good + bad + good)
    assert acc.events == 9


def test_long_values_and_frames_larger_than_what_waits() -> None:
    sizes = (CARRY - 80, CARRY, CARRY + 80, LONGEST_BODY - 1, LONGEST_BODY, LONGEST_BODY + 1)
    for size in sizes:
        for body in (b"a" * size, rb"\n" * (size // 2), b"a" * (size - 1) + b"\\", b'"' * size):
            stream = frames([*warm(), chat(body), *warm(3)])
            alike(stream, 900, len(stream) - 900)
            alike(stream, limits=Limits(max_event_bytes=size))


def test_the_account_of_last_values_is_kept() -> None:
    events = [chat(b"a", note=b'"%b"' % (b"x" * n)) for n in [*range(1, 40), 5, 3, 600_000, 4]]
    events += [chat(b"a", note=b'"%b"' % (b"y" * 500_000)), chat(b"b")]
    for limit in (10, 600_000, 1 << 20, (1 << 20) + 700):
        alike(frames(events), 4000, limits=Limits(max_output_bytes=limit))


# -- dialects whose events say what they do ----------------------------------------------------


def numbered(n: int, delta: str) -> bytes:
    event = {
        "type": "response.output_text.delta", "sequence_number": n, "output_index": 0,
        "content_index": 0, "delta": delta,
    }  # fmt: skip
    return json.dumps(event).encode()


def test_numbers_that_jump_repeat_or_are_none(counted: Counted) -> None:
    start = [
        b'{"type":"response.created","sequence_number":0,"response":{"id":"r","output":[]}}',
        b'{"type":"response.output_item.added","sequence_number":1,"output_index":0,'
        b'"item":{"type":"message","id":"m","content":[]}}',
        b'{"type":"response.content_part.added","sequence_number":2,"output_index":0,'
        b'"content_index":0,"part":{"type":"output_text","text":""}}',
    ]
    steady = [numbered(n, "d") for n in range(3, 80)]
    acc = PURE.StreamAccumulator()
    acc.feed(frames([*start, *steady]))
    assert acc.text() == "d" * 77
    assert counted.known > 60
    for odd in (b"90", b"79", b"3", b"-1", b"80.0", b"080", b'"80"', b"null", b"8" * 30):
        event = numbered(80, "o").replace(b": 80,", b": %b," % odd)
        tail = [event, *[numbered(n, "t") for n in range(80, 90)]]
        alike(frames([*start, *steady, *tail]), len(frames([*start, *steady])))
        alike(frames([*start, *steady[:20], *tail]))


def test_a_block_that_stops_takes_its_templates_along() -> None:
    def event(kind: str, **members: Any) -> bytes:
        return json.dumps({"type": kind, **members}).encode()

    def delta(index: int, text: str) -> bytes:
        return event("content_block_delta", index=index, delta={"type": "text_delta", "text": text})

    def block(kind: str, index: int) -> bytes:
        return event(kind, index=index, content_block={"type": "text", "text": ""})

    stream = [
        event("message_start", message={"id": "m", "role": "assistant", "content": []}),
        block("content_block_start", 0), *[delta(0, "a")] * 9, block("content_block_stop", 0),
        *[delta(0, "late")] * 3, block("content_block_start", 1), *[delta(1, "b")] * 9,
        *[delta(0, "a"), delta(1, "b")] * 4, event("message_stop"), *[delta(1, "after")] * 3,
    ]  # fmt: skip
    alike(frames(stream), 300, 900, 1500)


# -- cost --------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [rb"\"", rb"\\", b"a", b'\\\\\\"', b'"', rb"\u0041"])
def test_hostile_values_cost_no_more_than_their_bytes(body: bytes) -> None:
    """Steps of the matcher cannot be counted; a square of these sizes would take minutes."""
    acc = PURE.StreamAccumulator()
    acc.feed(frames(warm()))
    for size in (1000, 30_000, 300_000):
        event = frames([chat(body * (size // len(body)))])
        for end in (len(event), len(event) // 2):
            acc.feed(event[:end] + b"\n\n")
    assert acc.events == 8 + 6


def test_line_ends_as_they_are_written() -> None:
    assert blank_line(b"a\nb\n\n") == b"\n\n"
    assert blank_line(b"a\r\nb\r\n\r\n") == b"\r\n\r\n"
    assert blank_line(b"\na\r\nb\r") == b"\r\n\r\n"  # both halves of another read's
    assert blank_line(b"a\r\nb\n") == b""
    assert blank_line(b"a\rb\r\n") == b""
