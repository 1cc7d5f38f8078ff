"""The space as integers, both ways; the slow twin is a dictionary of address and ports."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.columns import U16
from periplus.errors import UsageError
from periplus.space.address import Addresses
from periplus.space.ip import TOP, V4_BASE, parse_ip
from periplus.space.ranges import AddressSpace
from periplus.space.space import RESERVED, TABLES, Block, Space, unprobeable

TARGETS = st.lists(
    st.tuples(
        st.sampled_from([V4_BASE, (9 << 64) - 5]),
        st.tuples(st.integers(0, 14), st.integers(0, 14)).map(sorted),
        st.lists(st.sampled_from([0, 1, 22, 80, 443, 65535]), max_size=4),
    ),
    max_size=6,
)
Plain = list[tuple[int, list[int], list[int]]]


def ports_of(*ports: int) -> U16:
    return np.array(ports, np.uint16)


def addresses_of(*texts: str) -> AddressSpace:
    return AddressSpace.of((parse_ip(text), parse_ip(text)) for text in texts)


def space_of(targets: Plain) -> Space:
    return Space.of(
        (AddressSpace.of([(world + span[0], world + span[1])]), ports_of(*ports))
        for world, span, ports in targets
    )


def twin(targets: Plain) -> dict[int, set[int]]:
    """The ports of every address, one by one."""
    wanted: dict[int, set[int]] = {}
    for world, (first, last), ports in targets:
        for address in range(world + first, world + last + 1):
            wanted.setdefault(address, set()).update(ports)
    return {address: ports for address, ports in wanted.items() if ports}


@given(TARGETS)
def test_every_probe_has_one_number(targets: Plain) -> None:
    space, truth = space_of(targets), twin(targets)
    assert space.size == sum(map(len, truth.values()))
    assert space.n_hosts == len(truth)
    indices = np.arange(space.size)
    addresses, ports = space.at(indices)
    assert ports.dtype == np.uint16
    pairs = list(zip(addresses.ints(), ports.tolist(), strict=True))
    assert set(pairs) == {(address, port) for address, ports in truth.items() for port in ports}
    assert len(set(pairs)) == len(pairs)
    assert space.ports == tuple(sorted({port for _, port in pairs}))
    assert space.index_of(addresses, ports).tolist() == indices.tolist()


@given(TARGETS, st.sampled_from([22, 80, 81]))
def test_what_is_not_ours_has_no_number(targets: Plain, port: int) -> None:
    space, truth = space_of(targets), twin(targets)
    asked = [world + n for world in (V4_BASE, (9 << 64) - 5, 1 << 100) for n in range(16)]
    found = space.index_of(Addresses.of_ints(asked), np.full(len(asked), port, np.uint16)) >= 0
    assert found.tolist() == [port in truth.get(address, ()) for address in asked]
    assert (space.host_of(Addresses.of_ints(asked)) >= 0).tolist() == [address in truth for address in asked]


@given(TARGETS)
def test_hosts_and_their_ports(targets: Plain) -> None:
    space, truth = space_of(targets), twin(targets)
    ids = np.arange(space.n_hosts)
    hosts = space.host_at(ids)
    assert space.host_of(hosts).tolist() == ids.tolist()
    assert space.n_ports(ids).tolist() == [len(truth[address]) for address in hosts.ints()]
    for number, address in enumerate(hosts.ints()):
        wanted = sorted(truth[address])
        host = np.full(len(wanted), number)
        ranks = np.arange(len(wanted))
        assert space.port_at(host, ranks).tolist() == wanted
        assert space.port_rank(host, ports_of(*wanted)).tolist() == ranks.tolist()
        assert space.port_rank(host[:1], ports_of(79)).tolist() == [-1]


@given(TARGETS)
def test_numbers_do_not_depend_on_how_targets_were_written(targets: Plain) -> None:
    space, again = space_of(targets), space_of([*targets[::-1], *targets])
    assert space.at(np.arange(space.size))[0].ints() == again.at(np.arange(again.size))[0].ints()
    assert space.at(np.arange(space.size))[1].tolist() == again.at(np.arange(again.size))[1].tolist()


def test_blocks_share_no_address_and_unite_ports() -> None:
    net = AddressSpace.of([(parse_ip("198.18.0.0"), parse_ip("198.18.0.255"))])
    space = Space.of([(net, ports_of(80, 22)), (addresses_of("198.18.0.9"), ports_of(80, 8080))])
    shown = [(block.addresses.size, block.ports.tolist()) for block in space.blocks]
    assert shown == [(255, [22, 80]), (1, [22, 80, 8080])]
    assert space.size == 255 * 2 + 3


def test_ports_that_are_covered_make_no_block_of_their_own() -> None:
    net = AddressSpace.of([(V4_BASE, V4_BASE + 255)])
    space = Space.of([(net, ports_of(22, 80)), (AddressSpace.of([(V4_BASE + 7, V4_BASE + 7)]), ports_of(80))])
    assert len(space.blocks) == 1
    assert space.blocks[0].addresses == net


def test_numbers_are_block_by_block_host_by_host() -> None:
    space = Space.of(
        [(addresses_of("198.18.0.1", "198.18.0.5"), ports_of(443, 80)), (addresses_of("::5"), ports_of(1))]
    )
    addresses, ports = space.at(np.arange(space.size))
    assert addresses.text() == ["::5", "198.18.0.1", "198.18.0.1", "198.18.0.5", "198.18.0.5"]
    assert ports.tolist() == [1, 80, 443, 80, 443]
    assert space.block_of(np.arange(3)).tolist() == [0, 1, 1]


def test_nothing_to_probe() -> None:
    for space in (Space.of([]), Space.of([(addresses_of(), ports_of(1)), (addresses_of("::1"), ports_of())])):
        assert space.size == space.n_hosts == 0
        assert space.index_of(Addresses.of_ints([1]), ports_of(1)).tolist() == [-1]
        assert space.host_of(Addresses.of_ints([1])).tolist() == [-1]
        assert len(space.at(np.empty(0, np.int64))[0]) == 0


@pytest.mark.parametrize("count", [1, 2, TABLES, TABLES + 1, 300])
def test_many_blocks_with_ports_of_their_own(count: int) -> None:
    pairs = [(V4_BASE + 3 * n, n * 7 % 65536) for n in range(count)]
    space = Space.of((AddressSpace.of([(a, a)]), ports_of(p, 65535)) for a, p in pairs)
    indices = np.arange(space.size)
    addresses, ports = space.at(indices)
    assert list(zip(addresses.ints()[::2], ports.tolist()[::2], strict=True)) == pairs
    assert space.index_of(addresses, ports).tolist() == indices.tolist()
    assert (space.index_of(addresses, np.full(len(ports), 65534, np.uint16)) < 0).all()


def test_ten_thousand_pairs() -> None:
    """A sweep that looked at every pair of pairs would take minutes, and the whole suite would show it."""
    targets = [
        (AddressSpace.of([(V4_BASE + n % 4000, V4_BASE + n % 4000)]), ports_of(n % 9973))
        for n in range(10_000)
    ]
    targets.append((AddressSpace.of([(V4_BASE, V4_BASE + 0xFFFF)]), np.arange(1, 1001, dtype=np.uint16)))
    space = Space.of(targets)
    assert space.n_hosts == 0x10000
    ids = np.arange(0, space.size, 997)
    assert np.array_equal(space.index_of(*space.at(ids)), ids)


def test_a_host_with_ten_thousand_pairs_is_one_block() -> None:
    space = Space.of((AddressSpace.of([(V4_BASE, V4_BASE)]), ports_of(n)) for n in range(10_000))
    assert len(space.blocks) == 1
    assert space.size == 10_000


def test_spaces_too_large_are_refused_in_one_line() -> None:
    net = AddressSpace.of([(0x20010DB8 << 96, (0x20010DB9 << 96) - 1)])
    with pytest.raises(UsageError, match=r"make [\d,]+ probes; at most 2\^62"):
        Space.of([(net, ports_of(80))])
    edge = AddressSpace.of([(1 << 100, (1 << 100) + (1 << 61) - 1)])
    with pytest.raises(UsageError, match="at most"):
        Space.of([(edge, ports_of(1, 2))])
    assert Space.of([(edge, ports_of(1))]).size == 1 << 61


def test_the_largest_numbers_work() -> None:
    edge = AddressSpace.of([(1 << 100, (1 << 100) + (1 << 61) - 2)])
    space = Space.of([(edge, ports_of(22, 80))])
    last = np.array([space.size - 1])
    addresses, ports = space.at(last)
    assert addresses.ints() == [(1 << 100) + (1 << 61) - 2]
    assert ports.tolist() == [80]
    assert space.index_of(addresses, ports).tolist() == last.tolist()


def test_block_size() -> None:
    assert Block(AddressSpace.of([(0, TOP)]), ports_of(1, 2)).size == 1 << 129


@pytest.mark.parametrize(
    ("first", "last", "left"),
    [
        ("0.0.0.0", "1.0.0.0", [("1.0.0.0", "1.0.0.0")]),
        ("223.255.255.255", "224.0.0.9", [("223.255.255.255", "223.255.255.255")]),
        ("239.0.0.0", "255.255.255.255", []),
        ("::", "::1", [("::1", "::1")]),
        ("fe80::", "ff02::1", [("fe80::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]),
        ("127.0.0.0", "127.255.255.255", [("127.0.0.0", "127.255.255.255")]),
    ],
)
def test_reserved_parts_of_ranges_are_unprobeable(first: str, last: str, left: list[tuple[str, str]]) -> None:
    target = AddressSpace.of([(parse_ip(first), parse_ip(last))])
    rest = target - unprobeable(target)
    assert rest.ranges() == [(parse_ip(a), parse_ip(b)) for a, b in left]


@pytest.mark.parametrize("text", ["255.255.255.255", "224.0.0.1", "0.0.0.0", "::", "ff02::1"])
def test_an_address_named_exactly_is_probed(text: str) -> None:
    assert not unprobeable(addresses_of(text))
    assert parse_ip(text) in RESERVED
