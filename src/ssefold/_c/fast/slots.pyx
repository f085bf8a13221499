# cython: language_level=3
"""Where the values of recognised chunks go: texts, last values, lists, counters.

Enters: slots with the bytes found in them, checked by a scanner.
Leaves: longer texts and lists, changed scalars; all values but texts are decoded when somebody
reads.
Must not know: how a chunk was recognised, dialects, fields.

A value goes the cold way if it could mean more than its bytes: a number that might be
out of range, an object's key that comes twice, more than max_output_bytes.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Realloc
from libc.string cimport memcpy

from ssefold.engine import outcomes as _plan

from ..bytewalk cimport line_end
from .jsoncompact cimport MAX_KEYS, put_compact
from ..jsonnumber cimport MAX_EXPONENT, MAX_FLOAT, MAX_NUMBER, SCAN_LOOSE
from ..jsonread cimport read
from ..jsonscan cimport (
    SCAN_ESCAPE,
    SCAN_EXPONENT,
    SCAN_FLOAT,
    SCAN_INVALID_UTF8,
    SCAN_SURROGATE,
    scan_number,
    scan_string,
    skip_space,
    unescaped_length,
)
from ..jsonwrite cimport Writer, begin, drop
from ..simd cimport equal
from ..engine.ledger cimport Ledger
from ..engine.jsonvalue cimport weight
from ..engine.event_numbers cimport Sequence
from ..engine.state cimport Echo, Elements
from ..engine.stream cimport Stream
from ..text cimport Text
from ..engine.field_voices cimport Voice

cdef extern from "Python.h":
    ctypedef struct bytearray_object "PyByteArrayObject":
        Py_ssize_t ob_alloc
    char *PyByteArray_AS_STRING(object data)
    Py_ssize_t PyByteArray_GET_SIZE(object data)
    int PyByteArray_Resize(object data, Py_ssize_t size) except -1
    void Py_SET_SIZE(object data, Py_ssize_t size)

try:
    from orjson import loads
except ImportError:
    loads = None

cdef enum:
    # Escapes are six bytes a character, numbers at most six times their weight.
    MOST_WASTE = 8
    MOST_CELLS = 256
    # So many are looked for one after the other: a dict costs more than they do.
    FEW_CELLS = 8

APPENDED, COUNTED, DROPPED, ECHOED = _plan.APPENDED, _plan.COUNTED, _plan.DROPPED, _plan.ECHOED
EXTENDED, FIXED, KEPT = _plan.EXTENDED, _plan.FIXED, _plan.KEPT
LAST_MEMBER, LAST_ONE = _plan.LAST_MEMBER, _plan.LAST_ONE
OPENED, ROUTED = _plan.OPENED, _plan.ROUTED


# -- values waiting to be decoded -----------------------------------------------------


@cython.no_gc  # it leads to the answer, and nothing of the answer to it
cdef class Cell:
    def __dealloc__(self):
        PyMem_Free(self.buf)

    cdef bint has_room(self, Py_ssize_t n) noexcept:
        cdef unsigned char *fresh
        if n > self.room:  # at most MAX_SCALAR, and its quotes
            n = max(n, CELL_ROOM)
            fresh = <unsigned char *>PyMem_Realloc(self.buf, n)
            if fresh == NULL:
                return False
            self.buf = fresh
            self.room = n
        return True

    cdef void set(self, const unsigned char *p, Py_ssize_t n) noexcept:
        memcpy(self.buf, p, n)
        self.size = n
        self.version += 1


@cython.no_gc
cdef class ListCell:
    def __dealloc__(self):
        PyMem_Free(self.buf)

    cdef bint has_room(self, Py_ssize_t n) noexcept:
        cdef Py_ssize_t need = self.size + n + 1
        cdef unsigned char *fresh
        if need > self.room:
            need = max(need, self.room + (self.room >> 1))
            fresh = <unsigned char *>PyMem_Realloc(self.buf, need)
            if fresh == NULL:
                return False
            self.buf = fresh
            self.room = need
        return True

    cdef void add(self, const unsigned char *p, Py_ssize_t n) noexcept:
        memcpy(self.buf + self.size, p, n)
        self.size += n
        self.buf[self.size] = c','
        self.size += 1
        self.version += 1


cdef int flush_scalar(Cells cells, Cell cell) except -1:
    """Decode the value into its place.

    The read value counts if the cell still waits, and for the same: meanwhile another thread may
    have fed, or have read this very cell.
    """
    cdef Ledger ledger = cells.stream.ledger
    cdef dict values = cell.values
    cdef Py_ssize_t more = 0
    cdef unsigned int version
    while cell.dirty:
        version = cell.version
        value = read(<bytes>cell.buf[:cell.size], 0, 1)[1]
        if not cell.dirty or cell.version != version:
            continue
        # From here on nothing else runs.
        if cell.charged:
            more = weight(value) - weight(values[cell.name])
        values[cell.name] = value
        ledger.extra += more
        cell.dirty = False
        cells.dirty -= 1
    return 0


cdef int flush_list(Cells cells, ListCell cell) except -1:
    """Decode the elements into their list; as flush_scalar()."""
    cdef list elements = cell.elements
    cdef list fresh
    cdef unsigned int version
    while cell.dirty:
        version = cell.version
        fresh = read(b"[" + <bytes>cell.buf[:cell.size - 1] + b"]", 0, 256)[1]
        if not cell.dirty or cell.version != version:
            continue
        elements.extend(fresh)
        cell.size = 0
        cell.dirty = False
        cells.dirty -= 1
    return 0


cdef bint wait(bytearray waiting, Found *found) noexcept:
    """Keep a list's elements as JSON writes them, and a comma behind them; False: no memory."""
    if is_blank(found.start + 1, found.size - 2):
        return True
    try:
        if found.flags & SCAN_LOOSE:
            keep_compact(waiting, found)
        else:
            keep(waiting, found.start + 1, found.size - 2)
        return True
    except MemoryError:
        pass
    return False


cdef int keep_compact(bytearray waiting, Found *found) except -1:
    cdef Writer w
    begin(&w)
    try:
        put_compact(&w, found.start + 1, found.size - 2)
        return keep(waiting, w.buf, w.size)
    finally:
        drop(&w)


cdef int keep(bytearray waiting, const unsigned char *p, Py_ssize_t n) except -1:
    cdef Py_ssize_t size = len(waiting), room = size + n + 1
    cdef unsigned char *buf
    if room >= (<bytearray_object *>waiting).ob_alloc:
        # By its half: of its own it grows by an eighth, and copies everything eight times.
        PyByteArray_Resize(waiting, room + (size >> 1))
    PyByteArray_Resize(waiting, room)
    buf = <unsigned char *>PyByteArray_AS_STRING(waiting) + size
    memcpy(buf, p, n)
    buf[n] = c','
    return 0


cdef void shorten(bytearray waiting, Py_ssize_t size) noexcept:
    """As it was before it grew; it stays as large as it is, or that would take memory."""
    if PyByteArray_GET_SIZE(waiting) > size:
        Py_SET_SIZE(waiting, size)
        PyByteArray_AS_STRING(waiting)[size] = 0


def decode(bytearray waiting):
    """The waiting elements: each was checked as it came."""
    cdef Py_ssize_t size = len(waiting)
    cdef bytes data = PyBytes_FromStringAndSize(NULL, size + 1)
    cdef char *to = PyBytes_AS_STRING(data)
    to[0] = c'['
    memcpy(to + 1, PyByteArray_AS_STRING(waiting), size)
    to[size] = c']'  # in the place of the last comma
    if loads is not None:
        try:
            return loads(data)
        except ValueError:
            pass  # halves of surrogate pairs: ours keeps them, to be joined or replaced
    return read(data, 0, 256)[1]


cdef struct Key:
    const unsigned char *start
    Py_ssize_t size


cdef Py_ssize_t weigh(
    const unsigned char **at, const unsigned char *end, int *flags
) noexcept nogil:
    """The weight (jsonvalue.weight) of the valid JSON value at `at`; `at` moves behind it.

    -1: a value for the cold path.
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
                if keys[i].size == keys[count].size and equal(
                    keys[i].start, keys[count].start, keys[i].size
                ):
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


cdef bint is_safe_number(
    const unsigned char *p, Py_ssize_t size, int flags
) noexcept nogil:
    """Whether a number is surely in range: short, and with a short exponent if any."""
    cdef Py_ssize_t i
    if not flags & SCAN_FLOAT:
        return size <= MAX_NUMBER
    if size > MAX_FLOAT:
        return False
    if not flags & SCAN_EXPONENT:
        return True
    for i in range(size):
        if p[i] | 0x20 == c'e':
            i += 1 if p[i + 1] == c'+' or p[i + 1] == c'-' else 0
            return size - i - 1 <= MAX_EXPONENT
    return True


cdef bint has_line_end(const unsigned char *p, const unsigned char *end) noexcept nogil:
    """Whether a line ends in [p, end): white space to JSON, but not to the framing."""
    return line_end(p, end) != end


cdef inline bint is_blank(const unsigned char *p, Py_ssize_t size) noexcept nogil:
    return skip_space(p, p + size) == p + size


cdef long long digits_value(const unsigned char *p, Py_ssize_t size) noexcept nogil:
    """The value of at most MAX_NUMBER digits, or -1 where anything else stands."""
    cdef long long value = 0
    cdef Py_ssize_t i
    if size > MAX_NUMBER:
        return -1
    for i in range(size):
        if not c'0' <= p[i] <= c'9':
            return -1
        value = value * 10 + (p[i] - c'0')
    return value


cdef inline Voice voice_of(Slot *slot, Found *found):
    """The voice of a text that grows, or None."""
    return <Voice>(<Text>slot.target).voice if slot.kind == APPENDED and found.size else None


cdef bint in_unison(Slot *slots, Found *found, int count) except -1:
    """Whether the texts of this frame follow their voices: texts that may say the same."""
    cdef Voice voice, other
    cdef bint repeats, same
    cdef Py_ssize_t told = 0
    cdef int i, j
    for i in range(count):
        voice = voice_of(&slots[i], &found[i])
        if voice is None:
            continue
        repeats = False
        for j in range(count):
            other = None if j == i else voice_of(&slots[j], &found[j])
            if other is None or other.group is not voice.group:
                continue
            if other.rank == voice.rank:
                return False  # their words count together
            same = found[j].size == found[i].size and (
                equal(found[j].start, found[i].start, found[i].size))
            if not same and (found[i].flags | found[j].flags) & SCAN_ESCAPE:
                return False  # they may be one text, written in two ways
            repeats |= same and other.rank < voice.rank
        if repeats != voice.silent:
            return False
        if voice.buffer is not None and not repeats:
            told += found[i].size  # room for all of it: two slots may go to one text
            if not (<Text>voice.buffer).has_room(told):
                return False
    return True


cdef int tell(Slot *slots, Found *found, int count) except -1:
    """The given words of texts that may say the same go to their buffers, too: there is room."""
    cdef Voice voice
    cdef int i
    for i in range(count):
        voice = voice_of(&slots[i], &found[i])
        if voice is not None and voice.buffer is not None and not voice.silent:
            (<Text>voice.buffer).push(
                found[i].start, found[i].size, found[i].flags & SCAN_ESCAPE)
    return 0


cdef struct Load:
    Py_ssize_t texts                # what is appended weighs so much
    Py_ssize_t extra                # and the last values at most so much
    int flags                       # of any value
    bint elements                   # lists are extended
    bint voices                     # a text has a voice


cdef inline bint weigh_slots(Slot *slots, Found *found, int count, Load *load) except -1:
    """What the values weigh, and room for each of them; False: they go the cold way."""
    cdef const unsigned char *p
    cdef Py_ssize_t part, added = 0, lists = 0
    cdef int i
    load.texts = load.extra = load.flags = 0
    load.elements = load.voices = False
    for i in range(count):
        if slots[i].kind == APPENDED:
            load.voices |= (<Text>slots[i].target).voice is not None
            part = found[i].size
            added += part  # room for all additions: two slots may go to one text
            if not (<Text>slots[i].target).has_room(added):
                return False
            if found[i].flags & SCAN_ESCAPE:
                part = unescaped_length(found[i].start, part)
            load.texts += part
        elif slots[i].kind == COUNTED:
            part = digits_value(found[i].start, found[i].size)
            if part < 0 or part != (<Sequence>slots[i].target).last + 1:
                return False
        elif slots[i].kind == EXTENDED:
            if found[i].size > MOST_WASTE * found[i].weight:
                return False  # white space may be kept as it came, but weighs nothing
            load.texts += found[i].weight - 8
            load.elements = True
            if type(<object>slots[i].target) is ListCell:
                lists += found[i].size
                if not (<ListCell>slots[i].target).has_room(lists):
                    return False
        elif slots[i].token == c'[' or slots[i].token == c'{':
            p = found[i].start
            if weigh(&p, p + found[i].size, &found[i].flags) < 0:
                return False
        elif found[i].size > MAX_SCALAR and slots[i].kind != DROPPED:
            return False
        elif slots[i].kind == LAST_ONE:
            load.extra += found[i].size + 8
            if not (<Cell>slots[i].target).has_room(found[i].size + 2):
                return False
        load.flags |= found[i].flags
    return True


@cython.no_gc
cdef class Cells:
    """The cells of one stream."""

    def __cinit__(self, Stream stream):
        self.stream = stream
        self.known = self.routes = None  # made once there is something to keep

    cdef bint commit_texts(self, Slot *slots, Found *found, int count) except -1:
        cdef Ledger ledger = self.stream.ledger
        cdef Py_ssize_t total = 0, bytes_added = 0
        cdef int i, flags = 0
        cdef bint voices = False
        cdef Text text
        for i in range(count):
            flags |= found[i].flags
            if slots[i].kind == APPENDED:
                bytes_added += found[i].size
                if found[i].flags & SCAN_ESCAPE:
                    total += unescaped_length(found[i].start, found[i].size) - found[i].size
        total += bytes_added
        for i in range(count):
            if slots[i].kind == APPENDED:
                # Room for all additions: two slots may go to one text.
                text = <Text>slots[i].target
                voices |= text.voice is not None
                if text.size + bytes_added + TEXT_SLACK > text.room:
                    if not text.has_room(bytes_added):
                        return False
        if voices and not in_unison(slots, found, count):
            return False
        if 0 <= ledger.held_limit < ledger.held + total and total > 0:
            return False
        ledger.held += total
        for i in range(count):
            if slots[i].kind == APPENDED:
                text = <Text>slots[i].target
                copy_bytes(text.buf + text.size, found[i].start, found[i].size)
                text.size += found[i].size
                text.escaped |= found[i].flags & SCAN_ESCAPE
        if voices:
            tell(slots, found, count)
        if flags & SCAN_SURROGATE:
            self.stream.surrogates = True
        return True

    cdef bint commit(self, Slot *slots, Found *found, int count, list echoes) except -1:
        # Everything is weighed and every buffer grown before anything changes.
        cdef Ledger ledger = self.stream.ledger
        cdef Load load
        cdef int i
        if not weigh_slots(slots, found, count, &load):
            return False
        if load.voices and not in_unison(slots, found, count):
            return False
        if 0 <= ledger.held_limit < ledger.held + load.texts and load.texts > 0:
            return False
        if load.extra > 0 and 0 <= ledger.extra_limit < ledger.extra + self.pending + load.extra:
            return False  # might be too much: the cold path charges exactly
        if load.elements and not self.store_elements(slots, found, count):
            return False
        self.pending += load.extra
        ledger.held += load.texts
        if load.flags & SCAN_SURROGATE:
            self.stream.surrogates = True
        for i in range(count):
            if slots[i].kind == APPENDED:
                (<Text>slots[i].target).push(
                    found[i].start, found[i].size, found[i].flags & SCAN_ESCAPE)
            elif slots[i].kind == COUNTED:
                (<Sequence>slots[i].target).last += 1
            elif slots[i].kind != DROPPED:
                self.store(&slots[i], &found[i])
        if load.voices:
            tell(slots, found, count)
        if echoes is not None:
            for i in range(PyList_GET_SIZE(echoes)):
                (<Echo>PyList_GET_ITEM(echoes, i)).count += 1
        return True

    cdef bint store_elements(self, Slot *slots, Found *found, int count) noexcept:
        cdef Py_ssize_t sizes[MAX_SLOTS]
        cdef int i
        for i in range(count):
            if slots[i].kind == EXTENDED and type(<object>slots[i].target) is Elements:
                sizes[i] = PyByteArray_GET_SIZE((<Elements>slots[i].target).waiting)
                if not wait((<Elements>slots[i].target).waiting, &found[i]):
                    break
        else:
            return True
        while i >= 0:  # as it was
            if slots[i].kind == EXTENDED and type(<object>slots[i].target) is Elements:
                shorten((<Elements>slots[i].target).waiting, sizes[i])
            i -= 1
        return False

    cdef void store(self, Slot *slot, Found *found) noexcept:
        cdef Cell cell
        cdef ListCell elements
        cdef Py_ssize_t extra = 1 if slot.token == c'"' else 0
        if slot.kind == EXTENDED:
            if type(<object>slot.target) is Elements or is_blank(found.start + 1, found.size - 2):
                return
            elements = <ListCell>slot.target
            elements.add(found.start + 1, found.size - 2)
            if not elements.dirty:
                elements.dirty = True
                self.dirty += 1
        else:
            cell = <Cell>slot.target
            cell.set(found.start - extra, found.size + 2 * extra)
            if not cell.dirty:
                cell.dirty = True
                self.dirty += 1

    cdef int flush(self) except -1:
        cdef list known = self.known
        if self.dirty:
            for cell in known:
                if type(cell) is not Cell:
                    if (<ListCell>cell).dirty:
                        flush_list(self, <ListCell>cell)
                elif (<Cell>cell).dirty:
                    flush_scalar(self, <Cell>cell)
        if not self.dirty:  # else somebody fed meanwhile
            self.pending = 0
        return 0

    cdef int forget(self) except -1:
        """No slot leads anywhere any more; waiting values are decoded first."""
        self.flush()
        self.known = self.routes = None
        return 0

    cdef int know(self, cell) except -1:
        """The cell of its place from now on."""
        if self.known is None:
            self.known = []
        self.known.append(cell)
        if self.routes is not None:
            self.route(cell)
        elif len(self.known) > FEW_CELLS:
            self.routes = {}
            for each in self.known:
                self.route(each)
        return 0

    cdef int route(self, cell) except -1:
        if type(cell) is Cell:
            self.routes[id((<Cell>cell).values), (<Cell>cell).name] = cell
        return 0

    cdef Cell cell_of(self, values, name):
        if self.routes is not None:
            return self.routes.get((id(values), name))
        if self.known is not None:
            for cell in self.known:
                if type(cell) is Cell and (<Cell>cell).values is values and (
                    (<Cell>cell).name == name
                ):
                    return <Cell>cell
        return None

    cdef ListCell list_cell_of(self, elements):
        if self.known is not None:
            for cell in self.known:
                if type(cell) is ListCell and (<ListCell>cell).elements is elements:
                    return <ListCell>cell
        return None

    cdef object text_of(self, entry):
        target = entry[1]
        text = target[entry[2]] if type(target) is dict else getattr(target, entry[2])
        if type(text) is not Text:
            return None
        self.slot_at(entry[2], True)
        return text

    cdef int slot_at(self, name, bint called) except -1:
        source = self.stream.source
        if not self.unsure and name in (source.called if called else source.told):
            self.unsure = True
        return 0

    cdef object last_of(self, entry):
        """The cell of a last value that differed once: it is a slot for ever."""
        cdef Cell cell
        if not entry[3] and self.known is None:
            return None  # as nearly always
        found = self.cell_of(entry[1], entry[2])
        if found is None and entry[3] and (self.known is None or len(self.known) < MOST_CELLS):
            cell = Cell()
            cell.values = entry[1]
            cell.name = entry[2]
            cell.charged = entry[0] == LAST_MEMBER
            found = cell
            self.slot_at(entry[2], False)
            self.know(cell)
            self.fresh = True
        return found

    cdef object list_of(self, entry):
        cdef ListCell cell
        found = entry[1][entry[2]]
        self.slot_at(entry[2], False)
        if type(found) is Elements:
            if (<Elements>found).waiting is None:
                (<Elements>found).waiting = bytearray()
                (<Elements>found).decode = decode
            return found
        cell = self.list_cell_of(found)
        if cell is None and (self.known is None or len(self.known) < MOST_CELLS):
            cell = ListCell()
            cell.elements = found
            self.know(cell)
        return cell
