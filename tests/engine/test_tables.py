"""Every column says what it means, and how it begins."""

import pytest

from periplus.engine.columns import allocate, describe
from periplus.engine.replies import FIRST_UNANSWERED, Unanswered
from periplus.engine.tables import Cells, Hosts, HostState


@pytest.mark.parametrize("table", [Cells, Hosts])
def test_every_column_says_what_it_means(table: type[Cells] | type[Hosts]) -> None:
    assert all(meaning for _, _, meaning in describe(table))


def test_questions_begin_unasked_and_hosts_without_a_known_way() -> None:
    cells, hosts = allocate(Cells, 2), allocate(Hosts, 2)
    assert cells.state.tolist() == [Unanswered.FRESH] * 2
    assert Unanswered.FRESH >= FIRST_UNANSWERED
    assert hosts.status.tolist() == [HostState.WAITING] * 2
