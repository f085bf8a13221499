"""openai.responses: the Responses API of OpenAI, Azure OpenAI and who speaks it.

https://platform.openai.com/docs/api-reference/responses-streaming

A terminal event carries the whole response. All other rows rebuild it for a stream with
no end, or one read before its end. Two things are not rebuilt: the previews of an image
(`partial_image`), and deltas of kinds without a row. The item's own `.done` brings both,
and nothing less is worth having.
"""
# fmt: off

NAME = "openai.responses"

DETECT = {"type": ("response.*",)}

WHOLE = {"object": "response", "output": "array"}

KIND = "type"
SEQUENCE = "sequence_number"

# Some servers end a failed response as they end all others.
ERRORS = ("response.error",)

# Where events act, and the item and part to make there if nothing started.
_ITEM = "output[output_index]"
_PART = f"{_ITEM}.content[content_index]"
_SUMMARY = f"{_ITEM}.summary[summary_index]"
_IN_MESSAGE = {"at": _PART, "make": ({"type": "message"},)}
_IN_REASONING = {"at": _PART, "make": ({"type": "reasoning"},)}
_IN_SUMMARY = {"at": _SUMMARY, "make": ({"type": "reasoning"},)}
_WRITTEN = {"make": ({"type": "message"}, {"type": "output_text"})}
_TEXT = {"at": f"{_PART}.text", **_WRITTEN}
_LOGPROBS = {"at": f"{_PART}.logprobs", **_WRITTEN}
_NOTES = {"at": f"{_PART}.annotations", **_WRITTEN}
_REFUSAL = {"at": f"{_PART}.refusal", "make": ({"type": "message"}, {"type": "refusal"})}
_THOUGHT = {"at": f"{_PART}.text", "make": ({"type": "reasoning"}, {"type": "reasoning_text"})}
_GIST = {"at": f"{_SUMMARY}.text", "make": ({"type": "reasoning"}, {"type": "summary_text"})}
_CALL = {"at": f"{_ITEM}.arguments", "json": True, "make": ({"type": "function_call"},)}
_MCP = {"at": f"{_ITEM}.arguments", "json": True, "make": ({"type": "mcp_call"},)}
_CUSTOM = {"at": f"{_ITEM}.input", "json": True, "make": ({"type": "custom_tool_call"},)}
_CODE = {"at": f"{_ITEM}.code", "make": ({"type": "code_interpreter_call"},)}
_PATCH = {"at": f"{_ITEM}.operation.diff", "make": ({"type": "apply_patch_call"},)}
_COMMAND = {"at": f"{_ITEM}.action.commands[command_index]", "make": ({"type": "shell_call"},)}
_PRINTED = {"at": f"{_ITEM}.output[command_index]", "make": ({"type": "shell_call_output"}, {})}
# Some servers say to which part audio belongs, others leave it to the response.
_AUDIO = {"make": ({"type": "message"}, {"type": "output_audio"})}
_SOUND = {"at": f"{_PART}.data", "without_index": "audio.data", **_AUDIO}
_SPEECH = {"at": f"{_PART}.transcript", "without_index": "audio.transcript", **_AUDIO}

# The verbs of actions, and whole actions of several members.
_SET = {"do": "set"}
_FULL = {"do": "full"}
_GROW = {"do": "append", "from": "delta"}
_SPREAD = {"do": "spread", "from": "delta"}
_BEGIN = {"do": "put", "from": "part"}
_WHOLE = {**_FULL, "from": "part", "holds": "object"}
_ALL_TEXT = {**_FULL, **_TEXT, "from": "text"}
_MORE_LOGPROBS = {"do": "extend", **_LOGPROBS, "from": "logprobs"}
_ALL_LOGPROBS = {**_FULL, **_LOGPROBS, "from": "logprobs", "holds": "array"}
_NOTE = {"do": "insert", **_NOTES, "index": "annotation_index", "from": "annotation"}
_PART_BEGINS = {"reasoning_text": ({**_BEGIN, **_IN_REASONING},), "*": ({**_BEGIN, **_IN_MESSAGE},)}
_PART_IS_WHOLE = {
    "reasoning_text": ({**_WHOLE, **_IN_REASONING},), "*": ({**_WHOLE, **_IN_MESSAGE},),
}
_BASE = {"from": "response", "again": "update"}
_ANSWER = {"do": "answer", "from": "response"}
_STATE = {**_SET, "at": f"{_ITEM}.status", "make": ({"type": "*"},)}

EVENTS = {
    # The response itself.
    "response.created":                               ({"do": "base", **_BASE},),
    "response.queued":                                ({"do": "update", **_BASE},),
    "response.in_progress":                           ({"do": "update", **_BASE},),
    "response.completed":                             (_ANSWER,),
    "response.incomplete":                            (_ANSWER,),
    "response.failed":                                ({**_ANSWER, "error": "response.error"},),
    "response.cancelled":                             (_ANSWER,),
    "response.done":                                  (_ANSWER,),
    "keepalive":                                      (),

    # Items, and their parts. A part stands in a message, or in a reasoning item with its text.
    "response.output_item.added":                     ({"do": "put", "at": _ITEM, "from": "item"},),
    "response.output_item.done":                      ({**_WHOLE, "at": _ITEM, "from": "item"},),
    "response.content_part.added":                    {"by": "part.type", **_PART_BEGINS},
    "response.content_part.done":                     {"by": "part.type", **_PART_IS_WHOLE},

    # Texts: each `.delta` beside its `.done`.
    "response.output_text.delta":                     ({**_GROW, **_TEXT}, _MORE_LOGPROBS),
    "response.output_text.done":                      (_ALL_TEXT, _ALL_LOGPROBS),
    "response.output_text.annotation.added":          (_NOTE,),
    "response.refusal.delta":                         ({**_GROW, **_REFUSAL},),
    "response.refusal.done":                          ({**_FULL, **_REFUSAL, "from": "refusal"},),
    "response.reasoning_text.delta":                  ({**_GROW, **_THOUGHT},),
    "response.reasoning_text.done":                   ({**_FULL, **_THOUGHT, "from": "text"},),
    "response.reasoning_summary_part.added":          ({**_BEGIN, **_IN_SUMMARY},),
    "response.reasoning_summary_part.done":           ({**_WHOLE, **_IN_SUMMARY},),
    "response.reasoning_summary_text.delta":          ({**_GROW, **_GIST},),
    "response.reasoning_summary_text.done":           ({**_FULL, **_GIST, "from": "text"},),

    # Calls, likewise.
    "response.function_call_arguments.delta":         ({**_GROW, **_CALL},),
    "response.function_call_arguments.done":          ({**_FULL, **_CALL, "from": "arguments"},),
    "response.mcp_call_arguments.delta":              ({**_GROW, **_MCP},),
    "response.mcp_call_arguments.done":               ({**_FULL, **_MCP, "from": "arguments"},),
    "response.custom_tool_call_input.delta":          ({**_GROW, **_CUSTOM},),
    "response.custom_tool_call_input.done":           ({**_FULL, **_CUSTOM, "from": "input"},),
    "response.code_interpreter_call_code.delta":      ({**_GROW, **_CODE},),
    "response.code_interpreter_call_code.done":       ({**_FULL, **_CODE, "from": "code"},),
    "response.apply_patch_call_operation_diff.delta": ({**_GROW, **_PATCH},),
    "response.apply_patch_call_operation_diff.done":  ({**_FULL, **_PATCH, "from": "diff"},),
    "response.shell_call_command.added":              ({**_SET, **_COMMAND, "from": "command"},),
    "response.shell_call_command.delta":              ({**_GROW, **_COMMAND},),
    "response.shell_call_command.done":               ({**_FULL, **_COMMAND, "from": "command"},),
    # Its `.done` brings a list for one command: the item's `.done` says where it goes.
    "response.shell_call_output_content.delta":       ({**_SPREAD, **_PRINTED},),

    # Audio.
    "response.audio.delta":                           ({**_GROW, **_SOUND},),
    "response.audio.transcript.delta":                ({**_GROW, **_SPEECH},),

    # The state of a tool's call: web_search_call, code_interpreter_call, mcp_call ...
    "response.*.in_progress":                         ({**_STATE, "value": "in_progress"},),
    "response.*.searching":                           ({**_STATE, "value": "searching"},),
    "response.*.interpreting":                        ({**_STATE, "value": "interpreting"},),
    "response.*.generating":                          ({**_STATE, "value": "generating"},),
    "response.*.completed":                           ({**_STATE, "value": "completed"},),
    "response.*.failed":                              ({**_STATE, "value": "failed"},),
}

# Older documents had other names, and servers made after them send these to this day. Servers
# with the text of a reasoning (vLLM, Open Responses) have their own. One name has two spellings.
ALIASES = {
    "response.canceled":                         "response.cancelled",
    "response.mcp_call.arguments.delta":         "response.mcp_call_arguments.delta",
    "response.mcp_call.arguments.done":          "response.mcp_call_arguments.done",
    "response.code_interpreter_call.code.delta": "response.code_interpreter_call_code.delta",
    "response.code_interpreter_call.code.done":  "response.code_interpreter_call_code.done",
    "response.output_text_annotation.added":     "response.output_text.annotation.added",
    "response.reasoning.delta":                  "response.reasoning_text.delta",
    "response.reasoning.done":                   "response.reasoning_text.done",
    "response.reasoning_part.added":             "response.content_part.added",
    "response.reasoning_part.done":              "response.content_part.done",
}

_HINT = {"limit": "blocks", "index": "hint"}
_PARTS = {**_HINT, "open": True, "text": "text"}

# Lists that events address. Their indexes are hints: gateways send all items under one
# index, ids that rotate or are another's, parts whose index counts tokens, or no index.
LISTS = {
    "output": {**_HINT, "known": ("id", "call_id"), "made": {"id": "item_id"}},
    "output.content": _PARTS,
    "output.summary": _PARTS,
    "output.action.commands": _HINT,
    "output.output": {**_HINT, "starts": False},
}

# No event merges member by member.
FIELDS = {"": {"rest": "any"}}

_RUNS = ("function_call", "mcp_call", "mcp_approval_request")  # with arguments that are JSON

ENDS = {
    "calls": (
        {"at": "output[]", "type": _RUNS, "json": "arguments", "name": ("name",)},
        {"at": "output[]", "type": ("custom_tool_call",), "name": ("name",)},
    ),
}

# Where a call's id and name stand. Of a tool of the server's the type is all there is.
_BY_ID = {"call": {"id": ("id",), "name": ("name",)}}
_BY_CALL = {"call": {"id": ("call_id",), "name": ("name",)}}
_OWN = {"call": {"id": ("id",), "name": ("type",)}}
_OWN_BY_CALL = {"call": {"id": ("call_id",), "name": ("type",)}}

DELTAS = {
    "output[index]": {
        "by": "type",
        "message": {
            "content[part]": {
                "by": "type",
                "output_text": {"text": "text"},
                "refusal": {"refusal": "refusal"},
                "output_audio": {"transcript": "transcript"},
            },
        },
        "reasoning": {"summary[part].text": "reasoning_summary", "content[part].text": "reasoning"},
        "function_call": {**_BY_CALL, "arguments": "tool_arguments"},
        "custom_tool_call": {**_BY_CALL, "input": "tool_arguments"},
        "mcp_call": {**_BY_ID, "arguments": "tool_arguments"},
        "mcp_approval_request": {**_BY_ID, "arguments": "tool_arguments"},
        "code_interpreter_call": {**_OWN, "code": "tool_arguments"},
        "apply_patch_call": {**_OWN_BY_CALL, "operation.diff": "tool_arguments"},
        "shell_call": {**_OWN_BY_CALL, "action.commands[part]": "tool_arguments"},
        "local_shell_call": {**_OWN_BY_CALL, "action.command[part]": "tool_arguments"},
        # An object is given once its item is whole.
        "computer_call": {**_OWN_BY_CALL, "action": "tool_arguments"},
        "web_search_call": {**_OWN, "action": "tool_arguments"},
        "file_search_call": {**_OWN, "queries[part]": "tool_arguments"},
        "image_generation_call": _OWN,
        "tool_search_call": {
            "call": {"id": ("call_id", "id"), "name": ("type",)}, "arguments": "tool_arguments",
        },
    },
    "audio.transcript": "transcript",
}

_CALLS = (
    *_RUNS, "custom_tool_call", "web_search_call", "file_search_call", "code_interpreter_call",
    "image_generation_call", "computer_call", "local_shell_call", "shell_call",
    "apply_patch_call", "tool_search_call",
)

READ = {
    "text": (
        {"each": "output", "type": ("message",)},
        {"each": "content", "type": ("output_text",)},
        "text",
    ),
    "finish": ("status", {"among": ("completed", "incomplete", "failed", "cancelled")}),
    "calls": ({"each": "output", "type": _CALLS},),
    "inputs": {
        "arguments": "json", "input": "text", "code": "text", "operation": "object",
        "action": "object", "queries": "object",
    },
    "usage": "usage",
}
