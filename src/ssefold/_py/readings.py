"""The readings of a fold in the pure backend, at any byte.

Enters: a Stream, and the templates that tell whether anything but texts grew.
Leaves: counts and status; texts, usage and reasons, quickly where nothing but texts grew.
Must not know: bytes, framing, a caller's words.
"""

from __future__ import annotations

from typing import Any, NoReturn

from ssefold._py.fast.templates import Templates
from ssefold._py.following import Follows
from ssefold._py.jsonwrite import write
from ssefold.delta import Delta
from ssefold.engine.growth import grown, select
from ssefold.engine.state import read as read_state
from ssefold.engine.stream import Stream
from ssefold.engine.taking import leaves, texts


class Readings:
    """What somebody asks of a fold; FoldCore feeds it."""

    __slots__ = (
        "_follows", "_known", "_owner", "_reason", "_stream", "_taken", "_turn", "_usage_mark",
    )  # fmt: skip

    _owner: dict[int, object]
    _stream: Stream
    _known: Templates | None
    _taken: dict[Any, int | str]
    _turn: int
    _follows: Follows | None  # the texts that its readers follow
    _usage_mark: int  # the turn in which there was none
    _reason: tuple[Any, int, str | None]  # what finish_reason() was asked, when, what it said

    @property
    def status(self) -> str:
        """ "open", "complete", "truncated" or "failed"."""
        return self._stream.status

    @property
    def events(self) -> int:
        """How many events came, `[DONE]` among them; heartbeats are none."""
        return self._stream.events

    @property
    def recognised(self) -> int:
        """How many of the events were like earlier ones, and were not read for themselves.

        Such an event costs a compare and a copy, any other some microseconds. Of a provider's own
        dialect most are recognised; a table of yours with few of them folds right, but not fast.
        """
        return self._stream.events - self._stream.cold

    # -- readings that somebody repeats after each event ------------------------------------------

    def take_text(self, choice: int = 0) -> str:
        """The text since the last call, its pieces in the order of arrival.

        A high surrogate waits for its half while one can come. A full value in the place of
        another, or of its deltas, gives only its extension of them; a text that it took out of
        the answer is given all the same, asked for before or not.
        """
        known = None if self._follows is None else self._follows.texts
        if known is not None and choice is known.choice and self._is_as_at(known.mark):
            return known.text()
        return self._take_text(choice)

    def take(self) -> list[Delta]:
        """The pieces since the last call, with their types: text, reasoning, tool calls.

        In the order of the answer: choices by number, then blocks, items and parts; in a
        message the reasoning before the text, that before the tool calls. All pieces of one
        place (kind, choice, index and part), joined over all calls, are the same however the
        input was cut and however often it was asked for. A high surrogate waits for its half.
        A full value in the place of its deltas adds only its extension of them; a text that it
        took out of the answer is given all the same. An object is given once its element is
        whole. At any byte, after close too. Pieces given by take_text() are not missing here,
        nor the other way round.
        """
        known = None if self._follows is None else self._follows.pieces
        if known is not None and self._is_as_at(known.mark):
            return known.deltas()
        return self._take()

    @property
    def usage(self) -> dict[str, Any] | None:
        """The answer's usage in the dialect's own words, a fresh dict, or None."""
        if self._is_as_at(self._usage_mark):
            return None
        mark = self._mark()
        found = self._usage()
        if found is None:
            self._usage_mark = mark
        return found

    def finish_reason(self, choice: int = 0) -> str | None:
        """Why the choice ended, in the dialect's own words; None while it has not.

        A reason that came as a number (an enum's) is that number's text.
        """
        asked, mark, reason = self._reason
        if choice is asked and self._is_as_at(mark):
            return reason
        mark = self._mark()
        reason = self._finish_reason(choice)
        self._reason = (choice, mark, reason)
        return reason

    def _mark(self) -> int:
        """A finding of now holds until anything but the recognised happens; -1: never."""
        return -1 if 0 in self._owner else self._turn

    def _is_as_at(self, mark: int) -> bool:
        """Whether nothing happened since but that recognised chunks changed slots.

        Nor may one of these say more than that a text grew: which tool is called, say.
        """
        known = self._known
        return mark == self._turn and known is not None and not (
            known.cells.unsure or self._stream.surrogates)

    def _begin_walk(self, reader: int) -> int | None:
        """A reader looks at all of the answer: the mark of now, None while a feed runs."""
        follows = self._follows or Follows()
        self._follows = follows
        follows.end(reader, self._taken)
        return None if 0 in self._owner else self._turn

    def _follow_from(self, reader: int, mark: int, choice: Any, rows: list[Any]) -> None:
        """From that mark on only these texts, in rows of Follows.begin(), can grow."""
        follows = self._follows
        if follows is not None and mark == self._turn:  # else another thread fed
            follows.begin(reader, mark, choice, rows)

    def _take_text(self, choice: int) -> str:
        raise NotImplementedError  # Answering knows where texts stand, and what else is asked for

    def _take(self) -> list[Delta]:
        raise NotImplementedError

    def _usage(self) -> dict[str, Any] | None:
        raise NotImplementedError

    def _finish_reason(self, choice: int) -> str | None:
        raise NotImplementedError

    # -- for the layers above --------------------------------------------

    def _read(self, state: Any) -> Any:
        return read_state(state)

    def _leaves(self, state: Any, sheet: tuple[Any, ...], seen: Any) -> list[Any]:
        return leaves(state, sheet, seen)

    def _select(self, which: int, choice: int = 0) -> list[Any]:
        return select(self._stream, which, choice)

    def _locate(self, state: Any, steps: tuple[Any, ...], choice: int, seen: Any) -> list[Any]:
        return texts(state, steps, choice, seen)

    def _grown(self, call: int | None, choice: int) -> Any:
        return grown(self._stream, call, choice)

    def _write(self, value: Any) -> bytes:
        return write(value)

    def _write_answer(self) -> bytes | None:
        """None: the snapshot has to be written."""
        return None

    def _refuse(self, code: str) -> NoReturn:
        raise NotImplementedError  # Answering knows the words for a caller

    def _stop(self) -> NoReturn:
        raise NotImplementedError
