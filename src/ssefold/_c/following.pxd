# cython: language_level=3
"""The contract of following.pyx: texts of which somebody takes what is new."""

from .text cimport Text


cdef class Leaf:
    cdef Text text
    cdef object key             # what it is known by to _taking.py
    cdef tuple record           # the fields of its Delta, the text's left empty; or None
    cdef object before          # what was given when following began, if that is told in characters
    cdef Py_ssize_t characters  # how many were given since


cdef class Following:
    cdef long long mark
    cdef object choice
    cdef list leaves

    # What came since the last time, as one string; as records.
    cdef str text(self)
    cdef str texts(self)
    cdef list deltas(self)


cdef class Follows:
    cdef Following texts            # of take_text()
    cdef Following pieces           # of take()

    cdef int begin(self, int reader, long long mark, choice, list rows) except -1
    cdef int end(self, int reader, dict taken) except -1
