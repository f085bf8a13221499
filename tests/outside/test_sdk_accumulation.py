"""Real streams, folded, beside what the provider's own SDK makes of the same bytes.

The SDKs run as programs, over a loopback, by the adapters of peers/: the OpenAI SDK's
ChatCompletionStreamState and responses stream, the Anthropic SDK's beta message stream, and the
plain sum of google-genai's chunks. (For legacy completions the SDK has chunks alone.)

Each difference must be one of DIFFERENCES, which says how the SDK came by its value, and that is
checked against the events; each refusal one of REFUSED. One that is found no more fails too.

What is not compared: the order of keys, whether a member is null or missing, and the role and
the type of a tool call where the SDK has none. Recordings whose framing was rebuilt from payloads
have lost the `event:` lines without which the Anthropic SDK sees nothing: they get them back. Where
one stream follows another in one file, the SDK reads the first alone.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

import pytest
from backends import BACKENDS, Backend
from conformance.cases import Case
from conformance.judge import Reply, equal
from conformance.process import Bounds, Implementation
from peers.programs import MISSING
from recordings import FOLDER, ROWS, stream_of

pytestmark = pytest.mark.skipif(not ROWS, reason=f"no recordings in {FOLDER}")

# Dialect -> the adapter, and the words of its command.
ADAPTERS = {
    "openai.chat": ("openai_sdk",),
    "openai.responses": ("openai_sdk",),
    "anthropic.messages": ("anthropic_sdk", "beta"),
    "google.gemini": ("genai_sdk",),
}
BOUNDS = Bounds(seconds=30.0, start=90.0)
COMPARED = [row for row in ROWS if row["dialect"] in ADAPTERS]
each_recording = pytest.mark.parametrize("row", COMPARED, ids=[row["file"] for row in COMPARED])

Path = tuple[Any, ...]  # keys, and places in lists


class Difference(NamedTuple):
    """A place of the answer where the two differ, and how it came to be."""

    path: Path
    ours: Any
    theirs: Any
    events: list[Any]

    def sent(self) -> list[Any]:
        """What the events had there, in order."""
        return [value for event in self.events for value in at(event, self.path)]

    def place(self) -> str:
        """The path as a table names it."""
        keys = ["[]" if isinstance(key, int) else f".{key}" for key in self.path]
        return "".join(keys).removeprefix(".")


# -- how an SDK came by its value ---------------------------------------------------------------


def late(found: Difference) -> bool:
    """It has nothing: the first event of the stream, or of the choice, had none."""
    holder = found.path[:2] if found.path[0] == "choices" else ()
    start = next(event for event in found.events if at(event, holder))
    return found.theirs is None and not at(start, found.path) and bool(found.sent())


def not_last(found: Difference) -> bool:
    """It has nothing: the last event had none."""
    return found.theirs is None and not at(found.events[-1], found.path) and bool(found.sent())


def elsewhere(found: Difference, path: Path) -> bool:
    """It has nothing: the events had it in another place."""
    other = found._replace(path=path)
    return found.theirs is None and not found.sent() and equal(found.ours, other.sent()[-1])


def dropped(found: Difference) -> bool:
    """It has nothing, though the last of these values is ours."""
    return found.theirs is None and equal(found.ours, found.sent()[-1])


def first(found: Difference) -> bool:
    """The first event's, whatever came later."""
    return bool(found.sent()) and equal(found.theirs, found.sent()[0])


def joined(found: Difference) -> bool:
    """The strings of all events, one behind the other."""
    strings = [value for value in found.sent() if isinstance(value, str)]
    return len(found.sent()) > 1 and bool(found.theirs == "".join(strings))


def summed(found: Difference) -> bool:
    """The numbers of all events, added."""
    return len(found.sent()) > 1 and bool(found.theirs == sum(found.sent()))


def by_index(found: Difference) -> bool:
    """One element per index, where there are several types to an index."""
    ours = [item["index"] for item in found.ours]
    theirs = [item["index"] for item in found.theirs]
    return theirs == sorted(set(ours)) != ours


def url_safe(found: Difference) -> bool:
    """The same bytes, in the other alphabet of Base64."""
    return bool(found.theirs == found.ours.replace("+", "-").replace("/", "_"))


def same_instant(found: Difference) -> bool:
    """The same time, written otherwise."""
    return datetime.fromisoformat(found.ours.replace("Z", "+00:00")) == datetime.fromisoformat(
        found.theirs
    )


def one_chunk(found: Difference) -> bool:
    """None or less of a list than came, where each chunk brought a piece."""
    return len(found.sent()) > 1 and len(found.ours) > len(found.theirs or ())


def in_pieces(found: Difference) -> bool:
    """The parts as they came: streamed arguments in pieces, a signature in a part of its own."""
    if len(found.theirs) <= len(found.ours):
        return False
    texts = [
        "".join([part.get("text") or "" for part in parts if not part.get("thought")])
        for parts in (found.ours, found.theirs)
    ]
    names = [
        [call["name"] for part in parts if (call := part.get("functionCall") or {}).get("name")]
        for parts in (found.ours, found.theirs)
    ]
    return texts[0] == texts[1] and names[0] == names[1]


def half_parsed(found: Difference) -> bool:
    """Those members of a cut JSON text that were whole."""
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(found.ours)
    return all(f'"{key}":{json.dumps(value)}' in found.ours for key, value in found.theirs.items())


class Known(NamedTuple):
    """A difference in which the SDK is not to be followed."""

    dialect: str
    place: str
    how: Callable[[Difference], bool]
    why: str


ONCE = "it takes what is not its own from the first chunk (of a choice) alone; here it came later"
REPEATED = "this server sends it with each delta, and the SDK joins all strings but two"
EMPTY = "the first chunk has it empty, as Azure's about the prompt does, and the SDK keeps that"

DIFFERENCES = (
    Known("openai.chat", "id", first, EMPTY),
    Known("openai.chat", "created", first, EMPTY),
    Known("openai.chat", "model", first, EMPTY),
    Known("openai.chat", "model", late, ONCE),
    Known("openai.chat", "service_tier", late, ONCE),
    Known("openai.chat", "generationId", late, ONCE),
    Known("openai.chat", "latency_checkpoint", late, ONCE),
    Known("openai.chat", "time_info", late, ONCE),
    Known("openai.chat", "timings", late, ONCE),
    Known("openai.chat", "x_groq", late, ONCE),
    Known("openai.chat", "sla_metrics.ts_us", first, ONCE),
    Known("openai.chat", "choices[].matched_stop", late, ONCE),
    Known("openai.chat", "choices[].native_finish_reason", late, ONCE),
    Known("openai.chat", "choices[].seed", late, ONCE),
    Known("openai.chat", "choices[].content_filter_results.hate", late, ONCE),
    Known("openai.chat", "choices[].content_filter_results.self_harm", late, ONCE),
    Known("openai.chat", "choices[].content_filter_results.sexual", late, ONCE),
    Known("openai.chat", "choices[].content_filter_results.violence", late, ONCE),
    Known("openai.chat", "choices[].content_filter_results.protected_material_text", late, ONCE),
    Known(
        "openai.chat", "choices[].content_filter_offsets", first,
        "offsets into the prompt and the answer, of one chunk: no member of an answer",
    ),
    Known(
        "openai.chat", "choices[].text", first,
        "it repeats a delta, for clients of legacy completions; the SDK keeps the first",
    ),
    Known(
        "openai.chat", "system_fingerprint", not_last,
        "it takes the last chunk's, which has none",
    ),
    Known(
        "openai.chat", "usage", not_last,
        "it takes the last chunk's, which has none; the usage came before",
    ),
    Known(
        "openai.chat", "usage", partial(elsewhere, path=("x_groq", "usage")),
        "Groq sends it in x_groq, where the SDK does not look",
    ),
    Known("openai.chat", "choices[].message.role", joined, REPEATED),
    Known("openai.chat", "choices[].message.channel", joined, REPEATED),
    Known("openai.chat", "choices[].message.executed_tools[].arguments", joined, REPEATED),
    Known("openai.chat", "choices[].message.executed_tools[].name", joined, REPEATED),
    Known(
        "openai.chat", "choices[].logprobs.reasoning_content", one_chunk,
        "each chunk brings the tokens that it is of; the SDK does not join them",
    ),
    Known("openai.chat", "choices[].message.reasoning_details[].format", joined, REPEATED),
    Known("openai.chat", "choices[].message.reasoning_details[].id", joined, REPEATED),
    Known(
        "openai.chat", "choices[].message.token_id", summed,
        "the number of a token: the SDK adds all numbers of deltas up",
    ),
    Known(
        "openai.chat", "choices[].message.reasoning_details", by_index,
        "a summary and its cipher share an index; the SDK makes one element of the two",
    ),
    Known(
        "openai.chat", "choices[].message.content", joined,
        "Mistral sends thoughts as parts and text as strings; the SDK loses the parts",
    ),
    Known(
        "openai.chat", "choices[].message.tool_calls[].index", first,
        "the SDK leaves it in; the API's answer has none",
    ),
    Known(
        "anthropic.messages", "container.expires_at", same_instant,
        "the SDK reads it as a time, which it writes otherwise",
    ),
    Known(
        "anthropic.messages", "content[].input", half_parsed,
        "the stream ended within a tool's input; the SDK hides that, we give the text",
    ),
    Known(
        "google.gemini", "candidates[].content.parts", in_pieces,
        "the SDK joins neither streamed arguments nor a signature that comes alone",
    ),
    Known(
        "google.gemini", "candidates[].content.parts[].thoughtSignature", url_safe,
        "the SDK reads it as bytes, which it writes in the other Base64",
    ),
    Known(
        "google.gemini", "usageMetadata.serviceTier", dropped,
        "the SDK has no such field yet",
    ),
    Known(
        "google.gemini", "candidates[].content.missing-parts", dropped,
        "made by hand to be wrong: the SDK keeps no unknown field",
    ),
)  # fmt: skip

# File -> what the SDK raises, and why it should not.
REFUSED = {
    "bedrock__ruby-llm__providers-bedrock-mantle-responses-chat-streams-through-the-responses__0"
    ".sse": (
        "IndexError",
        "content_index begins at 1; the SDK takes it for a place",
    ),
    "openai__ai__github-copilot-id-rotation.1__0.sse": (
        "Lifecycle response identity changed",
        "Copilot gives each event of one response another id",
    ),
    "openai__ai__parallel-tool-call-wrapper.1__0.sse": (
        "JSONDecodeError",
        "the arguments end with one brace too many; they are the model's, as they came",
    ),
    "openai__dd-trace-py__response-stream-incomplete__0.sse": (
        "Didn't receive a `response.completed` event",
        "it ended with response.incomplete, which ends a stream as well",
    ),
    "openai__mirascope__openai-responses-handles-refusal-for-stream__0.sse": (
        "Didn't receive a `response.completed` event",
        "it ended with response.incomplete, which ends a stream as well",
    ),
    "openrouter__logfire__test-openai-openrouter-streaming-reasoning__0.sse": (
        "Expected list delta entry to have an `index` key",
        "OpenRouter's reasoning details have no index",
    ),
    "writer__openllmetry__test-chat-writer-async-streaming-chat-tool-call-request-legacy__0.sse": (
        "AssertionError",
        "Writer sends a tool call's type as null after the first chunk, and the SDK takes it",
    ),
}


# -- both answers -------------------------------------------------------------------------------


def put_to_sdk(row: dict[str, Any]) -> bytes:
    """The first stream of a recording, with the names of its events where they were lost."""
    stream = stream_of(row)
    if row["dialect"] == "anthropic.messages" and row["framing"] == "rebuilt":
        assert b"event:" not in stream
        stream = re.sub(rb'(?m)^data: (?=\{"type":"(\w+)")', rb"event: \1\n\g<0>", stream)
    starts = [found.start() for found in re.finditer(START, stream)]
    return stream[: starts[1]] if row["concatenated"] and len(starts) > 1 else stream


START = rb'(?m)^(event: [\w.]+\n)?data: \{"type":"(message_start|response\.created)"'


def ask() -> dict[str, Reply]:
    """File -> what the SDK says of it; none where the SDK is not installed."""
    said: dict[str, Reply] = {}
    for words in sorted(set(ADAPTERS.values())):
        command = [sys.executable, "-m", f"peers.{words[0]}", *words[1:]]
        rows = [row for row in COMPARED if ADAPTERS[row["dialect"]] == words]
        try:
            with Implementation(command, BOUNDS) as sdk:
                for row in rows:
                    case = Case(row["file"], "plain", put_to_sdk(row), {}, row["dialect"])
                    said[row["file"]] = sdk.ask(case)
        except ValueError as error:
            if f"exit code {MISSING}" not in str(error):
                raise
    return said


@pytest.fixture(scope="module")
def replies() -> dict[str, Reply]:
    return ask()


def folded(backend: Backend, row: dict[str, Any]) -> Any:
    acc = backend.StreamAccumulator()
    acc.feed(stream_of(row))
    acc.close()
    return acc


def differences(row: dict[str, Any], ours: Any, theirs: Any) -> list[Difference]:
    events = events_of(stream_of(row))
    return [
        Difference(path, one, other, events)
        for path, one, other in compare(ours, theirs, ())
        if not is_default(path, one, other)
    ]


def compare(ours: Any, theirs: Any, path: Path) -> Iterator[tuple[Path, Any, Any]]:
    """The places that differ, as deep as both go."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in [*ours, *(key for key in theirs if key not in ours)]:
            yield from compare(ours.get(key), theirs.get(key), (*path, key))
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for place, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from compare(one, other, (*path, place))
    elif not equal(ours, theirs):
        yield path, ours, theirs


def is_default(path: Path, ours: Any, theirs: Any) -> bool:
    """What the rules add where a server left it out."""
    return theirs is None and (path[-1], ours) in (("role", "assistant"), ("type", "function"))


def events_of(stream: bytes) -> list[Any]:
    lines = [line[5:] for line in stream.splitlines() if line.startswith(b"data:")]
    return [json.loads(line) for line in lines if line.strip() != b"[DONE]"]


def at(event: Any, path: Path) -> list[Any]:
    """What an event has at that place of the answer: one value or none."""
    for key in path:
        if isinstance(key, int):
            if not isinstance(event, list):
                return []
            # By the number that the server gives; a list without numbers is in order.
            event = next((x for n, x in enumerate(event) if x.get("index", n) == key), None)
        else:
            event = event.get("delta" if key == "message" and "delta" in event else key)
        if event is None:
            return []
    return [event]


# -- the tests ----------------------------------------------------------------------------------


@each_recording
def test_as_the_sdk(backend: Backend, replies: dict[str, Reply], row: dict[str, Any]) -> None:
    """The fold is the SDK's answer, but for what the tables list."""
    if row["file"] not in replies:
        pytest.skip(f"{row['dialect']}: no SDK")
    reply, acc = replies[row["file"]], folded(backend, row)
    assert reply.said is not None, reply.failure
    refused = reply.said.get("refused")
    if row["file"] in REFUSED:
        assert refused is not None
        assert REFUSED[row["file"]][0] in refused
    elif acc.status == "failed":  # both tell, in the server's words
        assert refused is not None
        assert refused.startswith(f"APIError: {acc.error['message']}"[: len(refused)])
    else:
        assert refused is None
        found = differences(row, acc.snapshot(), reply.said["answer"])
        assert [x for x in found if not any(explains(k, row, x) for k in DIFFERENCES)] == []


def explains(known: Known, row: dict[str, Any], found: Difference) -> bool:
    same = (known.dialect, known.place) == (row["dialect"], found.place())
    return same and known.how(found)


@pytest.mark.parametrize("known", DIFFERENCES, ids=[f"{k.dialect}-{k.place}" for k in DIFFERENCES])
def test_differs_still(replies: dict[str, Reply], known: Known) -> None:
    """Each row of the table is of use: without it a recording is unexplained."""
    rows = [row for row in COMPARED if row["dialect"] == known.dialect and row["file"] in replies]
    if not rows:
        pytest.skip(f"{known.dialect}: no SDK")
    others = [other for other in DIFFERENCES if other is not known]
    backend = next(iter(BACKENDS.values()))
    for row in rows:
        said = replies[row["file"]].said or {}
        if "answer" not in said:
            continue
        found = differences(row, folded(backend, row).snapshot(), said["answer"])
        alone = [x for x in found if not any(explains(other, row, x) for other in others)]
        if any(explains(known, row, x) for x in alone):
            return
    pytest.fail("no recording differs so any more: take the row out")


def test_refused_is_of_recordings() -> None:
    """A name that is no recording's would excuse nothing, unseen."""
    assert REFUSED.keys() <= {row["file"] for row in COMPARED}
