"""A dialect's table as a caller gives it: is it one?

Enters: a module or a mapping with the names described in `rules/__init__.py`.
Leaves: a `Source`, complete and checked: nothing can go wrong with the table once a fold runs.
Else a TypeError / ValueError with the name of the wrong part.
Must not know: events, states, backends.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, NoReturn

from ssefold.delta import DELTA_KINDS
from ssefold.engine.detect import DETECTS, SOURCES, Source
from ssefold.engine.event_spec import (
    END,
    FREQUENT,
    MAKE,
    ON_ELEMENT,
    ON_PLACE,
    SET,
    SPREAD,
    TEXT_VERBS,
    VERBS,
)
from ssefold.engine.field_spec import (
    ALIKE,
    ALWAYS,
    ANY_STRING,
    DEFAULT,
    FLAG,
    LIMIT,
    NUMBER,
    OBJECT,
    OPS,
    PART_TEXTS,
    PATH,
    RESTS,
    ROUTED_RULES,
    RULES,
    SCALAR,
    SORTS,
    STREAMED,
    STRING,
    STRINGS,
    UNLESS,
)
from ssefold.engine.rows import INPUT_SORTS, Names
from ssefold.engine.table import rule_of, unreachable

SECTIONS = (
    "NAME", "DETECT", "WHOLE", "ERRORS", "OWN", "INHERITS", "FIELDS", "KIND", "SEQUENCE", "EVENTS",
    "ALIASES", "LISTS", "ENDS", "FINISHED", "TERMINATOR", "READ", "DELTAS", "NAMES",
)  # fmt: skip

# Tables nest five levels deep or so; one that nests deeper holds itself.
DEEPEST = 32

MEMBERS = re.compile(r"[^.\[\]]+(\.[^.\[\]]+)*")
FIELD = re.compile(r"[^.\[\]]+(\[\])?(\.[^.\[\]]+(\[\])?)*")
ELEMENT = re.compile(r"[^.\[\]]+(\[\d+\])?(\.[^.\[\]]+(\[\d+\])?)*")
ADDRESS = re.compile(r"[^.\[\]]+(\[[^.\[\]]+\])?(\.[^.\[\]]+(\[[^.\[\]]+\])?)*")
TEXTS = re.compile(r"[^.\[\]]+(\[\w*\])?(\.[^.\[\]]+(\[\w*\])?)*")


# -- the possible values: a description, and its check -----------------------------------


def _is_string(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_strings(value: Any) -> bool:
    return isinstance(value, tuple) and all(_is_string(one) for one in value)


def _is_scalar(value: Any) -> bool:
    return isinstance(value, (str, int, float))


def _is_members(value: Any) -> bool:
    return isinstance(value, Mapping) and all(_is_scalar(one) for one in value.values())


def _is_mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_part_texts(value: Any) -> bool:
    return isinstance(value, Mapping) and all(map(_is_strings, value.values()))


def _is_sorts(value: Any) -> bool:
    return _is_part_texts(value) and all(len(inside) == 2 for inside in value.values())


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and bool(MEMBERS.fullmatch(value))


def _is_kinds(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and all(_is_string(name) for name in value)
        and all(kind is None or _is_string(kind) for kind in value.values())
    )


# The members of a part that streams a call's arguments.
STREAMS = tuple(STREAMED.removeprefix("a mapping with ").removesuffix(", all strings").split(", "))


def _is_streamed(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and set(value) == set(STREAMS)
        and all(map(_is_string, value.values()))
    )


NAME = "the name of a member, no path"
OBJECTS = "a path such as 'a[].b'"
PATHS = "a list of paths such as 'a.b'"
ROW = "a mapping"
ROWS = "a list of mappings"
KINDS = "a mapping of members to a type, or to None"
FIRST_ITEM = "a list, and members of its first element"

# A value's description in words -> its check. A value of a few fixed words needs no row.
_CHECKS: Mapping[str, Callable[[Any], bool]] = {
    STRING: _is_string,
    ANY_STRING: lambda value: isinstance(value, str),
    STRINGS: _is_strings,
    FLAG: lambda value: isinstance(value, bool),
    NUMBER: lambda value: type(value) is int,
    SCALAR: _is_scalar,
    DEFAULT: lambda value: value is None or value == () or _is_scalar(value),
    PATH: _is_path,
    NAME: lambda value: _is_path(value) and "." not in value,
    PART_TEXTS: _is_part_texts,
    ALIKE: _is_part_texts,
    SORTS: _is_sorts,
    STREAMED: _is_streamed,
    MAKE: lambda value: all(map(_is_members, value if isinstance(value, tuple) else (value,))),
    OBJECTS: lambda value: isinstance(value, str) and bool(FIELD.fullmatch(value)),
    PATHS: lambda value: isinstance(value, tuple) and value != () and all(map(_is_path, value)),
    ROW: _is_mapping,
    ROWS: lambda value: isinstance(value, tuple) and all(map(_is_mapping, value)),
    KINDS: _is_kinds,
    FIRST_ITEM: lambda value: _is_strings(value) and len(value) > 1,
}


def _fits(wanted: str, value: Any) -> bool:
    """Whether a value matches these words; `'a' or 'b'`: one of these."""
    if wanted[0] == "'":
        return value in wanted.strip("'").split("' or '")
    return _CHECKS[wanted](value)


# The signs of a dialect; of `item` and `unless` the first is a list, the rest are members.
SIGNS = {
    "event": STRINGS, "key": STRINGS, "values": ALIKE, "shapes": ALIKE, "item": FIRST_ITEM,
    "unless": FIRST_ITEM, **dict.fromkeys(DETECTS, STRINGS),
}  # fmt: skip

# Words in which a table may differ from most APIs; failures are told before a dialect is known.
NAMED = dict.fromkeys([name for name in Names.__slots__ if name != "error"], STRING)

# The further options of the judgement at the end.
CALL_OPTIONS = {"type": STRINGS, "json": PATH, "stopped": FLAG}
FINISH_OPTIONS = {"at": OBJECTS, "holds": STRINGS, "but": STRINGS}

LIST = (
    {"limit": LIMIT},
    {
        "exclusive": KINDS, "index": "'hint'", "known": STRINGS, "last_words": STRINGS,
        "made": MAKE, "open": FLAG, "same": STRING, "starts": FLAG, "text": STRING,
        "texts": PART_TEXTS,
    },
)  # fmt: skip


def _wrong(where: str, text: str) -> NoReturn:
    raise ValueError(f"{where}: {text}")


def _mistyped(where: str, wanted: str, value: Any) -> NoReturn:
    raise TypeError(f"{where} must be {wanted}, not {type(value).__name__}")


def _mapping(where: str, value: Any) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        _mistyped(where, "a mapping", value)
    return value


def _options(
    where: str, given: Mapping[str, Any], needed: Mapping[str, str], allowed: Mapping[str, str]
) -> None:
    """Whether all needed options are there, no unknown one, and possible values alone."""
    for name in needed:
        if name not in given:
            _wrong(where, f"needs {name!r}")
    checks = {**needed, **allowed}
    for name, value in given.items():
        if name not in checks:
            _wrong(where, f"{name!r} is no option here: {', '.join(checks) or 'there are none'}")
        if not _fits(checks[name], value):
            _wrong(f"{where}[{name!r}]", f"must be {checks[name]}, not {value!r}")


def _pattern(where: str, value: Any, pattern: re.Pattern[str], example: str) -> str:
    if not isinstance(value, str):
        _mistyped(where, "a string", value)
    if not pattern.fullmatch(value):
        _wrong(where, f"{value!r} is not a path such as {example!r}")
    return value


# -- a table ----------------------------------------------------------------------------------

_known: dict[str, Source] = {}


def source_of(table: Any) -> Source:
    """The dialect described by a module or a mapping; raises TypeError or ValueError.

    A table with the same text as an earlier one is the same dialect, and is not checked again.
    """
    if isinstance(table, ModuleType):
        table = {n: v for n, v in vars(table).items() if n.isupper() and n[0] != "_"}
    known = _known.get(_said(table)) if type(table) is dict else None
    if known is not None:
        return known  # as most are: each stream brings its table again
    literals = _literals("the table", _mapping("dialect", table), 0)
    said = repr(literals)
    if said not in _known:
        if len(_known) >= 64:
            _known.clear()
        _known[said] = _checked(literals)
    return _known[said]


def _said(table: dict[str, Any]) -> str:
    """A table as text; "" where it nests too deep for that."""
    try:
        return repr(table)
    except RecursionError:
        return ""


def _literals(where: str, value: Any, depth: int) -> Any:
    """A copy in plain types, its lists as tuples: tables may come from JSON."""
    if depth > DEEPEST:
        _wrong(where, f"nests more than {DEEPEST} levels")
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, Mapping):
        for key in value:
            if not (key is None or isinstance(key, (str, bool))):
                _mistyped(f"a key of {where}", "a string", key)
        return {k: _literals(f"{where}[{k!r}]", v, depth + 1) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(_literals(f"{where}[{i}]", v, depth + 1) for i, v in enumerate(value))
    _mistyped(where, "a literal", value)


def _checked(own: dict[str, Any]) -> Source:
    for name in own:
        if name not in SECTIONS:
            _wrong("the table", f"{name!r} is no part of one: {', '.join(SECTIONS)}")
    if "NAME" not in own:
        _wrong("the table", "needs 'NAME'")
    if not _is_string(own["NAME"]) or own["NAME"] == "auto":
        _wrong("NAME", f"must be a name other than 'auto', not {own['NAME']!r}")
    _mapping("FIELDS", own.get("FIELDS", {}))
    _options("NAMES", _mapping("NAMES", own.get("NAMES", {})), {}, NAMED)
    sections = _inherited(own)
    _check_fields(sections["FIELDS"])
    _check_kinds(sections)
    lists = _mapping("LISTS", sections["LISTS"])
    for path, rule in lists.items():
        _pattern("LISTS", path, MEMBERS, "a.b")
        _options(f"LISTS[{path!r}]", _mapping(f"LISTS[{path!r}]", rule), *LIST)
    _check_events(sections)
    _check_aliases(sections)
    _check_held(sections)
    _check_reading(sections)
    _check_deltas("DELTAS", sections["DELTAS"])
    return Source(sections)


def _inherited(own: dict[str, Any]) -> dict[str, Any]:
    """The table's sections, on top of the inherited ones, on top of nothing."""
    base: Mapping[str, Any] = {}
    if "INHERITS" in own:
        known = {name.replace(".", "_"): source for name, source in SOURCES.items()}
        found = known.get(str(own["INHERITS"]).replace(".", "_"))
        if found is None:
            _wrong("INHERITS", f"{own['INHERITS']!r} is not one of {', '.join(SOURCES)}")
        base = found
    elif "FIELDS" not in own and "EVENTS" not in own:
        _wrong("the table", "needs 'FIELDS', or 'KIND' and 'EVENTS'")
    nothing: dict[str, Any] = {
        "DETECT": {}, "WHOLE": (), "ERRORS": (), "FIELDS": {}, "EVENTS": {}, "ALIASES": {},
        "LISTS": {}, "ENDS": {},
        "FINISHED": {}, "TERMINATOR": {}, "READ": {}, "DELTAS": {}, "NAMES": {},
    }  # fmt: skip
    sections = {**nothing, **base, **own}
    for section in ("FIELDS", "NAMES"):
        sections[section] = {**base.get(section, {}), **own.get(section, {})}
    _mapping("READ", sections["READ"])
    ways = sections["READ"].items()
    given = {name: (way,) if isinstance(way, str) else way for name, way in ways}
    nowhere: dict[str, Any] = {"text": (), "finish": (), "calls": (), "usage": (), "inputs": {}}
    sections["READ"] = {**nowhere, **given}
    return sections


def _check_kinds(sections: Mapping[str, Any]) -> None:
    """KIND and EVENTS go together; SEQUENCE is for such dialects, TERMINATOR for the others."""
    _mapping("EVENTS", sections["EVENTS"])
    if ("KIND" in sections) != bool(sections["EVENTS"]):
        _wrong("the table", "'KIND' and 'EVENTS' go together")
    for name in ("KIND", "SEQUENCE"):
        if name in sections and not _is_string(sections[name]):
            _wrong(name, f"must be the name of a member, not {sections[name]!r}")
    if "SEQUENCE" in sections and "KIND" not in sections:
        _wrong("SEQUENCE", "is for events that have kinds: it needs 'KIND'")
    for name, last in _mapping("TERMINATOR", sections["TERMINATOR"]).items():
        if "KIND" in sections:
            _wrong("TERMINATOR", f"is for events without kinds: these have the verb {END!r}")
        if not _is_string(name):
            _wrong("TERMINATOR", f"{name!r} is not the name of a member")
        if not _is_scalar(last):
            _wrong(f"TERMINATOR[{name!r}]", f"must be {SCALAR}, not {last!r}")


# -- FIELDS -------------------------------------------------------------------------------------


def _check_fields(fields: dict[str, Any]) -> None:
    """Each path and its rule; then the conditions between them."""
    for path, rule in fields.items():
        where = f"FIELDS[{path!r}]"
        if path != "":
            _pattern("FIELDS", path, FIELD, "choices[].delta.foo")
        if (path == "" or path.endswith("[]")) and rule_of(rule) != RULES[OBJECT].name:
            _wrong(where, "is an object: it has options such as 'rest', and no rule")
        _check_rule(where, rule)
        lists = path.removesuffix("[]")
        reason = unreachable(fields, lists) if path else ""
        if not reason and lists != path and rule_of(fields.get(lists)) not in ROUTED_RULES:
            reason = f"{lists!r} has none of the rules {', '.join(ROUTED_RULES)}"
        if reason:
            _wrong(where, f"is never asked: {reason}")
    for path, rule in list(fields.items()):
        if rule_of(rule) in ROUTED_RULES:
            fields.setdefault(path + "[]", {})
    _check_siblings(fields)


def _check_rule(where: str, rule: Any) -> None:
    if isinstance(rule, str):
        rule = {"rule": rule}
    name = rule_of(_mapping(where, rule))
    if name not in OPS:
        _wrong(where, f"{name!r} is no rule: it is one of {', '.join(OPS)}")
    spec = RULES[OPS[name]]
    rest = rule.get("rest")
    if rest is not None and name == RULES[OBJECT].name:
        below = rest if isinstance(rest, Mapping) else {"rule": rest}
        if below.get("rule") not in RESTS:
            _wrong(f"{where}['rest']", f"must be one of {', '.join(RESTS)}, not {rest!r}")
        _check_rule(f"{where}['rest']", below)
        if "into" in below:
            _wrong(f"{where}['rest']", "'into' would be one key for all members")
        rule = {key: value for key, value in rule.items() if key != "rest"}
    _options(where, rule, spec.needs, {**ALWAYS, **spec.may})


def _check_siblings(fields: Mapping[str, Any]) -> None:
    """The conditions of a rule on other members of its object."""
    for path, rule in fields.items():
        parent = path.rpartition(".")[0]
        options = rule if isinstance(rule, Mapping) else {}
        where = f"FIELDS[{path!r}]"
        for early in options.get("early", ()):
            if (f"{path}.{early}" if path else early) not in fields:
                _wrong(f"{where}['early']", f"{early!r} has no rule of its own")
        alias = options.get("as_sibling")
        if alias is not None:
            other = f"{parent}.{alias}" if parent else alias
            if rule_of(fields.get(other)) in ("", RULES[UNLESS].name):
                _wrong(f"{where}['as_sibling']", f"{other!r} has no rule that it could have")


# -- EVENTS ---------------------------------------------------------------------------------------


def _check_events(sections: Mapping[str, Any]) -> None:
    events, lists = sections["EVENTS"], sections["LISTS"]
    texts: dict[str, str] = {}
    deciding = {sections.get("KIND"), sections.get("SEQUENCE")}
    for kind, actions in events.items():
        where = f"EVENTS[{kind!r}]"
        if not _is_string(kind) or kind.count("*") > 1:
            _wrong(where, "a kind is a string with one * at most")
        if not isinstance(actions, Mapping):
            _check_actions(where, actions, lists, texts, deciding)
            continue
        if "by" not in actions:
            _wrong(where, "needs 'by', or is a list of actions")
        _pattern(f"{where}['by']", actions["by"], MEMBERS, "delta.type")
        for value, below in actions.items():
            if value != "by":
                here = f"{where}[{value!r}]"
                _check_actions(here, below, lists, texts, {*deciding, actions["by"]})


def _check_aliases(sections: Mapping[str, Any]) -> None:
    for alias, kind in _mapping("ALIASES", sections["ALIASES"]).items():
        if not _is_string(alias) or "*" in alias:
            _wrong("ALIASES", f"{alias!r} is not one kind")
        if not _is_string(kind) or kind not in sections["EVENTS"] or "*" in kind:
            _wrong(f"ALIASES[{alias!r}]", f"{kind!r} is not one kind of EVENTS")


def _check_held(sections: Mapping[str, Any]) -> None:
    """A list is routed by its rule or by its events: each of them holds it in its own way."""
    routed = {
        rule.get("into", path.rpartition(".")[2])
        for path, rule in sections["FIELDS"].items()
        if isinstance(rule, Mapping) and rule_of(rule) in ROUTED_RULES
    }
    for path in sections["LISTS"]:
        if path.rpartition(".")[2] in routed:
            _wrong(f"LISTS[{path!r}]", "FIELDS say how it is held")


def _check_actions(
    where: str, actions: Any, lists: Mapping[str, Any], texts: dict[str, str], deciding: set[Any]
) -> None:
    if not isinstance(actions, tuple):
        _mistyped(where, "a list of actions", actions)
    taken = {*deciding}
    for number, action in enumerate(actions):
        here = f"{where}[{number}]"
        verb = _mapping(here, action).get("do")
        if not isinstance(verb, str) or verb not in VERBS:
            _wrong(here, f"'do' must be one of {', '.join(VERBS)}, not {verb!r}")
        spec = VERBS[verb]
        _options(here, action, {"do": STRING, **spec.needs}, spec.may)
        if spec.at:
            _check_address(here, action, spec.at, lists)
        if verb == SET and ("value" in action) == ("from" in action):
            _wrong(here, "needs 'from' or 'value'")
        if verb == SPREAD and not (action.get("make") or "type_without" in action):
            _wrong(here, "needs 'make' or 'type_without'")
        if verb in FREQUENT:
            if action["from"] in taken | _routing(action["at"], lists):
                _wrong(here, f"{action['from']!r} decides what the event does, or is taken already")
            taken.add(action["from"])
        if verb in TEXT_VERBS:
            at = action["at"]
            if texts.setdefault(at, verb) != verb:
                _wrong(here, f"{at!r} is both a text and JSON text")


def _routing(at: str, lists: Mapping[str, Any]) -> set[str]:
    """The members of an event with the indexes and ids of elements."""
    members, names = set(), []
    for step in at.split("."):
        name, _, index = step.partition("[")
        names.append(name)
        if index:
            row = lists[".".join(names)]
            known = row.get("known", ())[:1]
            members |= {index[:-1], *(row.get("made", {}).get(member, member) for member in known)}
    return members


def _check_address(
    where: str, action: Mapping[str, Any], target: str, lists: Mapping[str, Any]
) -> None:
    at = _pattern(f"{where}['at']", action["at"], ADDRESS, "content[index].text")
    if at.endswith("]") != (target == ON_ELEMENT) and target != ON_PLACE:
        _wrong(f"{where}['at']", f"{at!r} is not {target}")
    names: list[str] = []
    for step in at.split("."):
        name, bracket, _ = step.partition("[")
        names.append(name)
        if bracket and ".".join(names) not in lists:
            _wrong(f"{where}['at']", f"LISTS does not say how {'.'.join(names)!r} is held")


# -- READ, FINISHED, WHOLE, ERRORS, DELTAS ------------------------------------------------------

STEPS: dict[str, dict[str, str]] = {
    "entry": {},
    "each": {"type": STRINGS, "has": STRING, "lacks": STRING},
    "among": {},
    "gather": {},
}


def _check_reading(sections: Mapping[str, Any]) -> None:
    for name, path in sections["READ"].items():
        where = f"READ[{name!r}]"
        if name not in ("text", "finish", "calls", "usage", "inputs"):
            _wrong("READ", f"{name!r} is not one of text, finish, calls, usage, inputs")
        if name == "inputs":
            _check_inputs(where, path)
            continue
        if not isinstance(path, (str, tuple)):
            _mistyped(where, "a list of steps", path)
        for step in path[:-1]:
            _check_step(where, step)
        for step in path[-1:]:
            _check_step(where, step, name == "usage")
    finished = _mapping("FINISHED", sections["FINISHED"])
    if finished:
        allowed = {"each": PATH, "or": STRINGS, "stopped": PATH}
        _options("FINISHED", finished, {"has": PATH}, allowed)
    whole = sections["WHOLE"]
    for one in whole if isinstance(whole, tuple) else (whole,):
        if not _mapping("WHOLE", one):
            _wrong("WHOLE", "must hold something, or every body would be an answer")
        for path, kind in one.items():
            _pattern("WHOLE", path, ELEMENT, "choices[0].message")
            if not _is_string(kind):
                _wrong(f"WHOLE[{path!r}]", f"must be a string, not {kind!r}")
    if not isinstance(sections["ERRORS"], tuple):
        _mistyped("ERRORS", "a list of paths", sections["ERRORS"])
    for row in sections["ERRORS"]:
        if isinstance(row, Mapping):
            _options("ERRORS", row, {"at": STRING, "is": STRINGS}, {})
            row = row["at"]
        _pattern("ERRORS", row, FIELD, "choices[].error")
    _check_signs(sections)
    _check_ends(sections["ENDS"])


def _check_inputs(where: str, paths: Any) -> None:
    """Where the arguments of a call stand in it, and of which sort they are."""
    for path, sort in _mapping(where, paths).items():
        _pattern(where, path, MEMBERS, "a.b")
        if not isinstance(sort, str) or sort not in INPUT_SORTS:
            _wrong(f"{where}[{path!r}]", f"must be one of {', '.join(INPUT_SORTS)}, not {sort!r}")


def _check_signs(sections: Mapping[str, Any]) -> None:
    """The signs of the dialect, and the members of its own events."""
    _options("DETECT", _mapping("DETECT", sections["DETECT"]), {}, SIGNS)
    if "OWN" in sections and not _is_strings(sections["OWN"]):
        _wrong("OWN", f"must be a list of strings, not {sections['OWN']!r}")


def _check_ends(ends: Any) -> None:
    """The judgement at the end: calls, finish reasons, elements that are left open."""
    _options("ENDS", _mapping("ENDS", ends), {}, {"calls": ROWS, "finish": ROW, "open": OBJECTS})
    for number, call in enumerate(ends.get("calls", ())):
        where = f"ENDS['calls'][{number}]"
        _options(where, call, {"at": OBJECTS, "name": PATHS}, CALL_OPTIONS)
        if call.get("stopped") and "type" not in call:
            _wrong(where, "'stopped' needs 'type'")
    if "finish" in ends:
        _options("ENDS['finish']", ends["finish"], {"has": NAME}, FINISH_OPTIONS)


def _check_step(where: str, step: Any, gathers: bool = False) -> None:
    if _is_string(step):
        if not _CHECKS[NAME](step):
            _wrong(where, f"a step is {NAME}, not {step!r}")
        return
    found = [name for name in STEPS if name in _mapping(where, step)]
    if len(found) != 1:
        _wrong(where, f"a step is a member's name, or has one of {', '.join(STEPS)}: {step!r}")
    if found[0] == "gather" and not gathers:
        _wrong(where, "'gather' is the last step to the usage")
    needed = {found[0]: STRINGS if found[0] in ("among", "gather") else STRING}
    _options(where, step, needed, STEPS[found[0]])


def _check_deltas(where: str, rows: Any) -> None:
    if isinstance(rows, tuple):
        for number, below in enumerate(rows):
            _check_deltas(f"{where}[{number}]", below)
        return
    if "by" in _mapping(where, rows):
        if not _is_string(rows["by"]):
            _wrong(f"{where}['by']", f"must be the name of a member, not {rows['by']!r}")
        for value, below in rows.items():
            if value != "by":
                _check_deltas(f"{where}[{value!r}]", below)
        return
    for path, below in rows.items():
        here = f"{where}[{path!r}]"
        if path == "alike":
            _options(where, {path: below}, {}, {"alike": STRINGS})
        elif path == "call":
            _options(here, _mapping(here, below), {}, {"id": STRINGS, "name": STRINGS})
        else:
            _pattern(where, path, TEXTS, "choices[choice].text")
            for number in re.findall(r"\[(\w+)\]", path):
                if number not in ("choice", "index", "part"):
                    _wrong(here, f"{number!r} is not one of choice, index, part")
            if not isinstance(below, str):
                _check_deltas(here, below)
            elif below not in DELTA_KINDS:
                _wrong(here, f"{below!r} is not one of {', '.join(DELTA_KINDS)}")
