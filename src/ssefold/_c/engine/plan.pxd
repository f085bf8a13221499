# cython: language_level=3
"""How plan.py is compiled: links by offset, a plan's methods as C calls."""

cimport cython

# Assigned by plan.py.
cdef int MOST_NOTES


# The collector need not know of one: its notes lead to the answer, never back.
@cython.final
@cython.no_gc
@cython.freelist(4)
cdef class Plan:
    cdef readonly list notes
    cdef readonly list paths
    cdef readonly Py_ssize_t cursor
    cdef readonly frozenset telling
    @cython.locals(notes=list)
    cdef note(self, tuple at, key, entry)
    @cython.locals(path=tuple)
    cdef tuple under(self, tuple at, key)
    @cython.locals(notes=list, position=Py_ssize_t)
    cdef entry(self, tuple at, key)
    @cython.locals(path=tuple)
    cdef tuple found(self, tuple at, key)


@cython.locals(plan=Plan)
cpdef Plan new_plan(frozenset telling)
@cython.locals(first=str, second=str)
cdef bint same_key(a, b) except -1
cpdef str path_of(tuple at, key)
