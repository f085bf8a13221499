# cython: language_level=3
"""How partial.py is compiled: the text by characters in C, the states as C integers."""

cimport cython

from .jsonvalue cimport repair_text

cdef int AT_VALUE, AT_ELEMENT, AT_MEMBER, AT_KEY, AT_COLON, BEHIND
cdef int IN_STRING, IN_KEY, IN_NUMBER, AT_END, BROKEN, PLAIN
cdef int WAITS, WRONG


@cython.final
cdef class Growing:
    cdef readonly object value
    cdef readonly Py_ssize_t scanned
    cdef public list sources
    cdef public list marks
    cdef int depth
    cdef int state
    cdef bint fresh
    cdef list opened
    cdef str key
    cdef list pieces
    cdef str string
    cdef str tail

    cpdef feed(self, str text)
    cpdef bint is_waiting(self) except -1
    cpdef settle(self)
    @cython.locals(char=Py_UCS4, state=int, at=Py_ssize_t)
    cdef Py_ssize_t _read(self, str text, Py_ssize_t end) except? -1
    cdef _behind(self, Py_UCS4 char)
    cdef _open(self, container)
    cdef _close(self)
    @cython.locals(word=str)
    cdef Py_ssize_t _literal(self, str text, Py_ssize_t at, Py_ssize_t end) except? -1
    @cython.locals(char=Py_UCS4, begin=Py_ssize_t)
    cdef Py_ssize_t _number(self, str text, Py_ssize_t at, Py_ssize_t end) except? -1
    cdef bint _put_number(self, str token) except -1
    @cython.locals(char=Py_UCS4, begin=Py_ssize_t, behind=Py_ssize_t)
    cdef Py_ssize_t _string(self, str text, Py_ssize_t at, Py_ssize_t end) except? -1
    @cython.locals(unit=int, low=int)
    cdef Py_ssize_t _escape(self, str text, Py_ssize_t at, Py_ssize_t end) except? -3
    cdef Py_ssize_t _wait_or_break(self, int unit, Py_ssize_t end) except? -3
    @cython.locals(behind=Py_ssize_t, position=Py_ssize_t)
    cdef int _hex4(self, str text, Py_ssize_t at, Py_ssize_t end) except? -3
    cdef _break(self)
    cdef _end_string(self)
    @cython.locals(pieces=list, piece=str)
    cdef _grow(self)
    cdef _put(self, value)
    cdef _place(self, value)
