"""What is compared: ssefold's backends, what people use instead, and the floor.

Enters: a name. Leaves: a Peer: what it runs over a stream's reads, and whether what
came out is right as far as the peer claims it. A peer that is not installed is
missing, with the reason.
Must not know: how it is timed, what is reported.

Each peer is run as its own documentation shows it, without a network: reads go in
where its transport would hand them over.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

from . import floor
from .traffic import Traffic

Reads = Sequence[bytes]
Run = Callable[[Traffic, Reads], Any]
Check = Callable[[Traffic, Reads], bool]

CHAT = ("openai.chat",)


@dataclass(frozen=True)
class Peer:
    """One row of a table."""

    name: str
    kind: str  # "fold", "frames" or "floor"
    run: Run  # what is timed
    check: Check  # whether the outcome is right, as far as it is claimed
    claims: str = "the whole answer"
    dialects: tuple[str, ...] = ()  # () for all
    slow: bool = False  # object per chunk: has a table of its own
    packages: tuple[str, ...] = ()
    json: Run | None = None  # the same, to JSON bytes

    def takes(self, traffic: Traffic) -> bool:
        """Whether it can do anything with this stream."""
        return not self.dialects or traffic.dialect in self.dialects

    @property
    def versions(self) -> dict[str, str]:
        """The versions of what it consists of."""
        return {name: _version(name) for name in self.packages}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


# -- ssefold -----------------------------------------------------------------------------


def accumulator(backend: str) -> Any:
    """StreamAccumulator over that backend, whichever the package itself runs."""
    from ssefold._accumulator import Answering

    core = import_module(f"ssefold._{'c' if backend == 'c' else 'py'}.core").FoldCore
    return type("StreamAccumulator", (Answering, core), {"__slots__": ()})


def backends() -> list[str]:
    """The backends that are installed."""
    return ["c", "python"] if find_spec("ssefold._c.core") else ["python"]


def decoder(backend: str) -> Any:
    """SSEDecoder of that backend."""
    return import_module(f"ssefold._{'c' if backend == 'c' else 'py'}.decoder").SSEDecoder


def ssefold(backend: str, templates: bool = True) -> Peer:
    """A fold, from construction to the result."""
    Accumulator = accumulator(backend)
    if not templates and not hasattr(Accumulator, "_templates"):
        raise ImportError("this backend has no templates to switch off")

    def feed(traffic: Traffic, reads: Reads) -> Any:
        acc = Accumulator() if traffic.table is None else Accumulator(**traffic.options)
        if not templates:
            acc._templates(False)
        take = acc.feed
        for chunk in reads:
            take(chunk)
        acc.close()
        return acc

    def run(traffic: Traffic, reads: Reads) -> Any:
        return feed(traffic, reads).result()

    def to_json(traffic: Traffic, reads: Reads) -> Any:
        return feed(traffic, reads).result_json()

    name = f"ssefold ({backend}{'' if templates else ', templates off'})"
    return Peer(name, "fold", run, _whole(run), json=to_json)


def ssefold_frames(backend: str) -> Peer:
    """Framing to events whose data is read as str, as the peers give it."""
    Decoder = decoder(backend)

    def run(traffic: Traffic, reads: Reads) -> int:
        feed, size = Decoder().feed, 0
        for chunk in reads:
            for event in feed(chunk):
                size += len(event.data)
        return size

    def events(reads: Reads) -> list[Any]:
        feed = Decoder().feed
        return [(e.event, e.data, e.id) for chunk in reads for e in feed(chunk)]

    return Peer(f"ssefold ({backend})", "frames", run, _frames(events))


def ssefold_bare_frames(backend: str) -> Peer:
    """Framing to events whose data nobody asks for."""
    Decoder = decoder(backend)

    def run(traffic: Traffic, reads: Reads) -> int:
        feed, count = Decoder().feed, 0
        for chunk in reads:
            count += len(feed(chunk))
        return count

    def check(traffic: Traffic, reads: Reads) -> bool:
        return run(traffic, reads) == len(traffic.expected)

    name = f"ssefold ({backend}), data not asked for"
    return Peer(name, "frames", run, check, "the number of events")


def _whole(run: Run) -> Check:
    """Right is: the whole answer."""

    def check(traffic: Traffic, reads: Reads) -> bool:
        return bool(run(traffic, reads) == traffic.expected)

    return check


def _frames(events: Callable[[Reads], list[Any]]) -> Check:
    """Right is: each event, with type, data and id."""

    def check(traffic: Traffic, reads: Reads) -> bool:
        return bool(events(reads) == traffic.expected)

    return check


# -- by hand -----------------------------------------------------------------------------


def orjson_hand() -> Peer:
    """orjson and a merge that was written for the dialect (hand.py)."""
    from orjson import dumps

    from .hand import MERGES, fold

    def run(traffic: Traffic, reads: Reads) -> Any:
        return fold(traffic.dialect, reads)

    def to_json(traffic: Traffic, reads: Reads) -> Any:
        return dumps(fold(traffic.dialect, reads))

    return Peer(
        "orjson + hand merge",
        "fold",
        run,
        _whole(run),
        dialects=tuple(MERGES),
        packages=("orjson",),
        json=to_json,
    )


def hand_frames() -> Peer:
    """bytes.split, `data:` alone."""
    from .hand import payloads

    def run(traffic: Traffic, reads: Reads) -> int:
        size = 0
        for data in payloads(reads):
            size += len(data.decode())
        return size

    def check(traffic: Traffic, reads: Reads) -> bool:
        found = [data.decode() for data in payloads(reads)]
        return found == [data for _, data, _ in traffic.expected]

    return Peer("split by hand", "frames", run, check, "data, no event types or ids")


# -- the floor ---------------------------------------------------------------------------


def memchr() -> Peer:
    """memchr's newline search over the same reads."""
    newlines = floor.load().newlines

    def run(traffic: Traffic, reads: Reads) -> int:
        count = 0
        for chunk in reads:
            count += newlines(chunk)
        return count

    def check(traffic: Traffic, reads: Reads) -> bool:
        return run(traffic, reads) == traffic.data.count(b"\n")

    return Peer("memchr newline search", "floor", run, check, "the number of newlines")


def empty_call() -> Peer:
    """A method call per read that does nothing."""
    Nothing = floor.load().Nothing

    def run(traffic: Traffic, reads: Reads) -> None:
        feed = Nothing().feed
        for chunk in reads:
            feed(chunk)

    return Peer("empty method call", "floor", run, lambda traffic, reads: True, "nothing")


# -- all of them -------------------------------------------------------------------------


def _of(module: str, maker: str) -> Callable[[], Peer]:
    """A maker that stands in another module, which is imported when it is called."""

    def make() -> Peer:
        peer: Peer = getattr(import_module(f"benchmarks.{module}"), maker)()
        return peer

    return make


MAKERS: dict[str, Callable[[], Peer]] = {
    "memchr newline search": memchr,
    "empty method call": empty_call,
    "ssefold (c)": lambda: ssefold("c"),
    "ssefold (c, templates off)": lambda: ssefold("c", templates=False),
    "ssefold (python)": lambda: ssefold("python"),
    "orjson + hand merge": orjson_hand,
    "msgspec typed decode + join": _of("libraries", "msgspec_join"),
    "httpx-sse + orjson + hand merge": _of("libraries", "httpx_sse_merge"),
    "litellm, stream_chunk_builder": _of("sdks", "litellm"),
    "langchain-core, chunk + chunk": _of("sdks", "langchain"),
    "openai, chunks + join": _of("sdks", "openai_chunks"),
    "openai, stream state": _of("sdks", "openai_state"),
    "anthropic, accumulate": _of("sdks", "anthropic_accumulate"),
}
FRAME_MAKERS: dict[str, Callable[[], Peer]] = {
    "ssefold (c)": lambda: ssefold_frames("c"),
    "ssefold (c), data not asked for": lambda: ssefold_bare_frames("c"),
    "ssefold (python)": lambda: ssefold_frames("python"),
    "split by hand": hand_frames,
    "httpx-sse": _of("libraries", "httpx_sse"),
    "launchdarkly-eventsource": _of("libraries", "launchdarkly"),
    "openai, SSE decoder": _of("libraries", "openai_frames"),
    "anthropic, SSE decoder": _of("libraries", "anthropic_frames"),
}


def installed(makers: dict[str, Callable[[], Peer]]) -> tuple[list[Peer], dict[str, str]]:
    """The peers that are there, and why the others are missing."""
    peers, missing = [], {}
    for name, make in makers.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # theirs, at import
                peers.append(make())
        except (ImportError, AttributeError) as error:
            missing[name] = f"{type(error).__name__}: {error}"
    return peers, missing
