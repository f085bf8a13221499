"""The anthropic SDK: `client.messages.stream(...).get_final_message()`.

With the word `beta` it is `client.beta.messages`, whose stream knows more kinds of blocks.
"""

from __future__ import annotations

import sys
from typing import Any

from .loopback import Loopback
from .serve import Answer, Json, Request, serve, versions

CLAIMS = {
    "name": "anthropic, message stream",
    "dialects": ["anthropic.messages"],
    "kinds": {
        "plain": ["answer", "tokens", "whole"],
        "odd": ["answer", "tokens"],
        "damaged": ["whole"],
        "truncated": ["whole"],
        "failed": ["whole"],
    },
    "answer": "members",
}


def make() -> tuple[Json, Answer]:
    """A client of the loopback."""
    import anthropic

    loopback = Loopback()
    client = anthropic.Anthropic(api_key="none", base_url=loopback.url, max_retries=0, timeout=5)
    messages: Any = client.beta.messages if "beta" in sys.argv[1:] else client.messages

    def answer(request: Request) -> Json:
        loopback.body = request.stream
        with messages.stream(
            model="m", max_tokens=9, messages=[{"role": "user", "content": "x"}]
        ) as stream:
            final = stream.get_final_message()
        return {"answer": final.to_dict(), "whole": True}

    return {**CLAIMS, "version": versions("anthropic")}, answer


if __name__ == "__main__":
    serve(make)
