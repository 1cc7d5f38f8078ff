"""What a queue on the way leaves of the floor, the pace that silence gets.

Windows feel a queue by round trips that grow, and shrink. The floor comes on top of them and is blind: on a link
slower than itself it would keep the queue full for ever, and lose what does not fit. So it takes its part of the same
evidence. The least delay among some answers is the queue's, since jitter spares one of them: when it is long the
floor is eased, quickly until the queue has once been gone, gently later; when it is short the floor is regained step
by step. Without answers nothing is known, and it is regained as well, by time.

Limits: a network that never answers has no round trips, so there the floor stays what it is.
"""

import numpy as np

from periplus.engine.window import QUEUE_FULL_US, QUEUE_SLOW_US

__all__ = ["Easing"]

ANSWERS = 8  # without which the least delay may be jitter
LEAST = 0.02  # of the floor that is always left
FIRST_EASE = 0.6
EASE = 0.85
REGAIN = 1.05
PATIENCE_US = 1_000_000  # without enough answers


class Easing:
    """`share` is what is left of the floor, from 1 downwards."""

    def __init__(self) -> None:
        self.share = 1.0
        self._ease = FIRST_EASE
        self._judged_us = 0
        self._deaf_until_us = 0
        self._begin(0)

    def _begin(self, now_us: int) -> None:
        self._judged_us = now_us
        self._answers = 0
        self._least_us = np.inf

    def heard(self, answers: int, queue_us: float) -> None:
        """Answers came, of which the least delayed one waited so long in queues."""
        self._answers += answers
        self._least_us = min(self._least_us, queue_us)

    def review(self, now_us: int) -> bool:
        """Judge what was heard, and return whether the share has changed."""
        if now_us < self._deaf_until_us:
            self._begin(now_us)
        known = self._answers >= ANSWERS
        if not known and now_us - self._judged_us < PATIENCE_US:
            return False
        before = self.share
        if known and self._least_us > QUEUE_FULL_US:
            self.share = max(self.share * self._ease, LEAST)
            self._deaf_until_us = now_us + round(self._least_us)  # what is in the queue tells of the old rate
        elif not known or self._least_us < QUEUE_SLOW_US:
            self._ease = EASE if known and before < 1 else self._ease
            self.share = min(self.share * REGAIN, 1.0)
        self._begin(now_us)
        return self.share != before
