"""What all generated streams are made of: words, fragments, tools' inputs, turns.

Enters: a random.Random (never another source of chance).
Leaves: strings, JSON values, lists in turns.
Must not know: dialects, the package under test.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

Event = tuple[str, Any]
Json = dict[str, Any]

DONE: Event = ("", b"[DONE]")

WORDS = (
    "Hello", " wor", "ld", "ha", "ha", " ", "\n", "\n\n", "é", "中文", "🎉", "👩\u200d👩", "🇫🇷",
    '"', "\\", "\\n", "{", "}", "[", "]", '{"a": 1}', "data: x", "[DONE]", "\u2028", "\x00",
    "\x1f", "\x7f", "\ufeff", "</s>", "/", "0", "1", "true", "null", "'", "\t", "error",
    " the quick brown fox", " jumps over", " the lazy dog", ",", ".", "\ufffd", "\U0001d518x",
)  # fmt: skip

NAMES = ("get_weather", "search", "add", "f", "näme", "lookup_order")


def text(rng: random.Random, most: int = 12) -> str:
    return "".join(rng.choices(WORDS, k=rng.randint(0, most)))


def pieces(rng: random.Random, whole: str, most: int = 12) -> list[str]:
    """`whole` in fragments; some end between the halves of a surrogate pair."""
    places = sorted(rng.randint(0, len(whole)) for _ in range(rng.randint(0, most)))
    bounds = [0, *places, len(whole)]
    out = [whole[a:b] for a, b in pairwise(bounds)]
    for i in range(1, len(out)):
        if out[i] and out[i][0] > "\uffff" and rng.random() < 0.3:
            pair = ord(out[i][0]) - 0x10000
            out[i - 1] += chr(0xD800 + (pair >> 10))
            out[i] = chr(0xDC00 + (pair & 0x3FF)) + out[i][1:]
    return out


def arguments(rng: random.Random) -> str:
    """The JSON text of a tool's input; now and then one that is none."""
    values = ("Paris", 'a "b"', 1, -2.5, True, None, [1, 2], {"x": "é"}, "🎉", "")
    body = ", ".join(
        f'"{name}": {json.dumps(rng.choice(values))}'
        for name in rng.sample("abcdefg", rng.randint(0, 4))
    )
    return rng.choice(["{%s}"] * 8 + ["{%s", "%s", '{"q": "%s"}']) % body


def token(rng: random.Random) -> Json:
    word = rng.choice(WORDS)
    return {
        "token": word,
        "logprob": rng.choice([-0.5, -1.25e-05, 0.0, -0.0, -9999.0, 0]),
        "bytes": list(word.encode()) if rng.random() < 0.8 else None,
        "top_logprobs": [{"token": "x", "logprob": -1.5, "bytes": None}] * rng.randint(0, 2),
    }


def interleave(rng: random.Random, lists: list[list[Any]]) -> Iterator[Any]:
    """The elements of several lists, each list in its order; in turns, or as chance has it."""
    waiting = [list(reversed(one)) for one in lists if one]
    turn, in_turns = 0, rng.random() < 0.5
    while waiting:
        turn = (turn + 1) % len(waiting) if in_turns else rng.randrange(len(waiting))
        yield waiting[turn].pop()
        if not waiting[turn]:
            del waiting[turn]
