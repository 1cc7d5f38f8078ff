"""Addresses: 128-bit numbers in two columns, and their text.

One form for both families: an IPv4 address is held as its IPv4-mapped IPv6 address, ::ffff:a.b.c.d
(RFC 4291, section 2.5.5.2). So every routine above is written once, and IPv4 sorts before all global
IPv6. The price is that a mapped address written as IPv6 is the IPv4 address; no network needs the
difference (RFC 4291 gives mapped addresses no other use).

Text is read strictly: four decimal octets without leading zeros (which some programs take for octal), or
RFC 4291's IPv6 forms. It is written as RFC 5952 says. Zone ids (``fe80::1%eth0``, RFC 4007) are not taken.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from periplus.columns import U32, U64, Mask
from periplus.errors import UsageError
from periplus.space.quote import quoted

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["TOP", "V4_BASE", "Addresses", "format_ip", "network", "parse_ip", "read_ip"]

V4_BASE = 0xFFFF << 32  # the mapped form of 0.0.0.0
TOP = (1 << 128) - 1  # the last address
_V4_HIGH = np.uint64(0xFFFF)  # upper half of `lo` in a mapped address
_LOW32 = np.uint64(0xFFFF_FFFF)
_WORD = (1 << 64) - 1

_QUAD = re.compile(r"(\d+)\.(\d+)\.(\d+)\.(\d+)", re.ASCII)
_GROUP = re.compile(r"[0-9a-fA-F]{1,4}")
_ZERO_RUNS = re.compile(r"\b0(?::0)+\b")


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


def parse_ip(text: str) -> int:
    """The address as a 128-bit integer, IPv4 mapped. Raises UsageError naming the token and the reason."""
    try:
        return read_ip(text)
    except ValueError as reason:
        raise UsageError(f"address {quoted(text)}: {reason}") from None


def read_ip(text: str) -> int:
    """As `parse_ip`, but raises ValueError with the bare reason: the caller names the token."""
    if ":" in text:
        return _read_v6(text)
    return V4_BASE | _read_v4(text)


def _read_v4(text: str) -> int:
    match = _QUAD.fullmatch(text)
    if match is None:
        raise ValueError("not an IPv4 address (four numbers with dots) nor an IPv6 address")
    number = 0
    for octet in match.groups():
        number = number << 8 | read_octet(octet)
    return number


def read_octet(digits: str) -> int:
    """An octet 0..255 from decimal digits without leading zeros; ValueError with the reason otherwise."""
    if len(digits) > 1 and digits[0] == "0":
        raise ValueError(f"octet {digits[:12]} has a leading zero, which could mean octal")
    if len(digits) > 3 or int(digits) > 255:
        raise ValueError(f"octet {digits[:12]} is over 255")
    return int(digits)


def _read_v6(text: str) -> int:
    if "%" in text:
        raise ValueError("zone ids (%eth0) are not taken; the route decides the interface")
    head, gap, tail = text.partition("::")
    if "::" in tail or tail.startswith(":"):
        raise ValueError('"::" can stand only once')
    left = _read_groups(head, is_end=not gap)
    right = _read_groups(tail, is_end=True)
    missing = 8 - len(left) - len(right)
    if missing < 0 or (gap and missing == 0):
        raise ValueError("more than eight groups" if missing < 0 else '"::" stands for no group')
    if missing and not gap:
        raise ValueError(f"{8 - missing} groups instead of eight")
    number = 0
    for group in [*left, *[0] * missing, *right]:
        number = number << 16 | group
    return number


def _read_groups(text: str, *, is_end: bool) -> list[int]:
    if not text:
        return []
    groups: list[int] = []
    words = text.split(":")
    last = words.pop() if is_end and "." in words[-1] else None
    for word in words:
        if not _GROUP.fullmatch(word):
            raise ValueError(f"group {quoted(word)} is not one to four hexadecimal digits")
        groups.append(int(word, 16))
    if last is not None:
        quad = _read_v4(last)
        groups += [quad >> 16, quad & 0xFFFF]
    return groups


def format_ip(number: int) -> str:
    """Dotted quad for a mapped IPv4 address, else RFC 5952 text."""
    if number >> 32 == 0xFFFF:
        return f"{number >> 24 & 255}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    text = ":".join(f"{number >> shift & 0xFFFF:x}" for shift in range(112, -1, -16))
    # RFC 5952, section 4.2: the longest run of zero groups, the first of equals, never a single group
    longest = max(_ZERO_RUNS.finditer(text), key=lambda run: len(run[0]), default=None)
    if longest is None:
        return text
    return text[: longest.start()].removesuffix(":") + "::" + text[longest.end() :].removeprefix(":")


def network(address: int, prefix: int) -> tuple[int, int]:
    """First and last address of the network of `address`; `prefix` counts bits of its own family.

    Raises ValueError with the reason when the prefix does not fit the family.
    """
    bits = 32 if address >> 32 == 0xFFFF else 128
    if not 0 <= prefix <= bits:
        raise ValueError(f"prefix length /{prefix} is over {bits}")
    low = (1 << (bits - prefix)) - 1
    return address & ~low, address | low
