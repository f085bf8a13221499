# cython: boundscheck=False, wraparound=False
"""Where in an event a value stands, and what happened to each value: the event's plan.

Enters: keys on the way down, notes. Leaves: a path's text; the notes, for a template.
Must not know: rules, values.

A path is a linked pair: (the path above, key); None is the event itself.

One source for both backends: `_c/engine/plan.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any, TypeAlias

Path: TypeAlias = "tuple[Any, Any]"

# A third of it is values: no event with more makes a template, for they are looked for
# one after the other.
MOST_NOTES = 600


class Plan:
    """What happened to each value of an event.

    notes: path, key, entry, path, key, entry …; an entry is (kind, target, name,
    changed), see outcomes.py. The first note of a place stands.
    paths: those that were walked, each one tuple however often it is asked for.
    cursor: how many of the notes were asked for, if in their order: who reads the event
    beside them mostly does.
    telling: members of the event of which another value could end the stream, or None.
    """

    __slots__ = ("cursor", "notes", "paths", "telling")

    notes: list[Any]
    paths: list[Path]
    cursor: int
    telling: frozenset[str] | None

    def note(self, at: Path | None, key: Any, entry: Any) -> None:
        """What happened to the member at `key` of what stands at `at`."""
        notes = self.notes
        if len(notes) < MOST_NOTES:
            notes.append(at)
            notes.append(key)
            notes.append(entry)

    def under(self, at: Path | None, key: Any) -> Path:
        """The path of that member."""
        path = self.found(at, key)
        if path is not None:
            return path
        path = (at, key)
        if len(self.paths) < MOST_NOTES:
            self.paths.append(path)
        return path

    def entry(self, at: Path | None, key: Any) -> Any:
        """What was noted there first, or None."""
        notes = self.notes
        position = self.cursor
        while position < len(notes) and notes[position] is at:
            if same_key(notes[position + 1], key):
                self.cursor = position + 3
                return notes[position + 2]
            if position == 0 or not (
                notes[position - 3] is at and same_key(notes[position - 2], notes[position + 1])
            ):
                break
            position += 3  # a second note of the one before
        for position in range(1, len(notes), 3):
            if notes[position - 1] is at and same_key(notes[position], key):
                return notes[position + 1]
        return None

    def found(self, at: Path | None, key: Any) -> Path | None:
        """The path of that member, if it was walked."""
        for path in self.paths:
            if path[0] is at and same_key(path[1], key):
                return path
        return None


def new_plan(telling: Any) -> Plan:
    """A plan without notes."""
    plan = Plan.__new__(Plan)
    plan.telling = telling
    plan.notes = []
    plan.paths = []
    plan.cursor = 0
    return plan


def same_key(a: Any, b: Any) -> bool:
    """Equal keys, or equal positions."""
    if a is b:
        return True
    if type(a) is str and type(b) is str:
        first, second = a, b
        return len(first) == len(second) and first == second
    return type(a) is type(b) and bool(a == b)


def path_of(at: Path | None, key: Any) -> str:
    """`choices[0].delta.content` for the key and the paths that lead there."""
    steps: list[str] = []
    while True:
        steps.append(f"[{key}]" if type(key) is int else f".{key}")
        if at is None:
            return "".join(reversed(steps)).removeprefix(".")
        at, key = at
