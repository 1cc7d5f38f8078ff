"""Hosts that fall silent under a scan, in virtual time: tested, left alone, resumed last; and what only looks so."""

import numpy as np
import pytest
from tests.sim.internet import CLOSED, OPEN, Internet, Outcome, Path, run

from periplus.engine.engine import Engine
from periplus.engine.hush import SLOW_US
from periplus.engine.limits import Limits
from periplus.engine.replies import Replies
from periplus.engine.timing import Timing
from periplus.space.ip import parse_ip
from periplus.space.ranges import AddressSpace
from periplus.space.space import Space
from periplus.technique.syn import TECHNIQUE as SYN
from periplus.technique.udp import TECHNIQUE as UDP
from periplus.technique.verdict import State

BASE = parse_ip("198.18.0.0")
SECOND = 1_000_000
FOREVER = 1 << 62
USUAL = (0.01, 0.94, 0.05, 0.0)


def _space(hosts: int, ports: int) -> Space:
    return Space.of(
        [(AddressSpace.of([(BASE, BASE + hosts - 1)]), np.arange(1, ports + 1).astype(np.uint16))]
    )


def _scan(net: Internet, timing: Timing | None = None) -> tuple[Engine, Outcome]:
    engine = Engine(net.space, (UDP if net.udp else SYN).table, timing or Timing(), 7, 0)
    return engine, run(engine, net, limit_s=3_000)


def _asked(net: Internet, host: int, from_us: int, until_us: int = FOREVER) -> int:
    return sum(each == host and from_us <= when < until_us for when, each in net.asked_at)


def _wrong(net: Internet, outcome: Outcome, host: int) -> int:
    """Open and closed ports of a host that were not seen as such."""
    mine = {port: state for (each, port), state in outcome.verdicts.items() if each == host}
    truth = net.truth(np.full(len(mine), host), np.array(list(mine), np.uint16))
    wanted = {OPEN: State.OPEN, CLOSED: State.CLOSED}
    return sum(wanted.get(int(t), state) != state for t, state in zip(truth, mine.values(), strict=True))


def test_who_dies_is_left_alone_after_a_short_test_and_told() -> None:
    net = Internet(_space(8, 3_000), Path(), USUAL, away={3: (8_000, FOREVER)})
    engine, outcome = _scan(net)
    assert engine.totals.stopped == 1
    assert engine.watch.outages == 0
    # What left before the first silence was noticed, and two tests of three rounds with three questions.
    assert _asked(net, 3, 200_000) == 18
    assert _asked(net, 3, 8_000) < 600
    assert all(_wrong(net, outcome, host) == 0 for host in range(8) if host != 3)
    states = {state for (host, _), state in outcome.verdicts.items() if host == 3}
    assert engine.totals.missed > 1  # of the ports that were not asked some are open
    assert (
        max(states) > State.OPEN_FILTERED or State.FILTERED not in states
    )  # the reporter says what silence means
    assert outcome.seconds < 15


def test_who_comes_back_soon_is_asked_on_and_nothing_is_missed() -> None:
    net = Internet(_space(8, 3_000), Path(), USUAL, away={3: (8_000, 900_000)})
    engine, outcome = _scan(net)
    assert engine.totals.stopped == 0
    assert all(_wrong(net, outcome, host) == 0 for host in range(8))
    assert outcome.seconds < 4


def test_who_comes_back_late_is_asked_last_and_slowly_to_the_end() -> None:
    net = Internet(_space(8, 300), Path(), USUAL, away={3: (6_000, 6 * SECOND)})
    engine, outcome = _scan(net)
    assert engine.totals.stopped == 1
    assert all(_wrong(net, outcome, host) == 0 for host in range(8))
    others = max(when for when, host in net.asked_at if host != 3)
    slow = [when for when, host in net.asked_at if host == 3 and when > 6 * SECOND]
    assert others < 6 * SECOND
    assert np.diff(slow[3:]).min() >= SLOW_US - 1_000


def test_when_all_fall_silent_it_is_the_path_and_the_scan_waits() -> None:
    away = dict.fromkeys(range(16), (8000, 6 * SECOND))
    net = Internet(_space(16, 800), Path(), USUAL, away=away)
    engine, outcome = _scan(net)
    assert engine.totals.stopped == 0
    assert engine.watch.outages == 1
    assert all(_wrong(net, outcome, host) == 0 for host in range(16))
    assert sum(_asked(net, host, SECOND, 6 * SECOND) for host in range(16)) < 100


def test_an_outage_without_an_end_is_given_up_and_its_hosts_are_told() -> None:
    net = Internet(_space(16, 800), Path(), USUAL, away=dict.fromkeys(range(16), (8000, FOREVER)))
    engine, outcome = _scan(net)
    assert engine.totals.stopped == 16
    assert engine.watch.outages == 1
    assert 60 < outcome.seconds < 90


def test_when_half_of_them_die_it_is_not_the_path() -> None:
    net = Internet(_space(16, 800), Path(), USUAL, away=dict.fromkeys(range(8), (8000, FOREVER)))
    engine, _ = _scan(net)
    assert engine.totals.stopped == 8
    assert engine.watch.outages == 0


WORLDS = {
    "a firewall with a few open ports": (2, 2_000, Path(), (0.01, 0.0, 0.99, 0.0), False),
    "loss": (2, 1_000, Path(loss=0.2), USUAL, False),
    "a slow link": (1, 1_500, Path(capacity=1000.0, delay_us=10_000), USUAL, False),
    "rationed errors": (2, 60, Path(icmp_per_second=1.0, icmp_burst=6.0), (0.1, 0.9, 0.0, 0.0), True),
    "rationed errors, many open": (
        2,
        60,
        Path(icmp_per_second=1.0, icmp_burst=6.0),
        (0.5, 0.5, 0.0, 0.0),
        True,
    ),
}


@pytest.mark.parametrize("world", WORLDS)
def test_what_is_no_falling_silent(world: str) -> None:
    hosts, ports, path, shares, udp = WORLDS[world]
    engine, _ = _scan(Internet(_space(hosts, ports), path, shares, udp=udp))
    assert engine.totals.stopped == 0
    assert engine.watch.outages == 0


def test_a_ceiling_that_lets_out_one_at_a_time_holds_no_test_back() -> None:
    net = Internet(_space(1, 1_500), Path(), USUAL, away={0: (SECOND, FOREVER)})
    engine, outcome = _scan(net, Timing(max_rate=100.0))
    assert engine.totals.stopped == 1
    assert outcome.seconds < 20


def test_a_scan_without_state_leaves_nobody_alone() -> None:
    net = Internet(_space(2, 500), Path(), USUAL, away={0: (500, FOREVER)})
    engine, _ = _scan(net, Timing().once())
    assert engine.totals.stopped == 0
    assert net.sent == 1_000


def test_hosts_left_alone_do_not_keep_others_out_of_memory() -> None:
    """The group of the silent host is all that memory has room for; it is resumed early, and the others follow."""
    net = Internet(_space(6, 500), Path(), USUAL, away={0: (1_500, FOREVER)})
    engine = Engine(net.space, SYN.table, Timing(), 7, 0, Limits(group_hosts=2, memory=1))
    outcome = run(engine, net, limit_s=600)
    assert engine.totals.hosts_done == 6
    assert engine.totals.stopped == 1
    assert all(_wrong(net, outcome, host) == 0 for host in range(1, 6))


class _Unread(Internet):
    """What arrives meanwhile is read only at the end of a time, with the time when it arrived."""

    def collect(self, now_us: int) -> dict[int, Replies]:
        return {} if 8_000 <= now_us < 400_000 else super().collect(now_us)


def test_answers_of_before_an_outage_that_are_read_during_it_end_it() -> None:
    """They acquit those who were to be tested, so that nobody would be asked any more for a minute."""
    away = dict.fromkeys(range(8), (12_000, 300_000))
    net = _Unread(_space(8, 3_000), Path(), USUAL, away=away)
    engine, outcome = _scan(net)
    assert engine.watch.outages >= 1
    assert all(_wrong(net, outcome, host) == 0 for host in range(8))
    assert outcome.seconds < 4
