# cython: language_level=3
"""Streams that are framed in another way than by fields on lines (SSE).

Enters: reads, cut anywhere, from the first byte of a stream on; the end of input.
Leaves: the framing's name; a stream that took in all frames; bytes that are left to SSE's framer.
Must not know: the framings' bytes, dialects.
"""

from functools import partial

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE

from .engine.framing_base cimport Framing
from .engine.framing_binary cimport new_binary
from .engine.framing_elements cimport new_elements
from .engine.framing_lines cimport new_lines
from .engine.framing_sniff cimport new_sniffer
from .engine.stream cimport Stream
from .engine.stream_frames cimport take_frame
from .engine import framing_base as _frames
from .engine.framing_sniff import JSON_ARRAY, AWS, NDJSON
from .engine.stream_frames import speaks_lines
from .fast.templates cimport Templates
from .jsonread import element_end

cdef int EVENT = _frames.EVENT


cdef class Wired:
    """One stream's framing; the contract is in wired.pxd."""

    def __init__(self, named, hint, most):
        self.sniffer = new_sniffer(named, hint)
        self.most = most

    cdef object look(self, bytes data, Stream stream):
        return self.sniffer.look(data, partial(speaks_lines, stream))

    cdef object decide(self, Stream stream):
        return self.sniffer.close(partial(speaks_lines, stream))

    cdef int begin(self, str name) except -1:
        if name == NDJSON:
            self.framing = new_lines(self.most)
        elif name == JSON_ARRAY:
            self.framing = new_elements(self.most, element_end)
        elif name == AWS:
            self.framing = new_binary(self.most)
        return 0

    cdef int take(self, bytes data, Stream stream, Templates known, Py_ssize_t most) except -1:
        cdef Framing framing = self.framing
        cdef const unsigned char *buf = <const unsigned char *>PyBytes_AS_STRING(data)
        cdef Py_ssize_t size = PyBytes_GET_SIZE(data)
        cdef int sort, ending = 0
        framing.feed(data)
        while not stream.life.dead:
            if known is not None and framing.pos < size and known.ready() and self.may_run(stream):
                framing.pos += known.run(buf + framing.pos, size - framing.pos, most, &ending)
            sort = framing.next()
            if sort == 0:
                break
            if not self.recognises(sort, stream, known, most):
                self.take_one(sort, stream, known)
        return 0

    cdef bint recognises(
        self, int sort, Stream stream, Templates known, Py_ssize_t most
    ) except -1:
        """Whether the frame is like an earlier one; then it is folded."""
        cdef Framing framing = self.framing
        if known is None or sort != EVENT or stream.watched or not known.ready():
            return False
        if framing.runs and not framing.cut:
            return False  # it was tried
        return known.whole(
            <const unsigned char *>PyBytes_AS_STRING(framing.frame),
            PyBytes_GET_SIZE(framing.frame), most)

    cdef int take_one(self, int sort, Stream stream, Templates known) except -1:
        """Take in a frame that nothing recognised; learn of it."""
        cdef Framing framing = self.framing
        cdef long long events, odd
        self.turns += 1
        self.at = framing.start
        if known is None:
            take_frame(stream, framing, sort)
            return 0
        known.flush()
        stream.planning = sort == EVENT and known.wanted()
        events = stream.events
        odd = stream.log.fault_count + stream.log.anomaly_count
        take_frame(stream, framing, sort)
        if (
            known.review()
            and stream.planning
            and stream.events == events + 1
            and stream.log.fault_count + stream.log.anomaly_count == odd
        ):
            known.learn(
                None, <const unsigned char *>PyBytes_AS_STRING(framing.frame),
                PyBytes_GET_SIZE(framing.frame), framing.lead, PyBytes_GET_SIZE(framing.data))
        stream.planning = False
        if stream.ledger is not None:
            stream.ledger.plan = None
        return 0

    cdef int end(self, Stream stream) except -1:
        cdef Framing framing = self.framing
        cdef int sort
        if framing is not None:
            sort = framing.close()
            if sort:
                self.at = framing.start
                take_frame(stream, framing, sort)
        return 0

    cdef bint may_run(self, Stream stream) noexcept:
        cdef Framing framing = self.framing
        return framing is not None and framing.runs and not stream.watched and framing.is_clean()

    cdef void skip(self, Py_ssize_t size) noexcept:
        self.framing.pos += size

    cdef bint lose(self, long long offset, int last) noexcept:
        return self.framing is not None and self.framing.lose(offset, last)
