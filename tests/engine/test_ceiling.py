"""The ceiling over any tenth of a second, whatever is wanted, and however long it takes to send."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.engine.ceiling import WINDOW_US, Ceiling

# (time that passes, packets wanted, time that sending takes, share in tenths that the kernel takes)
CALLS = st.lists(
    st.tuples(st.integers(0, 60_000), st.integers(0, 400), st.integers(0, 5_000), st.integers(0, 10)),
    max_size=60,
)


@given(st.floats(0.5, 20_000), CALLS)
def test_no_tenth_of_a_second_gets_more_than_its_share(
    rate: float, calls: list[tuple[int, int, int, int]]
) -> None:
    now_us, ceiling, gone = 0, Ceiling(rate, 0), []
    for passes_us, wanted, takes_us, tenths in calls:
        now_us += passes_us
        claimed = ceiling.claim(wanted, now_us)
        assert 0 <= claimed <= wanted
        left = claimed * tenths // 10
        gone.append((now_us, now_us + takes_us, left))
        now_us += takes_us
        ceiling.settle(claimed, left, now_us)
    most = rate * WINDOW_US / 1e6 + 1
    for _, end_us, _ in gone:  # the first packet may have left as late as its call returned
        assert sum(left for begin_us, _, left in gone if end_us <= begin_us < end_us + WINDOW_US) <= most


@pytest.mark.parametrize("rate", [4.0, 15.0, 200.0, 1_000.0, 10_000.0])
def test_who_always_wants_more_gets_the_rate(rate: float) -> None:
    ceiling, sent = Ceiling(rate, 0), 0
    for now_us in range(0, 10_000_000, 1_000):
        claimed = ceiling.claim(10_000, now_us)
        ceiling.settle(claimed, claimed, now_us)
        sent += claimed
    assert sent == pytest.approx(10 * rate, rel=0.02, abs=1)


def test_what_was_not_sent_after_all_is_there_again() -> None:
    ceiling = Ceiling(1_000.0, 0)
    assert ceiling.claim(100, 1_000_000) == 10
    ceiling.settle(10, 3, 1_000_000)
    assert ceiling.claim(100, 1_000_000) == 7


def test_what_is_under_way_counts() -> None:
    ceiling = Ceiling(1_000.0, 0)
    moments = list(accumulate([10_000] * 30))
    assert sum(ceiling.claim(100, now_us) for now_us in moments) == 100  # nobody came back
    ceiling.settle(100, 0, moments[-1])
    assert ceiling.claim(100, moments[-1]) == 10


def test_without_a_rate_everything_may_go() -> None:
    ceiling = Ceiling(0.0, 0)
    assert ceiling.claim(1 << 20, 1) == 1 << 20
    ceiling.settle(1 << 20, 1 << 20, 1)
    assert ceiling.claim(1 << 20, 2) == 1 << 20


def test_a_rate_that_changes_remembers_what_left() -> None:
    ceiling = Ceiling(0.0, 0)
    ceiling.settle(ceiling.claim(50, 0), 50, 0)
    ceiling.limit(400.0, 10)
    assert ceiling.claim(9, WINDOW_US - 1) == 0
    assert ceiling.claim(9, WINDOW_US) == 4
    assert ceiling.rate == 400.0
