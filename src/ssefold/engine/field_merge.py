"""Walks the members of one decoded event, by the nodes of a dialect's table.

Enters: a decoded event (plain JSON; unclosed values are marked), its number.
Leaves: a changed state, and anomalies and limit faults in the log.
Must not know: bytes, frames, the dialect's name, the end of a stream; the work of a rule on one
value (field_rules.py).

The walk goes down objects and lists whose members have rules of their own, and on into the place
of the answer for each. Under any rule null never overwrites: it only records that the key was
present. In a damaged event an open object merges the members already read, an open list extends
by its closed elements, and a value taken whole is taken only when closed.

One source for both backends: `_c/engine/field_merge.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from ssefold.engine.field_spec import (
    ANY,
    ANY_DELTA,
    APPEND,
    CALLS,
    CONTENT,
    DEFERRED,
    DROP,
    ENTRIES,
    FINISH,
    FIRST,
    KEYED,
    LAST,
    LAST_FILLED,
    NAME,
    OBJECT,
    SIGN,
    UNLESS,
)
from ssefold.engine.outcomes import DROPPED, FIXED, OPENED, ROUTED

from .field_calls import call_of, holds
from .field_rules import (
    RARE,
    any_delta_field,
    append_field,
    check_finished,
    content_field,
    drop_field,
    first_field,
    keys_into,
    last_field,
    name_field,
    null_field,
    tell_sign,
)
from .field_unknown import any_field
from .field_voices import listen, settle, speaks
from .jsonvalue import given, is_open, weight
from .ledger import ENTRY_WEIGHT, Ledger
from .lookup_calls import Calls
from .state import Entries, Keyed, Place, new_place
from .table import Node


class FieldMerger:
    """The rules of a table, carried out on the answer that a ledger holds.

    deferred: values that wait for the end of their event, as (rank, key, value, path, source
    key).
    """

    __slots__ = ("deferred", "ledger")

    ledger: Ledger
    deferred: list[Any] | None

    # -- one event ---------------------------------------------------------

    def merge(self, value: Any, event: int) -> None:
        """Merge one event's object; raises OutputFull past max_output_bytes."""
        self.ledger.event = event
        if not value or (len(value) == 1 and self.ledger.names.error in value):
            self.ledger.no_plan()
            return  # nothing but an in-band error: nothing to merge
        self.ledger.merged = True
        self.members(self.ledger.root, value, None)
        if self.deferred:
            self.apply_deferred()

    def members(self, place: Place, source: Any, at: Any) -> None:
        """Merge the members of `source`: early ones first, then in order."""
        node = place.node
        if node.crowded:
            self.ledger.no_plan()  # the effect of one depends on that of another
        children = node.children
        rest = node.rest
        for key in node.early:
            if key in source:
                self.field(place, key, children[key], source[key], source, at)
        for key, value in source.items():
            child = children.get(key, rest)
            if not child.is_early:
                self.field(place, key, child, value, source, at)

    def apply_deferred(self) -> None:
        """At the end of the event its waiting values merge, lowest rank first: the last wins."""
        waiting = self.deferred or []
        self.deferred = None
        if len(waiting) > 1:
            waiting.sort(key=_rank)
        for _, key, value, at, source_key in waiting:
            keys_into(self.ledger, self.ledger.root, key, value, at, source_key)

    # -- one field -----------------------------------------------------------

    def field(self, place: Place, key: str, node: Node, value: Any, source: Any, at: Any) -> None:
        """Merge `value`, the member `key` of `source`, into `place` by the rule of `node`."""
        op = node.op
        if op == APPEND:
            append_field(self.ledger, place, key, node, value, at)
        elif op == DROP:
            drop_field(self.ledger, place, key, node, value, at)
        elif op == FIRST:
            first_field(self.ledger, place, key, node, value, at)
        elif op == LAST or op == LAST_FILLED or op == FINISH:
            last_field(self.ledger, place, key, node, value, at)
        elif op == OBJECT:
            self.object_field(place, key, node, value, at)
        elif op == ENTRIES:
            self.entries_field(place, key, node, value, at)
        elif op == CALLS:
            self.calls_field(place, key, node, value, at)
        elif op == CONTENT:
            content_field(self.ledger, place, key, node, value, at)
        elif op == NAME:
            name_field(self.ledger, place, key, node, value, at)
        else:
            self.rare_field(place, key, node, value, source, at)

    def rare_field(
        self, place: Place, key: str, node: Node, value: Any, source: Any, at: Any
    ) -> None:
        """The rules met by few chunks."""
        op = node.op
        if op == ANY:
            any_field(self.ledger, place.values, node.name if node.named else key, value, at)
        elif op == ANY_DELTA:
            any_delta_field(self.ledger, place, key, node, value, at)
        elif op == DEFERRED:
            if value is None:
                self.ledger.note(at, key, FIXED)
            else:
                if self.deferred is None:
                    self.deferred = []
                self.deferred.append((node.rank, node.to, value, at, key))
        elif op == UNLESS:
            self.unless_field(place, key, node, source, at)
        elif op == SIGN:
            if value is not None:
                self.ledger.no_plan()  # whatever its own rule: the next one may be an error
            tell_sign(self.ledger, node, value)
            self.field(place, key, node.item, value, source, at)
        elif op == KEYED:
            self.keyed_field(place, key, node, value, at)
        else:
            RARE[op](self.ledger, place, key, node, value, at)

    def object_field(self, place: Place, key: str, node: Node, value: Any, at: Any) -> None:
        """An object merges member by member; `into: ""` means into its parent."""
        if value is None:
            null_field(self.ledger, place, key, node, at)
            return
        if not isinstance(value, dict):
            self.ledger.anomaly("wrong_type", at, key)
            return
        name = node.name
        self.ledger.note(at, key, OPENED)
        if not name:
            self.spill(place, node, value, self.ledger.under(at, key))
            return
        found = place.values.get(name)
        below = found if type(found) is Place else None
        if below is None or below.node is None:
            below = self.open_place(place.values, name, node)
        if not node.delta:
            self.members(below, value, self.ledger.under(at, key))
            return
        place.fed = True
        heard = None
        if node.alike is not None and speaks(value, node.alike_names):
            heard = listen(self.ledger, below, node.alike, value)
        if place.finished >= 0:
            self.late_members(place, below, value, at, key)
        else:
            self.members(below, value, self.ledger.under(at, key))
        if heard is not None:
            settle(self.ledger, below, node.alike, heard)

    def open_place(self, values: Any, name: str, node: Node) -> Place:
        """An object with rules at `name`; one made whole, or by actions, stays in it."""
        old = values.get(name)
        self.ledger.open(old)
        place = values[name] = new_place(node)
        if type(old) is dict:
            place.values.update(old)
        elif type(old) is Place:
            place.values.update(old.values)
        return place

    def spill(self, place: Place, node: Node, source: Any, at: Any) -> None:
        """Merge members of a nested object into `place` itself."""
        for key, value in source.items():
            self.field(place, key, node.children.get(key, node.rest), value, source, at)

    def late_members(self, place: Place, below: Place, source: Any, at: Any, key: str) -> None:
        """The members of a delta after the finish: each of them is a kind."""
        self.ledger.no_plan()
        children, rest = below.node.children, below.node.rest
        here = self.ledger.under(at, key)
        for name, value in source.items():
            added = self.ledger.added
            self.field(below, name, children.get(name, rest), value, source, here)
            if self.ledger.added != added:
                check_finished(self.ledger, place, at, key, name)

    def unless_field(self, place: Place, key: str, node: Node, source: Any, at: Any) -> None:
        """A whole beside its delta, or after one ever came, repeats the text already there."""
        if place.fed or isinstance(source.get(node.sibling), dict):
            self.ledger.note(at, key, DROPPED)
            if not place.fed:
                self.ledger.no_plan()  # without its sibling it would count
            return
        self.ledger.no_plan()
        self.field(place, key, node.item, source[key], source, at)
        place.fed = False  # a message in the place of a delta is no delta

    # -- lists -----------------------------------------------------------------

    def entries_field(self, place: Place, key: str, node: Node, value: Any, at: Any) -> None:
        """A list whose objects merge by an index: choices, candidates."""
        if value is None:
            null_field(self.ledger, place, key, node, at)
            return
        if not isinstance(value, list):
            self.ledger.anomaly("wrong_type", at, key)
            return
        entries = place.values.get(node.name)
        if type(entries) is not Entries:
            self.ledger.open(entries)
            entries = place.values[node.name] = Entries()
        self.ledger.note_target(at, key, ROUTED, None, node.by, False)
        below = self.ledger.under(at, key)
        for position, element in enumerate(value):
            if isinstance(element, dict):
                here = self.ledger.under(below, position)
                self.ledger.note(below, position, OPENED)
                entry = self.entry(entries, node, element, position, here)
                if entry is not None:
                    self.members(entry, element, here)
            elif element is not None:
                self.ledger.anomaly("wrong_type", below, position)
            else:
                self.ledger.note(below, position, FIXED)

    def entry(self, entries: Entries, node: Node, element: Any, position: int, at: Any) -> Any:
        """The entry of `element`, made if it is new; None to skip it."""
        by = node.by
        index = given(element, by)
        if index is not None and type(index) is not int:
            self.ledger.anomaly("wrong_type", at, by)
            index = None
            del element[by]  # it routes, and is not merged
        self.ledger.note(at, by, FIXED)
        if index is None:
            if is_open(element):
                return None  # the index may have been still to come
            index = position if node.by_place else 0
        entry = entries.at(index)
        if entry is None:
            if not holds(element, by):
                self.ledger.no_plan()
                return None  # nothing but an index
            if not self.ledger.room(node.limit, entries.count()):
                return None
            entry = new_place(node.item)
            entry.index = index
            if by in node.item.always:
                entry.values[by] = index
            entries.put(index, entry)
            self.ledger.open(None)
        return entry

    def calls_field(self, place: Place, key: str, node: Node, value: Any, at: Any) -> None:
        """Tool calls: each fragment belongs to a call by index, by id, or by being next."""
        if value is None:
            null_field(self.ledger, place, key, node, at)
            return
        if not isinstance(value, list):
            self.ledger.anomaly("wrong_type", at, key)
            return
        calls = place.values.get(node.name)
        self.ledger.note_target(at, key, ROUTED, None, node.calls.by, True)
        below = self.ledger.under(at, key)
        for position, element in enumerate(value):
            if not isinstance(element, dict):
                self.ledger.note(below, position, FIXED)
                if element is not None:
                    self.ledger.anomaly("wrong_type", below, position)
                continue
            self.ledger.note(below, position, OPENED)
            if type(calls) is not Calls:
                calls = Calls()
            here = self.ledger.under(below, position)
            call = call_of(self.ledger, calls, node, element, here)
            if call is not None:
                place.values[node.name] = calls
                known = call.values.get(node.calls.known)
                self.members(call, element, here)
                if not known:
                    calls.name(call, node.calls.known)

    def keyed_field(self, place: Place, key: str, node: Node, value: Any, at: Any) -> None:
        """Objects merge if they agree in the members `by`; others are appended whole."""
        if value is None:
            null_field(self.ledger, place, key, node, at)
            return
        if not isinstance(value, list):
            self.ledger.anomaly("wrong_type", at, key)
            return
        keyed = place.values.get(node.name)
        if type(keyed) is not Keyed:
            self.ledger.open(keyed)
            keyed = place.values[node.name] = Keyed(node.keys, node.needs)
        self.ledger.note(at, key, OPENED)
        below = self.ledger.under(at, key)
        for position, element in enumerate(value):
            if isinstance(element, dict):
                self.keyed_element(keyed, node, element, self.ledger.under(below, position))
            elif element is not None:
                self.ledger.anomaly("wrong_type", below, position)
            else:
                self.ledger.note(below, position, FIXED)

    def keyed_element(self, keyed: Keyed, node: Node, element: Any, at: Any) -> None:
        route = keyed.route(element)
        if route is None:
            if not is_open(element):
                self.ledger.charge(weight(element))
                keyed.items.append(element)
                self.ledger.added += 1
            self.ledger.no_plan()
            return
        by = keyed.by
        if is_open(element) and not all(name in element for name in by):
            return
        place = keyed.places.get(route)
        if place is None:
            self.ledger.charge(ENTRY_WEIGHT)
            place = keyed.places[route] = new_place(node.item)
            keyed.items.append(place)
            self.ledger.restructure()
            self.ledger.added += 1
        self.ledger.note(at[0], at[1], OPENED)
        for name in by:
            self.ledger.note(at, name, FIXED)
        self.members(place, element, at)


def new_merger(ledger: Ledger) -> FieldMerger:
    """The rules of the ledger's table, for one stream."""
    merger = FieldMerger.__new__(FieldMerger)
    merger.ledger = ledger
    merger.deferred = None
    return merger


def _rank(waiting: Any) -> int:
    rank: int = waiting[0]
    return rank
