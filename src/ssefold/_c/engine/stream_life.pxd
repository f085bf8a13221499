# cython: language_level=3
"""How stream_life.py is compiled: facts by offset, and moves that cannot fail."""

cimport cython

# Assigned by stream_life.py: comparisons of C integers, tables of C bytes.
cdef int ENDED, FAILED, FAILING, OPEN
cdef int KEPT, TORN, WHOLE
cdef int CLOSED, READ_ON, SHUT, STOPPED
cdef int MANY
cdef bytes TO_ANSWER, TO_MERGED, TO_READING


cdef class Life:
    cdef readonly int answer
    cdef readonly int merged
    cdef readonly int reading
    cdef readonly bint ended
    cdef readonly bint failed
    cdef readonly bint torn
    cdef readonly bint reads
    cdef readonly bint dead
    cdef readonly bint closed
    cdef begin(self)
    cpdef void move(self, int signal) noexcept
    cpdef bint is_over(self) except -1
    cpdef bint is_sound(self) except -1
    cpdef str status(self, bint answered)


@cython.locals(life=Life)
cpdef Life new_life()
