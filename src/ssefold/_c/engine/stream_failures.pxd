# cython: language_level=3
"""How stream_failures.py is compiled: what every event that is read is asked, as C calls."""

cimport cython

from .jsonvalue cimport given, is_open


cpdef failure_of(value, str kind, bint known)
# Assigned by stream_failures.py, once and for all.
cdef str _KIND
cdef tuple _TOLD
cdef tuple _UNLESS, _ROWS, _WORDS
cdef frozenset _KEYS, _WORD_KEYS, _SIGNS, _TELLING
cdef unsigned long long _MARKS, _TELLING_MARKS
cdef int _mark(str key) except -1
@cython.locals(bits=cython.ulonglong, one=cython.ulonglong)
cdef unsigned long long _bits(keys) except? 0


@cython.locals(members=dict, key=str, worded=bint)
cpdef bint may_fail(value) except -1
cpdef bint answers(value) except -1
@cython.locals(path=tuple, word=str)
cdef bint _says_word(value) except -1
cpdef bint is_telling(str key, frozenset also) except -1
cpdef bint is_of_signs(str key) except -1
cpdef bint is_worded(str key) except -1
cpdef bint can_fail(str key, value) except -1
cpdef bint may_turn(value, bint known, tuple nodes, bint deep) except -1
@cython.locals(ends=bint, below=tuple)
cdef bint may_hold(value, tuple nodes, bint deep) except -1
@cython.locals(ends=bint, below=tuple)
cpdef bint may_stand(value, tuple nodes) except -1
@cython.locals(path=tuple, row=dict)
cpdef bint says_failure(value) except -1
cdef bint _is_sign(found, dict row, value) except -1
cpdef failure_at(value, tuple row)
cdef _at(value, tuple path, int level, among)
cpdef first_of(value)
cpdef bint is_vague(payload, event) except -1
cpdef bint is_fuller(payload) except -1
cpdef named_members(value, dict names)
