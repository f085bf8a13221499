# cython: language_level=3
"""How field_merge.py is compiled: its methods as C calls."""

cimport cython

from .field_calls cimport call_of, holds
from .field_rules cimport (
    any_delta_field,
    append_field,
    check_finished,
    content_field,
    drop_field,
    first_field,
    keys_into,
    last_field,
    name_field,
    null_field,
    tell_sign,
)
from .field_unknown cimport any_field
from .field_voices cimport listen, settle, speaks
from .jsonvalue cimport given, is_open, weight
from .ledger cimport Ledger
from .lookup_calls cimport Calls
from .state cimport Entries, Keyed, Place, new_place
from .table cimport Node

# Assigned by the imports of outcomes.py and field_spec.py: comparisons of C integers.
cdef int DROPPED, FIXED, OPENED, ROUTED
cdef int ANY, ANY_DELTA, APPEND, CALLS, CONTENT, DEFERRED, DROP, ENTRIES, FINISH, FIRST, KEYED
cdef int LAST, LAST_FILLED, NAME, OBJECT, SIGN, UNLESS
cdef dict RARE


cdef class FieldMerger:
    cdef public Ledger ledger
    cdef public list deferred

    cpdef merge(self, value, event)
    @cython.locals(node=Node, child=Node, rest=Node, children=dict)
    cpdef members(self, Place place, source, tuple at)
    cdef apply_deferred(self)
    cdef field(self, Place place, str key, Node node, value, source, tuple at)
    cdef rare_field(self, Place place, str key, Node node, value, source, tuple at)
    @cython.locals(below=Place)
    cdef object_field(self, Place place, str key, Node node, value, tuple at)
    cdef Place open_place(self, values, str name, Node node)
    cdef spill(self, Place place, Node node, source, tuple at)
    cdef late_members(self, Place place, Place below, source, tuple at, str key)
    cdef unless_field(self, Place place, str key, Node node, source, tuple at)
    @cython.locals(entry=Place, below=tuple, here=tuple)
    cdef entries_field(self, Place place, str key, Node node, value, tuple at)
    @cython.locals(entry=Place, by=str)
    cdef entry(self, Entries entries, Node node, element, position, tuple at)
    @cython.locals(below=tuple, here=tuple)
    cdef calls_field(self, Place place, str key, Node node, value, tuple at)
    @cython.locals(below=tuple)
    cdef keyed_field(self, Place place, str key, Node node, value, tuple at)
    cdef keyed_element(self, Keyed keyed, Node node, element, tuple at)


@cython.locals(merger=FieldMerger)
cpdef FieldMerger new_merger(Ledger ledger)
cdef _rank(waiting)
