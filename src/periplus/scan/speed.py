"""How fast a run goes of late, and when it will be over: an estimate that is honest or absent.

The share of work done is looked at over the last seconds, not since the start: a scan of silent hosts runs at another
pace than its first, answering ones. No estimate is given before there is enough to go by. Where hosts set the pace
by the rations of their answers, the past says nothing: what they are known to take is the estimate.
"""

__all__ = ["Speed"]

EVERY_US = 100_000
MEMORY_S = 8.0
ENOUGH_S = 1.0
SECOND_US = 1_000_000


class Speed:
    """Rate and remaining time from (time, probes, share done) as they are observed."""

    def __init__(self, now_us: int, share: float = 0.0) -> None:
        self._seen: list[tuple[int, int, float]] = [(now_us, 0, share)]
        self._due_us = now_us + EVERY_US
        self.rate_pps = 0.0
        self.eta_s: float | None = None

    def due(self, now_us: int) -> bool:
        """Whether it is time for another look."""
        return now_us >= self._due_us

    def observe(self, now_us: int, sent: int, share: float, paced_s: float | None = None) -> None:
        """Take a look: probes sent so far and the share of work done; `paced_s`: what paced hosts take, if only they
        are left."""
        self._due_us = now_us + EVERY_US
        self._seen.append((now_us, sent, share))
        while len(self._seen) > 2 and now_us - self._seen[1][0] > MEMORY_S * SECOND_US:
            self._seen.pop(0)
        then_us, sent_then, share_then = self._seen[0]
        seconds = (now_us - then_us) / SECOND_US
        if seconds <= 0:
            return
        self.rate_pps = (sent - sent_then) / seconds
        gained = share - share_then
        known = seconds >= ENOUGH_S and gained > 0
        self.eta_s = (1.0 - share) * seconds / gained if known else None
        if paced_s is not None:
            self.eta_s = paced_s
