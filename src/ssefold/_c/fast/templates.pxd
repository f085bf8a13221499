# cython: language_level=3
"""The contract of fast/templates.pyx: chunks like ones seen before, folded without an object."""

from .build cimport Head, Template
from .members cimport Members
from .slots cimport Cells, Found
from ..engine.stream cimport Stream

cdef enum:
    RUN_CUT = 1         # a known frame begins behind the run, as far as the bytes go
    RUN_CR = 2          # the last frame ended with CR
    RUN_CRLF = 4        # and the LF behind it was taken too


# A private switch, to compare the fast path with the cold one: off, on, or nothing but
# known members (fast/members.pyx), which take over only where templates turn out to be many.
cdef enum:
    OFF = 0
    ON = 1
    MEMBERS = 2

cdef int FAST


cdef class Templates:
    cdef Stream stream
    cdef Cells cells
    cdef list known             # Templates
    cdef Py_ssize_t common      # how many bytes all of them begin with
    cdef Members members        # None until the templates turn out to be many
    cdef Template last          # what came last
    cdef Template likely        # what probably comes next
    cdef Head headed            # the newest, or None
    cdef bint members_alone     # no templates: to test what stands beside them
    cdef int builds             # how many more may be built without a hit
    cdef int built
    cdef int by_members         # frames since the templates were last looked at
    cdef long long hits
    cdef long long openings     # the ledger's counters when `known` was last looked at
    cdef long long structure
    cdef long long changes

    # Whether the next cold event should note its plan.
    cdef bint wanted(self) noexcept
    # Whether anything is known.
    cdef bint ready(self) noexcept
    # Fold the frames at `p` that are known: how many bytes they are. `most` bounds a frame;
    # `ending` tells what stopped the run, and how the last frame ended (the RUN_ bits).
    cdef Py_ssize_t run(
        self, const unsigned char *p, Py_ssize_t size, Py_ssize_t most, int *ending
    ) except -2
    # A frame that stands alone: nothing of it may be left.
    cdef bint whole(self, const unsigned char *p, Py_ssize_t size, Py_ssize_t most) except -1
    # The same where only the kind of frames is looked at that came last; it raises nothing.
    # `crlf`: the last one ended with CR, and the LF behind it was taken.
    cdef Py_ssize_t quick(
        self, const unsigned char *p, Py_ssize_t size, Py_ssize_t most, bint *crlf
    ) noexcept
    cdef bint in_run(self) noexcept
    cdef Py_ssize_t run_likely(
        self, const unsigned char *p, Py_ssize_t size, Py_ssize_t most
    ) noexcept
    cdef bint append(self, Template template, Found *found) noexcept
    cdef void follow(self, Template template) noexcept
    cdef bint commit(self, Template template, Found *found) except -1
    cdef Py_ssize_t search(
        self, const unsigned char *p, Py_ssize_t size, Found *found
    ) except -2
    cdef int compare_known(self) except -1
    # Drop the templates that nothing was like since they were made.
    cdef void prune_if_it_can(self) noexcept
    cdef int prune(self) except -1
    cdef int keep(self, list known) except -1
    cdef void earn(self, long long hits) noexcept
    # Where the frame at `p` begins as one that is known: how many bytes of it need not be read,
    # for they change nothing. 0: none; it is the head of `headed`.
    cdef Py_ssize_t head(self, const unsigned char *p, Py_ssize_t size) noexcept
    # Decode what waits, before anybody reads the state or merges into it.
    cdef int flush(self) except -1
    cdef int forget(self) except -1
    # After a cold event: drop what would now change more than its slots. True if the event
    # may be the first of many. One that opened a place (a role, a tool's name) is the first
    # of its kind, and mostly the last.
    cdef bint review(self) except -1
    # Learn from a frame that was just merged, as far as its plan allows; `headed`: its head, if
    # that was not read.
    cdef int learn(
        self, Head headed,
        const unsigned char *frame, Py_ssize_t size, Py_ssize_t data, Py_ssize_t data_size
    ) except -1
    cdef int add(self, Template template) except -1
