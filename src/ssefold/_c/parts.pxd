# cython: language_level=3
"""How parts.py is compiled."""

from .ledger cimport Ledger
from .plain cimport is_open, same, weight

# Assigned by the import of plan.py: comparisons of C integers.
cdef int APPENDED, FIXED, OPENED

cpdef open_content(merger, values, key)
cpdef add_text_part(merger, parts, text)
cpdef add_parts(merger, parts, source, at)
cpdef add_candidate_parts(Ledger merger, parts, source, tuple at)
cdef _add_candidate_text(Ledger merger, parts, item, tuple at)
