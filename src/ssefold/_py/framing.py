r"""SSE framing, pure: bytes → blocks.

Enters: the bytes of a stream, cut anywhere; the end of input.
Leaves: blocks (`Framer`), for the fold and for `SSEDecoder`.
Must not know: JSON, dialects, the meaning of an event.

The rules (WHATWG HTML 9.2.5 and 9.2.6) and their meaning here:

- A line ends at CRLF, LF or CR and acts at the first byte of its ending; an LF
  after a CR is swallowed whenever it comes (`_swallow`), so no event waits for it.
- A whole line within a read is read in place (`_line`); one that crosses reads goes through
  `_resume`. That takes any number of bytes and never looks back: one-byte reads cost the same
  order as one big read.
- The limit counts whole known lines and the blank line. It falls on the first byte past it,
  though not before the byte that decides the line's name.

    >>> from ssefold._py.framing import Framer
    >>> framer = Framer(None, raw=False, comments=False, strays=False)
    >>> [block.data for block in framer.feed(b"data: a\r")]
    []
    >>> [block.data for block in framer.feed(b"\ndata: b\n\nda")]
    [b'a\nb']
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ssefold.engine.framing_base import BOM

# Where in a line the stream stands.
AT_START = 0
IN_NAME = 1  # could still become a known field
AT_SPACE = 2  # just past a known field's colon
IN_VALUE = 3
IN_COMMENT = 4
IN_STRAY = 5
IN_SKIP = 6

# The beginning of the stream, after BOM and white space.
LEAD_OTHER = 0
LEAD_LOOKING = 1
LEAD_BODY = 2  # `{`, and no known field line since: a body, not a stream

# `_swallow`: an LF that completes a CRLF.
NO_LF = 0
LF_FREE = 1
LF_COUNTED = 2  # it belongs to a line that counts against the limit

STRAY_ROOM = 65536  # unknown lines kept per block
UNFINISHED = b"?"  # stands for an unfinished line: neither blank nor a field
NO_LIMIT = 2**63 - 1
WHITE_SPACE = b" \t\r\n"

# The only field whose name begins with a byte.
BY_FIRST = {name[0]: name for name in (b"data", b"event", b"id", b"retry")}
KNOWN = frozenset(BY_FIRST.values())


class Block:
    """The lines between two blank lines, and their offsets.

    event: the value of the last event line, b"" if there was none.
    has_data, data: data lines joined with LF.
    spans: for each data line the index of its value in `data` and the stream
           offset of its first byte (only with `strays`); a joining LF maps to the
           offset of its line's ending.
    data_end: the stream offset just past the last data value.
    stray: lines of unknown fields, joined with LF.
    start, end: the frame. A block without data belongs to the frame that follows.
    final: made by the end of input, not by a blank line.
    retry: set in this block, or None.
    raw: `stream[start:end]`, if asked for and there is data.
    comment: None for a block; else this is no block but a comment: the text behind its colon
    (only with `comments`).
    """

    # Defaults of the class: a block of one data line, as almost all are, sets four.
    event: bytes = b""
    has_data: bool = True
    data: bytes
    spans: Sequence[tuple[int, int]] = ()
    data_end: int = 0
    stray: bytes = b""
    start: int
    end: int
    final: bool = False
    retry: int | None = None
    raw: bytes | None = None
    comment: bytes | None = None


def one_line(event: bytes, data: bytes, start: int, data_end: int) -> Block:
    """The block of one data line; its end is the caller's."""
    block = Block()
    if event:
        block.event = event
    block.data = data
    block.data_end = data_end
    block.start = start
    return block


class Framer:
    """Finds the blocks of a stream.

    offset:        bytes of the stream consumed.
    limit_offset:  the byte past the limit, or -1; nothing is read after it.
    last_retry:    the newest valid retry of the stream, or -1.
    last_id_bytes: the last committed id.
    frame_start:   where the frame being read begins.
    limit:         the largest counted size of a block.
    """

    __slots__ = (
        "_body_start", "_bom", "_count", "_counted", "_data_end", "_dirty", "_event", "_field",
        "_has_data", "_has_stray", "_held", "_ident", "_kind", "_lead", "_line_start", "_lines",
        "_lost", "_name_size", "_raw", "_raw_limit", "_retry", "_starts", "_stray", "_swallow",
        "_want_comments", "_want_raw", "_want_strays", "frame_start", "last_id_bytes",
        "last_retry", "limit", "limit_offset", "offset",
    )  # fmt: skip

    _lines: list[bytes]  # the data values of this block
    _starts: list[int]  # and their stream offsets
    _ident: bytes | None  # the id to commit at the blank line
    _retry: int | None
    _count: int  # bytes counted in this block
    _has_stray: bool

    def __init__(
        self, max_event_bytes: int | None, raw: bool, comments: bool, strays: bool
    ) -> None:
        limit = NO_LIMIT if max_event_bytes is None else min(max_event_bytes, NO_LIMIT)
        # With raw every byte of the frame counts, and no line counts beside it.
        self.limit = NO_LIMIT if raw else limit
        self._raw_limit = limit
        self._want_raw = raw
        self._want_comments = comments
        self._want_strays = strays
        self.restart()

    def restart(self) -> None:
        """Back to the start of a new stream."""
        self._clear()
        self._raw = bytearray()
        self._held = bytearray()
        self.last_id_bytes = b""
        self.last_retry = self.limit_offset = -1
        self.offset = self._line_start = self.frame_start = 0
        self._kind = AT_START
        self._field = b""
        self._name_size = 0
        self._swallow = NO_LF
        self._counted = False
        self._bom = 0  # bytes of a BOM seen; -1: decided
        self._lead = LEAD_LOOKING if self._want_strays else LEAD_OTHER
        self._body_start = 0
        self._lost = False

    def lose(self, offset: int, whole: bool, last: int) -> None:
        """The bytes up to `offset` are lost, and whatever stands here may be half done.

        `whole`: a frame begins there; else all bytes up to the next blank line are dropped.
        `last`: the byte before it, -1 if unknown.
        """
        self.restart()
        self.offset = self._line_start = self.frame_start = offset
        self._bom = -1
        self._lead = LEAD_OTHER
        self._kind = AT_START if whole or last in (0x0A, 0x0D) else IN_SKIP
        self._swallow = LF_FREE if last == 0x0D else NO_LF
        self._lost = self._dirty = not whole

    def feed(self, data: bytes) -> Iterator[Block]:
        """The blocks completed by `data`, one by one: take all of them before the next feed.

        Whoever stops at a comment goes on with the bytes from `offset`.
        """
        p = 0
        if self.limit_offset >= 0:
            return iter(())
        if self._bom >= 0:
            p = self._prelude(data, self._reach(self.offset, len(data)))
        if self._lead == LEAD_LOOKING:
            self._look_for_body(data, p, len(data), self.offset)
        if not self._want_raw:
            lines = data[p:].split(b"\n")
            if b"\r" not in data:
                return self._frames(data, p, lines, False)
            # As many CRs as LFs, and one before each LF: CRLF throughout.
            even = data.count(b"\r") == len(lines) - 1
            if even and {line[-1:] for line in lines[:-1]} == {b"\r"}:
                return self._frames(data, p, lines, True)
        return self._walk(data, p, len(data), self.offset)

    def _frames(self, data: bytes, p: int, lines: list[bytes], crlf: bool) -> Iterator[Block]:
        """Read data[p:], whose lines all end alike (`lines` split it at LF), frame by frame.

        Almost every frame is one data line, perhaps after one event line: it is taken in one
        step. The rest is walked, up to its blank line.
        """
        base = self.offset
        width, blank, cut = (2, b"\r", -1) if crlf else (1, b"", None)
        last = len(lines) - 1
        lines[last] = UNFINISHED
        most = self.limit - 2 * width
        strays = self._want_strays
        start = self.frame_start
        clean = self._clean()
        at = base + p  # the stream offset of lines[i]
        i = 0
        while i < last:
            line = lines[i]
            k = i + 1  # where the blank line should be
            event = b""
            data_at = -1
            if clean:
                if line.startswith(b"data: "):
                    data_at = at
                elif line.startswith(b"event: "):
                    event = line[7:cut]
                    line_at = at + len(line) + 1
                    line = lines[k]
                    k += 1
                    if line.startswith(b"data: "):
                        data_at = line_at
            if data_at >= 0 and lines[k] == blank:
                e = data_at + len(line) + 1 - width
                if e - at <= most:
                    block = one_line(event, line[6:cut], start, e)
                    if strays:
                        block.spans = ((0, data_at + 6),)
                    # The LF of a blank line's CRLF belongs to the next frame.
                    block.end = start = e + width + 1
                    at = e + 2 * width
                    i = k + 1
                    yield block
                    continue
            try:
                k = lines.index(blank, i, last) + 1
            except ValueError:
                break
            stop = at + sum(map(len, lines[i:k])) + k - i
            self._arrive(at, start)
            yield from self._walk(data, at - base, stop - base, base)
            if self.limit_offset >= 0:
                return
            start = self.frame_start
            clean = self._clean()
            at = stop
            i = k
        self._arrive(at, start)
        if at - base < len(data):
            yield from self._walk(data, at - base, len(data), base)

    def _arrive(self, at: int, start: int) -> None:
        """Take over the bytes that `_frames` has passed since it began or last walked."""
        if start != self.frame_start:  # there were events in it
            self._lead = LEAD_OTHER
            self.frame_start = start
        self.offset = at

    def at_boundary(self) -> bool:
        """Whether the next byte begins a frame, and nothing waits."""
        waits = self._dirty or self._swallow or self._kind or self._bom > 0
        return not waits and self.limit_offset < 0

    def is_plain(self) -> bool:
        """At a boundary, behind a first line, and nobody asks for more than events."""
        busy = self._dirty or self._swallow or self._kind or self._want_raw
        return not busy and self._bom < 0 and self.limit_offset < 0

    def wants_all(self) -> bool:
        """Whether a read should come in one piece: its bytes are asked for."""
        return self._want_raw

    def settle(self, data: bytes, pos: int) -> int:
        """Take the LF at `pos` of a blank line before it; where to go on."""
        if self._swallow == LF_FREE and not self._dirty and pos < len(data):
            self._swallow = NO_LF
            if data[pos] == 0x0A:
                self.offset += 1
                return pos + 1
        return pos

    def skip(self, size: int, crlf: bool) -> None:
        """Go past whole frames that somebody else read; `crlf`: the last line's ending."""
        self.offset += size
        self.frame_start = self.offset - crlf  # the LF of a blank line belongs to the next frame
        self._bom = -1
        self._lead = LEAD_OTHER

    def _clean(self) -> bool:
        """Between blocks, with nothing pending."""
        return not (self._dirty or self._swallow or self._kind != AT_START)

    def _walk(self, data: bytes, p: int, stop: int, base: int) -> Iterator[Block]:
        """Read data[p:stop] line by line; `base` is the stream offset of data[0]."""
        first = 0  # with raw, `data` is walked in one go: bytes from here are not in `_raw` yet
        end = self._reach(base, stop)
        lf = cr = -1
        while p < end:
            if lf < p:  # each byte is searched once: no line pays for the ones after it
                lf = data.find(b"\n", p, stop)
                lf = stop if lf < 0 else lf
            if cr < p:
                cr = data.find(b"\r", p, stop)
                cr = stop if cr < 0 else cr
            e = lf if lf < cr else cr
            if e == p and self._kind == AT_START:
                found: Block | None = self._blank(lf == p, base + p)
                p += 1
            else:
                ended = e < end
                if not ended:
                    e = end
                if self._kind == AT_START:
                    found = self._line(data, p, e, ended, base)
                else:
                    found = self._resume(data, p, e, 1 if ended else -1, base)
                p = e
                if ended:
                    p += 1
                    if cr == e:
                        self._swallow = LF_COUNTED if self._counted else LF_FREE
            if found is not None:
                self.offset = base + p
                if self._want_raw:
                    self._raw += data[first:p]
                    first = p
                    self._give_raw(found)
                    end = self._reach(base, stop)
                yield found
            elif self.limit_offset >= 0:
                return
        if end < stop:
            self._over(base + end)
            return
        self.offset = base + p
        if self._want_raw:
            self._raw += data[first:p]

    def close(self, flush: bool) -> Block | None:
        """The last block, or None; an unfinished comment comes first: call again.

        Without `flush` all unfinished lines and blocks are dropped.
        """
        if self.limit_offset >= 0:
            return None
        if not flush:
            self._drop_all()
            self._kind = AT_START
            return None
        if self._bom > 0:
            self._no_bom()
        if self._kind != AT_START and self.limit_offset < 0:
            found = self._resume(b"", 0, 0, 0, self.offset)
            if found is not None:
                return found
        if not self._dirty or self.limit_offset >= 0:
            return None
        block = self._end_block(self.offset, True)
        if block is not None:
            self._give_raw(block)
        return block

    # ── The start of the stream ──

    def _reach(self, base: int, size: int) -> int:
        """Where reading must stop: with raw, the frame may not reach past the limit."""
        if not self._want_raw:
            return size
        return min(size, self.frame_start + self._raw_limit - base)

    def _prelude(self, data: bytes, end: int) -> int:
        """Remove one BOM, however it is cut; where the first line goes on."""
        p = 0
        while p < end and self._bom < 3 and data[p] == BOM[self._bom]:
            self._bom += 1
            p += 1
        if self._bom == 3:
            self._bom = -1
        elif p < end:
            self._no_bom()
        return p

    def _no_bom(self) -> None:
        """The false BOM is the start of a line, and of no known field."""
        seen = self._bom
        self._bom = -1
        if seen:
            self._lead = LEAD_OTHER
            self._line_start = 0
            self._name_size = 0
            self._name_unknown()
            if self._want_strays:
                self._stray_part(BOM[:seen], 0)

    def _look_for_body(self, data: bytes, p: int, end: int, base: int) -> None:
        """Does the stream, after white space, begin with `{`?"""
        while p < end and data[p] in WHITE_SPACE:
            p += 1
        if p < end:
            self._lead = LEAD_BODY if data[p] == 0x7B else LEAD_OTHER
            self._body_start = base + p

    # ── Lines ──

    def _blank(self, is_lf: bool, at: int) -> Block | None:
        """A line ending at the start of a line: a CRLF's second half, or a blank line."""
        due = self._swallow
        self._swallow = NO_LF
        if due and is_lf:
            if due == LF_COUNTED:
                if self._count >= self.limit:
                    self._over(at)
                    return None
                self._count += 1
            return None
        if self._count >= self.limit:
            self._over(at)
            return None
        if not is_lf:
            self._swallow = LF_FREE
        return self._end_block(at + 1, False)

    def _line(self, data: bytes, p: int, e: int, ended: bool, base: int) -> Block | None:
        """A line that begins here; `ended`: data[e] is its ending."""
        self._swallow = NO_LF
        if ended:
            if data.startswith(b"data:", p):
                name_size = 4
            else:
                colon = data.find(b":", p, e) if e - p <= 5 else data.find(b":", p, p + 6)
                name_size = (e if colon < 0 else colon) - p
                if name_size > 5 or data[p : p + name_size] not in KNOWN:
                    wanted = self._want_strays if name_size else self._want_comments
                    if not wanted:
                        self._counted = False
                        return None
                    name_size = 0
            if name_size:
                self._known(data, p, e, name_size, base)
                return None
        self._line_start = base + p
        self._name_size = 0
        self._kind = IN_NAME
        return self._resume(data, p, e, 1 if ended else -1, base)

    def _known(self, data: bytes, p: int, e: int, name_size: int, base: int) -> None:
        """A whole line of a known field."""
        value = p + name_size
        left = self.limit - self._count
        if e + 1 - p > left:
            self._over(max(base + value, base + p + left))
            return
        self._count += e + 1 - p
        self._counted = self._dirty = True
        self._lead = LEAD_OTHER
        if value < e:
            value += 1
            if data[value] == 0x20:  # data[e] is the line's ending, so this may look there
                value += 1
        if name_size == 4:
            self._lines.append(data[value:e])
            if self._want_strays:
                self._starts.append(base + value)
            self._has_data = True
            self._data_end = base + e
        else:
            self._apply(data[p : p + name_size], data[value:e])

    def _apply(self, field: bytes, value: bytes) -> None:
        """The value of an event, id or retry line."""
        if field == b"event":
            self._event = value
        elif field == b"id":
            if b"\0" not in value:
                self._ident = value
        elif value.isdigit():  # of bytes: ASCII digits alone
            # int() refuses long texts; 19 digits always fit, 20 never do.
            digits = value.lstrip(b"0")
            number = NO_LIMIT if len(digits) > 19 else min(int(digits or b"0"), NO_LIMIT)
            self._retry = self.last_retry = number

    # ── Lines across reads ──

    def _resume(self, data: bytes, p: int, e: int, ending: int, base: int) -> Block | None:
        """Go on with a line. `ending`: 1 data[e] ends it, 0 the input does, -1 nothing yet."""
        if self._kind == IN_NAME:
            p = self._read_name(data, p, e)
            if self._kind == IN_NAME:
                if ending < 0:
                    return None
                if self._name_size == len(self._field):
                    self._name_known()
                else:
                    self._name_unknown()
        self._counted = False
        found = None
        if self.limit_offset >= 0:
            return None
        if self._kind == AT_SPACE or self._kind == IN_VALUE:
            self._known_part(data, p, e, ending, base)
        elif self._kind == IN_COMMENT:
            found = self._comment_part(data, p, e, ending, base)
        elif self._kind == IN_STRAY:
            self._stray_part(data[p:e], base + p)
            if ending == 1:
                self._stray_ending(base + e)
        if ending >= 0:
            self._kind = AT_START
        return found

    def _read_name(self, data: bytes, p: int, e: int) -> int:
        """Take name bytes while the line may still be a known field; where it stopped."""
        while p < e:
            c = data[p]
            if self._name_size == 0:
                if c == 0x3A:
                    self._kind = IN_COMMENT if self._want_comments else IN_SKIP
                    self._held = bytearray()
                    return p + 1
                self._field = BY_FIRST.get(c, b"")
                if not self._field:
                    self._name_unknown()
                    return p
            elif self._name_size == len(self._field):
                if c != 0x3A:
                    self._name_unknown()
                    return p
                self._name_known()
                return p + 1
            elif c != self._field[self._name_size]:
                self._name_unknown()
                return p
            self._name_size += 1
            p += 1
        return p

    def _name_known(self) -> None:
        self._kind = AT_SPACE
        self._dirty = True
        self._lead = LEAD_OTHER

    def _name_unknown(self) -> None:
        """No known field has a name that goes on like this: the line is a stray one."""
        if not self._want_strays:
            self._kind = IN_SKIP
            return
        self._kind = IN_STRAY
        if self._has_stray and (len(self._stray) < STRAY_ROOM or self._in_body(self._line_start)):
            self._stray += b"\n"
        self._has_stray = self._dirty = True
        if self._name_size:
            self._stray_part(self._field[: self._name_size], self._line_start)

    def _known_part(self, data: bytes, p: int, e: int, ending: int, base: int) -> None:
        """More of a known field's line."""
        total = base + e - self._line_start + (ending == 1)
        left = self.limit - self._count
        if total > left:
            self._over(self._line_start + max(self._name_size, left))
            return
        if self._kind == AT_SPACE:
            if p == e and ending < 0:
                return
            if p < e and data[p] == 0x20:
                p += 1
            self._kind = IN_VALUE
            self._held = bytearray()
            if self._name_size == 4 and self._want_strays:
                self._starts.append(base + p)
        self._held += data[p:e]
        if ending < 0:
            return
        self._count += total
        self._counted = True
        value = bytes(self._held)
        self._held = bytearray()
        if self._name_size == 4:
            self._lines.append(value)
            self._has_data = True
            self._data_end = base + e
        else:
            self._apply(self._field, value)

    def _comment_part(self, data: bytes, p: int, e: int, ending: int, base: int) -> Block | None:
        """More of a comment. It counts while it is held, and no longer."""
        total = base + e - self._line_start + (ending == 1)
        if total > self.limit - self._count:
            self._over(self._line_start + self.limit - self._count)
            return None
        self._held += data[p:e]
        if ending < 0:
            return None
        found = Block()
        found.has_data = False
        found.comment = bytes(self._held)
        self._held = bytearray()
        return found

    def _stray_part(self, part: bytes, at: int) -> None:
        """More of a line of no known field: bounded, or, in a `{` body, counted."""
        plain = size = len(part)
        room = max(STRAY_ROOM - len(self._stray), 0)
        left = self.limit - self._count
        if self._in_body(at + size - 1):
            plain = max(self._body_start - at, 0)
            if size - plain > left:
                self._over(max(at + plain + left, self._line_start + self._name_size))
                return
            self._count += size - plain
        self._stray += part[: min(plain, room)]
        self._stray += part[plain:]

    def _stray_ending(self, at: int) -> None:
        if self.limit_offset < 0 and self._in_body(at):
            self._counted = True
            if self._count >= self.limit:
                self._over(at)
            else:
                self._count += 1

    def _in_body(self, at: int) -> bool:
        return self._lead == LEAD_BODY and at >= self._body_start

    # ── Blocks ──

    def _end_block(self, end: int, final: bool) -> Block | None:
        """A blank line, or the end of input: the block, if there is something to report."""
        if self._lost:
            self._lost = False
            self._clear()
            self.frame_start = end
            return None
        if self._ident is not None:
            self.last_id_bytes = self._ident
        block = None
        if self._has_data or self._has_stray:
            block = Block()
            block.event = self._event
            block.has_data = self._has_data
            block.data = b"\n".join(self._lines)  # of one line: the line itself
            if self._want_strays:
                block.spans = self._spans()
                block.stray = bytes(self._stray)
            block.data_end = self._data_end
            block.start = self.frame_start
            block.end = end
            block.final = final
            block.retry = self._retry
            if self._has_data:
                self.frame_start = end
        self._clear()
        return block

    def _spans(self) -> list[tuple[int, int]]:
        spans = []
        index = 0
        for line, start in zip(self._lines, self._starts, strict=True):
            spans.append((index, start))
            index += len(line) + 1
        return spans

    def _give_raw(self, found: Block) -> None:
        """Give an event's block its frame; after a comment or a stray the frame goes on."""
        if self._want_raw and found.has_data:
            found.raw = bytes(self._raw)
            self._raw = bytearray()

    def _over(self, at: int) -> None:
        """The limit was passed by the byte at `at`; nothing is read after it."""
        self._drop_all()
        self.limit_offset = self.offset = at

    def _clear(self) -> None:
        """Forget a block; the frame's bytes stay until its event is out."""
        self._lines = []
        self._starts = []
        self._stray = bytearray()
        self._event = b""
        self._ident = None
        self._retry = None
        self._has_data = self._has_stray = self._dirty = False
        self._data_end = 0
        self._count = 0

    def _drop_all(self) -> None:
        """Free everything but the last event id."""
        self._clear()
        self._raw = bytearray()
        self._held = bytearray()
