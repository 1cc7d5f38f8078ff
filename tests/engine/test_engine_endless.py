"""Spaces without end: memory is that of what is under way, silence costs next to nothing, and one try is enough
where that was asked for."""

import tracemalloc

import numpy as np
import pytest
from tests.sim.internet import Internet, Path, run

from periplus.columns import I64
from periplus.engine.engine import Engine, Limits
from periplus.engine.group import Group
from periplus.engine.timing import Timing
from periplus.space.ip import V4_BASE
from periplus.space.ranges import AddressSpace
from periplus.space.space import RESERVED, Space
from periplus.technique.syn import TECHNIQUE
from periplus.technique.verdict import State

FAST = Timing(floor_rate=1e6, floor_is_fixed=True)
PORTS = np.array([80], np.uint16)


def _network(bits: int, ports: int = 1) -> Space:
    """The network 10.0.0.0 with so many host bits; nothing is sent to it."""
    first = V4_BASE + (10 << 24)
    return Space.of(
        [(AddressSpace.of([(first, first + (1 << bits) - 1)]), np.arange(ports, dtype=np.uint16) + 1)]
    )


def _silence(engine: Engine, look: "list[tuple[int, int]]", most_steps: int = 1 << 60) -> int:
    """Scan where nobody answers; `look` gets memory and groups after each step. Return the virtual time."""
    now_us = 0
    while not engine.done and len(look) < most_steps:
        step = engine.step(now_us, {})
        for group in step.opened:
            engine.release(group.number, np.ones(len(group), np.bool_))
        look.append((sum(group.memory for group in engine.groups.values()), len(engine.groups)))
        busy_us = sum(map(len, step.probes))
        now_us = max(now_us + 20 + busy_us, 0 if step.probes or step.opened else step.wake_us)
    return now_us


def test_a_12_of_silence_ends_in_memory_that_does_not_grow() -> None:
    limits = Limits(memory=32 << 20)
    engine = Engine(_network(20), TECHNIQUE.table, FAST, 7, 0, limits)
    seen: list[tuple[int, int]] = []
    _silence(engine, seen)
    assert engine.totals.hosts_done == engine.totals.cells_done == 1 << 20
    assert engine.totals.sent == 2 << 20
    memory = np.array([each for each, _ in seen])
    quarter = len(memory) // 4
    assert memory[-quarter:].max() <= memory[:quarter].max() * 1.05
    assert memory.max() < limits.memory + 2 * (1 << 20)


def test_the_count_of_memory_is_about_what_is_taken() -> None:
    tracemalloc.start()
    engine = Engine(_network(20), TECHNIQUE.table, FAST, 7, 0, Limits(memory=16 << 20))
    before, _ = tracemalloc.get_traced_memory()
    seen: list[tuple[int, int]] = []
    _silence(engine, seen, most_steps=200)
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert seen[-1][1] > 10
    # The way in the link is counted and not there; lists grow a try at a time.
    assert 0.6 * seen[-1][0] < taken < 1.1 * seen[-1][0]


def test_groups_with_nothing_to_ask_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a step costs must not depend on how many hosts are waited for."""
    looks = []
    plain = Group.waiting

    def counting(group: Group) -> tuple[I64, I64, I64]:
        looks.append(group.number)
        return plain(group)

    monkeypatch.setattr(Group, "waiting", counting)
    engine = Engine(_network(18), TECHNIQUE.table, FAST, 7, 0)
    seen: list[tuple[int, int]] = []
    _silence(engine, seen)
    assert max(groups for _, groups in seen) > 30
    assert len(looks) < 3 * len(seen)


def test_ipv4_as_a_whole_is_numbered_permuted_and_asked_in_little_memory() -> None:
    tracemalloc.start()
    whole = AddressSpace.of([(V4_BASE, V4_BASE + 0xFFFF_FFFF)]) - RESERVED
    space = Space.of([(whole, np.arange(1, 101, dtype=np.uint16))])
    engine = Engine(space, TECHNIQUE.table, FAST, 7, 0)
    seen: list[tuple[int, int]] = []
    _silence(engine, seen, most_steps=20)
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert space.size == (223 << 24) * 100
    assert engine.totals.sent > 0
    hosts = np.concatenate([group.host_id for group in engine.groups.values()])
    assert len(np.unique(hosts)) == len(hosts)
    assert len(np.unique(hosts >> 24)) > 200  # all over the space
    addresses = space.host_at(hosts)
    assert (space.host_of(addresses) == hosts).all()
    assert not RESERVED.holds(addresses).any()
    assert taken < 64 << 20


def test_one_try_each_ends_as_long_after_the_last_as_answers_take() -> None:
    space = _network(12, 4)
    engine = Engine(space, TECHNIQUE.table, Timing().once(), 7, 0)
    net = Internet(space, shares=(0.1, 0.2, 0.7, 0.0), send_cost_us=1.0)
    outcome = run(engine, net)
    assert engine.totals.sent == space.size
    assert 0.3 < outcome.seconds < 0.5
    open_found = {key for key, state in outcome.verdicts.items() if state == State.OPEN}
    truth = {
        (host, port)
        for port in range(1, 5)
        for host in np.flatnonzero(
            net.truth(np.arange(space.n_hosts), np.full(space.n_hosts, port)) == 0
        ).tolist()
    }
    assert open_found == truth


def test_one_try_says_that_some_was_missed_though_nothing_tells_how_much() -> None:
    space = _network(8, 64)
    engine = Engine(space, TECHNIQUE.table, Timing().once(), 7, 0)
    run(engine, Internet(space, Path(loss=0.01), (0.1, 0.2, 0.7, 0.0)), keep=False)
    assert engine.totals.loss == 0
    missed = space.size * 0.1 * (1 - 0.99**2)
    assert engine.totals.missed == pytest.approx(missed, rel=0.3)
