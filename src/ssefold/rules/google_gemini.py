"""google.gemini: streamGenerateContent of the Gemini API and of Vertex AI.

https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent
"""

NAME = "google.gemini"

DETECT = {"key": ("candidates", "promptFeedback", "usageMetadata")}

WHOLE = (
    {"candidates[0].content": "object"},
    {"candidates[0].finishReason": "string"},
    {"candidates[0].finishReason": "number"},
    {"promptFeedback": "object"},
)

OWN = ("candidates", "usageMetadata", "promptFeedback")

# The last words of keys whose strings come whole, and are no fragments.
_LAST_WORDS = (
    "id", "type", "name", "role", "status", "model", "format", "signature", "index",
)  # fmt: skip

FIELDS = {
    "": {"rest": "any"},
    "error": "drop",
    "responseId": {"rule": "first", "empty": "null"},
    "createTime": {"rule": "first", "empty": "null"},
    "modelVersion": "last",
    # It is cumulative; Vertex sends some counters in the first event alone.
    "usageMetadata": "per_key",
    "promptFeedback": "per_key",
    "candidates": {"rule": "entries", "by": "index", "missing": "zero", "limit": "choices"},
    "candidates[]": {"rest": "any"},
    "candidates[].index": "last",
    "candidates[].content": "object",
    "candidates[].content.role": {"rule": "first", "empty": "null"},
    "candidates[].content.parts": {
        "rule": "parts",
        "joins": "text",
        "unless": "thought",
        "closed_by": "thoughtSignature",
        # Models and gateways send an empty text, or their words, in the part of a call.
        "whole": (
            "functionCall", "functionResponse", "executableCode", "codeExecutionResult",
            "inlineData", "fileData", "toolCall", "toolResponse",
        ),
        # An object or a list in the place of a text.
        "texts": {"text": ("text",)},
        "last_words": _LAST_WORDS,
        # Vertex AI, asked to stream the arguments of calls.
        "streams": {
            "call": "functionCall",
            "id": "id",
            "name": "name",
            "into": "args",
            "of": "partialArgs",
            "path": "jsonPath",
            "null": "nullValue",
            "while": "willContinue",
        },
    },
    # Older models send STOP with each event: it is no end of the text.
    "candidates[].finishReason": "finish",
    "candidates[].finishMessage": "last",
    "candidates[].avgLogprobs": "last",
    "candidates[].tokenCount": "last",
    "candidates[].safetyRatings": "snapshot",
    "candidates[].groundingMetadata": "snapshot",
    "candidates[].urlContextMetadata": "snapshot",
    "candidates[].citationMetadata": "snapshot",
    "candidates[].logprobsResult": {"rule": "object", "rest": "extend_any"},
}

FINISHED = {"each": "candidates", "has": "finishReason", "or": ("promptFeedback", "blockReason")}

ENDS = {
    "calls": (
        {"at": "candidates[].content.parts[].functionCall", "name": ("name",)},
    ),
    "open": "candidates[].content.parts[].functionCall",
    "finish": {
        "at": "candidates[]",
        "has": "finishReason",
        "holds": ("content",),
        "but": ("role",),
    },
}

# A text, or the object or list in its place.
_SAID = {
    "text": "text", "text.text": "text", "text[]": {"by": "type", "text": {"text": "text"}},
}  # fmt: skip
_THOUGHT = {
    "text": "reasoning", "text.text": "reasoning",
    "text[]": {"by": "type", "text": {"text": "reasoning"}},
}  # fmt: skip

DELTAS = {
    "candidates[choice].content.parts[index]": (
        {
            "by": "thought",
            None: _SAID,
            False: _SAID,
            "*": _THOUGHT,
        },
        {
            "functionCall": {"call": {"id": ("id",), "name": ("name",)}, "args": "tool_arguments"},
            # Tools that the server runs for the model.
            "executableCode.code": "tool_arguments",
        },
    ),
}

READ = {
    "text": (
        {"entry": "candidates"},
        "content",
        {"each": "parts", "lacks": "thought"},
        "text",
    ),
    "finish": ({"entry": "candidates"}, "finishReason"),
    "calls": (
        {"entry": "candidates"},
        "content",
        {"each": "parts", "has": "functionCall"},
    ),
    "inputs": {"functionCall.args": "object"},
    "usage": "usageMetadata",
}
