# cython: language_level=3
"""How detect.py is compiled: what the first event of a stream asks, as C calls."""


cimport cython


cdef class _Signs:
    cdef readonly tuple events
    cdef readonly tuple keys
    cdef readonly tuple values
    cdef readonly tuple shapes
    cdef readonly object item
    cdef readonly object unless
    cdef readonly object source


cdef class Among:
    cdef readonly tuple signs
    cdef readonly tuple sources


cpdef bare_table(source)
@cython.locals(members=dict, signs=_Signs)
cpdef dialect_of(value, str event, Among choice)
cpdef bint has_signs(source) except -1
cpdef bint decides_for(source, value, str event) except -1

@cython.locals(found=bint)
cdef bint _decides(_Signs signs, dict members, str event) except -1
cdef bint _says_one(tuple rows, dict members) except -1
cdef bint _fits_one(text, tuple patterns) except -1
cdef bint _fits(str text, str pattern) except -1
cdef _first_of(str key, dict value)
cdef bint _first_item_decides(tuple item, dict value) except -1
cdef bint _first_has(tuple unless, dict value) except -1
