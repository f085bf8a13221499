r"""The pieces that came to an answer since somebody last asked: the record, and its kinds.

Enters: nothing. Leaves: the frozen record `Delta` and the closed list of its kinds.
Must not know: dialects, states, how new pieces are found.

    >>> from ssefold import StreamAccumulator
    >>> acc = StreamAccumulator()
    >>> acc.feed(b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n')
    1
    >>> acc.take()
    [Delta(kind='text', text='Hi', choice=0, index=None, part=None, id=None, name=None)]
    >>> acc.take()
    []
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

# Kinds with more to know of them than their name.
TEXT = "text"
TOOL_CALL = "tool_call"
TOOL_ARGUMENTS = "tool_arguments"

DELTA_KINDS: Mapping[str, str] = {
    TEXT: "what the model says: the text of text()",
    "reasoning": "what it thinks, where the server shows it",
    "reasoning_summary": "the summary of that which Responses sends",
    "refusal": "why it declines",
    "transcript": "what it says aloud, in words",
    TOOL_CALL: "the name of a tool that it calls; a server's own tool: the call's type",
    TOOL_ARGUMENTS: "what it calls the tool with: JSON text, or the tool's own input",
}


class Delta(NamedTuple):
    """A piece of an answer that came since the last `take()`.

    `kind` is a key of `DELTA_KINDS`; `text` the piece, never empty; `choice` the
    number of the choice or candidate. `index` is the number of the block, output
    item, part or tool call, which it keeps whatever moves before it, `part` the number
    of the part within an item; None where the dialect has none. `id` and `name` are the
    tool call's, as far as known.
    """

    kind: str
    text: str
    choice: int = 0
    index: int | None = None  # type: ignore[assignment]  # tuples have a method of that name
    part: int | None = None
    id: str | None = None
    name: str | None = None
