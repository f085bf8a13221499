"""SSEDecoder and Framer, in every backend, in every split, against the rules.

The rules are judged three times: by vectors (what servers send, and what they
must not do to us), by a slow reference (framing_reference.py), and by comparing
the backends with each other.
"""

from __future__ import annotations

import array
import base64
import contextlib
import copy
import gc
import json
import pickle
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from backends import Backend
from frames import (
    bytewise,
    cut,
    error_of,
    every_split,
    expected,
    fields,
    random_cut,
    run,
    whole,
)  # fmt: skip
from framing_reference import Found, reference

from ssefold.errors import SSEFoldError
from ssefold.limits import Limits

VECTORS = [
    json.loads(line)
    for line in (Path(__file__).resolve().parents[1] / "corpus" / "framing" / "vectors.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]

# What hurts: pieces of names, every line ending, BOMs and their halves, NUL, bad UTF-8.
FRAGMENTS = [
    b"data", b"data:", b"data: ", b"data: x", b"dat", b"d", b"event", b"event: e", b"ev",
    b"id", b"id: 7", b"id:\0", b"id", b"retry", b"retry: 15", b"retry:+1", b"retr", b"r",
    b":", b": c", b" ", b"\t", b"\r", b"\n", b"\r\n", b"\n\n", b"\r\r", b"\r\n\r\n", b"\n",
    b"\xef\xbb\xbf", b"\xef", b"\xef\xbb", b"\0", b"\xff", b"\xc3\xa9", b"\xf0\x9f", b"{",
    b'{"error": 1}', b"}", b"x", b"foo: bar", b"data: {", b"\xe2\x80\xa8", b"\x0b", b"\x85",
    b"retry: 99999999999999999999", b"id: " + b"i" * 40, b"data: " + b"y" * 70,
]  # fmt: skip


def hostile(rng: random.Random, most: int = 14) -> bytes:
    return b"".join(rng.choices(FRAGMENTS, k=rng.randint(0, most)))


# ── Vectors ───────────────────────────────────────────────────────────────────


@pytest.fixture(params=VECTORS, ids=lambda vector: vector["name"])
def vector(request: pytest.FixtureRequest) -> Any:
    return request.param


def check_vector(vector: Any, seen: dict[str, Any]) -> None:
    assert len(seen["events"]) == len(vector["expected"])
    for event, wanted in zip(seen["events"], vector["expected"], strict=True):
        assert event[:3] == (wanted["event"], wanted["data"], wanted["id"])
        assert wanted["retry"] in ("any", event[3])
    assert seen["id"] == vector["last_event_id"]
    assert vector["final_retry"] in ("any", seen["retry"])
    assert seen["comments"] == vector["comments"]


def test_vector_in_every_split(backend: Backend, vector: Any) -> None:
    stream = base64.b64decode(vector["input_b64"])
    seen = run(backend, whole(stream), comments=True)
    check_vector(vector, seen)
    for chunks in every_split(stream):
        assert run(backend, chunks, comments=True) == seen
    without = run(backend, whole(stream))
    assert without["events"] == seen["events"]


def test_vector_is_prompt(backend: Backend, vector: Any) -> None:
    """An event is out at the byte that decides it, and not before."""
    stream = base64.b64decode(vector["input_b64"])
    decoder = backend.SSEDecoder()
    ready = []
    for i, byte in enumerate(bytewise(stream), 1):
        ready += [i] * len(decoder.feed(byte))
    wanted = zip(ready, vector["expected"], strict=True)
    assert ready == [event.get("ready_at", at) for at, event in wanted]


def test_vector_tail(vector: Any) -> None:
    """The vectors agree with the reference about what is left unfinished."""
    stream = base64.b64decode(vector["input_b64"])
    tail = stream[3 if stream.startswith(b"\xef\xbb\xbf") else 0 :]
    tail = tail[max(tail.rfind(b"\n"), tail.rfind(b"\r")) + 1 :]
    assert tail == base64.b64decode(vector["discarded_tail_b64"])


@pytest.mark.parametrize("eof", ["discard", "flush"])
@pytest.mark.parametrize("raw", [False, True])
def test_vector_by_the_reference(backend: Backend, vector: Any, eof: str, raw: bool) -> None:
    stream = base64.b64decode(vector["input_b64"])
    found = reference(stream, flush=eof == "flush", raw=raw, comments=True)
    for chunks in (whole(stream), bytewise(stream)):
        seen = run(backend, chunks, eof=eof, raw=raw, comments=True)
        assert seen == expected(found, stream)


# ── Hostile streams: the reference, and one backend against the other ─────────

OPTIONS = [
    {"eof": eof, "raw": raw, "comments": comments}
    for eof in ("discard", "flush")
    for raw in (False, True)
    for comments in (False, True)
]


def judge(
    backends: list[Backend], rng: random.Random, stream: bytes, options: dict[str, Any], most: int
) -> None:
    """Each backend frames the stream as the reference does, however it is cut."""
    limit = rng.choice([None, None, rng.randint(0, most)])
    found = reference(
        stream,
        flush=options["eof"] == "flush",
        raw=bool(options["raw"]),
        comments=bool(options["comments"]),
        limit=limit,
    )
    wanted = expected(found, stream)
    for chunks in (whole(stream), bytewise(stream), random_cut(rng, stream)):
        for backend in backends:
            seen = run(backend, chunks, limits=Limits(max_event_bytes=limit), **options)
            assert seen == wanted, (stream, chunks, options, limit)


@pytest.mark.parametrize("seed", range(40))
def test_hostile_streams(backends: list[Backend], seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(60):
        stream = hostile(rng)
        judge(backends, rng, stream, rng.choice(OPTIONS), most=120)


# What a server writes, and what it might: a backend may take whole frames in one step.
LINES = [
    b"data: x", b"data:x", b"data:", b"data: ", b"data", b"data:  y", b"datum: x", b"event: e",
    b"event:", b"event:f", b"event: ", b"event", b"id: 7", b"id:8", b"id: ", b"id: a\0b", b"id",
    b"id: \xff", b"data: \xff", b"retry: 15", b": c", b":", b"foo", b"", b"", b"{", b"data: x\r",
    b"\xef\xbb\xbfdata: q", b"data: " + b"z" * 60, b": " + b"c" * 60,
]  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_frames_after_one_another(backends: list[Backend], seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(40):
        odd = rng.choice([0.02, 0.1, 0.3])
        lines: list[bytes] = []
        for number in range(rng.randint(1, 30)):
            frame = [b"event: e"] * rng.randint(0, 1) + [b"id: %d" % number] * rng.randint(0, 1)
            lines += [*rng.sample(frame, len(frame)), b"data: %d" % number, b""]
        lines = [rng.choice(LINES) if rng.random() < odd else line for line in lines]
        stream = b"\n".join([*lines, b""])
        judge(backends, rng, stream, rng.choice(OPTIONS), most=80)


BLOCK_FIELDS = (
    "event", "has_data", "data", "spans", "data_end", "stray", "start", "end", "final",
    "retry", "raw",
)  # fmt: skip


def blocks_of(backend: Backend, chunks: list[bytes], options: tuple[Any, ...], flush: bool) -> Any:
    """What a Framer finds, block by block, and what is left of it."""
    framer = backend.Framer(*options)
    out: list[Any] = []
    for chunk in chunks:
        out += framer.feed(chunk)
    while (found := framer.close(flush)) is not None:
        out.append(found)
    seen = [
        x.comment
        if x.comment is not None
        else {**{name: getattr(x, name) for name in BLOCK_FIELDS}, "spans": list(x.spans)}
        for x in out
    ]
    state = (framer.offset, framer.limit_offset, framer.last_retry, framer.last_id_bytes)
    return seen, state


def wanted_blocks(found: Found, stream: bytes) -> Any:
    seen = []
    for _, kind, what in found.actions:
        if kind == "comment":
            seen.append(what)
        elif kind == "block":
            seen.append({name: what[name] for name in BLOCK_FIELDS})
    offset = len(stream) if found.limit < 0 else found.limit
    return seen, (offset, found.limit, found.last("retry", -1), found.last("id", b""))


@pytest.mark.parametrize("seed", range(40))
def test_hostile_blocks(backends: list[Backend], seed: int) -> None:
    rng = random.Random(1000 + seed)
    for _ in range(60):
        stream = hostile(rng)
        if rng.random() < 0.4:
            stream = rng.choice([b"{", b" \n {", b"\xef\xbb\xbf{", b"\n\r\n{"]) + stream
        limit = rng.choice([None, rng.randint(0, 120)])
        comments, strays, flush = (rng.random() < 0.5, rng.random() < 0.8, rng.random() < 0.5)
        found = reference(stream, flush, limit, False, comments, strays)
        wanted = wanted_blocks(found, stream)
        for chunks in (whole(stream), bytewise(stream), random_cut(rng, stream)):
            for backend in backends:
                seen = blocks_of(backend, chunks, (limit, False, comments, strays), flush)
                assert seen == wanted, (stream, chunks, limit, comments, strays, flush)


def test_spans_lead_back_to_the_stream(backend: Backend) -> None:
    stream = b"\xef\xbb\xbf:c\r\ndata: ab\r\ndata\rdata:  c\nid: 1\ndata:d\n\n"
    for chunks in every_split(stream):
        (block,), _ = blocks_of(backend, chunks, (None, False, False, True), False)
        assert block["data"] == b"ab\n\n c\nd"
        assert block["data_end"] == stream.rindex(b"\n\n")
        spans = block["spans"]
        for index, byte in enumerate(block["data"]):
            start, offset = [span for span in spans if span[0] <= index][-1]
            there = stream[offset + index - start]
            assert there == byte or (byte == 0x0A and there in b"\r\n")


def test_strays_are_bounded(backend: Backend) -> None:
    """64 KiB per block; a `{` body up to the limit, which it then passes."""
    line = b"x" * 1000 + b"\n"
    options = (300_000, False, False, True)
    for chunks in (whole(line * 100 + b"\n"), cut(line * 100 + b"\n", 999, 65536, 65537)):
        (block,), _ = blocks_of(backend, chunks, options, True)
        assert block["stray"] == (line * 100)[:65536]
    body = b"{" + line * 299 + b"\n"
    (block,), state = blocks_of(backend, [body], options, True)
    assert block["stray"] == body[:-2]
    assert state[1] == -1
    body = b" \n {" + b"y" * 300_001
    for chunks in (whole(body), cut(body, 1, 70_000), cut(body, 300_003), cut(body, 300_004)):
        seen, state = blocks_of(backend, chunks, options, True)
        assert state[:2] == (300_003, 300_003)
        assert seen == []
    # A known field line ends it: this is a stream after all.
    stream = b"{\ndata: x\n" + line * 100 + b"\n"
    (block,), _ = blocks_of(backend, [stream], options, True)
    assert block["stray"] == b"{\n" + (line * 100)[: 65536 - 2]


@pytest.mark.parametrize(
    "stream",
    [
        b"{\ndatx\nretryy\r\neven",
        b"\xef\xbb\xbf \r\n {a\r\nid",
        b"{\n\ndata: x\n\nfoo: " + b"y" * 30 + b"\n\n",
        b"{\n\nevent: e\r\ndata: x\r\n\r\nfoo\nbar\n\n",
        b'{"a":\n1}\n\n{\n: c\nid: 4\nx: y\n\n',
    ],
)
@pytest.mark.parametrize("flush", [False, True])
def test_the_limit_of_a_body_falls_on_one_byte(
    backend: Backend, stream: bytes, flush: bool
) -> None:
    for limit in range(len(stream) + 1):
        wanted = wanted_blocks(reference(stream, flush, limit, strays=True), stream)
        for chunks in every_split(stream):
            seen = blocks_of(backend, chunks, (limit, False, False, True), flush)
            assert seen == wanted, (limit, chunks)


# ── Offsets and raw frames ────────────────────────────────────────────────────


def test_frames_tile_the_stream(backend: Backend) -> None:
    rng = random.Random(5)
    for _ in range(300):
        stream = hostile(rng, 30)
        decoder = backend.SSEDecoder(raw=True, eof="flush")
        events = [e for chunk in random_cut(rng, stream) for e in decoder.feed(chunk)]
        events += decoder.close()
        at = 0
        for event in events:
            assert event.start == at
            assert event.raw == stream[at : event.end]
            at = event.end


def test_lf_of_a_crlf_belongs_to_the_next_frame(backend: Backend) -> None:
    stream = b"data: 1\r\n\r\ndata: 2\r\n\r\n"
    for chunks in every_split(stream):
        decoder = backend.SSEDecoder(raw=True)
        events = [e for chunk in chunks for e in decoder.feed(chunk)]
        assert [e.raw for e in events] == [b"data: 1\r\n\r", b"\ndata: 2\r\n\r"]


def test_raw_is_none_unless_asked_for(backend: Backend) -> None:
    (event,) = backend.SSEDecoder().feed(b": c\ndata: x\n\n")
    assert event.raw is None


# ── Limits ────────────────────────────────────────────────────────────────────

LIMITED = [
    b"data: abcdef\n\n",
    b": comment\r\nevent: e\r\ndata: abc\r\ndata: d\r\n\r\ndata: z\r\n\r\n",
    b"data: ok\n\n" + b"data\n" * 6 + b"\n",
    b"unknown: " + b"u" * 30 + b"\ndata: x\n\n",
    b"id: 12345\rretry: 77\rdata: x\r\rid: 1\r\r",
    b": " + b"c" * 20 + b"\n: d\n\ndata: x\n\n",
    b"\xef\xbb\xbfdata: abc\n\n",
    b"data",
]


@pytest.mark.parametrize("stream", LIMITED)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_limit_falls_on_one_byte(backend: Backend, stream: bytes, options: dict[str, Any]) -> None:
    for limit in range(len(stream) + 2):
        found = reference(
            stream,
            flush=options["eof"] == "flush",
            raw=options["raw"],
            comments=options["comments"],
            limit=limit,
        )
        wanted = expected(found, stream)
        for chunks in every_split(stream):
            seen = run(backend, chunks, limits=Limits(max_event_bytes=limit), **options)
            assert seen == wanted, (limit, chunks)


def test_an_event_of_exactly_the_limit_passes(backend: Backend) -> None:
    stream = b"event: e\ndata: abc\n\n"
    size = len(stream)
    for chunks in every_split(stream):
        assert len(run(backend, chunks, limits=Limits(max_event_bytes=size))["events"]) == 1
        seen = run(backend, chunks, limits=Limits(max_event_bytes=size - 1))
        assert seen["events"] == []
        assert seen["raised"][1:3] == ("limit_event_bytes", size - 1)


def test_events_before_the_limit_are_delivered(backend: Backend) -> None:
    limits = Limits(max_event_bytes=20)
    decoder = backend.SSEDecoder(limits=limits, eof="flush")
    events = decoder.feed(b"id: 1\nretry: 9\n\ndata: a\n\ndata: " + b"b" * 50)
    assert [e.data for e in events] == ["a"]
    assert (decoder.error.code, decoder.error.offset) == ("limit_event_bytes", 45)
    assert error_of(decoder.error)[0] == "SSEFoldError"
    for call in (lambda: decoder.feed(b""), decoder.close, lambda: decoder.feed(b"data: c\n\n")):
        for _ in range(2):
            with pytest.raises(SSEFoldError) as caught:
                call()
            assert error_of(caught.value) == error_of(decoder.error)
    assert (decoder.last_event_id, decoder.retry, decoder.offset) == ("1", 9, 45)
    decoder.reset()
    assert (decoder.error, decoder.last_event_id, decoder.retry, decoder.offset) == (
        None, "", None, 0
    )  # fmt: skip
    (event,) = decoder.feed(b"\xef\xbb\xbfdata: d\n\n")
    assert fields(event) == ("message", "d", "", None, None, 0, 12)


def test_a_limit_found_by_close_is_raised_at_once(backend: Backend) -> None:
    decoder = backend.SSEDecoder(limits=Limits(max_event_bytes=3), eof="flush")
    assert decoder.feed(b"data") == []
    assert decoder.error is None
    with pytest.raises(SSEFoldError) as caught:
        decoder.close()
    assert (caught.value.code, caught.value.offset) == ("limit_event_bytes", 4)


def test_what_is_dropped_is_not_counted(backend: Backend) -> None:
    """Keep-alives for hours, and unknown lines, cost nothing; collected ones only while held."""
    stream = b": ping\n" * 1000 + b"x: " + b"y" * 1000 + b"\ndata: a\n\n"
    for comments in (False, True):
        for chunks in (whole(stream), bytewise(stream)):
            limits = Limits(max_event_bytes=10)
            seen = run(backend, chunks, limits=limits, comments=comments)
            assert [e[1] for e in seen["events"]] == ["a"]


def test_no_limit(backend: Backend) -> None:
    for limit in (None, 2**70):
        decoder = backend.SSEDecoder(limits=Limits(max_event_bytes=limit), raw=True)
        assert len(decoder.feed(b"data: " + b"x" * 100_000 + b"\n\n")) == 1


# ── The end of input ──────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("tail", "wanted"),
    [
        (b"data: [DONE]", ["[DONE]"]), (b"data: [DONE]\n", ["[DONE]"]), (b"data", [""]),
        (b"data: x\r", ["x"]), (b"data: x\r\n\r", ["x"]), (b"data:", [""]), (b"dat", []),
        (b": c", []), (b"id: 5", []), (b"event: e", []), (b"data: x\nda", ["x"]), (b"", []),
        (b"\xef\xbb", []), (b"\xef\xbb\xbf", []), (b"\xef\xbb\xbfdata", [""]),
    ],
)  # fmt: skip
def test_flush(backend: Backend, tail: bytes, wanted: list[str]) -> None:
    for chunks in every_split(tail):
        seen = run(backend, chunks, eof="flush", raw=True)
        assert [e[1] for e in seen["events"]] == wanted
        assert all(e[4] == tail[e[5] : e[6]] for e in seen["events"])


def test_discard_forgets_what_is_unfinished(backend: Backend) -> None:
    stream = b"id: 1\ndata: a\n\nid: 2\nretry: 5\nevent: x\ndata: b\nretry: 6"
    for chunks in every_split(stream):
        seen = run(backend, chunks)
        assert [e[1] for e in seen["events"]] == ["a"]
        assert (seen["id"], seen["retry"]) == ("1", 5)


def test_flush_hands_out_an_unfinished_comment(backend: Backend) -> None:
    assert run(backend, [b"data: x\n: bye"], eof="flush", comments=True)["comments"] == [" bye"]
    assert run(backend, [b"data: x\n: bye"], comments=True)["comments"] == []


# ── States ────────────────────────────────────────────────────────────────────


def code_of(call: Any, *arguments: Any) -> tuple[str, int]:
    with pytest.raises(SSEFoldError) as caught:
        call(*arguments)
    assert type(caught.value) is SSEFoldError
    return caught.value.code, caught.value.offset


def test_closed(backend: Backend) -> None:
    decoder = backend.SSEDecoder()
    decoder.feed(b"data: x\n")
    assert decoder.close() == []
    assert decoder.close() == []
    assert code_of(decoder.feed, b"\n") == ("closed", 8)
    assert decoder.error is None
    assert repr(decoder) == "<SSEDecoder closed, 0 events, 8 bytes>"
    decoder.reset()
    assert decoder.feed(b"\n") == []


def test_busy_from_the_callback(backend: Backend) -> None:
    seen: list[Any] = []

    def on_comment(comment: str) -> None:
        for call in (lambda: decoder.feed(b"data: z\n\n"), decoder.close, decoder.reset):
            seen.append(code_of(call))
        seen.append(repr(decoder))

    decoder = backend.SSEDecoder(on_comment=on_comment)
    events = decoder.feed(b"data: a\n\n: c\ndata: b\n\n")
    assert [e.data for e in events] == ["a", "b"]
    assert seen == [("busy", 13)] * 3 + ["<SSEDecoder busy, 1 events, 13 bytes>"]
    assert decoder.offset == 22
    assert decoder.close() == []


def test_busy_from_another_thread(backend: Backend) -> None:
    inside, leave = threading.Event(), threading.Event()

    def on_comment(comment: str) -> None:
        inside.set()
        leave.wait(10)

    decoder = backend.SSEDecoder(on_comment=on_comment)
    thread = threading.Thread(target=decoder.feed, args=(b": c\n",))
    thread.start()
    assert inside.wait(10)
    assert code_of(decoder.feed, b"x") == ("busy", 4)
    leave.set()
    thread.join()
    assert decoder.feed(b"data: x\n\n")[0].data == "x"


@pytest.mark.parametrize("raw", [False, True])
def test_a_raising_callback_loses_nothing(backend: Backend, raw: bool) -> None:
    stream = b"data: a\n\ndata: b\n: one\r\nid: 4\n\n: two\ndata: c\n\n: three"
    quiet = run(backend, [stream], eof="flush", raw=raw)

    def on_comment(comment: str) -> None:
        comments.append(comment)
        raise KeyError(comment)

    for chunks in every_split(stream):
        comments: list[str] = []
        decoder = backend.SSEDecoder(on_comment=on_comment, eof="flush", raw=raw)
        events: list[Any] = []
        raised = 0
        for call in [*((decoder.feed, chunk) for chunk in chunks), *[(decoder.close,)] * 5]:
            try:
                events += call[0](*call[1:])
            except KeyError:
                raised += 1
        assert raised == 3
        assert comments == [" one", " two", " three"]
        assert [fields(e) for e in events] == quiet["events"]
        assert (decoder.last_event_id, decoder.offset) == ("4", len(stream))
        assert repr(decoder) == quiet["repr"]


def test_the_state_after_a_raising_callback(backend: Backend) -> None:
    def on_comment(comment: str) -> None:
        raise KeyError(comment)

    decoder = backend.SSEDecoder(on_comment=on_comment)
    with pytest.raises(KeyError):
        decoder.feed(b"data: a\n\n: one\ndata: b\n\n")
    assert decoder.offset == 15
    assert decoder.error is None
    assert [e.data for e in decoder.feed(b"data: c\n\n")] == ["a", "b", "c"]
    with pytest.raises(KeyError):
        decoder.feed(b"data: a\n\n: one\ndata: b\n\n")
    decoder.reset()
    assert decoder.feed(b"data: d\n\n")[0].data == "d"


def test_the_limit_after_a_raising_callback(backend: Backend) -> None:
    def on_comment(comment: str) -> None:
        raise KeyError(comment)

    decoder = backend.SSEDecoder(on_comment=on_comment, limits=Limits(max_event_bytes=20))
    with pytest.raises(KeyError):
        decoder.feed(b"data: a\n\n: one\ndata: " + b"b" * 40)
    assert [e.data for e in decoder.close()] == ["a"]  # and the limit in what was kept
    assert decoder.error.offset == 35
    assert code_of(decoder.close) == ("limit_event_bytes", 35)


# ── What goes in ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("wrong", ["data: x", 5, None, ["data"], object()])
def test_wrong_types(backend: Backend, wrong: Any) -> None:
    decoder = backend.SSEDecoder()
    decoder.feed(b"data: x\n")
    with pytest.raises(TypeError, match="a bytes-like object is required, not"):
        decoder.feed(wrong)
    assert decoder.offset == 8
    assert decoder.feed(b"\n")[0].data == "x"


def test_non_contiguous(backend: Backend) -> None:
    decoder = backend.SSEDecoder()
    with pytest.raises(BufferError, match="C-contiguous"):
        decoder.feed(memoryview(b"dxaxtxax:xyx")[::2])
    assert decoder.offset == 0
    assert decoder.error is None


def test_bytes_like(backend: Backend) -> None:
    class Bytes(bytes):
        pass

    stream = b"data: x\n\n"
    for chunk in (
        stream, bytearray(stream), memoryview(stream), array.array("B", stream), Bytes(stream),
        memoryview(b"..." + stream)[3:],
    ):  # fmt: skip
        assert backend.SSEDecoder().feed(chunk)[0].data == "x"


def test_a_chunk_may_change_after_the_feed(backend: Backend) -> None:
    decoder = backend.SSEDecoder()
    chunk = bytearray(b"event: e\nid: 1\ndata: abc")
    decoder.feed(chunk)
    chunk[:] = b"?" * len(chunk)
    assert fields(decoder.feed(b"\n\n")[0])[:3] == ("e", "abc", "1")


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"eof": "strict"}, ValueError), ({"eof": None}, ValueError), ({"limits": 5}, TypeError),
        ({"limits": {}}, TypeError), ({"on_comment": 5}, TypeError),
    ],
)  # fmt: skip
def test_wrong_options(backend: Backend, options: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        backend.SSEDecoder(**options)


def test_refuses_pickle_and_copy(backend: Backend) -> None:
    decoder = backend.SSEDecoder()
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="cannot pickle or copy an SSEDecoder"):
            pickle.dumps(decoder, protocol)
    for copier in (copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="cannot pickle or copy an SSEDecoder"):
            copier(decoder)


def test_repr_shows_no_content(backend: Backend) -> None:
    decoder = backend.SSEDecoder()
    decoder.feed(b"event: secret\nid: secret\ndata: secret\n\ndata: secret")
    assert repr(decoder) == "<SSEDecoder open, 1 events, 51 bytes>"


def test_decoder_without_init(backend: Backend) -> None:
    decoder = backend.SSEDecoder.__new__(backend.SSEDecoder)
    with contextlib.suppress(AttributeError):  # what matters is that nothing crashes
        assert decoder.feed(b"data: x\n\n")[0].data == "x"


# ── Events ────────────────────────────────────────────────────────────────────


def test_event(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = b'event: e\nid: 1\nretry: 2\ndata: {"a": "\xc3\xa9"}\n\n'
    (event,) = backend.SSEDecoder(raw=True).feed(stream)
    monkeypatch.setattr("ssefold._unpickle.event_class", type(event))
    assert event.json() == {"a": "é"}
    assert event.data == '{"a": "é"}'
    again = pickle.loads(pickle.dumps(event))
    assert again == event
    assert hash(again) == hash(event)
    assert fields(again) == fields(event)
    assert copy.copy(event) == event
    (other,) = backend.SSEDecoder(raw=True).feed(stream.replace(b"id: 1", b"id: 2"))
    assert other != event
    assert event != "e"
    assert repr(event) == f"<ServerSentEvent 'e' 10 chars at 0..{len(stream)}>"


def test_many_event_types(backend: Backend) -> None:
    names = [f"type{i}" for i in range(50)] + ["é", "\0", "x" * 64, "x" * 65, "\ufffd"]
    stream = "".join(f"event: {n}\ndata: {n}\n\n" for n in names * 3).encode()
    assert [e.event for e in backend.SSEDecoder().feed(stream)] == names * 3


# ── Growth ────────────────────────────────────────────────────────────────────


def seconds(backend: Backend, chunks: list[bytes], **options: Any) -> float:
    best = float("inf")
    for _ in range(3):
        decoder = backend.SSEDecoder(limits=Limits(max_event_bytes=None), **options)
        began = time.thread_time()
        for chunk in chunks:
            decoder.feed(chunk)
        best = min(best, time.thread_time() - began)
    return best


def reads(stream: bytes, size: int) -> list[bytes]:
    return [stream[i : i + size] for i in range(0, len(stream), size)]


SLOW_SHAPES: dict[str, Callable[[int], list[bytes]]] = {
    "one line in small reads": lambda n: reads(b"data: " + b"x" * (n * 64) + b"\n\n", 64),
    "one-byte reads": lambda n: reads(b"data: " + b"x" * n + b"\n\n", 1),
    "short data lines": lambda n: reads(b"data: x\n" * n + b"\n", 4096),
    "short data lines at once": lambda n: [b"data\n" * n + b"\n"],
    "CR alone": lambda n: [b"data: x\r\r" * n],
    "LF alone": lambda n: [b"data: x\n\n" * n],
    "blank lines": lambda n: [b"\n" * n * 4],
    "white space": lambda n: [b" \n\n" * n],
    "comments": lambda n: [b":\r" * n * 4],
    "unknown lines": lambda n: reads(b"x" * n * 16, 16),
}


@pytest.mark.parametrize("shape", SLOW_SHAPES)
def test_time_grows_with_the_input(backend: Backend, shape: str) -> None:
    """8 times the input: a quadratic step would show as 64 times the time."""
    make = SLOW_SHAPES[shape]
    small = seconds(backend, make(5_000))
    large = seconds(backend, make(40_000))
    assert large < 24 * small + 0.05


@pytest.mark.parametrize("lead", [b" \n\n", b"\n", b" "])
def test_the_search_for_a_body_is_linear(backend: Backend, lead: bytes) -> None:
    def once(n: int) -> float:
        framer = backend.Framer(None, False, False, True)
        gc.disable()  # what other tests hold is not what is measured
        try:
            began = time.thread_time()
            list(framer.feed(lead * n))
            return time.thread_time() - began
        finally:
            gc.enable()

    small = min(once(5_000) for _ in range(3))
    assert min(once(40_000) for _ in range(3)) < 24 * small + 0.05
