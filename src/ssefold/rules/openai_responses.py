"""openai.responses: the Responses API of OpenAI, Azure OpenAI and who speaks it.

https://platform.openai.com/docs/api-reference/responses-streaming

A terminal event carries the whole response; all else here rebuilds it for a stream
that is cut, or read before its end. Not rebuilt, because the item's own `.done`
brings them and nothing less is worth having: the previews of an image
(`partial_image`), and deltas of kinds that are not named here.
"""

NAME = "openai.responses"

DETECT = {"type": ("response.*",)}

WHOLE = {"object": "response", "output": "array"}

KIND = "type"
SEQUENCE = "sequence_number"

# Some servers end a response that failed as they end all others.
ERRORS = ("response.error",)

EVENTS = {
    "response.created": ({"do": "base", "from": "response", "again": "update"},),
    "response.queued": ({"do": "update", "from": "response", "again": "update"},),
    "response.in_progress": ({"do": "update", "from": "response", "again": "update"},),
    "response.completed": ({"do": "answer", "from": "response"},),
    "response.incomplete": ({"do": "answer", "from": "response"},),
    "response.failed": ({"do": "answer", "from": "response", "error": "response.error"},),
    "response.cancelled": ({"do": "answer", "from": "response"},),
    "response.done": ({"do": "answer", "from": "response"},),
    "keepalive": (),
    "response.output_item.added": ({"do": "put", "at": "output[output_index]", "from": "item"},),
    "response.output_item.done": (
        {"do": "full", "at": "output[output_index]", "from": "item", "holds": "object"},
    ),
    # A part stands in a message, or in a reasoning item that shows its text.
    "response.content_part.added": {
        "by": "part.type",
        "reasoning_text": (
            {
                "do": "put",
                "at": "output[output_index].content[content_index]",
                "from": "part",
                "make": ({"type": "reasoning"},),
            },
        ),
        "*": (
            {
                "do": "put",
                "at": "output[output_index].content[content_index]",
                "from": "part",
                "make": ({"type": "message"},),
            },
        ),
    },
    "response.content_part.done": {
        "by": "part.type",
        "reasoning_text": (
            {
                "do": "full",
                "at": "output[output_index].content[content_index]",
                "from": "part",
                "holds": "object",
                "make": ({"type": "reasoning"},),
            },
        ),
        "*": (
            {
                "do": "full",
                "at": "output[output_index].content[content_index]",
                "from": "part",
                "holds": "object",
                "make": ({"type": "message"},),
            },
        ),
    },
    "response.output_text.delta": (
        {
            "do": "append",
            "at": "output[output_index].content[content_index].text",
            "from": "delta",
            "make": ({"type": "message"}, {"type": "output_text"}),
        },
        {
            "do": "extend",
            "at": "output[output_index].content[content_index].logprobs",
            "from": "logprobs",
            "make": ({"type": "message"}, {"type": "output_text"}),
        },
    ),
    "response.output_text.done": (
        {
            "do": "full",
            "at": "output[output_index].content[content_index].text",
            "from": "text",
            "make": ({"type": "message"}, {"type": "output_text"}),
        },
        {
            "do": "full",
            "at": "output[output_index].content[content_index].logprobs",
            "from": "logprobs",
            "holds": "array",
            "make": ({"type": "message"}, {"type": "output_text"}),
        },
    ),
    "response.output_text.annotation.added": (
        {
            "do": "insert",
            "at": "output[output_index].content[content_index].annotations",
            "index": "annotation_index",
            "from": "annotation",
            "make": ({"type": "message"}, {"type": "output_text"}),
        },
    ),
    "response.refusal.delta": (
        {
            "do": "append",
            "at": "output[output_index].content[content_index].refusal",
            "from": "delta",
            "make": ({"type": "message"}, {"type": "refusal"}),
        },
    ),
    "response.refusal.done": (
        {
            "do": "full",
            "at": "output[output_index].content[content_index].refusal",
            "from": "refusal",
            "make": ({"type": "message"}, {"type": "refusal"}),
        },
    ),
    "response.reasoning_text.delta": (
        {
            "do": "append",
            "at": "output[output_index].content[content_index].text",
            "from": "delta",
            "make": ({"type": "reasoning"}, {"type": "reasoning_text"}),
        },
    ),
    "response.reasoning_text.done": (
        {
            "do": "full",
            "at": "output[output_index].content[content_index].text",
            "from": "text",
            "make": ({"type": "reasoning"}, {"type": "reasoning_text"}),
        },
    ),
    "response.reasoning_summary_part.added": (
        {
            "do": "put",
            "at": "output[output_index].summary[summary_index]",
            "from": "part",
            "make": ({"type": "reasoning"},),
        },
    ),
    "response.reasoning_summary_part.done": (
        {
            "do": "full",
            "at": "output[output_index].summary[summary_index]",
            "from": "part",
            "holds": "object",
            "make": ({"type": "reasoning"},),
        },
    ),
    "response.reasoning_summary_text.delta": (
        {
            "do": "append",
            "at": "output[output_index].summary[summary_index].text",
            "from": "delta",
            "make": ({"type": "reasoning"}, {"type": "summary_text"}),
        },
    ),
    "response.reasoning_summary_text.done": (
        {
            "do": "full",
            "at": "output[output_index].summary[summary_index].text",
            "from": "text",
            "make": ({"type": "reasoning"}, {"type": "summary_text"}),
        },
    ),
    "response.function_call_arguments.delta": (
        {
            "do": "append",
            "at": "output[output_index].arguments",
            "json": True,
            "from": "delta",
            "make": ({"type": "function_call"},),
        },
    ),
    "response.function_call_arguments.done": (
        {
            "do": "full",
            "at": "output[output_index].arguments",
            "json": True,
            "from": "arguments",
            "make": ({"type": "function_call"},),
        },
    ),
    "response.mcp_call_arguments.delta": (
        {
            "do": "append",
            "at": "output[output_index].arguments",
            "json": True,
            "from": "delta",
            "make": ({"type": "mcp_call"},),
        },
    ),
    "response.mcp_call_arguments.done": (
        {
            "do": "full",
            "at": "output[output_index].arguments",
            "json": True,
            "from": "arguments",
            "make": ({"type": "mcp_call"},),
        },
    ),
    "response.custom_tool_call_input.delta": (
        {
            "do": "append",
            "at": "output[output_index].input",
            "json": True,
            "from": "delta",
            "make": ({"type": "custom_tool_call"},),
        },
    ),
    "response.custom_tool_call_input.done": (
        {
            "do": "full",
            "at": "output[output_index].input",
            "json": True,
            "from": "input",
            "make": ({"type": "custom_tool_call"},),
        },
    ),
    "response.code_interpreter_call_code.delta": (
        {
            "do": "append",
            "at": "output[output_index].code",
            "from": "delta",
            "make": ({"type": "code_interpreter_call"},),
        },
    ),
    "response.code_interpreter_call_code.done": (
        {
            "do": "full",
            "at": "output[output_index].code",
            "from": "code",
            "make": ({"type": "code_interpreter_call"},),
        },
    ),
    "response.apply_patch_call_operation_diff.delta": (
        {
            "do": "append",
            "at": "output[output_index].operation.diff",
            "from": "delta",
            "make": ({"type": "apply_patch_call"},),
        },
    ),
    "response.apply_patch_call_operation_diff.done": (
        {
            "do": "full",
            "at": "output[output_index].operation.diff",
            "from": "diff",
            "make": ({"type": "apply_patch_call"},),
        },
    ),
    "response.shell_call_command.added": (
        {
            "do": "set",
            "at": "output[output_index].action.commands[command_index]",
            "from": "command",
            "make": ({"type": "shell_call"},),
        },
    ),
    "response.shell_call_command.delta": (
        {
            "do": "append",
            "at": "output[output_index].action.commands[command_index]",
            "from": "delta",
            "make": ({"type": "shell_call"},),
        },
    ),
    "response.shell_call_command.done": (
        {
            "do": "full",
            "at": "output[output_index].action.commands[command_index]",
            "from": "command",
            "make": ({"type": "shell_call"},),
        },
    ),
    # Its `.done` brings a list for one command: the item's `.done` says where it goes.
    "response.shell_call_output_content.delta": (
        {
            "do": "spread",
            "at": "output[output_index].output[command_index]",
            "from": "delta",
            "make": ({"type": "shell_call_output"}, {}),
        },
    ),
    # Some servers say to which part audio belongs, others leave it to the response.
    "response.audio.delta": (
        {
            "do": "append",
            "at": "output[output_index].content[content_index].data",
            "from": "delta",
            "make": ({"type": "message"}, {"type": "output_audio"}),
            "without_index": "audio.data",
        },
    ),
    "response.audio.transcript.delta": (
        {
            "do": "append",
            "at": "output[output_index].content[content_index].transcript",
            "from": "delta",
            "make": ({"type": "message"}, {"type": "output_audio"}),
            "without_index": "audio.transcript",
        },
    ),
    # The state of a tool's call: web_search_call, code_interpreter_call, mcp_call ...
    "response.*.in_progress": (
        {
            "do": "set",
            "at": "output[output_index].status",
            "value": "in_progress",
            "make": ({"type": "*"},),
        },
    ),
    "response.*.searching": (
        {
            "do": "set",
            "at": "output[output_index].status",
            "value": "searching",
            "make": ({"type": "*"},),
        },
    ),
    "response.*.interpreting": (
        {
            "do": "set",
            "at": "output[output_index].status",
            "value": "interpreting",
            "make": ({"type": "*"},),
        },
    ),
    "response.*.generating": (
        {
            "do": "set",
            "at": "output[output_index].status",
            "value": "generating",
            "make": ({"type": "*"},),
        },
    ),
    "response.*.completed": (
        {
            "do": "set",
            "at": "output[output_index].status",
            "value": "completed",
            "make": ({"type": "*"},),
        },
    ),
    "response.*.failed": (
        {
            "do": "set",
            "at": "output[output_index].status",
            "value": "failed",
            "make": ({"type": "*"},),
        },
    ),
}

# Names that older documents had, and that servers made after them send to this day; those of
# servers that show a reasoning's text (vLLM, Open Responses); and another spelling.
ALIASES = {
    "response.canceled": "response.cancelled",
    "response.mcp_call.arguments.delta": "response.mcp_call_arguments.delta",
    "response.mcp_call.arguments.done": "response.mcp_call_arguments.done",
    "response.code_interpreter_call.code.delta": "response.code_interpreter_call_code.delta",
    "response.code_interpreter_call.code.done": "response.code_interpreter_call_code.done",
    "response.output_text_annotation.added": "response.output_text.annotation.added",
    "response.reasoning.delta": "response.reasoning_text.delta",
    "response.reasoning.done": "response.reasoning_text.done",
    "response.reasoning_part.added": "response.content_part.added",
    "response.reasoning_part.done": "response.content_part.done",
}

# Lists that events address. Their indexes are hints: gateways send all items under one
# index, ids that rotate or are another's, parts whose index counts tokens, or no index.
LISTS = {
    "output": {
        "limit": "blocks", "index": "hint", "known": ("id", "call_id"), "made": {"id": "item_id"},
    },
    "output.content": {"limit": "blocks", "index": "hint", "open": True, "text": "text"},
    "output.summary": {"limit": "blocks", "index": "hint", "open": True, "text": "text"},
    "output.action.commands": {"limit": "blocks", "index": "hint"},
    "output.output": {"limit": "blocks", "index": "hint", "starts": False},
}  # fmt: skip

# No event merges member by member.
FIELDS = {"": {"rest": "any"}}

ENDS = {
    "calls": (
        {
            "at": "output[]",
            "type": ("function_call", "mcp_call", "mcp_approval_request"),
            "json": "arguments",
            "name": ("name",),
        },
        {"at": "output[]", "type": ("custom_tool_call",), "name": ("name",)},
    ),
}

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
        "reasoning": {
            "summary[part].text": "reasoning_summary",
            "content[part].text": "reasoning",
        },
        "function_call": {
            "call": {"id": ("call_id",), "name": ("name",)},
            "arguments": "tool_arguments",
        },
        "custom_tool_call": {
            "call": {"id": ("call_id",), "name": ("name",)},
            "input": "tool_arguments",
        },
        "mcp_call": {"call": {"id": ("id",), "name": ("name",)}, "arguments": "tool_arguments"},
        "mcp_approval_request": {
            "call": {"id": ("id",), "name": ("name",)},
            "arguments": "tool_arguments",
        },
        # Tools of the server's have no name: the item's type is all there is.
        "code_interpreter_call": {
            "call": {"id": ("id",), "name": ("type",)},
            "code": "tool_arguments",
        },
        "apply_patch_call": {
            "call": {"id": ("call_id",), "name": ("type",)},
            "operation.diff": "tool_arguments",
        },
        "shell_call": {
            "call": {"id": ("call_id",), "name": ("type",)},
            "action.commands[part]": "tool_arguments",
        },
        "local_shell_call": {
            "call": {"id": ("call_id",), "name": ("type",)},
            "action.command[part]": "tool_arguments",
        },
        # An object is given once its item is whole.
        "computer_call": {
            "call": {"id": ("call_id",), "name": ("type",)},
            "action": "tool_arguments",
        },
        "web_search_call": {"call": {"id": ("id",), "name": ("type",)}, "action": "tool_arguments"},
        "file_search_call": {
            "call": {"id": ("id",), "name": ("type",)},
            "queries[part]": "tool_arguments",
        },
        "image_generation_call": {"call": {"id": ("id",), "name": ("type",)}},
        "tool_search_call": {
            "call": {"id": ("call_id", "id"), "name": ("type",)},
            "arguments": "tool_arguments",
        },
    },
    "audio.transcript": "transcript",
}

READ = {
    "text": (
        {"each": "output", "type": ("message",)},
        {"each": "content", "type": ("output_text",)},
        "text",
    ),
    "finish": ("status", {"among": ("completed", "incomplete", "failed", "cancelled")}),
    "calls": (
        {
            "each": "output",
            "type": (
                "function_call",
                "custom_tool_call",
                "mcp_call",
                "mcp_approval_request",
                "web_search_call",
                "file_search_call",
                "code_interpreter_call",
                "image_generation_call",
                "computer_call",
                "local_shell_call",
                "shell_call",
                "apply_patch_call",
                "tool_search_call",
            ),
        },
    ),
    "usage": "usage",
}
