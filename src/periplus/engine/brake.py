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
LONGEST_TRIAL_US = 3 * SECOND_US
ENOUGH = 50  # first tries in a measurement, and answers that it would like to get
MOST_WANTED = 1_000
FATES = 20  # answers without which no share of loss is believed
STALE = 8 * FATES  # beyond so many, older ones count for half
SIGMAS = 3.0  # how unlikely chance has to be before it is suspected no longer,
FEW_SIGMAS = 1.0  # and where something is to be confirmed
FALL = 0.08  # the part by which the yield may fall before it is suspicious
MARGIN = 0.05  # the share of loss above the usual that is
RISE = 0.1  # the part by which the yield must rise to prove that the rate was the cause
STILL = 0.7  # or the part to which the loss must fall
MOST_LOSS = 0.95
CAUTION = 0.9
CUT = 0.65  # an experiment cuts at least to this part, or it would prove nothing,
DEEP_CUT = 0.35  # and where few answers have to prove it, to this
GROWTH = 1.05  # a limit is raised by this after each measurement without trouble,
FASTER = 1.25  # and the raise by this with each in a row,
MOST_GROWTH = 1.5  # up to this
SLACK = 4.0  # a limit so many times over the rate in use limits nothing
LEAST_PPS = 50.0
REFERENCE_GAIN = 1 / 8


@dataclass(frozen=True, slots=True)
class _Measured:
    """What a stretch came to: probes a second, first tries and how many were answered; in the present era, the
    answers to first and to second tries."""

    rate_pps: float
    tries: int
    answers: int
    at_once: float
    later: float

    @property
    def answered(self) -> float:
        """The share of first tries that was answered."""
        return self.answers / max(self.tries, 1)

    @property
    def loss(self) -> float:
        """The share that was lost, as far as it is known."""
        if self.at_once + self.later < FATES:
            return 0.0
        return min(self.later / max(self.at_once, 1.0), MOST_LOSS)

    @property
    def surely_lost(self) -> float:
        """The share that was lost at least: chance may have helped."""
        least = max(self.later - math.sqrt(self.later), 0.0)
        return min(least / (self.at_once + math.sqrt(self.at_once + 1)), MOST_LOSS)

    @property
    def most_answers(self) -> float:
        """How many may be answered of as many on average: chance may have spoilt it."""
        return self.answers + math.sqrt(self.answers + 1)


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
        self.was_flooded = False  # whether the path was, before a queue told
        self._since = 0  # from which stretch on loss is counted
        self._least_pps = least_pps
        self._usual = (0.0, 0.0)  # answers and first tries of calm stretches, the older the fewer
        self._growth = GROWTH
        self._usual_loss = 0.0
        self._trial: tuple[float, _Measured] | None = None  # the limit and what was measured before
        self._at_once = self._later = 0.0
        self._begin(-1)

    def restart(self) -> None:
        """Nobody could answer for a while, whatever the rate: begin anew."""
        self._trial, self._usual = None, (0.0, 0.0)
        self._change(math.inf)
        self._begin(-1)

    @property
    def usual_yield(self) -> float:
        """The share of first tries that is answered where nothing is lost; 1 before anything is known."""
        answers, tries = self._usual
        return min(answers / tries, 1.0) if tries else 1.0

    def _begin(self, begin_us: int) -> None:
        self._begin_us = begin_us
        self._end_us: int | None = None
        self._measuring, self._until = -1, math.inf  # the first stretch that is measured, and the first after
        self._first_tries = self._answered = self._load = 0

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
        longest_us = LONGEST_TRIAL_US if self._trial else LONGEST_US
        enough = self._wanted() if elapsed_us < longest_us else ENOUGH
        if elapsed_us >= STRETCH_US and self._first_tries >= enough:
            self._end_us = now_us
            self.stretch += 1
            self._until = self.stretch

    def turn(self) -> int:
        """Begin another stretch, for somebody else's sake: the measurement goes on. Return its number."""
        self.stretch += 1
        return self.stretch

    def sent(self, first_tries: int, probes: int) -> None:
        """Probes leave in this stretch, `first_tries` of them for the first time."""
        if self._measuring >= 0 and self._end_us is None:
            self._first_tries += first_tries
            self._load += probes

    def _wanted(self) -> float:
        """How many first tries bring enough answers, at the usual yield."""
        return min(ENOUGH / max(self.usual_yield, ENOUGH / MOST_WANTED), MOST_WANTED)

    def heard(self, first: I64, second: I64) -> None:
        """Answers came to first and to second tries: in which stretches their ports were first asked."""
        if self._measuring >= 0:
            self._answered += int(np.count_nonzero((first >= self._measuring) & (first < self._until)))
        self._at_once += int(np.count_nonzero(first >= self._since))
        self._later += int(np.count_nonzero(second >= self._since))

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
        measured = _Measured(
            rate_pps=self._load * SECOND_US / max(end_us - self._begin_us, 1),
            tries=self._first_tries,
            answers=min(self._answered, self._first_tries),
            at_once=self._at_once,
            later=self._later,
        )
        if self._at_once + self._later > STALE:
            self._at_once, self._later = self._at_once / 2, self._later / 2
        return measured

    def _judge(self, now: _Measured) -> None:
        if self._trial is not None:
            self._conclude(*self._trial, now)
            return
        if self._has_fallen(now) or self._loses(now):
            self._trial = (self.limit_pps, now)
            got = now.most_answers / max(now.tries * self.usual_yield, 0.001)
            cut = CUT if now.answers >= ENOUGH else DEEP_CUT
            self._change(now.rate_pps * min(got, 1 - now.surely_lost, cut) * CAUTION)
            return
        self._learn(now)
        self._usual_loss = min(self._usual_loss, now.loss)
        self.limit_pps *= self._growth
        self._growth = min(1 + (self._growth - 1) * FASTER, MOST_GROWTH)
        if self.limit_pps > SLACK * now.rate_pps:
            self.limit_pps = math.inf

    def _learn(self, now: _Measured) -> None:
        answers, tries = (part * (1 - REFERENCE_GAIN) for part in self._usual)
        self._usual = (answers + now.answers, tries + now.tries)

    def _has_fallen(self, now: _Measured) -> bool:
        """Whether fewer answer than usual, and chance does not explain it."""
        _, tries = self._usual
        if not tries:
            return False
        usual = self.usual_yield
        doubt = math.sqrt(max(usual * (1 - usual), 1 / now.tries) * (1 / now.tries + 1 / tries))
        return now.answered < usual * (1 - FALL) - SIGMAS * doubt

    def _loses(self, now: _Measured) -> bool:
        """Whether more gets lost than usual, likewise."""
        if now.at_once + now.later < FATES:
            return False
        expected = (self._usual_loss + MARGIN) * now.at_once
        return now.later > expected + SIGMAS * math.sqrt(expected)

    def forget(self, until_us: int, *, flooded: bool = True) -> None:
        """The rate has fallen for another reason: what was lost at the former says nothing of the present one.

        What is under way is lost like what went before, until then. `flooded`: so much that two tries of a port
        may have been.
        """
        self.was_flooded = self.was_flooded or flooded
        if self._trial is None:
            self._at_once = self._later = 0.0
            self.stretch += 1
            self._since = self.stretch
            if len(self.eras) == 1:  # not every time: among many eras chance makes one the worst
                self.eras.append(self.stretch)
            self._begin(until_us)

    def _change(self, limit_pps: float) -> None:
        self.limit_pps = max(limit_pps, self._least_pps)
        self._growth = GROWTH
        self._at_once = self._later = 0.0
        self.stretch += 1
        self._since = self.stretch
        self.eras.append(self.stretch)

    def _conclude(self, limit_pps: float, before: _Measured, now: _Measured) -> None:
        self._trial = None
        if _rises(before, now) or _falls(before, now):
            through = before.answered / max(now.answered, 0.001)
            if now.answers:
                self._usual = (float(now.answers), float(now.tries))
            # What got through before, now that the yield without loss is known: the experiment may have cut deeper.
            self._change(min(max(self.limit_pps, before.rate_pps * through * CAUTION), limit_pps))
            return
        self._change(limit_pps)
        self._usual = (float(before.answers + now.answers), float(before.tries + now.tries))
        self._usual_loss = max(self._usual_loss, before.surely_lost)


def _rises(before: _Measured, now: _Measured) -> bool:
    """Whether more is answered than before the cut."""
    both = (before.answers + now.answers) / (before.tries + now.tries)
    doubt = math.sqrt(both * (1 / before.tries + 1 / now.tries))
    return now.answered > before.answered * (1 + RISE) + FEW_SIGMAS * doubt


def _falls(before: _Measured, now: _Measured) -> bool:
    """Whether less is lost than before the cut."""
    expected = before.loss * now.at_once
    return now.later < STILL * expected - FEW_SIGMAS * math.sqrt(expected)
