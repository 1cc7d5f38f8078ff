"""A transport without a kernel: what is sent lies in a list, what is delivered comes back. For tests."""

import sys
from collections import deque
from collections.abc import Callable

from periplus.columns import U8
from periplus.errors import CannotScan
from periplus.wire.lane import Lane
from periplus.wire.packets import Packets

__all__ = ["MemoryTransport"]


class MemoryTransport:
    """A `calls.FrameTransport`; `sent` holds what was taken, as pairs of a lane and its frames."""

    def __init__(self, peer: Callable[[Lane, U8], Packets] | None = None, places: int = sys.maxsize) -> None:
        """`peer` answers frames as they are sent; without it packets come from `deliver` alone.

        `places`: so many may wait to be read; what comes then is lost.
        """
        self.sent: list[tuple[Lane, U8]] = []
        self.closed = False
        self._peer = peer
        self._places = places
        self._drops = 0
        self._arrived: deque[Packets] = deque()
        self._troubles: deque[CannotScan | int] = deque()

    def deliver(self, packets: Packets) -> None:
        """Makes packets arrive, as many as there is place for."""
        taken = packets[: self._places - self._waiting]
        self._drops += len(packets) - len(taken)
        if len(taken):
            self._arrived.append(taken)

    @property
    def _waiting(self) -> int:
        return sum(map(len, self._arrived))

    def trouble(self, what: CannotScan | int) -> None:
        """The next call of `send` raises this error, or takes no more than this number of frames."""
        self._troubles.append(what)

    def send(self, lane: Lane, frames: U8) -> int:
        """Takes all frames unless trouble was ordered."""
        trouble = self._troubles.popleft() if self._troubles else len(frames)
        if isinstance(trouble, CannotScan):
            raise trouble
        taken = frames[:trouble].copy()
        self.sent.append((lane, taken))
        if self._peer is not None and len(taken):
            self.deliver(self._peer(lane, taken))
        return len(taken)

    def receive(self, limit: int = 4096) -> Packets:
        """At most `limit` packets, in the order of their delivery."""
        packets = Packets.concat(list(self._arrived))
        self._arrived.clear()
        self.deliver(packets[limit:])
        return packets[:limit]

    def wait(self, timeout_us: int) -> bool:
        """True when a packet is there; time does not pass in memory."""
        return timeout_us >= 0 and bool(self._arrived)

    def files(self) -> tuple[int, ...]:
        """Memory has none."""
        return ()

    def capacity(self) -> int:
        """How many may wait to be read."""
        return self._places

    def backlog(self) -> float:
        """Which share of the places is taken."""
        return self._waiting / self._places

    def drops(self) -> int:
        """What came when no place was free."""
        return self._drops

    def close(self) -> None:
        """Sets `closed`."""
        self.closed = True
