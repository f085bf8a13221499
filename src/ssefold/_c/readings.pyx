# cython: language_level=3
"""The readings of a fold in the compiled backend, at any byte.

Enters: a Stream, and the templates whose values wait to be decoded.
Leaves: counts and status; texts, usage and reasons, quickly where nothing but texts grew.
Must not know: bytes, framing, a caller's words.
"""

from ssefold.errors import not_made

from .engine.growth cimport grown, select
from .engine.state cimport read as read_state
from .engine.stream cimport Stream
from .engine.taking cimport leaves, texts
from .fast.templates cimport Templates
from .following cimport Following, Follows
from .jsonwrite cimport write
from .statewrite cimport write_state


cdef class Readings:
    """What somebody asks of a fold; FoldCore feeds it."""

    cdef Stream made(self):
        """The stream; a subclass may have made none."""
        if self._folded is None:
            raise not_made(self)
        return self._folded

    @property
    def _stream(self):
        return self.made()

    @property
    def _taken(self):
        """How much was taken of each text; made when somebody takes."""
        if self._given is None:
            self._given = {}
        return self._given

    @property
    def status(self):
        """ "open", "complete", "truncated" or "failed"."""
        return self.made().status

    @property
    def events(self):
        """How many events came, `[DONE]` among them; heartbeats are none."""
        return self.made().events

    @property
    def recognised(self):
        """How many of the events were like earlier ones, and were not read for themselves.

        Such an event costs a compare and a copy, any other some microseconds. Of a provider's own
        dialect most are recognised; a table of yours with few of them folds right, but not fast.
        """
        cdef Stream stream = self.made()
        return stream.events - stream.cold

    cdef int settle(self) except -1:
        """Decode the waiting values, before anybody reads."""
        cdef Templates known = self._known
        return 0 if known is None else known.flush()

    # -- readings that somebody repeats after each event ------------------------------------------

    def take_text(self, choice=0):
        """The text since the last call, its pieces in the order of arrival.

        A high surrogate waits for its half while one can come. A full value in the place of
        another, or of its deltas, gives only its extension of them; a text that it took out of
        the answer is given all the same, asked for before or not.
        """
        cdef Following known = None if self._follows is None else self._follows.texts
        if known is not None and self.is_as_at(known.mark) and choice is known.choice:
            return known.text()
        return self._take_text(choice)

    def take(self):
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
        cdef Following known = None if self._follows is None else self._follows.pieces
        if known is not None and self.is_as_at(known.mark):
            return known.deltas()
        return self._take()

    @property
    def usage(self):
        """The answer's usage in the dialect's own words, a fresh dict, or None."""
        # Nothing that is found while a feed runs holds.
        cdef long long mark = -1 if self._busy else self._turn
        if self.is_as_at(self._usage_mark):
            return None
        found = self._usage()
        if found is None:
            self._usage_mark = mark
        return found

    def finish_reason(self, choice=0):
        """Why the choice ended, in the dialect's own words; None while it has not.

        A reason that came as a number (an enum's) is that number's text.
        """
        cdef long long mark = -1 if self._busy else self._turn
        if choice is self._reason_choice and self.is_as_at(self._reason_mark):
            return self._reason
        reason = self._finish_reason(choice)
        self._reason_mark = -1  # nobody sees the new choice beside the old reason
        self._reason, self._reason_choice = reason, choice
        self._reason_mark = mark
        return reason

    cdef bint is_as_at(self, long long mark) noexcept:
        """Whether nothing happened since but that recognised chunks changed slots.

        Nor may one of these say more than that a text grew: which tool is called, say.
        """
        return mark == self._turn and self._known is not None and not (
            self._known.cells.unsure or self._folded.surrogates)

    def _begin_walk(self, int reader):
        """A reader looks at all of the answer: the mark of now, None while a feed runs."""
        cdef Follows follows = Follows() if self._follows is None else self._follows
        self._follows = follows
        follows.end(reader, self._taken)
        return None if self._busy else self._turn

    def _follow_from(self, int reader, long long mark, choice, list rows):
        """From that mark on only these texts, in rows of Follows.begin(), can grow."""
        cdef Follows follows = self._follows
        if mark == self._turn:  # else the collector ran code that fed
            follows.begin(reader, mark, choice, rows)

    # -- for the layers above ------------------------------------------------------

    def _read(self, state):
        self.settle()
        return read_state(state)

    def _leaves(self, state, sheet, seen):
        self.settle()
        return leaves(state, sheet, seen)

    def _select(self, int which, choice=0):
        self.settle()
        return select(self.made(), which, choice)

    def _locate(self, state, steps, choice, seen):
        self.settle()
        return texts(state, steps, choice, seen)

    def _grown(self, call, choice):
        self.settle()
        return grown(self.made(), call, choice)

    def _write(self, value):
        return write(value)

    def _write_answer(self):
        """The JSON of the answer, or None where the snapshot has to be written."""
        cdef Stream stream = self.made()
        if stream.root is None or stream.surrogates:
            return None
        self.settle()
        whole = write_state(stream.root)
        # A tool's input may have had one, once it was read.
        return None if stream.surrogates else whole
