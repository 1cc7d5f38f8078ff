"""How the bench reads what each program says, counts it, and makes a table of it."""

import pytest
from bench.rivals import Case, Measured, bare, cases, found, grepable, listed, rows
from bench.truth import Manner

from bench import rivals

ONE = Case("one", "one port", "198.19.0.0/30", (80,), Manner.of(1.0, 0.0))
TWO = Case("two", "two ports", "198.19.0.0/30", (22, 80), Manner.of(1.0, 0.0))
SWEEP = Case("sweep", "ping", "198.19.0.0/30", (), Manner.of(1.0, 0.0))
BASE = 0xC6130000
GREPABLE = """# Nmap 7.93 scan
Host: 198.19.0.1 ()\tStatus: Up
Host: 198.19.0.1 ()\tPorts: 22/open/tcp//ssh///, 80/open/tcp//http///\tIgnored State: closed (1)
Host: 198.19.0.2 ()\tStatus: Up
Host: 198.19.0.2 ()\tPorts: 22/closed/tcp//ssh///, 80/open/tcp//http///
"""
LISTED = """#masscan
open tcp 80 198.19.0.3 1700000000
open tcp 80 198.19.0.1 1700000000
open tcp 80 198.19.0.3 1700000001
# end
"""
PINGED = "#masscan\nopen icmp 0 198.19.0.2 1700000000\n"


def key(last: int, port: int) -> int:
    return (BASE + last) << 16 | port


def test_grepable() -> None:
    assert found(grepable, GREPABLE, TWO).tolist() == [key(1, 22), key(1, 80), key(2, 80)]
    assert found(grepable, GREPABLE, SWEEP).tolist() == [key(1, 0), key(2, 0)]


def test_lists_of_masscan_and_what_is_told_twice() -> None:
    assert found(listed, LISTED, ONE).tolist() == [key(1, 80), key(3, 80)]
    assert found(listed, PINGED, SWEEP).tolist() == [key(2, 0)]


def test_bare_addresses() -> None:
    assert found(bare, "198.19.0.2\n198.19.0.1\n", ONE).tolist() == [key(1, 80), key(2, 80)]
    assert found(bare, "198.19.0.2\n", SWEEP).tolist() == [key(2, 0)]
    assert found(bare, "", SWEEP).tolist() == []


def test_the_truth_of_a_case() -> None:
    assert ONE.truth().tolist() == [key(last, 80) for last in range(4)]
    assert len(TWO.truth()) == TWO.asked == 8
    assert SWEEP.truth().tolist() == [key(last, 0) for last in range(4)]


def test_ports_as_scanners_take_them() -> None:
    assert [TWO.listed, Case("all", "all", "198.19.0.0/24", range(1, 65_536), ONE.manner).listed] == [
        "22,80",
        "1-65535",
    ]


def test_large_cases_are_given_time() -> None:
    every = {case.key: case for case in cases(quick=False)}
    assert (every["every"].asked, every["every"].patience_s) == (256 * 65_535, 1138)
    assert ONE.patience_s == 300


@pytest.mark.parametrize("quick", [True, False])
def test_cases_stay_in_the_network_of_the_responder(quick: bool) -> None:
    assert all(case.targets.startswith("198.19.") for case in cases(quick))
    assert len({case.key for case in cases(quick)}) == len(cases(quick))


def test_who_cannot_do_a_case_is_left_out() -> None:
    way = rivals.Way("near0", "198.18.0.1", "02:00:00:00:00:02")
    able = {
        case.key: [name for name, (make, _) in rivals.CONTENDERS.items() if make(case, way, "python")]
        for case in (ONE, TWO, SWEEP)
    }
    assert rivals.nmap(ONE, way, "python") is rivals.periplus_brisk(ONE, way, "python") is None
    assert able["one"] == ["periplus", "periplus-sl", "masscan", "masscan-rt", "zmap"]
    assert able["two"] == ["periplus", "periplus-sl", "masscan", "masscan-rt"]
    assert able["sweep"] == ["periplus", "masscan", "masscan-rt", "zmap", "fping"]


def test_a_table_tells_medians_the_worst_round_and_the_void() -> None:
    runs = [
        Measured("one", "periplus", seconds, seconds, 8, hits, 0, 4, 40.0)
        for seconds, hits in ((1, 4), (3, 4), (2, 3))
    ]
    runs += [
        Measured("one", "zmap", 4.0, 2.0, 4, 2, 1, 4, 9.0),
        Measured("one", "nmap", 1.0, 1.0, 0, 0, 0, 4, 9.0, "status 1: no"),
    ]
    ours, zmap, nmap = rows(ONE, runs)
    assert ours[1:] == ["periplus", "2.00 s", "2.00 s", "1.00", "0", "2.00", "100.000 %", "75.000 %", "0"]
    assert zmap[1:5] == ["zmap", "4.00 s", "2.00 s", "0.50"]
    assert zmap[-2:] == ["50.000 %", "1"]
    assert nmap[1:3] == ["nmap", "status 1: no"]
    assert {len(row) for row in (ours, zmap, nmap)} == {len(rivals.HEAD)}
