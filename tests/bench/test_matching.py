"""The bench of signatures: its table, and what it says of runs that failed and of programs that are not there."""

import sys
from typing import Any

import pytest

from bench import banners, kit, matching

RUN = {"banners": 9, "expressions": 1200, "fitted": 4}


def once(way: str, n: int, python: str) -> dict[str, Any]:
    speed = {"field": 20_000.0, "every": 3_000.0}[way]
    return {"way": way, **RUN, "median_us": 1e6 / speed, "p95_us": 3e6 / speed, "a_second": speed}


def test_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "run_once", once)
    monkeypatch.setattr(banners, "here", "nmap".__ne__)
    (section,) = matching.sections(kit.parse(matching.BENCH, ["--rounds", "2"]))
    assert len(section.runs) == 4
    assert section.rows[1][1:] == ["1,200", "0.050 ms", "0.150 ms", "20,000", "4 of 9"]
    assert section.notes[0].endswith("met.")
    assert section.notes[-1] == "Nmap's lines, plain re: not installed"


def test_a_target_that_is_missed_is_called_so() -> None:
    assert matching.goals([once("field", 9, "") | {"a_second": 9_999.0}]).endswith("missed.")
    assert matching.goals([once("field", 9, "") | {"median_us": 1_001.0}]).endswith("missed.")
    assert matching.goals([{"way": "field", "error": "why"}]).endswith("missed.")


def test_a_run_is_a_process_of_its_own_and_may_fail() -> None:
    done = matching.run_once("field", 40, sys.executable)
    assert (done["way"], done["banners"]) == ("field", 40)
    assert "error" in matching.run_once("no such way", 40, sys.executable)
