"""Signs that a server reports a failure in the place of an answer.

Enters: a decoded event or body, its kind, and the rows of data with the signs.
Leaves: the payload of the failure, or NOTHING; the fuller of two payloads.
Must not know: streams, states, the effect of a failure.

A failure must never pass as an answer, and servers report it in many ways: under `error`, as an
object of other names, as a finish reason, in a list. Their names are data (FAILURES in rules/,
ERRORS of a table).

One source for both backends: `_c/engine/stream_failures.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from ssefold.engine.jsonmarks import NOTHING

from .detect import FAILURES
from .jsonvalue import given, is_open
from .rows import steps

_FAILURES: Any = FAILURES
# The member with a payload; the word for an event that is one, and the member with that word; the
# members by which a payload explains the failure.
UNDER: str = _FAILURES["under"]
NAMED: str = _FAILURES["named"]
_KIND: str = _FAILURES["kind"]
_TOLD: tuple[str, ...] = _FAILURES["told"]
# Members whose value, if there is any, is an answer and no failure.
_UNLESS: tuple[str, ...] = _FAILURES["unless"]
_ROWS = tuple([(steps(row["at"]), row) for row in _FAILURES["signs"]])
_WORDS = tuple([(path, row["is"]) for path, row in _ROWS if "is" in row])
_KEYS = frozenset([path[0] for path, row in _ROWS if "is" not in row])
_WORD_KEYS = frozenset([path[0] for path, _ in _WORDS])

# A longer text is no such word: most events have one there, and it need not be read.
LONGEST_WORD = max([len(word) for _, word in _WORDS])

_SIGNS = _KEYS | _WORD_KEYS


def _mark(key: str) -> int:
    """A small number for a key: most other keys have another number than each sign."""
    return (len(key) * 5 + ord(key[0])) & 63 if key else 63


def _bits(keys: Any) -> int:
    """A bit for the number of each key."""
    bits, one = 0, 1
    for key in keys:
        bits |= one << _mark(key)
    return bits


# Every member of every event comes here.
_MARKS = _bits(_SIGNS)

# Members of an event whose value decides whether it is a failure.
_TELLING = frozenset([_KIND, *_UNLESS]) | _WORD_KEYS
_TELLING_MARKS = _bits(_TELLING)


def failure_of(value: Any, kind: str, known: bool) -> Any:
    """The failure in an event or a body: the payload of its fullest sign, or NOTHING.

    kind: the event's name. known: it has an answer (answers()), or the dialect knows this kind:
    its members are its own.
    """
    payload = given(value, UNDER)
    if payload is not None:
        return payload
    own = given(value, _KIND)
    if kind == NAMED or (type(own) is str and own == NAMED):
        return value
    return value if not known and says_failure(value) else NOTHING


def may_fail(value: Any) -> bool:
    """Whether an event without an answer holds a possible sign: its value today is no
    rule for the next.
    """
    worded = False
    if type(value) is dict:
        members = value
        for key in members:
            if (_MARKS >> _mark(key)) & 1:
                if key in _KEYS:
                    return True
                worded = worded or key in _WORD_KEYS
    elif any([key in _KEYS for key in value]):
        return True
    else:
        worded = True
    return worded and _says_word(value)


def _says_word(value: Any) -> bool:
    """Whether a text of an object is a sign."""
    for path, word in _WORDS:
        found = value
        for step in path:
            found = given(found, step)
        if type(found) is str and found == word:
            return True
    return False


def is_telling(key: str, also: Any) -> bool:
    """Whether another value of an event's member could make a failure of the event: it is to
    be looked at each time.

    also: members that tell more in this dialect (a plan's `telling`), or None.
    """
    if also is not None and key in also:
        return True
    return bool((_TELLING_MARKS >> _mark(key)) & 1) and key in _TELLING


def is_of_signs(key: str) -> bool:
    """Whether signs stand in an event's member of this name."""
    return bool((_MARKS >> _mark(key)) & 1) and key in _SIGNS


def is_worded(key: str) -> bool:
    """Whether nothing but a word in an event's member of this name is a sign."""
    return key in _WORD_KEYS and key not in _KEYS


def can_fail(key: str, value: Any) -> bool:
    """Whether such a member could be a sign where no answer stands beside it."""
    if key in _KEYS:
        return value is not None
    return key in _WORD_KEYS and _says_word({key: value})


def may_turn(value: Any, known: bool, nodes: Any, deep: bool) -> bool:
    """Whether the next event like this one may be a failure although this one is none.

    known: it has an answer, or is of a kind that the dialect knows.
    """
    return (not known and may_fail(value)) or may_hold(value, nodes, deep)


def may_hold(value: Any, nodes: Any, deep: bool) -> bool:
    """Whether an event has a member at a row of ERRORS (table.py's tree).

    deep: objects on the way to such a member are none, for the plan opens them.
    """
    for key, ends, _, below in nodes:
        if key is None:
            if isinstance(value, list):
                return True
            continue
        found = given(value, key)
        if found is not None and (ends or not deep or may_hold(found, below, deep)):
            return True
    return False


def answers(value: Any) -> bool:
    """Whether an object has the members of an answer, whatever else it has."""
    for key in _UNLESS:
        found = given(value, key)
        if found is not None:
            return bool(found)
    return False


def says_failure(value: Any) -> bool:
    """Whether an object without an answer is a failure as a whole."""
    if not may_fail(value):
        return False  # as nearly all events
    for path, row in _ROWS:
        found = value
        for step in path:
            found = given(found, step)
        if found is not None and _is_sign(found, row, value):
            return True
    return False


def _is_sign(found: Any, row: Any, value: Any) -> bool:
    wanted = row.get("is")
    if wanted is not None:
        return type(found) is str and found == wanted
    if row.get("list"):
        return isinstance(found, list) and len(found) > 0
    least = row.get("from")
    if least is None:
        return found not in ("", 0)
    if type(found) is not int and type(found) is not float:
        return False
    return found >= least and any([given(value, key) is not None for key in row["beside"]])


def may_stand(value: Any, nodes: Any) -> bool:
    """Whether anything stands where the rows of ERRORS look, as a tree (table.py)."""
    for key, ends, texts, below in nodes:
        if key is None:
            if isinstance(value, list):
                for element in value:
                    if may_stand(element, below):
                        return True
            continue
        found = given(value, key)
        if found is None:
            continue
        if ends and (texts is None or (type(found) is str and found in texts)):
            return True
        if below and may_stand(found, below):
            return True
    return False


def failure_at(value: Any, row: Any) -> Any:
    """The value at a row of ERRORS, if it is a failure, or NOTHING."""
    return _at(value, row[0], 0, row[1])


def _at(value: Any, path: Any, level: int, among: Any) -> Any:
    """A step (None,) is each element: the first failure counts."""
    if value is None:
        return NOTHING
    if level == len(path):
        if among is None:
            return value
        return value if type(value) is str and value in among else NOTHING
    if type(path[level]) is str:
        return _at(given(value, path[level]), path, level + 1, among)
    if isinstance(value, list):
        for below in value:
            found = _at(below, path, level + 1, among)
            if found is not NOTHING:
                return found
    return NOTHING


def first_of(value: Any) -> Any:
    """The object to judge in a value: itself, or the first element of an array, or None."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return value[0]
    return None


def is_vague(payload: Any, event: Any) -> bool:
    """Whether a later sign may say more: null, a text, or a whole event without a message."""
    if payload is None or type(payload) is str:
        return True
    return payload is event and given(payload, _TOLD[0]) is None


def is_fuller(payload: Any) -> bool:
    """Whether a payload explains the failure: a vague one then gives way."""
    if not isinstance(payload, dict) or is_open(payload):
        return False
    return any([payload.get(key) is not None for key in _TOLD])


def named_members(value: Any, names: Any) -> Any:
    """The members in the table, of an event that reports a failure."""
    named = type(value)()
    for key in value:
        if key in names and key != UNDER:
            named[key] = value[key]
    return named
