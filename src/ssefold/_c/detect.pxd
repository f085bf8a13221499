# cython: language_level=3
"""How detect.py is compiled: what the first event of a stream asks, as C calls."""


cimport cython


cdef class _Signs:
    cdef readonly tuple events
    cdef readonly tuple keys
    cdef readonly tuple types
    cdef readonly tuple objects
    cdef readonly object item
    cdef readonly object source


cpdef plain_table(source)
@cython.locals(members=dict, signs=_Signs)
cpdef dialect_of(value, str event)

cdef bint _fits_one(text, tuple patterns) except -1
cdef bint _fits(str text, str pattern) except -1
cdef bint _first_item_decides(tuple item, dict value) except -1
