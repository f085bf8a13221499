# cython: language_level=3
"""How judgement.py is compiled: each answer is judged once, and most are short."""

cimport cython

from .ledger cimport Ledger
from .plan cimport path_of
from .state cimport Entries, Place, elements, member
from .rows cimport Ends


# Assigned by the import of rows.py: comparisons of C integers.
cdef int JUDGE_CALL, JUDGE_OPEN


@cython.locals(row=tuple, found=list, number=Py_ssize_t, kind=int)
cpdef judge(Ledger ledger, Ends ends, int depth, bint terminated)
@cython.locals(
    row=tuple, number=Py_ssize_t, kind=int, under=tuple, below=tuple, members=dict, place=Place,
    entries=Entries
)
cdef bint _is_right(
    Ledger ledger, Ends ends, tuple rows, tuple nodes, state, int depth, bint terminated
) except -1
cpdef judge_stopped(ledger, Place place)
cpdef bint is_left_open(state) except -1
cdef _judge_call(Ledger ledger, tuple row, tuple at, found, int depth)
cdef bint _has_name(found, tuple names) except -1
cdef tuple _nearest(found, tuple names)
cdef bint _is_broken(Ledger ledger, state, int depth) except -1
cdef bint _says(state) except -1
cdef bint _holds_some(found, tuple holding, tuple but) except -1
@cython.locals(values=dict)
cpdef bint holds(state, tuple but) except -1
cdef state_at(state, tuple path)
@cython.locals(
    position=Py_ssize_t, rows=tuple, below=tuple, members=dict, place=Place, entries=Entries
)
cdef _find(state, tuple nodes, tuple at, list found)
cdef _found(state, tuple rows, tuple below, tuple at, list found)
cdef str _below(tuple at, tuple steps)
