# cython: language_level=3
"""How field_candidates.py is compiled."""

from .ledger cimport Ledger
from .jsonvalue cimport is_open, same, weight
from .state cimport Parts, Place

# Assigned by the import of outcomes.py: comparisons of C integers.
cdef int APPENDED, FIXED, OPENED

cpdef add_candidate_parts(Ledger ledger, parts, options, source, tuple at)
cdef _add_text(Ledger ledger, parts, options, item, text, tuple at)
