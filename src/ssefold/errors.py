"""The ways in which a stream can be wrong: codes, records, exceptions and their texts.

Enters: a code, a byte offset, a detail.
Leaves: frozen records (`Fault`, `Anomaly`) and exceptions, with texts that tell the way out.
Texts are built here and nowhere else, and quote at most a short excerpt: payloads are private.
Must not know: framing, JSON, dialects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

# Bad input. `merge-rules`: "The codes are one closed, documented list."
FAULT_CODES: Mapping[str, str] = {
    "bad_json": "the data of an event is not JSON",
    "truncated_event": "the input ended inside the last event",
    "not_an_event_stream": "the body is something other than an event stream",
    "unknown_dialect": "no event told which API this stream speaks; pass dialect=...",
    "wrong_dialect": "no event was of the dialect that was named; name another one, or auto",
    "lost_input": "an exception left the midst of a feed; bytes of that read were not merged",
    "bad_frame": "a frame's checksum or length is wrong; its event was not merged",
    "limit_event_bytes": "one event is larger than Limits.max_event_bytes",
    "limit_output_bytes": "the answer is larger than Limits.max_output_bytes",
    "limit_total_bytes": "the stream is longer than Limits.max_total_bytes",
    "limit_choices": "more choices than Limits.max_choices; the rest is skipped",
    "limit_tool_calls": "more tool calls than Limits.max_tool_calls; the rest is skipped",
    "limit_blocks": "more blocks than Limits.max_blocks; the rest is skipped",
    "limit_depth": "JSON nested deeper than Limits.max_depth; the event is skipped",
}

# Odd but valid input.
ANOMALY_CODES: Mapping[str, str] = {
    "wrong_type": "a value has a type that its rule cannot merge; it was left out",
    "text_as_value": "a text was sent as another JSON type; it was merged as text, or kept",
    "number_range": "a number that no finite double can hold; it was left out",
    "glued_events": "several events in one frame, with no blank line between",
    "after_end": "an event after the terminator; counted, not merged",
    "second_stream": "a second stream began inside this one; its events are not merged",
    "delta_after_finish": "text or calls after the finish; merged all the same",
    "tool_index_reused": "a tool call's index does not fit the call; its id or name decided",
    "index_reused": "another block or item at an index in use; it stands behind that one",
    "block_restarted": "a block was started again at its index; it goes on",
    "missing_start": "a delta for an item that was never started; it was made",
    "bad_tool_json": "a finished tool input is not JSON; it stays a string",
    "unnamed_call": "a tool call ended without a name",
    "no_finish_reason": "the terminator came, and an answer had no finish reason yet",
    "open_block": "the answer is complete, and a block or call had not ended yet",
    "heartbeat_data": "a heartbeat that was sent as an event; counted, not merged",
    "foreign_event": "an event of another name, none of the API's; counted, not merged",
    "sequence_gap": "sequence numbers jumped: events are missing",
    "sequence_repeated": "a sequence number came again: the event was skipped",
    "done_mismatch": "a full value differs from the sum of its deltas; it replaced them",
}

# An exception may carry these beside a fault's code.
STATE_CODES: Mapping[str, str] = {
    "open": "the input is still open: feed the rest and close(), or read snapshot()",
    "truncated": "the input ended before the answer was complete; see .partial",
    "failed": "the server reported an error inside the stream; see .error and .partial",
    "closed": "this object is closed: reset() it, or make a new one for the next stream",
    "busy": "a feed of this object is still running: one stream, one thread at a time",
    "not_replayable": "no stream folds back into this answer; send it as it is, unstreamed",
}


class Fault(NamedTuple):
    """One piece of bad input.

    `code` is a key of `FAULT_CODES`; `offset` the byte in the stream, from 0;
    `event` the number of the event, from 0; `detail` a short text; `raw` at most
    256 bytes of the input around the fault.
    """

    code: str
    offset: int
    event: int
    detail: str
    raw: bytes


class Anomaly(NamedTuple):
    """One odd but valid piece of input.

    `code` is a key of `ANOMALY_CODES`; `event` the number of the event, from 0;
    `offset` the byte at which its frame starts; `path` the place in the event,
    as in `choices[0].delta.content` ("" is the event itself). `count` is how often it
    came, where only the first one is recorded (`delta_after_finish`); else 1.
    """

    code: str
    event: int
    offset: int
    path: str
    count: int = 1  # type: ignore[assignment]  # tuples have a method of that name


def describe(code: str, offset: int, detail: str = "") -> str:
    """The text of an error: its nature, its place, and the way out."""
    text = FAULT_CODES.get(code) or STATE_CODES.get(code) or code
    where = f" at byte {offset}" if offset >= 0 else ""
    return f"{code}{where}: {text}" + (f" ({detail})" if detail else "")


class NotMadeError(RuntimeError, AttributeError):
    """A subclass did not call the `__init__` above its own: nothing is there to work with."""


def not_made(instance: object) -> NotMadeError:
    """The error of any call of such an object."""
    return NotMadeError(
        f"{type(instance).__name__!r} was not made whole: its __init__ has to call "
        "super().__init__() first"
    )


class SSEFoldError(Exception):
    """Base of all errors of this package: `code`, `offset` (bytes; -1: none), `detail`."""

    def __init__(self, code: str, offset: int = -1, detail: str = "") -> None:
        super().__init__(code, offset, detail)
        self.code = code
        self.offset = offset
        self.detail = detail

    def __str__(self) -> str:
        return describe(self.code, self.offset, self.detail)


class StreamError(SSEFoldError):
    """An error of a folded stream: also `partial`, `status`, `faults`, `error`.

    `partial` is the snapshot at the time; `status` and `faults` are the
    accumulator's; `error` is the in-band error's payload, if there was one.
    """

    def __init__(
        self,
        code: str,
        offset: int = -1,
        detail: str = "",
        partial: dict[str, Any] | None = None,
        status: str = "open",
        faults: tuple[Fault, ...] = (),
        error: Any = None,
    ) -> None:
        super().__init__(code, offset, detail)
        self.partial = {} if partial is None else partial
        self.status = status
        self.faults = faults
        self.error = error

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (
            self.code,
            self.offset,
            self.detail,
            self.partial,
            self.status,
            self.faults,
            self.error,
        )


class StreamFailed(StreamError):
    """The server reported an error inside the stream (`error` holds its payload)."""


class StreamTruncated(StreamError):
    """The stream is not complete: cut (`truncated`), or not at its end yet (`open`)."""


class StreamMalformed(StreamError):
    """The input had faults; `code` and `offset` are the first one's."""
