"""The contract, spoken by a Python function.

Enters: claims, a function from a stream to what is said of it. Leaves: the protocol on stdin
and stdout, plain or batch; what a library prints goes to stderr.
Must not know: the corpus, or what is right.

Cases must not reach each other. A stream that a library abandons where it raises is closed by
the garbage collector; if that runs while the next request holds the lock of the connection pool,
httpcore waits for itself for ever, and a case fails that has nothing to do with it. So the
collector runs between cases, and never inside one.

A library that raises has told that the stream is not whole: whatever it raises counts so, and
stands in `refused`.
"""

from __future__ import annotations

import base64
import gc
import json
import os
import sys
import warnings
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, NamedTuple

from .programs import MISSING

Json = dict[str, Any]


class Request(NamedTuple):
    """One case: a stream, what it is told to be, and the options of the fold."""

    stream: bytes
    dialect: str | None = None
    options: Json = {}  # noqa: RUF012 - never written to
    frames: bool = False


Answer = Callable[[Request], Json]
Make = Callable[[], tuple[Json, Answer]]


def versions(*packages: str) -> str:
    """Their versions, as claims state them."""
    return ", ".join(f"{package} {version(package)}" for package in packages)


def serve(make: Make) -> None:
    """Answer what the command line asks for; `make` imports the library."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # libraries that print
    warnings.simplefilter("ignore")
    try:
        claims, answer = make()
    except ImportError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(MISSING)
    words = sys.argv[1:]
    if "--claims" in words:
        _put(out, {**claims, "batch": True})
    elif "--batch" in words:
        _batch(answer, out)
    else:
        _put(out, _said(answer, _plain(words)))


def _batch(answer: Answer, out: Any) -> None:
    gc.disable()
    gc.freeze()  # what the imports left need not be looked through each time
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        stream = base64.b64decode(asked.pop("stream"))
        _put(out, _said(answer, Request(stream, **asked)))
        gc.collect()


def _plain(words: list[str]) -> Request:
    def after(word: str) -> str | None:
        return words[words.index(word) + 1] if word in words else None

    options = json.loads(after("--options") or "{}")
    stream = sys.stdin.buffer.read()
    return Request(stream, after("--dialect"), options, "--frames" in words)


def _said(answer: Answer, request: Request) -> Json:
    try:
        return answer(request)
    except Exception as error:  # whatever a library raises
        return {"whole": False, "refused": f"{type(error).__name__}: {error}"[:200]}


def _put(out: Any, value: Json) -> None:
    out.write(json.dumps(value, default=str).encode() + b"\n")
    out.flush()
