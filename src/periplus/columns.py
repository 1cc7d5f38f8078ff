"""The array types that columns have, by short names. Values are in host order outside `wire`."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["F32", "F64", "I32", "I64", "U8", "U16", "U32", "U64", "Mask", "appended", "distinct", "spans"]

U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]


def appended(column: NDArray[Any], used: int, more: NDArray[Any], most: int | None = None) -> NDArray[Any]:
    """A column whose first `used` rows count, with more behind them; it grows by doubling, up to `most` rows.

    What there is room for is written in place.
    """
    end = used + len(more)
    if end > len(column):
        room = max(end, 2 * len(column))
        grown = np.empty(room if most is None else max(end, min(room, most)), column.dtype)
        grown[:used] = column[:used]
        column = grown
    column[used:end] = more
    return column


def distinct(column: NDArray[Any]) -> NDArray[Any]:
    """The different values of a column, ascending.

    As `numpy.unique`; but that, when asked for nothing else, imports `numpy.ma`, which takes as long as a small scan.
    """
    ordered = np.sort(column)
    keep = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=keep[1:])
    return ordered[keep]


def spans(first: I64, count: I64) -> I64:
    """The rows of spans, one span behind the other: `first` [5, 0] and `count` [2, 1] give [5, 6, 0]."""
    begins = np.cumsum(count) - count
    rows: I64 = np.arange(int(count.sum())) + np.repeat(first - begins, count)
    return rows
