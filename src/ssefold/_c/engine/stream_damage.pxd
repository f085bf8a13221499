# cython: language_level=3
"""How stream_damage.py is compiled: what is rare asks nothing by offset."""


cpdef bint glued(stream, bytes name, bytes data, bint final, spans) except -1
cpdef damaged(stream, bytes name, bytes data, reading, spans, bint final)
cpdef bint salvage(stream, bytes name, bytes data, value, int flags) except -1
