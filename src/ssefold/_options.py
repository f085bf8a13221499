"""The options of a fold, checked once for both backends.

Enters: a caller's arguments. Leaves: the same, typed, or TypeError / ValueError.
Must not know: the effect of the options.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from ssefold.engine.detect import OURS, SOURCES, Source, among, has_signs
from ssefold.engine.framing_sniff import HINTS
from ssefold.engine.framing_sniff import NAMES as FRAMINGS
from ssefold.engine.grammar import source_of
from ssefold.engine.table import checked, merges, unreachable
from ssefold.limits import Limits

# The values of `dialect=`: "auto", a name, a table, or several of these.
Dialect = str | Mapping[str, Any] | ModuleType
Dialects = Dialect | Sequence[Dialect]
# The checked value: None for "auto", a name of ours, a caller's table, or several.
Chosen = str | Source | tuple[str | Source, ...] | None

DEFAULT_LIMITS = Limits()
# The options of most streams: one object for all of them.
DEFAULT_OPTIONS: Any = (None, False, {})
NO_FRAMING: Any = (None, None)


def check_limits(limits: Limits | None) -> Limits:
    """The limits to use; raises TypeError for anything else."""
    if limits is None:
        return DEFAULT_LIMITS
    if not isinstance(limits, Limits):
        raise TypeError(f"limits must be a Limits, not {type(limits).__name__}")
    return limits


def check_options(dialect: Any, strict: bool, rules: Mapping[str, str] | None) -> Any:
    """(dialect, strict, rules), the options of a fold; TypeError or ValueError if wrong.

    The dialect is None for "auto", the name of one of ours, a caller's Source, or several.
    """
    if rules is None and strict is False and type(dialect) is str and dialect == "auto":
        return DEFAULT_OPTIONS
    source = check_dialect(dialect)
    return source, bool(strict), check_rules(rules, source)


def check_framing(framing: str, content_type: str | None) -> Any:
    """(the framing's name or None for "auto", a hint or None); TypeError or ValueError if wrong."""
    if framing == "auto" and content_type is None:
        return NO_FRAMING
    if not isinstance(framing, str):
        raise TypeError(f"framing must be a str, not {type(framing).__name__}")
    if framing != "auto" and framing not in FRAMINGS:
        raise ValueError(f"unknown framing {framing!r}: it is one of auto, {', '.join(FRAMINGS)}")
    if content_type is None:
        return framing if framing != "auto" else None, None
    if not isinstance(content_type, str):
        raise TypeError(f"content_type must be a str or None, not {type(content_type).__name__}")
    kind = content_type.partition(";")[0].strip().lower()
    return framing if framing != "auto" else None, HINTS.get(kind)


def check_dialect(dialect: Any) -> Chosen:
    """None for "auto", one of our names, the Source of a table, or several."""
    if isinstance(dialect, (list, tuple)):
        return _several(dialect)
    if isinstance(dialect, Source):
        return dialect  # it was checked
    if isinstance(dialect, (Mapping, ModuleType)):
        return source_of(dialect)
    if not isinstance(dialect, str):
        raise TypeError(
            f"dialect must be a str, a table (a module or a mapping), or a list of these, "
            f"not {type(dialect).__name__}"
        )
    return check_name(dialect)


def _several(dialects: Sequence[Any]) -> tuple[str | Source, ...]:
    """The candidates among which events decide, asked in this order; "auto" is all of ours."""
    found: list[str | Source] = []
    for number, dialect in enumerate(dialects):
        if isinstance(dialect, (list, tuple)):
            raise TypeError(f"dialect[{number}] must be a str or a table, not a list")
        one = check_dialect(dialect)
        if isinstance(one, Source) and not has_signs(one):
            raise ValueError(f"dialect[{number}]: {one['NAME']} needs DETECT: its events must tell")
        found += SOURCES if one is None else [one]  # type: ignore[list-item]
    if not found:
        raise ValueError("dialect must name one at least, and is empty")
    return tuple(dict.fromkeys(found))


def check_name(dialect: str) -> str | None:
    """None for "auto", or one of our names."""
    if dialect == "auto":
        return None
    if not isinstance(dialect, str):
        raise TypeError(f"dialect must be a str, not {type(dialect).__name__}")
    if dialect not in SOURCES:
        known = ", ".join(["auto", *SOURCES])
        raise ValueError(f"unknown dialect {dialect!r}: it is one of {known}")
    return dialect


def check_rules(
    rules: Mapping[str, str] | None, dialect: Chosen = None
) -> dict[str, str]:
    """The overrides; raises TypeError or ValueError with the name of the wrong one.

    A path must be one that the dialect can ask for; under "auto", some dialect.
    """
    overrides = checked(rules)
    source = SOURCES[dialect] if isinstance(dialect, str) else dialect
    for path in overrides:
        reasons = [_reason(one, overrides, path) for one in _candidates(source, path)]
        if all(reasons):
            where = f"in {source['NAME']}" if isinstance(source, Source) else "in any dialect"
            raise ValueError(f"rule of {path!r} is never asked {where}: {reasons[0]}")
    return overrides


def _candidates(source: Any, path: str) -> list[Source]:
    """The dialects whose rule this may be. Where all refuse it, the error tells the reason of the
    first dialect with such a member, or of chat.
    """
    if isinstance(source, Source):
        return [source]
    member = path.partition(".")[0].partition("[]")[0]
    latest = (OURS if source is None else among(source)).sources[::-1]
    return sorted(latest, key=lambda one: member not in one["FIELDS"])


def _reason(source: Source, overrides: Mapping[str, str], path: str) -> str:
    if not merges(source):
        return "its events say what each of them does, and no member is merged by a rule"
    return unreachable({**source["FIELDS"], **overrides}, path)
