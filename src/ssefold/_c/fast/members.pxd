# cython: language_level=3
"""The contract of fast/members.pyx: chunks whose members were all seen before, in any order."""

from ..engine.plan cimport Plan
from .slots cimport Cells, Found, Slot

# A member of the event that is being learned from.
cdef struct Key:
    const unsigned char *start  # its quote
    Py_ssize_t size
    const unsigned char *value
    Py_ssize_t value_size


# One member of an object, with one kind of value.
cdef struct Member:
    unsigned char *key          # as on the wire, with its quotes; `literal` lies behind it
    void *target                # a Standing, Text, ListCell, Elements, Known or Routes; owned
    int key_size
    short literal_size          # the only value it may have, if it has no slot
    short depth                 # how many levels its value may nest
    unsigned char kind          # what happens to the value (outcomes.py)
    unsigned char token         # the value's first byte; '0' for all numbers
    unsigned char group         # members of one key are one for the search of duplicates


cdef class Standing:
    """A scalar of the answer: a literal as long as it is the same."""
    cdef dict values            # it stands at values[name]
    cdef str name
    cdef object value
    cdef object cell            # where it goes since it differed, or None
    cdef bint dead              # it is no longer the same


cdef class Known:
    """The members of one object of the answer that were seen so far."""
    cdef Member *members
    cdef short count
    cdef short room
    cdef short groups
    cdef short level            # how deep the object lies: 1 for the event


cdef class Routes:
    """The elements of a list, each known by the small integer that routes it."""
    cdef bytes by               # the key of the integer, as on the wire
    cdef bint calls             # tool calls: an id routes, too
    cdef list known             # number -> Known or None
    cdef int level


cdef class Members:
    cdef Cells cells
    cdef int depth
    cdef Known top
    cdef bint broken            # two members change one thing: their order matters
    cdef bint cut               # the match ended where the bytes do
    cdef Py_ssize_t room        # how many bytes more may be learned
    cdef Plan plan              # while learning
    cdef Slot *slots            # while matching
    cdef Found *found
    cdef int count
    cdef bint cr                # the frame ended with CR: an LF behind it belongs to it

    # Size of the frame at `p` if all its members are known, INCOMPLETE or NO_MATCH. What there is
    # to commit goes to `slots` and `found`, which have room for MAX_SLOTS.
    cdef Py_ssize_t match(
        self, const unsigned char *p, Py_ssize_t size, Slot *slots, Found *found, int *count
    ) noexcept
    cdef Py_ssize_t match_frame(self, const unsigned char *p, Py_ssize_t size) noexcept
    cdef const unsigned char *stop(self, bint cut) noexcept
    cdef const unsigned char *match_object(
        self, Known known, const unsigned char *p, const unsigned char *end
    ) noexcept
    cdef const unsigned char *match_array(
        self, Routes routes, const unsigned char *p, const unsigned char *end
    ) noexcept
    cdef const unsigned char *match_value(
        self, Member *member, const unsigned char *p, const unsigned char *end
    ) noexcept
    cdef const unsigned char *match_slot(
        self, Member *member, int kind, void *target,
        const unsigned char *p, const unsigned char *end
    ) noexcept
    # Take up the members of an event that was just merged.
    cdef int learn(self, Plan plan, const unsigned char *p, const unsigned char *end) except -1
    # After scalars were replaced: which literals stand no longer?
    cdef int review(self) except -1
    cdef int learn_object(
        self, Known known, const unsigned char *p, const unsigned char *end, tuple at, bint is_call
    ) except -1
    cdef int learn_array(
        self, Routes routes, const unsigned char *p, const unsigned char *end, tuple at
    ) except -1
    cdef int learn_member(self, Known known, Key *key, tuple at, str name, bint is_call) except -1
    cdef Standing stand(self, Known known, Key *key, entry, int kind)
    cdef int learn_below(self, Known known, Key *key, int kind, tuple at, str name, entry) except -1
    cdef bint own(self, Known known, Key *key, target) except -1
    cdef Member *keep(self, Known known, Key *key, int kind, target) except NULL
