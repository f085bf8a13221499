# cython: language_level=3
"""How events.py is compiled: ServerSentEvent with its fields in C slots.

Enters: ../events.py, the one source for both backends.
Leaves: a class that decoder.pyx fills without calling `__init__`: with `_text`, or
with `_data`, the bytes, and `_text` None until somebody asks. Offsets are C integers,
so an event of a long stream makes no int objects that nobody reads.
Must not know: framing.
"""


cdef class ServerSentEvent:
    cdef object _data
    cdef object _text
    cdef public object event
    cdef public object id
    cdef public object retry
    cdef public object raw
    cdef public long long start
    cdef public long long end
