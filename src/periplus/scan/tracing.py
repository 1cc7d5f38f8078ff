"""Where finished hosts pass by on their way to their names: traced, or as they are.

Only reports wait for their way, never the scan. What the rate's ceiling allows is divided between the two.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from periplus.engine.timing import Timing
from periplus.result.row import HostReport
from periplus.scan.config import ScanConfig

if TYPE_CHECKING:
    from periplus.scan.tracelink import TraceLink

__all__ = ["TRACE_SHARE", "Tracing", "Untraced", "scan_timing", "tracing_for"]

NEVER = 1 << 62
TRACE_SHARE = 0.1  # of a ceiling on the rate, as long as the scan goes on


class Tracing(Protocol):
    """Reports in, reports out."""

    sent: int
    heard: int

    @property
    def idle(self) -> bool:
        """Whether no report is held."""

    def ask(self, reports: Iterable[HostReport]) -> None:
        """Take reports in."""

    def step(self, now_us: int, alone: bool) -> int:
        """Send what is due; return when there is more to do. `alone`: the scan is over."""

    def traced(self) -> list[HostReport]:
        """Return the reports that need not wait any longer."""

    def give_up(self) -> None:
        """Wait for nothing more: `traced` gives every report that is left."""

    def patience(self, until_us: int, now_us: int) -> int:
        """Return until when, at most that moment, nothing but an arrival needs to be seen to."""

    def counters(self) -> dict[str, int]:
        """Return what was discarded, by reason."""

    def drops(self) -> int:
        """Return how many packets the kernel dropped because we read too slowly."""


class Untraced:
    """Nobody's way is looked for: every report passes straight through."""

    def __init__(self) -> None:
        self.sent = self.heard = 0
        self._ready: list[HostReport] = []

    @property
    def idle(self) -> bool:
        """Whether no report is held."""
        return not self._ready

    def ask(self, reports: Iterable[HostReport]) -> None:
        """Take reports in."""
        self._ready.extend(reports)

    def step(self, now_us: int, alone: bool) -> int:
        """There is nothing to do."""
        return NEVER

    def traced(self) -> list[HostReport]:
        """Return what was taken in."""
        ready, self._ready = self._ready, []
        return ready

    def give_up(self) -> None:
        """There is nothing to give up."""

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
