"""The rules of each dialect, as data: one module, one dialect, no code.

Enters: nothing. Leaves: literals. Must not know: anything; rules import nothing.

Grammar of a table, as grammar.py checks it (a caller's may leave out all but NAME, and
FIELDS or EVENTS; a name that begins with _ is the module's own):

NAME      the dialect's name in the API.
NAMES     what is called otherwise than in most APIs (USUAL): `type` (the member that says
          what an element, a part or a delta is), `id` (by it an answer and its elements are
          known), `index` (by it elements of lists that no rule names are routed), `text` (the
          text of an object that came where a text belongs), `part` (the type that a text has
          among parts).
DETECT    what decides for this dialect under `dialect="auto"`: `event` (names of
          SSE events), `key` (members), `values` (members and texts that they may have,
          `*` at either end stands for the rest), `shapes` (the same), `item` (a list, a
          member its first element has, those it lacks); `shapes` and `item` decide nothing
          where `unless` holds (a list, members of which its first element has one). `type`
          is short for that member of `values`, `object` for that of `shapes`. The tables are
          asked in the order of `DIALECTS`. A table without it is never the wrong one.
WHOLE     what a body must hold to be a whole, unstreamed answer of this dialect:
          paths with the type of what stands there; several such, if one will do.
ERRORS    where in-band errors stand beside a top-level `error`: paths, or mappings of
          `at` (a path) and `is` (the texts there that are errors).
OWN       members that an event of another name must have to be one of ours, for dialects
          whose events have no names.
INHERITS  another table's module name: what this one does not say is as there, and
          its FIELDS come on top of that one's.
FIELDS    path -> rule, for events that merge member by member.
KIND      the member that names an event's kind, for dialects whose events differ;
SEQUENCE  the member that numbers the events, if they are numbered.
EVENTS    kind -> actions, or `by` (a member) and actions for each of its values;
          a `*` within a kind stands for anything. An action is a mapping with `do`,
          `at` (where, in the answer), `from` (where, in the event) and what that
          verb reads (event_merge.py): `value` (a constant instead of `from`), `make`
          (what missing elements on the way are made of, outermost first; "*" is
          what the kind's stood for), `without_index` (where, if the event has no
          index), `again` (what another base does: "update", a later state; "fill", what is
          missing), `last` and `last_words` (members of an unknown delta that come whole, and
          the last words of such), `error` (where the payload of an
          error stands), `holds` (the type of a full value), `json` (the text is JSON: an object
          or list in its place is its JSON text), `index` (of an insert).
ALIASES   kind -> the kind it is another name of.
LISTS     how lists of the answer that events address by index are held, by their
          path: `limit`; `index: "hint"` (an index is one way to find an element among
          others, lookup_hints.py: an event has to fit the element's type); `known` (the
          members by which an element is known, the first before the next; `made` says
          where events have the first); `open` (an index that leads to none means the
          open element of its type); `made` (members of a missing element, and where the
          event has them); `same` (the member that tells a repeated start from another
          one); `exclusive` (members that do not stand together in one element, each with
          the type of those that have it, or None: they are those that have it); `texts` and
          `last_words` (of an
          object or a list where a text belongs, as in FIELDS);
          `starts: False` (its elements have no start); `text` (what is taken piece by
          piece). `same` and `exclusive` are for lists without `index`, `known` and `open`
          for those with it.
ENDS      what is judged at the end of an answer: `calls`, each with `at` (a path to
          objects), `type` (those they may be of), `json` (where the text stands that must
          be JSON, or empty), `name` (where a name stands, the first that is not empty)
          and `stopped: True` (when it is stopped, not at the end); `open` (a path to
          elements that must have ended); and where the terminator came, `finish`, with `at`,
          `has` (the member that says why), `holds` (only where one of these holds something,
          members of them in `but` aside).
FINISHED  when a closed stream without a terminator is complete.
TERMINATOR  members of an event, each with the value with which it ends the stream, beside
          `[DONE]`: `{"done": True}`. For events without kinds; these have the verb `end`.
READ      where text, usage, finish reason and tool calls stand in the answer: names, and steps
          of another sort (rows.py); a last step `gather` makes one usage of members that stand
          side by side: `({"gather": ("prompt_tokens", "output_tokens")},)`.
DELTAS    where the texts stand that take() gives piece by piece, in the order in which it
          gives them: path in the answer -> kind (delta.py), or a mapping for the object
          there, or several. `a[choice]`, `a[index]`, `a[part]`: each element of a list,
          whose number is that field of the Delta; `a[]`: of none. In a mapping: `by` (a
          member that chooses among the other keys; 0 is false there, `*` is any other
          value), `call` (the object is a tool call: where its `id` and its `name` stand,
          the first that is not empty), `alike` (members that may say the same: of an answer
          that came whole it is given once; for events FIELDS say so).

A rule is a name, or a mapping with `rule` and options:
  drop, first (first non-empty), last (last non-null), last_filled (last
  non-empty), append, extend, snapshot (last non-null, whole), per_key (an object,
  key by key, last non-null), member (per_key for an object, otherwise last), any
  (an unknown field), any_delta (an unknown field of a delta), object (members by
  the rules below it), entries (a list routed by index), calls (tool calls), keyed
  (a list routed by several members), content, parts, name (a tool's name), finish
  (a finish reason), deferred (applied at the end of the event, by rank), unless
  (dropped beside a sibling), extend_any (a list extends, all else is last).
`parts` has `joins` (the member that makes a part a text), `unless` (one that neighbours
must agree in to join), `closed_by` (one that closes a part), `whole` (those
whose object makes a part that does not join, whatever text it has), `texts` and `last_words`
(of lists and objects that came where a text belongs, as `content` and `any_delta` have them)
and `streams` (how a call's arguments come in pieces): `call` (the member that is one), `id`,
`name`, `into` (where its arguments go), `of` (the pieces), and of a piece `path`, `null` (the
member that says null) and `while` (true where a call, or the string of a piece, goes on).
Options: `into` (the key in the answer), `null: "absent"`, `empty: "null"`
(an empty value is a null), `default`, `order`,
`always`, `rest`, `early`, `alike` (of a delta: members that may say the same in an event, first
those that are given; each with the members of a list's element that say it), `json` (of append
and last: an object or a list is its JSON text), `texts` (of content: types whose neighbours join
-> their members that are texts), and those a single rule reads (field_merge.py).
"""

from __future__ import annotations

# The order in which `auto` asks: a kind named by the event comes before a guess
# by its members, and chat, which claims any `choices`, comes last.
DIALECTS = (
    "anthropic_messages",
    "openai_responses",
    "google_gemini",
    "openai_completions",
    "openai_chat",
)

# What a table means that does not say it, as most APIs have it: NAMES, and options of rules.
USUAL = {
    "NAMES": {
        "type": "type",
        "id": "id",
        "index": "index",
        "text": "text",
        "part": "text",
        "error": "error",
    },
    "FIELDS": {
        "calls": {
            "by": "index",
            "known": "id",
            "sorts": {"function": ("name", "arguments"), "custom": ("name", "input")},
        },
    },
}

# Words of DETECT that are short for a member of `values` or `shapes`.
DETECTS = {"type": ("values", "type"), "object": ("shapes", "object")}

# What reports a failure: `under` a member; as a whole event or body where the event's name or its
# member `kind` is the word `named`, or where none of the members `unless` holds anything and the
# dialect does not know the event's kind. Of each sign: `at`, where it stands, and when it is
# one: `is` (this text), `list` (not empty), `from` (a number as large, `beside` one of these),
# else whatever is neither null, "" nor 0. A payload with one of `told` says what went wrong; an
# event that is one as a whole says it with the first.
FAILURES = {
    "under": "error",
    "named": "error",
    "kind": "type",
    "told": ("message", "code"),
    "unless": ("choices", "candidates"),
    "signs": (
        {"at": "object", "is": "error"},
        {"at": "error_type"},
        {"at": "error_code"},
        {"at": "error_message"},
        {"at": "errors", "list": True},
        {"at": "base_resp.status_code"},
        {"at": "status_code", "from": 400, "beside": ("message", "detail", "msg")},
        {"at": "code", "from": 400, "beside": ("message", "detail", "msg")},
    ),
}

# Names of events that only keep a connection open.
HEARTBEATS = ("ping", "heartbeat", "keepalive", "keep-alive")
