"""What an expected number of missed open ports leaves to expect: the interval that holds it in 95 runs of 100.

Each open port that was lost in all its tries was lost by itself, so their number is Poisson's. The interval reaches
from the 2.5th to the 97.5th percentile.

Limits: the expectation is itself an estimate, from the loss that was measured; where nothing is measured nothing
better than it is known.
"""

import math

__all__ = ["missed_95"]

TAIL = 0.025
SIGMAS = 1.959964  # of the normal distribution, between the same percentiles
LARGE = 500.0  # from here on Poisson's is the normal distribution, and its terms underflow


def missed_95(expected: float) -> tuple[int, int]:
    """Return the least and the most that are to be expected, both included.

    Of what is no finite number nothing is known: then they are 0 and 0, as nothing is claimed.
    """
    if not math.isfinite(expected):
        return 0, 0
    if expected > LARGE:
        spread = SIGMAS * math.sqrt(expected)
        return math.floor(expected - spread), math.ceil(expected + spread)
    count, term = 0, math.exp(-expected)
    below = term
    least = None
    while True:
        if least is None and below >= TAIL:
            least = count
        if below >= 1 - TAIL:
            return least or 0, count
        count += 1
        term *= expected / count
        below += term
