"""Windows: slow start clocked by answers, an end to it at a queue, back-off on loss that the rate causes."""

import numpy as np
import pytest

from periplus.engine.window import (
    LEAST,
    LEAST_GROWTH,
    MOST_WEIGHT,
    QUEUE_FULL_US,
    QUEUE_SLOW_US,
    Windows,
)

ROW = np.zeros(1, np.int64)


def _one(value: float) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.array([value])


def test_slow_start_adds_one_for_every_answer() -> None:
    windows = Windows(1, first=10, most=1000, growth=1.0)
    windows.heard(ROW, _one(10))
    assert windows.size[0] == 20
    windows.heard(ROW, _one(5000))
    assert windows.size[0] == 1000


def test_after_a_queue_was_felt_a_window_of_answers_adds_one() -> None:
    windows = Windows(1, first=20, most=1000, growth=1.0)
    assert not windows.queued(ROW, _one(QUEUE_SLOW_US + 1))
    assert windows.size[0] == 20
    windows.heard(ROW, _one(20))
    assert windows.size[0] == 21


def test_a_large_window_grows_by_its_part() -> None:
    windows = Windows(1, first=480, most=1000, growth=1.0)
    windows.queued(ROW, _one(QUEUE_SLOW_US + 1))
    windows.heard(ROW, _one(480))
    assert windows.size[0] == pytest.approx(480 * (1 + LEAST_GROWTH))


def test_an_answer_among_silence_stands_for_those_asked_beside_it() -> None:
    windows = Windows(1, first=100, most=1000, growth=1.0)
    windows.heard(ROW, _one(3), 10.0)
    assert windows.size[0] == 130
    windows.heard(ROW, _one(1), 1e6)
    assert windows.size[0] == 130 + MOST_WEIGHT


def test_however_few_answered_a_window_no_more_than_doubles() -> None:
    windows = Windows(1, first=100, most=1000, growth=1.0)
    windows.heard(ROW, _one(50), 20.0)
    assert windows.size[0] == 200


@pytest.mark.parametrize(("delay_us", "left"), [(31_000, 85), (40_000, 75), (50_000, 60), (200_000, 50)])
def test_a_window_shrinks_to_what_leaves_a_queue_that_is_bearable(delay_us: int, left: int) -> None:
    windows = Windows(1, first=100, most=1000, growth=1.0)
    assert windows.queued(ROW, _one(delay_us))
    assert round(windows.size[0]) == left


def test_a_full_queue_shrinks_the_window_but_not_to_nothing() -> None:
    windows = Windows(1, first=100, most=1000, growth=1.0)
    windows.queued(ROW, _one(QUEUE_FULL_US + 1))
    assert windows.size[0] < 100
    for _ in range(100):
        windows.queued(ROW, _one(QUEUE_FULL_US + 1))
    assert windows.size[0] == LEAST


def test_a_short_queue_changes_nothing() -> None:
    windows = Windows(1, first=100, most=1000, growth=1.0)
    windows.queued(ROW, _one(QUEUE_SLOW_US - 1))
    windows.heard(ROW, _one(100))
    assert windows.size[0] == 200


def _round(windows: Windows, now_us: int, heard: int, lost: int) -> float:
    windows.heard(ROW, _one(heard))
    windows.lost(ROW, _one(lost))
    windows.review(now_us, _one(100_000))
    return float(windows.size[0])


def test_loss_that_goes_when_the_rate_falls_keeps_the_window_small() -> None:
    windows = Windows(1, first=1000, most=1000, growth=1.0)
    after = _round(windows, 0, heard=500, lost=500)
    assert after < 500
    _round(windows, 50_000, heard=500, lost=500)  # of the old rate: not listened to
    assert _round(windows, 200_000, heard=500, lost=5) < 500


def test_loss_that_stays_was_not_caused_by_the_rate() -> None:
    windows = Windows(1, first=1000, most=1000, growth=1.0)
    assert _round(windows, 0, heard=900, lost=100) < 1000
    assert _round(windows, 200_000, heard=900, lost=100) == 1000
    assert _round(windows, 400_000, heard=900, lost=100) == 1000


def test_a_little_evidence_is_none() -> None:
    windows = Windows(1, first=100, most=1000, growth=1.0)
    before = windows.size[0] + 3
    assert _round(windows, 0, heard=3, lost=10) == before


def test_rows_are_apart() -> None:
    windows = Windows(3, first=10, most=1000, growth=2.0)
    windows.heard(np.array([2]), _one(5))
    assert windows.size.tolist() == [10, 10, 20]
