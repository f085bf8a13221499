# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Runs of frames like one template: comparing and doing in one loop.

Enters: a template, and bytes that probably begin with a frame like it.
Leaves: a longer text, other scalars, counted events; how many bytes that were.
Must not know: dialects, fields, the treatment of frames unlike the template.

Most of most streams is such runs. The general work of fast/templates.pyx is done here for two
kinds of templates, with all constant parts held in registers: run_text() for texts alone,
run_steady() for scalars too. Each has a loop of words inside, run_words() and run_numbered(), for
the usual frame; without any one of the four a recorded stream takes at least 4 % more
instructions. A loop stops before the first frame that is not quite like the template, and says
nothing of it. It also stops where memory is short: it raises nothing, and its report is all that
was done.
"""

from libc.string cimport memcpy

from .build cimport Template, first_literal, front_size
from ..jsonscan cimport (
    SCAN_BAD,
    SCAN_ESCAPE,
    SCAN_FAILED,
    SCAN_INVALID_UTF8,
    SCAN_SURROGATE,
    plain_end,
    scan_number,
    scan_string,
    unescaped_length,
)
from ..simd cimport equal
from ..engine.ledger cimport Ledger
from ..engine.event_numbers cimport Sequence
from .slots cimport (
    APPENDED,
    COUNTED,
    DROPPED,
    EXTENDED,
    LAST_ONE,
    MAX_SCALAR,
    MAX_STEADY,
    TEXT_SLACK,
    Cell,
    Cells,
    Found,
    Slot,
    copy_bytes,
    digits_value,
    is_safe_number,
)
from ..engine.stream cimport Stream
from ..text cimport Text

cdef extern from "Python.h":
    const long long LLONG_MAX

cdef enum:
    SHORT = 18  # digits of an integer that is surely in range


cdef Py_ssize_t run_words(
    Template template, Stream stream, const unsigned char *head,
    const unsigned char *p, const unsigned char *end, Py_ssize_t most
) noexcept:
    """run_text() as far as the frames hold a word, perhaps padding beside it, and there is room.

    Bytes may be anything to the compiler: a value outside the locals would be read after each.
    """
    cdef Ledger ledger = stream.ledger
    cdef Text text = <Text>template.slots[template.text_slot].target
    cdef const unsigned char *begin = p
    cdef const unsigned char *middle = template.literals
    cdef const unsigned char *tail = middle + template.tail
    cdef const unsigned char *q
    cdef const unsigned char *word
    cdef unsigned char *buf = text.buf
    cdef Py_ssize_t head_size = front_size(template), middle_size = 0
    cdef Py_ssize_t tail_size = template.tail_size, lf = template.cr
    cdef Py_ssize_t used = text.size, room = text.room - TEXT_SLACK, n, weight
    cdef long long left = LLONG_MAX, events = 0
    cdef int flags, escaped = 0
    cdef bint is_second = template.text_slot == 1
    if template.count == 2:
        middle += template.slots[1].literal
        middle_size = template.slots[1].size
    if ledger.held_limit >= 0:
        left = ledger.held_limit - ledger.held
    while end - p > head_size and equal(p, head, head_size):
        word = p + head_size
        flags = 0
        q = word_end(word, end, &flags)
        n = q - word
        if middle_size:
            if end - q < middle_size or not equal(q, middle, middle_size):
                break
            q += middle_size
            if is_second:
                if flags:
                    break
                word = q
                q = word_end(q, end, &flags)
                n = q - word
            else:
                q = plain_end(q, end)
        q = frame_end(q, end, tail, tail_size, lf)
        if q == NULL:
            break
        weight = word_weight(word, n, flags)
        if weight < 0 or q - lf - p > most or weight > left or used + n > room:
            break
        # The frame goes on behind the word for as long, and so does our buffer.
        memcpy(buf + used, word, TEXT_SLACK)
        used += n
        left -= weight
        escaped |= flags & SCAN_ESCAPE
        events += 1
        p = q
    put_down(ledger, text, left, used, escaped)
    stream.events += events
    return p - begin


cdef inline const unsigned char *frame_end(
    const unsigned char *q, const unsigned char *end,
    const unsigned char *tail, Py_ssize_t size, Py_ssize_t lf,
) noexcept nogil:
    """Behind the tail at `q`, which begins with the quote of a string before it, and behind the LF
    of the CR that it ends with; NULL: it does not stand there.
    """
    if end - q < size + lf or not equal(q, tail, size) or (lf and q[size] != c'\n'):
        return NULL
    return q + size + lf


cdef inline void put_down(
    Ledger ledger, Text text, long long left, Py_ssize_t used, int escaped
) noexcept:
    """The locals of a loop, written back: the allowance left, the length of the text."""
    if ledger.held_limit >= 0:
        ledger.held = ledger.held_limit - left
    else:
        ledger.held += LLONG_MAX - left
    text.size = used
    text.escaped |= escaped


cdef inline Py_ssize_t word_weight(
    const unsigned char *word, Py_ssize_t size, int flags
) noexcept nogil:
    """The weight of a string for the loops of words; -1: they leave it to others."""
    if size > TEXT_SLACK or flags & (SCAN_FAILED | SCAN_INVALID_UTF8 | SCAN_SURROGATE):
        return -1
    return unescaped_length(word, size) if flags & SCAN_ESCAPE else size


cdef inline const unsigned char *word_end(
    const unsigned char *p, const unsigned char *end, int *flags
) noexcept nogil:
    """Where the string ends whose body begins at `p`; one word in five has a `\\n` or a `’`."""
    p = plain_end(p, end)
    if p < end and p[0] != c'"':
        p = scan_string(p, end, flags)
    return p


cdef struct Fragment:
    const unsigned char *start      # the body of the string that is appended
    Py_ssize_t size
    int flags                       # what is in it,
    int seen                        # and in any string of the frame


cdef inline const unsigned char *strings_end(
    Slot *slots, int count, const unsigned char *literals,
    const unsigned char *q, const unsigned char *end, int text_slot, Fragment *fragment,
) noexcept nogil:
    """Behind the last of a frame's strings, the first of which begins at `q`; NULL: they are not
    all there, or not all healthy.
    """
    cdef int i, flags
    cdef Py_ssize_t n
    fragment.seen = 0
    for i in range(count):
        if i:
            n = slots[i].size
            if end - q <= n or not equal(q, literals + slots[i].literal, n):
                return NULL
            q += n
        if i == text_slot:
            fragment.start = q
        flags = 0
        q = plain_end(q, end)
        if q == end or q[0] != c'"':
            q = scan_string(q, end, &flags)
            if flags & (SCAN_FAILED | SCAN_INVALID_UTF8):
                return NULL
            fragment.seen |= flags
        if i == text_slot:
            fragment.size = q - fragment.start
            fragment.flags = flags
    return q


cdef Py_ssize_t run_text(
    Template template, Stream stream, const unsigned char *p, Py_ssize_t size, Py_ssize_t most
) noexcept:
    """Frames that append to one text, and whose other slots are strings to leave out."""
    cdef Ledger ledger = stream.ledger
    cdef Slot *slots = template.slots
    cdef Text text = <Text>slots[template.text_slot].target
    cdef const unsigned char *begin = p
    cdef const unsigned char *end = p + size
    cdef const unsigned char *head = first_literal(template)
    cdef const unsigned char *literals = template.literals
    cdef const unsigned char *tail = literals + template.tail
    cdef const unsigned char *q
    cdef Fragment fragment
    cdef Py_ssize_t head_size = front_size(template)
    cdef Py_ssize_t tail_size = template.tail_size, n, weight
    cdef long long held = ledger.held, left = LLONG_MAX, events = 0
    cdef int text_slot = template.text_slot
    cdef Py_ssize_t lf = template.cr  # the LF behind a CR at the frame's end is taken along
    # The least number of bytes behind the text in a frame.
    cdef Py_ssize_t behind = (
        tail_size if text_slot == template.count - 1 else slots[text_slot + 1].size)
    cdef bint words = template.count <= 2 and behind >= TEXT_SLACK
    if head == NULL:
        return 0
    if ledger.held_limit >= 0:
        left = ledger.held_limit
    while p < end:
        if words:
            ledger.held = held
            p += run_words(template, stream, head, p, end, most)
            held = ledger.held
        if end - p <= head_size or not equal(p, head, head_size):
            break
        q = strings_end(slots, template.count, literals, p + head_size, end, text_slot, &fragment)
        if q == NULL:
            break
        q = frame_end(q, end, tail, tail_size, lf)
        if q == NULL or q - lf - p > most:
            break
        n = weight = fragment.size
        if fragment.flags & SCAN_ESCAPE:
            weight = unescaped_length(fragment.start, n)
        if held + weight > left and weight > 0:
            break
        if text.size + n + TEXT_SLACK > text.room and not text.has_room(n):
            break
        # Behind a word the frame goes on for as long, and so does our buffer.
        memcpy(
            text.buf + text.size, fragment.start, TEXT_SLACK if n <= TEXT_SLACK <= behind else n)
        text.size += n
        text.escaped |= fragment.flags & SCAN_ESCAPE
        if fragment.seen & SCAN_SURROGATE:
            stream.surrogates = True
        held += weight
        events += 1
        p = q
    ledger.held = held
    stream.events += events
    return p - begin


cdef int only_numbered(Template template) noexcept:
    """The slot of the text that frames append to, if their other slots are only strings and empty
    lists to leave out, and the frames' own numbers; else -1.
    """
    cdef Slot *slots = template.slots
    cdef Py_ssize_t behind = template.tail_size
    cdef int i, text = -1, numbers = 0
    for i in range(template.count):
        if text >= 0:
            behind += slots[i].size
        if slots[i].kind == APPENDED and text < 0:
            text = i
        elif slots[i].kind == COUNTED and numbers == 0:
            numbers = 1
        elif slots[i].kind == EXTENDED and slots[i].token == c'[':
            pass  # by nothing
        elif slots[i].kind != DROPPED or slots[i].token == c'0':
            return -1
    # A frame has to go on behind a word for as long as the blind copy.
    return text if behind >= TEXT_SLACK else -1


cdef inline const unsigned char *numbered_end(
    Slot *slots, int count, const unsigned char *literals,
    const unsigned char *q, const unsigned char *end, int text_slot,
    const unsigned char *due, int digits, Fragment *word,
) noexcept nogil:
    """strings_end() where a slot may be the number that is due, or a list that has to be empty."""
    cdef int i
    cdef Py_ssize_t n
    word.flags = 0
    for i in range(count):
        if i:
            n = slots[i].size
            if end - q <= n or not equal(q, literals + slots[i].literal, n):
                return NULL
            q += n
        if i == text_slot:
            word.start = q
            q = word_end(q, end, &word.flags)
            word.size = q - word.start
        elif slots[i].token == c'"':
            q = plain_end(q, end)
        elif slots[i].token == c'0':
            # Behind it comes no digit: the next literal, or the tail.
            if end - q <= digits or not same_digits(q, due, digits):
                return NULL
            q += digits
        else:
            if end - q < 2 or q[0] != c'[' or q[1] != c']':
                return NULL
            q += 2
    return q


cdef Py_ssize_t run_numbered(
    Template template, Stream stream, int text_slot, const unsigned char *head,
    const unsigned char *p, const unsigned char *end, Py_ssize_t most,
) noexcept:
    """run_words() for the frames of only_numbered(): Responses counts its events.

    The next number is kept as it is written, so that none is read.
    """
    cdef Ledger ledger = stream.ledger
    cdef Slot *slots = template.slots
    cdef Text text = <Text>slots[text_slot].target
    cdef Sequence sequence = None
    cdef const unsigned char *begin = p
    cdef const unsigned char *literals = template.literals
    cdef const unsigned char *tail = literals + template.tail
    cdef const unsigned char *q
    cdef Fragment word
    cdef unsigned char *buf = text.buf
    cdef unsigned char due[SHORT + 2]
    cdef Py_ssize_t head_size = front_size(template)
    cdef Py_ssize_t tail_size = template.tail_size, lf = template.cr
    cdef Py_ssize_t used = text.size, room = text.room - TEXT_SLACK, weight
    cdef long long left = LLONG_MAX, events = 0
    cdef int i, escaped = 0, digits = 0
    for i in range(template.count):
        if slots[i].kind == COUNTED:
            sequence = <Sequence>slots[i].target
            digits = write_digits(due, sequence.last + 1)
            if digits == 0:
                return 0
    if ledger.held_limit >= 0:
        left = ledger.held_limit - ledger.held
    while end - p > head_size and equal(p, head, head_size):
        q = numbered_end(
            slots, template.count, literals, p + head_size, end, text_slot, due, digits, &word)
        if q == NULL:
            break
        q = frame_end(q, end, tail, tail_size, lf)
        if q == NULL:
            break
        weight = word_weight(word.start, word.size, word.flags)
        if weight < 0 or q - lf - p > most or weight > left or used + word.size > room:
            break
        memcpy(buf + used, word.start, TEXT_SLACK)
        used += word.size
        left -= weight
        escaped |= word.flags & SCAN_ESCAPE
        events += 1
        p = q
        digits = count_on(due, digits)
        if digits >= SHORT:
            break
    put_down(ledger, text, left, used, escaped)
    stream.events += events
    if sequence is not None:
        sequence.last += events
    return p - begin


cdef int write_digits(unsigned char *out, long long number) noexcept:
    """The number as JSON has it: its count of digits; 0 if it has too many."""
    cdef unsigned char digits[SHORT]
    cdef int count = 0, i
    if number < 0:
        return 0
    while True:
        if count == SHORT - 1:
            return 0
        digits[count] = c'0' + number % 10
        count += 1
        number //= 10
        if number == 0:
            break
    for i in range(count):
        out[i] = digits[count - 1 - i]
    return count


cdef inline bint same_digits(
    const unsigned char *p, const unsigned char *due, int digits
) noexcept nogil:
    """Whether those digits stand at `p`; the last one is compared first, for it changes most."""
    while digits > 0:
        digits -= 1
        if p[digits] != due[digits]:
            return False
    return True


cdef inline int count_on(unsigned char *due, int digits) noexcept nogil:
    """One more: its count of digits."""
    cdef int i = digits
    while i > 0:
        i -= 1
        if due[i] != c'9':
            due[i] += 1
            return digits
        due[i] = c'0'
    if digits:
        due[0] = c'1'
        due[digits] = c'0'
        digits += 1
    return digits


cdef struct Frame:
    Fragment text                   # what is appended, if `grows`
    bint grows
    int slot                        # of its text,
    int counter                     # and of its number; -1: it has none
    long long number
    Py_ssize_t extra                # what its scalars weigh at most
    Found found[MAX_STEADY]         # where they stand


cdef inline const unsigned char *scalar_end(
    Slot *slot, const unsigned char *q, const unsigned char *end, int *flags
) noexcept nogil:
    """Behind the value at `q`; NULL: it is cut, or none that a loop may fold."""
    cdef const unsigned char *start = q
    if slot.token == c'"':
        q = plain_end(q, end)
        if q == end or q[0] != c'"':
            q = scan_string(q, end, flags)
            if flags[0] & (SCAN_FAILED | SCAN_INVALID_UTF8):
                return NULL
        return q
    if slot.token == c'0':
        q = scan_number(q, end, flags)
        if q == end or flags[0] & SCAN_BAD or not (
            (flags[0] == 0 and q - start <= SHORT) or is_safe_number(start, q - start, flags[0])
        ):
            return NULL
        flags[0] = 0
        return q
    # An empty list, or the frame is another one.
    return q + 2 if end - q >= 2 and q[0] == c'[' and q[1] == c']' else NULL


cdef inline const unsigned char *scalars_end(
    Template template, const unsigned char *q, const unsigned char *end, Frame *frame
) noexcept:
    """strings_end() for frames that may change scalars too; there is room for all they bring."""
    cdef Slot *slots = template.slots
    cdef const unsigned char *start
    cdef Py_ssize_t n
    cdef int i, kind, flags
    frame.text.seen = 0
    frame.grows = False
    frame.counter = -1
    frame.extra = 0
    for i in range(template.count):
        if i:
            n = slots[i].size
            if end - q <= n or not equal(q, template.literals + slots[i].literal, n):
                return NULL
            q += n
        elif q == end:
            return NULL
        start = q
        flags = 0
        q = scalar_end(&slots[i], q, end, &flags)
        if q == NULL:
            return NULL
        frame.text.seen |= flags
        kind = slots[i].kind
        n = q - start
        if kind == APPENDED:
            frame.grows = True
            frame.slot = i
            frame.text.start = start
            frame.text.size = n
            frame.text.flags = flags
            if not text_room(<Text>slots[i].target, n):
                return NULL
        elif kind == LAST_ONE:
            if not scalar_room(<Cell>slots[i].target, n):
                return NULL
            frame.extra += n + 8
            frame.found[i].start = start
            frame.found[i].size = n
        elif kind == COUNTED:
            frame.counter = i
            frame.number = digits_value(start, n)
            if frame.number != (<Sequence>slots[i].target).last + 1:
                return NULL
    return q


cdef inline bint text_room(Text text, Py_ssize_t n) noexcept:
    return text.size + n + TEXT_SLACK <= text.room or text.has_room(n)


cdef inline bint scalar_room(Cell cell, Py_ssize_t n) noexcept:
    """Room is asked for here, not at the start: a read may hold no more than one frame."""
    return n <= MAX_SCALAR and (cell.room >= n + 2 or cell.has_room(n + 2))


cdef inline bint append_fragment(Ledger ledger, Text text, Fragment *fragment) noexcept:
    """A longer text, for which there is room; False: not within the allowance."""
    cdef Py_ssize_t weight = fragment.size
    if fragment.flags & SCAN_ESCAPE:
        weight = unescaped_length(fragment.start, weight)
    if weight > 0 and 0 <= ledger.held_limit < ledger.held + weight:
        return False
    copy_bytes(text.buf + text.size, fragment.start, fragment.size)
    text.size += fragment.size
    text.escaped |= fragment.flags & SCAN_ESCAPE
    ledger.held += weight
    return True


cdef Py_ssize_t run_steady(
    Template template, Cells cells, const unsigned char *p, Py_ssize_t size, Py_ssize_t most
) noexcept:
    """Frames that may change scalars too: counters, times, sequence numbers."""
    cdef Stream stream = cells.stream
    cdef Ledger ledger = stream.ledger
    cdef Slot *slots = template.slots
    cdef Frame frame
    cdef Found last[MAX_STEADY]     # the scalars of the last matching frame
    cdef const unsigned char *begin = p
    cdef const unsigned char *end = p + size
    cdef const unsigned char *head = first_literal(template)
    cdef const unsigned char *tail = template.literals + template.tail
    cdef const unsigned char *q
    cdef Py_ssize_t head_size = front_size(template), lf = template.cr
    # Of a frame without slots all is its first literal.
    cdef Py_ssize_t tail_size = template.tail_size if template.count else 0
    cdef Py_ssize_t pending = cells.pending
    cdef long long events = 0
    cdef int i, numbered = only_numbered(template)
    if head == NULL:
        return 0
    while p < end:
        if numbered >= 0:
            p += run_numbered(template, stream, numbered, head, p, end, most)
        # The rest of a frame is never empty: its last bytes are a line end.
        if end - p < head_size or not equal(p, head, head_size):
            break
        q = scalars_end(template, p + head_size, end, &frame)
        if q == NULL:
            break
        q = frame_end(q, end, tail, tail_size, lf)
        if q == NULL or q - lf - p > most:
            break
        if frame.extra and 0 <= ledger.extra_limit < ledger.extra + pending + frame.extra:
            break
        if frame.grows and not append_fragment(
            ledger, <Text>slots[frame.slot].target, &frame.text
        ):
            break
        if frame.extra:
            pending += frame.extra
            for i in range(template.count):
                last[i] = frame.found[i]
        if frame.counter >= 0:
            (<Sequence>slots[frame.counter].target).last = frame.number
        if frame.text.seen & SCAN_SURROGATE:
            stream.surrogates = True
        events += 1
        p = q
    stream.events += events
    if pending != cells.pending:
        cells.pending = pending
        for i in range(template.count):  # of many values only the last one is ever read
            if slots[i].kind == LAST_ONE:
                last[i].flags = 0
                cells.store(&slots[i], &last[i])
    return p - begin
