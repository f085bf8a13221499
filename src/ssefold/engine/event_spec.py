"""The verbs of EVENTS: for each its name, its options, its meaning, an example.

Enters: nothing.
Leaves: VERBS, the one list in which the verbs' names stand, as data: table.py compiles by it,
grammar.py checks by it, and the table in docs/dialects.md is made of it.
Must not know: events, states, how a verb is executed (event_merge.py and event_verbs.py do).

An example `{"delta":"Hel"} then {"delta":"lo"} -> {"text":"Hello"}` shows two events with these
members, and their answer; `actions` are those of the events. Tests fold each of them with both
backends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ssefold.engine.field_spec import FLAG, PATH, SCALAR, STRING, STRINGS

# The possible values of an option, beside the words of field_spec.py.
MAKE = "a mapping of members, or a list of such"

# The value at an action's address.
ON_ELEMENT = "an element"
ON_MEMBER = "a member"
ON_PLACE = "a place"
ON_NOTHING = ""


class Verb(NamedTuple):
    """One verb.

    at:      the value at its address; "" if it has none.
    means:   one line.
    example: see above; actions: of its events.
    needs, may: options -> their possible values, beside `do`.
    """

    name: str
    at: str
    means: str
    example: str
    actions: tuple[Mapping[str, Any], ...]
    needs: Mapping[str, str]
    may: Mapping[str, str]


VERBS: dict[str, Verb] = {}

_FROM = {"from": PATH}
_AT = {"at": STRING}
_BOTH = {"at": STRING, "from": PATH}
_GROWS = {"make": MAKE, "without_index": PATH}


def _verb(
    name: str,
    at: str,
    means: str,
    example: str,
    *actions: Mapping[str, Any],
    needs: Mapping[str, str],
    may: Mapping[str, str] | None = None,
) -> str:
    """The next verb; returns its name."""
    VERBS[name] = Verb(name, at, means, example, actions, needs, may or {})
    return name


BASE = _verb(
    "base", ON_NOTHING, "the whole object is the answer so far",
    '{"answer":{"id":"a"}} then {"answer":{"id":"a","n":1}} -> {"id":"a"}',
    {"do": "base", "from": "answer"},
    needs=_FROM, may={"again": "'update' or 'fill'"},
)  # fmt: skip
UPDATE = _verb(
    "update", ON_NOTHING, "the members of a later state of the answer: last non-null",
    '{"answer":{"id":"a"}} then {"answer":{"id":"a","n":1}} -> {"id":"a","n":1}',
    {"do": "update", "from": "answer", "again": "update"},
    needs=_FROM, may={"again": "'update'"},
)  # fmt: skip
ANSWER = _verb(
    "answer", ON_NOTHING, "the whole object is the answer, and the stream ends",
    '{"answer":{"id":"a"}} then {"answer":{"id":"b"}} -> {"id":"a"}',
    {"do": "answer", "from": "answer"},
    needs=_FROM, may={"error": PATH},
)  # fmt: skip
MERGE = _verb(
    "merge", ON_NOTHING, "the event merges member by member, as FIELDS say",
    '{"n":1} then {"n":2} -> {"n":2}',
    {"do": "merge"},
    needs={},
)  # fmt: skip
END = _verb(
    "end", ON_NOTHING, "the stream is at its end",
    '{"n":1} then {"n":2} -> {"n":1}',
    {"do": "set", "at": "n", "from": "n"}, {"do": "end"},
    needs={},
)  # fmt: skip
PUT = _verb(
    "put", ON_ELEMENT, "a whole element of a list; one that deltas made keeps what they gave",
    '{"i":0,"item":{"id":"a"}} -> {"items":[{"id":"a"}]}',
    {"do": "put", "at": "items[i]", "from": "item"},
    needs=_BOTH, may={"make": MAKE},
)  # fmt: skip
FULL = _verb(
    "full", ON_PLACE, "a full value in the place of what its fragments gave",
    '{"text":"Hel"} then {"text":"Hello"} -> {"text":"Hello"}',
    {"do": "full", "at": "text", "from": "text"},
    needs=_BOTH,
    may={"make": MAKE, "holds": "'object' or 'array' or 'string'", "json": FLAG},
)  # fmt: skip
APPEND = _verb(
    "append", ON_PLACE, "a string grows; `json`: an object or a list in its place is its JSON text",
    '{"delta":"Hel"} then {"delta":"lo"} -> {"text":"Hello"}',
    {"do": "append", "at": "text", "from": "delta"},
    needs=_BOTH, may={**_GROWS, "json": FLAG},
)  # fmt: skip
APPEND_JSON = _verb(
    "append_json", ON_MEMBER, "a string that is JSON text grows; once it is whole it is its value",
    '{"delta":"{\\"a\\""} then {"delta":":1}"} -> {"input":{"a":1}}',
    {"do": "append_json", "at": "input", "from": "delta"},
    needs=_BOTH, may=_GROWS,
)  # fmt: skip
EXTEND = _verb(
    "extend", ON_MEMBER, "a list grows by a list",
    '{"new":[1]} then {"new":[2,3]} -> {"list":[1,2,3]}',
    {"do": "extend", "at": "list", "from": "new"},
    needs=_BOTH, may=_GROWS,
)  # fmt: skip
PUSH = _verb(
    "push", ON_MEMBER, "a list grows by one element",
    '{"new":1} then {"new":2} -> {"list":[1,2]}',
    {"do": "push", "at": "list", "from": "new"},
    needs=_BOTH, may=_GROWS,
)  # fmt: skip
INSERT = _verb(
    "insert", ON_MEMBER, "a list grows by one element, at the index that the event has",
    '{"i":0,"new":"b"} then {"i":0,"new":"a"} -> {"list":["a","b"]}',
    {"do": "insert", "at": "list", "from": "new", "index": "i"},
    needs={**_BOTH, "index": STRING}, may=_GROWS,
)  # fmt: skip
SET = _verb(
    "set", ON_PLACE, "a value is replaced, by a constant if the action has a `value`",
    '{"n":1} then {"n":2} -> {"now":2}',
    {"do": "set", "at": "now", "from": "n"},
    needs=_AT, may={**_FROM, **_GROWS, "value": SCALAR},
)  # fmt: skip
SPREAD = _verb(
    "spread", ON_ELEMENT, "each member goes to the element's member of the same name; strings grow",
    '{"i":0,"delta":{"a":"x"}} then {"i":0,"delta":{"a":"y"}} -> {"items":[{"is":"t","a":"xy"}]}',
    {"do": "spread", "at": "items[i]", "from": "delta", "make": {"is": "t"}},
    needs=_BOTH,
    may={
        **_GROWS, "without": STRINGS, "type_without": STRING, "last": STRINGS,
        "last_words": STRINGS,
    },
)  # fmt: skip
STOP = _verb(
    "stop", ON_ELEMENT, "an element is finished: what it has of JSON text is read once and for all",
    '{"i":0,"delta":"[1]"} -> {"items":[{"input":[1]}]}',
    {"do": "append_json", "at": "items[i].input", "from": "delta"},
    {"do": "stop", "at": "items[i]"},
    needs=_AT,
)  # fmt: skip

# Verbs of fragments: an element whose text had its end takes no more of them.
FRAGMENTS = (APPEND, APPEND_JSON, EXTEND, FULL)

# Verbs that come time and again: all others are rare, and no template is made of them.
FREQUENT = (APPEND, APPEND_JSON, EXTEND)

# Verbs of texts that grow, whose place holds either a text or JSON text.
TEXT_VERBS = (APPEND, APPEND_JSON)

# Verbs of the answer as a whole: an event without a source is odd, or the end all the same. Other
# verbs do nothing where an event lacks their source.
ON_ANSWER = (BASE, UPDATE, ANSWER)

# Verbs whose element may go without a name.
WHOLE = (PUT, SPREAD, STOP)

# Verbs of terminal events.
ENDS = (ANSWER, END)
