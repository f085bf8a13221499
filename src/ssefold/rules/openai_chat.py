"""openai.chat: Chat Completions of OpenAI, Azure OpenAI and the servers that speak it.

https://platform.openai.com/docs/api-reference/chat-streaming
"""

NAME = "openai.chat"

DETECT = {"key": ("choices",), "object": ("*chat.completion*",)}

WHOLE = {"choices": "array", "choices[0].message": "object"}

ERRORS = (
    "choices[].error",
    {"at": "choices[].finish_reason", "is": ("error", "network_error")},
)

OWN = ("choices", "usage")

# The last words of keys whose strings come whole, and are no fragments.
_LAST_WORDS = (
    "id", "type", "name", "role", "status", "model", "format", "signature", "index",
)  # fmt: skip

# The called tool and its arguments: the name comes before the arguments that end it.
_CALLED = {"rule": "object", "early": ("name",), "rest": "member"}
_FUNCTION = {**_CALLED, "order": ("name", "arguments"), "always": ("arguments",)}
_KEYED = {"rule": "keyed", "by": ("index", "type"), "needs": "index"}
_INPUT = {"rule": "append", "null": "absent", "default": "", "json": True}

FIELDS = {
    "": {
        "order": (
            "id", "object", "created", "model", "choices", "usage", "service_tier",
            "system_fingerprint",
        ),
        "always": ("object", "choices"),
        "rest": "any",
    },
    # Azure's first chunk has id "", created 0, model "": empty is no value here.
    "id": {"rule": "first", "empty": "null"},
    "created": {"rule": "first", "empty": "null"},
    "model": {"rule": "last_filled", "empty": "null"},
    "object": {"rule": "first", "without": ".chunk", "default": "chat.completion"},
    "service_tier": "last",
    "system_fingerprint": "last",
    # Within one event the top level wins over x_groq, and x_groq over a choice.
    "usage": {"rule": "deferred", "rank": 2, "to": "usage"},
    "x_groq": {"rule": "object", "rest": "member"},
    "x_groq.usage": {"rule": "deferred", "rank": 1, "to": "usage"},
    "obfuscation": "drop",
    "p": {"rule": "drop", "only": "string"},
    "error": "drop",
    # Repeated whole on each chunk, and allowed to shrink.
    "citations": "snapshot",
    "search_results": "snapshot",
    "prompt_filter_results": "snapshot",
    "prompt_logprobs": "snapshot",
    "moderation": "snapshot",
    "provider": "snapshot",
    "choices": {
        "rule": "entries",
        "by": "index",
        "missing": "position",
        "limit": "choices",
        "default": (),
        "null": "absent",
    },
    "choices[]": {
        "order": ("index", "message", "logprobs", "finish_reason"),
        "always": ("index", "message", "finish_reason"),
        "rest": "any",
    },
    "choices[].index": "drop",
    "choices[].finish_reason": "finish",
    # Older servers send parallel arrays: tokens, token_logprobs, top_logprobs, text_offset.
    "choices[].logprobs": {"rule": "object", "rest": "extend_any"},
    "choices[].logprobs.content": "extend",
    "choices[].logprobs.refusal": "extend",
    "choices[].content_filter_results": "per_key",
    "choices[].content_filter_offsets": "drop",
    "choices[].content_filter_raw": "drop",
    "choices[].token_ids": "extend",
    "choices[].usage": {"rule": "deferred", "rank": 0, "to": "usage"},
    # Together and Hugging Face repeat the delta as text, Perplexity the whole as message.
    "choices[].text": {"rule": "unless", "sibling": "delta"},
    "choices[].message": {"rule": "unless", "sibling": "delta", "as_sibling": "delta"},
    "choices[].delta": {
        "rule": "object",
        "into": "message",
        "null": "absent",
        "delta": True,
        # OpenRouter, LiteLLM and others send the same reasoning as a string and as a list.
        "alike": {
            "reasoning_content": (),
            "reasoning": (),
            "reasoning_text": (),
            "thinking": (),
            "reasoning_details": ("summary", "text"),
            "thinking_blocks": ("thinking", "text"),
        },
        "order": ("role", "content", "function_call", "tool_calls", "refusal", "annotations"),
        "always": ("role", "content"),
        "rest": {"rule": "any_delta", "last_words": _LAST_WORDS},
    },
    "choices[].delta.role": {"rule": "first", "default": "assistant"},
    # Neighbouring parts of these types join, each by its text members.
    "choices[].delta.content": {
        "rule": "content",
        "texts": {
            "text": ("text",),
            "thinking": ("thinking", "text"),
            "reasoning": ("reasoning", "text", "summary", "content"),
            "summary_text": ("summary_text", "text"),
        },
    },
    "choices[].delta.refusal": "append",
    "choices[].delta.reasoning_content": "append",
    "choices[].delta.reasoning": "append",
    "choices[].delta.thinking": "append",
    "choices[].delta.reasoning_text": "append",
    "choices[].delta.reasoning_details": _KEYED,
    "choices[].delta.reasoning_details[]": {"rest": "first"},
    "choices[].delta.reasoning_details[].text": "append",
    "choices[].delta.reasoning_details[].summary": "append",
    "choices[].delta.reasoning_details[].data": "append",
    "choices[].delta.thinking_blocks": _KEYED,
    "choices[].delta.thinking_blocks[]": {"rest": "first"},
    "choices[].delta.thinking_blocks[].text": "append",
    "choices[].delta.thinking_blocks[].summary": "append",
    "choices[].delta.thinking_blocks[].data": "append",
    # Groq's own tools: the start and the end of one differ in type, and its arguments come twice.
    "choices[].delta.executed_tools": {"rule": "keyed", "by": ("index",), "needs": "index"},
    "choices[].delta.executed_tools[]": {"rest": "member"},
    "choices[].delta.executed_tools[].arguments": {"rule": "last", "json": True},
    "choices[].delta.executed_tools[].output": {"rule": "last", "json": True},
    "choices[].delta.annotations": {"rule": "extend", "null": "absent"},
    "choices[].delta.images": "extend",
    "choices[].delta.token_ids": "extend",
    "choices[].delta.audio": {"rule": "object", "null": "absent"},
    "choices[].delta.audio.id": "last",
    "choices[].delta.audio.expires_at": "last",
    "choices[].delta.audio.data": "append",
    "choices[].delta.audio.transcript": "append",
    "choices[].delta.function_call": {**_FUNCTION, "null": "absent"},
    "choices[].delta.function_call.name": {"rule": "name", "until": "arguments"},
    "choices[].delta.function_call.arguments": _INPUT,
    "choices[].delta.tool_calls": {"rule": "calls", "null": "absent", "limit": "tool_calls"},
    "choices[].delta.tool_calls[]": {
        "order": ("id", "type", "function", "custom"),
        "always": ("type",),
        "rest": "member",
    },
    "choices[].delta.tool_calls[].index": "drop",
    "choices[].delta.tool_calls[].id": "first",
    "choices[].delta.tool_calls[].type": {
        "rule": "first",
        "default": "function",
        "default_with": ("function", "custom"),
    },
    "choices[].delta.tool_calls[].function": _FUNCTION,
    "choices[].delta.tool_calls[].function.name": {"rule": "name", "until": "arguments"},
    "choices[].delta.tool_calls[].function.arguments": _INPUT,
    "choices[].delta.tool_calls[].custom": {
        **_CALLED, "order": ("name", "input"), "always": ("input",),
    },
    "choices[].delta.tool_calls[].custom.name": {"rule": "name", "until": "input"},
    "choices[].delta.tool_calls[].custom.input": _INPUT,
}

FINISHED = {"each": "choices", "has": "finish_reason"}

ENDS = {
    "calls": (
        {"at": "choices[].message.function_call", "json": "arguments", "name": ("name",)},
        {
            "at": "choices[].message.tool_calls[]",
            "json": "function.arguments",
            "name": ("function.name", "custom.name"),
        },
    ),
    "finish": {"at": "choices[]", "has": "finish_reason", "holds": ("message",), "but": ("role",)},
}

DELTAS = {
    "choices[choice].message": {
        # Of a body that came whole; of a stream, FIELDS say so.
        "alike": (
            "reasoning_content", "reasoning", "reasoning_text", "thinking", "reasoning_details",
            "thinking_blocks",
        ),
        "reasoning_content": "reasoning",
        "reasoning": "reasoning",
        "reasoning_text": "reasoning",
        "thinking": "reasoning",
        "reasoning_details[index]": {"summary": "reasoning", "text": "reasoning"},
        "thinking_blocks[index]": {"thinking": "reasoning", "text": "reasoning"},
        "content": "text",
        "content[]": {
            "by": "type",
            "text": {"text": "text"},
            "thinking": {
                "thinking": "reasoning",
                "thinking[]": {"by": "type", "text": {"text": "reasoning"}},
                "text": "reasoning",
            },
            "reasoning": {
                "reasoning": "reasoning",
                "text": "reasoning",
                "content": "reasoning",
                "summary": "reasoning",
                "summary[]": {"by": "type", "summary_text": {"text": "reasoning"}},
            },
            "summary_text": {"text": "reasoning"},
        },
        "refusal": "refusal",
        "audio.transcript": "transcript",
        "function_call": {"call": {"name": ("name",)}, "arguments": "tool_arguments"},
        "tool_calls[index]": {
            "call": {"id": ("id",), "name": ("function.name", "custom.name")},
            "function.arguments": "tool_arguments",
            "custom.input": "tool_arguments",
        },
    },
}

READ = {
    "text": ({"entry": "choices"}, "message", "content"),
    "finish": ({"entry": "choices"}, "finish_reason"),
    "calls": ({"entry": "choices"}, "message", {"each": "tool_calls"}),
    "inputs": {"function.arguments": "json", "custom.input": "text"},
    "usage": "usage",
}
