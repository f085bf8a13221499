# cython: language_level=3
"""The contract of templates.pyx: chunks like ones seen before, folded without an object."""

from .ledger cimport Ledger
from .stream cimport Stream
from .text cimport Text

cdef enum:
    INCOMPLETE = -1     # as far as the bytes go they match
    NO_MATCH = 0
    RUN_CUT = 1         # a known frame begins behind the run, as far as the bytes go
    RUN_CR = 2          # the last frame ended with CR
    RUN_CRLF = 4        # and the LF behind it was taken too

# A value that changes from chunk to chunk.
cdef struct Slot:
    int kind                    # what happens to it (plan.py)
    int token                   # its first byte: a quote, a digit, a bracket
    int depth                   # how many levels a value may nest here
    Py_ssize_t literal          # the bytes before it: where they begin in `literals`
    Py_ssize_t size             # and how many they are
    void *target                # a Text, a Cell or a ListCell; the template holds it

# Where a slot's value stands in the chunk that is being compared.
cdef struct Found:
    const unsigned char *start
    Py_ssize_t size
    int flags


cdef class Cell:
    """A scalar that was not decoded yet: values[name], as it stood on the wire."""
    cdef dict values
    cdef str name
    cdef bint charged           # its weight counts as an unknown member's
    cdef bint dirty
    cdef unsigned char *buf
    cdef Py_ssize_t size
    cdef Py_ssize_t room
    cdef int set(self, const unsigned char *p, Py_ssize_t n) except -1
    cdef int flush(self, Ledger ledger) except -1


cdef class ListCell:
    """Elements of a list that were not decoded yet, separated by commas."""
    cdef list elements
    cdef bint dirty
    cdef unsigned char *buf
    cdef Py_ssize_t size
    cdef Py_ssize_t room
    cdef int add(self, const unsigned char *p, Py_ssize_t n) except -1
    cdef int flush(self) except -1


cdef class Template:
    cdef unsigned char *literals
    cdef Slot *slots
    cdef int count
    cdef Py_ssize_t tail        # the bytes behind the last slot
    cdef Py_ssize_t tail_size
    cdef bint cr                # the frame ends with CR: an LF behind it belongs to it
    cdef bint texts             # all slots are strings, appended or left out
    cdef list held              # what the slots point to
    cdef list literal_values    # (values, name, value): as long as they are the same
    cdef list echoes            # constants that are counted
    cdef Template successor     # what came after it last time


cdef class Templates:
    cdef Stream stream
    cdef list known             # Templates
    cdef dict cells             # (id of values, name) -> Cell or ListCell
    cdef list dirty             # cells to decode before anybody reads
    cdef Template last          # what came last
    cdef Template likely        # what probably comes next
    cdef int builds             # how many more may be built without a hit
    cdef long long hits
    cdef long long structure    # the ledger's counters when `known` was last looked at
    cdef long long changes
    cdef Found *found

    cdef bint wanted(self) noexcept
    # Fold known frames; the bytes folded. `ending` is made of the RUN_ bits.
    cdef Py_ssize_t run(
        self, const unsigned char *p, Py_ssize_t size, Py_ssize_t most, int *ending
    ) except -2
    cdef Py_ssize_t search(
        self, const unsigned char *p, Py_ssize_t size, bint incomplete
    ) except -2
    cdef int earn(self, long long hits) except -1
    cdef bint commit_texts(self, Template template) except -1
    cdef bint commit(self, Template template) except -1
    cdef int store(self, Slot *slot, Found *found) except -1
    cdef bint review(self) except -1
    cdef int learn(
        self, const unsigned char *frame, Py_ssize_t size, Py_ssize_t data, Py_ssize_t data_size
    ) except -1
    cdef int flush(self) except -1
    cdef int forget(self) except -1
