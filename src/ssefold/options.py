"""The options of a fold, checked once for both backends.

Enters: what a caller passed. Leaves: the same, typed, or TypeError / ValueError.
Must not know: what the options do.
"""

from __future__ import annotations

from collections.abc import Mapping

from ssefold.detect import SOURCES
from ssefold.limits import Limits
from ssefold.table import checked

DEFAULT_LIMITS = Limits()


def check_limits(limits: Limits | None) -> Limits:
    """The limits to use; raises TypeError for anything else."""
    if limits is None:
        return DEFAULT_LIMITS
    if not isinstance(limits, Limits):
        raise TypeError(f"limits must be a Limits, not {type(limits).__name__}")
    return limits


def check_dialect(dialect: str) -> str | None:
    """The dialect's name, None for "auto"; raises ValueError for any other."""
    if dialect == "auto":
        return None
    if not isinstance(dialect, str):
        raise TypeError(f"dialect must be a str, not {type(dialect).__name__}")
    if dialect not in SOURCES:
        known = ", ".join(["auto", *SOURCES])
        raise ValueError(f"unknown dialect {dialect!r}: it is one of {known}")
    return dialect


def check_rules(rules: Mapping[str, str] | None) -> dict[str, str]:
    """The overrides; raises TypeError or ValueError that names the wrong one."""
    return checked(rules)
