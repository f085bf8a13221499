# cython: language_level=3
"""How field_candidates.py is compiled."""

cimport cython

from .ledger cimport Ledger
from .jsonvalue cimport is_open, same, weight
from .rows cimport PartsRow, StreamsRow
from .state cimport Parts, Place

# Assigned by the import of outcomes.py: comparisons of C integers.
cdef int APPENDED, FIXED, OPENED

@cython.locals(streams=StreamsRow)
cpdef add_candidate_parts(Ledger ledger, parts, PartsRow row, source, tuple at)
cdef _add_text(Ledger ledger, parts, PartsRow row, item, text, tuple at)
cdef bint _add_call(Ledger ledger, parts, PartsRow row, item, tuple at) except -1
