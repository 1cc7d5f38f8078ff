"""TCP probes as frames: a template built once, broadcast over the batch, patched by columns.

A batch costs one copy of the template a frame, one strided store a field and two checksums from partial sums
(see `checksum`). A frame is an Ethernet header where the lane has one, an IP header without options, and a
TCP header with options (RFC 9293); no data but what the shape adds.
"""

from dataclasses import dataclass

import numpy as np

from periplus.columns import I64, U8, U16, U32
from periplus.space.address import Addresses
from periplus.wire.checksum import finish, partial_sum
from periplus.wire.headers import (
    PROTOCOL_TCP,
    TCP_ACK,
    TCP_CHECKSUM,
    TCP_LENGTH,
    TCP_PORT_ME,
    TCP_PORT_THEM,
    TCP_SEQ,
    pseudo_sum,
)
from periplus.wire.ipframes import IpFrames
from periplus.wire.lane import Lane
from periplus.wire.question import Questions
from periplus.wire.shape import PLAIN, Shape

__all__ = ["ACK", "CWR", "ECE", "FIN", "PSH", "RST", "SYN", "URG", "TcpFrames", "TcpMaker", "TcpProbe"]

FIN = 0x01
SYN = 0x02
RST = 0x04
PSH = 0x08
ACK = 0x10
URG = 0x20
ECE = 0x40
CWR = 0x80

_MSS_1460 = b"\x02\x04\x05\xb4"
_OPTIONS_MAX = 40
_FIELDS = {
    "port_me": (">u2", TCP_PORT_ME),
    "port_them": (">u2", TCP_PORT_THEM),
    "seq": (">u4", TCP_SEQ),
    "ack": (">u4", TCP_ACK),
    "tcp_checksum": (">u2", TCP_CHECKSUM),
}


@dataclass(frozen=True, slots=True)
class TcpProbe:
    """What a TCP probe looks like: flags, window and options (a multiple of 4 bytes, at most 40).

    The default options hold one MSS: a SYN without any is rare enough that some firewalls drop it.
    """

    flags: int
    window: int = 1024
    options: bytes = _MSS_1460

    def __post_init__(self) -> None:
        if len(self.options) % 4 or len(self.options) > _OPTIONS_MAX:
            raise ValueError(f"TCP options of {len(self.options)} bytes: must be a multiple of 4, at most 40")

    @property
    def protocol(self) -> int:
        """TCP's number."""
        return PROTOCOL_TCP

    def maker(self, lane: Lane, shape: Shape) -> "TcpMaker":
        """Return what makes its frames on that lane."""
        return TcpMaker(TcpFrames(lane, self, shape), acknowledges=bool(self.flags & ACK))

    @property
    def header(self) -> bytes:
        """The header with ports, numbers and checksum zero."""
        words = (TCP_LENGTH + len(self.options)) // 4
        return bytes(12) + bytes([words << 4, self.flags]) + self.window.to_bytes(2) + bytes(4) + self.options


class TcpFrames:
    """Makes the frames of one probe on one lane.

    `width` is the length in bytes of every frame.
    """

    __slots__ = ("_frames", "_shape", "_tcp_sum", "width")

    def __init__(self, lane: Lane, probe: TcpProbe, shape: Shape = PLAIN) -> None:
        tcp = probe.header + shape.data
        self._shape = shape
        self._frames = IpFrames(lane, PROTOCOL_TCP, tcp, _FIELDS, shape.ttl)
        self._tcp_sum = pseudo_sum(lane.ip_me, PROTOCOL_TCP, len(tcp)) + partial_sum(tcp)
        self.width = self._frames.width

    def build(
        self,
        them: Addresses,
        port_them: U16,
        port_me: U16,
        seq: U32,
        ip_id: U16,
        ack: U32 | None = None,
        mac_them: U8 | None = None,
    ) -> U8:
        """The frames of n probes, u1[n, width], contiguous.

        Without `ack` the acknowledgement number is zero. The rest, and the errors, are `IpFrames.copies`'s.
        """
        frames, cells, sums = self._frames.copies(them, ip_id, mac_them)
        sums += self._tcp_sum
        for name, column in (("port_me", port_me), ("port_them", port_them), ("seq", seq), ("ack", ack)):
            if column is not None:
                cells[name] = column
                sums += column
        cells["tcp_checksum"] = self._shape.checked(finish(sums))
        return frames


@dataclass(frozen=True, slots=True)
class TcpMaker:
    """The frames of a probe whose number is the cookie; one with ACK acknowledges it as well.

    RFC 9293 section 3.10.7.1: a reset goes on at the number that an ACK acknowledged, and else acknowledges ours.
    """

    frames: TcpFrames
    acknowledges: bool

    def make(self, questions: Questions) -> list[tuple[U8, I64]]:
        """Return one array of frames for all questions."""
        frames = self.frames.build(
            questions.them,
            questions.port_them,
            questions.port_me,
            questions.number,
            questions.ip_id,
            questions.number if self.acknowledges else None,
            questions.mac_them,
        )
        return [(frames, np.arange(len(frames)))]
