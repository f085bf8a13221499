"""StreamAccumulator: status, result and its errors, what it refuses, on both backends."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from backends import Backend
from chats import (
    BROKEN,
    BROKEN_AT,
    COPIES,
    DONE,
    ERROR,
    HEARTBEAT,
    HELLO,
    answer,
    chunk,
    event,
    fed,
    state,
    told,
)

from ssefold import (
    ANOMALY_CODES,
    FAULT_CODES,
    Limits,
    SSEFoldError,
    StreamError,
    StreamFailed,
    StreamMalformed,
    StreamTruncated,
)

# -- status ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stream", "before", "after"),
    [
        (b"", "open", "truncated"),
        (HEARTBEAT, "open", "truncated"),
        (chunk("Hel"), "open", "truncated"),
        (chunk("Hel") + chunk(finish="stop"), "open", "complete"),
        (chunk("a") + chunk(finish="stop") + chunk("b", 1), "open", "truncated"),
        (chunk("a", 0, "stop") + chunk("b", 1, "length"), "open", "complete"),
        (HELLO, "complete", "complete"),
        (DONE, "truncated", "truncated"),
        (chunk("cut") + DONE, "complete", "complete"),
        (ERROR, "failed", "failed"),
        (chunk("Hel") + ERROR + DONE, "failed", "failed"),
        (HELLO + ERROR, "complete", "complete"),
        (event({"type": "message_stop"}), "truncated", "truncated"),
        (b'data: {"choices": [{"index": 0, "finish_reason": "stop"}]}', "open", "complete"),
        (b"data: [DONE]", "open", "truncated"),
        (b"<html>", "open", "truncated"),
        (b'{"choices": [{"message": {"content": "whole"}}]}', "open", "complete"),
        (b'{"error": {"message": "no key"}}', "open", "failed"),
    ],
)
def test_status(backend: Backend, stream: bytes, before: str, after: str) -> None:
    acc = backend.StreamAccumulator()
    assert acc.status == "open"
    acc.feed(stream)
    assert acc.status == before
    acc.close()
    assert acc.status == after


def test_status_at_every_byte(backend: Backend) -> None:
    acc = backend.StreamAccumulator()
    end = len(HELLO) - 1  # the first byte of the last line ending completes the line, the second
    for position in range(len(HELLO)):
        acc.feed(HELLO[position : position + 1])
        assert acc.status == ("complete" if position >= end else "open")
        acc.snapshot()
    assert acc.result() == answer("Hello")


# -- result, and the order in which it raises -----------------------------------------------------


def test_result(backend: Backend) -> None:
    acc = fed(backend, HELLO, close=False)
    assert acc.result() == answer("Hello")  # the terminator is the end, closed or not
    assert json.loads(acc.result_json()) == answer("Hello")
    acc.close()
    assert acc.result() == acc.snapshot() == answer("Hello")
    assert acc.result_json() == acc.snapshot_json()


def test_json_is_compact_utf8_in_the_order_of_the_snapshot(backend: Backend) -> None:
    acc = fed(backend, chunk("caf\u00e9 \U0001f600", finish="stop"))
    assert (
        acc.result_json()
        == (
            '{"id":"c-1","object":"chat.completion","choices":[{"index":0,"message":'
            '{"role":"assistant","content":"caf\u00e9 \U0001f600"},"finish_reason":"stop"}]}'
        ).encode()
    )


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("limit", [False, True])
@pytest.mark.parametrize("broken", [False, True])
@pytest.mark.parametrize("failed", [False, True])
def test_order_of_result(
    backend: Backend, failed: bool, broken: bool, limit: bool, whole: bool, closed: bool
) -> None:
    """An in-band error, then a limit, then a cut, then other faults: in any combination."""
    stream = chunk("Hel") + BROKEN * broken + chunk("no", 1) * limit + ERROR * failed + DONE * whole
    acc = fed(backend, stream, closed, limits=Limits(max_choices=1))
    if failed:
        kind, code, offset = StreamFailed, "failed", -1
    elif limit:
        kind, code = StreamMalformed, "limit_choices"
        offset = len(chunk("Hel") + BROKEN * broken)
    elif not whole:
        kind, code = StreamTruncated, "truncated" if closed else "open"
        offset = len(stream)
    elif broken:
        kind, code, offset = StreamMalformed, "bad_json", len(chunk("Hel")) + BROKEN_AT
    else:
        assert acc.result()["choices"][0]["message"]["content"] == "Hel"
        return
    for call in (acc.result, acc.result_json):
        with pytest.raises(StreamError) as raised:
            call()
        error = raised.value
        assert type(error) is kind
        assert (error.code, error.offset) == (code, offset)
        assert error.partial == acc.snapshot()
        assert error.partial["choices"][0]["message"]["content"] == "Hel" + "kept" * broken
        assert error.status == acc.status
        assert error.faults == acc.faults
        assert [fault.code for fault in error.faults] == (
            ["bad_json"] * broken + ["limit_choices"] * limit
        )
        assert (
            error.error == acc.error == ({"message": "overloaded", "code": 529} if failed else None)
        )
        assert str(error).startswith(code)


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        (b"<!doctype html>\n<html></html>\n", "not_an_event_stream"),
        (b"\x1f\x8b\x08\x00rubbish", "not_an_event_stream"),
        (event({"hello": "world"}), "unknown_dialect"),
    ],
)
def test_what_is_no_stream_comes_before_truncated(
    backend: Backend, stream: bytes, code: str
) -> None:
    acc = fed(backend, stream)
    assert acc.status == "truncated"
    with pytest.raises(StreamMalformed) as raised:
        acc.result()
    assert raised.value.code == code
    assert raised.value.offset == 0
    assert raised.value.partial == {} == acc.snapshot()


def test_a_grave_fault_is_not_crowded_out(backend: Backend) -> None:
    stream = BROKEN * 3 + chunk("no", 1) + DONE
    acc = fed(backend, stream, limits=Limits(max_choices=1, max_faults=1))
    assert [fault.code for fault in acc.faults] == ["bad_json"]
    assert acc.fault_count == 4
    with pytest.raises(StreamMalformed) as raised:
        acc.result()
    assert raised.value.code == "limit_choices"
    assert raised.value.offset == 3 * len(BROKEN)


def test_faults_that_are_not_kept_still_count(backend: Backend) -> None:
    acc = fed(backend, BROKEN + DONE, limits=Limits(max_faults=0))
    assert acc.faults == ()
    assert acc.fault_count == 1
    with pytest.raises(StreamMalformed) as raised:
        acc.result()
    assert raised.value.code == "bad_json"
    assert raised.value.faults == ()


# -- records and exceptions -----------------------------------------------------------------------


def test_records(backend: Backend) -> None:
    odd = chunk("x", finish="stop") + chunk("late") + chunk(usage=5)
    acc = fed(backend, HEARTBEAT + odd + BROKEN + DONE)
    (fault,) = acc.faults
    assert type(acc.faults) is tuple
    assert type(acc.anomalies) is tuple
    start = len(HEARTBEAT + odd)
    assert fault[:3] == ("bad_json", start + BROKEN_AT, 3)
    assert fault.detail
    assert fault.raw in BROKEN
    late = len(HEARTBEAT + chunk("x", finish="stop"))
    assert [anomaly[:] for anomaly in acc.anomalies] == [
        ("delta_after_finish", 1, late, "choices[0].delta", 2),
        ("wrong_type", 2, start - len(chunk(usage=5)), "usage", 1),
    ]
    assert acc.anomaly_count == 3
    assert {fault.code for fault in acc.faults} <= set(FAULT_CODES)
    assert {anomaly.code for anomaly in acc.anomalies} <= set(ANOMALY_CODES)
    with pytest.raises(AttributeError):
        fault.code = "other"


@pytest.mark.parametrize("how", COPIES)
def test_records_and_exceptions_are_copied_whole(backend: Backend, how: str) -> None:
    again = COPIES[how]
    for stream in (BROKEN + DONE, chunk("Hel"), chunk("Hel") + ERROR, chunk(5)):
        acc = fed(backend, stream)
        with pytest.raises(StreamError) as raised:
            acc.result()
        error = raised.value
        twin = again(error)
        assert type(twin) is type(error)
        assert vars(twin) == vars(error)
        assert (str(twin), repr(twin), twin.args) == (str(error), repr(error), error.args)
        for record in (*acc.faults, *acc.anomalies):
            assert again(record) == record
            assert type(again(record)) is type(record)
    plain = SSEFoldError("closed", 7, "detail")
    assert vars(again(plain)) == vars(plain)
    assert str(again(plain)) == str(plain)


def test_exceptions_stand_alone(backend: Backend) -> None:
    """They are what they were when raised, whatever the accumulator does later."""
    acc = fed(backend, chunk("Hel"), close=False)
    with pytest.raises(StreamTruncated) as raised:
        acc.result()
    before = copy.deepcopy(vars(raised.value))
    acc.feed(chunk("lo") + BROKEN + ERROR)
    acc.close()
    assert vars(raised.value) == before
    assert before["partial"] == answer("Hel", None)


def test_what_exceptions_are() -> None:
    assert issubclass(SSEFoldError, Exception)
    for kind in (StreamFailed, StreamTruncated, StreamMalformed):
        assert issubclass(kind, StreamError)
        assert issubclass(kind, SSEFoldError)
    bare = StreamError("closed")
    assert vars(bare) == {
        "code": "closed", "offset": -1, "detail": "", "partial": {}, "status": "open",
        "faults": (), "error": None,
    }  # fmt: skip


def test_texts_say_what_to_do_and_quote_nothing(backend: Backend) -> None:
    secret = "0x5ec7e7"
    for stream in (
        chunk(secret),
        chunk(secret) + event({"error": {"message": secret}}),
        chunk(secret)
        + b'data: {"choices":[{"delta":{"content":"'
        + secret.encode()
        + b"\n\n"
        + DONE,
        event({secret: 1}),
        f"<html>{secret}".encode(),
    ):
        acc = fed(backend, stream)
        with pytest.raises(StreamError) as raised:
            acc.result()
        assert secret not in str(raised.value)
        assert secret not in repr(raised.value)
        assert secret not in repr(acc)
        assert len(str(raised.value)) > 30


# -- closed, busy, reset --------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [b"", HELLO, chunk("Hel"), chunk("Hel") + ERROR, b"<html>"])
def test_closed(backend: Backend, stream: bytes) -> None:
    acc = fed(backend, stream)
    before = state(acc)
    for piece in (b"", b"data: x\n\n", DONE):
        with pytest.raises(StreamError) as raised:
            acc.feed(piece)
        error = raised.value
        assert type(error) is StreamError
        assert (error.code, error.offset) == ("closed", -1)
        assert (error.partial, error.status) == (acc.snapshot(), acc.status)
        assert (error.faults, error.error) == (acc.faults, acc.error)
    assert state(acc) == before


def test_close_again_does_nothing(backend: Backend) -> None:
    acc = fed(backend, b"<html>")
    before = state(acc)
    for _ in range(3):
        assert acc.close() is None
    assert state(acc) == before
    assert before["counts"][2] == 1


class Prying(Limits):
    """Limits that call back whenever the merge asks for one of them."""

    hook: Any = None

    def __getattribute__(self, name: str) -> Any:
        if name == "max_choices" and Prying.hook is not None:
            hook, Prying.hook = Prying.hook, None
            hook()
        return super().__getattribute__(name)


@pytest.fixture
def prying() -> Iterator[Limits]:
    limits = Prying()
    yield limits
    Prying.hook = None


def everything(acc: Any, seen: list[Any]) -> None:
    """What may be called while a feed runs, and what may not."""
    for piece in (HELLO, b""):
        seen.append(told(acc.feed, piece))
    seen.append(told(acc.reset))
    seen.append(told(acc.close))
    acc.snapshot(), acc.snapshot_json(), acc.text(), acc.usage, acc.status, repr(acc)


def test_busy_in_the_same_thread(backend: Backend, prying: Limits) -> None:
    acc = backend.StreamAccumulator(limits=prying)
    seen: list[Any] = []
    Prying.hook = lambda: everything(acc, seen)
    assert acc.feed(HELLO) == 4
    check_busy(seen)
    assert acc.status == "complete"
    assert acc.result() == answer("Hello")
    assert (acc.events, acc.bytes) == (4, len(HELLO))
    acc.close()
    acc.reset()
    assert acc.feed(HELLO) == 4


def test_busy_in_another_thread(backend: Backend, prying: Limits) -> None:
    acc = backend.StreamAccumulator(limits=prying)
    seen: list[Any] = []

    def intrude() -> None:
        thread = threading.Thread(target=everything, args=(acc, seen))
        thread.start()
        thread.join()

    Prying.hook = intrude
    assert acc.feed(HELLO) == 4
    check_busy(seen)
    assert acc.result() == answer("Hello")


def test_busy_in_close(backend: Backend, prying: Limits) -> None:
    """The last block is merged by close, which a feed must not disturb either."""
    acc = backend.StreamAccumulator(limits=prying)
    seen: list[Any] = []
    acc.feed(chunk("Hello", finish="stop").rstrip())
    Prying.hook = lambda: everything(acc, seen)
    acc.close()
    check_busy(seen)
    assert acc.result() == answer("Hello")


def check_busy(seen: list[Any]) -> None:
    *refused, closed = seen
    assert len(refused) == 3
    assert closed is None  # close never raises; the stream belongs to the feed
    for kind, text, fields in refused:
        assert kind is StreamError
        assert text.startswith("busy: ")
        assert fields["code"] == "busy"
        assert fields["status"] == "open"
        assert fields["partial"] == {}


def test_not_busy_after_an_exception(backend: Backend, prying: Limits) -> None:
    """Whatever a feed ends with, the next one may run."""
    acc = backend.StreamAccumulator(limits=prying)

    def interrupt() -> None:
        raise KeyboardInterrupt

    Prying.hook = interrupt
    with pytest.raises(KeyboardInterrupt):
        acc.feed(chunk("x"))
    acc.close()
    acc.reset()
    assert acc.feed(HELLO) == 4
    assert acc.result() == answer("Hello")


@pytest.mark.parametrize(
    "stream", [b"", HELLO[:50], HELLO, BROKEN, ERROR, b"<html>", chunk(5), event({"x": 1})]
)
@pytest.mark.parametrize("close", [False, True])
def test_reset(backend: Backend, stream: bytes, close: bool) -> None:
    options = {"strict": True, "limits": Limits(max_choices=1), "rules": {"top": "append"}}
    acc = fed(backend, stream, close, **options)
    acc.take_text()
    acc.reset()
    assert state(acc) == state(backend.StreamAccumulator(**options))
    assert acc.feed(HELLO) == 4
    assert acc.take_text() == "Hello"
    acc.reset()
    with pytest.raises(StreamMalformed):
        acc.feed(BROKEN)  # strict as before
    acc.reset()
    with pytest.raises(StreamMalformed):
        acc.feed(chunk("a", top="x") + chunk("b", 1, top="y"))  # limits and rules as before
    assert acc.snapshot()["top"] == "xy"
    assert [fault.code for fault in acc.faults] == ["limit_choices"]


def test_reset_keeps_the_dialect(backend: Backend) -> None:
    acc = backend.StreamAccumulator(dialect="openai.completions")
    assert acc.dialect == "openai.completions"
    acc.feed(HELLO)
    acc.reset()
    assert acc.dialect == "openai.completions"
    assert acc.snapshot() == {}


def test_with(backend: Backend) -> None:
    with backend.StreamAccumulator() as acc:
        acc.feed(chunk("Hel"))
        assert acc.status == "open"
    assert acc.status == "truncated"
    with pytest.raises(ZeroDivisionError), acc:
        raise ZeroDivisionError  # it is not held back
    assert acc.snapshot() == answer("Hel", None)
    assert type(acc) is backend.StreamAccumulator


# -- how many events were recognised --------------------------------------------------------------


def words(count: int) -> bytes:
    """A chat stream whose chunks differ in their words alone, and its end."""
    chunk = b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"w%d"}}]}\n\n'
    end = b'data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    return b"".join([chunk % number for number in range(count)]) + end + b"data: [DONE]\n\n"


def test_recognised_counts_what_was_not_read(backend: Backend) -> None:
    """Who has a table of his own sees by it whether its streams are folded fast."""
    acc = backend.StreamAccumulator()
    assert acc.recognised == 0
    acc.feed(words(100))
    assert acc.events == 102
    assert 95 <= acc.recognised <= 100  # the first of a kind is read, and so is what ends it
    before = acc.recognised
    acc.close()
    assert acc.recognised == before
    acc.reset()
    assert (acc.events, acc.recognised) == (0, 0)


def test_recognised_does_not_count_what_no_template_knew(backend: Backend) -> None:
    acc = backend.StreamAccumulator()
    acc._templates(False)
    acc.feed(words(100))
    assert (acc.events, acc.recognised) == (102, 0)


def test_recognised_is_right_where_reads_cut_and_events_are_damaged(backend: Backend) -> None:
    acc = backend.StreamAccumulator()
    damaged = b'data: {"id":\n\n: a comment\n\ndata: {"a":1} {"b":2}\n\n'
    stream = damaged + words(50)
    for byte in range(len(stream)):
        acc.feed(stream[byte : byte + 1])
    assert 45 <= acc.recognised <= 50
    assert acc.events == 55
