"""The course of a run: its hosts in the keyed order, and the part of them that one shard takes.

Hosts are numbered by their addresses alone, so that every engine of a run, and every shard of a scan on another
machine, counts alike whatever ports it asks. Shard k of n takes every n-th position from the k-th on: shards of the
same hosts and key are disjoint, together complete, and each as well mixed as the whole.

Limits: fewer than 2**62 hosts. What is shared are hosts; all ports of a host are in one shard.
"""

import re
from dataclasses import dataclass

import numpy as np

from periplus.columns import I64
from periplus.errors import UsageError
from periplus.space.address import Addresses
from periplus.space.order import Order
from periplus.space.quote import quoted
from periplus.space.ranges import AddressSpace

__all__ = ["WHOLE", "Course", "Shard", "parse_shard"]

MOST_SHARDS = 1_000_000

_SHARD = re.compile(r"([0-9]{1,7})/([0-9]{1,7})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shard:
    """One part of a scan: the `number`-th (from 1 on) of `parts`."""

    number: int
    parts: int

    def __str__(self) -> str:
        return f"{self.number}/{self.parts}"


WHOLE = Shard(1, 1)


def parse_shard(text: str) -> Shard:
    """Read ``2/8``. UsageError: why it is none."""
    match = _SHARD.fullmatch(text)
    if match is None:
        raise UsageError(f"{quoted(text)} is no shard; 2/8 is the second of eight")
    shard = Shard(int(match[1]), int(match[2]))
    if not 1 <= shard.number <= shard.parts <= MOST_SHARDS:
        raise UsageError(
            f"{quoted(text)}: the first number is from 1 to the second, which is at most a million"
        )
    return shard


class Course:
    """Positions 0..size-1 as addresses, both ways, by columns; immutable."""

    def __init__(self, hosts: AddressSpace, key: int, shard: Shard = WHOLE) -> None:
        self.hosts = hosts
        self.size = max(0, -(-(hosts.size - shard.number + 1) // shard.parts))
        self._order = Order(hosts.size, key)
        self._first = shard.number - 1
        self._parts = shard.parts

    def at(self, position: I64) -> Addresses:
        """The hosts at these positions."""
        return self.hosts.at(self._order.at(self._first + position * self._parts))

    def position_of(self, a: Addresses) -> I64:
        """Where each address stands; -1 for those of another shard and those that are no hosts of ours."""
        rank = self.hosts.rank_of(a)
        known = rank >= 0
        whole = np.full(len(a), -1, np.int64)
        whole[known] = self._order.position_of(rank[known])
        position, part = np.divmod(whole, self._parts)
        return np.where(known & (part == self._first), position, -1)
