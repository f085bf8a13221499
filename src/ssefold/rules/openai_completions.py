"""openai.completions: the legacy Completions API.

https://platform.openai.com/docs/api-reference/completions
"""

NAME = "openai.completions"

# All other rows are as there.
INHERITS = "openai_chat"

# Some servers of chat say text_completion, too: the shape of a choice tells.
DETECT = {
    "object": ("text_completion",),
    "item": ("choices", "text"),
    "unless": ("choices", "delta", "message"),
}

WHOLE = {"object": "text_completion", "choices": "array", "choices[0].text": "string"}

FIELDS = {
    "object": {"rule": "first", "without": ".chunk", "default": "text_completion"},
    "choices[]": {
        "order": ("text", "index", "logprobs", "finish_reason"),
        "always": ("text", "index", "finish_reason"),
        "rest": "any",
    },
    "choices[].text": {"rule": "append", "null": "absent", "default": "", "delta": True},
    # Parallel arrays: tokens, token_logprobs, top_logprobs, text_offset (as sent).
    "choices[].logprobs": {"rule": "object", "rest": "extend_any"},
    "choices[].logprobs.content": "extend_any",
    "choices[].logprobs.refusal": "extend_any",
}

ENDS = {"finish": {"at": "choices[]", "has": "finish_reason", "holds": ("text",)}}

DELTAS = {
    "choices[choice]": {
        "text": "text",
        # A list in its place.
        "text[]": {"by": "type", "text": {"text": "text"}},
    }
}

READ = {
    "text": ({"entry": "choices"}, "text"),
    "finish": ({"entry": "choices"}, "finish_reason"),
    "calls": (),
    "usage": "usage",
}
