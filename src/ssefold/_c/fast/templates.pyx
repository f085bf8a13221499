# cython: language_level=3
"""The fast path: a chunk like one seen before costs a comparison and a copy.

Enters: frames, as bytes in the caller's buffer; for each that the cold path merged, the plan of
its values (ledger.py).
Leaves: longer texts and lists, changed scalars, one event more; no Python object.
Must not know: dialects, fields; the look of a frame that it has not seen.

Successive chunks of a stream are the same bytes but for a text fragment, a counter, a timestamp.
So a template is the bytes of a chunk, cut where a value may differ: runs of literal bytes, and
slots. A chunk with the literals and a valid value in each slot changes the answer as the first
one did, with its own values.

The invariant: every known template, replayed now, changes nothing but its slots. A constant of
the answer (an id, a model) is a literal while it equals the answer, and a slot for ever once it
differed. An event that re-routes (a tool index used again, a finished choice, a stopped block)
moves the ledger's `structure`, and all templates go.

A value goes the cold way if it could mean more than its bytes: a bad escape, bad UTF-8,
a number that might be out of range, a key that comes twice.
"""

import os

from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE

from .build cimport Head, Template, build, front_size, head_holds, holds
from .jsoncompact cimport scan_list
from ..jsonscan cimport (
    SCAN_BAD,
    SCAN_CUT,
    SCAN_ESCAPE,
    SCAN_FAILED,
    SCAN_INVALID_UTF8,
    SCAN_SURROGATE,
    plain_end,
    scan_number,
    scan_string,
    scan_value,
    unescaped_length,
)
from ..simd cimport equal
from ..engine.ledger cimport Ledger
from .members cimport Members
from .runs cimport run_steady, run_text
from .slots cimport (
    EXTENDED,
    INCOMPLETE,
    MAX_SLOTS,
    NO_MATCH,
    TEXT_SLACK,
    Cells,
    Found,
    Slot,
    copy_bytes,
    has_line_end,
    is_safe_number,
)
from ..engine.stream cimport Stream
from ..text cimport Text

FAST = {"0": OFF, "members": MEMBERS}.get(os.environ.get("SSEFOLD_TEMPLATES", "1"), ON)

cdef enum:
    MAX_TEMPLATES = 64
    # A template holds a copy of its frame.
    MAX_FRAME = 16384
    # A stream without repeats stops paying after this many.
    FIRST_BUILDS = 32
    # Every so many hits earn one build more.
    HITS_PER_BUILD = 8
    # After so many, most chunks are in an order of their own: members are told apart.
    BUILDS_BEFORE_MEMBERS = 12
    TEMPLATES_BESIDE_MEMBERS = 16
    # Each of a hundred choices has to be met once; a member costs less than a template.
    BUILDS_WITH_MEMBERS = 256
    # So many frames known by their members, and a template without a match will see none.
    MEMBERS_PER_PRUNE = 64
    # In the place of the byte by which templates differ: a slot, or bytes still to come.
    ANY_BYTE = -1


cdef inline const unsigned char *value_end(
    Slot *slot, const unsigned char *p, const unsigned char *end, int *flags, Py_ssize_t *weight
) noexcept nogil:
    """Behind the value at `p`, or as far as it could be read; NULL: it does not suit the slot."""
    cdef const unsigned char *q
    if slot.token == c'"':
        q = plain_end(p, end)
        if q == end or q[0] != c'"':
            q = scan_string(q, end, flags)
    elif slot.token == c'0':
        q = scan_number(p, end, flags)
        if q == end and not flags[0] & SCAN_BAD:
            flags[0] = SCAN_CUT
        elif not is_safe_number(p, q - p, flags[0]):
            return NULL
    elif p[0] != slot.token:
        return NULL
    elif slot.kind == EXTENDED:
        q = scan_list(p, end, slot.depth, flags, weight)
    else:
        q = scan_value(p, end, slot.depth, flags)
        # To JSON a line end is white space, to the framing it ends the line.
        if has_line_end(p, end if flags[0] & SCAN_CUT else q):
            return NULL
    return q


cdef inline Py_ssize_t compare(
    Template template, const unsigned char *p, Py_ssize_t size, Py_ssize_t same, Found *found
) noexcept nogil:
    """Size of the frame at `p` that the template matches, INCOMPLETE or NO_MATCH.

    same: how many of its first bytes are known to be there.
    """
    cdef const unsigned char *begin = p
    cdef const unsigned char *end = p + size
    cdef const unsigned char *q
    cdef Slot *slot = template.slots
    cdef Slot *last = slot + template.count
    cdef const unsigned char *literal = template.literals
    cdef Py_ssize_t head = template.head_size
    cdef int flags
    if same < head:
        if size <= head:
            return INCOMPLETE if equal(
                p + same, template.head.bytes + same, size - same) else NO_MATCH
        if not equal(p + same, template.head.bytes + same, head - same):
            return NO_MATCH
        same = head
    p += head
    same -= head
    while slot < last:
        if end - p <= slot.size:
            return INCOMPLETE if equal(p + same, literal + same, end - p - same) else NO_MATCH
        if not equal(p + same, literal + same, slot.size - same):
            return NO_MATCH
        same = 0
        p += slot.size
        flags = 0
        q = value_end(slot, p, end, &flags, &found.weight)
        if q == NULL:
            return NO_MATCH
        if flags & (SCAN_FAILED | SCAN_INVALID_UTF8):
            return INCOMPLETE if flags & SCAN_CUT else NO_MATCH
        found.start = p
        found.size = q - p
        found.flags = flags
        found += 1
        slot += 1
        p = q
        literal = template.literals + (slot.literal if slot < last else template.tail)
    if end - p < template.tail_size:
        return INCOMPLETE if equal(p + same, literal + same, end - p - same) else NO_MATCH
    if not equal(p + same, literal + same, template.tail_size - same):
        return NO_MATCH
    return p + template.tail_size - begin


cdef inline unsigned char front_at(Template template, Py_ssize_t i) noexcept nogil:
    if i < template.head_size:
        return template.head.bytes[i]
    return template.literals[i - template.head_size]


cdef bint begins(Template template, const unsigned char *p, Py_ssize_t size) noexcept:
    """Whether these bytes are the first ones of a frame of it."""
    cdef Py_ssize_t head = min(size, <Py_ssize_t>template.head_size)
    return (head == 0 or equal(p, template.head.bytes, head)) and (
        equal(p + head, template.literals, size - head))


cdef inline bint may_be(Template template, int fork) noexcept nogil:
    """Whether a frame that goes on with this byte may be like it."""
    return template.fork == fork or fork == ANY_BYTE or template.fork == ANY_BYTE


cdef Py_ssize_t shared(Template a, Template b, Py_ssize_t size) noexcept:
    """How many of the first `size` bytes of their frames are the same."""
    cdef Py_ssize_t i = 0
    if a.head is not None and a.head is b.head:
        i = min(size, <Py_ssize_t>a.head_size)
    while i < size and front_at(a, i) == front_at(b, i):
        i += 1
    return i


cdef class Templates:
    """The templates of one stream."""

    def __cinit__(self, Stream stream, bint members_alone):
        self.stream = stream
        self.members_alone = members_alone
        self.cells = Cells(stream)
        self.known = []
        self.builds = FIRST_BUILDS

    cdef bint wanted(self) noexcept:
        return self.builds > 0

    cdef bint ready(self) noexcept:
        return self.members is not None or len(self.known) > 0

    cdef Py_ssize_t run(
        self, const unsigned char *p, Py_ssize_t size, Py_ssize_t most, int *ending
    ) except -2:
        cdef Found found[MAX_SLOTS]
        cdef Slot slots[MAX_SLOTS]  # of known members
        cdef Template template
        cdef Py_ssize_t pos = 0, k = NO_MATCH, texts
        cdef long long before = self.stream.events
        cdef int count = 0
        cdef bint cr = False, lf = False
        while pos < size:
            if self.in_run():
                texts = self.run_likely(p + pos, size - pos, most)
                pos += texts
                if texts:
                    cr = lf = self.likely.cr
                if pos == size:
                    break
            k = self.search(p + pos, size - pos, found)
            template = self.likely if k > 0 else None
            if k == NO_MATCH and self.members is not None:
                k = self.members.match(p + pos, size - pos, slots, found, &count)
            if k <= 0:
                break
            if k > most or not (
                self.cells.commit(slots, found, count, None) if template is None
                else self.commit(template, found)
            ):
                k = NO_MATCH
                break
            pos += k
            self.stream.events += 1
            if template is None:
                cr = self.members.cr
                self.by_members += 1
                if self.by_members == MEMBERS_PER_PRUNE:
                    self.prune_if_it_can()
            else:
                self.follow(template)
                template.used = True
                cr = template.cr
            lf = cr and pos < size and p[pos] == c'\n'
            pos += lf
        self.earn(self.stream.events - before)
        ending[0] = (RUN_CUT if k == INCOMPLETE else 0) | (RUN_CR if cr else 0) | (
            RUN_CRLF if lf else 0)
        return pos

    cdef bint whole(self, const unsigned char *p, Py_ssize_t size, Py_ssize_t most) except -1:
        cdef Found found[MAX_SLOTS]
        cdef Slot slots[MAX_SLOTS]
        cdef Template template
        cdef Py_ssize_t k
        cdef int count = 0
        k = self.search(p, size, found)
        template = self.likely if k > 0 else None
        if k == NO_MATCH and self.members is not None:
            k = self.members.match(p, size, slots, found, &count)
        if k != size or k > most or not (
            self.cells.commit(slots, found, count, None) if template is None
            else self.commit(template, found)
        ):
            return False
        self.stream.events += 1
        if template is not None:
            self.follow(template)
            template.used = True
        self.earn(1)
        return True

    cdef Py_ssize_t quick(
        self, const unsigned char *p, Py_ssize_t size, Py_ssize_t most, bint *crlf
    ) noexcept:
        cdef long long before
        cdef Py_ssize_t done
        if not self.in_run():
            return 0
        before = self.stream.events
        crlf[0] = self.likely.cr
        done = self.run_likely(p, size, most)
        self.earn(self.stream.events - before)
        return done

    cdef bint in_run(self) noexcept:
        """Whether the probable frames are of one kind with a loop of its own."""
        cdef Template template = self.likely
        return (
            template is not None and (template.text_slot >= 0 or template.steady)
            and template.successor == <void *>template and self.last is template
        )

    cdef Py_ssize_t run_likely(
        self, const unsigned char *p, Py_ssize_t size, Py_ssize_t most
    ) noexcept:
        cdef Template template = self.likely
        cdef Py_ssize_t done
        if template.text_slot >= 0:
            done = run_text(template, self.stream, p, size, most)
        else:
            done = run_steady(template, self.cells, p, size, most)
        if done:
            template.used = True
        return done

    cdef bint append(self, Template template, Found *found) noexcept:
        """Do a frame's work if it appends to one text and no more; False: it does more."""
        cdef Ledger ledger = self.stream.ledger
        cdef Found *fragment = &found[template.text_slot]
        cdef Text text = <Text>template.slots[template.text_slot].target
        cdef Py_ssize_t size = fragment.size, weight = size
        cdef int i, flags = found[0].flags
        for i in range(1, template.count):
            flags |= found[i].flags
        if flags:
            if fragment.flags & SCAN_ESCAPE:
                weight = unescaped_length(fragment.start, size)
            if flags & SCAN_SURROGATE:
                self.stream.surrogates = True
        if 0 <= ledger.held_limit < ledger.held + weight and weight > 0:
            return False
        if text.size + size + TEXT_SLACK > text.room and not text.has_room(size):
            return False
        copy_bytes(text.buf + text.size, fragment.start, size)
        text.size += size
        text.escaped |= fragment.flags & SCAN_ESCAPE
        ledger.held += weight
        return True

    cdef void follow(self, Template template) noexcept:
        """The template behind this one last time probably comes next."""
        if self.last is not template:
            if self.last is not None:
                self.last.successor = <void *>template
            self.last = template
        if template.successor != <void *>self.likely:
            self.likely = None if template.successor == NULL else <Template>template.successor

    cdef bint commit(self, Template template, Found *found) except -1:
        """Do the work of the frame that was just compared."""
        if template.text_slot >= 0:
            return self.append(template, found)
        if template.texts:
            return self.cells.commit_texts(template.slots, found, template.count)
        return self.cells.commit(template.slots, found, template.count, template.echoes)

    cdef Py_ssize_t search(
        self, const unsigned char *p, Py_ssize_t size, Found *found
    ) except -2:
        """Compare the templates, the likely one first; the matching one becomes the likely one.

        Their common first bytes are compared once: choices and calls in turns differ in
        one digit behind two hundred bytes.
        """
        cdef Template template, guess = self.likely
        cdef Py_ssize_t i, k = NO_MATCH
        cdef int fork
        cdef bint incomplete = False
        if not self.known:
            return NO_MATCH
        template = <Template>PyList_GET_ITEM(self.known, 0)
        if not begins(template, p, min(size, self.common)):
            return NO_MATCH
        if size < self.common:
            return INCOMPLETE
        # The byte in which they differ, if it is there yet.
        fork = p[self.common] if size > self.common else ANY_BYTE
        if guess is not None and may_be(guess, fork):
            k = compare(guess, p, size, self.common, found)
            if k > 0:
                return k
            incomplete = k == INCOMPLETE
        for i in range(PyList_GET_SIZE(self.known)):
            template = <Template>PyList_GET_ITEM(self.known, i)
            if template is not guess and may_be(template, fork):
                k = compare(template, p, size, self.common, found)
                if k > 0:
                    self.likely = template
                    return k
                incomplete |= k == INCOMPLETE
        return INCOMPLETE if incomplete else NO_MATCH

    cdef int compare_known(self) except -1:
        """How much all templates begin with, and how each goes on."""
        cdef Template template, first = None
        self.common = 0
        for template in self.known:
            if first is None:
                first = template
                self.common = front_size(first)
            else:
                self.common = shared(first, template, min(self.common, front_size(template)))
        for template in self.known:
            template.fork = ANY_BYTE
            if self.common < front_size(template):
                template.fork = front_at(template, self.common)
        return 0

    cdef void prune_if_it_can(self) noexcept:
        """It makes a list, and frames were folded that the caller has to know of."""
        try:
            self.prune()
        except MemoryError:
            pass

    cdef int prune(self) except -1:
        cdef Template template
        self.by_members = 0
        for template in self.known:
            if not template.used:
                return self.keep([template for template in self.known if template.used])
        return 0

    cdef int keep(self, list known) except -1:
        """These templates alone."""
        cdef Template template
        self.known = known
        self.last = self.likely = None
        for template in known:
            template.successor = NULL
        self.compare_known()
        return 0

    cdef void earn(self, long long hits) noexcept:
        """Recognised frames earn the right to learn more."""
        cdef long long most
        self.hits += hits
        if self.hits >= HITS_PER_BUILD:
            most = FIRST_BUILDS if self.members is None else BUILDS_WITH_MEMBERS
            self.builds = min(most, self.builds + self.hits // HITS_PER_BUILD)
            self.hits %= HITS_PER_BUILD

    cdef Py_ssize_t head(self, const unsigned char *p, Py_ssize_t size) noexcept:
        cdef Head headed = self.headed
        # Known members have to be learned from whole events.
        if headed is None or self.members is not None or self.members_alone:
            return 0
        if size <= headed.size or not equal(p, headed.bytes, headed.size):
            return 0
        return headed.size

    cdef int flush(self) except -1:
        cdef Cells cells = self.cells
        return cells.flush()

    cdef int forget(self) except -1:
        """Drop all templates; waiting values are decoded first."""
        cdef Cells cells = self.cells
        cells.forget()
        self.known.clear()
        self.members = None
        self.last = self.likely = None
        return 0

    cdef bint review(self) except -1:
        cdef Ledger ledger = self.stream.ledger
        cdef Members members
        cdef Template template
        cdef bint steady, changed
        if ledger is None:
            return False
        steady = self.openings == ledger.openings
        changed = self.changes != ledger.changes or self.cells.fresh
        if self.headed is not None and (
            self.structure != ledger.structure or changed
        ) and not head_holds(self.headed, self.cells):
            self.headed = None
        if self.structure != ledger.structure or self.stream.life.ended:
            self.forget()
            steady = False
        elif changed:
            self.keep([template for template in self.known if holds(template, self.cells)])
            members = self.members
            if members is not None:
                members.review()
        self.cells.fresh = False
        self.openings = ledger.openings
        self.structure = ledger.structure
        self.changes = ledger.changes
        return steady

    cdef int learn(
        self, Head headed,
        const unsigned char *frame, Py_ssize_t size, Py_ssize_t data, Py_ssize_t data_size
    ) except -1:
        cdef Ledger ledger = self.stream.ledger
        cdef Members members
        cdef int depth = self.stream.depth
        if ledger is None or ledger.plan is None or self.stream.life.ended:
            return 0
        self.builds -= 1
        self.built += 1
        if ledger.table.kind is None and (
            self.built > BUILDS_BEFORE_MEMBERS or self.members_alone
        ):
            if self.members is None:
                self.members = Members(self.cells, depth)
                self.builds = BUILDS_WITH_MEMBERS
            members = self.members
            members.learn(ledger.plan, frame + data, frame + data + data_size)
        if size <= MAX_FRAME and not self.members_alone and len(self.known) < (
            MAX_TEMPLATES if self.members is None else TEMPLATES_BESIDE_MEMBERS
        ):
            self.add(build(
                self.cells, ledger.plan, depth, headed, ledger.table.kind is None,
                frame, size, data, data_size))
        return 0

    cdef int add(self, Template template) except -1:
        """One template more, probably the next one too; None: there is none."""
        if template is not None:
            self.known.append(template)
            if template.head is not None:
                self.headed = template.head
            if self.last is not None:
                self.last.successor = <void *>template
            template.successor = <void *>template
            self.last = self.likely = template
            self.compare_known()
        return 0
