"""Public addresses are counted, never listed."""

import numpy as np
import pytest

from periplus.space.ip import V4_BASE, parse_ip
from periplus.space.public import PRIVATE, public_probes
from periplus.space.ranges import AddressSpace
from periplus.space.space import Space


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("10.0.0.0", "10.255.255.255"),
        ("172.16.0.0", "172.31.255.255"),
        ("192.168.0.0", "192.168.255.255"),
        ("127.0.0.0", "127.255.255.255"),
        ("169.254.0.0", "169.254.255.255"),
        ("100.64.0.0", "100.127.255.255"),
        ("198.18.0.0", "198.19.255.255"),
        ("192.0.2.0", "192.0.2.255"),
        ("198.51.100.0", "198.51.100.255"),
        ("203.0.113.0", "203.0.113.255"),
        ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("::1", "::1"),
        ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ],
)
def test_what_is_set_aside_ends_where_it_says(first: str, last: str) -> None:
    low, high = parse_ip(first), parse_ip(last)
    assert low in PRIVATE
    assert high in PRIVATE
    assert low - 1 not in PRIVATE
    assert high + 1 not in PRIVATE


def space(first: str, last: str, ports: int) -> Space:
    addresses = AddressSpace.of([(parse_ip(first), parse_ip(last))])
    return Space.of([(addresses, np.arange(ports, dtype=np.uint16))])


def test_only_what_is_public_counts() -> None:
    assert public_probes([space("9.255.255.254", "10.0.0.255", 3)]) == (6, 2)
    assert public_probes([space("198.18.0.0", "198.19.255.255", 1000)]) == (0, 0)


def test_an_address_that_is_asked_twice_is_one_address() -> None:
    some = space("9.0.0.0", "9.0.0.9", 3)
    assert public_probes([some, space("9.0.0.5", "9.0.0.14", 2)]) == (50, 15)


def test_the_whole_of_ipv4_costs_nothing() -> None:
    everything = AddressSpace.of([(V4_BASE, V4_BASE + (1 << 32) - 1)])
    probes, addresses = public_probes([Space.of([(everything, np.arange(65_535, dtype=np.uint16))])])
    assert probes == 65_535 * addresses
    assert addresses == (1 << 32) - sum(last - first + 1 for first, last in (PRIVATE & everything).ranges())
