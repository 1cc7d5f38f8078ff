"""Every column says what it means, and how it begins."""

import numpy as np
import pytest

from periplus.engine.columns import allocate, describe
from periplus.engine.replies import FIRST_UNANSWERED, Probes, Unanswered
from periplus.engine.tables import NO_STRETCH, Cells, Hosts, HostState, count_fair, unwrapped


@pytest.mark.parametrize("table", [Cells, Hosts])
def test_every_column_says_what_it_means(table: type[Cells] | type[Hosts]) -> None:
    assert all(meaning for _, _, meaning in describe(table))


def test_questions_begin_unasked_and_hosts_without_a_known_way() -> None:
    cells, hosts = allocate(Cells, 2), allocate(Hosts, 2)
    assert cells.state.tolist() == [Unanswered.FRESH] * 2
    assert Unanswered.FRESH >= FIRST_UNANSWERED
    assert hosts.status.tolist() == [HostState.WAITING] * 2


def test_urgent_questions_are_no_fair_sample_and_later_tries_none_at_all() -> None:
    cells = allocate(Cells, 4)
    cells.stretch[:] = [1, NO_STRETCH, 0, NO_STRETCH]
    rows = np.arange(4)
    for attempts, fair in (([0, 0, 0, 0], 2), ([0, 0, 1, 0], 1), ([1, 0, 1, 0], 0)):
        probes = Probes(0, rows, np.zeros(4, np.int64), rows, np.array(attempts, np.uint8))
        assert count_fair(cells, probes) == fair


def test_a_column_of_small_numbers_tells_any_stretch() -> None:
    for present in (0, 7, 65_534, 65_535, 1_000_000):
        recent = np.arange(max(0, present - 60_000), present + 1, 1_000)
        assert unwrapped((recent % NO_STRETCH).astype(np.uint16), present).tolist() == recent.tolist()
