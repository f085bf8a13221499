"""Limits: how much of a stream may be held, and how deep it may nest.

Enters: numbers, once, from whoever makes a decoder or an accumulator.
Leaves: the same numbers, checked and frozen.
Must not know: the effect of a limit (framing, merge and stream have it).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

MIB = 1024 * 1024

# Walking a nested answer costs interpreter stack, so depth is never unbounded:
# `max_depth=None` means as deep as every supported interpreter can bear.
DEPTH_CEILING = 256

# No stream is longer: a number past it is no limit, and does not fit where bytes are counted.
LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Limits:
    """The most that one stream may cost; `None` switches a limit off. Sizes are in bytes.

    Past `max_event_bytes`, `max_output_bytes` and `max_total_bytes` the folding ends: merged
    events stay, later bytes are counted and not kept. Past `max_choices`, `max_tool_calls` and
    `max_blocks` the entry is skipped, past `max_depth` the event. Each leaves one fault, `limit_`
    + its name without `max_`. `max_faults` and `max_anomalies` bound the records kept; the rest
    is counted. A limit falls on the same byte however the input is cut. Past 2**63 a number is no
    limit, and stands there as None.

    Raises ValueError for a negative number and TypeError for anything else.
    """

    max_event_bytes: int | None = 16 * MIB
    max_output_bytes: int | None = 64 * MIB
    max_total_bytes: int | None = None
    max_choices: int | None = 128
    max_tool_calls: int | None = 128
    max_blocks: int | None = 1024
    max_depth: int | None = 128
    max_faults: int | None = 64
    max_anomalies: int | None = 64

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None:
                continue
            if not isinstance(value, int) or isinstance(value, bool):
                raise TypeError(f"{field.name} must be an int or None, not {type(value).__name__}")
            if value < 0:
                raise ValueError(f"{field.name} must not be negative, got {value}")
            if value > LARGEST:
                object.__setattr__(self, field.name, None)

    @classmethod
    def gateway(cls) -> Limits:
        """Limits for a relay that serves strangers: 16 MiB of output, 256 MiB in all."""
        return cls(max_output_bytes=16 * MIB, max_total_bytes=256 * MIB)

    @cached_property  # each stream asks
    def depth(self) -> int:
        """The nesting that readers enforce: `max_depth`, at most `DEPTH_CEILING`."""
        return DEPTH_CEILING if self.max_depth is None else min(self.max_depth, DEPTH_CEILING)
