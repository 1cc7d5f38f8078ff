"""What every transport of frames offers, and the ways in which sending can fail for good.

The scan loop knows only this page, so the kernel, a file and a pair of queues are interchangeable. Passing
trouble (a full queue) is no error: `send` takes fewer frames than offered. What is raised here does not pass
by waiting.
"""

from typing import TYPE_CHECKING, Protocol

from periplus.errors import CannotScan

if TYPE_CHECKING:
    from periplus.columns import U8
    from periplus.wire.lane import Lane
    from periplus.wire.packets import Packets

__all__ = ["FrameTransport", "LinkDown", "SendRefused"]


class LinkDown(CannotScan):
    """The interface that should carry the frames is down or gone."""


class SendRefused(CannotScan):
    """A firewall of this machine refuses our own packets."""


class FrameTransport(Protocol):
    """Frames out, packets in."""

    def send(self, lane: "Lane", frames: "U8") -> int:
        """Offers U8[n, width] frames; returns how many were taken, from the front; fewer means: wait, offer
        again.

        Raises `LinkDown`, `SendRefused` or another `CannotScan`, and only when the first frame met the
        trouble.
        """

    def receive(self, limit: int = 4096) -> "Packets":
        """At most `limit` packets that have arrived; never waits."""

    def wait(self, timeout_us: int) -> bool:
        """Waits for a packet, at most so many microseconds; True when one is there."""

    def files(self) -> tuple[int, ...]:
        """Descriptors that become readable when a packet comes."""

    def capacity(self) -> int:
        """How many answers may wait to be read before some are lost."""

    def backlog(self) -> float:
        """Which share of the place for answers is taken by those that wait to be read, 0 to 1."""

    def drops(self) -> int:
        """Packets that arrived since the start and were lost because we read too slowly."""

    def close(self) -> None:
        """Gives everything back; a second call does nothing."""
