"""What is known of the hosts of a group from their answers: round trips, windows, rations, neighbours.

These columns are as large as all others together, and most hosts of a large space never answer. So each is made when
it is first needed, which is with the first answer; until then the same holds for all hosts, and costs nothing.
"""

from dataclasses import fields
from functools import cached_property

import numpy as np

from periplus.columns import F64, I32, I64, U8, Mask
from periplus.engine.columns import allocate, bytes_per_row
from periplus.engine.hush import HUSH_BYTES, Hush
from periplus.engine.ration import Rations
from periplus.engine.replies import Tally
from periplus.engine.rtt import RoundTrips
from periplus.engine.timing import Timing
from periplus.engine.usual import CALM_US, Usual
from periplus.engine.window import QUEUE_SLOW_US, Windows
from periplus.space.address import Addresses

__all__ = ["FIRST_WINDOW", "Lore"]

FIRST_WINDOW = 10.0
ENOUGH_TIMED = 16  # hosts whose round trips say how long others may take
OLD = 8  # answers of a host that tell what is usual for it
LORE_BYTES = bytes_per_row(RoundTrips) + 56 + 51 + 8 + HUSH_BYTES  # round trip, window, ration, network


class Lore:
    """Columns by host; `most` bounds a window."""

    def __init__(self, addresses: Addresses, timing: Timing, most: int) -> None:
        self.addresses = addresses
        self.timing = timing
        self._most = most
        self.known = np.zeros(len(addresses), np.bool_)  # how long the way takes when it is free
        self.usual = Usual()  # the pace's, for the engine to set
        self._turn = 0  # of it
        self.memory = 0  # about how many bytes the hosts take
        self.routers: list[int] = [0]  # who answered in a target's stead; 0: the target itself

    def __len__(self) -> int:
        return len(self.addresses)

    @cached_property
    def trips(self) -> RoundTrips:
        """What is known of the way to each host."""
        self.memory += len(self) * LORE_BYTES  # the others follow soon
        return _untimed(len(self), self.timing)

    def trips_of(self, host: I64) -> RoundTrips:
        """What is known of the ways to these hosts; nothing is made by asking."""
        if not self._is_made("trips"):
            return _untimed(len(host), self.timing)
        return RoundTrips(*(getattr(self.trips, each.name)[host] for each in fields(RoundTrips)))

    @cached_property
    def windows(self) -> Windows:
        """How many probes may be on their way to each host."""
        return Windows(len(self), FIRST_WINDOW, self._most, self.timing.growth)

    @cached_property
    def rations(self) -> Rations:
        """Which hosts are asked in turns, and how far apart these are."""
        return Rations(len(self), self.timing)

    @cached_property
    def hush(self) -> Hush:
        """Which hosts have fallen silent."""
        return Hush(len(self))

    @property
    def watched(self) -> bool:
        """Whether any host can have fallen silent."""
        return self._is_made("hush")

    @cached_property
    def network(self) -> I64:
        """Which hosts are neighbours: a number by /24 or /64."""
        prefix = np.where(self.addresses.is_v4, self.addresses.lo >> np.uint64(8), self.addresses.hi)
        return np.unique(prefix, return_inverse=True)[1].astype(np.int64)

    def _is_made(self, name: str) -> bool:
        return name in vars(self)

    @property
    def in_turns(self) -> bool:
        """Whether any host may be asked in turns only."""
        return self._is_made("rations") or self.timing.scan_delay_us > 0

    def patience_us(self, host: I64, tries: U8) -> F64 | int:
        """How long probes to these hosts are waited for, each the last of so many tries.

        A host that never answered is waited for as the timing says only once: by its later tries the hosts of its
        group have shown how long answers take here, and the slowest of them is the measure. Where there is but one
        try they are so at once, if enough of them have.
        """
        if not self._is_made("trips"):
            return self.timing.initial_rtt_us
        timed = self.trips.srtt_us > 0
        patience_us = self.trips.rto_us[host]
        if np.count_nonzero(timed) < ENOUGH_TIMED:
            return patience_us
        slowest_us = float(self.trips.rto_us[timed].max())
        measured = timed[host] | ((tries <= 1) & (self.timing.max_tries > 1))
        return np.where(measured, patience_us, np.minimum(patience_us, slowest_us))

    def window(self) -> I64 | int:
        """How many probes may be on their way to each host."""
        return self.windows.size.astype(np.int64) if self._is_made("windows") else int(FIRST_WINDOW)

    def router_number(self, address: int) -> int:
        """Return the row of a router among `routers`, new or known; 0 when there are too many."""
        if address not in self.routers:
            if len(self.routers) > np.iinfo(np.uint16).max:
                return 0
            self.routers.append(address)
        return self.routers.index(address)

    def feel(self, host: I64, rtt_us: F64, answers: I32 | I64, tally: Tally) -> None:
        """How long answers waited in queues; `answers` is by row how many the host has given.

        For hosts of which it is not known how long their way takes others tell what is usual. It is known of those
        that answer while there is no queue.
        """
        self._keep_up()
        least_us, usual = self.trips.least_us[host], self.usual
        if not usual.trip_us:
            self.known[host[answers >= OLD]] = True
        if not usual.is_complete:
            new = np.flatnonzero(np.isinf(least_us))
            usual.met(rtt_us[new[np.unique(host[new], return_index=True)[1]]])
        known = self.known[host]
        own_us, usual_us = np.minimum(least_us, rtt_us), np.minimum(least_us, usual.trip_us)
        waited_us = np.maximum(rtt_us - np.where(known, own_us, usual_us), 0.0)
        tally.queue_us = float(waited_us[known].min(initial=np.inf))
        tally.trip_us = float(rtt_us.mean())
        tally.unqueued = int(np.count_nonzero(waited_us < QUEUE_SLOW_US))
        if usual.trip_us and not known.all():
            tally.unproved = int(np.count_nonzero(~known))
            tally.unproved_queue_us = float(waited_us[~known].min())
            self.known[host[(rtt_us <= usual.trip_us) | (tally.queue_us < CALM_US)]] = True

    def _keep_up(self) -> None:
        """Where what was usual is given up, the ways take as long as answers take from now on."""
        if self._turn != self.usual.turn:
            self._turn = self.usual.turn
            self.known |= np.isfinite(self.trips.least_us)
            self.trips.least_us[:] = np.inf

    @property
    def has_turns(self) -> bool:
        """Whether any host is asked in turns, or slowly."""
        return self.in_turns or (self.watched and self.hush.some_slow)

    def turn_us(self, waiting: Mask, outstanding: I64) -> int:
        """When the next of these waiting hosts may be asked."""
        ration_us = self.rations.next_turn_us(waiting) if self.in_turns else 0
        return max(ration_us, self.hush.next_turn_us(waiting, outstanding) if self.watched else 0)

    def quota(self, wanted: I64, outstanding: I64, now_us: int) -> I64:
        """By host, how many of the wanted questions its turns allow now."""
        wanted = self.rations.quota(wanted, now_us) if self.in_turns else wanted
        return self.hush.quota(wanted, outstanding, now_us) if self.watched else wanted

    def awake(self) -> Mask | np.bool_:
        """Which hosts may be asked, as none of them has fallen silent."""
        return self.hush.awake if self.watched else np.True_

    def stopped(self, host: I64) -> int:
        """How many of these hosts stopped answering while they were asked."""
        return int(np.count_nonzero(self.hush.columns.stopped_at[host])) if self.watched else 0

    def review(self, now_us: int) -> None:
        """Judge the windows."""
        if self._is_made("windows"):
            self.windows.review(now_us, self.trips.rto_us + self.trips.srtt_us)


def _untimed(hosts: int, timing: Timing) -> RoundTrips:
    trips = allocate(RoundTrips, hosts)
    trips.rto_us[:] = timing.initial_rtt_us
    return trips
