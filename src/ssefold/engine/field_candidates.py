"""How the parts of a candidate join: neighbouring texts are one, an unfinished call grows.

Enters: the parts of an event, the list of parts so far, the names of the members that decide
about joining (a PartsRow).
Leaves: longer or more parts; each element added is charged to the ledger.
Must not know: dialects; the grammar of paths, and how values are put there (field_written.py).

One source for both backends: `_c/engine/field_candidates.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from ssefold.engine.outcomes import APPENDED, FIXED, OPENED

from .field_parts import keep_text
from .field_written import Written, end, end_string, steps_of, write
from .jsonvalue import is_open, same, weight
from .ledger import Ledger
from .state import Place, new_place

# The state of an unfinished call, beside its members.
CALL_WEIGHT = 512


def add_candidate_parts(ledger: Ledger, parts: Any, row: Any, source: Any, at: Any) -> None:
    """Parts: neighbouring texts join if they agree in `unless`.

    A member of `closed_by` (a signature) closes the part. An empty text with one gives it to the
    text before it, or stays a part; one without leaves nothing, unless there would be no part at
    all.
    """
    joins, streams = row.joins, row.streams
    for position, item in enumerate(source):
        if not isinstance(item, dict):
            ledger.note(at, position, FIXED)
            if item is not None:
                ledger.anomaly("wrong_type", at, position)
            continue
        if item.get(joins) is None or is_more(item, row):
            called = streams is not None and isinstance(item.get(streams.call), dict)
            if not (called and _add_call(ledger, parts, row, item, ledger.under(at, position))):
                _add_whole(ledger, parts, row, item)
        elif not is_open(item):
            here = ledger.under(at, position)
            text = _text_of(ledger, item[joins], here, joins)
            if text is not None:
                ledger.note(at, position, OPENED)
                _add_text(ledger, parts, row, item, text, here)


def is_more(item: Any, row: Any) -> bool:
    """Whether a part with a text says something else beside it: gateways and models send both."""
    return len(item) > 1 and any(
        [isinstance(item.get(name), dict) for name in row.whole]
    )


def _text_of(ledger: Ledger, value: Any, at: Any, key: str) -> Any:
    """A text, the wire's of a number, or the object or list kept in its place; or None."""
    if type(value) is str:
        return value
    if isinstance(value, (dict, list)):
        if not value:
            ledger.anomaly("text_as_value", at, key)
        return value or ""  # an empty one adds nothing
    text = ledger.wire_text(value, at, key)
    if text is None:
        ledger.anomaly("wrong_type", at, key)
    return text


def _add_text(ledger: Ledger, parts: Any, row: Any, item: Any, text: Any, at: Any) -> None:
    joins, closing = row.joins, row.closed_by
    signature = (item.get(closing) or None) if closing is not None else None  # "" is none
    last: Any = parts.items[-1] if parts.items else None
    if not text and signature is None and parts.items:
        ledger.no_plan()  # the next one in its place may be longer
        return
    if type(last) is Place and not parts.closed and _agree(last.values, item, row):
        part = last
    else:
        drop_placeholder(parts, row)
        part = _new_part(ledger, parts)
        parts.closed = False
        ledger.restructure()
    for key, value in item.items():
        if key == joins:
            old = part.values.get(key)
            if type(text) is str and (old is None or type(old) is ledger.text):
                ledger.append(part.values, key, text)
                ledger.note_target(at, key, APPENDED, part.values, key, False)
            elif text:
                ledger.no_plan()
                keep_text(ledger, part.values, key, text, at, key)
        else:
            old = part.values.get(key)
            ledger.keep(part.values, key, value, at)
            if value is not None and not same(old, value):
                ledger.no_plan()  # an empty text or a signature would make another event of it
    if signature is not None:
        parts.closed = True
        ledger.restructure()


def _add_whole(ledger: Ledger, parts: Any, row: Any, item: Any) -> None:
    if is_open(item):
        return
    ledger.restructure()
    drop_placeholder(parts, row)
    ledger.charge(weight(item))
    parts.items.append(item)
    parts.closed = True
    ledger.added += 1


def drop_placeholder(parts: Any, row: Any) -> None:
    """An empty text leaves nothing if it stood only for want of a part."""
    if len(parts.items) == 1 and type(parts.items[0]) is Place:
        values = parts.items[0].values
        if values.get(row.joins) or row.joins not in values:
            return
        if values.get(row.closed_by) is None:
            parts.items.clear()


def _agree(values: Any, item: Any, row: Any) -> bool:
    """The reader's view of it: neither false nor 0, so that a join takes no text away."""
    unless = row.unless
    return (values.get(unless) in (None, False)) == (item.get(unless) in (None, False))


def _new_part(ledger: Ledger, parts: Any) -> Any:
    part = new_place(None)
    ledger.charge(8)
    parts.items.append(part)
    return part


# -- calls whose arguments come in pieces ---------------------------------------------------


def _add_call(ledger: Ledger, parts: Any, row: Any, item: Any, at: Any) -> bool:
    """An unfinished call, or a piece of the open one; False: it is a part as it stands."""
    streams = row.streams
    call = item[streams.call]
    goes_on = call.get(streams.goes_on) is True
    part = parts.call
    if part is None or _begins(part.values[streams.call].values, call, streams):
        if is_open(call):
            return False
        if part is not None and not goes_on:
            _end_call(ledger, parts, streams)
        parts.call = None
        named = isinstance(call.get(streams.of), list) and _text(call, streams.name) != ""
        if not goes_on and not named:
            return False
        part = _open_call(ledger, parts, row, item, at)
    else:
        ledger.no_plan()
        for key, value in item.items():
            if key != streams.call:
                ledger.keep(part.values, key, value, None)
    values = part.values[streams.call].values
    here = ledger.under(at, streams.call)
    for key, value in call.items():
        if key == streams.of:
            _write_pieces(ledger, values[streams.into], streams, value, ledger.under(here, key))
            if not isinstance(value, list) and value is not None:
                ledger.anomaly("wrong_type", here, key)
        elif key == streams.into:
            _write_members(ledger, values[key], value, here, key)
        elif key in (streams.name, streams.id):
            if _text(values, key) == "":
                ledger.keep(values, key, value, None)
        elif key != streams.goes_on:
            ledger.keep(values, key, value, None)
    if not goes_on and not is_open(call):
        _end_call(ledger, parts, streams)
    return True


def _begins(known: Any, call: Any, streams: Any) -> bool:
    """Whether this is no piece of the open call: a name begins another.

    But the open call's own name, sent again with each piece of it, does not.
    """
    name = _text(call, streams.name)
    if name == "":
        return False
    if not isinstance(call.get(streams.of), list):
        return True
    if _text(known, streams.name) not in ("", name):
        return True
    old, new = _text(known, streams.id), _text(call, streams.id)
    return old != "" and new not in ("", old)


def _open_call(ledger: Ledger, parts: Any, row: Any, item: Any, at: Any) -> Any:
    """The first part of a call, without its pieces; its arguments stand last in it."""
    streams = row.streams
    call = item[streams.call]
    drop_placeholder(parts, row)
    ledger.restructure()
    ledger.charge(CALL_WEIGHT)
    part = _new_part(ledger, parts)
    part.index = len(parts.items) - 1

    parts.closed = True
    parts.call = part
    inner = new_place(None)
    for key, value in item.items():
        if key == streams.call:
            part.values[key] = inner
        else:
            ledger.keep(part.values, key, value, None)
    for key, value in call.items():
        if key not in (streams.of, streams.into, streams.goes_on):
            ledger.keep(inner.values, key, value, None)
    levels = 2  # the event and the call stand around its arguments
    while at is not None:
        levels += 1
        at = at[0]
    room = max(0, ledger.limits.depth - levels)
    inner.values[streams.into] = Written(ledger.text(), room)
    ledger.added += 1
    return part


def _end_call(ledger: Ledger, parts: Any, streams: Any) -> None:
    part = parts.call
    part.values[streams.call].stopped = True
    end(ledger, part.values[streams.call].values[streams.into])
    parts.call = None


def _write_pieces(ledger: Ledger, written: Any, streams: Any, pieces: Any, at: Any) -> None:
    """Each piece has a path and a value; an open one may lack either."""
    for position, piece in enumerate(pieces if isinstance(pieces, list) else ()):
        if is_open(piece):
            continue
        if not isinstance(piece, dict):
            if piece is not None:
                ledger.anomaly("wrong_type", at, position)
            continue
        steps = steps_of(piece.get(streams.path), written.room)
        if steps is None:
            ledger.anomaly("wrong_type", ledger.under(at, position), streams.path)
            continue
        goes_on = piece.get(streams.goes_on) is True
        key = _value_key(piece, streams)
        if key is None:
            if not goes_on:
                end_string(ledger, written, steps)
            continue
        value = None if key == streams.nothing else piece[key]
        if len(steps) + _depth(value) > written.room:
            ledger.log.fault_once("limit_depth", f"more than {ledger.limits.depth} levels")
        elif not write(ledger, written, steps, value, goes_on):
            ledger.anomaly("wrong_type", ledger.under(at, position), key)


def _value_key(piece: Any, streams: Any) -> Any:
    """The member with the value: the first that is not null, or the one for a null."""
    for key, value in piece.items():
        if key not in (streams.path, streams.goes_on, streams.nothing) and value is not None:
            return key
    return streams.nothing if streams.nothing in piece else None


def _write_members(ledger: Ledger, written: Any, values: Any, at: Any, key: str) -> None:
    """Whole arguments in one piece: each member of them."""
    if isinstance(values, dict):
        for name, value in values.items():
            if not is_open(value) and not write(ledger, written, (name,), value, False):
                ledger.anomaly("wrong_type", ledger.under(at, key), name)
    elif values is not None:
        ledger.anomaly("wrong_type", at, key)


def _text(values: Any, key: str) -> str:
    """The string at `key`, "" if there is none."""
    value = values.get(key)
    return value if type(value) is str else ""


def _depth(value: Any) -> int:
    """How deep objects and lists nest in a value."""
    if isinstance(value, dict):
        return 1 + max([_depth(below) for below in value.values()], default=0)
    if isinstance(value, list):
        return 1 + max([_depth(below) for below in value], default=0)
    return 0
