# cython: language_level=3
"""How event_numbers.py is compiled."""


cdef class Sequence:
    cdef public long long last
    cdef public bint counts
    cdef public object first
    cdef public list missing
    cpdef str oddity_of(self, long long number, event)
    cpdef pass_one(self)
