"""The pace: windows, a floor for silence, a ceiling."""

import numpy as np

from periplus.engine.pace import FIRST_WINDOW, Pace
from periplus.engine.replies import Tally
from periplus.engine.timing import TEMPLATES, Timing
from periplus.engine.usual import ENOUGH

SECOND = 1_000_000


def _heard(answers: int, queue_us: float, unproved: int = 0, unproved_us: float = np.inf) -> Tally:
    return Tally(
        accepted=answers,
        clocking=answers,
        queue_us=queue_us,
        unproved=unproved,
        unproved_queue_us=unproved_us,
    )


def _sent_in(pace: Pace, seconds: float, tick_us: int = 1000) -> int:
    """Probes that go into silence: nothing ever comes back, and all stay outstanding."""
    sent = 0
    for now_us in range(0, int(seconds * SECOND), tick_us):
        pace.review(now_us, 1e6)
        clocked, floor, most = pace.allowance(now_us, sent)
        clocked = min(clocked, most)
        floor = min(floor, most - clocked)
        pace.sent(clocked, floor, 0)
        sent += clocked + floor
    return sent


def test_silence_gets_the_floor() -> None:
    fixed = _sent_in(Pace(Timing(floor_rate=1000.0, floor_is_fixed=True), 10_000, 0), 5.0)
    assert 5000 <= fixed <= 5000 + FIRST_WINDOW + 30
    gentle = _sent_in(Pace(Timing(floor_rate=1000.0), 10_000, 0), 5.0)
    assert 0.8 * fixed < gentle < 0.9 * fixed


def test_it_starts_gently() -> None:
    assert _sent_in(Pace(Timing(floor_rate=1000.0), 10_000, 0), 0.1) < 0.3 * 100 + FIRST_WINDOW


def test_the_ceiling_holds_over_any_tenth_of_a_second() -> None:
    pace = Pace(Timing(floor_rate=5000.0, max_rate=1000.0), 10_000, 0)
    assert _sent_in(pace, 0.1) <= 100 + 10
    pace = Pace(Timing(floor_rate=5000.0, max_rate=1000.0), 10_000, 0)
    assert _sent_in(pace, 3.0) <= 3000 + 10


def test_one_probe_at_a_time_where_the_template_says_so() -> None:
    pace = Pace(TEMPLATES[2], 10_000, 0)
    assert pace.allowance(0, 0)[:2] == (1, 0)
    assert pace.allowance(10 * SECOND, 1)[:2] == (0, 0)


def test_no_more_is_under_way_than_there_is_room_for() -> None:
    assert _sent_in(Pace(Timing(floor_rate=5000.0), 100, 0, most_in_flight=150), 1.0) == 150


def test_answers_open_the_window() -> None:
    pace = Pace(Timing(floor_rate=0.0), 10_000, 0)
    pace.heard(_heard(200, 0.0))
    assert pace.allowance(0, 0)[0] == FIRST_WINDOW + 200


def test_a_queue_felt_for_a_whole_round_closes_it() -> None:
    pace = Pace(Timing(floor_rate=0.0), 10_000, 0)
    pace.heard(_heard(200, 50_000.0))
    pace.review(SECOND, 100_000.0)
    assert pace.allowance(SECOND, 0)[0] < FIRST_WINDOW + 200


def test_a_window_that_shrank_waits_until_the_queue_that_it_left_is_gone() -> None:
    pace = Pace(Timing(floor_rate=0.0), 10_000, 0)
    pace.heard(_heard(200, 0.0))
    sizes = []
    for now_us in range(SECOND, SECOND + 200_000, 20_000):
        pace.heard(_heard(0, 70_000.0))
        pace.review(now_us, 100_000.0)
        sizes.append(pace.allowance(now_us, 0)[0])
    assert len(set(sizes)) == 4  # the first answer of all had not waited


def test_hosts_of_few_answers_tell_of_a_queue_together() -> None:
    pace = Pace(Timing(floor_rate=0.0), 10_000, 0)
    for heard in range(1, ENOUGH + 1):
        pace.heard(_heard(0, np.inf, 1, 50_000.0))
        pace.review(heard * SECOND, 100_000.0)
        assert (pace.allowance(heard * SECOND, 0)[0] < FIRST_WINDOW) == (heard == ENOUGH)
    # One that waited for nothing is proof that there is no queue.
    pace = Pace(Timing(floor_rate=0.0), 10_000, 0)
    pace.heard(_heard(0, np.inf, ENOUGH - 1, 50_000.0))
    pace.heard(_heard(0, np.inf, 1, 100.0))
    pace.review(SECOND, 100_000.0)
    assert pace.allowance(SECOND, 0)[0] == FIRST_WINDOW


def test_waking_is_for_a_handful_of_probes_not_for_each() -> None:
    pace = Pace(Timing(floor_rate=10_000.0), 10_000, 0)
    pace.allowance(0, 100_000)
    pace.sent(0, 1, 0)
    assert 1_000 <= pace.ready_us(100_000, True) <= 3_000


def test_with_room_in_the_windows_there_is_nothing_to_wait_for() -> None:
    pace = Pace(Timing(), 10_000, 0)
    assert pace.ready_us(0, True) == 0
    assert pace.ready_us(0, False) > 0 or pace.allowance(0, 0)[1] > 0


def test_what_others_send_is_taken_from_the_ceiling() -> None:
    pace = Pace(Timing(floor_rate=5000.0, max_rate=1000.0), 10_000, 0)
    before = pace.allowance(SECOND, 0)[2]
    pace.charge(4)
    assert pace.allowance(SECOND, 0)[2] == before - 4
    free = Pace(Timing(), 10_000, 0)
    free.charge(4)
    assert free.allowance(SECOND, 0)[2] == free.allowance(SECOND, 0)[2]


def test_a_new_ceiling_holds_from_the_next_review_on() -> None:
    pace = Pace(Timing(floor_rate=5000.0), 10_000, 0)
    pace.limit(1000.0)
    pace.review(20_000, 1e5)
    assert pace.allowance(1_000_000, 0)[2] == 10


def test_what_was_sent_to_a_flooded_way_tells_nothing() -> None:
    pace = Pace(Timing(floor_rate=5000.0, floor_is_fixed=True), 10_000, 0)
    known = []
    for now_us, flooded in enumerate((False, True, False), start=1):
        pace.limit(1_000.0, flooded=flooded)
        pace.review(now_us * SECOND, 100_000.0)
        known.append((pace.brake.was_flooded, pace.brake.stretch))
    assert known == [(False, 0), (True, 1), (True, 1)]


def _waiting(answers: int, seconds: float) -> Pace:
    """Every so many answers have waited 90 ms, whatever the rate is."""
    pace = Pace(Timing(), 10_000, 0)
    for now_us in range(0, int(seconds * SECOND), 20_000):
        pace.heard(_heard(answers, np.inf, ENOUGH, 90_000.0))
        pace.review(now_us, 100_000.0)
        pace.allowance(now_us, 0)
        pace.sent(1, 1, 1)
    return pace


def test_a_delay_that_the_least_rate_does_not_change_is_no_queue() -> None:
    assert _waiting(0, 0.5).usual.turn == 0
    assert _waiting(0, 5.0).usual.turn > 0


def test_a_queue_that_the_window_keeps_is_one_however_little_silence_gets() -> None:
    assert _waiting(500, 5.0).usual.turn == 0
