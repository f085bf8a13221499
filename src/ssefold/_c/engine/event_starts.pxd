# cython: language_level=3
"""How event_starts.py is compiled."""

cimport cython

from .event_address cimport Address
from .lookup_blocks cimport known_at
from .judgement cimport judge_stopped
from .event_full cimport full_value
from .jsonvalue cimport is_open, same, weight
from .lookup_hints cimport hint, meant
from .state cimport Entries, Indexed, JSONText, Place, new_place
from .rows cimport Action, ListRow


cdef bint _says_nothing(source) except -1
@cython.locals(held=Entries, known=Place, holder=Place, rule=ListRow)
cpdef begin(Address address, Action action, value, source)
cdef _begin_again(Address address, Action action, Entries held, index, Place place)
@cython.locals(place=Place)
cdef Place _begin_another(Address address, Action action, Entries held, index, ListRow rule)
@cython.locals(exclusive=dict)
cdef _start_members(Address address, dict values, source, ListRow rule, Action action)
cdef _as_text(Address address, str key, given, Action action)
cdef _begin_json(Address address, dict values, str key, given)
cdef _replace_json(Address address, JSONText json_text, given, wire)
cdef _wire(Address address, str key, Action action)
cdef tuple _place(Action action)
cdef bint _is_nothing(value) except -1
cdef bint _is_grown(value) except -1
@cython.locals(held=Indexed, position=int, holder=Place)
cpdef stop(Address address, Action action, value)
@cython.locals(place=Place)
cdef Place _begun(Address address, Action action, value)
@cython.locals(held=Indexed, position=int)
cdef _element(Address address, dict values, tuple step, value)
@cython.locals(place=Place)
cpdef stop_one(Address address, element)
cdef bint settle(Address address, JSONText json_text) except -1
