"""The plan before the packets: what a scan would send, counted and never enumerated.

Everything follows from sets of addresses and what one host of each costs (`costs`), so a plan for the whole of IPv4
takes no longer than one for a single network. Each kind of question is a stage, and each stage has three figures:

- *first*: every question once. So much is sent if every host is up and every port answers, and nothing gets lost.
- *silent*: if no question is answered and nothing gets lost. Silence is believed after `Timing.min_tries` tries; for
  how long a loss that was measured raises that, nobody knows before.
- *most*: the bound. With `Timing.max_tries` tries of everything, no host can be asked more often by being silent.

Hosts that do not answer the pings are asked no ports; `none_up` is what is left then. On the link ARP or neighbour
discovery comes first, three times at most, and a host that is found by it is not pinged unless that was asked for.

The time is that at the ceilings of the rate. Where there are none it is a range between two assumptions, which are
told: `QUICK_PPS` if everything answers, and the pace that silence gets.

Limits: a host that rations its ICMP errors sets the pace of its UDP ports itself, and may have them asked more often.
A traceroute costs two probes a host if ways are shared, and at most three to each of thirty hops.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import inf

import numpy as np

from periplus.engine.walks import MAX_HOPS, TRIES
from periplus.identify.os.probe import Asked, packet
from periplus.scan.config import ScanConfig, Work
from periplus.scan.costs import Costs, Price, link_price
from periplus.scan.fingerprinting import FINGERPRINT_TRIES
from periplus.scan.menu import Menu
from periplus.scan.trace import PACE_PPS
from periplus.space.busiest import Busiest, busiest
from periplus.space.ip import V4_BASE, format_ip
from periplus.space.ranges import AddressSpace
from periplus.space.space import Space
from periplus.transport.routes import Path
from periplus.wire.icmp import ECHO, IcmpProbe
from periplus.wire.lane import Lane, Link
from periplus.wire.shape import PLAIN

__all__ = ["Figures", "Network", "Pace", "Plan", "Reach", "Stage", "assumed_reaches", "plan_of", "reaches_of"]

LINK_TRIES = 3  # as often the resolver asks, and by default the system
QUICK_PPS, QUICK_CONNECTS = (
    100_000.0,
    50_000.0,
)  # what a fast network that answers everything was seen to carry
FASTEST_PPS = 1_000_000.0  # what one machine sends at most, however fast it is asked to
ROUND_TRIP_S = 0.001  # assumed where one probe waits for the other
TRACE_LEAST = 2  # probes to a host behind a way that is known
SECOND_US = 1_000_000
_V4 = AddressSpace.of([(V4_BASE, V4_BASE + (1 << 32) - 1)])


@dataclass(frozen=True, slots=True)
class Reach:
    """Hosts that are reached alike. `on_link`: they are their own next hop."""

    hosts: AddressSpace
    lane: Lane
    on_link: bool

    @property
    def asks_link(self) -> bool:
        """Whether their hardware addresses have to be found out."""
        return self.on_link and self.lane.link is Link.ETHERNET


@dataclass(frozen=True, slots=True)
class Figures:
    """Questions, the frames that they become, and their bytes."""

    probes: int = 0
    packets: int = 0
    octets: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(self.probes + other.probes, self.packets + other.packets, self.octets + other.octets)

    def times(self, factor: int) -> "Figures":
        """So often."""
        return Figures(self.probes * factor, self.packets * factor, self.octets * factor)


@dataclass(frozen=True, slots=True)
class Stage:
    """One kind of question: to how many `hosts`, and at most so many `each`. `name` is for programs."""

    name: str
    title: str
    hosts: int = 0
    each: int = 0
    first: Figures = field(default_factory=Figures)
    silent: Figures = field(default_factory=Figures)
    most: Figures = field(default_factory=Figures)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long at which rate. `quick` if everything answers, `slow` if nothing does; `ceiling` names what holds the
    quick rate down: ``--max-rate``, ``--max-host-rate``, ``--max-net-rate``, ``scope``, ``delay``, ``traceroute``, or
    nothing."""

    quick_pps: float
    slow_pps: float
    quick_s: float
    slow_s: float
    ceiling: str | None


@dataclass(frozen=True, slots=True)
class Network:
    """The /24 or /64 that gets most: packets, first tries and at most, and packets a second at the quick rate."""

    text: str
    first: int
    most: int
    per_second: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What a scan would send. `left_out` targets have no way; `none_up`: if no host answers (None: none is
    pinged)."""

    targets: int
    left_out: int
    stages: tuple[Stage, ...]
    pace: Pace
    busiest: Network | None
    none_up: Figures | None

    @property
    def first(self) -> Figures:
        """Every question once."""
        return sum((stage.first for stage in self.stages), Figures())

    @property
    def silent(self) -> Figures:
        """If nothing is answered, and nothing gets lost."""
        return sum((stage.silent for stage in self.stages), Figures())

    @property
    def most(self) -> Figures:
        """At most."""
        return sum((stage.most for stage in self.stages), Figures())


@dataclass(frozen=True, slots=True)
class _Part:
    """What each of some hosts is asked in one stage: questions and their price, each once."""

    hosts: AddressSpace
    questions: int
    price: Price

    def figures(self) -> Figures:
        frames, octets = self.price
        return Figures(self.questions, frames, octets).times(self.hosts.size)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A stage in the making: its parts, and how often each is asked if it is silent."""

    name: str
    title: str
    parts: tuple[_Part, ...]
    silent: int
    most: int
    routers: Figures = Figures()  # what else is asked, of no targets

    def stage(self) -> Stage:
        first = sum((part.figures() for part in self.parts), self.routers)
        return Stage(
            self.name,
            self.title,
            AddressSpace.union(part.hosts for part in self.parts).size + self.routers.probes,
            max((part.questions for part in self.parts if part.hosts), default=0),
            first,
            first.times(self.silent),
            first.times(self.most),
        )


def reaches_of(paths: Iterable[Path]) -> list[Reach]:
    """What routes reach, what they reach alike in one."""
    spans: dict[tuple[Lane, bool], list[tuple[int, int]]] = {}
    for path in paths:
        if path.lane is not None:
            spans.setdefault((path.lane, path.gateway is None), []).append((path.first, path.last))
    return [Reach(AddressSpace.of(some), lane, on_link) for (lane, on_link), some in spans.items()]


def assumed_reaches() -> list[Reach]:
    """What is reached where nobody can be asked for routes: all, by an Ethernet and its router."""
    mac = bytes(6)
    lanes = [Lane(1, "", Link.ETHERNET, ip_me, mac, 1500) for ip_me in (V4_BASE, 0)]
    everything = AddressSpace.of([(0, (1 << 128) - 1)])
    return [Reach(_V4, lanes[0], False), Reach(everything - _V4, lanes[1], False)]


def plan_of(config: ScanConfig, reaches: Sequence[Reach], routers: Sequence[Lane] = ()) -> Plan:
    """Count what a scan would send; `routers`: of each next hop that has to be looked for the lane to it."""
    targets = AddressSpace.union(block.addresses for space in config.spaces for block in space.blocks)
    reached = AddressSpace.union(reach.hosts & targets for reach in reaches)
    asked = _stages(config, reaches, reached, routers)
    stages = tuple(each.stage() for each in asked if each.parts or each.routers.probes)
    first = sum((stage.first for stage in stages), Figures())
    silent = sum((stage.silent for stage in stages), Figures())
    densest = busiest((part.hosts, part.price[0]) for each in asked for part in each.parts)
    pace = _pace(config, stages, first, silent, densest[2] if densest else 0)
    names = {"link": LINK_TRIES, "discovery": config.timing.min_tries}
    none_up = sum((s.first.times(names[s.name]) for s in stages if s.name in names), Figures())
    return Plan(
        targets=targets.size,
        left_out=targets.size - reached.size,
        stages=stages,
        pace=pace,
        busiest=_network(asked, pace, densest),
        none_up=none_up if config.discovery else None,
    )


def _stages(
    config: ScanConfig, reaches: Sequence[Reach], reached: AddressSpace, routers: Sequence[Lane]
) -> list[_Asked]:
    tries = config.timing.min_tries, config.timing.max_tries
    stages = [_on_link(reaches, reached, routers)]
    if config.discovery:
        menu, proof = config.discovery.menu, config.discovery.link_proof
        pinged = [
            reach for reach in reaches if not (proof and reach.on_link and reach.lane.link is not Link.BARE)
        ]
        parts = _parts(Costs(menu, config.shape), config.discovery.space, pinged)
        stages.append(_Asked("discovery", "Host discovery", parts, *tries))
    for work in config.works:
        parts = _parts(Costs(Menu((work.technique,)), config.shape), work.space, reaches)
        stages.append(_Asked(work.technique.name, work.technique.title, parts, *tries))
    if config.fingerprint is not None:
        stages.append(_fingerprints(reaches, reached))
    if config.traceroute:
        stages.append(_traceroute(config.works, reaches, reached))
    return stages


def _on_link(reaches: Sequence[Reach], reached: AddressSpace, routers: Sequence[Lane]) -> _Asked:
    parts = [_Part(reach.hosts & reached, 1, link_price(reach.lane)) for reach in reaches if reach.asks_link]
    besides = sum((Figures(1, *link_price(lane)) for lane in routers), Figures())
    return _Asked("link", "Addresses on the link", _there(parts), LINK_TRIES, LINK_TRIES, besides)


def _parts(costs: Costs, space: Space, reaches: Sequence[Reach]) -> tuple[_Part, ...]:
    made = []
    for reach in reaches:
        for block in space.blocks:
            hosts = block.addresses & reach.hosts
            if hosts:
                made.append(_Part(hosts, len(block.ports), costs.of(reach.lane, block.ports)))
    return tuple(made)


def _traceroute(works: Sequence[Work], reaches: Sequence[Reach], reached: AddressSpace) -> _Asked:
    """Hosts on the link are their own only hop. Others are asked by TCP if that is scanned, else by an echo."""
    by_tcp = [work.technique.probe for work in works if work.technique.proto == "tcp"]
    probe = next((each for each in by_tcp if each is not None), IcmpProbe(ECHO))
    parts = []
    for reach in reaches:
        if not reach.on_link:
            _, octets = Costs.of_probe(probe, reach.lane, np.array([ECHO], np.uint16), PLAIN)
            price = TRACE_LEAST, TRACE_LEAST * octets
            parts.append(_Part(reach.hosts & reached, TRACE_LEAST, price))
    most = MAX_HOPS * TRIES // TRACE_LEAST
    return _Asked("traceroute", "Traceroute", _there(parts), most, most)


def _fingerprints(reaches: Sequence[Reach], reached: AddressSpace) -> _Asked:
    """Hosts of IPv4, as though each had an open port."""
    asked = Asked(
        ip_me=V4_BASE, ip_them=V4_BASE, port_me=0, open=0, closed=0, udp=0, seq=0, ack=0, ident=0, ip_id=0
    )
    sizes = [len(packet(asked, number)) for number in asked.numbers()]
    parts = [
        _Part(reach.hosts & reached, len(sizes), (len(sizes), sum(sizes) + reach.lane.header * len(sizes)))
        for reach in reaches
        if reach.lane.is_v4
    ]
    return _Asked("os", "Operating systems", _there(parts), FINGERPRINT_TRIES, FINGERPRINT_TRIES)


def _there(parts: Iterable[_Part]) -> tuple[_Part, ...]:
    return tuple(part for part in parts if part.hosts)


def _pace(config: ScanConfig, stages: Sequence[Stage], first: Figures, silent: Figures, densest: int) -> Pace:
    """`densest`: packets, each question once, of the network that gets most."""
    timing, at_once = config.timing, config.timing.parallelism
    ceiling = timing.max_rate or inf
    scope = (config.scope.max_rate if config.scope else 0.0) or inf
    between = timing.scan_delay_us / SECOND_US
    each = sum(stage.each for stage in stages if stage.name != "link")
    quick = at_once / ROUND_TRIP_S if at_once else _carried(config)
    takes = {
        None: 0.0 if min(ceiling, scope) < inf and not at_once else first.probes / quick,
        "delay": between * max(each - 1, 0),
        "scope": first.packets / scope,
        "--max-rate": first.packets / ceiling,
        "--max-host-rate": each / (timing.max_host_rate or inf),
        "--max-net-rate": densest / (timing.max_net_rate or inf),
        "traceroute": sum(stage.first.probes for stage in stages if stage.name == "traceroute") / PACE_PPS,
    }
    quick_s = max(takes.values())
    why = next(name for name, seconds in takes.items() if seconds == quick_s)
    floor = min(timing.floor_rate, FASTEST_PPS) or at_once * SECOND_US / timing.initial_rtt_us
    slow_s = max(
        silent.probes / floor,
        silent.packets / min(ceiling, scope),
        *(timing.min_tries * takes[name] for name in ("--max-host-rate", "--max-net-rate")),
        between * max(each * timing.min_tries - 1, 0),
        sum(stage.silent.probes for stage in stages if stage.name == "traceroute") / PACE_PPS,
        quick_s,
    )
    return Pace(_rate(first, quick_s), _rate(silent, slow_s), quick_s, slow_s, why)


def _carried(config: ScanConfig) -> float:
    """What a fast network carries."""
    menus = [work.technique for work in config.works]
    menus += config.discovery.menu.techniques if config.discovery and not menus else ()
    raw = any(technique.needs_raw for technique in menus)
    return max(QUICK_PPS if raw else QUICK_CONNECTS, min(config.timing.floor_rate, FASTEST_PPS))


def _rate(figures: Figures, seconds: float) -> float:
    return figures.probes / seconds if seconds else 0.0


def _network(asked: Sequence[_Asked], pace: Pace, found: Busiest | None) -> Network | None:
    if found is None:
        return None
    parts = [(part, stage) for stage in asked for part in stage.parts]
    first, prefix, weight = found
    here = AddressSpace.of([(first, first | (1 << (32 if prefix == 24 else 128) - prefix) - 1)])
    most = sum((part.hosts & here).size * part.price[0] * stage.most for part, stage in parts)
    per_second = weight / pace.quick_s if pace.quick_s else 0.0
    return Network(f"{format_ip(first)}/{prefix}", weight, most, per_second)
