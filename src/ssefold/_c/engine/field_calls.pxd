# cython: language_level=3
"""How field_calls.py is compiled."""

cimport cython

from .lookup_calls cimport Calls, id_key
from .ledger cimport Ledger
from .jsonvalue cimport given, is_open, repair_text
from .state cimport Place, new_place
from .rows cimport CallsRow
from .table cimport Node

# Assigned by the import of outcomes.py, and by field_calls.py: comparisons of C integers.
cdef int FIXED
cdef int CLOSED, IN_SCALAR, IN_VALUE, NEVER, NOTHING_YET


@cython.locals(call=Place, row=CallsRow, by=str, known=str)
cpdef call_of(Ledger ledger, Calls calls, Node node, element, tuple at)
@cython.locals(call=Place)
cdef Place _begun(Ledger ledger, Calls calls, Node node, index)
cdef bint _begins_another(
    Ledger ledger, Calls calls, CallsRow row, Place call, element, str name, index
) except -1
cdef _leads(Ledger ledger, Calls calls, Place call, str name, index)
cdef bint _takes_index(
    Calls calls, CallsRow row, Place call, index, str new_id, str name
) except -1
cdef bint _goes_on(Ledger ledger, Calls calls, CallsRow row, str name) except -1
cdef bint _waits(Ledger ledger, Calls calls, CallsRow row) except -1
cpdef str name_of(element, tuple sorts)
@cython.locals(members=dict, key=str)
cpdef bint holds(element, str by) except -1


cdef class Scan:
    cdef public object text
    cdef public object mark
    cdef public Py_ssize_t depth
    cdef public bint quoted
    cdef public bint escaped
    cdef public str scalar
    cdef public int stands
    cdef public object whole
