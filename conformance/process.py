"""Runs an implementation: a command, asked case by case, in time and within bounds.

Enters: the command's words, bounds, cases. Leaves: replies; one that crashed, took too long,
said too much or nothing that is JSON is a Reply without an object, never an exception.
Must not know: what is right.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from typing import IO, Any, NamedTuple

from .cases import Case
from .claims import Claims, claims
from .judge import Reply

READ_SIZE = 65536
TAIL = 2000  # bytes of stderr that are kept


class Bounds(NamedTuple):
    """What one case may take."""

    seconds: float = 10.0
    start: float = 60.0  # until the first answer of a process that goes on
    output: int = 32 * 1024 * 1024  # bytes


BOUNDS = Bounds()


class Child:
    """A process of its own group, whose output is read as it comes, up to a bound."""

    def __init__(self, command: Sequence[str], bound: int) -> None:
        """Start it; raises OSError where there is no such program."""
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=os.name == "posix",
        )
        self.bound = bound
        self.out = bytearray()
        self.errors = b""
        self.over = False  # said more than the bound
        self.ended = False  # its output is over
        self.news = threading.Condition()
        self.readers = [self._thread(self._read_out), self._thread(self._read_errors)]

    def _thread(self, work: Callable[..., None], *arguments: Any) -> threading.Thread:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        thread.start()
        return thread

    def _read_out(self) -> None:
        while chunk := _read(self.process.stdout):
            with self.news:
                self.over = self.over or len(self.out) + len(chunk) > self.bound
                if not self.over:
                    self.out += chunk
                self.news.notify()
        with self.news:
            self.ended = True
            self.news.notify()

    def _read_errors(self) -> None:
        while chunk := _read(self.process.stderr):
            self.errors = (self.errors + chunk)[-TAIL:]

    def send(self, data: bytes, last: bool) -> None:
        """Write without waiting: it may answer before it has read everything, or never read."""
        self._thread(self._write, data, last)

    def _write(self, data: bytes, last: bool) -> None:
        with contextlib.suppress(OSError, ValueError):  # it has gone: its reply will tell
            stdin = self.process.stdin
            assert stdin is not None
            stdin.write(data)
            stdin.flush()
            if last:
                stdin.close()

    def wait(self, line: bool, seconds: float) -> bool:
        """Wait for a line, or for the end of the output. False: not in time."""

        def done() -> bool:
            return self.over or self.ended or (line and b"\n" in self.out)

        with self.news:
            return self.news.wait_for(done, seconds)

    def take_line(self) -> bytes:
        """The first line, without its end; what follows stays."""
        with self.news:
            line, _, rest = bytes(self.out).partition(b"\n")
            self.out[:] = rest
        return line

    def end(self, seconds: float = 0.0) -> int:
        """Its exit code; a process that does not end in time is killed, its group with it."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._kill()
            code = self.process.wait()
        for reader in self.readers:
            reader.join(1.0)  # one that a grandchild holds open stays, and is a daemon
        if not any(reader.is_alive() for reader in self.readers):
            for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
                if stream is not None:
                    with contextlib.suppress(OSError, ValueError):
                        stream.close()
        return code

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.name == "posix":
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()

    def complaint(self) -> str:
        """The last line of its stderr, for a person."""
        lines = self.errors.decode("utf-8", "replace").strip().splitlines()
        return f": {lines[-1].strip()}" if lines else ""


def _read(stream: IO[bytes] | None) -> bytes:
    assert stream is not None
    try:
        return os.read(stream.fileno(), READ_SIZE)
    except (OSError, ValueError):
        return b""


class Implementation:
    """A command under the contract of README.md."""

    def __init__(self, command: Sequence[str], bounds: Bounds = BOUNDS, batch: bool = True) -> None:
        """Ask for its claims; raises OSError or ValueError where it has none."""
        self.command, self.bounds = [*command], bounds
        self.claims = self._ask_claims()
        self.batch = batch and self.claims.batch
        self.running: Child | None = None

    def __enter__(self) -> Implementation:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process of a batch: its input is over, and it has a second to go."""
        if self.running is not None:
            self.running.send(b"", last=True)
            self.running.end(1.0)
            self.running = None

    def ask(self, case: Case) -> Reply:
        """What it says about a case."""
        if self.batch:
            return self._ask_batch(case)
        words = ["--frames"] if case.kind == "framing" else []
        if case.told is not None:
            words += ["--dialect", case.told]
        if case.options:
            words += ["--options", json.dumps(case.options)]
        return self._run(words, case.stream, self.bounds.seconds)

    def _ask_claims(self) -> Claims:
        reply = self._run(["--claims"], b"", self.bounds.start)
        if reply.said is None:
            raise ValueError(f"--claims: {reply.failure}")
        return claims(reply.said)

    def _run(self, words: list[str], stream: bytes, seconds: float) -> Reply:
        """A process for one answer: it must end, and well."""
        child = Child([*self.command, *words], self.bounds.output)
        child.send(stream, last=True)
        limit = time.monotonic() + seconds
        in_time = child.wait(False, seconds)
        over = child.over
        code = child.end(max(0.0, limit - time.monotonic()) if in_time and not over else 0.0)
        if not in_time or (not over and time.monotonic() >= limit):
            return Reply(None, f"no answer within {seconds:g} s")
        if over:
            return self._too_much()
        if code:
            return Reply(None, f"exit code {code}{child.complaint()}")
        return _object(bytes(child.out))

    def _ask_batch(self, case: Case) -> Reply:
        """A line for a line; a process that failed is not asked again."""
        fresh = self.running is None
        if self.running is None:
            self.running = Child([*self.command, "--batch"], self.bounds.output)
        child = self.running
        child.send(_request(case), last=False)
        seconds = self.bounds.start if fresh else self.bounds.seconds
        in_time = child.wait(True, seconds)
        if in_time and not child.over and b"\n" in child.out:
            return _object(child.take_line())
        over, self.running = child.over, None
        code = child.end(0.0 if not in_time or over else 1.0)
        if not in_time:
            return Reply(None, f"no answer within {seconds:g} s")
        return self._too_much() if over else Reply(None, f"exit code {code}{child.complaint()}")

    def _too_much(self) -> Reply:
        return Reply(None, f"more than {self.bounds.output} bytes of output")


def _request(case: Case) -> bytes:
    """The line that asks for a case."""
    request: dict[str, Any] = {"stream": base64.b64encode(case.stream).decode()}
    if case.kind == "framing":
        request["frames"] = True
    if case.told is not None:
        request["dialect"] = case.told
    if case.options:
        request["options"] = case.options
    return json.dumps(request).encode() + b"\n"


def _object(text: bytes) -> Reply:
    try:
        said = json.loads(text, parse_constant=_no_json)
    except (ValueError, RecursionError) as error:
        return Reply(None, f"the answer is no JSON: {error}")
    if not isinstance(said, dict):
        return Reply(None, "the answer is no JSON object")
    return Reply(said)


def _no_json(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
