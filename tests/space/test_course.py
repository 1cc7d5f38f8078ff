"""Shards are disjoint and together complete, whatever the hosts, and know their hosts again."""

from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.twins import number

from periplus.errors import UsageError
from periplus.space.address import Addresses
from periplus.space.course import WHOLE, Course, Shard, parse_shard
from periplus.space.order import Order
from periplus.space.ranges import AddressSpace

BASES = [number("198.18.0.0"), number("198.18.200.0"), number("2001:db8::"), number("2001:db8:0:1::")]
SPACES = st.lists(
    st.tuples(st.sampled_from(BASES), st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=4
)


def space_of(parts: list[tuple[int, int, int]]) -> AddressSpace:
    return AddressSpace.of((base + first, base + first + more) for base, first, more in parts)


def in_order(hosts: AddressSpace, key: int) -> list[int]:
    """All hosts in the keyed order, one by one."""
    every = [address for first, last in hosts.ranges() for address in range(first, last + 1)]
    return [every[rank] for rank in Order(len(every), key).at(np.arange(len(every))).tolist()]


def part(whole: list[int], shard: Shard) -> list[int]:
    """Every n-th of them."""
    return [address for place, address in enumerate(whole) if place % shard.parts == shard.number - 1]


def drained(course: Course) -> list[int]:
    return course.at(np.arange(course.size)).ints()


@given(SPACES, st.integers(0, 1 << 60), st.integers(1, 9))
def test_shards_part_all_hosts_among_them(parts: list[tuple[int, int, int]], key: int, n: int) -> None:
    hosts = space_of(parts)
    shards = [Course(hosts, key, Shard(k, n)) for k in range(1, n + 1)]
    told = [drained(each) for each in shards]
    whole = in_order(hosts, key)
    assert told == [part(whole, Shard(k, n)) for k in range(1, n + 1)]
    assert sorted(chain.from_iterable(told)) == sorted(whole)
    assert sum(each.size for each in shards) == hosts.size
    assert max(map(len, told)) - min(map(len, told)) <= 1


@given(SPACES, st.integers(0, 1 << 60), st.integers(1, 5), st.data())
def test_a_course_knows_its_hosts_and_no_others(
    parts: list[tuple[int, int, int]], key: int, n: int, data: st.DataObject
) -> None:
    hosts = space_of(parts)
    course = Course(hosts, key, Shard(data.draw(st.integers(1, n)), n))
    mine = drained(course)
    everyone = [*in_order(hosts, key), BASES[0] - 1, BASES[3] + 1000]
    twin = [mine.index(address) if address in mine else -1 for address in everyone]
    assert course.position_of(Addresses.of_ints(everyone)).tolist() == twin


def test_shards_as_users_write_them() -> None:
    assert parse_shard("2/8") == Shard(2, 8)
    assert (str(parse_shard("03/10")), parse_shard("1/1")) == ("3/10", WHOLE)


@pytest.mark.parametrize("text", ["", "2", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "1 / 2", "1/1000001", "١/٢"])
def test_what_is_no_shard(text: str) -> None:
    with pytest.raises(UsageError):
        parse_shard(text)
