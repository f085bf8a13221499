"""Executes the rules of a dialect over one decoded event.

Enters: a decoded event (plain JSON; unclosed values are marked), its number.
Leaves: a changed state, and anomalies and limit faults in the log.
Must not know: bytes, frames, the dialect's name, the end of a stream.

The rules themselves are data (rules/); their meaning stands here. Under any of them null never
overwrites: it only records that the key was present. In a damaged event an open object merges the
members already read, an open list extends by its closed elements, and a value taken whole is
taken only when closed.

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
    EXTEND,
    EXTEND_ANY,
    FINISH,
    FIRST,
    KEYED,
    LAST,
    LAST_FILLED,
    MEMBER,
    NAME,
    OBJECT,
    PARTS,
    PER_KEY,
    SIGN,
    SNAPSHOT,
    UNLESS,
)
from ssefold.engine.outcomes import (
    APPENDED,
    DROPPED,
    EXTENDED,
    FIXED,
    KEPT,
    LAST_ONE,
    OPENED,
    ROUTED,
)

from .field_calls import call_of, holds
from .field_candidates import add_candidate_parts
from .field_parts import add_part, add_parts, add_text_part, keep_text, open_content
from .field_unknown import any_field, fragment_field, member_field, merge_keys
from .field_voices import listen, settle, speaks
from .jsonvalue import given, is_open, same, text_weight, weight
from .ledger import ENTRY_WEIGHT, Ledger
from .lookup_calls import Calls
from .plan import path_of
from .state import Echo, Elements, Entries, Keyed, Parts, Place, new_place, standing
from .table import Node

# Of a first value with a suffix to take off, the last one is remembered up to this size.
LONGEST_GIVEN = 64


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
            self.per_key_field(self.ledger.root, key, value, at, source_key)

    # -- one field -----------------------------------------------------------

    def field(self, place: Place, key: str, node: Node, value: Any, source: Any, at: Any) -> None:
        """Merge `value`, the member `key` of `source`, into `place` by the rule of `node`."""
        op = node.op
        if op == APPEND:
            self.append_field(place, key, node, value, at)
        elif op == DROP:
            self.drop_field(place, key, node, value, at)
        elif op == FIRST:
            self.first_field(place, key, node, value, at)
        elif op == LAST or op == LAST_FILLED or op == FINISH:
            self.last_field(place, key, node, value, at)
        elif op == OBJECT:
            self.object_field(place, key, node, value, at)
        elif op == ENTRIES:
            self.entries_field(place, key, node, value, at)
        elif op == CALLS:
            self.calls_field(place, key, node, value, at)
        elif op == CONTENT:
            self.content_field(place, key, node, value, at)
        elif op == NAME:
            self.name_field(place, key, node, value, at)
        else:
            self.rare_field(place, key, node, value, source, at)

    def rare_field(
        self, place: Place, key: str, node: Node, value: Any, source: Any, at: Any
    ) -> None:
        """The rules met by few chunks."""
        op = node.op
        name = node.name if node.named else key
        if op == DEFERRED:
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
            self.tell_sign(node, value)
            self.field(place, key, node.item, value, source, at)
        elif op == EXTEND:
            self.extend_field(place, key, node, value, at)
        elif op == SNAPSHOT:
            self.ledger.keep(place.values, name, value, at)
        elif op == PER_KEY:
            self.per_key_field(place, name, value, at, key)
        elif op == MEMBER:
            member_field(self.ledger, place.values, name, value, at)
        elif op == ANY:
            any_field(self.ledger, place.values, name, value, at)
        elif op == ANY_DELTA:
            self.any_delta_field(place, name, node, value, at)
        elif op == EXTEND_ANY:
            if isinstance(value, list):
                self.extend_field(place, key, node, value, at)
            else:
                self.ledger.keep(place.values, name, value, at)
        elif op == KEYED:
            self.keyed_field(place, key, node, value, at)
        elif op == PARTS:
            self.parts_field(place, key, node, value, at)

    def tell_sign(self, node: Node, value: Any) -> None:
        """A value that may be an error: one of the reasons for one, an object under `error`."""
        number, texts = node.sign
        if value is None or not (texts is None or (type(value) is str and value in texts)):
            return
        self.ledger.no_plan()
        self.ledger.signs = [*(self.ledger.signs or ()), (number, value)]

    def null_field(self, place: Place, key: str, node: Node, at: Any) -> None:
        """null: the key was there, and no more."""
        name = node.name if node.named else key
        self.ledger.note(at, key, FIXED)
        if not node.absent and name not in place.values:
            place.values[name] = None
            if not node.named:
                self.ledger.charge_extra(text_weight(name) + 8)

    def drop_field(self, place: Place, key: str, node: Node, value: Any, at: Any) -> None:
        """Left out; with `only: "string"` anything else is an unknown field."""
        if value is None:
            self.ledger.note(at, key, FIXED)  # any value but null may be an error
        elif node.only_text and type(value) is not str:
            any_field(self.ledger, place.values, key, value, at)
        else:
            self.ledger.note(at, key, DROPPED)

    def first_field(self, place: Place, key: str, node: Node, value: Any, at: Any) -> None:
        """The first non-empty value; "", 0 and null are empty.

        Where the key is always there, an empty value counts as none at all.
        """
        if node.has_default:
            if value is None or (type(value) is str and not value):
                self.ledger.note(at, key, FIXED)
                return
            if type(value) is not str:
                self.ledger.anomaly("wrong_type", at, key)
                return
            if node.cut:
                value = _without(value, node)
        elif value is None or (node.empty and _is_empty(value)):
            self.null_field(place, key, node, at)
            return
        elif isinstance(value, (dict, list)) and (node.name or is_open(value)):
            if node.name:
                self.ledger.anomaly("wrong_type", at, key)
            return
        name = node.name if node.named else key
        old = place.values.get(name)
        if old is None:
            self.ledger.put(place.values, name, value, node)
            self.ledger.note(at, key, FIXED)
        elif isinstance(value, (dict, list)) or same(old, value):
            self.ledger.note(at, key, FIXED)
        elif _is_empty(old):
            if not _is_empty(value):
                self.ledger.put(place.values, name, value, node)
            self.ledger.note(at, key, FIXED)
        else:
            self.ledger.note(at, key, DROPPED)

    def last_field(self, place: Place, key: str, node: Node, value: Any, at: Any) -> None:
        """The last non-null value; "last_filled" and "finish" prefer a non-empty one."""
        op = node.op
        if value is None or (node.empty and _is_empty(value)):
            self.null_field(place, key, node, at)
            return
        if isinstance(value, (dict, list)):
            text = self.ledger.wire_text(value, at, key, True) if node.json else None
            if text is not None:
                self.ledger.replace(place.values, node.name if node.named else key, text)
            elif not (node.json and is_open(value)):
                self.ledger.anomaly("wrong_type", at, key)
            return
        name = node.name if node.named else key
        if op == FINISH:
            if value == "":
                self.ledger.note(at, key, FIXED)
                return
            if node.sign is not None:
                self.tell_sign(node, value)
            if place.finished < 0:
                place.finished = self.ledger.event
                self.ledger.finishing = True
                self.ledger.restructure()
        elif op == LAST_FILLED and _is_empty(value):
            old = place.values.get(name)
            if old is not None and not _is_empty(old):
                self.ledger.note(at, key, FIXED)
                return
        changed = self.ledger.put(place.values, name, value, node)
        if changed and (op != LAST or node.empty):
            self.ledger.no_plan()  # not any other value would be taken
        self.ledger.note_target(at, key, LAST_ONE, place.values, name, changed)

    def append_field(self, place: Place, key: str, node: Node, value: Any, at: Any) -> None:
        """Strings append; `delta` marks members that a finished choice should not send."""
        if value is None:
            self.null_field(place, key, node, at)
        else:
            added = self.ledger.added
            name = node.name if node.named else key
            old = place.values.get(name)
            if type(value) is str and (old is None or type(old) is self.ledger.text):
                self.ledger.append(place.values, name, value)
                self.ledger.note_target(at, key, APPENDED, place.values, name, False)
            else:
                self.odd_text(place, key, node, value, at)
            if node.delta and place.finished >= 0:
                self.ledger.no_plan()
                if self.ledger.added != added:
                    self.check_finished(place, at, key, key)

    def odd_text(self, place: Place, key: str, node: Node, value: Any, at: Any) -> None:
        """A text of another type, or one beside such: it is kept.

        With `json` an object or a list is JSON text; an empty one before any text stands
        until text comes.
        """
        self.ledger.no_plan()
        values = place.values
        name = node.name if node.named else key
        old = values.get(name)
        if not node.json:
            if not keep_text(self.ledger, values, name, value, at, key):
                self.ledger.anomaly("wrong_type", at, key)
            return
        text = value if type(value) is str else self.ledger.wire_text(value, at, key, True)
        if text is None:
            if not is_open(value):
                self.ledger.anomaly("wrong_type", at, key)
        elif isinstance(value, (dict, list)) and not value and (not old or type(old) is Echo):
            if type(old) is not Echo:
                self.ledger.charge_extra(text_weight(text))
                values[name] = standing(text)
                self.ledger.restructure()
                self.ledger.added += 1
        elif text or type(old) is not Echo:
            self.ledger.append(values, name, text)

    def extend_field(self, place: Place, key: str, node: Node, value: Any, at: Any) -> None:
        """Lists extend; an open list, by its closed elements."""
        if value is None:
            self.null_field(place, key, node, at)
            return
        if not isinstance(value, list):
            self.ledger.anomaly("wrong_type", at, key)
            return
        name = node.name if node.named else key
        old = place.values.get(name)
        if type(old) is not Elements:
            self.ledger.open(old)
            old = place.values[name] = Elements()
        self.ledger.extend(old, value)
        self.ledger.note_target(at, key, EXTENDED, place.values, name, False)

    def name_field(self, place: Place, key: str, node: Node, value: Any, at: Any) -> None:
        """The name rule of tools: some servers repeat it, some send it in pieces.

        The first non-empty name is set whenever it comes. A later one that is equal
        is a repeat; a different one continues it, but only while no argument came.
        """
        if value is None:
            self.null_field(place, key, node, at)
            return
        if type(value) is not str:
            self.ledger.anomaly("wrong_type", at, key)
            return
        values = place.values
        old = values.get(key)
        if not old or type(old) is not str:
            if value or old is None:
                self.ledger.charge(text_weight(value))
                values[key] = value
        elif value and value != old and not _has_text(values, node.until):
            self.ledger.charge(text_weight(value))
            values[key] = old + value
            self.ledger.changes += 1
        else:
            if (
                value
                and value != old
                and type(values.get(node.until)) is not self.ledger.text
            ):
                self.ledger.no_plan()  # a rule's last value may be empty again
            self.ledger.note_target(at, key, KEPT, values, key, False)
            return
        self.ledger.no_plan()
        if value:
            self.ledger.added += 1

    def object_field(self, place: Place, key: str, node: Node, value: Any, at: Any) -> None:
        """An object merges member by member; `into: ""` means into its parent."""
        if value is None:
            self.null_field(place, key, node, at)
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
                self.check_finished(place, at, key, name)

    def check_finished(self, place: Place, at: Any, key: str, kind: str) -> None:
        """A member that adds something after the finish of an earlier event is odd.

        Some servers send STOP with each event, or the finish first: once a kind says it.
        """
        if 0 <= place.finished < self.ledger.event:
            self.ledger.no_plan()
            path = path_of(at, key)
            self.ledger.log.anomaly_once("delta_after_finish", path, (place.index, key, kind))

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
            self.null_field(place, key, node, at)
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
            self.null_field(place, key, node, at)
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
            self.null_field(place, key, node, at)
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

    # -- content and parts (field_parts.py and field_candidates.py know how neighbours join) ---

    def content_field(self, place: Place, key: str, node: Node, value: Any, at: Any) -> None:
        """A chat message's content: a growing string, or a list of parts."""
        if value is None:
            self.null_field(place, key, node, at)
        elif type(value) is str:
            old = place.values.get(node.name)
            if type(old) is Parts:
                self.ledger.no_plan()
                if value:
                    add_text_part(self.ledger, old, value)
            else:
                self.ledger.append(place.values, node.name, value)
                self.ledger.note_target(at, key, APPENDED, place.values, node.name, False)
        elif isinstance(value, list):
            self.ledger.no_plan()
            add_parts(
                self.ledger,
                open_content(self.ledger, place.values, node.name),
                value,
                self.ledger.under(at, key),
            )
        elif isinstance(value, dict):
            self.ledger.anomaly("text_as_value", at, key)
            if value and not is_open(value):
                add_part(
                    self.ledger, open_content(self.ledger, place.values, node.name), value, at, key
                )
        elif not keep_text(self.ledger, place.values, node.name, value, at, key):
            self.ledger.anomaly("wrong_type", at, key)

    def parts_field(self, place: Place, key: str, node: Node, value: Any, at: Any) -> None:
        """A candidate's parts; neighbouring texts join."""
        if value is None:
            self.null_field(place, key, node, at)
        elif isinstance(value, list):
            self.ledger.note(at, key, OPENED)
            parts = place.values.get(node.name)
            if type(parts) is not Parts:
                self.ledger.open(parts)
                parts = place.values[node.name] = Parts()
            add_candidate_parts(self.ledger, parts, node.parts, value, self.ledger.under(at, key))
        else:
            self.ledger.anomaly("wrong_type", at, key)

    # -- unknown fields ---------------------------------------------------------------

    def per_key_field(self, place: Place, name: str, value: Any, at: Any, key: str) -> None:
        """An object merges key by key, last non-null: usage."""
        values = place.values
        if value is None:
            self.ledger.note(at, key, FIXED)
            if name not in values:
                values[name] = None
        elif not isinstance(value, dict):
            self.ledger.anomaly("wrong_type", at, key)
        else:
            self.ledger.note(at, key, OPENED)
            if type(values.get(name)) is not dict:
                self.ledger.open(values.get(name))
                values[name] = {}
            merge_keys(self.ledger, values[name], value, self.ledger.under(at, key))

    def any_delta_field(self, place: Place, key: str, node: Node, value: Any, at: Any) -> None:
        """An unknown field of a delta: as any other, but strings may be fragments."""
        if type(value) is str and key.rsplit("_", 1)[-1] not in node.last_words:
            fragment_field(self.ledger, place.values, key, value, at)
        else:
            any_field(self.ledger, place.values, key, value, at)


def new_merger(ledger: Ledger) -> FieldMerger:
    """The rules of the ledger's table, for one stream."""
    merger = FieldMerger.__new__(FieldMerger)
    merger.ledger = ledger
    merger.deferred = None
    return merger


def _has_text(values: Any, key: str) -> bool:
    """Whether a text came there: not a default that stands until one comes."""
    found = values.get(key)
    return bool(found) and type(found) is not Echo


def _rank(waiting: Any) -> int:
    rank: int = waiting[0]
    return rank


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
