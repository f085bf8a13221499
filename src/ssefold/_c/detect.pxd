# cython: language_level=3
"""How detect.py is compiled: what the first event of a stream asks, as C calls."""


cdef class _Signs:
    cdef readonly tuple events
    cdef readonly tuple keys
    cdef readonly tuple types
    cdef readonly tuple objects
    cdef readonly object item


cdef bint _fits_one(text, tuple patterns) except -1
cdef bint _fits(str text, str pattern) except -1
cdef bint _first_item_decides(tuple item, value) except -1
