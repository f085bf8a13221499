"""What an implementation claims, and so what it is judged by.

Enters: the JSON object that `COMMAND --claims` answered. Leaves: Claims; raises ValueError
with what is wrong where it is not as the contract has it.
Must not know: how an answer is compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .cases import FRAME_MEMBERS, KINDS, MEMBERS, Case
from .essence import READERS, TRAITS

# How closely an answer is compared, from the loosest on; what is equal by one is equal by those
# before it.
LEVELS = {
    "essence": "texts, tool calls, finish reasons",
    "members": "every member; one that is null or a default may be missing, or the other way round",
    "values": "every member, null or not; the order of keys does not matter",
    "ordered": "every member, in the same order",
}

KEYS = {"name", "version", "dialects", "kinds", "answer", "without", "batch"}


@dataclass(frozen=True)
class Claims:
    """What is claimed; a kind that is not in `kinds` is not judged."""

    name: str
    version: str
    dialects: frozenset[str]
    kinds: dict[str, frozenset[str]]  # kind -> members
    answer: str  # one of LEVELS
    without: frozenset[str]
    batch: bool

    def members(self, case: Case) -> frozenset[str]:
        """Those members of a case that are claimed and stated; none: the case is not asked."""
        if case.dialect is not None and case.dialect not in self.dialects:
            return frozenset()
        if case.traits & self.without:
            return frozenset()
        return self.kinds.get(case.kind, frozenset()) & set(case.stated)


def claims(said: Any) -> Claims:
    """The claims of that object."""
    if not isinstance(said, dict):
        raise ValueError("the claims are no JSON object")
    if unknown := set(said) - KEYS:
        raise ValueError(f"unknown members {_list(unknown)}; there are {_list(KEYS)}")
    level = said.get("answer", "values")
    if level not in LEVELS:
        raise ValueError(f"answer is {level!r}, not one of {_list(LEVELS)}")
    return Claims(
        name=str(said.get("name", "")) or "(no name)",
        version=str(said.get("version", "")),
        dialects=_names("dialects", said.get("dialects", []), set(READERS)),
        kinds=_kinds(said.get("kinds", {})),
        answer=level,
        without=_names("without", said.get("without", []), set(TRAITS)),
        batch=said.get("batch") is True,
    )


def _kinds(said: Any) -> dict[str, frozenset[str]]:
    """`*` stands for every kind of stream that is not named."""
    if not isinstance(said, dict):
        raise ValueError("kinds is no object: {kind: [member, ...]}")
    _names("kinds", [*said], {*KINDS, "*"})
    found = {
        kind: _names(f"kinds.{kind}", members, set(FRAME_MEMBERS if kind == "framing" else MEMBERS))
        for kind, members in said.items()
    }
    rest = found.pop("*", None)
    if rest is not None:
        found = {kind: rest for kind in KINDS if kind != "framing"} | found
    return found


def _names(where: str, said: Any, known: set[str]) -> frozenset[str]:
    if not isinstance(said, list) or not all(isinstance(name, str) for name in said):
        raise ValueError(f"{where} is no list of names")
    if unknown := set(said) - known:
        raise ValueError(f"{where} names {_list(unknown)}; there are {_list(known)}")
    return frozenset(said)


def _list(names: Any) -> str:
    return ", ".join(sorted(names))
