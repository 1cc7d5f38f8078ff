"""What is opened for a scan; the kernel's part is played."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC
from typing import Any, Self

import pytest
from tests.scan.campaigns import finding, syn, udp
from tests.scan.kernel import MAC, Kernel
from tests.scan.runs import ETH4, LO4, OURS, ROUTER4, config_of, space_of
from tests.sim.frames import Wire
from tests.space.scopes import scope
from tests.wire.twins import number

from periplus.errors import CannotScan
from periplus.scan.clock import Clock
from periplus.scan.config import Discovery, Fingerprinting, Identify, ScanConfig, Tarpits, Transport, Work
from periplus.scan.guard import GuardedAsks, GuardedConnects, GuardedFrames
from periplus.scan.menu import Menu
from periplus.scan.open import FEW_CONNECTS, WORTH_XDP, Links, open_links
from periplus.scan.plain import PlainLink
from periplus.scan.raw import FrameLine, RawLink
from periplus.scan.recess import OpenHours, PausingClock, PlacedFrames, Recess
from periplus.scan.sender import Direct, Threaded
from periplus.space.ranges import AddressSpace
from periplus.space.scopefile import parse_hours
from periplus.technique.connect import TECHNIQUE as CONNECT
from periplus.technique.echo import TECHNIQUE as ECHO
from periplus.technique.model import Technique
from periplus.technique.protocol import TECHNIQUE as PROTOCOL
from periplus.technique.syn import TECHNIQUE as SYN
from periplus.technique.udp import TECHNIQUE as UDP
from periplus.transport import sockets, xdp
from periplus.transport.ask import Asks
from periplus.transport.connect import open_socket
from periplus.transport.routes import Path, Via
from periplus.wire.lane import Lane
from periplus.wire.packets import WIDE, WIDTH, Packets

HOSTS = [f"198.18.0.{last}" for last in range(2, 18, 2)]


def span(first: str, last: str, lane: Lane | None = None, problem: str | None = None) -> Path:
    """A path."""
    return Path(number(first), number(last), lane, None, problem)


def draws(n: int) -> int:
    """The least number."""
    return 0


def link_for(config: ScanConfig, tell: Callable[[str], None] = lambda line: None) -> object:
    """What is opened."""
    [link] = open_links(config, Clock(), draws, tell).works
    return link


def config() -> ScanConfig:
    """A scan of a few hosts."""
    return config_of(space_of(HOSTS, [22]))


def test_sockets_are_opened_for_a_technique_of_sockets() -> None:
    link = link_for(ScanConfig((Work(CONNECT, config().works[0].space),), config().timing, 1))
    assert isinstance(link, PlainLink)
    link.close()


def test_every_lane_is_opened_once_and_targets_are_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [
        span("198.18.0.0", "198.18.0.5", ETH4),
        span("198.18.0.6", "198.18.0.6", LO4),
        span("198.18.0.7", "198.18.0.99", ETH4),
    ]
    kernel = Kernel(monkeypatch, paths)
    link = link_for(config())
    assert isinstance(link, RawLink)
    assert kernel.opened == [(OURS, [ETH4, LO4])]
    assert (kernel.asked, kernel.ended) == ([len(HOSTS)], 1)
    link.close()
    assert kernel.wires[0].closed


@pytest.mark.parametrize(
    ("name", "how"), [("trace", {"traceroute": True}), ("fingerprint", {"fingerprint": Fingerprinting()})]
)
def test_what_asks_besides_has_a_link_of_its_own(
    name: str, how: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = Kernel(monkeypatch, [span("198.18.0.0", "198.18.0.99", ETH4)])
    links = open_links(replace(config(), **how), Clock(), draws, print)
    assert getattr(links, name).lanes == [ETH4]
    assert [ports for ports, _ in kernel.opened] == [OURS, range(OURS.stop, OURS.stop + 16)]
    assert kernel.protocols[-1] == (1, 6, 17, 58)
    links.close()
    assert all(wire.closed for wire in kernel.wires)
    links = open_links(config(), Clock(), draws, print)
    assert (getattr(links, name), links.hops) == (None, None)


def asks_of(chosen: ScanConfig, tell: Callable[[str], None] = print) -> tuple[Links, object]:
    """The links, and what asks with data."""
    links = open_links(replace(chosen, tarpits=Tarpits()), Clock(), draws, tell)
    assert links.asks is not None
    return links, links.asks.asks()


def test_asking_with_data_is_by_sockets_also_beside_raw_packets(monkeypatch: pytest.MonkeyPatch) -> None:
    Kernel(monkeypatch, [span("198.18.0.0", "198.18.0.99", ETH4)])
    used: list[tuple[object, ...]] = []

    def opener(*words: object) -> Callable[[int], object]:
        used.append(words)
        return open_socket

    monkeypatch.setattr(sockets, "opener", opener)
    links, asks = asks_of(replace(config(), via=Via("eth0"), source_port=53, socket_ttl=7))
    assert type(asks) is Asks
    assert used == [(Via("eth0"), None, 7, (4,))]  # raw packets have the chosen port to themselves
    links.close()
    connecting = replace(config(), works=(Work(CONNECT, config().works[0].space),), source_port=53)
    links, asks = asks_of(connecting)
    assert used[-1] == (Via(), 53, None, (4,))
    links.close()
    assert open_links(connecting, Clock(), draws, print).asks is None


def test_a_scope_stands_before_what_asks_with_data(monkeypatch: pytest.MonkeyPatch) -> None:
    Kernel(monkeypatch, [span("198.18.0.0", "198.18.0.99", ETH4)])
    links, asks = asks_of(replace(config(), scope=scope()))
    assert isinstance(asks, GuardedAsks)
    links.close()


def test_where_no_socket_can_be_had_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*words: object) -> object:
        raise CannotScan("no socket at all: why")

    Kernel(monkeypatch, [span("198.18.0.0", "198.18.0.99", ETH4)])
    monkeypatch.setattr(sockets, "opener", fail)
    lines: list[str] = []
    links, asks = asks_of(config(), lines.append)
    assert asks is None
    assert lines == ["hosts that accept everything are not recognised: no socket at all: why"]
    links.close()


def test_a_router_that_the_kernel_knows_is_not_asked_for_but_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    Kernel(monkeypatch, [Path(number("198.18.0.0"), number("198.18.0.99"), ETH4, number(ROUTER4))])
    large = config_of(space_of(HOSTS, [*range(1, 1_001)]))
    hops = open_links(large, Clock(), draws, print).hops
    assert hops is not None
    hops.review(0, 1)
    [question] = hops.step(2_000_000, Packets.empty(), room=True)
    assert question.frames[0, :6].tobytes() == MAC


def test_targets_without_a_way_are_told_and_the_others_scanned(monkeypatch: pytest.MonkeyPatch) -> None:
    lone = [span(addr, addr, problem="no route") for addr in HOSTS[:7]]
    Kernel(monkeypatch, [*lone, span("198.18.0.15", "198.18.0.99", ETH4)])
    lines: list[str] = []
    assert isinstance(link_for(config(), lines.append), RawLink)
    assert lines[0] == "198.18.0.2: no route; left out"
    assert lines[-1] == "2 more ranges have no way; left out"
    assert len(lines) == 6


def test_a_range_is_told_by_its_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    Kernel(
        monkeypatch,
        [span("198.18.0.2", "198.18.0.6", problem="no route"), span("198.18.0.7", "198.18.0.99", ETH4)],
    )
    lines: list[str] = []
    link_for(config(), lines.append)
    assert lines == ["198.18.0.2-198.18.0.6: no route; left out"]


def test_without_any_way_nothing_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(monkeypatch, [span("198.18.0.2", "198.18.0.99", problem="interface eth0 is down")])
    with pytest.raises(CannotScan, match=r"198\.18\.0\.2-198\.18\.0\.99: interface eth0 is down"):
        link_for(config())
    assert (kernel.opened, kernel.ended) == ([], 1)


def test_a_chosen_way_is_told_to_the_kernel_and_a_chosen_port_is_the_only_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kernel = Kernel(monkeypatch, [span("198.18.0.0", "198.18.0.99", ETH4)])
    chosen = replace(config(), via=Via("eth0"), source_port=53)
    lines: list[str] = []
    link_for(chosen, lines.append)
    assert kernel.used == [(Via("eth0"), (4,))]
    assert kernel.opened == [(range(53, 54), [ETH4])]
    assert lines == []


def test_a_chosen_port_of_another_program_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(monkeypatch, [span("198.18.0.0", "198.18.0.99", ETH4)])
    kernel.lacking = {53}
    lines: list[str] = []
    link_for(replace(config(), source_port=53), lines.append)
    assert lines == ["source port 53 cannot be held for us: if a program has it, it sees our answers as well"]
    assert kernel.used == []


def test_protocols_need_one_port_and_answers_of_every_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(monkeypatch, [span("198.18.0.0", "198.18.0.99", ETH4)])
    link_for(replace(config(), works=(Work(PROTOCOL, config().works[0].space),)))
    assert [len(ports) for ports, _ in kernel.opened] == [1]
    assert kernel.protocols == [(6, 17, 132, 255)]


def test_sockets_are_opened_as_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(monkeypatch, [])
    works = (Work(CONNECT, config().works[0].space),)
    link = link_for(replace(config(), works=works, via=Via("lo"), socket_ttl=9))
    assert isinstance(link, PlainLink)
    link.close()
    assert (kernel.used, kernel.ended) == ([(Via("lo"), (4,))], 1)


# under a scope


def test_everything_that_is_opened_asks_one_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(number("198.18.0.0"), number("198.18.0.99"), ETH4, number(ROUTER4))
    Kernel(monkeypatch, [path])
    space = config().works[0].space
    works = (Work(SYN, space), Work(CONNECT, space), udp(space))
    scoped = replace(several((ECHO, 8), works=works), traceroute=True, scope=scope())
    links = open_links(scoped, Clock(), draws, print)
    framed = [links.works[0], links.works[2], links.discovery, links.trace]
    lines = [link._transport for link in framed if isinstance(link, FrameLine)]
    assert [type(line) for line in lines] == [GuardedFrames] * 4
    senders = [link._sender for link in framed if isinstance(link, FrameLine)]
    assert [sender._transport for sender in senders if isinstance(sender, Direct | Threaded)] == lines
    assert isinstance(links.works[1], PlainLink)
    plain = links.works[1]._transport
    assert isinstance(plain, GuardedConnects)
    [guard] = {plain._guard, *(line._guard for line in lines if isinstance(line, GuardedFrames))}
    assert guard.routers == AddressSpace.of([(number(ROUTER4), number(ROUTER4))])
    links.close()


def test_with_hours_everything_asks_and_has_the_times_of_their_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    Kernel(monkeypatch, [span("198.18.0.0", "198.18.0.99", ETH4)])
    space = config().works[0].space
    wanted = replace(config(), works=(Work(SYN, space), Work(CONNECT, space)), traceroute=True)
    clock = PausingClock(Clock())
    recess = Recess(OpenHours(parse_hours("00:00-24:00"), UTC, "UTC"), clock)
    links = open_links(wanted, clock, draws, print, recess=recess)
    for link in (links.works[0], links.trace):
        assert isinstance(link, FrameLine)
        assert isinstance(link._transport, GuardedFrames)
        assert isinstance(link._transport._transport, PlacedFrames)
        assert link._transport._guard._shut == recess.shut
    plain = links.works[1]
    assert isinstance(plain, PlainLink)
    assert isinstance(plain._transport, GuardedConnects)
    assert plain._transport._guard._shut == recess.shut
    assert plain._now_us == clock.live_us
    links.close()


def test_without_a_scope_nothing_stands_before_the_transport(monkeypatch: pytest.MonkeyPatch) -> None:
    Kernel(monkeypatch, [span("198.18.0.0", "198.18.0.99", ETH4)])
    links = open_links(replace(config(), traceroute=True), Clock(), draws, print)
    assert isinstance(links.works[0], RawLink)
    assert links.trace is not None
    assert [type(link._transport) for link in (links.works[0], links.trace)] == [Wire, Wire]
    links.close()


# several


def several(*questions: tuple[Technique, int], works: tuple[Work, ...], proof: bool = True) -> ScanConfig:
    """A scan that finds hosts by these questions first."""
    return replace(config(), works=works, discovery=finding(HOSTS, questions, link_proof=proof))


def opened(config: ScanConfig) -> Links:
    """What is opened for a scan."""
    return open_links(config, Clock(), draws, lambda line: None)


EVERYWHERE = [span("198.18.0.0", "198.18.0.99", ETH4)]


def test_every_work_and_finding_get_links_with_ports_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(monkeypatch, EVERYWHERE)
    works = (syn(space_of(HOSTS, [22])), udp(space_of(HOSTS[:2], [53])))
    links = opened(several((ECHO, 8), (SYN, 443), works=works))
    assert len(links.works) == 2
    assert all(isinstance(link, RawLink) for link in (*links.works, links.discovery))
    assert kernel.reserved == kernel.protocols == [(6,), (17,), (1, 6)]
    ports = [port for span_of, _ in kernel.opened for port in span_of]
    assert len(ports) == len(set(ports)) == 3 * len(OURS)
    # The routes are asked for once, and for each target once.
    assert (kernel.asked, kernel.ended) == ([len(HOSTS)], 1)
    links.close()
    assert all(wire.closed for wire in kernel.wires)
    assert sorted(kernel.closed) == [50_000, 50_016, 50_032]


def test_all_links_share_what_is_known_of_neighbours_and_none_its_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Kernel(monkeypatch, EVERYWHERE)
    numbers = iter(range(1, 100))
    works = (syn(space_of(HOSTS, [22])), udp(space_of(HOSTS, [53])))
    scan = several((ECHO, 8), works=works)
    links = open_links(scan, Clock(), lambda n: next(numbers), lambda line: None)
    every = [link for link in (*links.works, links.discovery) if isinstance(link, RawLink)]
    assert len({id(link._resolver) for link in every}) == 1
    assert len({link._tries[0] for link in every}) == 3
    links.close()


@pytest.mark.parametrize("proof", [True, False])
def test_what_an_answer_on_the_link_proves_is_the_finder_s_to_know(
    monkeypatch: pytest.MonkeyPatch, proof: bool
) -> None:
    Kernel(monkeypatch, EVERYWHERE)
    links = opened(several((ECHO, 8), works=(syn(space_of(HOSTS, [22])),), proof=proof))
    [work], finder = links.works, links.discovery
    assert isinstance(work, RawLink)
    assert isinstance(finder, RawLink)
    assert (finder._link_proof, finder._link_tells) == (proof, proof)
    assert (work._link_proof, work._link_tells) == (False, True)
    links.close()


def test_only_finding_needs_one_link(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(monkeypatch, EVERYWHERE)
    links = opened(several((ECHO, 8), works=()))
    assert (links.works, isinstance(links.discovery, RawLink)) == ((), True)
    assert kernel.protocols == [(1,)]
    links.close()


def test_sockets_and_frames_may_go_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connect scan of hosts that raw packets find: the routes of all targets are asked for, once."""
    kernel = Kernel(monkeypatch, EVERYWHERE)
    links = opened(several((ECHO, 8), works=(Work(CONNECT, space_of(HOSTS, [22])),)))
    assert isinstance(links.works[0], PlainLink)
    assert isinstance(links.discovery, RawLink)
    assert kernel.asked == [len(HOSTS)]
    links.close()


def test_links_listen_for_who_identifies_and_those_of_udp_to_all_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kernel = Kernel(monkeypatch, EVERYWHERE)
    works = (syn(space_of(HOSTS, [22])), udp(space_of(HOSTS[:2], [53])), udp(space_of(HOSTS[2:], [69])))
    config = several((UDP, 53), works=works)
    plain, curious = opened(config), opened(replace(config, identify=Identify()))
    assert kernel.widths == [WIDTH] * 4 + [WIDTH, WIDE, WIDE, WIDTH]
    assert [links.memory is None for links in (plain, curious)] == [True, False]
    assert [links.shown is None for links in (plain, curious)] == [True, False]
    plain.close()
    curious.close()


def test_finding_by_sockets_takes_few_of_them_when_others_need_some() -> None:
    by_connect = Discovery(Menu((CONNECT,)), space_of(HOSTS, [80, 443]), link_proof=False)
    both = opened(replace(config(), works=(Work(CONNECT, space_of(HOSTS, [22])),), discovery=by_connect))
    alone = opened(replace(config(), works=(), discovery=by_connect))
    assert both.discovery is not None
    assert alone.discovery is not None
    assert both.discovery.limits.in_flight <= FEW_CONNECTS
    assert both.discovery.limits.in_flight <= alone.discovery.limits.in_flight
    both.close()
    alone.close()


def test_links_of_one_chosen_port_know_each_other_and_hold_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    Kernel(monkeypatch, [span("198.18.0.0", "198.18.0.99", ETH4)])
    scan = several((ECHO, 8), (SYN, 80), works=(syn(space_of(HOSTS, [22])), udp(space_of(HOSTS, [53]))))
    lines: list[str] = []
    links = open_links(replace(scan, source_port=53), Clock(), draws, lines.append)
    every = [link for link in (*links.works, links.discovery) if isinstance(link, RawLink)]
    assert lines == []
    assert [len(link._held) for link in every] == [1, 1, 0]
    for link in every:
        assert {id(other) for other in link.siblings} == {id(other) for other in every if other is not link}
    links.close()


# by AF_XDP


class Express:
    """Notes what is asked of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, kernel: Kernel) -> None:
        self.made: list[tuple[list[Lane], bool]] = []
        self.open_wires_at_end: list[int] = []
        self._kernel = kernel
        monkeypatch.setattr(xdp, "express_for", self._make)

    def _make(self, lanes: Iterable[Lane], tell: Callable[[str], None], *, must: bool) -> Self:
        tell("told")
        self.made.append((list(lanes), must))
        return self

    def close(self) -> None:
        self.open_wires_at_end.append(sum(not wire.closed for wire in self._kernel.wires))


def crowd(probes: int) -> ScanConfig:
    """A scan of that many probes, which finds hosts first, and traces them."""
    ports = list(range(1, probes // len(HOSTS) + 1))
    scan = several((ECHO, 8), works=(syn(space_of(HOSTS, ports)), udp(space_of(HOSTS, [53]))))
    return replace(scan, traceroute=True)


@pytest.mark.parametrize(
    ("transport", "probes", "expressed", "must"),
    [
        (Transport.AUTO, WORTH_XDP - len(HOSTS), [False, False, False, False], None),
        (Transport.AUTO, WORTH_XDP, [True, False, False, False], False),
        (Transport.PACKET, WORTH_XDP, [False, False, False, False], None),
        (Transport.XDP, len(HOSTS), [True, True, True, True], True),
    ],
)
def test_which_links_send_by_af_xdp(
    monkeypatch: pytest.MonkeyPatch,
    transport: Transport,
    probes: int,
    expressed: list[bool],
    must: bool | None,
) -> None:
    kernel = Kernel(monkeypatch, EVERYWHERE)
    express = Express(monkeypatch, kernel)
    lines: list[str] = []
    config = replace(crowd(probes), transport=transport)
    links = open_links(config, Clock(), draws, print, detail=lines.append)
    assert [each is express for each in kernel.expressed] == expressed
    assert express.made == ([] if must is None else [([ETH4], must)])
    assert lines == ["told"] * len(express.made)
    links.close()
    assert express.open_wires_at_end == [0] * len(express.made), "closed once, after all that use it"
