"""How long answers usually take is learnt while nothing waits, and from nobody who waited."""

import numpy as np

from periplus.engine.usual import APART_US, CALM_US, DOUBT, ENOUGH, FIRST, LEAST, MOST, Usual

TRIP_US = 20_000.0


def _usual() -> Usual:
    usual = Usual()
    usual.met(np.full(FIRST, TRIP_US))
    return usual


def test_the_first_answers_make_a_measure() -> None:
    usual = Usual()
    usual.met(np.full(FIRST - 1, TRIP_US))
    assert usual.trip_us == 0
    usual.met(np.array([TRIP_US]))
    assert usual.trip_us == TRIP_US


def test_it_is_the_longest_of_the_shortest_quarter() -> None:
    usual = Usual()
    usual.met(np.arange(1.0, 102.0))
    assert usual.trip_us == np.quantile(np.arange(1.0, MOST + 1), 0.25)


def test_who_waited_in_a_queue_is_no_measure_and_who_came_while_there_was_none_is() -> None:
    usual = _usual()
    for _ in range(10):
        usual.met(np.full(ENOUGH, TRIP_US + CALM_US))
    assert usual.trip_us == TRIP_US
    for _ in range(ENOUGH):
        usual.met(np.array([TRIP_US / 2]))
    assert usual.trip_us == TRIP_US / 2


def test_one_that_did_not_wait_proves_it_for_those_beside_it() -> None:
    usual = _usual()
    for _ in range(3):
        usual.met(np.array([TRIP_US, *[3 * TRIP_US] * (ENOUGH - 1)]))
    assert usual.trip_us == 3 * TRIP_US


def test_once_complete_it_is_left_alone() -> None:
    usual = Usual()
    usual.met(np.full(MOST, TRIP_US))
    usual.met(np.full(MOST, TRIP_US / 2))
    assert usual.trip_us == TRIP_US


def test_what_is_given_up_begins_anew() -> None:
    usual = _usual()
    usual.believe()
    assert (usual.trip_us, usual.turn) == (0, 1)
    usual.met(np.full(FIRST, 2 * TRIP_US))
    assert usual.trip_us == 2 * TRIP_US


def test_where_hosts_are_alike_fewer_answers_tell_of_a_queue() -> None:
    assert Usual().enough == ENOUGH
    usual = _usual()
    assert usual.enough == LEAST
    usual.believe()
    assert usual.enough == ENOUGH


def test_the_more_far_hosts_there_are_the_more_answers_it_takes() -> None:
    takes = []
    for far in (0, MOST // 4, MOST // 2, 5 * MOST // 8, MOST * 3 // 4 - 1):
        usual = Usual()
        usual.met(np.repeat([TRIP_US, TRIP_US + APART_US + 1], [MOST - far, far]))
        takes.append(usual.enough)
        assert ((far + 1) / (MOST + 2)) ** usual.enough < DOUBT or usual.enough == ENOUGH
    assert takes == sorted(takes)
    assert takes[0] == LEAST < takes[-1] <= ENOUGH
