# cython: language_level=3
"""How stream_undecided.py is compiled: few events of a stream come here."""


cpdef put_off(stream, value, str kind, Py_ssize_t size, bint failed)
cpdef bint leave_undecided(stream, Py_ssize_t size) except -1
cpdef apply_pending(stream)
cpdef give_up(stream)
