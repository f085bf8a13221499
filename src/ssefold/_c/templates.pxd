# cython: language_level=3
"""The contract of templates.pyx: chunks like ones seen before, folded without an object."""

from .build cimport Template
from .members cimport Members
from .slots cimport Cells, Found
from .stream cimport Stream

cdef enum:
    RUN_CUT = 1         # a known frame begins behind the run, as far as the bytes go
    RUN_CR = 2          # the last frame ended with CR
    RUN_CRLF = 4        # and the LF behind it was taken too


cdef class Templates:
    cdef Stream stream
    cdef Cells cells
    cdef list known             # Templates
    cdef Members members        # None until the templates turn out to be many
    cdef Template last          # what came last
    cdef Template likely        # what probably comes next
    cdef bint members_alone     # no templates: to test what stands beside them
    cdef int builds             # how many more may be built without a hit
    cdef int built
    cdef long long hits
    cdef long long openings     # the ledger's counters when `known` was last looked at
    cdef long long structure
    cdef long long changes
    cdef Found *found

    # Whether the next cold event should note its plan.
    cdef bint wanted(self) noexcept
    # Whether anything is known.
    cdef bint ready(self) noexcept
    # Fold the frames at `p` that are known: how many bytes they are. `most` bounds a frame;
    # `ending` tells what stopped the run, and how the last frame ended (the RUN_ bits).
    cdef Py_ssize_t run(
        self, const unsigned char *p, Py_ssize_t size, Py_ssize_t most, int *ending
    ) except -2
    cdef Py_ssize_t run_text(
        self, Template template, const unsigned char *p, Py_ssize_t size, Py_ssize_t most
    ) except -1
    cdef int follow(self, Template template) except -1
    cdef bint commit(self, Template template) except -1
    cdef Py_ssize_t search(
        self, const unsigned char *p, Py_ssize_t size, bint incomplete
    ) except -2
    cdef int earn(self, long long hits) except -1
    # Decode what waits, before anybody reads the state or merges into it.
    cdef int flush(self) except -1
    cdef int forget(self) except -1
    # After a cold event: drop what would now change more than its slots. True if the event
    # may be the first of many. One that opened a place (a role, a tool's name) is the first
    # of its kind, and mostly the last.
    cdef bint review(self) except -1
    # Learn from a frame that was just merged, as far as its plan allows.
    cdef int learn(
        self, const unsigned char *frame, Py_ssize_t size, Py_ssize_t data, Py_ssize_t data_size
    ) except -1
    cdef int add(self, Template template) except -1
