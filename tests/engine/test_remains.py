"""Hosts taken over by another group: what was answered stays, the rest is asked as if nothing had happened."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sim.internet import Internet, Path, run

from periplus.columns import I64
from periplus.engine.engine import Engine, Limits
from periplus.engine.group import Group, HostState
from periplus.engine.remains import COLUMNS, Remains, joined_remains, remains_of, restore
from periplus.engine.replies import FIRST_UNANSWERED, Replies, Unanswered
from periplus.engine.timing import Timing
from periplus.space.address import Addresses
from periplus.space.ip import parse_ip
from periplus.space.ranges import AddressSpace
from periplus.space.space import Space
from periplus.technique.signal import icmp_signal, tcp_signal
from periplus.technique.syn import TECHNIQUE
from periplus.technique.verdict import State
from periplus.wire.tcp import ACK, RST, SYN

BASE = parse_ip("198.18.0.1")
ROUTER = parse_ip("198.18.0.254")
LONG_US = 100_000_000
FLAGS = (SYN | ACK, RST | ACK)
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.integers(0, 9), st.integers(0, 9)),
        st.tuples(st.just("hear"), st.integers(0, 1 << 16), st.integers(0, 1)),
        st.tuples(st.just("refuse"), st.integers(0, 1 << 16), st.just(0)),
        st.tuples(st.just("wait"), st.just(0), st.just(0)),
        st.tuples(st.just("doubt"), st.integers(0, 3), st.just(0)),
    ),
    max_size=30,
)


def group_of(ports: list[int], tries: int, number: int = 0) -> Group:
    addresses = Addresses.of_ints([BASE + row for row in range(len(ports))])
    timing = Timing(min_tries=min(2, tries), max_tries=tries)
    group = Group(number, addresses, np.array(ports), np.arange(len(ports)), 7, timing, 1000)
    group.release(np.ones(len(ports), np.bool_))
    return group


def answered(group: Group, cell: I64, signal: int, sender: int | None = None) -> None:
    def column(value: int, dtype: str) -> "np.ndarray[tuple[int], np.dtype[np.uint8]]":
        return np.full(len(cell), value, dtype)

    whole = Addresses.of_ints([sender] * len(cell)) if sender else group.addresses[group.host_of(cell)]
    attempt = (group.cells.tries[cell] - 1).astype(np.uint8)
    signals = column(signal, "u2").astype(np.uint16)
    replies = Replies(cell, signals, attempt, column(60, "u1"), np.full(len(cell), 5_000), whole)
    group.answer(replies, TECHNIQUE.table)


def moved(group: Group, moves: list[tuple[str, int, int]]) -> None:
    """Do this and that with a group."""
    now_us = 0
    for move, figure, other in moves:
        flying = np.flatnonzero(group.cells.state == Unanswered.ASKED)
        now_us += 1_000
        if move == "ask":
            fresh, second, late = group.waiting()
            group.take(np.minimum(fresh, figure), np.minimum(second + late, other), now_us)
        elif move == "wait":
            now_us += LONG_US
            group.expire(now_us)
        elif move == "doubt":
            host = figure % len(group)
            group.hosts.allowed[host] = min(group.hosts.allowed[host] + 1, group.timing.max_tries)
        elif len(flying):
            cell = flying[[figure % len(flying)]]
            refused = move == "refuse"
            answered(
                group,
                cell,
                icmp_signal(4, 3, 13, False) if refused else tcp_signal(FLAGS[other]),
                ROUTER if refused else None,
            )


def drained(group: Group) -> list[int]:
    """Ask all that is left, hear nothing; return how often each cell was asked."""
    counts = np.zeros(len(group.cells.state), np.int64)
    now_us = 10 * LONG_US
    for _ in range(100):
        fresh, second, late = group.waiting()
        if not (fresh + second + late).any():
            assert group.settled().all()
            return counts.tolist()
        probes = group.take(fresh, second + late, now_us)
        counts += np.bincount(probes.cell, minlength=len(counts))
        now_us += LONG_US
        group.expire(now_us)
    raise AssertionError("there is no end")


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(1, 4), MOVES)
def test_a_new_group_goes_on_where_the_old_one_was(
    ports: list[int], tries: int, moves: list[tuple[str, int, int]]
) -> None:
    old, new = group_of(ports, tries), group_of(ports, tries, 1)
    moved(old, moves)
    before = {name: getattr(old.cells, name).copy() for name in ("state", "tries", "reason", "ttl", "sender")}
    used = restore(new, remains_of(old))
    assert used.all()
    told = before["state"] < FIRST_UNANSWERED
    assert (new.cells.state[told] == before["state"][told]).all()
    assert (new.cells.reason[told] == before["reason"][told]).all()
    senders = [[each.routers[row] for row in each.cells.sender[told]] for each in (old, new)]
    assert senders[0] == senders[1]
    assert ((new.cells.state >= FIRST_UNANSWERED) == ~told).all()
    hosts, twins = new.hosts, old.hosts
    for name in ("answered", "opened", "proved", "reason", "ttl"):
        assert (getattr(hosts, name) == getattr(twins, name)).all()
    # What expired and stands in front of all first tries that were on their way keeps its tries.
    kept = new.cells.tries[~told]
    assert (kept <= before["tries"][~told]).all()
    counts = np.array(drained(new))
    assert (counts[told] == 0).all()
    allowed = new.hosts.allowed[new.host_of(np.arange(len(counts)))]
    assert (counts[~told] == allowed[~told] - kept).all()
    assert (new.cells.tries[~told] == allowed[~told]).all()


def test_first_tries_on_their_way_are_taken_back_with_what_stands_behind_them() -> None:
    old, new = group_of([6], 3), group_of([6], 3)
    first = old.take(np.array([6]), np.array([0]), 0).cell
    answered(old, first[[1, 4]], tcp_signal(RST | ACK))
    old.cells.state[first[[0, 3]]] = Unanswered.EXPIRED  # the other two are on their way
    restore(new, remains_of(old))
    assert new.taken[0].tolist() == [2]
    assert new.cells.state[first].tolist() == [
        Unanswered.EXPIRED, State.CLOSED, Unanswered.FRESH, Unanswered.FRESH, State.CLOSED, Unanswered.FRESH,
    ]  # fmt: skip


def test_who_is_finished_or_was_not_asked_has_no_remains() -> None:
    group = group_of([3, 3, 3], 2)
    group.take(np.array([3, 1, 0]), np.zeros(3, np.int64), 0)
    group.finish(np.array([True, False, False]), 5)
    assert remains_of(group).addresses.ints() == [BASE + 1]
    assert group.hosts.status.tolist() == [HostState.FINISHED, HostState.ACTIVE, HostState.ACTIVE]


def test_a_host_with_other_ports_is_another_host() -> None:
    old, new = group_of([3], 2), group_of([4], 2)
    old.take(np.array([3]), np.array([0]), 0)
    assert not restore(new, remains_of(old)).any()
    assert (new.cells.state == Unanswered.FRESH).all()


def test_remains_are_joined_and_parted_with_their_cells_and_routers() -> None:
    groups = [group_of([3], 2), group_of([2, 4], 2)]
    for group in groups:
        cells = group.take(group.hosts.count, np.zeros(len(group), np.int64), 0).cell
        answered(group, cells[[0]], icmp_signal(4, 3, 13, False), ROUTER + len(group))
    parts = [remains_of(group) for group in groups]
    whole = joined_remains(parts)
    assert whole.columns["count"].tolist() == [3, 2, 4]
    assert whole.columns["router_lo"].tolist() == [(ROUTER + n) & ((1 << 64) - 1) for n in (1, 2)]
    assert sorted(set(whole.columns["cell_sender"].tolist())) == [-1, 0, 1]
    rest = whole.without(np.array([True, False, True]))
    assert rest.columns["count"].tolist() == [2]
    assert len(rest.columns["cell_state"]) == 2
    assert whole.without(np.zeros(3, np.bool_)) is whole
    assert {name: column.dtype for name, column in joined_remains([]).columns.items()} == {
        name: np.dtype(dtype) for name, dtype in COLUMNS.items()
    }


def engine(space: Space, remains: Remains | None = None) -> Engine:
    limits = Limits(outstanding=60, batch=16, group_hosts=4)
    return Engine(space, TECHNIQUE.table, Timing(), 7, 0, limits, remains=remains)


def stopped_after(steps: int, space: Space, net: Internet) -> Engine:
    """An engine that was stopped in the middle."""
    made, now_us = engine(space), 0
    for _ in range(steps):
        step = made.step(now_us, net.collect(now_us))
        for group in step.opened:
            made.release(group.number, np.ones(len(group), np.bool_))
        for probes in step.probes:
            net.send(now_us, made.groups[probes.group], probes)
        now_us += 500
    return made


@pytest.mark.parametrize("steps", [5, 20, 40])
def test_an_engine_goes_on_with_what_another_left(steps: int) -> None:
    first = parse_ip("198.18.0.0")
    space = Space.of([(AddressSpace.of([(first, first + 3)]), np.arange(1, 200).astype(np.uint16))])
    shares = (0.1, 0.5, 0.3, 0.1)
    whole_net = Internet(space, Path(), shares, seed=3)
    whole = run(engine(space), whole_net)
    nets = [Internet(space, Path(), shares, seed=3) for _ in range(2)]
    stopped = stopped_after(steps, space, nets[0])
    assert not stopped.totals.hosts_done
    remains = stopped.remains()
    later = engine(space, remains)
    assert len(later.remains()) == len(remains)
    assert run(later, nets[1]).verdicts == whole.verdicts
    assert len(later.remains()) == 0
    flying = sum(group.outstanding for group in stopped.groups.values())
    assert nets[0].sent + nets[1].sent <= whole_net.sent + flying + 16


def test_who_was_left_alone_still_is() -> None:
    group = group_of([30, 30], 3)
    probes = group.take(np.array([5, 5]), np.array([0, 0]), 1_000)
    answered(group, probes.cell, tcp_signal(RST | ACK))
    group.hush.columns.stopped_at[1] = 5
    again = group_of([30, 30], 3)
    restore(again, remains_of(group))
    assert again.hush.left.tolist() == [False, True]
    assert again.stopped(np.arange(2)) == 1
    assert again.waiting()[0].tolist() == [25, 0]
