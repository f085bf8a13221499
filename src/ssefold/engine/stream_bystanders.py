"""Events outside the answer: heartbeats sent as data, and events of another name.

Enters: an event's name and its data as read; the dialect's table, once it is known.
Leaves: whether the event stands by; anomalies, at the first heartbeat and at the first event
of each foreign name.
Must not know: how events are merged, the end of a stream.

Relays send pings as events while they wait for a model, and tools tell of their progress between
the chunks of a chat. Neither is an answer, and neither is damage.

One source for both backends: `_c/engine/stream_bystanders.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from .detect import HEARTBEATS, dialect_of
from .event_merge import knows
from .jsonvalue import given
from .stream_failures import NAMED, UNDER

# Possible names of events in dialects whose events have none.
OUR_NAMES = (b"", b"message", NAMED.encode())

# A sender chooses the names: how many are told apart, and how much of each is kept.
MOST_NAMES = 64
LONGEST_NAME = 256

# The name of a heartbeat without one, among the waiting events.
COMMENT = ":"


class Bystanders:
    """The bystanders of one stream.

    beat: a heartbeat came. names: the foreign names that came, or None.
    waiting: (name, event, offset) of those that came before the dialect was known, the first of
    each name: a heartbeat in one dialect is a kind of event in another. choice: the dialects
    among which events decide.
    """

    __slots__ = ("beat", "choice", "log", "names", "waiting")

    def __init__(self, log: Any, choice: Any) -> None:
        self.log = log
        self.choice = choice
        self.beat = False
        self.names: Any = None
        self.waiting: Any = None

    def stands_by(self, table: Any, kind: str, value: Any) -> bool:
        """Whether an event of this name is none of the dialect's. None: no dialect yet.

        value: its data as read, of any type.
        """
        if isinstance(given(value, UNDER), dict):
            return False
        if table is None:
            return True
        if table.kind is not None:
            return kind in HEARTBEATS and not knows(table, kind, value)
        if table.own is None:  # a caller's table without a row OWN
            return kind in HEARTBEATS and not isinstance(value, dict)
        return not isinstance(value, dict) or not any([key in value for key in table.own])

    def is_aside(self, table: Any, kind: str, data: bytes, value: Any) -> bool:
        """Whether data without JSON is no damage: a heartbeat, or a text of another name."""
        if kind not in HEARTBEATS and data.lstrip()[:1] in (b"{", b"["):
            return False
        if table is None and isinstance(value, dict) and dialect_of(value, kind, self.choice):
            return False
        return self.stands_by(table, kind, value)

    def pass_by(self, table: Any, kind: str) -> None:
        """Such an event came: it is counted, and recorded if it is the first of its sort."""
        if table is None:
            self.wait(kind[:LONGEST_NAME])
        elif kind in HEARTBEATS:
            self.heartbeat(table)
        else:
            self.foreign(kind[:LONGEST_NAME])

    def heartbeat(self, table: Any) -> None:
        """A heartbeat came."""
        if self.beat:
            return
        if table is None and self.waiting:
            self.wait(COMMENT)  # behind an event that may prove to be the first
            return
        self.beat = True
        self.log.anomaly("heartbeat_data", "")

    def foreign(self, name: str) -> None:
        """An event of another name came."""
        if self.names is None:
            self.names = set()
        if name not in self.names and len(self.names) < MOST_NAMES:
            self.names.add(name)
            self.log.anomaly("foreign_event", "")

    def wait(self, name: str) -> None:
        """An event came that only the dialect can judge."""
        if self.waiting is None:
            self.waiting = {}
        if name not in self.waiting and len(self.waiting) < MOST_NAMES:
            self.waiting[name] = (self.log.event, self.log.offset)

    def settle(self, table: Any) -> None:
        """The dialect is known, or the stream ended without one: record the waiting events."""
        if not self.waiting:
            return
        waiting, self.waiting = self.waiting, None
        here = (self.log.event, self.log.offset)
        for name, (event, offset) in waiting.items():
            self.log.event, self.log.offset = event, offset
            if name == COMMENT or (
                name in HEARTBEATS and (table is None or not knows(table, name, None))
            ):
                self.heartbeat(table)
            elif table is not None and table.own is not None:
                self.foreign(name)
        self.log.event, self.log.offset = here
