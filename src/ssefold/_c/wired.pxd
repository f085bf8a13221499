# cython: language_level=3
"""The contract of wired.pyx: streams that are framed in another way than SSE."""

from .engine.framing_base cimport Framing
from .engine.framing_sniff cimport Sniffer
from .engine.stream cimport Stream
from .fast.templates cimport Templates


cdef class Wired:
    cdef Sniffer sniffer            # finds the framing
    cdef Framing framing            # None before
    cdef object most                # max_event_bytes, or None
    cdef long long at               # the place of the frame being taken in
    cdef long long turns            # frames that were not recognised

    # The framing's name once these bytes decide, or None; the same at the end of input.
    cdef object look(self, bytes data, Stream stream)
    cdef object decide(self, Stream stream)
    cdef int begin(self, str name) except -1
    # Take a read in, frame by frame.
    cdef int take(self, bytes data, Stream stream, Templates known, Py_ssize_t most) except -1
    cdef bint recognises(
        self, int sort, Stream stream, Templates known, Py_ssize_t most) except -1
    cdef int take_one(self, int sort, Stream stream, Templates known) except -1
    cdef int end(self, Stream stream) except -1
    # Whether recognised frames may follow at once, as they stand in the stream.
    cdef bint may_run(self, Stream stream) noexcept
    # Whole frames were recognised.
    cdef void skip(self, Py_ssize_t size) noexcept
    # The bytes before `offset` are lost: can it go on?
    cdef bint lose(self, long long offset, int last) noexcept
