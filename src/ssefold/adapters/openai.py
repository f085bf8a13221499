"""A tap for the streams of SDKs that hand out typed events: OpenAI's, Anthropic's.

Enters: a stream that nobody has read yet.
Leaves: the same stream, listened to at its response's bytes.
Must not know: the SDKs, their types, what the caller does with the events.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from ssefold import StreamAccumulator
from ssefold.adapters import httpx


class Stream(Protocol):
    """What such an SDK returns for `stream=True`; sync or async."""

    @property
    def response(self) -> Any: ...


S = TypeVar("S", bound=Stream)


def listen(stream: S, acc: StreamAccumulator) -> S:
    """Let `acc` hear the bytes behind a stream of typed events; returns the stream.

    To be called before the first event is read. The SDK's own events and errors stay as
    they are. An SDK may stop reading at the end of the answer, before that of the input:
    close `acc` when the loop is done.
    """
    httpx.listen(stream.response, acc)
    return stream
