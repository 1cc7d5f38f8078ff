"""Where walks meet: whose path is taken over by the others that come to the same router at the same distance.

A meeting point is a first hop, a TTL and a router. One of those that have come there owns it and walks on, and all
others follow it. The owner is the one with the lowest rank. Where ranks tell who is older, and put those first that
have ended, followers always follow somebody older, so that they cannot wait for each other in a circle.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from periplus.columns import I32, I64, U8, distinct
from periplus.wire.table import Table

__all__ = ["Follows", "Meets", "meeting"]


@dataclass(frozen=True, slots=True, eq=False)
class Follows(Table):
    """Rows that follow a leader from a TTL on towards us."""

    row: I64
    leader: I64
    ttl: U8


def meeting(first_hop: I64, ttl: U8, node: I32) -> I64:
    """Meeting points as numbers. A first hop is below 2^20, a node below 2^31."""
    return (first_hop << 40) | (ttl.astype(np.int64) << 32) | node


class Meets:
    """All meeting points of a run; `owners` are rows, some of them several times."""

    def __init__(self) -> None:
        self.owners = np.zeros(0, np.int64)
        self._points = np.zeros(0, np.int64)  # ascending

    def join(self, point: I64, row: I64, rank: Callable[[I64], I64]) -> Follows:
        """These rows have come to these points; return who follows whom from now on."""
        points = distinct(point)
        at = np.searchsorted(self._points, points)
        new = np.ones(len(points), np.bool_)
        inside = at < len(self._points)
        new[inside] = self._points[at[inside]] != points[inside]
        before = np.full(len(points), -1, np.int64)
        before[~new] = self.owners[at[~new]]
        held = np.flatnonzero(before >= 0)
        owner = _lowest(
            points, np.concatenate([points[held], point]), np.concatenate([before[held], row]), rank
        )
        self.owners[at[~new]] = owner[~new]
        self._points = np.insert(self._points, at[new], points[new])
        self.owners = np.insert(self.owners, at[new], owner[new])
        replaced = (before >= 0) & (before != owner)
        everybody = np.concatenate([row, before[replaced]])
        leader = np.concatenate([owner[np.searchsorted(points, point)], owner[replaced]])
        ttl = (np.concatenate([point, points[replaced]]) >> 32).astype(np.uint8)
        return Follows(everybody, leader, ttl)[everybody != leader]


def _lowest(points: I64, point: I64, row: I64, rank: Callable[[I64], I64]) -> I64:
    """For each of the points the row of lowest rank among those that have come there."""
    order = np.lexsort((rank(row), point))
    lowest: I64 = row[order[np.searchsorted(point[order], points)]]
    return lowest
