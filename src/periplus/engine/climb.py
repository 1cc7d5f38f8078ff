"""How far above the floor silence may be asked, by the evidence of the few answers among it.

The floor is a limit on an unproved rate. Where a hundredth of all ports answers, each answer still tells two things
of the rate in use: how long it waited, and, with the others, how many of those that were to be expected came. While
neither speaks against it the rate is raised step by step, as slow start does by the round trip (RFC 5681 section
3.1).

A step is proved when a few answers came to its own first tries and as many waited in no queue, the last ones among
them; and when no fewer came than chance allows, by the share of first tries that was answered before. It is overrun
when far fewer came than chance allows: a policer drops without delay. A rate that is not used proves nothing (RFC
7661), and neither do answers to second tries, which speak of those who lost their first one.

What a network answers may change with its hosts, so an overrun is no proof of loss. It only takes the last steps
back; the `brake` and the eras find out the rest.

Limits: where no answer comes nothing is proved.
"""

import math
from collections import deque
from dataclasses import dataclass
from enum import Enum

import numpy as np

from periplus.columns import I64
from periplus.engine.window import QUEUE_SLOW_US

__all__ = ["Climb", "Verdict"]

ENOUGH = 4  # answers to first tries of a step, and as many that did not wait
LEAST_STEP_US = 50_000
TRIPS = 2.0  # times the usual round trip, the least that a step takes,
LEAST_LAG_US = 20_000  # and after which an answer is missing
PROVED_SIGMAS = 1.5
LONG = 0.5  # of all first tries before: after so many a step that is not proved is doubtful
OVERRUN_SIGMAS = 4.0
USED = 0.5  # of the rate allowed, and of what was sent
STALE = 400  # answers beyond which the older ones count for half
TRIP_GAIN = 1 / 8


class Verdict(Enum):
    """What the evidence says of the rate in use."""

    OPEN = "not enough is known"
    PROVED = "the way carries it"
    DOUBTFUL = "fewer answer than at the rates before, which may still be chance"
    OVERRUN = "far fewer answer than at the rates before"


@dataclass(slots=True)
class _Step:
    """A step that is over: the stretch it began with, first tries, answers to these so far, and its end."""

    stretch: int
    tries: int
    answers: int
    until_us: int


class Climb:
    """The evidence of the present step; `stretch` is the one with which it begins."""

    def __init__(self, now_us: int) -> None:
        self.stretch = 0
        self._closed: deque[_Step] = deque()
        self._before = (0.0, 0.0)  # answers to first tries, and these
        self.trip_us = 0.0  # the usual round trip, queues and all
        self._tries = self._answers = 0
        self.begin(now_us, 0)

    def begin(self, now_us: int, stretch: int, *, learns: bool = True) -> None:
        """The rate has changed. `learns`: what the step before came to is a measure for others."""
        if stretch > self.stretch and learns:
            self._closed.append(_Step(self.stretch, self._tries, self._answers, now_us))
        self.stretch = stretch
        self._begun_us = now_us
        self._answers = 0
        self._unqueued = self._tries = self._sent = self._by_floor = 0
        self._under_way: deque[tuple[int, int]] = deque()  # first tries by when they were sent

    def _learn(self, now_us: int) -> None:
        """Of the steps before those count of which everything has come by now."""
        while self._closed and self._closed[0].until_us < now_us - self._lag_us:
            step = self._closed.popleft()
            answers = self._before[0] + min(step.answers, step.tries)
            tries = self._before[1] + step.tries
            part = 0.5 if answers > STALE else 1.0
            self._before = (answers * part, tries * part)

    def sent(self, now_us: int, first_tries: int, probes: int, by_floor: int) -> None:
        """Probes leave, so many of them because of the floor."""
        self._tries += first_tries
        self._sent += probes
        self._by_floor += by_floor
        if first_tries:
            self._under_way.append((now_us, first_tries))

    def heard(self, first: I64) -> None:
        """Answers to first tries came: in which stretches these were made."""
        self._answers += int(np.count_nonzero(first >= self.stretch))
        end = self.stretch
        for step in reversed(self._closed):
            step.answers += int(np.count_nonzero((first >= step.stretch) & (first < end)))
            end = step.stretch

    def felt(self, now_us: int, unqueued: int, queue_us: float, trip_us: float) -> None:
        """Answers came, so many of which did not wait; the least delay among those of well-known hosts, if any, and
        the mean round trip."""
        self.trip_us += (trip_us - self.trip_us) * (TRIP_GAIN if self.trip_us else 1.0)
        if now_us < self._begun_us + self._lag_us:
            return
        self._unqueued = 0 if QUEUE_SLOW_US < queue_us < math.inf else self._unqueued + unqueued

    @property
    def _lag_us(self) -> float:
        return max(TRIPS * self.trip_us, LEAST_LAG_US)

    def _known(self, now_us: int) -> int:
        """How many first tries were sent so long ago that their answers are here."""
        while self._under_way and self._under_way[0][0] < now_us - self._lag_us:
            self._under_way.popleft()
        return self._tries - sum(tries for _, tries in self._under_way)

    def review(self, now_us: int, floor_pps: float) -> Verdict:
        """Judge the step, at which silence is asked at that rate."""
        elapsed_us = now_us - self._begun_us
        if elapsed_us < max(LEAST_STEP_US, self._lag_us):
            return Verdict.OPEN
        self._learn(now_us)
        known = self._known(now_us)
        before_answers, before_tries = self._before
        expected = before_answers * known / max(before_tries, 1.0)
        doubt = math.sqrt(expected * (1 + known / max(before_tries, 1.0)))
        if self._answers < expected - OVERRUN_SIGMAS * doubt:
            return Verdict.OVERRUN
        is_used = self._by_floor >= USED * max(floor_pps * elapsed_us / 1e6, self._sent)
        if self._answers < expected - PROVED_SIGMAS * doubt:
            return Verdict.DOUBTFUL if known > LONG * before_tries else Verdict.OPEN
        enough = min(self._answers, self._unqueued) >= ENOUGH
        return Verdict.PROVED if is_used and enough else Verdict.OPEN
