"""What came to an answer since somebody asked last: the texts, and the typed pieces.

Enters: an accumulator, with what was given of each place before.
Leaves: what is new, once; what was given is noted when all of it exists.
Must not know: bytes, dialects, who asks.

Each place of an answer is given to two readers of their own, take_text() and take(): what one of
them took is not missing for the other. The places are found by engine/taking.py.

This is the walk, which finds every new piece. Behind it the backend follows the texts that it
found (following.py), until anything happens but their growth.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ssefold.delta import Delta
from ssefold.engine.jsonvalue import repair
from ssefold.engine.rows import way_of
from ssefold.engine.taking import SETTLED


def take_text(acc: Any, choice: int) -> str:
    """The text that came to a choice since the last call: StreamAccumulator.take_text()."""
    mark = acc._begin_walk(0)
    final = acc._ended()
    given: dict[Any, Any] = {}
    stream = acc._stream
    texts = _located(acc, stream, choice, given, final)
    arrivals = stream.arrivals if choice == 0 else None
    pieces = [] if arrivals is None else [arrivals.peek(final)]
    shown = [] if arrivals is None else [arrivals]
    for key, leaf in texts:
        piece, given[key] = _shown(leaf, acc._taken.get(key, 0), final)
        pieces.append(piece)
        if not isinstance(leaf, str):
            shown.append(leaf)
    taken: str = repair("".join(pieces))
    _give(acc, given, shown, 0)
    if mark is not None and arrivals is None and not final:
        try:  # suppress() would take memory itself
            rows = [(leaf, key, 0, None) for key, leaf in texts if not isinstance(leaf, str)]
            acc._follow_from(0, mark, choice, rows)
        except MemoryError:
            pass  # the pieces are given already; the next call walks
    return taken


def take(acc: Any) -> list[Delta]:
    """What came since the last call, as typed pieces: StreamAccumulator.take()."""
    mark = acc._begin_walk(1)
    stream = acc._stream
    root = stream.root
    if root is None:
        return []
    found: list[tuple[Delta, Any]] = []
    said: dict[Any, dict[str, str]] = {}
    given: dict[Any, Any] = {}
    shown: dict[int, Any] = {}
    final = acc._ended()
    seen = (acc._taken, given, final, stream.known.names)
    grows: list[Any] = []
    for kind, leaf, place, key, group in acc._leaves(root, stream.source.deltas, seen):
        if id(leaf) in shown:
            continue  # what several fields of one place gave
        before = given[key] if key in given else acc._taken.get(key, "")
        piece, given[key] = _piece(acc, leaf, before)
        if not isinstance(leaf, (str, dict)):
            shown[id(leaf)] = leaf
            grows.append((leaf, key, given[key] or 0, (kind, "", *map(_repaired, place)), group))
        if piece:
            found.append((Delta(kind, piece, *map(_repaired, place)), group))
            if group is not None:
                texts = said.setdefault(group[0], {})
                texts[group[1]] = texts.get(group[1], "") + piece
    taken = [delta for delta, group in found if group is None or _is_first(group, said)]
    _give(acc, given, shown.values(), 1)
    if mark is not None and not final:
        try:
            if _are_told_apart(grows):
                acc._follow_from(1, mark, None, [row[:4] for row in grows])
        except MemoryError:
            pass
    return taken


def _are_told_apart(grows: list[Any]) -> bool:
    """Whether each piece of these texts is new, whatever comes to the others.

    False where two of them may say the same, and where the string that a text began with was
    given and nothing behind it yet.
    """
    families = [row[4][0] for row in grows if row[4] is not None]
    counted = all([type(row[2]) is int for row in grows])
    return counted and len(set(families)) == len(families)


def _piece(acc: Any, leaf: Any, given: Any) -> tuple[str, Any]:
    """What came to a leaf since take() took from it, and what is given of it then.

    That is counted for a buffer and kept for a plain string: the first delta turns
    the text that a block started with into a buffer, which begins with it.
    """
    final = acc._ended()
    if isinstance(leaf, dict):
        leaf = acc._write(repair(leaf)).decode()
    if isinstance(leaf, str):
        return _shown_plain(leaf, given, final)
    piece: str = repair(leaf.peek(final, 1))
    if piece and isinstance(given, str):
        piece = piece.removeprefix(given)
        given = len(given)
    return piece, given + len(piece) if piece else given


def _give(acc: Any, given: dict[Any, Any], shown: Iterable[Any], reader: int) -> None:
    """What was looked at is given: it exists, and to say so needs no memory any more.

    What a place is new to is made room for first, so that nothing can be lost on the way.
    """
    taken = acc._taken
    for key in given:
        taken.setdefault(key, 0 if reader == 0 or key[-1] == SETTLED else "")
    moves, texts = iter(given.items()), iter(shown)  # memory, too
    for key, value in moves:
        taken[key] = value
    for text in texts:
        text.accept(reader)


def _located(
    acc: Any, stream: Any, choice: int, given: Any, final: bool
) -> list[tuple[Any, Any]]:
    """The texts of a choice, each with what it is known by from one call to the next.

    But for parts that were seen and to which nothing comes any more (engine/taking.py).
    stream: all is read of it, and not of the accumulator again: while memory is made, the
    collector may run somebody's code that begins another one.
    """
    root = stream.root
    if root is None:
        return []
    table = stream.known
    steps = way_of(table.read.text, choice)
    seen = (acc._taken, given, final, table.names)
    found: list[Any] = acc._locate(root, steps, choice, seen) if steps else []
    return found


def _shown(leaf: Any, given: int | str, final: bool) -> tuple[str, int | str]:
    """What came to a leaf since the last time, and what was given out of it by now.

    That is counted for a buffer and kept for a plain string: the first delta turns the
    text that a block started with into a buffer, which begins with it.
    """
    if isinstance(leaf, str):
        waits = not final and "\ud800" <= leaf[-1:] <= "\udbff"
        whole = leaf[:-1] if waits else leaf
        count = len(given) if isinstance(given, str) else given
        return whole[count:], whole if len(whole) >= count else given
    before = leaf.taken
    piece: str = leaf.peek(final)
    count = before + len(piece)
    if before == 0 and isinstance(given, str):
        piece = piece.removeprefix(given)
    return piece, count


def _shown_plain(whole: str, given: str | int, final: bool) -> tuple[str, str | int]:
    """What a plain string adds to what was given (counted, if a buffer stood here before)."""
    if not final and "\ud800" <= whole[-1:] <= "\udbff":
        whole = whole[:-1]
    whole = repair(whole)
    if isinstance(given, int):
        return whole[given:], max(given, len(whole))
    return (whole[len(given) :], whole) if whole.startswith(given) else ("", given)


def _repaired(value: Any) -> Any:
    return repair(value) if isinstance(value, str) else value


def _is_first(group: tuple[Any, str], said: dict[Any, dict[str, str]]) -> bool:
    """False for a field that says the same as another before it: some servers send both."""
    for name, text in said[group[0]].items():
        if name == group[1]:
            return True
        if text == said[group[0]][group[1]]:
            return False
    return True
