# cython: language_level=3
"""How taking.py is compiled: as functions; what it walks are the compiled states."""

# Assigned by the import of rows.py: comparisons of C integers.
cdef int LEAF, INSIDE, EACH, BY, CALL, OWN_ROWS

cpdef list leaves(root, tuple rows, seen)
cpdef list texts(root, tuple steps, choice, seen)
cdef _lead(value, tuple steps, int first, choice, tuple at, seen, list out)
cdef list _looked_at(held, tuple key, seen)
cpdef walk(value, tuple rows, place, tuple key, group, bint grows, seen, list out)
cdef list _states(value, path, int step)
cdef list _texts(found, str kind, tuple key, bint own_rows, str name)
cdef _text_in(value, str name)
cdef _case(cases, value)
cdef _call(value, where, place, tuple key, list out)
cdef _first(value, paths)
cdef bint _is_open(element) except -1
cdef _leaf(value, bint grows)
cdef _spoken(text)
cdef list _elements(value, bint by_index, tuple key, seen)
cdef list _unsettled(parts, tuple key, seen)
cdef list _without_key(held, tuple key, seen)
cdef _own_index(element, number, str by)
