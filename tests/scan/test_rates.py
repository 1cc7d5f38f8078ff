"""Ceilings over whole scans in virtual time: finding hosts, two techniques and the link together, frame by frame."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scan.campaigns import behind, campaign, config_of, far, finding, syn, udp
from tests.scan.runs import QUICK, ROUTERS, Run, crowd, space_of
from tests.sim.frames import DROPPED, OPEN, Datagram, Host, Wire
from tests.wire.twins import number

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
    hosts = crowd(12, {80: OPEN})
    hosts |= {far(last): behind(Host({22: OPEN}, datagrams={53: Datagram()})) for last in range(1, 9)}
    hosts |= {far(last): behind(Host(other=DROPPED, icmp=(8,))) for last in range(20, 26)}
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
    router = number("198.18.0.254")
    assert busiest(moments) <= timing.max_rate / 10 + 1 or not timing.max_rate
    for rate, key in ((timing.max_host_rate, them), (timing.max_net_rate, them >> 8)):
        for each in np.unique(key) if rate else ():
            assert busiest(moments[key == each]) <= rate / 10 + 1, (each, router)


RATES = st.sampled_from([0.0, 15.0, 200.0, 1_500.0, 8_000.0])


@given(RATES, RATES, RATES)
@settings(max_examples=12, deadline=None)
def test_every_ceiling_holds_over_any_tenth_of_a_second(whole: float, host: float, net: float) -> None:
    timing = replace(QUICK, max_rate=whole, max_host_rate=host, max_net_rate=net)
    run, wire = scanned(timing)
    check(wire, timing)
    assert run.summary.exit == "success"
    assert run.open == scanned(QUICK)[0].open


@pytest.mark.parametrize(
    ("timing", "least_s"),
    [
        (replace(QUICK, max_rate=100.0), 2.0),
        (replace(QUICK, max_host_rate=10.0), 0.5),
        (replace(QUICK, max_net_rate=50.0), 1.0),
    ],
)
def test_a_ceiling_is_used_and_costs_time(timing: Timing, least_s: float) -> None:
    run, wire = scanned(timing)
    check(wire, timing)
    assert run.summary.seconds > least_s
    rate = len(wire.left) / run.summary.seconds
    assert not timing.max_rate or 0.8 * timing.max_rate < rate <= timing.max_rate + 1
