"""A group: lists and cursors, answers and time-outs, one host or many, equal or ragged."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.columns import I64
from periplus.engine.group import Group, HostState
from periplus.engine.replies import Probes, Replies, Unanswered
from periplus.engine.timing import Timing
from periplus.space.address import Addresses
from periplus.space.ip import parse_ip
from periplus.technique.signal import icmp_signal, tcp_signal
from periplus.technique.syn import TECHNIQUE
from periplus.technique.udp import TECHNIQUE as UDP
from periplus.technique.verdict import Reason, State
from periplus.wire.tcp import ACK, FIN, RST, SYN

BASE = parse_ip("198.18.0.1")
RTO_US = 1_000_000


def _group(*ports: int, timing: Timing | None = None) -> Group:
    count = len(ports)
    addresses = Addresses.of_ints([BASE + row for row in range(count)])
    group = Group(0, addresses, np.array(ports), np.arange(count), 7, timing or Timing(), 1000)
    group.release(np.ones(count, np.bool_))
    return group


def _take(group: Group, now_us: int = 0) -> Probes:
    """Ask everything that may be asked."""
    fresh, second, late = group.waiting()
    return group.take(fresh, second + late, now_us)


def _replies(cell: I64, flags: int = RST | ACK, attempt: int = 0, time_us: int = 1000) -> Replies:
    def column(value: int, dtype: str) -> "np.ndarray[tuple[int], np.dtype[np.uint8]]":
        return np.full(len(cell), value, dtype)

    return Replies(
        cell,
        column(tcp_signal(flags), "u2").astype(np.uint16),
        column(attempt, "u1"),
        column(64, "u1"),
        np.full(len(cell), time_us),
    )


@given(st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_every_cell_is_asked_once_in_the_first_try(ports: list[int]) -> None:
    probes = _take(_group(*ports))
    assert sorted(probes.cell.tolist()) == list(range(sum(ports)))
    assert (probes.attempt == 0).all()
    starts = np.cumsum([0, *ports[:-1]])
    assert (starts[probes.host] + probes.port_rank == probes.cell).all()


def test_hosts_take_turns_and_each_has_an_order_of_its_own() -> None:
    probes = _take(_group(50, 50, 50))
    assert (probes.host.reshape(50, 3) == [0, 1, 2]).all()
    orders = [probes.port_rank[probes.host == host].tolist() for host in range(3)]
    assert orders[0] != orders[1] != orders[2]
    assert orders[0] != sorted(orders[0])


def test_silence_is_asked_again_in_the_order_of_the_first_try() -> None:
    group = _group(20, 30)
    first = _take(group)
    assert not group.expire(RTO_US - 1)
    assert group.expire(RTO_US + 2000)
    again = _take(group, RTO_US + 1)
    assert (again.attempt == 1).all()
    for host in range(2):
        assert first.cell[first.host == host].tolist() == again.cell[again.host == host].tolist()


def test_what_was_answered_is_not_asked_again() -> None:
    group = _group(10)
    first = _take(group)
    group.answer(_replies(first.cell[:4]), TECHNIQUE.table)
    group.expire(RTO_US + 1)
    assert sorted(_take(group, RTO_US + 1).cell.tolist()) == sorted(first.cell[4:].tolist())


def test_an_answer_that_comes_while_a_cell_waits_for_its_next_try_spares_it() -> None:
    group = _group(10)
    first = _take(group)
    group.expire(RTO_US + 1)
    group.answer(_replies(first.cell[:9]), TECHNIQUE.table)
    assert _take(group, RTO_US + 2).cell.tolist() == first.cell[9:].tolist()
    assert group.outstanding == 1


@given(st.integers(1, 6), st.lists(st.booleans(), min_size=12, max_size=12))
def test_tries_share_one_list_and_nothing_gets_lost(tries: int, answers: list[bool]) -> None:
    """Whatever is answered when, each silent cell is asked exactly `tries` times and each answered one stays."""
    group = _group(7, 5, timing=Timing(max_tries=tries, min_tries=tries))
    now_us, asked = 0, np.zeros(12, int)
    answered = np.array(answers)
    for _ in range(tries):
        probes = _take(group, now_us)
        np.add.at(asked, probes.cell, 1)
        half = probes.cell[answered[probes.cell]][::2]
        if len(half):
            group.answer(_replies(half, attempt=int(probes.attempt[0]), time_us=now_us + 10), TECHNIQUE.table)
        now_us += 11 * RTO_US
        group.expire(now_us)
    done = group.cells.state == State.CLOSED
    assert (asked[~done] == tries).all()
    assert not done[~answered].any()
    assert group.outstanding == 0
    assert group.settled().all()


def test_evidence_is_kept() -> None:
    group = _group(3)
    cell = _take(group).cell
    group.answer(_replies(cell[:1], SYN | ACK, time_us=1500), TECHNIQUE.table)
    cells = group.cells
    row = int(cell[0])
    assert (cells.state[row], cells.reason[row], cells.ttl[row], cells.tries[row]) == (
        State.OPEN,
        Reason.SYN_ACK,
        64,
        1,
    )
    assert cells.rtt_ms[row] == 1.5
    assert group.hosts.opened[0] == group.hosts.answered[0] == 1


def test_duplicates_unexpected_and_unasked_change_nothing_and_are_counted() -> None:
    group = _group(5)
    cell = group.take(np.array([2]), np.array([0]), 0).cell
    tally, _ = group.answer(_replies(np.repeat(cell[:1], 3), SYN | ACK), TECHNIQUE.table)
    assert (tally.accepted, tally.duplicates) == (1, 2)
    tally, _ = group.answer(_replies(cell[:1], RST | ACK), TECHNIQUE.table)
    assert (tally.accepted, tally.duplicates) == (0, 1)
    tally, _ = group.answer(_replies(cell[1:], FIN), TECHNIQUE.table)
    assert (tally.accepted, tally.unexpected) == (0, 1)
    unasked = np.array([each for each in range(5) if each not in cell.tolist()])
    tally, _ = group.answer(_replies(unasked), TECHNIQUE.table)
    assert (tally.accepted, tally.unsolicited) == (0, 3)
    tally, _ = group.answer(_replies(cell[1:], attempt=3), TECHNIQUE.table)
    assert (tally.accepted, tally.unsolicited) == (0, 1)
    assert (group.cells.state == State.OPEN).sum() == 1


def test_an_answer_to_an_earlier_try_tells_no_loss_and_no_time() -> None:
    group = _group(1)
    cell = _take(group).cell
    group.expire(RTO_US + 1)
    _take(group, RTO_US + 1)
    group.answer(_replies(cell, attempt=0, time_us=RTO_US + 50), TECHNIQUE.table)
    assert group.hosts.lost[0] == 0
    assert group.trips.srtt_us[0] == 0
    assert np.isnan(group.cells.rtt_ms[0])


def test_an_answer_to_a_later_try_tells_of_each_that_was_lost() -> None:
    group = _group(1)
    cell = _take(group).cell
    group.expire(RTO_US + 1)
    _take(group, RTO_US + 1)
    tally, _ = group.answer(_replies(cell, attempt=1, time_us=RTO_US + 50), TECHNIQUE.table)
    assert (tally.telling, tally.lost) == (1, 1)


@pytest.mark.parametrize("stretch", [0, 65_534, 200_000])
def test_answers_are_told_by_the_stretch_in_which_their_cell_was_first_asked(stretch: int) -> None:
    """What an earlier rate lost is asked again later, and says nothing of the rate in use then."""
    group = _group(30)
    group.stretch = stretch
    old = group.take(np.array([10]), np.array([0]), 0).cell
    group.expire(RTO_US + 1)
    group.stretch = stretch + 1
    new = group.take(np.array([10]), np.array([0]), RTO_US + 1).cell
    again = group.take(np.array([0]), np.array([10]), RTO_US + 2).cell
    assert sorted(again.tolist()) == sorted(old.tolist())
    tally, _ = group.answer(_replies(again[:4], attempt=1, time_us=RTO_US + 50), TECHNIQUE.table)
    assert (tally.clocking, tally.first.tolist(), tally.second.tolist()) == (4, [], [stretch] * 4)
    tally, _ = group.answer(_replies(new[:3], time_us=RTO_US + 60), TECHNIQUE.table)
    assert (tally.clocking, tally.first.tolist(), tally.second.tolist()) == (3, [stretch + 1] * 3, [])


@pytest.mark.parametrize("stretch", [0, 65_534])
def test_cells_lost_in_a_bad_era_are_counted_by_host(stretch: int) -> None:
    group = _group(300, 300)
    group.stretch = stretch
    first = group.take(np.array([150, 150]), np.array([0, 0]), 0).cell
    group.stretch = stretch + 1
    second = group.take(np.array([150, 150]), np.array([0, 0]), 10).cell
    group.answer(_replies(np.concatenate([first[:100], second])), TECHNIQUE.table)
    silent = np.bincount(group.host_of(first[100:]), minlength=2)
    everyone = np.ones(2, np.bool_)
    eras = [0, stretch + 1]
    assert group.lost_in_eras(eras, everyone) == pytest.approx(silent, rel=0.1)
    assert group.lost_in_eras(eras, everyone).sum() < 200


def test_cells_on_their_way_are_not_taken_for_lost() -> None:
    """The second host is in the middle of its last tries, all of which fall into the second era."""
    group = _group(300, 300)
    first = group.take(np.array([150, 150]), np.array([0, 0]), 0).cell
    group.stretch = 1
    second = group.take(np.array([150, 150]), np.array([0, 0]), 10).cell
    of_first = second[group.host_of(second) == 0]
    group.answer(_replies(np.concatenate([first, of_first])), TECHNIQUE.table)
    assert group.lost_in_eras([0, 1], np.array([True, True])).sum() > 100
    assert not group.lost_in_eras([0, 1], np.array([True, False])).any()


def test_icmp_errors_tell_nothing_of_loss_and_their_sender_is_kept() -> None:
    group = _group(2)
    cell = _take(group).cell
    router = parse_ip("198.18.9.9")
    replies = Replies(
        cell,
        np.array([icmp_signal(4, 3, 13, False), icmp_signal(4, 3, 3, True)], np.uint16),
        np.zeros(2, np.uint8),
        np.full(2, 63, np.uint8),
        np.array([1000, 1000]),
        Addresses.of_ints([router, BASE]),
    )
    tally, findings = group.answer(replies, TECHNIQUE.table)
    assert (tally.accepted, tally.telling, findings) == (2, 0, None)
    assert [group.routers[int(group.cells.sender[row])] for row in cell] == [router, 0]


def test_windows_are_kept_of_answers_that_open() -> None:
    group = _group(3, 1)
    cell = np.sort(_take(group).cell)
    opening, closing = _replies(cell[[0, 1, 3]], SYN | ACK), _replies(cell[[2]])
    group.answer(replace(opening, window=np.array([512, 1024, 65_535], np.uint16)), TECHNIQUE.table)
    group.answer(replace(closing, window=np.array([9], np.uint16)), TECHNIQUE.table)
    assert (group.hosts.window_low.tolist(), group.hosts.window_high.tolist()) == (
        [512, 65_535],
        [1024, 65_535],
    )


def _paced_group() -> tuple[Group, I64]:
    """A host that answered one of five ports by an error at 1 ms, and none of the others twice; those."""
    group = _group(5)
    cell = _take(group).cell
    group.answer(_refusal(cell[:1]), UDP.table)
    for now_us in (2 * RTO_US, 4 * RTO_US):
        group.expire(now_us)
        _take(group, now_us)
    assert not len(_take(group, 4 * RTO_US))
    group.expire(6 * RTO_US)
    assert group.settled().all()
    assert group.ration(group.settled(), 6 * RTO_US).all()
    return group, cell[1:]


def _refusal(cell: I64, attempt: int = 0, time_us: int = 1000) -> Replies:
    closed = _replies(cell, attempt=attempt, time_us=time_us)
    return replace(closed, signal=np.full(len(cell), icmp_signal(4, 3, 3, True), np.uint16))


def test_a_question_that_may_have_been_refused_is_taken_back_and_asked_next() -> None:
    group, silent = _paced_group()
    begun_us = 6 * RTO_US
    asked = group.take(np.array([0]), np.array([2]), begun_us).cell
    assert asked.tolist() == silent[:2].tolist()
    group.answer(_refusal(asked[:1], attempt=2, time_us=begun_us + 9), UDP.table)
    assert group.expire(begun_us + RTO_US)
    assert group.cells.tries[asked[1]] == 2  # as before: the answer to the other took its turn
    again = group.take(np.array([0]), np.array([1]), begun_us + 2 * RTO_US)
    assert (again.cell.tolist(), again.attempt.tolist()) == ([asked[1]], [2])
    assert _take(group, begun_us + 2 * RTO_US).cell.tolist() == silent[2:].tolist()
    group.expire(begun_us + 20 * RTO_US)
    assert group.cells.tries[silent].tolist() == [3, 3, 3, 3]
    assert group.outstanding == 0


def test_the_late_answer_to_a_question_that_was_taken_back_counts() -> None:
    group, _ = _paced_group()
    begun_us = 6 * RTO_US
    first, second = group.take(np.array([0]), np.array([2]), begun_us).cell
    group.answer(_refusal(np.array([first]), attempt=2, time_us=begun_us + 9), UDP.table)
    group.expire(begun_us + RTO_US)
    tally, _ = group.answer(_refusal(np.array([second]), 2, begun_us + RTO_US + 9), UDP.table)
    assert (tally.accepted, tally.unsolicited) == (1, 0)
    tally, _ = group.answer(_refusal(np.array([second]), 3, begun_us + RTO_US + 9), UDP.table)
    assert (tally.accepted, tally.unsolicited) == (0, 1)


def test_a_finished_host_hears_no_more() -> None:
    group = _group(3, 3)
    cell = _take(group).cell
    group.finish(np.array([True, False]), 5)
    assert group.outstanding == 3
    tally, _ = group.answer(_replies(cell), TECHNIQUE.table)
    assert (tally.accepted, tally.late) == (3, 3)
    assert group.hosts.status.tolist() == [HostState.FINISHED, HostState.ACTIVE]
    assert group.outstanding == 0


def test_hosts_wait_until_their_way_is_known() -> None:
    addresses = Addresses.of_ints([BASE, BASE + 1])
    group = Group(0, addresses, np.array([4, 4]), np.arange(2), 7, Timing(), 1000)
    assert not len(_take(group))
    group.release(np.array([False, True]))
    assert set(_take(group).host.tolist()) == {1}


def test_a_host_that_is_slow_keeps_its_own_time() -> None:
    group = _group(2, 2)
    probes = _take(group)
    near, far = (probes.cell[probes.host == host] for host in (0, 1))
    group.answer(_replies(near[:1], time_us=1_000), TECHNIQUE.table)
    group.answer(_replies(far[:1], time_us=400_000), TECHNIQUE.table)
    assert group.expire(500_000)
    assert group.cells.state[near[1]] == Unanswered.EXPIRED
    assert group.cells.state[far[1]] == Unanswered.ASKED


def test_only_its_own_word_proves_a_host_to_be_up() -> None:
    """A router's error is a verdict on the port and no sign of the host; an errno without sender is none either."""
    group = _group(3, 3, 3)
    cell = np.array([0, 3, 6])
    _take(group)
    filtered = np.full(3, icmp_signal(4, 3, 1, False), np.uint16)
    zeros, moment = np.zeros(3, np.uint8), np.full(3, 1000)
    senders = Addresses.of_ints([parse_ip("198.18.9.9"), BASE + 1, BASE + 2])
    group.answer(
        Replies(cell[:2], filtered[:2], zeros[:2], zeros[:2], moment[:2], senders[:2]), TECHNIQUE.table
    )
    group.answer(Replies(cell[2:], filtered[2:], zeros[2:], zeros[2:], moment[2:]), TECHNIQUE.table)
    assert group.hosts.answered.tolist() == [1, 1, 1]
    assert group.hosts.proved.tolist() == [0, 1, 0]
    assert (group.trips.srtt_us > 0).tolist() == [False, True, False]
    assert np.isnan(group.cells.rtt_ms[cell]).tolist() == [False, False, True]
