"""Where finished hosts pass by before their way is looked for: those that accept suspiciously much are asked again.

Only reports wait, never the scan. This file is what every run loads; `scan.doubts` is loaded when a run may doubt.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

import numpy as np

from periplus.columns import U16, Mask
from periplus.engine.group import Group
from periplus.engine.replies import Findings
from periplus.result.batch import HostBatch
from periplus.result.row import Crowded, HostReport
from periplus.scan.clock import Clock
from periplus.scan.config import ScanConfig, Work

if TYPE_CHECKING:
    from periplus.space.address import Addresses
    from periplus.transport.ask import Answer

__all__ = ["PACKETS", "AskLink", "Asking", "Doubting", "Undoubting", "doubting_for"]

NEVER = 1 << 62
PACKETS = 4  # of a connection that ours begins and ends: SYN, ACK, data, RST


class Asking(Protocol):
    """What `transport.ask.Asks` does."""

    def room(self) -> int:
        """How many questions may be begun now."""

    def begin(
        self, tokens: list[int], them: "Addresses", ports: U16, patience_us: int, now_us: Callable[[], int]
    ) -> int:
        """Begin to ask; return how many were begun, from the front."""

    def poll(self, now_us: Callable[[], int]) -> "list[Answer]":
        """Return what has ended since the last call."""

    def close(self) -> None:
        """Close every connection."""


class AskLink:
    """Opens the way to ask by connections with data when it is first wanted."""

    def __init__(self, opened: Callable[[], Asking | None]) -> None:
        """`opened` makes it; None: it cannot be had here."""
        self._opened = opened
        self._made: Asking | None = None
        self._tried = False

    def asks(self) -> Asking | None:
        """Return it, the same each time."""
        if not self._tried:
            self._tried, self._made = True, self._opened()
        return self._made

    def close(self) -> None:
        """Close what was opened."""
        if self._made is not None:
            self._made.close()


class Doubting(Protocol):
    """Reports in, reports out."""

    begun: int
    """How many connections with data were begun."""

    @property
    def idle(self) -> bool:
        """Whether no report is held."""

    def tellable(self, work: Work | None, group: Group, found: Findings) -> Findings:
        """Return the findings that may be told before their hosts are judged."""

    def clear(self, batch: HostBatch) -> Mask:
        """Return which hosts are above suspicion. They count as judged; only the others need to be given to `ask`."""

    def ask(self, reports: Iterable[HostReport]) -> None:
        """Take reports in."""

    def step(self, now_us: int, alone: bool) -> int:
        """Go on; return when there is more to do. `alone`: the scan is over."""

    def judged(self) -> list[HostReport]:
        """Return the reports that need not wait any longer."""

    def give_up(self) -> None:
        """Wait for nothing more: `judged` gives every report that is left."""

    def crowded(self) -> tuple[Crowded, ...]:
        """Return the networks that something stands in front of."""


class Undoubting:
    """Every report passes straight through."""

    def __init__(self) -> None:
        self.begun = 0
        self._ready: list[HostReport] = []

    @property
    def idle(self) -> bool:
        """Whether no report is held."""
        return not self._ready

    def tellable(self, work: Work | None, group: Group, found: Findings) -> Findings:
        """Return all findings."""
        return found

    def clear(self, batch: HostBatch) -> Mask:
        """Nobody is suspected."""
        return np.ones(len(batch), np.bool_)

    def ask(self, reports: Iterable[HostReport]) -> None:
        """Take reports in."""
        self._ready.extend(reports)

    def step(self, now_us: int, alone: bool) -> int:
        """There is nothing to do."""
        return NEVER

    def judged(self) -> list[HostReport]:
        """Return what was taken in."""
        ready, self._ready = self._ready, []
        return ready

    def give_up(self) -> None:
        """There is nothing to give up."""

    def crowded(self) -> tuple[Crowded, ...]:
        """Nobody was judged."""
        return ()


def doubting_for(config: ScanConfig, link: AskLink | None, clock: Clock) -> Doubting:
    """Return what there is a link for."""
    if link is None or config.tarpits is None:
        return Undoubting()
    from periplus.scan.doubts import Doubts

    return Doubts(config, config.tarpits, link, clock)
