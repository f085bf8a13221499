"""replay: a whole answer as the frames of a stream, the way back from a fold.

    >>> from ssefold import fold, replay
    >>> answer = {"object": "text_completion", "choices": [{"index": 0, "text": "Hello"}]}
    >>> stream = b"".join(replay(answer, piece=2))
    >>> stream.count(b"data: "), fold(stream)["choices"][0]["text"]
    (5, 'Hello')
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ssefold._options import Dialects


def replay(
    answer: dict[str, Any],
    dialect: Dialects = "auto",
    *,
    piece: int | None = 16,
    include_usage: bool = True,
) -> Iterator[bytes]:
    """The stream in which the API would have sent `answer`: an iterator of whole SSE frames.

    answer:  what the API returns without streaming, or what a fold gave.
    dialect: "auto", one of the dialects' names, a table whose events merge by FIELDS or that
             inherits one of ours, or a list of these: the first that has such an answer.
    piece:   characters per delta (16 are some four tokens), where the answer logs its tokens
             as many of them as it takes; None sends each text in one.
    include_usage: False leaves out the usage of openai.chat and openai.completions, which
             those send only when asked to; the other APIs always send theirs.

    Folding the frames gives the answer back (docs/reference.md tells how exactly). Raises,
    before the first frame: SSEFoldError `not_replayable` for an answer that would not come
    back, or whose dialect nobody knows; ValueError for an unknown dialect or a piece
    below 1; TypeError for other types, and for values that JSON does not have.
    """
    # Most who import the package fold: they need none of what writes.
    from ssefold._replay.writers import frames_of

    return frames_of(answer, dialect, piece, include_usage)
