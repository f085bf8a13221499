# cython: language_level=3
"""Templates: a chunk's bytes, cut where a value may differ.

Enters: a frame that the cold path just merged, and the plan of its values (ledger.py).
Leaves: runs of literal bytes, and slots; or nothing, where a template would say too much.
Must not know: how frames are compared, dialects, fields.
"""

cimport cython
from cpython.mem cimport PyMem_Free, PyMem_Malloc, PyMem_Realloc
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.string cimport memchr, memcmp, memcpy

from ssefold.engine import jsonmarks as _values

from ..jsonread cimport Reading, key_at, read_value, scalar_at
from ..jsonscan cimport SCAN_ESCAPE, SCAN_INVALID_UTF8, scan_string, scan_value, skip_space
from ..engine.plan cimport Plan
from ..engine.jsonvalue cimport same
from ..engine.stream_failures cimport can_fail, is_of_signs, is_telling, is_worded
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
    MAX_STEADY,
    OPENED,
    ROUTED,
    Cells,
    Slot,
)
from ..engine.stream_failures import LONGEST_WORD as _LONGEST_WORD
from ..text cimport Text

cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except NULL
    bint PyUnicode_IS_COMPACT_ASCII(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    unsigned char *PyUnicode_1BYTE_DATA(object text)

cdef int OK = _values.OK
cdef int LONGEST_WORD = _LONGEST_WORD

cdef enum:
    MOST_KEYS = 64  # of one object; a chunk with more is none of many


# The collector need not know of these: they lead to the answer, never back.


@cython.no_gc
cdef class Head:
    def __dealloc__(self):
        PyMem_Free(self.bytes)


@cython.no_gc
cdef class Template:
    def __dealloc__(self):
        cdef int i
        for i in range(self.count):
            if self.slots[i].target != NULL:
                Py_DECREF(<object>self.slots[i].target)
        PyMem_Free(self.slots)
        if self.head is not None and self.head.laid == <void *>self:
            self.head.laid = NULL


cdef const unsigned char *lay(Template template) noexcept:
    cdef Head head = template.head
    cdef Py_ssize_t need = front_size(template)
    cdef unsigned char *bytes
    if need > head.room:
        bytes = <unsigned char *>PyMem_Realloc(head.bytes, need)
        if bytes == NULL:
            return NULL
        head.bytes = bytes
        head.room = need
    memcpy(head.bytes + head.size, template.literals, rest_size(template))
    head.laid = <void *>template
    return head.bytes


cdef bint holds(Template template, Cells cells) except -1:
    if template.head is not None and not head_holds(template.head, cells):
        return False
    return stand(template.literal_values, cells)


cdef inline unsigned long long mark(unsigned char first, Py_ssize_t size) noexcept nogil:
    return <unsigned long long>1 << ((size * 5 + first) & 63)


cdef unsigned long long marks_of(const unsigned char *p, Py_ssize_t size) noexcept nogil:
    """A bit for each text between two quotes."""
    cdef const unsigned char *end = p + size
    cdef const unsigned char *quote
    cdef const unsigned char *text = NULL
    cdef unsigned long long marks = 0
    while True:
        quote = <const unsigned char *>memchr(p, c'"', end - p)
        if quote == NULL:
            return marks
        if text != NULL:
            marks |= mark(text[0], quote - text)
        p = text = quote + 1


cdef bint head_has(Head head, str key) except -1:
    cdef Py_ssize_t size
    cdef const unsigned char *text = NULL
    cdef const unsigned char *p = head.bytes
    cdef const unsigned char *end = p + head.size
    try:
        text = <const unsigned char *>PyUnicode_AsUTF8AndSize(key, &size)
    except UnicodeEncodeError:
        pass
    if text == NULL:
        return True  # half a surrogate pair: whatever it is
    if size and not head.marks & mark(text[0], size):
        return False
    while True:
        p = <const unsigned char *>memchr(p, c'"', end - p)
        if p == NULL or end - p < size + 2:
            return False
        p += 1
        if p[size] == c'"' and memcmp(p, text, size) == 0:
            return True


cdef bint head_holds(Head head, Cells cells) except -1:
    return stand(head.values, cells)


cdef bint stand(tuple literal_values, Cells cells) except -1:
    """Whether the values are still the answer's, and nothing known may change them."""
    cdef Py_ssize_t i
    for i in range(0, len(literal_values), 3):
        values, name = literal_values[i], literal_values[i + 1]
        if not (name in values and same(values[name], literal_values[i + 2])):
            return False
        if cells.known is not None and cells.cell_of(values, name) is not None:
            return False
    return True


cdef Template build(
    Cells cells, Plan plan, int depth, Head known, bint headed,
    const unsigned char *frame, Py_ssize_t size, Py_ssize_t data, Py_ssize_t data_size
):
    return Builder(cells, plan, depth).build(known, headed, frame, size, data, data_size)


cdef struct Span:
    const unsigned char *start
    Py_ssize_t size


cdef inline bint says_what(Span *key) noexcept nogil:
    """Whether it is `type` or `error`: they tell an event's nature."""
    return (key.size == 4 and memcmp(key.start, b"type", 4) == 0) or (
        key.size == 5 and memcmp(key.start, b"error", 5) == 0)


cdef inline bint is_longer(
    const unsigned char *p, const unsigned char *end, Py_ssize_t size
) noexcept nogil:
    """Whether a string stands at `p` of more bytes than `size`, without an escape up to there."""
    if p[0] != c'"' or end - p < size + 2:
        return False
    cdef Py_ssize_t i
    for i in range(1, size + 2):
        if p[i] == c'"' or p[i] == c'\\':
            return False
    return True


@cython.final
@cython.no_gc  # it lives as long as a call
@cython.freelist(1)
cdef class Builder:
    """Lays a plan and the bytes it is of side by side."""

    cdef Cells cells
    cdef Plan plan
    cdef int max_depth
    cdef const unsigned char *frame
    cdef const unsigned char *p         # where the walk is
    cdef const unsigned char *end
    cdef Py_ssize_t behind              # where in the frame the last slot ended
    cdef Slot slots[MAX_SLOTS]
    cdef int count
    cdef bint texts
    cdef bint in_head                   # nothing but literals was met so far
    cdef Py_ssize_t head                # how far it reaches
    cdef Py_ssize_t head_values         # how many of the literal values are its own
    cdef list literal_values            # without those of the unread head
    cdef list held
    cdef Template template

    def __cinit__(self, Cells cells, Plan plan, int max_depth):
        self.cells = cells
        self.plan = plan
        self.max_depth = max_depth
        self.texts = self.in_head = True

    cdef Template build(
        self, Head known, bint headed,
        const unsigned char *frame, Py_ssize_t size, Py_ssize_t data, Py_ssize_t data_size
    ):
        """The template, or None where some value has no entry in the plan."""
        self.template = Template()
        self.held = []
        self.literal_values = []
        self.frame = frame
        self.p = skip_space(frame + data, frame + data + data_size)
        self.end = frame + data + data_size
        if self.p[0] != c'{':
            return None
        if known is not None:
            # Its next member began right there; here white space may come first.
            self.head = known.size
            self.p = skip_space(frame + known.size, self.end)
        if not (self.walk_object(None, 1) if known is None else self.walk_members(None, 1)):
            return None
        if headed and self.head:
            self.keep_head(known)
        self.template.literal_values = tuple(self.literal_values)
        self.finish(size)
        return self.template

    cdef int end_head(self) except -1:
        """The head reaches to here, behind a comma."""
        self.head = self.p - self.frame
        self.head_values = len(self.literal_values)
        return 0

    cdef int keep_head(self, Head known) except -1:
        """The template's head: the unread one, unless its own goes further."""
        cdef Head head = known
        if known is None or self.head > known.size:
            head = Head()
            head.bytes = <unsigned char *>PyMem_Malloc(self.head)
            if head.bytes == NULL:
                raise MemoryError
            memcpy(head.bytes, self.frame, self.head)
            head.size = head.room = self.head
            head.marks = marks_of(head.bytes, head.size)
            head.values = tuple(self.literal_values[:self.head_values])
            if known is not None:
                head.values = known.values + head.values
            del self.literal_values[:self.head_values]
        self.template.head = head
        self.template.head_size = head.size
        return 0

    cdef int finish(self, Py_ssize_t size) except -1:
        """Copy slots and literals; the head has a place of its own."""
        cdef Template template = self.template
        cdef unsigned char *to
        cdef Py_ssize_t room
        cdef int i
        if self.count:
            self.slots[0].literal = template.head_size
            self.slots[0].size -= template.head_size
        else:
            self.behind = template.head_size
        room = size - self.behind
        for i in range(self.count):
            room += self.slots[i].size
        template.slots = <Slot *>PyMem_Malloc(self.count * sizeof(Slot) + room)
        if template.slots == NULL:
            raise MemoryError
        to = template.literals = <unsigned char *>(template.slots + self.count)
        for i in range(self.count):
            memcpy(to, self.frame + self.slots[i].literal, self.slots[i].size)
            self.slots[i].literal = to - template.literals
            template.slots[i] = self.slots[i]
            if self.slots[i].target != NULL:
                Py_INCREF(<object>self.slots[i].target)
            to += self.slots[i].size
        memcpy(to, self.frame + self.behind, size - self.behind)
        template.count = self.count
        template.tail = to - template.literals
        template.tail_size = size - self.behind
        template.cr = self.frame[size - 1] == c'\r'
        template.texts = self.texts and template.echoes is None
        template.text_slot = self.only_text() if template.texts else -1
        template.steady = self.is_steady()
        return 0

    cdef bint is_steady(self) noexcept:
        """Whether there is at most one text, and no list but those that are mostly empty."""
        cdef int i, texts = 0
        if self.template.echoes is not None or self.count > MAX_STEADY:
            return False
        for i in range(self.count):
            texts += self.slots[i].kind == APPENDED
            if self.has_voice(i):
                return False
            if self.slots[i].token == c'{' or (
                self.slots[i].token == c'[' and not self.slots[i].empty
            ):
                return False
        return texts <= 1

    cdef int only_text(self) noexcept:
        """The one slot of a text, or -1."""
        cdef int i, found = -1
        for i in range(self.count):
            if self.slots[i].kind == APPENDED:
                if found >= 0 or self.has_voice(i):
                    return -1
                found = i
        return found

    cdef bint has_voice(self, int i) noexcept:
        """Whether each frame has to be looked at for the words of its other texts."""
        return self.slots[i].kind == APPENDED and (<Text>self.slots[i].target).voice is not None

    cdef bint walk_object(self, tuple at, int level) except -1:
        """The object at `p`; False where no template can be made."""
        self.p = skip_space(self.p + 1, self.end)
        return self.walk_members(at, level)

    cdef bint walk_members(self, tuple at, int level) except -1:
        """The members that begin at `p`, up to the brace."""
        cdef const unsigned char *q
        cdef int flags, i, count = 0
        cdef str key
        cdef Span keys[MOST_KEYS]
        while self.p[0] != c'}':
            flags = 0
            q = scan_string(self.p + 1, self.end, &flags)
            if flags & (SCAN_ESCAPE | SCAN_INVALID_UTF8):
                return False
            if count == MOST_KEYS:
                return False
            keys[count].start = self.p + 1
            keys[count].size = q - self.p - 1
            for i in range(count):
                if keys[i].size == keys[count].size and memcmp(
                    keys[i].start, keys[count].start, keys[i].size
                ) == 0:
                    return False  # twice: the last one counts, and the first would be looked at
            key = self.next_key(at, &keys[count])
            count += 1
            self.p = skip_space(skip_space(q + 1, self.end) + 1, self.end)
            if self.p[0] == c'{' or self.p[0] == c'[' or says_what(&keys[count - 1]):
                self.in_head = False
            if self.in_head and is_of_signs(key) and not (
                is_worded(key) and is_longer(self.p, self.end, LONGEST_WORD)
            ) and can_fail(key, scalar_at(self.p, self.end - self.p)):
                self.in_head = False  # each event is asked for it, and for the members beside it
            if not self.walk_value(at, key, level):
                return False
            self.p = skip_space(self.p, self.end)
            if self.p[0] == c',':
                self.p = skip_space(self.p + 1, self.end)
                if self.in_head:
                    self.end_head()
        self.p += 1
        return True

    cdef str next_key(self, tuple at, Span *key):
        """The key as a string; that of the plan's next note, if it is the same."""
        cdef list notes = self.plan.notes
        cdef Py_ssize_t next = self.plan.cursor
        cdef object known
        if next < len(notes) and notes[next] is at:
            known = notes[next + 1]
            if type(known) is str and PyUnicode_IS_COMPACT_ASCII(known) and (
                PyUnicode_GET_LENGTH(known) == key.size
                and memcmp(PyUnicode_1BYTE_DATA(known), key.start, key.size) == 0
            ):
                return known
        return key_at(key.start, key.size)

    cdef bint walk_array(self, tuple at, int level) except -1:
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

    cdef bint walk_value(self, tuple at, key, int level) except -1:
        """One value: a literal, a slot, or the sum of its members."""
        cdef int flags = 0
        cdef Plan plan = self.plan
        cdef Cells cells = self.cells
        entry = plan.entry(at, key)
        if entry is None:
            return False
        cdef int kind = entry[0]
        cdef unsigned char first = self.p[0]
        if kind == OPENED or kind == ROUTED:
            below = plan.found(at, key)
            if below is None:
                return False
            if first == c'{':
                return self.walk_object(below, level + 1)
            return first == c'[' and self.walk_array(below, level + 1)
        cdef const unsigned char *q = scan_value(self.p, self.end, self.max_depth, &flags)
        cdef bint is_string = first == c'"'
        cdef bint is_number = first == c'-' or c'0' <= first <= c'9'
        cdef bint is_list = first == c'['
        # Another value may make an error of an event: a literal, or no template.
        cdef bint telling = at is None and is_telling(key, plan.telling)
        if telling and (kind == APPENDED or kind == EXTENDED):
            return False
        if kind == APPENDED:
            text = cells.text_of(entry) if is_string else None
            if text is None or not self.add_slot(q, kind, 0, text):
                return False
        elif kind == EXTENDED:
            elements = cells.list_of(entry) if is_list else None
            if elements is None or not self.add_slot(q, kind, level, elements):
                return False
        elif kind == COUNTED:
            if not (is_number and self.add_slot(q, kind, 0, entry[1])):
                return False
        elif kind == DROPPED:
            if telling:
                pass
            elif is_string or is_number or is_list or first == c'{':
                if not self.add_slot(q, kind, level, None):
                    return False
        elif kind == LAST_ONE or kind == LAST_MEMBER:
            if not self.add_last(q, entry, (is_string or is_number) and not telling):
                return False
        elif kind == KEPT:
            self.literal_values += [entry[1], entry[2], entry[1][entry[2]]]
        elif kind == ECHOED:
            self.in_head = False
            if self.template.echoes is None:
                self.template.echoes = []
            self.template.echoes.append(entry[1][entry[2]])
        self.p = q
        return True

    cdef bint add_last(
        self, const unsigned char *q, entry, bint may_differ
    ) except -1:
        """A last value: a literal while it never differed, else a slot for ever."""
        cdef Cells cells = self.cells
        found = cells.last_of(entry)
        if found is None:
            if self.in_head and not self.is_last(q, entry):
                self.in_head = False  # another member had the last word: alone it would change it
            self.literal_values += [entry[1], entry[2], entry[1][entry[2]]]
            return True
        if not may_differ:
            return False
        if found in self.held:
            return False  # two values for one place: their order is the rules' business
        return self.add_slot(q, LAST_ONE, 0, found)

    cdef bint is_last(self, const unsigned char *q, entry) except -1:
        """Whether the scalar at `p` is the value in its place."""
        cdef Reading reading
        value = read_value(self.p, q - self.p, 0, 1, &reading)
        return reading.code == OK and same(entry[1][entry[2]], value)

    cdef bint add_slot(
        self, const unsigned char *q, int kind, int level, target
    ) except -1:
        """A slot from `p` to `q`; of a string the body, its quotes are literal."""
        cdef Slot *slot = &self.slots[self.count]
        cdef Py_ssize_t quote = 1 if self.p[0] == c'"' else 0
        self.in_head = False
        if self.count == MAX_SLOTS:
            return False
        slot.kind = kind
        slot.token = self.p[0]
        if not (quote or slot.token == c'[' or slot.token == c'{'):
            slot.token = c'0'
        self.texts &= quote and (kind == APPENDED or kind == DROPPED)
        slot.depth = self.max_depth - level
        slot.empty = q - self.p == 2 and slot.token == c'['
        slot.literal = self.behind
        slot.size = self.p + quote - self.frame - self.behind
        slot.target = <void *>target
        if target is not None:
            self.held.append(target)
        self.behind = q - quote - self.frame
        self.count += 1
        return True
