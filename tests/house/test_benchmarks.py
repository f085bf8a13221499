"""What is measured runs, and is right where it says so; nothing here looks at a clock."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from functools import partial

import pytest
from benchmarks import clock, gateway, growth, instructions, memory, relay, report, shapes, write
from benchmarks.chart import Bar, Group, picture
from benchmarks.floor import Fallback
from benchmarks.measure import Table, checked, measure
from benchmarks.targets import HAND, C, Target, targets
from benchmarks.targets import LOOKS as LOOK_TARGETS
from benchmarks.targets import LOOKS_ALONE as ALONE_TARGETS
from peers.ours import accumulator
from peers.rows import FRAME_MAKERS, LENT_MAKERS, LOOK_MAKERS, MAKERS, installed

pytestmark = pytest.mark.filterwarnings("ignore")  # those of the peers

EVENTS = 32
ANOTHER = {  # an answer that no shape gives
    "usage": {},
    "choices": [
        {
            "finish_reason": "another",
            "message": {"content": "x", "tool_calls": [{"function": {"arguments": "x"}}] * 9},
        }
    ],
}
ONCE = clock.Budget(0, 1, 1)
FOLDS, MISSING = installed(MAKERS)
FRAMES, MISSING_FRAMES = installed(FRAME_MAKERS)
LOOKS, MISSING_LOOKS = installed(LOOK_MAKERS)
LENT, MISSING_LENT = installed(LENT_MAKERS)


@pytest.mark.parametrize("peer", FOLDS, ids=lambda peer: peer.name)
@pytest.mark.parametrize("name", ["text", "tools", "anthropic_text"])
def test_a_row_is_right(name: str, peer) -> None:
    traffic = shapes.build(name, EVENTS)
    if not peer.takes(traffic):
        pytest.skip(f"{peer.name} does not take {traffic.dialect}")
    assert peer.check(traffic, traffic.reads())
    assert peer.check(traffic, traffic.reads("event"))


def test_a_row_is_missing_for_its_library_alone() -> None:
    """A maker that is misspelled in the list would look like one that is not installed."""
    missing = {**MISSING, **MISSING_FRAMES, **MISSING_LOOKS, **MISSING_LENT}
    for reason in missing.values():
        assert not re.search(r"'(peers|benchmarks)\.", reason), reason


@pytest.mark.parametrize("peer", [one for one in FOLDS if one.json], ids=lambda peer: peer.name)
@pytest.mark.parametrize("name", report.JSON_OUTPUT)
def test_a_row_to_json_is_right(name: str, peer) -> None:
    traffic = shapes.build(name, EVENTS)
    assert peer.takes(traffic)
    assert json.loads(peer.json(traffic, traffic.reads())) == traffic.expected


def test_instructions_are_counted_of_shapes_that_there_are(capsys, monkeypatch) -> None:
    assert {name for name, _ in instructions.ROWS} <= {*shapes.foldable(), *shapes.framed()}
    assert len(set(instructions.ROWS)) == len(instructions.ROWS)
    monkeypatch.setattr(instructions, "EVENTS", EVENTS)
    for name, how in instructions.rows(("text", "crlf", "short", "frames")):
        if C not in MISSING:
            instructions.work(name, how, 1)
    with pytest.raises(SystemExit):
        instructions.main(["--only", "nonsense"])
    assert "text_obfuscation" in capsys.readouterr().err


@pytest.mark.parametrize("name", shapes.foldable())
def test_the_hand_merge_is_right_on_every_shape(name: str) -> None:
    hand = [peer for peer in FOLDS if peer.name == HAND]
    if not hand:
        pytest.skip(MISSING[HAND])
    traffic = shapes.build(name, EVENTS)
    if not hand[0].takes(traffic):
        pytest.skip(f"nobody wrote a merge by hand for {traffic.dialect}")
    for how in ("16 KiB", "event", "byte"):
        assert hand[0].check(traffic, traffic.reads(how))


@pytest.mark.parametrize("peer", FRAMES, ids=lambda peer: peer.name)
@pytest.mark.parametrize("name", shapes.framed())
def test_a_framing_row_is_right(name: str, peer) -> None:
    traffic = shapes.build(name, EVENTS)
    assert peer.check(traffic, traffic.reads())
    assert peer.check(traffic, traffic.reads("event"))


@pytest.mark.parametrize("peer", LOOKS, ids=lambda peer: peer.name)
@pytest.mark.parametrize("name", report.LOOKED_AT)
def test_a_reading_after_each_event_is_right(name: str, peer) -> None:
    traffic = shapes.build(name, EVENTS)
    reads = traffic.reads("event")
    assert peer.check(traffic, reads)
    peer.run(traffic, reads)
    if peer.kind != "floor" and not peer.name.endswith("status"):  # the status is in no answer
        assert not peer.check(replace(traffic, expected=ANOTHER), reads)


@pytest.mark.parametrize("peer", LENT, ids=lambda peer: peer.name)
@pytest.mark.parametrize("how", ["event", "16 KiB"])
def test_a_row_of_reads_that_are_no_bytes_is_right(how: str, peer) -> None:
    traffic = shapes.build("text", EVENTS)
    reads = peer.given(traffic.reads(how))
    assert {type(chunk).__name__ for chunk in reads} == {(peer.lends or bytes).__name__}
    assert peer.check(traffic, reads)
    assert not peer.check(replace(traffic, expected=ANOTHER), reads)


def test_each_look_that_has_a_target_is_a_row() -> None:
    rows = {name for shape, name, _ in (*LOOK_TARGETS, *ALONE_TARGETS)}
    assert {f"{C}, {name}" for name in rows} <= set(LOOK_MAKERS)
    assert {shape for shape, _, _ in (*LOOK_TARGETS, *ALONE_TARGETS)} <= set(report.LOOKED_AT)


def test_the_section_of_looks_measures_what_has_a_target(capsys) -> None:
    run = report.Run(ONCE, True, ("text",), ("looks",), ("nobody",))
    report.looks(run)
    assert list(run.tables) == ["looks/text/event", "lent/text/event", "lent/text/16 KiB"]
    assert not any(table.broken for table in run.tables.values())
    assert all(all(table.correct.values()) for table in run.tables.values())
    if C not in MISSING_LOOKS:
        found = [target for target in targets(run.tables, {}) if target.measured is not None]
        asked = [name for shape, name, _ in (*LOOK_TARGETS, *ALONE_TARGETS) if shape == "text"]
        there = [name for name in asked if f"{C}, {name}" not in MISSING_LOOKS]
        assert len(found) == len(there) + len(("bytearray", "memoryview")) * 2


def test_a_row_that_is_wrong_says_so() -> None:
    traffic = shapes.build("text", EVENTS)
    wrong = shapes.Traffic(traffic.name, traffic.dialect, traffic.blocks, {"id": "another"})
    peer = next(peer for peer in FOLDS if peer.name == "ssefold (python)")
    assert not peer.check(wrong, wrong.reads())


def test_a_row_to_json_is_judged_by_its_json() -> None:
    traffic = shapes.build("text", EVENTS)
    good = next(peer for peer in FOLDS if peer.name == "ssefold (python)")
    bad = replace(good, json=lambda traffic, reads: b"{}")
    tables = [
        measure("to JSON", "text", "16 KiB", "json", [peer], ONCE, EVENTS)
        for peer in (good, bad)
    ]
    assert [table.correct[good.name] for table in tables] == [True, False]
    assert checked(bad, traffic, traffic.reads(), "dict")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the ends are a child process")
def test_a_gateway_passes_on_what_it_is_timed_with() -> None:
    pytest.importorskip("uvicorn")
    blocks = shapes.build("text", EVENTS).blocks
    passed: list[bytes] = []

    async def listening(chunks):
        async for chunk in chunks:
            passed.append(bytes(chunk))
            yield chunk

    spent = gateway.measure(blocks, {"bare": relay.bare, "tapped": listening}, 2)
    assert [len(times) for times in spent.values()] == [2, 2]
    assert b"".join(passed) == b"".join(blocks) * 2
    name, more, note = relay.row("x", "its", {kind: [100] for kind in relay.KINDS}, 1)
    assert (name, more) == ("x", 0)
    assert "0.00 %" in note


def test_the_floor_without_a_compiler_counts_the_same() -> None:
    assert Fallback.newlines(b"a\n\nb\r\n") == 3
    assert not Fallback.Nothing().feed(b"chunk")


def small(section: str, name: str, output: str = "dict") -> Table:
    """One table, one round."""
    peers = FRAMES if section == "frames" else FOLDS
    chosen = [peer for peer in peers if peer.name.startswith(("ssefold", "orjson", "memchr"))]
    return measure(section, name, "16 KiB", output, chosen, ONCE, events=EVENTS)


def test_what_is_written_shows_what_was_measured(tmp_path, monkeypatch) -> None:
    for name, file in (("RESULTS", "RESULTS.md"), ("FIGURES", "results.json")):
        monkeypatch.setattr(write, name, tmp_path / file)
    monkeypatch.setattr(write, "PICTURE", tmp_path / "docs" / "bench.svg")
    monkeypatch.setattr(write, "README", tmp_path / "README.md")
    (tmp_path / "README.md").write_text("before\n<!-- bench -->last week<!-- /bench -->\nafter\n")
    small_ones = [small("fold", "text"), small("objects", "text"), small("frames", "frames", "")]
    tables = {table.key: table for table in small_ones}
    costs = {"memory: text (c)": (0.5, "2,048 bytes per stream")}
    found = targets(tables, costs)
    write.write(tables, costs, {"a peer": "not there"}, {"orjson": "3"}, found, None)
    results = (tmp_path / "RESULTS.md").read_text("utf-8")
    readme = (tmp_path / "README.md").read_text("utf-8")
    assert "| ssefold (c)" in results or MISSING
    assert "a peer: not there" in results
    assert "last week" not in readme
    assert readme.startswith("before\n<!-- bench -->\n![")
    assert readme.endswith("<!-- /bench -->\nafter\n")
    assert readme.split("<!-- bench -->")[1].split("<!-- /")[0] in results
    kept = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert [table["key"] for table in kept["tables"]] == list(tables)
    assert (tmp_path / "docs" / "bench.svg").read_text("utf-8").startswith("<svg")


def test_targets_say_what_was_not_measured() -> None:
    found = targets({}, {"growth: text": (10.0, "")})
    assert {target.met for target in found if not target.what.startswith("growth")} == {None}
    assert [target.met for target in found if target.what.startswith("growth")] == [True]


@pytest.mark.parametrize(("at_most", "measured", "met"), [(True, 2.1, False), (False, 2.1, True)])
def test_a_target_is_met_or_not(at_most: bool, measured: float, met: bool) -> None:
    assert Target("x", 2, at_most, measured).met is met


def test_ratios_are_taken_round_by_round() -> None:
    # The machine was ten times slower in the second round: for both.
    assert clock.ratio([20, 200, 21], [10, 100, 10]) == 2.0
    assert clock.beyond([20, 200, 21], [10, 100, 10]) == 11
    turns: list[str] = []
    contenders = {name: partial(turns.append, name) for name in "ab"}
    clock.rounds(contenders, clock.Budget(0, 2, 2), cold=False)
    assert "".join(turns) == "ababab"
    del turns[:]
    warmers = {name: partial(turns.append, name.upper()) for name in "ab"}
    clock.rounds(contenders, clock.Budget(0, 1, 1), warmers=warmers)
    assert "".join(turns) == "ab" + "AAaBBb", "each after its own warming"


def test_memory_and_growth_run() -> None:
    traffic = shapes.build("text", EVENTS)
    assert memory.held(accumulator("python"), traffic, 8) > 0
    assert memory.text_held(accumulator("python"), shapes.build("text", 100), 100) > 64
    for name, make, run in growth.cases("python"):
        if "8 MiB" not in name:
            run(make(1)[:20])


def test_the_command_line_says_which_shapes_there_are(capsys) -> None:
    with pytest.raises(SystemExit):
        report.arguments(["--only", "nonsense"])
    assert "text_obfuscation" in capsys.readouterr().err
    run = report.arguments(["--quick", "--only", "text,frames"])
    assert (run.quick, run.only) == (True, ("text", "frames"))
    assert run.sections == ("fold", "looks", "objects", "frames", "cold")


def test_the_compiled_backend_is_a_row_where_it_is_installed() -> None:
    names = [peer.name for peer in FOLDS]
    assert (C in names) is (C not in MISSING)


def test_a_picture_grows_with_the_logarithm() -> None:
    bars = [Bar("a", 10.0, "10 ns"), Bar("b", 100.0, "100 ns"), Bar("c", 1000.0, "1 µs & more")]
    drawn = picture([Group("title", bars)], "time", "about")
    widths = [float(found) for found in re.findall(r'<rect [^>]* width="([0-9.]+)"', drawn)]
    assert widths[2] - widths[1] == pytest.approx(widths[1] - widths[0], abs=3)
    assert "1 µs &amp; more" in drawn
