"""The tool call of each fragment: by its id, by its index, by being next.

Enters: a fragment, the calls so far.
Leaves: its call, an old or a new one; None to skip it. Anomalies, where a server counts otherwise
than its API says.
Must not know: how a call's members merge, choices, the callers' view.

One source for both backends: `_c/engine/field_calls.pxd` says how it is compiled.
"""

from __future__ import annotations

import re
from typing import Any

from ssefold.engine.jsonmarks import HAS_RANGE, OK
from ssefold.engine.outcomes import FIXED

from .jsonvalue import given, is_open, repair_text
from .ledger import Ledger
from .lookup_calls import id_key
from .state import Place, new_place

# The weight of a skipped index: a server cannot make us remember as many as it likes.
SKIPPED_WEIGHT = 64

# Of arguments that are neither object nor list nor text: no longer one is asked about.
LONGEST_SCALAR = 64


def call_of(ledger: Ledger, calls: Any, node: Any, element: Any, at: Any) -> Any:
    """The call of the fragment `element`, made if new; None to skip it."""
    row = node.calls
    by, known = row.by, row.known
    index = given(element, by)
    if index is not None and type(index) is not int:
        ledger.anomaly("wrong_type", at, by)
        index = None
    if index is None and is_open(element):
        return None  # the index may have been still to come
    new_id = id_key(given(element, known))
    name = name_of(element, row.sorts)
    ledger.note(at, by, FIXED)
    if name or index is None:
        ledger.note(at, known, FIXED)  # it routes
    call = calls.with_id(new_id, index) if new_id else None
    if call is not None:
        if not _begins_another(ledger, calls, row, call, element, name, index):
            _leads(ledger, calls, call, name, index)
            return call
        ledger.anomaly("tool_index_reused", at, by if index is not None else known)
    elif index is None:
        if not new_id and not name:
            if calls.items or calls.skipped:
                return None if calls.skipped else calls.items[-1]
        elif not new_id and _goes_on(ledger, calls, row, name):
            ledger.no_plan()
            return calls.items[-1]
    else:
        call = calls.newest_at(index)
        if call is not None:
            if _takes_index(calls, row, call, index, new_id, name):
                if new_id and new_id != id_key(call.values.get(known)):
                    ledger.no_plan()  # another id may be a known one
                return call
            if not calls.is_borrowed(index):
                ledger.anomaly("tool_index_reused", at, by)
        elif not new_id and not name:
            if calls.is_skipped(index) or calls.skipped:
                return None
            if _waits(ledger, calls, row):
                call = calls.items[-1]
                calls.borrow(index)
                ledger.restructure()
                ledger.anomaly("tool_index_reused", at, by)
                return call
    if not holds(element, by):
        ledger.no_plan()
        return None
    return _begun(ledger, calls, node, index)


def _begun(ledger: Ledger, calls: Any, node: Any, index: Any) -> Any:
    """A new call, unless there are too many."""
    ledger.restructure()
    if not ledger.room(node.limit, len(calls.items)):
        calls.skipped = True
        if index is not None and calls.skip(index):
            ledger.charge_extra(SKIPPED_WEIGHT)
        return None
    if index is None:
        index = calls.highest + 1 if calls.items else 0
    call = new_place(node.item)
    calls.open(call, index)
    ledger.added += 1
    return call


def _begins_another(
    ledger: Ledger, calls: Any, row: Any, call: Any, element: Any, name: str, index: Any
) -> bool:
    """Whether a fragment with the id of `call` is of another one: servers use ids again."""
    if not name:
        return False
    old = name_of_call(call, row.sorts)
    other = bool(old) and old != name
    elsewhere = index is not None and index != call.index
    if not other and not elsewhere:
        return False
    ledger.no_plan()  # the answer depends on the arguments so far
    if elsewhere and (other or is_whole(ledger, calls, row, call)):
        return True
    return other and _has_arguments(element, row.sorts) and is_whole(ledger, calls, row, call)


def _leads(ledger: Ledger, calls: Any, call: Any, name: str, index: Any) -> None:
    """A call was found by its id: a new index leads to it from then on."""
    if index is None:
        return
    led = calls.newest_at(index)
    if led is None:
        calls.lead(index, call)
        ledger.restructure()
    elif led is not call or (name and call.index != index):
        ledger.no_plan()  # without its id, or once the arguments are whole, it would go elsewhere


def _takes_index(calls: Any, row: Any, call: Any, index: int, new_id: str, name: str) -> bool:
    """Whether the call at an index takes a fragment whose id is not known."""
    if calls.is_borrowed(index):
        return not new_id and not name
    if not new_id or not name:
        return True
    old = id_key(call.values.get(row.known))
    return not old or old == new_id


def _goes_on(ledger: Ledger, calls: Any, row: Any, name: str) -> bool:
    """Whether the last call's own name comes again while its arguments grow."""
    if not calls.items or calls.skipped:
        return False
    last = calls.items[-1]
    if name_of_call(last, row.sorts) != name or not _begun_arguments(last, row.sorts):
        return False
    return not is_whole(ledger, calls, row, last)


def _waits(ledger: Ledger, calls: Any, row: Any) -> bool:
    """Whether the last call is unfinished: more must come to it."""
    if not calls.items:
        return False
    last = calls.items[-1]
    if not id_key(last.values.get(row.known)) and not name_of_call(last, row.sorts):
        return False
    return not is_whole(ledger, calls, row, last)


# -- members of a fragment and of a call ------------------------------------------------------


def name_of(element: Any, sorts: Any) -> str:
    """The non-empty name in a fragment, or ""."""
    for sort, key, _ in sorts:
        name = given(given(element, sort), key)
        if type(name) is str and name:
            return name
    return ""


def name_of_call(call: Any, sorts: Any) -> str:
    """The same of a call's state."""
    for sort, key, _ in sorts:
        below = call.values.get(sort)
        name = below.values.get(key) if type(below) is Place else None
        if type(name) is str and name:
            return name
    return ""


def holds(element: Any, by: str) -> bool:
    """Whether an element of a routed list has anything but its index."""
    if type(element) is dict:
        members = element
        for key in members:
            if key != by and members[key] is not None:
                return True
        return False
    return any([value is not None for key, value in element.items() if key != by])


def _has_arguments(element: Any, sorts: Any) -> bool:
    for sort, _, key in sorts:
        value = given(given(element, sort), key)
        if value is not None and value != "":
            return True
    return False


def _arguments(call: Any, sorts: Any) -> Any:
    """The state of a call's arguments, or None."""
    for sort, _, key in sorts:
        below = call.values.get(sort)
        found = below.values.get(key) if type(below) is Place else None
        if found is not None:
            return found
    return None


def _begun_arguments(call: Any, sorts: Any) -> bool:
    found = _arguments(call, sorts)
    return bool(found) and (type(found) is str or hasattr(found, "since"))


# -- whether arguments are whole JSON ----------------------------------------------------------


def is_whole(ledger: Ledger, calls: Any, row: Any, call: Any) -> bool:
    """Whether the arguments of a call are one JSON value, as far as they came.

    Only the text since the last question is looked at: a server whose index
    counts its fragments asks at each of them.
    """
    text = _arguments(call, row.sorts)
    if not hasattr(text, "since"):
        return type(text) is str and _is_json(ledger, text)
    scans = calls.scans
    if scans is None:
        scans = calls.scans = {}
    scan = scans.get(call)
    if scan is None or scan.text is not text:
        scan = scans[call] = Scan(text)
    verdict: bool = scan.ask(ledger)
    return verdict


NOTHING_YET, IN_SCALAR, IN_VALUE, CLOSED, NEVER = range(5)

_find_solid = re.compile(r"[^ \t\n\r]").search
_find_bracket = re.compile(r'["\[\]{}]').search
_find_quote = re.compile(r'["\\]').search


class Scan:
    """How far a growing text is on its way to be one JSON value.

    mark:   how much of the text was looked at. depth: of brackets; quoted: in a string, escaped:
            behind a backslash. scalar: it began without bracket or quote. stands: one of the
            numbers above; a value that closed is read once, and `whole` or not.
    """

    __slots__ = ("depth", "escaped", "mark", "quoted", "scalar", "stands", "text", "whole")

    def __init__(self, text: Any) -> None:
        self.text = text
        self.mark: Any = None
        self.depth = 0
        self.quoted = self.escaped = False
        self.scalar = ""
        self.stands = NOTHING_YET
        self.whole: Any = None

    def ask(self, ledger: Ledger) -> bool:
        """Look at the new text; whether the whole is one value."""
        if self.stands != NEVER:
            more, self.mark = self.text.since(self.mark)
            self.look(more)
        if self.stands == IN_SCALAR:
            return _is_json(ledger, self.scalar)
        if self.stands != CLOSED:
            return False
        if self.whole is None:
            self.whole = _is_json(ledger, self.text.get())
        return bool(self.whole)

    def look(self, more: str) -> None:
        """Go on with the new text."""
        position = 0
        if self.stands == IN_SCALAR:
            self.scalar += more[: LONGEST_SCALAR + 1]
            if len(self.scalar) > LONGEST_SCALAR:
                self.stands = NEVER
            return
        while position < len(more):
            if self.escaped:
                self.escaped = False
                position += 1
                continue
            if self.quoted:
                found = _find_quote(more, position)
            elif self.depth:
                found = _find_bracket(more, position)
            else:
                found = _find_solid(more, position)
            if found is None:
                return
            position = found.end()
            self.meet(found.group(), more, found.start())
            if self.stands == NEVER or self.stands == IN_SCALAR:
                return

    def meet(self, char: str, more: str, position: int) -> None:
        """A character with a meaning where it stands."""
        if self.quoted:
            if char == "\\":
                self.escaped = True
                return
            self.quoted = False
        elif self.depth == 0 and self.stands != NOTHING_YET:
            self.stands = NEVER  # one value and something behind it
            return
        elif char == '"':
            self.quoted = True
        elif char in "[{":
            self.depth += 1
        elif char in "]}" and self.depth:
            self.depth -= 1
        else:
            self.scalar = more[position : position + LONGEST_SCALAR + 1]
            self.stands = IN_SCALAR if len(self.scalar) <= LONGEST_SCALAR else NEVER
            return
        self.stands = IN_VALUE if self.depth or self.quoted else CLOSED


def _is_json(ledger: Ledger, text: str) -> bool:
    if ledger.wire is None:
        return False
    data = repair_text(text).encode("utf-8")
    code, _, position, flags = ledger.wire.read(data, 0, ledger.limits.depth)
    return code == OK and position == len(data) and not flags & HAS_RANGE
