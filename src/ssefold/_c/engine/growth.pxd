# cython: language_level=3
"""How growth.py is compiled: as functions over the compiled states."""

cimport cython

from .field_written cimport Written
from .jsonvalue cimport repair
from .lookup_calls cimport Calls
from .partial cimport Growing
from .rows cimport ReadRow, Step, way_of
from .state cimport Echo, Entries, JSONText, Place, Replaced, elements, is_text, member, read
from .state cimport suits
from .state cimport select as follow
from .stream cimport Stream
from .table cimport Table

# Assigned by the import of rows.py: comparisons of C integers.
cdef int CALLS_WAY, FINISH_WAY, JSON_INPUT, TEXT_INPUT, TEXT_WAY


@cython.locals(way=tuple, ways=ReadRow)
cpdef list select(Stream stream, int which, choice)
cpdef grown(Stream stream, number, choice)
@cython.locals(table=Table)
cdef _arguments(Stream stream, Py_ssize_t number, choice)
@cython.locals(left=Py_ssize_t)
cdef _call(root, tuple way, choice, Py_ssize_t number)
@cython.locals(entries=Entries)
cdef _entry(value, Step step, choice)
@cython.locals(found=list)
cdef _among(value, Step step, Py_ssize_t number)
cdef _value(Stream stream, call, found, int sort, key)
cdef bint _is_open(Stream stream, call) except -1
@cython.locals(kept=dict, growing=Growing)
cdef _read_on(Stream stream, tuple key, list leaves, bint plain, bint sure)
@cython.locals(known=Py_ssize_t, number=Py_ssize_t, piece=str)
cdef bint _reads_on(Growing growing, list leaves) except -1
@cython.locals(rest=str, whole=str, fed=str)
cdef _continued(Growing growing, Py_ssize_t number, leaf)
cdef tuple _since(leaf, mark)
