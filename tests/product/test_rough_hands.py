"""What happens under hands that are rough: other threads, signals, subclasses, a short stack.

Memory that runs short has its own tests: test_short_memory.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from backends import Backend

import ssefold
from ssefold import Limits, StreamError, StreamMalformed
from ssefold._relay import atap, tap

DONE = b"data: [DONE]\n\n"


def chunk(text: str, created: int = 1, **more: Any) -> bytes:
    """An event of a chat stream; `created` changes from one to the next."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    event = {"id": "c", "object": "chat.completion.chunk", "created": created, "model": "m"}
    body = json.dumps({**event, "choices": [choice], **more})
    return b"data: " + body.encode() + b"\n\n"


END = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'


def chunks(count: int, start: int = 0) -> list[bytes]:
    return [
        chunk(f"w{i},", 100 + i, usage={"total_tokens": i, "prompt_tokens": 3})
        for i in range(start, start + count)
    ]


# -- other threads -----------------------------------------------------------------------------


def elsewhere(act: Callable[[], Any]) -> None:
    """Do it in another thread while this one waits."""
    thread = threading.Thread(target=act)
    thread.start()
    thread.join()


class AtCollection:
    """Does something in another thread at the n-th collection, as a finalizer may let it.

    Up to 3.11 the collector runs within whatever makes an object, C code included.
    """

    def __init__(self, number: int, act: Callable[[], Any]) -> None:
        self.left = number
        self.act: Callable[[], Any] | None = act

    def __enter__(self) -> AtCollection:
        self.before = gc.get_threshold()
        gc.collect()
        gc.callbacks.append(self.call)
        gc.set_threshold(1, 1000, 1000)
        return self

    def __exit__(self, *exc: object) -> None:
        gc.set_threshold(*self.before)
        gc.callbacks.remove(self.call)

    def call(self, phase: str, info: Any) -> None:
        if phase != "start":
            return
        if self.left > 0:
            self.left -= 1
        elif self.act is not None:
            act, self.act = self.act, None
            elsewhere(act)


READS: dict[str, Callable[[Any], Any]] = {
    "snapshot": lambda acc: acc.snapshot(),
    "snapshot_json": lambda acc: json.loads(acc.snapshot_json()),
    "usage": lambda acc: acc.usage,
    "take": lambda acc: [delta.text for delta in acc.take()],
    "feed": lambda acc: acc.feed(END),
}


def acts(acc: Any, more: bytes) -> dict[str, Callable[[], Any]]:
    return {
        "reset": acc.reset,
        "snapshot": acc.snapshot,
        "snapshot_json": acc.snapshot_json,
        "feed": lambda: acc.feed(more),
        "feed and read": lambda: (acc.feed(more), acc.snapshot(), acc.feed(more)),
        "init": acc.__init__,
        "close": acc.close,
    }


@pytest.fixture
def frozen() -> Iterator[None]:
    """Collections look at the objects of one test alone: all the others would take them long."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize("act", acts(ssefold.StreamAccumulator(), b""))
@pytest.mark.parametrize("read", READS)
def test_the_collector_lets_another_thread_in(backend: Backend, read: str, act: str) -> None:
    reads = chunks(12)
    more = b"".join(chunks(4, 12))
    for number in range(400):
        acc = backend.StreamAccumulator()
        for piece in reads:
            acc.feed(piece)
        before = backend.StreamAccumulator()
        before.feed(b"".join(reads))
        told: list[Any] = []

        def do(acc: Any = acc, told: Any = told) -> None:
            try:
                acts(acc, more)[act]()
            except StreamError as error:
                told.append(error.code)

        with AtCollection(number, do) as collection:
            try:
                seen = READS[read](acc)
            except StreamError as error:
                if (read, act, error.code) != ("feed", "close", "closed"):
                    raise
                continue
        if collection.act is not None:
            break
        if read in ("snapshot", "snapshot_json") and not act.startswith("feed"):
            assert seen == before.snapshot() or (seen == {} and act in ("reset", "init"))
        elif read == "usage" and not act.startswith("feed"):
            assert seen == before.usage or (seen is None and act in ("reset", "init"))
        if told:
            assert told in (["busy"], ["closed"])
            assert read == "feed"
        elif act in ("reset", "init"):
            assert acc.snapshot() == {} or read == "feed"  # into what was reset
            acc.reset()
            for piece in reads:
                acc.feed(piece)
            assert acc.snapshot() == before.snapshot()
            continue
        elif act.startswith("feed"):
            before.feed(more)
            if act != "feed":
                before.feed(more)
        if read == "feed" and act != "close":
            if told:
                before.feed(END)
            else:
                continue  # which came first is anybody's guess
        if read != "feed":
            assert acc.snapshot() == before.snapshot(), (number, act)
            # What waits is counted right: nothing is stale for good.
            if act != "close":
                for piece in chunks(3, 50):
                    acc.feed(piece)
                    before.feed(piece)
                    assert acc.snapshot() == before.snapshot()
    assert sys.version_info >= (3, 12) or number > 0 or backend.name == "python"


def test_readers_while_another_thread_feeds(backend: Backend) -> None:
    """At any moment, a stream's start and a reset among them: nothing is raised, nothing torn."""
    acc = backend.StreamAccumulator()
    over = threading.Event()
    wrong: list[Any] = []

    def read() -> None:
        while not over.is_set():
            try:
                acc.snapshot(), json.loads(acc.snapshot_json()), acc.text(), acc.take()
                acc.usage, acc.faults, acc.status, repr(acc)
            except Exception as error:
                wrong.append(error)
                return

    threads = [threading.Thread(target=read) for _ in range(2)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for _ in range(15):
            for piece in chunks(30):
                acc.feed(piece)
            final = acc.snapshot()
            assert final["usage"]["total_tokens"] == 29
            acc.reset()
    finally:
        over.set()
        sys.setswitchinterval(before)
        for thread in threads:
            thread.join()
    assert wrong == []


# -- exceptions out of the midst of a feed ----------------------------------------------------


class Prying(Limits):
    """Limits that raise when the merge asks for one of them."""

    error: BaseException | None = None

    def __getattribute__(self, name: str) -> Any:
        if name == "max_choices" and Prying.error is not None:
            error, Prying.error = Prying.error, None
            raise error
        return super().__getattribute__(name)


HEAD = chunk("a", 1)


@pytest.mark.parametrize("error", [MemoryError(), KeyboardInterrupt(), ZeroDivisionError()])
@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("cut", [None, 9, -1, -2])
def test_an_exception_in_the_midst_of_a_feed(
    backend: Backend, error: BaseException, strict: bool, cut: int | None
) -> None:
    """What was read up to there stays, the read is lost, the next frame is read."""
    acc = backend.StreamAccumulator(limits=Prying(), strict=strict)
    second = b'data: {"choices":[{"index":1,"delta":{"content":"lost"}}]}\n\n'
    third = b'data: {"choices":[{"index":2,"delta":{"content":"c"}}]}\n\n'
    acc.feed(HEAD)
    # The exception strikes in the second event; the third is cut, if anything is.
    read = second + (third if cut is None else third[:cut])
    Prying.error = error
    with pytest.raises(type(error)):
        acc.feed(read)
    assert Prying.error is None
    assert acc.bytes == len(HEAD + read)
    assert [(fault.code, fault.offset) for fault in acc.faults] == [("lost_input", len(HEAD))]
    with pytest.raises(StreamMalformed) as raised:
        acc.result()
    assert (raised.value.code, raised.value.offset) == ("lost_input", len(HEAD))
    rest = (b"" if cut is None else third[cut:]) + b"data: {x\n\n" + END + DONE
    if strict:
        with pytest.raises(StreamMalformed, match="lost_input"):
            acc.feed(rest)
    else:
        assert acc.feed(rest) == 3
        assert [fault.code for fault in acc.faults] == ["lost_input", "bad_json"]
        offset = len(HEAD + read + rest) - len(b"x\n\n" + END + DONE)
        assert acc.faults[1].offset == offset
        assert acc.text() == "a"
        assert acc.finish_reason() == "stop"
    assert acc.bytes == len(HEAD + read + rest)
    acc.close()
    assert acc.status == "truncated"
    acc.reset()
    acc.feed(HEAD + END + DONE)
    acc.close()
    assert acc.result()["choices"][0]["message"]["content"] == "a"


def test_what_comes_byte_by_byte_loses_one_event(backend: Backend) -> None:
    acc = backend.StreamAccumulator(limits=Prying())
    lost = b'data: {"choices":[{"index":1,"delta":{"content":"lost"}}]}\n\n'
    stream = HEAD + lost + chunk("b", 2) + END + DONE
    for at in range(len(stream)):
        if at == len(HEAD):
            Prying.error = MemoryError()
        with contextlib.suppress(MemoryError):
            acc.feed(stream[at : at + 1])
    assert acc.bytes == len(stream)
    assert (acc.text(), acc.finish_reason(), acc.status) == ("ab", "stop", "truncated")
    assert [(fault.code, fault.offset) for fault in acc.faults] == [("lost_input", len(HEAD))]


@pytest.mark.parametrize("ending", [b"\n", b"\r", b"\r\n"])
def test_the_next_frame_is_found_with_any_line_end(backend: Backend, ending: bytes) -> None:
    def lines(data: bytes) -> bytes:
        return data.replace(b"\n", ending)

    lost = lines(b'data: {"choices":[{"index":1,"delta":{"content":"lost"}}]}\n\n')
    tail = lines(chunk("b", 2) + END + DONE)
    for cut in range(len(lost) + 1):
        acc = backend.StreamAccumulator(limits=Prying())
        acc.feed(lines(HEAD))
        Prying.error = MemoryError()
        event = lines(b'data: {"choices":[{"index":3,"delta":{}}]}\n\n')
        with pytest.raises(MemoryError):
            acc.feed(event + lost[:cut])
        acc.feed(lost[cut:] + tail)
        acc.close()
        assert [fault.code for fault in acc.faults] == ["lost_input"]
        # What began behind the exception is lost as well, or was not begun yet.
        texts = [choice["message"].get("content") for choice in acc.snapshot()["choices"]]
        assert texts in (["ab"], ["ab", "lost"]), (cut, texts)
        assert cut in (0, 1, len(lost)) or texts == ["ab"]


def test_tap_holds_it_back_and_the_answer_is_not_whole(backend: Backend) -> None:
    acc = backend.StreamAccumulator(limits=Prying())
    pieces = [HEAD, b'data: {"choices":[{"index":1,"delta":{}}]}\n\n', END, DONE]
    seen = []
    for piece in tap(pieces, acc):
        seen.append(piece)
        if len(seen) == 1:
            Prying.error = MemoryError()
    assert seen == pieces
    assert acc.tap_error == "MemoryError"
    assert acc.status == "truncated"
    with pytest.raises(StreamMalformed, match="lost_input"):
        acc.result()


def test_close_never_raises(backend: Backend) -> None:
    for error in (MemoryError(), ZeroDivisionError()):
        acc = backend.StreamAccumulator(limits=Prying())
        acc.feed(HEAD + b'data: {"choices":[{"index":1,"delta":{}}]}')
        Prying.error = error
        acc.close()
        assert Prying.error is None
        assert acc.status == "truncated"
        assert [(fault.code, fault.offset) for fault in acc.faults] == [("lost_input", len(HEAD))]
        with pytest.raises(StreamError, match="closed"):
            acc.feed(b"")


@pytest.fixture
def unobserved() -> Iterator[None]:
    """No library's callback runs at a collection: an exception within one is only a warning."""
    callbacks = gc.callbacks[:]
    gc.callbacks.clear()
    yield
    gc.callbacks[:] = callbacks


@pytest.mark.usefixtures("unobserved")
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers")
def test_a_handler_that_raises(backend: Backend) -> None:
    """Wherever it strikes: a fault or nothing, and the next feed is not refused."""

    class Struck(Exception):
        pass

    inside = False

    def strike(*_: object) -> None:
        if inside:
            raise Struck

    stream = b"".join(chunks(40)) + END + DONE
    reads = [stream[at : at + 300] for at in range(0, len(stream), 300)]
    whole = backend.StreamAccumulator()
    whole.feed(stream)
    before = signal.signal(signal.SIGALRM, strike)
    struck = 0
    try:
        for number in range(300):
            acc = backend.StreamAccumulator()
            decoder = backend.SSEDecoder()
            inside = True
            try:
                signal.setitimer(signal.ITIMER_REAL, 1e-5 + number % 60 * 1e-5)
                for piece in reads:
                    acc.feed(piece)
                    decoder.feed(piece)
                    acc.snapshot()
                inside = False
            except Struck:
                struck += 1
                inside = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            acc.feed(b"")
            with contextlib.suppress(ssefold.SSEFoldError):
                decoder.feed(b"")
            fed = acc.bytes
            acc.feed(stream[fed:])
            acc.close()
            assert acc.bytes == len(stream)
            if not acc.faults:
                assert acc.result() == whole.result()
            else:
                assert {fault.code for fault in acc.faults} == {"lost_input"}
                with pytest.raises(StreamMalformed):
                    acc.result()
    finally:
        signal.signal(signal.SIGALRM, before)
    assert struck or sys.gettrace()


# -- subclasses -----------------------------------------------------------------------------------


def calls_of(made: Any) -> list[Callable[[], Any]]:
    names = [name for name in dir(type(made)) if not name.startswith("__")]
    names.remove("__init__") if "__init__" in names else None
    calls: list[Callable[[], Any]] = [lambda: repr(made), made.__enter__] if hasattr(
        type(made), "__enter__") else [lambda: repr(made)]
    for name in names:
        kind = getattr(type(made), name)
        if callable(kind) and not isinstance(kind, type):
            for arguments in ((), (b"data: {}\n\n",), (0,), ({}, ()), (None, (), 0)):
                calls.append(lambda name=name, arguments=arguments: getattr(made, name)(*arguments))
        else:
            calls.append(lambda name=name: getattr(made, name))
    return calls


@pytest.mark.parametrize("what", ["StreamAccumulator", "SSEDecoder", "ServerSentEvent"])
def test_a_subclass_that_forgot_its_base(backend: Backend, what: str) -> None:
    base = getattr(backend, what)

    class Forgot(base):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            pass

    for made in (Forgot(), base.__new__(base)):
        for call in calls_of(made):
            with contextlib.suppress(RuntimeError, TypeError, ValueError, AttributeError):
                call()
    made = Forgot()
    if what == "ServerSentEvent":
        assert [made.event, made.id, made.retry, made.raw, made.start] == [None] * 4 + [0]
        for use in (lambda: made.data, made.json, lambda: repr(made), lambda: hash(made)):
            with pytest.raises(RuntimeError, match="super"):
                use()
        return
    uses: list[Callable[[], Any]] = [
        lambda: made.feed(b"data: {}\n\n"), made.close, made.reset, lambda: made.error,
        lambda: repr(made),
    ]  # fmt: skip
    if what == "StreamAccumulator":
        uses += [
            made.snapshot, made.snapshot_json, made.result, made.text, made.take, made.take_text,
            made.tool_calls, made.finish_reason, lambda: made.usage, lambda: made.faults,
            lambda: made.anomalies, lambda: made.status, lambda: made.dialect, lambda: made.events,
        ]  # fmt: skip
    else:
        uses += [lambda: made.offset, lambda: made.retry, lambda: made.last_event_id]
    for use in uses:
        with pytest.raises(RuntimeError, match="super"):
            use()
    with pytest.raises(RuntimeError, match="super"), made if what == "StreamAccumulator" else (
        contextlib.closing(made)
    ):
        made.feed(b"")
    base.__init__(made)  # late is better than never
    assert made.feed(b"data: {}\n\n")


def test_a_base_that_is_called_again(backend: Backend) -> None:
    """Between feeds it is a reset, with the options it is given; within one it is refused."""
    told: list[str] = []

    class Again(Limits):
        acc: Any = None

        def __getattribute__(self, name: str) -> Any:
            if name == "max_choices" and Again.acc is not None:
                acc, Again.acc = Again.acc, None
                for use in (acc.__init__, acc.reset, lambda: elsewhere(acc.__init__)):
                    try:
                        use()
                    except StreamError as error:
                        told.append(error.code)
            return super().__getattribute__(name)

    hook = threading.excepthook
    threading.excepthook = lambda args: told.append(args.exc_value.code)  # type: ignore[union-attr]
    try:
        acc = backend.StreamAccumulator(limits=Again())
        Again.acc = acc
        acc.feed(HEAD + END + DONE)
        assert told == ["busy"] * 3
        assert acc.result()["choices"][0]["message"]["content"] == "a"
        acc.__init__(strict=True)
        assert (acc.snapshot(), acc.bytes, acc.status) == ({}, 0, "open")
        with pytest.raises(StreamMalformed):
            acc.feed(b"data: {x\n\n")
        with pytest.raises(ValueError, match="unknown dialect"):
            acc.__init__("no such dialect")
        assert acc.faults
    finally:
        threading.excepthook = hook


def test_a_decoder_that_is_made_again_in_its_callback(backend: Backend) -> None:
    told: list[str] = []

    def comment(text: str) -> None:
        for use in (decoder.__init__, decoder.reset):
            try:
                use()
            except ssefold.SSEFoldError as error:
                told.append(error.code)

    decoder = backend.SSEDecoder(on_comment=comment)
    events = decoder.feed(b"data: a\n\n:" + b"c" * 5000 + b"\n\nid: 7\ndata: b\n\n")
    assert [event.data for event in events] == ["a", "b"]
    assert told == ["busy"] * 2
    decoder.__init__()  # type: ignore[misc]
    assert (decoder.offset, decoder.last_event_id) == (0, "")


# -- limits ---------------------------------------------------------------------------------------

NUMBERS = [2**63 - 1, 2**63, 2**63 + 1, 2**64, 10**40]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("name", Limits.__dataclass_fields__)
def test_a_number_that_no_stream_reaches(backend: Backend, name: str, number: int) -> None:
    limits = Limits(**{name: number})
    assert getattr(limits, name) == (None if number >= 2**63 else number)
    acc = backend.StreamAccumulator(limits=limits)
    for piece in [*chunks(20), END, DONE]:
        acc.feed(piece)
    acc.close()
    assert acc.result()["usage"]["total_tokens"] == 19
    for raw in (False, True):
        decoder = backend.SSEDecoder(limits=limits, raw=raw)
        assert [event.data for event in decoder.feed(b"data: x\n\n")] == ["x"]
    with pytest.raises(ValueError, match="negative"):
        Limits(**{name: -number})


# -- a short stack --------------------------------------------------------------------------------


def with_frames(left: int, act: Callable[[], Any]) -> Any:
    """Do it with so many frames left before the interpreter's limit."""
    depth, frame = 0, sys._getframe()
    while frame is not None:
        depth, frame = depth + 1, frame.f_back  # type: ignore[assignment]
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(depth + left + 2)
    try:
        return act()
    finally:
        sys.setrecursionlimit(before)


def nested(depth: int, kind: str) -> Any:
    value: Any = "\ud83d"
    for level in range(depth):
        if kind == "lists" or (kind == "both" and level % 2):
            value = [value, 1.5, "\ud83d"]
        else:
            value = {"a": value, "b\ud83d": "é", "c": None}
    return value


def deep_streams(depth: int, kind: str) -> dict[str, list[bytes]]:
    """Answers that hold something deep, of each dialect that has room for it."""

    def event(value: Any) -> bytes:
        return b"data: " + json.dumps(value).encode() + b"\n\n"

    inner = nested(depth, kind)
    chat = {"object": "chat.completion.chunk", "x": inner}
    choice = {"index": 0, "delta": {"content": "a", "x": inner}, "x": inner}
    tool = {"type": "content_block_start", "index": 0, "content_block": {
        "type": "tool_use", "id": "t", "name": "f", "input": inner, "x": inner}}  # fmt: skip
    delta = {"type": "content_block_delta", "index": 0, "delta": {
        "type": "input_json_delta", "partial_json": json.dumps(inner)}}  # fmt: skip
    start = {"type": "message_start", "message": {"id": "m", "content": [], "x": inner}}
    item = {"type": "function_call", "id": "i", "arguments": "{}", "x": inner}
    return {
        "openai.chat": [event({**chat, "choices": [choice]})] * 2,
        "openai.completions": [
            event({"object": "text_completion", "choices": [{"index": 0, "text": "a", "x": inner}]})
        ],
        "anthropic.messages": [event(start), event(tool), event(delta)],
        "openai.responses": [
            event({"type": "response.created", "response": {"id": "r", "x": inner}}),
            event({"type": "response.output_item.added", "output_index": 0, "item": item}),
        ],
        "google.gemini": [event({"candidates": [{"index": 0, "content": {"parts": [
            {"functionCall": {"name": "f", "args": inner}}]}, "x": inner}]})],
        "error": [event({"error": {"message": inner}})],
    }  # fmt: skip


@pytest.mark.parametrize("depth", [100, 115, 240])
@pytest.mark.parametrize("kind", ["lists", "objects", "both"])
def test_no_reading_needs_more_frames_where_the_answer_is_deep(
    backend: Backend, depth: int, kind: str
) -> None:
    for name, events in deep_streams(depth, kind).items():
        acc = backend.StreamAccumulator(limits=Limits(max_depth=None))
        acc.feed(b"".join(events))
        assert not acc.faults, name
        reads: dict[str, Callable[[], Any]] = {
            "snapshot": acc.snapshot,
            "json": acc.snapshot_json,
            "error": lambda acc=acc: acc.error,
            "usage": lambda acc=acc: acc.usage,
            "calls": acc.tool_calls,
            "text": acc.text,
            "take_text": acc.take_text,
            "take": acc.take,
        }
        expected = {read: act() for read, act in reads.items() if not read.startswith("take")}
        assert expected["snapshot"] or name == "error", name
        for read, act in reads.items():
            got = with_frames(100, act)
            assert got == expected.get(read, got), (name, read)
        with pytest.raises(StreamError) as raised:
            with_frames(100, acc.result)
        assert raised.value.partial == expected["snapshot"]


def test_a_feed_on_a_short_stack_is_whole_or_a_fault(backend: Backend) -> None:
    for left in (20, 40, 60, 100, 200):
        for name, events in deep_streams(100, "both").items():
            acc = backend.StreamAccumulator()
            whole = backend.StreamAccumulator()
            whole.feed(b"".join(events))
            for event in events:
                with contextlib.suppress(RecursionError):
                    with_frames(left, lambda event=event, acc=acc: acc.feed(event))
            acc.close()
            assert acc.bytes == len(b"".join(events))
            if not acc.faults:
                assert acc.snapshot() == whole.snapshot(), (left, name)
            else:
                assert acc.faults[0].code == "lost_input"


# -- interpreters ---------------------------------------------------------------------------------

@pytest.mark.skipif(sys.version_info >= (3, 13), reason="another module makes them there")
def test_another_interpreter_of_the_process(backend: Backend) -> None:
    if importlib.util.find_spec("_xxsubinterpreters") is None:
        pytest.skip("an interpreter without")
    name = backend.name
    script = (
        "import sys, _xxsubinterpreters as interpreters\n"
        "import ssefold\n"
        "code = f'''\nimport sys\nsys.path[:] = {sys.path!r}\ntry:\n    import ssefold\n"
        "    print(ssefold.backend)\nexcept ImportError as error:\n    print(error)\n'''\n"
        "interpreters.run_string(interpreters.create(), code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True,
        env={**os.environ, "SSEFOLD_BACKEND": name},
    )  # fmt: skip
    if name == "python":
        assert done.stdout == "python\n"
    else:
        assert done.stdout.startswith("ssefold's compiled backend runs in one interpreter")
        assert done.stdout.count("\n") == 1
        assert "SSEFOLD_BACKEND=python" in done.stdout


# -- buffers --------------------------------------------------------------------------------------


def released() -> memoryview:
    view = memoryview(b"data: x\n\n")
    view.release()
    return view


def test_a_view_that_was_released(backend: Backend) -> None:
    for made in (backend.StreamAccumulator(), backend.SSEDecoder()):
        with pytest.raises(TypeError, match=r"bytes-like object is required.*released"):
            made.feed(released())
        made.feed(b"data: {}\n\n")
        made.close()
        with pytest.raises(TypeError):
            made.feed(released())


@pytest.mark.skipif(
    importlib.util.find_spec("_testcapi") is None or sys.version_info < (3, 11),
    reason="allocations cannot be made to fail",
)
def test_a_reader_that_runs_short_leaks_nothing() -> None:
    script = Path(__file__).resolve().parents[1] / "support" / "short_leaks.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr[-2000:]


# -- taps -----------------------------------------------------------------------------------------


def tapped(source: Any, acc: Any) -> list[Any]:
    return list(tap(source, acc))


def atapped(source: Any, acc: Any) -> list[Any]:
    async def pieces() -> AsyncIterator[Any]:
        for piece in source:
            yield piece

    async def main() -> list[Any]:
        return [piece async for piece in atap(pieces(), acc)]

    return asyncio.run(main())


@pytest.mark.parametrize("relay", [tapped, atapped])
@pytest.mark.parametrize(
    ("pieces", "name"),
    [
        (["str"], "TypeError"),
        ([HEAD, "str", END, DONE], "TypeError"),
        ([HEAD, None, 3, END], "TypeError"),
        ([HEAD, memoryview(b"abcd")[::2]], "BufferError"),
        ([HEAD, END, DONE], None),
    ],
)
def test_what_a_tap_held_back(
    backend: Backend, relay: Any, pieces: list[Any], name: str | None
) -> None:
    acc = backend.StreamAccumulator()
    assert acc.tap_error is None
    assert relay(pieces, acc) == pieces
    assert acc.tap_error == name
    if name is None:
        assert acc.result()
    else:
        assert acc.status == "truncated"
        assert [fault.code for fault in acc.faults] == ["lost_input"]
        with pytest.raises(StreamMalformed, match="lost_input"):
            acc.result()
    acc.reset()
    assert (acc.tap_error, acc.faults) == (None, ())


@pytest.mark.parametrize("relay", [tapped, atapped])
def test_a_tap_on_what_is_closed_or_busy(backend: Backend, relay: Any) -> None:
    acc = backend.StreamAccumulator()
    acc.feed(HEAD + END + DONE)
    acc.close()
    assert relay([HEAD], acc) == [HEAD]
    assert (acc.tap_error, acc.status, acc.faults) == ("StreamError", "complete", ())


@pytest.mark.parametrize("relay", [tapped, atapped])
def test_a_close_that_raises_is_held_back(backend: Backend, relay: Any) -> None:
    class Closing(backend.StreamAccumulator):  # type: ignore[name-defined, misc]
        def close(self) -> None:
            super().close()
            raise ZeroDivisionError

    acc = Closing()
    assert relay([HEAD, END], acc) == [HEAD, END]
    assert acc.tap_error == "ZeroDivisionError"


async def agen() -> AsyncIterator[bytes]:
    yield HEAD


def gen() -> Iterator[bytes]:
    yield HEAD


@pytest.mark.parametrize(
    ("relay", "source"),
    [
        (tap, agen), (tap, agen()), (tap, gen), (tap, 3), (tap, None), (tap, HEAD), (tap, "str"),
        (tap, bytearray(HEAD)), (tap, memoryview(HEAD)), (tap, list), (atap, gen), (atap, [HEAD]),
        (atap, HEAD), (atap, agen), (atap, None),
    ],
)  # fmt: skip
def test_a_wrong_source_is_told_at_once(backend: Backend, relay: Any, source: Any) -> None:
    acc = backend.StreamAccumulator()
    with pytest.raises(TypeError, match="tap"):
        relay(source, acc)


@pytest.mark.parametrize("relay", [tap, atap])
def test_a_wrong_accumulator_is_told_at_once(backend: Backend, relay: Any) -> None:
    source = [HEAD] if relay is tap else agen()
    for wrong in (backend.StreamAccumulator, None, [HEAD], "acc"):
        with pytest.raises(TypeError, match="StreamAccumulator"):
            relay(source, wrong)


def test_a_chunk_that_was_never_taken_ends_the_frame_that_it_cut(backend: Backend) -> None:
    """Bytes are missing, how many nobody knows: what goes on behind them is no event."""
    lost = chunk("lost", 5)
    acc = backend.StreamAccumulator()
    for _ in tap([HEAD + lost[:40], "str", lost[60:] + chunk("b", 2), END, DONE], acc):
        pass
    assert acc.text() == "ab"
    assert [fault.code for fault in acc.faults] == ["lost_input"]
    with pytest.raises(StreamMalformed):
        acc.result()


def test_an_event_that_meets_what_was_merged_by_half(backend: Backend) -> None:
    """It is lost, too, and no error of ours comes out of a feed."""
    acc = backend.StreamAccumulator()
    acc.feed(HEAD)
    entry = acc._stream.ledger.root.values["choices"].at(0)
    message = entry.values["message"]
    del message.values["content"]
    message.values["content"] = 7.5j  # whatever it is that no merge can be meant to meet
    acc._stream.lose(acc.bytes)
    acc.feed(chunk("b", 3) + END + DONE)
    assert {fault.code for fault in acc.faults} == {"lost_input"}
    assert (acc.finish_reason(), acc.status) == ("stop", "truncated")
