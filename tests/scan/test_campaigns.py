"""Whole scans that find hosts first, and that use several techniques, in virtual time."""

from collections.abc import Iterator
from dataclasses import replace
from struct import pack

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scan.campaigns import DEFAULT, REFUSED, behind, campaign, config_of, far, finding, syn, udp
from tests.scan.runs import (
    FAR,
    FAR6,
    NEAR,
    NEAR6,
    NOWHERE6,
    PATIENT,
    ROUTER4,
    ROUTER6,
    ROUTERS,
    SELF,
    TUNNEL,
    Run,
    mac,
    space_of,
)
from tests.sim.frames import (
    BEGIN_US,
    CLOSED,
    DROPPED,
    OPEN,
    Behaviour,
    Datagram,
    Error,
    Host,
    Path,
    Wire,
    mute,
)
from tests.wire.twins import ip4, number, tcp

from periplus.columns import I64
from periplus.engine.engine import Limits
from periplus.engine.group import Group
from periplus.result.batch import HostBatch
from periplus.scan.report import Reporter
from periplus.space.ranges import AddressSpace
from periplus.space.space import Space
from periplus.technique.ack import TECHNIQUE as ACK
from periplus.technique.echo import TECHNIQUE as ECHO
from periplus.technique.mask import TECHNIQUE as MASK
from periplus.technique.model import Technique
from periplus.technique.syn import TECHNIQUE as SYN
from periplus.technique.timestamp import TECHNIQUE as TIMESTAMP
from periplus.technique.udp import TECHNIQUE as UDP
from periplus.technique.verdict import Reason, State


def asked_of(wire: Wire, addr: str) -> int:
    """How many probes of any kind a host got."""
    every = (wire.probes, wire.questions, wire.datagrams)
    return sum(count for counts in every for (text, _), count in counts.items() if text == addr)


def reasons(run: Run) -> dict[str, tuple[bool, Reason]]:
    """What is said of every host."""
    return {addr: (report.up, report.reason) for addr, report in run.reports.items()}


# how hosts are found

KINDS: list[tuple[Technique, int, Host, Reason]] = [
    (ECHO, 8, Host(other=DROPPED, icmp=(8,)), Reason.ECHO_REPLY),
    (TIMESTAMP, 13, Host(other=DROPPED, icmp=(13,)), Reason.TIMESTAMP_REPLY),
    (MASK, 17, Host(other=DROPPED, icmp=(17,)), Reason.ADDRESSMASK_REPLY),
    (SYN, 443, Host({443: OPEN}, DROPPED, icmp=()), Reason.SYN_ACK),
    (SYN, 443, Host({443: CLOSED}, DROPPED, icmp=()), Reason.RESET),
    (ACK, 80, Host({80: CLOSED}, DROPPED, icmp=()), Reason.RESET),
    (UDP, 40125, Host(other=DROPPED, icmp=(), no_datagram=REFUSED), Reason.PORT_UNREACH),
    (UDP, 53, Host(other=DROPPED, icmp=(), datagrams={53: Datagram()}), Reason.UDP_RESPONSE),
    (SYN, 22, Host({22: Error(3, 13)}, DROPPED, icmp=()), Reason.ADMIN_PROHIBITED),
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind[0].name}-{kind[3].word}")
def test_every_kind_of_answer_finds_a_host_and_silence_none(
    kind: tuple[Technique, int, Host, Reason],
) -> None:
    technique, port, host, reason = kind
    wire = Wire({far(1): behind(host), far(2): behind(mute())}, ROUTERS)
    run = campaign(wire, config_of((), finding([far(1), far(2)], [(technique, port)]), tell_down=True))
    assert reasons(run) == {far(1): (True, reason), far(2): (False, Reason.NO_RESPONSE)}
    assert (run.summary.exit, run.summary.discarded, run.summary.hosts_up) == ("success", {}, 1)
    assert (wire.malformed, wire.astray) == (0, 0)
    assert run.verdicts == {}


@pytest.mark.parametrize(
    ("addr", "via", "technique", "port"),
    [(FAR6, ROUTER6, ECHO, 8), (FAR6, ROUTER6, SYN, 443), (TUNNEL, None, ECHO, 8)],
)
def test_over_every_kind_of_way(addr: str, via: str | None, technique: Technique, port: int) -> None:
    wire = Wire({addr: Host(via=via)}, ROUTERS)
    run = campaign(wire, config_of((), finding([addr], [(technique, port)])))
    assert reasons(run) == {addr: (True, Reason.ECHO_REPLY if technique is ECHO else Reason.RESET)}
    assert (wire.malformed, wire.astray, run.summary.discarded) == (0, 0, {})


def test_all_pings_of_both_families_at_once() -> None:
    hosts = {FAR: behind(Host()), FAR6: Host(via=ROUTER6), far(9): behind(mute())}
    wire = Wire(hosts, ROUTERS)
    run = campaign(wire, config_of((), finding(hosts), tell_down=True))
    assert {addr: report.up for addr, report in run.reports.items()} == {
        FAR: True,
        FAR6: True,
        far(9): False,
    }
    assert (FAR6, 13) not in wire.questions
    assert asked_of(wire, far(9)) == 2 * len(DEFAULT)
    assert wire.malformed == 0


def test_who_answers_on_the_link_is_up_without_a_question() -> None:
    wire = Wire({NEAR: mute(mac(2)), NEAR6: mute(mac(6))})
    dead = "198.18.0.66"
    run = campaign(wire, config_of((), finding([NEAR, NEAR6, dead]), tell_down=True))
    assert reasons(run) == {
        NEAR: (True, Reason.ARP_RESPONSE),
        NEAR6: (True, Reason.ND_RESPONSE),
        dead: (False, Reason.HOST_UNREACH),
    }
    assert run.summary.probes == 0
    assert (asked_of(wire, NEAR), asked_of(wire, NEAR6)) == (0, 0)
    times = {addr: report.srtt_ms for addr, report in run.reports.items()}
    for addr in (NEAR, NEAR6):
        assert times[addr] == pytest.approx(
            2 * Path().delay_us / 1000, abs=0.05
        )  # looking at the clock takes time
    assert times[dead] is None


def test_this_machine_needs_no_proof() -> None:
    run = campaign(Wire({SELF: Host()}), config_of((), finding([SELF])))
    assert reasons(run) == {SELF: (True, Reason.LOCALHOST_RESPONSE)}
    assert run.summary.probes == 0


def test_an_answer_on_the_link_may_be_no_proof() -> None:
    answering = "198.18.0.3"
    wire = Wire({NEAR: mute(mac(2)), answering: Host(mac=mac(3))})
    discovery = finding([NEAR, answering], [(ECHO, 8)], link_proof=False)
    run = campaign(wire, config_of((), discovery, tell_down=True))
    assert reasons(run) == {NEAR: (False, Reason.NO_RESPONSE), answering: (True, Reason.ECHO_REPLY)}


def test_hosts_without_a_way_are_down_and_not_asked() -> None:
    wire = Wire({NEAR6: Host(mac=mac(6))})
    run = campaign(
        wire, config_of((syn(space_of([NEAR6, NOWHERE6], [22])),), finding([NEAR6, NOWHERE6]), tell_down=True)
    )
    assert reasons(run)[NOWHERE6] == (False, Reason.NET_UNREACH)
    assert set(run.verdicts) == {(NEAR6, 22)}


def test_a_router_that_says_no_proves_nothing() -> None:
    host = behind(Host(other=Error(3, 1, ROUTER4), icmp=()))
    wire = Wire({far(1): host}, ROUTERS)
    space = space_of([far(1)], [22])
    run = campaign(wire, config_of((syn(space),), finding([far(1)]), tell_down=True))
    assert [report.up for report in run.reports.values()] == [False]
    assert (far(1), 22) not in wire.probes


# hosts that are up are scanned, the others are not


def mixed(size: int) -> dict[str, Host]:
    """Every third host is up, and has port 22 open."""
    return {far(last): behind(Host({22: OPEN}) if last % 3 == 0 else mute()) for last in range(1, size)}


@pytest.mark.parametrize("together", [1, 4, 64])
def test_only_hosts_that_are_up_are_scanned(together: int) -> None:
    hosts = mixed(40)
    up = {addr for addr, host in hosts.items() if host.icmp}
    wire = Wire(hosts, ROUTERS)
    space = space_of([*hosts], [21, 22])
    run = campaign(wire, config_of((syn(space),), finding(hosts)), limits=Limits(group_hosts=together))
    assert set(run.reports) == up
    assert run.open == {(addr, 22) for addr in up}
    assert {addr for addr, port in wire.probes if port in (21, 22)} == up
    assert {wire.probes[addr, port] for addr in up for port in (21, 22)} == {1}
    assert (run.summary.hosts_up, run.summary.hosts) == (len(up), len(hosts))
    assert run.summary.exit == "success"


def test_hosts_that_are_down_are_told_when_they_are_wanted() -> None:
    hosts = mixed(10)
    run = campaign(
        Wire(hosts, ROUTERS), config_of((syn(space_of([*hosts], [22])),), finding(hosts), tell_down=True)
    )
    assert {addr: report.up for addr, report in run.reports.items()} == {
        addr: bool(host.icmp) for addr, host in hosts.items()
    }
    assert all(report.columns == () for report in run.reports.values() if not report.up)


def test_ports_come_long_before_the_last_host_is_looked_for() -> None:
    """One host in two thousand, behind a ceiling that makes finding take half a minute."""
    hosts = {far(7): behind(Host({22: OPEN}))}
    wide = AddressSpace.of([(number("198.19.0.0"), number("198.19.7.255"))])
    discovery = finding([far(7)], [(ECHO, 8)])
    discovery = replace(discovery, space=Space.of([(wide, np.zeros(1, np.uint16))]))
    work = syn(Space.of([(wide, np.array([22], np.uint16))]))
    wire = Wire(hosts, ROUTERS)
    found_us: list[int] = []

    def watch(run: Run) -> bool:
        if run.reports and not found_us:
            found_us.append(wire.now_us)
        return False

    timing = replace(PATIENT, max_rate=200.0)
    run = campaign(wire, config_of((work,), discovery, timing), stopped=watch)
    assert run.open == {(far(7), 22)}
    assert run.summary.seconds > 15
    assert len(run.found) == 1
    assert found_us[0] - BEGIN_US < 0.9 * 1e6 * run.summary.seconds
    assert wire.probes == {(far(7), 22): 1}
    assert run.summary.probes > 2_048  # with second tries of the silent


def test_a_port_that_found_the_host_is_asked_again_by_the_scan() -> None:
    """Each link has its own ports and numbers, so neither mistakes the other's answers."""
    wire = Wire({far(1): behind(Host({22: OPEN}, icmp=()))}, ROUTERS)
    run = campaign(wire, config_of((syn(space_of([far(1)], [22])),), finding([far(1)], [(SYN, 22)])))
    assert wire.probes == {(far(1), 22): 2}
    assert run.verdicts == {(far(1), 22): (State.OPEN, Reason.SYN_ACK)}
    assert len(run.found) == 1
    assert run.summary.discarded == {}


# several techniques


BOTH: dict[int, Behaviour] = {22: OPEN, 80: CLOSED}


def test_what_two_techniques_say_of_a_host_comes_in_one_report() -> None:
    host = behind(Host(BOTH, datagrams={53: Datagram()}, no_datagram=REFUSED))
    wire = Wire({far(1): host, far(2): behind(mute())}, ROUTERS)
    hosts = [far(1), far(2)]
    works = (syn(space_of(hosts, [22, 80])), udp(space_of(hosts, [53, 99])))
    run = campaign(wire, config_of(works, finding(hosts)))
    [report] = run.reports.values()
    assert [columns.proto for columns in report.columns] == ["tcp", "udp"]
    assert run.verdicts == {
        (far(1), 22): (State.OPEN, Reason.SYN_ACK),
        (far(1), 80): (State.CLOSED, Reason.RESET),
        (far(1), 53): (State.OPEN, Reason.UDP_RESPONSE),
        (far(1), 99): (State.CLOSED, Reason.PORT_UNREACH),
    }
    assert {(row.proto, row.port) for row in run.found} == {("tcp", 22), ("udp", 53)}
    assert report.reason in (Reason.ECHO_REPLY, Reason.RESET, Reason.TIMESTAMP_REPLY)
    assert (run.summary.hosts_up, run.summary.discarded) == (1, {})


@pytest.mark.parametrize("works", [1, 2])
def test_with_pn_all_hosts_are_scanned_and_nobody_is_looked_for(works: int) -> None:
    hosts = {far(1): behind(Host({22: OPEN})), far(2): behind(mute())}
    wire = Wire(hosts, ROUTERS)
    every = (syn(space_of([*hosts], [22])), udp(space_of([*hosts], [53])))
    run = campaign(wire, config_of(every[:works], None))
    assert {addr: report.up for addr, report in run.reports.items()} == {far(1): True, far(2): True}
    assert [len(report.columns) for report in run.reports.values()] == [works, works]
    assert reasons(run)[far(1)] == (True, Reason.SYN_ACK)
    assert reasons(run)[far(2)] == (True, Reason.USER_SET)
    assert wire.questions == {}
    assert run.summary.hosts_up == 2


def test_with_pn_nobody_is_made_up_who_cannot_be_reached() -> None:
    dead = "198.18.0.66"
    wire = Wire({NEAR: Host({22: OPEN}, mac=mac(2))})
    works = (syn(space_of([NEAR, dead], [22])), udp(space_of([NEAR, dead], [53])))
    run = campaign(wire, config_of(works, None))
    assert set(run.reports) == {NEAR}
    assert len(run.reports[NEAR].columns) == 2


def test_hosts_of_which_only_one_technique_asks_anything() -> None:
    """Of host:port targets a port belongs to one technique; the report waits for no other."""
    hosts = {far(last): behind(Host({22: OPEN}, no_datagram=REFUSED)) for last in (1, 2, 3)}
    wire = Wire(hosts, ROUTERS)
    works = (syn(space_of([far(1), far(2)], [22])), udp(space_of([far(2), far(3)], [53])))
    run = campaign(wire, config_of(works, finding(hosts)))
    assert {addr: [columns.proto for columns in report.columns] for addr, report in run.reports.items()} == {
        far(1): ["tcp"],
        far(2): ["tcp", "udp"],
        far(3): ["udp"],
    }
    assert run.summary.exit == "success"


def test_a_host_that_runs_out_of_time_in_one_technique_is_told_with_the_other_s_ports() -> None:
    host = behind(Host({22: OPEN}, no_datagram=DROPPED))
    works = (syn(space_of([far(1)], [22])), udp(space_of([far(1)], [*range(5_000, 5_100)])))
    timing = replace(PATIENT, host_timeout_us=200_000)
    run = campaign(Wire({far(1): host}, ROUTERS), config_of(works, finding([far(1)]), timing))
    assert run.reports[far(1)].timed_out
    assert run.open == {(far(1), 22)}
    assert set(run.verdicts) == {(far(1), 22)}


def test_what_one_technique_says_is_told_though_the_other_says_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever the reason: the report of a host does not wait beyond the end of the scan."""
    every = Reporter.batches

    def tcp_only(self: Reporter, group: Group, hosts: I64, *, whole: bool) -> Iterator[HostBatch]:
        batches = list(every(self, group, hosts, whole))
        return (batch for batch in batches if batch.table is None or batch.table.proto == "tcp")

    monkeypatch.setattr(Reporter, "batches", tcp_only)
    works = (syn(space_of([far(1)], [22])), udp(space_of([far(1)], [53])))
    run = campaign(Wire({far(1): behind(Host({22: OPEN}))}, ROUTERS), config_of(works, finding([far(1)])))
    assert (run.summary.exit, set(run.verdicts)) == ("success", {(far(1), 22)})


# what is late, forged, lost

LATE = Path(slow={(far(1), 8): 400_000})


def test_what_comes_after_the_end_of_finding_is_no_discard_and_keeps_nobody_awake() -> None:
    """The echo's answer comes when its link has nothing to do any more; nobody reading it would end every wait."""
    host = behind(Host(dict.fromkeys(range(20, 40), DROPPED)))
    wire, turns = Wire({far(1): host}, ROUTERS, LATE), []

    def count(run: Run) -> bool:
        turns.append(wire.now_us)
        return False

    discovery = finding([far(1)], [(ECHO, 8), (ACK, 80)])
    work = syn(space_of([far(1)], [*range(20, 40)]))
    run = campaign(wire, config_of((work,), discovery, PATIENT), stopped=count)
    assert run.reports[far(1)].reason == Reason.RESET
    assert run.summary.seconds > 1.5
    assert len(turns) < 200
    assert run.summary.discarded == {}


def test_lost_questions_are_asked_again() -> None:
    lost = {(far(1), 8): 1, (far(1), 80): 1, (far(1), 443): 1, (far(1), 13): 1}
    run = campaign(Wire({far(1): behind(Host())}, ROUTERS, Path(lost=lost)), config_of((), finding([far(1)])))
    assert run.summary.hosts_up == 1


def test_forged_answers_find_nobody() -> None:
    """Every answer to a dead host's neighbour comes in the dead host's name as well."""
    wire = Wire({far(1): behind(mute())}, ROUTERS)
    me, them = number("198.18.0.1"), number(far(1))
    for row, packet in enumerate(forgeries(me, them)):
        wire.arrive(packet, 1_000 + row)
    run = campaign(wire, config_of((), finding([far(1)]), tell_down=True))
    assert reasons(run) == {far(1): (False, Reason.NO_RESPONSE)}
    assert run.summary.replies == 0
    assert sum(run.summary.discarded.values()) == len(list(forgeries(me, them)))


def test_replies_to_other_programs_are_not_ours_to_count() -> None:
    wire = Wire({far(1): behind(mute())}, ROUTERS)
    wire.arrive(ip4(number(far(1)), number("198.18.0.1"), 1, pack("!BBHHHI", 0, 0, 0, 1_234, 7, 7)), 1_000)
    run = campaign(wire, config_of((), finding([far(1)]), tell_down=True))
    assert reasons(run) == {far(1): (False, Reason.NO_RESPONSE)}
    assert run.summary.discarded == {}


def forgeries(me: int, them: int) -> Iterator[bytes]:
    """Answers with everything but the cookie: to every port of the finder's link."""
    for port in range(50_000, 50_016):
        yield ip4(them, me, 1, pack("!BBHHHI", 0, 0, 0, port, 7, 7))
        yield ip4(them, me, 1, pack("!BBHHHIII", 14, 0, 0, port, 7, 7, 0, 0))
        yield ip4(them, me, 6, tcp(443, port, 1, 99, 0x12))
        yield ip4(them, me, 6, tcp(80, port, 1, 0, 0x04))


# progress


def test_progress_tells_what_is_done_and_only_grows() -> None:
    hosts = {far(last): behind(Host({22: OPEN}, DROPPED) if last % 2 else mute()) for last in range(1, 21)}
    work = syn(space_of([*hosts], [*range(20, 420)]))
    run = campaign(Wire(hosts, ROUTERS), config_of((work,), finding(hosts), PATIENT))
    shares = [snapshot.share or 0.0 for snapshot in run.snapshots]
    assert len(shares) > 5
    assert shares == sorted(shares)
    assert run.snapshots[0].phase == "Host discovery"
    assert run.snapshots[-1].phase == "SYN scan"
    assert {snapshot.hosts for snapshot in run.snapshots} == {20}
    done = [snapshot.hosts_done for snapshot in run.snapshots]
    assert done == sorted(done)


# any world

answers = st.sampled_from([OPEN, CLOSED, DROPPED])
worlds = st.dictionaries(
    st.integers(1, 30).map(far),
    st.builds(
        Host,
        st.dictionaries(st.sampled_from([22, 80, 443]), answers),
        answers,
        via=st.just(ROUTER4),
        icmp=st.sampled_from([(), (8,), (13,), (8, 13)]),
        no_datagram=st.sampled_from([REFUSED, DROPPED]),
    ),
    min_size=1,
    max_size=12,
)


@given(worlds, st.integers(1, 5), st.sampled_from([0.0, 0.0, 0.2]), st.booleans(), st.integers(0, 9))
@settings(max_examples=40)
def test_in_any_world_hosts_are_found_as_they_answer_and_scanned_once_found(
    hosts: dict[str, Host], together: int, loss: float, two: bool, seed: int
) -> None:
    wire = Wire(hosts, ROUTERS, Path(loss=loss, jitter_us=3_000), seed=seed)
    works = (syn(space_of([*hosts], [22, 23])), udp(space_of([*hosts], [53])))[: 1 + two]
    run = campaign(
        wire, config_of(works, finding(hosts), tell_down=True), limits=Limits(group_hosts=together)
    )
    up = {
        addr
        for addr, host in hosts.items()
        if host.icmp or host.at(443) is not DROPPED or host.at(80) is not DROPPED
    }
    told_up = {addr for addr, report in run.reports.items() if report.up}
    assert set(run.reports) == set(hosts)
    assert told_up <= up
    assert (run.summary.exit, wire.malformed, wire.astray) == ("success", 0, 0)
    assert {addr for addr, port in wire.probes if port in (22, 23)} == told_up
    assert run.open == {where for where, (state, _) in run.verdicts.items() if state == State.OPEN}
    if not loss:
        assert told_up == up
        assert run.open == {(addr, port) for addr in up for port in (22, 23) if hosts[addr].at(port) == OPEN}
