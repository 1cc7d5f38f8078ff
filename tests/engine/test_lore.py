"""What only answers fill is made with the first answer, and until then the same holds for all hosts."""

from dataclasses import fields, is_dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from periplus.engine.lore import ENOUGH_TIMED, FIRST_WINDOW, LORE_BYTES, OLD, Lore
from periplus.engine.replies import Tally
from periplus.engine.timing import Timing
from periplus.engine.usual import CALM_US, FIRST
from periplus.engine.window import QUEUE_SLOW_US
from periplus.space.address import Addresses
from periplus.space.ip import parse_ip

HOSTS = Addresses.of_ints(
    [parse_ip(text) for text in ("198.18.0.1", "198.18.1.1", "198.18.0.9", "2001:db8::1")]
)
MANY = Addresses.of_ints([parse_ip("198.18.0.0") + last for last in range(40)])
ROWS = np.arange(4)
ONCE = np.ones(4, np.uint8)


def _lore(timing: Timing | None = None) -> Lore:
    return Lore(HOSTS, timing or Timing(), 1000)


def test_before_any_answer_nothing_is_kept() -> None:
    lore = _lore()
    assert lore.patience_us(ROWS, ONCE) == Timing().initial_rtt_us
    assert lore.window() == FIRST_WINDOW
    assert lore.quota(ROWS, ROWS, 0).tolist() == ROWS.tolist()
    assert not lore.in_turns
    lore.review(0)
    assert lore.trips_of(ROWS[:2]).rto_us.tolist() == [Timing().initial_rtt_us] * 2
    assert lore.memory == 0


def test_what_is_made_says_the_same_until_it_is_changed() -> None:
    lore = _lore()
    assert lore.trips.rto_us.tolist() == [Timing().initial_rtt_us] * 4
    assert lore.windows.size.tolist() == [FIRST_WINDOW] * 4
    lore.trips.rto_us[2] = 5
    assert lore.trips_of(ROWS[2:]).rto_us.tolist() == [5, Timing().initial_rtt_us]
    assert np.asarray(lore.patience_us(np.array([2, 0]), ONCE[:2])).tolist() == [5, Timing().initial_rtt_us]
    lore.windows.heard(np.array([1]), np.array([3.0]))
    assert np.asarray(lore.window()).tolist() == [10, 13, 10, 10]
    lore.review(0)
    assert lore.memory == 4 * LORE_BYTES


def _felt(lore: Lore, host: list[int], rtt_us: list[float], answers: int = 0) -> Tally:
    tally = Tally()
    lore.feel(np.array(host), np.array(rtt_us), np.full(len(host), answers), tally)
    lore.trips.least_us[host] = np.minimum(lore.trips.least_us[host], rtt_us)
    return tally


def test_where_few_answer_who_did_so_often_tells_of_a_queue_and_who_is_known_at_once() -> None:
    lore = _lore()
    lore.trips.least_us[:] = 20_000.0
    assert _felt(lore, [0], [50_000.0], OLD - 1).queue_us == np.inf
    assert _felt(lore, [0], [50_000.0], OLD).queue_us == 30_000
    lore.known[1] = True
    assert _felt(lore, [1], [50_000.0]).queue_us == 30_000


def _crowd() -> Lore:
    """Everybody in a network, a few of which have answered after 20 ms."""
    lore = Lore(MANY, Timing(), 1000)
    assert _felt(lore, list(range(FIRST)), [20_000.0] * FIRST).unproved == FIRST
    return lore


def test_others_tell_what_is_usual_for_a_host_that_is_not_known() -> None:
    lore = _crowd()
    tally = _felt(lore, [20], [50_000.0])
    assert (tally.unproved, tally.unproved_queue_us, tally.queue_us, tally.unqueued) == (1, 30_000, np.inf, 0)
    # It never answers sooner: that it always waits may be our own queue, however often it says so.
    assert _felt(lore, [20], [50_000.0], 2 * OLD).unproved_queue_us == 30_000


def test_who_answers_while_there_is_no_queue_is_known() -> None:
    lore = _crowd()
    assert lore.known.tolist() == [True] * FIRST + [False] * (len(MANY) - FIRST)
    _felt(lore, [0, 20], [20_000.0 + CALM_US - 1, 150_000.0])
    assert lore.known[20]
    tally = _felt(lore, [20], [170_000.0])
    assert (tally.queue_us, tally.unproved) == (20_000, 0)
    _felt(lore, [0, 21], [20_000.0 + CALM_US, 150_000.0])
    assert not lore.known[21]


def test_when_it_is_believed_that_there_is_no_queue_ways_take_what_they_take_now() -> None:
    lore = _crowd()
    assert _felt(lore, [20], [50_000.0]).unproved_queue_us == 30_000
    assert _felt(lore, [0], [50_000.0]).queue_us == 30_000
    lore.usual.believe()
    for host in (0, 20):
        assert _felt(lore, [host], [50_000.0]).queue_us == 0
        assert _felt(lore, [host], [60_000.0]).queue_us == 10_000
    assert not lore.known[21]


@given(
    st.lists(
        st.tuples(st.integers(0, 39), st.integers(1_000, 60_000), st.integers(0, 9)),
        min_size=1,
        max_size=20,
        unique_by=lambda row: row[0],
    ),
    st.lists(st.one_of(st.none(), st.integers(1_000, 60_000)), min_size=40, max_size=40),
    st.sets(st.integers(0, 39)),
    st.booleans(),
)
def test_what_is_felt_is_that_of_one_answer_after_the_other(
    rows: list[tuple[int, int, int]], least: list[int | None], known: set[int], has_measure: bool
) -> None:
    """The slow twin goes answer by answer; None has never answered."""
    lore = Lore(MANY, Timing(), 1000)
    if has_measure:
        lore.usual.met(np.full(FIRST, 20_000.0))
    lore.trips.least_us[:] = [np.inf if each is None else each for each in least]
    lore.known[sorted(known)] = True
    tally = Tally()
    hosts, trips_us, given_before = (np.array(column) for column in zip(*rows, strict=True))
    lore.feel(hosts, trips_us, given_before, tally)
    usual_us = lore.usual.trip_us
    by_known, by_others = [], []
    for host, rtt_us, answers in rows:
        before = least[host] or rtt_us
        if host in known or (answers >= OLD and not has_measure):
            by_known.append(max(rtt_us - before, 0))
        else:
            by_others.append(max(rtt_us - min(least[host] or np.inf, usual_us), 0))
    assert tally.queue_us == min(by_known, default=np.inf)
    assert tally.unproved == (len(by_others) if usual_us else 0)
    assert tally.unproved_queue_us == (min(by_others, default=np.inf) if usual_us else np.inf)
    assert tally.unqueued == sum(waited_us < QUEUE_SLOW_US for waited_us in by_known + by_others)


def test_a_delay_that_was_asked_for_makes_turns_from_the_start() -> None:
    lore = _lore(Timing(scan_delay_us=1_000))
    assert lore.in_turns
    assert lore.quota(np.full(4, 9), ROWS, 0).tolist() == [1] * 4


def test_the_first_ration_makes_turns_possible() -> None:
    lore = _lore()
    assert not lore.rations.paced().any()
    assert lore.in_turns


def test_neighbours_are_told_by_24_or_64_bits() -> None:
    network = _lore().network
    assert network[0] == network[2]
    assert len(set(network.tolist())) == 3


def test_the_figure_of_what_a_host_costs_is_that_of_the_columns() -> None:
    lore = _lore()
    tables = (lore.trips, lore.windows._columns, lore.rations._columns, lore.hush.columns)
    assert sum(map(_bytes_a_host, tables)) + lore.network.itemsize == LORE_BYTES


def _bytes_a_host(table: object) -> int:
    assert is_dataclass(table)
    return sum(getattr(table, each.name).itemsize for each in fields(table))


@given(
    st.lists(st.one_of(st.none(), st.integers(1, 2_000_000)), min_size=40, max_size=40),
    st.lists(st.integers(1, 3), min_size=40, max_size=40),
)
def test_who_never_answered_is_waited_for_again_as_long_as_for_the_slowest(
    rtos_us: list[int | None], tries: list[int]
) -> None:
    """The slow twin goes host by host; None has never answered."""
    lore, initial_us = Lore(MANY, Timing(), 1000), Timing().initial_rtt_us
    known = [rto_us for rto_us in rtos_us if rto_us is not None]
    for row, rto_us in enumerate(rtos_us):
        if rto_us is not None:
            lore.trips.srtt_us[row], lore.trips.rto_us[row] = 1, rto_us

    def slowly(rto_us: int | None, tried: int) -> int:
        if rto_us is not None:
            return rto_us
        return min(initial_us, max(known)) if tried > 1 and len(known) >= ENOUGH_TIMED else initial_us

    wanted = [slowly(*each) for each in zip(rtos_us, tries, strict=True)]
    assert lore.trips.rto_us[0] == (rtos_us[0] or initial_us)
    got = lore.patience_us(np.arange(40), np.array(tries, np.uint8))
    assert np.asarray(got).tolist() == wanted


def test_answers_that_surely_waited_in_no_queue() -> None:
    """Where nothing tells what is usual, the whole round trip may have been waiting."""
    assert _felt(_lore(), [0], [9_000.0]).unqueued == 1
    lore = _lore()
    assert _felt(lore, [0], [50_000.0]).unqueued == 0
    lore.trips.least_us[:] = 45_000.0
    tally = _felt(lore, [0], [50_000.0], OLD)
    assert (tally.unqueued, tally.trip_us) == (1, 50_000)
    assert _felt(lore, [0], [60_000.0], OLD).unqueued == 0
