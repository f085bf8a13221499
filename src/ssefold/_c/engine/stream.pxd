# cython: language_level=3
"""How stream.py is compiled: what the core reads of a Stream, by offset."""

cimport cython

from .event_merge cimport EventMerger, knows
from .detect_named cimport Asked
from .stream_bodies cimport Body
from .stream_bystanders cimport Bystanders
from .blockdata cimport is_comment
from .detect cimport Among, dialect_of, bare_table
from .judgement cimport judge
from .log cimport Log, new_log
from .field_merge cimport FieldMerger, new_merger
from .ledger cimport Ledger, new_ledger
from .table cimport Table
from .plan cimport Plan, new_plan
from .jsonvalue cimport copy, given, is_open, same
from .stream_damage cimport damaged, glued
from .stream_failures cimport answers, failure_at, failure_of, first_of, is_fuller, is_vague
from .stream_failures cimport may_stand, may_turn, named_members
from .stream_life cimport Life, new_life
from .stream_strays cimport in_range, judge_body, stray_lines, whole_json
from .stream_undecided cimport apply_pending, give_up, leave_undecided, put_off
from .wiretext cimport Wire, new_wire

# Assigned by the import of jsonmarks.py: tests of C integers.
cdef int HAS_RANGE, HAS_SURROGATE
# Assigned by the import of stream_life.py: a loss is noted without memory.
cdef int CLOSE, ERROR, FINISHED, LOSS, STOP, TERMINATOR


cdef class Stream:
    cdef public bint strict
    cdef public Life life
    cdef public object limits
    cdef public object rules
    cdef public object read
    cdef public object text
    cdef public Among choice
    cdef public Log log
    cdef public int depth
    cdef public long long events
    cdef public long long cold
    cdef public bint done
    cdef public bint surrogates
    cdef public object error
    cdef public object answer
    cdef public list pending
    cdef public long long pending_size
    cdef public bint planning
    cdef public object undecided
    cdef public Body body
    cdef public Bystanders bystanders
    cdef public bint vague
    cdef public bint watched
    cdef public dict grown
    cdef public Asked asked
    cdef public long long last
    cdef public object dialect
    cdef public object source
    cdef public Table table
    cdef public Ledger ledger
    cdef public FieldMerger fields
    cdef public EventMerger acts
    cdef public Wire wire
    cdef public list removed

    cdef begin(self, dialect, bint strict, limits, rules, read, text)
    cpdef whole(self, bytes name, value, int flags, Py_ssize_t size, long long start)
    cpdef block(self, bytes name, bytes data, spans, bytes stray, start, bint final)
    cdef data(self, bytes name, bytes data, spans, bint final)
    cpdef count(self)
    cpdef event(self, bytes name, value, int flags, Py_ssize_t size)
    cpdef admit(self, bytes name, value, int flags, Py_ssize_t size)
    cpdef heartbeat(self)
    cpdef terminator(self)
    cpdef bint is_foreign(self) except -1
    cpdef pass_by(self, str kind)
    cpdef bint is_known(self, str kind, value) except -1
    cpdef bint fails(self, str kind, value) except -1
    cdef bint tells_failure(self, str kind, value, bint known) except -1
    cpdef fail(self, payload, event)
    cpdef bint fails_at(self, value, table) except -1
    cdef decide(self, source)
    cpdef find_dialect(self, str kind, value)
    cpdef merge(self, value, str kind, bint failed, bint known)
    cpdef settle_end(self)
    cdef settle_others(self)
    cdef judge_answer(self, bint terminated)
    cpdef leave_removed(self)
    cpdef Bystanders aside(self)
    cpdef note_other(self)
    cpdef limit(self, str code, offset)
    cpdef void lose(self, long long offset) noexcept
    cpdef end_folding(self, str code, offset)
    cpdef close(self)


@cython.locals(stream=Stream)
cpdef Stream new_stream(dialect, bint strict, limits, rules, read, text)
@cython.locals(name=str)
cdef bint tells_end(value, tuple terminator) except -1
