"""Random tables and events of a caller's own: any rules, verbs and options that are accepted.

Leaves: `random_table(rng)`, which grammar.py may refuse; `random_event(rng, before)`, often like
one of those before.
Must not know: what is judged of a fold.
"""

from __future__ import annotations

import random
from typing import Any

from ssefold.engine.event_spec import VERBS
from ssefold.engine.field_spec import OPS, RESTS, RULES
from ssefold.engine.grammar import STREAMS

KEYS = ("a", "b", "c", "index", "id", "text")


def random_rest(rng: random.Random) -> Any:
    rest = rng.choice(RESTS)
    options = {"any_delta": {"last_words": ("id",)}}
    return {"rule": rest, **options.get(rest, {})}


def random_rule(rng: random.Random) -> Any:
    """Any rule with any options, most of them such as it takes."""
    name = rng.choice([*OPS, "object", "object", "append", "entries", "calls"])
    needed, allowed = RULES[OPS[name]].needs, RULES[OPS[name]].may
    values: dict[str, Any] = {
        "by": rng.choice(["index", ("index", "id")]), "missing": rng.choice(["position", "zero"]),
        "limit": rng.choice(["choices", "blocks"]), "needs": "index", "until": rng.choice(KEYS),
        "rank": 1, "to": rng.choice(KEYS), "sibling": rng.choice(KEYS),
        "as_sibling": rng.choice(KEYS), "last_words": ("id",), "delta": True, "only": "string",
        "empty": "null", "without": ".x", "order": KEYS[:2], "always": KEYS[1:3], "early": ("a",),
        "alike": {"a": (), "b": ("c", "a"), "c": ()},
        "into": rng.choice(KEYS if name != "object" else ["", *KEYS]), "null": "absent",
        "default": rng.choice(["x", 0, None, ()]),
        "default_with": KEYS[:2], "rest": random_rest(rng), "joins": rng.choice(KEYS),
        "unless": rng.choice(KEYS), "closed_by": rng.choice(KEYS),
        "whole": KEYS[2:4],
        "streams": {name: rng.choice(KEYS) for name in STREAMS},
        "json": True, "texts": {"a": ("text",), "b": ("b", "text")},
        "known": rng.choice(KEYS), "sorts": {"a": ("b", "text"), "b": ("id", "c")},
    }  # fmt: skip
    some = [key for key in [*allowed, "into", "null", "default"] if rng.random() < 0.15]
    if name == "object" and rng.random() < 0.4:
        some.append("rest")
    if name == "keyed":
        values["by"] = ("index", "id")
    elif name in ("entries", "calls"):
        values["by"] = "index"
    return {"rule": name, **{key: values[key] for key in [*needed, *some]}}


def random_fields(rng: random.Random) -> dict[str, Any]:
    paths = [""]
    out: dict[str, Any] = {"": {"rest": random_rest(rng)}} if rng.random() < 0.5 else {}
    for _ in range(rng.randint(1, 8)):
        above = rng.choice(paths)
        path = f"{above}.{rng.choice(KEYS)}".removeprefix(".")
        out[path] = rule = random_rule(rng)
        paths += [path] if rule["rule"] == "object" else []
        paths += [path + "[]"] if rule["rule"] in ("entries", "calls", "keyed") else []
    return out


def random_action(rng: random.Random) -> dict[str, Any]:
    verb = rng.choice([*VERBS, "append", "append", "put", "full", "spread", "set", "stop"])
    needed, allowed, target = VERBS[verb].needs, VERBS[verb].may, VERBS[verb].at
    elements = ["a[index]", "a[index].b[index]"]
    members = ["a[index].text", "a[index].b", "b", "b.c", "c"]
    places = {"an element": elements, "a member": members}
    at = rng.choice(places.get(target, elements + members))
    values: dict[str, Any] = {
        "at": at, "from": rng.choice([*KEYS, "a.b"]), "error": "b.c",
        "again": rng.choice(["update", "fill"]),
        "last": ("b",), "last_words": ("id",), "json": True,
        "make": rng.choice([{"text": "m"}, ({"id": "*"}, {"b": 1})]), "without_index": "c",
        "holds": rng.choice(["object", "array", "string"]), "index": "id", "value": "v",
        "without": ("b",), "type_without": "_x",
    }  # fmt: skip
    some = [key for key in allowed if rng.random() < 0.4 or (verb, key) == ("spread", "make")]
    if verb == "set":
        some = rng.choice([["from"], ["value"]]) + [key for key in some if key == "make"]
    return {"do": verb, **{key: values[key] for key in [*needed, *some]}}


def random_actions(rng: random.Random) -> Any:
    how = rng.random()
    if how < 0.3:
        by = rng.choice(["text", "a.text", "b"])
        return {"by": by, "a": (random_action(rng),), "*": (random_action(rng),)}
    return tuple(random_action(rng) for _ in range(1 if how < 0.8 else 2))


# How lists are held that events address.
HELD: tuple[dict[str, Any], ...] = (
    {},
    {"same": "id"},
    {"index": "hint"},
    {"index": "hint", "open": True},
    {"index": "hint", "known": ("id", "c"), "made": {"id": "b"}},
    {"index": "hint", "known": ("text",)},
)


def random_table(rng: random.Random) -> dict[str, Any]:
    table: dict[str, Any] = {
        "NAME": "random", "FIELDS": random_fields(rng),
        "READ": {
            "text": ({"entry": "a"}, "text"), "finish": ("b",), "calls": ({"each": "a"},),
            "usage": "c",
        },
        "FINISHED": rng.choice([
            {}, {"has": "a"}, {"has": "a.b"}, {"each": "a", "has": "id", "stopped": "a"},
        ]),
        "ERRORS": rng.choice([(), ("b.c",), ("a[].b", {"at": "c.b", "is": ("x",)})]),
        "DELTAS": {
            "a[choice]": {
                "call": {"id": ("id",), "name": ("b.c", "c")},
                "text": "text", "b": "tool_arguments", "b[part]": "reasoning",
            },
            "c": "text", "b": "refusal", "alike": ("c", "b"), "text": "text",
        },
    }  # fmt: skip
    if rng.random() < 0.3:
        names = ("type", "id", "index", "text", "part")
        table["NAMES"] = {name: rng.choice(KEYS) for name in names if rng.random() < 0.5}
    if rng.random() < 0.6:
        table["KIND"] = "id"
        table["EVENTS"] = {key: random_actions(rng) for key in (*KEYS, "x*")}
        held = {"limit": "blocks", **rng.choice(HELD)}
        if rng.random() < 0.4:
            held["exclusive"] = rng.choice([{"text": "a", "b": None}, {"text": "x", "b": "ab"}])
        table["LISTS"] = {"a": {**held, "text": rng.choice(KEYS)}, "a.b": held}
        if rng.random() < 0.3:
            table["SEQUENCE"] = "index"
    elif rng.random() < 0.4:
        table["TERMINATOR"] = rng.choice([{"b": "x"}, {"c": True}, {"text": 2.5, "a": "ab"}])
    if rng.random() < 0.3:
        table["READ"]["usage"] = (
            *rng.choice([(), ("c",)]), {"gather": ("a", "b", "text")},
        )  # fmt: skip
    return table


def random_value(rng: random.Random, depth: int = 3) -> Any:
    how = rng.random()
    if depth == 0 or how < 0.5:
        return rng.choice(["a", "ab", "x", "", "\ud83d", 0, 1, -1, 2.5, True, False, None])
    if how < 0.8:
        keys = rng.sample(["", *KEYS], rng.randint(0, 4))
        return {key: random_value(rng, depth - 1) for key in keys}
    return [random_value(rng, depth - 1) for _ in range(rng.randint(0, 3))]


def said_anew(rng: random.Random, value: Any) -> Any:
    """The same event with other words: what was learned of it takes most of these."""
    if isinstance(value, dict):
        words = {key: said_anew(rng, below) for key, below in value.items() if key != "id"}
        return {key: words.get(key, below) for key, below in value.items()}
    if isinstance(value, list):
        return [said_anew(rng, below) for below in value]
    return rng.choice(["a", "ab", "x", ""]) if isinstance(value, str) else value


def random_event(rng: random.Random, before: list[Any]) -> Any:
    """Often like one before it, so that what was learned of that one is used."""
    if before and rng.random() < 0.5:
        return said_anew(rng, before[-1])
    if before and rng.random() < 0.4:
        again = dict(rng.choice(before))
        if again and rng.random() < 0.7:
            again[rng.choice(list(again))] = random_value(rng, 1)
        return again
    event = {key: random_value(rng) for key in rng.sample(KEYS, rng.randint(1, 5))}
    if rng.random() < 0.8:
        event["id"] = rng.choice([*KEYS, "xy"])
    if rng.random() < 0.5:
        event["index"] = rng.choice([0, 0, 1, 3])
    return event
