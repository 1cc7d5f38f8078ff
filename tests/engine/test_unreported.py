"""What is kept of hosts that are done with: until they are reported, and of no more than so many cells."""

import numpy as np
import pytest
from tests.engine.test_remains import BASE, answered, group_of

from periplus.engine import unreported as module
from periplus.engine.group import Group, HostState
from periplus.engine.ledger import Ledger
from periplus.engine.remains import restore
from periplus.engine.unreported import Unreported
from periplus.space.course import Course
from periplus.space.ranges import AddressSpace
from periplus.technique.signal import tcp_signal
from periplus.wire.tcp import ACK, RST


def done_with(hosts: int) -> tuple[Group, Ledger, Unreported]:
    """Hosts with three ports each, one of them answered and two silent to the end."""
    group = group_of([3] * hosts, 2)
    probes = group.take(np.full(hosts, 3), np.zeros(hosts, np.int64), 1_000)
    answered(group, probes.cell[probes.port_rank == 0], tcp_signal(RST | ACK))
    group.finish(np.ones(hosts, np.bool_), 2_000)
    ledger = Ledger(Course(AddressSpace.of([(BASE, BASE + hosts - 1)]), 7))
    ledger.give(hosts)
    return group, ledger, Unreported(ledger)


def test_who_is_not_reported_yet_is_kept_until_then() -> None:
    group, ledger, kept = done_with(4)
    kept.note([(group, group.tell())])
    ledger.finish(group.addresses[np.array([1])])  # in the same turn
    assert kept.remains().addresses.ints() == [BASE, BASE + 2, BASE + 3]
    ledger.finish(group.addresses[np.array([0, 2])])
    assert kept.remains().addresses.ints() == [BASE + 3]
    ledger.finish(group.addresses)
    assert len(kept.remains()) == 0


def test_nothing_is_asked_of_them_again_and_what_they_said_is_known() -> None:
    group, _, kept = done_with(2)
    group.hosts.timed_out[1] = 1
    kept.note([(group, group.tell())])
    again = group_of([3, 3], 2)
    assert restore(again, kept.remains()).all()
    assert not np.concatenate(again.waiting()).any()
    assert again.settled().all()
    assert again.hosts.status.tolist() == [HostState.ACTIVE] * 2
    assert (again.cells.state == group.cells.state).all()
    assert again.hosts.timed_out.tolist() == [0, 1]


@pytest.mark.parametrize("resumed", [False, True])
def test_who_had_stopped_answering_is_not_waited_for(resumed: bool) -> None:
    group, _, kept = done_with(1)
    group.hush.columns.stopped_at[0] = 2
    group.hush.columns.slow[0] = resumed
    kept.note([(group, group.tell())])
    again = group_of([3], 2)
    restore(again, kept.remains())
    assert again.settled().all()
    assert again.stopped(np.arange(1)) == 1
    assert again.hush.resumed.tolist() == [resumed]


def test_it_keeps_so_many_cells_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CELLS", 7)
    group, ledger, kept = done_with(5)
    done = group.tell()
    for first in (0, 2, 4):
        kept.note([(group, done[first : first + 2])])
        kept.sort()
    assert kept.remains().addresses.ints() == [BASE, BASE + 1]
    ledger.finish(group.addresses[np.array([0, 1])])
    kept.remains()
    kept.note([(group, done[2:4])])
    assert kept.remains().addresses.ints() == [BASE + 2, BASE + 3]
