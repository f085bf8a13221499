# cython: language_level=3
"""The fast path: a chunk like one seen before costs a comparison and a copy.

Enters: frames, as bytes in the caller's buffer; for each that the cold path merged,
the plan of what happened to its values (ledger.py).
Leaves: longer texts and lists, changed scalars, one event more; no Python object.
Must not know: dialects, fields; what a frame looks like that it has not seen.

Successive chunks of a stream are the same bytes but for a text fragment, a counter,
a timestamp. So a template is the bytes of a chunk, cut where a value may differ: runs
of literal bytes, and slots. A chunk that has the literals and a valid value in each
slot does to the answer what the first one did, with its own values.

The invariant: every known template, replayed now, changes nothing but its slots. What
merely stands in an answer (an id, a model) is a literal while it equals the answer, and
a slot for ever once it differed. What re-routes (a tool index used again, a finished
choice, a stopped block) moves the ledger's `structure`, and all templates go.

A value goes the cold way if it could mean more than its bytes: a bad escape, bad UTF-8,
a number that might be out of range, a key that comes twice.
"""

from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_Malloc, PyMem_Realloc
from libc.string cimport memchr, memcmp, memcpy

from ssefold.plan import (
    APPENDED,
    DROPPED,
    ECHOED,
    EXTENDED,
    FIXED,
    KEPT,
    LAST_MEMBER,
    LAST_ONE,
    OPENED,
)

from .jsonread cimport read
from .jsonscan cimport (
    SCAN_BAD,
    SCAN_CUT,
    SCAN_ESCAPE,
    SCAN_FAILED,
    SCAN_FLOAT,
    SCAN_INVALID_UTF8,
    SCAN_SURROGATE,
    scan_number,
    scan_string,
    scan_value,
    skip_space,
    unescaped_length,
)
from .ledger cimport Ledger
from .plain cimport same, weight
from .stream cimport Stream
from .text cimport Text

cdef enum:
    MAX_SLOTS = 32
    MAX_TEMPLATES = 64
    # A stream that never repeats stops paying after this many.
    FIRST_BUILDS = 16
    # Every so many hits earn one build more.
    HITS_PER_BUILD = 8
    # Longer numbers might be out of range; longer last values are charged exactly.
    MAX_NUMBER = 18
    MAX_SCALAR = 4096
    # In an object with more members, nobody looks for a key that comes twice.
    MAX_KEYS = 16
    TEXT_SLACK = 16

cdef int _APPENDED = APPENDED, _DROPPED = DROPPED, _ECHOED = ECHOED, _EXTENDED = EXTENDED
cdef int _FIXED = FIXED, _KEPT = KEPT, _LAST_MEMBER = LAST_MEMBER, _LAST_ONE = LAST_ONE
cdef int _OPENED = OPENED


# -- values that wait to be decoded ---------------------------------------------------


cdef int grow(unsigned char **buf, Py_ssize_t *room, Py_ssize_t need) except -1:
    cdef unsigned char *fresh
    if need > room[0]:
        need = max(need, room[0] + (room[0] >> 1))
        fresh = <unsigned char *>PyMem_Realloc(buf[0], need)
        if fresh == NULL:
            raise MemoryError
        buf[0] = fresh
        room[0] = need
    return 0


cdef class Cell:
    def __dealloc__(self):
        PyMem_Free(self.buf)

    cdef int set(self, const unsigned char *p, Py_ssize_t n) except -1:
        grow(&self.buf, &self.room, n)
        memcpy(self.buf, p, n)
        self.size = n
        return 0

    cdef int flush(self, Ledger ledger) except -1:
        """Decode the value into its place."""
        value = read(<bytes>self.buf[:self.size], 0, 1)[1]
        if self.charged:
            ledger.extra += weight(value) - weight(self.values[self.name])
        self.values[self.name] = value
        self.dirty = False
        return 0


cdef class ListCell:
    def __dealloc__(self):
        PyMem_Free(self.buf)

    cdef int add(self, const unsigned char *p, Py_ssize_t n) except -1:
        grow(&self.buf, &self.room, self.size + n + 1)
        memcpy(self.buf + self.size, p, n)
        self.size += n
        self.buf[self.size] = c','
        self.size += 1
        return 0

    cdef int flush(self) except -1:
        """Decode the elements into their list."""
        self.buf[self.size - 1] = c']'
        self.elements.extend(read(b"[" + <bytes>self.buf[:self.size], 0, 256)[1])
        self.size = 0
        self.dirty = False
        return 0


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


cdef struct Key:
    const unsigned char *start
    Py_ssize_t size


cdef Py_ssize_t weigh(
    const unsigned char **at, const unsigned char *end, int *flags
) noexcept nogil:
    """The weight (plain.weight) of the valid JSON value at `at`, which moves behind it.

    -1: a value that the cold path has to look at.
    """
    cdef const unsigned char *p = at[0]
    cdef Py_ssize_t total = 8
    cdef int seen = 0
    if p[0] == c'"':
        p = scan_string(p + 1, end, &seen)
        flags[0] |= seen
        if seen & SCAN_INVALID_UTF8:
            return -1
        total = p - at[0] - 1
        if seen & SCAN_ESCAPE:
            total = unescaped_length(at[0] + 1, total)
        at[0] = p + 1
        return total
    if p[0] == c'{' or p[0] == c'[':
        return weigh_members(at, end, flags)
    if p[0] == c'-' or c'0' <= p[0] <= c'9':
        p = scan_number(p, end, &seen)
        if not is_safe_number(at[0], p - at[0], seen):
            return -1
    else:
        while p < end and c'a' <= p[0] <= c'z':
            p += 1
    at[0] = p
    return total


cdef Py_ssize_t weigh_members(
    const unsigned char **at, const unsigned char *end, int *flags
) noexcept nogil:
    """The same for an object or an array."""
    cdef Key keys[MAX_KEYS]
    cdef const unsigned char *p = at[0]
    cdef bint is_object = p[0] == c'{'
    cdef unsigned char closing = p[0] + 2
    cdef Py_ssize_t total = 8, part
    cdef int count = 0, i, seen
    p = skip_space(p + 1, end)
    while p[0] != closing:
        if is_object:
            if count == MAX_KEYS:
                return -1
            seen = 0
            keys[count].start = p + 1
            p = scan_string(p + 1, end, &seen)
            keys[count].size = p - keys[count].start
            if seen & (SCAN_ESCAPE | SCAN_INVALID_UTF8):
                return -1
            for i in range(count):
                if keys[i].size == keys[count].size and memcmp(
                    keys[i].start, keys[count].start, keys[i].size
                ) == 0:
                    return -1
            total += keys[count].size
            count += 1
            p = skip_space(skip_space(p + 1, end) + 1, end)
        part = weigh(&p, end, flags)
        if part < 0:
            return -1
        total += part
        p = skip_space(p, end)
        if p[0] == c',':
            p = skip_space(p + 1, end)
    at[0] = p + 1
    return total


cdef inline bint is_safe_number(
    const unsigned char *p, Py_ssize_t size, int flags
) noexcept nogil:
    """Whether a number is surely in range: short, and without an exponent."""
    cdef Py_ssize_t i
    if size > MAX_NUMBER:
        return False
    if flags & SCAN_FLOAT:
        for i in range(size):
            if p[i] | 0x20 == c'e':
                return False
    return True


# -- comparing --------------------------------------------------------------------------


cdef inline bint has_line_end(const unsigned char *p, const unsigned char *end) noexcept nogil:
    return memchr(p, c'\n', end - p) != NULL or memchr(p, c'\r', end - p) != NULL


cdef inline Py_ssize_t compare(
    Template template, const unsigned char *p, Py_ssize_t size, Found *found
) noexcept nogil:
    """Size of the frame at `p` that the template matches, INCOMPLETE or NO_MATCH."""
    cdef const unsigned char *begin = p
    cdef const unsigned char *end = p + size
    cdef const unsigned char *q
    cdef Slot *slot = template.slots
    cdef Slot *last = slot + template.count
    cdef const unsigned char *literals = template.literals
    cdef int flags
    while slot < last:
        if end - p <= slot.size:
            return INCOMPLETE if memcmp(p, literals + slot.literal, end - p) == 0 else NO_MATCH
        if memcmp(p, literals + slot.literal, slot.size):
            return NO_MATCH
        p += slot.size
        flags = 0
        if slot.token == c'"':
            q = scan_string(p, end, &flags)
        elif slot.token == c'0':
            q = scan_number(p, end, &flags)
            if q == end and not flags & SCAN_BAD:
                flags = SCAN_CUT
            elif not is_safe_number(p, q - p, flags):
                return NO_MATCH
        elif p[0] != slot.token:
            return NO_MATCH
        else:
            q = scan_value(p, end, slot.depth, &flags)
            # To JSON a line end is white space, to the framing it ends the line.
            if has_line_end(p, end if flags & SCAN_CUT else q):
                return NO_MATCH
        if flags & (SCAN_FAILED | SCAN_INVALID_UTF8):
            return INCOMPLETE if flags & SCAN_CUT else NO_MATCH
        found.start = p
        found.size = q - p
        found.flags = flags
        found += 1
        slot += 1
        p = q
    if end - p < template.tail_size:
        return INCOMPLETE if memcmp(p, literals + template.tail, end - p) == 0 else NO_MATCH
    if memcmp(p, literals + template.tail, template.tail_size):
        return NO_MATCH
    return p + template.tail_size - begin


cdef class Template:
    def __dealloc__(self):
        PyMem_Free(self.literals)
        PyMem_Free(self.slots)


cdef class Templates:
    """The templates of one stream."""

    def __cinit__(self, Stream stream):
        self.stream = stream
        self.known = []
        self.cells = {}
        self.dirty = []
        self.builds = FIRST_BUILDS
        self.found = <Found *>PyMem_Malloc(MAX_SLOTS * sizeof(Found))
        if self.found == NULL:
            raise MemoryError

    def __dealloc__(self):
        PyMem_Free(self.found)

    cdef bint wanted(self) noexcept:
        """Whether the next cold event should note its plan."""
        return self.builds > 0 and len(self.known) < MAX_TEMPLATES

    cdef Py_ssize_t run(
        self, const unsigned char *p, Py_ssize_t size, Py_ssize_t most, int *ending
    ) except -2:
        """Fold the frames at `p` that are known: how many bytes they are.

        `most` bounds a frame. `ending` tells what stopped the run, and how the last
        frame ended (see templates.pxd).
        """
        cdef Template template
        cdef Py_ssize_t pos = 0, k = NO_MATCH
        cdef long long before = self.stream.events
        cdef bint cr = False, lf = False
        while pos < size:
            template = self.likely
            k = NO_MATCH if template is None else compare(template, p + pos, size - pos, self.found)
            if k <= 0:
                k = self.search(p + pos, size - pos, k == INCOMPLETE)
                template = self.likely
            if k <= 0:
                break
            if k > most or not (
                self.commit_texts(template) if template.texts else self.commit(template)
            ):
                k = NO_MATCH
                break
            pos += k
            self.stream.events += 1
            if self.last is not template:
                if self.last is not None:
                    self.last.successor = template
                self.last = template
            self.likely = template.successor
            cr = template.cr
            lf = cr and pos < size and p[pos] == c'\n'
            pos += lf
        self.earn(self.stream.events - before)
        ending[0] = (RUN_CUT if k == INCOMPLETE else 0) | (RUN_CR if cr else 0) | (
            RUN_CRLF if lf else 0)
        return pos

    cdef Py_ssize_t search(
        self, const unsigned char *p, Py_ssize_t size, bint incomplete
    ) except -2:
        """Compare all but the likely template; the one that matches becomes the likely one."""
        cdef Template template, guess = self.likely
        cdef Py_ssize_t k
        for template in self.known:
            if template is not guess:
                k = compare(template, p, size, self.found)
                if k > 0:
                    self.likely = template
                    return k
                incomplete |= k == INCOMPLETE
        return INCOMPLETE if incomplete else NO_MATCH

    cdef int earn(self, long long hits) except -1:
        """Templates that are used earn the right to build others."""
        self.hits += hits
        if self.hits >= HITS_PER_BUILD:
            self.builds = min(FIRST_BUILDS, self.builds + self.hits // HITS_PER_BUILD)
            self.hits %= HITS_PER_BUILD
        return 0

    cdef bint commit_texts(self, Template template) except -1:
        """commit() for what most chunks are: texts, and strings that are left out."""
        cdef Ledger ledger = self.stream.merger
        cdef Slot *slot = template.slots
        cdef Found *found = self.found
        cdef Py_ssize_t total = 0, bytes_added = 0
        cdef int i, flags = 0
        cdef Text text
        for i in range(template.count):
            flags |= found[i].flags
            if slot[i].kind == _APPENDED:
                bytes_added += found[i].size
                if found[i].flags & SCAN_ESCAPE:
                    total += unescaped_length(found[i].start, found[i].size) - found[i].size
        total += bytes_added
        for i in range(template.count):
            if slot[i].kind == _APPENDED:
                # Room for all that is added: two slots may go to one text.
                text = <Text>slot[i].target
                if text.size + bytes_added + TEXT_SLACK > text.room:
                    text.reserve(bytes_added)
        if 0 <= ledger.held_limit < ledger.held + total and total > 0:
            return False
        ledger.held += total
        for i in range(template.count):
            if slot[i].kind == _APPENDED:
                text = <Text>slot[i].target
                copy_bytes(text.buf + text.size, found[i].start, found[i].size)
                text.size += found[i].size
                text.escaped |= found[i].flags & SCAN_ESCAPE
        if flags & SCAN_SURROGATE:
            self.stream.surrogates = True
        return True

    cdef bint commit(self, Template template) except -1:
        """Do to the answer what the matched frame says; False to go the cold way.

        Everything is weighed and every buffer grown before anything changes.
        """
        cdef Ledger ledger = self.stream.merger
        cdef Slot *slot = template.slots
        cdef Found *found = self.found
        cdef const unsigned char *p
        cdef Py_ssize_t total = 0, part
        cdef int i, flags = 0
        for i in range(template.count):
            if slot[i].kind == _APPENDED:
                part = found[i].size
                if found[i].flags & SCAN_ESCAPE:
                    part = unescaped_length(found[i].start, part)
                (<Text>slot[i].target).reserve(found[i].size)
                total += part
            elif slot[i].token == c'[' or slot[i].token == c'{':
                p = found[i].start
                part = weigh(&p, p + found[i].size, &found[i].flags)
                if part < 0:
                    return False
                if slot[i].kind == _EXTENDED:
                    total += part - 8
            elif found[i].size > MAX_SCALAR and slot[i].kind != _DROPPED:
                return False
        if 0 <= ledger.held_limit < ledger.held + total and total > 0:
            return False
        ledger.held += total
        for i in range(template.count):
            flags |= found[i].flags
            if slot[i].kind == _APPENDED:
                (<Text>slot[i].target).push(
                    found[i].start, found[i].size, found[i].flags & SCAN_ESCAPE)
            elif slot[i].kind != _DROPPED:
                self.store(&slot[i], &found[i])
        if flags & SCAN_SURROGATE:
            self.stream.surrogates = True
        if template.echoes is not None:
            for echo in template.echoes:
                echo.count += 1
        return True

    cdef int store(self, Slot *slot, Found *found) except -1:
        """Keep a scalar or a list's elements for whoever asks."""
        cdef Cell cell
        cdef ListCell elements
        cdef Py_ssize_t extra = 1 if slot.token == c'"' else 0
        if slot.kind == _EXTENDED:
            elements = <ListCell>slot.target
            if is_blank(found.start + 1, found.size - 2):
                return 0
            elements.add(found.start + 1, found.size - 2)
            if not elements.dirty:
                elements.dirty = True
                self.dirty.append(elements)
        else:
            cell = <Cell>slot.target
            cell.set(found.start - extra, found.size + 2 * extra)
            if not cell.dirty:
                cell.dirty = True
                self.dirty.append(cell)
        return 0

    cdef int flush(self) except -1:
        """Decode what waits, before anybody reads the state or merges into it."""
        if self.dirty:
            for cell in self.dirty:
                if type(cell) is Cell:
                    (<Cell>cell).flush(self.stream.merger)
                else:
                    (<ListCell>cell).flush()
            self.dirty.clear()
        return 0

    cdef int forget(self) except -1:
        """Drop all templates; what waits is decoded first."""
        self.flush()
        self.known.clear()
        self.cells.clear()
        self.last = self.likely = None
        return 0

    cdef bint review(self) except -1:
        """After a cold event: drop what would now change more than its slots.

        True if the event may be the first of many. One that opened a place (a role, a
        tool's name) is the first of its kind, and mostly the last.
        """
        cdef Ledger ledger = self.stream.merger
        cdef Template template
        cdef bint steady = True
        if ledger is None:
            return False
        if self.structure != ledger.structure or self.stream.ended:
            self.forget()
            steady = False
        elif self.changes != ledger.changes and self.known:
            self.known = [template for template in self.known if holds(template)]
            self.last = self.likely = None
            for template in self.known:
                template.successor = None
        self.structure = ledger.structure
        self.changes = ledger.changes
        return steady

    cdef int learn(
        self, const unsigned char *frame, Py_ssize_t size, Py_ssize_t data, Py_ssize_t data_size
    ) except -1:
        """Make a template of a frame that was just merged, if its plan allows one."""
        cdef Ledger ledger = self.stream.merger
        cdef Builder builder
        cdef Template template
        if ledger is None or ledger.plan is None or self.stream.ended:
            return 0
        self.builds -= 1
        builder = Builder(self, ledger.plan, self.stream.depth)
        template = builder.build(frame, size, data, data_size)
        if template is not None:
            self.known.append(template)
            if self.last is not None:
                self.last.successor = template
            template.successor = template
            self.last = self.likely = template
        return 0


cdef bint holds(Template template) except -1:
    """Whether all that the template's literals repeat still stands in the answer."""
    for values, name, value in template.literal_values:
        if not (name in values and same(values[name], value)):
            return False
    return True


cdef inline bint is_blank(const unsigned char *p, Py_ssize_t size) noexcept nogil:
    return skip_space(p, p + size) == p + size


# -- building -----------------------------------------------------------------------------


cdef class Builder:
    """Lays a plan and the bytes it is of side by side."""

    cdef Templates templates
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

    def __cinit__(self, Templates templates, dict plan, int max_depth):
        self.templates = templates
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
        template.slots = <Slot *>PyMem_Calloc(self.count + 1, sizeof(Slot))
        template.literals = <unsigned char *>PyMem_Malloc(size)
        if template.slots == NULL or template.literals == NULL:
            raise MemoryError
        memcpy(template.slots, self.slots, self.count * sizeof(Slot))
        memcpy(template.literals, self.frame, size)
        return 0

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
            key = (<bytes>self.p[1:q - self.p]).decode("utf-8")
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
        if kind == _OPENED:
            if first == c'{':
                return self.walk_object((at, key), level + 1)
            return first == c'[' and self.walk_array((at, key), level + 1)
        cdef const unsigned char *q = scan_value(self.p, self.end, self.max_depth, &flags)
        cdef bint is_string = first == c'"'
        cdef bint is_number = first == c'-' or c'0' <= first <= c'9'
        cdef bint is_list = first == c'['
        if kind == _APPENDED:
            if not (is_string and self.add_text(q, entry)):
                return False
        elif kind == _EXTENDED:
            if not (is_list and self.add_elements(q, entry, level)):
                return False
        elif kind == _DROPPED:
            if is_string or is_number or is_list or first == c'{':
                if not self.add_slot(q, kind, level, None):
                    return False
        elif kind == _LAST_ONE or kind == _LAST_MEMBER:
            if not self.add_last(q, entry, at, key, is_string or is_number):
                return False
        elif kind == _KEPT:
            self.template.literal_values.append((entry[1], entry[2], entry[1][entry[2]]))
        elif kind == _ECHOED:
            if self.template.echoes is None:
                self.template.echoes = []
            self.template.echoes.append(entry[1][entry[2]])
        self.p = q
        return True

    cdef bint add_text(self, const unsigned char *q, entry) except -1:
        target = entry[1]
        text = target[entry[2]] if type(target) is dict else getattr(target, entry[2])
        return type(text) is Text and self.add_slot(q, _APPENDED, 0, text)

    cdef bint add_elements(self, const unsigned char *q, entry, int level) except -1:
        cdef ListCell cell
        route = (id(entry[1]), entry[2])
        found = self.templates.cells.get(route)
        if found is None:
            cell = ListCell()
            cell.elements = entry[1][entry[2]]
            self.templates.cells[route] = found = cell
        return self.add_slot(q, _EXTENDED, level, found)

    cdef bint add_last(
        self, const unsigned char *q, entry, at, key, bint is_token
    ) except -1:
        """A last value: a literal while it never differed, else a slot for ever."""
        cdef Cell cell
        values, name, changed = entry[1], entry[2], entry[3]
        route = (id(values), name)
        found = self.templates.cells.get(route)
        if not changed and found is None:
            self.template.literal_values.append((values, name, values[name]))
            return True
        if not is_token or (at is None and key == "type"):
            return False  # an event's type may make an error of it
        if found is None:
            cell = Cell()
            cell.values = values
            cell.name = name
            cell.charged = entry[0] == _LAST_MEMBER
            self.templates.cells[route] = found = cell
        elif found in self.template.held:
            return False  # two values for one place: their order is the rules' business
        return self.add_slot(q, _LAST_ONE, 0, found)

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
        self.texts &= quote and (kind == _APPENDED or kind == _DROPPED)
        slot.depth = self.max_depth - level
        slot.literal = self.behind
        slot.size = self.p + quote - self.frame - self.behind
        slot.target = <void *>target
        if target is not None:
            self.template.held.append(target)
        self.behind = q - quote - self.frame
        self.count += 1
        return True
