"""From columns to rows."""

from dataclasses import replace

import numpy as np
import pytest
from tests.scan.runs import NEAR, QUICK, config_of, link_of, mac, scan, services, space_of
from tests.sim.frames import CLOSED, Host, Wire
from tests.wire.twins import number

from periplus.engine.engine import Engine, Limits
from periplus.engine.group import Group
from periplus.engine.replies import Findings, Replies
from periplus.result.row import HostReport
from periplus.scan.config import ScanConfig
from periplus.scan.report import ALL_RESET, Reporter
from periplus.space.address import Addresses
from periplus.technique.fin import TECHNIQUE as FIN
from periplus.technique.model import Technique
from periplus.technique.signal import icmp_signal, tcp_signal
from periplus.technique.syn import TECHNIQUE
from periplus.technique.verdict import Reason, State
from periplus.wire.tcp import ACK, RST, SYN

HOST, MUTE = "198.18.9.2", "198.18.9.3"  # behind a tunnel: nothing but ports can tell that they are there
ROUTER = "198.18.9.254"
PORTS = [22, 23, 24, 25]
SPACE = space_of([HOST, MUTE], PORTS)


class World:
    """A group of two hosts of which the first has answered three of its four ports; the last was not asked."""

    def __init__(self, config: ScanConfig | None = None) -> None:
        self.wire = Wire({})
        self.technique = config.works[0].technique if config else TECHNIQUE
        self.link = link_of(SPACE, self.wire, self.technique)
        self.engine = Engine(SPACE, self.technique.table, QUICK, 7, self.wire.now_us, Limits())
        [self.group] = self.engine.step(self.wire.now_us, {}).opened
        self.link.open(self.engine, self.group, self.wire.now_us)
        self.host = self.group.addresses.text().index(HOST)
        self.mute = 1 - self.host
        self.reporter = Reporter(
            (config or config_of(SPACE)).works[0],
            config or config_of(SPACE),
            self.link,
            self.wire.clock,
            services,
        )

    def ask(self, fresh: int) -> None:
        """Ask so many ports of both hosts."""
        self.group.take(np.full(2, fresh), np.zeros(2, np.int64), self.wire.now_us)

    def hear(self, rank: int, signal: int, sender: str = HOST) -> Findings | None:
        """An answer to the first try at the first host's port of this rank, after 1.5 ms."""
        replies = Replies(
            cell=np.array([self.group.hosts.first[self.host] + rank]),
            signal=np.array([signal], np.uint16),
            attempt=np.zeros(1, np.uint8),
            ttl=np.array([61], np.uint8),
            time_us=np.array([self.wire.now_us + 1_500]),
            sender=Addresses.of_ints([number(sender)]),
        )
        return self.group.answer(replies, self.technique.table)[1]

    def report(self, host: int, whole: bool = True) -> HostReport | None:
        """The report of one host, if there is one."""
        return next(iter(reports(self.reporter, self.group, [host], whole)), None)


def reports(reporter: Reporter, group: Group, hosts: list[int], whole: bool = True) -> list[HostReport]:
    """The hosts of all batches, one by one."""
    return [report for batch in reporter.batches(group, np.array(hosts), whole) for report in batch]


def answered(config: ScanConfig | None = None) -> World:
    """A world after three answers: open, closed, and a router's word."""
    world = World(config)
    world.ask(4)
    world.hear(0, tcp_signal(SYN | ACK))
    world.hear(1, tcp_signal(RST | ACK))
    world.hear(2, icmp_signal(4, 3, 13, False), ROUTER)
    return world


def table(group: Group, report: HostReport) -> dict[int, tuple[State, Reason]]:
    """State and reason by port."""
    [columns] = report.columns
    return {
        int(port): (State(int(state)), Reason(int(reason)))
        for port, state, reason in zip(columns.ports, columns.state, columns.reason, strict=True)
    }


def test_of_many_hosts_that_said_nothing_none_is_told() -> None:
    """Nor is one that is only taken to be up, unless something was heard of it."""
    silent = replace(config_of(SPACE, assume_up=True), tell_silent=False)
    world = answered(silent)
    assert world.report(world.mute) is None
    assert world.report(world.host) is not None
    assert world.report(world.mute, whole=False) is None
    world = answered(replace(silent, tell_silent=True))
    mute = world.report(world.mute)
    assert mute is not None
    assert mute.up


def test_a_host_that_is_known_to_be_up_is_told_also_when_it_said_nothing() -> None:
    config = replace(config_of(SPACE, assume_up=True), tell_silent=False)
    world = answered(config)
    known = Reporter(config.works[0], config, world.link, world.wire.clock, services, known=True)
    assert [each.up for each in reports(known, world.group, [world.mute])] == [True]


def test_a_finding_is_a_row() -> None:
    world = World()
    world.ask(4)
    found = world.hear(0, tcp_signal(SYN | ACK))
    assert found is not None
    [row] = world.reporter.findings(world.group, found, world.wire.now_us)
    assert (row.addr, row.proto, row.port, row.service) == (HOST, "tcp", 22, "ssh")
    assert (row.state, row.reason, row.ttl, row.tries) == (State.OPEN, Reason.SYN_ACK, 61, 1)
    assert row.rtt_ms == pytest.approx(1.5)
    assert row.time == world.wire.clock.epoch_s(world.wire.now_us)


def test_what_is_not_known_is_none() -> None:
    world = World()
    world.ask(4)
    found = world.hear(0, tcp_signal(SYN | ACK))
    assert found is not None
    blank = replace(found, ttl=np.zeros(1, np.uint8), rtt_ms=np.full(1, np.nan, np.float32))
    [row] = world.reporter.findings(world.group, replace(blank, port_rank=np.array([1])), world.wire.now_us)
    assert (row.ttl, row.rtt_ms, row.service) == (None, None, None)


def test_a_report_has_every_port_with_its_evidence() -> None:
    world = answered()
    report = world.report(world.host)
    assert report is not None
    assert table(world.group, report) == {
        22: (State.OPEN, Reason.SYN_ACK),
        23: (State.CLOSED, Reason.RESET),
        24: (State.FILTERED, Reason.ADMIN_PROHIBITED),
        25: (State.FILTERED, Reason.NO_RESPONSE),
    }
    [columns] = report.columns
    assert columns.senders == {24: ROUTER}
    assert columns.ttl.tolist() == [61, 61, 61, 0]
    assert columns.tries.tolist() == [1, 1, 1, 1]
    assert np.isnan(columns.rtt_ms[3])
    assert columns.rtt_ms[:3] == pytest.approx(1.5)
    assert (report.up, report.reason, report.ttl, report.mac) == (True, Reason.SYN_ACK, 61, None)
    assert report.srtt_ms == pytest.approx(1.5)
    assert report.timeout_ms == pytest.approx(QUICK.min_rtt_us / 1000)
    assert world.reporter.up(world.group, np.array([world.host])).all()


def test_of_an_unfinished_host_only_answers_are_told() -> None:
    world = answered()
    report = world.report(world.host, whole=False)
    assert report is not None
    assert set(table(world.group, report)) == {22, 23, 24}
    assert report.ended == world.wire.clock.epoch_s(world.wire.now_us + 1_500)


def test_of_a_host_that_ran_out_of_time_only_answers_are_told() -> None:
    world = answered()
    world.group.hosts.timed_out[world.host] = 1
    report = world.report(world.host)
    assert report is not None
    assert report.timed_out
    assert set(table(world.group, report)) == {22, 23, 24}


def test_a_report_does_not_change_what_it_reports() -> None:
    world = answered()
    before = world.group.cells.state.copy()
    world.report(world.host)
    assert (world.group.cells.state == before).all()


def test_silent_hosts_are_told_when_that_is_wanted() -> None:
    quiet, told = answered(), answered(config_of(SPACE, tell_down=True))
    assert quiet.report(quiet.mute) is None
    assert told.report(told.mute, whole=False) is None
    report = told.report(told.mute)
    assert report is not None
    assert (report.up, report.reason, report.columns) == (False, Reason.NO_RESPONSE, ())
    assert (report.srtt_ms, report.timeout_ms, report.ttl) == (None, None, None)
    assert not told.reporter.up(told.group, np.array([told.mute])).any()


def test_silent_hosts_that_are_assumed_up_have_silent_ports() -> None:
    world = answered(config_of(SPACE, assume_up=True))
    report = world.report(world.mute)
    assert report is not None
    assert (report.up, report.reason) == (True, Reason.USER_SET)
    assert set(table(world.group, report).values()) == {(State.FILTERED, Reason.NO_RESPONSE)}


def test_hosts_without_a_way_are_down_whatever_is_assumed() -> None:
    world = World(config_of(SPACE, assume_up=True))
    which = np.arange(2) == world.mute
    world.engine.dismiss(world.group.number, which, Reason.HOST_UNREACH, world.wire.now_us)
    assert world.report(world.mute) is None
    assert not world.reporter.up(world.group, np.array([world.mute])).any()


def test_the_names_that_a_target_was_given_by_are_told() -> None:
    names = (("a.example", number(HOST)), ("b.example", number(MUTE)), ("c.example", number(HOST)))
    world = answered(replace(config_of(SPACE), names=names))
    report = world.report(world.host)
    assert report is not None
    assert report.names == (("a.example", "user"), ("c.example", "user"))


RESET, REFUSED = tcp_signal(RST | ACK), icmp_signal(4, 3, 13, True)


def notes(
    answers: list[int], technique: Technique = FIN, *, whole: bool = True, late: bool = False
) -> tuple[str, ...]:
    """What is noted of a host whose first ports have answered so, by a technique."""
    world = World(config_of(SPACE, technique=technique))
    world.ask(4)
    for rank, signal in enumerate(answers):
        world.hear(rank, signal)
    world.group.hosts.timed_out[world.host] = late
    report = world.report(world.host, whole)
    assert report is not None
    return report.notes


def test_that_every_port_resets_is_noted_where_resets_hide_open_ports() -> None:
    assert notes([RESET] * 4) == (ALL_RESET,)
    assert notes([RESET] * 4, TECHNIQUE) == ()  # SYN tells open ports by SYN-ACK


def test_one_port_that_answers_otherwise_or_not_at_all_and_there_is_no_note() -> None:
    assert notes([RESET] * 3) == ()
    assert notes([RESET] * 3 + [REFUSED]) == ()


def test_one_port_alone_is_no_reason_for_a_note() -> None:
    many, one = (Host({22: CLOSED}, CLOSED, mac(2)) for _ in range(2))
    for host, ports, noted in ((many, [22, 23], (ALL_RESET,)), (one, [22], ())):
        run = scan(Wire({NEAR: host}), config_of(space_of([NEAR], ports), technique=FIN))
        assert run.reports[NEAR].notes == noted


def test_nothing_is_noted_of_a_host_that_was_not_asked_to_the_end() -> None:
    assert notes([RESET] * 4, whole=False) == ()
    assert notes([RESET] * 4, late=True) == ()
