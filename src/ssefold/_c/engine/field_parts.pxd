# cython: language_level=3
"""How field_parts.py is compiled."""

from .ledger cimport Ledger
from .jsonvalue cimport is_open, weight

cpdef open_content(Ledger ledger, dict values, str key)
cpdef add_text_part(Ledger ledger, parts, str text)
cpdef add_parts(Ledger ledger, parts, source, tuple at)
cpdef add_part(Ledger ledger, parts, item, tuple at, key)
cdef _add_part(Ledger ledger, parts, item, tuple at)
cpdef bint keep_text(Ledger ledger, dict values, str name, value, tuple at, str key) except -1
cdef _keep_members(Ledger ledger, dict values, str key, source, tuple at)
cdef _append(Ledger ledger, dict values, str key, str value)
