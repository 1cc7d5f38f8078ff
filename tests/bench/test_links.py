"""The page on rates has two authors, and neither overwrites the other's part."""

from pathlib import Path

from bench.links import CAPACITIES, LAB, cases, publish


def test_each_bench_writes_its_own_part(tmp_path: Path) -> None:
    page = tmp_path / "rate.md"
    publish(tmp_path, simulated="one\n")
    assert page.read_text() == "one\n"
    publish(tmp_path, lab="measured\n")
    assert page.read_text() == f"one\n{LAB}measured\n"
    publish(tmp_path, simulated="two\n")
    assert page.read_text() == f"two\n{LAB}measured\n"
    publish(tmp_path, lab="anew\n")
    assert page.read_text() == f"two\n{LAB}anew\n"


def test_a_lab_s_part_may_be_first(tmp_path: Path) -> None:
    publish(tmp_path, lab="measured\n")
    publish(tmp_path, simulated="one\n")
    assert (tmp_path / "rate.md").read_text() == f"one\n{LAB}measured\n"


def test_every_case_asks_what_takes_the_link_some_seconds() -> None:
    worth = {case.hosts * case.ports / case.capacity_pps for case in cases(CAPACITIES)}
    assert 5.8 < min(worth) <= max(worth) <= 6.0
