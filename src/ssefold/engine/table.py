"""From a dialect's table to the nodes that the merge walks.

Enters: the literals of a `rules/` module, and a caller's overrides.
Leaves: a `Table`. Its nodes hold, for each place of an event, the rule and all
its needs, looked up once and not per event.
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
    CALLS,
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

from .rows import (
    Action,
    CallsRow,
    Ends,
    ListRow,
    Names,
    PartsRow,
    ReadRow,
    actions_of,
    steps,
    text_steps,
)

_STEP = re.compile(r"[^.\[\]]+(\[\])?")


class Node:
    """One place of an event and its rule.

    op:       the rule, one of the numbers of field_spec.py.
    name:     the key it has in the answer (a delta becomes a message); named: it has one.
    absent:   null leaves no key (everywhere else it leaves a null).
    empty:    "" and 0 count as null.
    default:  the value where nothing came, if the key is always there.
    has_default: whether there is one; the empty values of a "first" rule then count as nothing.
    without:  a suffix to take off, `cut` characters long.
    delta:    the part of a choice that an event adds.
    alike:    members that may say the same, each with those of a list's element; or None;
              alike_names: the same, to be looked up.
    given:    the last value with the suffix, and without it.
    only_text: anything but a string is an unknown field.
    json:     an object or a list is its JSON text. until: behind this member a name is whole.
    rank, to: when and where a deferred value goes. sibling: the member with the same words.
    limit:    the bound of a list; by_place: an element without an index has its place for one.
    by:       the member that routes a list's elements; keys: all such members; those in `needs`
              must be integers. calls, parts: the options of those rules (rows.py), or None.
    texts, last_words: of content and of unknown members of a delta, as the row has them.
    default_with: the default is the name of the first of these members that is there.
    options:  the row, for those who compile and check.
    children: the members with rules of their own; rest: the rule of all others.
    item:     the elements of a list.
    order, always: the keys that come first, and those that are always there; givers: the members
              whose rules give the value there then.
    early:    members read before the others; is_early: this is one of them.
    sign:     (number of the row of ERRORS, the texts that are errors or None), or None.
    crowded:  different members may go to one key of the answer, by different rules.
    """

    __slots__ = (
        "absent",
        "alike",
        "alike_names",
        "always",
        "by",
        "by_place",
        "calls",
        "children",
        "crowded",
        "cut",
        "default",
        "default_with",
        "delta",
        "early",
        "empty",
        "given",
        "givers",
        "has_default",
        "is_early",
        "item",
        "json",
        "keys",
        "last_words",
        "limit",
        "name",
        "named",
        "needs",
        "only_text",
        "op",
        "options",
        "order",
        "parts",
        "rank",
        "rest",
        "sibling",
        "sign",
        "texts",
        "to",
        "until",
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
        self.json: bool = options.get("json", False)
        self.until: Any = options.get("until")
        self.rank: Any = options.get("rank")
        self.to: Any = options.get("to")
        self.sibling: Any = options.get("sibling")
        self.limit: Any = options.get("limit")
        self.by_place = options.get("missing") == "position"
        by = options.get("by")
        self.by: Any = by if type(by) is str else None
        self.keys: Any = by if type(by) is tuple else ()
        self.needs: Any = options.get("needs")
        self.calls: Any = CallsRow(options) if op == CALLS else None
        self.parts: Any = PartsRow(options) if op == PARTS else None
        self.texts: Any = options.get("texts", {})
        self.last_words: tuple[str, ...] = tuple(options.get("last_words", ()))
        self.default_with: tuple[str, ...] = tuple(options.get("default_with", ()))
        self.sign: Any = None
        self.is_early = self.crowded = False
        self.children: dict[str, Node] = {}
        self.rest: Any = None  # a Node, once all are there
        self.givers: dict[str, Node] = {}
        self.item: Any = None  # a Node of a list's elements
        self.order: tuple[str, ...] = tuple(dict.fromkeys(options.get("order", ())))
        self.always: tuple[str, ...] = tuple(options.get("always", ()))
        self.early: tuple[str, ...] = tuple(options.get("early", ()))


class Table:
    """One dialect, ready to be executed.

    names: words of the whole dialect. read: where the values stand that callers ask for.
    finished: the paths of FINISHED, in steps.
    text_steps: (list, types) on the way to a text, for events that act; text_leaf: its key.
    text_rules: the row in LISTS of each of these lists, or None.
    judged:     calls are judged at the end of the answer.
    errors:     the rows of ERRORS: steps, and the texts there that are errors (None: all).
    error_tree: those without a rule of FIELDS on their way, as a tree, so that an event without
                any is looked through once.
    hints: the lists whose indexes are hints (lookup_hints.py).
    made: a list that events address -> the types of the elements that they make in it.
    part_texts: of content parts, the types whose neighbours join, and their text members.
    last_words: the last words of keys whose strings are last, and no fragments.
    second_ids: members by which elements of lists are known beside their first one.
    terminator: members of an event, each with the value that ends the stream; telling: their
                names, or None.
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
        "names",
        "own",
        "part_texts",
        "patterns",
        "read",
        "root",
        "second_ids",
        "sequence",
        "telling",
        "terminator",
        "text_leaf",
        "text_rules",
        "text_steps",
    )

    def __init__(self, source: Mapping[str, Any], overrides: Mapping[str, str]) -> None:
        self.names = names = Names(source["NAMES"])
        self.read = ReadRow(source["READ"], names)
        self.name: str = source["NAME"]
        self.kind: str | None = source.get("KIND")
        self.lists: dict[str, Any] = {
            path: ListRow(rule, names) for path, rule in source.get("LISTS", {}).items()
        }
        self.sequence: str | None = source.get("SEQUENCE")
        self.events: dict[str, Any] = {
            kind: actions_of(actions) for kind, actions in source.get("EVENTS", {}).items()
        }
        for alias, kind in source.get("ALIASES", {}).items():
            self.events[alias] = self.events[kind]
        self.patterns = tuple(
            (*kind.split("*"), self.events.pop(kind)) for kind in list(self.events) if "*" in kind
        )
        self.made = _made(self.events.values(), names.type)
        self.hints = frozenset(
            [path for path, rule in self.lists.items() if rule.hint]
        )
        self.second_ids = tuple(
            [key for rule in self.lists.values() for key in rule.also]
        )
        self.text_steps, self.text_leaf = text_steps(self.read.text if self.events else ())
        ways = [each for each, _ in self.text_steps]
        self.text_rules = tuple(
            [self.lists.get(".".join(ways[: depth + 1])) for depth in range(len(ways))]
        )
        self.finished: Mapping[str, Any] = {
            word: tuple(path.split(".")) if isinstance(path, str) else path
            for word, path in source.get("FINISHED", {}).items()
        }
        self.terminator = tuple(source.get("TERMINATOR", {}).items())
        self.telling = frozenset(source["TERMINATOR"]) if self.terminator else None
        self.ends = Ends(source["ENDS"]) if source.get("ENDS") else None
        self.judged = self.ends is not None and self.ends.calls
        self.own: tuple[str, ...] | None = source.get("OWN")
        self.errors = tuple(
            (steps(row), None) if isinstance(row, str) else (steps(row["at"]), row["is"])
            for row in source.get("ERRORS", ())
        )
        self.part_texts: Mapping[str, Any] = _texts(source["FIELDS"]) or _held(source, "texts")
        self.last_words: Any = (
            _option(source["FIELDS"], ANY_DELTA, "last_words")
            or _option(source["FIELDS"], PARTS, "last_words")
            or _held(source, "last_words")
        )
        self.root = _grow(_overridden(source["FIELDS"], overrides))
        met = [
            self.kind is None and _mark(self.root, number, row)
            for number, row in enumerate(self.errors)
        ]
        self.error_tree = _tree(
            [row for row, is_met in zip(self.errors, met, strict=True) if not is_met]
        )


def _made(events: Any, name: str) -> dict[str, set[str]]:
    """For each addressed list the types of the elements made there (their member `name`)."""
    made: dict[str, set[str]] = {}
    for actions in events:
        cases = actions.values() if isinstance(actions, dict) else (actions,)
        for action in [one for case in cases for one in case if isinstance(one, Action)]:
            lists = [path for _, by, path in action.path if by is not None]
            for path, members in zip(lists, action.make, strict=False):
                kind = members.get(name)
                if isinstance(kind, str) and kind != "*":
                    made.setdefault(path, set()).add(kind)
    return made


def _texts(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """The types of content parts whose neighbours join, each with its text members."""
    found = _option(fields, CONTENT, "texts") or _option(fields, PARTS, "texts")
    return found or {}


def _held(source: Mapping[str, Any], name: str) -> Any:
    """An option of the first list that has it; nothing if there is none."""
    for rule in source.get("LISTS", {}).values():
        if name in rule:
            return rule[name]
    return {}


def _option(fields: Mapping[str, Any], rule: int, name: str) -> Any:
    """An option of the first field, or rest of one, with this rule; None if there is none."""
    for row in fields.values():
        for one in (row, row.get("rest") if isinstance(row, Mapping) else None):
            if isinstance(one, Mapping) and one.get("rule") == RULES[rule].name and name in one:
                return one[name]
    return None


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
    """Let the merge report the value at a row of ERRORS; False if it does not come by there."""
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
    """Whether FIELDS are ever asked: the events of some dialects all say their effect."""
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
    """A caller's rules, or a ValueError / TypeError with the name of the wrong one."""
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
    """A caller's rules in the place of the dialect's.

    A default text stays, since a rule says how values combine.
    """
    rows = {**fields, **overrides}
    for path, rule in overrides.items():
        known = fields.get(path)
        default = known.get("default") if isinstance(known, Mapping) else None
        if isinstance(default, str):
            rows[path] = {"rule": rule, "default": default}
    return rows


def _grow(fields: Mapping[str, Any]) -> Node:
    """The tree of nodes for `fields`, a mapping of paths to rules."""
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
    """`new` in the place of `old`, with the nodes already grown on `old`."""
    if old is not None:
        new.children.update(old.children)
        new.item = new.item or old.item
    return new


def _node(usual: int, name: str, rule: str | Mapping[str, Any]) -> Node:
    """The node of a row; a row without a name of a rule has the rule `usual`."""
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
    found = {node.to} if node.op == DEFERRED else set()
    below = [*node.children.values(), *([node.item] if node.item is not None else ())]
    return found.union(*[_deferred(one) for one in below if one.op != UNLESS])


def _find_crowds(node: Node, taken: dict[str, Any]) -> None:
    """Mark the objects whose members share a key of the answer (see Node).

    taken: the rule that brings values to each key; the members counted per key may be many.
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
