"""Round-trip times per host, after RFC 6298: SRTT with gain 1/8, RTTVAR with gain 1/4, RTO = SRTT + 4 RTTVAR.

Every try has its own source port, so an answer names the try it answers and Karn's ambiguity does not arise. A
batch may bring many samples of one host; they count as one, their mean (RFC 6298 section 3 asks for one a round
trip), and their mean deviation feeds the variance.
"""

from dataclasses import dataclass

import numpy as np

from periplus.columns import F64, I64
from periplus.engine.columns import column
from periplus.engine.timing import Timing

__all__ = ["RoundTrips", "observe"]

SRTT_GAIN = 1 / 8
RTTVAR_GAIN = 1 / 4
VARIANCES = 4


@dataclass(slots=True)
class RoundTrips:
    """What is known of the way to each host; microseconds."""

    srtt_us: F64 = column("f8", "smoothed round-trip time; 0: no sample yet")
    rttvar_us: F64 = column("f8", "smoothed mean deviation")
    rto_us: F64 = column("f8", "how long a probe is waited for")
    least_us: F64 = column("f8", "the shortest round trip seen", np.inf)


def observe(trips: RoundTrips, host: I64, rtt_us: F64, timing: Timing) -> None:
    """Take samples in: `host` and `rtt_us` are columns of equal length, several rows a host allowed."""
    hosts, row, counts = np.unique(host, return_inverse=True, return_counts=True)
    mean = np.bincount(row, rtt_us) / counts
    np.minimum.at(trips.least_us, host, rtt_us)
    known = trips.srtt_us[hosts] > 0
    srtt = np.where(known, trips.srtt_us[hosts], mean)
    deviation = np.bincount(row, np.abs(rtt_us - srtt[row])) / counts
    variance = np.where(
        known,
        trips.rttvar_us[hosts] + RTTVAR_GAIN * (deviation - trips.rttvar_us[hosts]),
        np.maximum(mean / 2, deviation),
    )
    srtt += SRTT_GAIN * (mean - srtt)
    trips.srtt_us[hosts] = srtt
    trips.rttvar_us[hosts] = variance
    trips.rto_us[hosts] = np.clip(srtt + VARIANCES * variance, timing.min_rtt_us, timing.max_rtt_us)
