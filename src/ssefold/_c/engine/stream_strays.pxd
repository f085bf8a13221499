# cython: language_level=3
"""How stream_strays.py is compiled: what is rare asks nothing by offset."""

from .detect cimport bare_table
from .jsonvalue cimport is_open
from .stream_failures cimport first_of


cpdef stray_lines(stream, bytes stray, start)
cpdef fails_on(stream, bytes line, bint is_field)
cpdef judge_body(stream)
cpdef whole_json(stream, bytes data)
cpdef in_range(stream, value, int flags)
