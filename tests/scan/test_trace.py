"""Traceroute from the loop down to frames, in virtual time; single walks are in `tests/engine/test_trace.py`."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scan.runs import (
    ETH4,
    FAR,
    FAR6,
    KEY,
    NEAR,
    OURS,
    PATHS,
    QUICK,
    ROUTER4,
    ROUTERS,
    SELF,
    TUNNEL,
    Run,
    services,
    space_of,
)
from tests.sim.frames import CLOSED, DROPPED, OPEN, Behaviour, Host
from tests.sim.hops import Side, Ways
from tests.wire.twins import icmp, ip4, number, tcp

from periplus.engine.timing import Timing
from periplus.result.row import Hop, HostReport, PortColumns, Trace
from periplus.scan.config import ScanConfig, Work
from periplus.scan.loop import Loop
from periplus.scan.menu import Menu
from periplus.scan.naming import Naming
from periplus.scan.open import Links
from periplus.scan.raw import RawLink
from periplus.scan.trace import BEAT_US, PACE_PPS, Traces
from periplus.scan.tracelink import TraceLink
from periplus.scan.tracing import TRACE_SHARE
from periplus.space.address import Addresses
from periplus.technique.catalogue import by_name
from periplus.technique.verdict import Reason, State
from periplus.transport.neighbours import Resolver
from periplus.wire.decode import decode_untrusted
from periplus.wire.packets import Packets
from periplus.wire.tcp import ACK, RST

MINE = range(50_100, 50_116)
MIDDLE, MIDDLE6 = "198.19.255.1", "2001:db8:1::ff"
FARS = [f"198.19.0.{last}" for last in range(2, 12)]
MAC = b"\2\0\0\0\1\2"


def far_hosts(hosts: list[str], ports: dict[int, Behaviour], other: Behaviour = CLOSED) -> dict[str, Host]:
    return {text: Host(dict(ports), other, via=ROUTER4 if "." in text else "2001:db8::fe") for text in hosts}


def wire_of(hosts: dict[str, Host]) -> Ways:
    """Hosts two routers away."""
    far = [text for text, host in hosts.items() if host.via]
    ways = {text: [ROUTER4, MIDDLE] if "." in text else ["2001:db8::fe", MIDDLE6] for text in far}
    return Ways(hosts, ROUTERS, ways=ways)


def config_of(
    hosts: list[str], ports: list[int], technique: str = "syn", timing: Timing = QUICK
) -> ScanConfig:
    work = Work(by_name(technique), space_of(hosts, ports))
    return ScanConfig((work,), timing, seed=7, assume_up=True, reverse=False, traceroute=True)


def link_of(wire: Ways, resolver: Resolver) -> TraceLink:
    return TraceLink(PATHS, Side(wire, MINE), MINE, KEY + 1, wire.clock.now_us, resolver)


def scan(wire: Ways, config: ScanConfig, stop_after_s: float = 100.0) -> Run:
    run, resolver, [work] = Run(), Resolver(), config.works
    link = RawLink(work.space, Menu((work.technique,)), PATHS, wire, OURS, KEY, wire.clock.now_us, resolver)
    links = Links((link,), None, link_of(wire, resolver))
    end_us = wire.now_us + int(stop_after_s * 1e6)
    naming = Naming(reverse=False)
    loop = Loop(
        config, links, run, wire.clock, services, naming, lambda: wire.now_us > end_us, pause=wire.wait
    )
    run.summary = loop.run()
    links.close()
    return run


def trace_of(run: Run, host: str) -> Trace:
    trace = run.reports[host].trace
    assert trace is not None
    return trace


def addresses(run: Run, host: str) -> list[str | None]:
    return [hop.addr for hop in trace_of(run, host).hops]


CASES: dict[str, tuple[str, dict[int, Behaviour], int, str | None, int | None]] = {
    "open": ("syn", {22: OPEN}, 22, "tcp", 22),
    "closed": ("syn", {}, 80, "tcp", 80),
    "unfiltered": ("ack", {}, 80, "tcp", 80),
    "closed to a FIN": ("fin", {}, 80, "tcp", 80),
    "silent": ("syn", {80: DROPPED}, 80, None, None),
    "UDP": ("udp", {}, 53, "udp", 53),
    "SCTP": ("sctp-init", {}, 53, None, None),
}


@pytest.mark.parametrize("host", [FAR, FAR6])
@pytest.mark.parametrize("case", CASES)
def test_a_host_is_asked_what_it_has_answered(case: str, host: str) -> None:
    technique, ports, port, proto, asked = CASES[case]
    wire = wire_of(far_hosts([host], ports))
    run = scan(wire, config_of([host], [port], technique))
    trace = trace_of(run, host)
    routers = [ROUTER4, MIDDLE] if "." in host else ["2001:db8::fe", MIDDLE6]
    assert [hop.addr for hop in trace.hops] == [*routers, host]
    assert (trace.proto, trace.port) == (proto or ("icmp" if "." in host else "ipv6-icmp"), asked)
    assert all(hop.rtt_ms is not None and 0.9 < hop.rtt_ms < 2 for hop in trace.hops)
    assert wire.malformed == wire.astray == 0


def test_hosts_share_their_way_and_the_summary_counts_its_probes() -> None:
    wire = wire_of(far_hosts(FARS, {}))
    run = scan(wire, config_of(FARS, [80]))
    assert all(addresses(run, host) == [ROUTER4, MIDDLE, host] for host in FARS)
    probes = wire.asked_hops.total()
    assert probes == 2 * len(FARS) + 1
    assert (run.summary.probes, run.summary.replies) == (len(FARS) + probes,) * 2
    assert run.summary.discarded == {}


def test_lost_probes_are_sent_again_from_another_port() -> None:
    wire = wire_of(far_hosts([FAR], {22: OPEN}))
    wire.fate = lambda address, ttl, before: before < 2
    run = scan(wire, config_of([FAR], [22]))
    assert addresses(run, FAR) == [ROUTER4, MIDDLE, FAR]
    assert set(wire.asked_hops.values()) == {3}
    ports = [quote[20:22] for quote in wire.quotes]
    assert len(set(ports)) == 1  # of those that came so far: the third tries


def test_a_silent_router_is_a_gap_and_first_tries_are_one_flow() -> None:
    wire = wire_of(far_hosts([FAR], {22: OPEN}))
    wire.ways[number(FAR)] = [ROUTER4, None, MIDDLE]
    run = scan(wire, config_of([FAR], [22]))
    assert addresses(run, FAR) == [ROUTER4, None, MIDDLE, FAR]
    first = [quote for quote in wire.quotes if quote[8] != 2]
    assert len({(quote[4:6], quote[20:24]) for quote in first}) == 1
    assert len({quote[24:28] for quote in first}) == len(first)


def test_a_wrong_guess_is_found_out() -> None:
    """A host that begins with another TTL seems to be elsewhere."""
    for shift in (-1, 1, 3):
        wire = wire_of(far_hosts([FAR], {22: OPEN}))
        traces = traces_of(wire, config_of([FAR], [22]))
        assert traced(wire, traces, report_of(FAR, ttl=62 + shift)) == [ROUTER4, MIDDLE, FAR]


def traces_of(wire: Ways, config: ScanConfig) -> Traces:
    """Traceroute without a scan: the hardware address of its next hop is known already."""
    resolver, router = Resolver(), Addresses.of_ints([number(ROUTER4)])
    resolver.want(ETH4, router)
    resolver.learn(ETH4.ifindex, router, np.frombuffer(ROUTERS[ROUTER4], np.uint8)[None, :])
    return Traces(config, link_of(wire, resolver), wire.now_us)


def report_of(host: str, ttl: int = 62, up: bool = True, srtt_ms: float | None = 0.5) -> HostReport:
    """A host with one open port."""
    columns = PortColumns(
        "tcp",
        np.array([22], np.uint16),
        np.array([State.OPEN], np.uint8),
        np.array([Reason.SYN_ACK], np.uint8),
        np.array([ttl], np.uint8),
        np.array([1], np.uint8),
        np.array([0.5], np.float32),
    )
    return HostReport(host, up, Reason.SYN_ACK, (columns,) if up else (), 1.0, 2.0, srtt_ms=srtt_ms)


def traced(wire: Ways, traces: Traces, report: HostReport) -> list[str | None]:
    """The way of one host."""
    traces.ask([report])
    for _ in range(1000):
        wake_us = traces.step(wire.now_us, alone=True)
        for told in traces.passed():
            assert told.trace is not None
            return [hop.addr for hop in told.trace.hops]
        wire.wait(max(wake_us - wire.now_us, 1))
    raise AssertionError("the walk does not end")


def test_hosts_that_are_near_are_not_asked() -> None:
    wire = wire_of({NEAR: Host({22: OPEN}, mac=MAC), SELF: Host({22: OPEN})})
    run = scan(wire, config_of([NEAR, SELF], [22]))
    assert run.reports[NEAR].trace == Trace((Hop(1, NEAR, run.reports[NEAR].srtt_ms),))
    assert run.reports[SELF].trace is None
    assert not wire.asked_hops


def test_a_tunnel_may_be_long() -> None:
    wire = Ways({TUNNEL: Host({22: OPEN})}, ROUTERS, ways={TUNNEL: [MIDDLE, None]})
    assert addresses(scan(wire, config_of([TUNNEL], [22])), TUNNEL) == [MIDDLE, None, TUNNEL]


def test_a_host_that_is_down_has_no_way() -> None:
    wire = wire_of({})
    config = replace(config_of([NEAR, FAR], [22]), assume_up=False, tell_down=True)
    run = scan(wire, config)
    assert {host: report.trace for host, report in run.reports.items()} == {NEAR: None, FAR: None}


def test_a_host_that_answers_no_probe_has_the_way_as_far_as_it_goes() -> None:
    wire = wire_of(far_hosts([FAR], {}, DROPPED))
    wire.silent_echo = True
    assert addresses(scan(wire, config_of([FAR], [22])), FAR) == [ROUTER4, MIDDLE]


def test_when_the_run_is_stopped_no_report_is_lost() -> None:
    wire = wire_of(far_hosts([FAR], {22: OPEN}))
    wire.fate = lambda address, ttl, before: ttl == 1
    run = scan(wire, config_of([FAR], [22]), stop_after_s=0.3)
    assert run.summary.exit == "interrupted"
    assert addresses(run, FAR) == [None, MIDDLE, FAR]


def test_a_forged_error_is_no_hop() -> None:
    wire = wire_of(far_hosts([FAR], {22: OPEN}))
    wire.ways[number(FAR)] = [ROUTER4, None]
    config = config_of([FAR], [22])
    forged: list[bytes] = []

    def fate(address: str, ttl: int, before: int) -> bool:
        if wire.quotes and not forged:
            quote = bytearray(wire.quotes[-1][:28])
            quote[24:28] = b"\1\2\3\4"
            forged.append(bytes(quote))
            wire.arrive(ip4(number("198.19.66.66"), number("198.18.0.1"), 1, icmp(11, 0, forged[0])), 10)
        return False

    wire.fate = fate
    run = scan(wire, config)
    assert forged
    assert addresses(run, FAR) == [ROUTER4, None, FAR]
    assert run.summary.discarded == {"forged": 1}


def test_a_part_of_the_ceiling_is_kept_for_the_way() -> None:
    config = config_of([FAR], [22], timing=replace(QUICK, max_rate=500.0))
    wire = wire_of({})
    traces = traces_of(wire, config)
    assert traces._pace_pps() == 500.0 * TRACE_SHARE
    traces.step(wire.now_us, alone=True)
    assert traces._pace_pps() == 500.0
    free = traces_of(wire, config_of([FAR], [22]))
    assert free._pace_pps() == PACE_PPS


def asked(technique: str, ports: dict[int, Behaviour], port: int) -> tuple[Ways, Traces, bytes]:
    """A walk that has sent its first probe, as a router quotes it: the host is three links away."""
    wire = wire_of(far_hosts([FAR], ports))
    wire.fate = lambda address, ttl, before: True
    traces = traces_of(wire, config_of([FAR], [port], technique))
    report = report_of(FAR)
    if technique == "udp":
        columns = replace(report.columns[0], proto="udp", state=np.array([State.CLOSED], np.uint8))
        report = replace(report, columns=(columns,))
    traces.ask([report])
    traces.step(wire.now_us, alone=True)
    [(_, frames)] = wire.sent
    assert frames[0, 14 + 8] == 3
    return wire, traces, frames[0].tobytes()[14:]


def taken(traces: Traces, *packets: bytes) -> list[bool]:
    """Which of these packets the walks take for theirs."""
    decoded = decode_untrusted(Packets.of_bytes(list(packets), [5] * len(packets), [0x0800] * len(packets)))
    assert not decoded.problem.any()
    ours: list[bool] = traces.take(decoded).tolist()
    return ours


def error(quote: bytes, kind: int = 11, code: int = 0) -> bytes:
    return ip4(number(MIDDLE), ETH4.ip_me, 1, icmp(kind, code, quote[:28]))


def test_an_error_must_quote_the_number_of_a_tcp_probe() -> None:
    _, traces, probe = asked("syn", {22: OPEN}, 22)
    seq = int.from_bytes(probe[24:28])
    quotes = [
        probe[:24] + ((seq + off) % (1 << 32)).to_bytes(4) + probe[28:] for off in (0, 1, 2, 3, -1, 1 << 20)
    ]
    assert taken(traces, *map(error, quotes)) == [True, False, False, False, False, False]


def test_a_segment_may_count_what_the_probe_occupied() -> None:
    _, traces, probe = asked("syn", {22: OPEN}, 22)
    port_me, port_them, seq = (int.from_bytes(probe[at:end]) for at, end in ((20, 22), (22, 24), (24, 28)))
    answers = [
        ip4(number(FAR), ETH4.ip_me, 6, tcp(port_them, port_me, 9, (seq + off) % (1 << 32), RST | ACK))
        for off in (0, 1, 2, 3, -1)
    ]
    assert taken(traces, *answers) == [True, True, True, False, False]
    assert [part.ttl.tolist() for part in traces._heard] == [[3, 3, 3]]


def test_an_error_about_a_datagram_must_quote_its_identification_and_a_host_that_is_traced() -> None:
    wire, traces, probe = asked("udp", {}, 53)
    assert int.from_bytes(probe[4:6]) & 63 == 3
    wrong = [probe[:4] + bytes([probe[4] ^ 1 << bit]) + probe[5:] for bit in range(8)]
    assert taken(traces, error(probe), *map(error, wrong)) == [True] + [False] * 8
    traces.give_up()
    traces.step(wire.now_us + 10_000_000, alone=True)
    assert taken(traces, error(probe)) == [False]


@pytest.mark.parametrize(
    ("kind", "code", "final"), [(11, 0, False), (3, 13, True), (3, 1, True), (12, 0, True)]
)
def test_only_time_exceeded_says_that_the_way_goes_on(kind: int, code: int, final: bool) -> None:
    _, traces, probe = asked("syn", {22: OPEN}, 22)
    assert taken(traces, error(probe, kind, code)) == [True]
    [heard] = traces._heard
    assert (heard.final.tolist(), heard.ttl.tolist(), heard.attempt.tolist()) == ([final], [3], [0])


def test_answers_wait_for_each_other_as_long_as_the_scan_goes_on() -> None:
    wire, traces, probe = asked("syn", {22: OPEN}, 22)
    assert taken(traces, error(probe)) == [True]
    soon_us = traces._due_us()
    traces._alone = False
    assert soon_us < traces._due_us() <= wire.now_us + BEAT_US
    assert traces.step(wire.now_us, alone=False) == traces._due_us()
    assert traces._heard


@given(st.lists(st.tuples(st.binary(max_size=100), st.sampled_from([0x0800, 0x86DD, 0x0806])), max_size=8))
def test_no_packet_of_a_stranger_is_taken(strangers: list[tuple[bytes, int]]) -> None:
    wire = wire_of({})
    traces = traces_of(wire, config_of([FAR], [22]))
    data, kinds = [each for each, _ in strangers], [kind for _, kind in strangers]
    decoded = decode_untrusted(Packets.of_bytes(data, [0] * len(data), kinds))
    assert not traces.take(decoded).any()
