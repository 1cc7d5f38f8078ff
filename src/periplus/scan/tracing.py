"""Where finished hosts pass by on their way to their names: traced, or as they are.

Only reports wait for their way, never the scan. What the rate's ceiling allows is divided between the two.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from periplus.engine.timing import Timing
from periplus.scan.config import ScanConfig
from periplus.scan.stage import Stage, Through

if TYPE_CHECKING:
    from periplus.scan.tracelink import TraceLink

__all__ = ["TRACE_SHARE", "Tracing", "Untraced", "scan_timing", "tracing_for"]

TRACE_SHARE = 0.1  # of a ceiling on the rate, as long as the scan goes on


class Tracing(Stage, Protocol):
    """The stage, and what the loop wants of it besides."""

    sent: int
    heard: int

    def patience(self, until_us: int, now_us: int) -> int:
        """Return until when, at most that moment, nothing but an arrival needs to be seen to."""

    def counters(self) -> dict[str, int]:
        """Return what was discarded, by reason."""

    def drops(self) -> int:
        """Return how many packets the kernel dropped because we read too slowly."""


class Untraced(Through):
    """Nobody's way is looked for."""

    sent = heard = 0

    def patience(self, until_us: int, now_us: int) -> int:
        """There is nothing to see to."""
        return until_us

    def counters(self) -> dict[str, int]:
        """Nothing is read, so nothing is discarded."""
        return {}

    def drops(self) -> int:
        """Nothing arrives."""
        return 0


def scan_timing(config: ScanConfig) -> Timing:
    """Return the timing that is left for the scan itself."""
    timing = config.timing
    if not config.traceroute or not timing.max_rate:
        return timing
    return replace(timing, max_rate=timing.max_rate * (1 - TRACE_SHARE))


def tracing_for(config: ScanConfig, link: "TraceLink | None", now_us: int) -> Tracing:
    """Return what there is a link for."""
    if link is None:
        return Untraced()
    from periplus.scan.trace import Traces

    return Traces(config, link, now_us)
