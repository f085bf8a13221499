"""The google-genai SDK: the chunks of `generate_content_stream`, added up in the plainest way.

The SDK has no accumulator: what is its own are the chunks, as it parsed them. The sum is a
user's: text joins text of its kind, other parts follow, of all else the last counts. So it is no
row of the table, which judges libraries; the recordings are compared with it.
"""

from __future__ import annotations

from typing import Any

from .loopback import Loopback
from .serve import Answer, Json, Request, serve, versions

CLAIMS = {
    "name": "google-genai, chunks",
    "dialects": ["google.gemini"],
    "kinds": {
        "plain": ["answer", "tokens", "whole"],
        "odd": ["answer", "tokens"],
        "damaged": ["whole"],
        "truncated": ["whole"],
        "failed": ["whole"],
    },
    "answer": "members",
}

# What the SDK puts on a chunk beside the API's members.
OWN = ("sdkHttpResponse", "automaticFunctionCallingHistory", "parsed")


def make() -> tuple[Json, Answer]:
    """A client of the loopback."""
    from google import genai

    loopback = Loopback()
    options: Any = {"base_url": loopback.url, "timeout": 5000}
    # As Vertex AI's, it keeps members of a chunk that it leaves out as the Gemini API's.
    client = genai.Client(vertexai=True, api_key="none", http_options=options)

    def answer(request: Request) -> Json:
        loopback.body = request.stream
        whole: Json = {}
        for chunk in client.models.generate_content_stream(model="m", contents="x"):
            _add(whole, chunk.model_dump(mode="json", by_alias=True, exclude_none=True))
        return {"answer": whole, "whole": True}

    return {**CLAIMS, "version": versions("google-genai")}, answer


def _add(whole: Json, chunk: Json) -> None:
    """One chunk's members: the last of each, and candidates one by one."""
    for name, value in chunk.items():
        if name == "candidates":
            for candidate in value:
                _add_candidate(whole.setdefault("candidates", []), candidate)
        elif name == "usageMetadata":
            whole.setdefault(name, {}).update(value)
        elif name not in OWN:
            whole[name] = value


def _add_candidate(candidates: list[Json], sent: Json) -> None:
    at = sent.get("index") or 0
    known = [one for one in candidates if (one.get("index") or 0) == at]
    if not known:
        candidates.append({})
    into = known[0] if known else candidates[-1]
    for name, value in sent.items():
        if name == "content":
            content = into.setdefault(name, {})
            content.update({key: item for key, item in value.items() if key != "parts"})
            for part in value.get("parts") or ():
                _add_part(content.setdefault("parts", []), part)
        else:
            into[name] = value


def _add_part(parts: list[Json], sent: Json) -> None:
    """A signature ends its part; an empty text without one says nothing."""
    last: Any = parts[-1] if parts else {}
    alike = last.get("thought") == sent.get("thought") and "thoughtSignature" not in last
    if "text" in last and sent.get("text") and alike:
        last.update({**sent, "text": last["text"] + sent["text"]})
    elif sent.get("text") != "" or "thoughtSignature" in sent:
        parts.append(sent)


if __name__ == "__main__":
    serve(make)
