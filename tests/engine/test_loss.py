"""Loss, and what silence may hide."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.columns import I32, I64, Mask
from periplus.engine.loss import (
    MOST_LOSS,
    UNMEASURED,
    expected_missed,
    hidden_by_eras,
    lost_shares,
    per_try,
    shares,
)


def _i4(*values: int) -> I32:
    return np.array(values, np.int32)


def test_much_evidence_speaks_for_itself() -> None:
    share = shares(_i4(1000), _i4(9000), np.array([0]), 1000.0, 9000.0)
    assert share[0] == pytest.approx(0.1, rel=0.01)


def test_a_host_without_evidence_has_its_networks_share() -> None:
    share = shares(_i4(3000, 0, 0), _i4(7000, 0, 0), np.array([0, 0, 1]), 3000.0, 7000.0)
    assert share[1] == pytest.approx(0.3, rel=0.05)
    assert share[2] == pytest.approx(0.3, rel=0.05)
    clean = shares(_i4(0, 0), _i4(10_000, 0), np.array([0, 1]), 5000.0, 5000.0)
    assert clean[0] < 0.01 < clean[1]


@pytest.mark.parametrize("tries", [2, 3, 7, 11])
@pytest.mark.parametrize("chance", [0.01, 0.1, 0.3, 0.5, 0.7])
def test_the_loss_of_a_try_is_found_from_those_that_were_answered(chance: float, tries: int) -> None:
    """Simulated: cells that lost all tries are unseen; what the others lost gives the chance all the same."""
    lost = np.random.default_rng(3).random((100_000, tries)) < chance
    first_heard = np.argmin(lost, axis=1)[~lost.all(axis=1)]
    share = first_heard.sum() / (first_heard.sum() + len(first_heard))
    assert per_try(np.array([share]), np.array([tries], np.uint8))[0] == pytest.approx(chance, rel=0.06)


def test_one_try_tells_nothing_and_much_is_not_all() -> None:
    assert per_try(np.array([0.01]), np.array([1], np.uint8))[0] == UNMEASURED
    assert per_try(np.array([0.3]), np.array([1], np.uint8))[0] == 0.3
    assert per_try(np.array([0.89]), np.array([2], np.uint8))[0] == MOST_LOSS


def test_nothing_known_is_one_percent() -> None:
    assert shares(_i4(0), _i4(0), np.array([0]), 0.0, 0.0)[0] == pytest.approx(0.01)


def test_a_few_answers_at_once_are_enough_to_believe_silence_after_two_tries() -> None:
    """Three open ports among 997 silent ones: the target is 0.01 missed per 1,000."""
    share = shares(_i4(0), _i4(3), np.array([0]), 0.0, 3.0)
    missed = expected_missed(share, np.array([2], np.uint8), _i4(3), _i4(3), _i4(997))
    assert missed[0] <= 0.01 * 997 / 1000


@given(st.floats(0.001, 0.8), st.integers(1, 10), st.integers(0, 500))
def test_more_tries_leave_less(loss: float, tries: int, opened: int) -> None:
    columns = [
        float(
            expected_missed(
                np.array([loss]), np.array([more], np.uint8), _i4(opened), _i4(opened + 1), _i4(10_000)
            )[0]
        )
        for more in (tries, tries + 1)
    ]
    assert columns[1] < columns[0]


def test_the_expectation_is_what_independent_losses_give() -> None:
    """Simulated: 400 open ports, 30 % of tries lost, three tries; how many stay silent of those not found."""
    rng = np.random.default_rng(5)
    silent = [int((rng.random((400, 3)) < 0.3).all(axis=1).sum()) for _ in range(2000)]
    found = [400 - count for count in silent]
    expected = [
        float(expected_missed(np.array([0.3]), np.array([3], np.uint8), _i4(count), _i4(count), _i4(1000))[0])
        for count in found
    ]
    assert np.mean(expected) == pytest.approx(np.mean(silent), rel=0.05)


def test_no_more_is_missed_than_is_silent() -> None:
    missed = expected_missed(np.array([0.9]), np.array([1], np.uint8), _i4(1000), _i4(1000), _i4(3))
    assert missed[0] == 3


def test_hosts_that_are_altogether_silent_share_what_single_ports_hide() -> None:
    """One port a host: 900 answered, 100 silent, 10 % lost, one try: some of the silent are lost answers."""
    hosts = 1000
    answered = np.array([1] * 900 + [0] * 100, np.int32)
    missed = expected_missed(
        np.full(hosts, 0.1), np.ones(hosts, np.uint8), answered, answered, (1 - answered).astype(np.int32)
    )
    assert missed[900:].sum() == pytest.approx(900 * 0.1 / 0.9, rel=0.01)
    assert missed[:900].sum() == 0


def test_where_nobody_answers_nothing_can_be_expected() -> None:
    missed = expected_missed(
        np.array([0.01, 0.01]), np.array([2, 2], np.uint8), _i4(0, 0), _i4(0, 0), _i4(10, 10)
    )
    assert missed.tolist() == [0.0, 0.0]


def _eras(*counts: tuple[int, int, int]) -> tuple[I64, Mask]:
    """Columns of cells from (era, cells, silent ones)."""
    era = np.concatenate([np.full(cells, number) for number, cells, _ in counts])
    silent = np.concatenate([np.arange(cells) < mute for _, cells, mute in counts])
    return era, silent


def test_what_an_era_has_more_of_in_silence_was_lost() -> None:
    """Two thirds of the first four thousand stayed silent, of the next six thousand none: nothing is filtered."""
    lost = lost_shares(*_eras((0, 4000, 2700), (3, 6000, 0)))
    assert lost[0] == pytest.approx(1.0, abs=0.03)
    assert lost[3] == 0


def test_a_firewall_is_silent_in_all_eras_alike() -> None:
    lost = lost_shares(*_eras((0, 4000, 2030), (1, 6000, 2960), (2, 300, 158)))
    assert not lost.any()
    assert lost_shares(*_eras((0, 4000, 1000), (1, 6000, 3000)))[1] == pytest.approx(0.5, abs=0.05)


def test_many_eras_differ_by_chance() -> None:
    """The same share of silence in each of twenty eras: of a hundred scans next to none sees losses."""
    rng = np.random.default_rng(7)
    era = rng.integers(0, 20, 8_000)
    alarms = [lost_shares(era, rng.random(8_000) < 0.15).any() for _ in range(100)]
    assert sum(map(int, alarms)) <= 3


def test_small_eras_beside_large_ones_differ_by_chance() -> None:
    """Where silence is rare, an era of a hundred cells may have none of it: that is no measure of the others."""
    rng = np.random.default_rng(7)
    era = np.repeat(np.arange(8), [3_000, 100, 120, 2_000, 150, 100, 500, 130])
    alarms = [lost_shares(era, rng.random(len(era)) < 0.07).any() for _ in range(300)]
    assert sum(map(int, alarms)) <= 3


def test_one_era_or_a_tiny_one_tells_nothing() -> None:
    assert not lost_shares(*_eras((0, 4000, 2700))).any()
    assert not lost_shares(*_eras((0, 4000, 2700), (1, 20, 0))).any()


def test_lost_cells_hide_as_many_open_ports_as_the_answered_show() -> None:
    hidden = hidden_by_eras(np.array([1000.0, 1000.0, 0.0]), _i4(9, 0, 5), _i4(1000, 0, 10))
    assert hidden.tolist() == [9.5, 0.0, 0.0]
