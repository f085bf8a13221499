"""The rules of each dialect, as data: one module, one dialect, no code.

Enters: nothing. Leaves: literals. Must not know: anything; rules import nothing.

Grammar of a table, as grammar.py checks it (a caller's may leave out all but NAME, and
FIELDS or EVENTS; a name that begins with _ is the module's own):

NAME      the dialect's name in the API.
NAMES     words in which this API differs from most (USUAL): `type` (the member with the sort of
          an element, a part or a delta), `id` (the member by which an answer and its elements are
          known), `index` (the member by which lists without a rule are routed), `text` (the text
          of an object in the place of a text), `part` (the type of a text among parts).
DETECT    the signs of this dialect under `dialect="auto"`: `event` (names of SSE events), `key`
          (members), `values` (members and their possible texts, `*` at either end stands for the
          rest), `shapes` (the same), `item` (a list, a member of its first element, members
          absent there); `shapes` and `item` decide nothing where `unless` holds (a list, members
          of which its first element has one). `type` is short for the member `type` of `values`,
          `object` for that of `shapes`. The tables are asked in the order of `DIALECTS`. A table
          without signs is never the wrong one.
WHOLE     the members of a whole, unstreamed answer of this dialect: paths with the type of the
          value there; several mappings, if one of them will do.
ERRORS    where in-band errors stand beside a top-level `error`: paths, or mappings of `at` (a
          path) and `is` (the texts there that are errors).
OWN       members by which an event of another name counts as one of ours, for dialects whose
          events have no names.
INHERITS  another table's module name: its sections stand for those absent here, and our FIELDS
          come on top of its own.
FIELDS    path -> rule, for events that merge member by member.
KIND      the member that names an event's kind, for dialects whose events differ;
SEQUENCE  the member that numbers the events, if they are numbered.
EVENTS    kind -> actions, or `by` (a member) and actions for each of its values;
          a `*` within a kind stands for anything. An action is a mapping with `do`,
          `at` (where, in the answer), `from` (where, in the event) and the options of
          its verb (event_spec.py): `value` (a constant instead of `from`), `make`
          (members of missing elements on the way, outermost first; "*" is the text
          behind the kind's star), `without_index` (where, if the event has no index),
          `again` (the effect of another base: "update", a later state; "fill", missing
          members alone), `last` and `last_words` (members of an unknown delta that come
          whole, and the last words of such), `error` (where the payload of an error
          stands), `holds` (the type of a full value), `json` (the text is JSON: an
          object or list in its place is its JSON text), `index` (of an insert).
ALIASES   kind -> the kind it is another name of.
LISTS     how the lists of the answer are held whose elements events address by index, by their
          path: `limit`; `index: "hint"` (an index is one way to find an element among others,
          lookup_hints.py: an event has to fit the element's type); `known` (the members by which
          an element is known, the first before the next; `made` says where events have the
          first); `open` (an index without an element means the open element of its type); `made`
          (members of a missing element, and where the event has them); `same` (a repeated start
          has the same member, another one has not); `exclusive` (members that do not stand
          together in one element, each with the type of the elements with it, or None: the member
          is their sign); `texts` and `last_words` (of an object or a list where a text belongs,
          as in FIELDS); `starts: False` (its elements have no start); `text` (the text to take
          piece by piece). `same` and `exclusive` are for lists without `index`, `known` and
          `open` for those with it.
ENDS      the judgement at the end of an answer: `calls`, each with `at` (a path to objects),
          `type` (their possible types), `json` (where a text stands that must be JSON, or empty),
          `name` (where a name stands, the first that is not empty) and `stopped: True` (judged
          when it is stopped, not at the end); `open` (a path to elements that must have ended);
          and where the terminator came, `finish`, with `at`, `has` (the member with the reason),
          `holds` (only where one of these holds something, members of them in `but` aside).
FINISHED  when a closed stream without a terminator is complete: once the answer holds something at
          the path `has`; with `each` (the path of a list), once all its elements hold something
          there; with `stopped` (the path of a list), once all its elements are stopped as well.
          `or` is a path whose value completes the stream, too, as a list of names.
TERMINATOR  members of an event, each with the value that ends the stream, beside `[DONE]`:
          `{"done": True}`. For events without kinds; these have the verb `end`.
READ      where text, usage, finish reason and tool calls stand in the answer: names, and steps
          of another sort (rows.py); a last step `gather` makes one usage of members that stand
          side by side: `({"gather": ("prompt_tokens", "output_tokens")},)`. `inputs`: where
          the arguments of a call stand in it (the first place found counts), and their sort:
          `json` (JSON text; an empty object before it is nothing yet), `text` (no JSON), `object`.
DELTAS    where the texts stand that take() gives piece by piece, in the order of giving: path in
          the answer -> kind (delta.py), or a mapping for the object there, or several.
          `a[choice]`, `a[index]`, `a[part]`: each element of a list, its number in that field of
          the Delta; `a[]`: its number in none. In a mapping: `by` (a member that chooses among
          the other keys; 0 is false there, `*` is any other value), `call` (the object is a tool
          call: where its `id` and its `name` stand, the first that is not empty), `alike`
          (members that may say the same: of an answer that came whole it is given once; for
          events FIELDS say so).

A rule is a name of field_spec.py, which has their meaning and their options, or a mapping with
`rule` and options.
`parts` has `joins` (the member that makes a part a text), `unless` (neighbours join only if they
agree in it), `closed_by` (a member that closes a part), `whole` (members whose object makes a
part that does not join, whatever its text), `texts` and `last_words` (of lists and objects in the
place of a text, as `content` and `any_delta` have them) and `streams` (how a call's arguments
come in pieces): `call` (the member with the call), `id`, `name`, `into` (where its arguments go),
`of` (the pieces), and of a piece `path`, `null` (the member for a null) and `while` (true where a
call, or the string of a piece, goes on).
Options: `into` (the key in the answer), `null: "absent"`, `empty: "null"` (an empty value is a
null), `default`, `order`, `always`, `rest`, `early`, `alike` (of a delta: members that may say
the same in an event, the given ones first; each with the like members of a list's element),
`json` (of append and last: an object or a list is its JSON text), `texts` (of content: types
whose neighbours join -> their text members), and those of a single rule (field_spec.py).
"""

from __future__ import annotations

# The order in which `auto` asks: a kind named by the event comes before a guess by its members.
# Chat claims any `choices`, and therefore comes last.
DIALECTS = (
    "anthropic_messages",
    "openai_responses",
    "google_gemini",
    "openai_completions",
    "openai_chat",
)

# Defaults of a table, as most APIs have it: NAMES, and options of rules.
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

# Words of DETECT for a member of `values` or `shapes`.
DETECTS = {"type": ("values", "type"), "object": ("shapes", "object")}

# The signs of a failure. `under` is a member. An event or body is a failure as a whole in two
# cases: its name or its member `kind` is the word `named`; or the dialect does not know its kind,
# and no member in `unless` holds anything. Of each sign: `at`, where it stands, and when it is
# one: `is` (this text), `list` (not empty), `from` (a number as large, `beside` one of these),
# else any value but null, "" and 0. A payload with one of `told` explains the failure; an event
# that is a failure as a whole explains it with the first.
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
