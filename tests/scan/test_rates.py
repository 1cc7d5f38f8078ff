"""Ceilings over whole scans in virtual time: finding hosts, two techniques and the link together, frame by frame."""

from dataclasses import replace

import numpy as np
import pytest
from tests.scan.campaigns import behind, campaign, config_of, far, finding, syn, udp
from tests.scan.runs import QUICK, ROUTERS, Run, crowd, space_of
from tests.sim.frames import DROPPED, OPEN, Datagram, Host, Wire
from tests.space.scopes import scope

from periplus.columns import I64
from periplus.engine.meter import meters_for
from periplus.engine.timing import Timing
from periplus.scan.guard import Guard
from periplus.wire.lane import Lane

WINDOW_US = 100_000
PORTS = [22, 80, 443]


class Counting(Wire):
    """A wire that writes down when each frame left, and whom it asks."""

    def __init__(self, hosts: dict[str, Host]) -> None:
        super().__init__(hosts, ROUTERS)
        self.left: list[tuple[int, int]] = []

    def _frame(self, lane: Lane, frame: bytes) -> None:
        packet = frame[lane.header :]
        at = 24 if len(packet) < 60 and frame[12:14] == b"\x08\x06" else 16
        self.left.append((self.now_us, int.from_bytes(packet[at : at + 4])))
        super()._frame(lane, frame)


def world() -> dict[str, Host]:
    """Hosts on the link and behind a router: some answer, some are silent, some speak UDP."""
    hosts = crowd(5, {80: OPEN})
    hosts |= {far(last): behind(Host({22: OPEN}, datagrams={53: Datagram()})) for last in range(1, 5)}
    hosts |= {far(last): behind(Host(other=DROPPED, icmp=(8,))) for last in range(20, 23)}
    return hosts


def scanned(timing: Timing) -> tuple[Run, Counting]:
    hosts = world()
    wire = Counting(hosts)
    guard = Guard(None, wire.clock.now_us, lambda: 0.0, max_rate=timing.max_rate, meters=meters_for(timing))
    works = (syn(space_of([*hosts], PORTS)), udp(space_of([*hosts], [53, 123])))
    return campaign(wire, config_of(works, finding(hosts), timing), guard=guard), wire


def busiest(left: I64) -> int:
    """The most that left within a tenth of a second."""
    return int((np.searchsorted(left, left + WINDOW_US) - np.arange(len(left))).max())


def check(wire: Counting, timing: Timing) -> None:
    moments = np.array([at for at, _ in wire.left])
    them = np.array([addr for _, addr in wire.left])
    assert busiest(moments) <= timing.max_rate / 10 + 1 or not timing.max_rate
    for rate, key in ((timing.max_host_rate, them), (timing.max_net_rate, them >> 8)):
        for each in np.unique(key) if rate else ():
            assert busiest(moments[key == each]) <= rate / 10 + 1


@pytest.mark.parametrize(
    ("whole", "host", "net", "least_s"),
    [
        (120.0, 0.0, 0.0, 0.8),
        (0.0, 15.0, 0.0, 0.4),
        (0.0, 0.0, 120.0, 0.3),
        (400.0, 40.0, 150.0, 0.2),
        (8_000.0, 1_500.0, 3_000.0, 0.0),
    ],
)
def test_every_ceiling_holds_over_any_tenth_of_a_second(
    whole: float, host: float, net: float, least_s: float
) -> None:
    timing = replace(QUICK, max_rate=whole, max_host_rate=host, max_net_rate=net)
    run, wire = scanned(timing)
    check(wire, timing)
    assert run.summary.exit == "success"
    assert run.open == {(addr, port) for addr, each in world().items() for port in opens(each)}
    assert run.summary.seconds > least_s


def opens(host: Host) -> set[int]:
    return {port for port, behaviour in host.ports.items() if behaviour is OPEN} | {*host.datagrams}


def test_a_ceiling_is_used() -> None:
    run, wire = scanned(replace(QUICK, max_rate=150.0))
    assert len(wire.left) > 0.8 * 150 * run.summary.seconds


def test_a_ceiling_may_come_while_it_runs_and_never_passes_the_scope_s() -> None:
    hosts = world()
    wire = Counting(hosts)
    guard = Guard(scope(max_rate=50), wire.clock.now_us, lambda: 0.0)
    guard.limit(20.0)
    assert guard.max_rate == 20.0
    guard.limit(400.0)
    assert guard.max_rate == 50.0
    guard = Guard(None, wire.clock.now_us, lambda: 0.0)
    assert guard.max_rate == 0.0
    guard.limit(250.0)
    works = (syn(space_of([*hosts], PORTS)),)
    campaign(wire, config_of(works, finding(hosts), QUICK), guard=guard)
    check(wire, replace(QUICK, max_rate=250.0))
