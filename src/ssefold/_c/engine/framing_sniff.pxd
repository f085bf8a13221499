# cython: language_level=3
"""How framing_sniff.py is compiled."""

cimport cython


cdef class Sniffer:
    cdef public object named
    cdef public object hint
    cdef public bytearray held
    cdef public int state
    cdef public Py_ssize_t where
    cdef public Py_ssize_t mark
    cdef public bint waits

    cpdef begin(self, named, hint)
    cpdef look(self, bytes data, speaks)
    cpdef close(self, speaks)
    @cython.locals(size=Py_ssize_t, where=Py_ssize_t, c=int)
    cdef first(self)
    cdef lengths(self)
    cdef line(self, Py_ssize_t end, speaks)
    @cython.locals(size=Py_ssize_t, where=Py_ssize_t, last=Py_ssize_t)
    cdef second(self)


@cython.locals(sniffer=Sniffer)
cpdef Sniffer new_sniffer(named, hint)
