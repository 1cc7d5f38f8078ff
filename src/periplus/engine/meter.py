"""Ceilings for each host and each network (a /24, an IPv6 /64), on columns: a table of token buckets by address.

A bucket is one number, the moment at which it will be full (the virtual scheduling of ITU-T I.371 annex A), so
filling costs nothing. Rows are found by hashing the address into a table of fixed size, and nothing has to be
entered, looked for or forgotten. Two hosts that meet in a row share its bucket, so a collision makes them slower and
can never make one too fast. Neighbours do not meet: the low bits of an address go into its row as they are.

How strict it is: what a bucket holds above one packet (`BURST_S` of the rate) is taken off its rate, so over any
tenth of a second nobody gets more than a tenth of the rate and one packet. That costs a twentieth of the rate, and
nothing below 200 a second.

The same table serves twice. Engines share one, and ask for no more than it allows; in front of the kernel there is
another, which sees all that leaves, and holds back what the first did not know of.
"""

from dataclasses import dataclass

import numpy as np

from periplus.columns import F64, I64, U64, Mask
from periplus.engine.lists import ragged_ranks
from periplus.engine.timing import Timing
from periplus.space.address import Addresses

__all__ = ["Meter", "Metered", "Meters", "meters_for", "shared"]

SLOT_BITS = 18
BURST_S = 0.005
WINDOW_S = 0.1  # over any such time the ceiling holds
SECOND = 1_000_000
NEVER = 1 << 62
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_SPREAD_TURN = 2_654_435_761  # Knuth's multiplicative hashing
_MASK = np.uint64((1 << SLOT_BITS) - 1)


class Meter:
    """Buckets by slot; the same slot may stand in a column more than once."""

    def __init__(self, rate: float) -> None:
        self.burst = max(1.0, rate * BURST_S)
        self._token_us = SECOND / (rate - (self.burst - 1.0) / WINDOW_S)
        self._full_us: F64 = np.zeros(1 << SLOT_BITS)

    def room(self, slot: I64, now_us: int) -> I64:
        """How many may go to each now."""
        missing = np.maximum(self._full_us[slot] - now_us, 0.0) / self._token_us
        return np.maximum(self.burst - missing, 0.0).astype(np.int64)

    def take(self, slot: I64, counts: I64, now_us: int) -> None:
        """So many go to each."""
        asked = counts > 0
        slot = slot[asked]
        self._full_us[slot] = np.maximum(self._full_us[slot], now_us)
        np.add.at(self._full_us, slot, counts[asked] * self._token_us)

    def give_back(self, slot: I64) -> None:
        """One that was taken from each did not go after all."""
        np.subtract.at(self._full_us, slot, self._token_us)

    def left(self, slot: I64, now_us: int) -> None:
        """One that was taken from each has left by now: it counts as if it had been taken at this moment."""
        slot, counts = np.unique(slot, return_counts=True)
        self._full_us[slot] = np.maximum(self._full_us[slot], now_us + counts * self._token_us)

    def ready_us(self, slot: I64) -> I64:
        """When one more may go to each."""
        return (self._full_us[slot] - (self.burst - 1.0) * self._token_us).astype(np.int64) + 1


@dataclass(frozen=True, slots=True)
class Metered:
    """Where the hosts of a group stand: their slots, the slots of their networks, and each host's network as a row
    of these."""

    host: I64
    networks: I64
    network: I64


class Meters:
    """The ceilings of hosts and of networks together; a rate of 0 is none."""

    def __init__(self, host_rate: float, net_rate: float) -> None:
        self._hosts = Meter(host_rate) if host_rate else None
        self._networks = Meter(net_rate) if net_rate else None
        self._turn = 0

    # for engines

    def of(self, addresses: Addresses) -> Metered:
        """Find the rows of hosts."""
        networks, network = np.unique(_slots(_networks(addresses)), return_inverse=True)
        return Metered(_slots(_hosts(addresses)), networks, network.reshape(-1).astype(np.int64))

    def quota(self, group: Metered, wanted: I64, now_us: int) -> I64:
        """How many of the wanted questions may go to each host now."""
        if self._hosts is not None:
            wanted = np.minimum(wanted, self._hosts.room(group.host, now_us))
        if self._networks is not None:
            self._turn += 1
            room = self._networks.room(group.networks, now_us)
            start = self._turn * _SPREAD_TURN % len(wanted)
            wanted = shared(wanted, group.network, room, start)
        return wanted

    def asked(self, group: Metered, counts: I64, now_us: int) -> None:
        """So many questions leave to each host."""
        if self._hosts is not None:
            self._hosts.take(group.host, counts, now_us)
        if self._networks is not None:
            self._networks.take(group.networks[group.network], counts, now_us)

    def ready_us(self, group: Metered, waiting: Mask) -> int:
        """When the next of the hosts with something to ask may be asked."""
        ready_us = np.zeros(len(waiting), np.int64)
        if self._hosts is not None:
            ready_us = self._hosts.ready_us(group.host)
        if self._networks is not None:
            ready_us = np.maximum(ready_us, self._networks.ready_us(group.networks)[group.network])
        return int(ready_us[waiting].min(initial=NEVER))

    # for what is about to leave

    def claim(self, them: Addresses, now_us: int) -> int:
        """Return how many of these packets, from the front, may leave now; `settle` follows."""
        allowed = len(them)
        for meter, slot in self._rows(them):
            over = ragged_ranks(slot) >= meter.room(slot, now_us)
            allowed = min(allowed, int(np.argmax(over)) if over.any() else allowed)
        for meter, slot in self._rows(them[:allowed]):
            meter.take(slot, np.ones(allowed, np.int64), now_us)
        return allowed

    def settle(self, them: Addresses, left: int, now_us: int) -> None:
        """Of the packets claimed so many, from the front, have left by now."""
        for meter, slot in self._rows(them):
            meter.give_back(slot[left:])
            if left:
                meter.left(slot[:left], now_us)

    def _rows(self, them: Addresses) -> list[tuple[Meter, I64]]:
        made = [] if self._hosts is None else [(self._hosts, _slots(_hosts(them)))]
        return made if self._networks is None else [*made, (self._networks, _slots(_networks(them)))]


def meters_for(timing: Timing) -> Meters | None:
    """Return the ceilings that the timing asks for; None: there are none."""
    if not timing.max_host_rate and not timing.max_net_rate:
        return None
    return Meters(timing.max_host_rate, timing.max_net_rate)


def shared(wanted: I64, owner: I64, budget: I64, start: int) -> I64:
    """Divide the budget of each owner among those who want of it, evenly as far as one pass can, from `start` on."""
    hungry = np.bincount(owner[wanted > 0], minlength=len(budget))
    each = -(-budget // np.maximum(hungry, 1))
    capped = np.minimum(wanted, each[owner])
    order = np.roll(np.arange(len(wanted)), -start)
    order = order[np.argsort(owner[order], kind="stable")]
    mine, sums = owner[order], np.cumsum(capped[order])
    totals = np.bincount(owner, capped, minlength=len(budget)).astype(np.int64)
    before = sums - capped[order] - (np.cumsum(totals) - totals)[mine]
    made = np.zeros_like(wanted)
    made[order] = np.clip(budget[mine] - before, 0, capped[order])
    return made


def _hosts(them: Addresses) -> U64:
    return them.lo + them.hi * _SPREAD


def _networks(them: Addresses) -> U64:
    return np.where(them.is_v4, them.lo >> np.uint64(8), them.hi)


def _slots(key: U64) -> I64:
    """Rows of the table. Numbers in a run keep their distance, as the higher bits move it as a whole."""
    moved = ((key >> np.uint64(SLOT_BITS)) * _SPREAD) >> np.uint64(64 - SLOT_BITS)
    return ((key + moved) & _MASK).astype(np.int64)
