"""From a dialect's table to the nodes that the merge walks.

Enters: the literals of a `rules/` module, and a caller's overrides.
Leaves: a `Table` whose nodes hold, for each place of an event, the rule and all
that the rule needs, looked up once and not per event.
Must not know: events, states, backends.

The grammar of a table is described in `rules/__init__.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ssefold.engine.event_spec import MERGE
from ssefold.engine.field_spec import (
    ANY,
    ANY_DELTA,
    CONTENT,
    DEFERRED,
    DROP,
    FINISH,
    OBJECT,
    OPS,
    PARTS,
    PER_KEY,
    ROUTED_RULES,
    RULES,
    SIGN,
    UNLESS,
    USER_RULES,
)

_STEP = re.compile(r"[^.\[\]]+(\[\])?")


class Node:
    """One place of an event and its rule.

    op:       the rule, one of the numbers above.
    name:     the key it has in the answer (a delta becomes a message); named: it has one.
    absent:   null leaves no key (everywhere else it leaves a null).
    empty:    "" and 0 count as null.
    default:  what stands there when nothing came, if the key is always there.
    has_default: whether there is one; the empty values of a "first" rule then count as nothing.
    without:  a suffix to take off, `cut` characters long.
    delta:    this is what a choice adds in an event.
    alike:    members that may say the same, each with those of a list's element; or None;
              alike_names: the same, to be looked up.
    given:    the last value that the suffix was taken off, and without it.
    only_text: anything but a string is an unknown field.
    options:  what only this rule reads (see field_merge.py).
    children: the members with rules of their own; rest: the rule of all others.
    item:     the elements of a list.
    order, always: the keys that come first, and those that are always there; givers: the
              members whose rules say what stands there then.
    early:    members read before the others; is_early: this is one of them.
    by:       the member that routes a list's elements.
    sign:     (number of the row of ERRORS, the texts that are errors or None), or None.
    crowded:  members that differ may go to one key of the answer, by rules that differ.
    """

    __slots__ = (
        "absent",
        "alike",
        "alike_names",
        "always",
        "by",
        "children",
        "crowded",
        "cut",
        "default",
        "delta",
        "early",
        "empty",
        "given",
        "givers",
        "has_default",
        "is_early",
        "item",
        "name",
        "named",
        "only_text",
        "op",
        "options",
        "order",
        "rest",
        "sign",
        "without",
    )

    def __init__(self, op: int, name: str, options: Mapping[str, Any]) -> None:
        self.op = op
        self.name = options.get("into", name)
        self.named = bool(self.name)
        self.absent = options.get("null") == "absent"
        self.empty = options.get("empty") == "null"
        self.default = options.get("default")
        self.has_default = "default" in options
        self.without: str = options.get("without", "")
        self.cut = len(self.without)
        self.given: tuple[str, str] = ("", "")
        self.delta: bool = options.get("delta", False)
        alike = options.get("alike")
        self.alike: Any = None if alike is None else tuple(alike.items())
        self.alike_names: Any = None if alike is None else dict(alike)
        self.only_text = options.get("only") == "string"
        self.options = dict(options)
        by = options.get("by")
        self.by: Any = by if type(by) is str else None
        self.sign: Any = None
        self.is_early = self.crowded = False
        self.children: dict[str, Node] = {}
        self.rest: Any = None  # a Node, once all are there
        self.givers: dict[str, Node] = {}
        self.item: Any = None  # a Node of a list's elements
        self.order: tuple[str, ...] = tuple(options.get("order", ()))
        self.always: tuple[str, ...] = tuple(options.get("always", ()))
        self.early: tuple[str, ...] = tuple(options.get("early", ()))


class Table:
    """One dialect, ready to be executed.

    text_steps: (list, types) on the way to a text, for events that act; text_leaf: its key.
    text_rules: what LISTS says of each of these lists, or None.
    judged:     calls are judged at the end of the answer.
    errors:     the rows of ERRORS: steps, and the texts there that are errors (None: all).
    error_tree: those of them that no rule of FIELDS meets on its way, as a tree, so that an
                event without any is looked through once.
    hints: the lists whose indexes are hints (lookup_hints.py).
    made: a list that events address -> the types of the elements that they make in it.
    part_texts: of content parts, the types whose neighbours join, and which members are texts.
    last_words: the last words of keys whose strings are last, and no fragments.
    second_ids: members by which elements of lists are known beside their first one.
    """

    __slots__ = (
        "ends",
        "error_tree",
        "errors",
        "events",
        "finished",
        "hints",
        "judged",
        "kind",
        "last_words",
        "lists",
        "made",
        "name",
        "own",
        "part_texts",
        "patterns",
        "read",
        "root",
        "second_ids",
        "sequence",
        "text_leaf",
        "text_rules",
        "text_steps",
    )

    def __init__(self, source: Mapping[str, Any], overrides: Mapping[str, str]) -> None:
        self.name: str = source["NAME"]
        self.kind: str | None = source.get("KIND")
        self.lists: dict[str, Any] = {
            path: _plain(rule) for path, rule in source.get("LISTS", {}).items()
        }
        self.sequence: str | None = source.get("SEQUENCE")
        self.events: dict[str, Any] = {
            kind: _actions(actions) for kind, actions in source.get("EVENTS", {}).items()
        }
        for alias, kind in source.get("ALIASES", {}).items():
            self.events[alias] = self.events[kind]
        self.patterns = tuple(
            (*kind.split("*"), self.events.pop(kind)) for kind in list(self.events) if "*" in kind
        )
        self.made = _made(self.events.values())
        self.hints = frozenset(
            [path for path, rule in self.lists.items() if rule.get("index") == "hint"]
        )
        self.second_ids = tuple(
            [key for rule in self.lists.values() for key in rule.get("known", ())[1:]]
        )
        self.read: Mapping[str, Any] = source["READ"]
        self.text_steps, self.text_leaf = _text_steps(self.read["text"] if self.events else ())
        names = [each for each, _ in self.text_steps]
        self.text_rules = tuple(
            [self.lists.get(".".join(names[: depth + 1])) for depth in range(len(names))]
        )
        self.finished: Mapping[str, Any] = source.get("FINISHED", {})
        self.ends = Ends(source["ENDS"]) if source.get("ENDS") else None
        self.judged = self.ends is not None and self.ends.calls
        self.own: tuple[str, ...] | None = source.get("OWN")
        self.errors = tuple(
            (steps(row), None) if isinstance(row, str) else (steps(row["at"]), row["is"])
            for row in source.get("ERRORS", ())
        )
        self.part_texts: Mapping[str, Any] = _texts(source["FIELDS"]) or _held(self.lists, "texts")
        self.last_words: Any = (
            _option(source["FIELDS"], ANY_DELTA, "last_words")
            or _option(source["FIELDS"], PARTS, "last_words")
            or _held(self.lists, "last_words")
        )
        self.root = _grow(_overridden(source["FIELDS"], overrides))
        met = [
            self.kind is None and _mark(self.root, number, row)
            for number, row in enumerate(self.errors)
        ]
        self.error_tree = _tree(
            [row for row, is_met in zip(self.errors, met, strict=True) if not is_met]
        )


def _plain(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule of LISTS with dicts alone: what is compiled asks no other mapping."""
    return {
        key: dict(value) if isinstance(value, Mapping) else value for key, value in rule.items()
    }


def _made(events: Any) -> dict[str, set[str]]:
    """For each addressed list the types that its elements are made with."""
    made: dict[str, set[str]] = {}
    for actions in events:
        cases = actions.values() if isinstance(actions, dict) else (actions,)
        for action in [one for case in cases for one in case if isinstance(one, Action)]:
            lists = [path for _, by, path in action.path if by is not None]
            for path, members in zip(lists, action.make, strict=False):
                kind = members.get("type")
                if isinstance(kind, str) and kind != "*":
                    made.setdefault(path, set()).add(kind)
    return made


def _texts(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """The types of content parts whose neighbours join, each with the members that are texts."""
    found = _option(fields, CONTENT, "texts") or _option(fields, PARTS, "texts")
    return found or {}


def _held(lists: Mapping[str, Any], name: str) -> Any:
    """An option of the first list that has it; nothing if there is none."""
    found: Any = next((rule[name] for rule in lists.values() if name in rule), {})
    return found


def _option(fields: Mapping[str, Any], rule: int, name: str) -> Any:
    """An option of the first field, or rest of one, that has this rule; None if there is none."""
    for row in fields.values():
        for one in (row, row.get("rest") if isinstance(row, Mapping) else None):
            if isinstance(one, Mapping) and one.get("rule") == RULES[rule].name and name in one:
                return one[name]
    return None


def _text_steps(path: tuple[Any, ...]) -> tuple[tuple[Any, ...], str | None]:
    """Lists and types on the way to a text, and its key; nothing for another sort of way."""
    lists, leaf = path[:-1], path[-1:]
    if not lists or not all(type(step) is dict and "each" in step for step in lists):
        return (), None
    if not all("type" in step and len(step) == 2 for step in lists) or type(leaf[0]) is not str:
        return (), None
    return tuple((step["each"], step["type"]) for step in lists), leaf[0]


# What is asked of an object at the end of an answer.
JUDGE_CALL = 0
JUDGE_REASON = 1
JUDGE_OPEN = 2


class Ends:
    """What is judged at the end of an answer, ready to be asked; names and texts are steps.

    rows:      (JUDGE_CALL, types or None, its JSON text or None, names), (JUDGE_REASON, the
               member that says why, members that hold something, those aside), (JUDGE_OPEN,).
    tree:      where the objects stand that rows ask for, as nodes: (key, or None for each
               element; the rows of what stands there; the nodes below); root_rows: those of
               the answer itself.
    stopped:   (types, names) of the calls that are judged when they stop.
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


class Action:
    """One action of an event: a verb, where it acts, and what it takes.

    path:   the steps from the answer to the object that holds the target, each
            (name, by, list): `by` is the member of the event that has the index, or
            None for an object; `list` names the list in LISTS.
    slot:   such a step, if the target is an element; leaf: its key, if it is a member.
    steps:  path, and slot behind it if there is one.
    source: steps into the event.
    make:   members of the elements on the way, where they are missing, outermost first.
    other:  what is done instead where the event has no index.
    alone:  no other action reads the event.
    """

    __slots__ = (
        "alone",
        "leaf",
        "make",
        "options",
        "other",
        "path",
        "slot",
        "source",
        "steps",
        "verb",
    )

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.verb: str = options["do"]
        leaf: Any
        self.path, self.slot, leaf = _address(options.get("at", ""))
        self.steps = self.path if self.slot is None else (*self.path, self.slot)
        self.leaf = leaf
        self.source: tuple[Any, ...] = steps(options.get("from", ""))
        make = options.get("make", ())
        makes = (make,) if isinstance(make, Mapping) else make
        self.make: tuple[dict[str, Any], ...] = tuple([dict(each) for each in makes])
        self.options = dict(options)
        other = options.get("without_index")
        other_options = {**options, "at": other, "without_index": None}
        self.other = None if other is None else Action(other_options)
        self.alone = True

    def shares(self) -> None:
        """Another action reads the event as well."""
        self.alone = False
        if self.other is not None:
            self.other.shares()


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


def _actions(source: Any) -> Any:
    """Actions ready to be executed; a mapping chooses among them by a member."""
    if isinstance(source, Mapping):
        chosen = {k: _actions(v) for k, v in source.items() if k != "by"}
        return {"by": steps(source["by"]), **chosen}
    actions = tuple(Action(options) for options in source)
    if len(actions) > 1:
        for action in actions:
            action.shares()
    return actions


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


def _tree(rows: Any) -> tuple[Any, ...]:
    """Rows of (steps, texts) as nodes: (key or None for each element, ends here, texts, below)."""
    nodes = []
    for key in dict.fromkeys([path[0] for path, _ in rows]):
        here = [(path[1:], texts) for path, texts in rows if path[0] == key]
        ending = [texts for path, texts in here if not path]
        texts = None if None in ending else tuple([text for each in ending for text in each])
        below = _tree([row for row in here if row[0]])
        nodes.append((key if isinstance(key, str) else None, bool(ending), texts, below))
    return tuple(nodes)


def _mark(root: Node, number: int, row: Any) -> bool:
    """Let the merge tell what stands at a row of ERRORS; False if it does not come by there."""
    path, texts = row
    place: Any = root
    for step in path[:-1]:
        place = place.children.get(step) if isinstance(step, str) else place.item
        if place is None:
            return False
    last = path[-1]
    if not isinstance(last, str) or not place.children or last in place.early:
        return False
    node = place.children.get(last)
    if node is None:
        if place.rest.op != ANY:
            return False
        node = Node(ANY, last, {})
        node.rest = _node(ANY, "", {})
    if node.op != FINISH:
        sign = Node(SIGN, last, {})
        sign.rest = node.rest
        sign.item = node
        node = place.children[last] = sign
    node.sign = (number, texts)
    return True


def rule_of(rule: Any) -> str:
    """The name of a rule of FIELDS; "" if there is none."""
    if rule is None:
        return ""
    name: Any = rule if isinstance(rule, str) else rule.get("rule", RULES[OBJECT].name)
    return name if isinstance(name, str) else repr(name)


def merges(source: Mapping[str, Any]) -> bool:
    """Whether FIELDS are ever asked: some dialects' events all say what they do."""
    if source.get("KIND") is None:
        return True
    for actions in source["EVENTS"].values():
        for below in actions.values() if isinstance(actions, Mapping) else (actions,):
            if not isinstance(below, str) and any([one["do"] == MERGE for one in below]):
                return True
    return False


def unreachable(fields: Mapping[str, Any], path: str) -> str:
    """Why a rule at `path` would never be asked; "" if it can be."""
    at = 0
    while True:
        dot, bracket = path.find(".", at), path.find("[]", at)
        at = min([place for place in (dot, bracket) if place >= 0], default=-1)
        if at < 0:
            return ""
        above = path[:at]
        rule = rule_of(fields.get(above))
        if at == bracket:
            at += 2
            if at == len(path):
                return "it names elements, and a rule is for a member"
            if rule not in ROUTED_RULES:
                return f"{above!r} is no list whose elements merge one by one"
        else:
            at += 1
            if not above.endswith("[]") and rule not in ("", RULES[OBJECT].name):
                return f"{above!r} has the rule {rule!r}"


def checked(overrides: Mapping[str, str] | None) -> dict[str, str]:
    """A caller's rules, or ValueError / TypeError that names the wrong one."""
    if overrides is None:
        return {}
    if not isinstance(overrides, Mapping):
        raise TypeError(f"rules must be a mapping of path to rule, not {type(overrides).__name__}")
    for path, rule in overrides.items():
        if not isinstance(path, str) or not isinstance(rule, str):
            raise TypeError(f"rules must map str to str, got {path!r}: {rule!r}")
        if rule not in USER_RULES:
            raise ValueError(f"rule {rule!r} of {path!r} is not one of {', '.join(USER_RULES)}")
        if not all(_STEP.fullmatch(step) for step in path.split(".")):
            raise ValueError(f"{path!r} is not a path such as 'choices[].delta.foo'")
    return dict(overrides)


def _overridden(fields: Mapping[str, Any], overrides: Mapping[str, str]) -> dict[str, Any]:
    """A caller's rules in the place of the dialect's; a text that stands where nothing came
    stays, since a rule says how values combine."""
    rows = {**fields, **overrides}
    for path, rule in overrides.items():
        known = fields.get(path)
        default = known.get("default") if isinstance(known, Mapping) else None
        if isinstance(default, str):
            rows[path] = {"rule": rule, "default": default}
    return rows


def _grow(fields: Mapping[str, Any]) -> Node:
    """The tree of nodes for `fields`, which maps paths to rules."""
    root = _node(OBJECT, "", fields.get("", {}))
    for path, rule in fields.items():
        if path:
            parent, name = _parent(root, path)
            if name == "[]":
                parent.item = _graft(parent.item, _node(OBJECT, "", rule))
            else:
                parent.children[name] = _graft(
                    parent.children.get(name), _node(OBJECT, name, rule)
                )
    _resolve(root, root)
    _find_crowds(root, dict.fromkeys(_deferred(root), PER_KEY))
    return root


def _graft(old: Node | None, new: Node) -> Node:
    """`new` in the place of `old`, with what already grew on `old`."""
    if old is not None:
        new.children.update(old.children)
        new.item = new.item or old.item
    return new


def _node(usual: int, name: str, rule: str | Mapping[str, Any]) -> Node:
    """The node of a row, which has the rule `usual` if it names none."""
    options: Mapping[str, Any] = {"rule": rule} if isinstance(rule, str) else rule
    node = Node(OPS[options["rule"]] if "rule" in options else usual, name, options)
    if "rest" in options:
        node.rest = _node(ANY, "", options["rest"])
    return node


def _parent(root: Node, path: str) -> tuple[Node, str]:
    """The node above `path`, made where it is missing, and the last step."""
    steps: list[str] = []
    for step in path.split("."):
        name = step.rstrip("[]")
        steps.append(name)
        steps.extend(["[]"] * ((len(step) - len(name)) // 2))
    node = root
    for step in steps[:-1]:
        if step == "[]":
            node.item = node.item or _node(OBJECT, "", {})
            node = node.item
        else:
            node = node.children.setdefault(step, _node(OBJECT, step, {}))
    return node, steps[-1]


def _resolve(node: Node, root: Node) -> None:
    """Fill in rests and aliases, once the whole tree is there."""
    if node.rest is None:
        node.rest = _node(ANY, "", {})
    for name, child in node.children.items():
        child.is_early = name in node.early
        if child.op != UNLESS:
            node.givers.setdefault(child.name, child)
        _resolve(child, root)
    if node.item is not None:
        _resolve(node.item, root)
    for child in node.children.values():
        if child.op == UNLESS:
            sibling = child.options.get("as_sibling")
            child.item = node.children[sibling] if sibling else _node(ANY, child.name, {})


def _deferred(node: Node) -> set[str]:
    """The members of the answer that wait for the end of an event."""
    found = {node.options["to"]} if node.op == DEFERRED else set()
    below = [*node.children.values(), *([node.item] if node.item is not None else ())]
    return found.union(*[_deferred(one) for one in below if one.op != UNLESS])


def _find_crowds(node: Node, taken: dict[str, Any]) -> None:
    """Mark the objects whose members share a key of the answer (see Node).

    taken: by whose rule values come to a key; the members that are counted per key may be many.
    """
    node.crowded = any(name not in node.children for name in taken) and node.rest.op != DROP
    for key, child in node.children.items():
        rule = child.item if child.op == UNLESS else child
        if rule.op == OBJECT and not rule.named:
            node.crowded = True  # its members are members of ours
        if rule.op != DEFERRED and (rule.op != DROP or rule.only_text):
            name = rule.name if rule.named and rule.op != DROP else key
            by = PER_KEY if rule.op == PER_KEY else rule
            if taken.setdefault(name, by) != by:
                node.crowded = True
            if name not in node.children and node.rest.op != DROP:
                node.crowded = True  # a member of that name comes there, too
        if child.op != UNLESS:
            _find_crowds(child, {})
    if node.item is not None:
        _find_crowds(node.item, {})
