# cython: language_level=3
"""How parts.py is compiled."""

from .plain cimport is_open, weight

cpdef open_content(merger, values, key)
cpdef add_text_part(merger, parts, text)
cpdef add_parts(merger, parts, source, at)
