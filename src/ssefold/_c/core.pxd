# cython: language_level=3
"""The contract of core.pyx: what StreamAccumulator stands on."""

from .carry cimport Carry
from .framing cimport Framer
from .jsonread cimport Reading
from .readings cimport Readings
from .wired cimport Wired


cdef class FoldCore(Readings):
    cdef readonly long long bytes
    cdef public object tap_error        # the type's name of the first error a tap held back
    cdef readonly long long _cold       # blocks that nothing recognised, for the tests
    cdef object _limits
    cdef tuple _options
    cdef Framer _framer
    cdef long long _most            # max_total_bytes, or -1
    cdef long long _event_limit     # max_event_bytes, or -1
    cdef int _fast                  # whether templates are used
    cdef Carry _carry               # the beginning of a cut frame
    cdef tuple _framed              # the framing's name or None, a hint or None
    cdef object _framing            # its name, as it was given or found
    cdef bint _sniffs               # nothing came, and it is not SSE's by name
    cdef Wired _wired               # another framing, or one still to be found; None: SSE
    cdef bint _quick                # a run may go on at the next byte: no frame is cut
    cdef bint _torn                 # an exception left the midst of a read
    cdef bint _strange              # what waits is like nothing known: it waits to be learned from

    cdef int start(self, tuple options, limits, tuple framed) except -1
    cdef int begin_answer(self) except -1
    cdef object feed_rest(
        self, const unsigned char *buf, Py_ssize_t size, Py_ssize_t done, long long count, bint lent
    )
    # Frames of the last kind, as far as they go: how many bytes.
    cdef Py_ssize_t quick(self, const unsigned char *buf, Py_ssize_t size) noexcept
    # Take bytes in, `done` of them already folded; the limits of the whole stream, then frame by
    # frame.
    cdef void watch(self, const unsigned char *buf, Py_ssize_t size) noexcept
    cdef int take_in(
        self, const unsigned char *buf, Py_ssize_t size, Py_ssize_t done, bint lent
    ) except -1
    # The same where it may be no SSE.
    cdef int begin_sniffing(self, unsigned char c) except -1
    cdef int sense(self, bytes data) except -1
    cdef bytes change_over(self, str found)
    cdef int take_frames(self, bytes data) except -1
    cdef int end_wired(self) except -1
    cdef void lose_frames(self, int last) noexcept
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
