# cython: language_level=3
"""How field_voices.py is compiled."""

cimport cython

from .ledger cimport Ledger
from .jsonvalue cimport given, is_open
from .state cimport Keyed, Place, member


cdef class Voice:
    cdef public object group
    cdef public int rank
    cdef public bint silent
    cdef public object buffer


@cython.locals(members=dict)
cpdef bint speaks(source, dict names) except -1
@cython.locals(present=int, others=int)
cpdef listen(Ledger ledger, Place place, tuple fields, source)
cpdef settle(Ledger ledger, Place place, tuple fields, heard)
cdef _group(Ledger ledger, dict values, tuple fields)
cdef _begin(Ledger ledger, item, inner, group, int rank, bint silent)
cdef list _texts(Ledger ledger, item, inner)
cdef _said(value, inner)
cdef _elements(Ledger ledger, Keyed held, inner, source, group, int rank, bint silent)
cdef _turn(Ledger ledger, list here, group)
cdef _gather(Ledger ledger, list texts)
