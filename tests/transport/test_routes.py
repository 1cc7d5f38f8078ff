"""Paths in a namespace with every kind of route, and the cutting and merging without any."""

import socket
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.transport.namespaces import ME4, ME6, THEM6, pair, run, sealed, tun

from periplus.errors import CannotScan, UsageError
from periplus.space.ip import format_ip, parse_ip
from periplus.space.ranges import AddressSpace
from periplus.transport import routes
from periplus.transport.routes import UNCHOSEN, Path, Routes, Via
from periplus.wire.lane import Lane, Link

MTU = 1500


@pytest.fixture
def net() -> Iterator[Routes]:
    """A namespace with a veth pair as only way out."""
    with pair(), Routes() as made:
        yield made


def space(*spans: str) -> list[tuple[int, int]]:
    """Of `first-last` or single addresses."""
    ends = [span.partition("-") for span in spans]
    return AddressSpace.of((parse_ip(first), parse_ip(last or first)) for first, _, last in ends).ranges()


def told(paths: list[Path]) -> list[tuple[str, ...]]:
    """First, last, then interface and link and source and gateway, or the problem."""
    return [
        (
            format_ip(path.first),
            format_ip(path.last),
            *((path.problem,) if path.lane is None else _way(path.lane, path.gateway)),
        )
        for path in paths
        if path.lane is not None or path.problem is not None
    ]


def _way(lane: Lane, gateway: int | None) -> tuple[str, ...]:
    hop = format_ip(gateway) if gateway is not None else "direct"
    return lane.ifname, lane.link.value, format_ip(lane.ip_me), hop


@pytest.mark.lab
def test_on_link_and_ourselves_and_broadcast(net: Routes) -> None:
    assert told(net.paths(space("198.18.0.0-198.18.0.255"))) == [
        ("198.18.0.0", "198.18.0.0", "v0", "ethernet", ME4, "direct"),
        ("198.18.0.1", "198.18.0.1", "lo", "local", ME4, "direct"),
        ("198.18.0.2", "198.18.0.254", "v0", "ethernet", ME4, "direct"),
        ("198.18.0.255", "198.18.0.255", "broadcast address"),
    ]
    assert told(net.paths(space("2001:db8::-2001:db8::ffff"))) == [
        ("2001:db8::", "2001:db8::", "v0", "ethernet", ME6, "direct"),
        ("2001:db8::1", "2001:db8::1", "lo", "local", ME6, "direct"),
        ("2001:db8::2", "2001:db8::ffff", "v0", "ethernet", ME6, "direct"),
    ]


@pytest.mark.lab
def test_lane_knows_the_interface(net: Routes) -> None:
    run("ip link set v0 mtu 1400")
    [path] = net.paths(space("198.18.0.2"))
    number = socket.if_nametoindex("v0")
    mac = bytes.fromhex("020000000001")
    assert path.lane == Lane(number, "v0", Link.ETHERNET, parse_ip(ME4), mac, 1400)


@pytest.mark.lab
def test_loopback_of_both_families(net: Routes) -> None:
    assert told(net.paths(space("127.0.0.1", "::1"))) == [
        ("::1", "::1", "lo", "local", "::1", "direct"),
        ("127.0.0.1", "127.0.0.1", "lo", "local", "127.0.0.1", "direct"),
    ]
    assert told(net.paths(space("127.0.0.0-127.0.255.255"))) == [
        ("127.0.0.0", "127.0.255.255", "lo", "local", "127.0.0.1", "direct"),
    ]


@pytest.mark.lab
def test_gateways(net: Routes) -> None:
    run(
        "ip route add default via 198.18.0.254",
        "ip -6 route add default via 2001:db8::fe",
        "ip route add 198.18.9.0/24 via inet6 2001:db8::2",
        "ip addr add 198.18.0.7/24 dev v0",
        "ip route add 198.18.20.0/24 via 198.18.0.3 src 198.18.0.7",
    )
    assert told(net.paths(space("198.18.8.0-198.18.21.9", "2001:db8:1::-2001:db8:2::"))) == [
        ("198.18.8.0", "198.18.8.255", "v0", "ethernet", ME4, "198.18.0.254"),
        ("198.18.9.0", "198.18.9.255", "v0", "ethernet", ME4, "2001:db8::2"),
        ("198.18.10.0", "198.18.19.255", "v0", "ethernet", ME4, "198.18.0.254"),
        ("198.18.20.0", "198.18.20.255", "v0", "ethernet", "198.18.0.7", "198.18.0.3"),
        ("198.18.21.0", "198.18.21.9", "v0", "ethernet", ME4, "198.18.0.254"),
        ("2001:db8:1::", "2001:db8:2::", "v0", "ethernet", ME6, "2001:db8::fe"),
    ]


@pytest.mark.lab
def test_every_problem(net: Routes) -> None:
    run(
        "ip route add blackhole 198.19.0.0/24",
        "ip route add unreachable 198.19.1.0/24",
        "ip route add prohibit 198.19.2.0/24",
        "ip route add throw 198.19.3.0/24",
        "ip -6 route add blackhole 2001:db8:1::/48",
        "ip -6 route add unreachable 2001:db8:2::/48",
        "ip -6 route add prohibit 2001:db8:3::/48",
    )
    assert [
        path.problem for path in net.paths(space("198.19.0.0-198.19.3.255", "2001:db8:1::-2001:db8:4::"))
    ] == [
        "a blackhole route",
        "a route that says unreachable",
        "a route that says prohibited",
        "no route",
        "a blackhole route",
        "a route that says unreachable",
        "a route that says prohibited",
        "no route",
    ]


@pytest.mark.lab
def test_special_addresses_are_told_apart_though_no_table_has_them(net: Routes) -> None:
    run("ip route add default via 198.18.0.254")
    assert told(net.paths(space("198.19.0.0-255.255.255.255")))[-3:] == [
        ("224.0.0.0", "239.255.255.255", "multicast address"),
        ("240.0.0.0", "255.255.255.254", "v0", "ethernet", ME4, "198.18.0.254"),
        ("255.255.255.255", "255.255.255.255", "broadcast address"),
    ]


@pytest.mark.lab
def test_policy_rules_cut_too(net: Routes) -> None:
    run(
        "ip route add default via 198.18.0.254",
        "ip route add default via 198.18.0.3 table 77",
        "ip rule add to 198.19.5.0/24 table 77",
        "ip rule add to 198.19.6.0/24 prohibit",
    )
    assert told(net.paths(space("198.19.4.0-198.19.7.255"))) == [
        ("198.19.4.0", "198.19.4.255", "v0", "ethernet", ME4, "198.18.0.254"),
        ("198.19.5.0", "198.19.5.255", "v0", "ethernet", ME4, "198.18.0.3"),
        ("198.19.6.0", "198.19.6.255", "a route that says prohibited"),
        ("198.19.7.0", "198.19.7.255", "v0", "ethernet", ME4, "198.18.0.254"),
    ]


@pytest.mark.lab
def test_interface_without_carrier(net: Routes) -> None:
    run("ip link add w0 type veth peer name w1", "ip addr add 198.18.7.1/24 dev w0", "ip link set w0 up")
    assert [path.problem for path in net.paths(space("198.18.7.2"))] == ["interface w0 has no carrier"]


@pytest.mark.lab
def test_interface_that_goes_down_takes_its_routes_along(net: Routes) -> None:
    run("ip link set v0 down")
    assert [path.problem for path in net.paths(space("198.18.0.2"))] == ["no route"]


@pytest.mark.lab
def test_loopback_that_is_down() -> None:
    with sealed(), Routes() as made:
        run("ip link add v0 type veth peer name v1", "ip addr add 198.18.0.1/24 dev v0", "ip link set v0 up")
        run("ip link set v1 up", "ip link set lo down")
        assert [path.problem for path in made.paths(space("198.18.0.1"))] == ["interface lo is down"]


@pytest.mark.lab
def test_no_source_address() -> None:
    with sealed(), Routes() as made:
        run("ip link add v0 type veth peer name v1", "ip link set v0 up", "ip link set v1 up")
        run("ip route add 198.18.0.0/24 dev v0")
        assert [path.problem for path in made.paths(space("198.18.0.9"))] == ["no address of our own on v0"]


@pytest.mark.lab
def test_interface_without_link_layer() -> None:
    with sealed(), tun("t0"), Routes() as made:
        run("ip addr add 198.18.3.1/24 dev t0")
        assert told(made.paths(space("198.18.3.2"))) == [
            ("198.18.3.2", "198.18.3.2", "t0", "bare", "198.18.3.1", "direct")
        ]


@pytest.mark.lab
def test_many_scattered_targets_need_few_questions(net: Routes) -> None:
    run("ip route add default via 198.18.0.254")
    base = parse_ip("198.19.0.0")
    paths = net.paths([(base + 2 * row, base + 2 * row) for row in range(20000)])
    assert told(paths) == [("198.19.0.0", "198.19.156.62", "v0", "ethernet", ME4, "198.18.0.254")]


@pytest.mark.lab
def test_paths_cover_each_target_as_if_asked_alone(net: Routes) -> None:
    run("ip route add default via 198.18.0.254", "ip route add unreachable 198.18.4.0/23")
    wanted = space("198.18.0.0-198.18.0.3", "198.18.3.254-198.18.4.1", "198.18.5.255-198.18.6.0", "127.0.0.1")
    together = net.paths(wanted)
    for first, last in wanted:
        for address in range(first, last + 1):
            [alone] = net.paths([(address, address)])
            [path] = [path for path in together if path.first <= address <= path.last]
            assert (path.lane, path.gateway, path.problem) == (alone.lane, alone.gateway, alone.problem)


@pytest.mark.lab
def test_neighbours_that_are_certain(net: Routes) -> None:
    run(
        "ip neigh add 198.18.0.9 lladdr 02:00:00:00:00:09 dev v0 nud permanent",
        "ip neigh add 198.18.0.8 lladdr 02:00:00:00:00:08 dev v0 nud reachable",
        "ip neigh add 198.18.0.7 lladdr 02:00:00:00:00:07 dev v0 nud stale",
        "ip neigh add 198.18.0.6 dev v0 nud failed",
        "ip -6 neigh add 2001:db8::9 lladdr 02:00:00:00:06:09 dev v0 nud permanent",
    )
    neighbours = net.neighbours(socket.if_nametoindex("v0"))
    assert {format_ip(address): mac.hex() for address, mac in neighbours.items()} == {
        "198.18.0.8": "020000000008",
        "198.18.0.9": "020000000009",
        "2001:db8::9": "020000000609",
    }
    assert net.neighbours(socket.if_nametoindex("lo")) == {}
    told = net.neighbours(socket.if_nametoindex("v0"), stale=True)
    assert {format_ip(address) for address in told} - {THEM6} == {
        *("198.18.0.7", "198.18.0.8", "198.18.0.9", "2001:db8::9")
    }


@pytest.mark.lab
def test_our_lanes_on_an_interface(net: Routes) -> None:
    run("ip addr add 2001:db8:0:1::1/64 dev v0 nodad", "ip addr add 198.18.7.1/24 dev v0")
    lanes = net.lanes("v0")
    assert {format_ip(lane.ip_me) for lane in lanes} == {ME6, "2001:db8:0:1::1", "fe80::ff:fe00:1"}
    [known] = [path.lane for path in net.paths(space("2001:db8::2"))]
    assert known in lanes
    assert [(format_ip(lane.ip_me), lane.link) for lane in net.lanes("lo")] == [("::1", Link.LOCAL)]


@pytest.mark.lab
def test_no_lanes_on_an_interface_that_is_none_or_down(net: Routes) -> None:
    with pytest.raises(UsageError, match='-e "nosuch": there is no such interface'):
        net.lanes("nosuch")
    run("ip link set v0 down")
    with pytest.raises(CannotScan, match="interface v0 is down"):
        net.lanes("v0")


@pytest.mark.lab
def test_nothing_to_ask(net: Routes) -> None:
    assert net.paths([]) == []


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 8)), min_size=1, max_size=8)


@given(SPANS, st.sets(st.integers(0, 80), max_size=10))
def test_pieces_hold_first_and_last_target_between_borders(
    spans: list[tuple[int, int]], cuts: set[int]
) -> None:
    targets = AddressSpace.of((first, first + more) for first, more in spans)
    borders = sorted({0, 100} | cuts)
    members = [address for first, last in targets.ranges() for address in range(first, last + 1)]
    slow = []
    for begin, end in pairwise(borders):
        inside = [address for address in members if begin <= address < end]
        slow += [(inside[0], inside[-1])] if inside else []
    assert list(routes._pieces(targets.ranges(), borders)) == slow


def test_merging_joins_only_what_leads_the_same_way() -> None:
    lane = Lane(1, "lo", Link.LOCAL, 1, b"", MTU)
    parts = [
        Path(1, 2, lane),
        Path(5, 6, lane),
        Path(7, 8, lane, gateway=3),
        Path(9, 9, problem="no route"),
        Path(10, 11, problem="no route"),
        Path(12, 12, problem="broadcast address"),
        Path(13, 13, lane),
    ]
    assert routes._merged(parts) == [
        Path(1, 6, lane),
        Path(7, 8, lane, gateway=3),
        Path(9, 11, problem="no route"),
        Path(12, 12, problem="broadcast address"),
        Path(13, 13, lane),
    ]


def test_prefixes_make_borders() -> None:
    base = parse_ip("198.18.0.0")
    assert routes._ends(socket.AF_INET, "198.18.0.0", 24) == (base, base + 256)
    assert routes._ends(socket.AF_INET6, "2001:db8::", 127) == (
        parse_ip("2001:db8::"),
        parse_ip("2001:db8::2"),
    )
    assert routes._ends(socket.AF_INET6, "::ffff:0:0", 96) == (0xFFFF << 32, 1 << 48)
    assert routes._ends(socket.AF_INET6, None, 0) == ()


@pytest.mark.lab
def test_a_chosen_address_is_the_source_whatever_the_kernel_would_take(net: Routes) -> None:
    run("ip address add 198.18.0.77/24 dev v0")
    run("ip address add 2001:db8::77/64 dev v0 nodad")
    net.use(Via(source=parse_ip(ME6)), (6,))
    assert told(net.paths(space("2001:db8::2"))) == [
        ("2001:db8::2", "2001:db8::2", "v0", "ethernet", ME6, "direct")
    ]
    net.use(Via(source=parse_ip("198.18.0.77")), (4,))
    assert told(net.paths(space("198.18.0.2"))) == [
        ("198.18.0.2", "198.18.0.2", "v0", "ethernet", "198.18.0.77", "direct")
    ]


@pytest.mark.lab
def test_a_chosen_interface_is_taken_also_without_a_route(net: Routes) -> None:
    net.use(Via("v0"), (4,))
    assert told(net.paths(space("198.19.0.2"))) == [
        ("198.19.0.2", "198.19.0.2", "v0", "ethernet", ME4, "direct")
    ]


@pytest.mark.lab
@pytest.mark.parametrize(
    ("via", "line"),
    [
        (Via("nosuch"), '-e "nosuch": there is no such interface; there are lo, v0'),
        (Via(source=parse_ip("198.18.0.2")), "-S 198.18.0.2: this machine has no such address"),
        (Via(source=parse_ip("0.0.0.0")), "-S 0.0.0.0: this machine has no such address"),
        (Via(source=parse_ip("::")), "-S ::: this machine has no such address"),
        (Via(source=parse_ip("198.18.0.255")), "-S 198.18.0.255: this machine has no such address"),
        (Via(source=parse_ip("ff02::1")), "-S ff02::1: this machine has no such address"),
    ],
)
def test_a_way_that_is_none_is_refused(net: Routes, via: Via, line: str) -> None:
    with pytest.raises(UsageError) as caught:
        net.use(via, (4,))
    assert str(caught.value).startswith(line)


@pytest.mark.lab
def test_an_interface_needs_an_address_of_the_family(net: Routes) -> None:
    run("ip -4 address flush dev v0")
    net.use(Via("v0"), (6,))
    with pytest.raises(UsageError, match="-e v0: the interface has no IPv4 address to send from"):
        net.use(Via("v0"), (6, 4))


def test_a_choice_is_one_when_something_is_chosen() -> None:
    assert [bool(via) for via in (UNCHOSEN, Via(), Via("lo"), Via(source=1))] == [False, False, True, True]


@pytest.mark.lab
def test_the_loopback_interface_leads_nowhere_else(net: Routes) -> None:
    net.use(Via("lo"), (4,))
    assert told(net.paths(space("198.18.0.2"))) == [
        ("198.18.0.2", "198.18.0.2", "interface lo leads to this machine alone")
    ]
    assert told(net.paths(space("127.0.0.1"))) == [
        ("127.0.0.1", "127.0.0.1", "lo", "local", "127.0.0.1", "direct")
    ]
