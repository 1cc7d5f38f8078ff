"""Which network gets most: of all /24 of IPv4 and /64 of IPv6 the one whose addresses have the greatest weight.

A range of addresses covers its first and its last network in part and those between them whole, so it weighs the same
on all of these. So it becomes three steps of a staircase over the numbers of networks, and the highest place of the
sum of all staircases is found by going over its borders. What that costs depends on how many ranges there are, never
on how long they are.

Limits: plain Python over ranges, since weights may be larger than 64 bits.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from periplus.space.ip import V4_BASE
from periplus.space.ranges import AddressSpace

__all__ = ["Busiest", "busiest"]

_V4 = AddressSpace.of([(V4_BASE, V4_BASE + (1 << 32) - 1)])
_HOST_BITS = {4: 8, 6: 64}

Busiest = tuple[int, int, int]  # the first address, the prefix length, the weight
_Step = tuple[int, int, int]  # the first network, the one behind the last, the weight of each


def busiest(parts: Iterable[tuple[AddressSpace, int]]) -> Busiest | None:
    """Return the heaviest network, None if nothing weighs anything; of several the first, IPv4 before IPv6.

    `parts` are sets of addresses and the weight of each address in them; they may overlap.
    """
    borders: dict[int, defaultdict[int, int]] = {4: defaultdict(int), 6: defaultdict(int)}
    for addresses, weight in parts:
        for family, some in ((4, addresses & _V4), (6, addresses - _V4)):
            for begin, end, each in _steps(some, _HOST_BITS[family], weight):
                borders[family][begin] += each
                borders[family][end] -= each
    tops = [(family, *_top(borders[family])) for family in borders]
    family, number, weight = max(tops, key=lambda top: top[2])
    if not weight:
        return None
    bits = _HOST_BITS[family]
    return number << bits, (32 if family == 4 else 128) - bits, weight


def _steps(addresses: AddressSpace, bits: int, weight: int) -> Iterator[_Step]:
    size = 1 << bits
    for first, last in addresses.ranges():
        low, high = first >> bits, last >> bits
        if low == high:
            yield low, low + 1, (last - first + 1) * weight
            continue
        yield low, low + 1, (size - first % size) * weight
        if high - low > 1:
            yield low + 1, high, size * weight
        yield high, high + 1, (last % size + 1) * weight


def _top(borders: dict[int, int]) -> tuple[int, int]:
    """The first network with the greatest weight, and that weight."""
    top = level = number = 0
    for border in sorted(borders):
        level += borders[border]
        if level > top:
            number, top = border, level
    return number, top
