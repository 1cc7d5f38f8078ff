"""What ports of hosts said, kept until somebody asks for it: columns beside one long array of bytes.

There is a bound on what is kept. Where it is passed, the older half makes room: what is forgotten can be asked again.
"""

import numpy as np

from periplus.columns import I64, U8, U16, U64, appended
from periplus.space.address import Addresses

__all__ = ["MOST_BYTES", "ROW_BYTES", "Heard"]

MOST_BYTES = 16 << 20
ROW_BYTES = 32  # about what a row takes beside the bytes


class Heard:
    """By address and port, what was said. `most`: bytes in all, the columns' own included."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._rows = 0
        self._used = 0
        self._hi: U64 = np.zeros(0, np.uint64)
        self._lo: U64 = np.zeros(0, np.uint64)
        self._port: U16 = np.zeros(0, np.uint16)
        # Where each row's bytes end; they begin where those of the row before end.
        self._end: I64 = np.zeros(0, np.int64)
        self._bytes: U8 = np.zeros(0, np.uint8)

    def __len__(self) -> int:
        return self._rows

    @property
    def taken(self) -> int:
        """How many bytes are kept."""
        return self._used + self._rows * ROW_BYTES

    def keep(self, them: Addresses, port: U16, said: U8, count: I64) -> None:
        """Keep what these ports said: `count` bytes of `said` each, in turn. Who said nothing is left out."""
        fits = (count > 0) & (np.cumsum(count + ROW_BYTES) <= self._most)
        said = said[np.repeat(fits, count)]
        them, port, count = them[fits], port[fits], count[fits]
        needed = len(said) + len(port) * ROW_BYTES
        while self._rows and self.taken + needed > self._most:
            self._forget((self._rows + 1) // 2)
        rows, used = self._rows + len(port), self._used + len(said)
        self._hi = appended(self._hi, self._rows, them.hi)
        self._lo = appended(self._lo, self._rows, them.lo)
        self._port = appended(self._port, self._rows, port)
        self._end = appended(self._end, self._rows, self._used + np.cumsum(count))
        self._bytes = appended(self._bytes, self._used, said)
        self._rows, self._used = rows, used

    def _forget(self, rows: int) -> None:
        """Drop the oldest rows."""
        bytes_gone = int(self._end[rows - 1])
        for column in (self._hi, self._lo, self._port, self._end):
            column[: self._rows - rows] = column[rows : self._rows].copy()
        self._bytes[: self._used - bytes_gone] = self._bytes[bytes_gone : self._used].copy()
        self._rows -= rows
        self._used -= bytes_gone
        self._end[: self._rows] -= bytes_gone

    def said(self, them: Addresses, port: int) -> tuple[bytes, ...]:
        """What this port of one host said, the different ones in their order; nothing if nothing is known."""
        found = np.flatnonzero(self._lo[: self._rows] == them.lo[0])
        found = found[(self._port[found] == port) & (self._hi[found] == them.hi[0])]
        ends = self._end[found].tolist()
        begins = [int(self._end[row - 1]) if row else 0 for row in found.tolist()]
        each = (self._bytes[begin:end].tobytes() for begin, end in zip(begins, ends, strict=True))
        return tuple(dict.fromkeys(each))
