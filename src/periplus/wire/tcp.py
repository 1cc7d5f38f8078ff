"""TCP probes as frames: a template built once, broadcast over the batch, patched by columns.

A batch costs one copy of the template a frame, one strided store a field and two checksums from partial sums
(see `checksum`). A frame is an Ethernet header where the lane has one, an IP header without options, and a
TCP header with options (RFC 9293); no data.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from periplus.columns import U8, U16, U32, U64
from periplus.space.address import Addresses
from periplus.wire.checksum import finish, halves, partial_sum
from periplus.wire.headers import (
    ETHERNET_DST,
    ETHERTYPE_IP4,
    ETHERTYPE_IP6,
    IP4_CHECKSUM,
    IP4_DST,
    IP4_ID,
    IP4_LENGTH,
    IP6_DST,
    IP6_LENGTH,
    PROTOCOL_TCP,
    TCP_ACK,
    TCP_CHECKSUM,
    TCP_LENGTH,
    TCP_PORT_ME,
    TCP_PORT_THEM,
    TCP_SEQ,
    ethernet,
    ip,
    pseudo_sum,
)
from periplus.wire.lane import Lane, Link
from periplus.wire.template import Template

__all__ = ["ACK", "CWR", "ECE", "FIN", "PSH", "RST", "SYN", "URG", "TcpFrames", "TcpProbe"]

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
    def header(self) -> bytes:
        """The header with ports, numbers and checksum zero."""
        words = (TCP_LENGTH + len(self.options)) // 4
        return bytes(12) + bytes([words << 4, self.flags]) + self.window.to_bytes(2) + bytes(4) + self.options


class TcpFrames:
    """Makes the frames of one probe on one lane.

    `width` is the length in bytes of every frame.
    """

    __slots__ = ("_ip_sum", "_lane", "_tcp_sum", "_template", "width")

    def __init__(self, lane: Lane, probe: TcpProbe, ttl: int = 64) -> None:
        """`ttl` is IPv4's time to live or IPv6's hop limit."""
        tcp = probe.header
        network = ip(lane.ip_me, PROTOCOL_TCP, len(tcp), ttl)
        link = ethernet(lane.mac_me, ETHERTYPE_IP4 if lane.is_v4 else ETHERTYPE_IP6) if lane.header else b""
        self._lane = lane
        self._template = Template(link + network + tcp, _fields(lane))
        self.width = self._template.width
        self._ip_sum = partial_sum(network)
        self._tcp_sum = pseudo_sum(lane.ip_me, PROTOCOL_TCP, len(tcp)) + partial_sum(tcp)

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

        Without `ack` the acknowledgement number is zero. `mac_them` (u1[n, 6]) is needed on an Ethernet lane
        and ignored on others; `ip_id` is ignored by IPv6. ValueError: an address of the other family, or an
        Ethernet lane without `mac_them`. Nothing else is checked.
        """
        frames, cells = self._template.copies(len(them))
        sums = self._network(cells, them, ip_id)
        sums += self._tcp_sum
        for name, column in (("port_me", port_me), ("port_them", port_them), ("seq", seq), ("ack", ack)):
            if column is not None:
                cells[name] = column
                sums += column
        cells["tcp_checksum"] = finish(sums)
        if self._lane.link is Link.ETHERNET:
            if mac_them is None:
                raise ValueError("frames on an Ethernet lane need the hardware addresses of their next hops")
            frames[:, ETHERNET_DST : ETHERNET_DST + 6] = mac_them
        return frames

    def _network(self, cells: NDArray[np.void], them: Addresses, ip_id: U16) -> U64:
        """Patch the IP headers; give the sums of the destination addresses for the TCP checksum."""
        v4 = them.is_v4
        if not (v4.all() if self._lane.is_v4 else not v4.any()):
            raise ValueError(f"an address of the other family than lane {self._lane.ifname}'s")
        if self._lane.is_v4:
            cells["them"] = them.v4
            cells["ip_id"] = ip_id
            sums = them.v4.astype(np.uint64)
            cells["ip_checksum"] = finish(sums + ip_id + self._ip_sum)
            return sums
        cells["them_hi"] = them.hi
        cells["them_lo"] = them.lo
        return halves(them.hi) + halves(them.lo)


def _fields(lane: Lane) -> dict[str, tuple[str, int]]:
    """The fields to patch, for `Template`."""
    network = lane.header
    if lane.is_v4:
        tcp = network + IP4_LENGTH
        fields = {
            "ip_id": (">u2", network + IP4_ID),
            "ip_checksum": (">u2", network + IP4_CHECKSUM),
            "them": (">u4", network + IP4_DST),
        }
    else:
        tcp = network + IP6_LENGTH
        fields = {"them_hi": (">u8", network + IP6_DST), "them_lo": (">u8", network + IP6_DST + 8)}
    return fields | {
        "port_me": (">u2", tcp + TCP_PORT_ME),
        "port_them": (">u2", tcp + TCP_PORT_THEM),
        "seq": (">u4", tcp + TCP_SEQ),
        "ack": (">u4", tcp + TCP_ACK),
        "tcp_checksum": (">u2", tcp + TCP_CHECKSUM),
    }
