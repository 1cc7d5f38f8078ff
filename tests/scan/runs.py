"""Whole scans for the tests of this room: from the loop down to frames, in virtual time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from tests.sim.frames import CLOSED, Behaviour, Host, Wire, macs
from tests.wire.twins import number

from periplus.engine.engine import Limits
from periplus.engine.timing import Timing
from periplus.result.batch import Hosts
from periplus.result.row import HostReport, PortRow, SummaryRow
from periplus.scan.config import ScanConfig, Work
from periplus.scan.loop import Loop
from periplus.scan.menu import Menu
from periplus.scan.naming import Naming
from periplus.scan.open import Links
from periplus.scan.raw import RawLink
from periplus.scan.snapshot import Snapshot
from periplus.space.ranges import AddressSpace
from periplus.space.space import Space
from periplus.technique.model import Technique
from periplus.technique.syn import TECHNIQUE
from periplus.technique.verdict import Reason, State
from periplus.transport.neighbours import Resolver
from periplus.transport.routes import Path
from periplus.wire.lane import Lane, Link

MAC_ME = b"\2\0\0\0\0\1"
ETH4 = Lane(2, "eth0", Link.ETHERNET, number("198.18.0.1"), MAC_ME, 1500)
ETH6 = Lane(2, "eth0", Link.ETHERNET, number("2001:db8::1"), MAC_ME, 1500)
TUN4 = Lane(3, "tun0", Link.BARE, number("198.18.9.1"), b"", 1420)
LO4 = Lane(1, "lo", Link.LOCAL, number("127.0.0.1"), b"", 65_536)
ROUTER4, ROUTER6 = "198.18.0.254", "2001:db8::fe"
ROUTERS = macs([ROUTER4, ROUTER6])

PATHS = [
    Path(number("127.0.0.1"), number("127.0.0.1"), LO4),
    Path(number("198.18.0.0"), number("198.18.8.255"), ETH4),
    Path(number("198.18.9.0"), number("198.18.9.255"), TUN4),
    Path(number("198.19.0.0"), number("198.19.255.255"), ETH4, number(ROUTER4)),
    Path(number("2001:db8::"), number("2001:db8::ffff"), ETH6),
    Path(number("2001:db8:1::"), number("2001:db8:1::ffff"), ETH6, number(ROUTER6)),
    Path(number("2001:db8:2::"), number("2001:db8:2::ffff"), problem="no route"),
]
NEAR, FAR, TUNNEL, SELF = "198.18.0.2", "198.19.0.2", "198.18.9.2", "127.0.0.1"
NEAR6, FAR6, NOWHERE6 = "2001:db8::2", "2001:db8:1::2", "2001:db8:2::2"
OURS = range(50_000, 50_016)
KEY = 0x0123_4567_89AB_CDEF_0F1E_2D3C_4B5A_6978
PATIENT = Timing()
QUICK = Timing(initial_rtt_us=100_000, min_rtt_us=20_000, max_rtt_us=500_000, max_tries=3)

Verdict = tuple[State, Reason]
SILENT: Verdict = (State.FILTERED, Reason.NO_RESPONSE)


@dataclass
class Recorder:
    """A listener that keeps what it is told."""

    found: list[PortRow] = field(default_factory=list)
    reports: dict[str, HostReport] = field(default_factory=dict)
    snapshots: list[Snapshot] = field(default_factory=list)

    def findings(self, rows: Iterable[PortRow]) -> None:
        self.found += rows

    def hosts(self, hosts: Hosts) -> None:
        for report in hosts:
            assert report.addr not in self.reports
            self.reports[report.addr] = report

    def snapshot(self, snapshot: Snapshot) -> None:
        self.snapshots.append(snapshot)

    @property
    def open(self) -> set[tuple[str, int]]:
        """Addresses and ports that were told to be open."""
        return {(row.addr, row.port) for row in self.found}

    @property
    def verdicts(self) -> dict[tuple[str, int], Verdict]:
        """State and reason by address and port."""
        return {
            (report.addr, int(port)): (State(int(state)), Reason(int(reason)))
            for report in self.reports.values()
            for columns in report.columns
            for port, state, reason in zip(columns.ports, columns.state, columns.reason, strict=True)
        }


@dataclass
class Run(Recorder):
    """What a scan came to."""

    summary: SummaryRow = field(init=False)


def mac(last: int) -> bytes:
    """A hardware address."""
    return b"\2\0\0\0\1" + bytes([last])


def near(**ports: Behaviour) -> Host:
    """A host on-link; ports as ``p22=OPEN``."""
    return Host({int(name[1:]): behaviour for name, behaviour in ports.items()}, mac=mac(2))


def crowd(size: int, ports: dict[int, Behaviour], other: Behaviour = CLOSED) -> dict[str, Host]:
    """So many hosts on-link that are all alike."""
    return {f"198.18.0.{last}": Host(dict(ports), other, mac(last)) for last in range(10, 10 + size)}


def space_of(hosts: list[str], ports: list[int]) -> Space:
    """The same ports of some hosts."""
    numbers = [number(text) for text in hosts]
    return Space.of([(AddressSpace.of((n, n) for n in numbers), np.array(ports, np.uint16))])


def config_of(
    space: Space,
    timing: Timing = QUICK,
    *,
    technique: Technique = TECHNIQUE,
    assume_up: bool = False,
    tell_down: bool = False,
) -> ScanConfig:
    """A scan, by SYN unless it is said otherwise."""
    return ScanConfig(
        (Work(technique, space),), timing, seed=7, assume_up=assume_up, reverse=False, tell_down=tell_down
    )


def link_of(space: Space, wire: Wire, technique: Technique = TECHNIQUE) -> RawLink:
    """The link that such a scan uses."""
    return RawLink(space, Menu((technique,)), PATHS, wire, OURS, KEY, wire.clock.now_us, Resolver())


def scan(
    wire: Wire,
    config: ScanConfig,
    *,
    limits: Limits | None = None,
    naming: Naming | None = None,
    stopped: Callable[[Run], bool] = lambda run: False,
    limit_s: float = 3_600.0,
) -> Run:
    """Scan to the end; AssertionError when that takes over `limit_s` of virtual time."""
    run, link = Run(), link_of(config.works[0].space, wire, config.works[0].technique)
    link.limits = limits or link.limits
    end_us = wire.now_us + int(limit_s * 1e6)

    def ended() -> bool:
        if wire.now_us > end_us:
            raise AssertionError("the scan does not end")
        return stopped(run)

    loop = Loop(config, Links((link,)), run, wire.clock, services, naming or Naming(reverse=False), ended)
    run.summary = loop.run()
    link.close()
    return run


def services(ports: list[int], proto: str) -> dict[int, str]:
    """Names of services."""
    known = {22: "ssh", 80: "http"}
    return {port: known[port] for port in ports if port in known and proto == "tcp"}
