# cython: language_level=3
"""The contract of build.pyx: a template, made of a plan and the bytes it is of."""

from .path cimport Plan
from .slots cimport Cells, Slot


cdef class Template:
    cdef unsigned char *literals
    cdef Slot *slots
    cdef int count
    cdef Py_ssize_t tail        # the bytes behind the last slot
    cdef Py_ssize_t tail_size
    cdef bint cr                # the frame ends with CR: an LF behind it belongs to it
    cdef bint steady            # run_steady can fold it: few slots, no two texts
    cdef bint texts             # all slots are strings, appended or left out
    cdef int text_slot          # the only one that is appended, or -1: none, several, others
    cdef tuple held             # what the slots point to
    cdef tuple literal_values   # values, name, value, and so on: as long as they are the same
    cdef Py_ssize_t head        # the bytes up to the first member that is no literal scalar
    cdef Py_ssize_t head_values # how many of `literal_values` are theirs
    cdef list echoes            # constants that are counted
    cdef void *successor        # the Template that came after it last time, or NULL; not owned


# The template of a frame of `size` bytes, whose data lies at `data`; None where some value
# has no entry in the plan, or one that no template can say. `known`: a template that has the
# frame's head, which was not read; None: all was.
cdef Template build(
    Cells cells, Plan plan, int depth, Template known,
    const unsigned char *frame, Py_ssize_t size, Py_ssize_t data, Py_ssize_t data_size
)
# Whether all that the template's literals repeat still stands in the answer, and no slot
# changes it.
cdef bint holds(Template template, Cells cells) except -1
# The same for its head: scalars of the event's own members, which nothing else re-routes.
cdef bint head_holds(Template template, Cells cells) except -1
# Whether a member of its head has this key; true too where the key only stands there in quotes.
cdef bint head_has(Template template, str key) except -1
