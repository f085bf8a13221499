# cython: language_level=3
"""How log.py is compiled: the event that is being read, by offset."""

cimport cython


cdef class Log:
    cdef public object limits
    cdef public list faults
    cdef public list anomalies
    cdef public object grave
    cdef public long long fault_count
    cdef public long long anomaly_count
    cdef public long long event
    cdef public long long offset
    cdef public set seen
    cdef public dict counted
    cdef public long long lost_at
    cdef public long long lost_event
    cdef public Py_ssize_t lost_behind

    cdef begin(self, limits)
    cpdef fault(self, str code, offset, str detail, bytes raw=*)
    cpdef void lose(self, long long offset) noexcept
    cpdef fault_once(self, str code, str detail)
    cpdef anomaly(self, str code, str path)
    cpdef anomaly_once(self, str code, str path, which)


@cython.locals(log=Log)
cpdef Log new_log(limits)
