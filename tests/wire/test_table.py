"""A table cut by rows stays a table, nested columns included."""

from dataclasses import dataclass

import numpy as np

from periplus.columns import U8
from periplus.space.address import Addresses
from periplus.wire.table import Table


@dataclass(frozen=True, slots=True, eq=False)
class Pairs(Table):
    number: U8
    address: Addresses


def test_all_columns_are_cut_alike() -> None:
    pairs = Pairs(np.arange(4, dtype=np.uint8), Addresses.of_ints(range(10, 14)))
    assert len(pairs) == 4
    odd = pairs[pairs.number % 2 == 1]
    assert (len(odd), odd.number.tolist(), odd.address.ints()) == (2, [1, 3], [11, 13])
    assert pairs[2:].address.ints() == [12, 13]
    assert pairs[np.array([3, 3])].number.tolist() == [3, 3]
