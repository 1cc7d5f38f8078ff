"""Flights beside a plain twin: nobody is looked at before time, and nobody is forgotten."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from periplus.engine.flights import NEVER, TICK_US, Flights


def _cells(*numbers: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.array(numbers, np.int64)


def test_nothing_is_never_due() -> None:
    flights = Flights(1)
    flights.hasten()
    assert flights.next_us == NEVER
    assert flights.due(10).tolist() == flights.all().tolist() == []


def test_a_batch_is_due_at_its_time_and_only_then() -> None:
    flights = Flights(1)
    flights.add(_cells(1, 2), 1_000_000)
    flights.add(_cells(3), 2_000_000)
    assert flights.next_us == 1_000_000
    assert flights.due(999_999).tolist() == []
    assert flights.due(1_500_000).tolist() == [1, 2]
    assert flights.next_us == 2_000_000
    assert flights.all().tolist() == [3]


def test_after_an_answer_all_are_looked_at_once_a_tick() -> None:
    flights = Flights(1)
    flights.add(_cells(1), 0)
    assert flights.due(100_000).tolist() == [1]
    flights.add(_cells(1), 5_000_000)
    flights.hasten()
    assert flights.next_us == 100_000 + TICK_US
    assert flights.due(100_000 + TICK_US).tolist() == [1]
    flights.add(_cells(1), 5_000_000)
    assert flights.next_us == 5_000_000


def test_looks_at_a_large_group_are_far_apart() -> None:
    flights = Flights(4_000)
    for soonest_us in (10_000, 10_001, 17_000):
        flights.add(_cells(soonest_us), soonest_us)
    assert flights.due(10_000).tolist() == [10_000]
    assert flights.next_us == 14_000
    assert flights.due(14_000).tolist() == [10_001]
    assert flights.next_us == 18_000


@given(
    st.lists(st.tuples(st.integers(0, 90_000), st.booleans()), max_size=30), st.integers(1, 50_000), st.data()
)
def test_none_is_lost_and_none_comes_early(
    batches: list[tuple[int, bool]], hosts: int, data: st.DataObject
) -> None:
    """The twin keeps (time, cell) pairs, and looks at each of them."""
    flights = Flights(hosts)
    waiting: dict[int, int] = {}
    now_us, seen = 0, []
    for cell, (soonest_us, hastened) in enumerate(batches):
        flights.add(_cells(cell), soonest_us)
        waiting[cell] = soonest_us
        if hastened:
            flights.hasten()
        now_us += data.draw(st.integers(0, 20_000))
        if now_us >= flights.next_us:
            due = flights.due(now_us).tolist()
            assert any(fast for _, fast in batches) or all(waiting[each] <= now_us for each in due)
            seen += due
            for each in due:
                del waiting[each]
    while flights.next_us < NEVER:
        seen += flights.due(flights.next_us).tolist()
    assert sorted(seen) == list(range(len(batches)))
