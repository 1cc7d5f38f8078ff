"""Where finished hosts pass by before their way is looked for: those that accept suspiciously much are asked again.

Only reports wait, never the scan. This file is what every run loads; `scan.doubts` is loaded when a run may doubt.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import numpy as np

from periplus.columns import U16, Mask
from periplus.engine.crowd import FEWEST
from periplus.engine.group import Group
from periplus.engine.replies import Findings
from periplus.result.batch import HostBatch
from periplus.result.row import Crowded
from periplus.scan.clock import Clock
from periplus.scan.config import ScanConfig, Work
from periplus.scan.stage import Stage, Through

if TYPE_CHECKING:
    from periplus.space.address import Addresses
    from periplus.transport.ask import Answer

__all__ = ["PACKETS", "AskLink", "Asking", "Doubting", "Undoubting", "doubting_for"]

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


class Doubting(Stage, Protocol):
    """The stage, and what the loop wants of it besides."""

    begun: int
    """How many connections with data were begun."""

    def tellable(self, work: Work | None, group: Group, found: Findings) -> Findings:
        """Return the findings that may be told before their hosts are judged."""

    def clear(self, batch: HostBatch) -> Mask:
        """Return which hosts are above suspicion. They count as judged; only the others need to be given to `ask`."""

    def crowded(self) -> tuple[Crowded, ...]:
        """Return the networks that something stands in front of."""


class Undoubting(Through):
    """Nobody is doubted."""

    begun = 0

    def tellable(self, work: Work | None, group: Group, found: Findings) -> Findings:
        """Return all findings."""
        return found

    def clear(self, batch: HostBatch) -> Mask:
        """Nobody is suspected."""
        return np.ones(len(batch), np.bool_)

    def crowded(self) -> tuple[Crowded, ...]:
        """Nobody was judged."""
        return ()


def doubting_for(config: ScanConfig, link: AskLink | None, clock: Clock) -> Doubting:
    """Return what there is a link for; nobody is doubted where too few ports are asked for a crowd."""
    asked = (len(block.ports) for work in config.works for block in work.space.blocks)
    if link is None or config.tarpits is None or max(asked, default=0) < FEWEST:
        return Undoubting()
    from periplus.scan.doubts import Doubts

    return Doubts(config, config.tarpits, link, clock)
