"""What finished hosts pass through before they are told: stages in a row, each of which may hold reports for a while.

Only reports wait, never the scan. A stage that a run does not use is a `Through`.
"""

from collections.abc import Iterable
from typing import Protocol

from periplus.result.row import HostReport

__all__ = ["NEVER", "Counted", "Probing", "Stage", "Through", "Unprobed"]

NEVER = 1 << 62


class Stage(Protocol):
    """Reports in, reports out."""

    @property
    def idle(self) -> bool:
        """Whether no report is held."""

    def ask(self, reports: Iterable[HostReport]) -> None:
        """Take reports in."""

    def step(self, now_us: int, alone: bool) -> int:
        """Go on; return when there is more to do. `alone`: the scan is over."""

    def passed(self) -> list[HostReport]:
        """Return the reports that need not wait any longer."""

    def give_up(self) -> None:
        """Wait for nothing more: `passed` gives every report that is left."""


class Counted(Stage, Protocol):
    """A stage that knows how much it still has to do."""

    @property
    def left(self) -> int:
        """How many questions are not answered yet."""


class Probing(Stage, Protocol):
    """A stage that sends packets of its own, and what the loop wants of it besides."""

    sent: int
    heard: int

    def patience(self, until_us: int, now_us: int) -> int:
        """Return until when, at most that moment, nothing but an arrival needs to be seen to."""

    def counters(self) -> dict[str, int]:
        """Return what was discarded, by reason."""

    def drops(self) -> int:
        """Return how many packets the kernel dropped because we read too slowly."""


class Through:
    """Every report passes straight through."""

    def __init__(self) -> None:
        self._ready: list[HostReport] = []

    @property
    def idle(self) -> bool:
        """Whether no report is held."""
        return not self._ready

    @property
    def left(self) -> int:
        """There is never anything to answer."""
        return 0

    def ask(self, reports: Iterable[HostReport]) -> None:
        """Take reports in."""
        self._ready.extend(reports)

    def step(self, now_us: int, alone: bool) -> int:
        """There is nothing to do."""
        return NEVER

    def passed(self) -> list[HostReport]:
        """Return what was taken in."""
        ready, self._ready = self._ready, []
        return ready

    def give_up(self) -> None:
        """There is nothing to give up."""


class Unprobed(Through):
    """Reports pass straight through a stage that sends nothing."""

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
