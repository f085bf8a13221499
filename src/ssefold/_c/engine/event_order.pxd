# cython: language_level=3
"""How event_order.py is compiled."""

cimport cython

from .ledger cimport Ledger
from .lookup_hints cimport list_at
from .state cimport Indexed, Place, Hinted, member, select, whole_place
from .rows cimport Action, ListRow


cdef class Order:
    cdef public Ledger ledger
    cdef public tuple latest
    cdef public object arrivals
    cdef kind_of(self, element)
    cdef bint grows(self, Action action, Place place, tuple way) except -1
    cdef begins(self, Action action, kind, tuple way)
    cdef bint comes(self, tuple at) except -1
    cdef comes_late(self, tuple way)
    @cython.locals(held=Indexed, rule=ListRow)
    cdef bint begin_texts(self, dict values, int depth) except -1
    cdef came_whole(self, tuple way)
    cdef int step_of(self, Action action, kind, tuple way) except -2
    cdef bint goes(self, old) except -1
    cdef take_turns(self)
    cdef follow(self)
    cdef follow_below(self, tuple steps, place, tuple way)
    cdef follow_texts(self, place, int depth)
    cdef follow_start(self, Action action, Place place, tuple way)
    @cython.locals(held=Indexed, name=str, each=str, position=int)
    cdef bint is_text(self, tuple path, last, tuple way) except -1
