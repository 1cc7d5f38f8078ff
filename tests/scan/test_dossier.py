"""One report a host: nothing is told before its last piece of work, and nothing is lost."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.result.examples import START, columns, host

from periplus.result.row import HostReport
from periplus.scan.dossier import Dossiers
from periplus.technique.verdict import Reason, State

ADDR = "198.18.0.2"


def found(addr: str = ADDR, *, up: bool = True) -> HostReport:
    """What finding hosts says: no ports."""
    report = host(addr=addr, up=up, mac="02:00:00:00:00:0a" if up else None)
    return replace(report, reason=Reason.ARP_RESPONSE if up else Reason.NO_RESPONSE, ttl=None)


def worked(port: int, proto: str = "tcp", addr: str = ADDR) -> HostReport:
    """What one piece of work says: one port."""
    return host(columns([(port, State.OPEN, Reason.SYN_ACK)], proto), addr=addr)


def numbered(works: int) -> Dossiers:
    return Dossiers(lambda addr: works)


def ports(report: HostReport) -> list[tuple[str, int]]:
    return [(each.proto, int(port)) for each in report.columns for port in each.ports]


def test_without_work_a_host_is_told_at_once() -> None:
    dossiers, report = numbered(0), found()
    assert dossiers.found(report) is report
    assert list(dossiers.unfinished()) == []


def test_a_host_that_is_down_gets_no_work() -> None:
    dossiers, report = numbered(2), found(up=False)
    assert dossiers.found(report) is report
    assert list(dossiers.unfinished()) == []


def test_the_last_piece_of_work_brings_the_whole_report() -> None:
    dossiers = numbered(2)
    assert dossiers.found(found()) is None
    assert dossiers.worked(worked(22)) is None
    report = dossiers.worked(worked(53, "udp"))
    assert report is not None
    assert ports(report) == [("tcp", 22), ("udp", 53)]
    assert list(dossiers.unfinished()) == []


def test_how_a_host_was_found_is_said_by_who_found_it() -> None:
    dossiers = numbered(1)
    dossiers.found(found())
    report = dossiers.worked(worked(22))
    assert report is not None
    assert (report.reason, report.ttl, report.mac) == (Reason.ARP_RESPONSE, None, "02:00:00:00:00:0a")


@pytest.mark.parametrize("works", [0, 1])
def test_one_piece_of_work_on_hosts_that_nobody_looked_for_is_passed_on(works: int) -> None:
    """Without discovery a host may also have no work left that it is known by; its report goes out all the same."""
    report = worked(22)
    assert numbered(works).worked(report) is report


def test_two_pieces_of_work_without_discovery_make_one_report() -> None:
    dossiers = numbered(2)
    assert dossiers.worked(worked(22)) is None
    report = dossiers.worked(worked(53, "udp"))
    assert report is not None
    assert ports(report) == [("tcp", 22), ("udp", 53)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_answer_speaks_louder_than_the_user_s_word(order: tuple[int, int]) -> None:
    """With -Pn one technique hears something and the other nothing."""
    silent = columns([(53, State.OPEN_FILTERED, Reason.NO_RESPONSE)], "udp")
    reports = [worked(22), replace(host(silent), reason=Reason.USER_SET, ttl=None, srtt_ms=None)]
    dossiers = numbered(2)
    assert dossiers.worked(reports[order[0]]) is None
    report = dossiers.worked(reports[order[1]])
    assert report is not None
    assert (report.up, report.reason, report.ttl, report.srtt_ms) == (True, Reason.SYN_ACK, 64, 0.11)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_up_by_one_is_up(order: tuple[int, int]) -> None:
    reports = [worked(22), host(up=False)]
    dossiers = numbered(2)
    dossiers.worked(reports[order[0]])
    report = dossiers.worked(reports[order[1]])
    assert report is not None
    assert (report.up, report.reason) == (True, Reason.SYN_ACK)


def test_times_notes_and_times_out_are_of_both() -> None:
    dossiers = numbered(2)
    dossiers.found(replace(found(), started=START - 5, ended=START - 4, notes=("one",)))
    dossiers.worked(replace(worked(22), timed_out=True, notes=("two",)))
    late = replace(worked(53, "udp"), ended=START + 99, srtt_ms=0.5, rttvar_ms=0.25, timeout_ms=200.0)
    report = dossiers.worked(late)
    assert report is not None
    assert (report.started, report.ended) == (START - 5, START + 99)
    assert (report.timed_out, report.notes) == (True, ("one", "two"))
    assert (report.srtt_ms, report.rttvar_ms, report.timeout_ms) == (0.5, 0.25, 200.0)


def test_round_trips_that_only_discovery_measured_stay() -> None:
    dossiers = numbered(1)
    dossiers.found(found())
    report = dossiers.worked(replace(worked(22), srtt_ms=None, rttvar_ms=None, timeout_ms=None))
    assert report is not None
    assert (report.srtt_ms, report.rttvar_ms, report.timeout_ms) == (0.11, 0.02, 100.0)


def test_hosts_may_have_different_numbers_of_works() -> None:
    other = "198.18.0.3"
    dossiers = Dossiers({ADDR: 1, other: 2}.__getitem__)
    for addr in (ADDR, other):
        assert dossiers.found(found(addr)) is None
    assert dossiers.worked(worked(22)) is not None
    assert dossiers.worked(worked(22, addr=other)) is None
    assert dossiers.worked(worked(53, "udp", other)) is not None


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=30))
def test_every_host_comes_out_once_whenever_it_ends(moves: list[tuple[int, bool]]) -> None:
    """Two works a host in any order; what is not whole at the end comes out as unfinished."""
    dossiers = numbered(2)
    done: dict[str, set[tuple[str, int]]] = {}
    told: dict[str, list[tuple[str, int]]] = {}
    for last, is_udp in moves:
        addr, piece = f"198.18.0.{last}", ("udp", 53) if is_udp else ("tcp", 22)
        if addr in told or piece in done.get(addr, set()):
            continue
        if addr not in done:
            dossiers.found(found(addr))
        done.setdefault(addr, set()).add(piece)
        if (report := dossiers.worked(worked(piece[1], piece[0], addr))) is not None:
            told[addr] = ports(report)
            assert len(done[addr]) == 2
    for report in dossiers.unfinished():
        assert report.addr not in told
        told[report.addr] = ports(report)
    assert {addr: set(each) for addr, each in told.items()} == done
    assert sum(map(len, told.values())) == sum(map(len, done.values()))
    assert list(dossiers.unfinished()) == []
