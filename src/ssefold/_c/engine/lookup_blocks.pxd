# cython: language_level=3
"""How lookup_blocks.py is compiled."""

cimport cython

from .rows cimport ListRow


cdef class Blocks:
    cdef public list order
    cdef public dict at
    cdef public list open
    cdef public set numbers
    cdef public object highest
    cdef public bint skipped
    cpdef add(self, index, element)
    cpdef replace(self, index, old, element)
    cpdef latest(self)
    cpdef list pairs(self)


@cython.locals(exclusive=dict)
cpdef fitting(held, index, member, ListRow rule)
@cython.locals(exclusive=dict)
cdef bint _takes(element, member, ListRow rule) except -1
cpdef known_at(held, index, source, ListRow rule)
cdef bint _is_same(element, source, ListRow rule, name) except -1
