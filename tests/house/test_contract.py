"""The runner of the corpus: what passes, and above all what must be seen to fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest
from backends import BACKENDS
from conformance import __main__ as runner
from conformance import table
from conformance.cases import FRAME_MEMBERS, KINDS, MEMBERS, Case, load
from conformance.claims import claims
from conformance.explained import EXPLAINED
from conformance.judge import Reply, closest, judge
from conformance.process import Bounds, Implementation
from peers.ours import DIALECTS, EVERYTHING, FRAMES
from peers.programs import MISSING, PROGRAMS, Program

import ssefold

ROOT = Path(__file__).resolve().parents[2]
CASES = load()
BY_NAME = {case.name: case for case in CASES if case.kind != "framing"}
VECTORS = {case.name for case in CASES if case.kind == "framing"}
EVERY = {"dialects": DIALECTS, "kinds": {"*": EVERYTHING, "framing": FRAMES}, "answer": "ordered"}


@pytest.fixture(autouse=True)
def _paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """Children import this package and these folders."""
    source = Path(ssefold.__file__).parents[1]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(source), str(ROOT)]))


@pytest.fixture
def program(tmp_path: Path) -> Any:
    """A Python program as an implementation: its command."""

    def write(body: str) -> list[str]:
        path = tmp_path / "program.py"
        path.write_text("import json, sys, time\n" + textwrap.dedent(body), encoding="utf-8")
        return [sys.executable, str(path)]

    return write


CLAIM = """
if "--claims" in sys.argv:
    print(json.dumps({"dialects": ["openai.chat"], "kinds": {"plain": ["answer"]}, "batch": BATCH}))
    sys.exit()
"""


def claiming(batch: bool) -> str:
    return CLAIM.replace("BATCH", str(batch))


def ours(backend: str) -> list[str]:
    return [sys.executable, "-m", "peers.ours", backend]


def failures(command: list[str], cases: list[Case], **options: Any) -> dict[str, dict[str, str]]:
    with Implementation(command, **options) as implementation:
        found = runner.verdicts(implementation, cases)
        return {verdict.case.name: verdict.wrong for verdict in found if verdict.wrong}


# -- ssefold ----------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
def test_ssefold_passes_everything(backend: str) -> None:
    with Implementation(ours(backend)) as implementation:
        found = [*runner.verdicts(implementation, CASES)]
    assert {v.case.name: v.wrong for v in found if not v.passed} == {}
    assert len(found) == len(CASES), "every case is claimed"
    assert {name for v in found for name in v.members} == {*MEMBERS, *FRAME_MEMBERS}


def test_plain_and_batch_say_the_same() -> None:
    some = [case for case in CASES if case.options][:3] + CASES[:2] + CASES[-2:]
    command = ours("python")
    with Implementation(command) as batch, Implementation(command, batch=False) as plain:
        assert batch.batch
        assert not plain.batch
        for case in some:
            said = batch.ask(case)
            assert said == plain.ask(case)
            assert said.said


# -- what must be seen to fail ----------------------------------------------------------------

BROKEN = """
import sys
from peers import ours, serve
real = ours._fold
def broken(ssefold, request):
    said = real(ssefold, request)
    CHANGE
    return said
ours._fold = broken
serve.serve(ours.make)
"""


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.parametrize(
    ("change", "member"),
    [
        ('said["answer"].pop("choices", None)', "answer"),
        ('said["answer"] = dict(reversed(said["answer"].items()))', "answer"),
        ('said["whole"] = True', "whole"),
        ('said["status"] = "complete"', "status"),
        ('said["verdict"] = None', "verdict"),
        ('said["dialect"] = "openai.chat"', "dialect"),
        ('said["error"] = None', "error"),
        ('[fault.update(offset=fault["offset"] + 1) for fault in said["faults"]]', "faults"),
        ('said["faults"] = []', "faults"),
        ('del said["anomalies"][1:]', "anomalies"),
        ('said["anomalies"] = None', "anomalies"),
        ('said["events"] += 1', "events"),
        ('said["events"] = True', "events"),
        ('said["text"]["0"] += "x"', "text"),
        ('del said["usage"]', "usage"),
        ('said["finish_reason"] = "stop"', "finish_reason"),
        ('said["answer"].pop("usage", None)', "tokens"),
    ],
)
def test_a_broken_one_is_seen_to_fail(
    program: Any, change: str, member: str, step: int
) -> None:
    """And in the broken member alone, whatever depends on it; by each case, or one of several."""
    command = [*program(BROKEN.replace("CHANGE", change)), "python"]
    found = failures(command, [case for case in CASES if case.kind != "framing"][::step])
    assert found
    allowed = {member, "answer"} if member == "tokens" else {member, "tokens"}
    assert {name for wrong in found.values() for name in wrong} - allowed == set()
    assert any(member in wrong for wrong in found.values())


def test_a_broken_framer_is_seen_to_fail(program: Any) -> None:
    body = BROKEN.replace("_fold", "_frames").replace(
        "CHANGE", "[e.update(ready_at=0, data=e['data'].strip()) for e in said['events']]"
    )
    found = failures([*program(body), "python"], [c for c in CASES if c.kind == "framing"])
    assert len(found) > 100
    assert {name for wrong in found.values() for name in wrong} == {"ready_at", "data"}


@pytest.mark.parametrize("batch", [False, True], ids=["plain", "batch"])
@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("sys.stdin.buffer.readline(); sys.exit(3)", "exit code 3"),
        ("sys.stdin.buffer.readline(); raise SystemError('it broke')", "SystemError: it broke"),
        ("time.sleep(60)", "no answer within"),
        ("while True: print('x' * 4096, end='')", "more than 100000 bytes"),
        ("sys.stdin.buffer.readline(); print('nothing'); time.sleep(0.2)", "no JSON"),
        ("sys.stdin.buffer.readline(); print('[1]'); time.sleep(0.2)", "no JSON object"),
        ("sys.stdin.buffer.readline(); print('{\"answer\": NaN}'); time.sleep(0.2)", "NaN"),
        ("sys.stdin.buffer.readline(); print('[' * 50000); time.sleep(0.2)", "no JSON"),
    ],
    ids=["exit", "crash", "hangs", "floods", "text", "list", "nan", "deep"],
)
def test_misbehaviour_fails_the_case(program: Any, batch: bool, body: str, why: str) -> None:
    bounds = Bounds(seconds=1.0, start=1.0 if "sleep(60)" in body else 10.0, output=100_000)
    command = program(claiming(batch) + body + "\n")
    case = BY_NAME["text_basic"]
    with Implementation([command[0], "-u", *command[1:]], bounds) as implementation:
        started = time.monotonic()
        replies = [implementation.ask(case) for _ in range(2)]  # the next one is asked as well
        assert time.monotonic() - started < 25
        assert [reply.said for reply in replies] == [None, None]
        assert why in replies[0].failure
        assert not judge(case, implementation.claims, replies[0]).passed


def test_a_batch_goes_on_after_a_crash(program: Any) -> None:
    body = """
    line = sys.stdin.readline()
    while line:
        if len(line) > 1500:
            sys.exit(1)
        print(json.dumps({"answer": {}}), flush=True)
        line = sys.stdin.readline()
    """
    command = program(claiming(True) + textwrap.dedent(body))
    short, long = Case("s", "plain", b"x", {"answer": {}}), Case("l", "plain", b"x" * 2000, {})
    with Implementation(command) as implementation:
        replies = [implementation.ask(case) for case in (short, long, short, short)]
    assert [reply.said is not None for reply in replies] == [True, False, True, True]


def test_cases_of_a_batch_do_not_reach_each_other(program: Any) -> None:
    """What a case abandons is finalized before the next one, not while that one holds a lock."""
    body = """
    import gc
    from peers import serve
    closed = []
    def stream():
        try:
            yield
        finally:
            closed.append(1)
    def answer(request):
        before = len(closed)
        holder = {"stream": stream()}
        next(holder["stream"])
        holder["self"] = holder
        return {"closed": before, "collects": gc.isenabled()}
    serve.serve(lambda: ({"dialects": []}, answer))
    """
    case = Case("x", "plain", b"", {})
    with Implementation(program(textwrap.dedent(body))) as implementation:
        said = [implementation.ask(case).said for _ in range(3)]
    assert said == [{"closed": count, "collects": False} for count in range(3)]


def test_what_is_never_read_does_not_block(program: Any) -> None:
    """A pipe holds some 64 KiB: writing more to one who does not read would wait for ever."""
    command = program(claiming(False) + "print('{}')\n")
    with Implementation(command) as implementation:
        reply = implementation.ask(Case("x", "plain", b"x" * 1_000_000, {}))
    assert reply == Reply({})


# -- claims -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ([], "no JSON object"),
        ({"kind": {}}, "unknown members kind"),
        ({"answer": "close"}, "not one of"),
        ({"dialects": ["chat"]}, "names chat"),
        ({"dialects": "openai.chat"}, "no list"),
        ({"kinds": ["plain"]}, "no object"),
        ({"kinds": {"fine": []}}, "names fine"),
        ({"kinds": {"plain": ["anwser"]}}, "names anwser"),
        ({"kinds": {"framing": ["answer"]}}, "names answer"),
        ({"without": ["tools"]}, "names tools"),
    ],
)
def test_wrong_claims_are_refused(said: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        claims(said)


def test_only_what_is_claimed_is_judged() -> None:
    said = {"dialects": ["openai.chat"], "kinds": {"*": ["whole"], "plain": ["answer", "text"]}}
    found = claims({**said, "without": ["several_choices"]})
    judged = {name: found.members(case) for name, case in BY_NAME.items()}
    assert judged["text_basic"] == {"answer"}, "text is not stated there"
    assert judged["truncated_in_string"] == {"whole"}
    assert judged["n2_interleaved"] == set(), "several choices"
    assert judged["anthropic_order"] == set(), "another dialect"
    assert not any(found.members(case) for case in CASES if case.kind == "framing")
    assert judged["empty_stream"] == {"whole"}, "no dialect, and * holds for detection"


def test_levels() -> None:
    case = BY_NAME["tool_single"]
    answer = case.stated["answer"]
    assert closest(case, answer) == "ordered"
    assert closest(case, dict(reversed(answer.items()))) == "values"
    assert closest(case, {**answer, "more": None}) == "members"
    assert closest(case, {"choices": answer["choices"]}) == "essence"
    assert closest(case, {"choices": []}) == ""
    assert closest(case, {"choices": 5}) == ""
    assert closest(case, None) == ""
    least = claims({**EVERY, "answer": "members"})
    for given, right in (({**answer, "more": None}, True), ({"choices": answer["choices"]}, False)):
        verdict = judge(case, least, Reply({"answer": given}))
        assert ("answer" not in verdict.wrong) is right


def test_a_count_that_is_not_told_is_1() -> None:
    once = {"code": "wrong_type", "event": 0, "offset": 0, "path": ""}
    claimed = claims({**EVERY, "kinds": {"odd": ["anomalies"]}})
    for stated, said, right in (
        (once, once, True),
        (once, {**once, "count": 1}, True),
        (once, {**once, "count": 2}, False),
        ({**once, "count": 2}, {**once, "count": 2}, True),
        ({**once, "count": 2}, once, False),
        (once, None, False),
    ):
        case = Case("", "odd", b"", {"anomalies": [stated]}, dialect="openai.chat")
        assert judge(case, claimed, Reply({"anomalies": [said]})).passed == right


def test_numbers_are_values() -> None:
    case = Case("n", "plain", b"", {"answer": {"a": 1, "b": True}}, "openai.chat")
    assert closest(case, {"a": 1.0, "b": True}) == "ordered"
    assert closest(case, {"a": True, "b": True}) == "essence", "neither has a choice"
    assert closest(case, {"a": 1, "b": 1}) == "essence"


# -- cases ------------------------------------------------------------------------------------


def test_every_kind_has_cases() -> None:
    assert {case.kind for case in CASES} == {*KINDS}
    streams = [*(ROOT / "tests" / "corpus").glob("*/*.sse")]
    assert sum(case.kind != "framing" for case in CASES) == len(streams)


def test_kinds_are_what_they_say() -> None:
    for case in CASES:
        stated = case.stated
        if case.kind in ("plain", "odd"):
            assert (stated["whole"], stated["status"], case.options) == (True, "complete", {})
            assert (stated["anomalies"] == []) is (case.kind == "plain")
        if case.kind in ("truncated", "failed"):
            assert (stated["whole"], stated["status"]) == (False, case.kind)
        if case.kind == "damaged":
            assert stated["faults"]
            assert stated["whole"] is False
        assert (case.told is None) is (case.kind in ("detection", "framing") or not case.dialect)


def test_a_corpus_with_a_hole_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no corpus"):
        load(tmp_path)
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "a.sse").write_bytes(b"")
    with pytest.raises(ValueError, match=r"a\.json"):
        load(tmp_path)
    for case in ("{}", '{"expected": {}, "meta": {}}'):
        (tmp_path / "none" / "a.json").write_text(case, encoding="utf-8")
        with pytest.raises(ValueError, match=r"a\.json has no member"):
            load(tmp_path)


# -- the command line -------------------------------------------------------------------------


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "conformance", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_command_line() -> None:
    passed = run("--case", "text_*", "--", *ours("python"))
    assert passed.returncode == 0
    assert "5 of 5" in passed.stdout or " claimed cases passed" in passed.stdout
    found = json.loads(run("--json", "--kind", "plain", "--", *ours("python")).stdout)
    assert found["passed"] == found["claimed"] == sum(case.kind == "plain" for case in CASES)


def test_the_example_is_judged() -> None:
    """Twenty lines are enough to take part, and not to be right about tools."""
    done = run("--case", "t*", "--all", "--", sys.executable, "conformance/example.py")
    assert done.returncode == 1
    assert "FAILED tool_single (plain, " in done.stdout
    assert "FAILED text_basic" not in done.stdout
    lines = (ROOT / "conformance" / "example.py").read_text("utf-8").splitlines()
    assert len(lines) <= 24
    shown = (ROOT / "conformance" / "README.md").read_text("utf-8")
    [block] = shown.split("```python\n")[1:]
    assert block.partition("```")[0] in "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    "words",
    [("--", "no-such-program-here"), ("--", sys.executable, "-c", "print(1)"), ("--corpus", "src")],
)
def test_nothing_judged(words: tuple[str, ...]) -> None:
    done = run(*words, *(() if "--" in words else ("--", "true")))
    assert done.returncode == 2
    assert "nothing was judged" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_report_that_nobody_reads_to_its_end() -> None:
    words = ["-m", "conformance", "--json", "--case", "t*", "--", *ours("python")]
    with subprocess.Popen(
        [sys.executable, *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


# -- peers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("peer", PROGRAMS, ids=lambda peer: peer.title)
def test_peers_claim_or_are_missing(peer: Program) -> None:
    command = [sys.executable, "-m", peer.module, *peer.words[1:], "--claims"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == MISSING:
        assert not peer.title.startswith("ssefold (python")
        return
    assert done.returncode == 0, done.stderr
    assert claims(json.loads(done.stdout)).version


def test_the_table() -> None:
    """Of a small part: figures of who is there, the reason of who is not."""
    cases = [case for case in CASES if case.kind in ("plain", "truncated", "framing")]
    absent = Program("absent", ("framers", "no-such"))
    rows, missing = table.run([PROGRAMS[1], absent], cases)
    assert [row.peer for row in rows] == [PROGRAMS[1]]
    assert list(missing) == ["absent"]
    text = table.document(rows, missing, cases)
    plain = sum(case.kind == "plain" and case.dialect == "openai.chat" for case in cases)
    assert f"| ssefold (python) | {plain} of {plain} |" in text
    assert "Not asked: absent, did not start" in text
    assert str(ROOT) not in text


def test_a_missing_library_is_not_installed() -> None:
    error = f"--claims: exit code {MISSING}: ImportError: no name 'x' from 'y' (/some/where/y.py)"
    assert table._reason(error) == "not installed (ImportError: no name 'x' from 'y')"


def test_sentences_name_cases() -> None:
    assert set(EXPLAINED) <= {peer.words[0] for peer in PROGRAMS}
    named = {name for rows in EXPLAINED.values() for _, names in rows for name in names}
    assert named <= set(BY_NAME) | VECTORS
