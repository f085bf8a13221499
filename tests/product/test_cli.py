"""The command line, as people run it: in this process, in one of its own, on a terminal.

A pipe that still runs, a reader that leaves, a terminal and a locale can only be had with
real processes; what is written and how it ends is asked of main() itself.
"""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from backends import BACKENDS

import ssefold
from ssefold.cli import excerpt, terminal, unpack
from ssefold.cli.main import main

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
COMMAND = [sys.executable, "-m", "ssefold"]
PATIENCE = 30

# What an interpreter sees that has no rich.
WITHOUT_RICH = """\
import sys
sys.modules["rich"] = None
from ssefold.cli.main import main
sys.exit(main())
"""


def event(value: object) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


def piece(text: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return event({"id": "c", "object": "chat.completion.chunk", "choices": [choice]})


class Reads(io.RawIOBase):
    """An input that gives these chunks, one per read, and then ends or breaks."""

    def __init__(self, *chunks: bytes, breaks: bool = False) -> None:
        self._chunks = list(chunks)
        self._breaks = breaks

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self._breaks and not self._chunks:
            raise OSError(errno.EIO, "Input/output error")
        return self._chunks.pop(0) if self._chunks else b""


DONE = b"data: [DONE]\n\n"
USAGE = {"prompt_tokens": 3, "completion_tokens": 2}
BAD = b"data: {]\n\n"
ERROR = event({"error": {"message": "overloaded"}})
WHOLE = piece("Hel") + piece("lo ☃", "stop") + event({"choices": [], "usage": USAGE}) + DONE
CUT = piece("Hel")
HTML = b"<html><body>502 Bad Gateway</body></html>\n"


class Ran(NamedTuple):
    code: int
    out: bytes
    err: str

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def said(self) -> list[str]:
        """stderr without the excerpts below its lines."""
        return [line for line in self.err.splitlines() if not line.startswith(" ")]

    @property
    def places(self) -> list[tuple[str, str]]:
        """The excerpts: what stands left of the caret, and from it on."""
        lines = [line[4:] for line in self.err.splitlines() if line.startswith("    ")]
        carets = [line.index("^") for line in lines[1::2]]
        return [(t[:at], t[at:]) for t, at in zip(lines[::2], carets, strict=True)]


@pytest.fixture
def run(capsysbinary: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """main() in this process; `stdin` is what it reads from `-`."""

    def run(*args: object, stdin: Any = b"") -> Ran:
        buffer = io.BytesIO(stdin) if isinstance(stdin, bytes) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(buffer))
        try:
            code = main([str(arg) for arg in args])
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        out, err = capsysbinary.readouterr()
        return Ran(code, out, err.decode())

    return run


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., list[Path]]:
    """Files with these contents, named a.sse, b.sse, ..."""

    def files(*contents: bytes) -> list[Path]:
        paths = [tmp_path / f"{chr(97 + index)}.sse" for index in range(len(contents))]
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
        return paths

    return files


def start(*args: object, command: list[str] | None = None, **options: Any) -> subprocess.Popen:
    """A process of its own, every stream of it a pipe unless said otherwise."""
    for name in ("stdin", "stdout", "stderr"):
        options.setdefault(name, subprocess.PIPE)
    return subprocess.Popen([*(command or COMMAND), *map(str, args)], **options)


def read_until(process: subprocess.Popen, wanted: bytes) -> bytes:
    """What the process writes, up to `wanted`; fails if it does not come."""
    got = b""
    end = time.monotonic() + PATIENCE
    while wanted not in got:
        ready, _, _ = select.select([process.stdout], [], [], max(0, end - time.monotonic()))
        part = os.read(process.stdout.fileno(), 65536) if ready else b""
        assert part, f"{wanted!r} did not come, only {got!r}"
        got += part
    return got


def send(process: subprocess.Popen, data: bytes) -> None:
    process.stdin.write(data)
    process.stdin.flush()


def finish(process: subprocess.Popen) -> tuple[int, bytes, bytes]:
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def on_terminal(*args: object, command: list[str] | None = None, **streams: Any) -> Ran:
    """Run with stderr on a terminal, and what else is said; `out` is all that it showed."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    streams = {name: theirs if to == "terminal" else to for name, to in streams.items()}
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    process = start(*args, command=command, stderr=theirs, env=environment, **streams)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # so Linux tells that the other end is closed
            part = b""
        if not part:
            break
        shown += part
    os.close(ours)
    code, _, _ = finish(process)
    return Ran(code, shown, "")


# -- fold: what is printed ------------------------------------------------------------------


def test_fold_prints_the_answer_as_one_line(run, files):
    ran = run("fold", *files(WHOLE))
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines == [ssefold.fold(WHOLE)]
    assert ran.out.count(b"\n") == 1


def test_fold_reads_standard_input(run):
    assert run("fold", "-", stdin=WHOLE).lines == [ssefold.fold(WHOLE)]


def test_fold_keeps_the_order_of_keys(run):
    ran = run("fold", "-", stdin=WHOLE)
    acc = ssefold.StreamAccumulator()
    acc.feed(WHOLE)
    assert ran.out == acc.snapshot_json() + b"\n"


def test_fold_text(run, files):
    ran = run("fold", "--text", *files(WHOLE))
    assert (ran.code, ran.out, ran.err) == (0, "Hello ☃\n".encode(), "")


def test_fold_text_of_several_files_and_line_ends(run, files):
    ended = piece("a\n", "stop") + DONE
    silent = event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}) + DONE
    ran = run("fold", "--text", *files(ended, silent, WHOLE))
    assert (ran.code, ran.out) == (0, "a\nHello ☃\n".encode())


def test_fold_text_of_a_file_stands_in_order(run, files):
    """Of a pipe the pieces are printed as they come, and cannot be moved any more."""
    start = {"type": "message_start", "message": {"type": "message", "content": []}}
    stream = [event(start)]
    for index, text in ((1, "second"), (0, "first ")):
        block = {"type": "content_block_start", "index": index}
        delta = {"type": "content_block_delta", "index": index}
        stream += [event({**block, "content_block": {"type": "text", "text": ""}})]
        stream += [event({**delta, "delta": {"type": "text_delta", "text": text}})]
    ran = run("fold", "--text", *files(b"".join(stream)))
    assert (ran.code, ran.out) == (3, b"first second\n")
    ran = run("fold", "--text", "-", stdin=Reads(*stream))
    assert (ran.code, ran.out) == (3, b"secondfirst \n")


def test_fold_usage(run):
    assert run("fold", "--usage", "-", stdin=WHOLE).lines == [USAGE]
    ran = run("fold", "--usage", "-", stdin=CUT)
    assert (ran.code, ran.out) == (3, b"null\n")


def test_fold_pretty_sets_several_answers_off(run, files):
    ran = run("fold", "--pretty", *files(WHOLE, WHOLE))
    one = json.dumps(ssefold.fold(WHOLE), indent=2, ensure_ascii=False)
    assert ran.out.decode() == f"{one}\n\n{one}\n"


def test_fold_of_several_files_is_json_lines(run, files):
    whole, cut, failed = files(WHOLE, BAD + CUT, CUT + ERROR)
    ran = run("fold", whole, cut, failed)
    texts = [answer["choices"][0]["message"]["content"] for answer in ran.lines]
    assert texts == ["Hello ☃", "Hel", "Hel"]
    assert ran.code == 4  # the highest
    assert [line.split(": ")[:3] for line in ran.said] == [
        ["ssefold", str(cut), "bad_json at byte 7"],
        ["ssefold", str(cut), "truncated"],
        ["ssefold", str(failed), "failed"],
    ]


def test_fold_takes_the_dialect(run):
    undecided = event({"hello": 1})
    assert run("fold", "-", stdin=undecided).code == 5
    ran = run("fold", "--dialect", "openai.chat", "-", stdin=undecided + WHOLE)
    assert ran.code == 0
    assert ran.lines[0]["hello"] == 1


@pytest.mark.parametrize("command", ["fold", "check"])
def test_another_dialect_than_the_one_that_was_named(run, command):
    """It was `{}`, complete, exit 0: whoever named the wrong one heard nothing of it."""
    ran = run(command, "--dialect", "anthropic.messages", "-", stdin=WHOLE)
    assert ran.code == 5
    said = ran.err if command == "fold" else ran.out.decode()
    assert "wrong_dialect at byte 0" in said
    assert "data: {" in said
    assert ssefold.FAULT_CODES["wrong_dialect"] in said


# -- fold: how it ends ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stream", "code", "said"),
    [
        (WHOLE, 0, []),
        (b"", 3, ["truncated: the input is empty"]),
        (b": comment\n\n", 3, ["truncated: 11 bytes came, and nothing of an answer in them"]),
        (CUT, 3, [f"truncated: the input ended at byte {len(CUT)}, before"]),
        (DONE, 3, ["truncated: 14 bytes came, and nothing of an answer in them"]),
        (event({"hello": 1}) + DONE, 5, ["unknown_dialect at byte 0"]),
        (piece("Hel", "network_error") + DONE, 4, ['failed: .*: "network_error"$']),
        (b'[{"error": {"message": "m"}}]', 4, ['failed: the server reported an error: {"message']),
        (event({"object": "error", "message": "m", "code": 400}), 4, ["failed"]),
        (b"data: : ping\n\n" + WHOLE, 0, []),
        (CUT + ERROR, 4, ['failed: the server reported an error: {"message": "overloaded"}']),
        (BAD + WHOLE, 5, ["bad_json at byte 7: the data of an event is not JSON"]),
        (CUT + BAD + ERROR, 4, [f"bad_json at byte {len(CUT) + 7}", "failed"]),
        (BAD + CUT, 3, ["bad_json at byte 7", "truncated"]),
        (HTML, 5, ["not_an_event_stream at byte 0"]),
        (bytes(range(256)), 5, ["not_an_event_stream at byte 0"]),
        (event({"hello": 1}), 5, ["unknown_dialect at byte 0: .*; name it: --dialect NAME"]),
    ],
)
def test_exit_codes(run, stream, code, said):
    ran = run("fold", "-", stdin=stream)
    assert ran.code == code
    assert len(ran.lines) == 1  # whatever can be said of the answer
    assert len(ran.said) == len(said)
    for line, expected in zip(ran.said, said, strict=True):
        expected = expected if "*" in expected else re.escape(expected)
        assert re.match(f"ssefold: -: {expected}", line)
    assert run("check", "-", stdin=stream).code == code


@pytest.mark.parametrize("stream", [WHOLE, b"", CUT, CUT + ERROR, BAD + WHOLE, BAD + CUT, HTML])
def test_exit_codes_are_those_of_result(run, stream):
    try:
        ssefold.fold(stream)
        expected = 0
    except ssefold.StreamFailed:
        expected = 4
    except ssefold.StreamTruncated:
        expected = 3
    except ssefold.StreamMalformed:
        expected = 5
    assert run("fold", "-", stdin=stream).code == expected


def test_strict_prints_what_came_before_the_fault(run):
    stream = CUT + BAD + WHOLE
    ran = run("fold", "--strict", "-", stdin=stream)
    assert ran.code == 5  # and not 3: the input was not cut, it was given up
    assert ran.lines[0]["choices"][0]["message"]["content"] == "Hel"
    (line,) = ran.said
    assert f"bad_json at byte {len(CUT) + 7}" in line
    assert run("fold", "--strict", "--text", "-", stdin=stream).out == b"Hel\n"
    assert run("fold", "--strict", "-", stdin=WHOLE).code == 0


def test_many_faults_are_counted_and_the_deciding_one_is_named(run):
    ran = run("fold", "-", stdin=BAD * 100 + event({"hello": 1}))
    assert ran.code == 5
    *_, last_kept, more, deciding = ran.said
    assert "bad_json" in last_kept
    assert more.endswith(": and 37 more faults")
    assert "unknown_dialect" in deciding


def test_an_error_payload_is_cut_and_cannot_reach_the_terminal(run):
    payload = {"error": {"message": "\x9b31m\u202e" + "x" * 10_000}}
    (line,) = run("fold", "-", stdin=event(payload)).err.splitlines()
    assert len(line) < 600
    assert line.endswith("...")
    assert "\\x9b31m\\u202e" in line


# -- inputs that cannot be read -----------------------------------------------------------------


@pytest.mark.parametrize("command", ["fold", "events", "check"])
def test_a_file_that_cannot_be_opened(run, tmp_path, command):
    for path, reason in ((tmp_path / "none", "No such file"), (tmp_path, "Is a directory")):
        ran = run(command, path)
        assert (ran.code, ran.out) == (2, b"")
        (line,) = ran.err.splitlines()
        assert line.startswith(f"ssefold: {path}: {reason}")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_a_file_without_permission(run, files):
    (path,) = files(WHOLE)
    path.chmod(0)
    ran = run("fold", path)
    assert (ran.code, ran.out) == (2, b"")
    assert ran.err == f"ssefold: {path}: Permission denied\n"


def test_the_other_files_are_folded_all_the_same(run, files, tmp_path):
    ran = run("fold", tmp_path / "none", *files(WHOLE))
    assert ran.code == 2
    assert ran.lines == [ssefold.fold(WHOLE)]
    ran = run("check", tmp_path / "none", *files(WHOLE))
    assert ran.code == 2
    assert len(ran.out.splitlines()) == 2


def test_a_read_that_fails_midway_keeps_what_came(run):
    ran = run("fold", "-", stdin=Reads(CUT, breaks=True))
    assert ran.code == 3
    assert ran.lines[0]["choices"][0]["message"]["content"] == "Hel"
    assert f"reading stopped after {len(CUT)} bytes: Input/output error" in ran.err
    assert run("fold", "-", stdin=Reads(WHOLE, breaks=True)).code == 2
    ran = run("events", "-", stdin=Reads(CUT, breaks=True))
    assert (ran.code, len(ran.lines)) == (2, 1)


@pytest.mark.parametrize("command", ["fold", "events", "check"])
def test_a_read_that_fails_at_once(run, command):
    ran = run(command, "-", stdin=Reads(breaks=True))
    assert (ran.code, ran.out) == (2, b"")
    assert ran.err == "ssefold: -: Input/output error\n"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "required: COMMAND"),
        (("unfold",), "invalid choice: 'unfold'"),
        (("fold",), "required: FILE"),
        (("fold", "--text", "--usage", "-"), "not allowed with"),
        (("fold", "--dialect", "openai", "-"), "unknown dialect 'openai'.*openai.chat"),
        (("check", "--dialect", "\x1b[31m", "-"), "unknown dialect"),
        (("fold", "-", "-"), "only once"),
        (("events", "-", "-"), "unrecognized arguments"),
    ],
)
def test_usage_errors_are_one_line(run, args, said):
    ran = run(*args)
    assert (ran.code, ran.out) == (2, b"")
    (line,) = ran.err.splitlines()
    assert re.search(said, line)
    assert "\x1b" not in line
    assert "--help" in line


def test_names_cannot_reach_the_terminal(run, tmp_path):
    path = tmp_path / "a\x1b[31m\udcff\n.sse"
    path.write_bytes(CUT)
    (line,) = run("fold", path).err.splitlines()
    assert "a\\x1b[31m\\udcff\\n.sse: truncated" in line
    assert b"a\\x1b[31m\\udcff\\n.sse" in run("check", path).out


# -- help -------------------------------------------------------------------------------------


def test_version_names_the_backend(run):
    expected = f"ssefold {ssefold.__version__} (backend: {ssefold.backend})\n"
    assert run("--version").out.decode() == expected


@pytest.mark.parametrize("args", [(), ("fold",), ("events",), ("check",), ("replay",)])
def test_help_shows_the_exit_codes(run, args, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    ran = run(*args, "--help")
    assert ran.code == 0
    help_text = ran.out.decode("ascii")
    assert help_text.startswith("usage: ssefold")
    assert max(map(len, help_text.splitlines())) <= 80
    for code in ("0", "2", "5", "130", "141", *([] if args == ("replay",) else ["3"])):
        assert re.search(rf"^  {code} +[a-z]", help_text, re.MULTILINE)


# -- events -----------------------------------------------------------------------------------


def test_events_are_json_lines(run, files):
    first = "id: 7\nretry: 10\nevent: x\ndata: é\ndata: 2\n\n".encode()
    ran = run("events", *files(first + b": hi\n\ndata:\n\n"))
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines == [
        {"event": "x", "data": "é\n2", "id": "7", "retry": 10, "start": 0, "end": len(first)},
        {
            "event": "message",
            "data": "",
            "id": "7",
            "retry": None,
            "start": len(first),
            "end": len(first) + 13,
        },
    ]
    assert list(ran.lines[0]) == ["event", "data", "id", "retry", "start", "end"]
    assert "é".encode() in ran.out


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_comments_stand_where_they_came(run, end):
    text = ":one||data: 1||:two|:three|data: 2|:four||:five|".replace("|", end)
    lines = run("events", "--comments", "-", stdin=text.encode()).lines
    assert [line.get("comment", line.get("data")) for line in lines] == [
        "one",
        "1",
        "two",
        "three",
        "four",
        "2",
        "five",
    ]


def test_a_last_event_without_its_blank_line(run):
    stream = b"data: 1\n\ndata: 2\n"
    ran = run("events", "-", stdin=stream)
    assert [line["data"] for line in ran.lines] == ["1"]
    assert ran.code == 0
    assert "the last event (bytes 9 to 17) is discarded" in ran.err
    ran = run("events", "--flush", "-", stdin=stream)
    assert [line["data"] for line in ran.lines] == ["1", "2"]
    assert (ran.code, ran.err) == (0, "")


def test_events_of_something_else(run):
    assert run("events", "-", stdin=b"").code == 3
    for body in (HTML, bytes(range(256))):
        ran = run("events", "-", stdin=body)
        assert (ran.code, ran.out) == (5, b"")
        assert "not_an_event_stream at byte 0" in ran.err
    ran = run("events", "-", stdin=b": only a comment\n\n")
    assert (ran.code, ran.out, ran.err) == (0, b"", "")
    for answer in (run("fold", EXAMPLES / "chat-text.sse").out, b'{"error":{"message":"no key"}}'):
        ran = run("events", "-", stdin=answer)
        assert (ran.code, ran.out) == (0, b"")
        assert ran.err.endswith("no events: the body is one JSON text; ssefold fold reads it\n")


def test_an_event_past_the_limit(run):
    limit = ssefold.Limits().max_event_bytes
    assert limit is not None
    stream = b"data: 1\n\ndata: " + b"x" * limit + b"\n\ndata: 3\n\n"
    ran = run("events", "-", stdin=stream)
    assert ran.code == 5
    assert [line["data"] for line in ran.lines] == ["1"]
    (line,) = ran.err.splitlines()
    assert "limit_event_bytes at byte" in line


# -- check ------------------------------------------------------------------------------------


def test_check_is_a_table(run, files):
    late = WHOLE + piece("late")
    paths = files(WHOLE, BAD + late, b"", CUT + ERROR)
    ran = run("check", *paths)
    assert (ran.code, ran.err) == (5, "")
    summary, findings, excerpts, *legend = ran.out.decode().split("\n\n")
    rows = [re.split(" {2,}", line) for line in summary.splitlines()]
    assert " ".join(rows[0]) == "FILE STATUS DIALECT EVENTS RECOGNISED BYTES FAULTS ANOMALIES EXIT"
    size = len(BAD + late)
    assert rows[1:] == [
        [str(paths[0]), "complete", "openai.chat", "4", "0", str(len(WHOLE)), "0", "0", "0"],
        [str(paths[1]), "complete", "openai.chat", "6", "0", str(size), "1", "1", "5"],
        [str(paths[2]), "truncated (empty)", "-", "0", "0", "0", "0", "0", "3"],
        [str(paths[3]), "failed", "openai.chat", "2", "0", str(len(CUT + ERROR)), "0", "0", "4"],
    ]
    found = [line.split(maxsplit=5) for line in findings.splitlines()]
    assert found[1][1:5] == ["7", "0", "fault", "bad_json"]
    assert found[2][1:] == [str(len(BAD + WHOLE)), "5", "anomaly", "after_end"]
    assert found[3][1:] == ["error", '{"message":', '"overloaded"}']
    line = BAD.decode().strip()
    title = f"{paths[1]}: bad_json at byte 7"
    assert excerpts.splitlines() == [title, f"    {line}", f"    {' ' * line.index(']')}^"]
    assert "".join(legend).splitlines() == [
        f"after_end: {ssefold.ANOMALY_CODES['after_end']}",
        f"bad_json: {ssefold.FAULT_CODES['bad_json']}",
    ]


def test_check_of_a_clean_stream_is_the_summary_alone(run, files):
    ran = run("check", *files(WHOLE))
    assert (ran.code, len(ran.out.splitlines())) == (0, 2)


def test_check_counts_what_is_not_kept(run):
    ran = run("check", "-", stdin=BAD * 70 + WHOLE)
    assert re.search(r"^- +fault +6 more$", ran.out.decode(), re.MULTILINE)


def test_check_says_how_often_an_anomaly_came(run):
    out = run("check", "-", stdin=piece("a", "stop") + piece("b") * 3 + DONE).out.decode()
    assert re.search(r"delta_after_finish +choices\[0\]\S* \(3 times\)$", out, re.MULTILINE)
    assert " 3     0" in out  # all of them in the summary, and exit code 0
    assert "more" not in out


def test_check_counts_anomalies_that_are_not_kept(run, monkeypatch):
    odd = ssefold.Anomaly("delta_after_finish", 2, 90, "choices[0].delta.content", 12)
    monkeypatch.setattr(ssefold.StreamAccumulator, "anomalies", (odd, odd._replace(count=1)))
    monkeypatch.setattr(ssefold.StreamAccumulator, "anomaly_count", 14)
    out = run("check", "-", stdin=WHOLE).out.decode()
    assert re.findall(r"choices.*", out) == [
        "choices[0].delta.content (12 times)",
        "choices[0].delta.content",
    ]
    assert re.findall(r"\d+ more", out) == ["1 more"]


# -- excerpts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "at", "shown"),
    [
        (b'data: {"a": tru}', 15, 'data: {"a": tru|}'),
        (b"data: {", 7, "data: {|"),  # cut: the caret stands behind it
        ("data: é☃{]".encode(), 12, "data: é☃{|]"),
        ("data: 日本{]".encode(), 13, "data: 日本{|]"),
        ("data: e\u0301{]".encode(), 10, "data: e\\u0301{|]"),
        ("data: \u202e\x9b\u200d{]".encode(), 15, "data: \\u202e\\x9b\\u200d{|]"),
        (b"data: \x1b[31m\x00\x7f\t{]", 15, "data: \\x1b[31m\\x00\\x7f\\t{|]"),
        (b"data: \xff\xc3{]", 9, "data: \\xff\\xc3{|]"),
        (b'data: "\xff"', 7, 'data: "|\\xff"'),
        ('data: "é"'.encode(), 8, 'data: "\\xc3|\\xa9"'),
    ],
)
def test_an_excerpt_can_be_shown(line, at, shown):
    text, caret = excerpt.draw(line, at, 80).splitlines()
    before, _, after = shown.partition("|")
    assert text == f"    {before}{after}"
    columns = sum(2 if c in "日本" else 1 for c in before)
    assert caret == " " * (4 + columns) + "^"


@pytest.mark.parametrize("width", [0, 20, 80, 120, 1000])
@pytest.mark.parametrize("at", [0, 5, 150, 290, 300])
@pytest.mark.parametrize("line", [b"x" * 300, "日".encode() * 100, b"\xff" * 300])
def test_an_excerpt_fits(line, at, width):
    text, caret = excerpt.draw(line, at, width).splitlines()
    columns = sum(2 if c == "日" else 1 for c in text)
    most = max(min(width, 100), 25)
    assert columns <= most
    assert len(caret) <= most
    assert columns > most // 2
    assert at == 300 or len(caret) <= columns
    if at == 150 and width >= 80:
        assert text.startswith("    ...")
        assert text.endswith("...")


def test_what_the_encoding_lacks_is_escaped():
    text, caret = excerpt.draw('data: "☃"]'.encode(), 11, 80, "ascii").splitlines()
    assert text == '    data: "\\u2603"]'
    assert text[len(caret) - 1] == "]"


def test_a_fault_shows_its_place(run):
    stream = WHOLE[: -len(DONE)] + b'data: {"choices": [{"index": 0, oops}]}\n\n' + DONE
    ran = run("fold", "-", stdin=stream)
    assert ran.code == 5
    assert ran.places == [('data: {"choices": [{"index": 0, ', "oops}]}")]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("size", [1, 3, 10_000])
def test_the_place_does_not_depend_on_reads_and_line_ends(run, end, size):
    stream = (b"id: 7\ndata: {\ndata: oops}\nid: 8\n\n" + WHOLE).replace(b"\n", end)
    reads = [stream[at : at + size] for at in range(0, len(stream), size)]
    ran = run("fold", "-", stdin=Reads(*reads))
    assert ran.places == [("data: ", "oops}")]


def test_places_far_from_one_another(run):
    long = b'data: {"a": "' + b"x" * 100_000 + b'", oops}\n\n'
    ran = run("fold", "-", stdin=BAD + WHOLE[: -len(DONE)] + long + CUT[:30])
    assert [right for _, right in ran.places] == ["]", "oops}", ""]
    left = ran.places[1][0]
    assert left.startswith("...xxx")
    assert len(left) < 80


def test_the_place_of_what_was_judged_at_the_end(run):
    """The first event decides, and a megabyte may have come after it."""
    stream = event({"hello": 1}) + (b": " + b"x" * 1000 + b"\n\n") * 2000
    reads = [stream[at : at + 65536] for at in range(0, len(stream), 65536)]
    assert run("fold", "-", stdin=Reads(*reads)).places == [("", 'data: {"hello": 1}')]


AWS = (
    b"\x00\x00\x00\x47\x00\x00\x00\x24\x76\x2a\x01\x9c\x0b:event-type\x07\x00\x05chunk"
    b'{"bytes":"eyJ0eXBlIjoi"}\x00\x00\x00\x00'
)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (AWS * 3, "event.?stream.*(AWS|Amazon|Bedrock)"),
        (WHOLE.decode().encode("utf-16"), "UTF-16"),
        ("\ufeff".encode("utf-16-be") + WHOLE.decode().encode("utf-16-be"), "UTF-16"),
        (b"[server]\nport = 1\n", "TOML|no JSON"),
        (b"[[package]]\nname = 1\n", "TOML|no JSON"),
    ],
)
def test_bodies_are_named(run, body, named):
    for command in ("fold", "events"):
        ran = run(command, "-", stdin=body)
        assert ran.code == 5
        (line,) = ran.said
        assert re.search(f"not_an_event_stream at byte 0: .*({named})", line)


def test_a_page_shows_how_it_begins_and_bytes_do_not(run):
    assert run("fold", "-", stdin=HTML).places == [("", HTML.decode().strip())]
    assert run("fold", "-", stdin=bytes(range(256))).places == []


def test_no_place_for_what_no_byte_is_wrong_with(run):
    deep = b"data: " + b"[" * 200 + b"]" * 200 + b"\n\n"
    ran = run("fold", "-", stdin=deep + WHOLE)
    assert "limit_depth" in ran.err
    assert ran.places == []


# -- compressed -------------------------------------------------------------------------------


def zstd() -> Any:
    """What compresses to zstd here, or a skipped test."""
    try:
        return import_module("compression.zstd").compress
    except ImportError:
        return pytest.importorskip("zstandard").compress


def pack(kind: str, data: bytes) -> bytes:
    return gzip.compress(data) if kind == "gzip" else zstd()(data)


packed = pytest.mark.parametrize("kind", ["gzip", "zstd"])


@packed
@pytest.mark.parametrize("size", [1, 100_000])
def test_compressed_input(run, files, kind, size):
    data = pack(kind, WHOLE)
    (path,) = files(data)
    assert run("fold", path).lines == [ssefold.fold(WHOLE)]
    reads = [data[at : at + size] for at in range(0, len(data), size)]
    ran = run("fold", "--text", "-", stdin=Reads(*reads))
    assert (ran.code, ran.out, ran.err) == (0, "Hello ☃\n".encode(), "")
    assert run("events", path).lines[-1]["end"] == len(WHOLE)
    assert run("check", path).code == 0
    answer = pack(kind, json.dumps(ssefold.fold(WHOLE)).encode())
    assert ssefold.fold(run("replay", "-", stdin=answer).out) == ssefold.fold(WHOLE)


@packed
def test_compressed_in_several_members(run, kind):
    data = pack(kind, CUT) + pack(kind, b"") + pack(kind, WHOLE)
    for end in (b"", bytes(512)):
        ran = run("fold", "-", stdin=data + end)
        assert (ran.code, ran.err) == (0, "")
        assert ran.lines == [ssefold.fold(CUT + WHOLE)]


@packed
def test_compressed_and_damaged(run, kind):
    """Bytes are counted as unpacked, as everywhere."""
    ran = run("fold", "-", stdin=pack(kind, WHOLE + BAD[:-1]))
    assert ran.code == 0 or f"byte {len(WHOLE) + 7}" in ran.err
    ran = run("fold", "-", stdin=pack(kind, CUT + BAD + WHOLE))
    assert ran.places == [("data: {", "]")]
    assert f"bad_json at byte {len(CUT) + 7}" in ran.err


@packed
def test_a_compressed_file_that_is_cut(run, kind):
    noise = b"".join(b": %d %x\n" % (n, hash(str(n))) for n in range(20_000))
    data = pack(kind, WHOLE + noise)
    said = f"the {kind} data is cut: its end is missing"
    ran = run("fold", "-", stdin=data[: len(data) // 2])
    assert ran.lines == [ssefold.fold(WHOLE)]
    assert ran.code == 2  # the stream is whole, the file is not
    assert re.search(rf"reading stopped after \d+ bytes: {said}$", ran.err, re.MULTILINE)
    ran = run("fold", "-", stdin=pack(kind, WHOLE)[:-6])
    assert (ran.code in (2, 3), said in ran.err) == (True, True)
    ran = run("fold", "-", stdin=data[:6])
    assert (ran.code, ran.out, ran.err) == (2, b"", f"ssefold: -: {said}\n")
    assert run("events", "-", stdin=data[:6]).code == 2
    assert run("replay", "-", stdin=data[:6]).code == 2


@packed
def test_a_compressed_file_that_is_damaged(run, kind):
    data = pack(kind, WHOLE)
    broken = data[:4] + b"\xff" * 16 + data[20:]
    for damaged in (broken, data + b"<html>"):
        ran = run("fold", "-", stdin=damaged)
        assert ran.code == 2
        (line,) = ran.said
        assert f"damaged {kind} data: " in line


@packed
def test_a_compressed_file_that_would_fill_a_disk(run, kind, monkeypatch):
    monkeypatch.setattr(unpack, "MOST_UNPACKED", 50 << 20)
    pieces: list[int] = []
    feed = ssefold.StreamAccumulator.feed

    def fed(acc: Any, chunk: bytes) -> int:
        pieces.append(len(chunk))
        return feed(acc, chunk)

    monkeypatch.setattr(ssefold.StreamAccumulator, "feed", fed)
    ran = run("fold", "-", stdin=pack(kind, WHOLE + bytes(60 << 20)))
    assert ran.lines == [ssefold.fold(WHOLE)]
    assert ran.code == 2
    assert f"the {kind} data holds more than 50 MiB" in ran.err
    assert max(pieces) < 5 << 20
    assert sum(pieces) <= 50 << 20


def test_zstd_where_nothing_reads_it(run, monkeypatch):
    for module in ("zstandard", "compression.zstd"):
        monkeypatch.setitem(sys.modules, module, None)
    ran = run("fold", "-", stdin=b"\x28\xb5\x2f\xfd\x00\x00")
    assert (ran.code, ran.out) == (2, b"")
    (line,) = ran.err.splitlines()
    assert "pip install 'ssefold[cli]'" in line
    assert "zstd -dc" in line


def test_what_begins_like_a_compressed_file_and_is_none(run):
    for begin in (b"\x1f", b"(", b"(\xb5", b"(\xb5/"):
        for rest in ((), (b"x\n",)):
            ran = run("fold", "-", stdin=Reads(begin, *rest))
            assert (ran.code, "not_an_event_stream" in ran.err) == (5, True)


# -- replay -----------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [WHOLE, CUT, b"data: x", b": hi\n\n" + WHOLE, BAD])
def test_replay_of_a_stream_says_so(run, files, stream):
    (path,) = files(stream)
    ran = run("replay", path)
    assert (ran.code, ran.out) == (5, b"")
    said = f"this is a stream already: ssefold fold {path} | ssefold replay -"
    assert ran.err == f"ssefold: {path}: {said}\n"
    ran = run("replay", "-", stdin=stream)
    assert "ssefold fold - | ssefold replay -" in ran.err


@pytest.mark.parametrize(
    "body", [b"", b"{", HTML, b"[1]", b'"data: x"', b'{"a":\n"data: 1"}', b"\xff"]
)
def test_replay_of_what_is_neither(run, body):
    ran = run("replay", "-", stdin=body)
    assert (ran.code, ran.out) == (5, b"")
    assert "stream already" not in ran.err
    assert ran.err.count("\n") == 1
    whole = {b"": "the input is empty", b'{"a"': "not_replayable"}.get(body[:4], "an answer is ")
    assert ran.err.startswith(f"ssefold: -: {whole}")


def test_replay_of_an_answer_that_no_dialect_has(run):
    ran = run("replay", "-", stdin=b'{"error":{"message":"no key"}}')
    assert (ran.code, ran.out) == (5, b"")
    assert "not_replayable" in ran.err
    assert "--dialect NAME" in ran.err


# -- processes: pipes --------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
def test_both_backends(backend):
    environment = {**os.environ, "SSEFOLD_BACKEND": backend}
    for path, expected in (("chat-text.sse", 0), ("chat-function-call.sse", 5)):
        with start("fold", EXAMPLES / path, env=environment) as process:
            code, out, err = finish(process)
        assert code == expected
        assert json.loads(out)["object"] == "chat.completion"
        assert err.count(b"bad_json") == (7 if expected else 0)
    with start("--version", env=environment) as process:
        assert f"backend: {backend}" in finish(process)[1].decode()


def test_text_appears_while_the_pipe_runs():
    with start("fold", "--text", "-") as process:
        send(process, piece("Hel")[:-1])
        time.sleep(0.05)
        send(process, b"\n")
        assert read_until(process, b"Hel") == b"Hel"
        send(process, piece("lo") + piece("!")[:20])
        assert read_until(process, b"lo") == b"lo"
        send(process, piece("!")[20:] + DONE)
        assert finish(process) == (0, b"!\n", b"")


def test_events_appear_while_the_pipe_runs():
    with start("events", "--comments", "-") as process:
        for number in (b"1", b"2"):
            send(process, b"data: " + number + b"\n\n")
            assert json.loads(read_until(process, b"\n"))["data"] == number.decode()
        send(process, b":ping\n")
        assert json.loads(read_until(process, b"\n")) == {"comment": "ping"}
        assert finish(process) == (0, b"", b"")


def test_a_non_blocking_pipe_is_waited_for():
    """Node and some shells leave their pipes non-blocking; nothing yet is not the end."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    with start("fold", "--text", "-", stdin=reader) as process:
        os.close(reader)
        for text in ("a", "b"):
            time.sleep(0.1)
            os.write(writer, piece(text))
            assert read_until(process, text.encode()) == text.encode()
        os.write(writer, DONE)
        os.close(writer)
        assert finish(process) == (0, b"\n", b"")


def test_a_reader_that_leaves_ends_it_quietly(tmp_path):
    path = tmp_path / "long.sse"
    path.write_bytes(b"data: 1\n\n" * 50_000)
    for args in (("events", path), ("fold", "--pretty", *[EXAMPLES / "chat-text.sse"] * 200)):
        with start(*args) as process:
            os.read(process.stdout.fileno(), 1)
            process.stdout.close()
            err = process.stderr.read()
            assert process.wait(PATIENCE) == 141
        assert err == b""


def test_standard_error_that_is_gone_too():
    reader, writer = os.pipe()
    os.close(reader)
    with start("fold", EXAMPLES / "chat-function-call.sse", stderr=writer) as process:
        os.close(writer)
        code, out, _ = finish(process)
    assert code == 141
    assert json.loads(out)


@pytest.mark.parametrize("args", [("fold", "--text"), ("events",)])
def test_interrupted(args):
    def listen() -> None:  # whoever started the tests may have it ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with start(*args, "-", preexec_fn=listen) as process:
        send(process, piece("Hel"))
        read_until(process, b"Hel")
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
        assert process.stderr.read() == b""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_full_disk():
    with open("/dev/full", "wb") as full, start("fold", "-", stdout=full) as process:
        process.stdin.write(WHOLE)
        code, _, err = finish(process)
    assert code == 2
    assert err == b"ssefold: standard output: No space left on device\n"


@pytest.mark.parametrize(
    ("closing", "said"),
    [(">&-", b"ssefold: standard output: it is closed\n"), ("<&-", b"standard input is closed\n")],
)
def test_closed_standard_streams(closing, said):
    shell = ["sh", "-c", f'exec "$@" {closing}', "sh", *COMMAND]
    with start("fold", "-", command=shell) as process:
        code, out, err = finish(process)
    assert (code, out) == (2, b"")
    assert err.endswith(said)
    assert err.count(b"\n") == 1


def test_output_is_utf8_in_any_locale(tmp_path):
    path = tmp_path / "é.sse"
    path.write_bytes(piece("é😀"))
    locale = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    environment = {**os.environ, **locale}
    for args in (("fold",), ("fold", "--text"), ("events",), ("check",)):
        with start(*args, path, env=environment) as process:
            code, out, err = finish(process)
        assert b"Traceback" not in err
        assert code == (0 if args == ("events",) else 3)
        assert "é😀".encode() in out or args == ("check",)


# -- terminals --------------------------------------------------------------------------------


WITHOUT = [sys.executable, "-c", WITHOUT_RICH]


def test_plain_progress_is_a_line_per_file(files):
    paths = files(WHOLE, CUT, WHOLE)
    ran = on_terminal("fold", *paths, command=WITHOUT)
    assert ran.code == 3
    first, second, said, third = ran.out.decode().splitlines()
    assert [first, second, third] == [f"[{n}/3] {path}" for n, path in enumerate(paths, 1)]
    assert said.startswith(f"ssefold: {paths[1]}: truncated")


def test_no_progress_for_one_file_or_without_a_terminal(files):
    paths = files(WHOLE, WHOLE)
    assert on_terminal("fold", paths[0], command=WITHOUT).out == b""
    with start("fold", *paths, command=WITHOUT) as process:
        assert finish(process)[2] == b""


def test_a_plain_table_on_a_terminal_without_rich(files):
    (path,) = files(BAD + WHOLE)
    ran = on_terminal("check", path, command=WITHOUT, stdout="terminal")
    assert ran.code == 5
    lines = ran.out.decode().splitlines()
    assert re.search(r"complete +openai.chat +5 +\d+ +\d+ +1 +0 +5$", lines[1])
    assert b"\x1b" not in ran.out


def visible(shown: bytes) -> str:
    """What a terminal showed, less its control sequences; each repainting is a line."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode()).replace("\r", "\n")


def test_the_bar_of_rich(files):
    pytest.importorskip("rich")
    paths = files(WHOLE, CUT, WHOLE)
    shown = on_terminal("fold", *paths).out
    text = visible(shown)
    assert "1/3" in text
    assert "3/3" in text
    assert re.search(rf"^ssefold: {paths[1]}: truncated.*$", text, re.MULTILINE)
    assert shown.count(b"\x1b[?25l") == shown.count(b"\x1b[?25h")  # the cursor is back
    assert on_terminal("fold", paths[0]).out == b""


def test_the_bar_is_off_where_the_answers_are_written(files):
    pytest.importorskip("rich")
    paths = files(WHOLE, WHOLE)
    text = visible(on_terminal("fold", "--text", *paths, stdout="terminal").out)
    assert len(re.findall(r"^Hello ☃$", text, re.MULTILINE)) == 2


def test_a_table_of_rich(files):
    pytest.importorskip("rich")
    stream = event({"choices": [{"index": 0, "delta": {"content": 5}}]}) + WHOLE
    paths = files(stream)
    shown = on_terminal("check", *paths, stdout="terminal").out
    text = visible(shown)
    assert b"\x1b[1m" in shown
    assert "choices[0].delta" in re.sub(r"\s", "", text)


def test_tables_need_no_rich():
    head, rows = ["FILE", "N"], [["a", "10"], ["long", "7"]]
    plain = terminal.plain_table(head, rows, {1})
    assert plain == "FILE   N\na     10\nlong   7\n"
    plain = terminal.plain_table(head, [["日本", "10"], ["e\u0301", "7"]], {1})
    assert plain == "FILE   N\n日本  10\ne\u0301      7\n"
