"""A table is its columns: a frozen dataclass of columns of equal length, cut by rows.

A mask, a slice or an array of row numbers gives a table; there is no row object.
"""

from dataclasses import dataclass
from typing import Self

from periplus.columns import I64, Mask

__all__ = ["Rows", "Table"]

Rows = Mask | I64 | slice


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Base of tables; each field is a column: an array, or anything else with a length that takes rows."""

    def __len__(self) -> int:
        return len(getattr(self, next(iter(self.__dataclass_fields__))))

    def __getitem__(self, rows: Rows) -> Self:
        # `fields` would sort the columns out anew for every table cut, several times a turn of the loop.
        return type(self)(*[getattr(self, name)[rows] for name in self.__dataclass_fields__])
