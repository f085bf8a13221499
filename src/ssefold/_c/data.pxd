# cython: language_level=3
"""How data.py is compiled: what stands in a block that is more than one whole value."""

from .plain cimport repair, repair_text


cpdef bint is_comment(bytes data) except -1
