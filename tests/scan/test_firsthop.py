"""Gateways that are asked how they are, on the wire in memory; what their answers mean is in engine/test_firsthop."""

import math
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from tests.scan.runs import (
    ETH4,
    ETH6,
    FAR,
    FAR6,
    KEY,
    MAC_ME,
    NEAR,
    OURS,
    PATHS,
    QUICK,
    ROUTER4,
    ROUTER6,
    ROUTERS,
    TUN4,
    Run,
    config_of,
    mac,
    services,
    space_of,
)
from tests.sim.frames import OPEN, Host, Wire
from tests.space.scopes import scope
from tests.wire.twins import number

from periplus.engine.firsthop import MUTE
from periplus.engine.limits import UNREAD
from periplus.engine.timing import Timing
from periplus.scan.config import ScanConfig
from periplus.scan.firsthop import FEW, MOST, WORTH_ASKING, FirstHops, first_hops
from periplus.scan.guard import Guard, GuardedFrames
from periplus.scan.loop import Loop
from periplus.scan.menu import Menu
from periplus.scan.naming import Naming
from periplus.scan.open import Links
from periplus.scan.raw import RawLink
from periplus.space.address import Addresses
from periplus.space.ranges import AddressSpace
from periplus.technique.syn import TECHNIQUE
from periplus.transport.neighbours import Resolver
from periplus.transport.routes import Path
from periplus.wire.packets import Packets

PORTS = 1_440
OPEN_PORTS = frozenset(range(7, PORTS, 31))
CAPPED = replace(QUICK, max_rate=400.0)
VIA = {FAR: ROUTER4, FAR6: ROUTER6}


class World(Wire):
    """One far host; once its gateway saw `calm` probes it has trouble while they come faster than `bears_pps`."""

    def __init__(
        self, target: str, trouble_us: int | None, calm: int = 400, bears_pps: float = 120.0
    ) -> None:
        host = Host(dict.fromkeys(OPEN_PORTS, OPEN), via=VIA[target])
        super().__init__({target: host}, ROUTERS)
        self.hesitates = self._hesitate
        self.gaps: list[float] = []  # the rates of probes between two questions
        self._trouble = trouble_us, calm, bears_pps
        self._before = self.now_us, 0

    def _hesitate(self, text: str) -> int | None:
        trouble_us, calm, bears_pps = self._trouble
        seen = sum(self.probes.values())
        (then_us, before), self._before = self._before, (self.now_us, seen)
        self.gaps.append((seen - before) * 1e6 / max(self.now_us - then_us, 1))
        return trouble_us if seen > calm and self.gaps[-1] > bears_pps else 0


@dataclass
class Watched:
    """A scan whose gateways are watched."""

    wire: Wire
    config: ScanConfig
    guard: Guard | None = None
    probes: int = WORTH_ASKING
    presses: dict[int, float] = field(
        default_factory=dict
    )  # the ceiling that the user sets after so many probes

    def run(self) -> Run:
        wire, config, resolver = self.wire, self.config, Resolver()
        self.told: list[str] = []
        space, transport = config.works[0].space, GuardedFrames(wire, self.guard) if self.guard else wire
        targets = space.host_at(np.arange(space.n_hosts)).ints()
        paths = [path for path in PATHS if any(path.first <= each <= path.last for each in targets)]
        self.hops = first_hops(paths, config.timing, resolver, self.told.append, self.probes)
        now_us = wire.clock.now_us
        link = RawLink(
            space, Menu((TECHNIQUE,)), paths, transport, OURS, KEY, now_us, resolver, hops=self.hops
        )
        links, run = Links((link,), guard=self.guard, hops=self.hops), Run()
        ends_us = wire.now_us + 600_000_000

        def overdue() -> bool:
            assert wire.now_us < ends_us, "the scan does not end"
            for probes in [each for each in self.presses if each <= sum(wire.probes.values())]:
                loop.limit(self.presses.pop(probes))
            return False

        loop = Loop(config, links, run, wire.clock, services, Naming(reverse=False), overdue)
        run.summary = loop.run()
        links.close()
        return run


def far(target: str, timing: Timing = CAPPED) -> ScanConfig:
    """A scan of many ports of a host behind a gateway."""
    return config_of(space_of([target], [*range(1, PORTS + 1)]), timing, assume_up=True)


@pytest.mark.parametrize("target", [FAR, FAR6])
@pytest.mark.parametrize("trouble_us", [80_000, None])
def test_the_rate_falls_to_what_the_gateway_bears(target: str, trouble_us: int | None) -> None:
    wire = World(target, trouble_us)
    watched = Watched(wire, far(target))
    run = watched.run()
    assert max(wire.gaps[:6]) > 360
    assert max(wire.gaps[-3:]) < 280
    assert run.open == {(target, port) for port in OPEN_PORTS}
    [told] = watched.told
    assert told.startswith(f"the first hop, {VIA[target]}, answers ")
    assert ("no more" in told) == (trouble_us is None)


def test_a_gateway_that_is_well_costs_nothing_but_a_few_questions() -> None:
    wire = World(FAR, 0)
    watched = Watched(wire, far(FAR))
    run = watched.run()
    assert watched.hops is not None
    assert math.isinf(watched.hops.limit_pps)
    assert watched.told == []
    assert set(wire.polled) == {ROUTER4}
    assert 2 * run.summary.seconds < len(wire.polled) <= 5 * run.summary.seconds + 1
    assert run.summary.probes == PORTS + len(wire.polled)
    assert watched.hops.asked == len(wire.polled)


def test_small_scans_ask_nothing() -> None:
    wire = World(FAR, 0)
    watched = Watched(wire, config_of(space_of([FAR], [*range(1, 300)])), probes=FEW)
    run = watched.run()
    assert run.summary.seconds < 1
    assert wire.polled == []
    assert run.summary.probes == 299


def test_questions_begin_after_a_second_where_the_scan_is_not_large() -> None:
    wire = World(FAR, 0)
    run = Watched(wire, far(FAR), probes=PORTS).run()
    assert 0 < len(wire.polled) <= 5 * (run.summary.seconds - 1) + 1


def test_a_gateway_that_does_not_answer_is_given_up() -> None:
    wire = World(FAR, None, calm=-1, bears_pps=-1)
    run = Watched(wire, far(FAR, replace(QUICK, max_rate=240.0))).run()
    assert len(wire.polled) == MUTE
    assert run.open == {(FAR, port) for port in OPEN_PORTS}


def test_hosts_on_the_link_have_no_first_hop() -> None:
    wire = Wire({NEAR: Host(mac=mac(2))}, ROUTERS)
    Watched(wire, config_of(space_of([NEAR], [*range(1, 800)]), CAPPED)).run()
    assert wire.polled == []
    alone = [path for path in PATHS if path.gateway is None]
    assert first_hops(alone, CAPPED, Resolver(), print, WORTH_ASKING) is None


def test_a_handful_of_probes_is_no_load() -> None:
    assert first_hops(PATHS, CAPPED, Resolver(), print, FEW - 1) is None
    assert first_hops(PATHS, CAPPED, Resolver(), print, FEW) is not None


@pytest.mark.parametrize("target", [FAR, FAR6])
def test_a_scope_lets_the_gateway_be_asked_and_nobody_else(target: str) -> None:
    wire = World(target, 0)
    guard = Guard(scope(networks=[target]), wire.clock.now_us, lambda: 0.0, max_rate=400.0)
    guard.routers = AddressSpace.of([(number(router), number(router)) for router in (ROUTER4, ROUTER6)])
    run = Watched(wire, far(target), guard).run()
    assert run.summary.exit == "success"
    assert guard.held == 0
    assert set(wire.polled) == {VIA[target]}
    frames = sum(len(frames) for _, frames in wire.sent)
    assert frames <= 400 * run.summary.seconds + 20


def test_the_user_s_ceiling_and_the_gateways_hold_together() -> None:
    """The lower of both counts, whichever was told last."""
    wire = World(FAR, 80_000)
    guard = Guard(None, wire.clock.now_us, lambda: 0.0, max_rate=400.0)
    watched = Watched(wire, far(FAR), guard, presses={1_000: 10_000.0})
    run = watched.run()
    assert watched.told
    assert max(wire.gaps[-3:]) < 280
    assert run.open == {(FAR, port) for port in OPEN_PORTS}


def known() -> Resolver:
    """A resolver that knows all gateways."""
    resolver = Resolver()
    for lane in (ETH4, ETH6):
        resolver.want(lane, Addresses.of_ints([number(ROUTER4 if lane is ETH4 else ROUTER6)]))
    both = Addresses.of_ints([number(ROUTER4), number(ROUTER6)])
    resolver.learn(ETH4.ifindex, both, np.full((2, 6), 2, np.uint8))
    return resolver


def reply(time_us: int, ifindex: int = ETH4.ifindex, router: str = ROUTER4) -> Packets:
    """An ARP reply."""
    them = (number(router) & 0xFFFFFFFF).to_bytes(4)
    packet = b"\0\x01\x08\0\6\4\0\2" + ROUTERS[ROUTER4] + them + MAC_ME + bytes(4)
    return Packets.of_bytes([packet], time_us, ethertype=0x0806, ifindex=ifindex)


class Asker:
    """One gateway on a clock of ours; `heard` is what its health is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.hops = FirstHops([(ETH4, number(ROUTER4))], known(), print, at_once=True)
        self.heard: list[tuple[int, float | None]] = []
        answered = "periplus.engine.firsthop.FirstHop.answered"
        monkeypatch.setattr(answered, lambda _, *what: self.heard.append(what))
        self._sent = 0

    def step(self, now_us: int, packets: Packets | None = None, *, room: bool = True) -> int:
        """Questions that are sent now, each of which leaves at once; meanwhile probes leave."""
        self._sent += 1
        self.hops.review(now_us, self._sent)
        parcels = self.hops.step(now_us, packets or Packets.empty(), room=room)
        for parcel in parcels:
            parcel.stamp(now_us + 10, now_us + 20)
        return len(parcels)


def test_one_question_at_a_time_and_five_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    asker = Asker(monkeypatch)
    assert asker.step(1_000) == 1
    assert asker.step(2_000) == 0
    assert asker.step(300_000) == 0
    assert asker.step(300_100, reply(4_010)) == 1
    assert asker.heard == [(4_010, 3_000.0)]
    assert asker.step(300_200, reply(300_150)) == 0
    assert asker.step(500_099) == 0
    assert asker.step(500_100) == 1


def test_without_room_or_probes_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asker = Asker(monkeypatch)
    assert asker.step(1_000, room=False) == 0
    assert asker.step(2_000) == 1
    asker.step(3_000, reply(2_500))
    assert asker.hops.step(900_000, Packets.empty(), room=True) != []
    asker.step(901_000, reply(900_500))
    assert asker.hops.step(2_000_000, Packets.empty(), room=True) != []
    asker.hops.step(2_100_000, reply(2_000_500), room=True)
    assert asker.hops.step(3_000_000, Packets.empty(), room=True) == []


def test_an_answer_after_a_question_in_vain_has_no_round_trip(monkeypatch: pytest.MonkeyPatch) -> None:
    asker = Asker(monkeypatch)
    assert asker.step(0) == 1
    assert asker.step(500_009) == 0
    assert asker.step(500_010) == 1
    assert asker.step(520_000, reply(515_000)) == 0
    assert asker.heard == [(515_000, None)]
    assert asker.step(800_000) == 1
    asker.step(810_000, reply(801_010))
    assert asker.heard[1:] == [(801_010, 1_000.0)]


def test_only_the_gateway_s_own_answer_on_its_link_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    asker = Asker(monkeypatch)
    asker.step(0)
    for packets in (reply(5_000, router=NEAR), reply(5_000, ifindex=TUN4.ifindex)):
        asker.step(6_000, packets)
    assert asker.heard == []
    asker.step(6_000, reply(5_010))
    asker.step(7_000, reply(6_010))  # to nobody's question
    assert asker.heard == [(5_010, 5_000.0)]


def test_no_question_is_in_vain_while_answers_may_wait_to_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    asker = Asker(monkeypatch)
    asker.step(0)
    crowd = Packets.of_bytes([b""] * UNREAD)
    asker.step(600_000, crowd)
    asker.step(600_100, reply(5_010))
    assert asker.heard == [(5_010, 5_000.0)]


def paths(*gateways: int) -> list[Path]:
    """Networks behind gateways, the later the larger."""
    return [
        Path(row << 40, (row << 40) + row, ETH6, gateway) for row, gateway in enumerate(gateways, start=1)
    ]


def test_those_with_the_most_behind_them_are_asked() -> None:
    routers = [number(f"2001:db8::fe{row}") for row in range(MOST + 2)]
    resolver = Resolver()
    hops = first_hops(paths(*routers), QUICK, resolver, print, WORTH_ASKING)
    assert hops is not None
    every = Addresses.of_ints(routers[2:])
    resolver.learn(ETH6.ifindex, every, np.full((len(every), 6), 2, np.uint8))
    hops.review(0, 1)
    assert len(hops.step(0, Packets.empty(), room=True)) == MOST


@pytest.mark.parametrize(
    ("timing", "watched"),
    [
        (Timing(), True),
        (Timing(max_rate=500.0), True),
        (Timing(floor_rate=500.0, floor_is_fixed=True), True),
        (Timing(floor_rate=500.0, floor_is_fixed=True, max_rate=800.0), True),
        (Timing(floor_rate=500.0, floor_is_fixed=True, max_rate=500.0), False),
        (Timing(max_rate=500.0).once(), True),
    ],
)
def test_an_exact_rate_cannot_fall_so_nobody_is_asked(timing: Timing, watched: bool) -> None:
    assert (first_hops(PATHS, timing, Resolver(), print, FEW) is not None) is watched


def test_other_links_than_ethernet_have_nobody_to_ask() -> None:
    tunnel = [Path(number(FAR), number(FAR), TUN4, number("198.18.9.9"))]
    assert first_hops(tunnel, QUICK, Resolver(), print, FEW) is None
