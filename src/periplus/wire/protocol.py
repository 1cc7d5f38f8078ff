"""Questions after IP protocols as frames: is there anybody who speaks it?

What stands for a port is the protocol's number. Protocols whose header may be needed for an answer get a proper one:
TCP an ACK that opens nothing, UDP a datagram to a port that hardly anybody uses, SCTP an INIT, ICMP and ICMPv6 an
echo each in its own family, IGMP a general query (RFC 1112 appendix I). Of all others the IP header is asked, and
what follows is empty but for what the shape adds. The number is the IP identification or the low half of the flow
label, and where a header has room, it is there as well.
"""

import numpy as np

from periplus.columns import I64, U8, distinct
from periplus.wire.checksum import finish, partial_sum
from periplus.wire.headers import (
    ANYTHING,
    PROTOCOL_ICMP,
    PROTOCOL_ICMP6,
    PROTOCOL_IGMP,
    PROTOCOL_SCTP,
    PROTOCOL_TCP,
    PROTOCOL_UDP,
)
from periplus.wire.icmp import ECHO, IcmpProbe
from periplus.wire.ipframes import IpFrames
from periplus.wire.lane import Lane
from periplus.wire.question import Maker, Probe, Questions
from periplus.wire.sctp import INIT, SctpProbe
from periplus.wire.shape import Shape
from periplus.wire.tcp import ACK, TcpProbe
from periplus.wire.udp import UdpProbe

__all__ = ["BareMaker", "ProtocolMaker", "ProtocolProbe"]

_PROBES: dict[int, Probe] = {
    PROTOCOL_TCP: TcpProbe(ACK, options=b""),
    PROTOCOL_UDP: UdpProbe(),
    PROTOCOL_SCTP: SctpProbe(INIT),
}
_PORTS = {PROTOCOL_TCP: 80, PROTOCOL_UDP: 40_231, PROTOCOL_SCTP: 80}
_ECHO = IcmpProbe(ECHO)
_IGMP_QUERY = b"\x11" + bytes(7)
_IGMP_CHECKSUM = 2


class ProtocolProbe:
    """A question after the protocol that stands in the place of the port."""

    __slots__ = ()

    @property
    def protocol(self) -> int:
        """Answers come in any."""
        return ANYTHING

    def maker(self, lane: Lane, shape: Shape) -> "ProtocolMaker":
        """Return what makes its frames on that lane."""
        return ProtocolMaker(lane, shape)


class ProtocolMaker:
    """Makes the frames on one lane: an array for each protocol among the questions."""

    __slots__ = ("_lane", "_makers", "_shape")

    def __init__(self, lane: Lane, shape: Shape) -> None:
        self._lane = lane
        self._shape = shape
        self._makers: dict[int, Maker] = {}

    def make(self, questions: Questions) -> list[tuple[U8, I64]]:
        """Return an array of frames for each protocol; the loop is over protocols, of which there are 256."""
        made: list[tuple[U8, I64]] = []
        for protocol in distinct(questions.port_them).tolist():
            rows = np.flatnonzero(questions.port_them == protocol)
            if protocol not in self._makers:
                self._makers[protocol] = self._maker(protocol)
            asked = questions[rows]
            asked.port_them[:] = _PORTS.get(protocol, 0)
            made += [(frames, rows[some]) for frames, some in self._makers[protocol].make(asked)]
        return made

    def _maker(self, protocol: int) -> Maker:
        echo = PROTOCOL_ICMP if self._lane.is_v4 else PROTOCOL_ICMP6
        probe = _ECHO if protocol == echo else _PROBES.get(protocol)
        return (
            BareMaker(self._lane, protocol, self._shape)
            if probe is None
            else probe.maker(self._lane, self._shape)
        )


class BareMaker:
    """Makes frames that have nothing of ours behind the IP header."""

    __slots__ = ("_frames",)

    def __init__(self, lane: Lane, protocol: int, shape: Shape) -> None:
        payload = shape.data
        if protocol == PROTOCOL_IGMP:
            payload = _with_checksum(_IGMP_QUERY + payload)
        self._frames = IpFrames(lane, protocol, payload, {}, shape.ttl)

    def make(self, questions: Questions) -> list[tuple[U8, I64]]:
        """Return one array of frames for all questions; errors as `IpFrames.copies`."""
        frames, _, _ = self._frames.copies(questions.them, questions.ip_id, questions.mac_them)
        return [(frames, np.arange(len(frames)))]


def _with_checksum(message: bytes) -> bytes:
    """An IGMP message with its checksum, which covers all of it."""
    checksum = int(finish(np.array([partial_sum(message)], np.uint64))[0])
    return message[:_IGMP_CHECKSUM] + checksum.to_bytes(2) + message[_IGMP_CHECKSUM + 2 :]
