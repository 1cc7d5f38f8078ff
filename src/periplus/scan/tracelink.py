"""The way to the network that traceroute has to itself, with source ports of its own: nobody's answers are mistaken.
Fingerprinting has another of the same kind.

Routes and hardware addresses are those that the scan has found; whoever is traced has been reached before.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from periplus.columns import I64, U8, Mask, distinct
from periplus.scan.raw import NO_LANE, Closable, FrameLine, route
from periplus.scan.sender import Direct, Parcel, Sender
from periplus.space.address import Addresses
from periplus.transport.calls import FrameTransport
from periplus.transport.neighbours import Resolver, Status
from periplus.transport.routes import Path
from periplus.wire.decode import Decoded, Kind, Problem, decode_untrusted
from periplus.wire.packets import Packets
from periplus.wire.table import Table

__all__ = ["NextHops", "TraceLink"]

BUSY_US = 500


@dataclass(frozen=True, slots=True, eq=False)
class NextHops(Table):
    """How addresses are reached: columns of equal length.

    lane i8: a row in the link's lanes (NO_LANE: not at all); mac u1[n, 6]: the next hop's, if it is `known`.
    """

    lane: I64
    next_hop: Addresses
    mac: U8
    known: Mask


class TraceLink(FrameLine):
    """Frames out, packets in."""

    def __init__(
        self,
        paths: list[Path],
        transport: FrameTransport,
        ports: range,
        key: int,
        now_us: Callable[[], int],
        resolver: Resolver,
        held: Iterable[Closable] = (),
        sender: Sender | None = None,
    ) -> None:
        """`ports` are our source ports, `held` what keeps other programs from using them."""
        super().__init__(transport, held, sender or Direct(transport, now_us))
        self.lanes = list({path.lane: None for path in paths if path.lane is not None})
        self.ports = ports
        self.key = key
        self._paths = paths
        self._resolver = resolver

    def next_hops(self, addresses: Addresses) -> NextHops:
        """How these are reached, as far as the scan has found it out."""
        lane, next_hop = route(self._paths, self.lanes, addresses)
        macs, known = np.zeros((len(lane), 6), np.uint8), np.zeros(len(lane), np.bool_)
        for row in distinct(lane[lane != NO_LANE]):
            mine = lane == row
            self._resolver.want(self.lanes[row], next_hop[mine])
            macs[mine], status = self._resolver.lookup(self.lanes[row], next_hop[mine])
            known[mine] = status == Status.KNOWN
        return NextHops(lane, next_hop, macs, known)

    def offer(self, parcel: Parcel) -> None:
        """Send frames."""
        self._sender.offer(parcel)

    def receive(self) -> Decoded:
        """Return what has come and can be read. What cannot is counted by the links of the scan, which see it too."""
        decoded = decode_untrusted(self.packets())
        return decoded[(decoded.problem == Problem.OK) & (decoded.kind != Kind.NONE)]

    def packets(self) -> Packets:
        """Return what has come, as it came."""
        packets = self._transport.receive()
        self._sender.settle()
        return packets

    def patience(self, until_us: int, now_us: int) -> int:
        """Until when one may wait for a packet: room in a full queue comes without one."""
        return until_us if self._sender.room else min(until_us, now_us + BUSY_US)
