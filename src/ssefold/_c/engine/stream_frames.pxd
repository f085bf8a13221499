# cython: language_level=3
"""How stream_frames.py is compiled: what is rare asks nothing by offset."""

from .detect cimport dialect_of
from .framing_base cimport Framing

# Assigned by the import of framing_base.py.
cdef int BREACH, SAYS_END, EVENT, FAILURE


cpdef take_frame(stream, Framing framing, int sort)
cdef _broken(stream, Framing framing)
cdef _failing(stream, Framing framing)
cpdef speaks_lines(stream, bytes line)
