# cython: language_level=3
"""How event_address.py is compiled."""

cimport cython

from .lookup_blocks cimport fitting
from .event_order cimport Order
from .ledger cimport Ledger
from .jsonvalue cimport given, is_open, same
from .lookup_hints cimport hint, insert, is_hint, lead, list_at, meant
from .state cimport Entries, Place, Hinted, member, new_place, whole_place
from .rows cimport Action, ListRow

# Assigned by the import of lookup_hints.py.
cdef int ANY_DONE, NONE, NOWHERE, OWN_DONE


cdef class Address:
    cdef public Ledger ledger
    cdef public Order order
    cdef public str star
    cdef public str asked
    cdef public tuple way
    cdef public long long passed
    cdef public bint missing
    cdef bint routed(self, Action action, value) except -1
    cdef bint tells(self, Action action, step, value) except -1
    @cython.locals(place=Place, step=tuple, level=cython.int, made=dict)
    cdef Place holder(self, Action action, value, tuple make)
    @cython.locals(place=Place)
    cdef Place object_at(self, dict values, str name, Action action)
    @cython.locals(held=Entries, place=Place, name=str, by=str, path=str, done=int, rule=ListRow)
    cdef Place element(self, dict values, tuple step, value, dict make, Action action)
    @cython.locals(
        held=Hinted, name=str, by=str, path=str, position=int, by_index=cython.bint, rule=ListRow
    )
    cdef Place hinted(self, dict values, tuple step, value, dict make, int done)
    @cython.locals(place=Place, by=str, path=str, rule=ListRow)
    cdef Place begun(self, Hinted held, index, tuple step, value, dict make)
    cdef bint may_grow(self, held, ListRow rule) except -1
    cdef bint may_enter(self, Hinted held, ListRow rule) except -1
    cdef int enter(self, Hinted held, index, element) except -2
    @cython.locals(place=Place)
    cdef Place opened(self, Entries held, index, str by, plain, ListRow rule)
    cdef fill_in(self, Place place, value, ListRow rule, dict make)


@cython.locals(exclusive=dict)
cdef bint takes(found, leaf, ListRow rule) except -1
cdef bint says_nothing(Action action, value) except -1
