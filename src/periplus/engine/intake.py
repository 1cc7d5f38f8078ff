"""Where an engine's hosts come from: all of the space in its keyed order, a part of it, or those that others found.

All give hosts in groups, and know again in which group and row a host is. In order that is arithmetic on its
position; the hosts of a shard or of a run that goes on, and hosts that were fed in, come as they come, so each group
keeps its hosts' numbers sorted.
"""

from typing import TYPE_CHECKING, Protocol

import numpy as np

from periplus.columns import I64
from periplus.space.order import Order
from periplus.space.space import Space

if TYPE_CHECKING:
    from periplus.engine.ledger import Ledger

__all__ = ["Along", "Fed", "Intake", "Ordered"]


class Intake(Protocol):
    """Hosts by their numbers in the space."""

    @property
    def exhausted(self) -> bool:
        """Whether no host will come any more."""

    def take(self) -> tuple[int, I64] | None:
        """Return the number of the next group and its hosts; None when there is none now."""

    def locate(self, host_id: I64) -> tuple[I64, I64]:
        """Return by host its group and its row in that; group -1 for hosts in none."""

    def forget(self, number: int) -> None:
        """A group is over."""


class Ordered:
    """All hosts of a space, `size` at a time."""

    def __init__(self, n_hosts: int, key: int, size: int) -> None:
        self._order = Order(n_hosts, key)
        self._n_hosts = n_hosts
        self._size = size
        self._next = 0

    @property
    def exhausted(self) -> bool:
        """Whether all were given."""
        return self._next >= self._n_hosts

    def take(self) -> tuple[int, I64] | None:
        """Return the next in the keyed order."""
        if self.exhausted:
            return None
        first, self._next = self._next, min(self._next + self._size, self._n_hosts)
        return first // self._size, self._order.at(np.arange(first, self._next))

    def locate(self, host_id: I64) -> tuple[I64, I64]:
        """By the position in the order."""
        number, row = np.divmod(self._order.position_of(host_id), self._size)
        return number, row

    def forget(self, number: int) -> None:
        """Nothing is kept."""


class _Homes:
    """In which group and row hosts are that come in no order that could be computed."""

    def __init__(self) -> None:
        self._homes: dict[int, tuple[I64, I64]] = {}  # by group: hosts ascending, and their rows
        self._count = 0

    def house(self, host_id: I64) -> tuple[int, I64]:
        """Make a group of these and return it, with its number."""
        number, self._count = self._count, self._count + 1
        rows = np.argsort(host_id)
        self._homes[number] = (host_id[rows], rows)
        return number, host_id

    def locate(self, host_id: I64) -> tuple[I64, I64]:
        """Search the groups that are not over; these are few."""
        number = np.full(len(host_id), -1, np.int64)
        row = np.zeros(len(host_id), np.int64)
        for group, (hosts, rows) in self._homes.items():
            place = np.minimum(np.searchsorted(hosts, host_id), len(hosts) - 1)
            here = hosts[place] == host_id
            number[here], row[here] = group, rows[place[here]]
        return number, row

    def forget(self, number: int) -> None:
        """Drop what was kept for a group."""
        self._homes.pop(number, None)


class Along(_Homes):
    """The hosts of a space along a ledger's course: first those that were left open, then those not reached yet.

    Engines on one course stay together, as what one has done must be kept until the last has: nobody takes more while
    it is a group of its own ahead.
    """

    def __init__(self, ledger: "Ledger", space: Space, size: int) -> None:
        super().__init__()
        self._ledger = ledger
        self._space = space
        self._size = size
        self._left = ledger.left_open
        self._next = ledger.reached
        self._number = len(ledger.given)
        ledger.given.append(0)

    @property
    def exhausted(self) -> bool:
        """Whether all were given."""
        return not len(self._left) and self._next >= self._ledger.course.size

    def take(self) -> tuple[int, I64] | None:
        """Return the next; a course may have hosts that this space has not."""
        while not (self.exhausted or self._leads()):
            host_id = self._space.host_of(self._ledger.course.at(self._positions()))
            host_id = host_id[host_id >= 0]
            if len(host_id):
                return self.house(host_id)
        return None

    def _leads(self) -> bool:
        """Whether others have to come up first; the last never waits."""
        given = self._ledger.given
        return given[self._number] >= min(given) + self._size

    def _positions(self) -> I64:
        if len(self._left):
            position, self._left = self._left[: self._size], self._left[self._size :]
        else:
            first, self._next = self._next, min(self._next + self._size, self._ledger.course.size)
            self._ledger.give(self._next)
            position = np.arange(first, self._next)
        self._ledger.given[self._number] += len(position)
        return position


class Fed(_Homes):
    """Hosts as they are found: `admit` some, and `close` when there will be no more."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size
        self._waiting = np.zeros(0, np.int64)
        self._closed = False

    def admit(self, host_id: I64) -> None:
        """These may be asked; each only once."""
        self._waiting = np.concatenate([self._waiting, host_id])

    def close(self) -> None:
        """There will be no more."""
        self._closed = True

    @property
    def exhausted(self) -> bool:
        """Whether all were given that ever will be."""
        return self._closed and not len(self._waiting)

    def take(self) -> tuple[int, I64] | None:
        """Return those that were found first."""
        if not len(self._waiting):
            return None
        hosts, self._waiting = self._waiting[: self._size], self._waiting[self._size :]
        return self.house(hosts)
