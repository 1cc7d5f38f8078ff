"""The pace of a whole run: an overall window clocked by answers, a floor for silence, and ceilings.

A network that answers clocks the sender: what comes back makes room for what goes out. One that never answers would
stop it, so silence gets a floor of its own (`floor_rate`), on top of the window, or what queues leave of it
(`easing`), or as much more as a few answers prove the way to carry (`climb`). Both stay below the ceiling: what the
user allows (`max_rate`) and what the path was found to carry (`brake`).
"""

import math

import numpy as np

from periplus.columns import I64
from periplus.engine.brake import LEAST_PPS, Brake
from periplus.engine.bucket import Bucket
from periplus.engine.climb import Climb, Verdict
from periplus.engine.easing import FIRST_EASE, FIRST_SHARE, Easing
from periplus.engine.replies import Tally
from periplus.engine.timing import SECOND, Timing
from periplus.engine.usual import Usual
from periplus.engine.window import Windows

__all__ = ["Pace"]

FIRST_WINDOW = 16.0
BURST_S = 0.02  # how much of a rate may be caught up after a pause
CEILING_BURST_S = 0.01
REVIEW_US = 20_000
LEAST_YIELD = 1e-3
SMALL = 8.0  # a window that keeps no queue standing
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
        self._easing = Easing(now_us, 1.0 if timing.floor_is_fixed else FIRST_SHARE)
        self._climb = Climb(now_us)
        self.usual = Usual()
        self._now_us = now_us
        self._floor = self._eased(now_us)
        self._ceiling = Bucket(timing.max_rate, timing.max_rate * CEILING_BURST_S, now_us)
        self._queue_us = math.inf
        self._reviewed_us = self._deaf_until_us = self._news_us = now_us
        self._unproved, self._unproved_us = 0, math.inf
        self._first_tries = self._first_tries_us = 0  # and the time in which they were made
        self._is_flooded = False

    def heard(self, tally: Tally) -> None:
        """Answers came."""
        weight = 1 / max(self.brake.usual_yield, LEAST_YIELD)
        self.windows.heard(_ONLY, np.array([float(tally.clocking)]), weight)
        self.brake.heard(tally.first, tally.second)
        self._climb.heard(tally.first)
        self._easing.passed(tally.unqueued)
        if tally.trip_us:
            self._climb.felt(self._now_us, tally.unqueued, tally.queue_us, tally.trip_us)
        if np.isfinite(tally.queue_us):
            self._feel(tally.accepted - tally.unproved, tally.queue_us)
        self._unproved += tally.unproved
        self._unproved_us = min(self._unproved_us, tally.unproved_queue_us)
        if self._unproved >= self.usual.enough:
            self._feel(self._unproved, self._unproved_us)
            self._unproved, self._unproved_us = 0, math.inf

    @property
    def floor_pps(self) -> float:
        """What silence gets at present."""
        return self._floor.rate

    def _feel(self, answers: int, queue_us: float) -> None:
        """The least delay above the usual among so many answers."""
        self._queue_us = min(self._queue_us, queue_us)
        self._easing.heard(answers, queue_us)

    def review(self, now_us: int, round_us: float) -> None:
        """Judge the last round, `round_us` being a time-out and a round trip."""
        if now_us - self._reviewed_us < REVIEW_US:
            return
        if self._news_us == self._reviewed_us:
            self._first_tries_us += now_us - self._reviewed_us
        self._reviewed_us = now_us
        if now_us < self._deaf_until_us:
            self._queue_us = math.inf
        if math.isfinite(self._queue_us):
            if self.windows.queued(_ONLY, np.array([self._queue_us])).any():
                # As long tells it of the old window.
                self._deaf_until_us = now_us + round(max(self._queue_us, self._climb.trip_us))
            self._queue_us = math.inf
        if self._is_flooded:
            self.brake.forget(round(now_us + round_us))
            self._is_flooded = False
        self.brake.review(now_us, round_us)
        if not self._timing.floor_is_fixed:
            self._review_floor(now_us, round_us)
        self._set_ceiling(now_us)

    def _review_floor(self, now_us: int, round_us: float) -> None:
        easing, share = self._easing, self._easing.share
        if easing.is_vain:
            easing.is_vain = False
            if self.windows.size[0] <= SMALL:
                self.usual.believe()
        verdict = Verdict.OPEN
        has_news = now_us - self._news_us < round_us
        is_free = has_news and easing.climbs and math.isinf(self.brake.limit_pps)
        usual = self._first_tries * SECOND / max(self._first_tries_us * self._timing.floor_rate, 1.0)
        trip_us = self._climb.trip_us
        if not easing.review(now_us, has_news=has_news, trip_us=trip_us, usual=usual) and is_free:
            verdict = self._climb.review(now_us, self._floor.rate)
            easing.judged(now_us, verdict)
        if easing.share != share:
            self._floor = self._eased(now_us)
            if easing.share <= share * FIRST_EASE and has_news and verdict is not Verdict.DOUBTFUL:
                self.brake.forget(round(now_us + round_us), flooded=verdict is not Verdict.OVERRUN)
        elif verdict is Verdict.OPEN:
            return
        # What a step came to that was taken back is no measure for others.
        learns = verdict in (Verdict.OPEN, Verdict.PROVED) or easing.share == share
        self._climb.begin(now_us, self.brake.turn(), learns=learns)

    def _eased(self, now_us: int) -> Bucket:
        rate = self._timing.floor_rate * self._easing.share
        return Bucket(rate, rate * BURST_S, now_us)

    def _set_ceiling(self, now_us: int) -> None:
        rate = min(self._max_rate or math.inf, self.brake.limit_pps)
        if math.isinf(rate):
            rate = 0.0
        if rate != self._ceiling.rate:
            self._ceiling = Bucket(rate, rate * CEILING_BURST_S, now_us)

    def allowance(self, now_us: int, outstanding: int) -> tuple[int, int, int]:
        """Return (probes that the window lets out, probes that the floor adds, the most of both together)."""
        self._now_us = now_us
        self.brake.tick(now_us)
        ceiling = self._ceiling.fill(now_us) if self._ceiling.rate else NEVER
        clocked = max(int(self.windows.size[0]) - outstanding, 0)
        floor = 0 if self._timing.parallelism else self._floor.fill(now_us)
        return clocked, floor, min(ceiling, max(self._most_in_flight - outstanding, 0))

    def sent(self, clocked: int, floor: int, first_tries: int) -> None:
        """Probes went out, `first_tries` of them for the first time."""
        if first_tries:
            self._news_us = self._reviewed_us
            self._first_tries += first_tries
        self._floor.take(floor)
        if self._ceiling.rate:
            self._ceiling.take(clocked + floor)
        self.brake.sent(first_tries, clocked + floor)
        self._climb.sent(self._now_us, first_tries, clocked + floor, floor)

    def charge(self, packets: int) -> None:
        """Packets went out that are no probes; the ceiling holds for them as well."""
        if self._ceiling.rate:
            self._ceiling.owe(packets)

    def limit(self, max_rate: float, *, flooded: bool = False) -> None:
        """At most so many a second, from the next review on. `flooded`: what was sent until then may be lost."""
        self._max_rate = max_rate
        self._is_flooded = self._is_flooded or flooded

    def ready_us(self, outstanding: int, roomy: bool) -> int:
        """Return when the next probe may go if no answer comes; `roomy`: a host's own window would let one out."""
        ceiling = self._ceiling.ready_us(self._ceiling.rate * COALESCE_S) if self._ceiling.rate else 0
        if roomy and int(self.windows.size[0]) > outstanding:
            return ceiling
        floor = NEVER if self._timing.parallelism else self._floor.ready_us(self._floor.rate * COALESCE_S)
        return max(ceiling, floor)
