"""One report a host: nothing is told before its last piece of work, and nothing is lost."""

from collections.abc import Iterable
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.result.batches import batch_of
from tests.result.examples import START, columns, host

from periplus.result.batch import HostBatch, Hosts
from periplus.result.row import HostReport, Stopped
from periplus.scan.dossier import Dossiers, Each, Pairs, Undivided, dossiers_for
from periplus.space.address import Addresses
from periplus.space.ip import parse_ip
from periplus.space.ranges import AddressSpace
from periplus.space.space import Space
from periplus.technique.verdict import Reason, State

ADDR, OTHER = "198.18.0.2", "198.18.0.3"
OUTSIDE = "198.18.9.9"
MAC = "02:00:00:00:00:0a"


def space(*hosts: str) -> Space:
    """What is asked of these hosts: one port."""
    addresses = AddressSpace.of((parse_ip(each), parse_ip(each)) for each in hosts)
    return Space.of([(addresses, np.array([22], np.uint16))])


NET = space(*(f"198.18.0.{last}" for last in range(8)))


def found(addr: str = ADDR, *, up: bool = True) -> HostReport:
    """What finding hosts says: no ports."""
    report = host(addr=addr, up=up, mac=MAC if up else None)
    return replace(report, reason=Reason.ARP_RESPONSE if up else Reason.NO_RESPONSE, ttl=None)


def worked(port: int, proto: str = "tcp", addr: str = ADDR) -> HostReport:
    """What one piece of work says: one port."""
    return host(columns([(port, State.OPEN, Reason.SYN_ACK)], proto), addr=addr)


def numbered(works: int, *, finds: bool = True) -> Dossiers:
    """So many pieces of work on every host."""
    return dossiers_for([NET] * works, finds=finds)


def one_by_one(some: Iterable[Hosts]) -> list[HostReport]:
    return [report for hosts in some for report in hosts]


def find(dossiers: Dossiers, *reports: HostReport) -> list[HostReport]:
    """What is whole once these were found."""
    return one_by_one(dossiers.found(batch_of(reports, None)))


def work(dossiers: Dossiers, *reports: HostReport) -> list[HostReport]:
    """What is whole once this was asked of hosts, all by one technique."""
    return one_by_one(dossiers.worked(batch_of(reports, reports[0].columns[0].proto)))


def ports(report: HostReport) -> list[tuple[str, int]]:
    return [(each.proto, int(port)) for each in report.columns for port in each.ports]


def same(some: list[HostReport], others: list[HostReport]) -> None:
    """Both say the same, in whatever order."""
    for one, other in zip(sorted(some, key=_addr), sorted(others, key=_addr), strict=True):
        np.testing.assert_equal(asdict(one), asdict(other))


def _addr(report: HostReport) -> str:
    return report.addr


@pytest.mark.parametrize(
    ("works", "finds", "kind"),
    [
        (0, True, Undivided),
        (1, False, Undivided),
        (1, True, Pairs),
        (2, False, Each),
        (2, True, Each),
    ],
)
def test_hosts_are_joined_by_columns_where_they_are_asked_by_one_technique(
    works: int, finds: bool, kind: type[Dossiers]
) -> None:
    assert isinstance(numbered(works, finds=finds), kind)


def test_without_anything_to_join_a_batch_is_told_as_it_is() -> None:
    batch = batch_of([found(), found(OTHER, up=False)], None)
    assert list(numbered(0).found(batch)) == [batch]
    assert list(numbered(1, finds=False).worked(batch)) == [batch]
    assert list(numbered(0).unfinished()) == []


@pytest.mark.parametrize("works", [1, 2])
def test_a_host_that_is_down_or_is_asked_nothing_gets_no_work(works: int) -> None:
    dossiers, reports = numbered(works), [found(up=False), found(OUTSIDE)]
    same(find(dossiers, *reports), reports)
    assert one_by_one(dossiers.unfinished()) == []


@pytest.mark.parametrize("works", [1, 2])
def test_who_is_told_before_there_is_work_stays_columns(works: int) -> None:
    assert all(
        isinstance(each, HostBatch) for each in numbered(works).found(batch_of([found(up=False)], None))
    )


def test_the_last_piece_of_work_brings_the_whole_report() -> None:
    dossiers = numbered(2)
    assert find(dossiers, found()) == []
    assert work(dossiers, worked(22)) == []
    [report] = work(dossiers, worked(53, "udp"))
    assert ports(report) == [("tcp", 22), ("udp", 53)]
    assert one_by_one(dossiers.unfinished()) == []


def test_found_and_asked_by_one_technique_hosts_stay_columns() -> None:
    dossiers = numbered(1)
    assert find(dossiers, found(), found(OTHER)) == []
    [batch] = dossiers.worked(batch_of([worked(22, addr=OTHER), worked(22)]))
    assert isinstance(batch, HostBatch)
    assert batch.texts == [OTHER, ADDR]


def test_how_a_host_was_found_is_said_by_who_found_it() -> None:
    dossiers = numbered(1)
    find(dossiers, found())
    [report] = work(dossiers, worked(22))
    assert (report.reason, report.ttl, report.mac) == (Reason.ARP_RESPONSE, None, MAC)


@pytest.mark.parametrize("works", [1, 2])
def test_work_on_a_host_that_nobody_looked_for_is_passed_on(works: int) -> None:
    """A run that goes on asks hosts which an earlier run found; others have no work that they are known by."""
    report = worked(22, addr=ADDR if works == 1 else OUTSIDE)
    same(work(numbered(works), report), [report])


def test_two_pieces_of_work_without_discovery_make_one_report() -> None:
    dossiers = numbered(2, finds=False)
    assert work(dossiers, worked(22)) == []
    [report] = work(dossiers, worked(53, "udp"))
    assert ports(report) == [("tcp", 22), ("udp", 53)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_answer_speaks_louder_than_the_user_s_word(order: tuple[int, int]) -> None:
    """With -Pn one technique hears something and the other nothing."""
    silent = columns([(53, State.OPEN_FILTERED, Reason.NO_RESPONSE)], "udp")
    reports = [worked(22), replace(host(silent), reason=Reason.USER_SET, ttl=None, srtt_ms=None)]
    dossiers = numbered(2, finds=False)
    assert work(dossiers, reports[order[0]]) == []
    [report] = work(dossiers, reports[order[1]])
    assert (report.up, report.reason, report.ttl, report.srtt_ms) == (True, Reason.SYN_ACK, 64, 0.11)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_up_by_one_is_up(order: tuple[int, int]) -> None:
    batches = [batch_of([worked(22)]), batch_of([host(up=False)], None)]
    dossiers = numbered(2, finds=False)
    assert one_by_one(dossiers.worked(batches[order[0]])) == []
    [report] = one_by_one(dossiers.worked(batches[order[1]]))
    assert (report.up, report.reason) == (True, Reason.SYN_ACK)


def test_times_notes_and_times_out_are_of_both() -> None:
    dossiers = numbered(2)
    find(dossiers, replace(found(), started=START - 5, ended=START - 4, notes=("one",)))
    work(dossiers, replace(worked(22), timed_out=True, notes=("two",)))
    late = replace(worked(53, "udp"), ended=START + 99, srtt_ms=0.5, rttvar_ms=0.25, timeout_ms=200.0)
    [report] = work(dossiers, late)
    assert (report.started, report.ended) == (START - 5, START + 99)
    assert (report.timed_out, report.notes) == (True, ("one", "two"))
    assert (report.srtt_ms, report.rttvar_ms, report.timeout_ms) == (0.5, 0.25, 200.0)


def test_round_trips_that_only_discovery_measured_stay() -> None:
    dossiers = numbered(1)
    find(dossiers, found())
    [report] = work(dossiers, replace(worked(22), srtt_ms=None, rttvar_ms=None, timeout_ms=None))
    assert (report.srtt_ms, report.rttvar_ms, report.timeout_ms) == (0.11, 0.02, 100.0)


def test_hosts_may_have_different_numbers_of_works() -> None:
    dossiers = dossiers_for([NET, space(OTHER)], finds=True)
    assert find(dossiers, found(), found(OTHER)) == []
    assert len(work(dossiers, worked(22))) == 1
    assert work(dossiers, worked(22, addr=OTHER)) == []
    assert len(work(dossiers, worked(53, "udp", OTHER))) == 1


def silent(dossiers: Dossiers, *addrs: str) -> tuple[list[HostReport], list[str]]:
    """Who is whole once this was asked of hosts in vain, and of whom nothing will be told."""
    a = Addresses.of_ints(map(parse_ip, addrs))
    whole, gone = dossiers.silent(a)
    return list(whole), a[gone].text()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_who_says_something_to_one_technique_alone_is_told_when_both_are_done(order: tuple[int, int]) -> None:
    dossiers = numbered(2, finds=False)
    moves = (lambda: work(dossiers, worked(22)), lambda: silent(dossiers, ADDR)[0])
    assert moves[order[0]]() == []
    [report] = moves[order[1]]()
    assert ports(report) == [("tcp", 22)]
    assert one_by_one(dossiers.unfinished()) == []


def test_of_whom_nobody_says_anything_nothing_is_kept() -> None:
    dossiers = Each([NET, NET])
    assert silent(dossiers, ADDR, OTHER) == ([], [])
    assert silent(dossiers, OTHER, OUTSIDE) == ([], [OTHER, OUTSIDE])
    assert silent(dossiers, ADDR) == ([], [ADDR])
    assert len(dossiers._numbers) == len(dossiers._missing) == 0


@pytest.mark.parametrize("works", [0, 1, 2])
def test_the_silent_of_a_single_technique_are_over_at_once_and_found_ones_told(works: int) -> None:
    dossiers = numbered(max(works, 1), finds=works > 0)
    assert find(dossiers, found()) == ([found()] if not works else [])
    for _ in range(works - 1):
        assert silent(dossiers, ADDR) == ([], [])
    whole, gone = silent(dossiers, ADDR, OUTSIDE)
    same(whole, [found()] if works else [])
    assert gone == [OUTSIDE] if works else [ADDR, OUTSIDE]


MOVES = st.lists(
    st.tuples(st.integers(0, 4), st.booleans(), st.sampled_from(["says", "is silent"])), max_size=30
)


@given(MOVES, st.booleans())
def test_every_host_comes_out_once_whenever_it_ends(moves: list[tuple[int, bool, str]], finds: bool) -> None:
    """Two works a host in any order; what is not whole at the end comes out as unfinished."""
    dossiers = numbered(2, finds=finds)
    done: dict[str, set[tuple[str, int]]] = {}
    told: dict[str, list[tuple[str, int]]] = {}
    said: dict[str, list[tuple[str, int]]] = {}
    for last, is_udp, how in moves:
        addr, piece = f"198.18.0.{last}", ("udp", 53) if is_udp else ("tcp", 22)
        if piece in done.get(addr, set()):
            continue
        if addr not in done:
            assert not finds or find(dossiers, found(addr)) == []
        done.setdefault(addr, set()).add(piece)
        said.setdefault(addr, []).extend([piece] if how == "says" else [])
        if how == "says":
            whole, gone = work(dossiers, worked(piece[1], piece[0], addr)), list[str]()
        else:
            whole, gone = silent(dossiers, addr)
        for report in whole:
            told[addr] = ports(report)
        assert bool(whole) == (len(done[addr]) == 2 and (finds or bool(said[addr])))
        assert gone == [addr] * (len(done[addr]) == 2 and not whole)
    for report in one_by_one(dossiers.unfinished()):
        assert report.addr not in told
        told[report.addr] = ports(report)
    assert told == {addr: pieces for addr, pieces in said.items() if pieces or finds}
    assert one_by_one(dossiers.unfinished()) == []


@st.composite
def half(draw: st.DrawFn, addr: str, *, is_found: bool) -> HostReport:
    """What discovery or a technique may say of a host."""
    times = st.none() | st.floats(0, 1e4)
    return replace(
        found(addr) if is_found else worked(draw(st.integers(1, 9)), addr=addr),
        up=not is_found or draw(st.booleans()),
        reason=draw(st.sampled_from([Reason.ECHO_REPLY, Reason.USER_SET, Reason.SYN_ACK])),
        started=START + draw(st.floats(-9, 9)),
        ended=START + draw(st.floats(10, 20)),
        ttl=draw(st.sampled_from([None, 64])),
        names=draw(st.sampled_from([(), (("a.example", "user"),)])),
        mac=draw(st.sampled_from([None, MAC, "02:00:00:00:00:0b"])),
        srtt_ms=draw(times),
        rttvar_ms=draw(times),
        timeout_ms=draw(times),
        timed_out=draw(st.booleans()),
        notes=draw(st.sampled_from([(), ("one",)])),
        stopped=draw(st.sampled_from([(), (Stopped("tcp", 7),)])),
    )


@given(st.data())
def test_columns_say_what_is_said_host_by_host(data: st.DataObject) -> None:
    """`Each` with one technique is the slow twin of `Pairs`."""
    quick, slow = Pairs(NET), Each([NET])
    addrs = [*(f"198.18.0.{last}" for last in range(8)), OUTSIDE]
    ahead = {True: data.draw(st.permutations(addrs)), False: data.draw(st.permutations(addrs[:-1]))}
    while any(ahead.values()):
        is_found = data.draw(st.sampled_from([kind for kind, left in ahead.items() if left]))
        some = [ahead[is_found].pop() for _ in range(data.draw(st.integers(1, len(ahead[is_found]))))]
        if not is_found:  # nobody is asked and found afterwards
            ahead[True] = [each for each in ahead[True] if each not in some]
        reports = [data.draw(half(addr, is_found=is_found)) for addr in some]
        same(*(find(each, *reports) if is_found else work(each, *reports) for each in (quick, slow)))
    same(one_by_one(quick.unfinished()), one_by_one(slow.unfinished()))
    assert one_by_one(quick.unfinished()) == []
