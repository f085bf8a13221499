"""What may be fed and what may not: types and buffers, strict mode, pickles; on both backends."""

from __future__ import annotations

import array
import contextlib
import ctypes
import gc
import io
import mmap
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from backends import Backend
from chats import BROKEN, BROKEN_AT, COPIES, DONE, ERROR, HELLO, answer, chunk, event, fed, state

from ssefold import Limits, StreamError, StreamMalformed, StreamTruncated

# -- what it refuses ------------------------------------------------------------------------------


@pytest.mark.parametrize("how", COPIES)
def test_refuses_pickle_and_copy(backend: Backend, how: str) -> None:
    for one in (backend.StreamAccumulator(), fed(backend, HELLO), backend.SSEDecoder()):
        with pytest.raises(TypeError, match=r"pickle.* or cop"):
            COPIES[how](one)


def test_no_attributes_of_its_own(backend: Backend) -> None:
    with pytest.raises(AttributeError):
        backend.StreamAccumulator().txet = 1


@pytest.mark.parametrize(
    "name", ["status", "dialect", "usage", "error", "faults", "events", "bytes"]
)
def test_what_it_shows_is_read_only(backends: list[Backend], name: str) -> None:
    for backend in backends:
        acc = backend.StreamAccumulator()
        if name == "bytes" and backend.name == "python":
            continue  # a plain slot in the pure core
        with pytest.raises(AttributeError):
            setattr(acc, name, 3)


def non_contiguous() -> memoryview:
    return memoryview(bytearray(b"data: x\n\n" * 2))[::2]


class Released:
    """Makes a memoryview that is no more."""

    def __new__(cls) -> Any:
        view = memoryview(b"data: x\n\n")
        view.release()
        return view


@pytest.mark.parametrize(
    ("make", "kind", "text"),
    [
        (lambda: 3, TypeError, "a bytes-like object is required, not 'int'"),
        (lambda: "data: x\n\n", TypeError, "a bytes-like object is required, not 'str'"),
        (lambda: None, TypeError, "a bytes-like object is required, not 'NoneType'"),
        (lambda: [b"data: x\n\n"], TypeError, "a bytes-like object is required, not 'list'"),
        (lambda: io.BytesIO(b"x"), TypeError, "a bytes-like object is required, not 'BytesIO'"),
        (lambda: True, TypeError, "a bytes-like object is required, not 'bool'"),
        (non_contiguous, BufferError, "a bytes-like object must be C-contiguous"),
        (Released, TypeError, "bytes-like object is required, not 'memoryview' that was released"),
    ],
)
def test_wrong_types_change_nothing(
    backends: list[Backend], make: Callable[[], Any], kind: type[Exception], text: str
) -> None:
    said = set()
    for backend in backends:
        for before in (b"", HELLO[:77], HELLO):
            acc = fed(backend, before, close=False)
            seen = state(acc)
            with pytest.raises(kind, match=text) as raised:
                acc.feed(make())
            said.add((type(raised.value), str(raised.value)))
            assert state(acc) == seen
            acc.feed(HELLO[len(before) :])
            acc.close()
            assert acc.result() == answer("Hello")
    assert len(said) == 1


@pytest.mark.parametrize("strict", [False, True])
def test_a_wrong_type_comes_before_closed(backend: Backend, strict: bool) -> None:
    acc = fed(backend, BROKEN, strict=strict)
    with pytest.raises(TypeError):
        acc.feed("x")


class Bytes(bytes):
    """A subclass, whose bytes are its own affair."""


class Struct(ctypes.Structure):
    _fields_ = [("data", ctypes.c_char * len(HELLO))]


def mapped() -> mmap.mmap:
    memory = mmap.mmap(-1, len(HELLO))
    memory.write(HELLO)
    return memory


def words(code: str, size: int) -> Any:
    padded = HELLO + b"\n" * (-len(HELLO) % size)  # more blank lines mean nothing
    return array.array(code, padded)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Bytes(HELLO),
        lambda: bytearray(HELLO),
        lambda: memoryview(HELLO),
        lambda: memoryview(bytearray(b"##" + HELLO + b"##"))[2:-2],
        lambda: memoryview(HELLO).toreadonly(),
        lambda: memoryview(HELLO).cast("B", (1, len(HELLO))),
        lambda: words("B", 1),
        lambda: words("H", 2),
        lambda: words("d", 8),
        lambda: memoryview(words("i", 4)),
        lambda: Struct(HELLO),
        lambda: (ctypes.c_char * len(HELLO))(*HELLO),
        mapped,
    ],
)  # fmt: skip
def test_every_kind_of_buffer(backend: Backend, make: Callable[[], Any]) -> None:
    acc = backend.StreamAccumulator()
    assert acc.feed(make()) == 4
    assert acc.result() == answer("Hello")
    assert acc.bytes == memoryview(make()).nbytes


def test_a_buffer_is_the_callers_again_after_the_feed(backend: Backend) -> None:
    acc = backend.StreamAccumulator()
    buffer = bytearray(16)
    for position in range(0, len(HELLO), 16):
        piece = HELLO[position : position + 16]
        buffer[:] = piece
        acc.feed(buffer)
        buffer[:] = b"#" * len(piece)  # recv_into
        buffer.extend(b"#" * 16)  # a buffer that is still exported could not grow
        del buffer[16:]
    assert acc.result() == answer("Hello")


@pytest.mark.parametrize("strict", [False, True])
def test_a_buffer_is_the_callers_again_whatever_the_feed_raised(
    backend: Backend, strict: bool
) -> None:
    acc = backend.StreamAccumulator(strict=strict)
    buffer = bytearray(HELLO[:100] + b"\n\n" + BROKEN)
    with contextlib.suppress(StreamError):
        acc.feed(buffer)
    buffer.extend(b"#")
    acc.close()
    with pytest.raises(StreamError):
        acc.feed(buffer)
    buffer.extend(b"#")


@pytest.mark.parametrize("first", [0, 30])
def test_a_buffer_that_code_changes_within_the_feed(backend: Backend, first: int) -> None:
    """A collector's finalizer or callback may run in its midst: the bytes are those of before."""
    parts = [chunk(f"word {n} ") for n in range(first)]
    # Each of them is read for itself: its object makes the collector run.
    strange = [chunk("s", **{f"new{n}": {"a": [{"b": [n]}]}}) for n in range(60)]
    stream = b"".join([*parts, *strange, *parts, *strange]) + DONE
    acc, twin = backend.StreamAccumulator(), backend.StreamAccumulator()
    for part in parts:
        acc.feed(part)
        twin.feed(part)
    twin.feed(stream)
    buffer = bytearray(stream)
    runs = []

    def change(phase: str, info: Any) -> None:
        if acc.events > first:  # within the feed
            runs.append(phase)
            buffer[:] = b'"' * len(buffer)

    before = gc.get_threshold()
    gc.callbacks.append(change)
    gc.set_threshold(5)
    try:
        acc.feed(buffer)
    finally:
        gc.callbacks.remove(change)
        gc.set_threshold(*before)
    assert runs
    assert acc.snapshot() == twin.snapshot()
    assert state(acc) == state(twin)


@pytest.mark.parametrize("kind", [bytearray, memoryview, lambda part: memoryview(bytearray(part))])
def test_any_buffer_at_any_cut(backend: Backend, kind: Callable[[bytes], Any]) -> None:
    words = [chunk(f"word {n} ") for n in range(40)]
    stream = b"".join([*words[:20], chunk("s", new={"a": 1}), *words[20:]]) + DONE
    whole = fed(backend, stream)
    for size in (1, 7, 100, len(words[0]), 1000, len(stream)):
        acc = backend.StreamAccumulator()
        for at in range(0, len(stream), size):
            acc.feed(kind(stream[at : at + size]))
        acc.close()
        assert state(acc) == state(whole)


def test_the_callers_object_is_not_kept(backend: Backend) -> None:
    class Chunk(bytearray):
        pass

    acc = backend.StreamAccumulator()
    piece = Chunk(HELLO[:100])
    kept = weakref.ref(piece)
    acc.feed(piece)
    del piece
    gc.collect()
    assert kept() is None


# -- strict ---------------------------------------------------------------------------------------


def test_strict_raises_in_the_feed_and_again(backend: Backend) -> None:
    acc = backend.StreamAccumulator(strict=True)
    first = chunk("Hel")
    with pytest.raises(StreamMalformed) as raised:
        acc.feed(first + BROKEN + chunk("lo") + DONE)
    error = raised.value
    assert (error.code, error.offset) == ("bad_json", len(first) + BROKEN_AT)
    assert error.partial == acc.snapshot() == answer("Hel", None)  # the events before it, no more
    assert error.status == acc.status == "open"
    assert error.faults == acc.faults
    assert len(acc.faults) == 1
    assert acc.events == 2
    for piece in (b"", HELLO, DONE):
        with pytest.raises(StreamMalformed) as again:
            acc.feed(piece)
        assert vars(again.value) == vars(error)
    assert acc.bytes == len(first + BROKEN + chunk("lo") + DONE) + len(HELLO) + len(DONE)
    assert acc.close() is None
    assert acc.status == "truncated"
    with pytest.raises(StreamTruncated):
        acc.result()
    with pytest.raises(StreamError) as closed:
        acc.feed(b"")
    assert closed.value.code == "closed"


def test_strict_in_every_cut(backend: Backend) -> None:
    stream = chunk("Hel") + BROKEN + chunk("lo") + DONE
    for position in range(len(stream) + 1):
        acc = backend.StreamAccumulator(strict=True)
        raised = []
        for piece in (stream[:position], stream[position:]):
            try:
                acc.feed(piece)
            except StreamMalformed as error:
                raised.append((error.code, error.offset, error.partial))
        at = len(chunk("Hel")) + BROKEN_AT
        assert raised[-1:] == [("bad_json", at, answer("Hel", None))]
        assert len(raised) == 1 + (position >= len(chunk("Hel") + BROKEN))
        assert acc.faults[0].offset == at


def test_strict_says_at_the_end_what_the_end_found(backend: Backend) -> None:
    for stream, code in (
        (b"<html>\n", "not_an_event_stream"),
        (event({"a": 1}), "unknown_dialect"),
        (HELLO[: -len(DONE)] + b'data: {"ch', "truncated_event"),
    ):
        acc = backend.StreamAccumulator(strict=True)
        acc.feed(stream)
        acc.close()
        assert [fault.code for fault in acc.faults] == [code]
        with pytest.raises(StreamError):
            acc.result()


@pytest.mark.parametrize(
    ("stream", "limits", "code"),
    [
        (chunk("no", 1), Limits(max_choices=1), "limit_choices"),
        (event({"choices": [{"delta": {"x": [[[[]]]]}}]}), Limits(max_depth=5), "limit_depth"),
        (chunk("much"), Limits(max_output_bytes=5), "limit_output_bytes"),
        (chunk("much" * 99), Limits(max_event_bytes=300), "limit_event_bytes"),
        (chunk("much"), Limits(max_total_bytes=200), "limit_total_bytes"),
    ],
)
def test_strict_and_limits(backend: Backend, stream: bytes, limits: Limits, code: str) -> None:
    acc = backend.StreamAccumulator(strict=True, limits=limits)
    acc.feed(chunk("Hel"))
    for _ in range(2):
        with pytest.raises(StreamMalformed) as raised:
            acc.feed(stream + chunk("lo"))
        assert raised.value.code == code
        assert raised.value.partial["choices"][0]["message"]["content"] == "Hel"
    acc.close()
    with pytest.raises(StreamMalformed) as raised:
        acc.result()
    assert raised.value.code == code


def test_strict_leaves_errors_and_anomalies_alone(backend: Backend) -> None:
    acc = backend.StreamAccumulator(strict=True)
    acc.feed(chunk(5) + ERROR + chunk("more") + DONE)
    assert acc.status == "failed"
    assert acc.text() == "5more"
    assert [anomaly.code for anomaly in acc.anomalies] == ["text_as_value"]


def test_a_strict_fold_that_failed_raises_at_the_shortest_read_too(backend: Backend) -> None:
    """The last LF of a stream, after a CR that ended it, took a way of its own past the fault."""
    chunk = b'data: {"id":"c","object":"text_completion","choices":[{"text":"%d"}]}\r\n\r\n'
    for cut in range(1, 4):
        acc = backend.StreamAccumulator(dialect="anthropic.messages", strict=True)
        stream = b"".join([chunk % number for number in range(8)]) + b"data: [DONE]\r\n\r\n"
        with contextlib.suppress(StreamError):
            acc.feed(stream[:-cut])
        with pytest.raises(StreamError):
            acc.feed(stream[-cut:])
        for rest in (b"\n", b"\r\n", chunk % 9, b""):
            with pytest.raises(StreamError):
                acc.feed(rest)
