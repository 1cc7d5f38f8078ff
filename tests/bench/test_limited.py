"""The bench of limited links: its cases, what is made of a run, its table, its pictures and its part of the page."""

import argparse
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from bench.flow import Flow
from bench.limited import (
    ANSWERING,
    CAPACITIES,
    HEAD,
    HIGH,
    LOW,
    Changing,
    Row,
    Run,
    cases,
    over_change,
    over_time,
    rows,
    used,
    worth_s,
    write,
)  # fmt: skip
from bench.rivals import Measured

from bench import kit

ROW = Row(HIGH, "all", 2, 100)
MEASURED = Measured("key", "periplus", 1.5, 1.5, 0, 7, 0, 8, 40.0)


def samples(pps: int, seconds: int, dropped_pps: int = 0) -> list[str]:
    """A sample a tenth of a second, in which so many a second were carried and dropped."""
    return [f"{n * 100_000_000} {n * pps // 10} {n * dropped_pps // 10} 0" for n in range(10 * seconds + 1)]


def run(program: str = "periplus", used: float = 0.95, found: int = 8, error: str = "") -> Run:
    return Run(
        HIGH, "all", "2 x 100", program, 1.5, 200, 210, used, None, 0.01, 0.0, found, 0, 8, error,
        samples(9_000, 3),
    )  # fmt: skip


def test_cases_stay_in_the_network_of_the_responder_and_are_worth_their_time() -> None:
    every = list(cases(CAPACITIES, 12, [*ANSWERING]))
    assert len({(row.pps, row.answering, row.shape) for row in every}) == len(every)
    for row in every:
        case = row.case()
        assert case.asked == row.hosts * row.ports
        assert case.link_pps == case.rate == row.pps
        assert case.targets.startswith("198.19.0.0/")
        assert 6 <= case.asked / row.pps <= 12


def test_zmap_has_cases_of_its_own_where_a_network_is_large_enough() -> None:
    single = [row for row in cases(CAPACITIES, 12, [*ANSWERING]) if row.ports == 1]
    assert [(row.pps, row.hosts) for row in single] == [(1_000, 8_192), (10_000, 65_536)]
    assert single[0].case().ports == (80,)


def test_nmap_is_left_out_where_it_would_take_long() -> None:
    asked = [
        (row.pps, row.answering) for row in cases(CAPACITIES, 12, [*ANSWERING]) if row.case().nmap is not None
    ]
    assert set(asked) == {(1_000, "all"), (10_000, "all"), (100_000, "all"), (1_000, "10 %")}


def test_a_run_is_judged_until_the_questions_are_out() -> None:
    """Five seconds at 800 a second, then a time without anything."""
    lines = [*samples(800, 5, 200), "9000000000 4000 1000 0"]
    one = Run.of(Row(1_000, "all", 1, 5_000), Flow.of(lines), MEASURED, 5_000, lines)
    assert one.used == pytest.approx(0.8)
    assert one.used_steady == pytest.approx(0.8)
    assert one.lost == pytest.approx(0.2)
    assert one.lost_steady == pytest.approx(0.2)
    assert (one.offered, one.true_open, one.open) == (5_000, 7, 8)


def test_a_short_run_has_no_steady_part() -> None:
    lines = samples(1_000, 2)
    assert Run.of(Row(1_000, "all", 1, 2_000), Flow.of(lines), MEASURED, 2_000, lines).used_steady is None
    assert used(Flow.of(lines), 1_000, 3.0, 2.0) is None


def test_a_table_tells_medians_the_worst_round_and_the_void() -> None:
    ours, nmap = rows([run(), run(used=0.85, found=7), run(used=0.99), run("nmap", error="status 1: no")])
    assert dict(zip(HEAD[3:], ours[3:], strict=True)) == {
        "program": "periplus", "used": "95%", "steady": "0.0%", "lost": "1.0%", "packets": "1.05",
        "open found": "7 of 8", "false": "0", "time": "1.5 s",
    }  # fmt: skip
    assert ours[5] == "-"
    assert nmap[:5] == ["10,000", "all", "2 x 100", "nmap", "status 1: no"]
    assert len(nmap) == len(HEAD)


def changing() -> Changing:
    lines = [
        *samples(9_000, 5),
        *(f"{n * 100_000_000} {45_000 + (n - 50) * 290} 0 0" for n in range(51, 101)),
    ]
    lines += [f"{n * 100_000_000} {59_500 + (n - 100) * 980} 0 0" for n in range(101, 151)]
    return Changing(Flow.of(lines), 5.0, 10.0)


def test_what_changed_is_told() -> None:
    change = changing()
    assert [change.capacity_at(at_s) for at_s in (4.9, 5.0, 9.9, 10.0)] == [HIGH, LOW, LOW, HIGH]
    assert "used 90% before, 97% during" in change.note()
    assert "98% after" in change.note()


def words(svg: str) -> set[str | None]:
    return {each.text for each in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")}


def test_the_pictures() -> None:
    said = words(over_time([run(), run(), run("masscan-rt")]))
    assert {"the link's capacity", "periplus", "masscan"} <= said
    assert "nmap" not in said
    assert {"the link's capacity", "sent", "carried"} <= words(over_change(changing()))


def test_the_page(tmp_path: Path) -> None:
    section = kit.Section("Title", [["a", "b"], ["1", "2"]], ["A note."])
    wanted = argparse.Namespace(into=tmp_path, rounds=1, worth=None, quick=False)
    write(section, [run()], changing(), wanted)
    page = (tmp_path / "rate.md").read_text()
    assert "## In the lab\n" in page
    assert "| a | b |\n|---|---|\n| 1 | 2 |\n" in page
    assert "- A note.\n" in page
    assert worth_s(wanted) == 12
    assert {path.name for path in tmp_path.iterdir()} == {"rate.md", "rate-lab.svg", "rate-lab-change.svg"}
