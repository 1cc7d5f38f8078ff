"""The bench of sizes: its cases, its table and picture, and the page that it writes."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from bench.rivals import Measured
from bench.scaling import DRY, HEAD, IN_LAB, SIZES, TITLES, case_of, picture, publish, row

from bench import kit, scaling

CASES = [case_of(*size) for size in SIZES[:2]]


def run(case: int, program: str, seconds: float, hits: int = 10, error: str = "") -> Measured:
    return Measured(CASES[case].key, program, seconds, seconds, 0, hits, 0, 10, 40.0, error)


RUNS = [run(0, "periplus", 1.0), run(0, "periplus", 3.0, 9), run(0, DRY, 0.5), run(1, "periplus", 4.0)]
RUNS += [run(0, "nmap", 2.0, error="status 1: no"), run(1, DRY, 1.0)]


def test_sizes_grow_to_a_hundred_million_and_stay_in_the_responders_network() -> None:
    cases = [case_of(*size) for size in SIZES]
    asked = [case.asked for case in cases]
    assert asked == sorted(asked)
    assert asked[0] < 2e3
    assert 1e8 < asked[-1] < 1.1e8
    assert [each <= IN_LAB for each in asked] == [True] * 5 + [False]
    assert all(case.targets.startswith("198.19.0.0/") for case in cases)
    assert len({case.key for case in cases}) == len(cases)


def test_a_line_of_the_table() -> None:
    line = row(CASES[0], [each for each in RUNS if each.case == CASES[0].key])
    assert dict(zip(HEAD, line, strict=True)) == {
        **dict.fromkeys(TITLES.values(), "-"),
        "probes": "1,024",
        "case": "/22 x 1",
        "periplus": "2.00 s, 90.00 %",
        "nmap": "status 1: no",
        DRY: "0.50 s, 100.00 %",
    }


def test_who_did_nothing_has_no_line_in_the_picture() -> None:
    root = ET.fromstring(picture(CASES, RUNS))
    said = {each.text for each in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"probes", "time, seconds", "periplus", DRY} <= said
    assert not {"nmap", "zmap"} & said


@pytest.mark.parametrize("rounds", [1, 3])
def test_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rounds: int) -> None:
    monkeypatch.setattr(scaling, "DOCS", tmp_path)
    section = kit.Section("Title", [["a", "b"], ["1", "2"]], ["A note."], [{"seconds": 1.5}])
    publish(section, "<svg/>", rounds)
    page = (tmp_path / "scaling.md").read_text()
    assert "| a | b |\n|---|---|\n| 1 | 2 |\n" in page
    assert "- A note.\n" in page
    assert ("of one round," in page) == (rounds == 1)
    assert (tmp_path / "scaling.svg").read_text() == "<svg/>"
    assert json.loads((tmp_path / "scaling.ndjson").read_text()) == {"seconds": 1.5}
