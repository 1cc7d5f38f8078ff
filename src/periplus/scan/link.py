"""What the loop needs of a way to the network, whether it speaks frames or ordinary sockets."""

from collections.abc import Iterable
from typing import Protocol

from periplus.columns import I64, U8
from periplus.engine.engine import Engine, Limits
from periplus.engine.group import Group
from periplus.engine.replies import Probes, Replies

__all__ = ["Link"]


class Link(Protocol):
    """One way to the network. Times are the monotonic clock's, in microseconds."""

    limits: Limits

    def open(self, engine: Engine, group: Group, now_us: int) -> None:
        """Find the ways to the hosts of a new group; release or dismiss them, now or in a later `collect`."""

    def room(self) -> int:
        """Return how many probes may be handed to `send` now."""

    def send(self, group: Group, probes: Probes) -> None:
        """Send probes, or keep what finds no room after all."""

    def collect(self, engine: Engine) -> dict[int, Replies]:
        """Return the answers that have come, by group; never waits."""

    def wait(self, until_us: int, now_us: int) -> None:
        """Wait until something comes, or there is something to do, or that moment."""

    def patience(self, until_us: int, now_us: int) -> int:
        """Return until when, at most that moment, nothing but an arrival needs to be seen to."""

    def files(self) -> tuple[int, ...]:
        """Return descriptors that become readable when something arrives."""

    def alive(self, group: Group, hosts: I64) -> U8:
        """Return by host the Reason for which it is known to be up without any port's answer; 0: none."""

    def hardware(self, group: Group, hosts: I64) -> dict[int, str]:
        """Return the hardware addresses of those of the hosts that are on-link, by their places among `hosts`."""

    def counters(self) -> dict[str, int]:
        """Return what was discarded, by reason."""

    def drops(self) -> int:
        """Return how many packets the kernel dropped because we read too slowly."""

    def close(self) -> None:
        """Give everything back."""

    def forget(self, groups: Iterable[int]) -> None:
        """These groups are over."""
