"""Both intakes give every host once and find it again; beside a slow twin that writes down what was given."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.columns import I64
from periplus.engine.intake import Fed, Intake, Ordered


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
