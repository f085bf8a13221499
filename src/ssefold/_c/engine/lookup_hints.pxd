# cython: language_level=3
"""How lookup_hints.py is compiled."""

cimport cython

from .jsonvalue cimport given, is_open
from .state cimport Entries, Indexed, Place, Hinted, member, whole_place
from .rows cimport ListRow
from .table cimport Table

cpdef bint is_hint(Table table, str path) except -1
cpdef hint(value, str by)
cdef bint is_cut(value, str by) except -1
@cython.locals(rule=ListRow)
cpdef bint fits(Table table, element, str path, wanted) except -1
@cython.locals(by=str, path=str, rule=ListRow)
cpdef int meant(
    Table table, Hinted held, tuple step, value, index, wanted, int done
) except -3
@cython.locals(position=int)
cdef int at_index(Table table, Hinted held, index, str path, wanted) except -3
@cython.locals(position=int, rule=ListRow)
cdef int by_id(Table table, Hinted held, index, str path, value, wanted) except -3
@cython.locals(position=int)
cdef int with_id(Table table, Hinted held, str own, str known, str path, wanted) except -3
@cython.locals(position=int, last=int)
cdef int last_open(Table table, Hinted held, str path, wanted, int done) except -3
cpdef id_of(element, str own)
@cython.locals(by=str, path=str, position=int, rule=ListRow)
cpdef int started(Table table, Hinted held, tuple step, value, source) except -3
cdef bint is_begun(element) except -1
cdef bint is_ended(element) except -1
@cython.locals(position=int, rule=ListRow)
cpdef int same_element(Table table, Hinted held, str path, source) except -3
@cython.locals(by=str, path=str, position=int, rule=ListRow)
cpdef int ended(Table table, Hinted held, tuple step, value, source) except -3
cdef bint differ(element, source, known) except -1
@cython.locals(position=int)
cpdef int find(Hinted held, index) except -3
@cython.locals(position=int)
cpdef int insert(Hinted held, index, element) except -3
@cython.locals(place=Place)
cpdef add(Hinted held, int position, index, number, element)
cpdef keep_known(Hinted held, index, number, element)
cdef put(Hinted held, Py_ssize_t position, index, number, element)
cpdef lead(Hinted held, int position, index)
@cython.locals(behind=int)
cpdef shift(Hinted held, int position)
@cython.locals(entries=Entries, slots=Hinted, place=Place)
cpdef Indexed list_at(dict values, str name, ListRow rule)
