# cython: language_level=3
"""How wiretext.py is compiled."""

cimport cython

# Assigned by the import of field_spec.py: comparisons of C integers.
cdef int APPEND, CONTENT, PARTS, UNLESS


cdef class Wire:
    cdef public object data
    cdef public object read
    cdef public object tree
    cdef public Py_ssize_t start

    cpdef begin(self, data, Py_ssize_t start)
    cpdef end(self)


@cython.locals(wire=Wire)
cpdef Wire new_wire(read)


cdef class Span:
    cdef public Py_ssize_t start
    cdef public Py_ssize_t end
    cdef public object held
