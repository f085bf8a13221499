"""What is fuzzed: any bytes, as options, cuts and a stream, through all backends at once.

Enters: bytes of a fuzzer. Leaves: nothing, or Mismatch.
Must not know: which fuzzer runs it.

The first eight bytes choose how the rest is folded, so that a fuzzer can change
either alone; a stream behind eight NULs is folded with the defaults, in one read.
"""

from __future__ import annotations

import random
from typing import Any

import parity
import streamgen

from ssefold.engine.field_spec import USER_RULES

HEAD = 8


def case_of(data: bytes) -> parity.Case:
    """The case that these bytes stand for."""
    dialect, strict, limits, rules, cuts, looks, seed, _ = data[:HEAD].ljust(HEAD, b"\0")
    stream = data[HEAD:]
    options: dict[str, Any] = {}
    if dialect:
        options["dialect"] = ["auto", *streamgen.DIALECTS][dialect % (len(streamgen.DIALECTS) + 1)]
    if strict & 1:
        options["strict"] = True
    if limits:
        options["limits"] = parity.small_limits(random.Random(limits))
    if rules:
        path = parity.RULE_PATHS[rules % len(parity.RULE_PATHS)]
        paths = parity.reached(options.get("dialect", "auto"), [path])
        options["rules"] = {path: USER_RULES[rules % len(USER_RULES)] for path in paths}
    places = parity.make_cuts(random.Random(cuts), len(stream)) if cuts else ()
    look = frozenset([looks % (len(places) + 1)])
    return parity.Case(seed, "fuzz", stream, options, places, look)


def one_input(data: bytes) -> None:
    """Raise if the backends disagree on this input, or a promise is broken."""
    parity.check(case_of(data))


def seeds(count: int) -> list[bytes]:
    """Inputs to begin with: short generated streams, folded with the defaults."""
    streams = (parity.case(seed).stream for seed in range(count))
    return [bytes(HEAD) + stream for stream in streams if len(stream) < 3000]
