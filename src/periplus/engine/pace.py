"""The pace of a whole run: an overall window clocked by answers, a floor for silence, and ceilings.

A network that answers clocks the sender: what comes back makes room for what goes out. One that never answers would
stop it, so silence gets a floor of its own (`floor_rate`), on top of the window, or what queues leave of it
(`easing`). Both stay below the ceiling: what the user allows (`max_rate`) and what the path was found to carry
(`brake`).
"""

import math

import numpy as np

from periplus.columns import I64
from periplus.engine.brake import LEAST_PPS, Brake
from periplus.engine.bucket import Bucket
from periplus.engine.easing import Easing
from periplus.engine.timing import Timing
from periplus.engine.window import Windows

__all__ = ["Pace"]

FIRST_WINDOW = 64.0
BURST_S = 0.02  # how much of a rate may be caught up after a pause
CEILING_BURST_S = 0.01
REVIEW_US = 20_000
COALESCE_S = 0.002  # probes that a rate lets out one by one leave together, this far apart
NEVER = 1 << 62
_ONLY: I64 = np.zeros(1, np.int64)


class Pace:
    """How many probes may go now."""

    def __init__(
        self, timing: Timing, most_outstanding: int, now_us: int, most_in_flight: int = NEVER
    ) -> None:
        """`most_outstanding` bounds the window, `most_in_flight` the window and the floor together."""
        self._timing = timing
        self._max_rate = timing.max_rate
        self._most_in_flight = most_in_flight
        most = min(timing.parallelism or most_outstanding, most_outstanding)
        self.windows = Windows(1, min(FIRST_WINDOW, most), most, timing.growth)
        self.brake = Brake(timing.floor_rate if timing.floor_is_fixed else LEAST_PPS)
        self._floor = Bucket(timing.floor_rate, timing.floor_rate * BURST_S, now_us)
        self._ceiling = Bucket(timing.max_rate, timing.max_rate * CEILING_BURST_S, now_us)
        self._queue_us = np.inf
        self._reviewed_us = now_us
        self._easing = Easing()

    def heard(self, answers: int, first: I64, second: I64, queue_us: float) -> None:
        """Answers came; `queue_us` is the least delay above the usual.

        `first`, `second`: to first and to second tries, the stretches in which their cells were first asked.
        """
        self.windows.heard(_ONLY, np.array([float(answers)]))
        self.brake.heard(first, second)
        self._queue_us = min(self._queue_us, queue_us)
        self._easing.heard(answers, queue_us)

    def review(self, now_us: int, round_us: float) -> None:
        """Judge the last round, `round_us` being a time-out and a round trip."""
        if now_us - self._reviewed_us < REVIEW_US:
            return
        self._reviewed_us = now_us
        if np.isfinite(self._queue_us):
            self.windows.queued(_ONLY, np.array([self._queue_us]))
            self._queue_us = np.inf
        self.brake.review(now_us, round_us)
        if self._easing.review(now_us) and not self._timing.floor_is_fixed:
            rate = self._timing.floor_rate * self._easing.share
            self._floor = Bucket(rate, rate * BURST_S, now_us)
        self._set_ceiling(now_us)

    def _set_ceiling(self, now_us: int) -> None:
        rate = min(self._max_rate or math.inf, self.brake.limit_pps)
        if math.isinf(rate):
            rate = 0.0
        if rate != self._ceiling.rate:
            self._ceiling = Bucket(rate, rate * CEILING_BURST_S, now_us)

    def allowance(self, now_us: int, outstanding: int) -> tuple[int, int, int]:
        """Return (probes that the window lets out, probes that the floor adds, the most of both together)."""
        self.brake.tick(now_us)
        ceiling = self._ceiling.fill(now_us) if self._ceiling.rate else NEVER
        clocked = max(int(self.windows.size[0]) - outstanding, 0)
        floor = 0 if self._timing.parallelism else self._floor.fill(now_us)
        return clocked, floor, min(ceiling, max(self._most_in_flight - outstanding, 0))

    def sent(self, clocked: int, floor: int, first_tries: int) -> None:
        """Probes went out, `first_tries` of them for the first time."""
        self._floor.take(floor)
        if self._ceiling.rate:
            self._ceiling.take(clocked + floor)
        self.brake.sent(first_tries, clocked + floor)

    def charge(self, packets: int) -> None:
        """Packets went out that are no probes; the ceiling holds for them as well."""
        if self._ceiling.rate:
            self._ceiling.owe(packets)

    def limit(self, max_rate: float) -> None:
        """At most so many a second, from the next review on."""
        self._max_rate = max_rate

    def ready_us(self, outstanding: int, roomy: bool) -> int:
        """Return when the next probe may go if no answer comes; `roomy`: a host's own window would let one out."""
        ceiling = self._ceiling.ready_us(self._ceiling.rate * COALESCE_S) if self._ceiling.rate else 0
        if roomy and int(self.windows.size[0]) > outstanding:
            return ceiling
        floor = NEVER if self._timing.parallelism else self._floor.ready_us(self._floor.rate * COALESCE_S)
        return max(ceiling, floor)
