# cython: language_level=3
"""How event_items.py is compiled."""

cimport cython

from .event_address cimport Address
from .event_full cimport full_value, text_member
from .jsonvalue cimport given, is_open, weight
from .lookup_hints cimport ended, find, fits, hint, is_hint, lead, list_at, same_element, started
from .state cimport Entries, Place, Hinted, member, new_place, whole_place
from .rows cimport Action, ListRow

# Assigned by the import of lookup_hints.py.
cdef int NOWHERE

@cython.locals(name=str, by=str, path=str, holder=Place)
cdef Hinted list_of(Address address, Action action, value)
@cython.locals(held=Hinted, place=Place, by=str, path=str, position=int, step=int, rule=ListRow)
cpdef put_item(Address address, Action action, value, source)
@cython.locals(values=dict, further=int)
cdef start_members(Address address, Place place, source, text, int step)
@cython.locals(held=Hinted, by=str, path=str, position=int, step=int, rule=ListRow)
cpdef bint full_item(Address address, Action action, value, source) except -1
@cython.locals(held=Hinted, place=Place, position=int)
cpdef fill_items(Address address, dict values, str key, given)
@cython.locals(position=int)
cdef bint is_there(Address address, Hinted held, str key, int index, element) except -1
@cython.locals(held=Entries, place=Place)
cpdef fill(Address address, dict values, str key, given)
cpdef fill_base(Address address, dict values, source)
