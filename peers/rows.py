"""The rows of the benchmarks: who is timed over a stream's reads, and how each is judged.

Enters: a name. Leaves: a Peer: what it runs over a stream's reads, and whether what
came out is right as far as the peer claims it. A peer that is not installed is
missing, with the reason.
Must not know: how it is timed, what is reported, any library.

Each peer is run as its own documentation shows it, without a network: reads go in
where its transport would hand them over. Makers stand with their library, which is imported
when they are called.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from benchmarks.traffic import Traffic

Reads = Sequence[bytes]
Run = Callable[[Traffic, Reads], Any]
Check = Callable[[Traffic, Reads], bool]

CHAT = ("openai.chat",)


@dataclass(frozen=True)
class Peer:
    """One row of a table."""

    name: str
    kind: str  # "fold", "frames", "looks" or "floor"
    run: Run  # what is timed
    check: Check  # whether the outcome is right, as far as it is claimed
    claims: str = "the whole answer"
    dialects: tuple[str, ...] = ()  # () for all
    slow: bool = False  # object per chunk: has a table of its own
    packages: tuple[str, ...] = ()
    json: Run | None = None  # the same, to JSON bytes
    lends: Callable[[bytes], Any] | None = None  # makes of a read what is handed over

    def takes(self, traffic: Traffic) -> bool:
        """Whether it can do anything with this stream."""
        return not self.dialects or traffic.dialect in self.dialects

    def given(self, reads: Reads) -> Reads:
        """The reads as this row gets them."""
        return reads if self.lends is None else [self.lends(chunk) for chunk in reads]

    @property
    def versions(self) -> dict[str, str]:
        """The versions of what it consists of."""
        return {name: _version(name) for name in self.packages}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def whole(run: Run) -> Check:
    """Right is: the whole answer."""

    def check(traffic: Traffic, reads: Reads) -> bool:
        return bool(run(traffic, reads) == traffic.expected)

    return check


def right_frames(events: Callable[[Reads], list[Any]]) -> Check:
    """Right is: each event, with type, data and id."""

    def check(traffic: Traffic, reads: Reads) -> bool:
        return bool(events(reads) == traffic.expected)

    return check


# -- all of them -------------------------------------------------------------------------


def _of(module: str, maker: str, *words: Any) -> Callable[[], Peer]:
    """A maker that stands in another module, which is imported when it is called."""

    def make() -> Peer:
        peer: Peer = getattr(import_module(module), maker)(*words)
        return peer

    return make


MAKERS: dict[str, Callable[[], Peer]] = {
    "memchr newline search": _of("benchmarks.floor", "memchr"),
    "empty method call": _of("benchmarks.floor", "empty_call"),
    "ssefold (c)": _of("peers.ours", "fold_row", "c"),
    "ssefold (c, templates off)": _of("peers.ours", "fold_row", "c", False),
    "ssefold (python)": _of("peers.ours", "fold_row", "python"),
    "orjson + hand merge": _of("peers.by_hand", "orjson_merge"),
    "msgspec typed decode + join": _of("peers.typed", "msgspec_join"),
    "httpx-sse + orjson + hand merge": _of("peers.by_hand", "httpx_sse_merge"),
    "litellm, stream_chunk_builder": _of("peers.litellm_builder", "built"),
    "langchain-core, chunk + chunk": _of("peers.langchain_chunks", "added_up"),
    "openai, chunks + join": _of("peers.openai_sdk", "chunks_joined"),
    "openai, stream state": _of("peers.openai_sdk", "stream_state"),
    "anthropic, accumulate": _of("peers.anthropic_sdk", "accumulated"),
}
FRAME_MAKERS: dict[str, Callable[[], Peer]] = {
    "ssefold (c)": _of("peers.ours", "frames_row", "c"),
    "ssefold (c), data not asked for": _of("peers.ours", "bare_frames_row", "c"),
    "ssefold (python)": _of("peers.ours", "frames_row", "python"),
    "split by hand": _of("peers.by_hand", "split"),
    "httpx-sse": _of("peers.framers", "httpx_sse"),
    "launchdarkly-eventsource": _of("peers.framers", "launchdarkly"),
    "openai, SSE decoder": _of("peers.framers", "openai_frames"),
    "anthropic, SSE decoder": _of("peers.framers", "anthropic_frames"),
}
LOOKS = ("take_text", "take", "usage", "finish_reason", "status", "tool_calls")
LOOK_MAKERS: dict[str, Callable[[], Peer]] = {
    "empty method call": _of("benchmarks.floor", "empty_call"),
    "ssefold (c)": _of("peers.looks", "feed_row", "c"),
    **{
        f"ssefold (c), {name}": _of("peers.looks", "look_row", "c", name)
        for name in LOOKS
    },
    "ssefold (c), deltas": _of("peers.looks", "deltas_row", "c"),
    "ssefold (python)": _of("peers.looks", "feed_row", "python"),
    "ssefold (python), take_text": _of("peers.looks", "look_row", "python", "take_text"),
    "ssefold (python), take": _of("peers.looks", "look_row", "python", "take"),
    "orjson + content by hand": _of("peers.by_hand", "orjson_content"),
}
# The same stream in reads of another type: each backend beside itself.
LENT_MAKERS: dict[str, Callable[[], Peer]] = {
    f"ssefold ({backend}){'' if lends is None else f', {lends.__name__}'}": _of(
        "peers.looks", "feed_row", backend, lends
    )
    for backend in ("c", "python")
    for lends in (None, bytearray, memoryview)
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
