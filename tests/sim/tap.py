"""Several links on one wire: each `Tap` gets what the kernel's filter would let through to its socket.

Time passes on the wire alone, whoever reads; what has arrived is laid before every tap at once.

Limits: no IPv6 extension headers.
"""

import numpy as np
from tests.sim.frames import Wire

from periplus.columns import U8
from periplus.transport.memory import MemoryTransport
from periplus.wire.lane import Lane
from periplus.wire.packets import Packets

ERRORS, ERRORS6 = (3, 11, 12), (1, 2, 3, 4, 136)
REPLIES, REPLIES6 = (0, 14, 18), (129,)


class Board:
    """Where the taps of a wire hang."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.taps: list[Tap] = []

    def tap(self, ports: range, protocols: tuple[int, ...]) -> "Tap":
        """One more link that asks from these ports in these protocols."""
        made = Tap(self, ports, protocols)
        self.taps.append(made)
        return made

    def look(self) -> None:
        """Hand out what has arrived."""
        packets = self.wire.receive()
        for tap in self.taps:
            tap.deliver(packets[np.array([tap.wants(row) for row in rows(packets)], np.bool_)])

    def pause(self, timeout_us: int) -> bool:
        """Let time pass until something arrives; none passes while anybody has something to read."""
        return any(tap.filled for tap in self.taps) or self.wire.wait(timeout_us)


def rows(packets: Packets) -> list[tuple[int, bytes]]:
    """Ethertypes and bytes."""
    return [(int(kind), data.tobytes()) for kind, data in zip(packets.ethertype, packets.data, strict=True)]


class Tap(MemoryTransport):
    """One link's end; it sends by the wire and hears its own part."""

    def __init__(self, board: Board, ports: range, protocols: tuple[int, ...]) -> None:
        super().__init__()
        self.ports = ports
        self.protocols = protocols
        self._board = board

    def send(self, lane: Lane, frames: U8) -> int:
        """By the wire, and its troubles."""
        return self._board.wire.send(lane, frames)

    def receive(self, limit: int = 4096) -> Packets:
        """What has arrived for this one."""
        self._board.look()
        return super().receive(limit)

    def wait(self, timeout_us: int) -> bool:
        """Let time pass: who is alone waits by itself."""
        return self._board.pause(timeout_us)

    @property
    def filled(self) -> bool:
        """Whether there is something to read."""
        return super().wait(0)

    def wants(self, row: tuple[int, bytes]) -> bool:
        """Whether the filter lets a packet through."""
        ethertype, data = row
        if ethertype == 0x0806:
            return True
        is_v6 = ethertype == 0x86DD
        protocol, body = (data[6], data[40:]) if is_v6 else (data[9], data[(data[0] & 15) * 4 :])
        asks = 1 in self.protocols
        if protocol == 58 and is_v6:
            return body[0] in ERRORS6 + REPLIES6 * asks
        if protocol == 1 and not is_v6:
            return body[0] in ERRORS + REPLIES * asks
        return protocol in self.protocols and int.from_bytes(body[2:4]) in self.ports
