"""No provider in the engine: what APIs call things stands in tables, and nowhere else.

Whatever a table of `rules/` mentions is collected (members, values of theirs, kinds of events,
names of dialects), and so are the dialects' names; a module of the engine that has one of them
as a string is found out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ssefold import rules
from ssefold.engine.detect import DIALECTS, SOURCES
from ssefold.engine.event_spec import VERBS
from ssefold.engine.field_spec import ALWAYS, RULES
from ssefold.engine.grammar import STREAMS

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "ssefold"

# What compiles or checks tables, and says what they take: the words of the grammar are theirs.
GRAMMAR = {"rows", "table", "detect", "grammar"}

# Modules that are data with examples, which show members as APIs call them.
EXAMPLES = {"field_spec", "event_spec"}

# Strings that a module has all the same, each with its reason.
EXCEPTIONS = {
    ("events", "message"): "the name of an event that has none, as the standard for streams says",
    ("stream_bystanders", "message"): "the same",
    ("stream_bodies", "data"): "a field of the standard for streams",
    ("stream_bodies", "id"): "a field of the standard for streams",
    ("framing_binary", "error"): "a type of messages, as the frames' specification says",
    ("framing_binary", "message"): "a member of our own, made of two headers",
    ("framing_binary", "code"): "a member of our own, made of two headers",
    ("stream_frames", "message"): "a member of our own, around an error without members",
    ("stream_frames", "code"): "a member of our own: the name of a frame that reports an error",
    ("event_verbs", "text"): "an attribute of JSONText, in which the text grows",
    ("stream_life", "failed"): "one of our own states",
    ("stream_life", "error"): "one of our own signals",
    ("_accumulator", "failed"): "one of our own states, and a code of our own errors",
    ("grammar", "content[index].text"): "an example in a message",
    ("grammar", "delta.type"): "an example in a message",
    ("grammar", "choices[].error"): "an example in a message",
    ("grammar", "choices[0].message"): "an example in a message",
    ("grammar", "choice"): "a field of our own Delta",
}


# -- what tables mention --------------------------------------------------------------------------


def words_of(text: str) -> Iterator[str]:
    """`choices[].delta.content` and `response.*.done`: the whole, and each step of it."""
    yield text
    yield from re.findall(r"[^.\[\]*]+", text)


def mentioned(value: Any, grammar: frozenset[str], free: bool = False) -> Iterator[str]:
    """What a value of a table mentions, but for what the grammar calls things.

    grammar: keys that are words of it here. free: this is a word of it, and so what it says.
    """
    if isinstance(value, Mapping):
        for key, below in value.items():
            if isinstance(key, str) and key not in grammar:
                yield from words_of(key)
            yield from mentioned(below, grammar, key in ENUMERATED and isinstance(below, str))
    elif isinstance(value, (tuple, list)):
        for below in value:
            yield from mentioned(below, grammar)
    elif isinstance(value, str) and not free:
        yield from words_of(value)


# Options of which the grammar says all that they may be.
ENUMERATED = frozenset(
    name
    for spec in (*RULES, *VERBS.values())
    for name, what in {**ALWAYS, **spec.needs, **spec.may}.items()
    if what[0] == "'"
) | {"rule", "do", "rest", "limit"}

OPTIONS = frozenset(
    name for spec in RULES for name in (*ALWAYS, *spec.needs, *spec.may, "rest")
) | {*STREAMS}  # fmt: skip
ACTIONS = frozenset(name for spec in VERBS.values() for name in ("do", *spec.needs, *spec.may))


def names() -> set[str]:
    """All that the tables mention."""
    found: set[str] = set()
    for name, source in SOURCES.items():
        found |= {name, name.partition(".")[0]}
        for path, row in source["FIELDS"].items():
            found |= {*words_of(path)}
            if isinstance(row, Mapping):
                found |= {*mentioned(row, OPTIONS)}
        found |= {*mentioned(source.get("EVENTS", {}), ACTIONS | {"by"})}
        found |= {*mentioned(source.get("ALIASES", {}), frozenset())}
        for path, rule in source.get("LISTS", {}).items():
            found |= {*words_of(path)}
            held = {k: v for k, v in rule.items() if k not in ("limit", "index")}
            found |= {*mentioned(held, frozenset(held))}
        for section in ("DETECT", "ENDS", "FINISHED", "READ", "WHOLE", "ERRORS", "OWN", "DELTAS"):
            found |= {*mentioned(source.get(section, ()), SECTION_WORDS)}
        found |= {*mentioned((source.get("KIND", ()), source.get("SEQUENCE", ())), frozenset())}
    found |= {*mentioned(rules.FAILURES, frozenset(rules.FAILURES) | SIGN_WORDS)}
    found |= {*mentioned([*rules.USUAL["NAMES"].values()], frozenset())}
    found |= {*rules.HEARTBEATS, *DIALECTS}
    return {name for name in found if re.search("[A-Za-z]", name)}


SIGN_WORDS = {"at", "is", "from", "beside", "list"}
SECTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        "event key item unless values shapes calls finish open at has holds but each or entry "
        "among lacks by call alike stopped is inputs json",
    )
)


# -- what modules say -----------------------------------------------------------------------------


def strings_of(path: Path) -> Iterator[tuple[str, int]]:
    """The strings of a module, but for what it says of itself and the names of its attributes."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    aside = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            aside.add(id(node.value))
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).startswith("__"):
            aside |= {id(below) for below in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in aside:
            value = node.value.decode("latin-1") if isinstance(node.value, bytes) else node.value
            if isinstance(value, str):
                yield value, node.lineno


MODULES = [
    *(one for one in sorted((PACKAGE / "engine").glob("*.py")) if one.stem not in EXAMPLES),
    PACKAGE / "_accumulator.py",
    PACKAGE / "_taking.py",
]


def test_tables_mention_names() -> None:
    """Or all that follows would pass on nothing."""
    found = names()
    assert {"thoughtSignature", "thinking", "index", "id", "function", "custom", "parts"} <= found
    assert {"response", "type", "text", "name", "input", "arguments", "error", "message"} <= found
    assert {"code", "choices", "message_stop", "openai.chat", "google_gemini", "ping"} <= found
    assert not {"append", "entries", "position", "blocks", "limit", "hint", "spread"} & found


def test_strings_are_found(tmp_path: Path) -> None:
    path = tmp_path / "one.py"
    path.write_text('"""text"""\n__slots__ = ("id",)\nA = {"parts": b"error"}\n')
    assert {*strings_of(path)} == {("parts", 3), ("error", 3)}


@pytest.mark.parametrize("path", MODULES, ids=[path.stem for path in MODULES])
def test_the_engine_names_no_provider(path: Path) -> None:
    known = names()
    if path.stem in GRAMMAR:
        known -= WORDS
    for text, line in strings_of(path):
        if text in known:
            assert (path.stem, text) in EXCEPTIONS, f"{path.name}:{line} says {text!r}: a row's"


def test_each_exception_is_one() -> None:
    for stem, text in EXCEPTIONS:
        path = next(path for path in MODULES if path.stem == stem)
        assert text in {said for said, _ in strings_of(path)}, (stem, text)
        assert text in names(), (stem, text)


# The words of the grammar: options, and what the names of members are called in NAMES.
WORDS = (
    OPTIONS | ACTIONS | SECTION_WORDS | {*rules.USUAL["NAMES"], *rules.FAILURES, "same", "known"}
    | {"call", "id", "name", "into", "of", "path", "null", "while", "text", "type", "finish"}
    | {"array", "object", "string", "number", "calls", "usage"}
)  # fmt: skip
