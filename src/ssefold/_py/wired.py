"""Streams that are framed in another way than by fields on lines (SSE).

Enters: reads, cut anywhere, from the first byte of a stream on; the end of input.
Leaves: the framing's name; a stream that took in all frames; bytes that are left to SSE's framer.
Must not know: the framings' bytes, dialects.
"""

from __future__ import annotations

from typing import Any

from ssefold._py.fast.templates import Templates
from ssefold._py.jsonread import element_end
from ssefold.engine.framing_base import EVENT, Framing
from ssefold.engine.framing_binary import new_binary
from ssefold.engine.framing_elements import new_elements
from ssefold.engine.framing_lines import new_lines
from ssefold.engine.framing_sniff import AWS, JSON_ARRAY, NDJSON, Sniffer, new_sniffer
from ssefold.engine.stream import Stream
from ssefold.engine.stream_frames import speaks_lines, take_frame


class Wired:
    """sniffer: finds the framing; framing: it, or None before. at: the place of the frame being
    taken in; turns: how many were not recognised.
    """

    __slots__ = ("at", "framing", "most", "sniffer", "turns")

    def __init__(self, named: str | None, hint: str | None, most: int | None) -> None:
        self.sniffer: Sniffer = new_sniffer(named, hint)
        self.framing: Framing | None = None
        self.most = most
        self.at = self.turns = 0

    def look(self, data: bytes, stream: Stream) -> str | None:
        """The framing's name, once these bytes decide."""
        found: str | None = self.sniffer.look(data, lambda line: speaks_lines(stream, line))
        return found

    def decide(self, stream: Stream) -> str:
        """The same at the end of input."""
        found: str = self.sniffer.close(lambda line: speaks_lines(stream, line))
        return found

    def begin(self, name: str) -> None:
        """It is this one."""
        if name == NDJSON:
            self.framing = new_lines(self.most)
        elif name == JSON_ARRAY:
            self.framing = new_elements(self.most, element_end)
        elif name == AWS:
            self.framing = new_binary(self.most)

    def take(self, data: bytes, stream: Stream, known: Templates | None, most: int) -> None:
        """Take a read in, frame by frame."""
        framing = self.framing
        assert framing is not None
        framing.feed(data)
        while not stream.life.dead:
            if known is not None and framing.runs and not stream.watched and framing.is_clean():
                # Of a line's end it counts one byte, the framing two: the largest go the cold way.
                done = known.run(data, framing.pos, most - 1)
                if done > framing.pos:
                    framing.skip(done - framing.pos)
            sort = framing.next()
            if not sort:
                break
            if not self.recognises(sort, stream, known, most):
                self.take_one(sort, stream, known)

    def recognises(self, sort: int, stream: Stream, known: Templates | None, most: int) -> bool:
        """Whether the frame is like an earlier one; then it is folded."""
        framing: Any = self.framing
        if known is None or sort != EVENT or stream.watched:
            return False
        if framing.runs and not framing.cut:
            return False  # it was tried
        return known.whole(framing.frame, most - 1)

    def take_one(self, sort: int, stream: Stream, known: Templates | None) -> None:
        """Take in a frame that nothing recognised; learn of it."""
        framing: Any = self.framing
        self.turns += 1
        self.at = framing.start
        if known is None:
            take_frame(stream, framing, sort)
            return
        log = stream.log
        stream.planning = sort == EVENT and known.wanted()
        events = stream.events
        odd = log.fault_count + log.anomaly_count
        take_frame(stream, framing, sort)
        if (
            known.review()
            and stream.planning
            and stream.events == events + 1
            and log.fault_count + log.anomaly_count == odd
        ):
            known.learn(framing.frame, framing.lead, len(framing.data))
        stream.planning = False
        if stream.ledger is not None:
            stream.ledger.plan = None

    def end(self, stream: Stream) -> None:
        """The end of input."""
        framing: Any = self.framing
        if framing is not None:
            sort = framing.close()
            if sort:
                self.at = framing.start
                take_frame(stream, framing, sort)
