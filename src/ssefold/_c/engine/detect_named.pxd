# cython: language_level=3
"""How detect_named.py is compiled."""

from .detect cimport decides_for, has_signs
from .log cimport Log


cdef class Asked:
    cdef public Log log
    cdef public object source
    cdef public object came
    cdef public bint open
    cdef public bint wrong

    cpdef watch(self, value, str kind, bint failed)
    cpdef note(self)
