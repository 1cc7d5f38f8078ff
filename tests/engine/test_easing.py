"""What a queue leaves of the floor."""

import numpy as np
import pytest

from periplus.engine.climb import Verdict
from periplus.engine.easing import (
    ANSWERS,
    APPROACH,
    BLIND_STEP_US,
    CLIMB_GROWTH,
    DRAINING_US,
    EASE,
    FIRST_EASE,
    FIRST_GROWTH,
    FIRST_SHARE,
    HELD,
    LEAST,
    PATIENCE_US,
    REGAIN,
    REGAIN_US,
    STEP_TRIPS,
    STEP_US,
    Easing,
)

LONG, SHORT, SOME = 40_000.0, 1_000.0, 20_000.0
LATER = 100_000


def judged(easing: Easing, now_us: int, queue_us: float, answers: int = ANSWERS) -> bool:
    easing.heard(answers, queue_us)
    easing.passed(answers if queue_us == SHORT else 0)
    return easing.review(now_us)


def test_a_queue_eases_the_floor_at_first_quickly_then_gently() -> None:
    easing = Easing()
    assert judged(easing, LATER, LONG)
    assert easing.share == FIRST_EASE
    assert judged(easing, 2 * LATER, SHORT)
    regained = FIRST_EASE + (1 - FIRST_EASE) * APPROACH
    assert easing.share == pytest.approx(regained)
    assert regained > FIRST_EASE * REGAIN
    assert judged(easing, 3 * LATER, LONG)
    assert easing.share == pytest.approx(regained * EASE)


def test_one_answer_that_did_not_wait_is_proof_that_there_is_no_queue() -> None:
    easing = Easing()
    easing.heard(ANSWERS, LONG)
    assert not judged(easing, LATER, SHORT, 1)
    assert easing.share == 1.0


def test_few_answers_prove_no_queue() -> None:
    easing = Easing()
    assert not judged(easing, LATER, LONG, ANSWERS - 1)
    assert not judged(easing, LATER + 1, LONG, 0)
    assert easing.share == 1.0


def test_between_short_and_long_nothing_changes() -> None:
    easing = Easing()
    judged(easing, LATER, LONG)
    assert not judged(easing, 2 * LATER, SOME)
    assert easing.share == FIRST_EASE


def test_what_is_in_the_queue_tells_of_the_old_rate() -> None:
    easing = Easing()
    judged(easing, LATER, LONG)
    assert not judged(easing, LATER + int(LONG) - 1, LONG)
    assert judged(easing, LATER + 2 * int(LONG), LONG)
    assert easing.share == FIRST_EASE**2


def test_it_begins_with_a_part_and_grows_without_any_answer() -> None:
    easing = Easing(0, FIRST_SHARE)
    steps = [(now_us, easing.share) for now_us in range(0, 2_000_000, 20_000) if easing.review(now_us)]
    times_us, shares = zip(*steps, strict=True)
    assert np.diff(times_us).tolist() == [BLIND_STEP_US] * 3
    assert shares == pytest.approx([0.3, 0.45, 0.675, 1.0])


def test_it_grows_faster_with_answers_and_no_further_once_they_wait() -> None:
    easing = Easing(0, FIRST_SHARE)
    assert not judged(easing, STEP_US - 1, SHORT, 1)
    assert judged(easing, STEP_US, SHORT, 1)
    assert easing.share == FIRST_SHARE * FIRST_GROWTH
    assert not judged(easing, 2 * STEP_US, SOME, 1)
    assert not judged(easing, 4 * STEP_US, SOME)
    assert easing.share == FIRST_SHARE * FIRST_GROWTH


def test_where_the_way_is_long_a_step_takes_until_it_is_felt() -> None:
    easing, trip_us = Easing(0, FIRST_SHARE), 400_000.0
    easing.passed(1)
    assert not easing.review(BLIND_STEP_US, trip_us=trip_us)
    assert not easing.review(int(STEP_TRIPS * trip_us) - 1, trip_us=trip_us)
    assert easing.review(int(STEP_TRIPS * trip_us), trip_us=trip_us)


def test_where_the_way_is_long_an_ease_is_waited_for_as_well_as_a_gain() -> None:
    easing, trip_us = Easing(), 400_000.0
    easing.heard(ANSWERS, LONG)
    assert easing.review(LATER, trip_us=trip_us)
    easing.heard(ANSWERS, SHORT)
    assert not easing.review(LATER + int(trip_us + LONG) - 1, trip_us=trip_us)
    easing.heard(ANSWERS, SHORT)
    assert not easing.review(LATER + int(trip_us + LONG), trip_us=trip_us)
    assert easing.review(LATER + 2 * int(trip_us + LONG), trip_us=trip_us)


def test_that_the_least_share_changes_nothing_is_told() -> None:
    easing, now_us = Easing(), 0
    while easing.share > LEAST:
        now_us += LATER
        judged(easing, now_us, LONG)
        assert not easing.is_vain
    judged(easing, now_us + LATER, LONG)
    assert easing.is_vain


def test_a_share_regained_is_felt_before_the_next() -> None:
    easing = Easing()
    judged(easing, LATER, LONG)
    assert judged(easing, 3 * LATER, SHORT)
    assert not judged(easing, 3 * LATER + REGAIN_US - 1, SHORT)
    assert judged(easing, 3 * LATER + REGAIN_US, SHORT)


def test_where_only_silence_is_asked_again_the_share_stays_below_what_was_found() -> None:
    easing = Easing()
    judged(easing, LATER, LONG)
    assert easing.review(2 * LATER, has_news=False)
    held = FIRST_EASE * EASE
    assert easing.share == held
    for now_us in range(3 * LATER, 20 * PATIENCE_US, PATIENCE_US):
        assert not easing.review(now_us, has_news=False)
    assert easing.share == held
    assert easing.review(30 * PATIENCE_US)
    assert easing.share == held * REGAIN
    whole = Easing()
    assert not whole.review(PATIENCE_US, has_news=False)
    assert whole.share == 1.0


def test_something_is_always_left_and_time_brings_the_rest_back() -> None:
    easing = Easing()
    now_us = 0
    for _ in range(30):
        now_us += LATER
        judged(easing, now_us, LONG)
    assert easing.share == LEAST
    for _ in range(200):
        now_us += PATIENCE_US
        easing.review(now_us)
    assert easing.share == 1.0


def test_a_queue_that_has_become_shorter_is_draining_and_waited_for() -> None:
    easing = Easing()
    judged(easing, LATER, LONG + 2 * DRAINING_US)
    eased = easing.share
    assert not judged(easing, 3 * LATER, LONG)
    assert easing.share == eased
    assert judged(easing, 5 * LATER, LONG)  # it stays as it is
    assert easing.share < eased


def test_far_below_what_was_felt_one_answer_that_did_not_wait_will_do() -> None:
    easing = Easing()
    judged(easing, LATER, LONG)
    assert judged(easing, 3 * LATER, SHORT, 1)
    judged(easing, 4 * LATER, SHORT, 1)
    judged(easing, 5 * LATER, SHORT, 1)
    judged(easing, 6 * LATER, SHORT, 1)
    assert not judged(easing, 7 * LATER, SHORT, 1)
    assert judged(easing, 8 * LATER, SHORT, ANSWERS - 1)


def test_a_few_answers_that_waited_are_believed_when_no_more_come() -> None:
    easing = Easing()
    judged(easing, LATER, LONG)
    eased = easing.share
    assert not judged(easing, 3 * LATER, LONG, 1)
    assert not judged(easing, 3 * LATER + PATIENCE_US, SOME, 0)  # one is too few, and no reason to go faster
    assert judged(easing, 3 * LATER + 2 * PATIENCE_US, LONG, 2)
    assert easing.share == eased * FIRST_EASE


def test_proofs_raise_it_above_the_whole_and_doubts_no_lower_than_that() -> None:
    easing = Easing()
    for now_us in (LATER, 2 * LATER, 3 * LATER):
        easing.judged(now_us, Verdict.PROVED)
    assert easing.share == CLIMB_GROWTH**3
    easing.judged(4 * LATER, Verdict.DOUBTFUL)
    assert easing.share == pytest.approx(CLIMB_GROWTH**2)
    easing.judged(5 * LATER, Verdict.PROVED)
    assert easing.share == pytest.approx(CLIMB_GROWTH**3)
    easing.judged(6 * LATER, Verdict.OVERRUN)
    assert easing.share == pytest.approx(CLIMB_GROWTH)
    easing.judged(7 * LATER, Verdict.OVERRUN)
    easing.judged(8 * LATER, Verdict.DOUBTFUL)
    assert easing.share == 1.0


def test_above_the_whole_time_and_answers_below_raise_nothing() -> None:
    easing = Easing()
    easing.judged(LATER, Verdict.PROVED)
    assert not judged(easing, 3 * LATER, SHORT)
    assert not easing.review(3 * PATIENCE_US)
    assert easing.share == CLIMB_GROWTH


def test_a_last_step_that_nothing_proved_is_taken_back_when_only_silence_is_left() -> None:
    easing = Easing()
    easing.judged(LATER, Verdict.PROVED)
    easing.judged(2 * LATER, Verdict.PROVED)
    assert easing.review(3 * LATER, has_news=False)
    assert easing.share == CLIMB_GROWTH
    # A few that are asked for the first time in between are no reason to take back another.
    easing.review(4 * LATER)
    assert not easing.review(5 * LATER, has_news=False)


def test_silence_is_asked_again_no_faster_than_a_few_times_what_was_usual() -> None:
    """The last steps of a climb may have lost more than was seen by then."""
    easing = Easing()
    for step in range(4):
        easing.judged(step * LATER, Verdict.PROVED)
    assert easing.review(5 * LATER, has_news=False, usual=2.0)
    assert easing.share == HELD * 2.0
