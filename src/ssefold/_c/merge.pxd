# cython: language_level=3
"""How merge.py is compiled: the Merger's attributes by offset, its methods as C calls."""

from .log cimport Log
from .plain cimport is_open, same, starts_with, text_weight, weight
from .state cimport Calls, Entries, Grown, Keyed, Place
from .table cimport Node, Table


cdef class Merger:
    cdef public Table table
    cdef public object limits
    cdef public Log log
    cdef public object text
    cdef public object parse
    cdef public Place root
    cdef public bint merged
    cdef public bint ended
    cdef public object failure
    cdef public long long event
    cdef public long long added
    cdef public long long held
    cdef public long long held_limit
    cdef public long long extra
    cdef public long long extra_limit
    cdef public list deferred

    cpdef merge(self, value, event, kind)
    cpdef members(self, Place place, source, at)
    cdef apply_deferred(self)
    cpdef field(self, Place place, str key, Node node, source, at)
    cdef rare_field(self, Place place, str key, Node node, source, at)
    cdef null_field(self, Place place, str key, Node node)
    cdef drop_field(self, Place place, str key, Node node, value, at)
    cdef first_field(self, Place place, str key, Node node, value, at)
    cdef last_field(self, Place place, str key, Node node, value, at)
    cdef append_field(self, Place place, str key, Node node, value, at)
    cdef extend_field(self, Place place, str key, Node node, value, at)
    cdef name_field(self, Place place, str key, Node node, value, at)
    cdef object_field(self, Place place, str key, Node node, value, at)
    cdef spill(self, Place place, Node node, source, at)
    cdef check_finished(self, Place place, at, str key)
    cdef unless_field(self, Place place, str key, Node node, source, at)
    cdef entries_field(self, Place place, str key, Node node, value, at)
    cdef entry(self, Entries entries, Node node, element, position, at)
    cpdef bint room(self, str limit, count) except -1
    cdef calls_field(self, Place place, str key, Node node, value, at)
    cdef call(self, Calls calls, Node node, element, at)
    cdef call_at(self, Calls calls, element, str new_id, index, at)
    cdef call_without_index(self, Calls calls, element, str new_id)
    cdef keyed_field(self, Place place, str key, Node node, value, at)
    cdef keyed_element(self, Keyed keyed, Node node, element, at)
    cdef content_field(self, Place place, str key, Node node, value, at)
    cdef parts_field(self, Place place, str key, Node node, value, at)
    cdef per_key_field(self, Place place, str name, value, at, str key)
    cdef member_field(self, values, str key, value)
    cdef merge_keys(self, target, source)
    cdef any_field(self, values, str key, value)
    cdef list_rule(self, values, str key, new)
    cdef merge_indexed(self, Grown grown, element)
    cdef any_delta_field(self, Place place, str key, Node node, value)
    cpdef append(self, values, str key, str value)
    cdef put(self, values, str key, value, Node node)
    cpdef keep(self, values, str key, value)
    cpdef replace(self, values, str key, value)
    cpdef charge(self, Py_ssize_t size)
    cpdef charge_extra(self, Py_ssize_t size)
    cpdef anomaly(self, str code, at, key)
