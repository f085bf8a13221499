"""Fields of one message that may say the same: each event's words are given once.

Enters: a message's state, an event's members, the fields in question (`alike` of a table).
Leaves: for each of their texts a voice: whether its words now are given, and which were.
Must not know: the names of these fields, their words, who takes.

Some servers send one reasoning as a string and as a list (OpenRouter, LiteLLM, vLLM). A field is
silent in an event if an earlier field of its group brings the same text in that event. The
decision falls event by event, as they come: the moment of taking cannot change the words taken.

Mostly it is decided once: one field speaks and the others are silent, from the first word to the
last. Then a voice is enough, and recognised chunks go on as they are known (_c/fast/slots.pyx and
_py/fast/templates.py see to it: each voice stays as it is). Where a voice changes, or two speak
at one place, the given words go to a `buffer`, in the order of arrival.

One source for both backends: `_c/engine/field_voices.pxd` says how it is compiled.
"""

from __future__ import annotations

from typing import Any

from .jsonvalue import given, is_open
from .ledger import Ledger
from .state import Keyed, member


class Voice:
    """A text that another field of its message may repeat, and the words of it to give.

    group: the same for all fields of a message that may say the same; rank: the number of the
    field. silent: another field said these words, or nothing came yet. buffer: the words to take
    in the place of the text, once not all of it is given; or None (field_voices.py).
    """

    __slots__ = ("buffer", "group", "rank", "silent")

    def __init__(self, group: Any, rank: int, silent: bool) -> None:
        self.group = group
        self.rank = rank
        self.silent = silent
        self.buffer: Any = None


def speaks(source: Any, names: Any) -> bool:
    """Whether an event has any of these fields: most have none."""
    if type(source) is dict:
        members = source
        for key in members:
            if key in names:
                return True
        return False
    return any([key in names for key in source])


def listen(ledger: Ledger, place: Any, fields: Any, source: Any) -> Any:
    """Before an event's members merge: who repeats the words of another.

    fields: (name, like members of a list's element) of each, first those that are given. The
    return value is for settle(), behind them; None: nothing has to be told apart.
    """
    values = place.values
    present = others = 0
    for name, _ in fields:
        if given(source, name) is not None:
            present += 1
        elif values.get(name) is not None:
            others += 1
    if present + others < 2 or not present:
        return None
    group = _group(ledger, values, fields)
    said = [_said(source.get(name), inner) for name, inner in fields]
    silent = [bool(text) and text in said[:rank] for rank, text in enumerate(said)]
    here = []
    sizes = []
    for rank, (name, inner) in enumerate(fields):
        held = values.get(name)
        sizes.append(len(held.items) if type(held) is Keyed else 0)
        if inner:
            if type(held) is Keyed and isinstance(source.get(name), list):
                _elements(ledger, held, inner, source[name], group, rank, silent[rank])
            continue
        says = said[rank] is None or said[rank] != ""
        here.append((values, name, rank, says, silent[rank]))
    _turn(ledger, here, group)
    return group, silent, sizes


def settle(ledger: Ledger, place: Any, fields: Any, heard: Any) -> None:
    """Behind the members: a text seen there for the first time has a voice, too."""
    group, silent, sizes = heard
    ledger.awaited = None
    for rank, (name, inner) in enumerate(fields):
        held = place.values.get(name)
        if type(held) is ledger.text and held.voice is None:
            held.voice = Voice(group, rank, not held)
        if type(held) is not Keyed:
            continue
        held.group = group
        for number in range(sizes[rank], len(held.items)):
            grows = _begin(ledger, held.items[number], inner, group, rank, silent[rank])
            if silent[rank] and not grows:
                held.hush(number)


def _group(ledger: Ledger, values: Any, fields: Any) -> Any:
    """The common part of a message's voices, made with the first of them."""
    for name, _ in fields:
        held = values.get(name)
        if type(held) is Keyed and held.group is not None:
            return held.group
        voice = getattr(held, "voice", None)
        if voice is not None:
            return voice.group
    group = object()
    ledger.restructure()  # templates of these texts were learned without voices
    for rank, (name, inner) in enumerate(fields):
        held = values.get(name)
        if type(held) is Keyed:
            held.group = group
            for item in held.items:
                _begin(ledger, item, inner, group, rank, False)
        elif type(held) is ledger.text:
            held.voice = Voice(group, rank, not held)
    return group


def _begin(ledger: Ledger, item: Any, inner: Any, group: Any, rank: int, silent: bool) -> bool:
    """Voices for the texts of an element; False if it has none that may grow."""
    texts = _texts(ledger, item, inner)
    for text in texts:
        if text.voice is None:
            text.voice = Voice(group, rank, silent or not text)
    speaking = [text for text in texts if not text.voice.silent]
    if len(speaking) > 1:
        _gather(ledger, texts)
    return bool(texts)


def _texts(ledger: Ledger, item: Any, inner: Any) -> list[Any]:
    """The texts of an element."""
    found = [member(item, name) for name in inner]
    return [text for text in found if type(text) is ledger.text]


def _said(value: Any, inner: Any) -> str | None:
    """The words of a field in an event; None: a value like nothing else."""
    if value is None:
        return ""
    if not inner:
        return value if type(value) is str else None
    if not isinstance(value, list):
        return None
    words = []
    for element in value:
        if isinstance(element, dict) and not is_open(element):
            for name in inner:
                word = element.get(name)
                if type(word) is str:
                    words.append(word)
                elif word is not None:
                    return None
    return "".join(words)


def _elements(
    ledger: Ledger, held: Any, inner: Any, source: Any, group: Any, rank: int, silent: bool
) -> None:
    """The elements that are there already, and their growing texts."""
    for element in source:
        if not isinstance(element, dict):
            continue
        place = held.found(element)
        if place is not None:
            here = [(place.values, name, rank, bool(element.get(name)), silent) for name in inner]
            _turn(ledger, here, group)


def _turn(ledger: Ledger, here: list[Any], group: Any) -> None:
    """Who speaks next at one place.

    here: of each with a text there, (values, name, rank, whether it has words now, whether they
    are silent).
    """
    texts = [values.get(name) for values, name, _, _, _ in here]
    buffer = None
    speaking = 0
    changes = False
    for text, (_, _, _, speaks, silent) in zip(texts, here, strict=True):
        voice = text.voice if type(text) is ledger.text else None
        if voice is not None and voice.buffer is not None:
            buffer = voice.buffer
        if voice is not None and text and speaks and voice.silent != silent:
            changes = True
        if (speaks and not silent) or (voice is not None and not voice.silent):
            speaking += 1
    if buffer is None and (changes or speaking > 1):
        buffer = _gather(ledger, texts)
    for text, (values, name, rank, speaks, silent) in zip(texts, here, strict=True):
        if not speaks:
            continue
        if type(text) is ledger.text:
            text.voice.silent = silent
            text.voice.buffer = buffer
        else:
            voice = Voice(group, rank, silent)
            voice.buffer = buffer
            if ledger.awaited is None:
                ledger.awaited = {}
            ledger.awaited[id(values), name] = voice


def _gather(ledger: Ledger, texts: list[Any]) -> Any:
    """The given words of the texts at one place go to a buffer from now on."""
    buffer = ledger.text()
    for text in texts:
        voice = text.voice if type(text) is ledger.text else None
        if voice is not None:
            if not voice.silent:
                buffer.append(text.take(True, 1))
            voice.buffer = buffer
    return buffer
