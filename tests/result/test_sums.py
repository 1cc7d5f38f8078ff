"""Summaries are added up."""

from dataclasses import replace

import pytest
from tests.result.examples import summary

from periplus.result.row import Crowded, SummaryRow
from periplus.result.sums import added, joined


def test_a_run_that_went_on_counts_the_time_that_was_worked() -> None:
    earlier = replace(summary("interrupted", "why"), seconds=2.0, ended=10.0)
    total = added(earlier, replace(summary(), replies=2, loss=0.5, ended=99.0))
    assert (total.exit, total.message, total.ended, total.hosts) == ("success", None, 99.0, 2)
    assert (total.hosts_up, total.probes, total.replies, total.kernel_drops) == (2, 2000, 1000, 6)
    assert total.seconds == 3.5
    assert total.rate == pytest.approx(2000 / 3.5)
    assert total.loss == pytest.approx((998 * 0.002 + 2 * 0.5) / 1000)
    assert total.discarded == {"forged": 4, "truncated": 2}
    assert total.expected_missed_open == pytest.approx(0.04)


def test_shards_end_when_the_last_of_them_does() -> None:
    rows = [replace(summary(), ended=ended) for ended in (5.0, 9.0, 7.0)]
    total = joined(rows, 6, 4.0)
    assert (total.hosts, total.ended, total.seconds, total.rate) == (6, 9.0, 4.0, 750.0)


def test_nothing_divides_by_nothing() -> None:
    nothing = SummaryRow(0, 0, 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert added(nothing, nothing) == nothing


def test_a_network_of_several_runs_is_told_once() -> None:
    first = replace(summary(), crowded=(Crowded("198.18.2.0/24", 3, 4), Crowded("198.18.3.0/24", 4, 4)))
    second = replace(summary(), crowded=(Crowded("198.18.2.0/24", 5, 9),))
    whole = joined([first, second], 20, 1.0)
    assert whole.crowded == (Crowded("198.18.2.0/24", 8, 13), Crowded("198.18.3.0/24", 4, 4))


def test_silent_hosts_and_outages_add_up() -> None:
    rows = [replace(summary(), stopped=2, outages=1), summary(), replace(summary(), stopped=1)]
    whole = joined(rows, 20, 1.0)
    assert (whole.stopped, whole.outages) == (3, 1)
