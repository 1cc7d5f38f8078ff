"""Columns with one definition: name, dtype, meaning and the value that means "unset", said once.

A table is a dataclass whose fields are made by `column`; `allocate` makes the arrays and `describe` the
documentation, so nothing else lists the columns.
"""

from dataclasses import field, fields
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["allocate", "bytes_per_row", "column", "describe"]

Table = TypeVar("Table", bound="DataclassInstance")


def column(dtype: DTypeLike, meaning: str, unset: float = 0) -> Any:
    """Declare one column of a table."""
    return field(metadata={"dtype": np.dtype(dtype), "meaning": meaning, "unset": unset})


def allocate(table: type[Table], rows: int) -> Table:
    """Return the table with every column of `rows` rows, unset."""
    arrays = {
        item.name: np.full(rows, item.metadata["unset"], item.metadata["dtype"]) for item in fields(table)
    }
    return table(**arrays)


def describe(table: "type[DataclassInstance]") -> list[tuple[str, str, str]]:
    """Return (name, dtype, meaning) of every column."""
    return [(item.name, str(item.metadata["dtype"]), item.metadata["meaning"]) for item in fields(table)]


def bytes_per_row(table: "type[DataclassInstance]") -> int:
    """Return what one row costs."""
    return sum(int(item.metadata["dtype"].itemsize) for item in fields(table))
