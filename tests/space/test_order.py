"""The permutation: one-to-one, repeatable, even; beside a slow twin in plain integers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.columns import I64, U64
from periplus.space.order import MOST, Order, _factor, _round_keys

WORD = (1 << 64) - 1
SIZES = st.one_of(
    st.integers(1, 2000), st.integers(1, MOST), st.sampled_from([MOST, MOST - 1, 1 << 32, 1000 * 65536])
)


def twin_mix(x: int) -> int:
    x = x * 0x9FB2_1C65_1E98_DF25 & WORD
    x ^= x >> 32
    return x * 0xD6E8_FEB8_6659_FD93 & WORD


def twin_at(size: int, key: int, position: int, tweak: int | None = None) -> int:
    """The slow twin: Black and Rogaway's generalised Feistel with cycle-walking, one number at a time."""
    a = _factor(size)
    b = -(-size // a)
    mixed = 0 if tweak is None else twin_mix(tweak) ^ twin_mix(tweak) >> 32
    number = position
    while True:
        right, left = divmod(number, a)
        for turn, round_key in enumerate(Order(size, key)._keys):
            if turn % 2 == 0:
                left = (left + (twin_mix(right ^ int(round_key) ^ mixed) >> 32) * a // (1 << 32)) % a
            else:
                right = (right + (twin_mix(left ^ int(round_key) ^ mixed) >> 32) * b // (1 << 32)) % b
        number = a * right + left
        if number < size:
            return number


def all_of(size: int) -> I64:
    return np.arange(size)


@pytest.mark.parametrize("key", [0, 12345])
def test_one_to_one_for_every_small_size(key: int) -> None:
    for size in range(1, 700):
        order = Order(size, key)
        out = order.at(all_of(size))
        assert np.array_equal(np.sort(out), all_of(size)), size
        assert np.array_equal(order.position_of(out), all_of(size)), size


@pytest.mark.parametrize(
    "size", [1000, 1023, 1024, 1025, 4095, 4097, 46341, 65535, 65536, 65537, 99991, 1 << 20]
)
def test_one_to_one_for_odd_sizes(size: int) -> None:
    out = Order(size, -3).at(all_of(size))
    assert np.array_equal(np.sort(out), all_of(size))


def test_one_to_one_for_every_small_size_with_tweaks() -> None:
    for size in range(1, 200):
        for tweak in (0, 1, WORD):
            column: U64 = np.full(size, tweak, np.uint64)
            out = Order(size, 5).at(all_of(size), column)
            assert np.array_equal(np.sort(out), all_of(size)), (size, tweak)
            assert np.array_equal(Order(size, 5).position_of(out, column), all_of(size)), (size, tweak)


def test_one_to_one_by_counting_ten_million() -> None:
    size = 10_000_019
    order = Order(size, 2024)
    seen = np.zeros(size, np.uint8)
    for start in range(0, size, 1 << 20):
        np.add.at(seen, order.at(np.arange(start, min(start + (1 << 20), size))), 1)
    assert seen.min() == seen.max() == 1


@given(
    SIZES,
    st.integers(-(1 << 130), 1 << 130),
    st.lists(st.tuples(st.integers(0, MOST - 1), st.integers(0, WORD))),
)
def test_equals_the_twin_and_inverts(size: int, key: int, rows: list[tuple[int, int]]) -> None:
    positions = np.array([position % size for position, _ in rows], np.uint64)
    tweak = np.array([tweak for _, tweak in rows], np.uint64)
    order = Order(size, key)
    for column in (None, tweak):
        out = order.at(positions, column)
        tweaks = [None] * len(rows) if column is None else column.tolist()
        assert out.dtype == np.int64
        assert out.tolist() == [
            twin_at(size, key, p, t) for p, t in zip(positions.tolist(), tweaks, strict=True)
        ]
        assert order.position_of(out, column).tolist() == positions.tolist()


def test_signed_and_unsigned_positions_and_chunks_agree() -> None:
    order = Order(1 << 40, 9)
    positions = np.arange(50_000)
    whole = order.at(positions)
    assert np.array_equal(whole, order.at(positions.astype(np.uint64)))
    assert np.array_equal(whole, np.concatenate([order.at(positions[:7]), order.at(positions[7:])]))


def test_the_arguments_are_left_alone() -> None:
    positions = np.arange(100, dtype=np.uint64)
    tweak = np.arange(100, dtype=np.uint64)
    Order(100, 1).at(positions, tweak)
    assert np.array_equal(positions, np.arange(100))
    assert np.array_equal(tweak, np.arange(100))


def test_keys_and_tweaks_choose_different_orders() -> None:
    everywhere = all_of(1000)
    keys = [0, 1, -1, 2, 1 << 64, 1 << 128, (1 << 64) + 1]
    orders = {Order(1000, key).at(everywhere).tobytes() for key in keys}
    assert len(orders) == len(keys)
    columns = [np.full(1000, tweak, np.uint64) for tweak in range(50)]
    assert len({Order(1000, 0).at(everywhere, column).tobytes() for column in columns}) == 50


def test_the_same_key_gives_the_same_order_for_ever() -> None:
    # a change here breaks the resuming of old scans and the sharing of shards among versions
    assert _round_keys(42, 1) == (np.uint64(0x9C0B92FFC149261B),)
    assert Order(1 << 24, 42).at(np.arange(5)).tolist() == [9977309, 3047727, 13598853, 7025619, 14208634]
    assert Order(10, 42).at(np.arange(10)).tolist() == [8, 5, 2, 0, 6, 3, 9, 7, 4, 1]


def chi_square(counts: I64) -> float:
    """How far from even the counts are, in standard deviations of chi-square (large numbers of bins)."""
    expected = counts.sum() / len(counts)
    freedom = len(counts) - 1
    return float((((counts - expected) ** 2 / expected).sum() - freedom) / np.sqrt(2 * freedom))


def test_the_first_positions_spread_over_the_range() -> None:
    size = 1 << 32
    out = Order(size, 7).at(np.arange(100_000))
    assert abs(chi_square(np.bincount(out * 256 // size, minlength=256))) < 4
    assert abs(chi_square(np.bincount(out % 256, minlength=256))) < 4
    steps = np.diff(out) % size
    assert abs(chi_square(np.bincount(steps * 256 // size, minlength=256))) < 4


@pytest.mark.parametrize("size", [10, 100, 1000, 65535])
def test_hosts_get_even_and_unlike_orders(size: int) -> None:
    hosts = np.arange(max(50_000, 10 * size), dtype=np.uint64)
    order = Order(size, 11)
    first = order.at(np.zeros(len(hosts), np.int64), hosts)
    assert abs(chi_square(np.bincount(first, minlength=size))) < 5
    steps = (order.at(np.full(len(hosts), 1), hosts) - first) % size
    assert steps.min() > 0
    assert chi_square(np.bincount(steps, minlength=size)[1:]) < (100 if size == 10 else 5)


def test_few_elements_walk() -> None:
    for size in (1000, 65535, 1_000_003, 10**9 + 7):
        a = _factor(size)
        assert a * -(-size // a) - size < 0.01 * size + 2


@pytest.mark.parametrize("size", [0, -1, MOST + 1])
def test_sizes_beyond_the_limits_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match="not within"):
        Order(size, 1)
