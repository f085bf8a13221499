"""The prose of the source: sentences that name their subjects.

A sentence that begins with "what" makes the reader guess its noun: `what came since` is `the
pieces since`. So the share of three words in all comments and docstrings has a bound. Code in
backticks is no prose.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path
    for path in (ROOT / "src" / "ssefold").rglob("*")
    if path.suffix in (".py", ".pyx", ".pxd", ".h")
)
DOCUMENTS = sorted((ROOT / "docs").glob("*.md"))

VAGUE = ("what", "that", "which")
MOST = 0.02  # of all words of the sources
MOST_IN_ONE = 0.09  # of the words of one module; a short one may have three
MOST_IN_A_DOCUMENT = 0.04

# A docstring, C code, a string, or a comment of Cython's: whichever begins first.
PIECE = re.compile(
    r'cdef extern from \*:\s*"""(?P<c>(?s:.*?))"""'
    r'|"""(?P<docstring>(?s:.*?))"""'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'(?:\\.|[^'\\\n])*'"
    r"|#(?P<comment>[^\n]*)"
)
C_COMMENT = re.compile(r"/\*(?s:.*?)\*/|//[^\n]*")


def prose_of(text: str, suffix: str) -> Iterator[str]:
    """The docstrings and comments of a module."""
    if suffix == ".h":
        yield from C_COMMENT.findall(text)
        return
    if suffix != ".py":
        for found in PIECE.finditer(text):
            yield found["docstring"] or found["comment"] or ""
            yield from C_COMMENT.findall(found["c"] or "")
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield ast.get_docstring(node) or ""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def words_of(prose: str) -> Counter[str]:
    prose = re.sub(r"^```.*?^```$", "", prose, flags=re.M | re.S)
    prose = re.sub(r"`[^`]*`", "", prose)
    return Counter(word.lower() for word in re.findall(r"[A-Za-z][A-Za-z']*", prose))


def words_in(path: Path) -> Counter[str]:
    text = path.read_text(encoding="utf-8")
    return words_of("\n".join(prose_of(text, path.suffix)))


def vague(words: Counter[str]) -> int:
    return sum(words[word] for word in VAGUE)


def test_prose_is_found() -> None:
    """Or all that follows would pass on nothing."""
    python = '"""One `that` two."""\nA = "which"  # three what\n\ndef f():\n    """four"""\n'
    cython = 'cdef str a = "which # no"  # five\nb = \'"""\'  # six\n"""seven"""\n'
    found = words_of("\n".join(prose_of(python, ".py")))
    assert found == Counter(["one", "two", "three", "what", "four"])
    assert words_of("\n".join(prose_of(cython, ".pyx"))) == Counter(["five", "six", "seven"])
    c = 'cdef extern from *:\n    """\n    int a; /* eight */ int b; // nine\n    """\n'
    assert words_of("\n".join(prose_of(c, ".pxd"))) == Counter(["eight", "nine"])
    assert words_of("\n".join(prose_of("/* ten */ int c;", ".h"))) == Counter(["ten"])
    assert vague(found) == 1


def test_sentences_name_their_subjects() -> None:
    words = sum((words_in(path) for path in SOURCES), Counter[str]())
    assert words.total() > 25_000
    share = vague(words) / words.total()
    assert share <= MOST, f"{share:.2%} of the words are one of {VAGUE}"


@pytest.mark.parametrize("path", SOURCES, ids=[p.relative_to(ROOT).as_posix() for p in SOURCES])
def test_no_module_leaves_all_of_them_to_itself(path: Path) -> None:
    words = words_in(path)
    assert vague(words) <= max(3, MOST_IN_ONE * words.total())


@pytest.mark.parametrize("path", DOCUMENTS, ids=[path.name for path in DOCUMENTS])
def test_documents_name_their_subjects(path: Path) -> None:
    words = words_of(path.read_text(encoding="utf-8"))
    assert vague(words) <= MOST_IN_A_DOCUMENT * words.total()
