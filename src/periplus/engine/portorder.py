"""In which order a host is asked about its ports: urgent ones first, each part in a keyed order of the host's own.

Urgent are ports of which an answer is likely, and which must not wait behind thousands of others. Which they are is
the caller's to say. Hosts with equal lists share an order; the loops here are over the different lists.
"""

from collections.abc import Sequence

import numpy as np

from periplus.columns import I64, U16, U64, Mask, distinct
from periplus.space.order import Order

__all__ = ["PortOrder", "PortOrders", "different_orders", "plain_orders"]


class PortOrder:
    """The order of one list of ports; `urgent` says of each rank whether it is (None: none is)."""

    __slots__ = ("_back", "_front", "_ranks", "urgent")

    def __init__(self, size: int, key: int, urgent: Mask | None = None) -> None:
        self.urgent = 0 if urgent is None else int(np.count_nonzero(urgent))
        self._front = Order(self.urgent, key) if self.urgent else None
        self._back = Order(size - self.urgent, key) if size > self.urgent else None
        self._ranks = np.arange(size) if urgent is None else np.argsort(~urgent, kind="stable")

    def at(self, position: I64, tweak: U64) -> I64:
        """Return the ranks of the ports at these positions; each `tweak` has an order of its own."""
        if self._front is None or self._back is None:
            whole = self._front or self._back
            return position if whole is None else whole.at(position, tweak)
        place = position.copy()
        front = position < self.urgent
        back = ~front
        place[front] = self._front.at(position[front], tweak[front])
        place[back] = self._back.at(position[back] - self.urgent, tweak[back]) + self.urgent
        return self._ranks[place]


class PortOrders:
    """The orders of many hosts: `kind` is by host which of the `orders` it has, `tweak` what makes it its own."""

    def __init__(self, orders: Sequence[PortOrder], kind: I64, tweak: U64) -> None:
        self._orders = orders
        self._kind = kind
        self._tweak = tweak
        self._only = int(kind[0]) if (kind == kind[0]).all() else None
        urgent = np.array([order.urgent for order in orders], np.int64)
        self.urgent: I64 = urgent[kind]  # how many urgent ports each host has

    def at(self, host: I64, position: I64) -> I64:
        """Return the rank of the port at each host's position."""
        if self._only is not None:
            return self._orders[self._only].at(position, self._tweak[host])
        rank = np.zeros(len(host), np.int64)
        kinds = self._kind[host]
        for kind in distinct(kinds):
            same = kinds == kind
            rank[same] = self._orders[int(kind)].at(position[same], self._tweak[host[same]])
        return rank


def different_orders(lists: Sequence[U16], urgent: Mask | None, key: int) -> tuple[list[PortOrder], I64]:
    """Return the different orders of lists of ports, and which of them each list has.

    `urgent` says of each of the 65,536 ports whether it is (None: none is). Only how long a list is, and where its
    urgent ports stand, makes a difference.
    """
    numbers: dict[tuple[int, bytes], int] = {}
    orders: list[PortOrder] = []
    kind = np.zeros(len(lists), np.int64)
    for row, ports in enumerate(lists):
        mask = None if urgent is None else urgent[ports]
        if mask is not None and not mask.any():
            mask = None
        name = len(ports), b"" if mask is None else mask.tobytes()
        if name not in numbers:
            numbers[name] = len(orders)
            orders.append(PortOrder(len(ports), key, mask))
        kind[row] = numbers[name]
    return orders, kind


def plain_orders(counts: I64, host_id: I64, key: int) -> PortOrders:
    """Return orders without urgent ports: hosts with equally many ports share one."""
    sizes, kind = np.unique(counts, return_inverse=True)
    return PortOrders(
        [PortOrder(int(size), key) for size in sizes], kind.reshape(-1), host_id.astype(np.uint64)
    )
