"""Chat streams in small: chunks, answers, and all that can be seen of an accumulator."""

from __future__ import annotations

import contextlib
import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

from backends import Backend

from ssefold import SSEFoldError, StreamMalformed

DONE = b"data: [DONE]\n\n"
HEARTBEAT = b": ping\n\ndata:\n\n"


def event(value: Any) -> bytes:
    return b"data: " + (value if isinstance(value, bytes) else json.dumps(value).encode()) + b"\n\n"


def chunk(content: Any = None, index: int = 0, finish: Any = None, **more: Any) -> bytes:
    """One chunk of a chat stream."""
    delta = {} if content is None else {"content": content}
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    return event({"id": "c-1", "object": "chat.completion.chunk", "choices": [choice], **more})


HELLO = chunk("Hel") + chunk("lo") + chunk(finish="stop") + DONE
BROKEN = b'data: {"choices":[{"index":0,"delta":{"content":"kept"}}]\n\n'
BROKEN_AT = len(BROKEN) - 2  # the end of the data, counted from the frame's start
ERROR = event({"error": {"message": "overloaded", "code": 529}})


# Each way in which Python copies an object.
COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{
        f"pickle{protocol}": lambda value, protocol=protocol: pickle.loads(
            pickle.dumps(value, protocol)
        )
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    },
}


def answer(content: Any, finish: Any = "stop") -> dict[str, Any]:
    return {
        "id": "c-1",
        "object": "chat.completion",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": content},
                "finish_reason": finish,
            }
        ],
    }


def fed(backend: Backend, stream: bytes, close: bool = True, **options: Any) -> Any:
    acc = backend.StreamAccumulator(**options)
    with contextlib.suppress(StreamMalformed):
        acc.feed(stream)
    if close:
        acc.close()
    return acc


def state(acc: Any) -> dict[str, Any]:
    """All that can be seen of an accumulator, but for what take_text gave out."""
    return {
        "status": acc.status,
        "dialect": acc.dialect,
        "snapshot": acc.snapshot(),
        "json": acc.snapshot_json(),
        "usage": acc.usage,
        "error": acc.error,
        "faults": acc.faults,
        "anomalies": acc.anomalies,
        "counts": (acc.events, acc.bytes, acc.fault_count, acc.anomaly_count),
        "text": [acc.text(i) for i in range(3)],
        "finish": [acc.finish_reason(i) for i in range(3)],
        "calls": [acc.tool_calls(i) for i in range(3)],
        "repr": repr(acc),
        "verdict": told(acc.result),
    }


def told(call: Callable[..., Any], *args: Any) -> Any:
    """What a call gave, or all that its exception says."""
    try:
        return call(*args)
    except SSEFoldError as error:
        return (type(error), str(error), dict(vars(error)))
    except Exception as error:
        return (type(error), str(error))
