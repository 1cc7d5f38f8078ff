"""What a queue on the way leaves of the floor, the pace that silence gets.

Windows feel a queue by round trips that grow, and shrink. The floor comes on top of them and is blind: on a link
slower than itself it would keep the queue full for ever, and lose what does not fit. So it takes its part of the same
evidence. The least delay among some answers is the queue's, since jitter spares one of them: when it is long the
floor is eased, quickly until the queue has once been gone, gently later; when it is short the floor is regained, by
large steps while what was felt last is far (RFC 9438 section 4.1 has the idea) and by small ones near it. A queue
that has become shorter is draining, and is waited for. Without answers nothing is known, and the floor is regained as
well, by time, unless only what was silent is asked again: then no answers are to be expected, and it stays a little
below what was found, and at twice what was usual at most.

The beginning is gentle: a part of the floor, raised by half every `STEP_US` until it is whole or a queue is felt, so
that the first answers show how long the way takes when it is free. While none comes it waits longer. A short round
trip is no proof of a fast way, as most limiters let a burst through. Above the whole floor other evidence is needed
(`climb`), and each step that it proves doubles the share. No step is shorter than it takes to feel it.

Where even the least share leaves a delay as it is (`is_vain`), the delay is no queue of ours.

Limits: a network that never answers has no round trips, so there the floor stays what it is.
"""

import math

import numpy as np

from periplus.engine.climb import Verdict
from periplus.engine.window import QUEUE_FULL_US, QUEUE_SLOW_US

__all__ = ["FIRST_EASE", "FIRST_SHARE", "Easing"]

ANSWERS = 4  # without which the least delay may be jitter
FIRST_SHARE = 0.2
FIRST_GROWTH = 1.5
CLIMB_GROWTH = 2.0  # above the whole floor, where each step is proved
STEP_US = 100_000  # if an answer came that did not wait,
BLIND_STEP_US = 300_000  # and if none came
STEP_TRIPS = 1.5  # round trips that a step takes at least, to be felt
HELD = 2.0  # times the share that was usual, the most while only what was silent is asked again
LEAST = 0.02  # of the floor that is always left
FIRST_EASE = 0.6
EASE = 0.85
DRAINING_US = 5_000  # by which a queue is shorter than before, if it is about to go
FIRST_DRAIN = 2.0  # times as long as answers waited the ease is not judged
DRAIN = 3.0
REGAIN = 1.05
APPROACH = 1 / 4  # of the way to what was felt last, with each step
REGAIN_US = 100_000  # no sooner after the last change, which has to be felt first
PATIENCE_US = 1_000_000  # without enough answers; then
FEWER_ANSWERS = 2  # have to do
NEAR = 0.85  # of what was felt last; below it one answer that did not wait will do


class Easing:
    """`share` is what is left of the floor, or how many times as much is proved to be carried."""

    def __init__(self, now_us: int = 0, share: float = 1.0) -> None:
        self.share = share
        self._stepped_us = now_us
        self._is_beginning = share < 1
        self._ease = FIRST_EASE
        self._queue_us = 0.0  # that the last ease was for
        self._felt = math.inf  # the share at which a limit was felt last
        self.is_vain = False  # whether the least share left the queue as it was
        self._is_deaf = False  # whether next to no answers are to come
        self._judged_us = now_us
        self._deaf_until_us = 0
        self._begin(now_us)

    def _begin(self, now_us: int) -> None:
        self._judged_us = now_us
        self._answers = self._free = 0
        self._least_us = np.inf

    def passed(self, answers: int) -> None:
        """So many answers came that did not wait."""
        self._free += answers

    def heard(self, answers: int, queue_us: float) -> None:
        """Answers came, of which the least delayed one waited so long in queues."""
        self._answers += answers
        self._least_us = min(self._least_us, queue_us)

    def review(
        self, now_us: int, *, has_news: bool = True, trip_us: float = 0.0, usual: float = math.inf
    ) -> bool:
        """Judge what was heard, and return whether the share has changed.

        `has_news`: something is asked for the first time; `trip_us`: how long answers take at present; `usual`: the
        share that was used while there was news, on average.
        """
        if now_us < self._deaf_until_us:
            self._begin(now_us)
        if self._is_beginning:
            return self._grow(now_us, trip_us)
        if not has_news and self.share != 1:
            return self._hold(usual)
        waited_us = now_us - self._judged_us
        enough = ANSWERS if waited_us < PATIENCE_US else FEWER_ANSWERS
        known = self._answers >= enough
        is_free = self._answers > 0 and self._least_us < QUEUE_SLOW_US
        if not known and waited_us < PATIENCE_US and not (is_free and self.share < NEAR * self._felt):
            return False
        self._is_deaf = self._is_deaf and not known  # else the last are asked in between
        before = self.share
        if known and self._least_us > QUEUE_FULL_US:
            drains = self._least_us < self._queue_us - DRAINING_US
            self._queue_us = self._least_us
            self._begin(now_us)
            if drains:
                return False
            self._felt = self.share
            self.is_vain = self.share == LEAST
            self.share = max(self.share * self._ease, LEAST)
            # What is in the queue tells of the old rate, and takes the longer to go the gentler it is eased.
            drain = FIRST_DRAIN if self._ease == FIRST_EASE else DRAIN
            self._deaf_until_us = now_us + round(max(self._queue_us, trip_us) + self._queue_us * (drain - 1))
        elif waited_us < max(REGAIN_US, trip_us):
            return False
        elif is_free or not self._answers:
            self._queue_us = 0.0
            self._ease = EASE if is_free and self._is_eased else self._ease
            self.share = max(min(self._regained if is_free else before * REGAIN, 1.0), before)
        self._begin(now_us)
        return self.share != before

    def _hold(self, usual: float) -> bool:
        """Only what was silent is asked again, so nobody would tell of a queue: stay where there surely is none.

        Who was lost in the last steps of a climb, which nothing has proved, would be lost again at the same rate.
        """
        before = self.share
        if not self._is_deaf and self._is_eased:
            self.share = max(before * EASE, LEAST)
        elif not self._is_deaf:
            self.share = max(min(before / CLIMB_GROWTH, usual * HELD), 1.0)
        self._is_deaf = True
        return self.share != before

    @property
    def _is_eased(self) -> bool:
        """Whether a limit was ever felt."""
        return self._felt < math.inf

    @property
    def _regained(self) -> float:
        """The next step upwards: large where the limit is far, as is that of CUBIC (RFC 9438)."""
        if not self._is_eased:
            return self.share * (CLIMB_GROWTH if self.share >= 1 else FIRST_GROWTH)
        return max(self.share * REGAIN, self.share + (self._felt - self.share) * APPROACH)

    # what is proved by other evidence (`climb`)

    @property
    def climbs(self) -> bool:
        """Whether more than there is now has to be proved."""
        return not self._is_eased or self.share >= 1

    def judged(self, now_us: int, verdict: Verdict) -> None:
        """Whether the way carries what is asked now: a step more, above the whole floor as well, or less."""
        if verdict is Verdict.PROVED:
            self.share = self._regained
            self._is_beginning = self._is_beginning and self.share < 1
            self._stepped_us = now_us
        elif verdict is Verdict.OVERRUN and self.share > 1:
            self._felt, self._ease = self.share, EASE
            self.share = max(self.share / CLIMB_GROWTH**2, 1.0)
        elif verdict is Verdict.DOUBTFUL and self.share > 1:
            self.share = max(self.share / CLIMB_GROWTH, 1.0)
        if verdict is not Verdict.OPEN:
            self._begin(now_us)

    def _grow(self, now_us: int, trip_us: float) -> bool:
        """Raise the share in time, until it is whole or answers wait; return whether it has changed."""
        if self._answers and self._least_us > QUEUE_SLOW_US:
            self._is_beginning = self._least_us < QUEUE_FULL_US
            self._begin(now_us)
            self._stepped_us = now_us
            return False
        step_us = max(STEP_US if self._free else BLIND_STEP_US, STEP_TRIPS * trip_us)
        if now_us < self._stepped_us + step_us:
            return False
        self.share = min(FIRST_GROWTH * self.share, 1.0)
        self._is_beginning = self.share < 1
        self._begin(now_us)
        self._stepped_us = now_us
        return True
