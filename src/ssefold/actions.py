"""Executes the events of dialects that say what each event does.

Enters: a decoded event and its kind.
Leaves: a changed state; `ended` once the terminator came.
Must not know: bytes, frames, which dialect this is.

A table's EVENTS maps kinds to actions. The verbs:
  base         the whole object becomes the answer so far;
  merge        the event merges member by member (FIELDS);
  put          a whole element of a list; it replaces what stood there;
  append       a string grows; append_json: a string that is JSON text;
  set          a value is replaced; push: a list takes one element more;
  spread       each member goes to the element's member of the same name;
  stop         an element is finished; end: the stream is.
An address such as `content[index].text` takes the index from the event.

One source for both backends: `_c/actions.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from ssefold.plan import APPENDED, DROPPED, FIXED, OPENED

from .merge import ENTRY_WEIGHT, Merger
from .plain import is_open, text_weight, weight
from .state import Entries, JSONText, Place, elements, member
from .table import Action


class EventMerger(Merger):
    """A Merger for dialects whose events have kinds.

    foreign: a second stream began; nothing is merged any more.
    based:   the answer's base came.
    """

    __slots__ = ("based", "foreign")

    def __init__(self, table: Any, limits: Any, log: Any, text: Any, parse: Any) -> None:
        Merger.__init__(self, table, limits, log, text, parse)
        self.foreign = False
        self.based = False

    def merge(self, value: Any, event: int, kind: Any) -> None:
        """Merge one event; `kind` is its SSE event name, should it not say its own."""
        self.event = event
        own = value.get(self.table.kind)
        if type(own) is not str and is_open(value):
            self.no_plan()
            return  # its kind may have been still to come
        actions: Any = self.table.events.get(own if type(own) is str else kind)
        self.note(None, self.table.kind, FIXED)
        if actions is None:
            self.note_rest(value, None)
            return  # unknown kinds are counted, never fatal
        if self.foreign and not self.is_base(actions):
            return
        if type(actions) is dict:
            found = value_at(value, actions["by"])
            if type(found) is not str:
                return
            actions = actions.get(found, actions.get("*", ()))
            if not actions:
                self.no_plan()
        for action in actions:
            self.act(action, value)
        self.note_rest(value, None)

    def note_rest(self, value: Any, at: Any) -> None:
        """What no action looked at is left out, whatever it is."""
        if self.plan is not None:
            for key in value:
                self.note(at, key, FIXED if value[key] is None else DROPPED)

    def is_base(self, actions: Any) -> bool:
        return type(actions) is tuple and actions[0].verb == "base"

    def act(self, action: Action, value: Any) -> None:
        verb = action.verb
        if verb not in ("append", "append_json"):
            self.restructure()  # rare: no template for what comes once
        if verb == "merge":
            self.merged = True
            self.members(self.root, value, None)
        elif verb == "base":
            self.base(action, value)
        elif verb == "end":
            self.ended = True
        elif verb == "put":
            self.put_element(action, value)
        elif verb == "stop":
            self.stop(action, value)
        else:
            self.delta(action, value)

    def base(self, action: Action, value: Any) -> None:
        """The answer as it begins; a second one with another id is another stream."""
        source = value_at(value, action.source)
        if not isinstance(source, dict):
            self.wrong(action)
            return
        values = self.root.values
        if self.based:
            if not self.foreign and source.get("id") != values.get("id"):
                self.foreign = True
                self.anomaly("second_stream", None, action.source[0])
            return
        self.based = self.merged = True
        early = values.copy()  # what deltas made before their start
        values.clear()
        for key, below in source.items():
            if not is_open(below):
                self.replace(values, key, below)
        for key, kept in early.items():
            values[key] = kept

    def put_element(self, action: Action, value: Any) -> None:
        """A whole element at its index; one that deltas made keeps what they gave."""
        source = value_at(value, action.source)
        if not isinstance(source, dict) or is_open(source):
            if source is not None and not isinstance(source, dict):
                self.wrong(action)
            return
        entries, index = self.entries_at(action.target, value)
        if entries is None:
            return
        old = entries.items.get(index)
        if old is None and not self.room_at(action.target, entries, index):
            return
        place = Place(None)
        if old is not None and old.started:
            self.anomaly("block_restarted", None, action.source[0])
        elif old is not None:
            place.values.update(old.values)
        self.charge(ENTRY_WEIGHT)
        self.merged = place.started = True
        text = self.table.lists[action.target[0]].get("text")
        for key, given in source.items():
            if place.values.get(key) is None:
                if key == text and type(given) is str:
                    self.append(place.values, key, given)
                else:
                    self.replace(place.values, key, given)
        entries.items[index] = place

    def stop(self, action: Action, value: Any) -> None:
        """The element is finished: its JSON text is read once and for all."""
        entries, index = self.entries_at(action.target, value)
        place = None if entries is None else entries.items.get(index)
        if place is None or place.stopped:
            return  # once and for all: a stop after each fragment would cost the square
        place.stopped = True
        place.finished = self.event
        for key, below in place.values.items():
            if type(below) is JSONText and below.text and not self.settle(below):
                self.anomaly("bad_tool_json", None, key)

    def settle(self, json_text: JSONText) -> bool:
        """Read the JSON text; a text that is none stays the value, as a string."""
        text = json_text.text.get()
        whole, value = self.parse(text)
        json_text.settled = bool(whole)
        json_text.value = value if whole else None
        return json_text.settled

    def delta(self, action: Action, value: Any) -> None:
        """The verbs that change one place of one element."""
        source = value_at(value, action.source)
        if source is None or (is_open(source) and action.verb != "spread"):
            self.no_plan()  # the next one of its kind may bring something
            return
        steps = action.target
        make = action.make
        suffix = action.options.get("type_without")
        if suffix is not None and isinstance(source, dict):
            make = {"type": str(source.get("type")).removesuffix(suffix)}
        place = self.element(steps, value, make)
        if place is None:
            self.no_plan()
            return
        self.merged = True
        added = self.added
        verb = action.verb
        if verb == "spread":
            self.spread(place, source, action)
        else:
            self.change(place.values, steps[2], verb, source, action)
        if place.finished >= 0:
            self.no_plan()
            if self.added != added and place.finished < self.event:
                self.anomaly("delta_after_finish", None, action.source[0])
        elif self.plan is not None:
            self.note_delta(place, value, action)

    def note_delta(self, place: Place, value: Any, action: Action) -> None:
        """The plan of a fragment: its routing is fixed, the rest is left out."""
        steps = action.source
        at = None
        for step in steps[:-1]:
            self.note(at, step, OPENED)
            value = value[step]
            at = below(at, step)
            if type(value.get("type")) is str:
                self.note(at, "type", FIXED)
        for step in action.target:
            if type(step) is tuple:
                self.note(None, step[0], FIXED)
        values, name = place.values, action.target[-1]
        target = values[name]
        if type(target) is JSONText:
            self.note_json(at, steps[-1], target)
        else:
            self.note_target(at, steps[-1], APPENDED, values, name, False)
        self.note_rest(value, at)

    def note_json(self, at: Any, key: str, target: JSONText) -> None:
        """JSON text takes any string too, through its buffer."""
        self.note_target(at, key, APPENDED, target, "text", False)

    def change(self, values: Any, key: str, verb: str, source: Any, action: Action) -> None:
        if verb == "set":
            self.replace(values, key, source)
        elif verb == "push":
            self.push(values, key, source)
        elif type(source) is not str:
            self.wrong(action)
        elif verb == "append":
            self.append(values, key, source)
        else:
            self.append_json(values, key, source)

    def push(self, values: Any, key: str, element: Any) -> None:
        if type(values.get(key)) is not list:
            values[key] = []
        self.charge(weight(element))
        values[key].append(element)
        self.added += 1

    def append_json(self, values: Any, key: str, source: str) -> None:
        """JSON text grows; the start's value stands until a first character comes."""
        json_text = values.get(key)
        if type(json_text) is not JSONText:
            json_text = JSONText(json_text, key in values, self.text(), self.parse)
            values[key] = json_text
            self.structure += 1
        if source:
            self.charge(text_weight(source))
            json_text.text.append(source)
            json_text.settled = False
            self.added += 1

    def spread(self, place: Place, source: Any, action: Action) -> None:
        """An unknown delta: strings append, the rest is last."""
        if not isinstance(source, dict):
            self.wrong(action)
            return
        without = action.options["without"]
        for key, value in source.items():
            if key in without:
                continue
            if type(value) is str:
                self.append(place.values, key, value)
            else:
                self.keep(place.values, key, value, None)

    # -- addresses -------------------------------------------------------------------

    def entries_at(self, steps: Any, value: Any) -> tuple[Any, Any]:
        """The list that the first steps name and the index there, or (None, None)."""
        key = steps[1][0]
        index = value.get(key)
        if type(index) is not int:
            if index is not None:
                self.anomaly("wrong_type", None, key)
            return None, None
        return self.entries_of(self.root.values, steps[0]), index

    def entries_of(self, values: Any, key: str) -> Entries:
        """The routed list at `key`; elements that stood there plainly become entries."""
        entries = values.get(key)
        if type(entries) is not Entries:
            plain = entries
            entries = Entries()
            values[key] = entries
            for position, element in enumerate(plain if type(plain) is list else ()):
                place = Place(None)
                place.started = place.stopped = True
                place.values.update(element if type(element) is dict else {})
                entries.items[position] = place
        return entries

    def room_at(self, steps: Any, entries: Entries, index: int) -> bool:
        return self.room(self.table.lists[steps[0]]["limit"], len(entries.items))

    def element(self, steps: Any, value: Any, make: Any) -> Any:
        """The element an event's delta belongs to, made where it never started."""
        entries, index = self.entries_at(steps, value)
        if entries is None:
            return None
        place = entries.items.get(index)
        if place is None:
            if not self.room_at(steps, entries, index):
                return None
            self.charge(ENTRY_WEIGHT)
            place = Place(None)
            place.values.update(make)
            entries.items[index] = place
            self.anomaly("missing_start", None, steps[1][0])
        return place

    def wrong(self, action: Action) -> None:
        self.no_plan()
        self.log.anomaly("wrong_type", ".".join(action.source))


def below(at: Any, key: Any) -> Any:
    """The path of a member."""
    return (at, key)


def value_at(value: Any, steps: Any) -> Any:
    """The value that dotted steps lead to in an event, or None."""
    for step in steps:
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def is_finished(merger: Any, finished: Any) -> bool:
    """Whether a stream that closed without its terminator is complete all the same."""
    root = merger.root
    instead = finished.get("or")
    if instead is not None and value_in(root, instead) is not None:
        return True
    each = finished.get("each")
    if each is not None:
        items = elements(member(root, each))
        return bool(items) and all(member(item, finished["has"]) is not None for item in items)
    if member(root, finished["has"]) is None:
        return False
    stopped = finished.get("stopped")
    return stopped is None or all(
        getattr(item, "stopped", True) for item in elements(member(root, stopped))
    )


def value_in(place: Any, path: Any) -> Any:
    """The state that dotted steps lead to, or None."""
    for step in path:
        place = member(place, step)
    return place
