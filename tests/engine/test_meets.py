"""Meeting points against a dictionary, and that nobody waits in a circle."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from periplus.columns import I64
from periplus.engine.meets import Meets, meeting

Visit = tuple[int, int, int]  # row, TTL, router


def columns(visits: list[Visit]) -> tuple[I64, I64]:
    """The points of visits through one first hop, and their rows."""
    row, ttl, node = (np.array(column) for column in zip(*visits, strict=True))
    return meeting(np.full(len(row), 5), ttl.astype(np.uint8), node.astype(np.int32)), row


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 9), st.integers(1, 30), st.integers(1, 4)), min_size=1), max_size=6
    )
)
def test_owners_and_followers_are_those_of_the_plain_way(batches: list[list[Visit]]) -> None:
    """Row numbers are ranks here: the lowest owns."""
    meets = Meets()
    owner: dict[tuple[int, int], int] = {}
    for batch in batches:
        expected = set()
        before = dict(owner)
        for row, ttl, node in batch:
            owner[ttl, node] = min(row, owner.get((ttl, node), row))
        touched = {(ttl, node) for _, ttl, node in batch}
        for row, ttl, node in batch:
            expected.add((row, owner[ttl, node], ttl))
        expected |= {(before[key], owner[key], key[0]) for key in touched if key in before}
        follows = meets.join(*columns(batch), lambda row: row)
        found = zip(follows.row.tolist(), follows.leader.tolist(), follows.ttl.tolist(), strict=True)
        assert set(found) == {each for each in expected if each[0] != each[1]}
        assert sorted(meets.owners.tolist()) == sorted(owner.values())


def test_first_hops_and_distances_keep_points_apart() -> None:
    first, ttl, node = (
        np.array([0, 0, 1, (1 << 20) - 1]),
        np.array([1, 2, 1, 30], np.uint8),
        np.array([7, 7, 7, 7]),
    )
    points = meeting(first, ttl, node.astype(np.int32))
    assert len(set(points.tolist())) == 4
    assert (points > 0).all()
    assert not len(Meets().join(points, np.arange(4), lambda row: row))


def test_who_has_ended_goes_before_who_is_older() -> None:
    meets = Meets()
    point, row = columns([(8, 3, 1)])
    meets.join(point, row, lambda row: row)
    follows = meets.join(point, row - 5, lambda row: np.where(row == 8, -1, row))
    assert (follows.row.tolist(), follows.leader.tolist(), follows.ttl.tolist()) == ([3], [8], [3])
