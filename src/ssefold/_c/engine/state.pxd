# cython: language_level=3
"""How state.py is compiled: its classes without instance dicts, attributes by offset."""

cimport cython

from .lookup_blocks cimport Blocks
from .lookup_calls cimport Calls
from .jsonvalue cimport copy, given
from .rows cimport Step
from .table cimport Node


cdef class Place:
    cdef public Node node
    cdef public dict values
    cdef public long long finished
    cdef public bint fed
    cdef public object index
    cdef public bint started
    cdef public bint stopped
    cdef public list gone
    @cython.locals(values=dict, out=dict, node=Node, left=Py_ssize_t)
    cpdef read(self)


cdef class Echo:
    cdef public str text
    cdef public long long count


cdef class JSONText:
    cdef public object start
    cdef public object text
    cdef public object former
    cdef public object parse
    cdef public bint settled
    cdef public object value
    cpdef read(self)


cdef class Replaced:
    cdef public object text
    cdef public object value


cdef class Indexed:
    cpdef at(self, index)
    cpdef put(self, index, element)
    cpdef nth(self, position)


cdef class Entries(Indexed):
    cdef public dict items
    cdef public object first
    cdef public object start
    cdef public Blocks blocks
    cpdef at(self, index)
    cpdef put(self, index, element)
    cdef set(self, index, element)
    cpdef Blocks ordered(self)
    cpdef behind(self, index, element)
    cpdef reopen(self, index, element)
    cpdef pass_over(self, index)
    cpdef following(self)
    cpdef meant(self)
    cpdef to_stop(self)
    cpdef list open_at(self, index)
    cpdef Py_ssize_t count(self) except -1
    cpdef list pairs(self)
    cpdef read(self)


cdef class Hinted(Indexed):
    cdef public list items
    cdef public list indexes
    cdef public list numbers
    cdef public object highest
    cdef public object top
    cdef public Py_ssize_t added
    cdef public bint skipped
    cdef public list gone
    cpdef nth(self, position)
    cpdef list pairs(self)
    cpdef read(self)


cdef class Keyed:
    cdef public tuple by
    cdef public str needs
    cdef public list items
    cdef public dict places
    cdef public object group
    cdef public list hushed
    cpdef route(self, element)
    cpdef read(self)


cdef class Grown:
    cdef public str by
    cdef public str also
    cdef public list items
    cdef public dict routes
    cdef public object weight
    cpdef set(self, list items, weight)
    cpdef extend(self, list items, weight)
    cpdef bint has_index(self, element) except -1
    cpdef route_of(self, element)
    cpdef read(self)


cdef class Elements:
    cdef public list items
    cdef public bytearray waiting
    cdef public object decode
    cpdef append(self, element)
    cpdef list read(self)


cdef class Parts:
    cdef public list items
    cdef public bint closed
    cdef public object call
    cpdef read(self)


@cython.locals(place=Place)
cpdef Place new_place(Node node)
cpdef Echo standing(str text)
@cython.locals(place=Place)
cpdef Place whole_place(element)
cpdef routing(value)
@cython.locals(place=Place, entries=Entries)
cpdef read(value)
@cython.locals(out=dict, todo=list, members=dict, fresh=dict)
cdef dict _read_members(dict value)
@cython.locals(child=Node)
cpdef default_of(Node node, str key, dict values)
cpdef list select(value, tuple path, choice)
cpdef bint suits(item, Step step) except -1
@cython.locals(place=Place)
cpdef member(value, str key)
cpdef bint is_text(value) except -1
@cython.locals(entries=Entries)
cpdef list elements(value)
