"""What a few answers prove of the rate in use."""

import numpy as np
import pytest

from periplus.engine.climb import ENOUGH, LEAST_STEP_US, Climb, Verdict

TICK_US = 10_000
TRIP_US = 1_000.0
FLOOR_PPS = 10_000.0
PER_TICK = round(FLOOR_PPS * TICK_US / 1e6)


def _step(
    climb: Climb,
    begin_us: int,
    stretch: int,
    ticks: int,
    share: float,
    *,
    queue_us: float = 0.0,
    by_floor: float = 1.0,
    learns: bool = True,
) -> Verdict:
    """Send first tries at the floor's rate, of which that share is answered within the tick; judge them."""
    climb.begin(begin_us, stretch, learns=learns)
    owed = 0.0
    for now_us in range(begin_us, begin_us + ticks * TICK_US, TICK_US):
        climb.sent(now_us, PER_TICK, PER_TICK, round(by_floor * PER_TICK))
        owed += share * PER_TICK
        answers = int(owed)
        owed -= answers
        if answers:
            climb.heard(np.full(answers, stretch))
            climb.felt(now_us, answers if queue_us < 12_000 else 0, queue_us, TRIP_US)
    return climb.review(begin_us + ticks * TICK_US, FLOOR_PPS)


def test_answers_that_come_as_expected_and_at_once_prove_a_step() -> None:
    climb = Climb(0)
    assert _step(climb, 0, 1, 50, 0.01) is Verdict.PROVED
    assert _step(climb, 500_000, 2, 50, 0.01) is Verdict.PROVED


def test_silence_proves_nothing_however_long() -> None:
    assert _step(Climb(0), 0, 1, 500, 0.0) is Verdict.OPEN


def test_a_handful_of_answers_is_needed_and_some_time() -> None:
    assert _step(Climb(0), 0, 1, 20, 0.9 * ENOUGH / (20 * PER_TICK)) is Verdict.OPEN
    assert _step(Climb(0), 0, 1, LEAST_STEP_US // TICK_US - 1, 0.5) is Verdict.OPEN
    assert _step(Climb(0), 0, 1, LEAST_STEP_US // TICK_US, 0.5) is Verdict.PROVED


def test_answers_that_waited_prove_nothing() -> None:
    assert _step(Climb(0), 0, 1, 50, 0.01, queue_us=20_000.0) is Verdict.OPEN


def test_the_last_answers_count_a_queue_may_have_begun_to_fill() -> None:
    climb = Climb(0)
    _step(climb, 0, 1, 50, 0.01)
    climb.felt(500_000, 0, 20_000.0, TRIP_US)
    assert climb.review(500_000, FLOOR_PPS) is Verdict.OPEN


def test_a_rate_that_is_not_used_or_not_the_floors_is_not_proved() -> None:
    assert _step(Climb(0), 0, 1, 50, 0.01, by_floor=0.4) is Verdict.OPEN
    climb = Climb(0)
    _step(climb, 0, 1, 50, 0.01)
    assert climb.review(500_000, 3 * FLOOR_PPS) is Verdict.OPEN


def test_answers_to_what_was_asked_before_the_step_are_not_its_own() -> None:
    climb = Climb(0)
    climb.begin(0, 1)
    for now_us in range(0, 500_000, TICK_US):
        climb.sent(now_us, PER_TICK, PER_TICK, PER_TICK)
        climb.heard(np.zeros(1, np.int64))
        climb.felt(now_us, 1, 0.0, TRIP_US)
    assert climb.review(500_000, FLOOR_PPS) is Verdict.OPEN


@pytest.mark.parametrize(
    ("ticks", "share", "verdict"),
    [
        (50, 0.1, Verdict.PROVED),
        (50, 0.09, Verdict.PROVED),  # chance
        (10, 0.05, Verdict.OPEN),
        (50, 0.09 - 0.006, Verdict.DOUBTFUL),
        (50, 0.05, Verdict.OVERRUN),
        (50, 0.0, Verdict.OVERRUN),
    ],
)
def test_fewer_answers_than_before_are_doubtful_and_far_fewer_an_overrun(
    ticks: int, share: float, verdict: Verdict
) -> None:
    climb = Climb(0)
    _step(climb, 0, 1, 50, 0.1)
    assert _step(climb, 500_000, 2, ticks, share) is verdict


def test_a_step_is_a_measure_for_others_if_it_is_to_learn_from_and_with_answers_that_come_after_its_end() -> (
    None
):
    for learns, verdict in ((True, Verdict.PROVED), (False, Verdict.OVERRUN)):
        climb = Climb(0)
        _step(climb, 0, 1, 50, 0.1)
        _step(climb, 500_000, 2, 200, 0.02)
        assert _step(climb, 2_500_000, 3, 50, 0.04, learns=learns) is verdict
    climb = Climb(0)
    _step(climb, 0, 1, 50, 0.0)
    climb.begin(500_000, 2)
    climb.heard(np.full(500, 1))
    for now_us in range(500_000, 1_000_000, TICK_US):
        climb.sent(now_us, PER_TICK, PER_TICK, PER_TICK)
    assert climb.review(1_000_000, FLOOR_PPS) is Verdict.OVERRUN
