"""The rules of FIELDS: for each its name, its options, its meaning, an example.

Enters: nothing.
Leaves: RULES, the one list with the rules' names, as data: table.py compiles by it, grammar.py
checks by it, replay asks it for the types and options of a rule, and the table in
docs/dialects.md is made of it. A rule's number is its place in the list.
Must not know: events, states, how a rule is executed (field_rules.py and field_merge.py do that).

An example `usage {"a":1} then {"b":2} -> {"a":1,"b":2}` shows the member in two events, and the
member of the answer. One that begins with an object shows whole events. Tests fold each of them
with both backends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

# The possible values of an option. Words in quotes are all of them; grammar.py knows the others.
STRING = "a string"
ANY_STRING = "a string, or ''"
STRINGS = "a list of strings"
FLAG = "True or False"
NUMBER = "an integer"
SCALAR = "a string, a number or a boolean"
DEFAULT = "a string, a number, a boolean, None or ()"
PATH = "a path such as 'a.b'"
PART_TEXTS = "a mapping of types to lists of strings"
ALIKE = "a mapping of members to lists of members"
STREAMED = "a mapping with call, id, name, into, of, path, null, while, all strings"
SORTS = "a mapping of objects to two of their members, a name's and the arguments'"
LIMIT = "'choices' or 'tool_calls' or 'blocks'"
NULL = "'null'"

# The JSON types in a rule's reach; () is any.
TEXT_TYPE = ("string",)
SCALARS = ("string", "number", "boolean")
OBJECT_TYPE = ("object",)
ARRAY_TYPE = ("array",)


class Rule(NamedTuple):
    """One rule.

    takes:   JSON types; null is in the reach of all, and only records that the key was there.
    means:   one line.
    example: see above; options: those of its row; rows: rules below it, or beside it.
    needs, may: options -> their possible values.
    rest:    it can be the rule of all members without one.
    theirs:  if a caller may say it of a path (`rules=`), its place among those; else 0.
    """

    name: str
    takes: tuple[str, ...]
    means: str
    example: str
    options: Mapping[str, Any]
    rows: Mapping[str, Any]
    needs: Mapping[str, str]
    may: Mapping[str, str]
    rest: bool
    theirs: int


RULES: list[Rule] = []

# Options of every rule.
ALWAYS: Mapping[str, str] = {
    "rule": STRING, "into": STRING, "null": "'absent'", "default": DEFAULT,
}  # fmt: skip


def _rule(
    name: str,
    takes: tuple[str, ...],
    means: str,
    example: str,
    options: Mapping[str, Any] | None = None,
    rows: Mapping[str, Any] | None = None,
    needs: Mapping[str, str] | None = None,
    may: Mapping[str, str] | None = None,
    rest: bool = False,
    theirs: int = 0,
) -> int:
    """The next rule; returns its number."""
    row = (name, takes, means, example, options or {}, rows or {}, needs or {}, may or {})
    RULES.append(Rule(*row, rest, theirs))
    return len(RULES) - 1


DROP = _rule(
    "drop", (), "left out; `only`: anything but a string is an unknown field",
    'p "x" then "y" -> nothing',
    may={"only": "'string'"}, rest=True, theirs=6,
)  # fmt: skip
FIRST = _rule(
    "first", (), "the first non-empty; `without`: less that suffix",
    'id "a" then "b" -> "a"',
    may={"empty": NULL, "without": STRING, "default_with": STRINGS}, rest=True, theirs=3,
)  # fmt: skip
LAST = _rule(
    "last", SCALARS, "the last non-null; `json`: an object or a list is its JSON text",
    'model "a" then "b" -> "b"',
    may={"empty": NULL, "json": FLAG}, rest=True, theirs=2,
)  # fmt: skip
LAST_FILLED = _rule(
    "last_filled", SCALARS, "the last non-empty",
    'model "a" then "" -> "a"',
    may={"empty": NULL}, rest=True,
)  # fmt: skip
APPEND = _rule(
    "append", TEXT_TYPE,
    "strings grow; another type is kept as text, or beside it; `json`: an object or a list is "
    "its JSON text",
    'text "Hel" then "lo" -> "Hello"',
    may={"delta": FLAG, "json": FLAG}, rest=True, theirs=1,
)  # fmt: skip
EXTEND = _rule(
    "extend", ARRAY_TYPE, "lists grow",
    "tokens [1] then [2,3] -> [1,2,3]",
    rest=True, theirs=4,
)  # fmt: skip
SNAPSHOT = _rule(
    "snapshot", (), "the last non-null, whole",
    'sources ["a","b"] then ["a"] -> ["a"]',
    rest=True, theirs=5,
)  # fmt: skip
PER_KEY = _rule(
    "per_key", OBJECT_TYPE, "an object, key by key, last non-null",
    'usage {"a":1} then {"b":2} -> {"a":1,"b":2}',
    rest=True,
)  # fmt: skip
MEMBER = _rule(
    "member", (), "`per_key` for an object, otherwise last",
    'info {"a":1} then {"b":2} -> {"a":1,"b":2}',
    rest=True,
)  # fmt: skip
ANY = _rule(
    "any", (), "an unknown field: an object member by member, a list grows or is sent again",
    'new ["a"] then ["a","b"] -> ["a","b"]',
    rest=True,
)  # fmt: skip
ANY_DELTA = _rule(
    "any_delta", (),
    "an unknown field of a delta: as `any`, but strings that differ grow, unless their key ends "
    "in one of `last_words`",
    'mood "ha" then "hi" -> "hahi"',
    options={"last_words": ("id",)}, needs={"last_words": STRINGS}, rest=True,
)  # fmt: skip
OBJECT = _rule(
    "object", OBJECT_TYPE,
    'members by the rules below it, all others by `rest`; `into: ""`: they are its parent\'s',
    'delta {"text":"a"} then {"text":"b"} -> {"text":"ab"}',
    rows={"delta.text": "append"},
    may={
        "into": ANY_STRING, "order": STRINGS, "always": STRINGS, "early": STRINGS, "delta": FLAG,
        "alike": ALIKE,
    },
)  # fmt: skip
ENTRIES = _rule(
    "entries", ARRAY_TYPE, "a list whose elements are routed by their index",
    'choices [{"n":1,"text":"b"}] then [{"n":0,"text":"a"}] '
    '-> [{"n":0,"text":"a"},{"n":1,"text":"b"}]',
    options={"by": "n", "missing": "zero", "limit": "choices"},
    rows={"choices[].text": "append"},
    needs={"by": STRING, "missing": "'position' or 'zero'", "limit": LIMIT},
)  # fmt: skip
CALLS = _rule(
    "calls", ARRAY_TYPE,
    "tool calls: routed by their id (`known`), their index (`by`) or their order; `sorts`: object "
    "of a call -> its members that are name and arguments",
    'calls [{"index":0,"id":"c"}] then [{"index":0,"done":true}] '
    '-> [{"index":0,"id":"c","done":true}]',
    options={"limit": "tool_calls"}, needs={"limit": LIMIT},
    may={"by": STRING, "known": STRING, "sorts": SORTS},
)  # fmt: skip
KEYED = _rule(
    "keyed", ARRAY_TYPE, "a list routed by several members",
    'notes [{"i":0,"k":"a","text":"x"}] then [{"i":0,"k":"a","text":"y"}] '
    '-> [{"i":0,"k":"a","text":"xy"}]',
    options={"by": ("i", "k"), "needs": "i"}, rows={"notes[].text": "append"},
    needs={"by": STRINGS, "needs": STRING},
)  # fmt: skip
CONTENT = _rule(
    "content", ("string", "array"),
    "a string, or a list of parts. `texts`: type -> its members that are texts; neighbours of "
    "such a type join",
    'content [{"type":"text","text":"a"}] then [{"type":"text","text":"b"}] '
    '-> [{"type":"text","text":"ab"}]',
    options={"texts": {"text": ("text",)}}, may={"texts": PART_TEXTS},
)  # fmt: skip
PARTS = _rule(
    "parts", ARRAY_TYPE,
    "a list of parts, neighbouring texts joined; a call whose arguments are streamed is one part",
    'parts [{"text":"a"}] then [{"text":"b"},{"run":{}}] -> [{"text":"ab"},{"run":{}}]',
    options={"joins": "text"}, needs={"joins": STRING},
    may={
        "unless": STRING, "closed_by": STRING, "streams": STREAMED, "texts": PART_TEXTS,
        "last_words": STRINGS, "whole": STRINGS,
    },
)  # fmt: skip
NAME = _rule(
    "name", TEXT_TYPE,
    "a tool's name, which may come in pieces and may be repeated, until `until` came",
    'name "get_" then "time" -> "get_time"',
    options={"until": "arguments"}, needs={"until": STRING},
)  # fmt: skip
FINISH = _rule(
    "finish", SCALARS, "a finish reason",
    'reason null then "stop" -> "stop"',
    may={"empty": NULL},
)  # fmt: skip
DEFERRED = _rule(
    "deferred", OBJECT_TYPE,
    "applied at the end of the event, by `rank`: `per_key` to the member `to`",
    '{"x":{"n":1},"usage":{"n":2}} -> {"usage":{"n":2}}',
    rows={
        "x": {"rule": "deferred", "rank": 0, "to": "usage"},
        "usage": {"rule": "deferred", "rank": 1, "to": "usage"},
    },
    needs={"rank": NUMBER, "to": STRING},
)  # fmt: skip
UNLESS = _rule(
    "unless", (), "dropped beside a `sibling` that says the same",
    '{"delta":{"a":"x"},"text":"x"} -> {"delta":{"a":"x"}}',
    rows={"text": {"rule": "unless", "sibling": "delta"}},
    needs={"sibling": STRING}, may={"as_sibling": STRING},
)  # fmt: skip
EXTEND_ANY = _rule(
    "extend_any", (), "a list grows, all else is last",
    "tokens [1] then [2] -> [1,2]",
    rest=True,
)  # fmt: skip

# Of no row: a member whose value is an error, beside the effect of its own rule.
SIGN = len(RULES)

OPS: Mapping[str, int] = {rule.name: number for number, rule in enumerate(RULES)}

# Rules for all members without one, and those a caller may name for a path.
RESTS = tuple([rule.name for rule in RULES if rule.rest])
USER_RULES = tuple(
    [rule.name for rule in sorted(RULES, key=lambda rule: rule.theirs) if rule.theirs]
)

# Rules of lists whose elements merge one by one.
_ROUTED = (ENTRIES, CALLS, KEYED)
ROUTED_RULES = tuple([RULES[number].name for number in _ROUTED])
