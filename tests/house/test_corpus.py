"""The corpus' own form: two files a case, in the folder of its dialect; a rule for each of them.

corpus/rules.json is the register of rules: each case names one, each has a case.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from cases import CASES, CORPUS, NAMES, PATHS, RULES

MEMBERS = {"why", "meta", "expected"}
META_KEYS = {"dialect", "status", "rule", "faults", "anomalies", "events", "raises"}
META_OPTIONS = {"feed", "error", "text", "taken", "usage", "finish_reason"}


def test_there_are_cases() -> None:
    assert len(CASES) > 1000
    assert {path.parent.name for path in PATHS} >= {
        "anthropic.messages", "google.gemini", "none",
        "openai.chat", "openai.completions", "openai.responses",
    }  # fmt: skip


def test_a_name_is_that_of_one_case() -> None:
    assert [name for name, count in Counter(NAMES).items() if count > 1] == []


@pytest.mark.parametrize("folder", sorted({path.parent.name for path in PATHS}))
def test_cases_are_well_formed(folder: str) -> None:
    for path in CORPUS.glob(f"{folder}/*.sse"):
        case = json.loads(path.with_suffix(".json").read_text("utf-8"))
        assert MEMBERS - {"why"} <= set(case) <= MEMBERS, path
        assert case.get("why", "x").strip(), path
        meta = case["meta"]
        assert (meta["dialect"] or "none") == folder, path
        assert META_KEYS <= set(meta) <= META_KEYS | META_OPTIONS, path
        for fault in meta["faults"]:
            assert {"code", "offset"} <= set(fault) <= {"code", "offset", "event"}, path
        for anomaly in meta["anomalies"]:
            assert set(anomaly) - {"count"} == {"code", "event", "offset", "path"}, path
            assert anomaly.get("count", 2) > 1, path


def test_every_rule_has_a_case_and_every_case_a_rule() -> None:
    used = {case.meta["rule"] for case in CASES.values()}
    assert used - set(RULES) == set(), "cases that name no registered rule"
    assert set(RULES) - used == set(), "rules without a case"


def test_no_stray_files() -> None:
    known = {CORPUS / "README.md", CORPUS / "rules.json", CORPUS / "framing" / "vectors.jsonl"}
    known |= {path.with_suffix(suffix) for path in PATHS for suffix in (".sse", ".json")}
    assert {path for path in CORPUS.rglob("*") if path.is_file()} - known == set()


def test_a_folder_is_a_dialect() -> None:
    """What speaks none, or cannot be told, stands in `none`; vectors of the framing beside it."""
    folders = {path for path in CORPUS.iterdir() if path.is_dir()}
    assert folders - {path.parent for path in PATHS} == {Path(CORPUS / "framing")}
