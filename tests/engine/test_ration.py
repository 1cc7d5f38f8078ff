"""Rations: what is learned of a limiter, and whole scans of hosts that ration, in virtual time."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sim.internet import CLOSED, OPEN, Internet, Outcome, Path, run

from periplus.engine.engine import Engine
from periplus.engine.group import Group
from periplus.engine.ration import CERTAIN, FIRST_US, MOST_TOGETHER, SURE, TRUSTED, Rations
from periplus.engine.replies import Probes
from periplus.engine.timing import TEMPLATES, Timing
from periplus.space.ip import parse_ip
from periplus.space.ranges import AddressSpace
from periplus.space.space import Space
from periplus.technique.udp import TECHNIQUE
from periplus.technique.verdict import State

SECOND = 1_000_000
BASE = parse_ip("198.18.0.0")
LINUX = Path(icmp_per_second=1.0, icmp_burst=6.0)
MOSTLY_CLOSED = (0.005, 0.995, 0.0, 0.0)
YES = np.ones(1, np.bool_)


# one limiter


def _at(us: float) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.array([us], np.int64)


def _rations(answers: int = 6, timing: Timing | None = None) -> Rations:
    """One host that has given so many rationed answers, and is being asked at its pace since second 1."""
    rations = Rations(1, timing or Timing())
    _answer(rations, *[0] * answers)
    rations.begin_round(YES, _at(0), SECOND)
    return rations


def _answer(rations: Rations, *asked_us: int, refused: bool = False, again: bool = False) -> None:
    """Questions that left then are answered at once."""
    asked = np.array(asked_us, np.int64)
    alone, before, second = (np.full(len(asked), each) for each in (True, refused, again))
    rations.answered(np.zeros_like(asked), asked, asked, alone, before, second, np.array([100_000.0]))


def _silent(rations: Rations, asked_us: int, now_us: int, final: bool = False) -> bool:
    """Whether the silence of that question counts."""
    return not rations.expired(np.zeros(1, np.int64), _at(asked_us), np.array([final]), now_us)[0]


def _delay_us(rations: Rations) -> float:
    return rations.left_us(np.ones(1, np.int64))


def test_hosts_that_ration_nothing_keep_no_turns() -> None:
    rations = Rations(3, Timing())
    wanted = np.array([5, 0, 9])
    assert rations.quota(wanted, 0) is wanted
    assert rations.next_turn_us(wanted > 0) == 0
    assert not rations.unsettled().any()
    assert rations.left_us(wanted) == 0


def test_the_delay_of_the_user_is_kept_to_by_all() -> None:
    rations = Rations(2, Timing(scan_delay_us=500))
    rations.asked(np.array([1, 0]), 1_000, np.full(2, 9e9))
    assert rations.quota(np.array([7, 7]), 1_499).tolist() == [0, 1]
    assert rations.next_turn_us(np.array([True, False])) == 1_500
    assert rations.quota(np.array([7, 7]), 1_500).tolist() == [1, 1]
    assert not rations.paced().any()


def test_few_answers_tell_no_rate_and_many_do() -> None:
    assert _delay_us(_rations(6)) == FIRST_US
    assert _delay_us(_rations(106)) == pytest.approx(10_000)


def test_silence_counts_only_when_the_host_must_have_been_willing() -> None:
    rations = _rations()
    assert not _silent(rations, round(SURE * SECOND) - 1, 2 * SECOND)
    assert _silent(rations, round(SURE * SECOND), 2 * SECOND)
    assert not _silent(rations, round(CERTAIN * SECOND) - 1, 4 * SECOND, final=True)
    assert _silent(rations, round(CERTAIN * SECOND), 4 * SECOND, final=True)


def test_silence_beside_an_answer_does_not_count() -> None:
    rations = _rations()
    _answer(rations, 5 * SECOND + 10)
    assert not _silent(rations, 5 * SECOND, 6 * SECOND)


def test_hosts_that_are_not_paced_take_nothing_back() -> None:
    rations = Rations(1, Timing())
    _answer(rations, 0)
    assert _silent(rations, 1, 2)


def test_answers_at_once_quicken_and_refusals_slow_down() -> None:
    rations = _rations()
    _answer(rations, SECOND)
    first = _delay_us(rations)
    assert first < SECOND
    _answer(rations, 2 * SECOND, refused=True)
    slower = _delay_us(rations)
    assert slower > first
    _answer(rations, 2 * SECOND + 800_000)
    assert slower * 0.9 < _delay_us(rations) < slower


def test_an_answer_after_silence_that_counted_makes_the_delay_what_was_waited() -> None:
    rations = _rations()
    _answer(rations, round(1.7 * SECOND), again=True)
    assert _delay_us(rations) == pytest.approx(1.7 * SECOND)


def test_more_is_asked_together_when_nobody_answers_and_one_when_somebody_does() -> None:
    rations, now_us = _rations(), 10 * SECOND
    for _ in range(TRUSTED + 6):
        assert _silent(rations, now_us, now_us, final=True)
    wanted = np.array([1_000])
    assert rations.quota(wanted, now_us).tolist() == [MOST_TOGETHER]
    rations.asked(np.array([MOST_TOGETHER]), now_us, np.array([3.0 * SECOND]))
    assert rations.next_turn_us(YES) == now_us + 3 * SECOND  # not before it is known whether one was answered
    _answer(rations, now_us)
    assert rations.quota(wanted, now_us + 4 * SECOND).tolist() == [1]


def test_a_round_with_an_answer_is_followed_by_another() -> None:
    rations = _rations()
    assert not rations.unsettled()[0]
    _answer(rations, 5 * SECOND)
    assert rations.unsettled()[0]
    rations.begin_round(YES, _at(0), 6 * SECOND)
    assert not rations.unsettled()[0]


Event = tuple[int, int, bool, bool, bool, bool]
EVENTS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(0, 2 * SECOND),
        st.booleans(),
        st.booleans(),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=30,
)


@given(EVENTS)
def test_hosts_side_by_side_are_as_each_alone(events: list[Event]) -> None:
    """The plain twin of all columns: one host at a time."""
    together, single = Rations(3, Timing()), [Rations(1, Timing()) for _ in range(3)]
    now_us = SECOND
    for host, passed_us, answered, *flags in events:
        now_us += passed_us
        places = ((together, host), (single[host], 0))
        for rations, row in places:
            which = np.arange(len(rations.paced())) == row
            asked, rows = _at(now_us - 100_000), np.array([row])
            if answered:
                alone, refused, again = (np.array([flag]) for flag in flags[:3])
                rations.answered(rows, asked, _at(now_us), alone, refused, again, np.full(len(which), 1e5))
            else:
                rations.expired(rows, asked, np.array([flags[0]]), now_us)
            if rations.unsettled()[row]:
                rations.begin_round(which, np.zeros(len(which), np.int64), now_us)
    for item in fields(together._columns):
        columns = [getattr(each._columns, item.name)[0] for each in single]
        assert getattr(together._columns, item.name).tolist() == columns


# whole scans


class _Watched(Internet):
    """Notes when the last open port was found, and lets the limiter change at a moment."""

    change: tuple[float, Path] | None = None

    def send(self, now_us: int, group: Group, probes: Probes) -> None:
        if self.change and now_us > self.change[0] * SECOND:
            self.path = self.change[1]
        super().send(now_us, group, probes)


def _scan(
    net: Internet, timing: Timing | None = None, urgent: tuple[int, ...] = (), key: int = 7
) -> tuple[Outcome, Engine]:
    mask = np.isin(np.arange(65_536), urgent) if urgent else None
    engine = Engine(net.space, TECHNIQUE.table, timing or Timing(), key, 0, urgent=mask)
    return run(engine, net), engine


def _space(hosts: int, ports: int) -> Space:
    return Space.of(
        [(AddressSpace.of([(BASE, BASE + hosts - 1)]), np.arange(1, ports + 1).astype(np.uint16))]
    )


def _wrong(net: Internet, outcome: Outcome) -> tuple[int, int, int]:
    """Return (open ports missed, closed ones missed, others told open or closed)."""
    hosts, ports = (np.array(column) for column in zip(*outcome.verdicts, strict=True))
    truth = net.truth(hosts, ports.astype(np.uint16))
    state = np.array(list(outcome.verdicts.values()))
    told = np.isin(state, [State.OPEN, State.CLOSED])
    return (
        int(((truth == OPEN) & (state != State.OPEN)).sum()),
        int(((truth == CLOSED) & (state != State.CLOSED)).sum()),
        int((told & ~np.isin(truth, [OPEN, CLOSED])).sum()),
    )


def _open_after_s(net: Internet) -> float:
    """Virtual seconds until all open ports are known."""
    engine = Engine(net.space, TECHNIQUE.table, Timing(), 7, 0)
    ports = np.arange(1, 1001).astype(np.uint16)
    wanted = int((net.truth(np.zeros(1000, np.int64), ports) == OPEN).sum())
    assert wanted == 5
    now_us = 0
    while engine.totals.opened < wanted:
        step = engine.step(now_us, net.collect(now_us))
        for group in step.opened:
            engine.release(group.number, np.ones(len(group), np.bool_))
        for probes in step.probes:
            net.send(now_us, engine.groups[probes.group], probes)
        now_us = max(now_us + 20, min(step.wake_us, net.next_us()))
    return now_us / SECOND


def test_services_are_known_at_once_and_all_closed_ports_in_the_end() -> None:
    """A Linux host: a thousand ports, five services, one error a second."""
    net = Internet(_space(1, 1000), LINUX, MOSTLY_CLOSED, udp=True, seed=3)
    assert _open_after_s(net) < 2
    net = Internet(_space(1, 1000), LINUX, MOSTLY_CLOSED, udp=True, seed=3)
    outcome, engine = _scan(net)
    assert _wrong(net, outcome) == (0, 0, 0)
    assert outcome.seconds < 1_010  # the limiter itself takes 990
    assert engine.totals.sent < 4 * 1000


WORLDS = {  # path, shares of open, closed, dropped and rejected, ports, most seconds
    "half is dropped": (LINUX, (0.005, 0.495, 0.5, 0.0), 400, 230),
    "nearly all is dropped": (LINUX, (0.005, 0.02, 0.975, 0.0), 1000, 60),
    "all is dropped": (LINUX, (0.0, 0.0, 1.0, 0.0), 1000, 3.5),
    "no ration": (Path(), MOSTLY_CLOSED, 1000, 1),
    "no ration, half is dropped": (Path(), (0.005, 0.495, 0.5, 0.0), 1000, 3),
    "a hundred a second": (Path(icmp_per_second=100, icmp_burst=50), MOSTLY_CLOSED, 1000, 12),
    "a hundred a second, far": (
        Path(icmp_per_second=100, icmp_burst=50, delay_us=80_000, jitter_us=5_000), MOSTLY_CLOSED, 1000, 12,
    ),
    "two a second, none saved": (Path(icmp_per_second=2), MOSTLY_CLOSED, 300, 185),
    "one in three seconds": (Path(icmp_per_second=1 / 3), MOSTLY_CLOSED, 100, 400),
    "losses": (replace(LINUX, loss=0.02), MOSTLY_CLOSED, 300, 400),
}  # fmt: skip


@pytest.mark.parametrize("world", WORLDS)
def test_verdicts_are_the_truth_and_soon(world: str) -> None:
    path, shares, ports, most_s = WORLDS[world]
    net = Internet(_space(1, ports), path, shares, udp=True)
    outcome, _ = _scan(net)
    assert _wrong(net, outcome) == (0, 0, 0)
    assert outcome.seconds < most_s


def test_many_hosts_take_no_longer_than_one() -> None:
    net = Internet(_space(20, 100), LINUX, MOSTLY_CLOSED, udp=True)
    outcome, _ = _scan(net)
    assert _wrong(net, outcome) == (0, 0, 0)
    assert outcome.seconds < 105


@pytest.mark.parametrize(("before", "after", "most_s"), [(1.0, 20.0, 60), (20.0, 1.0, 320)])
def test_a_limiter_that_changes_is_followed(before: float, after: float, most_s: float) -> None:
    net = _Watched(_space(1, 500), replace(LINUX, icmp_per_second=before), MOSTLY_CLOSED, udp=True)
    net.change = (10, replace(LINUX, icmp_per_second=after))
    outcome, _ = _scan(net)
    assert _wrong(net, outcome) == (0, 0, 0)
    assert outcome.seconds < most_s


def test_a_limiter_that_stops_for_ever_ends() -> None:
    net = _Watched(_space(1, 500), LINUX, MOSTLY_CLOSED, udp=True)
    net.change = (10, Path(icmp_per_second=1e-9))
    outcome, _ = _scan(net)
    assert outcome.seconds < 60
    assert _wrong(net, outcome)[0] == 0


@pytest.mark.parametrize("template", [2, 4, 5])
def test_templates_keep_rations_too(template: int) -> None:
    net = Internet(_space(1, 60), LINUX, MOSTLY_CLOSED, udp=True)
    outcome, _ = _scan(net, TEMPLATES[template])
    assert _wrong(net, outcome) == (0, 0, 0)
    assert outcome.seconds < 70


def test_a_delay_that_the_user_asked_for_holds_while_rations_are_kept() -> None:
    net = Internet(_space(1, 20), replace(LINUX, icmp_per_second=5), MOSTLY_CLOSED, udp=True)
    outcome, _ = _scan(net, TEMPLATES[2])
    assert _wrong(net, outcome) == (0, 0, 0)
    assert np.diff([at for at, _ in net.send_times]).min() >= TEMPLATES[2].scan_delay_us
    assert all(count == 1 for _, count in net.send_times)


def test_retransmissions_are_no_more_than_asked_for() -> None:
    """Where the tries are used up before rations are known nothing is waited for; else one that counts is enough."""
    for retries, wrong in ((1, True), (2, False)):
        net = Internet(_space(1, 100), LINUX, MOSTLY_CLOSED, udp=True)
        outcome, _ = _scan(net, Timing().limited(retries))
        assert (_wrong(net, outcome)[1] > 0) is wrong
        assert outcome.seconds < (2 if wrong else 100)


def test_the_host_time_out_ends_it() -> None:
    net = Internet(_space(1, 1000), LINUX, MOSTLY_CLOSED, udp=True)
    outcome, engine = _scan(net, Timing(host_timeout_us=20 * SECOND))
    assert outcome.seconds < 21
    assert engine.totals.accepted > 20


def test_rations_may_be_disregarded() -> None:
    net = Internet(_space(1, 1000), LINUX, MOSTLY_CLOSED, udp=True)
    outcome, _ = _scan(net, Timing(defeat_rations=True))
    assert outcome.seconds < 3
    assert _wrong(net, outcome)[0] == 0


class _Asked(Internet):
    """Notes what the engine said of the rest, second by second."""

    engine: Engine
    said: dict[int, float | None]

    def send(self, now_us: int, group: Group, probes: Probes) -> None:
        super().send(now_us, group, probes)
        self.said[now_us // SECOND] = self.engine.paced_left_s()


def test_what_is_left_to_wait_for_is_known() -> None:
    """About a second a port, once all was asked; nothing before."""
    net = _Asked(_space(1, 200), LINUX, (0.0, 1.0, 0.0, 0.0), udp=True)
    net.engine, net.said = Engine(net.space, TECHNIQUE.table, Timing(), 7, 0), {}
    seconds = run(net.engine, net).seconds
    assert net.said[0] is None
    for moment in (20, 60, 100, 150):
        said = next(net.said[later] for later in range(moment, moment + 3) if later in net.said)
        assert said is not None
        assert moment + said == pytest.approx(seconds, rel=0.25)
