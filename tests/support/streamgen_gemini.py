"""Streams of google.gemini made of a seed: candidates whose parts come in turn.

Enters: a random.Random.
Leaves: pairs of SSE event name and payload.
Must not know: the package under test, what happens to streams on the way.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from streamwords import DONE, NAMES, WORDS, Event, Json, interleave, pieces, text, token


def _texts(rng: random.Random) -> Iterator[Json]:
    """A text in pieces, or thoughts; the last piece may have the signature, or be nothing else."""
    long = rng.random() < 0.3
    whole = [rng.choice(WORDS) for _ in range(rng.randint(30, 90))] if long else None
    thought = rng.choice([{}, {}, {"thought": True}, {"thought": False}])
    for piece in whole or pieces(rng, text(rng, 25), 15):
        yield {"text": piece, **thought}
    how = rng.random()
    if how < 0.2:
        yield {"text": "", "thoughtSignature": "CiQB", **rng.choice([thought, thought, {}])}
    elif how < 0.3:
        yield {"text": text(rng, 2), "thoughtSignature": rng.choice(["CiQB", "", None])}
    elif how < 0.5:
        yield {"text": ""}
    elif how < 0.6:
        yield {"text": rng.choice([0.50, 12, True, {}, []]), **thought}
        yield {"text": text(rng, 2), **thought}


def _whole(rng: random.Random) -> Iterator[Json]:
    """Parts that are no text, or more than one."""
    kind = rng.choice(["call", "call", "code", "image", "odd"])
    beside: Json = rng.choice([{}, {}, {}, {"text": ""}, {"text": text(rng, 2)}])
    if kind == "call":
        args = {"a": rng.randint(0, 9), "b": text(rng, 2)}
        call: Json = {"name": rng.choice(NAMES), "args": args}
        yield {**beside, "functionCall": call, **rng.choice([{}, {"thoughtSignature": "CiQB"}])}
    elif kind == "code":
        yield {"executableCode": {"language": "PYTHON", "code": text(rng, 4), "id": "c"}}
        yield {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n", "id": "c"}}
    elif kind == "image":
        data = {"mimeType": "image/png", "data": "iVBO" * rng.randint(1, 9)}
        yield {"inlineData": data, **beside}
    else:
        yield rng.choice([{}, {"functionCall": {}}, {"thoughtSignature": "x"}, {"new": [1]}])


PATHS = (
    "$.a", "$.b", "$.a.b", "$.l[0]", "$.l[1]", "$.l[2].x", "$.o.p.q", "$['k k']", '$["a"]',
    "$.m[0][1]", "$.m[0][0]", "$.l[7]",
)  # fmt: skip
UNREADABLE = ("$", "a", "$..a", "$.a[*]", "$[-1]", "$['a", None, 7, "$.l.x")


def _piece(rng: random.Random, path: str | None) -> Json:
    """A value at a path; strings may go on."""
    at = path or (rng.choice(UNREADABLE) if rng.random() < 0.1 else rng.choice(PATHS))
    how = rng.random()
    if how < 0.6:
        piece: Json = {
            "jsonPath": at,
            "stringValue": rng.choice([text(rng, 3), "", '"\\\n', "\ud83d"]),
        }
        return {**piece, "willContinue": True} if rng.random() < 0.6 else piece
    return {"jsonPath": at, **rng.choice([
        {"numberValue": rng.choice([0, 5, -0.5, 1e22])}, {"boolValue": True}, {"nullValue": None},
        {"nullValue": "NULL_VALUE"}, {}, {"structValue": {"x": [1, {"y": None}]}},
        {"listValue": [1, 2]}, {"stringValue": None, "numberValue": 1},
    ])}  # fmt: skip


def _streamed(rng: random.Random) -> Iterator[Json]:
    """A call whose arguments come in pieces; most end, and few are odd."""
    call: Json = {"name": rng.choice(NAMES), **rng.choice([{}, {}, {"id": "c1"}])}
    if rng.random() < 0.9:
        first = {"partialArgs": [_piece(rng, None)]} if rng.random() < 0.1 else {}
        signed = rng.choice([{}, {"thoughtSignature": "CiQB"}])
        yield {"functionCall": {**call, **first, "willContinue": True}, **signed}
    for _ in range(rng.randint(0, 4)):
        path = rng.choice(PATHS)
        for _ in range(rng.randint(0, 4)):
            pieces = [_piece(rng, path) for _ in range(rng.choice([1, 1, 1, 2, 0]))]
            named = call if rng.random() < 0.05 else {}
            yield {"functionCall": {**named, "partialArgs": pieces, "willContinue": True}}
        yield {
            "functionCall": {
                "partialArgs": [{"jsonPath": path, "stringValue": ""}],
                "willContinue": True,
            }
        }
        if rng.random() < 0.1:
            yield rng.choice([
                {"functionCall": {"willContinue": True}}, {"text": "between"}, {"text": ""},
                {"functionCall": {"name": "g", "args": {}}}, {"thoughtSignature": "CiQC"},
                {"functionCall": {"id": "late", "willContinue": True}, "thoughtSignature": "CiQD"},
                {"functionCall": {"partialArgs": rng.choice(["x", [5]]), "willContinue": True}},
                {"functionCall": {"args": rng.choice([{"b": 1}, [1]]), "willContinue": True}},
            ])  # fmt: skip
    how = rng.random()
    if how < 0.7:
        yield {"functionCall": {}}
    elif how < 0.9:
        yield {"functionCall": {"partialArgs": [_piece(rng, None)]}}


def _candidate(rng: random.Random, index: int, several: bool) -> list[Json]:
    """What one candidate is in each event that has it."""
    parts: list[Json] = []
    for _ in range(rng.randint(0, 3)):
        parts += rng.choice([_texts, _texts, _whole, _streamed])(rng)
    role: Json = rng.choice([{"role": "model"}, {"role": "model"}, {}])
    route: Json = {"index": index} if several or rng.random() < 0.6 else {}
    safety = [{"category": "HARM", "probability": rng.choice(["LOW", "NEGLIGIBLE"])}]
    finishes = rng.random() < 0.1  # older models say STOP each time
    events: list[Json] = []
    while parts:
        count = rng.choice([1, 1, 1, 2])
        event: Json = {"content": {"parts": parts[:count], **role}, **route}
        del parts[:count]
        if finishes:
            event["finishReason"] = "STOP"
        if rng.random() < 0.1:
            event["safetyRatings"] = safety
        if rng.random() < 0.1:
            event["logprobsResult"] = {
                "chosenCandidates": [token(rng)], "topCandidates": [{"candidates": []}],
                "logProbabilitySum": -1.5,
            }  # fmt: skip
        events.append(event)
    reason = rng.choice(["STOP", "STOP", "MAX_TOKENS", "SAFETY", 1])
    last: Json = {**route, "finishReason": reason}
    content = rng.choice([{}, {"content": {}}, {"content": role}, {"content": {"parts": None}}])
    if rng.random() < 0.3:
        last["groundingMetadata"] = {"webSearchQueries": ["q"], "groundingChunks": []}
    if rng.random() < 0.2:
        last.update(avgLogprobs=-0.25, tokenCount=3, finishMessage="m")
    events.append({**content, **last})
    return events


def candidates(rng: random.Random) -> Iterator[Event]:
    """google.gemini: candidates in turn, usage that grows, or a blocked prompt."""
    count = rng.choice([1, 1, 1, 1, 2, 3, 0])
    if count == 0:
        reason = rng.choice([{"blockReason": "SAFETY"}, {}])
        yield "", {"promptFeedback": {**reason, "safetyRatings": []}, "modelVersion": "g"}
        return
    every = rng.random() < 0.7
    growing = [_candidate(rng, index, count > 1) for index in range(count)]
    together = rng.random() < 0.2 and count > 1
    for number, candidate in enumerate(interleave(rng, growing)):
        event: Json = {"candidates": [candidate]}
        if together:
            event["candidates"].append({"index": rng.randrange(count)})
        last = number == sum(map(len, growing)) - 1
        if every or last:
            event["usageMetadata"] = {
                "promptTokenCount": 9, "totalTokenCount": 9 + number, "trafficType": "ON_DEMAND",
            }  # fmt: skip
            if last:
                event["usageMetadata"]["candidatesTokenCount"] = number
        event.update(modelVersion="gemini-x", responseId="r1")
        if rng.random() < 0.1:
            event.update(createTime="2026", unknown={"a": number})
        yield "", event
    if rng.random() < 0.05:
        yield DONE
