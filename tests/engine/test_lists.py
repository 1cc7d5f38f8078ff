"""Ragged lists: each routine beside a plain slow twin."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from periplus.engine.lists import concatenated, fair_shares, interleaved, ragged_ranks, spread

counts = st.lists(st.integers(0, 9), max_size=12)


@given(counts)
def test_spread(lengths: list[int]) -> None:
    owner, rank = spread(np.array(lengths, np.int64))
    expected = [(row, place) for row, length in enumerate(lengths) for place in range(length)]
    assert list(zip(owner.tolist(), rank.tolist(), strict=True)) == expected


@given(st.lists(st.integers(0, 5), max_size=40))
def test_ragged_ranks(owners: list[int]) -> None:
    seen: dict[int, int] = {}
    expected = []
    for owner in owners:
        expected.append(seen.get(owner, 0))
        seen[owner] = expected[-1] + 1
    assert ragged_ranks(np.array(owners, np.int64)).tolist() == expected


def _fair_shares_slowly(wanted: list[int], budget: int) -> list[int]:
    """Hand out one at a time, round and round."""
    shares = [0] * len(wanted)
    while budget and any(share < wish for share, wish in zip(shares, wanted, strict=True)):
        for row, wish in enumerate(wanted):
            if budget and shares[row] < wish:
                shares[row] += 1
                budget -= 1
    return shares


@given(counts.filter(bool), st.integers(0, 60), st.integers(0, 20))
def test_fair_shares(wanted: list[int], budget: int, turn: int) -> None:
    shares = fair_shares(np.array(wanted, np.int64), budget, turn).tolist()
    slowly = _fair_shares_slowly(wanted, budget)
    assert sum(shares) == sum(slowly)
    assert sorted(shares) == sorted(slowly)
    assert all(0 <= share <= wish for share, wish in zip(shares, wanted, strict=True))


def test_what_is_left_over_goes_round() -> None:
    wanted = np.array([5, 5, 5], np.int64)
    lucky = [int(np.argmax(fair_shares(wanted, 1, turn))) for turn in range(3)]
    assert lucky == [0, 1, 2]


def test_interleaved_spreads_every_list_over_the_whole() -> None:
    long, short = np.arange(6), np.array([100, 200])
    assert interleaved([long, short]).tolist() == [0, 1, 100, 2, 3, 4, 200, 5]
    assert interleaved([short]).tolist() == [100, 200]
    assert interleaved([]).tolist() == []
    assert concatenated([]).dtype == np.int64
