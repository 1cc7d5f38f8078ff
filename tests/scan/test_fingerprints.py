"""Hosts are asked for their operating system, in virtual time: the stack in memory behind a wire."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from tests.identify.os.stack import Linux
from tests.identify.os.test_fingerprint import LINUX_TESTS
from tests.result.examples import tarpit_host
from tests.scan.runs import (
    ETH4,
    KEY,
    NEAR,
    NEAR6,
    OURS,
    PATHS,
    QUICK,
    SELF,
    Run,
    config_of,
    mac,
    near,
    services,
    space_of,
)
from tests.scan.test_identities import columns
from tests.scan.test_passive import both, glances
from tests.sim.frames import OPEN, Wire
from tests.sim.hops import Side, Ways
from tests.space.scopes import scope
from tests.wire.twins import ip4, number, tcp

from periplus.data import os_text
from periplus.identify.os.probe import NUMBERS
from periplus.identify.os.stacks import CERTAINTY, read_stacks
from periplus.result.row import HostReport, OsRow, PortColumns, ServiceRow
from periplus.scan.config import Fingerprinting, ScanConfig, Work
from periplus.scan.fingerprints import AT_ONCE, GUESSED_PORTS, Fingerprints
from periplus.scan.loop import Loop
from periplus.scan.menu import Menu
from periplus.scan.naming import Naming
from periplus.scan.open import Links
from periplus.scan.passive import Glances
from periplus.scan.raw import RawLink
from periplus.scan.stage import NEVER
from periplus.scan.tracelink import TraceLink
from periplus.space.address import Addresses
from periplus.space.scope import Scope
from periplus.technique.catalogue import by_name
from periplus.technique.verdict import Reason, State
from periplus.transport.neighbours import Resolver
from periplus.wire.lane import Lane

STACKS = read_stacks(os_text())
TCP = columns("tcp", (22, State.OPEN), (81, State.CLOSED))
MINE = range(50_100, 50_116)
Lost = Callable[[int, int], bool]


class Stacks(Wire):
    """Every host is the stack; `lost(probe, before)` says what gets lost. `asked_at` are the times of each probe."""

    def __init__(self, stack: Linux, lost: Lost = lambda probe, before: False) -> None:
        super().__init__({})
        self.stack, self.lost = stack, lost
        self.asked_at: dict[int, list[int]] = {}
        self.ports: set[int] = set()

    def _frame(self, lane: Lane, frame: bytes) -> None:
        packet = frame[lane.header :]
        name = 15 if packet[9] == 17 else packet[26 + 1] + 256 - 295 + 6 if packet[9] == 1 else None
        probe = int.from_bytes(packet[20:22]) - OURS.start if name is None else name
        if packet[9] != 1:
            self.ports.add(int.from_bytes(packet[22:24]))
        times = self.asked_at.setdefault(probe, [])
        said = None if self.lost(probe, len(times)) else self.stack.answer(packet, self.now_us)
        times.append(self.now_us)
        if said is not None:
            self.arrive(said, 1_000, ifindex=lane.ifindex)


def report(addr: str = NEAR, *some: PortColumns, **fields: Any) -> HostReport:
    return HostReport(addr, True, Reason.SYN_ACK, some or (TCP,), 1.0, 2.0, **fields)


def stage_of(
    wire: Wire,
    allowed: Scope | None = None,
    barred: frozenset[int] = frozenset(),
    glances: Glances | None = None,
) -> Fingerprints:
    resolver = Resolver()
    hosts = Addresses.of_ints(number(f"198.18.0.{last}") for last in range(1, 200))
    config = replace(
        config_of(space_of([NEAR], [22]), QUICK), scope=allowed, fingerprint=Fingerprinting(None, barred)
    )
    link = TraceLink(PATHS, wire, OURS, KEY, wire.clock.now_us, resolver)
    link.next_hops(hosts)  # as a scan has wanted them
    resolver.learn(ETH4.ifindex, hosts, np.tile(np.frombuffer(mac(2), np.uint8), (len(hosts), 1)))
    return Fingerprints(config, link, STACKS, "ours", CERTAINTY, glances)


def run(stage: Fingerprints, wire: Wire, *reports: HostReport) -> list[HostReport]:
    """Everything that comes out, in the end."""
    stage.ask(reports)
    told: list[HostReport] = []
    while not stage.idle:
        wake_us = stage.step(wire.now_us, alone=True)
        told += stage.passed()
        if wake_us != NEVER:
            wire.wait(max(0, wake_us - wire.now_us))
    return told


def os_of(stage: Fingerprints, wire: Wire, asked: HostReport) -> OsRow:
    [told] = run(stage, wire, asked)
    assert told.os is not None
    return told.os


def test_linux_behind_two_routers() -> None:
    wire = Stacks(Linux(hops=2))
    stage = stage_of(wire)
    found = os_of(stage, wire, report())
    assert found.fingerprint is not None
    assert found.fingerprint.endswith(LINUX_TESTS)
    assert (found.open_port, found.closed_port, found.distance, found.ids) == (22, 81, 3, "Z")
    assert found.udp_port in GUESSED_PORTS
    assert found.matches[0].name == "Linux"
    assert found.matches[0].accuracy == pytest.approx(CERTAINTY)
    assert found.guesses[0].family == "Linux"
    assert found.uptime_s == pytest.approx(wire.asked_at[0][0] / 1e6, abs=0.01)
    assert found.stamp_class == "A"
    assert stage.heard == 14
    assert stage.sent == 16 + 2 * 2  # what Linux never answers is asked twice more


def test_syns_are_a_tenth_of_a_second_apart_and_what_was_lost_is_asked_again() -> None:
    wire = Stacks(Linux(), lambda probe, before: probe in {2, NUMBERS["ECN"]} and before == 0)
    found = os_of(stage_of(wire), wire, report())
    assert found.fingerprint is not None
    assert found.fingerprint.endswith(LINUX_TESTS)
    times = sorted(moment for probe in range(6) for moment in wire.asked_at[probe])
    assert len(times) == 12
    assert all(later - sooner >= 100_000 for sooner, later in pairwise(times))
    assert len(wire.asked_at[NUMBERS["ECN"]]) == 2
    assert {probe for probe, each in wire.asked_at.items() if len(each) == 1} == {6, 7, 11, 12, 13, 14, 15}


def test_nobody_answers_any_more() -> None:
    wire = Stacks(Linux(), lambda probe, before: True)
    found = os_of(stage_of(wire), wire, report())
    assert found.why == "the open port did not answer again"
    assert (found.matches, found.guesses, found.distance) == ((), (), None)
    assert Counter(len(each) for each in wire.asked_at.values()) == {3: 16}


@pytest.mark.parametrize(
    ("host", "why"),
    [
        (report(NEAR6), "only hosts of IPv4 are asked"),
        (replace(tarpit_host(), addr=NEAR), "something in front of the host takes all connections"),
        (report(NEAR, columns("tcp", (22, State.CLOSED))), "no TCP port was found open"),
        (report("198.18.8.1"), "no way to the host is known"),
    ],
)
def test_who_is_not_asked_is_told_why(host: HostReport, why: str) -> None:
    wire = Stacks(Linux())
    assert os_of(stage_of(wire), wire, host) == OsRow(why=why)
    assert wire.asked_at == {}


def test_what_the_scan_showed_in_passing_stays_when_asking_brings_nothing() -> None:
    seen = glances()
    for host, why in ((NEAR, "the open port did not answer again"), (NEAR6, "only hosts of IPv4 are asked")):
        [known] = both(seen, report(host))
        assert known.os is not None
        found = os_of(stage_of(Stacks(Linux(), lambda probe, before: True), glances=seen), Wire({}), known)
        assert (found.why, found.passive, found.guesses) == (why, known.os.passive, known.os.guesses)
        assert found.guesses[0].family == "Linux"


def test_an_answer_takes_in_what_the_scan_showed() -> None:
    wire, seen = Stacks(Linux(hops=2)), glances()
    [known] = both(seen, report())
    found, alone = os_of(stage_of(wire, glances=seen), wire, known), os_of(stage_of(wire), wire, report())
    assert found.passive is not None
    assert found.guesses[0].confidence == alone.guesses[0].confidence
    assert [each.split()[0] for each in found.guesses[0].evidence] == ["Linux", "passive:"]


def test_hosts_that_are_down_pass_by() -> None:
    wire = Stacks(Linux())
    down = replace(report(), up=False)
    assert run(stage_of(wire), wire, down) == [down]


def test_a_closed_port_that_was_guessed() -> None:
    wire = Stacks(Linux())
    found = os_of(stage_of(wire), wire, report(NEAR, columns("tcp", (22, State.OPEN))))
    assert found.closed_port is None
    assert found.why == "no TCP port was found closed, so less is known"
    assert "T5(R=Y" in (found.fingerprint or "")


def test_a_udp_port_that_is_known_to_be_closed_is_taken() -> None:
    wire = Stacks(Linux())
    udp = columns("udp", (53, State.OPEN), (69, State.CLOSED))
    assert os_of(stage_of(wire), wire, report(NEAR, TCP, udp)).udp_port == 69


def test_nothing_leaves_to_ports_outside_the_scope_or_barred() -> None:
    wire = Stacks(Linux())
    found = os_of(stage_of(wire, scope(ports="T:22,81")), wire, report())
    assert wire.ports == {22, 81}
    assert found.udp_port is None
    assert "U1" not in (found.fingerprint or "")
    wire = Stacks(Linux())
    barred = frozenset(GUESSED_PORTS)
    os_of(stage_of(wire, barred=barred), wire, report(NEAR, columns("tcp", (22, State.OPEN))))
    assert not {NUMBERS["T5"], NUMBERS["T6"], NUMBERS["T7"]} & set(wire.asked_at)


def test_what_services_say_is_weighed_in() -> None:
    ssh = ServiceRow(
        "tcp", 22, "identified", "ssh", confidence=1.0, os="Debian", cpe=("cpe:2.3:o:debian:debian_linux:12",)
    )
    wire = Stacks(Linux())
    [guess] = os_of(stage_of(wire), wire, report(services=(ssh,))).guesses[:1]
    assert (guess.name, guess.family) == ("Debian", "Linux")
    assert "ssh at 22/tcp says Debian" in guess.evidence


def test_many_hosts_at_once_and_each_gets_its_own_answers() -> None:
    wire = Stacks(Linux())
    stage = stage_of(wire)
    hosts = [report(f"198.18.0.{last}") for last in range(2, AT_ONCE + 12)]
    told = run(stage, wire, *hosts)
    assert {each.addr for each in told} == {each.addr for each in hosts}
    assert all(each.os is not None and each.os.matches[0].name == "Linux" for each in told)


def test_strangers_are_not_believed() -> None:
    wire = Stacks(Linux(), lambda probe, before: True)
    stage = stage_of(wire)
    stage.ask([report()])
    stage.step(wire.now_us, alone=True)
    for source, port in ((number("198.18.0.9"), OURS.start), (number(NEAR), OURS.start + 5)):
        wire.arrive(ip4(source, ETH4.ip_me, 6, tcp(22, port, flags=0x12)))
    wire.arrive(b"\x45" + bytes(11) + number(NEAR).to_bytes(16)[-4:] + bytes(8))
    wire.wait(10)
    stage.step(wire.now_us, alone=True)
    assert stage.heard == 0  # the second probe has not left yet


def test_given_up() -> None:
    wire = Stacks(Linux())
    stage = stage_of(wire)
    hosts = [report(f"198.18.0.{last}") for last in range(2, AT_ONCE + 4)]
    stage.ask(hosts)
    stage.step(wire.now_us, alone=False)
    assert stage.passed() == []
    stage.give_up()
    assert {each.addr for each in stage.passed()} == {each.addr for each in hosts}
    assert stage.idle
    assert (stage.counters(), stage.drops(), stage.patience(9, 5)) == ({}, 0, 9)


class Both(Ways):
    """A wire to a host that is scanned, and whose stack answers what leaves from other ports, or by ICMP."""

    def _frame(self, lane: Lane, frame: bytes) -> None:
        packet = frame[lane.header :]
        is_v4 = not lane.header or frame[12:14] == b"\x08\0"
        if not is_v4 or (packet[9] != 1 and int.from_bytes(packet[20:22]) not in MINE):
            super()._frame(lane, frame)
        elif (said := Linux().answer(packet, self.now_us)) is not None:
            self.arrive(said, 1_000, ifindex=lane.ifindex)


def test_a_whole_scan() -> None:
    wire, resolver, made = Both({NEAR: near(p22=OPEN)}, ways={}), Resolver(), Run()
    work = Work(by_name("syn"), space_of([NEAR, "198.18.0.77"], [22, 81]))
    config = ScanConfig((work,), QUICK, seed=7, assume_up=True, reverse=False, fingerprint=Fingerprinting())
    link = RawLink(work.space, Menu((work.technique,)), PATHS, wire, OURS, KEY, wire.clock.now_us, resolver)
    aside = TraceLink(PATHS, Side(wire, MINE), MINE, KEY + 1, wire.clock.now_us, resolver)
    links = Links((link,), fingerprint=aside)
    loop = Loop(
        config, links, made, wire.clock, services, Naming(reverse=False), lambda: False, pause=wire.wait
    )
    made.summary = loop.run()
    links.close()
    found = made.reports[NEAR].os
    assert found is not None
    assert found.matches[0].name == "Linux"
    other = made.reports.get("198.18.0.77")
    assert other is None or other.os == OsRow(why="no TCP port was found open")
    assert made.summary.probes >= 20
    assert made.summary.replies >= 14


def test_this_machine_is_no_hop_away() -> None:
    wire = Stacks(Linux())
    assert os_of(stage_of(wire), wire, report(SELF)).distance == 0
