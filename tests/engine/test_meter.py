"""Ceilings by host and network: beside a plain bucket for each, and over any tenth of a second."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sim.internet import Internet

from periplus.engine.engine import Engine
from periplus.engine.group import Group
from periplus.engine.meter import NEVER, Meter, Meters, meters_for, shared
from periplus.engine.replies import Probes
from periplus.engine.timing import Timing
from periplus.space.address import Addresses
from periplus.space.ip import parse_ip
from periplus.space.ranges import AddressSpace
from periplus.space.space import Space
from periplus.technique.syn import TECHNIQUE

WINDOW_US = 100_000
RATES = st.floats(0.5, 50_000)


def addresses(*texts: str) -> Addresses:
    return Addresses.of_ints(parse_ip(text) for text in texts)


class Plain:
    """One bucket, the slow way: a level that is filled."""

    def __init__(self, rate: float) -> None:
        self.burst = max(1.0, rate * 0.005)
        self.rate = rate - 10 * (self.burst - 1)
        self.level, self.filled_us = self.burst, 0

    def room(self, now_us: int) -> float:
        self.level = min(self.burst, self.level + self.rate * (now_us - self.filled_us) / 1e6)
        self.filled_us = now_us
        return max(self.level, 0.0)


@given(RATES, st.lists(st.tuples(st.integers(0, 200_000), st.integers(0, 3), st.integers(0, 9)), max_size=40))
def test_a_column_of_buckets_is_as_so_many_plain_ones(rate: float, calls: list[tuple[int, int, int]]) -> None:
    meter, plain = Meter(rate), [Plain(rate) for _ in range(4)]
    slot, now_us = np.arange(4), 0
    for passes_us, which, count in calls:
        now_us += passes_us
        room, levels = meter.room(slot, now_us), [each.room(now_us) for each in plain]
        assert all(level - 1 - 1e-3 <= some <= level + 1e-3 for some, level in zip(room, levels, strict=True))
        counts = np.where(slot == which, count, 0)
        meter.take(slot, counts, now_us)
        plain[which].level -= count


@given(RATES, st.lists(st.tuples(st.integers(0, 60_000), st.integers(0, 300)), max_size=60))
def test_no_tenth_of_a_second_gets_more_than_its_share(rate: float, calls: list[tuple[int, int]]) -> None:
    meter, slot, now_us, gone = Meter(rate), np.zeros(1, np.int64), 0, []
    for passes_us, wanted in calls:
        now_us += passes_us
        count = np.minimum(meter.room(slot, now_us), wanted)
        meter.take(slot, count, now_us)
        gone.append((now_us, int(count[0])))
    for begin_us, _ in gone:
        sent = sum(count for at_us, count in gone if begin_us <= at_us < begin_us + WINDOW_US)
        assert sent <= rate * WINDOW_US / 1e6 + 1 + 1e-6


@pytest.mark.parametrize("rate", [2.0, 50.0, 1_000.0, 10_000.0])
def test_who_always_wants_more_gets_nearly_the_rate(rate: float) -> None:
    meter, slot, sent = Meter(rate), np.zeros(1, np.int64), 0
    for now_us in range(0, 10_000_000, 1_000):
        count = meter.room(slot, now_us)
        meter.take(slot, count, now_us)
        sent += int(count[0])
    assert 0.94 * 10 * rate - 1 <= sent <= 10 * rate + 1


@given(RATES, st.integers(0, 50))
def test_it_is_ready_when_it_says(rate: float, count: int) -> None:
    meter, slot = Meter(rate), np.array([5])
    meter.take(slot, np.array([count]), 1_000_000)
    ready_us = int(meter.ready_us(slot)[0])
    assert meter.room(slot, ready_us + 1)[0] >= 1
    if ready_us - 3 > 1_000_000:
        assert meter.room(slot, ready_us - 3)[0] == 0


def test_hosts_and_networks_have_their_own() -> None:
    meters = Meters(10.0, 20.0)
    group = meters.of(addresses("198.18.0.1", "198.18.0.2", "198.18.0.3", "198.18.1.1", "2001:db8::1"))
    assert group.network.tolist().count(group.network[0]) == 3
    wanted = np.full(5, 7)
    first = meters.quota(group, wanted, 0)
    assert (first.max(), int(first[:3].sum()), first[3:].tolist()) == (1, 1, [1, 1])
    meters.asked(group, first, 0)
    assert not meters.quota(group, wanted, 0).any()
    everybody = np.ones(5, np.bool_)
    assert meters.ready_us(group, everybody) == 50_001  # another host of the first network
    assert meters.ready_us(group, np.arange(5) == 4) == 100_001
    assert meters.ready_us(group, ~everybody) == NEVER
    assert int(meters.quota(group, wanted, 50_001)[:3].sum()) == 1


def test_addresses_in_a_run_share_no_row_and_a_64_is_one_network() -> None:
    meters = Meters(10.0, 20.0)
    first = parse_ip("198.18.255.0")
    run = Addresses.of_ints(range(first, first + (1 << 16)))
    group = meters.of(run)
    assert (len(np.unique(group.host)), len(group.networks)) == (1 << 16, 256)
    six = meters.of(addresses("2001:db8::1", "2001:db8::ffff:0:0:1", "2001:db8:0:1::1"))
    assert (len(set(six.host.tolist())), six.network.tolist()[0] == six.network.tolist()[1]) == (3, True)
    assert len(six.networks) == 2


def test_packets_are_taken_up_to_the_first_that_is_too_much() -> None:
    meters = Meters(100.0, 0.0)
    one, two = "198.18.0.1", "198.18.0.2"
    them = addresses(one, two, one, two)
    assert meters.claim(them, 0) == 2
    meters.settle(them[:2], 1, 5_000)  # one of them left, late; the other not at all
    assert meters.claim(addresses(two, one), 5_000) == 1
    meters.settle(addresses(two), 1, 5_000)
    assert meters.claim(addresses(one), 14_999) == 0
    assert meters.claim(addresses(one), 15_000) == 1


def test_without_a_rate_there_are_none() -> None:
    assert meters_for(Timing()) is None
    made = meters_for(Timing(max_net_rate=5.0))
    assert made is not None
    group = made.of(addresses("198.18.0.1"))
    assert made.quota(group, np.array([9]), 0).tolist() == [1]
    assert made.ready_us(group, np.array([True])) <= 1


# engines


class Counting(Internet):
    """Hosts in a simulated internet, and when each was asked."""

    def send(self, now_us: int, group: Group, probes: Probes) -> None:
        self.left = [*getattr(self, "left", []), (now_us, group.host_id[probes.host])]
        super().send(now_us, group, probes)


@given(st.sampled_from([0.0, 30.0, 400.0]), st.sampled_from([0.0, 100.0, 3_000.0]), st.integers(0, 9))
@settings(max_examples=8, deadline=None)
def test_two_engines_together_keep_to_the_ceilings(host: float, net: float, key: int) -> None:
    first = parse_ip("198.18.0.250")
    space = Space.of([(AddressSpace.of([(first, first + 11)]), np.arange(1, 6, dtype=np.uint16))])
    timing = Timing(max_host_rate=host, max_net_rate=net)
    meters, nets = meters_for(timing), [Counting(space), Counting(space)]
    engines = [Engine(space, TECHNIQUE.table, timing, key + row, 0, meters=meters) for row in range(2)]
    now_us, steps = 0, 0
    while not all(engine.done for engine in engines):
        wake_us = 1 << 62
        for engine, each in zip(engines, nets, strict=True):
            if engine.done:
                continue
            step = engine.step(now_us, each.collect(now_us))
            for group in step.opened:
                engine.release(group.number, np.ones(len(group), np.bool_))
            for probes in step.probes:
                each.send(now_us, engine.groups[probes.group], probes)
            wake_us = min(wake_us, each.next_us(), step.wake_us)
        now_us, steps = max(now_us + 20, wake_us), steps + 1
    assert steps < 2_000  # nobody is woken in vain again and again
    moments = np.concatenate([np.full(len(ids), at) for each in nets for at, ids in each.left])
    them = np.concatenate([ids for each in nets for _, ids in each.left])
    for rate, key_of in ((host, them), (net, them >= 6)):  # 198.18.1.0 is the seventh
        for one in np.unique(key_of) if rate else ():
            mine = np.sort(moments[key_of == one])
            within = np.searchsorted(mine, mine + WINDOW_US) - np.arange(len(mine))
            assert within.max() <= rate / 10 + 1
    assert all(each.sent == 60 for each in nets)


LISTS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3)), min_size=1, max_size=30)


@given(LISTS, st.lists(st.integers(0, 40), min_size=4, max_size=4), st.integers(0, 100))
def test_shares_as_one_by_one(rows: list[tuple[int, int]], budget: list[int], start: int) -> None:
    wanted = np.array([row[0] for row in rows])
    owner = np.array([row[1] for row in rows])
    made = shared(wanted, owner, np.array(budget), start % len(rows))
    left, slow = list(budget), np.zeros(len(rows), np.int64)
    for step in range(len(rows)):
        row = (step + start) % len(rows)
        mine = int(owner[row])
        each = -(-budget[mine] // max(int(np.count_nonzero(wanted[owner == mine])), 1))
        slow[row] = min(int(wanted[row]), each, left[mine])
        left[mine] -= int(slow[row])
    assert made.tolist() == slow.tolist()
