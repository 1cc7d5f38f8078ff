"""How long answers take where nothing waits: what is usual for hosts of which that is not known yet.

A host's shortest round trip tells how long its way takes, but only if it was met while no queue stood. Where many
hosts have few ports each, most are met for the first time in a queue that we keep standing ourselves, and take its
delay for their own: the latecomers of congestion control by delay (RFC 6817 section 4.1; L. Brakmo, S. O'Malley,
L. Peterson, "TCP Vegas", 1994). So the measure of a run comes from the first answers, which leave before there is a
queue, and from those that come while none is felt. It is the longest of the shortest quarter, as hosts differ; then
it is left alone.

Limits: where hosts are unlike, a queue shorter than what lies between the nearest and that quarter is not felt by it.
A way that has become longer is taken for a queue, until the lowest rate shows that it is none (`believe`).
"""

import math

import numpy as np

from periplus.columns import F64

__all__ = ["APART_US", "CALM_US", "DOUBT", "ENOUGH", "FIRST", "LEAST", "MOST", "Usual"]

FIRST = 4  # answers that make a measure; after more a queue may stand
MOST = 64  # and that complete it
SHORTEST = 0.25  # the longest of this part is the measure
CALM_US = 3_000.0  # who waited no longer met no queue
ENOUGH = 16  # answers of which one at least did not wait, if there is no queue;
LEAST = 4  # and so many where hosts are alike, whose jitter spares one
APART_US = 12_000.0  # by which hosts may differ and still be alike
DOUBT = 0.01  # how likely it may be that only far hosts have answered


class Usual:
    """`trip_us` is the measure, 0 until there is one; `turn` how often all of it was given up.

    `enough`: so many answers wait together for a queue only, and not because their ways are longer.
    """

    def __init__(self) -> None:
        self.turn = 0
        self._begin()

    def _begin(self) -> None:
        self.trip_us = 0.0
        self.enough = ENOUGH
        self._clean: F64 = np.zeros(0)
        self._doubtful: F64 = np.zeros(0)

    @property
    def is_complete(self) -> bool:
        """Whether nothing more is learnt."""
        return len(self._clean) >= MOST

    def met(self, rtt_us: F64) -> None:
        """Hosts answered for the first time, after so long."""
        if not self.trip_us:
            self._learn(rtt_us)
            return
        if self.is_complete:
            return
        self._doubtful = np.concatenate([self._doubtful, rtt_us])
        if len(self._doubtful) < ENOUGH:
            return
        if self._doubtful.min() < self.trip_us + CALM_US:
            self._learn(self._doubtful)
        self._doubtful = np.zeros(0)

    def _learn(self, rtt_us: F64) -> None:
        self._clean = np.concatenate([self._clean, rtt_us])[:MOST]
        if len(self._clean) < FIRST:
            return
        self.trip_us = float(np.quantile(self._clean, SHORTEST))
        far = np.count_nonzero(self._clean > self.trip_us + APART_US)
        share = (far + 1) / (len(self._clean) + 2)  # by the rule of succession
        self.enough = int(np.clip(math.ceil(math.log(DOUBT) / math.log(share)), LEAST, ENOUGH))

    def believe(self) -> None:
        """What answers wait is no queue of ours: begin anew; the ways take what they take now."""
        self.turn += 1
        self._begin()
