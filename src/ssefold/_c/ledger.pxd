# cython: language_level=3
"""How ledger.py is compiled: the account by offset, its methods as C calls."""

from .log cimport Log
from .plain cimport is_open, same, starts_with, text_weight, weight
from .state cimport Echo, Grown, Place, has_index, route_of
from .table cimport Node, Table

# Assigned by the import of plan.py: comparisons of C integers.
cdef int APPENDED, ECHOED, FIXED, KEPT, LAST_MEMBER, OPENED, ROUTED
cdef tuple PLAIN


cdef class Ledger:
    cdef public Table table
    cdef public object limits
    cdef public Log log
    cdef public object text
    cdef public Place root
    cdef public long long added
    cdef public long long changes
    cdef public long long openings
    cdef public long long structure
    cdef public dict plan
    cdef public long long held
    cdef public long long held_limit
    cdef public long long extra
    cdef public long long extra_limit

    cdef note(self, at, key, int kind)
    cdef note_target(self, at, key, int kind, values, str name, bint changed)
    cpdef open(self, old)
    cpdef no_plan(self)
    cpdef restructure(self)
    cpdef append(self, values, str key, str value)
    cdef extend(self, elements, source)
    cdef bint put(self, values, str key, value, Node node) except -1
    cpdef keep(self, values, str key, value, at)
    cpdef bint replace(self, values, str key, value) except -1
    cdef member_field(self, values, str key, value, at)
    cdef merge_keys(self, target, source, at)
    cdef open_dict(self, values, str key, at)
    cdef any_field(self, values, str key, value, at)
    cdef list_rule(self, values, str key, new)
    cdef merge_indexed(self, Grown grown, element)
    cdef fragment_field(self, values, str key, str value, at)
    cpdef charge(self, Py_ssize_t size)
    cpdef charge_extra(self, Py_ssize_t size)
    cpdef anomaly(self, str code, at, key)
    cpdef bint room(self, str limit, Py_ssize_t count) except -1


cpdef str path_of(at)
