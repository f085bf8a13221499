"""Whether an answer is right: member by member, as far as it is claimed.

Enters: a case, claims, the reply. Leaves: Verdict, with what differs, in short lines.
Must not know: where the reply comes from.

JSON values are compared: 1 and 1.0 are equal, 1 and true are not.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from .cases import Case
from .claims import LEVELS, Claims
from .essence import essence, tokens

LONGEST_QUOTE = 60

# What is there in the API's own answer, and not in every server's chunks.
DEFAULTS = {"role": "assistant", "type": "function", "object": "chat.completion", "arguments": ""}

# What reading an answer of another shape raises.
SHAPES = (AttributeError, KeyError, IndexError, TypeError)

# The members of one event that a framing reply gives as a list of events.
PER_EVENT = ("data", "event", "id", "retry", "ready_at")


class Reply(NamedTuple):
    """What an implementation said about a case: an object, or why there is none."""

    said: dict[str, Any] | None
    failure: str = ""


class Verdict(NamedTuple):
    """One case judged. `wrong` is empty where it passed."""

    case: Case
    members: frozenset[str]  # those that were judged
    wrong: dict[str, str]  # member -> what differs; "" for a reply that is none
    level: str  # the closest of LEVELS at which the answer is right, "" for none

    @property
    def passed(self) -> bool:
        """Right in all that was claimed."""
        return not self.wrong


def judge(case: Case, claimed: Claims, reply: Reply) -> Verdict:
    """The verdict on what was said about a case."""
    members = claimed.members(case)
    if reply.said is None:
        return Verdict(case, members, {"": reply.failure}, "")
    said = _frames(reply.said) if case.kind == "framing" else reply.said
    level = closest(case, said.get("answer")) if "answer" in members else ""
    wrong = {}
    for name in sorted(members):
        if name == "answer":
            right = level != "" and _rank(level) >= _rank(claimed.answer)
        elif name == "tokens":
            right = _tokens(case, said)
        else:
            right = name in said and RULES.get(name, equal)(case.stated[name], said[name])
        if not right:
            wrong[name] = _difference(case, claimed, name, said)
    return Verdict(case, members, wrong, level)


def closest(case: Case, answer: Any) -> str:
    """The closest level at which that answer is the expected one, "" for none."""
    expected = case.stated["answer"]
    if not isinstance(answer, dict):
        return ""
    if equal(expected, answer):
        return "ordered" if json.dumps(_order(expected)) == json.dumps(_order(answer)) else "values"
    if equal(_bare(expected), _bare(answer)):
        return "members"
    try:
        same = equal(essence(case.dialect, expected), essence(case.dialect, answer))
    except SHAPES:
        return ""
    return "essence" if same else ""


def equal(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same, whatever the order of keys."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def _records(stated: Any, said: Any) -> bool:
    """Of each record what the case states; other members are free."""
    if not isinstance(said, list) or len(said) != len(stated):
        return False
    return all(
        isinstance(found, dict)
        and all(key in found and equal(value, found[key]) for key, value in record.items())
        for record, found in zip(stated, said, strict=True)
    )


def _anomalies(stated: Any, said: Any) -> bool:
    """As records; a count that is not told is 1."""
    if not isinstance(said, list) or not all(isinstance(found, dict) for found in said):
        return False
    return _records([{"count": 1, **odd} for odd in stated], [{"count": 1, **odd} for odd in said])


def _tokens(case: Case, said: dict[str, Any]) -> bool:
    """Every counter that the expected answer has."""
    wanted, found = case.stated["tokens"], tokens(case.dialect, said.get("answer"))
    return all(name in found and equal(wanted[name], found[name]) for name in wanted)


def _texts(stated: Any, said: Any) -> bool:
    """The text of each choice that the case states."""
    return isinstance(said, dict) and all(equal(stated[at], said.get(at)) for at in stated)


RULES = {"faults": _records, "anomalies": _anomalies, "text": _texts}


def _frames(said: dict[str, Any]) -> dict[str, Any]:
    """The reply to a framing case: its events as one list per member."""
    events = said.get("events")
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        return said
    columns = {name: [event.get(name) for event in events] for name in PER_EVENT}
    return {**said, **columns}


def _bare(value: Any) -> Any:
    """Without members that are null, or a default that a stream need not carry."""
    if isinstance(value, dict):
        return {
            key: _bare(item)
            for key, item in value.items()
            if item is not None and (key not in DEFAULTS or DEFAULTS[key] != item)
        }
    return [_bare(item) for item in value] if isinstance(value, list) else value


def _order(value: Any) -> Any:
    """The keys alone, nested as they are."""
    if isinstance(value, dict):
        return [[key, _order(item)] for key, item in value.items()]
    return [_order(item) for item in value] if isinstance(value, list) else None


def _rank(level: str) -> int:
    return list(LEVELS).index(level)


def _difference(case: Case, claimed: Claims, name: str, said: dict[str, Any]) -> str:
    """What differs, for a person."""
    stated = case.stated[name]
    if name == "tokens":
        return f"{_quote(stated)} expected, {_quote(tokens(case.dialect, said.get('answer')))} said"
    if name not in said:
        why = said.get("refused")
        return f"not answered: {_quote(why)}" if why else "not answered"
    given = said[name]
    if name == "answer" and claimed.answer == "members":
        stated, given = _bare(stated), _bare(given)
    elif name == "answer" and claimed.answer == "essence":
        try:
            stated, given = essence(case.dialect, stated), essence(case.dialect, given)
        except SHAPES as error:
            return f"has another shape: {type(error).__name__} {error}"
    where, one, other = _first(_plain(stated), _plain(given), "")
    if where is None:
        return "other order of keys"
    return f"at {where or 'the top'}: {one} expected, {other} said"


def _plain(value: Any) -> Any:
    """An essence in the types of JSON."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _first(one: Any, other: Any, path: str) -> tuple[str | None, str, str]:
    """The first place where two values differ, and both there; None: nowhere."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in [*one, *(key for key in other if key not in one)]:
            here = f"{path}.{key}".lstrip(".")
            if key not in one or key not in other:
                return here, _given(one, key), _given(other, key)
            found = _first(one[key], other[key], here)
            if found[0] is not None:
                return found
        return None, "", ""
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            found = _first(left, right, f"{path}[{index}]")
            if found[0] is not None:
                return found
        return None, "", ""
    return (None, "", "") if equal(one, other) else (path, _quote(one), _quote(other))


def _given(holder: dict[str, Any], key: str) -> str:
    return _quote(holder[key]) if key in holder else "nothing"


def _quote(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 3] + "..."
