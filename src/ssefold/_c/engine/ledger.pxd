# cython: language_level=3
"""How ledger.py is compiled: the account by offset, its methods as C calls."""

cimport cython

from .log cimport Log
from .plan cimport Plan, path_of
from .jsonvalue cimport is_open, same, text_weight, weight
from .state cimport Echo, Place, new_place
from ..text cimport Text
from .rows cimport Names
from .table cimport Node, Table
from .wiretext cimport Wire

# Assigned by the import of outcomes.py: comparisons of C integers.
cdef int FIXED, KEPT, OUTCOMES, LAST_MEMBER
cdef tuple PLAIN
# Assigned by ledger.py.
cdef int KEY_WEIGHT
cdef dict _LIMITS


cdef class Ledger:
    cdef public Table table
    cdef public Names names
    cdef public object limits
    cdef public Log log
    cdef public object text
    cdef public object parse
    cdef public long long event
    cdef public bint merged
    cdef public bint ended
    cdef public bint finishing
    cdef public object failure
    cdef public Place root
    cdef public long long added
    cdef public long long changes
    cdef public long long openings
    cdef public dict awaited
    cdef public list signs
    cdef public long long structure
    cdef public Plan plan
    cdef public Wire wire
    cdef public long long held
    cdef public long long held_limit
    cdef public long long extra
    cdef public long long extra_limit

    cdef begin(self, Table table, limits, Log log, text, parse)
    cdef note(self, tuple at, key, int kind)
    cdef note_target(self, tuple at, key, int kind, values, str name, bint changed)
    cpdef tuple under(self, tuple at, key)
    cpdef open(self, old)
    cpdef no_plan(self)
    cpdef restructure(self)
    @cython.locals(text=Text)
    cpdef append(self, dict values, str key, str value)
    cdef extend(self, elements, source)
    @cython.locals(count=Py_ssize_t)
    cdef bint put(self, dict values, str key, value, Node node) except -1
    cpdef keep(self, dict values, str key, value, tuple at)
    cpdef bint replace(self, dict values, str key, value) except -1
    cpdef charge(self, Py_ssize_t size)
    cpdef charge_extra(self, Py_ssize_t size)
    cpdef anomaly(self, str code, tuple at, key)
    cpdef wire_text(self, value, tuple at, key, bint containers=*)
    cpdef most(self, str limit)
    cpdef bint room(self, str limit, Py_ssize_t count) except -1


@cython.locals(ledger=Ledger)
cpdef Ledger new_ledger(Table table, limits, Log log, text, parse)
cdef tell(voice, str value)
cdef bint _is_scalar(value) except -1
cdef Py_ssize_t _weight_of(value) except -1
