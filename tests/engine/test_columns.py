"""Columns are declared once; everything else follows."""

from dataclasses import dataclass

import numpy as np

from periplus.columns import I64, U8
from periplus.engine.columns import allocate, bytes_per_row, column, describe
from periplus.engine.group import Cells, Hosts

CELL_BYTES = 24  # what the design allows for a live probe


@dataclass(slots=True)
class _Table:
    small: U8 = column("u1", "a small number", 7)
    large: I64 = column("i8", "a large one")


def test_columns_are_made_unset() -> None:
    table = allocate(_Table, 3)
    assert table.small.dtype == np.uint8
    assert table.small.tolist() == [7, 7, 7]
    assert table.large.tolist() == [0, 0, 0]


def test_they_describe_themselves() -> None:
    assert describe(_Table) == [("small", "uint8", "a small number"), ("large", "int64", "a large one")]
    assert bytes_per_row(_Table) == 9
    assert all(meaning for _, _, meaning in describe(Cells) + describe(Hosts))


def test_a_live_probe_costs_no_more_than_the_design_allows() -> None:
    assert bytes_per_row(Cells) <= CELL_BYTES
