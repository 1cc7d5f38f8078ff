"""Sets of addresses; Python's sets of small numbers, and lists of big ones, are the slow twins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.space.address import Addresses
from periplus.space.ip import TOP, V4_BASE
from periplus.space.ranges import AddressSpace

# small worlds at the places where words carry: nothing below 0, IPv4, a border of high words, the very end
WORLDS = st.sampled_from([0, V4_BASE, (7 << 64) - 20, (1 << 127) - 20, TOP - 39])
PAIRS = st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)).map(sorted), max_size=8)


def space_of(world: int, pairs: list[list[int]]) -> AddressSpace:
    return AddressSpace.of((world + first, world + last) for first, last in pairs)


def members(world: int, pairs: list[list[int]]) -> set[int]:
    """The slow twin: every address by itself."""
    return {world + n for first, last in pairs for n in range(first, last + 1)}


def twin_ranges(numbers: set[int]) -> list[tuple[int, int]]:
    """Maximal runs of consecutive numbers."""
    runs: list[tuple[int, int]] = []
    for n in sorted(numbers):
        if runs and runs[-1][1] + 1 == n:
            runs[-1] = (runs[-1][0], n)
        else:
            runs.append((n, n))
    return runs


@given(WORLDS, PAIRS)
def test_of_sorts_and_merges(world: int, pairs: list[list[int]]) -> None:
    space, twin = space_of(world, pairs), members(world, pairs)
    assert space.ranges() == twin_ranges(twin)
    assert space.size == len(twin)
    assert bool(space) == bool(twin)


@given(WORLDS, PAIRS, PAIRS)
def test_algebra_equals_that_of_sets(world: int, left: list[list[int]], right: list[list[int]]) -> None:
    a, b = space_of(world, left), space_of(world, right)
    x, y = members(world, left), members(world, right)
    assert (a | b).ranges() == twin_ranges(x | y)
    assert (a & b).ranges() == twin_ranges(x & y)
    assert (a - b).ranges() == twin_ranges(x - y)
    assert AddressSpace.union([a, b, a]) == a | b


@given(st.lists(st.tuples(WORLDS, PAIRS), max_size=3), PAIRS)
def test_ranks_both_ways(parts: list[tuple[int, list[list[int]]]], near: list[list[int]]) -> None:
    space = AddressSpace.union(space_of(world, pairs) for world, pairs in parts)
    twin = sorted(set().union(*(members(world, pairs) for world, pairs in parts)))
    found = space.at(np.arange(space.size, dtype=np.uint64))
    assert found.ints() == twin
    assert space.rank_of(found).tolist() == list(range(len(twin)))
    everything = sorted({world + n for world, _ in parts for n in range(40)})
    ranks = {n: rank for rank, n in enumerate(twin)}
    asked = Addresses.of_ints(everything)
    assert space.rank_of(asked).tolist() == [ranks.get(n, -1) for n in everything]
    assert space.holds(asked).tolist() == [n in ranks for n in everything]


def test_the_high_word_counts_in_every_form() -> None:
    one = AddressSpace.of([(V4_BASE, V4_BASE + 9)])
    two = AddressSpace.of([(V4_BASE, V4_BASE + 9), (V4_BASE + 20, V4_BASE + 29)])
    stray = Addresses.of_ints([V4_BASE + 5, (1 << 64) + V4_BASE + 5, (1 << 127) + V4_BASE + 25])
    assert one.rank_of(stray).tolist() == [5, -1, -1]
    assert two.rank_of(stray).tolist() == [5, -1, -1]


def test_ranges_may_cross_borders_of_the_high_word() -> None:
    start = (5 << 64) - 3
    space = AddressSpace.of([(start, start + 9)])
    assert space.at(np.arange(10)).ints() == list(range(start, start + 10))
    assert space.rank_of(Addresses.of_ints([start - 1, start + 2, start + 3, start + 10])).tolist() == [
        -1,
        2,
        3,
        -1,
    ]


def test_huge_sets_can_be_built_and_combined() -> None:
    everything = AddressSpace.of([(0, TOP)])
    documentation = AddressSpace.of([(0x20010DB8 << 96, (0x20010DB9 << 96) - 1)])
    assert everything.size == 1 << 128
    assert documentation.size == 1 << 96
    rest = everything - documentation
    assert rest.size == (1 << 128) - (1 << 96)
    assert rest | documentation == everything
    assert TOP in rest
    assert (0x20010DB8 << 96) + 5 in documentation
    assert (0x20010DB8 << 96) + 5 not in rest


def test_huge_sets_have_no_ranks() -> None:
    space = AddressSpace.of([(0, 5), (10, 1 << 64)])
    with pytest.raises(OverflowError, match="too many to number"):
        space.at(np.array([0]))


def test_ranks_near_the_limit() -> None:
    space = AddressSpace.of([(3, 3), (10, 10 + (1 << 62))])
    ranks = np.array([0, 1, space.size - 1])
    assert space.at(ranks).ints() == [3, 10, 10 + (1 << 62)]
    assert space.rank_of(space.at(ranks)).tolist() == ranks.tolist()


def test_the_empty_set() -> None:
    empty = AddressSpace.of([])
    assert not empty
    assert empty.size == 0
    assert empty.ranges() == []
    assert 5 not in empty
    assert empty.rank_of(Addresses.of_ints([5])).tolist() == [-1]
    assert len(empty.at(np.empty(0, np.int64))) == 0
    some = AddressSpace.of([(5, 9)])
    assert empty | some == some == some - empty
    assert some & empty == empty == empty - some


def test_equality_hash_and_repr() -> None:
    a, b = AddressSpace.of([(1, 2), (3, 4)]), AddressSpace.of([(1, 4)])
    assert a == b
    assert hash(a) == hash(b)
    assert a != AddressSpace.of([(1, 5)])
    assert a != [(1, 4)]
    assert repr(AddressSpace.of([(V4_BASE, V4_BASE + 1)])) == "AddressSpace(0.0.0.0-0.0.0.1)"


@pytest.mark.parametrize("pair", [(5, 4), (-1, 4), (0, TOP + 1)])
def test_what_is_no_range_is_refused(pair: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no range"):
        AddressSpace.of([(1, 2), pair])


def test_many_ranges_agree_with_arithmetic() -> None:
    rng = np.random.default_rng(7)
    rows = rng.permutation(100_000).tolist()
    space = AddressSpace.of((V4_BASE + 40 * row, V4_BASE + 40 * row + row % 30) for row in rows)
    assert len(space.spans) == 100_000
    ranks = rng.integers(0, space.size, 1000)
    found = space.at(ranks)
    assert space.rank_of(found).tolist() == ranks.tolist()
    assert all((n - V4_BASE) % 40 <= (n - V4_BASE) // 40 % 30 for n in found.ints())
