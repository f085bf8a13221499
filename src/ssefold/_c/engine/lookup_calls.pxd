# cython: language_level=3
"""How lookup_calls.py is compiled."""


cdef class Calls:
    cdef public list items
    cdef public dict newest
    cdef public dict by_id
    cdef public object highest
    cdef public bint skipped
    cdef public set borrowed
    cdef public set skips
    cdef public dict scans
    cpdef open(self, call, index)
    cpdef newest_at(self, index)
    cpdef lead(self, index, call)
    cpdef borrow(self, index)
    cpdef bint is_borrowed(self, index) except -1
    cpdef bint skip(self, index) except -1
    cpdef bint is_skipped(self, index) except -1
    cpdef with_id(self, str key, index)
    cpdef name(self, call, known)
    cpdef read(self)


cpdef str id_key(value)
cpdef index_of(call)
