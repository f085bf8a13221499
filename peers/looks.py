"""ssefold for those who look after each event, and for those whose reads are no bytes.

Enters: a backend, the name of a reading. Leaves: a Peer: a feed of each read, and the
reading behind it. The answer at the end is not asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from benchmarks.traffic import Traffic

from .ours import accumulator
from .rows import Peer, Reads

Look = Callable[[Any, Reads], Any]
Json = dict[str, Any]


def feed_row(backend: str, lends: type | None = None) -> Peer:
    """A feed of each read and nothing else; `lends` is the type of the reads, if not bytes."""
    Accumulator = accumulator(backend)

    def run(traffic: Traffic, reads: Reads) -> Any:
        acc = Accumulator()
        feed = acc.feed
        for chunk in reads:
            feed(chunk)
        return acc

    def check(traffic: Traffic, reads: Reads) -> bool:
        acc = run(traffic, reads)
        acc.close()
        return bool(acc.result() == traffic.expected)

    name = f"ssefold ({backend}){'' if lends is None else f', {lends.__name__}'}"
    return Peer(name, "looks", run, check, "the whole answer, asked for later", lends=lends)


def look_row(backend: str, name: str) -> Peer:
    """A feed of each read, and that reading of the accumulator behind it."""
    Accumulator = accumulator(backend)
    look = {"usage": _usage, "status": _status}.get(name) or _method(name)

    def run(traffic: Traffic, reads: Reads) -> Any:
        return look(Accumulator(), reads)

    def check(traffic: Traffic, reads: Reads) -> bool:
        acc = Accumulator()
        return RIGHT[name]([look(acc, [chunk]) for chunk in reads], traffic.expected)

    return Peer(f"ssefold ({backend}), {name}", "looks", run, check, CLAIMS[name])


def deltas_row(backend: str) -> Peer:
    """deltas() over a list of the reads; it runs over the package's own backend alone."""
    import ssefold

    if ssefold.backend != backend:
        raise ImportError(f"deltas() runs over the backend {ssefold.backend!r} here")
    deltas = ssefold.deltas

    def run(traffic: Traffic, reads: Reads) -> Any:
        last = None
        for delta in deltas(reads):
            last = delta
        return last

    def check(traffic: Traffic, reads: Reads) -> bool:
        return _right_pieces([deltas(reads)], traffic.expected)

    return Peer(f"ssefold ({backend}), deltas", "looks", run, check, CLAIMS["take"])


# -- the readings: each gives what it saw last ------------------------------------------------


def _method(name: str) -> Look:
    def look(acc: Any, reads: Reads) -> Any:
        feed, read, seen = acc.feed, getattr(acc, name), None
        for chunk in reads:
            feed(chunk)
            seen = read()
        return seen

    return look


def _usage(acc: Any, reads: Reads) -> Any:
    feed, seen = acc.feed, None
    for chunk in reads:
        feed(chunk)
        seen = acc.usage
    return seen


def _status(acc: Any, reads: Reads) -> Any:
    feed, seen = acc.feed, None
    for chunk in reads:
        feed(chunk)
        seen = acc.status
    return seen


# -- what is right: the readings after each event, beside the answer ----------------------------


def _message(answer: Json) -> Json:
    message: Json = answer["choices"][0]["message"]
    return message


def _right_text(seen: list[Any], answer: Json) -> bool:
    return "".join(seen) == (_message(answer)["content"] or "")


def _right_pieces(seen: list[Iterable[Any]], answer: Json) -> bool:
    """The text, and what each tool is called with."""
    message, text = _message(answer), ""
    called = [""] * len(message.get("tool_calls", ()))
    for delta in (one for pieces in seen for one in pieces):
        if delta.kind == "text":
            text += delta.text
        elif delta.kind == "tool_arguments":
            called[delta.index] += delta.text
    calls = [call["function"]["arguments"] for call in message.get("tool_calls", ())]
    return text == (message["content"] or "") and called == calls


RIGHT: dict[str, Callable[[list[Any], Json], bool]] = {
    "take_text": _right_text,
    "take": _right_pieces,
    "usage": lambda seen, answer: bool(seen[-1] == answer["usage"]),
    "finish_reason": lambda seen, answer: bool(seen[-1] == answer["choices"][0]["finish_reason"]),
    "status": lambda seen, answer: bool((seen[0], seen[-1]) == ("open", "complete")),
    "tool_calls": lambda seen, answer: bool(seen[-1] == _message(answer).get("tool_calls", [])),
}
CLAIMS = {
    "take_text": "the text",
    "take": "the text and the tools' arguments",
    "usage": "the last usage",
    "finish_reason": "the last finish reason",
    "status": "the first and the last status",
    "tool_calls": "the last tool calls",
}
