r"""StreamAccumulator: a person's questions to a folded stream.

Enters: options, and through the backend's core the bytes of one stream.
Leaves: status, answer, text, usage, errors; exceptions that carry the partial answer.
Must not know: how bytes become blocks and blocks a state.

    >>> from ssefold import StreamAccumulator
    >>> acc = StreamAccumulator()
    >>> acc.feed(b'data: {"choices":[{"index":0,"delta":{"content":"Hel')
    0
    >>> acc.feed(b'lo"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')
    2
    >>> acc.status, acc.text(), acc.finish_reason()
    ('complete', 'Hello', 'stop')
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from ssefold import _backend
from ssefold._taking import take, take_text
from ssefold.delta import Delta
from ssefold.engine.jsonvalue import copy, repair
from ssefold.engine.rows import CALLS_WAY, FINISH_WAY, TEXT_WAY, USAGE_WAY
from ssefold.errors import (
    Anomaly,
    Fault,
    StreamError,
    StreamFailed,
    StreamMalformed,
    StreamTruncated,
)

if TYPE_CHECKING:
    _Core = _backend.FoldCore
else:
    _Core = object

_Asked = TypeVar("_Asked", bound="Answering")


class Answering(_Core):
    """The questions to a fold; stands above either backend's core."""

    __slots__ = ()

    def __enter__(self: _Asked) -> _Asked:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def dialect(self) -> str | None:
        """The dialect's name, or None while no event decided."""
        return self._stream.dialect

    @property
    def error(self) -> Any:
        """The payload of the first in-band error, a fresh copy; None if there was none."""
        return repair(copy(self._stream.error))

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The bad input met so far, at most Limits.max_faults of them."""
        faults: tuple[Fault, ...] = self._stream.log.kept_faults()
        return faults

    @property
    def anomalies(self) -> tuple[Anomaly, ...]:
        """The odd input met so far, at most Limits.max_anomalies of it."""
        return tuple(self._stream.log.anomalies or ())

    @property
    def fault_count(self) -> int:
        """How many faults there were, kept or not."""
        return self._stream.log.fault_count

    @property
    def anomaly_count(self) -> int:
        """How many anomalies there were, kept or not."""
        return self._stream.log.anomaly_count

    # -- the answer ------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """The answer as far as it came: a fresh dict, at any byte; never raises."""
        root = self._stream.root
        if root is None:
            return {}
        answer: dict[str, Any] = self._read(root)
        if self._stream.surrogates:
            answer = repair(answer)
        return answer

    def snapshot_json(self) -> bytes:
        """The snapshot as compact JSON in UTF-8."""
        written = self._write_answer()
        return self._write(self.snapshot()) if written is None else written

    def result(self) -> dict[str, Any]:
        """The answer, complete and faultless.

        Raises, in this order: StreamFailed (an in-band error), StreamMalformed (no
        event stream, an unknown or wrong dialect, a limit, a read that was lost),
        StreamTruncated (cut, or still open: code "open"), StreamMalformed (other faults).
        """
        self._judge()
        return self.snapshot()

    def result_json(self) -> bytes:
        """result() as compact JSON in UTF-8; raises alike."""
        self._judge()
        return self.snapshot_json()

    def _judge(self) -> None:
        """Raise the exception that result() has to raise, if any.

        Never from a name: the frame would hold the error, and the error the frame, and with
        it the accumulator, until the collector comes.
        """
        stream = self._stream
        status = stream.status
        if status == "failed":
            raise self._error(StreamFailed, "failed")
        grave = stream.log.worst()
        if grave is not None:
            raise self._error(StreamMalformed, *grave[:2], grave.detail)
        if status == "truncated":
            raise self._error(StreamTruncated, "truncated", self.bytes)
        if status == "open":
            raise self._error(StreamTruncated, "open", self.bytes)
        faults = self.faults
        if faults:
            raise self._error(StreamMalformed, *faults[0][:2], faults[0].detail)
        if stream.log.fault_count:  # max_faults=0 keeps none
            raise self._error(StreamMalformed, "bad_json")

    def _error(
        self, kind: type[StreamError], code: str, offset: int = -1, detail: str = ""
    ) -> StreamError:
        partial = {} if code == "busy" else self.snapshot()
        return kind(code, offset, detail, partial, self.status, self.faults, self.error)

    def _refuse(self, code: str) -> NoReturn:
        """For the core: a feed refused as `closed` or `busy`."""
        raise self._error(StreamError, code)

    def _stop(self) -> NoReturn:
        """For the core: a strict fold met its first fault."""
        faults = self.faults
        if not faults:
            raise self._error(StreamMalformed, "bad_json")
        raise self._error(StreamMalformed, *faults[0][:2], faults[0].detail)

    # -- parts of the answer -------------------------------------------------------

    def _usage(self) -> dict[str, Any] | None:
        found = self._select(USAGE_WAY)
        usage = self._plain(found[0]) if found else None
        return usage if isinstance(usage, dict) else None

    def text(self, choice: int = 0) -> str:
        """The text of a choice, without refusals and reasoning; "" if there is none."""
        text = "".join(map(_string, self._select(TEXT_WAY, choice)))
        repaired: str = repair(text)
        return repaired

    def _take_text(self, choice: int) -> str:
        return take_text(self, choice)

    def _take(self) -> list[Delta]:
        return take(self)

    def _ended(self) -> bool:
        """Whether nothing can follow any more."""
        stream = self._stream
        over: bool = stream.life.is_over()
        return over

    def _finish_reason(self, choice: int) -> str | None:
        found = self._select(FINISH_WAY, choice)
        reason = self._plain(found[0]) if found else None
        if type(reason) is int:
            return str(reason)
        return reason if isinstance(reason, str) else None

    def tool_calls(self, choice: int = 0) -> list[dict[str, Any]]:
        """The tool calls of a choice as they stand in the answer, fresh dicts."""
        found = self._select(CALLS_WAY, choice)
        return [call for call in map(self._plain, found) if call]

    def tool_arguments(self, call: int = 0, choice: int = 0) -> Any:
        """The arguments of a tool call, a value growing with its JSON text; or None.

        `call` counts as tool_calls() does. One object grows in place from one question to the
        next, and each reads the new pieces only: copy it to keep it, and do not change it. A string
        is given as far as it came; an open number, literal or key is left out, as is a number
        beyond any finite double. Where the text is damaged, or nests deeper than
        Limits.max_depth, the value stays as it was before. Text behind a whole value is not read.
        Arguments that came as an object and not as its text are a fresh copy; the input of a
        custom tool is a str. None before anything came, and where there is no such call.

            for chunk in response:
                acc.feed(chunk)
                show(acc.tool_arguments())
        """
        return self._grown(call, choice)

    def partial_json(self, choice: int = 0) -> Any:
        """The text of a choice, text(), read as JSON while it grows: as tool_arguments().

        None before a value begins, and where the text is no JSON.
        """
        return self._grown(None, choice)

    def _plain(self, state: Any) -> Any:
        value = self._read(state)
        return repair(value) if self._stream.surrogates else value

    # -- operations that it refuses ---------------------------------------------------

    def __repr__(self) -> str:
        log = self._stream.log
        return (
            f"<StreamAccumulator {self.dialect or 'undecided'} {self.status}: "
            f"{self.events} events, {self.bytes} bytes, "
            f"{log.fault_count} faults, {log.anomaly_count} anomalies>"
        )

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a StreamAccumulator cannot be pickled or copied: snapshot() can")


class StreamAccumulator(Answering, _backend.FoldCore):
    """Folds one stream: feed bytes in, read the answer at any byte.

    dialect: "auto", one of the dialects' names, a table (a module or a mapping), or a list of
             these, asked in that order: [table, "auto"].
    strict:  feed raises StreamMalformed at the first fault.
    limits:  the most that the stream may cost (see Limits).
    rules:   {path: rule} for fields we do not know, or know otherwise, such as
             {"choices[].delta.mood": "append"}; the error about a wrong rule names all of them.
    framing: "auto", or how the events are framed: "sse", "ndjson", "json-array" or "aws".
    content_type: the response's Content-Type: where a first line leaves the framing open, it
             decides; what the bytes say wins over it.

    Raises ValueError for an unknown dialect, framing or rule and for a wrong table, TypeError
    for wrong types.
    """

    __slots__ = ()


def _string(leaf: Any) -> str:
    text: str = leaf if isinstance(leaf, str) else leaf.get()
    return text
