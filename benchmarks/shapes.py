"""The named shapes of traffic, and which of them the package can fold.

Enters: a name, a number of events.
Leaves: Traffic.
Must not know: who folds it, how it is timed.
"""

from __future__ import annotations

from functools import lru_cache

from ssefold.engine.detect import SOURCES

from . import chat_shapes, other_shapes
from .traffic import Shape, Traffic

SHAPES: dict[str, Shape] = {
    shape.name: shape for shape in (*chat_shapes.BOOK.shapes, *other_shapes.BOOK.shapes)
}


def foldable() -> list[str]:
    """The shapes whose dialect has a table: ours, or one that they bring."""
    return [name for name, shape in SHAPES.items() if shape.table or shape.dialect in SOURCES]


def framed() -> list[str]:
    """The shapes that are only framed."""
    return [name for name, shape in SHAPES.items() if not shape.dialect]


@lru_cache(maxsize=4)
def build(name: str, events: int | None = None, seed: int = 0) -> Traffic:
    """The traffic of that name; without `events` as much as the report takes."""
    return SHAPES[name].build(events, seed)
