# cython: language_level=3
"""How field_unknown.py is compiled."""

cimport cython

from .jsonvalue cimport is_open, starts_with, text_weight, weight
from .ledger cimport Ledger
from .state cimport Echo, Grown

# Assigned by the import of outcomes.py: comparisons of C integers.
cdef int APPENDED, ECHOED, FIXED, OPENED


cpdef member_field(Ledger ledger, dict values, str key, value, tuple at)
cpdef merge_keys(Ledger ledger, dict target, source, tuple at)
cdef dict open_dict(Ledger ledger, dict values, str key, tuple at)
@cython.locals(here=tuple)
cpdef any_field(Ledger ledger, dict values, str key, value, tuple at)
@cython.locals(grown=Grown)
cdef list_rule(Ledger ledger, dict values, str key, new)
cdef merge_indexed(Ledger ledger, Grown grown, element)
cpdef fragment_field(Ledger ledger, dict values, str key, str value, tuple at)
