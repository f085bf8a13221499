# cython: language_level=3
"""The contract of fast/slots.pyx: where the values of recognised chunks go."""

from libc.string cimport memcpy

from ..engine.stream cimport Stream

cdef enum:
    MAX_SLOTS = 32
    TEXT_SLACK = 16
    # Slots of a template that a loop of its own folds.
    MAX_STEADY = 12
    # Longer last values are charged exactly.
    MAX_SCALAR = 4096
    # Of a last value with its quotes there is always room for this.
    CELL_ROOM = 32
    # What comparing a frame answers if not its size.
    INCOMPLETE = -1     # as far as the bytes go they match
    NO_MATCH = 0

# A value that changes from chunk to chunk.
cdef struct Slot:
    void *target                # a Text, a Cell, a ListCell, Elements or a Sequence
    int literal                 # the bytes before it: where they begin in `literals`
    int size                    # and how many they are
    short depth                 # how many levels a value may nest here
    unsigned char kind          # what happens to it (outcomes.py)
    unsigned char token         # its first byte: a quote, a digit, a bracket
    bint empty                  # it was `[]` where it was learned from

# Where a slot's value stands in the chunk that is being compared.
cdef struct Found:
    const unsigned char *start
    Py_ssize_t size
    int flags
    Py_ssize_t weight           # of an extending list (jsonvalue.weight)


# The plan's vocabulary (outcomes.py), as C integers.
cdef int APPENDED, COUNTED, DROPPED, ECHOED, EXTENDED, FIXED, KEPT, LAST_MEMBER, LAST_ONE
cdef int OPENED, ROUTED


cdef class Cell:
    """A scalar that was not decoded yet: values[name], as it stood on the wire."""
    cdef dict values
    cdef str name
    cdef unsigned char *buf
    cdef int size
    cdef int room
    cdef bint charged           # its weight counts as an unknown member's
    cdef bint dirty
    cdef unsigned int version   # counts what was set
    # Room for n bytes; False where memory is short.
    cdef bint has_room(self, Py_ssize_t n) noexcept
    # Keep n bytes, for which there is room.
    cdef void set(self, const unsigned char *p, Py_ssize_t n) noexcept


cdef class ListCell:
    """Elements of a list that were not decoded yet, separated by commas."""
    cdef list elements
    cdef bint dirty
    cdef unsigned int version
    cdef unsigned char *buf
    cdef Py_ssize_t size
    cdef Py_ssize_t room
    cdef bint has_room(self, Py_ssize_t n) noexcept
    cdef void add(self, const unsigned char *p, Py_ssize_t n) noexcept


cdef class Cells:
    """Where slots lead, and what waits there to be decoded."""
    cdef Stream stream
    cdef list known             # each Cell and ListCell, or None: there are few
    cdef dict routes            # (id of values, name) -> Cell, or None while there are few
    cdef int dirty              # how many of them are to be decoded before anybody reads
    cdef bint unsure            # one of them may say more to who follows than that a text grew
    cdef bint fresh             # a scalar became a slot: what repeats it has to be looked at
    cdef Py_ssize_t pending     # what the scalars that wait may weigh at most

    # commit() for what most chunks are: texts, and strings that are left out.
    cdef bint commit_texts(self, Slot *slots, Found *found, int count) except -1
    # Do to the answer what the slots' values say; False, and nothing done, to go the cold way,
    # as where memory is short.
    cdef bint commit(self, Slot *slots, Found *found, int count, list echoes) except -1
    # Elements of lists, before anything else is done: for all slots or for none.
    cdef bint store_elements(self, Slot *slots, Found *found, int count) noexcept
    # Keep a scalar or a list's elements for whoever asks; there is room for it.
    cdef void store(self, Slot *slot, Found *found) noexcept
    # Decode what waits, before anybody reads the state or merges into it. Several may be at it at
    # once: decoding makes objects, which may run the collector, and with it any code.
    cdef int flush(self) except -1
    cdef int forget(self) except -1
    cdef int know(self, cell) except -1
    cdef int route(self, cell) except -1
    # The cell of values[name], or None.
    cdef Cell cell_of(self, values, name)
    cdef ListCell list_cell_of(self, elements)
    # A slot at this member from now on; called: it is a text.
    cdef int slot_at(self, name, bint called) except -1
    # What an appended value grows, a last one replaces, a list extends; None: no slot for it.
    cdef object text_of(self, entry)
    cdef object last_of(self, entry)
    cdef object list_of(self, entry)


cdef long long digits_value(const unsigned char *p, Py_ssize_t size) noexcept nogil
cdef bint is_safe_number(const unsigned char *p, Py_ssize_t size, int flags) noexcept nogil
cdef bint has_line_end(const unsigned char *p, const unsigned char *end) noexcept nogil


cdef inline void copy_bytes(
    unsigned char *to, const unsigned char *p, Py_ssize_t n
) noexcept nogil:
    """Most fragments are a word: two loads of eight bytes beat a call."""
    if n <= 8 and n > 0:
        if n >= 4:
            memcpy(to, p, 4)
            memcpy(to + n - 4, p + n - 4, 4)
        else:
            to[0] = p[0]
            to[n >> 1] = p[n >> 1]
            to[n - 1] = p[n - 1]
    elif n <= 16 and n > 0:
        memcpy(to, p, 8)
        memcpy(to + n - 8, p + n - 8, 8)
    else:
        memcpy(to, p, n)
