"""Nothing leaves outside the scope: frames, connects and traceroute, each given probes that it must not send."""

import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from tests.scan.runs import (
    ETH4,
    ETH6,
    KEY,
    NEAR,
    OURS,
    PATHS,
    QUICK,
    TUN4,
    TUNNEL,
    Run,
    config_of,
    crowd,
    services,
    space_of,
)
from tests.sim.frames import OPEN, Wire
from tests.space.scopes import scope
from tests.wire.twins import icmp, ip4, number, tcp

from periplus.columns import U8
from periplus.errors import CannotScan
from periplus.scan.config import ScanConfig
from periplus.scan.guard import Guard, GuardedAsks, GuardedConnects, GuardedFrames
from periplus.scan.loop import Loop
from periplus.scan.menu import Menu
from periplus.scan.naming import Naming
from periplus.scan.open import Links
from periplus.scan.raw import RawLink
from periplus.scan.sender import Direct, Parcel, Sender, Threaded
from periplus.scan.tracelink import TraceLink
from periplus.space.address import Addresses
from periplus.space.ranges import AddressSpace
from periplus.space.scope import Scope
from periplus.technique.syn import TECHNIQUE as SYN
from periplus.transport.memory import MemoryTransport
from periplus.transport.neighbours import Resolver
from periplus.wire.neighbour import arp_requests, solicitations

ME = number("198.18.9.1")
OUTSIDE = r"^internal error: 1 of 2 probes lay outside scope lab\.toml and were held back with the others "


class Hand:
    """A clock that is moved by hand."""

    now = 1_000_000
    epoch = 1_800_000_000.0

    def now_us(self) -> int:
        return self.now

    def epoch_s(self) -> float:
        return self.epoch


def guard_of(rules: Scope, hand: Hand | None = None) -> Guard:
    hand = hand or Hand()
    return Guard(rules, hand.now_us, hand.epoch_s)


def probe(host: str, port: int = 80, protocol: int = 6) -> bytes:
    body = tcp(OURS.start, port) if protocol in {6, 17, 132} else icmp(8, 0, bytes(12))
    return ip4(ME, number(host), protocol, body)


def table(*frames: bytes) -> U8:
    return np.array([list(frame) for frame in frames], np.uint8)


# frames

WEB = {"networks": ["198.18.9.0/24"], "excluded": ["198.18.9.13"], "ports": "80,U:53"}


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (probe("198.18.8.255"), "198.18.8.255 port 80/tcp"),
        (probe("198.18.9.13"), "198.18.9.13 port 80/tcp"),
        (probe("198.18.9.7", 81), "198.18.9.7 port 81/tcp"),
        (probe("198.18.9.7", 53), "198.18.9.7 port 53/tcp"),
        (probe("198.18.9.7", 54, 17), "198.18.9.7 port 54/udp"),
        (probe("198.18.9.7", 53, 132), "198.18.9.7 port 53/sctp"),
        (probe("198.18.9.7", 0, 47), "198.18.9.7 protocol 47"),
        (probe("198.18.9.13", 0, 1), "198.18.9.13 protocol 1"),
        (b"\x46" + bytes(39), "a frame that cannot be read"),
    ],
)
def test_one_frame_outside_holds_back_its_batch(frame: bytes, told: str) -> None:
    memory, guard = MemoryTransport(), guard_of(scope(**WEB))
    line = GuardedFrames(memory, guard)
    with pytest.raises(
        CannotScan, match=rf"{OUTSIDE}\(the first: {told.replace('.', r'[.]')}\); this is a bug"
    ):
        line.send(TUN4, table(probe("198.18.9.7"), frame))
    assert (memory.sent, guard.held) == ([], 1)


@pytest.mark.parametrize(
    "frame", [probe("198.18.9.7"), probe("198.18.9.7", 53, 17), probe("198.18.9.255", 0, 1)]
)
def test_what_is_inside_leaves(frame: bytes) -> None:
    memory = MemoryTransport()
    line = GuardedFrames(memory, guard_of(scope(**WEB)))
    assert line.send(TUN4, table(frame, frame)) == 2
    assert [frames.tobytes() for _, frames in memory.sent] == [frame * 2]
    line.close()
    assert (memory.closed, line.files(), line.drops(), line.wait(0), len(line.receive())) == (
        True,
        (),
        0,
        False,
        0,
    )


def test_a_later_fragment_needs_an_address_inside() -> None:
    memory = MemoryTransport()
    line = GuardedFrames(memory, guard_of(scope(**WEB)))
    inside, outside = (ip4(ME, number(f"198.18.9.{last}"), 6, bytes(20), flags_offset=1) for last in (7, 13))
    assert line.send(TUN4, table(inside)) == 1
    with pytest.raises(CannotScan, match=r"198\.18\.9\.13 tcp\)"):
        line.send(TUN4, table(outside))


def test_the_link_is_asked_for_routers_and_for_what_is_inside() -> None:
    memory, guard = MemoryTransport(), guard_of(scope(ports="80"))
    line = GuardedFrames(memory, guard)
    near = Addresses.of_ints([number(NEAR)]).v4
    router = Addresses.of_ints([number("198.19.0.254")])
    assert line.send(ETH4, arp_requests(ETH4, near)) == 1
    assert line.send(ETH6, solicitations(ETH6, Addresses.of_ints([number("2001:db8::7")]))) == 1
    with pytest.raises(CannotScan, match=r"198\.19\.0\.254 protocol 0\)"):
        line.send(ETH4, arp_requests(ETH4, router.v4))
    guard.routers = AddressSpace.of([(each, each) for each in router.ints()])
    assert line.send(ETH4, arp_requests(ETH4, router.v4)) == 1
    with pytest.raises(CannotScan, match=r"2001:db8:1::1 protocol 58\)"):
        line.send(ETH6, solicitations(ETH6, Addresses.of_ints([number("2001:db8:1::1")])))


# whole links, of whose scope a target lies outside, as a bug above would have it

HOSTS = crowd(4, {80: OPEN})


def run(config: ScanConfig, wire: Wire, rules: Scope, sender: Sender | None = None) -> Run:
    guard = Guard(rules, wire.clock.now_us, lambda: 1_800_000_000.0)
    line = GuardedFrames(wire, guard)
    space = config.works[0].space
    link = RawLink(space, Menu((SYN,)), PATHS, line, OURS, KEY, wire.clock.now_us, Resolver(), sender=sender)
    made = Run()
    loop = Loop(config, Links((link,)), made, wire.clock, services, Naming(reverse=False), lambda: False)
    made.summary = loop.run()
    link.close()
    return made


def asked(wire: Wire) -> set[str]:
    """Whom Ethernet frames in the wire asked, in IP or on the link."""
    hosts = set()
    for _, frames in wire.sent:
        for frame in frames:
            at = 14 + (24 if frame[12:14].tobytes() == b"\x08\x06" else 16)
            hosts.add(".".join(map(str, frame[at : at + 4].tolist())))
    return hosts


def test_a_scan_inside_is_as_without_a_guard() -> None:
    wire, hosts = Wire(HOSTS), list(HOSTS)
    made = run(config_of(space_of(hosts, [22, 80])), wire, scope(ports="1-100"))
    assert made.summary.exit == "success"
    assert made.open == {(host, 80) for host in hosts}
    assert asked(wire) == set(hosts)


def test_a_raw_scan_ends_before_anything_leaves_outside() -> None:
    wire, hosts = Wire(HOSTS), list(HOSTS)
    made = run(config_of(space_of(hosts, [80])), wire, scope(excluded=[hosts[2]]))
    assert (made.summary.exit, made.summary.message is not None) == ("error", True)
    assert str(made.summary.message).startswith("internal error: 1 of ")
    assert hosts[2] not in asked(wire)


def test_so_does_it_for_a_port() -> None:
    wire, hosts = Wire(HOSTS), list(HOSTS)
    made = run(config_of(space_of(hosts, [80, 9100])), wire, scope(ports="80"))
    assert "port 9100/tcp" in str(made.summary.message)
    ports = [
        int.from_bytes(frame[36:38].tobytes())
        for _, frames in wire.sent
        for frame in frames
        if frame[23] == 6
    ]
    assert 9100 not in ports


def test_a_sender_in_its_own_thread_ends_the_run_as_well() -> None:
    memory, hand = MemoryTransport(), Hand()
    sender = Threaded(GuardedFrames(memory, guard_of(scope(**WEB), hand)), hand.now_us)
    sender.offer(Parcel(TUN4, table(probe("198.18.8.1"))))
    sender.wait(10_000_000)
    with pytest.raises(CannotScan, match="internal error"):
        sender.settle()
    sender.close()
    assert memory.sent == []


def test_traceroute_sends_nothing_outside() -> None:
    hand, memory = Hand(), MemoryTransport()
    resolver = Resolver()
    line = GuardedFrames(memory, guard_of(scope(**WEB), hand))
    link = TraceLink(PATHS, line, OURS, KEY, hand.now_us, resolver, sender=Direct(line, hand.now_us))
    link.offer(Parcel(TUN4, table(probe(TUNNEL))))
    with pytest.raises(CannotScan, match="internal error: 1 of 1 probes"):
        link.offer(Parcel(TUN4, table(probe("198.18.8.1"))))
    assert [frames.tobytes() for _, frames in memory.sent] == [probe(TUNNEL)]


# connects


@pytest.fixture
def door() -> "list[tuple[str, int]]":
    """Whom sockets of the test were told to connect to."""
    return []


class Door(socket.socket):
    """A socket that connects to nobody: every connect is refused at once, and written down."""

    book: "list[tuple[str, int]]"

    def connect_ex(self, address: Any) -> int:
        self.book.append(address)
        return 111


def connects(guard: Guard, book: "list[tuple[str, int]]") -> GuardedConnects:
    def opened(family: int) -> socket.socket:
        made = Door(family)
        made.book = book
        return made

    return GuardedConnects(guard, 100, opened)


def begin(line: GuardedConnects, *ends: tuple[str, int]) -> int:
    count = len(ends)
    them = Addresses.of_ints([number(host) for host, _ in ends])
    ports = np.array([port for _, port in ends], np.uint16)
    return line.send(np.arange(count), them, ports, np.full(count, 1 << 60), lambda: 1).taken


def asks(guard: Guard, book: "list[tuple[str, int]]") -> GuardedAsks:
    def opened(family: int) -> socket.socket:
        made = Door(family)
        made.book = book
        return made

    return GuardedAsks(guard, 100, opened)


def question(line: GuardedAsks, *ends: tuple[str, int]) -> int:
    them = Addresses.of_ints([number(host) for host, _ in ends])
    ports = np.array([port for _, port in ends], np.uint16)
    return line.begin(list(range(len(ends))), them, ports, 1, lambda: 1)


@pytest.mark.parametrize("end", [("198.18.8.1", 80), ("198.18.9.13", 80), ("198.18.9.7", 53)])
def test_connects_outside_are_not_begun(end: tuple[str, int], door: "list[tuple[str, int]]") -> None:
    line = connects(guard_of(scope(**WEB)), door)
    with pytest.raises(CannotScan, match=rf"{OUTSIDE}.*{end[0]} port {end[1]}/tcp"):
        begin(line, ("198.18.9.7", 80), end)
    assert door == []
    assert begin(line, ("198.18.9.7", 80), ("198.18.9.8", 80)) == 2
    assert door == [("198.18.9.7", 80), ("198.18.9.8", 80)]
    line.close()


@pytest.mark.parametrize("end", [("198.18.8.1", 80), ("198.18.9.7", 53)])
def test_neither_are_connections_with_data(end: tuple[str, int], door: "list[tuple[str, int]]") -> None:
    line = asks(guard_of(scope(**WEB)), door)
    with pytest.raises(CannotScan, match=rf"{OUTSIDE}.*{end[0]} port {end[1]}/tcp"):
        question(line, ("198.18.9.7", 80), end)
    assert door == []
    assert question(line, ("198.18.9.7", 80), ("198.18.9.8", 80)) == 2
    assert door == [("198.18.9.7", 80), ("198.18.9.8", 80)]
    line.close()


def test_connections_with_data_keep_to_the_rate(door: "list[tuple[str, int]]") -> None:
    hand = Hand()
    line = asks(guard_of(scope(**WEB, max_rate=100), hand), door)
    for _ in range(100):  # one second
        question(line, *[("198.18.9.7", 80)] * 5)
        hand.now += 10_000
    assert len(door) == 100
    line.close()


# rate and time


def test_the_rate_is_one_for_all_transports(door: "list[tuple[str, int]]") -> None:
    hand, memory, others = Hand(), MemoryTransport(), MemoryTransport()
    guard = guard_of(scope(**WEB, max_rate=100), hand)
    one, two, three = GuardedFrames(memory, guard), GuardedFrames(others, guard), connects(guard, door)
    batch = table(*[probe("198.18.9.7")] * 5)
    for _ in range(1_000):  # ten seconds in steps of ten milliseconds
        one.send(TUN4, batch)
        two.send(TUN4, batch)
        begin(three, *[("198.18.9.7", 80)] * 5)
        hand.now += 10_000
    left = sum(len(frames) for each in (memory, others) for _, frames in each.sent) + len(door)
    assert left == 1_000
    three.close()


def test_what_is_held_back_costs_no_rate() -> None:
    guard = guard_of(scope(networks=["198.18.1.1"], max_rate=100))
    them, ports = (
        Addresses.of_ints([number("198.18.2.1"), number("198.18.1.1")]),
        np.array([80, 80], np.uint16),
    )
    with pytest.raises(CannotScan, match="outside"), guard.leave_for(them[:1], ports[:1], 6) as leave:
        leave.left = leave.may
    with guard.leave_for(them[1:], ports[1:], 6) as leave:
        assert leave.may == 1  # a burst is one packet at this rate


def test_what_the_kernel_does_not_take_costs_no_rate() -> None:
    hand, memory = Hand(), MemoryTransport()
    line = GuardedFrames(memory, guard_of(scope(**WEB, max_rate=1_000), hand))
    batch = table(*[probe("198.18.9.7")] * 10)
    hand.now += 1_000_000
    memory.trouble(3)
    assert line.send(TUN4, batch) == 3
    assert line.send(TUN4, batch) == 7
    assert line.send(TUN4, batch) == 0


def test_a_scan_under_a_rate_takes_its_time() -> None:
    wire, hosts = Wire(HOSTS), list(HOSTS)
    rules = scope(max_rate=10)
    made = run(config_of(space_of(hosts, [79, 80]), replace(QUICK, max_rate=10.0)), wire, rules)
    assert made.open == {(host, 80) for host in hosts}
    assert made.summary.seconds > 1.0  # 4 questions on the link and 8 probes


@pytest.mark.parametrize(
    "keys", [{"hours": "00:00-12:00"}, {"expires": datetime(2027, 1, 15, 12, tzinfo=UTC)}]
)
def test_nothing_leaves_when_the_time_is_over(keys: dict[str, object], door: "list[tuple[str, int]]") -> None:
    hand, memory = Hand(), MemoryTransport()
    guard = guard_of(scope(**WEB, **keys), hand)
    line, three = GuardedFrames(memory, guard), connects(guard, door)
    hand.epoch = (datetime(2027, 1, 15, 12, tzinfo=UTC) - timedelta(seconds=1)).timestamp()
    assert line.send(TUN4, table(probe("198.18.9.7"))) == begin(three, ("198.18.9.7", 80)) == 1
    hand.epoch += 1
    assert line.send(TUN4, table(probe("198.18.9.7"))) == begin(three, ("198.18.9.7", 80)) == 0
    assert (len(memory.sent), len(door)) == (1, 1)
    three.close()
