"""The brake: finds out whether the rate itself causes loss, and then holds the rate below that.

What is watched is the yield, the share of first tries that are answered. Ports are asked in random order, so on a
path that carries everything the yield stays what it is, whatever it is: closed hosts give nearly 1, firewalled ones
nearly 0. When it falls, or when answers to later tries tell of loss, the rate may be the cause or not (radio links
lose without a queue). That is settled by an experiment: the rate is cut to what got through. If the yield rises, the
rate was the cause and the limit stays, to be raised again step by step; if not, the limit is lifted and this loss
counts as usual.

A measurement takes the first tries of one stretch of time and waits until their fate is known: a time-out and a
round trip; after a change it waits as long before it begins. The loss is the number of answers to second tries over
that to first ones: of `n` ports that answer, `n (1 - p)` do so at once and `n p (1 - p)` when asked again. Every
change of the limit but a small raise begins a new era, and only ports first asked in the present era count for
that: what an earlier rate lost is asked again for a long time, and says nothing of the rate in use now.

Limits: a network with next to no answers cannot be measured; there the floor holds.
"""

import math
from dataclasses import dataclass

import numpy as np

from periplus.columns import I64

__all__ = ["Brake"]

SECOND_US = 1_000_000
STRETCH_US = 30_000  # shortest measurement
LONGEST_US = SECOND_US  # of one that has enough first tries, but fewer than it wants
ENOUGH = 50  # first tries in a measurement, and answers that it would like to get
MOST_WANTED = 1_000
FATES = 20  # answers without which no share of loss is believed
FALL = 0.08  # the part by which the yield may fall before it is suspicious
MARGIN = 0.05  # the share of loss above the usual that is
RISE = 0.1  # the part by which the yield must rise to prove that the rate was the cause
STILL = 0.7  # or the part to which the loss must fall
MOST_LOSS = 0.95
CAUTION = 0.9
CUT = 0.65  # an experiment cuts at least to this part, or it would prove nothing
GROWTH = 1.05  # a limit is raised by this after each measurement without trouble
SLACK = 4.0  # a limit so many times over the rate in use limits nothing
LEAST_PPS = 50.0
REFERENCE_GAIN = 1 / 8


@dataclass(frozen=True, slots=True)
class _Measured:
    """What a stretch came to: probes a second, the share of first tries answered, the share lost, and the doubt
    about the yield."""

    rate_pps: float
    answered: float
    loss: float
    noise: float


class Brake:
    """`limit_pps` is the rate that may not be exceeded, infinite while nothing speaks against it.

    `stretch` is the number of the present stretch of time, and answers are told by those of their first tries: a
    clock would be wrong by as long as probes wait to be sent. `eras`: every change of the limit but a small raise
    begins one.
    """

    def __init__(self, least_pps: float = LEAST_PPS) -> None:
        self.limit_pps = math.inf
        self.stretch = 0
        self.eras = [0]  # the stretch with which each begins
        self._least_pps = least_pps
        self._reference: float | None = None
        self._usual_loss = 0.0
        self._trial: tuple[float, _Measured] | None = None  # the limit and what was measured before
        self._begin(-1)

    def restart(self) -> None:
        """Nobody could answer for a while, whatever the rate: begin anew."""
        self._trial = self._reference = None
        self._change(math.inf)
        self._begin(-1)

    def _begin(self, begin_us: int) -> None:
        self._begin_us = begin_us
        self._end_us: int | None = None
        self._measuring = -1  # the stretch that is measured
        self._first_tries = self._answered = self._load = 0
        self._at_once = self._later = 0

    def tick(self, now_us: int) -> None:
        """Before probes are chosen: a stretch may begin or end now."""
        if self._begin_us < 0:
            self._begin_us = now_us
        if self._end_us is not None or now_us < self._begin_us:
            return
        if self._measuring < 0:
            self.stretch += 1
            self._measuring, self._begin_us = self.stretch, now_us
            return
        elapsed_us = now_us - self._begin_us
        enough = self._wanted() if elapsed_us < LONGEST_US else ENOUGH
        if elapsed_us >= STRETCH_US and self._first_tries >= enough:
            self._end_us = now_us
            self.stretch += 1

    def sent(self, first_tries: int, probes: int) -> None:
        """Probes leave in this stretch, `first_tries` of them for the first time."""
        if self.stretch == self._measuring:
            self._first_tries += first_tries
            self._load += probes

    def _wanted(self) -> float:
        """How many first tries bring enough answers, at the usual yield."""
        return min(ENOUGH / max(self._reference or 1.0, ENOUGH / MOST_WANTED), MOST_WANTED)

    def heard(self, first: I64, second: I64) -> None:
        """Answers came to first and to second tries: in which stretches their ports were first asked."""
        self._answered += int(np.count_nonzero(first == self._measuring))
        self._at_once += int(np.count_nonzero(first >= self.eras[-1]))
        self._later += int(np.count_nonzero(second >= self.eras[-1]))

    def review(self, now_us: int, wait_us: float) -> None:
        """Judge the measurement if the fate of its probes is known by now, and begin the next one."""
        if self._end_us is None or now_us < self._end_us + wait_us:
            return
        before_pps = self.limit_pps
        self._judge(self._measured(self._end_us))
        if self.limit_pps < before_pps:
            now_us += round(wait_us)  # what is under way still tells of the old rate
        self._begin(now_us)

    def _measured(self, end_us: int) -> _Measured:
        answered = min(self._answered / self._first_tries, 1.0)
        loss = min(self._later / max(self._at_once, 1), MOST_LOSS)
        return _Measured(
            rate_pps=self._load * SECOND_US / max(end_us - self._begin_us, 1),
            answered=answered,
            loss=loss if self._at_once + self._later >= FATES else 0.0,
            noise=2 * math.sqrt(max(answered * (1 - answered), 0.01) / self._first_tries),
        )

    def _judge(self, now: _Measured) -> None:
        if self._trial is not None:
            self._conclude(*self._trial, now)
            return
        if self._reference is None:
            self._reference = now.answered
        fallen = now.answered < self._reference * (1 - FALL) - now.noise
        lossy = now.loss > self._usual_loss + MARGIN + now.noise
        if fallen or lossy:
            through = min(now.answered / max(self._reference, 0.001), 1 - now.loss, CUT)
            self._trial = (self.limit_pps, now)
            self._change(now.rate_pps * through * CAUTION)
            return
        self._reference += REFERENCE_GAIN * (now.answered - self._reference)
        self._usual_loss = min(self._usual_loss, now.loss)
        self.limit_pps *= GROWTH
        if self.limit_pps > SLACK * now.rate_pps:
            self.limit_pps = math.inf

    def _change(self, limit_pps: float) -> None:
        self.limit_pps = max(limit_pps, self._least_pps)
        self.stretch += 1
        self.eras.append(self.stretch)

    def _conclude(self, limit_pps: float, before: _Measured, now: _Measured) -> None:
        self._trial = None
        risen = now.answered > before.answered * (1 + RISE) + now.noise / 2
        if risen or now.loss < before.loss * STILL - now.noise / 2:
            self._reference = max(self._reference or 0.0, now.answered)
            # What got through before, now that the yield without loss is known: the experiment may have cut deeper.
            through_pps = before.rate_pps * before.answered / max(now.answered, 0.001)
            self._change(min(max(self.limit_pps, through_pps * CAUTION), limit_pps))
            return
        self._change(limit_pps)
        self._reference = now.answered
        self._usual_loss = max(self._usual_loss, before.loss)
