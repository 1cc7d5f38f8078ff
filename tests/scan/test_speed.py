"""An estimate that is honest or absent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.scan.speed import EVERY_US, MEMORY_S, Speed

SECOND = 1_000_000


def test_it_is_due_ten_times_a_second() -> None:
    speed = Speed(5)
    assert not speed.due(5 + EVERY_US - 1)
    assert speed.due(5 + EVERY_US)
    speed.observe(5 + EVERY_US, 1, 0.1)
    assert not speed.due(5 + EVERY_US + 1)
    assert speed.due(5 + 2 * EVERY_US)


def test_steady_work_is_estimated_exactly() -> None:
    speed = Speed(0)
    for tenth in range(1, 21):
        speed.observe(tenth * SECOND // 10, tenth * 100, tenth / 100)
    assert speed.rate_pps == pytest.approx(1_000)
    assert speed.eta_s == pytest.approx(8.0)


def test_nothing_is_said_before_there_is_enough_to_go_by() -> None:
    speed = Speed(0)
    speed.observe(SECOND - 1, 10, 0.5)
    assert speed.eta_s is None
    speed.observe(SECOND, 10, 0.5)
    assert speed.eta_s == pytest.approx(1.0)


def test_when_nothing_is_gained_nobody_knows_the_end() -> None:
    speed = Speed(0)
    for second in range(1, 30):
        speed.observe(second * SECOND, 100, 0.25)
    assert speed.eta_s is None
    assert speed.rate_pps == 0.0


def test_only_the_last_seconds_count() -> None:
    speed = Speed(0)
    speed.observe(SECOND, 100_000, 0.5)
    for second in range(2, 30):
        speed.observe(second * SECOND, 100_000 + second * 10, 0.5 + second / 1000)
    assert speed.rate_pps == pytest.approx(10)
    assert speed.eta_s == pytest.approx((1 - 0.529) * 1000)
    assert len(speed._seen) <= MEMORY_S + 2


def test_hosts_that_set_the_pace_are_the_estimate() -> None:
    speed = Speed(0)
    speed.observe(2 * SECOND, 1_000, 0.5)
    assert speed.eta_s == pytest.approx(2.0)
    speed.observe(3 * SECOND, 1_001, 0.5, 900.0)
    assert speed.eta_s == 900.0


def test_two_looks_at_the_same_moment() -> None:
    speed = Speed(7)
    speed.observe(7, 3, 0.1)
    assert (speed.rate_pps, speed.eta_s) == (0.0, None)


@given(st.lists(st.tuples(st.integers(0, 5 * SECOND), st.integers(0, 1_000), st.floats(0, 0.1)), max_size=30))
def test_no_course_makes_a_negative_estimate(course: list[tuple[int, int, float]]) -> None:
    speed, now_us, sent, share = Speed(0), 0, 0, 0.0
    for passed_us, more, gained in course:
        now_us, sent, share = now_us + passed_us, sent + more, min(1.0, share + gained)
        speed.observe(now_us, sent, share)
        assert speed.rate_pps >= 0
        assert speed.eta_s is None or speed.eta_s >= 0


def test_what_an_earlier_run_did_is_not_taken_for_haste() -> None:
    speed = Speed(0, 0.9)
    speed.observe(2 * SECOND, 10, 0.95)
    assert speed.eta_s == pytest.approx(2.0)
