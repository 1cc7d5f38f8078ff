"""How hosts answered a SYN for the first time, kept until their ports are settled: a row a host.

There is a bound on the rows. Where it is passed, the older half makes room; of such a host the stack is not told.
A run that goes on after this one gets the rows of hosts that were not reported.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from periplus.columns import Mask, appended
from periplus.space.address import Addresses
from periplus.wire.synack import SynAcks

__all__ = ["COLUMNS", "MOST_HOSTS", "Seen", "Shown", "seen_of"]

MOST_HOSTS = 1 << 17  # of 36 bytes each

COLUMNS = {
    "hi": "u8",
    "lo": "u8",
    "port": "u2",
    "ttl": "u1",
    "tos": "u1",
    "df": "?",
    "ip_id": "u2",
    "flags": "u1",
    "window": "u2",
    "mss": "u2",
    "scale": "u1",
    "order": "u8",
    "is_v4": "?",
}
Seen = tuple[Addresses, SynAcks]
"""Hosts and what they showed."""


def seen_of(columns: Mapping[str, NDArray[Any]]) -> Seen:
    """From columns by their names."""
    hi, lo, *others = (columns[name] for name in COLUMNS)
    return Addresses(hi, lo), SynAcks(*others)


class Shown:
    """By address the first SYN-ACK. `most`: hosts that are kept."""

    def __init__(self, most: int = MOST_HOSTS) -> None:
        self._most = most
        self._rows = 0
        self._columns: list[NDArray[Any]] = []

    def __len__(self) -> int:
        return self._rows

    def keep(self, them: Addresses, shown: SynAcks) -> None:
        """Keep these, of different hosts."""
        new = [values[-self._most :] for values in (them.hi, them.lo, *_columns(shown))]
        self._columns = self._columns or [values[:0] for values in new]
        over = self._rows + len(new[0]) - self._most
        if over > 0:
            self._forget(max((self._rows + 1) // 2, over))
        self._columns = [
            appended(column, self._rows, more, self._most)
            for column, more in zip(self._columns, new, strict=True)
        ]
        self._rows += len(new[0])

    def _forget(self, rows: int) -> None:
        """Drop the oldest rows."""
        self._columns = [column[rows : self._rows].copy() for column in self._columns]
        self._rows -= rows

    def first(self, them: Addresses) -> SynAcks | None:
        """What one host answered first: a row; None if that is not known."""
        if not self._columns:
            return None
        high, low, *others = self._columns
        found = np.flatnonzero(low[: self._rows] == them.lo[0])
        found = found[high[found] == them.hi[0]][:1]
        return SynAcks(*(column[found] for column in others)) if len(found) else None

    def of(self, which: Callable[[Addresses], Mask]) -> dict[str, NDArray[Any]]:
        """What those of the hosts have shown for whom `which` says so, the oldest first; `seen_of` reads it."""
        kept = self._columns or [np.zeros(0, dtype) for dtype in COLUMNS.values()]
        rows = np.flatnonzero(which(Addresses(kept[0][: self._rows], kept[1][: self._rows])))
        return {name: column[rows] for name, column in zip(COLUMNS, kept, strict=True)}


def _columns(shown: SynAcks) -> list[NDArray[Any]]:
    return [getattr(shown, column.name) for column in fields(shown)]
