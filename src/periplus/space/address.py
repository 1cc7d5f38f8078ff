"""Addresses as 128-bit numbers in two columns; `space.ip` has single ones and their text.

One form for both families: an IPv4 address is held as its IPv4-mapped IPv6 address, ::ffff:a.b.c.d
(RFC 4291, section 2.5.5.2). So every routine above is written once, and IPv4 sorts before all global
IPv6. The price is that a mapped address written as IPv6 is the IPv4 address; no network needs the
difference (RFC 4291 gives mapped addresses no other use).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from periplus.columns import U32, U64, Mask
from periplus.space.ip import V4_BASE, format_ip

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Addresses"]

_V4_HIGH = np.uint64(0xFFFF)  # upper half of `lo` in a mapped address
_LOW32 = np.uint64(0xFFFF_FFFF)
_WORD = (1 << 64) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Addresses:
    """Addresses as columns of equal length, in host order: address = hi << 64 | lo."""

    hi: U64
    lo: U64

    @classmethod
    def of_ints(cls, numbers: Iterable[int]) -> Self:
        """From 128-bit integers, IPv4 in mapped form."""
        whole = list(numbers)
        hi = np.fromiter((n >> 64 for n in whole), np.uint64, len(whole))
        lo = np.fromiter((n & _WORD for n in whole), np.uint64, len(whole))
        return cls(hi, lo)

    @classmethod
    def of_v4(cls, v4: U32) -> Self:
        """From 32-bit IPv4 addresses in host order."""
        return cls(np.zeros(len(v4), np.uint64), v4.astype(np.uint64) | np.uint64(V4_BASE))

    @classmethod
    def concat(cls, parts: Sequence["Addresses"]) -> Self:
        """All rows of all parts, in order; no parts give no rows."""
        if not parts:
            return cls(np.empty(0, np.uint64), np.empty(0, np.uint64))
        return cls(np.concatenate([p.hi for p in parts]), np.concatenate([p.lo for p in parts]))

    def __len__(self) -> int:
        return len(self.hi)

    def __getitem__(self, rows: "slice | NDArray[np.bool_] | NDArray[np.integer]") -> "Addresses":
        return Addresses(self.hi[rows], self.lo[rows])

    @property
    def is_v4(self) -> Mask:
        """Which rows are IPv4."""
        mapped: Mask = (self.hi == 0) & ((self.lo >> np.uint64(32)) == _V4_HIGH)
        return mapped

    @property
    def v4(self) -> U32:
        """The low 32 bits of each row: the IPv4 address where `is_v4`, no meaning elsewhere."""
        return (self.lo & _LOW32).astype(np.uint32)

    def ints(self) -> list[int]:
        """The rows as 128-bit Python integers; for the edge, not for the hot path."""
        return [hi << 64 | lo for hi, lo in zip(self.hi.tolist(), self.lo.tolist(), strict=True)]

    def text(self) -> list[str]:
        """The rows as people write them; for the edge, not for the hot path."""
        return [format_ip(number) for number in self.ints()]
