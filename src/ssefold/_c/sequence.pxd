# cython: language_level=3
"""How sequence.py is compiled."""


cdef class Sequence:
    cdef public long long last
    cdef public list missing
    cpdef str take(self, long long number)
    cpdef pass_one(self)
