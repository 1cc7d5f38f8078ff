"""The brake against a path that carries so much and no more, and one that loses at any rate."""

import math

import numpy as np
import pytest

from periplus.engine.brake import (
    CAUTION,
    DEEP_CUT,
    ENOUGH,
    GROWTH,
    MOST_GROWTH,
    STRETCH_US,
    Brake,
    _Measured,
)

WAIT_US = 100_000
TICK_US = 5_000


def _drive(
    brake: Brake, capacity_pps: float, loss: float, seconds: float, wish_pps: float, share: float = 1.0
) -> list[float]:
    """Send first tries as fast as wished and allowed over a path; return the limit over time."""
    limits = []
    lost_before = 0.0
    for now_us in range(0, int(seconds * 1e6), TICK_US):
        rate = min(wish_pps, brake.limit_pps)
        tries = max(round(rate * TICK_US / 1e6), 1)
        passed = min(1.0, capacity_pps / rate) * (1 - loss)
        answered = round(tries * share * passed)
        brake.tick(now_us)
        brake.sent(tries, tries)
        now = brake.stretch
        brake.heard(np.full(answered, now), np.full(round(lost_before * passed), now))
        lost_before = tries * share - answered
        brake.review(now_us, WAIT_US)
        limits.append(brake.limit_pps)
    return limits


def test_a_path_that_carries_everything_is_not_limited() -> None:
    assert set(_drive(Brake(), math.inf, 0.0, 5.0, wish_pps=20_000)) == {math.inf}


@pytest.mark.parametrize("share", [1.0, 0.5])
@pytest.mark.parametrize("capacity_pps", [2_000, 10_000])
def test_a_policer_is_found_and_kept_to(capacity_pps: int, share: float) -> None:
    limits = _drive(Brake(), capacity_pps, 0.0, 20.0, wish_pps=5 * capacity_pps, share=share)
    late = limits[len(limits) // 2 :]
    assert max(late) < 1.5 * capacity_pps
    assert np.mean(late) > 0.5 * capacity_pps


@pytest.mark.parametrize("loss", [0.05, 0.2])
def test_loss_at_any_rate_is_no_reason_to_go_slowly(loss: float) -> None:
    limits = _drive(Brake(), math.inf, loss, 10.0, wish_pps=20_000)
    assert limits[-1] > 20_000
    assert np.mean([limit > 20_000 for limit in limits]) > 0.8


def test_it_waits_until_the_fate_of_the_probes_is_known() -> None:
    brake = Brake()
    brake.tick(0)
    brake.sent(ENOUGH, ENOUGH)
    brake.tick(STRETCH_US)  # ends the stretch
    brake.review(STRETCH_US + WAIT_US - 1, WAIT_US)
    assert brake.limit_pps == math.inf


def test_the_limit_never_falls_below_the_least() -> None:
    limits = _drive(Brake(least_pps=500.0), 200, 0.0, 30.0, wish_pps=3_000)
    assert min(limits) == 500.0


def test_a_limit_of_the_least_rate_is_raised_when_the_path_clears() -> None:
    """At fifty probes a second a second's first tries are too few to be judged: the stretch goes on."""
    brake = Brake()
    brake.limit_pps = brake._least_pps = 45.0
    for now_us in range(0, 20_000_000, 20_000):
        tries = int(now_us % 40_000 == 0)
        brake.tick(now_us)
        brake.sent(tries, tries)
        brake.heard(np.full(tries, brake.stretch), np.zeros(0, np.int64))
        brake.review(now_us, WAIT_US)
    assert brake.limit_pps > 60


def test_a_handful_of_answers_tells_nothing_of_loss() -> None:
    """Three ports answer among thousands that are dropped; one of them did so on its second try."""
    brake = Brake()
    for now_us in range(0, 2_000_000, TICK_US):
        brake.tick(now_us)
        brake.sent(50, 50)
        answers, later = int(now_us in {100_000, 500_000}), int(now_us == 300_000)
        brake.heard(np.full(answers, brake.stretch), np.full(later, brake.stretch))
        brake.review(now_us, WAIT_US)
    assert (brake.limit_pps, brake.eras) == (math.inf, [0])


def test_a_cut_that_went_too_deep_is_taken_back_to_what_got_through() -> None:
    """The yield is 0.2 at 10,000 probes a second and whole at 500: 2,000 got through before."""
    brake = Brake()
    brake._judge(_measured(10_000, 1000, 200))
    assert brake.usual_yield == 0.2
    brake._judge(_measured(10_000, 1000, 200, at_once=1000, later=950))
    assert brake.limit_pps < 1_500
    assert len(brake.eras) == 2
    brake._judge(_measured(450, 1000, 1000))
    assert brake.limit_pps == pytest.approx(2_000 * CAUTION)
    assert len(brake.eras) == 3


def test_after_an_outage_the_pace_is_found_anew() -> None:
    brake = Brake()
    _drive(brake, 2_000, 0.0, 4.0, wish_pps=10_000)
    assert brake.limit_pps < 3_000
    eras, stretch = len(brake.eras), brake.stretch
    brake.restart()
    assert brake.limit_pps == math.inf
    assert len(brake.eras) == eras + 1
    assert brake.stretch > stretch  # what was asked before is not judged with what follows
    assert _drive(brake, 2_000, 0.0, 4.0, wish_pps=10_000)[-1] < 3_000


def _measured(rate_pps: float, tries: int, answers: int, at_once: float = 0, later: float = 0) -> _Measured:
    return _Measured(rate_pps, tries, answers, at_once, later)


def test_chance_among_few_answers_is_not_suspected() -> None:
    """A yield of one in ten, measured by a hundred first tries at first, and by four hundred then."""
    brake = Brake()
    brake._judge(_measured(1_000, 100, 15))
    for answers in (40, 34, 45):
        brake._judge(_measured(1_000, 400, answers))
        assert (brake.limit_pps, brake.eras) == (math.inf, [0])


def test_where_few_answer_the_cut_is_deep_and_their_chance_no_reason_for_a_deeper_one() -> None:
    """Six lost in a dozen, and in this stretch nobody answered by chance."""
    brake = Brake()
    brake._judge(_measured(2_500, 1000, 10))
    brake._judge(_measured(2_500, 1000, 0, at_once=14, later=8))
    assert 0.05 * 2_500 < brake.limit_pps <= DEEP_CUT * 2_500 * CAUTION


def test_a_limit_is_raised_the_faster_the_longer_nothing_is_lost() -> None:
    brake = Brake()
    brake.limit_pps = 1_000.0
    limits = [1_000.0]
    for _ in range(12):
        brake._judge(_measured(brake.limit_pps, 1000, 1000, at_once=1000))
        limits.append(brake.limit_pps)
    raises = np.divide(limits[1:], limits[:-1])
    assert raises[0] == pytest.approx(GROWTH)
    assert raises[-1] == pytest.approx(MOST_GROWTH)
    assert (np.diff(raises) >= -1e-9).all()


def test_what_an_earlier_rate_lost_is_forgotten_when_the_rate_falls_for_another_reason() -> None:
    brake = Brake()
    brake.tick(0)
    brake.heard(np.full(30, 1), np.full(25, 1))
    brake.forget(WAIT_US)
    assert len(brake.eras) == 2
    brake.tick(WAIT_US)
    brake.sent(100, 100)
    brake.tick(WAIT_US + STRETCH_US)
    brake.heard(np.full(100, brake.stretch - 1), np.full(20, 1))
    brake.review(2 * WAIT_US + STRETCH_US, WAIT_US)
    assert (brake.limit_pps, brake.usual_yield) == (math.inf, 1.0)


def test_stretches_that_others_begin_do_not_end_a_measurement() -> None:
    brake = Brake()
    brake.tick(0)
    begun = brake.stretch
    brake.sent(ENOUGH, ENOUGH)
    brake.heard(np.full(10, begun), np.zeros(0, np.int64))
    assert brake.turn() == begun + 1
    brake.sent(ENOUGH, ENOUGH)
    brake.tick(STRETCH_US)  # ends it
    brake.heard(np.array([begun, begun + 1, begun + 2]), np.zeros(0, np.int64))
    assert (brake._first_tries, brake._answered) == (2 * ENOUGH, 12)


def test_what_is_forgotten_need_not_have_been_a_flood() -> None:
    brake = Brake()
    brake.forget(0, flooded=False)
    assert (brake.was_flooded, len(brake.eras)) == (False, 2)
    brake.forget(0)
    brake.forget(0, flooded=False)
    assert brake.was_flooded
