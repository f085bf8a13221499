"""msgspec: typed decoding and a join, as one writes it who needs the text and the calls alone.

Enters: nothing. Leaves: a maker of a row; it raises ImportError where msgspec is missing.
Must not know: how it is timed.
"""

from __future__ import annotations

from typing import Any

from benchmarks.traffic import Traffic

from .essence import chat_essence
from .rows import CHAT, Peer, Reads


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
