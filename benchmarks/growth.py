"""How time grows: ten times the events, or the bytes, must take ten times as long.

Enters: nothing. Leaves: name, time at ten times over time at once, a note.
Must not know: targets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any

from peers.ours import accumulator, backends, decoder

from . import clock, shapes
from .other_shapes import long_line, many_lines
from .traffic import READ, cut

# One size of each, and what it is multiplied by. A hundred times: 33 MB of text.
STEPS = (1, 10, 100)
EVENTS = 1000
LINE = 8 * 1024 * 1024 // 100
LINES = 2 * 1024 * 1024 // 100

Reads = list[bytes]
Case = tuple[str, Callable[[int], Reads], Callable[[Reads], Any]]


def folds(backend: str, reads: Reads) -> Any:
    """A fold, to the result."""
    acc = accumulator(backend)()
    feed = acc.feed
    for chunk in reads:
        feed(chunk)
    acc.close()
    return acc.snapshot()


def frames(backend: str, reads: Reads) -> int:
    """Framing to events."""
    feed, size = decoder(backend)().feed, 0
    for chunk in reads:
        for event in feed(chunk):
            size += len(event.data)
    return size


def cases(backend: str) -> Iterator[Case]:
    """What grows, how its reads are made, and who takes them."""
    fold, frame = partial(folds, backend), partial(frames, backend)
    for name in ("text", "tools", "ever_new", "anthropic_text"):
        yield name, partial(_shape, name, EVENTS, "16 KiB"), fold
    yield "frames", partial(_shape, "frames", EVENTS, "16 KiB"), frame
    # Three hundred one-byte reads make an event.
    yield "text, one byte per read", partial(_shape, "text", EVENTS // 20, "byte"), fold
    line = partial(_cut, long_line, LINE, 1024)
    yield "a line of 8 MiB in 1 KiB reads", line, fold
    yield "a line of 8 MiB in 1 KiB reads, framing", line, frame
    lines = partial(_cut, many_lines, LINES, READ)
    yield "2 MiB of short data lines", lines, fold
    yield "2 MiB of short data lines, framing", lines, frame


def _shape(name: str, events: int, how: str, times: int) -> Reads:
    return shapes.SHAPES[name].build(events * times).reads(how)


def _cut(make: Callable[[int], tuple[bytes, Any]], size: int, read: int, times: int) -> Reads:
    return cut(make(size * times)[0], read)


def measure(quick: bool) -> Iterator[tuple[str, float, str]]:
    """Each case at 1, 10 and 100 times; what each step costs over ten times the one before."""
    budget = clock.Budget(0.5, 3, 9) if quick else clock.Budget(3.0, 5, 25)
    for backend in backends():
        steps = STEPS[:2] if quick or backend == "python" else STEPS
        for name, make, run in cases(backend):
            contenders = {str(n): partial(run, make(n)) for n in steps}
            times = clock.rounds(contenders, budget)
            for small, large in pairwise(steps):
                # The best of each: what else runs on the machine only ever adds, and a
                # long run meets more of it than a short one.
                measured = min(times[str(large)]) / min(times[str(small)])
                each = clock.spread(times[str(large)])[0] / 1e6
                note = f"{large}× takes {each:.3g} ms"
                yield f"growth: {name}, {small}× to {large}× ({backend})", measured, note
