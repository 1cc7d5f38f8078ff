"""The rate that a scan finds by itself: links are filled and not flooded, and followed when they change."""

import numpy as np
import pytest
from tests.sim.links import SECOND, Case, over_link

from periplus.engine.timing import Timing


@pytest.mark.parametrize(
    "case",
    [
        Case(1_000, "all", 1, 4_000),
        Case(1_000, "all", 256, 20, known=True),
        Case(1_000, "all", 256, 20),
        Case(1_000, "all", 4_096, 1, delay_us=100),
        Case(10_000, "all", 1, 20_000),
        Case(10_000, "all", 256, 120, known=True),
    ],
    ids=str,
)
def test_a_link_is_filled_and_not_flooded(case: Case) -> None:
    flow = over_link(case)
    assert flow.throughput >= 0.9
    assert flow.loss < 0.03
    assert flow.found == flow.there


def test_where_one_in_ten_answers_as_well_once_the_rate_is_found() -> None:
    flow = over_link(Case(1_000, "10 %", 1, 5_000, known=True))
    assert flow.carried(3, flow.news_s) >= 0.9
    assert flow.dropped(3, flow.news_s) < 0.03


@pytest.mark.parametrize("hosts", [1, 256])
def test_where_one_in_a_hundred_answers_the_flood_ends_within_seconds(hosts: int) -> None:
    """Ten answers a second are all there is to go by; the floor alone is two and a half times the link."""
    flow = over_link(Case(1_000, "1 %", hosts, 5_000 // hosts, known=True))
    assert flow.dropped(3, np.inf) < 0.05
    assert flow.found == flow.there


def test_a_link_is_followed_down_and_up_again() -> None:
    fall_s, rise_s = 1.5, 4.5
    changes = ((int(fall_s * SECOND), 2_000.0), (int(rise_s * SECOND), 6_000.0))
    flow = over_link(Case(6_000, "all", 1, 30_000, changes))
    assert flow.carried(0.5, fall_s) >= 0.9
    assert flow.carried(fall_s + 1, rise_s) >= 0.9
    assert flow.carried(rise_s + 2, flow.news_s) >= 0.9
    assert flow.loss < 0.03


def test_a_rate_that_was_given_is_kept_whatever_gets_lost() -> None:
    timing = Timing(floor_rate=2_000.0, floor_is_fixed=True, max_rate=2_000.0)
    for capacity in (1_000.0, 1e6):
        flow = over_link(Case(capacity, "all", 1, 10_000, timing=timing))
        sent = flow.sent[flow.at_us < flow.news_s * SECOND].sum() / flow.news_s
        assert 0.97 * 2_000 <= sent <= 2_020


def test_where_nearly_all_is_silent_near_by_a_few_answers_prove_more_than_the_floor() -> None:
    """8,152 probes at the floor's rate alone would take more than three seconds, and then their time-outs."""
    flow = over_link(Case(1e6, "1 %", 4_096, 1, delay_us=150))
    assert flow.seconds < 3
    assert flow.found == flow.there


@pytest.mark.parametrize("seed", range(1, 4))
def test_what_a_policer_dropped_is_not_asked_again_at_the_rate_that_it_dropped(seed: int) -> None:
    """The few answers prove ever more until its bucket is empty, and by then all was asked once."""
    flow = over_link(Case(1e9, "1 %", 4_096, 1, policer=(5_000.0, 500.0), seed=seed))
    assert flow.found == flow.there
    assert flow.seconds < 10


def test_where_all_is_silent_the_floor_is_kept_to() -> None:
    flow = over_link(Case(1e6, "none", 4_096, 1, delay_us=150))
    assert flow.sent.sum() / flow.news_s <= 2_600
