# cython: language_level=3
"""How field_merge.py is compiled: its methods as C calls."""

cimport cython

from .lookup_calls cimport Calls
from .field_calls cimport call_of, holds
from .field_unknown cimport any_field, fragment_field, member_field, merge_keys
from .ledger cimport Ledger
from .plan cimport path_of
from .jsonvalue cimport given, is_open, same, text_weight, weight
from .state cimport Elements, Entries, Keyed, Parts, Place, new_place, routing
from .table cimport Node
from .field_voices cimport listen, settle, speaks

# Assigned by the imports of outcomes.py and table.py: comparisons of C integers.
cdef int APPENDED, DROPPED, EXTENDED, FIXED, KEPT, LAST_ONE, OPENED, ROUTED
cdef int ANY, ANY_DELTA, APPEND, CALLS, CONTENT, DEFERRED, DROP, ENTRIES, EXTEND, EXTEND_ANY
cdef int FINISH, FIRST, KEYED, LAST, LAST_FILLED, MEMBER, NAME, OBJECT, PARTS
cdef int PER_KEY, SIGN, SNAPSHOT, UNLESS
# Assigned by field_merge.py.
cdef int LONGEST_GIVEN


cdef class FieldMerger:
    cdef public Ledger ledger
    cdef public list deferred

    cpdef merge(self, value, event)
    @cython.locals(node=Node, child=Node, rest=Node, children=dict)
    cpdef members(self, Place place, source, tuple at)
    cdef apply_deferred(self)
    cdef field(self, Place place, str key, Node node, value, source, tuple at)
    cdef rare_field(self, Place place, str key, Node node, value, source, tuple at)
    cdef tell_sign(self, Node node, value)
    cdef null_field(self, Place place, str key, Node node, tuple at)
    cdef drop_field(self, Place place, str key, Node node, value, tuple at)
    cdef first_field(self, Place place, str key, Node node, value, tuple at)
    cdef last_field(self, Place place, str key, Node node, value, tuple at)
    cdef append_field(self, Place place, str key, Node node, value, tuple at)
    cdef odd_text(self, Place place, str key, Node node, value, tuple at)
    cdef extend_field(self, Place place, str key, Node node, value, tuple at)
    cdef name_field(self, Place place, str key, Node node, value, tuple at)
    @cython.locals(below=Place)
    cdef object_field(self, Place place, str key, Node node, value, tuple at)
    cdef Place open_place(self, values, str name, Node node)
    cdef spill(self, Place place, Node node, source, tuple at)
    cdef late_members(self, Place place, Place below, source, tuple at, str key)
    cdef check_finished(self, Place place, tuple at, str key, str kind)
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
    cdef content_field(self, Place place, str key, Node node, value, tuple at)
    cdef parts_field(self, Place place, str key, Node node, value, tuple at)
    cdef per_key_field(self, Place place, str name, value, tuple at, str key)
    cdef any_delta_field(self, Place place, str key, Node node, value, tuple at)


@cython.locals(merger=FieldMerger)
cpdef FieldMerger new_merger(Ledger ledger)
cdef bint _has_text(dict values, str key) except -1
cdef _rank(waiting)
cdef str _without(str text, Node node)
cdef bint _is_empty(value) except -1
