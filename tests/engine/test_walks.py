"""The tables of traceroute; what is done with them is in test_trace."""

import numpy as np

from periplus.engine.columns import allocate, bytes_per_row
from periplus.engine.walks import MAX_HOPS, NONE, TRIES, TTL, WIDTH, Asks, Cell, Paths, distance


def test_the_distance_is_guessed_from_what_systems_begin_with() -> None:
    ttl = np.array([0, 64, 61, 128, 120, 255, 250, 32, 30, 33, 65], np.uint8)
    assert distance(ttl).tolist() == [8, 1, 4, 1, 9, 1, 6, 1, 3, 30, 30]


def test_the_cells_of_probes_are_different() -> None:
    row, ttl, attempt = np.meshgrid(np.arange(5), np.arange(1, MAX_HOPS + 1), np.arange(TRIES))
    asks = Asks(row.ravel(), ttl.ravel().astype(np.uint8), attempt.ravel().astype(np.uint8))
    assert len(set(asks.cell.tolist())) == len(asks)


def test_a_new_row_knows_nothing() -> None:
    paths = allocate(Paths, 3)
    assert paths.state.shape == paths.due_us.shape == (3, WIDTH)
    assert paths.sent_us.shape == (3, WIDTH, TRIES)
    assert (paths.state == Cell.UNASKED).all()
    assert (paths.leader == -1).all()
    assert (paths.top == NONE).all()
    assert (TTL[0], TTL[-1]) == (0, NONE)
    assert bytes_per_row(Paths) < 1_500
