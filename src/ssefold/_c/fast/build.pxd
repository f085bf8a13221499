# cython: language_level=3
"""The contract of fast/build.pyx: a template, made of a plan and the bytes it is of."""

from ..engine.plan cimport Plan
from .slots cimport Cells, Slot


cdef class Head:
    """What a frame begins with, up to the first member that is no literal scalar."""
    cdef unsigned char *bytes   # behind them lies what `laid` goes on with, up to its first slot
    cdef void *laid             # a Template, or NULL; not owned
    cdef tuple values           # values, name, value, and so on: as long as they are the same
    cdef unsigned long long marks   # a bit for each text in quotes: most keys have none
    cdef int size
    cdef int room


# A few of these lie in each stream that is open: numbers are as short as MAX_FRAME allows.
cdef class Template:
    cdef Slot *slots            # their targets are owned
    cdef unsigned char *literals    # those behind the head, in the block of the slots
    cdef Head head              # shared by all whose frames begin with it; or None
    cdef tuple literal_values   # as Head.values: those of other literals
    cdef list echoes            # constants that are counted
    cdef void *successor        # the Template that came after it last time, or NULL; not owned
    cdef short count
    cdef short text_slot        # the only one that is appended, or -1: none, several, others
    cdef short head_size
    cdef short tail             # the bytes behind the last slot
    cdef short tail_size
    cdef short fork             # the first byte behind what all known templates begin with, or -1
    cdef unsigned char cr       # the frame ends with CR: an LF behind it belongs to it
    cdef unsigned char steady   # run_steady can fold it: few slots, no two texts
    cdef unsigned char texts    # all slots are strings, appended or left out
    cdef unsigned char used     # a frame like it came again


# How much lies before the first slot, behind the head.
cdef inline Py_ssize_t rest_size(Template template) noexcept nogil:
    return template.slots.size if template.count else template.tail_size


# How many bytes a frame begins with: the head, and what follows up to the first slot.
cdef inline Py_ssize_t front_size(Template template) noexcept nogil:
    return template.head_size + rest_size(template)


# Lay what the template begins with, behind the head, in one piece with it; NULL where memory is
# short.
cdef const unsigned char *lay(Template template) noexcept


# The bytes before the first slot, in one piece; until another template's are asked for. NULL
# where memory is short.
cdef inline const unsigned char *first_literal(Template template) noexcept:
    if template.head is None:
        return template.literals
    return template.head.bytes if template.head.laid == <void *>template else lay(template)


# The template of a frame of `size` bytes, whose data lies at `data`; None where some value
# has no entry in the plan, or one that no template can say. `known`: the frame's head, which
# was not read; None: all was. `headed`: whether heads may go unread.
cdef Template build(
    Cells cells, Plan plan, int depth, Head known, bint headed,
    const unsigned char *frame, Py_ssize_t size, Py_ssize_t data, Py_ssize_t data_size
)
# Whether all that the template's literals repeat still stands in the answer, and no slot
# changes it.
cdef bint holds(Template template, Cells cells) except -1
# The same for a head: scalars of the event's own members, which nothing else re-routes.
cdef bint head_holds(Head head, Cells cells) except -1
# Whether a member of the head has this key; true too where the key only stands there in quotes.
cdef bint head_has(Head head, str key) except -1
