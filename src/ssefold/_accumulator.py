"""StreamAccumulator: what a person asks of a folded stream.

Enters: options, and through the backend's core the bytes of one stream.
Leaves: status, answer, text, usage, errors; exceptions that carry the partial answer.
Must not know: how bytes become blocks and blocks a state.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from ssefold import _backend
from ssefold.delta import Delta
from ssefold.engine.jsonvalue import copy, repair
from ssefold.engine.taking import SETTLED
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

_Reader = TypeVar("_Reader", bound="Reader")


class Reader(_Core):
    """What can be read of a fold; stands above either backend's core."""

    __slots__ = ()

    def __enter__(self: _Reader) -> _Reader:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def status(self) -> str:
        """ "open", "complete", "truncated" or "failed"."""
        return self._stream.status

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
        """Raise what result() has to raise, if anything.

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
        """For the core: a feed that cannot be taken (`closed`, `busy`)."""
        raise self._error(StreamError, code)

    def _stop(self) -> NoReturn:
        """For the core: a strict fold met its first fault."""
        faults = self.faults
        if not faults:
            raise self._error(StreamMalformed, "bad_json")
        raise self._error(StreamMalformed, *faults[0][:2], faults[0].detail)

    # -- parts of the answer -------------------------------------------------------

    @property
    def usage(self) -> dict[str, Any] | None:
        """The answer's usage in the dialect's own words, a fresh dict, or None."""
        found = self._select("usage")
        usage = self._plain(found[0]) if found else None
        return usage if isinstance(usage, dict) else None

    def text(self, choice: int = 0) -> str:
        """The text of a choice, without refusals and reasoning; "" if there is none."""
        text = "".join(map(_string, self._texts(choice)))
        repaired: str = repair(text)
        return repaired

    def take_text(self, choice: int = 0) -> str:
        """The text that came since the last call, pieces in the order they came.

        A high surrogate waits for its half while one can come. A full value that
        replaced another, or its deltas, gives only what extends them; what it took
        out of the answer is given all the same, asked for before or not.
        """
        final = self._ended()
        given: dict[Any, Any] = {}
        texts = self._located(choice, (self._taken, given, final))
        arrivals = self._stream.arrivals if choice == 0 else None
        pieces = [] if arrivals is None else [arrivals.peek(final)]
        shown = [] if arrivals is None else [arrivals]
        for key, leaf in texts:
            piece, given[key] = _shown(leaf, self._taken.get(key, 0), final)
            pieces.append(piece)
            if not isinstance(leaf, str):
                shown.append(leaf)
        taken: str = repair("".join(pieces))
        self._give(given, shown, 0)
        return taken

    def take(self) -> list[Delta]:
        """What came since the last call, as typed pieces: text, reasoning, tool calls.

        In the order of the answer: choices by number, then blocks, items and parts;
        in a message the reasoning before the text, that before the tool calls. All
        pieces of one place (kind, choice, index and part), joined over all calls, are
        the same however the input was cut and however often it was asked for. A
        high surrogate waits for its half. A full value that replaced its deltas adds
        only what extends them; what it took out of the answer is given all the same.
        An object is given once its element is whole. At any byte, after close too.
        What take_text() gave is not missing here, nor the other way round.
        """
        stream = self._stream
        root = stream.root
        if root is None:
            return []
        found: list[tuple[Delta, Any]] = []
        said: dict[Any, dict[str, str]] = {}
        given: dict[Any, Any] = {}
        shown: dict[int, Any] = {}
        seen = (self._taken, given, self._ended())
        for kind, leaf, place, key, group in self._leaves(root, stream.source.deltas, seen):
            if id(leaf) in shown:
                continue  # what several fields of one place gave
            before = given[key] if key in given else self._taken.get(key, "")
            piece, given[key] = self._piece(leaf, before)
            if not isinstance(leaf, (str, dict)):
                shown[id(leaf)] = leaf
            if piece:
                found.append((Delta(kind, piece, *map(_repaired, place)), group))
                if group is not None:
                    texts = said.setdefault(group[0], {})
                    texts[group[1]] = texts.get(group[1], "") + piece
        taken = [delta for delta, group in found if group is None or _is_first(group, said)]
        self._give(given, shown.values(), 1)
        return taken

    def _piece(self, leaf: Any, given: Any) -> tuple[str, Any]:
        """What came to a leaf since take() took from it, and what is given of it then.

        That is counted for a buffer and kept for a plain string: the first delta turns
        the text that a block started with into a buffer, which begins with it.
        """
        final = self._ended()
        if isinstance(leaf, dict):
            leaf = self._write(repair(leaf)).decode()
        if isinstance(leaf, str):
            return _shown_plain(leaf, given, final)
        piece: str = repair(leaf.peek(final, 1))
        if piece and isinstance(given, str):
            piece = piece.removeprefix(given)
            given = len(given)
        return piece, given + len(piece) if piece else given

    def _give(self, given: dict[Any, Any], shown: Iterable[Any], reader: int) -> None:
        """What was looked at is given: it exists, and to say so needs no memory any more.

        What a place is new to is made room for first, so that nothing can be lost on the way.
        """
        taken = self._taken
        for key in given:
            taken.setdefault(key, 0 if reader == 0 or key[-1] == SETTLED else "")
        moves, texts = iter(given.items()), iter(shown)  # memory, too
        for key, value in moves:
            taken[key] = value
        for text in texts:
            text.accept(reader)

    def _ended(self) -> bool:
        """Whether nothing can follow any more."""
        stream = self._stream
        over: bool = stream.life.is_over()
        return over

    def finish_reason(self, choice: int = 0) -> str | None:
        """Why the choice ended, in the dialect's own words; None while it has not.

        A reason that came as a number (an enum's) is that number's text.
        """
        found = self._select("finish", choice)
        reason = self._plain(found[0]) if found else None
        if type(reason) is int:
            return str(reason)
        return reason if isinstance(reason, str) else None

    def tool_calls(self, choice: int = 0) -> list[dict[str, Any]]:
        """The tool calls of a choice as they stand in the answer, fresh dicts."""
        return [call for call in map(self._plain, self._select("calls", choice)) if call]

    def _texts(self, choice: int) -> list[Any]:
        """The leaves (strings or text buffers) that make up a choice's text."""
        leaves = []
        for found in self._select("text", choice):
            if _is_leaf(found):
                leaves.append(found)
            else:
                leaves += self._texts_of(found)
        return list(filter(_is_leaf, leaves))

    def _texts_of(self, found: Any) -> list[Any]:
        """The texts of what stands where a text belongs: a list of parts, or an object."""
        step = {"each": "parts", "type": ("text",)}
        parts = self._follow({"parts": found}, (step, "text"), 0)
        return list(parts or self._follow(found, ("text",), 0))

    def _located(self, choice: int, seen: Any) -> list[tuple[Any, Any]]:
        """The same, each with what it is known by from one call to the next.

        But for parts that were seen and to which nothing comes any more (engine/taking.py).
        """
        steps = self._path("text", choice)
        found: list[Any] = self._locate(self._stream.root, steps, choice, seen) if steps else []
        return found

    def _path(self, what: str, choice: int) -> tuple[Any, ...]:
        """The dialect's READ path; () if there is none for this choice, or no answer."""
        stream = self._stream
        if stream.root is None:
            return ()
        path = stream.source["READ"][what]
        steps = (path,) if isinstance(path, str) else path
        if not steps or (choice != 0 and not (type(steps[0]) is dict and "entry" in steps[0])):
            return ()
        return tuple(steps)

    def _select(self, what: str, choice: int = 0) -> list[Any]:
        """The states that the dialect's READ path leads to."""
        steps = self._path(what, choice)
        return self._follow(self._stream.root, steps, choice) if steps else []

    def _plain(self, state: Any) -> Any:
        value = self._read(state)
        return repair(value) if self._stream.surrogates else value

    # -- what it is not --------------------------------------------------------------

    def __repr__(self) -> str:
        log = self._stream.log
        return (
            f"<StreamAccumulator {self.dialect or 'undecided'} {self.status}: "
            f"{self.events} events, {self.bytes} bytes, "
            f"{log.fault_count} faults, {log.anomaly_count} anomalies>"
        )

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a StreamAccumulator cannot be pickled or copied: snapshot() can")


class StreamAccumulator(Reader, _backend.FoldCore):
    """Folds one stream: feed bytes in, read the answer at any byte.

    dialect: "auto", one of the dialects' names, or a table (a module or a mapping).
    strict:  feed raises StreamMalformed at the first fault.
    limits:  what the stream may cost (see Limits).
    rules:   {path: rule} for fields we do not know, or know otherwise:
             "append", "last", "first", "extend", "snapshot" or "drop".

    Raises ValueError for an unknown dialect or rule and for a wrong table, TypeError
    for wrong types.
    """

    __slots__ = ()


def _is_leaf(state: Any) -> bool:
    return isinstance(state, str) or hasattr(state, "take")


def _string(leaf: Any) -> str:
    text: str = leaf if isinstance(leaf, str) else leaf.get()
    return text


def _shown(leaf: Any, given: int | str, final: bool) -> tuple[str, int | str]:
    """What came to a leaf since the last time, and what was given out of it by now.

    That is counted for a buffer and kept for a plain string: the first delta turns the
    text that a block started with into a buffer, which begins with it.
    """
    if isinstance(leaf, str):
        waits = not final and "\ud800" <= leaf[-1:] <= "\udbff"
        whole = leaf[:-1] if waits else leaf
        count = len(given) if isinstance(given, str) else given
        return whole[count:], whole if len(whole) >= count else given
    before = leaf.taken
    piece: str = leaf.peek(final)
    count = before + len(piece)
    if before == 0 and isinstance(given, str):
        piece = piece.removeprefix(given)
    return piece, count


def _shown_plain(whole: str, given: str | int, final: bool) -> tuple[str, str | int]:
    """What a plain string adds to what was given (counted, if a buffer stood here before)."""
    if not final and "\ud800" <= whole[-1:] <= "\udbff":
        whole = whole[:-1]
    whole = repair(whole)
    if isinstance(given, int):
        return whole[given:], max(given, len(whole))
    return (whole[len(given) :], whole) if whole.startswith(given) else ("", given)


def _repaired(value: Any) -> Any:
    return repair(value) if isinstance(value, str) else value


def _is_first(group: tuple[Any, str], said: dict[Any, dict[str, str]]) -> bool:
    """False for a field that says the same as another before it: some servers send both."""
    for name, text in said[group[0]].items():
        if name == group[1]:
            return True
        if text == said[group[0]][group[1]]:
            return False
    return True
