"""Both intakes give every host once and find it again; beside a slow twin that writes down what was given."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.columns import I64
from periplus.engine.intake import Along, Fed, Intake, Ordered
from periplus.engine.ledger import Ledger
from periplus.space.course import Course, Shard
from periplus.space.ranges import AddressSpace
from periplus.space.space import Space


class Twin:
    """Remembers by host where it was given; a group that is over takes its hosts along."""

    def __init__(self) -> None:
        self.homes: dict[int, tuple[int, int]] = {}

    def given(self, number: int, hosts: I64) -> None:
        for row, host in enumerate(hosts.tolist()):
            assert host not in self.homes
            self.homes[host] = (number, row)

    def forget(self, number: int) -> None:
        self.homes = {host: home for host, home in self.homes.items() if home[0] != number}


def column(hosts: list[int]) -> I64:
    return np.array(hosts, np.int64)


def located(intake: Intake, hosts: list[int]) -> dict[int, tuple[int, int]]:
    """Group and row of those that are in a group."""
    number, row = (each.tolist() for each in intake.locate(column(hosts)))
    found = zip(hosts, zip(number, row, strict=True), strict=True)
    return {host: home for host, home in found if home[0] >= 0}


def drained(intake: Intake) -> list[tuple[int, list[int]]]:
    """All groups that there are now."""
    groups = []
    while taken := intake.take():
        groups.append((taken[0], taken[1].tolist()))
    return groups


@given(st.integers(1, 300), st.integers(0, 1 << 64), st.integers(1, 50))
def test_in_order_every_host_is_given_once_and_found_where_it_is(n_hosts: int, key: int, size: int) -> None:
    intake, twin = Ordered(n_hosts, key, size), Twin()
    groups = drained(intake)
    assert (n_hosts, intake.exhausted) == (sum(len(hosts) for _, hosts in groups), True)
    for number, hosts in groups:
        twin.given(number, column(hosts))
    assert [number for number, _ in groups] == list(range(-(-n_hosts // size)))
    assert {len(hosts) for _, hosts in groups[:-1]} <= {size}
    assert set(twin.homes) == set(range(n_hosts))
    assert located(intake, list(range(n_hosts))) == twin.homes


def test_the_order_is_the_key_s_and_that_of_the_whole_space() -> None:
    one, same, other = (drained(Ordered(100, key, 10)) for key in (1, 1, 2))
    assert one == same
    assert one != other
    [(_, whole)] = drained(Ordered(100, 1, 100))
    assert [host for _, hosts in one for host in hosts] == whole


def test_in_order_nothing_has_to_be_remembered() -> None:
    intake = Ordered(10, 1, 5)
    before = located(intake, list(range(10)))
    intake.take()
    intake.forget(0)
    assert located(intake, list(range(10))) == before


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("admit"), st.integers(0, 12)),
        st.tuples(st.just("take"), st.just(0)),
        st.tuples(st.just("forget"), st.integers(0, 9)),
    ),
    max_size=40,
)


@given(st.permutations(range(60)), MOVES, st.integers(1, 7))
def test_fed_hosts_are_given_once_in_turn_and_found_while_their_group_lives(
    order: list[int], moves: list[tuple[str, int]], size: int
) -> None:
    intake, twin = Fed(size), Twin()
    admitted = taken_out = 0
    numbers: list[int] = []
    for move, figure in moves:
        if move == "admit":
            intake.admit(column(order[admitted : admitted + figure]))
            admitted = min(admitted + figure, len(order))
        elif move == "forget":
            intake.forget(figure)
            twin.forget(figure)
        elif taken := intake.take():
            number, hosts = taken
            assert hosts.tolist() == order[taken_out : min(taken_out + size, admitted)]
            taken_out += len(hosts)
            numbers.append(number)
            twin.given(number, hosts)
        else:
            assert taken_out == admitted
        assert not intake.exhausted
        assert located(intake, order) == twin.homes
    assert numbers == list(range(len(numbers)))
    intake.close()
    rest = [host for _, hosts in drained(intake) for host in hosts]
    assert rest == order[taken_out:admitted]
    assert intake.exhausted


def test_only_who_is_closed_and_has_given_all_is_exhausted() -> None:
    intake = Fed(4)
    assert intake.take() is None
    assert not intake.exhausted
    intake.admit(column([3]))
    intake.close()
    assert not intake.exhausted
    assert drained(intake) == [(0, [3])]
    assert intake.exhausted


def test_hosts_of_a_group_that_is_over_are_found_nowhere() -> None:
    intake = Fed(2)
    intake.admit(column([9, 4, 7]))
    assert drained(intake) == [(0, [9, 4]), (1, [7])]
    assert located(intake, [4, 7, 9, 5]) == {4: (0, 1), 7: (1, 0), 9: (0, 0)}
    intake.forget(0)
    intake.forget(0)
    assert located(intake, [4, 7, 9, 5]) == {7: (1, 0)}


@pytest.mark.parametrize("intake", [Ordered(3, 1, 2), Fed(2)], ids=["ordered", "fed"])
def test_nobody_may_be_looked_for(intake: Intake) -> None:
    assert located(intake, []) == {}


BASE = 0xFFFF_C612_0000  # 198.18.0.0
OWN = Space.of(
    [
        (AddressSpace.of([(BASE, BASE + 29)]), np.array([22, 80], np.uint16)),
        (AddressSpace.of([(BASE + 5, BASE + 8), (BASE + 40, BASE + 49)]), np.array([443], np.uint16)),
        (AddressSpace.of([(1 << 100, (1 << 100) + 9)]), np.array([80], np.uint16)),
    ]
)
ASKED = AddressSpace.union(block.addresses for block in OWN.blocks)


def addresses(host_id: list[int]) -> list[int]:
    return OWN.host_at(column(host_id)).ints()


@given(st.integers(0, 1 << 60), st.integers(1, 12), st.integers(1, 6))
def test_shards_of_hosts_with_ports_of_their_own_are_disjoint_and_complete(
    key: int, size: int, n: int
) -> None:
    told: list[int] = []
    for k in range(1, n + 1):
        course = Course(ASKED, key, Shard(k, n))
        ledger, twin = Ledger(course), Twin()
        intake = Along(ledger, OWN, size)
        groups = drained(intake)
        for number, hosts in groups:
            twin.given(number, column(hosts))
        assert located(intake, list(range(OWN.n_hosts))) == twin.homes
        mine = [address for _, hosts in groups for address in addresses(hosts)]
        assert mine == course.at(np.arange(course.size)).ints()
        assert (intake.exhausted, ledger.reached) == (True, course.size)
        told += mine
    assert sorted(told) == ASKED.at(np.arange(ASKED.size)).ints()


@given(st.integers(0, 60), st.sets(st.integers(0, 59)), st.integers(1, 12))
def test_what_was_left_open_comes_first_and_then_what_was_not_reached(
    reached: int, still_open: set[int], size: int
) -> None:
    course = Course(ASKED, 3)
    reached = min(reached, course.size)
    left = sorted(each for each in still_open if each < reached)
    intake = Along(Ledger(course, reached, column(left)), OWN, size)
    told = [address for _, hosts in drained(intake) for address in addresses(hosts)]
    assert told == course.at(column([*left, *range(reached, course.size)])).ints()


def test_hosts_that_a_space_has_not_are_passed_over() -> None:
    some = Space.of([(AddressSpace.of([(BASE + 2, BASE + 3)]), np.array([1], np.uint16))])
    intake = Along(Ledger(Course(ASKED, 3)), some, 4)
    assert sorted(host for _, hosts in drained(intake) for host in hosts) == [0, 1]
    assert intake.take() is None


def test_engines_on_one_course_stay_together() -> None:
    """However fast the one takes what it gets, and also where it has other hosts and larger groups."""
    ledger = Ledger(Course(ASKED, 3, Shard(1, 1)), 20, column([1, 5, 9]))
    other = Space.of([(ASKED, np.array([53], np.uint16))])
    quick, slow = Along(ledger, OWN, 4), Along(ledger, other, 3)
    assert sum(len(hosts) for _, hosts in drained(quick)) == 3 + 4  # those left open are a group
    given = 0
    while taken := slow.take():
        given += len(taken[1])
        drained(quick)
        assert ledger.given[0] - ledger.given[1] < 2 * 4
    assert (quick.exhausted, slow.exhausted) == (True, True)
    assert given == 3 + ASKED.size - 20
