"""What was found wrong or odd in one stream: bounded records, full counts.

Enters: codes, with the place that the stream set before.
Leaves: tuples of Fault and Anomaly.
Must not know: what the codes mean, or what follows from them.
"""

from __future__ import annotations

from typing import Any

from ssefold.errors import Anomaly, Fault
from ssefold.limits import Limits

# Of the input around a fault; payloads are private.
RAW_BYTES = 256

# The senders choose names and indexes: a record for each is bounded.
MOST_COUNTED = 256

GRAVE = ("not_an_event_stream", "unknown_dialect", "wrong_dialect", "limit_")


class Log:
    """The faults and anomalies of one stream; None while there are none.

    event, offset: the event being read, and where its frame starts.
    fault_count, anomaly_count: their full numbers; `faults` and `anomalies` hold the first
    max_faults and max_anomalies of them.
    counted: the position in `anomalies` of each record that is made once, by its key; -1 for one
    that was not kept.
    grave: the first fault after which the answer is absent or not whole: a limit, a body that is
    no event stream, an unknown dialect. It is never crowded out.
    lost_at, lost_event: where the first read with lost bytes began, -1 if none did; lost_behind:
    how many of `faults` came before. These are numbers, not a record: where memory ran short
    there is none for a record.
    """

    __slots__ = (
        "anomalies",
        "anomaly_count",
        "counted",
        "event",
        "fault_count",
        "faults",
        "grave",
        "limits",
        "lost_at",
        "lost_behind",
        "lost_event",
        "offset",
        "seen",
    )

    def begin(self, limits: Limits) -> None:
        """Nothing was found yet."""
        self.limits = limits
        # Lists from the first one on: nearly no stream has any.
        self.faults: list[Fault] | None = None
        self.anomalies: list[Anomaly] | None = None
        self.grave: Fault | None = None
        self.fault_count = 0
        self.anomaly_count = 0
        self.event = 0
        self.offset = 0
        self.seen: set[str] | None = None
        self.counted: dict[Any, int] | None = None
        self.lost_at = self.lost_event = -1
        self.lost_behind = 0

    def fault(self, code: str, offset: int, detail: str, raw: bytes = b"") -> None:
        """Record bad input at `offset` of the stream."""
        self.fault_count += 1
        fault = Fault(code, offset, self.event, detail, raw[:RAW_BYTES])
        if self.grave is None and code.startswith(GRAVE):
            self.grave = fault
        most = self.limits.max_faults
        if self.faults is None:
            self.faults = []
        if most is None or len(self.faults) < most:
            self.faults.append(fault)

    def lose(self, offset: int) -> None:
        """Record that an exception left the midst of a read; `lost_input`, without memory."""
        if self.lost_at < 0:
            self.lost_at = offset
            self.lost_event = self.event
            self.lost_behind = 0 if self.faults is None else len(self.faults)
        self.fault_count += 1

    def kept_faults(self) -> tuple[Fault, ...]:
        """The kept faults, the lost read at its place among them."""
        faults = self.faults or ()
        if self.lost_at < 0:
            return tuple(faults)
        behind = self.lost_behind
        kept = (*faults[:behind], self.lost(), *faults[behind:])
        most = self.limits.max_faults
        return kept if most is None else kept[:most]

    def lost(self) -> Fault:
        """The lost read."""
        return Fault(
            "lost_input", self.lost_at, self.lost_event, "a read was left half merged", b""
        )

    def worst(self) -> Fault | None:
        """The exception that result() raises before it looks at the status, or None."""
        return self.lost() if self.grave is None and self.lost_at >= 0 else self.grave

    def fault_once(self, code: str, detail: str) -> None:
        """Record a limit the first time only: the stream would meet it again and again."""
        if self.seen is None:
            self.seen = set()
        if code not in self.seen:
            self.seen.add(code)
            self.fault(code, self.offset, detail)

    def anomaly(self, code: str, path: str) -> None:
        """Record odd input in the event being read."""
        self.anomaly_count += 1
        most = self.limits.max_anomalies
        if self.anomalies is None:
            self.anomalies = []
        if most is None or len(self.anomalies) < most:
            self.anomalies.append(Anomaly(code, self.event, self.offset, path))

    def anomaly_once(self, code: str, path: str, which: Any) -> None:
        """Record odd input the first time only; the times after it are counted in that record.

        which: the key of this one among others of its code (a choice and a kind of delta). Past
        MOST_COUNTED of these nothing new is recorded, but counted.
        """
        if self.counted is None:
            self.counted = {}
        key = (code, which)
        place = self.counted.get(key)
        if place is None and len(self.counted) >= MOST_COUNTED:
            place = -1
        if place is None:
            kept = 0 if self.anomalies is None else len(self.anomalies)
            self.anomaly(code, path)
            grown = self.anomalies is not None and len(self.anomalies) > kept
            self.counted[key] = kept if grown else -1
            return
        self.anomaly_count += 1
        if place >= 0 and self.anomalies is not None:
            first = self.anomalies[place]
            self.anomalies[place] = first._replace(count=first.count + 1)


def new_log(limits: Limits) -> Log:
    """A log without records: each stream has one, and is mostly short."""
    log = Log.__new__(Log)
    log.begin(limits)
    return log
