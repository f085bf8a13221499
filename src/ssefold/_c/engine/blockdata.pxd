# cython: language_level=3
"""How blockdata.py is compiled: what stands in a block that is more than one whole value."""

from .jsonvalue cimport repair, repair_text


cpdef bint is_comment(bytes data) except -1
