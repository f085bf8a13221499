# cython: language_level=3
"""The contract of readings.pyx: what a fold shows, and what its feeding changes."""

from .engine.stream cimport Stream
from .fast.templates cimport Templates
from .following cimport Follows


cdef class Readings:
    cdef Stream _folded                 # None where a subclass made none
    cdef dict _given                    # pieces taken by text readers, or None
    cdef long long _turn                # counts every change but those of slots
    cdef Follows _follows               # the texts that its readers follow; None: nobody took
    cdef long long _usage_mark          # the turn without a usage, or -1
    cdef object _reason                 # finish_reason()'s answer at its mark
    cdef object _reason_choice
    cdef long long _reason_mark
    cdef bint _busy
    cdef Templates _known           # None where they are not

    # The stream; a subclass may have made none.
    cdef Stream made(self)
    cdef bint is_as_at(self, long long mark) noexcept
    # Decode the waiting values, before anybody reads.
    cdef int settle(self) except -1
