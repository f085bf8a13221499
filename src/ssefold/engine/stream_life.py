"""How a stream stands: its possible states, and the signals between them.

Enters: the signals of the stream: its terminator, an error, a loss, a stop, the end of input.
Leaves: facts, each the answer to one question; nobody else combines them.
Must not know: events, dialects, the answer's content.

Three machines run side by side, and each signal goes to all of them. MACHINES says where a signal
leads; a signal without a row in a state changes nothing: an error behind the terminator, say,
belongs to no answer.

    >>> from ssefold.engine.stream_life import ERROR, TERMINATOR, new_life
    >>> life = new_life()
    >>> life.move(TERMINATOR)
    >>> life.move(ERROR)
    >>> life.status(True)
    'complete'

One source for both backends: `_c/engine/stream_life.pxd` says how it is compiled.
"""

from __future__ import annotations

# The signals of a stream.
TERMINATOR = 0  # the dialect's own, or `[DONE]`
FINISHED = 1  # the input ended, and the answer had said itself why it ends
ERROR = 2  # the server reported one
LOSS = 3  # an exception left the midst of a read: memory ran short
STOP = 4  # the folding ends here: a limit, a strict fold, no dialect
CLOSE = 5  # the input ended

SIGNALS = ("terminator", "finished", "error", "loss", "stop", "close")

# The answer, as its events tell it.
ANSWER = {
    "open": {"terminator": "ended", "finished": "ended", "error": "failing"},
    "failing": {"terminator": "failed", "finished": "failed"},
    "ended": {},
    "failed": {},
}

# Whether all of the stream was merged: bytes lost behind its end are missed by nobody.
MERGED = {
    "whole": {"loss": "torn", "terminator": "kept"},
    "torn": {},
    "kept": {},
}

# Whether bytes are still looked at.
READING = {
    "reading": {"stop": "stopped", "close": "closed"},
    "stopped": {"close": "shut"},
    "closed": {},
    "shut": {},
}

MACHINES = {"answer": ANSWER, "merged": MERGED, "reading": READING}

OPEN, FAILING, ENDED, FAILED = range(4)
WHOLE, TORN, KEPT = range(3)
READ_ON, STOPPED, CLOSED, SHUT = range(4)

MANY = len(SIGNALS)


def _compiled(machine: dict[str, dict[str, str]]) -> bytes:
    """For each state and signal the next state, so that a move needs no memory."""
    states = list(machine)
    return bytes(
        [
            states.index(leads.get(signal, state))
            for state, leads in machine.items()
            for signal in SIGNALS
        ]
    )


TO_ANSWER = _compiled(ANSWER)
TO_MERGED = _compiled(MERGED)
TO_READING = _compiled(READING)


class Life:
    """The states of one stream.

    answer, merged, reading: the states themselves.
    ended:  the terminator came, or the answer ended without one.
    failed: an error came before that.
    torn:   something was lost before that.
    reads:  bytes are still looked at. dead: none is any more; closed: none comes.
    """

    __slots__ = (
        "answer",
        "closed",
        "dead",
        "ended",
        "failed",
        "merged",
        "reading",
        "reads",
        "torn",
    )

    def begin(self) -> None:
        """Nothing happened yet."""
        self.answer, self.merged, self.reading = OPEN, WHOLE, READ_ON
        self.ended = self.failed = self.torn = self.dead = self.closed = False
        self.reads = True

    def move(self, signal: int) -> None:
        """Something happened."""
        self.answer = TO_ANSWER[self.answer * MANY + signal]
        self.merged = TO_MERGED[self.merged * MANY + signal]
        self.reading = TO_READING[self.reading * MANY + signal]
        self.ended = self.answer == ENDED or self.answer == FAILED
        self.failed = self.answer == FAILING or self.answer == FAILED
        self.torn = self.merged == TORN
        self.reads = self.reading == READ_ON
        self.dead = self.reading == STOPPED or self.reading == SHUT
        self.closed = self.reading == CLOSED or self.reading == SHUT

    def is_over(self) -> bool:
        """Whether nothing can change the answer any more."""
        return self.ended or not self.reads

    def is_sound(self) -> bool:
        """Whether every piece that came is in the answer: a lost one forbids a judgement."""
        return not (self.failed or self.torn or self.dead)

    def status(self, answered: bool) -> str:
        """open, complete, truncated or failed; answered: whether there is an answer at all."""
        if self.failed:
            return "failed"
        if not self.ended:
            return "truncated" if self.closed else "open"
        return "complete" if answered and not self.torn else "truncated"


def new_life() -> Life:
    """The life of a stream that begins."""
    life = Life.__new__(Life)
    life.begin()
    return life
