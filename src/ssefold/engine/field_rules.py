"""Executes the rules of members without members: one value into one place, function by function.

Enters: the value of a member, the place in the answer, the member's node.
Leaves: a changed place, the plan's note of it, anomalies in the log.
Must not know: the other members of the event; lists and objects whose members have rules
(field_merge.py walks them).

Each function of a rule has the parameters of `RareRule`. `field_merge.py` calls the common ones
by name. It finds all others in RARE, by the number in the compiled node. A new rule is a row
there.

One source for both backends: `_c/engine/field_rules.pxd` says how it is compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ssefold.engine.field_spec import (
    EXTEND,
    EXTEND_ANY,
    FINISH,
    LAST,
    LAST_FILLED,
    MEMBER,
    PARTS,
    PER_KEY,
    SNAPSHOT,
)
from ssefold.engine.outcomes import (
    APPENDED,
    DROPPED,
    EXTENDED,
    FIXED,
    KEPT,
    LAST_ONE,
    OPENED,
)

from .field_candidates import add_candidate_parts
from .field_parts import add_part, add_parts, add_text_part, keep_text, open_content
from .field_unknown import any_field, fragment_field, member_field, merge_keys
from .jsonvalue import is_open, same, text_weight
from .ledger import Ledger
from .plan import path_of
from .state import Echo, Elements, Parts, Place, standing
from .table import Node

# Of a first value with a suffix to take off, the last one is remembered up to this size.
LONGEST_GIVEN = 64

# (ledger, place, the member's key, its node, its value, the path above it)
RareRule = Callable[[Ledger, Place, str, Node, Any, Any], None]


# -- of every rule -------------------------------------------------------------------------

def null_field(ledger: Ledger, place: Place, key: str, node: Node, at: Any) -> None:
    """null: the key was there, and no more."""
    name = node.name if node.named else key
    ledger.note(at, key, FIXED)
    if not node.absent and name not in place.values:
        place.values[name] = None
        if not node.named:
            ledger.charge_extra(text_weight(name) + 8)


def tell_sign(ledger: Ledger, node: Node, value: Any) -> None:
    """A value that may be an error: one of the reasons for one, an object under `error`."""
    number, texts = node.sign
    if value is None or not (texts is None or (type(value) is str and value in texts)):
        return
    ledger.no_plan()
    ledger.signs = [*(ledger.signs or ()), (number, value)]


def check_finished(ledger: Ledger, place: Place, at: Any, key: str, kind: str) -> None:
    """A member that adds something after the finish of an earlier event is odd.

    Some servers send STOP with each event, or the finish first: once a kind says it.
    """
    if 0 <= place.finished < ledger.event:
        ledger.no_plan()
        path = path_of(at, key)
        ledger.log.anomaly_once("delta_after_finish", path, (place.index, key, kind))


# -- common rules --------------------------------------------------------------------------

def drop_field(ledger: Ledger, place: Place, key: str, node: Node, value: Any, at: Any) -> None:
    """Left out; with `only: "string"` anything else is an unknown field."""
    if value is None:
        ledger.note(at, key, FIXED)  # any value but null may be an error
    elif node.only_text and type(value) is not str:
        any_field(ledger, place.values, key, value, at)
    else:
        ledger.note(at, key, DROPPED)


def first_field(ledger: Ledger, place: Place, key: str, node: Node, value: Any, at: Any) -> None:
    """The first non-empty value; "", 0 and null are empty.

    Where the key is always there, an empty value counts as none at all.
    """
    if node.has_default:
        if value is None or (type(value) is str and not value):
            ledger.note(at, key, FIXED)
            return
        if type(value) is not str:
            ledger.anomaly("wrong_type", at, key)
            return
        if node.cut:
            value = _without(value, node)
    elif value is None or (node.empty and _is_empty(value)):
        null_field(ledger, place, key, node, at)
        return
    elif isinstance(value, (dict, list)) and (node.name or is_open(value)):
        if node.name:
            ledger.anomaly("wrong_type", at, key)
        return
    name = node.name if node.named else key
    old = place.values.get(name)
    if old is None:
        ledger.put(place.values, name, value, node)
        ledger.note(at, key, FIXED)
    elif isinstance(value, (dict, list)) or same(old, value):
        ledger.note(at, key, FIXED)
    elif _is_empty(old):
        if not _is_empty(value):
            ledger.put(place.values, name, value, node)
        ledger.note(at, key, FIXED)
    else:
        ledger.note(at, key, DROPPED)


def last_field(ledger: Ledger, place: Place, key: str, node: Node, value: Any, at: Any) -> None:
    """The last non-null value; "last_filled" and "finish" prefer a non-empty one."""
    op = node.op
    if value is None or (node.empty and _is_empty(value)):
        null_field(ledger, place, key, node, at)
        return
    if isinstance(value, (dict, list)):
        text = ledger.wire_text(value, at, key, True) if node.json else None
        if text is not None:
            ledger.replace(place.values, node.name if node.named else key, text)
        elif not (node.json and is_open(value)):
            ledger.anomaly("wrong_type", at, key)
        return
    name = node.name if node.named else key
    if op == FINISH:
        if value == "":
            ledger.note(at, key, FIXED)
            return
        if node.sign is not None:
            tell_sign(ledger, node, value)
        if place.finished < 0:
            place.finished = ledger.event
            ledger.finishing = True
            ledger.restructure()
    elif op == LAST_FILLED and _is_empty(value):
        old = place.values.get(name)
        if old is not None and not _is_empty(old):
            ledger.note(at, key, FIXED)
            return
    changed = ledger.put(place.values, name, value, node)
    if changed and (op != LAST or node.empty):
        ledger.no_plan()  # not any other value would be taken
    ledger.note_target(at, key, LAST_ONE, place.values, name, changed)


def append_field(ledger: Ledger, place: Place, key: str, node: Node, value: Any, at: Any) -> None:
    """Strings append; `delta` marks members that a finished choice should not send."""
    if value is None:
        null_field(ledger, place, key, node, at)
    else:
        added = ledger.added
        name = node.name if node.named else key
        old = place.values.get(name)
        if type(value) is str and (old is None or type(old) is ledger.text):
            ledger.append(place.values, name, value)
            ledger.note_target(at, key, APPENDED, place.values, name, False)
        else:
            odd_text(ledger, place, key, node, value, at)
        if node.delta and place.finished >= 0:
            ledger.no_plan()
            if ledger.added != added:
                check_finished(ledger, place, at, key, key)


def odd_text(ledger: Ledger, place: Place, key: str, node: Node, value: Any, at: Any) -> None:
    """A text of another type, or one beside such: it is kept.

    With `json` an object or a list is JSON text; an empty one before any text stands
    until text comes.
    """
    ledger.no_plan()
    values = place.values
    name = node.name if node.named else key
    old = values.get(name)
    if not node.json:
        if not keep_text(ledger, values, name, value, at, key):
            ledger.anomaly("wrong_type", at, key)
        return
    text = value if type(value) is str else ledger.wire_text(value, at, key, True)
    if text is None:
        if not is_open(value):
            ledger.anomaly("wrong_type", at, key)
    elif isinstance(value, (dict, list)) and not value and (not old or type(old) is Echo):
        if type(old) is not Echo:
            ledger.charge_extra(text_weight(text))
            values[name] = standing(text)
            ledger.restructure()
            ledger.added += 1
    elif text or type(old) is not Echo:
        ledger.append(values, name, text)


def name_field(ledger: Ledger, place: Place, key: str, node: Node, value: Any, at: Any) -> None:
    """The name rule of tools: some servers repeat it, some send it in pieces.

    The first non-empty name is set whenever it comes. A later one that is equal
    is a repeat; a different one continues it, but only while no argument came.
    """
    if value is None:
        null_field(ledger, place, key, node, at)
        return
    if type(value) is not str:
        ledger.anomaly("wrong_type", at, key)
        return
    values = place.values
    old = values.get(key)
    if not old or type(old) is not str:
        if value or old is None:
            ledger.charge(text_weight(value))
            values[key] = value
    elif value and value != old and not _has_text(values, node.until):
        ledger.charge(text_weight(value))
        values[key] = old + value
        ledger.changes += 1
    else:
        if (
            value
            and value != old
            and type(values.get(node.until)) is not ledger.text
        ):
            ledger.no_plan()  # a rule's last value may be empty again
        ledger.note_target(at, key, KEPT, values, key, False)
        return
    ledger.no_plan()
    if value:
        ledger.added += 1


def content_field(ledger: Ledger, place: Place, key: str, node: Node, value: Any, at: Any) -> None:
    """A chat message's content: a growing string, or a list of parts."""
    if value is None:
        null_field(ledger, place, key, node, at)
    elif type(value) is str:
        old = place.values.get(node.name)
        if type(old) is Parts:
            ledger.no_plan()
            if value:
                add_text_part(ledger, old, value)
        else:
            ledger.append(place.values, node.name, value)
            ledger.note_target(at, key, APPENDED, place.values, node.name, False)
    elif isinstance(value, list):
        ledger.no_plan()
        add_parts(
            ledger,
            open_content(ledger, place.values, node.name),
            value,
            ledger.under(at, key),
        )
    elif isinstance(value, dict):
        ledger.anomaly("text_as_value", at, key)
        if value and not is_open(value):
            add_part(
                ledger, open_content(ledger, place.values, node.name), value, at, key
            )
    elif not keep_text(ledger, place.values, node.name, value, at, key):
        ledger.anomaly("wrong_type", at, key)


def any_delta_field(
    ledger: Ledger, place: Place, key: str, node: Node, value: Any, at: Any
) -> None:
    """An unknown field of a delta: as any other, but strings may be fragments."""
    name = node.name if node.named else key
    if type(value) is str and name.rsplit("_", 1)[-1] not in node.last_words:
        fragment_field(ledger, place.values, name, value, at)
    else:
        any_field(ledger, place.values, name, value, at)


# -- rare rules ----------------------------------------------------------------------------

def snapshot_field(
    ledger: Ledger, place: Place, key: str, node: Node, value: Any, at: Any
) -> None:
    """The last value, whole."""
    ledger.keep(place.values, node.name if node.named else key, value, at)


def member_of_any_type(
    ledger: Ledger, place: Place, key: str, node: Node, value: Any, at: Any
) -> None:
    """An object merges key by key; of all else the last stays."""
    member_field(ledger, place.values, node.name if node.named else key, value, at)


def extend_field(ledger: Ledger, place: Place, key: str, node: Node, value: Any, at: Any) -> None:
    """Lists extend; an open list, by its closed elements."""
    if value is None:
        null_field(ledger, place, key, node, at)
        return
    if not isinstance(value, list):
        ledger.anomaly("wrong_type", at, key)
        return
    name = node.name if node.named else key
    old = place.values.get(name)
    if type(old) is not Elements:
        ledger.open(old)
        old = place.values[name] = Elements()
    ledger.extend(old, value)
    ledger.note_target(at, key, EXTENDED, place.values, name, False)


def extend_any_field(
    ledger: Ledger, place: Place, key: str, node: Node, value: Any, at: Any
) -> None:
    """A list grows; of all else the last stays."""
    if isinstance(value, list):
        extend_field(ledger, place, key, node, value, at)
    else:
        snapshot_field(ledger, place, key, node, value, at)


def per_key_field(ledger: Ledger, place: Place, key: str, node: Node, value: Any, at: Any) -> None:
    """An object merges key by key, last non-null: usage."""
    keys_into(ledger, place, node.name if node.named else key, value, at, key)


def keys_into(ledger: Ledger, place: Place, name: str, value: Any, at: Any, key: str) -> None:
    """An object merges key by key, last non-null: usage."""
    values = place.values
    if value is None:
        ledger.note(at, key, FIXED)
        if name not in values:
            values[name] = None
    elif not isinstance(value, dict):
        ledger.anomaly("wrong_type", at, key)
    else:
        ledger.note(at, key, OPENED)
        if type(values.get(name)) is not dict:
            ledger.open(values.get(name))
            values[name] = {}
        merge_keys(ledger, values[name], value, ledger.under(at, key))


def parts_field(ledger: Ledger, place: Place, key: str, node: Node, value: Any, at: Any) -> None:
    """A candidate's parts; neighbouring texts join."""
    if value is None:
        null_field(ledger, place, key, node, at)
    elif isinstance(value, list):
        ledger.note(at, key, OPENED)
        parts = place.values.get(node.name)
        if type(parts) is not Parts:
            ledger.open(parts)
            parts = place.values[node.name] = Parts()
        add_candidate_parts(ledger, parts, node.parts, value, ledger.under(at, key))
    else:
        ledger.anomaly("wrong_type", at, key)


RARE: dict[int, RareRule] = {
    EXTEND: extend_field,
    SNAPSHOT: snapshot_field,
    PER_KEY: per_key_field,
    MEMBER: member_of_any_type,
    EXTEND_ANY: extend_any_field,
    PARTS: parts_field,
}

# -- measures ------------------------------------------------------------------------------


def _has_text(values: Any, key: str) -> bool:
    """Whether a text came there: not a default that stands until one comes."""
    found = values.get(key)
    return bool(found) and type(found) is not Echo


def _without(text: str, node: Node) -> str:
    """`text` less the node's suffix; the answer's own value is remembered, it comes again."""
    if text == node.given[0]:
        known: str = node.given[1]
        return known
    if not text.endswith(node.without):
        return text
    cut = text[: len(text) - node.cut]
    if len(text) <= LONGEST_GIVEN:
        node.given = (text, cut)
    return cut


def _is_empty(value: Any) -> bool:
    if value is None:
        return True
    if type(value) is str:
        return not value
    return (type(value) is int or type(value) is float) and value == 0
