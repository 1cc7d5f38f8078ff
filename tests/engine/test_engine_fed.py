"""The engine that is given its hosts, and the one that asks only until a host is known to be there."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sim.internet import CLOSED, OPEN, Internet, run

from periplus.engine.engine import NEVER, Engine, Limits, Step
from periplus.engine.group import Group
from periplus.engine.replies import Probes, Replies
from periplus.engine.timing import Timing
from periplus.space.address import Addresses
from periplus.space.ip import parse_ip
from periplus.space.ranges import AddressSpace
from periplus.space.space import Space
from periplus.technique.signal import icmp_signal, tcp_signal
from periplus.technique.syn import TECHNIQUE
from periplus.wire.tcp import ACK, RST

BASE = parse_ip("198.18.0.0")
ROUTER = parse_ip("198.18.255.254")
RESET = tcp_signal(RST | ACK)


def space_of(hosts: int, ports: int) -> Space:
    return Space.of(
        [(AddressSpace.of([(BASE, BASE + hosts - 1)]), np.arange(1, ports + 1).astype(np.uint16))]
    )


def engine_of(
    space: Space, *, fed: bool = False, until_up: bool = False, limits: Limits | None = None
) -> Engine:
    return Engine(space, TECHNIQUE.table, Timing(), 7, 0, limits, fed=fed, until_up=until_up)


def begun(engine: Engine) -> tuple[Group, Probes]:
    """The first group, with its first probes on their way."""
    [group] = engine.step(0, {}).opened
    engine.release(group.number, np.ones(len(group), np.bool_))
    [probes] = engine.step(1, {}).probes
    return group, probes


def replies(group: Group, cell: int, signal: int, sender: int | None = None) -> dict[int, Replies]:
    """One answer, of the target itself unless another sender is named."""
    own = group.addresses[group.host_of(np.array([cell]))]
    return {
        group.number: Replies(
            np.array([cell]),
            np.array([signal], np.uint16),
            np.zeros(1, np.uint8),
            np.full(1, 64, np.uint8),
            np.full(1, 500, np.int64),
            Addresses.of_ints([sender]) if sender else own,
        )
    }


def finished(step: Step) -> list[int]:
    return [host for _, hosts in step.finished for host in hosts.tolist()]


# given hosts


def test_without_hosts_it_sleeps() -> None:
    engine = engine_of(space_of(8, 4), fed=True)
    step = engine.step(0, {})
    assert (step.opened, step.probes, step.finished, step.wake_us) == ([], [], [], NEVER)
    assert not engine.done


def test_without_hosts_and_without_hope_of_any_it_is_done() -> None:
    engine = engine_of(space_of(8, 4), fed=True)
    engine.close_intake()
    assert engine.done
    assert engine.step(0, {}).wake_us == 0
    assert engine.work_done() == 0.0


def test_who_asks_every_host_admits_none() -> None:
    engine = engine_of(space_of(8, 4))
    with pytest.raises(ValueError, match="asks every host"):
        engine.admit(np.array([1]))
    engine.close_intake()  # changes nothing
    assert not engine.done


def test_admitted_hosts_are_asked_at_once_and_the_others_never() -> None:
    engine = engine_of(space_of(8, 4), fed=True)
    engine.step(0, {})
    engine.admit(np.array([5, 2]))
    [group] = engine.step(10, {}).opened
    assert group.host_id.tolist() == [5, 2]
    assert group.addresses.ints() == [BASE + 5, BASE + 2]
    engine.close_intake()
    assert not engine.done


def test_answers_are_located_in_the_groups_that_hosts_came_in() -> None:
    space = space_of(8, 4)
    engine = engine_of(space, fed=True, limits=Limits(group_hosts=2))
    engine.admit(np.array([5, 2, 7]))
    first, second = engine.step(0, {}).opened
    them, ports = space.at(np.arange(space.size))
    number, cell = engine.locate(them, ports)
    host = np.repeat(np.arange(8), 4)
    for group in (first, second):
        mine = number == group.number
        assert group.host_id[group.host_of(cell[mine])].tolist() == host[mine].tolist()
    assert set(host[number >= 0].tolist()) == {2, 5, 7}


def feed(engine: Engine, net: Internet, order: list[int], portions: list[int]) -> dict[int, int]:
    """Run to the end while hosts are admitted in portions; return the states by question."""
    verdicts: dict[int, int] = {}
    now_us = given_out = turn = 0
    while not engine.done:
        if given_out < len(order):
            portion = portions[turn % len(portions)]
            engine.admit(np.array(order[given_out : given_out + portion], np.int64))
            given_out, turn = given_out + portion, turn + 1
        else:
            engine.close_intake()
        step = engine.step(now_us, net.collect(now_us))
        for group, hosts in step.finished:
            for host in hosts.tolist():
                first, count = int(group.hosts.first[host]), int(group.hosts.count[host])
                for rank in range(count):
                    question = int(group.host_id[host]) * count + rank
                    assert question not in verdicts
                    verdicts[question] = int(group.cells.state[first + rank])
        for group in step.opened:
            engine.release(group.number, np.ones(len(group), np.bool_))
        for probes in step.probes:
            net.send(now_us, engine.groups[probes.group], probes)
        now_us = max(now_us + 100, min(step.wake_us, net.next_us(), now_us + 100_000))
    return verdicts


@given(
    st.lists(st.integers(0, 39), min_size=1, max_size=40, unique=True),
    st.lists(st.integers(1, 9), min_size=1, max_size=4),
    st.integers(1, 9),
)
@settings(max_examples=25)
def test_however_hosts_come_the_verdicts_are_those_of_asking_all(
    order: list[int], portions: list[int], together: int
) -> None:
    space, shares = space_of(40, 3), (0.4, 0.6, 0.0, 0.0)
    net = Internet(space, shares=shares)
    engine = engine_of(space, fed=True, limits=Limits(group_hosts=together))
    verdicts = feed(engine, net, order, portions)
    whole = np.arange(space.size)
    them, ports = space.at(whole)
    host = space.host_of(them)
    truth = net.truth(host, ports)
    states = {OPEN: 0, CLOSED: 1}
    assert verdicts == {
        question: states[int(truth[question])] for question in whole.tolist() if int(host[question]) in order
    }
    assert engine.totals.hosts_done == len(order)
    assert engine.totals.sent == 3 * len(order)


# until a host is up


def test_one_answer_of_its_own_finishes_a_host() -> None:
    engine = engine_of(space_of(1, 6), until_up=True)
    group, probes = begun(engine)
    assert len(probes) == 6
    step = engine.step(600, replies(group, 3, RESET))
    assert finished(step) == [0]
    assert group.hosts.proved.tolist() == [1]
    assert engine.done
    assert group.outstanding == 0


def test_without_it_a_host_is_asked_to_the_end() -> None:
    engine = engine_of(space_of(1, 6))
    group, _ = begun(engine)
    assert finished(engine.step(600, replies(group, 3, RESET))) == []


def test_an_error_of_a_router_proves_nothing() -> None:
    engine = engine_of(space_of(1, 6), until_up=True)
    group, _ = begun(engine)
    error = icmp_signal(4, 3, 1, from_target=False)
    assert finished(engine.step(600, replies(group, 3, error, ROUTER))) == []
    assert (group.hosts.proved.tolist(), group.hosts.answered.tolist()) == ([0], [1])
    assert finished(engine.step(700, replies(group, 2, RESET))) == [0]


def test_an_error_of_the_target_itself_is_its_own_word() -> None:
    engine = engine_of(space_of(1, 6), until_up=True)
    group, _ = begun(engine)
    error = icmp_signal(4, 3, 13, from_target=True)
    assert finished(engine.step(600, replies(group, 3, error))) == [0]


def test_a_host_that_is_up_is_not_asked_again_and_silent_ones_are() -> None:
    space = space_of(20, 4)
    net = Internet(space, shares=(0.0, 1.0, 0.0, 0.0), dead=0.5)
    engine = engine_of(space, until_up=True)
    outcome = run(engine, net)
    ended = {host for host, _ in outcome.verdicts}
    assert len(ended) == 20
    assert engine.totals.hosts_done == 20
    up = {host for (host, _), state in outcome.verdicts.items() if state == 1}
    assert 0 < len(up) < 20
    # Nobody is asked twice who has answered; who is silent gets the second try of all four.
    assert engine.totals.sent <= 4 * len(up) + 2 * 4 * (20 - len(up))
