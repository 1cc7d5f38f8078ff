"""What a queue leaves of the floor."""

from periplus.engine.easing import ANSWERS, EASE, FIRST_EASE, LEAST, PATIENCE_US, REGAIN, Easing

LONG, SHORT, SOME = 40_000.0, 1_000.0, 20_000.0
LATER = 100_000


def judged(easing: Easing, now_us: int, queue_us: float, answers: int = ANSWERS) -> bool:
    easing.heard(answers, queue_us)
    return easing.review(now_us)


def test_a_queue_eases_the_floor_at_first_quickly_then_gently() -> None:
    easing = Easing()
    assert judged(easing, LATER, LONG)
    assert easing.share == FIRST_EASE
    assert judged(easing, 2 * LATER, SHORT)
    regained = FIRST_EASE * REGAIN
    assert easing.share == regained
    assert judged(easing, 3 * LATER, LONG)
    assert easing.share == regained * EASE


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
