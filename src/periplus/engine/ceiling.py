"""A ceiling that holds over any tenth of a second, as a pure function of time.

A token bucket alone lets out what it saved up *and* what comes in meanwhile, so it may exceed its rate over a short
while. Here it only smooths; what left during the last `WINDOW_US` is remembered besides, and no more leaves than a
tenth of the rate, rounded up to whole packets.

To send takes time. A packet counts from the moment at which it is claimed to `WINDOW_US` after the moment at which
the call that sent it returned, so the ceiling holds for what is on the wire, not only for what was meant to be.

Limits: below ten a second a tenth of a second has room for one all the same, and the bucket keeps the rate.
"""

import math
from collections import deque

from periplus.engine.bucket import Bucket

__all__ = ["WINDOW_US", "Ceiling"]

WINDOW_US = 100_000
BURST_S = 0.01  # how much of the rate may be caught up after a pause
SECOND = 1_000_000


class Ceiling:
    """At most `rate` a second; 0: as many as are wanted."""

    def __init__(self, rate: float, now_us: int) -> None:
        self._gone: deque[tuple[int, int]] = deque()  # when, and how many
        self._recent = self._under_way = 0
        self.limit(rate, now_us)

    def limit(self, rate: float, now_us: int) -> None:
        """From now on it is this rate."""
        self.rate = rate
        self._bucket = Bucket(rate, rate * BURST_S, now_us)
        self._most = max(math.ceil(rate * WINDOW_US / SECOND), 1)

    def claim(self, wanted: int, now_us: int) -> int:
        """Return how many of so many may leave now; each call is followed by `settle`."""
        while self._gone and self._gone[0][0] <= now_us - WINDOW_US:
            self._recent -= self._gone.popleft()[1]
        allowed = wanted
        if self.rate:
            room = self._most - self._recent - self._under_way
            allowed = max(min(wanted, self._bucket.fill(now_us), room), 0)
            self._bucket.take(allowed)
        self._under_way += allowed
        return allowed

    def settle(self, claimed: int, left: int, now_us: int) -> None:
        """Of so many claimed these have left by now; the others were not sent after all."""
        self._under_way -= claimed
        if self.rate:
            self._bucket.level += claimed - left
        if left:
            self._gone.append((now_us, left))
            self._recent += left
