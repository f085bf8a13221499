"""Whether a stream speaks the dialect named by its reader.

Enters: the events of the stream, as far as each was read.
Leaves: at its end the fault `wrong_dialect`, if none of them was of the named dialect.
Must not know: states, merging, an event's meaning.

A chat read as messages of another API folds to nothing, and nothing else would say so.

One source for both backends: `_c/engine/detect_named.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from .detect import HEARTBEATS, decides_for, has_signs


class Asked:
    """The named dialect, until an event of it came.

    open: it was named, and no event of it came yet. came: (event, offset) of the first event from
    elsewhere. wrong: none of it ever came.
    """

    __slots__ = ("came", "log", "open", "source", "wrong")

    def __init__(self, log: Any) -> None:
        self.log = log
        self.source: Any = None
        self.came: Any = None
        self.open = self.wrong = False

    def ask(self, source: Any) -> None:
        """A dialect was named; a table without signs is never wrong."""
        self.source = source
        self.open = has_signs(source)

    def watch(self, value: Any, kind: str, failed: bool) -> None:
        """An event came; a failure or a heartbeat alone says nothing of the dialect."""
        if decides_for(self.source, value, kind):
            self.open = False
        elif not failed and kind not in HEARTBEATS:
            self.note()

    def note(self) -> None:
        """An event came from outside the named dialect."""
        if self.open and self.came is None:
            self.came = (self.log.event, self.log.offset)

    def judge(self) -> None:
        """The end: judges whether the named dialect ever came."""
        if self.open and self.came is not None:
            here = self.log.event
            self.wrong = True
            self.log.event, offset = self.came
            self.log.fault("wrong_dialect", offset, f"no event of {self.source['NAME']}")
            self.log.event = here
