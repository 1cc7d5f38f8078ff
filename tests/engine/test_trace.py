"""Walks through a world of paths in virtual time, against the plain way: count up from one for each host alone."""

import heapq
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from periplus.columns import I64
from periplus.engine.trace import ACTIVE, GAP, Tracer
from periplus.engine.walks import MAX_HOPS, TRIES, Heard, PathHop, Walks
from periplus.space.address import Addresses

V4 = 0xFFFF << 32
PATIENCE_US = 100_000
ROUND_US = 2_000  # to a hop and back, for each hop
Found = list[int | None]
Flight = tuple[int, int, int, int, int, bool]  # arrival, host, TTL, attempt, sender, whether it is final


@dataclass
class Place:
    """A host: the routers on its way (None: silent), and what it does with probes that reach it."""

    routers: list[int | None]
    answers: bool = True
    refused_at: int | None = None  # that hop's router refuses to pass anything on, and says so
    address: int = 0

    @property
    def hops(self) -> int:
        return len(self.routers) + 1


def plain(place: Place) -> Found:
    """The slow twin: what a walk from one upwards finds when nothing is lost."""
    found: Found = []
    for ttl in range(1, MAX_HOPS + 1):
        if place.refused_at is not None and ttl >= place.refused_at:
            return [*found, place.routers[place.refused_at - 1]]
        if ttl >= place.hops:
            if place.answers:
                return [*found, place.address]
            break
        found.append(place.routers[ttl - 1])
    while found and found[-1] is None:
        found.pop()
    return found


Fate = Callable[[int, int, int], bool]  # host, TTL and attempt: whether the probe gets lost


@dataclass
class World:
    """Hosts by number, and what was asked of them."""

    places: list[Place]
    lost: Fate = lambda host, ttl, attempt: False
    asked: Counter[tuple[int, int]] = field(default_factory=Counter)
    now_us: int = 1_000_000
    most_us: int = 600_000_000

    def __post_init__(self) -> None:
        for number, place in enumerate(self.places):
            place.address = V4 | (198 << 24) | (18 << 16) | number

    @property
    def probes(self) -> int:
        return self.asked.total()

    def trace(
        self,
        guesses: list[int],
        pace_pps: float = 1e6,
        first_hops: list[int] | None = None,
        delay_us: int = 0,
        patience_us: int = PATIENCE_US,
        arrivals_us: list[int] | None = None,
    ) -> dict[int, Found]:
        """Trace all hosts to the end; return their paths. `arrivals_us`, ascending: when each host comes."""
        tracer = Tracer(self.now_us, pace_pps, delay_us)
        n = len(self.places)
        walks = Walks(
            self.addresses(np.arange(n)),
            np.array(first_hops or [0] * n),
            np.array(guesses, np.uint8),
            np.full(n, patience_us),
        )
        comes_us = self.now_us + np.array(arrivals_us or [0] * n)
        come, host_of = 0, dict[int, int]()
        under_way: list[Flight] = []
        found: dict[int, Found] = {}
        heard: Heard | None = None
        while come < n or not tracer.idle:
            fresh = np.flatnonzero((np.arange(n) >= come) & (comes_us <= self.now_us))
            if len(fresh):
                come += len(fresh)
                host_of.update(zip(tracer.add(walks[fresh]).tolist(), fresh.tolist(), strict=True))
            step = tracer.step(self.now_us, heard)
            for row in step.finished.tolist():
                self._finished(found, host_of[row], tracer.path(row))
            for ask in zip(
                *(column.tolist() for column in (step.asks.row, step.asks.ttl, step.asks.attempt)),
                strict=True,
            ):
                self._ask(under_way, host_of[ask[0]], *ask[1:])
            wake_us = min(step.wake_us, int(comes_us[come:].min(initial=1 << 62)))
            heard = self._wait(under_way, wake_us, tracer) if wake_us < 1 << 62 else None
            assert self.now_us < self.most_us, "the walk does not end"
        return found

    def addresses(self, hosts: I64) -> Addresses:
        return Addresses.of_ints(self.places[host].address for host in hosts)

    @staticmethod
    def _finished(found: dict[int, Found], host: int, hops: list[PathHop]) -> None:
        assert host not in found
        assert [hop.ttl for hop in hops] == [*range(1, len(hops) + 1)]
        assert all((hop.address is None) == (hop.rtt_us is None) for hop in hops)
        found[host] = [hop.address for hop in hops]

    def _ask(self, under_way: list[Flight], host: int, ttl: int, attempt: int) -> None:
        assert 1 <= ttl <= MAX_HOPS
        self.asked[host, ttl] += 1
        assert self.asked[host, ttl] <= TRIES
        place = self.places[host]
        sender: int | None
        if place.refused_at is not None and ttl >= place.refused_at:
            sender, final = place.routers[place.refused_at - 1], True
        elif ttl >= place.hops:
            sender, final = (place.address if place.answers else None), True
        else:
            sender, final = place.routers[ttl - 1], False
        if sender is not None and not self.lost(host, ttl, attempt):
            arrival = self.now_us + ROUND_US * min(ttl, place.hops)
            heapq.heappush(under_way, (arrival, host, ttl, attempt, sender, final))

    def _wait(self, under_way: list[Flight], wake_us: int, tracer: Tracer) -> Heard | None:
        arrival = under_way[0][0] if under_way else wake_us
        self.now_us = max(self.now_us, min(arrival, wake_us))
        due = []
        while under_way and under_way[0][0] <= self.now_us:
            due.append(heapq.heappop(under_way))
        if not due:
            return None
        time_us, host, ttl, attempt, sender, final = zip(*due, strict=True)
        return Heard(
            tracer.locate(self.addresses(np.array(host))),
            np.array(ttl, np.uint8),
            np.array(attempt, np.uint8),
            Addresses.of_ints(sender),
            np.array(final),
            np.array(time_us),
        )


def routers(*numbers: int | None) -> list[int | None]:
    """Routers by small numbers."""
    return [None if each is None else V4 | (198 << 24) | (19 << 16) | each for each in numbers]


@pytest.mark.parametrize("guess", [*range(1, 12), MAX_HOPS])
def test_a_wrong_guess_costs_probes_and_changes_nothing(guess: int) -> None:
    world = World([Place(routers(1, 2, 3, 4))])
    assert world.trace([guess])[0] == plain(world.places[0])
    assert world.probes == (max(5, guess))


def test_a_right_guess_costs_one_probe_a_hop() -> None:
    world = World([Place(routers(1, 2, 3, 4))])
    world.trace([5])
    assert world.asked == Counter({(0, ttl): 1 for ttl in range(1, 6)})


def test_the_shared_way_is_asked_for_once() -> None:
    """Fifty hosts behind one router: two probes a host, and the rest of the way once."""
    world = World([Place(routers(1, 2, 3, 4)) for _ in range(50)])
    found = world.trace([5] * 50)
    assert all(found[host] == plain(world.places[host]) for host in range(50))
    assert world.probes == 2 * 50 + 3
    assert Counter(ttl for _, ttl in world.asked) == {5: 50, 4: 50, 3: 1, 2: 1, 1: 1}


def test_hosts_that_come_later_find_the_way() -> None:
    world = World([Place(routers(1, 2, 3, 4)) for _ in range(ACTIVE + 9)])
    found = world.trace([5] * (ACTIVE + 9))
    assert all(found[host] == plain(world.places[host]) for host in found)
    assert len(found) == ACTIVE + 9
    assert world.probes == 2 * (ACTIVE + 9) + 3


def test_another_first_hop_is_another_way() -> None:
    world = World([Place(routers(1, 2, 3)), Place(routers(1, 2, 3))])
    world.trace([4, 4], first_hops=[0, 1])
    assert world.probes == 8


def test_ways_that_join_farther_down_are_shared_from_there() -> None:
    world = World([Place(routers(1, 2, 3, 10, 11, 12)), Place(routers(1, 2, 3, 20, 21, 22))])
    found = world.trace([7, 7])
    assert [found[0], found[1]] == [plain(place) for place in world.places]
    assert world.probes < 14


@pytest.mark.parametrize("way", [(None, 2, 3), (1, None, 3), (1, 2, None), (None, None, None)])
@pytest.mark.parametrize("guess", [1, 3, 4, 6])
def test_silent_hops_stay_unknown(way: tuple[int | None, ...], guess: int) -> None:
    world = World([Place(routers(*way)), Place(routers(*way))])
    found = world.trace([guess, guess])
    assert [found[0], found[1]] == [plain(place) for place in world.places]


def test_a_target_that_does_not_answer_has_its_path_as_far_as_it_is_known() -> None:
    world = World([Place(routers(1, 2, None, 4), answers=False), Place(routers(), answers=False)])
    found = world.trace([5, 1])
    assert found == {0: [*routers(1, 2, None, 4)], 1: []}
    silent = [ttl for host, ttl in world.asked if host == 0 and ttl > 4]
    assert sorted(silent) == [*range(5, 5 + GAP)]


def test_a_router_that_refuses_ends_the_path() -> None:
    world = World([Place(routers(1, 2, 3, 4), refused_at=3)])
    for guess in (2, 3, 5):
        assert world.trace([guess])[0] == routers(1, 2, 3)
        world.asked.clear()


@pytest.mark.parametrize("attempts", [1, 2])
def test_a_lost_probe_is_sent_again(attempts: int) -> None:
    world = World([Place(routers(1, 2, 3))], lost=lambda host, ttl, attempt: attempt < attempts)
    assert world.trace([4])[0] == plain(world.places[0])
    assert set(world.asked.values()) == {attempts + 1}


def test_a_slow_answer_to_an_earlier_try_has_its_own_time() -> None:
    tracer = Tracer(0, 1e6)
    target = V4 | 9
    one = np.array([1], np.uint8)
    [row] = tracer.add(Walks(Addresses.of_ints([target]), np.array([0]), one, np.array([PATIENCE_US])))
    first = tracer.step(0).asks
    again = tracer.step(PATIENCE_US).asks
    assert (first.attempt.tolist(), again.attempt.tolist()) == ([0], [1])
    sender = Addresses.of_ints([target])
    answer = Heard(first.row, first.ttl, first.attempt, sender, np.array([True]), np.array([PATIENCE_US + 7]))
    assert tracer.step(PATIENCE_US + 10, answer).finished.tolist() == [row]
    [hop] = tracer.path(int(row))
    assert (hop.address, hop.rtt_us) == (target, PATIENCE_US + 7)


def test_a_quick_host_is_waited_for_less() -> None:
    """Its own answer tells how long its hops may take."""
    world = World([Place(routers(1, None, 3))])
    began_us = world.now_us
    world.trace([4], patience_us=10_000_000)
    assert 1_750_000 < world.now_us - began_us < 2_000_000


def test_departures_are_what_the_sender_says() -> None:
    tracer = Tracer(0, 1e6)
    one = np.array([1], np.uint8)
    sender = Addresses.of_ints([V4 | 9])
    tracer.add(Walks(sender, np.array([0]), one, np.array([PATIENCE_US])))
    asks = tracer.step(0).asks
    tracer.stamp(asks.cell, 500, 600)
    assert tracer.step(PATIENCE_US + 400).asks.row.tolist() == []
    answer = Heard(asks.row, asks.ttl, asks.attempt, sender, np.array([True]), np.array([700]))
    tracer.step(PATIENCE_US + 450, answer)
    assert tracer.path(0)[0].rtt_us == 200


def test_what_nobody_asked_changes_nothing() -> None:
    tracer = Tracer(0, 1e6)
    one = np.array([1], np.uint8)
    them = Addresses.of_ints([V4 | 9])
    tracer.add(Walks(them, np.array([0]), np.array([3], np.uint8), np.array([PATIENCE_US])))
    tracer.step(0)
    for row, ttl, attempt in ((-1, 3, 0), (0, 2, 0), (0, 3, 1), (0, 0, 0), (0, 40, 0)):
        wrong = Heard(np.array([row]), one * ttl, one * attempt, them, np.array([True]), np.array([5]))
        assert not len(tracer.step(10, wrong).finished)
    assert tracer.locate(Addresses.of_ints([V4 | 9, V4 | 8])).tolist() == [0, -1]


def test_the_pace_holds() -> None:
    world = World([Place(routers()) for _ in range(200)])
    began_us = world.now_us
    world.trace([1] * 200, pace_pps=100.0)
    assert world.now_us - began_us >= 1.9e6


def test_a_delay_leaves_a_host_alone_between_two_probes() -> None:
    world = World([Place(routers(1, 2, 3))])
    began_us = world.now_us
    assert world.trace([4], delay_us=50_000)[0] == plain(world.places[0])
    assert world.now_us - began_us >= 150_000


def test_parallelism_bounds_what_is_under_way() -> None:
    tracer = Tracer(0, 1e6, parallelism=1)
    them = Addresses.of_ints([V4 | 9, V4 | 10])
    two = np.array([3, 3], np.uint8)
    tracer.add(Walks(them, np.zeros(2, np.int64), two, np.full(2, PATIENCE_US)))
    assert tracer.step(0).asks.row.tolist() == [0]
    for ttl, sender in ((3, V4 | 9), (2, V4 | 2)):
        one = np.array([ttl], np.uint8)
        answer = Heard(
            np.array([0]), one, one * 0, Addresses.of_ints([sender]), np.array([ttl == 3]), np.array([5])
        )
        asks = tracer.step(1_000_000 // ttl, answer).asks
        assert (asks.row.tolist(), asks.ttl.tolist()) == ([0], [ttl - 1])


def test_giving_up_tells_what_is_known() -> None:
    tracer = Tracer(0, 1e6)
    them = Addresses.of_ints([V4 | 9])
    one = np.array([1], np.uint8)
    tracer.add(Walks(them, np.array([0]), one * 3, np.array([PATIENCE_US])))
    tracer.step(0)
    answer = Heard(np.array([0]), one * 3, one * 0, them, np.array([True]), np.array([5]))
    tracer.step(10, answer)
    assert tracer.give_up().tolist() == [0]
    assert [hop.address for hop in tracer.path(0)] == [None, None, V4 | 9]
    assert tracer.idle


def test_who_has_ended_is_followed_though_he_is_younger() -> None:
    """The older one is guessed so wrongly that it comes to the common way when the other has ended."""
    world = World([Place(routers(1, 2, 3, 4)), Place(routers(1, 2, 3, 4))])
    world.trace([MAX_HOPS, 5])
    assert [world.asked[0, ttl] for ttl in (5, 4, 3, 2, 1)] == [1, 1, 0, 0, 0]


def test_a_second_answer_to_a_probe_changes_nothing() -> None:
    tracer, now_us = Tracer(0, 1e6), 0
    them, router = Addresses.of_ints([V4 | 9]), Addresses.of_ints([V4 | 1])
    one = np.array([1], np.uint8)
    tracer.add(Walks(them, np.array([0]), one * 3, np.array([PATIENCE_US])))
    for ttl, sender in ((3, them), (2, router), (2, them)):
        now_us += 100
        tracer.step(now_us)
        answer = Heard(
            np.array([0]), one * ttl, one * 0, sender, np.array([ttl == 3]), np.array([now_us + 50])
        )
        tracer.step(now_us + 60, answer)
    tracer.give_up()
    assert [(hop.address, hop.rtt_us) for hop in tracer.path(0)] == [
        (None, None),
        (V4 | 1, 90.0),
        (V4 | 9, 50.0),
    ]


def test_rows_are_used_again_and_what_others_share_is_kept() -> None:
    """Hosts that come one by one: each costs two probes, and few rows are ever needed."""
    number = 400
    world = World([Place(routers(1, 2, 3)) for _ in range(number)])
    found = world.trace([4] * number, arrivals_us=[100_000 * each for each in range(number)])
    assert found == {host: plain(place) for host, place in enumerate(world.places)}
    assert world.probes == 2 * number + 2


def test_the_row_of_a_leader_that_has_ended_is_kept_for_its_followers() -> None:
    """The second follows the first from its fifth hop on and owns nothing; the third follows the second, and is slow.

    Then come so many others that rows are needed.
    """
    others = [Place(routers(90 + each)) for each in range(100)]
    oldest, leader = Place(routers(1, 2, 3, 4, 5)), Place(routers(1, 2, 3, 4, 5))
    follower = Place(routers(1, 2, 3, None, 6))
    world = World([oldest, leader, follower, *others], lost=lambda host, ttl, attempt: host == 1 and ttl == 4)
    arrivals_us = [0, 0, 100_000] + [500_000] * len(others)
    found = world.trace([MAX_HOPS, 6, 6] + [2] * len(others), arrivals_us=arrivals_us)
    assert found[2] == plain(follower)


@st.composite
def trees(draw: st.DrawFn) -> tuple[list[Place], list[int]]:
    """Hosts at the leaves of a tree of routers, some of them silent, and a guess for each."""
    parents: list[list[int | None]] = [[]]
    for number in range(1, draw(st.integers(1, 14))):
        parent = parents[draw(st.integers(0, len(parents) - 1))]
        silent = draw(st.integers(0, 5)) == 0
        parents.append([*parent, None if silent else routers(number)[0]])
    # A target that is silent itself is told from its silent routers by no gap as long as the limit.
    places = [Place(list(draw(st.sampled_from(parents)))) for _ in range(draw(st.integers(1, 12)))]
    off = [draw(st.integers(-3, 3)) for _ in places]
    guesses = [min(max(place.hops + by, 1), MAX_HOPS) for place, by in zip(places, off, strict=True)]
    return places, guesses


@settings(max_examples=150, deadline=None)
@given(trees(), st.integers(0, 1 << 30), st.sampled_from([1e6, 300.0]))
def test_every_tree_is_walked_as_by_the_plain_way(
    tree: tuple[list[Place], list[int]], seed: int, pace_pps: float
) -> None:
    """Two of three tries may be lost; silent routers stand where they will."""
    places, guesses = tree
    fates = random.Random(seed)
    sacrificed: dict[tuple[int, int], int] = {}

    def lost(host: int, ttl: int, attempt: int) -> bool:
        return attempt < sacrificed.setdefault((host, ttl), fates.choice((0, 0, 0, 1, 2)))

    world = World(places, lost)
    found = world.trace(guesses, pace_pps)
    assert found == {host: plain(place) for host, place in enumerate(world.places)}
