"""Every public operation while one allocation after the other fails; a crash is the parent's.

Enters: how many allocations are missed in a row (1, or 0: all from there on), a step between
those that are tried, words of which a scenario's name has to have one.
Leaves: how many scenarios ran and how often memory ran short on standard output, exit code 0;
or what was lost without a word, and exit code 1.
Must not know: pytest.

To be run as a process of its own, as short_memory.py. An operation that fails leaves the state
as it was, or a fault; one that raises nothing did all that it does.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

# It asks elsewhere for its memory, and is not ours to try.
sys.modules["orjson"] = None  # type: ignore[assignment]

import _testcapi  # noqa: E402

import parity  # noqa: E402

import ssefold  # noqa: E402
from ssefold import Limits, SSEFoldError  # noqa: E402

# So many in a row that change nothing: all that an operation asks for was tried.
ENOUGH = 12

Act = Callable[[Any], Any]
# (what it is done to, what is done, what is seen of it before and after)
Scenario = tuple[Callable[[], Any], Act, Act]


def event(value: Any) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def chat(text: str, number: int = 0, **more: Any) -> bytes:
    choice = {"index": 0, "delta": {"content": text, **more.pop("delta", {})}, **more}
    return event(
        {"id": "c", "object": "chat.completion.chunk", "created": 1, "choices": [choice],
         "usage": {"total_tokens": number}}
    )  # fmt: skip


LOGPROBS = {"content": [{"token": "a", "logprob": -1.5e1, "bytes": [97], "top_logprobs": []}]}
DONE = b"data: [DONE]\n\n"
STOP = event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
CALL = {"tool_calls": [{"index": 0, "id": "t", "function": {"name": "f", "arguments": '{"a'}}]}
MORE = {"tool_calls": [{"index": 0, "function": {"arguments": '": 1}'}}]}

STREAMS: dict[str, list[bytes]] = {
    "words": [chat(f"word {n} ", n) for n in range(9)] + [STOP, DONE],
    "one text": [chat("word ") for n in range(9)] + [STOP, DONE],
    "long texts": [chat("x" * 3000, n) for n in range(5)] + [STOP, DONE],
    "escapes": [chat('a\n"\ud83d\ude00\u00e9', n) for n in range(5)] + [STOP, DONE],
    "surrogates": [chat("a\ud83d", n) for n in range(4)] + [STOP, DONE],
    "calls": [chat("", delta=CALL)] + [chat("", delta=MORE)] * 4 + [STOP, DONE],
    "logprobs": [chat("a", n, logprobs=LOGPROBS) for n in range(7)] + [STOP, DONE],
    "choices": [
        event({"object": "chat.completion.chunk",
               "choices": [{"index": n % 3, "delta": {"content": f"w{n}"}}]}) for n in range(12)
    ],
    "unknown": [chat("a", n, mood={"x": [n, {"y": "z"}]}) for n in range(5)],
    "error": [chat("a"), event({"error": {"message": "no", "code": 7}}), DONE],
    "bad json": [chat("a"), b'data: {"choices": [{"index": 0, "delta": {"content": "b"\n\n', STOP],
    "no json": [chat("a"), b"data: {x\n\n", b"data: }\n\n", STOP, DONE],
    "glued": [chat("a"), chat("b").rstrip() + b" " + chat("c")[6:], STOP],
    "after the end": [chat("a"), STOP, DONE, chat("b")],
    "body": [json.dumps({"object": "chat.completion", "choices": []}).encode()],
    "html": [b"<html>", b"</html>\n"],
    "undecided": [event({"x": n}) for n in range(3)] + [chat("a"), STOP, DONE],
    "several lines": [b"data: {\ndata: " + chat("b")[7:]] * 3 + [STOP],
    "names and ids": [b"event: e\nid: 7\nretry: 9\n: c\n" + chat("a", n) for n in range(4)],
    "crlf": [chat(f"w{n}", n).replace(b"\n", b"\r\n") for n in range(6)] + [STOP, DONE],
    "cr": [chat(f"w{n}", n).replace(b"\n", b"\r") for n in range(6)] + [STOP, DONE],
    "bom": [b"\xef\xbb\xbf" + chat("a"), chat("b"), STOP, DONE],
}  # fmt: skip
for dialect in ("openai.completions", "openai.responses", "anthropic.messages", "google.gemini"):
    whole = parity.make_stream(random.Random(5), "runs", dialect)
    frames = [frame + b"\n\n" for frame in whole.split(b"\n\n")[:14] if frame]
    STREAMS[dialect] = frames


def cut(stream: bytes, size: int) -> list[bytes]:
    return [stream[at : at + size] for at in range(0, len(stream), size)]


def by_event(acc: Any, reads: list[bytes]) -> None:
    for read in reads:
        acc.feed(read)


WAYS: dict[str, Callable[[Any, list[bytes]], Any]] = {
    "event": by_event,
    "whole": lambda acc, reads: acc.feed(b"".join(reads)),
    "cut": lambda acc, reads: by_event(acc, cut(b"".join(reads), 97)),
    "byte": lambda acc, reads: by_event(acc, cut(b"".join(reads)[:700], 1)),
    "view": lambda acc, reads: by_event(acc, [memoryview(bytearray(b)) for b in reads]),  # type: ignore[misc]
}


def seen(acc: Any) -> Any:
    """All that can be seen of an accumulator but what take() would give: that changes it."""
    stream = acc._stream
    return (
        acc.events, acc.bytes, acc.status, acc.snapshot(), acc.snapshot_json(), acc.text(),
        acc.usage, acc.finish_reason(), acc.tool_calls(), acc.dialect, acc.error,
        stream.life.closed, [tuple(fault[:3]) for fault in acc.faults], acc.anomaly_count,
    )  # fmt: skip


def taken(acc: Any) -> Any:
    """The same and what may be taken."""
    before = seen(acc)
    grown = json.dumps([acc.tool_arguments(), acc.partial_json()])  # they grow on in place
    return before, [tuple(d) for d in acc.take()], acc.take_text(), grown


def accumulator(
    reads: list[bytes], close: bool = False, looks: bool = False, **options: Any
) -> Callable[[], Any]:
    """looks: somebody takes before each read."""

    def make() -> Any:
        acc = ssefold.StreamAccumulator(**options)
        acc.take()
        for read in reads:
            if looks:
                taken(acc)
            with contextlib.suppress(SSEFoldError):
                acc.feed(read)
            acc.tool_arguments()
        if close:
            acc.close()
        return acc

    return make


def feeds() -> dict[str, Scenario]:
    """Each kind of stream, fed in several ways, from the start and in its midst."""
    found: dict[str, Scenario] = {}
    for name, reads in STREAMS.items():
        each = name in ("words", "calls", "crlf")
        ways = WAYS if each else {"event": by_event, "cut": WAYS["cut"]}
        for way, feed in ways.items():
            found[f"feed {name} by {way}"] = (
                accumulator([]), lambda acc, feed=feed, reads=reads: feed(acc, reads), taken,
            )  # fmt: skip
        half = len(reads) * 2 // 3
        found[f"feed {name}, late"] = (
            accumulator(reads[:half]), lambda acc, reads=reads[half:]: by_event(acc, reads), taken,
        )  # fmt: skip
        found[f"close {name}"] = (
            accumulator([b"".join(reads).rstrip()]), lambda acc: acc.close(), taken
        )
    for name, limits in {
        "output": Limits(max_output_bytes=20), "total": Limits(max_total_bytes=500),
        "event": Limits(max_event_bytes=300), "depth": Limits(max_depth=2),
        "none kept": Limits(max_faults=0, max_anomalies=0),
    }.items():  # fmt: skip
        found[f"feed past a limit, {name}"] = (
            accumulator([], limits=limits), lambda acc: by_event(acc, STREAMS["words"]), taken,
        )  # fmt: skip
    return found


READS: dict[str, Act] = {
    "snapshot": lambda acc: acc.snapshot(),
    "snapshot_json": lambda acc: acc.snapshot_json(),
    "result": lambda acc: acc.result(),
    "result_json": lambda acc: acc.result_json(),
    "text": lambda acc: acc.text(),
    "usage": lambda acc: acc.usage,
    "tool_calls": lambda acc: acc.tool_calls(),
    "finish_reason": lambda acc: acc.finish_reason(),
    "error": lambda acc: acc.error,
    "faults": lambda acc: acc.faults,
    "anomalies": lambda acc: acc.anomalies,
    "repr": repr,
    "status": lambda acc: acc.status,
    "dialect": lambda acc: acc.dialect,
    "take": lambda acc: acc.take(),
    "take_text": lambda acc: acc.take_text(),
    "tool_arguments": lambda acc: acc.tool_arguments(),
    "partial_json": lambda acc: acc.partial_json(),
    "feed nothing": lambda acc: acc.feed(b""),
    "feed the wrong thing": lambda acc: acc.feed("x"),
    "reset": lambda acc: acc.reset(),
    "init": lambda acc: acc.__init__(strict=True),
}


def reads() -> dict[str, Scenario]:
    """Whatever is asked of an accumulator, open and closed."""
    found: dict[str, Scenario] = {}
    for name in ("words", "calls", "surrogates", "anthropic.messages", "error"):
        for what, act in READS.items():
            for close in (False, True) if name == "words" else (name == "error",):
                found[f"{what} of {name}{', closed' if close else ''}"] = (
                    accumulator(STREAMS[name][:-1], close), act, taken,
                )  # fmt: skip
    for name in ("words", "one text", "choices", "calls"):
        for what in ("take", "take_text", "usage", "finish_reason"):
            found[f"{what} of {name} after each event"] = (
                accumulator(STREAMS[name][:6], looks=True), READS[what], taken,
            )  # fmt: skip
    return found


EVENTS = b"".join(
    b"event: kind%d\nid: %d\nretry: 5\n: note\ndata: one\ndata: \xc3\xa9\n\n" % (n % 4, n)
    for n in range(8)
)


class Decoded:
    """A decoder and all that it gave."""

    def __init__(self, **options: Any) -> None:
        self.comments: list[str] = []
        self.events: list[Any] = []
        self.decoder = ssefold.SSEDecoder(**options)

    def feed(self, reads: list[bytes]) -> None:
        for read in reads:
            self.events += self.decoder.feed(read)


def decoded(it: Decoded) -> Any:
    """What came of it: one that failed is closed, and gives what came before."""
    with contextlib.suppress(SSEFoldError):
        it.events += it.decoder.close()
    kept = [(e.event, e.data, e.id, e.retry, e.raw, e.start, e.end) for e in it.events]
    return it.decoder.offset, it.decoder.last_event_id, it.decoder.retry, kept


def whole_event() -> Any:
    [found] = ssefold.SSEDecoder(raw=True).feed(b'event: e\ndata: {"a": "\xc3\xa9"}\n\n')
    return found


def decoders() -> dict[str, Scenario]:
    found: dict[str, Scenario] = {}
    for name, options in {
        "plain": {}, "raw": {"raw": True}, "flush": {"eof": "flush"},
        "comments": {"on_comment": lambda text: None},
        "limit": {"limits": Limits(max_event_bytes=60)},
    }.items():  # fmt: skip
        for way, parts in {
            "whole": [EVENTS], "cut": cut(EVENTS, 31), "byte": cut(EVENTS[:150], 1),
            "crlf": [EVENTS.replace(b"\n", b"\r\n")],
        }.items():  # fmt: skip
            found[f"decode {name} by {way}"] = (
                lambda options=options: Decoded(**options),
                lambda it, parts=parts: it.feed(parts), decoded,
            )  # fmt: skip
    see: Act = lambda e: (e.event, e.data, e.id, e.raw)  # noqa: E731
    for name, act in {
        "data": lambda e: e.data, "json": lambda e: e.json(), "repr": repr, "hash": hash,
        "equal": lambda e: e == whole_event(), "reduce": lambda e: e.__reduce__(),
    }.items():  # fmt: skip
        found[f"event's {name}"] = (whole_event, act, see)
    return found


def driven(coroutine: Any) -> Any:
    """What it returns, if it waits for nothing: an event loop that loses a callback waits on."""
    try:
        while True:
            coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    finally:
        coroutine.close()


async def arriving(pieces: list[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def atapped(pieces: list[bytes], acc: Any) -> list[bytes]:
    return [piece async for piece in ssefold.atap(arriving(pieces), acc)]


def sources() -> dict[str, Scenario]:
    """Whole sources; nothing is left of them but what they return, or an accumulator."""
    pieces = STREAMS["words"]
    nothing: Act = lambda it: None  # noqa: E731
    answer = ssefold.fold(b"".join(pieces))
    return {
        "fold": (lambda: pieces, ssefold.fold, nothing),
        "fold a file": (lambda: io.BytesIO(b"".join(pieces)), ssefold.fold, nothing),
        "afold": (lambda: pieces, lambda it: driven(ssefold.afold(it)), nothing),
        "replay": (lambda: answer, lambda it: b"".join(ssefold.replay(it)), nothing),
        "limits": (lambda: None, lambda it: Limits(max_depth=3), nothing),
        "make": (lambda: None, lambda it: ssefold.StreamAccumulator(strict=True), nothing),
        "make a decoder": (lambda: None, lambda it: ssefold.SSEDecoder(raw=True), nothing),
        "tap": (accumulator([]), lambda acc: list(ssefold.tap(pieces, acc)), taken),
        "atap": (accumulator([]), lambda acc: driven(atapped(pieces, acc)), taken),
        "tap by bytes": (
            accumulator([]), lambda acc: list(ssefold.tap(cut(b"".join(pieces), 41), acc)), taken
        ),
    }  # fmt: skip


def attempt(scenario: Scenario, start: int, many: int) -> tuple[Any, Any, Any, Any]:
    """What it was done to, what it returned, the class of what it raised, its code."""
    make, act, _ = scenario
    it = make()
    returned: Any = None
    error: Any = None
    code = None
    _testcapi.set_nomemory(start, start + many if many else 0)
    try:
        returned = act(it)
    except BaseException as raised:
        error = type(raised)
        code = getattr(raised, "code", None)
    finally:
        _testcapi.remove_mem_hooks()
    return it, returned, error, code


def judged(scenario: Scenario, many: int, step: int) -> tuple[int, list[str]]:
    """How often memory ran short, and what was wrong after it."""
    make, _, see = scenario
    for _ in range(2):  # what is kept for good is made
        it, returned, error, _ = attempt(scenario, 1 << 30, 1)
    after = see(it)
    before = see(make())
    expected, usual = returned, error
    wrong: list[str] = []
    missed = start = unmissed = 0
    while unmissed < ENOUGH:
        it, returned, error, code = attempt(scenario, start, many)
        now = see(it)
        # The interpreter itself says SystemError where it has no memory for a traceback.
        hit = error in (MemoryError, SystemError)
        told = isinstance(it, ssefold.StreamAccumulator) and it._stream.log.lost_at >= 0
        told = told or code == "lost_input"
        if hit or told or (error is not usual):
            missed += 1
            unmissed = 0
        else:
            unmissed += 1
        if hit:
            fine = told or now in (before, after) or is_beginning(now, after)
            if isinstance(it, Decoded):
                # Where it was not even begun, close() ends an event that goes on.
                fine = fine or now[3][:-1] == after[3][: len(now[3][:-1])]
        elif error is usual:
            fine = told or (now == after and same(returned, expected))
        else:
            fine = told  # something else than MemoryError: only where a fault says why
        if not fine:
            wrong.append(f"at {start}: {error}, {now!r:.300} instead of {after!r:.300}")
        start += step
    return missed, wrong


def is_beginning(now: Any, after: Any) -> bool:
    """Whether feeds, of which the last one failed, did all that they say they did."""
    if not (isinstance(now, tuple) and isinstance(now[0], tuple)):
        return False
    return bool(now[0][1] < after[0][1] and after[0][5].startswith(now[0][5]))


def same(a: Any, b: Any) -> bool:
    if isinstance(a, (ssefold.StreamAccumulator, ssefold.SSEDecoder)):
        return type(a) is type(b)
    return bool(a == b)


def main(many: str = "1", step: str = "1", *words: str) -> int:
    scenarios = {**feeds(), **reads(), **decoders(), **sources()}
    if words:
        scenarios = {n: s for n, s in scenarios.items() if any(word in n for word in words)}
    total = 0
    failed = False
    for name, scenario in scenarios.items():
        missed, wrong = judged(scenario, int(many), int(step))
        total += missed
        if wrong:
            failed = True
            print(f"{name}: {len(wrong)} of {missed}", *wrong[:2], sep="\n  ", file=sys.stderr)
            sys.stderr.flush()
    print(len(scenarios), total)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
