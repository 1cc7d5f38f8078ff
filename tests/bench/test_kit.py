"""What the benches share: options, a measured run, medians, tables and their files."""

import json
import sys
from pathlib import Path

import pytest
from bench.kit import Section, installed, median

from bench import all as every
from bench import kit

SECTION = Section("Title", [["a", "b"], ["1", "two"]], ["A note."], [{"seconds": 1.5}])


def test_a_section_as_text_and_as_markdown() -> None:
    assert SECTION.text().splitlines() == ["Title", "", "a  b", "------", "1  two", "A note."]
    lines = ["## Title", "", "| a | b |", "|---|---|", "| 1 | two |", "", "A note.  "]
    assert SECTION.markdown().splitlines() == lines


def test_medians_and_programs() -> None:
    assert median([3.0, None, 1.0, 2.0]) == 2.0
    assert median([None]) is None
    assert installed("periplus")
    assert not installed("no-such-scanner")


def test_a_run_is_measured(tmp_path: Path) -> None:
    cost = kit.measure(None, ["sh", "-c", "echo said; echo why >&2; exit 3"], tmp_path, 60)
    assert (cost.status, cost.out, cost.error) == (3, "said\n", "status 3: why")
    assert cost.seconds > 0
    assert cost.peak_mb > 0
    assert kit.measure(None, ["true"], tmp_path, 60).error == ""


def test_a_run_that_was_killed_says_so() -> None:
    assert kit.Cost(300.2, -9, 40.0, "", "").error == "killed after 300 s"


def test_what_is_written_is_a_page_and_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kit, "OUT", tmp_path / "out")
    monkeypatch.setattr(kit, "VERSIONS", {})
    wanted = kit.parse(every.BENCHES[0], ["--rounds", "2", "--python", sys.executable])
    page = kit.save("some", [SECTION], wanted)
    assert SECTION.markdown() in page.read_text()
    read = json.loads(page.with_suffix(".json").read_text())
    assert read["sections"] == [
        {"title": "Title", "rows": SECTION.rows, "notes": ["A note."], "runs": [{"seconds": 1.5}]}
    ]
    assert read["rounds"] == 2


def test_every_bench_is_told_what_all_are_told() -> None:
    assert len({bench.name for bench in every.BENCHES}) == len(every.BENCHES)
    whole = kit.Bench("all", "All.", every.options, every.sections)
    wanted = kit.parse(whole, ["--quick", "--rounds", "5", "--python", "python"])
    for bench in every.BENCHES:
        told = kit.parse(bench, every.words_for(wanted))
        assert (told.quick, told.rounds, told.python) == (True, 5, "python")
