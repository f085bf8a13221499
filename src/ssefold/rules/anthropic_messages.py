"""anthropic.messages: the Messages API.

https://docs.anthropic.com/en/docs/build-with-claude/streaming
"""

NAME = "anthropic.messages"

DETECT = {
    "event": ("message_start",),
    "type": ("message_start", "content_block_*", "message_delta", "message_stop"),
}

WHOLE = {"type": "message", "content": "array"}

KIND = "type"

# The block that an event means, and the one made where none started.
_BLOCK = "content[index]"
_TEXT = {"make": {"type": "text"}}
_THINKING = {"make": {"type": "thinking"}}
_TOOL = {"make": {"type": "tool_use"}}

EVENTS = {
    "message_start": ({"do": "base", "from": "message", "again": "fill"},),
    "content_block_start": {
        "by": "content_block.type",
        # Another model went on with the answer.
        "fallback": (
            {"do": "put", "at": _BLOCK, "from": "content_block"},
            {"do": "set", "at": "model", "from": "content_block.to.model"},
        ),
        "*": ({"do": "put", "at": _BLOCK, "from": "content_block"},),
    },
    "content_block_delta": {
        "by": "delta.type",
        "text_delta": (
            {"do": "append", "at": f"{_BLOCK}.text", "from": "delta.text", **_TEXT},
        ),
        "thinking_delta": (
            {"do": "append", "at": f"{_BLOCK}.thinking", "from": "delta.thinking", **_THINKING},
        ),
        "signature_delta": (
            {"do": "set", "at": f"{_BLOCK}.signature", "from": "delta.signature", **_THINKING},
        ),
        "citations_delta": (
            {"do": "push", "at": f"{_BLOCK}.citations", "from": "delta.citation", **_TEXT},
        ),
        "input_json_delta": (
            {"do": "append_json", "at": f"{_BLOCK}.input", "from": "delta.partial_json", **_TOOL},
        ),
        # An unknown delta: each member goes to the block's member of the same name.
        "*": (
            {
                "do": "spread",
                "at": _BLOCK,
                "from": "delta",
                "without": ("type",),
                "type_without": "_delta",
                # Opaque values: they come whole.
                "last": ("encrypted_content", "data", "signature"),
                "last_words": ("id",),
            },
        ),
    },
    "content_block_stop": ({"do": "stop", "at": _BLOCK},),
    "message_delta": ({"do": "merge"},),
    "message_stop": ({"do": "end"},),
    "ping": (),
}

# The last words of keys whose strings come whole, and are no fragments.
_LAST_WORDS = (
    "id", "type", "name", "role", "status", "model", "format", "signature", "index",
)  # fmt: skip

# The list of blocks, addressed by index: its limit, the text that a reader takes piece by piece,
# the sign of a repeated start, and the members that do not stand together in one block.
LISTS = {
    "content": {
        "limit": "blocks",
        "text": "text",
        "same": "id",
        "exclusive": {"text": "text", "thinking": "thinking", "input": None},
        # Of an object or a list where a text belongs.
        "texts": {"text": ("text",)},
        "last_words": _LAST_WORDS,
    },
}

# The members of message_delta.
FIELDS = {
    "": {"rest": "snapshot"},
    "type": "drop",
    "error": "drop",
    "delta": {"rule": "object", "into": "", "null": "absent", "rest": "snapshot"},
    "delta.usage": "per_key",  # as the API had it until March 2024
    "usage": "per_key",
}

FINISHED = {"has": "stop_reason", "stopped": "content"}

_TOOLS = ("tool_use", "server_tool_use", "mcp_tool_use")

ENDS = {
    "calls": (
        {
            "at": "content[]",
            "type": _TOOLS,
            "name": ("name",),
            "stopped": True,
        },
    ),
    "finish": {"has": "stop_reason"},
    "open": "content[]",
}

_CALL = {"call": {"id": ("id",), "name": ("name",)}, "input": "tool_arguments"}

DELTAS = {
    "content[index]": {
        "by": "type",
        "text": {
            "text": "text",
            "text.text": "text",
            "text[]": {"by": "type", "text": {"text": "text"}},
        },
        "thinking": {
            "thinking": "reasoning",
            "thinking.text": "reasoning",
            "thinking[]": {"by": "type", "text": {"text": "reasoning"}},
        },
        "tool_use": _CALL,
        "server_tool_use": _CALL,
        "mcp_tool_use": _CALL,
    },
}

READ = {
    "text": ({"each": "content", "type": ("text",)}, "text"),
    "finish": ("stop_reason",),
    "calls": ({"each": "content", "type": _TOOLS},),
    "inputs": {"input": "json"},
    "usage": "usage",
}
