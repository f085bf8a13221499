# cython: language_level=3
"""What decoder.pyx holds; nobody cimports it."""

from .engine.events cimport ServerSentEvent
from .framing cimport Framer
from .wholeframe cimport Whole


cdef class SSEDecoder:
    cdef Framer framer
    cdef bint flush
    cdef bint busy
    cdef bint ended
    cdef object on_comment
    cdef object failure         # the SSEFoldError that killed it, or None
    cdef object id_text         # the last event id, decoded
    cdef list pending           # events still to be returned by a call, or None
    cdef bytes backlog          # the bytes it did not read
    cdef list name_bytes        # event types seen lately, by a small hash
    cdef list name_texts
    cdef long long dispatched

    cdef Framer _made_whole(self)
    cdef int _refuse(self) except -1
    cdef int _frame(self, bytes data) except -1
    cdef int _finish(self) except -1
    cdef int _comment(self, bytes data, Py_ssize_t pos) except -1
    cdef int _fail(self) except -1
    cdef int _restart(self) except -1
    cdef list _take_pending(self)
    cdef int _hand_out(self, ServerSentEvent event) except -1
    cdef bytes _take_backlog(self, bytes data)
    cdef ServerSentEvent _event(self)
    cdef int _whole(
        self, const unsigned char *buf, Py_ssize_t size, Py_ssize_t *pos
    ) except -1
    cdef ServerSentEvent _made(self, Whole *found, long long start, long long end)
    cdef object _event_type(self, const unsigned char *p, Py_ssize_t size)
    cdef object _last_id(self)
