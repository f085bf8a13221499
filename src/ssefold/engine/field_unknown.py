"""Members without a rule: fields added by a provider.

Enters: a place of the answer, a key, a value without a row of the table.
Leaves: the value merged as its JSON type allows: an object key by key, a list as a growing or a
repeated one, a text of a delta as a fragment or a constant, all else as the last.
Must not know: dialects, the field's meaning.

A new field must not be lost: providers add some every month, and gateways add their own.

One source for both backends: `_c/engine/field_unknown.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from ssefold.engine.outcomes import APPENDED, ECHOED, FIXED, OPENED

from .jsonvalue import is_open, starts_with, text_weight, weight
from .ledger import Ledger
from .state import Echo, Grown


def member_field(ledger: Ledger, values: Any, key: str, value: Any, at: Any) -> None:
    """Key by key for an object, last non-null for all else."""
    if isinstance(value, dict):
        merge_keys(ledger, open_dict(ledger, values, key, at), value, ledger.under(at, key))
    else:
        ledger.keep(values, key, value, at)


def merge_keys(ledger: Ledger, target: Any, source: Any, at: Any) -> None:
    """Each member of `source` into `target`, key by key."""
    for key, value in source.items():
        member_field(ledger, target, key, value, at)


def open_dict(ledger: Ledger, values: Any, key: str, at: Any) -> Any:
    """The object at `key`, made where there was none."""
    found = values.get(key)
    if type(found) is not dict:
        found = {}
        ledger.replace(values, key, found)
    ledger.note(at, key, OPENED)
    return found


def any_field(ledger: Ledger, values: Any, key: str, value: Any, at: Any) -> None:
    """An unknown field: an object key by key, a list by the list rule, else last."""
    if isinstance(value, dict):
        below, here = open_dict(ledger, values, key, at), ledger.under(at, key)
        for name, member in value.items():
            any_field(ledger, below, name, member, here)
    elif isinstance(value, list):
        if not is_open(value):
            list_rule(ledger, values, key, value)
            ledger.note(at, key, FIXED)
    else:
        ledger.keep(values, key, value, at)


def list_rule(ledger: Ledger, values: Any, key: str, new: Any) -> None:
    """An unknown list: cumulative (it repeats the old one) or an increment.

    Undecidable from the wire: equal increments look cumulative.
    """
    known = values.get(key)
    if type(known) is Grown:
        grown = known
    else:
        ledger.replace(values, key, None)
        grown = Grown(ledger.names.index, ledger.names.type)
        values[key] = grown
        ledger.structure += 1
    old = grown.items
    if starts_with(new, old):
        if len(new) == len(old):
            return
        size = weight(new)
        ledger.charge(size - grown.weight)
        grown.set(new, size)
    elif grown.routes is not None and new and all([grown.has_index(item) for item in new]):
        for element in new:
            merge_indexed(ledger, grown, element)
    else:
        size = weight(new) - 8
        ledger.charge(size)
        grown.extend(new, size)
    ledger.added += 1
    ledger.restructure()


def merge_indexed(ledger: Ledger, grown: Grown, element: Any) -> None:
    """Into the element with the same index and type, or after the last."""
    known = grown.routes.get(grown.route_of(element)) if grown.routes is not None else None
    if known is not None:
        merge_keys(ledger, known, element, None)
        return
    size = weight(element)
    ledger.charge(size)
    grown.extend([element], size)


def fragment_field(ledger: Ledger, values: Any, key: str, value: str, at: Any) -> None:
    """An unknown string of a delta: a fragment or a constant.

    While all values are equal it is their value (a constant sent again and again); once one
    differs, all of them are concatenated.
    """
    old = values.get(key)
    if type(old) is Echo:
        if old.text == value:
            old.count += 1
            ledger.note_target(at, key, ECHOED, values, key, False)
            return
        ledger.charge(text_weight(old.text) * old.count)
        text = ledger.text()
        text.append(old.text * old.count)
        values[key] = text
        ledger.append(values, key, value)
        ledger.restructure()
    elif type(old) is ledger.text:
        ledger.append(values, key, value)
        ledger.note_target(at, key, APPENDED, values, key, False)
    else:
        ledger.replace(values, key, None)
        ledger.charge_extra(text_weight(value))
        values[key] = Echo(value)
        ledger.restructure()
    ledger.added += 1
