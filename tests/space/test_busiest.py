"""The heaviest network, against counting every address."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from periplus.space.busiest import busiest
from periplus.space.ip import V4_BASE, parse_ip
from periplus.space.ranges import AddressSpace

BASE = parse_ip("198.18.0.0")
RANGES = st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 800)), min_size=1, max_size=4)
PARTS = st.lists(st.tuples(RANGES, st.integers(1, 5)), min_size=1, max_size=3)


def space(ranges: list[tuple[int, int]]) -> AddressSpace:
    return AddressSpace.of((BASE + first, BASE + first + length) for first, length in ranges)


@given(PARTS)
def test_it_is_what_counting_finds(parts: list[tuple[list[tuple[int, int]], int]]) -> None:
    counted: Counter[int] = Counter()
    for ranges, weight in parts:
        for first, last in space(ranges).ranges():
            for address in range(first, last + 1):
                counted[address >> 8 << 8] += weight
    top = max(counted.values())
    first = min(address for address, weight in counted.items() if weight == top)
    assert busiest((space(ranges), weight) for ranges, weight in parts) == (first, 24, top)


def test_the_whole_of_ipv4_costs_nothing() -> None:
    everything = AddressSpace.of([(V4_BASE, V4_BASE + (1 << 32) - 1)])
    assert busiest([(everything, 65_535)]) == (V4_BASE, 24, 256 * 65_535)


def test_ipv6_has_64_bits_of_a_network() -> None:
    some = AddressSpace.of([(parse_ip("2001:db8::fffe"), parse_ip("2001:db8:0:2::7"))])
    assert busiest([(some, 2)]) == (parse_ip("2001:db8:0:1::"), 64, 2 << 64)


def test_families_are_compared() -> None:
    four = AddressSpace.of([(BASE, BASE + 9)])
    six = AddressSpace.of([(parse_ip("2001:db8::1"), parse_ip("2001:db8::b"))])
    assert busiest([(four, 2), (six, 1)]) == (BASE, 24, 20)
    assert busiest([(four, 1), (six, 1)]) == (parse_ip("2001:db8::"), 64, 11)


def test_nothing_weighs_nothing() -> None:
    assert busiest([]) is None
    assert busiest([(AddressSpace.of([]), 3), (AddressSpace.of([(BASE, BASE)]), 0)]) is None
