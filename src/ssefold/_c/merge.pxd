# cython: language_level=3
"""How merge.py is compiled: its methods as C calls."""

cimport cython

from .ledger cimport Ledger
from .log cimport Log
from .plain cimport is_open, same, text_weight, weight
from .state cimport Calls, Elements, Entries, Keyed, Parts, Place, routing
from .table cimport Node, Table

# Assigned by the imports of plan.py and table.py: comparisons of C integers.
cdef int APPENDED, DROPPED, EXTENDED, FIXED, KEPT, LAST_ONE, OPENED, ROUTED
cdef int ANY, ANY_DELTA, APPEND, CALLS, CONTENT, DEFERRED, DROP, ENTRIES, EXTEND, EXTEND_ANY
cdef int FINISH, FIRST, KEYED, LAST, LAST_FILLED, MEMBER, NAME, OBJECT, OVERWRITE, PARTS
cdef int PER_KEY, SNAPSHOT, UNLESS


cdef class Merger(Ledger):
    cdef public object parse
    cdef public bint merged
    cdef public bint ended
    cdef public object failure
    cdef public long long event
    cdef public list deferred

    cpdef merge(self, value, event, kind)
    @cython.locals(node=Node, child=Node, rest=Node, children=dict)
    cdef members(self, Place place, source, at)
    cdef apply_deferred(self)
    cdef field(self, Place place, str key, Node node, value, source, at)
    cdef rare_field(self, Place place, str key, Node node, value, source, at)
    cdef overwrite_field(self, Place place, str key, Node node, value, at)
    cdef null_field(self, Place place, str key, Node node, at)
    cdef drop_field(self, Place place, str key, Node node, value, at)
    cdef first_field(self, Place place, str key, Node node, value, at)
    cdef last_field(self, Place place, str key, Node node, value, at)
    cdef append_field(self, Place place, str key, Node node, value, at)
    cdef extend_field(self, Place place, str key, Node node, value, at)
    cdef name_field(self, Place place, str key, Node node, value, at)
    cdef object_field(self, Place place, str key, Node node, value, at)
    cdef open_place(self, values, str name, Node node)
    cdef spill(self, Place place, Node node, source, at)
    cdef check_finished(self, Place place, at, str key)
    cdef unless_field(self, Place place, str key, Node node, source, at)
    @cython.locals(entry=Place)
    cdef entries_field(self, Place place, str key, Node node, value, at)
    @cython.locals(entry=Place, by=str)
    cdef entry(self, Entries entries, Node node, element, position, at)
    cdef calls_field(self, Place place, str key, Node node, value, at)
    cdef call(self, Calls calls, Node node, element, at)
    cdef call_at(self, Calls calls, element, str new_id, index, at)
    cdef call_without_index(self, Calls calls, element, str new_id)
    cdef keyed_field(self, Place place, str key, Node node, value, at)
    cdef keyed_element(self, Keyed keyed, Node node, element, at)
    cdef content_field(self, Place place, str key, Node node, value, at)
    cdef parts_field(self, Place place, str key, Node node, value, at)
    cdef per_key_field(self, Place place, str name, value, at, str key)
    cdef any_delta_field(self, Place place, str key, Node node, value, at)


cdef _rank(waiting)
cdef bint _is_empty(value) except -1
cdef bint _tool_name(element) except -1
