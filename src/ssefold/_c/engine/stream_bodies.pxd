# cython: language_level=3
"""How stream_bodies.py is compiled: a body has no events, and is asked once."""


cdef class Body:
    cdef public bytes begin
    cdef public list parts
    cdef public long long size
