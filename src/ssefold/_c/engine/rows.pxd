# cython: language_level=3
"""How rows.py is compiled: attributes by offset."""


cdef class Names:
    cdef readonly str type
    cdef readonly str id
    cdef readonly str index
    cdef readonly str text
    cdef readonly str part
    cdef readonly str error


cdef class CallsRow:
    cdef readonly str by
    cdef readonly str known
    cdef readonly tuple sorts


cdef class PartsRow:
    cdef readonly str joins
    cdef readonly object unless
    cdef readonly object closed_by
    cdef readonly tuple whole
    cdef readonly StreamsRow streams


cdef class StreamsRow:
    cdef readonly str call
    cdef readonly str id
    cdef readonly str name
    cdef readonly str into
    cdef readonly str of
    cdef readonly str path
    cdef readonly str nothing
    cdef readonly str goes_on


cdef class ListRow:
    cdef readonly str limit
    cdef readonly bint hint
    cdef readonly bint open
    cdef readonly bint starts
    cdef readonly tuple known
    cdef readonly tuple also
    cdef readonly str own
    cdef readonly str own_from
    cdef readonly dict made
    cdef readonly str same
    cdef readonly dict exclusive
    cdef readonly str text
    cdef readonly str type


cdef class Action:
    cdef readonly str verb
    cdef readonly tuple path
    cdef readonly tuple steps
    cdef readonly object element
    cdef readonly object leaf
    cdef readonly tuple source
    cdef readonly tuple make
    cdef readonly object constant
    cdef readonly bint json
    cdef readonly object again
    cdef readonly object holds
    cdef readonly tuple error
    cdef readonly str index
    cdef readonly tuple without
    cdef readonly tuple last
    cdef readonly tuple last_words
    cdef readonly str suffix
    cdef readonly object other
    cdef readonly bint takes


cdef class Ends:
    cdef readonly bint calls
    cdef readonly tuple rows
    cdef readonly tuple stopped
    cdef readonly tuple tree
    cdef readonly tuple root_rows


cdef class Step:
    cdef readonly str entry
    cdef readonly str each
    cdef readonly tuple among
    cdef readonly tuple gather
    cdef readonly str by
    cdef readonly str type
    cdef readonly tuple types
    cdef readonly str has
    cdef readonly str lacks


cdef class ReadRow:
    cdef readonly tuple text
    cdef readonly tuple finish
    cdef readonly tuple calls
    cdef readonly tuple usage
    cdef readonly tuple inputs
    cdef readonly tuple inner
    cdef readonly tuple parts


cpdef tuple sheet(rows)
cpdef tuple way_of(tuple way, choice)
