"""How fast, how patient, how often: one frozen description of timing, and Nmap's six templates of it.

The templates -T0 to -T5 keep the meaning that Nmap's users know: round-trip limits, delays between probes and the
cap on retransmissions are its documented values. What Nmap has no word for is ours: `floor_rate`, the pace that a
network gets which never answers and so never clocks the sender, and `once`.
"""

from dataclasses import dataclass, replace

__all__ = ["TEMPLATES", "Timing"]

MS = 1_000
SECOND = 1_000_000
LONGER = 3
UNLIMITED = 1e9  # a rate that nothing reaches


@dataclass(frozen=True, slots=True)
class Timing:
    """All times in microseconds, rates in probes a second; 0 means no limit unless said otherwise."""

    initial_rtt_us: int = SECOND
    min_rtt_us: int = 100 * MS
    max_rtt_us: int = 10 * SECOND
    max_tries: int = 11  # the first probe and at most ten retransmissions
    min_tries: int = 2  # silence is believed no sooner
    scan_delay_us: int = 0  # between two probes to one host
    parallelism: int = 0  # probes outstanding at once; 0: the windows decide
    floor_rate: float = 2_500.0  # what silence gets, whatever the windows say
    floor_is_fixed: bool = False  # asked for by the user (--min-rate): loss does not lower it
    max_rate: float = 0.0
    max_host_rate: float = 0.0  # to each host
    max_net_rate: float = 0.0  # to each /24, or IPv6 /64
    growth: float = 1.0  # probes that one answer adds to a window
    host_timeout_us: int = 0
    defeat_rations: bool = False  # do not wait for answers that hosts ration
    missed_per_1000: float = 0.01  # open ports that may be missed among 1,000 silent ones
    leaves_alone: bool = True  # hosts that fall silent while they are asked

    def once(self) -> "Timing":
        """Return the timing of a scan without state: everything once, as fast as the way out and `max_rate` let it.

        As nothing is asked again, every answer is waited for at least `LONGER` times as long as is usual.
        """
        patience_us = min(LONGER * self.min_rtt_us, max(self.initial_rtt_us, self.min_rtt_us))
        return replace(
            self.limited(0),
            min_rtt_us=patience_us,
            max_rtt_us=max(self.max_rtt_us, patience_us),
            parallelism=0,
            floor_rate=UNLIMITED,
            floor_is_fixed=True,
            leaves_alone=False,
        )

    def limited(self, max_retries: int) -> "Timing":
        """Return the timing with at most this many retransmissions."""
        tries = max_retries + 1
        return replace(self, max_tries=tries, min_tries=min(self.min_tries, tries))


TEMPLATES: tuple[Timing, ...] = (
    Timing(
        initial_rtt_us=300 * SECOND,
        max_rtt_us=300 * SECOND,
        scan_delay_us=300 * SECOND,
        parallelism=1,
        floor_rate=0.0,
    ),
    Timing(
        initial_rtt_us=15 * SECOND,
        max_rtt_us=15 * SECOND,
        scan_delay_us=15 * SECOND,
        parallelism=1,
        floor_rate=0.0,
    ),
    Timing(scan_delay_us=400 * MS, parallelism=1, floor_rate=0.0),
    Timing(),
    Timing(initial_rtt_us=500 * MS, max_rtt_us=1_250 * MS, max_tries=7, floor_rate=10_000.0, growth=2.0),
    Timing(
        initial_rtt_us=250 * MS,
        min_rtt_us=50 * MS,
        max_rtt_us=300 * MS,
        max_tries=3,
        floor_rate=20_000.0,
        growth=2.0,
        host_timeout_us=900 * SECOND,
    ),
)
