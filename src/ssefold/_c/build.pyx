# cython: language_level=3
"""Templates: a chunk's bytes, cut where a value may differ.

Enters: a frame that the cold path just merged, and the plan of what happened to its
values (ledger.py).
Leaves: runs of literal bytes, and slots; or nothing, where one would say too much.
Must not know: how frames are compared, dialects, fields.
"""

from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_Malloc
from libc.string cimport memcpy

from .jsonread cimport key_at
from .jsonscan cimport SCAN_ESCAPE, SCAN_INVALID_UTF8, scan_string, scan_value, skip_space
from .plain cimport same
from .slots cimport (
    APPENDED,
    COUNTED,
    DROPPED,
    ECHOED,
    EXTENDED,
    KEPT,
    LAST_MEMBER,
    LAST_ONE,
    MAX_SLOTS,
    OPENED,
    ROUTED,
    Cells,
    Slot,
)


cdef class Template:
    def __dealloc__(self):
        PyMem_Free(self.literals)
        PyMem_Free(self.slots)


cdef bint holds(Template template) except -1:
    for values, name, value in template.literal_values:
        if not (name in values and same(values[name], value)):
            return False
    return True


cdef Template build(
    Cells cells, dict plan, int depth,
    const unsigned char *frame, Py_ssize_t size, Py_ssize_t data, Py_ssize_t data_size
):
    return Builder(cells, plan, depth).build(frame, size, data, data_size)


cdef class Builder:
    """Lays a plan and the bytes it is of side by side."""

    cdef Cells cells
    cdef dict plan
    cdef int max_depth
    cdef const unsigned char *frame
    cdef const unsigned char *p         # where the walk is
    cdef const unsigned char *end
    cdef Py_ssize_t behind              # where in the frame the last slot ended
    cdef Slot slots[MAX_SLOTS]
    cdef int count
    cdef bint texts
    cdef Template template

    def __cinit__(self, Cells cells, dict plan, int max_depth):
        self.cells = cells
        self.plan = plan
        self.max_depth = max_depth
        self.texts = True

    cdef Template build(
        self, const unsigned char *frame, Py_ssize_t size, Py_ssize_t data, Py_ssize_t data_size
    ):
        """The template, or None where some value has no entry in the plan."""
        self.template = Template()
        self.template.held = []
        self.template.literal_values = []
        self.frame = frame
        self.p = skip_space(frame + data, frame + data + data_size)
        self.end = frame + data + data_size
        if self.p[0] != c'{' or not self.walk_object(None, 1):
            return None
        self.finish(size)
        return self.template

    cdef int finish(self, Py_ssize_t size) except -1:
        """Copy slots and literals, now that their number is known."""
        cdef Template template = self.template
        template.count = self.count
        template.tail = self.behind
        template.tail_size = size - self.behind
        template.cr = self.frame[size - 1] == c'\r'
        template.texts = self.texts and template.echoes is None
        template.text_slot = self.only_text() if template.texts else -1
        template.slots = <Slot *>PyMem_Calloc(self.count + 1, sizeof(Slot))
        template.literals = <unsigned char *>PyMem_Malloc(size)
        if template.slots == NULL or template.literals == NULL:
            raise MemoryError
        memcpy(template.slots, self.slots, self.count * sizeof(Slot))
        memcpy(template.literals, self.frame, size)
        return 0

    cdef int only_text(self) noexcept:
        """The one slot that is appended, or -1."""
        cdef int i, found = -1
        for i in range(self.count):
            if self.slots[i].kind == APPENDED:
                if found >= 0:
                    return -1
                found = i
        return found

    cdef bint walk_object(self, at, int level) except -1:
        """The members of the object at `p`; False where no template can be made."""
        cdef const unsigned char *q
        cdef int flags
        cdef str key
        keys = set()
        self.p = skip_space(self.p + 1, self.end)
        while self.p[0] != c'}':
            flags = 0
            q = scan_string(self.p + 1, self.end, &flags)
            if flags & (SCAN_ESCAPE | SCAN_INVALID_UTF8):
                return False
            key = key_at(self.p + 1, q - self.p - 1)
            if key in keys:
                return False  # twice: the last one counts, and the first would be looked at
            keys.add(key)
            self.p = skip_space(skip_space(q + 1, self.end) + 1, self.end)
            if not self.walk_value(at, key, level):
                return False
            self.p = skip_space(self.p, self.end)
            if self.p[0] == c',':
                self.p = skip_space(self.p + 1, self.end)
        self.p += 1
        return True

    cdef bint walk_array(self, at, int level) except -1:
        """The elements of the array at `p`."""
        cdef Py_ssize_t position = 0
        self.p = skip_space(self.p + 1, self.end)
        while self.p[0] != c']':
            if not self.walk_value(at, position, level):
                return False
            position += 1
            self.p = skip_space(self.p, self.end)
            if self.p[0] == c',':
                self.p = skip_space(self.p + 1, self.end)
        self.p += 1
        return True

    cdef bint walk_value(self, at, key, int level) except -1:
        """One value: a literal, a slot, or what its members are."""
        cdef int flags = 0
        entry = self.plan.get((at, key))
        if entry is None:
            return False
        cdef int kind = entry[0]
        cdef unsigned char first = self.p[0]
        if kind == OPENED or kind == ROUTED:
            if first == c'{':
                return self.walk_object((at, key), level + 1)
            return first == c'[' and self.walk_array((at, key), level + 1)
        cdef const unsigned char *q = scan_value(self.p, self.end, self.max_depth, &flags)
        cdef bint is_string = first == c'"'
        cdef bint is_number = first == c'-' or c'0' <= first <= c'9'
        cdef bint is_list = first == c'['
        if kind == APPENDED:
            text = self.cells.text_of(entry) if is_string else None
            if text is None or not self.add_slot(q, kind, 0, text):
                return False
        elif kind == EXTENDED:
            if not (is_list and self.add_slot(q, kind, level, self.cells.list_of(entry))):
                return False
        elif kind == COUNTED:
            if not (is_number and self.add_slot(q, kind, 0, entry[1])):
                return False
        elif kind == DROPPED:
            if at is None and key == "type":
                pass  # a literal: another one may make an error of an event
            elif is_string or is_number or is_list or first == c'{':
                if not self.add_slot(q, kind, level, None):
                    return False
        elif kind == LAST_ONE or kind == LAST_MEMBER:
            if not self.add_last(q, entry, at, key, is_string or is_number):
                return False
        elif kind == KEPT:
            self.template.literal_values.append((entry[1], entry[2], entry[1][entry[2]]))
        elif kind == ECHOED:
            if self.template.echoes is None:
                self.template.echoes = []
            self.template.echoes.append(entry[1][entry[2]])
        self.p = q
        return True

    cdef bint add_last(
        self, const unsigned char *q, entry, at, key, bint is_token
    ) except -1:
        """A last value: a literal while it never differed, else a slot for ever."""
        found = self.cells.last_of(entry)
        if found is None:
            self.template.literal_values.append((entry[1], entry[2], entry[1][entry[2]]))
            return True
        if not is_token or (at is None and key == "type"):
            return False  # an event's type may make an error of it
        if found in self.template.held:
            return False  # two values for one place: their order is the rules' business
        return self.add_slot(q, LAST_ONE, 0, found)

    cdef bint add_slot(
        self, const unsigned char *q, int kind, int level, target
    ) except -1:
        """A slot from `p` to `q`; of a string the body, its quotes are literal."""
        cdef Slot *slot = &self.slots[self.count]
        cdef Py_ssize_t quote = 1 if self.p[0] == c'"' else 0
        if self.count == MAX_SLOTS:
            return False
        slot.kind = kind
        slot.token = self.p[0]
        if not (quote or slot.token == c'[' or slot.token == c'{'):
            slot.token = c'0'
        self.texts &= quote and (kind == APPENDED or kind == DROPPED)
        slot.depth = self.max_depth - level
        slot.literal = self.behind
        slot.size = self.p + quote - self.frame - self.behind
        slot.target = <void *>target
        if target is not None:
            self.template.held.append(target)
        self.behind = q - quote - self.frame
        self.count += 1
        return True
