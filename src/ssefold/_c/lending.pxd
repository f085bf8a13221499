# cython: language_level=3
"""A caller's buffer, read in place.

Enters: any object.
Leaves: its bytes, held until PyBuffer_Release(); or an exception, and nothing held.
Must not know: the meaning of the bytes.

Whoever receives into one bytearray (recv_into) pays for no copy of each read.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyObject_GetBuffer


cdef inline int lend(chunk, Py_buffer *view, as_bytes) except -1:
    """Hold the bytes of `chunk`. as_bytes: copies the items of an array, and refuses the rest."""
    try:
        return PyObject_GetBuffer(chunk, view, PyBUF_SIMPLE)
    except (TypeError, ValueError, BufferError):
        pass
    return PyObject_GetBuffer(as_bytes(chunk), view, PyBUF_SIMPLE)
