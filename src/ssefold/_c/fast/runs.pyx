# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Runs of frames like one template: comparing and doing in one loop.

Enters: a template, and bytes that probably begin with a frame like it.
Leaves: a longer text, other scalars, counted events; how many bytes that were.
Must not know: dialects, fields, the treatment of frames unlike the template.

Most of most streams is such runs. The general work of fast/templates.pyx is done here for two
kinds of templates, with all constant parts held in registers. A loop stops before the first frame
that is not quite like the template, and says nothing of it. It also stops where memory is short:
it raises nothing, and its report is all that was done.
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
    """Goes as far as run_text's frames are the usual ones: a word, perhaps with padding before or
    behind it, with room for it.

    Text is bytes, and bytes may be anything to the compiler: a value outside the locals here
    would be read again after each of them.
    """
    cdef Ledger ledger = stream.ledger
    cdef Text text = <Text>template.slots[template.text_slot].target
    cdef const unsigned char *begin = p
    cdef const unsigned char *middle = template.literals
    cdef const unsigned char *tail = middle + template.tail
    cdef const unsigned char *q
    cdef const unsigned char *word
    cdef unsigned char *buf = text.buf
    cdef Py_ssize_t head_size = front_size(template)
    cdef Py_ssize_t middle_size = 0
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
        # The tail begins with the quote.
        if end - q < tail_size + lf or not equal(q, tail, tail_size):
            break
        q += tail_size
        weight = word_weight(word, n, flags)
        if weight < 0 or q - p > most or weight > left or used + n > room:
            break
        if lf:
            if q[0] != c'\n':
                break
            q += 1
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
    cdef const unsigned char *start
    cdef Py_ssize_t head_size = front_size(template)
    cdef Py_ssize_t tail_size = template.tail_size, n, weight
    cdef long long held = ledger.held, left = LLONG_MAX
    cdef long long events = 0
    cdef int text_slot = template.text_slot, count = template.count
    cdef Py_ssize_t lf = template.cr  # the LF behind a CR at the frame's end is taken along
    cdef int i, flags, seen, fragment
    # The least number of bytes behind the text in a frame.
    cdef Py_ssize_t behind = tail_size if text_slot == count - 1 else slots[text_slot + 1].size
    cdef bint words = count <= 2 and behind >= TEXT_SLACK
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
        q = start = p + head_size
        weight = fragment = seen = 0
        for i in range(count):
            if i:
                n = slots[i].size
                if end - q <= n or not equal(q, literals + slots[i].literal, n):
                    break
                q += n
            if i == text_slot:
                start = q
            q = plain_end(q, end)
            flags = 0
            if q == end or q[0] != c'"':
                q = scan_string(q, end, &flags)
                if flags & (SCAN_FAILED | SCAN_INVALID_UTF8):
                    break
                seen |= flags
            if i == text_slot:
                weight = q - start
                fragment = flags
        else:
            if end - q < tail_size + lf or not equal(q, tail, tail_size) or (
                q + tail_size - p > most or (lf and q[tail_size] != c'\n')
            ):
                break
            n = weight
            if fragment & SCAN_ESCAPE:
                weight = unescaped_length(start, n)
            if held + weight > left and weight > 0:
                break
            if text.size + n + TEXT_SLACK > text.room and not text.has_room(n):
                break
            if n <= TEXT_SLACK <= behind:
                # A word. The frame goes on behind it for as long, and so does our buffer.
                memcpy(text.buf + text.size, start, TEXT_SLACK)
            else:
                memcpy(text.buf + text.size, start, n)
            text.size += n
            text.escaped |= fragment & SCAN_ESCAPE
            if seen & SCAN_SURROGATE:
                stream.surrogates = True
            held += weight
            events += 1
            p = q + tail_size + lf
            continue
        break
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
    cdef const unsigned char *word = p
    cdef unsigned char *buf = text.buf
    cdef unsigned char due[SHORT + 2]
    cdef Py_ssize_t head_size = front_size(template)
    cdef Py_ssize_t tail_size = template.tail_size, lf = template.cr
    cdef Py_ssize_t used = text.size, room = text.room - TEXT_SLACK, n, size_of_word = 0, weight
    cdef long long left = LLONG_MAX, events = 0
    cdef int i, flags, escaped = 0, digits = 0, count = template.count
    for i in range(count):
        if slots[i].kind == COUNTED:
            sequence = <Sequence>slots[i].target
            digits = write_digits(due, sequence.last + 1)
            if digits == 0:
                return 0
    if ledger.held_limit >= 0:
        left = ledger.held_limit - ledger.held
    while end - p > head_size and equal(p, head, head_size):
        q = p + head_size
        flags = 0
        for i in range(count):
            if i:
                n = slots[i].size
                if end - q <= n or not equal(q, literals + slots[i].literal, n):
                    break
                q += n
            if i == text_slot:
                word = q
                q = word_end(q, end, &flags)
                size_of_word = q - word
            elif slots[i].token == c'"':
                q = plain_end(q, end)
            elif slots[i].token == c'0':
                # Behind it comes no digit: the next literal, or the tail.
                if end - q <= digits or not same_digits(q, due, digits):
                    break
                q += digits
            else:
                if end - q < 2 or q[0] != c'[' or q[1] != c']':
                    break
                q += 2
        else:
            if end - q < tail_size + lf or not equal(q, tail, tail_size):
                break
            q += tail_size
            weight = word_weight(word, size_of_word, flags)
            if weight < 0 or q - p > most or weight > left or (
                used + size_of_word > room or (lf and q[0] != c'\n')
            ):
                break
            memcpy(buf + used, word, TEXT_SLACK)
            used += size_of_word
            left -= weight
            escaped |= flags & SCAN_ESCAPE
            events += 1
            digits = count_on(due, digits)
            p = q + lf
            if digits < SHORT:
                continue
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


cdef Py_ssize_t run_steady(
    Template template, Cells cells, const unsigned char *p, Py_ssize_t size, Py_ssize_t most
) noexcept:
    """Frames that may change scalars too: counters, times, sequence numbers."""
    cdef Stream stream = cells.stream
    cdef Ledger ledger = stream.ledger
    cdef Slot *slots = template.slots
    cdef Found found[MAX_STEADY]    # the scalars of this frame,
    cdef Found last[MAX_STEADY]     # and of the last matching one
    cdef const unsigned char *begin = p
    cdef const unsigned char *end = p + size
    cdef const unsigned char *head = first_literal(template)
    cdef const unsigned char *literals = template.literals
    cdef const unsigned char *tail = literals + template.tail
    cdef const unsigned char *q
    cdef const unsigned char *start
    cdef const unsigned char *words
    cdef Py_ssize_t head_size = front_size(template)
    cdef Py_ssize_t tail_size = template.tail_size, lf = template.cr, n, size_of_words, weight
    cdef Py_ssize_t extra, pending = cells.pending
    cdef long long number, events = 0
    cdef Sequence sequence
    cdef Text text
    cdef int count = template.count, i, kind, flags, seen, escaped
    cdef int numbered = only_numbered(template)
    if head == NULL:
        return 0
    if count == 0:
        tail_size = 0  # all of the frame is its first literal
    while p < end:
        if numbered >= 0:
            p += run_numbered(template, stream, numbered, head, p, end, most)
        # The rest of a frame is never empty: its last bytes are a line end.
        if end - p < head_size or not equal(p, head, head_size):
            break
        q = words = p + head_size
        weight = size_of_words = 0
        seen = escaped = 0
        number = -1
        extra = pending
        text = None
        for i in range(count):
            if i:
                n = slots[i].size
                if end - q <= n or not equal(q, literals + slots[i].literal, n):
                    break
                q += n
            elif q == end:
                break
            start = q
            flags = 0
            if slots[i].token == c'"':
                q = plain_end(q, end)
                if q == end or q[0] != c'"':
                    q = scan_string(q, end, &flags)
                    if flags & (SCAN_FAILED | SCAN_INVALID_UTF8):
                        break
                    seen |= flags
            elif slots[i].token == c'0':
                q = scan_number(q, end, &flags)
                if q == end or flags & SCAN_BAD or not (
                    (flags == 0 and q - start <= SHORT) or is_safe_number(start, q - start, flags)
                ):
                    break
            else:
                q += 2  # an empty list, or the frame is another one
                if q > end or start[0] != c'[' or start[1] != c']':
                    break
            kind = slots[i].kind
            n = q - start
            if kind == APPENDED:
                words = start
                size_of_words = weight = n
                escaped = flags & SCAN_ESCAPE
                if escaped:
                    weight = unescaped_length(start, n)
                text = <Text>slots[i].target
                if text.size + n + TEXT_SLACK > text.room:
                    if not text.has_room(n):
                        break
            elif kind == LAST_ONE:
                # Room is asked for here, not at the start: a read may hold no more than one frame.
                if n > MAX_SCALAR or (
                    (<Cell>slots[i].target).room < n + 2
                    and not (<Cell>slots[i].target).has_room(n + 2)
                ):
                    break
                extra += n + 8
                found[i].start = start
                found[i].size = n
            elif kind == COUNTED:
                sequence = <Sequence>slots[i].target
                number = digits_value(start, n)
                if number != sequence.last + 1:
                    break
        else:
            if end - q < tail_size + lf or not equal(q, tail, tail_size) or (
                q + tail_size - p > most or (lf and q[tail_size] != c'\n')
            ):
                break
            if weight > 0 and 0 <= ledger.held_limit < ledger.held + weight:
                break
            if extra > pending:
                if 0 <= ledger.extra_limit < ledger.extra + extra:
                    break
                for i in range(count):
                    last[i] = found[i]
                pending = extra
            if text is not None:
                copy_bytes(text.buf + text.size, words, size_of_words)
                text.size += size_of_words
                text.escaped |= escaped
                ledger.held += weight
            if number >= 0:
                sequence.last = number
            if seen & SCAN_SURROGATE:
                stream.surrogates = True
            events += 1
            p = q + tail_size + lf
            continue
        break
    if events:
        stream.events += events
    if pending != cells.pending:
        cells.pending = pending
        for i in range(count):  # of many values only the last one is ever read
            if slots[i].kind == LAST_ONE:
                last[i].flags = 0
                cells.store(&slots[i], &last[i])
    return p - begin
