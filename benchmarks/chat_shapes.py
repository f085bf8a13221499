"""Traffic of openai.chat and openai.completions.

Enters: a generator of random numbers, a number of events.
Leaves: the blocks, and the answer that the API would have given.
Must not know: who folds it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Any

from .traffic import (
    ESCAPED,
    WIDE,
    Book,
    Json,
    argument_pieces,
    block,
    letters,
    words,
)

BOOK = Book()
Written = tuple[list[bytes], Any]
DONE = block("[DONE]")

USAGE: Json = {
    "prompt_tokens": 117,
    "completion_tokens": 0,
    "total_tokens": 117,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
}


def usage(tokens: int) -> Json:
    """Usage with that many completion tokens."""
    return {**USAGE, "completion_tokens": tokens, "total_tokens": 117 + tokens}


class Chat:
    """A server that writes chunks of one answer, and writes down what they add up to."""

    def __init__(self, rng: random.Random, eol: str = "\n", ascii_only: bool = False) -> None:
        self.rng = rng
        self.eol, self.ascii_only = eol, ascii_only
        self.blocks: list[bytes] = []
        self.head: Json = {
            "id": f"chatcmpl-{letters(rng, 29)}",
            "object": "chat.completion.chunk",
            "created": 1762947559,
            "model": "gpt-4o-2024-08-06",
            "service_tier": "default",
            "system_fingerprint": f"fp_{letters(rng, 10).lower()}",
        }
        self.created: Callable[[], int] = lambda: 1762947559
        self.more: Callable[[], Json] = lambda: {"usage": None}
        self.arrange: Callable[[Json], Json] = lambda chunk: chunk

    def choice(
        self, delta: Json, index: int = 0, finish: str | None = None, logprobs: Any = None
    ) -> None:
        """One chunk with one choice."""
        choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        self.chunk([choice])

    def chunk(self, choices: list[Json], **more: Any) -> None:
        """One chunk; `more` comes on top of what this server always adds."""
        chunk = {**self.head, "created": self.created(), "choices": choices, **self.more(), **more}
        payload = self.arrange(chunk)
        self.blocks.append(block(payload, eol=self.eol, ascii_only=self.ascii_only))

    def start(self, index: int = 0, content: str | None = "") -> None:
        """The chunk that opens a choice."""
        self.choice({"role": "assistant", "content": content, "refusal": None}, index)

    def end(self, finish: str = "stop", choices: int = 1, tokens: int = 0) -> list[bytes]:
        """A finish reason per choice, the usage, the terminator: choices + 2 blocks."""
        for index in range(choices):
            self.choice({}, index, finish)
        self.chunk([], usage=usage(tokens))
        return [*self.blocks, block("[DONE]", eol=self.eol)]

    def answer(self, choices: list[Json], tokens: int = 0, **more: Any) -> Json:
        """The answer of an unstreamed call."""
        head = self.head
        return {
            "id": head["id"],
            "object": "chat.completion",
            "created": 1762947559,
            "model": head["model"],
            "choices": choices,
            "usage": usage(tokens),
            "service_tier": head["service_tier"],
            "system_fingerprint": head["system_fingerprint"],
            **more,
        }


def told(
    content: str | None, index: int = 0, finish: str = "stop", logprobs: Any = None, **more: Any
) -> Json:
    """A choice of the answer."""
    message = {"role": "assistant", "content": content, **more}
    message.setdefault("refusal", None)
    return {"index": index, "message": message, "logprobs": logprobs, "finish_reason": finish}


def plain(chat: Chat, pieces: list[str], **more: Any) -> Written:
    """One choice of text: `pieces` and four blocks around them."""
    chat.start()
    for piece in pieces:
        chat.choice({"content": piece})
    blocks = chat.end(tokens=len(pieces))
    return blocks, chat.answer([told("".join(pieces))], len(pieces), **more)


@BOOK.shape("openai.chat")
def text(rng: random.Random, events: int) -> Written:
    """One choice of text, a token per chunk."""
    return plain(Chat(rng), words(rng, events - 4))


@BOOK.shape("openai.chat")
def text_obfuscation(rng: random.Random, events: int) -> Written:
    """Text with padding of random length on each chunk, as OpenAI sends it by default."""
    chat = Chat(rng)
    chat.more = lambda: {"usage": None, "obfuscation": letters(rng, rng.randint(1, 16))}
    return plain(chat, words(rng, events - 4))


@BOOK.shape("openai.chat")
def tools(rng: random.Random, events: int) -> Written:
    """Two tool calls, one after the other."""
    return called(rng, events, 2, lambda calls: [one for call in calls for one in call])


@BOOK.shape("openai.chat")
def parallel_tools(rng: random.Random, events: int) -> Written:
    """Three tool calls that begin in order, and whose fragments alternate."""

    def order(calls: list[list[Json]]) -> list[Json]:
        later = shuffled(rng, [call[1:] for call in calls])
        return [*(call[0] for call in calls), *later]

    return called(rng, events, 3, order)


def called(
    rng: random.Random, events: int, count: int, order: Callable[[list[list[Json]]], list[Json]]
) -> Written:
    """`count` tool calls, their fragments in the given order."""
    chat = Chat(rng)
    chat.start(content=None)
    share, calls, answers = split(events - 4 - count, count), [], []
    for index in range(count):
        pieces = argument_pieces(rng, share[index])
        name, ident = f"read_{letters(rng, 5)}", f"call_{letters(rng, 24)}"
        head = {"id": ident, "type": "function", "function": {"name": name, "arguments": ""}}
        later = [{"index": index, "function": {"arguments": piece}} for piece in pieces]
        calls.append([{"index": index, **head}, *later])
        answers.append({**head, "function": {"name": name, "arguments": "".join(pieces)}})
    for fragment in order(calls):
        chat.choice({"tool_calls": [fragment]})
    blocks = chat.end("tool_calls", tokens=events)
    return blocks, chat.answer([told(None, finish="tool_calls", tool_calls=answers)], events)


def split(total: int, parts: int) -> list[int]:
    """`total` in `parts` almost equal shares."""
    return [total // parts + (i < total % parts) for i in range(parts)]


def shuffled(rng: random.Random, lists: list[list[Any]]) -> list[Any]:
    """The elements of several lists, at random, each list in its order."""
    owners = [i for i, one in enumerate(lists) for _ in one]
    rng.shuffle(owners)
    waiting = [iter(one) for one in lists]
    return [next(waiting[owner]) for owner in owners]


def several(rng: random.Random, events: int, count: int) -> Written:
    """`count` choices of text whose chunks come in random order."""
    chat = Chat(rng)
    for index in range(count):
        chat.start(index)
    share = split(events - 2 * count - 2, count)
    texts = [words(rng, share[index]) for index in range(count)]
    deltas = [[(index, piece) for piece in pieces] for index, pieces in enumerate(texts)]
    for index, piece in shuffled(rng, deltas):
        chat.choice({"content": piece}, index)
    blocks = chat.end(choices=count, tokens=events)
    choices = [told("".join(pieces), index) for index, pieces in enumerate(texts)]
    return blocks, chat.answer(choices, events)


@BOOK.shape("openai.chat")
def n4(rng: random.Random, events: int) -> Written:
    """Four choices, in random order."""
    return several(rng, events, 4)


@BOOK.shape("openai.chat", least=32)
def n10(rng: random.Random, events: int) -> Written:
    """Ten choices, in random order."""
    return several(rng, events, 10)


@BOOK.shape("openai.chat", least=302)
def n100(rng: random.Random, events: int) -> Written:
    """A hundred choices, in random order."""
    return several(rng, events, 100)


@BOOK.shape("openai.chat")
def usage_every_chunk(rng: random.Random, events: int) -> Written:
    """Usage on each chunk, with a count that grows (vLLM's continuous_usage_stats)."""
    chat = Chat(rng)
    chat.more = lambda: {"usage": usage(max(0, len(chat.blocks) - 1))}
    return plain(chat, words(rng, events - 4))


@BOOK.shape("openai.chat")
def created_changing(rng: random.Random, events: int) -> Written:
    """`created` is the time of the chunk: it changes every few of them."""
    chat = Chat(rng)
    chat.created = lambda: 1762947559 + len(chat.blocks) // 3
    return plain(chat, words(rng, events - 4))


@BOOK.shape("openai.chat")
def timings(rng: random.Random, events: int) -> Written:
    """Timings on each chunk, all of them changing (llama.cpp)."""
    chat = Chat(rng)
    last: Json = {}

    def more() -> Json:
        count = len(chat.blocks)
        last.update(
            cache_n=0,
            prompt_n=117,
            prompt_ms=48.25,
            predicted_n=count,
            predicted_ms=round(count * 11.7 + rng.random(), 3),
            predicted_per_second=round(80 + 10 * rng.random(), 14),
        )
        return {"usage": None, "timings": dict(last)}

    chat.more = more
    blocks, answer = plain(chat, words(rng, events - 4))
    return blocks, {**answer, "timings": last}


@BOOK.shape("openai.chat")
def reasoning(rng: random.Random, events: int) -> Written:
    """Reasoning first, the answer after it (DeepSeek, Qwen, vLLM)."""
    chat = Chat(rng)
    chat.choice({"role": "assistant", "content": None, "reasoning_content": ""})
    share = split(events - 4, 2)
    thought, said = words(rng, share[0]), words(rng, share[1])
    for piece in thought:
        chat.choice({"content": None, "reasoning_content": piece})
    for piece in said:
        chat.choice({"content": piece, "reasoning_content": None})
    choice = told("".join(said), reasoning_content="".join(thought))
    del choice["message"]["refusal"]
    return chat.end(tokens=events), chat.answer([choice], events)


@BOOK.shape("openai.chat", events=2000)
def logprobs(rng: random.Random, events: int) -> Written:
    """Log probabilities with two alternatives on each token."""
    chat = Chat(rng)
    chat.start()
    pieces = words(rng, events - 4)
    tokens = [_alternatives(rng, piece) for piece in pieces]
    for piece, token in zip(pieces, tokens, strict=True):
        chat.choice({"content": piece}, logprobs={"content": [token], "refusal": None})
    choice = told("".join(pieces), logprobs={"content": tokens, "refusal": None})
    return chat.end(tokens=events), chat.answer([choice], events)


def _alternatives(rng: random.Random, piece: str) -> Json:
    return {**_token(rng, piece), "top_logprobs": [_token(rng, piece), _token(rng, " a")]}


def _token(rng: random.Random, piece: str) -> Json:
    return {"token": piece, "logprob": -rng.random() * 9, "bytes": list(piece.encode())}


@BOOK.shape("openai.chat")
def escapes(rng: random.Random, events: int) -> Written:
    """Code and prose in ASCII: every second fragment holds an escape."""
    pieces = [
        rng.choice(ESCAPED) if rng.random() < 0.5 else word for word in words(rng, events - 4)
    ]
    return plain(Chat(rng, ascii_only=True), pieces)


@BOOK.shape("openai.chat")
def non_ascii(rng: random.Random, events: int) -> Written:
    """Chinese, Japanese, Russian, Korean text in UTF-8."""
    return plain(Chat(rng), rng.choices(WIDE, k=events - 4))


@BOOK.shape("openai.chat")
def crlf(rng: random.Random, events: int) -> Written:
    """Text with CRLF line ends."""
    return plain(Chat(rng, eol="\r\n"), words(rng, events - 4))


@BOOK.shape("openai.chat", events=20)
def short(rng: random.Random, events: int) -> Written:
    """Text of twenty chunks: what it costs to begin and to end."""
    return plain(Chat(rng), words(rng, events - 4))


@BOOK.shape("openai.chat")
def ever_new(rng: random.Random, events: int) -> Written:
    """Text whose chunks all differ in the order of their members."""
    chat = Chat(rng)
    seen: set[tuple[str, ...]] = set()

    def arrange(chunk: Json) -> Json:
        while True:
            shuffled_choices = [_reordered(rng, choice) for choice in chunk["choices"]]
            out = _reordered(rng, {**chunk, "choices": shuffled_choices})
            order = (*out, *(key for choice in shuffled_choices for key in choice))
            if order not in seen:
                seen.add(order)
                return out

    chat.arrange = arrange
    return plain(chat, words(rng, events - 4))


def _reordered(rng: random.Random, value: Json) -> Json:
    keys = list(value)
    rng.shuffle(keys)
    return {key: value[key] for key in keys}


@BOOK.shape("openai.completions")
def completions(rng: random.Random, events: int) -> Written:
    """The legacy Completions API."""
    pieces = words(rng, events - 3)
    head: Json = {"id": f"cmpl-{letters(rng, 29)}", "object": "text_completion"}
    head["created"] = 1762947559

    def chunk(choices: Iterable[Json], **more: Any) -> bytes:
        return block({**head, "choices": list(choices), "model": "gpt-3.5-turbo-instruct", **more})

    def choice(piece: str, finish: str | None) -> Json:
        return {"text": piece, "index": 0, "logprobs": None, "finish_reason": finish}

    blocks = [chunk([choice(piece, None)], usage=None) for piece in pieces]
    blocks.append(chunk([choice("", "stop")], usage=None))
    blocks.append(chunk([], usage=usage(len(pieces))))
    answer = {**head, "model": "gpt-3.5-turbo-instruct"}
    answer["choices"] = [choice("".join(pieces), "stop")]
    answer["usage"] = usage(len(pieces))
    return [*blocks, DONE], answer
