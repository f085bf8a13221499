# cython: language_level=3
"""How field_written.py is compiled."""

from .jsonvalue cimport same, text_weight, weight
from .state cimport Entries, read


cdef class Written:
    cdef public dict values
    cdef public object text
    cdef public tuple path
    cdef public bint in_string
    cdef public dict behind
    cdef public Py_ssize_t room
