"""Why peers fail: sentences, each with the cases that show it.

Enters: nothing. Leaves: EXPLAINED. A sentence is printed only where all its cases failed, so
one that a new version has made untrue goes by itself.
Must not know: any result.
"""

from __future__ import annotations

# Module of peers/ -> (sentence, cases).
EXPLAINED: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "openai_sdk": (
        (
            "A tool call of the final answer keeps its `index`, which the API's answer has not.",
            ("tool_single",),
        ),
        (
            "What a server repeats is joined: a call's id or name in every chunk becomes "
            "`call_acall_a`.",
            (
                "tool_final_chunk_repeats_metadata",
                "tool_name_repeated",
                "tool_new_id_every_chunk",
            ),
        ),
        (
            "The index of a choice or a call is used as a place in a list: one that starts at 1, "
            "comes out of order or is missing raises IndexError or TypeError.",
            (
                "tool_index_starts_at_1",
                "tool_out_of_order_index",
                "tool_missing_index_complete",
            ),
        ),
        (
            "A `delta` or `choices` that is null or missing raises.",
            (
                "delta_null",
                "usage_choices_null",
            ),
        ),
        (
            "An event without data, a heartbeat of some gateways, raises JSONDecodeError.",
            ("heartbeats",),
        ),
        (
            "Lists in a delta must have an index: content in parts raises.",
            ("chat_parts_text_joins",),
        ),
        (
            "A stream of Responses that does not start with `response.created`, or ends with "
            "`response.incomplete`, raises.",
            (
                "responses_completed_alone",
                "responses_incomplete",
            ),
        ),
    ),
    "anthropic_sdk": (
        (
            "The index of a block is used as a place in a list.",
            (
                "anthropic_order",
                "anthropic_index_large",
            ),
        ),
        (
            'Half the JSON of a tool\'s input is completed silently: `{"a":[1` is said to be '
            '`{"a": [1]}`.',
            ("anthropic_input_cut",),
        ),
        (
            "A message whose block or stop reason never came is returned as if it were whole.",
            (
                "status_anthropic_block_open",
                "status_anthropic_no_stop_reason",
            ),
        ),
    ),
    "litellm_builder": (
        (
            "A stream that gave no finish reason gets `stop`.",
            (
                "status_done_without_finish",
                "chat_finish_never",
            ),
        ),
        (
            "Usage in a place that it does not know, or of zero, is replaced by an estimate.",
            (
                "usage_moonshot_in_choice",
                "chat_usage_zero",
            ),
        ),
        (
            "Of a tool's name in pieces the last one is kept.",
            ("chat_name_pieces",),
        ),
        (
            "A tool call without an id is left out.",
            ("chat_tools_id_absent",),
        ),
        (
            "Content in parts is lost.",
            ("chat_parts_text_joins",),
        ),
    ),
    "langchain_chunks": (
        (
            "A finish reason that is sent twice is joined: `stopstop`.",
            ("finish_duplicated",),
        ),
        (
            "Usage is added up, also where every chunk brings the sum so far.",
            ("usage_cumulative_every_chunk",),
        ),
        (
            "A tool's name that is repeated is joined.",
            ("tool_name_repeated",),
        ),
        (
            "Anthropic's input tokens are read from `message_delta` alone: a server that tells them"
            " in `message_start` has none.",
            ("anthropic_ping",),
        ),
        (
            "An event whose `delta` is null is dropped, and its finish reason with it.",
            ("delta_null",),
        ),
    ),
    "pydantic_ai_stream": (
        (
            "Usage is added up, also where every chunk brings the sum so far.",
            ("usage_cumulative_every_chunk",),
        ),
        (
            "A tool's name that is repeated is joined.",
            ("tool_name_repeated",),
        ),
        (
            "An event whose `delta` is null is dropped, and its finish reason with it.",
            ("delta_null",),
        ),
        (
            "The answer of Responses is made of the deltas: what the terminal event has beyond "
            "them is not seen.",
            ("responses_completed_alone",),
        ),
    ),
    "by_hand": (
        (
            "A member that is always there in one provider's chunks raises KeyError where another"
            " leaves it out.",
            ("tool_missing_index_complete",),
        ),
        (
            "orjson refuses half a surrogate pair, as of an emoji that was cut in two.",
            ("anthropic_surrogates",),
        ),
        (
            "Nobody looks for an error in the stream, nor for its end.",
            (
                "error_anthropic",
                "truncated_no_done",
            ),
        ),
    ),
    "framers": (
        (
            "A BOM hides the first field.",
            ("bom_start_event_id",),
        ),
        (
            "A byte that is not UTF-8 ends the stream with an exception.",
            (
                "utf8_invalid_ff",
                "utf8_invalid_comment",
            ),
        ),
        (
            "A block without data is delivered as an event.",
            (
                "id_only_no_event",
                "retry_only_no_event",
            ),
        ),
    ),
}
