# cython: language_level=3
"""How jsonvalue.py is compiled."""

cimport cython

# Assigned by the import of jsonmarks.py.
cdef object OpenDict, OpenList

cpdef Py_ssize_t weight(value) except -1
cpdef Py_ssize_t text_weight(str text) except -1
cpdef bint same(a, b) except -1
cdef bint _same_text(str a, str b) except -1
cdef bint _same_members(a, b) except -1
cpdef bint starts_with(longer, shorter) except -1
@cython.locals(todo=list)
cpdef copy(value)
@cython.locals(members=dict)
cpdef given(value, str key)
cpdef bint is_open(value) except -1
cpdef str repair_text(str text)
@cython.locals(todo=list, is_dict=bint)
cpdef repair(value)
