"""The ledger beside a slow twin, a set of what is open; and an engine's intake that follows it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.twins import number

from periplus.engine import ledger as module
from periplus.engine.ledger import Ledger
from periplus.space.address import Addresses
from periplus.space.course import Course, Shard
from periplus.space.ranges import AddressSpace

FIRST = number("198.18.0.0")
SIZE = 200
HOSTS = AddressSpace.of([(FIRST, FIRST + SIZE - 1)])
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("give"), st.integers(0, SIZE)),
        st.tuples(st.just("finish"), st.lists(st.integers(0, SIZE - 1), max_size=30, unique=True)),
        st.tuples(st.just("again"), st.just(0)),
    ),
    max_size=30,
)


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces so small that there are many."""
    monkeypatch.setattr(module, "PIECE_BITS", 3)
    monkeypatch.setattr(module, "PIECE", 8)


@given(MOVES)
def test_what_was_given_and_is_not_finished_is_open(moves: list[tuple[str, int | list[int]]]) -> None:
    course = Course(HOSTS, 7)
    ledger, reached, still_open = Ledger(course), 0, set[int]()
    for move, figure in moves:
        if move == "give" and isinstance(figure, int):
            ledger.give(figure)
            still_open |= set(range(reached, figure))
            reached = max(reached, figure)
        elif isinstance(figure, list):
            ledger.finish(course.at(np.array(figure, np.int64)))
            still_open -= set(figure)
        else:
            ledger = Ledger(course, ledger.reached, ledger.still_open())
        assert (ledger.reached, ledger.still_open().tolist()) == (reached, sorted(still_open))
        assert ledger.finished == reached - len(still_open)
        assert set(np.flatnonzero(ledger.holds(course.at(np.arange(SIZE)))).tolist()) == still_open


def test_hosts_of_others_are_left_alone() -> None:
    course = Course(HOSTS, 7, Shard(1, 2))
    ledger = Ledger(course)
    ledger.give(course.size)
    ledger.finish(Course(HOSTS, 7, Shard(2, 2)).at(np.arange(10)))
    ledger.finish(Addresses.of_ints([number("2001:db8::1")]))
    assert ledger.finished == 0
    assert ledger.holds(
        Addresses.of_ints([number("2001:db8::1"), *course.at(np.arange(2)).ints()])
    ).tolist() == [
        False,
        True,
        True,
    ]


def test_what_is_finished_costs_nothing() -> None:
    course = Course(HOSTS, 7)
    ledger = Ledger(course)
    ledger.give(SIZE)
    ledger.finish(course.at(np.arange(1, SIZE)))
    assert ledger.still_open().tolist() == [0]
    assert len(ledger._pieces) == 1
