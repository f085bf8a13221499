# cython: language_level=3
"""How event_full.py is compiled."""

cimport cython

from .event_order cimport Order
from .jsonvalue cimport repair_text, same, text_weight, weight
from .lookup_hints cimport keep_known
from .rows cimport ListRow
from .state cimport Place, Replaced, Hinted, member, new_place
from .table cimport Table


cpdef full_value(Order order, old, new, tuple at, int step=*)
cdef _begun(Order order, old, new, int step)
cdef ListRow _rule(Order order, int step)
@cython.locals(place=Place, below=tuple, before=object, name=str, key=str)
cdef Place _full_place(Order order, Place old, new, tuple at, int step)
@cython.locals(hinted=Hinted, below=tuple, former=list, place=int, table=Table, rule=ListRow)
cdef Hinted _full_slots(Order order, Hinted old, new, tuple at, int step)
@cython.locals(own=str)
cdef list _former(Hinted old, new, Table table)
cdef bint _alike(before, value, Table table) except -1
cdef _id(item, str key)
cpdef text_member(table, int step)
cpdef part_with(held, key, old)
cdef _come_back(Place held, key)
cdef bint _is_nothing(state) except -1
cdef _coming_back(Hinted hinted, Hinted old, value, Table table)
cpdef bint lives_on(old, new) except -1
cdef _lost(Order order, old, tuple at)
cdef _full_text(Order order, old, new, tuple at)
cdef _full_value(Order order, old, new, tuple at)
