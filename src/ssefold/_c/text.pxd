# cython: language_level=3
"""The contract of text.pyx: strings that grow by appending, kept as JSON string bodies."""


cdef class Text:
    cdef unsigned char *buf         # a JSON string body: UTF-8, escapes as they came
    cdef Py_ssize_t size
    cdef Py_ssize_t room
    cdef Py_ssize_t given[2]        # how many bytes take() has given to each of its readers
    cdef Py_ssize_t shown[2]        # how many peek() showed, those given among them
    cdef Py_ssize_t characters      # how many it showed reader 0 that are not given
    cdef bint escaped               # a backslash stands in it
    cdef readonly Py_ssize_t taken  # how many characters take() has given to reader 0
    cdef public object voice        # whether they are given at all (field_voices.Voice), or None

    # Room for n bytes more; False, and nothing changed, where memory is short.
    cdef bint has_room(self, Py_ssize_t n) noexcept
    # The same; 0, or -1 with MemoryError set.
    cdef int reserve(self, Py_ssize_t n) except -1
    # Append n bytes of a valid JSON string body; `escaped` if a backslash is among them.
    cdef int push(self, const unsigned char *p, Py_ssize_t n, bint escaped) except -1
    cpdef append(self, str text)
    cpdef str get(self)
    cpdef str take(self, bint final, int reader=*)
    cpdef str peek(self, bint final, int reader=*)
    cpdef accept(self, int reader=*)
    cdef append_surrogates(self, str text)
    cdef int append_utf8(self, const unsigned char *p, Py_ssize_t n) except -1
    cpdef bint is_json(self, int depth) except -1
    cpdef tuple since(self, mark)
    cdef str decode(self, Py_ssize_t start, Py_ssize_t end)
