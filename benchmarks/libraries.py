"""Peers that frame or decode: httpx-sse, launchdarkly-eventsource, msgspec, the SDKs' decoders.

Enters: nothing. Leaves: makers of peers; each raises ImportError where it is missing.
Must not know: how it is timed.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from typing import Any

from .essence import chat_essence
from .peers import CHAT, Peer, Reads, _frames
from .traffic import Traffic


def _framer(name: str, package: str, events: Callable[[Reads], Iterator[Any]]) -> Peer:
    """A framing row; its events have `event`, `data`, `id`."""

    def run(traffic: Traffic, reads: Reads) -> int:
        size = 0
        for event in events(reads):
            size += len(event.data)
        return size

    def all_of_them(reads: Reads) -> list[Any]:
        return [(e.event or "message", e.data, e.id or "") for e in events(reads)]

    return Peer(name, "frames", run, _frames(all_of_them), "every event", packages=(package,))


def _httpx_sse_events() -> Callable[[Reads], Iterator[Any]]:
    """httpx-sse's decoders over what httpx's `iter_text` would give, without httpx."""
    from httpx_sse._decoders import SSEDecoder, SSELineDecoder

    utf8 = codecs.getincrementaldecoder("utf-8")

    def events(reads: Reads) -> Iterator[Any]:
        text, lines, decoder = utf8(errors="replace"), SSELineDecoder(), SSEDecoder()
        for chunk in reads:
            part = text.decode(chunk)
            if not part:
                continue  # httpx leaves these out as well
            for line in lines.decode(part):
                event = decoder.decode(line)
                if event is not None:
                    yield event

    return events


def httpx_sse() -> Peer:
    """httpx-sse, framing."""
    return _framer("httpx-sse", "httpx-sse", _httpx_sse_events())


def httpx_sse_merge() -> Peer:
    """httpx-sse, orjson, and the merge of hand.py: what many have today."""
    from .hand import MERGES

    events = _httpx_sse_events()

    def run(traffic: Traffic, reads: Reads) -> Any:
        merge = MERGES[traffic.dialect]()
        add = merge.add
        for event in events(reads):
            data = event.data
            if data == "[DONE]":
                break
            add(data)
        return merge.result()

    def check(traffic: Traffic, reads: Reads) -> bool:
        return bool(run(traffic, reads) == traffic.expected)

    return Peer(
        "httpx-sse + orjson + hand merge",
        "fold",
        run,
        check,
        dialects=tuple(MERGES),
        packages=("httpx-sse", "orjson"),
    )


def launchdarkly_events() -> Callable[[Reads], Iterator[Any]]:
    """launchdarkly-eventsource's reader, without its connection."""
    from ld_eventsource.actions import Event
    from ld_eventsource.reader import _BufferedLineReader, _SSEReader

    def events(reads: Reads) -> Iterator[Any]:
        lines = _BufferedLineReader.lines_from(reads)
        for action in _SSEReader(lines).events_and_comments():
            if type(action) is Event:
                yield action

    return events


def launchdarkly() -> Peer:
    """launchdarkly-eventsource, framing."""
    return _framer("launchdarkly-eventsource", "launchdarkly-eventsource", launchdarkly_events())


def openai_events() -> Callable[[Reads], Iterator[Any]]:
    """The openai SDK's SSE decoder."""
    from openai._streaming import SSEDecoder

    def events(reads: Reads) -> Iterator[Any]:
        yield from SSEDecoder().iter_bytes(iter(reads))

    return events


def openai_frames() -> Peer:
    """The openai SDK's SSE decoder, framing."""
    return _framer("openai, SSE decoder", "openai", openai_events())


def anthropic_events() -> Callable[[Reads], Iterator[Any]]:
    """The anthropic SDK's SSE decoder."""
    from anthropic._streaming import SSEDecoder

    def events(reads: Reads) -> Iterator[Any]:
        yield from SSEDecoder().iter_bytes(iter(reads))

    return events


def anthropic_frames() -> Peer:
    """The anthropic SDK's SSE decoder, framing."""
    return _framer("anthropic, SSE decoder", "anthropic", anthropic_events())


def msgspec_join() -> Peer:
    """msgspec: decode to the types that are needed, collect fragments, join them once."""
    import msgspec

    from .hand import payloads

    def struct(name: str, *fields: Any) -> Any:
        return msgspec.defstruct(name, fields, gc=False)

    function: Any
    call: Any
    choice: Any
    text = (str | None, None)
    function = struct("Function", ("name", *text), ("arguments", *text))
    call = struct("Call", ("index", int), ("id", *text), ("function", function | None, None))
    calls = ("tool_calls", list[call] | None, None)
    delta = struct("Delta", ("content", *text), calls)
    choice = struct("Choice", ("index", int), ("delta", delta), ("finish_reason", *text))
    Chunk = struct("Chunk", ("choices", list[choice]))
    decode = msgspec.json.Decoder(Chunk).decode

    def run(traffic: Traffic, reads: Reads) -> Any:
        choices: dict[int, dict[str, Any]] = {}
        for data in payloads(reads):
            if data == b"[DONE]":
                break
            for choice in decode(data).choices:
                state = choices.get(choice.index)
                if state is None:
                    state = choices[choice.index] = {"pieces": [], "calls": {}, "finish": None}
                delta = choice.delta
                if delta.content is not None:
                    state["pieces"].append(delta.content)
                if delta.tool_calls is not None:
                    for call in delta.tool_calls:
                        _collect(state["calls"], call)
                if choice.finish_reason is not None:
                    state["finish"] = choice.finish_reason
        return {index: _joined(state) for index, state in choices.items()}

    def check(traffic: Traffic, reads: Reads) -> bool:
        return bool(run(traffic, reads) == chat_essence(traffic.expected))

    return Peer(
        "msgspec typed decode + join",
        "fold",
        run,
        check,
        "text, tool calls, finish reasons",
        dialects=CHAT,
        packages=("msgspec",),
    )


def _collect(calls: dict[int, Any], call: Any) -> None:
    known = calls.get(call.index)
    if known is None:
        calls[call.index] = (call.id, call.function.name, [call.function.arguments])
    else:
        known[2].append(call.function.arguments)


def _joined(state: dict[str, Any]) -> tuple[Any, ...]:
    calls = tuple((i, n, "".join(args)) for _, (i, n, args) in sorted(state["calls"].items()))
    return "".join(state["pieces"]), calls, state["finish"]
