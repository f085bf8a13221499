# cython: language_level=3
"""Chunks whose members were all seen before, in any order.

Enters: frames unlike any template, as bytes in the caller's buffer; for events that the cold path
merged, the plan of their values (ledger.py).
Leaves: the slots of a frame, with the values found in them.
Must not know: dialects, fields; the use of the slots (fast/slots.pyx).

A template is a whole chunk, but some streams rarely send the same one twice: many choices in
turns, members in an order that changes, several optional ones. Here each object of the answer has
its members by key, each with its part of the plan: one literal, a slot, an object or a routed
list of such members. Where an event merges member by member (FIELDS) the order says nothing, as
long as no two members change one thing.

A frame matches if each of its members is known, and comes once. Elements of a list are
told apart by the small integer that routes them; one without it does not match.
"""

cimport cython
from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Malloc, PyMem_Realloc
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.string cimport memcpy

from .jsoncompact cimport scan_list
from ..jsonread cimport key_at, scalar_at
from ..jsonscan cimport (
    SCAN_BAD,
    SCAN_CUT,
    SCAN_ESCAPE,
    SCAN_FAILED,
    SCAN_INVALID_UTF8,
    scan_key,
    scan_number,
    scan_string,
    scan_value,
    skip_space,
)
from ..simd cimport equal
from ..engine.plan cimport Plan
from ..engine.jsonvalue cimport same
from ..engine.stream_failures cimport can_fail, is_of_signs, is_telling
from .slots cimport (
    APPENDED,
    DROPPED,
    EXTENDED,
    FIXED,
    INCOMPLETE,
    KEPT,
    LAST_MEMBER,
    LAST_ONE,
    MAX_SLOTS,
    NO_MATCH,
    OPENED,
    ROUTED,
    Cells,
    Found,
    Slot,
    has_line_end,
    is_safe_number,
)

cdef enum:
    MOST_GROUPS = 64        # keys of one object: one bit each
    MOST_MEMBERS = 128
    MOST_LITERAL = 1024
    MOST_LEARNED = 65536    # bytes of one stream
    MOST_ROUTES = 1024
    NO_ROUTE = -2

# A member where none can be kept.
cdef Member nothing


# -- known members --------------------------------------------------------------------


@cython.no_gc  # as all of these: they lead down to the answer, never back
cdef class Standing:
    pass


@cython.no_gc
cdef class Known:
    def __dealloc__(self):
        cdef int i
        for i in range(self.count):
            PyMem_Free(self.members[i].key)
            if self.members[i].target != NULL:
                Py_DECREF(<object>self.members[i].target)
        PyMem_Free(self.members)


@cython.no_gc
cdef class Routes:
    pass


cdef Known known_at(int level):
    cdef Known known = Known()
    known.level = level
    return known


cdef inline int token_of(unsigned char first) noexcept nogil:
    """The first byte of a value, one for all numbers."""
    return c'0' if first == c'-' or c'0' <= first <= c'9' else first


cdef inline const unsigned char *blank(
    const unsigned char *p, const unsigned char *end
) noexcept nogil:
    """Behind spaces and tabs: a line end is white space to JSON, but ends the line."""
    while p < end and (p[0] == c' ' or p[0] == c'\t'):
        p += 1
    return p


cdef inline bint is_standing(Member *member) noexcept nogil:
    """Whether its target is a Standing."""
    return member.target != NULL and member.kind in (LAST_ONE, LAST_MEMBER, KEPT)


@cython.no_gc
cdef class Members:
    """The known members of one stream's events."""

    def __cinit__(self, Cells cells, int depth):
        self.cells = cells
        self.depth = depth
        self.top = known_at(1)
        self.room = MOST_LEARNED

    # -- comparing -----------------------------------------------------------------------

    cdef Py_ssize_t match(
        self, const unsigned char *p, Py_ssize_t size, Slot *slots, Found *found, int *count
    ) noexcept:
        self.slots = slots
        self.found = found
        cdef Py_ssize_t k = self.match_frame(p, size)
        count[0] = self.count
        return k

    cdef Py_ssize_t match_frame(self, const unsigned char *p, Py_ssize_t size) noexcept:
        cdef const unsigned char *begin = p
        cdef const unsigned char *end = p + size
        self.count = 0
        self.cut = False
        if self.broken:
            return NO_MATCH
        if size < 7:
            return INCOMPLETE if equal(p, b"data: {", size) else NO_MATCH
        if not equal(p, b"data:", 5):
            return NO_MATCH
        p = blank(p + 5, end)
        if p < end and p[0] != c'{':
            return NO_MATCH
        p = self.match_object(self.top, p, end) if p < end else self.stop(True)
        if p == NULL:
            return INCOMPLETE if self.cut else NO_MATCH
        if end - p >= 2 and p[0] == c'\n' and p[1] == c'\n':
            self.cr = False
            return p + 2 - begin
        # A CR ends the blank line, and the frame; a LF behind it belongs to it.
        size = min(end - p, 3)
        self.cr = equal(p, b"\r\n\r", size)
        if self.cr and size == 3:
            return p + 3 - begin
        return INCOMPLETE if self.cr or (size == 1 and p[0] == c'\n') else NO_MATCH

    cdef const unsigned char *stop(self, bint cut) noexcept:
        """No match; `cut` if more bytes might make one."""
        self.cut = cut
        return NULL

    cdef const unsigned char *match_object(
        self, Known known, const unsigned char *p, const unsigned char *end
    ) noexcept:
        """Behind the object whose brace is at `p`; NULL if it does not match."""
        cdef unsigned long long seen = 0, bit
        cdef int hint = 0
        cdef Member *member
        p = blank(p + 1, end)
        if p < end and p[0] == c'}':
            return p + 1
        while True:
            member = find_key(known, p, end, &hint)
            if member == NULL:
                return self.stop(is_cut_key(p, end))
            bit = <unsigned long long>1 << member.group
            if seen & bit:
                return NULL  # twice: the last one counts
            seen |= bit
            p = blank(p + member.key_size, end)
            if p == end or p[0] != c':':
                return self.stop(p == end)
            p = blank(p + 1, end)
            if p == end:
                return self.stop(True)
            member = with_token(known, member, token_of(p[0]))
            if member == NULL:
                return NULL
            p = self.match_value(member, p, end)
            if p == NULL:
                return NULL
            p = blank(p, end)
            if p == end:
                return self.stop(True)
            if p[0] == c'}':
                return p + 1
            if p[0] != c',':
                return NULL
            p = blank(p + 1, end)

    cdef const unsigned char *match_value(
        self, Member *member, const unsigned char *p, const unsigned char *end
    ) noexcept:
        """Behind the value at `p`; NULL if it is no known one."""
        cdef Standing standing
        cdef int kind = member.kind
        if kind == OPENED:
            return self.match_object(<Known>member.target, p, end)
        if kind == ROUTED:
            return self.match_array(<Routes>member.target, p, end)
        if kind == APPENDED or kind == DROPPED or kind == EXTENDED:
            return self.match_slot(member, kind, member.target, p, end)
        if member.target != NULL:
            standing = <Standing>member.target
            if standing.dead:
                return NULL
            if standing.cell is not None:
                return self.match_slot(member, LAST_ONE, <void *>standing.cell, p, end)
        if end - p < member.literal_size:
            return self.stop(equal(p, member.key + member.key_size, end - p))
        if not equal(p, member.key + member.key_size, member.literal_size):
            return NULL
        return p + member.literal_size

    cdef const unsigned char *match_slot(
        self, Member *member, int kind, void *target,
        const unsigned char *p, const unsigned char *end
    ) noexcept:
        """Behind any value of the member's kind at `p`, now noted down."""
        cdef Slot *slot = &self.slots[self.count]
        cdef Found *found = &self.found[self.count]
        cdef const unsigned char *q
        cdef int flags = 0
        cdef Py_ssize_t quote = 1 if member.token == c'"' else 0
        if self.count == MAX_SLOTS:
            return NULL
        p += quote
        if quote:
            q = scan_string(p, end, &flags)
        elif member.token == c'0':
            q = scan_number(p, end, &flags)
            if q == end and not flags & SCAN_BAD:
                flags = SCAN_CUT
            elif not is_safe_number(p, q - p, flags):
                return NULL
        elif kind == EXTENDED:
            q = scan_list(p, end, member.depth, &flags, &found.weight)
        else:
            q = scan_value(p, end, member.depth, &flags)
            if has_line_end(p, end if flags & SCAN_CUT else q):
                return NULL
        if flags & (SCAN_FAILED | SCAN_INVALID_UTF8):
            return self.stop(flags & SCAN_CUT)
        slot.kind = kind
        slot.token = member.token
        slot.target = target
        found.start = p
        found.size = q - p
        found.flags = flags
        self.count += 1
        return q + quote

    cdef const unsigned char *match_array(
        self, Routes routes, const unsigned char *p, const unsigned char *end
    ) noexcept:
        """Behind the list whose bracket is at `p`, all of whose elements are known."""
        cdef Py_ssize_t number
        cdef void *known
        p = blank(p + 1, end)
        if p < end and p[0] == c']':
            return p + 1
        while True:
            if p == end or p[0] != c'{':
                return self.stop(p == end)
            number = route_of(routes.by, p, end)
            if number < 0:
                return self.stop(number == INCOMPLETE)
            if number >= PyList_GET_SIZE(routes.known):
                return NULL
            known = <void *>PyList_GET_ITEM(routes.known, number)
            if <object>known is None:
                return NULL
            p = self.match_object(<Known>known, p, end)
            if p == NULL:
                return NULL
            p = blank(p, end)
            if p == end:
                return self.stop(True)
            if p[0] == c']':
                return p + 1
            if p[0] != c',':
                return NULL
            p = blank(p + 1, end)

    # -- learning -------------------------------------------------------------------------

    cdef int learn(self, Plan plan, const unsigned char *p, const unsigned char *end) except -1:
        self.plan = plan
        p = skip_space(p, end)
        if p[0] == c'{' and not self.broken:
            self.learn_object(self.top, p, end, None, False)
        self.plan = None
        return 0

    cdef int review(self) except -1:
        return review_below(self.top)

    cdef int learn_object(
        self, Known known, const unsigned char *p, const unsigned char *end, tuple at, bint is_call
    ) except -1:
        """The members of the object at `p`, unless a key comes twice."""
        cdef Key keys[MOST_GROUPS]
        cdef int count = 0, i, flags
        cdef const unsigned char *q
        names = []
        p = skip_space(p + 1, end)
        while p[0] != c'}':
            flags = 0
            q = scan_string(p + 1, end, &flags)
            if count == MOST_GROUPS or flags & (SCAN_ESCAPE | SCAN_INVALID_UTF8):
                return 0
            name = key_at(p + 1, q - p - 1)
            if name in names:
                return 0
            names.append(name)
            keys[count].start = p
            keys[count].size = q + 1 - p
            p = skip_space(skip_space(q + 1, end) + 1, end)
            keys[count].value = p
            p = scan_value(p, end, self.depth, &flags)
            keys[count].value_size = p - keys[count].value
            count += 1
            p = skip_space(p, end)
            if p[0] == c',':
                p = skip_space(p + 1, end)
        for i in range(count):
            self.learn_member(known, &keys[i], at, names[i], is_call)
        return 0

    cdef int learn_member(self, Known known, Key *key, tuple at, str name, bint is_call) except -1:
        """The plan's part for one member."""
        cdef Standing standing
        cdef Cells cells = self.cells
        cdef int kind, token = token_of(key.value[0])
        entry = self.plan.entry(at, name)
        if entry is None:
            return 0
        kind = entry[0]
        cdef bint telling = at is None and is_telling(name, self.plan.telling)
        if (telling and kind in (DROPPED, APPENDED, EXTENDED)) or (at is None and is_of_signs(
            name) and can_fail(name, scalar_at(key.value, key.value_size))):
            return 0  # it may make an error of an event, whatever becomes of it
        if kind == OPENED or kind == ROUTED:
            self.learn_below(known, key, kind, at, name, entry)
        elif kind == FIXED:
            self.keep(known, key, kind, None)
        elif kind == DROPPED:
            if token != c'n' and token != c't' and token != c'f' and not (is_call and name == "id"):
                self.keep(known, key, kind, None)
        elif kind == APPENDED or kind == EXTENDED:
            if token == (c'"' if kind == APPENDED else c'['):
                target = cells.text_of(entry) if kind == APPENDED else cells.list_of(entry)
                if target is not None and self.own(known, key, target):
                    self.keep(known, key, kind, target)
        elif kind == LAST_ONE or kind == LAST_MEMBER or kind == KEPT:
            # No member has a longer literal: a standing would hold on to it for nothing.
            if key.value_size <= MOST_LITERAL:
                standing = self.stand(known, key, entry, kind)
                if standing is None:
                    return 0
                if standing.cell is None or (token in (c'"', c'0') and not telling):
                    self.keep(known, key, kind, standing)
                else:
                    standing.dead = True  # a member of before may lead to it
        return 0

    cdef Standing stand(self, Known known, Key *key, entry, int kind):
        """How the scalar of the plan's entry stands; None: another one changes it."""
        cdef Standing standing = None
        cdef Member *member = find_token(known, key.start, key.size, token_of(key.value[0]))
        if member != NULL and is_standing(member) and (
            member.literal_size == key.value_size
            and equal(member.key + key.size, key.value, key.value_size)
        ):
            standing = <Standing>member.target
        if standing is None or standing.values is not entry[1] or standing.name != <str>entry[2]:
            standing = Standing()
            standing.values = entry[1]
            standing.name = entry[2]
            if not self.own(known, key, standing):
                return None
        standing.value = entry[1][entry[2]]
        standing.cell = None if kind == KEPT else self.cells.last_of(entry)
        standing.dead = False
        return standing

    cdef int learn_below(
        self, Known known, Key *key, int kind, tuple at, str name, entry
    ) except -1:
        """The members of an object, or of a list's elements."""
        cdef Member *member
        cdef Routes routes
        cdef const unsigned char *end = key.value + key.value_size
        if key.value[0] != (c'{' if kind == OPENED else c'['):
            return 0
        member = find_token(known, key.start, key.size, key.value[0])
        if member == NULL or member.kind != kind:
            if kind == OPENED:
                below = known_at(known.level + 1)
            else:
                routes = below = Routes()
                routes.level = known.level + 2
                routes.by = b'"%s"' % (<str>entry[2]).encode()
                routes.calls = entry[3]
                routes.known = []
            member = self.keep(known, key, kind, below)
            if member.target != <void *>below:
                return 0
        here = self.plan.found(at, name)
        if here is None:
            return 0
        if kind == OPENED:
            return self.learn_object(<Known>member.target, key.value, end, here, False)
        return self.learn_array(<Routes>member.target, key.value, end, here)

    cdef int learn_array(
        self, Routes routes, const unsigned char *p, const unsigned char *end, tuple at
    ) except -1:
        """The elements of the list at `p`, each at its number."""
        cdef Py_ssize_t position = 0, number
        cdef const unsigned char *q
        cdef int flags = 0
        cdef Known known
        p = skip_space(p + 1, end)
        while p[0] != c']':
            q = scan_value(p, end, self.depth, &flags)
            number = route_of(routes.by, p, q) if p[0] == c'{' else NO_ROUTE
            if 0 <= number < MOST_ROUTES:
                while len(routes.known) <= number:
                    routes.known.append(None)
                known = routes.known[number]
                if known is None:
                    known = routes.known[number] = known_at(routes.level)
                below = self.plan.found(at, position)
                if below is not None:
                    self.learn_object(known, p, q, below, routes.calls)
            position += 1
            p = skip_space(q, end)
            if p[0] == c',':
                p = skip_space(p + 1, end)
        return 0

    cdef bint own(self, Known known, Key *key, target) except -1:
        """Whether no other member changes this; if one does, order matters everywhere."""
        cdef Member *member = find_token(known, key.start, key.size, token_of(key.value[0]))
        if member == NULL or member.target != <void *>target:  # it was asked for the first one
            if self.room < 0:
                return False  # it will not be kept: then frames with it are not known at all
            member = find_key_of(known, key.start, key.size)
            if is_owned(self.top, target, known, -1 if member == NULL else member.group):
                self.broken = True
        return not self.broken

    cdef Member *keep(self, Known known, Key *key, int kind, target) except NULL:
        """The member with this key and kind of value, in the place of the one known before.

        Where there is no room for it, a member that matches nothing.
        """
        cdef Member *member = find_token(known, key.start, key.size, token_of(key.value[0]))
        cdef bint is_literal = kind not in (OPENED, ROUTED, APPENDED, EXTENDED, DROPPED)
        cdef Py_ssize_t literal = key.value_size if is_literal else 0
        cdef void *leads_to = NULL if target is None else <void *>target
        cdef void *before
        cdef unsigned char *block
        if (
            member != NULL and member.kind == kind and member.target == leads_to
            and member.literal_size == literal
            and equal(member.key + key.size, key.value, literal)
        ):
            return member
        self.room -= key.size + literal + sizeof(Member)
        if literal > MOST_LITERAL or self.room < 0 or known.count == MOST_MEMBERS:
            return &nothing
        # All steps that ask for memory come first.
        if member == NULL:
            make_room(known)
        block = <unsigned char *>PyMem_Malloc(key.size + literal)
        if block == NULL:
            raise MemoryError
        memcpy(block, key.start, key.size)
        memcpy(block + key.size, key.value, literal)
        if member == NULL:
            member = add_member(known, find_key_of(known, key.start, key.size))
            if member == NULL:
                PyMem_Free(block)
                return &nothing
        else:
            PyMem_Free(member.key)
        if target is not None:
            Py_INCREF(target)
        before = member.target
        member.key = block
        member.key_size = key.size
        member.literal_size = literal
        member.kind = kind
        member.token = token_of(key.value[0])
        member.depth = self.depth - known.level
        member.target = leads_to
        if before != NULL:
            Py_DECREF(<object>before)
        return member


cdef int make_room(Known known) except -1:
    """Room for one member more; the others may move."""
    cdef Member *members
    cdef int room = known.room + known.room // 2 + 1  # an object of a hundred has one or four
    if known.count == known.room:
        members = <Member *>PyMem_Realloc(known.members, room * sizeof(Member))
        if members == NULL:
            raise MemoryError
        known.members = members
        known.room = room
    return 0


cdef bint is_owned(Known at, target, Known known, int group) except -1:
    """Whether a member of `at`, or below, changes the same as `target`; but for one group's."""
    cdef Member *member
    cdef Standing standing, other
    cdef int i
    for i in range(at.count):
        member = &at.members[i]
        if member.kind == OPENED:
            if is_owned(<Known>member.target, target, known, group):
                return True
        elif member.kind == ROUTED:
            for below in (<Routes>member.target).known:
                if below is not None and is_owned(<Known>below, target, known, group):
                    return True
        elif member.target == NULL or (at is known and member.group == group):
            continue
        elif member.target == <void *>target:
            return True
        elif is_standing(member) and type(target) is Standing:
            standing, other = <Standing>target, <Standing>member.target
            if standing.values is other.values and standing.name == other.name:
                return True
    return False


cdef int review_below(Known known) except -1:
    """Marks the literals of these members, and of those below, that stand no longer."""
    cdef Member *member
    cdef Standing standing
    cdef int i
    for i in range(known.count):
        member = &known.members[i]
        if member.kind == OPENED:
            review_below(<Known>member.target)
        elif member.kind == ROUTED:
            for below in (<Routes>member.target).known:
                if below is not None:
                    review_below(<Known>below)
        elif is_standing(member):
            standing = <Standing>member.target
            if standing.cell is None and not standing.dead and not (
                standing.name in standing.values
                and same(standing.values[standing.name], standing.value)
            ):
                standing.dead = True
    return 0


cdef Member *add_member(Known known, Member *like) noexcept:
    """A member more, in free room; `like` has the same key. NULL: too many keys."""
    cdef Member *member
    cdef int group = known.groups if like == NULL else like.group
    if group == MOST_GROUPS:
        return NULL
    member = &known.members[known.count]
    member.key = NULL
    member.target = NULL
    member.group = group
    known.count += 1
    known.groups = max(known.groups, group + 1)
    return member


cdef Member *find_key_of(Known known, const unsigned char *key, Py_ssize_t size) noexcept:
    """A member with this key, whatever its value."""
    cdef int i
    for i in range(known.count):
        if known.members[i].key_size == size and equal(known.members[i].key, key, size):
            return &known.members[i]
    return NULL


cdef Member *find_token(
    Known known, const unsigned char *key, Py_ssize_t size, int token
) noexcept:
    """The member with this key and this kind of value."""
    cdef Member *member = find_key_of(known, key, size)
    return NULL if member == NULL else with_token(known, member, token)


cdef inline Member *find_key(
    Known known, const unsigned char *p, const unsigned char *end, int *hint
) noexcept:
    """A member whose key is at `p`; `hint`, where the search begins, moves behind it."""
    cdef Member *members = known.members
    cdef int i = hint[0], n
    for n in range(known.count):
        if i >= known.count:
            i = 0
        if members[i].key_size < end - p and equal(p, members[i].key, members[i].key_size):
            hint[0] = i + 1
            return &members[i]
        i += 1
    return NULL


cdef inline bint is_cut_key(const unsigned char *p, const unsigned char *end) noexcept:
    """Whether the bytes end within the key at `p`, or right behind it."""
    cdef int flags = 0
    if p == end:
        return True
    return p[0] == c'"' and (scan_string(p + 1, end, &flags) + 1 >= end) and not flags & SCAN_BAD


cdef inline Member *with_token(Known known, Member *member, int token) noexcept:
    """The member with the same key and this kind of value."""
    cdef int i
    if member.token == token:
        return member
    for i in range(known.count):
        if known.members[i].group == member.group and known.members[i].token == token:
            return &known.members[i]
    return NULL


cdef Py_ssize_t route_of(bytes by, const unsigned char *p, const unsigned char *end) noexcept:
    """The small number behind the key `by` in the object at `p`; NO_ROUTE, INCOMPLETE."""
    cdef const unsigned char *begin = p
    cdef int flags = 0
    p = member_value(by, blank(p + 1, end), end, &flags)
    if p < end and not flags & SCAN_FAILED:
        return small_number(p, end)
    # To JSON a line end is white space, to the framing it ends the line.
    return INCOMPLETE if not flags & SCAN_BAD and not has_line_end(begin, end) else NO_ROUTE


cdef const unsigned char *member_value(
    bytes by, const unsigned char *p, const unsigned char *end, int *flags
) noexcept:
    """The value of the member `by` among the members at `p`; `end` where they are cut."""
    cdef const unsigned char *key = <const unsigned char *><char *>by
    cdef const unsigned char *q
    cdef Py_ssize_t size = len(by)
    while p < end:
        q = scan_key(p, end, flags)
        if flags[0] & SCAN_FAILED or (end - p > size and equal(p, key, size)):
            return q
        q = blank(scan_value(q, end, 256, flags), end)
        if flags[0] & SCAN_FAILED or q == end:
            return q
        if q[0] != c',':
            flags[0] |= SCAN_BAD
            return q
        p = blank(q + 1, end)
    return p


cdef inline Py_ssize_t small_number(
    const unsigned char *p, const unsigned char *end
) noexcept nogil:
    """The number of at most four digits at `p`; NO_ROUTE, INCOMPLETE."""
    cdef const unsigned char *begin = p
    cdef Py_ssize_t number = 0
    while p < end and c'0' <= p[0] <= c'9' and p - begin < 4:
        number = number * 10 + (p[0] - c'0')
        p += 1
    if p == end:
        return INCOMPLETE
    return number if p[0] == c',' or p[0] == c'}' or p[0] == c' ' else NO_ROUTE
