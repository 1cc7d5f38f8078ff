"""Windows: how many probes may be on their way, to each host and on the whole.

Slow start (RFC 5681 section 3.1) clocked by answers: each answer adds one probe (or two) to the window until the
first sign of a queue, then one a window, or a 24th of a large one. Where few ports answer each answer stands for the
silent ones asked beside it, which got through as well (`weight`), at most `MOST_WEIGHT`. Silence says nothing here,
since a firewall is silent for ever; what counts is a probe answered only on a later try, and round trips that grow.

Random loss must not slow a scan down, congestion must. The two are told apart by an experiment: when the share of
lost probes is above what was usual, the window falls to what got through; if the share stays as high, the rate was
not the cause, the window comes back and the share becomes the usual one.

The columns serve the overall window (one row) and the hosts' (one row each) alike. Limits: evidence of loss comes
one time-out late, so a sudden bottleneck costs the probes of that time, which are asked again.
"""

from dataclasses import dataclass

import numpy as np

from periplus.columns import F64, I64, Mask
from periplus.engine.columns import allocate, column

__all__ = ["Windows"]

LEAST = 4.0
MOST_WEIGHT = 20.0
LEAST_GROWTH = 1 / 24  # of a window, with each window of answers
ENOUGH = 40  # probes whose fate must be known before a share of loss is believed
MARGIN = 0.05  # loss above the usual that is taken for congestion
STILL = 0.7  # a share that stays over this part of the former was not caused by the rate
CAUTION = 0.9  # after loss: the window is what got through, less this
USUAL_GAIN = 1 / 8
QUEUE_SLOW_US = 12_000  # a queue of this delay ends slow start
QUEUE_FULL_US = 30_000  # and at this the window shrinks
QUEUE_SHRINK = 0.85  # by this, or what would leave a queue of that delay,
MOST_SHRINK = 0.5  # but no more than to this


@dataclass(slots=True)
class _Columns:
    window: F64 = column("f8", "probes that may be outstanding")
    threshold: F64 = column("f8", "below it a window is in slow start", np.inf)
    heard: F64 = column("f8", "probes answered since the last review")
    lost: F64 = column("f8", "probes known lost since the last review")
    usual: F64 = column("f8", "the share of loss that the rate does not cause")
    before: F64 = column("f8", "during an experiment: the window it began with; else 0")
    share_before: F64 = column("f8", "during an experiment: the share of loss it began with")
    deaf_until: I64 = column("i8", "evidence before this time is of an older window")


class Windows:
    """Congestion windows as columns; `first` is where they begin, `most` where they end."""

    def __init__(self, rows: int, first: float, most: float, growth: float) -> None:
        self._columns = allocate(_Columns, rows)
        self._columns.window[:] = first
        self._most = most
        self._growth = growth

    @property
    def size(self) -> F64:
        """The windows, in probes."""
        return self._columns.window

    def heard(self, row: I64, answers: F64, weight: F64 | float = 1.0) -> None:
        """Answers came: `row` without repeats, `answers` their number in each row, `weight` how many probes got
        through for each."""
        columns = self._columns
        columns.heard[row] += answers
        window = columns.window[row]
        slow = window < columns.threshold[row]
        grown_by = self._growth * answers
        passed = grown_by * np.clip(weight, 1.0, MOST_WEIGHT)
        at_once = np.minimum(passed, np.maximum(window, grown_by))  # few answers do not more than double it
        grown = window + np.where(slow, at_once, passed * np.maximum(1 / window, LEAST_GROWTH))
        columns.window[row] = np.minimum(grown, self._most)

    def lost(self, row: I64, probes: F64) -> None:
        """Probes turned out to be lost: `row` without repeats."""
        self._columns.lost[row] += probes

    def queued(self, row: I64, delay_us: F64) -> Mask:
        """The least queueing delay of the last round trip in each row, without repeats; return which shrink."""
        columns = self._columns
        window = columns.window[row]
        full = delay_us > QUEUE_FULL_US
        part = np.clip(QUEUE_FULL_US / np.maximum(delay_us, 1.0), MOST_SHRINK, QUEUE_SHRINK)
        shrunk = np.maximum(np.where(full, window * part, window), LEAST)
        columns.window[row] = shrunk
        slow = (delay_us > QUEUE_SLOW_US) & (window < columns.threshold[row])
        columns.threshold[row] = np.where(slow | full, shrunk, columns.threshold[row])
        return full

    def review(self, now_us: int, wait_us: F64) -> None:
        """Judge the evidence of every row that has enough.

        `wait_us`: how long news of a new window takes (a time-out and a round trip).
        """
        columns = self._columns
        fates = columns.heard + columns.lost
        stale = now_us < columns.deaf_until
        ripe = (fates >= ENOUGH) | (stale & (fates > 0))
        if not ripe.any():
            return
        self._judge(ripe & ~stale, now_us, wait_us)
        columns.heard[ripe] = 0
        columns.lost[ripe] = 0

    def _judge(self, ripe: Mask, now_us: int, wait_us: F64) -> None:
        columns = self._columns
        fates = np.maximum(columns.heard + columns.lost, 1)
        share = columns.lost / fates
        trial = ripe & (columns.before > 0)
        noise = 2 * np.sqrt(np.maximum(columns.usual, 0.01) / fates)
        suspicious = ripe & ~trial & (share > columns.usual + MARGIN + noise)
        innocent = trial & (share > STILL * columns.share_before)
        calm = ripe & ~trial & ~suspicious
        factor = np.ones(len(share))
        factor[suspicious] = ((1 - share) * CAUTION)[suspicious]
        factor[innocent] = (columns.before / columns.window)[innocent]
        columns.usual[calm] += USUAL_GAIN * (share - columns.usual)[calm]
        columns.usual[innocent] = share[innocent]
        columns.before = np.where(suspicious, columns.window, np.where(trial, 0.0, columns.before))
        columns.share_before[suspicious] = share[suspicious]
        columns.window = np.clip(columns.window * factor, LEAST, self._most)
        columns.threshold[suspicious] = columns.window[suspicious]
        columns.deaf_until[suspicious] = (now_us + wait_us)[suspicious].astype(np.int64)
