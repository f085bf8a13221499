# cython: language_level=3
"""The contract of core.pyx: what StreamAccumulator stands on."""

from .carry cimport Carry
from .following cimport Follows
from .framing cimport Framer
from .jsonread cimport Reading
from .engine.stream cimport Stream
from .fast.templates cimport Templates


cdef class FoldCore:
    cdef Stream _folded                 # None where a subclass made none
    cdef readonly long long bytes
    cdef public object tap_error        # the type's name of the first error a tap held back
    cdef readonly long long _cold       # blocks that nothing recognised, for the tests
    cdef dict _given                    # pieces taken by text readers, or None
    cdef long long _turn                # counts every change but those of slots
    cdef Follows _follows               # the texts that its readers follow; None: nobody took
    cdef long long _usage_mark          # the turn without a usage, or -1
    cdef object _reason                 # finish_reason()'s answer at its mark
    cdef object _reason_choice
    cdef long long _reason_mark
    cdef object _limits
    cdef tuple _options
    cdef Framer _framer
    cdef bint _busy
    cdef long long _most            # max_total_bytes, or -1
    cdef long long _event_limit     # max_event_bytes, or -1
    cdef int _fast                  # whether templates are used
    cdef Templates _known           # None where they are not
    cdef Carry _carry               # the beginning of a cut frame
    cdef bint _quick                # a run may go on at the next byte: no frame is cut
    cdef bint _torn                 # an exception left the midst of a read
    cdef bint _strange              # what waits is like nothing known: it waits to be learned from

    cdef int start(self, tuple options, limits) except -1
    cdef Stream made(self)
    cdef object feed_rest(
        self, const unsigned char *buf, Py_ssize_t size, Py_ssize_t done, long long count, bint lent
    )
    cdef bint is_as_at(self, long long mark) noexcept
    # Frames of the last kind, as far as they go: how many bytes.
    cdef Py_ssize_t quick(self, const unsigned char *buf, Py_ssize_t size) noexcept
    # Take bytes in, `done` of them already folded; the limits of the whole stream, then frame by
    # frame.
    cdef void watch(self, const unsigned char *buf, Py_ssize_t size) noexcept
    cdef int take_in(
        self, const unsigned char *buf, Py_ssize_t size, Py_ssize_t done, bint lent
    ) except -1
    cdef int walk(
        self, const unsigned char *buf, Py_ssize_t size, Py_ssize_t pos, bint lent
    ) except -1
    # Known frames, as far as they go.
    cdef Py_ssize_t run(self, const unsigned char *buf, Py_ssize_t size, bint *cut) except -1
    # One block by the cold path; the framer's answer.
    cdef int cold(self, const unsigned char *buf, Py_ssize_t size, Py_ssize_t *pos) except -2
    # Hand the framer's block to the stream. `head`: how much of its data changes nothing; true
    # if it was enough to read the rest.
    cdef bint deliver(self, Py_ssize_t head) except -1
    # The same; an event is lost, too, if it meets a place that an exception left merged by half.
    cdef bint hand_on(self, Py_ssize_t head) except -1
    cdef object read(self, Py_ssize_t head, Reading *reading)
    # A cut frame waits here.
    cdef int hold(self, const unsigned char *p, Py_ssize_t size) except -1
    cdef bint may_teach(self, const unsigned char *p, Py_ssize_t size) noexcept
    cdef Py_ssize_t resume(self, const unsigned char *buf, Py_ssize_t size) except -1
    cdef int release(self) except -1
    cdef void lose(self, const unsigned char *buf, Py_ssize_t size) noexcept
    cdef int mend(self) except -1
    cdef int end(self) except -1
    cdef int settle(self) except -1
