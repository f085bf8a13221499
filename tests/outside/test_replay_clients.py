"""Who reads replays: `ssefold replay` writes them, the SDKs accumulate them, where installed."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest
from answers import chat, losses
from libraries import ASK, client_of, library

from ssefold import replay
from ssefold.cli import main as cli

# -- the command line -----------------------------------------------------------------------------


def run(capsysbinary: Any, monkeypatch: Any, tmp_path: Any, body: bytes, *args: str) -> Any:
    path = tmp_path / "answer.json"
    path.write_bytes(body)
    try:
        code = cli.main(["replay", *args, str(path)])
    except SystemExit as leaving:
        code = int(leaving.code or 0)
    out, err = capsysbinary.readouterr()
    return code, out, err.decode()


def test_the_command(capsysbinary: Any, monkeypatch: Any, tmp_path: Any) -> None:
    whole = chat(usage={"total_tokens": 3})
    body = json.dumps(whole).encode()
    for args, options in (
        ((), {}),
        (("--piece", "1"), {"piece": 1}),
        (("--no-usage", "--dialect", "openai.chat"), {"include_usage": False}),
    ):
        code, out, err = run(capsysbinary, monkeypatch, tmp_path, body, *args)
        assert (code, out, err) == (cli.COMPLETE, b"".join(replay(whole, **options)), "")
    default = inspect.signature(replay).parameters["piece"].default
    assert cli._parser().parse_args(["replay", "x"]).piece == default


@pytest.mark.parametrize(
    ("body", "args", "code", "text"),
    [
        (b"{", (), cli.MALFORMED, "Expecting property name"),
        (b"\xff\xfe{", (), cli.MALFORMED, "decode"),
        (b"[" * 10**5, (), cli.MALFORMED, ""),
        (b"[]", (), cli.MALFORMED, "an answer is a JSON object"),
        (b'{"choices":[]}', (), cli.MALFORMED, "not_replayable"),
        (b"{}", ("--piece", "0"), cli.USAGE, "'0' is no positive number"),
        (b"{}", ("--dialect", "x"), cli.USAGE, "unknown dialect"),
    ],
)
def test_the_command_refuses(
    capsysbinary: Any, monkeypatch: Any, tmp_path: Any, body: bytes, args: Any, code: int, text: str
) -> None:
    found, out, err = run(capsysbinary, monkeypatch, tmp_path, body, *args)
    assert (found, out) == (code, b"")
    assert text in err
    assert err.startswith("ssefold")


def test_the_command_without_a_file(capsysbinary: Any, tmp_path: Any) -> None:
    assert cli.main(["replay", str(tmp_path / "none")]) == cli.USAGE
    assert b"No such file" in capsysbinary.readouterr().err


# -- real clients ----------------------------------------------------------------------------------


CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a": "é"}'}}
LOGGED = [
    {"token": token, "logprob": -0.5, "bytes": None, "top_logprobs": []}
    for token in ("Hel", "lo 🎉")
]


def test_the_openai_sdk_reads_a_chat() -> None:
    openai = library("openai")
    choices = [
        {"index": 0, "message": {"role": "assistant", "content": "Hello 🎉", "refusal": None},
         "logprobs": {"content": LOGGED, "refusal": None}, "finish_reason": "stop"},
        {"index": 1, "message": {"role": "assistant", "content": None,
                                 "tool_calls": [CALL, {**CALL, "id": "call_2"}]},
         "finish_reason": "tool_calls"},
        {"index": 2, "message": {"role": "assistant", "content": None, "refusal": "I can't."},
         "finish_reason": "stop"},
        {"index": 3, "message": {"role": "assistant", "content": "a", "reasoning_content": "Hmm"},
         "finish_reason": "stop"},
    ]  # fmt: skip
    counts = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    whole = chat(choices=choices, usage=counts)
    client = client_of(openai, "OpenAI", b"".join(replay(whole, piece=3)))
    with client.chat.completions.stream(**ASK) as stream:
        read = stream.get_final_completion().to_dict()
    assert losses(whole, read) == []


def test_the_openai_sdk_reads_a_response() -> None:
    openai = library("openai")
    part = {"type": "output_text", "annotations": [], "logprobs": [], "text": "Hello 🎉"}
    summary = [{"type": "summary_text", "text": "Thinking"}]
    whole = {
        "id": "r", "object": "response", "created_at": 1.5, "status": "completed", "error": None,
        "model": "m", "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
        "output": [
            {"id": "rs", "type": "reasoning", "summary": summary},
            {"id": "ms", "type": "message", "role": "assistant", "status": "completed",
             "content": [part]},
            {"id": "fc", "type": "function_call", "call_id": "c", "name": "f",
             "arguments": '{"a": 1}', "status": "completed"},
        ],
    }  # fmt: skip
    body = b"".join(replay(whole, piece=3))
    client = client_of(openai, "OpenAI", body)
    text = ""
    with client.responses.stream(model="m", input="x") as stream:
        for event in stream:  # the SDK asserts that each delta has its item and its part
            if event.type == "response.output_text.delta":
                text += event.delta
        read = stream.get_final_response().to_dict()
    assert text == "Hello 🎉"
    assert losses(whole, read) == []


def test_the_openai_sdk_reads_a_completion() -> None:
    openai = library("openai")
    choice = {"text": "Hello 🎉", "index": 0, "logprobs": None, "finish_reason": "stop"}
    whole = {"id": "c", "object": "text_completion", "created": 1, "model": "m"}
    body = b"".join(replay({**whole, "choices": [choice]}, piece=3))
    client = client_of(openai, "OpenAI", body)
    chunks = list(client.completions.create(model="m", prompt="x", stream=True))
    assert "".join(chunk.choices[0].text for chunk in chunks) == "Hello 🎉"
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_the_anthropic_sdk_reads_a_message() -> None:
    anthropic = library("anthropic")
    cited = {"type": "char_location", "cited_text": "x", "document_index": 0,
             "document_title": None, "end_char_index": 1, "start_char_index": 0}  # fmt: skip
    blocks = [
        {"type": "thinking", "thinking": "Hmm, so", "signature": "sig"},
        {"type": "redacted_thinking", "data": "Abc="},
        {"citations": [cited, cited], "type": "text", "text": "Hello 🎉"},
        {"type": "tool_use", "id": "t", "name": "f", "input": {"a": ["é", 1, {"b": None}]}},
        {"type": "tool_use", "id": "u", "name": "g", "input": {}},
        {"type": "server_tool_use", "id": "v", "name": "web_search", "input": {"query": "q"}},
    ]
    whole = {
        "id": "m", "type": "message", "role": "assistant", "model": "x", "content": blocks,
        "stop_reason": "tool_use", "stop_sequence": None,
        "usage": {"input_tokens": 2, "output_tokens": 9, "cache_read_input_tokens": 0},
    }  # fmt: skip
    client = client_of(anthropic, "Anthropic", b"".join(replay(whole, piece=3)))
    with client.messages.stream(max_tokens=9, **ASK) as stream:
        read = stream.get_final_message().to_dict()
    assert losses(whole, read) == []
