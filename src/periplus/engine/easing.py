"""What a queue on the way leaves of the floor, the pace that silence gets.

Windows feel a queue by round trips that grow, and shrink. The floor comes on top of them and is blind: on a link
slower than itself it would keep the queue full for ever, and lose what does not fit. So it takes its part of the same
evidence. The least delay among some answers is the queue's, since jitter spares one of them: when it is long the
floor is eased, quickly until the queue has once been gone, gently later; when it is short the floor is regained step
by step. Without answers nothing is known, and it is regained as well, by time, unless only what was silent is asked
again: then no answers are to be expected, and it stays a little below what was found. The beginning is gentle: a
part of the floor, raised by half every `STEP_US` until it is whole or a queue is felt, so that the first answers show
how long the way takes when it is free.

Limits: a network that never answers has no round trips, so there the floor stays what it is.
"""

import numpy as np

from periplus.engine.window import QUEUE_FULL_US, QUEUE_SLOW_US

__all__ = ["FIRST_EASE", "FIRST_SHARE", "Easing"]

ANSWERS = 4  # without which the least delay may be jitter
FIRST_SHARE = 0.2
FIRST_GROWTH = 1.5
STEP_US = 100_000  # if an answer came that did not wait, else twice as long
LEAST = 0.02  # of the floor that is always left
FIRST_EASE = 0.6
EASE = 0.85
DRAIN = 3.0
REGAIN = 1.05
REGAIN_US = 100_000  # no sooner after the last change, which has to be felt first
PATIENCE_US = 1_000_000  # without enough answers


class Easing:
    """`share` is what is left of the floor, from 1 downwards."""

    def __init__(self, now_us: int = 0, share: float = 1.0) -> None:
        self.share = share
        self._stepped_us = now_us
        self._is_beginning = share < 1
        self._ease = FIRST_EASE
        self._is_deaf = False  # whether next to no answers are to come
        self._judged_us = now_us
        self._deaf_until_us = 0
        self._begin(now_us)

    def _begin(self, now_us: int) -> None:
        self._judged_us = now_us
        self._answers = 0
        self._least_us = np.inf

    def heard(self, answers: int, queue_us: float) -> None:
        """Answers came, of which the least delayed one waited so long in queues."""
        self._answers += answers
        self._least_us = min(self._least_us, queue_us)

    def review(self, now_us: int, *, has_news: bool = True) -> bool:
        """Judge what was heard, and return whether the share has changed.

        `has_news`: something is asked for the first time.
        """
        if now_us < self._deaf_until_us:
            self._begin(now_us)
        if self._is_beginning:
            return self._grow(now_us)
        if not has_news and self.share < 1:
            return self._hold()
        self._is_deaf = False
        known = self._answers >= ANSWERS
        if not known and now_us - self._judged_us < PATIENCE_US:
            return False
        before = self.share
        if known and self._least_us > QUEUE_FULL_US:
            self.share = max(self.share * self._ease, LEAST)
            # What is in the queue tells of the old rate, and takes the longer to go the gentler it is eased.
            self._deaf_until_us = now_us + round(self._least_us * (1 if self._ease == FIRST_EASE else DRAIN))
        elif now_us - self._judged_us < REGAIN_US:
            return False
        elif not known or self._least_us < QUEUE_SLOW_US:
            self._ease = EASE if known and before < 1 else self._ease
            self.share = min(self.share * REGAIN, 1.0)
        self._begin(now_us)
        return self.share != before

    def _hold(self) -> bool:
        """Only what was silent is asked again, so nobody would tell of a queue: stay where there surely is none."""
        before, self.share = self.share, self.share if self._is_deaf else max(self.share * EASE, LEAST)
        self._is_deaf = True
        return self.share != before

    def _grow(self, now_us: int) -> bool:
        """Raise the share in time, until it is whole or answers wait; return whether it has changed."""
        if self._answers and self._least_us > QUEUE_SLOW_US:
            self._is_beginning = False
            return False
        if now_us < self._stepped_us + (STEP_US if self._answers else 2 * STEP_US):
            return False
        self.share = min(FIRST_GROWTH * self.share, 1.0)
        self._is_beginning = self.share < 1
        self._begin(now_us)
        self._stepped_us = now_us
        return True
