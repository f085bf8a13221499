"""The rows of a table, one by one, ready to be asked by nodes and events.

Enters: literals of a `rules/` module.
Leaves: objects with an attribute for each option, looked up once and not per event.
Must not know: events, states, backends, the dialect's name.

The grammar of a table is described in `rules/__init__.py`. Only the compiling modules (this one
and table.py) read the options; all others ask attributes.

One source for both backends: `_c/engine/rows.pxd` says how it is compiled.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ssefold.delta import Delta
from ssefold.engine.event_spec import ON_ANSWER


class Names:
    """The names of members with the same meaning wherever they stand in a dialect (NAMES).

    type:  the sort of an element, a part or a delta.
    id:    by it an answer and the elements of its lists are known.
    index: by it the elements of lists without a rule are routed.
    text:  the text of an object in the place of a text; part: the type of a text among parts.
    error: the cause of a failure.
    """

    __slots__ = ("error", "id", "index", "part", "text", "type")

    def __init__(self, names: Mapping[str, str]) -> None:
        self.type = names["type"]
        self.id = names["id"]
        self.index = names["index"]
        self.text = names["text"]
        self.part = names["part"]
        self.error = names["error"]


class CallsRow:
    """The rule `calls`.

    by:    the member that routes a fragment; known: the one by which a call is known.
    sorts: of each sort of call (its object, where its name stands there, where its arguments).
    """

    __slots__ = ("by", "known", "sorts")

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.by: str = options["by"]
        self.known: str = options["known"]
        self.sorts = tuple([(sort, *inside) for sort, inside in options["sorts"].items()])


class PartsRow:
    """The rule `parts`.

    joins:     the member that makes a part a text; unless: neighbours join if they agree in it.
    closed_by: a member behind which nothing joins. whole: members whose object joins nothing.
    streams:   how a call's arguments come in pieces, or None.
    """

    __slots__ = ("closed_by", "joins", "streams", "unless", "whole")

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.joins: str = options["joins"]
        self.unless: Any = options.get("unless")
        self.closed_by: Any = options.get("closed_by")
        self.whole: tuple[str, ...] = tuple(options.get("whole", ()))
        self.streams: Any = StreamsRow(options["streams"]) if "streams" in options else None


class StreamsRow:
    """How a call's arguments come in pieces.

    call: the member with the call, its id, its name, and its arguments (into), made of the pieces
    (of). Of a piece: its path, the member for a null (nothing). goes_on: true where a call, or
    the string of a piece, goes on.
    """

    __slots__ = ("call", "goes_on", "id", "into", "name", "nothing", "of", "path")

    def __init__(self, options: Mapping[str, str]) -> None:
        self.call = options["call"]
        self.id = options["id"]
        self.name = options["name"]
        self.into = options["into"]
        self.of = options["of"]
        self.path = options["path"]
        self.nothing = options["null"]
        self.goes_on = options["while"]


class ListRow:
    """How a list of the answer is held if events address it by index (LISTS).

    limit: the name of its bound. hint: indexes are hints (lookup_hints.py); open: an index
           without an element means the open element of its type. starts: its elements have a
           start.
    known: the members by which an element is known, or None; own: the first of them, also: the
           others; own_from: where an event has the first.
    made:  members of a missing element -> where the event has them.
    same:  a repeated start has the same member, another one has not; or None.
    exclusive: members that do not stand together in one element -> their type or None; or None.
    text:  the text to take piece by piece, or None. type: the member with an element's sort.
    """

    __slots__ = (
        "also",
        "exclusive",
        "hint",
        "known",
        "limit",
        "made",
        "open",
        "own",
        "own_from",
        "same",
        "starts",
        "text",
        "type",
    )

    def __init__(self, options: Mapping[str, Any], names: Any) -> None:
        self.limit: str = options["limit"]
        self.hint = options.get("index") == "hint"
        self.open: bool = options.get("open", False)
        self.starts: bool = options.get("starts", True)
        self.known: tuple[str, ...] | None = options.get("known")
        self.made: dict[str, str] = dict(options.get("made", {}))
        own = self.known[0] if self.known else ""
        self.own = own or None
        self.own_from = self.made.get(own, own) or None
        self.also = self.known[1:] if self.known else ()
        self.same: Any = options.get("same")
        exclusive = options.get("exclusive")
        self.exclusive: Any = None if exclusive is None else dict(exclusive)
        self.text: Any = options.get("text")
        self.type: Any = names.type if names is not None else None


# A list for inserted elements, whatever the table says of it.
INSERTED = ListRow({"limit": "blocks", "index": "hint"}, None)


# -- the actions of events ---------------------------------------------------------------------

# The Python type of a full value, by the `holds` of its action.
_HELD: Mapping[str, type] = {"object": dict, "array": list, "string": str}


class Action:
    """One action of an event: a verb, where it acts, and its options.

    path:   the steps from the answer to the object with the target, each (name, by, list): `by`
            is the member of the event with the index, or None for an object; `list` names the
            list in LISTS.
    element: such a step, if the target is one; leaf: its key, if it is a member.
    steps:  path, and the element's step behind it if there is one.
    source: steps into the event.
    make:   members of the elements on the way, where they are missing, outermost first.
    other:  the action instead where the event has no index.
    takes:  it does nothing where the event lacks its source.

    Options of single verbs (event_spec.py): the constant; json: the text is JSON; again; holds:
    the Python type of a full value; error: steps to the payload of one; index: of an insert; of a
    spread without, last, last_words and suffix (of the delta's type).
    """

    __slots__ = (
        "again",
        "constant",
        "element",
        "error",
        "holds",
        "index",
        "json",
        "last",
        "last_words",
        "leaf",
        "make",
        "other",
        "path",
        "source",
        "steps",
        "suffix",
        "takes",
        "verb",
        "without",
    )

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.verb: str = options["do"]
        leaf: Any
        self.path, self.element, leaf = _address(options.get("at", ""))
        self.steps = self.path if self.element is None else (*self.path, self.element)
        self.leaf = leaf
        self.source: tuple[Any, ...] = steps(options.get("from", ""))
        make = options.get("make", ())
        makes = (make,) if isinstance(make, Mapping) else make
        self.make: tuple[dict[str, Any], ...] = tuple([dict(each) for each in makes])
        self.constant: Any = options.get("value")
        self.json: bool = options.get("json", False)
        self.again: Any = options.get("again")
        self.holds: Any = _HELD[options.get("holds", "string")]
        self.error: Any = steps(options["error"]) if "error" in options else None
        self.index: Any = options.get("index")
        self.without: tuple[str, ...] = tuple(options.get("without", ()))
        self.last: tuple[str, ...] = tuple(options.get("last", ()))
        self.last_words: tuple[str, ...] = tuple(options.get("last_words", ()))
        self.suffix: Any = options.get("type_without")
        other = options.get("without_index")
        other_options = {**options, "at": other, "without_index": None}
        self.other = None if other is None else Action(other_options)
        self.takes = bool(self.source) and self.verb not in ON_ANSWER


def _address(at: str) -> tuple[tuple[Any, ...], Any, str | None]:
    """Path, list and leaf of `"a[i].b[j].c"` (see Action)."""
    path: list[Any] = []
    names: list[str] = []
    for step in steps(at):
        if type(step) is tuple:
            path[-1] = (path[-1][0], step[0], ".".join(names))
        else:
            names.append(step)
            path.append((step, None, ""))
    if not path:
        return (), None, None
    last = path.pop()
    return (tuple(path), None, last[0]) if last[1] is None else (tuple(path), last, None)


def actions_of(source: Any) -> Any:
    """Actions ready to be executed; a mapping chooses among them by a member."""
    if isinstance(source, Mapping):
        chosen = {k: actions_of(v) for k, v in source.items() if k != "by"}
        return {"by": steps(source["by"]), **chosen}
    return tuple(Action(options) for options in source)


def steps(path: str) -> tuple[Any, ...]:
    """`"a[].b[index].c"` as ("a", (None,), "b", ("index",), "c")."""
    out: list[Any] = []
    for step in path.split(".") if path else ():
        name, bracket, key = step.partition("[")
        if name:
            out.append(name)
        if bracket:
            out.append((key.rstrip("]") or None,))
    return tuple(out)


# -- the end of an answer -----------------------------------------------------------------------

# The questions to an object at the end of an answer.
JUDGE_CALL = 0
JUDGE_REASON = 1
JUDGE_OPEN = 2


class Ends:
    """The judgement at the end of an answer, ready to be asked; names and texts are steps.

    rows:      (JUDGE_CALL, types or None, its JSON text or None, names), (JUDGE_REASON, the
               member with the reason, members that hold something, those aside), (JUDGE_OPEN,).
    tree:      where the judged objects stand, as nodes: (key, or None for each element; the rows
               of the value there; the nodes below); root_rows: those of the answer itself.
    stopped:   (types, names) of the calls to judge when they stop.
    """

    __slots__ = ("calls", "root_rows", "rows", "stopped", "tree")

    def __init__(self, source: Mapping[str, Any]) -> None:
        asked: list[tuple[str, tuple[Any, ...]]] = []
        stopped = []
        for row in source.get("calls", ()):
            names = tuple([steps(name) for name in row["name"]])
            text = steps(row["json"]) if "json" in row else None
            if row.get("stopped"):
                stopped.append((row["type"], names))
            else:
                asked.append((row["at"], (JUDGE_CALL, row.get("type"), text, names)))
        self.calls = len(asked) > 0
        finish = source.get("finish")
        if finish is not None:
            holding = (tuple(finish.get("holds", ())), tuple(finish.get("but", ())))
            asked.append((finish.get("at", ""), (JUDGE_REASON, finish["has"], *holding)))
        if "open" in source:
            asked.append((source["open"], (JUDGE_OPEN,)))
        self.rows = tuple([row for _, row in asked])
        self.stopped = tuple(stopped)
        paths = [(steps(at), number) for number, (at, _) in enumerate(asked)]
        self.root_rows = tuple([number for path, number in paths if not path])
        self.tree = _asked([row for row in paths if row[0]])


def _asked(rows: Any) -> tuple[Any, ...]:
    """Rows of (steps, number) as the nodes of a tree."""
    nodes = []
    for key in dict.fromkeys([path[0] for path, _ in rows]):
        here = [(path[1:], number) for path, number in rows if path[0] == key]
        ending = tuple([number for path, number in here if not path])
        below = _asked([row for row in here if row[0]])
        nodes.append((key if isinstance(key, str) else None, ending, below))
    return tuple(nodes)


# -- where something stands in the answer -------------------------------------------------------


class Step:
    """One step of a way through the answer, further than a name leads (READ).

    entry: a list, of which the element with the wanted index in `by` is meant. each: a list, of
           which all elements are meant with one of these types (in their member `type`), or with
           such a member (has), or with none such (lacks). among: the value there counts if it is
           one of these. gather: an object with these members alone is meant. One of these four is
           not None.
    """

    __slots__ = ("among", "by", "each", "entry", "gather", "has", "lacks", "type", "types")

    def __init__(self, options: Mapping[str, Any], names: Names) -> None:
        self.entry: Any = options.get("entry")
        self.each: Any = options.get("each")
        self.among: Any = options.get("among")
        self.gather: Any = options.get("gather")
        self.by = names.index
        self.type = names.type
        self.types: Any = options.get("type")
        self.has: Any = options.get("has")
        self.lacks: Any = options.get("lacks")


# The ways of READ, to be asked for.
TEXT_WAY = 0
FINISH_WAY = 1
CALLS_WAY = 2
USAGE_WAY = 3

# The sorts of a call's arguments: JSON text, a text but no JSON, an object.
JSON_INPUT = 0
TEXT_INPUT = 1
OBJECT_INPUT = 2
INPUT_SORTS: Mapping[str, int] = {
    "json": JSON_INPUT, "text": TEXT_INPUT, "object": OBJECT_INPUT,
}  # fmt: skip


class ReadRow:
    """Where text, finish reason, tool calls and usage stand in the answer (READ): ways of names
    and Steps, () for none.

    parts, inner: where the text stands in a value that came in a text's place: of each part of a
    list (read as the member "" of an object), of an object. inputs: (names, sort) of a call's
    arguments; the first found ones count.
    """

    __slots__ = ("calls", "finish", "inner", "inputs", "parts", "text", "usage")

    def __init__(self, ways: Mapping[str, Any], names: Names) -> None:
        self.text = _way(ways.get("text", ()), names)
        self.finish = _way(ways.get("finish", ()), names)
        self.calls = _way(ways.get("calls", ()), names)
        self.usage = _way(ways.get("usage", ()), names)
        sorts = ways.get("inputs", {})
        self.inputs = tuple([(tuple(at.split(".")), INPUT_SORTS[sorts[at]]) for at in sorts])
        self.inner = (names.text,)
        self.parts = (Step({"each": "", "type": (names.part,)}, names), names.text)


def _way(way: Any, names: Names) -> tuple[Any, ...]:
    """A way ready to be gone."""
    listed = (way,) if isinstance(way, str) else way
    return tuple([step if isinstance(step, str) else Step(step, names) for step in listed])


def way_of(way: tuple[Any, ...], choice: int) -> tuple[Any, ...]:
    """A way of READ for one choice; () if it leads to none of its own."""
    if choice != 0 and way and (isinstance(way[0], str) or way[0].entry is None):
        return ()
    return way


# Of a stream without an answer.
UNREAD = ReadRow({}, Names(dict.fromkeys(Names.__slots__, "")))


def text_steps(way: tuple[Any, ...]) -> tuple[tuple[Any, ...], str | None]:
    """Lists and types on the way to a text, and its key; nothing for another sort of way."""
    lists, leaf = way[:-1], way[-1:]
    if not lists or type(leaf[0]) is not str:
        return (), None
    for step in lists:
        if type(step) is str or step.each is None or step.types is None:
            return (), None
        if step.has is not None or step.lacks is not None:
            return (), None
    return tuple([(step.each, step.types) for step in lists]), leaf[0]


# -- texts to take ------------------------------------------------------------------------------

# The sorts of rows of a sheet.
LEAF = 0  # a text, of the kind `below`
INSIDE = 1  # an object with rows of its own
EACH = 2  # a list: the rows of each element, whose number is `field` of its place
BY = 3  # rows chosen by a member
CALL = 4  # the object is a tool call: where its id and its name stand

# The field of a text in whose place an object has rows of its own.
OWN_ROWS = 9

# The fields of a place; those of a tool call are the last two.
PLACE = Delta._fields[2:]


def sheet(rows: Any) -> tuple[Any, ...]:
    """A table's DELTAS, or a part of them, ready to be walked."""
    if isinstance(rows, tuple):
        return tuple([row for one in rows for row in sheet(one)])
    if "by" in rows:
        cases = {value: sheet(below) for value, below in rows.items() if value != "by"}
        return ((BY, (rows["by"],), cases, -1, False),)
    alike = rows.get("alike", ())
    out = []
    for path, below in rows.items():
        if path == "call":
            where = [[tuple(one.split(".")) for one in below.get(key, ())] for key in PLACE[3:]]
            out.append((CALL, (), where, -1, False))
        elif path != "alike":
            row = _row(path.split("."), below, path.partition("[")[0] in alike)
            if row[0] == LEAF and any([other.startswith(path + ".") for other in rows]):
                row = (LEAF, row[1], below, OWN_ROWS, row[4])
            out.append(row)
    return tuple(out)


def _row(steps: list[str], below: Any, alike: bool) -> Any:
    """The row of a path; the first list on its way begins a row of its own."""
    names: list[str] = []
    for position, step in enumerate(steps):
        name, bracket, field = step.partition("[")
        names.append(name)
        if bracket:
            rest = steps[position + 1 :]
            inner = (_row(rest, below, False),) if rest else _below(below)
            number = PLACE.index(field[:-1]) if field[:-1] else -1
            return (EACH, tuple(names), inner, number, alike)
    if isinstance(below, str):
        return (LEAF, tuple(names), below, -1, alike)
    return (INSIDE, tuple(names), sheet(below), -1, alike)


def _below(below: Any) -> tuple[Any, ...]:
    """The rows of a list's elements, or of the texts in their place."""
    return ((LEAF, (), below, -1, False),) if isinstance(below, str) else sheet(below)


def every_row(rows: tuple[Any, ...]) -> list[Any]:
    """The rows of a sheet and those below them."""
    found: list[Any] = []
    for row in rows:
        found.append(row)
        if row[0] == BY:
            for case in row[2].values():
                found += every_row(case)
        elif row[0] == INSIDE or row[0] == EACH:
            found += every_row(row[2])
    return found


def names_in(rows: tuple[Any, ...], ways: ReadRow) -> frozenset[str]:
    """The members on the ways to texts that are taken, and to whatever else callers ask for."""
    names: set[str] = set()
    for row in every_row(rows):
        names.update(row[1])
    for way in (ways.text, ways.finish, ways.calls, ways.usage, ways.inner, ways.parts):
        for step in way:
            if isinstance(step, str):
                names.add(step)
                continue
            names.update(step.gather or ())
            said = (step.entry, step.each, step.by, step.type, step.has, step.lacks)
            names.update([name for name in said if isinstance(name, str)])
    return frozenset(names)


def called_in(rows: tuple[Any, ...]) -> frozenset[str]:
    """The members with a call's id and its tool's name."""
    calls = [row[2] for row in every_row(rows) if row[0] == CALL]
    return frozenset([path[-1] for where in calls for paths in where for path in paths])
