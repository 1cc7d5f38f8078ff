"""Addresses in columns."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from periplus.space.address import Addresses
from periplus.space.ip import TOP, V4_BASE, format_ip

GROUPS = st.lists(st.one_of(st.just(0), st.just(0xFFFF), st.integers(0, 0xFFFF)), min_size=8, max_size=8)
V6 = GROUPS.map(lambda groups: int.from_bytes(b"".join(g.to_bytes(2, "big") for g in groups), "big"))
V4 = st.integers(0, (1 << 32) - 1).map(lambda v4: V4_BASE | v4)
ANY = st.one_of(V4, V6)


@given(st.lists(ANY, max_size=20))
def test_columns_hold_the_numbers(numbers: list[int]) -> None:
    a = Addresses.of_ints(numbers)
    assert len(a) == len(numbers)
    assert a.hi.dtype == a.lo.dtype == np.uint64
    assert a.ints() == numbers
    assert a.text() == [format_ip(n) for n in numbers]
    assert a.is_v4.tolist() == [n >> 32 == 0xFFFF for n in numbers]
    assert a.v4.tolist() == [n & 0xFFFF_FFFF for n in numbers]


def test_rows_are_chosen_by_mask_slice_and_numbers() -> None:
    a = Addresses.of_v4(np.array([1, 2, 3], np.uint32))
    assert a.text() == ["0.0.0.1", "0.0.0.2", "0.0.0.3"]
    assert a[np.array([True, False, True])].text() == ["0.0.0.1", "0.0.0.3"]
    assert a[1:].text() == ["0.0.0.2", "0.0.0.3"]
    assert a[np.array([2, 2, 0])].text() == ["0.0.0.3", "0.0.0.3", "0.0.0.1"]


def test_concat() -> None:
    parts = [Addresses.of_ints([1, 2]), Addresses.of_ints([]), Addresses.of_ints([TOP])]
    assert Addresses.concat(parts).ints() == [1, 2, TOP]
    assert len(Addresses.concat([])) == 0
