"""Who has fallen silent: the test against its exact twin, and the phases that a suspect goes through."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from periplus.columns import I32, I64, Mask
from periplus.engine.hush import LAST_US, PAUSES_US, RARE, SLOW_US, Hush, Phase, log_chance

SECOND = 1_000_000


def _counts(*values: int) -> I32:
    return np.array(values, np.int32)


def _exact(known: int, answered: int, silent: int) -> float:
    """The chance that all answers lie before the silent ones, if the order is random."""
    return math.log(math.comb(known - silent, answered)) - math.log(math.comb(known, answered))


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 400))
def test_the_bound_is_never_below_the_true_chance(answered: int, unanswered: int, silent: int) -> None:
    known = answered + unanswered + silent
    if not known:
        return
    bound = float(log_chance(_counts(known), _counts(answered), _counts(silent))[0])
    assert _exact(known, answered, silent) - 1e-9 <= bound <= 1e-9


def _hush(known: int, answered: int, silent: int, hosts: int = 1) -> Hush:
    hush = Hush(hosts)
    columns = hush.columns
    columns.known[:], columns.answered[:], columns.silent[:] = known, answered, silent
    return hush


def test_forty_silent_ones_after_95_percent_are_no_chance_and_a_firewall_is_none() -> None:
    assert _hush(140, 95, 40).suspicious()[0]
    assert not _hush(60_000, 3, 59_000).suspicious()[0]  # 3 answers among the first 1,000 were luck
    assert not _hush(60_000, 30, 5_000).suspicious()[0]
    assert not _hush(50, 0, 50).suspicious()[0]
    assert not _hush(115, 100, 15).suspicious()[0]  # a burst


def test_who_passed_a_test_is_not_suspected_as_easily_again() -> None:
    hush = _hush(200, 100, 40)
    assert RARE * 2 < log_chance(_counts(200), _counts(100), _counts(40))[0] < RARE
    assert hush.suspicious()[0]
    hush.pause(np.ones(1, np.bool_), 5)
    hush.acquit(hush.suspects)
    hush.columns.silent[:] = 40
    assert not hush.suspicious()[0]


def _all(hush: Hush) -> Mask:
    return np.ones(len(hush.columns.phase), np.bool_)


def _ask(hush: Hush, until_us: int) -> None:
    hush.ask(_all(hush), np.full(len(hush.columns.phase), 3, np.uint8), np.array([until_us]))


def test_three_rounds_then_left_alone_then_three_more_and_gone() -> None:
    hush, now_us = _hush(100, 90, 10), 0
    for last in (False, True):
        hush.pause(_all(hush), PAUSES_US[0]) if not last else hush.resume()
        for number in range(len(PAUSES_US)):
            assert hush.columns.phase[0] == Phase.PAUSED
            assert not hush.due(Phase.PAUSED, hush.next_us - 1).any()
            now_us = hush.next_us
            assert hush.due(Phase.PAUSED, now_us).all()
            _ask(hush, now_us + 100)
            gone = hush.fail(hush.due(Phase.ASKED, now_us + 100), now_us + 100)
            assert gone[0] == (last and number + 1 == len(PAUSES_US))
        if not last:
            assert hush.left.all()
            assert hush.columns.until_us[0] == now_us + 100 + LAST_US
    hush.close(_all(hush))
    assert hush.columns.phase[0] == Phase.GONE
    assert not hush.resumed.any()


def test_an_answer_to_the_test_acquits_and_is_counted_once_for_each_question() -> None:
    hush = _hush(100, 90, 20)
    hush.columns.stopped_at[0] = 77
    hush.pause(_all(hush), 0)
    _ask(hush, 100)
    zeros: I64 = np.zeros(5, np.int64)
    assert hush.proofs(zeros, zeros + 50) == 3
    assert hush.columns.phase[0] == Phase.WELL
    assert hush.columns.stopped_at[0] == 0
    assert hush.columns.life_us[0] == 50
    assert hush.woken
    assert hush.proofs(zeros, zeros + 60) == 0


def test_who_was_left_alone_is_asked_one_by_one_afterwards() -> None:
    hush = _hush(100, 90, 20, hosts=2)
    one = np.array([True, False])
    hush.columns.stopped_at[0] = 77
    hush.leave(one, 0)
    assert hush.awake.tolist() == [False, True]
    hush.resume()
    hush.acquit(one)
    assert hush.resumed.tolist() == [True, False]
    assert hush.columns.stopped_at[0] == 77
    wanted, none, busy = np.array([9, 9]), np.zeros(2, np.int64), np.array([1, 1])
    assert hush.quota(wanted, none, 5).tolist() == [1, 9]
    assert hush.quota(wanted, busy, 5).tolist() == [0, 9]
    hush.questioned(np.array([1, 1]), 5)
    assert hush.quota(wanted, none, 5).tolist() == [0, 9]
    assert hush.next_turn_us(one, none) == 5 + SLOW_US
    assert hush.next_turn_us(one, busy) > SECOND * SECOND
    assert hush.next_turn_us(np.ones(2, np.bool_), busy) == 0
