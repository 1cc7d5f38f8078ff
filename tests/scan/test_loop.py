"""Whole scans without a kernel: right verdicts on every kind of world, and nothing found is ever lost."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scan.runs import (
    FAR,
    FAR6,
    NEAR,
    NEAR6,
    NOWHERE6,
    OURS,
    PATIENT,
    QUICK,
    ROUTER4,
    ROUTER6,
    ROUTERS,
    SELF,
    SILENT,
    TUNNEL,
    Run,
    Verdict,
    config_of,
    crowd,
    mac,
    near,
    scan,
    space_of,
)
from tests.sim.frames import (
    BEGIN_US,
    CLOSED,
    DROPPED,
    EPOCH_S,
    OPEN,
    SIMULTANEOUS,
    Behaviour,
    Error,
    Host,
    Path,
    Probe,
    Segment,
    Wire,
    answer_to,
)
from tests.wire.twins import ip4, number, tcp

from periplus.engine.engine import Limits
from periplus.space.ranges import AddressSpace
from periplus.space.space import Space
from periplus.technique.verdict import Reason, State

DEAD = "198.18.0.66"
KINDS: dict[int, tuple[Behaviour, Verdict]] = {
    22: (OPEN, (State.OPEN, Reason.SYN_ACK)),
    23: (CLOSED, (State.CLOSED, Reason.RESET)),
    24: (DROPPED, SILENT),
    25: (SIMULTANEOUS, (State.OPEN, Reason.SPLIT_HANDSHAKE_SYN)),
}
KINDS4 = KINDS | {
    26: (Error(3, 3), (State.FILTERED, Reason.PORT_UNREACH)),
    27: (Error(3, 13, ROUTER4), (State.FILTERED, Reason.ADMIN_PROHIBITED)),
    28: (Error(3, 1, ROUTER4), (State.FILTERED, Reason.HOST_UNREACH)),
    29: (Error(11, 0, ROUTER4), (State.FILTERED, Reason.TIME_EXCEEDED)),
}
KINDS6 = KINDS | {
    26: (Error(1, 4), (State.FILTERED, Reason.PORT_UNREACH)),
    27: (Error(1, 1, ROUTER6), (State.FILTERED, Reason.ADMIN_PROHIBITED)),
    28: (Error(1, 3, ROUTER6), (State.FILTERED, Reason.HOST_UNREACH)),
    29: (Error(3, 0, ROUTER6), (State.FILTERED, Reason.TIME_EXCEEDED)),
}


# verdicts


@pytest.mark.parametrize("addr", [NEAR, FAR, TUNNEL, SELF, NEAR6, FAR6])
def test_every_kind_of_port_gets_its_verdict_over_every_kind_of_way(addr: str) -> None:
    kinds = KINDS6 if ":" in addr else KINDS4
    via = {FAR: ROUTER4, FAR6: ROUTER6}.get(addr)
    host = Host({port: behaviour for port, (behaviour, _) in kinds.items()}, mac=mac(2), via=via)
    wire = Wire({addr: host}, ROUTERS, ours=OURS)
    run = scan(wire, config_of(space_of([addr], [*kinds])))
    assert run.verdicts == {(addr, port): verdict for port, (_, verdict) in kinds.items()}
    assert run.open == {(addr, 22), (addr, 25)}
    router = ROUTER6 if ":" in addr else ROUTER4
    assert run.reports[addr].columns[0].senders == dict.fromkeys((27, 28, 29), router)
    assert (run.summary.exit, run.summary.discarded, run.summary.hosts_up) == ("success", {}, 1)
    assert (wire.malformed, wire.astray) == (0, 0)


def test_both_families_and_all_ways_in_one_run() -> None:
    hosts = {
        NEAR: near(p22=OPEN),
        FAR: Host({22: OPEN}, via=ROUTER4),
        TUNNEL: Host({22: OPEN}),
        SELF: Host({22: OPEN}),
        NEAR6: Host({22: OPEN}, mac=mac(6)),
        FAR6: Host({22: OPEN}, via=ROUTER6),
    }
    wire = Wire(hosts, ROUTERS, ours=OURS)
    run = scan(wire, config_of(space_of([*hosts, DEAD, NOWHERE6], [22, 23])))
    assert run.open == {(addr, 22) for addr in hosts}
    assert {addr for addr, port in run.verdicts if port == 23} == set(hosts)
    assert (run.summary.hosts_up, run.summary.hosts) == (6, 8)
    assert (run.summary.probes, run.summary.replies) == (12, 12)
    assert wire.probes == {(addr, port): 1 for addr in hosts for port in (22, 23)}


def test_a_report_says_by_what_evidence() -> None:
    wire = Wire({NEAR: near(p22=OPEN)}, path=Path(delay_us=500, lost={(NEAR, 22): 1}))
    run = scan(wire, replace(config_of(space_of([NEAR], [22, 23])), names=(("near.example", number(NEAR)),)))
    [found] = run.found
    assert (found.service, found.tries, found.ttl) == ("ssh", 2, 64)
    assert found.rtt_ms == pytest.approx(1.0, abs=0.1)
    report = run.reports[NEAR]
    assert (report.up, report.reason, report.ttl) == (True, Reason.ARP_RESPONSE, None)
    assert (report.mac, report.names) == ("02:00:00:00:01:02", (("near.example", "user"),))
    assert EPOCH_S < report.started < found.time <= run.summary.ended
    assert run.summary.loss == pytest.approx(1 / 3)


# what is no answer


def test_forged_answers_change_nothing_and_are_counted() -> None:
    wire = Wire({NEAR: near(p22=OPEN)}, path=Path(forged=True))
    run = scan(wire, config_of(space_of([NEAR], [22, 23, 24])))
    assert run.open == {(NEAR, 22)}
    assert run.verdicts[NEAR, 23] == (State.CLOSED, Reason.RESET)
    assert run.summary.discarded == {"forged": 3}


def test_duplicates_change_nothing_and_are_counted() -> None:
    wire = Wire({NEAR: near(p22=OPEN)}, path=Path(copies=3))
    run = scan(wire, config_of(space_of([NEAR], [22, 23])))
    assert run.summary.discarded == {"duplicate": 4}
    assert (run.summary.replies, run.open) == (2, {(NEAR, 22)})
    assert len(run.found) == 1


def test_cut_off_packets_change_nothing_and_are_counted() -> None:
    wire = Wire({NEAR: near(p22=OPEN), NEAR6: Host(mac=mac(6))}, path=Path(cut=True))
    run = scan(wire, config_of(space_of([NEAR, NEAR6], [22, 23])))
    assert run.summary.discarded == {"truncated": 4}
    assert run.open == {(NEAR, 22)}


def stranger(behaviour: Segment | Error, addr: str = NEAR, port_me: int = OURS.start) -> bytes:
    """What would come back if a probe had been sent that never was."""
    me, them = number("198.18.0.1"), number(addr)
    packet = ip4(me, them, 6, tcp(port_me, 22, seq=99))
    return answer_to(Probe(packet, me, them, port_me, 22, 99), behaviour)


ACK_ALONE = Segment(0x10)
STRANGERS = [
    pytest.param(stranger(Error(3, 13)), "forged", id="error that quotes another number"),
    pytest.param(stranger(Error(3, 13, ROUTER4)), "forged", id="the same from a router"),
    pytest.param(stranger(OPEN), "forged", id="acknowledges another number"),
    pytest.param(stranger(CLOSED), "forged", id="reset of something else"),
    pytest.param(stranger(OPEN, "203.0.113.9"), "forged", id="from a host that was never asked"),
    pytest.param(stranger(SIMULTANEOUS, port_me=OURS.stop), "forged", id="SYN to a port that is not ours"),
    pytest.param(stranger(SIMULTANEOUS, "203.0.113.9"), "unasked", id="SYN of a host that was never asked"),
    pytest.param(stranger(ACK_ALONE), "unexpected", id="bare acknowledgement"),
    pytest.param(stranger(Error(3, 4)), "unexpected", id="fragmentation needed"),
    pytest.param(stranger(Error(3, 13))[:30], "truncated", id="error cut off"),
    pytest.param(b"\x45" + bytes(30), "bad-header-length", id="zeros"),
    pytest.param(b"", "truncated", id="nothing"),
]


@pytest.mark.parametrize(("packet", "word"), STRANGERS)
def test_strange_packets_change_nothing_and_are_counted_by_their_names(packet: bytes, word: str) -> None:
    wire = Wire({NEAR: near(p22=DROPPED)})
    wire.arrive(packet, 5_000)
    run = scan(wire, config_of(space_of([NEAR], [22])))
    assert (run.verdicts, run.open) == ({(NEAR, 22): SILENT}, set())
    assert (run.summary.discarded, run.summary.replies) == ({word: 1}, 0)


def test_a_syn_to_another_of_our_ports_is_unasked() -> None:
    for port_me in OURS:
        wire = Wire({NEAR: near(p22=DROPPED)})
        wire.arrive(stranger(SIMULTANEOUS, port_me=port_me), 5_000)
        run = scan(wire, config_of(space_of([NEAR], [22])))
        assert run.summary.discarded == ({} if run.open else {"unasked": 1})
        if run.open:
            break
    assert run.open == {(NEAR, 22)}


def two_hosts_of_which_one_takes_long() -> tuple[dict[str, Host], Space]:
    """A near host with one port, and one with many: with a delay between probes that takes seconds."""
    other = "198.18.0.3"
    both = [
        (AddressSpace.of([(number(addr),) * 2]), np.array(ports, np.uint16))
        for addr, ports in ((NEAR, [22]), (other, range(100, 130)))
    ]
    return {NEAR: near(p22=OPEN), other: Host(mac=mac(3))}, Space.of(both)


LATE_WAYS = [
    pytest.param(Path(slow={(NEAR, 22): 1_000_000}), 2, {"late": 2}, SILENT, id="late, one group"),
    pytest.param(Path(slow={(NEAR, 22): 1_000_000}), 1, {"late": 2}, SILENT, id="late, two groups"),
    pytest.param(
        Path(copies=2, gap_us=50_000),
        2,
        {"duplicate": 30},
        (State.OPEN, Reason.SYN_ACK),
        id="late duplicate, one group",
    ),
    pytest.param(
        Path(copies=2, gap_us=50_000),
        1,
        {"late": 1, "duplicate": 29},
        (State.OPEN, Reason.SYN_ACK),
        id="late duplicate, two groups",
    ),
]


@pytest.mark.parametrize(("path", "together", "discarded", "verdict"), LATE_WAYS)
def test_what_comes_after_the_end_of_a_host_changes_nothing(
    path: Path, together: int, discarded: dict[str, int], verdict: Verdict
) -> None:
    hosts, space = two_hosts_of_which_one_takes_long()
    timing = replace(QUICK, max_tries=2, scan_delay_us=100_000)
    run = scan(Wire(hosts, path=path), config_of(space, timing), limits=Limits(group_hosts=together))
    assert run.verdicts[NEAR, 22] == verdict
    assert run.open == ({(NEAR, 22)} if verdict[0] == State.OPEN else set())
    assert run.summary.discarded == discarded


def test_our_own_probes_seen_on_loopback_are_no_answers() -> None:
    ports = [*OURS, 22, 23]
    wire = Wire({SELF: Host({22: OPEN})}, ours=OURS)
    run = scan(wire, config_of(space_of([SELF], ports)))
    assert run.open == {(SELF, 22)}
    assert {run.verdicts[SELF, port] for port in OURS} == {(State.CLOSED, Reason.RESET)}
    assert run.summary.discarded == {}
    assert run.reports[SELF].reason == Reason.LOCALHOST_RESPONSE


def test_a_simultaneous_open_on_loopback_is_open() -> None:
    wire = Wire({SELF: Host({OURS.start: SIMULTANEOUS})}, ours=OURS)
    run = scan(wire, config_of(space_of([SELF], [OURS.start])))
    assert run.verdicts == {(SELF, OURS.start): (State.OPEN, Reason.SPLIT_HANDSHAKE_SYN)}


# hosts that are not there, or do not answer


def test_hosts_without_hardware_address_are_down_and_the_others_go_on_meanwhile() -> None:
    hosts = crowd(3, {22: OPEN})
    dead = [f"198.18.1.{last}" for last in range(50)]
    wire = Wire(hosts)
    found_us: list[int] = []

    def watch(run: Run) -> bool:
        found_us.extend([wire.now_us] * (len(run.open) == 3 and not found_us))
        return False

    run = scan(wire, replace(config_of(space_of([*hosts, *dead], [22, 23])), tell_down=True), stopped=watch)
    assert found_us[0] - BEGIN_US < 200_000  # before the first question is asked a second time
    assert {addr for addr, report in run.reports.items() if report.up} == set(hosts)
    assert {(run.reports[addr].up, run.reports[addr].reason) for addr in dead} == {
        (False, Reason.HOST_UNREACH)
    }
    assert {run.reports[addr].columns for addr in dead} == {()}
    assert [wire.asked.count(addr) for addr in dead] == [3] * 50
    assert run.summary.probes == 6


def test_dead_hosts_of_a_group_do_not_keep_the_next_group_waiting() -> None:
    """Four groups with dead hosts, given up after 0.6 s, and with silent ones, believed after 2 s."""
    silent = {f"198.18.0.{last}": Host({}, DROPPED, mac(last)) for last in range(10, 22)}
    dead = [f"198.18.1.{last}" for last in range(20)]
    space = space_of([*silent, *dead], [*range(20, 40)])
    run = scan(Wire(silent), config_of(space, PATIENT), limits=Limits(batch=16, group_hosts=8))
    assert run.summary.hosts_up == len(silent)
    assert run.summary.seconds < 5.0  # one group after the other takes eight


def test_a_router_without_hardware_address_takes_only_its_hosts_along() -> None:
    wire = Wire({NEAR: near(p22=OPEN), FAR: Host({22: OPEN}, via=ROUTER4)})
    run = scan(wire, replace(config_of(space_of([NEAR, FAR], [22])), tell_down=True))
    assert run.open == {(NEAR, 22)}
    assert (run.reports[FAR].up, run.reports[FAR].reason) == (False, Reason.HOST_UNREACH)


def test_targets_without_a_way_are_down() -> None:
    wire = Wire({NEAR6: Host({22: OPEN}, mac=mac(6))})
    run = scan(wire, replace(config_of(space_of([NEAR6, NOWHERE6], [22])), tell_down=True))
    assert run.open == {(NEAR6, 22)}
    assert (run.reports[NOWHERE6].up, run.reports[NOWHERE6].reason) == (False, Reason.NET_UNREACH)


@pytest.mark.parametrize("together", [1, 3])
def test_hosts_that_say_nothing_are_down_unless_assumed_up(together: int) -> None:
    hosts = {TUNNEL: Host({22: OPEN}), "198.18.9.3": Host(other=DROPPED), "198.18.9.4": Host(other=DROPPED)}
    space, limits = space_of([*hosts], [22, 23]), Limits(group_hosts=together)
    quiet = scan(Wire(hosts), config_of(space), limits=limits)
    told = scan(Wire(hosts), config_of(space, tell_down=True), limits=limits)
    assumed = scan(Wire(hosts), config_of(space, assume_up=True), limits=limits)
    assert set(quiet.reports) == {TUNNEL}
    assert {addr: report.up for addr, report in told.reports.items()} == {
        addr: addr == TUNNEL for addr in hosts
    }
    assert told.reports["198.18.9.3"].reason == Reason.NO_RESPONSE
    assert assumed.reports["198.18.9.3"].reason == Reason.USER_SET
    assert assumed.verdicts == quiet.verdicts | {
        (addr, port): SILENT for addr in hosts if addr != TUNNEL for port in (22, 23)
    }
    assert [each.summary.hosts_up for each in (quiet, told, assumed)] == [1, 1, 3]


def test_assuming_up_does_not_make_up_hosts_that_cannot_be_reached() -> None:
    run = scan(Wire({NEAR: near()}), config_of(space_of([NEAR, DEAD, NOWHERE6], [22]), assume_up=True))
    assert set(run.reports) == {NEAR}


def test_a_host_that_runs_out_of_time_keeps_what_was_found() -> None:
    hosts = crowd(2, {22: OPEN}) | {NEAR: Host({22: OPEN, 23: CLOSED}, DROPPED, mac(2))}
    timing = replace(PATIENT, host_timeout_us=150_000)
    run = scan(Wire(hosts), config_of(space_of([*hosts], [*range(20, 60)]), timing))
    assert run.reports[NEAR].timed_out
    assert {where[1]: verdict for where, verdict in run.verdicts.items() if where[0] == NEAR} == {
        22: (State.OPEN, Reason.SYN_ACK),
        23: (State.CLOSED, Reason.RESET),
    }
    others = [report for addr, report in run.reports.items() if addr != NEAR]
    assert [(report.timed_out, len(report.columns[0].ports)) for report in others] == [(False, 40)] * 2
    assert (run.summary.exit, run.summary.hosts_up) == ("success", 3)
    assert 0.15 <= run.summary.seconds < 0.4


@pytest.mark.parametrize(("max_rate", "batch"), [(0.0, 2_048), (1_000.0, 2_048), (0.0, 16)])
def test_silence_is_asked_at_the_floor_s_pace_and_without_hurry_between(max_rate: float, batch: int) -> None:
    """The host's own window holds ten probes; neither a ceiling nor a small batch may hold the floor back."""
    wire, turns = Wire({NEAR: Host({}, DROPPED, mac(2))}), []
    config = config_of(space_of([NEAR], [*range(20, 320)]), replace(PATIENT, max_rate=max_rate))

    def count(run: Run) -> bool:
        turns.append(wire.now_us)
        return False

    run = scan(wire, config, limits=Limits(batch=batch), stopped=count)
    assert 2.0 < run.summary.seconds < 3.5
    assert run.summary.probes == 600
    assert (
        len(turns) < 3 * run.summary.probes
    )  # one to send, one to find nothing more to do, one for the time-out


# progress


def test_progress_is_told_and_only_grows() -> None:
    hosts = crowd(4, {22: OPEN}, DROPPED)
    run = scan(Wire(hosts), config_of(space_of([*hosts], [*range(20, 420)]), PATIENT))
    shares = [snapshot.share or 0.0 for snapshot in run.snapshots]
    assert len(shares) > 5
    assert shares == sorted(shares)
    assert {snapshot.hosts for snapshot in run.snapshots} == {4}
    assert run.snapshots[-1].open_found == 4
    assert run.snapshots[-1].phase == "SYN scan"
    assert all(snapshot.eta_s is None or snapshot.eta_s >= 0 for snapshot in run.snapshots)
    assert shares[-1] > 0.5  # a tenth of a second before the end, when some wait for their last ports


# any world

PORTS = [*range(20, 30)]
behaviours = st.sampled_from([behaviour for behaviour, _ in KINDS.values()])
hosts_near = st.builds(
    Host,
    st.dictionaries(st.sampled_from(PORTS), behaviours),
    behaviours,
    st.sampled_from([b"", mac(2), mac(3)]),
)
hosts_far = st.builds(
    Host, st.dictionaries(st.sampled_from(PORTS), behaviours), behaviours, via=st.just(ROUTER4)
)
shares = st.sampled_from([0.0, 0.0, 0.1, 0.3])
paths = st.builds(
    Path,
    loss=shares,
    delay_us=st.sampled_from([100, 20_000, 400_000]),
    jitter_us=st.sampled_from([0, 5_000, 300_000]),
    copies=st.integers(1, 3),
    gap_us=st.sampled_from([0, 1_000, 250_000]),
    cut=st.booleans(),
    forged=st.booleans(),
)
worlds = st.tuples(
    st.dictionaries(st.sampled_from(["198.18.0.2", "198.18.0.3", "198.18.4.4"]), hosts_near),
    st.dictionaries(st.sampled_from(["198.19.0.2", "198.19.7.7"]), hosts_far),
    st.dictionaries(st.sampled_from(["2001:db8::2", "2001:db8::3"]), hosts_near),
).map(lambda parts: parts[0] | parts[1] | parts[2])


@given(worlds, paths, st.integers(1, 4), st.lists(st.integers(0, 5), max_size=6), st.integers(0, 99))
@settings(max_examples=60)
def test_in_any_world_nothing_untrue_is_told(
    hosts: dict[str, Host], path: Path, together: int, troubles: list[int], seed: int
) -> None:
    wire = Wire(hosts, ROUTERS, path, OURS, seed)
    for taken in troubles:
        wire.trouble(taken)
    config = config_of(space_of([*hosts, DEAD], PORTS), replace(QUICK, max_rtt_us=2_000_000))
    run = scan(wire, config, limits=Limits(group_hosts=together))
    truth = {(addr, port): VERDICTS[host.at(port)] for addr, host in hosts.items() for port in PORTS}
    untrue = {where for where, verdict in run.verdicts.items() if verdict not in (truth[where], SILENT)}
    assert untrue == set()
    assert run.open == {where for where, verdict in run.verdicts.items() if verdict[0] == State.OPEN}
    assert (run.summary.exit, wire.malformed, wire.astray) == ("success", 0, 0)
    reachable = {addr for addr, host in hosts.items() if host.mac or host.via}
    assert set(run.reports) <= reachable
    if not path.loss and path.delay_us + path.jitter_us < 50_000:
        heard = {addr for addr in reachable if any(truth[addr, port] != SILENT for port in PORTS)}
        assert heard <= set(run.reports)
        assert run.verdicts == {where: verdict for where, verdict in truth.items() if where[0] in run.reports}
        assert set(run.summary.discarded) <= {"forged", "truncated", "duplicate", "late", "unasked"}


VERDICTS = dict(KINDS.values())
