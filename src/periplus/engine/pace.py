"""The pace of a whole run: an overall window clocked by answers, a floor for silence, a ceiling if asked for.

A network that answers clocks the sender: what comes back makes room for what goes out. One that never answers would
stop it, so silence gets a floor of its own (`floor_rate`), on top of the window; loss that proves to be congestion
lowers the floor too, down to a tenth, and it recovers.
"""

import numpy as np

from periplus.columns import I64
from periplus.engine.bucket import Bucket
from periplus.engine.timing import Timing
from periplus.engine.window import Windows

__all__ = ["Pace"]

FIRST_WINDOW = 64.0
BURST_S = 0.02  # how much of a rate may be caught up after a pause
CEILING_BURST_S = 0.01
FLOOR_LEAST = 0.1
FLOOR_RECOVERY = 1.1
REVIEW_US = 20_000
COALESCE_S = 0.002  # probes that a rate lets out one by one leave together, this far apart
NEVER = 1 << 62
_ONLY: I64 = np.zeros(1, np.int64)


class Pace:
    """How many probes may go now."""

    def __init__(self, timing: Timing, most_outstanding: int, now_us: int) -> None:
        self._timing = timing
        most = min(timing.parallelism or most_outstanding, most_outstanding)
        self.windows = Windows(1, min(FIRST_WINDOW, most), most, timing.growth)
        self._most = most
        self._floor = Bucket(timing.floor_rate, timing.floor_rate * BURST_S, now_us)
        self._ceiling = Bucket(timing.max_rate, timing.max_rate * CEILING_BURST_S, now_us)
        self._queue_us = np.inf
        self._reviewed_us = now_us

    def heard(self, answers: int, lost: int, queue_us: float) -> None:
        """Answers came, of which some told of lost probes; `queue_us` is the least delay above the usual."""
        self.windows.heard(_ONLY, np.array([float(answers)]))
        self.windows.lost(_ONLY, np.array([float(lost)]))
        self._queue_us = min(self._queue_us, queue_us)

    def review(self, now_us: int, round_us: float) -> None:
        """Judge the last round, `round_us` being a time-out and a round trip."""
        if now_us - self._reviewed_us < REVIEW_US:
            return
        self._reviewed_us = now_us
        if np.isfinite(self._queue_us):
            self.windows.queued(_ONLY, np.array([self._queue_us]))
            self._queue_us = np.inf
        factor = float(self.windows.review(now_us, np.array([round_us]))[0])
        if not self._timing.floor_is_fixed:
            self._bend_floor(factor)

    def _bend_floor(self, factor: float) -> None:
        usual = self._timing.floor_rate
        bent = self._floor.rate * (factor if factor != 1.0 else FLOOR_RECOVERY)
        self._floor.rate = min(usual, max(bent, usual * FLOOR_LEAST))

    def allowance(self, now_us: int, outstanding: int) -> tuple[int, int]:
        """Return (probes that the window lets out, probes that the floor adds)."""
        ceiling = self._ceiling.fill(now_us) if self._timing.max_rate else NEVER
        clocked = min(max(int(self.windows.size[0]) - outstanding, 0), ceiling)
        floor = min(self._floor.fill(now_us), ceiling - clocked)
        if self._timing.parallelism:
            floor = 0
        return clocked, floor

    def sent(self, clocked: int, floor: int) -> None:
        """Probes went out."""
        self._floor.take(floor)
        if self._timing.max_rate:
            self._ceiling.take(clocked + floor)

    def ready_us(self, outstanding: int) -> int:
        """Return when the next probe may go if no answer comes."""
        ceiling = self._ceiling.ready_us(self._timing.max_rate * COALESCE_S) if self._timing.max_rate else 0
        if int(self.windows.size[0]) > outstanding:
            return ceiling
        floor = NEVER if self._timing.parallelism else self._floor.ready_us(self._floor.rate * COALESCE_S)
        return max(ceiling, floor)
