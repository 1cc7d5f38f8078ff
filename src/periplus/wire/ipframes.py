"""What the frames of every probe have in common: an Ethernet header where the lane has one, and an IP header.

A protocol gives its payload as a template and the fields to patch in it; here the headers are put in front,
and patched for a batch. Its own fields and checksum are the protocol's affair (`tcp`, `sctp`).
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from periplus.columns import U8, U16, U64
from periplus.space.address import Addresses
from periplus.wire.checksum import finish, halves, partial_sum
from periplus.wire.headers import (
    ETHERNET_DST,
    ETHERTYPE_IP4,
    ETHERTYPE_IP6,
    IP4_CHECKSUM,
    IP4_DST,
    IP4_ID,
    IP6_DST,
    IP6_FLOW_LOW,
    ethernet,
    ip,
)
from periplus.wire.lane import Lane, Link
from periplus.wire.template import Template

__all__ = ["IpFrames"]

_FIELDS_4 = {"ip_id": (">u2", IP4_ID), "ip_checksum": (">u2", IP4_CHECKSUM), "them": (">u4", IP4_DST)}
_FIELDS_6 = {
    "ip_id": (">u2", IP6_FLOW_LOW),
    "them_hi": (">u8", IP6_DST),
    "them_lo": (">u8", IP6_DST + 8),
}


class IpFrames:
    """Makes frames of one payload on one lane.

    `width` is the length in bytes of every frame, and `payload` where the payload begins in it.
    """

    __slots__ = ("_ip_sum", "_lane", "_template", "payload", "width")

    def __init__(
        self, lane: Lane, protocol: int, payload: bytes, fields: Mapping[str, tuple[str, int]], ttl: int
    ) -> None:
        """`fields` are the payload's, as `Template` wants them, with offsets that count from its start."""
        network = ip(lane.ip_me, protocol, len(payload), ttl)
        link = ethernet(lane.mac_me, ETHERTYPE_IP4 if lane.is_v4 else ETHERTYPE_IP6) if lane.header else b""
        own = _FIELDS_4 if lane.is_v4 else _FIELDS_6
        self._lane = lane
        self._ip_sum = partial_sum(network)
        self.payload = len(link) + len(network)
        cells = _moved(own, len(link)) | _moved(fields, self.payload)
        self._template = Template(link + network + payload, cells)
        self.width = self._template.width

    @property
    def is_v4(self) -> bool:
        """Whether the frames are IPv4."""
        return self._lane.is_v4

    def copies(self, them: Addresses, ip_id: U16, mac_them: U8 | None) -> tuple[U8, NDArray[np.void], U64]:
        """The frames of n probes, u1[n, width], contiguous, as far as they are known here.

        With them come the same memory as cells, for the payload's fields, and the sums of the destination
        addresses, for a checksum under a pseudo header. `mac_them` (u1[n, 6]) is needed on an Ethernet lane
        and ignored on others; `ip_id` is the low half of the flow label in IPv6
        (RFC 6437), so that a quoted probe is recognised there too. ValueError: an address of the other family, or an
        Ethernet lane without `mac_them`. Nothing else is checked.
        """
        frames, cells = self._template.copies(len(them))
        sums = self._network(cells, them, ip_id)
        if self._lane.link is Link.ETHERNET:
            if mac_them is None:
                raise ValueError("frames on an Ethernet lane need the hardware addresses of their next hops")
            frames[:, ETHERNET_DST : ETHERNET_DST + 6] = mac_them
        return frames, cells, sums

    def _network(self, cells: NDArray[np.void], them: Addresses, ip_id: U16) -> U64:
        """Patch the IP headers; give the sums of the destination addresses."""
        v4 = them.is_v4
        if not (v4.all() if self._lane.is_v4 else not v4.any()):
            raise ValueError(f"an address of the other family than lane {self._lane.ifname}'s")
        if self._lane.is_v4:
            cells["them"] = them.v4
            cells["ip_id"] = ip_id
            sums = them.v4.astype(np.uint64)
            cells["ip_checksum"] = finish(sums + ip_id + self._ip_sum)
            return sums
        cells["ip_id"] = ip_id
        cells["them_hi"] = them.hi
        cells["them_lo"] = them.lo
        return halves(them.hi) + halves(them.lo)


def _moved(fields: Mapping[str, tuple[str, int]], start: int) -> dict[str, tuple[str, int]]:
    """Fields of a part that starts there."""
    return {name: (form, start + offset) for name, (form, offset) in fields.items()}
