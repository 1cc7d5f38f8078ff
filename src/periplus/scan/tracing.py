"""Where finished hosts pass by on their way to their names: traced, or as they are.

Only reports wait for their way, never the scan. What the rate's ceiling allows is divided between the two.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from periplus.engine.timing import Timing
from periplus.scan.config import ScanConfig
from periplus.scan.stage import Probing, Unprobed

if TYPE_CHECKING:
    from periplus.scan.tracelink import TraceLink

__all__ = ["TRACE_SHARE", "scan_timing", "tracing_for"]

TRACE_SHARE = 0.1  # of a ceiling on the rate, as long as the scan goes on


def scan_timing(config: ScanConfig) -> Timing:
    """Return the timing that is left for the scan itself."""
    timing = config.timing
    if not config.traceroute or not timing.max_rate:
        return timing
    return replace(timing, max_rate=timing.max_rate * (1 - TRACE_SHARE))


def tracing_for(config: ScanConfig, link: "TraceLink | None", now_us: int) -> Probing:
    """Return what there is a link for."""
    if link is None:
        return Unprobed()
    from periplus.scan.trace import Traces

    return Traces(config, link, now_us)
