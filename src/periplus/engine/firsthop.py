"""First-hop protection: when the gateway itself answers late or not at all, the rate falls.

Home routers and firewalls break down before the hosts behind them: their tables fill, their processor is busy.
Windows and the brake see that only by the answers of hosts, among everything else on the way. The gateway can be
asked itself, by the question with which every kernel makes sure of its neighbours (RFC 1122 section 2.3.2.1, RFC 4861
section 7.3), which it answers out of the same processor.

The usual round trip is the least of the last minute, the present one the least of the last `RECENT` answers: jitter
spares one of them, as does a queue that is just draining. Late is what lies above the usual by a margin, which grows
with the jitter of the answers before those. Silent is a run of unanswered questions that the share lost so far does
not explain. Either halves the rate in use, and what was asked before that counts no more; when all is well again the
limit is raised step by step, and lifted when it has become far higher than the rate in use.

Limits: a gateway that is slow for a minute whatever the rate is taken to be so; one that answered and says nothing
for a minute is not asked any more. Neither makes the rate fall below a 32nd of what it was.
"""

import math
from collections import deque
from dataclasses import dataclass

__all__ = ["Fall", "FirstHop"]

SECOND_US = 1_000_000
RECENT = 5
MARGIN_US = 20_000
JITTERS = 2.0  # how many times the usual jitter is added to the margin
JITTER_GAIN = 1 / 32
WINDOW_US = 60 * SECOND_US  # as long the least round trip is remembered
KNOWN = 4  # answers without which nothing is said of a gateway
MUTE = 8  # questions in vain, after which one that never answered is not asked any more
ODDS = 1e-4  # how unlikely a run of unanswered questions has to be by chance
LEAST_LOST = 0.04  # a share that is always allowed for: three in a row are suspicious then
CUT = 0.5
DEEPEST = 1 / 32  # of the rate with which the trouble began
GROWTH = 1.1  # a limit is raised by this,
FASTER = 1.25  # and the raise by this with each in a row,
MOST_GROWTH = 1.5  # up to this
SLACK = 4.0  # a limit so many times over the rate in use limits nothing
RATE_US = SECOND_US  # the rate in use is that of so long,
SHORTEST_US = 200_000  # and of no less
LEAST_PPS = 50.0


@dataclass(frozen=True, slots=True)
class Fall:
    """Why the rate fell, and to what; `recent_us` is None where nothing was answered."""

    limit_pps: float
    usual_us: float
    recent_us: float | None


class FirstHop:
    """`limit_pps` is the rate that may not be exceeded, infinite while all is well; `fall` is the last cut."""

    def __init__(self, least_pps: float = LEAST_PPS) -> None:
        self.limit_pps = math.inf
        self.fall: Fall | None = None
        self._least_pps = least_pps
        self._began_pps = math.inf  # the rate with which the trouble began
        self._growth = GROWTH
        self._lows: deque[tuple[int, float]] = (
            deque()
        )  # times and round trips, both rising: the first is the least
        self._recent: deque[float] = deque()
        self._jitter_us = 0.0
        self._answers = self._lost = self._run = 0
        self._heard_us = self._changed_us = 0
        self._sent: deque[tuple[int, int]] = deque()

    @property
    def is_mute(self) -> bool:
        """Whether asking is in vain."""
        return not self._answers and self._run >= MUTE

    @property
    def _usual_us(self) -> float:
        return self._lows[0][1] if self._lows else 0.0

    # what comes of questions

    def answered(self, now_us: int, rtt_us: float | None) -> None:
        """A question was answered; None: nobody knows which of several."""
        self._answers += 1
        self._lost += self._run
        self._run, self._heard_us = 0, now_us
        if rtt_us is None:
            return
        while self._lows and self._lows[-1][1] >= rtt_us:
            self._lows.pop()
        self._lows.append((now_us, rtt_us))
        while self._lows[0][0] < now_us - WINDOW_US:
            self._lows.popleft()
        self._recent.append(rtt_us)
        if len(self._recent) > RECENT:
            excess_us = max(self._recent.popleft() - self._usual_us, 0.0)
            self._jitter_us += JITTER_GAIN * (excess_us - self._jitter_us)

    def unanswered(self, now_us: int) -> None:
        """A question was answered by nobody in time."""
        self._run += 1
        if self._answers and now_us - self._heard_us > WINDOW_US:
            self._answers, self._run = 0, max(self._run, MUTE)

    # what follows

    def review(self, now_us: int, sent: int) -> bool:
        """Judge what came; `sent` probes have left so far. Return whether the limit has changed."""
        self._count(now_us, sent)
        if self._answers < KNOWN and not self.is_mute:
            return False
        if self._is_silent or self._is_late:
            return self._fall(now_us)
        if math.isinf(self.limit_pps) or not self._is_well(now_us):
            return False
        self._raise(now_us)
        return True

    def _count(self, now_us: int, sent: int) -> None:
        self._sent.append((now_us, sent))
        while len(self._sent) > 2 and self._sent[1][0] <= now_us - RATE_US:
            self._sent.popleft()

    @property
    def _rate_pps(self) -> float | None:
        """Probes a second by now; None: not known yet."""
        (first_us, before), (last_us, sent) = self._sent[0], self._sent[-1]
        if last_us - first_us < SHORTEST_US:
            return None
        return (sent - before) * SECOND_US / (last_us - first_us)

    @property
    def _is_silent(self) -> bool:
        share = max(self._lost / (self._lost + self._answers or 1), LEAST_LOST)
        return self._answers > 0 and self._run >= math.log(ODDS) / math.log(share)

    @property
    def _margin_us(self) -> float:
        return max(MARGIN_US, self._usual_us) + JITTERS * self._jitter_us

    @property
    def _is_late(self) -> bool:
        return len(self._recent) == RECENT and min(self._recent) > self._usual_us + self._margin_us

    def _is_well(self, now_us: int) -> bool:
        if self.is_mute:
            return now_us - self._changed_us >= SECOND_US
        return (
            not self._run
            and len(self._recent) == RECENT
            and min(self._recent) <= self._usual_us + self._margin_us / 2
        )

    def _fall(self, now_us: int) -> bool:
        rate_pps = self._rate_pps
        if rate_pps is None:
            return False
        recent_us = None if self._is_silent else min(self._recent)
        if math.isinf(self.limit_pps):
            self._began_pps = rate_pps
        before_pps, lowest_pps = self.limit_pps, max(self._least_pps, self._began_pps * DEEPEST)
        self.limit_pps = min(max(min(rate_pps, before_pps) * CUT, lowest_pps), before_pps)
        self._growth = GROWTH
        self._begin(now_us)
        if self.limit_pps >= min(rate_pps, before_pps):
            self.limit_pps = before_pps  # as slow as it has to be
            return False
        self.fall = Fall(self.limit_pps, self._usual_us, recent_us)
        return True

    def _raise(self, now_us: int) -> None:
        rate_pps = self._rate_pps
        self.limit_pps *= self._growth
        self._growth = min(1 + (self._growth - 1) * FASTER, MOST_GROWTH)
        if rate_pps is not None and self.limit_pps > SLACK * rate_pps:
            self.limit_pps = math.inf
        self._begin(now_us)

    def _begin(self, now_us: int) -> None:
        """What was measured before says nothing of the new limit; what was lost before has had its say."""
        self._recent.clear()
        self._sent.clear()
        self._changed_us = now_us
        if not self.is_mute:
            self._run = 0
