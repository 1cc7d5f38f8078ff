"""Our own frames read back, by columns: whom does each ask, over which protocol, at which port?

It is the last look at what is about to leave, so it trusts nothing but the bytes: not the lane's family, not what the
layers above meant to make. What it cannot read has no address, and counts as unreadable; to refuse that is for the
caller.

Two kinds of frame ask the link and not a host: ARP requests (RFC 826), and neighbour solicitations, be they to the
solicited-node group (RFC 4861 section 4.3, RFC 4291 section 2.7.1) or to the address itself. Their `them` is the
address they ask for.

Limits: IPv4 headers without options, as all of ours are. Extension headers of IPv6 are not followed; they count as
the protocol that their number says.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from periplus.columns import U8, U16, Mask
from periplus.space.address import Addresses
from periplus.wire.headers import (
    ETHERNET_LENGTH,
    ETHERTYPE_ARP,
    ETHERTYPE_IP4,
    ETHERTYPE_IP6,
    IP4_DST,
    IP4_LENGTH,
    IP6_DST,
    IP6_LENGTH,
    IP6_PROTOCOL,
    PROTOCOL_ICMP6,
)
from periplus.wire.network import HAS_PORTS
from periplus.wire.table import Table

__all__ = ["Outgoing", "read_outgoing"]

_PORT = 2  # of TCP, UDP and SCTP: where the destination port stands
_PORT_END = 4
_IP4_PLAIN = 0x45  # version 4, a header of five words
_IP4_FRAGMENT = 6  # two bytes: flags, and the offset in the low thirteen bits
_IP4_PROTOCOL = 9
_ARP_ASKS = bytes([0, 1, 8, 0, 6, 4, 0, 1])  # Ethernet, IPv4, their lengths, a request
_ARP_TARGET = 24
_ARP_LENGTH = 28
_SOLICITATION = 135
_ND_TARGET = IP6_LENGTH + 8
_GROUP = bytes.fromhex("ff0200000000000000000001ff")  # and the last three bytes of the address


@dataclass(frozen=True, slots=True, eq=False)
class Outgoing(Table):
    """Whom frames ask: columns of equal length.

    port u2 means something where `has_port`: TCP, UDP and SCTP have one, but for all fragments after the first.
    `asks_link`: it asks who has that address, not the address.
    """

    readable: Mask
    them: Addresses
    protocol: U8
    port: U16
    has_port: Mask
    asks_link: Mask


def read_outgoing(frames: U8, header: int) -> Outgoing:
    """Read frames u1[n, width] that begin with `header` bytes of link layer: 14 (Ethernet) or none."""
    types = _ethertypes(frames, header)
    packets = frames[:, header:]
    if len(types) and (types == types[0]).all():  # as every batch is that comes from one template
        return _READERS.get(int(types[0]), _unreadable)(packets)
    made = _unreadable(packets)
    for ethertype, read in _READERS.items():
        rows = np.flatnonzero(types == ethertype)
        if len(rows):
            _scatter(made, rows, read(packets[rows]))
    return made


def _scatter(made: Outgoing, rows: NDArray[np.int64], some: Outgoing) -> None:
    made.them.hi[rows], made.them.lo[rows] = some.them.hi, some.them.lo
    for name in ("readable", "protocol", "port", "has_port", "asks_link"):
        getattr(made, name)[rows] = getattr(some, name)


def _ethertypes(frames: U8, header: int) -> U16:
    """What follows the link layer; without one the version tells. 0: nothing that we know."""
    if header == ETHERNET_LENGTH <= frames.shape[1]:
        return _number(frames[:, ETHERNET_LENGTH - 2 : ETHERNET_LENGTH], ">u2")
    types = np.zeros(len(frames), np.uint16)
    if not header and frames.shape[1]:
        version = frames[:, 0] >> 4
        types[version == 4], types[version == 6] = ETHERTYPE_IP4, ETHERTYPE_IP6
    return types


def _unreadable(packets: U8) -> Outgoing:
    count = len(packets)
    nowhere = Addresses(np.zeros(count, np.uint64), np.zeros(count, np.uint64))
    return _outgoing(np.zeros(count, np.bool_), nowhere, np.zeros(count, np.uint8))


def _outgoing(readable: Mask, them: Addresses, protocol: U8, asks_link: Mask | None = None) -> Outgoing:
    """What has no ports."""
    none = np.zeros(len(them), np.bool_)
    no_port = np.zeros(len(them), np.uint16)
    return Outgoing(readable, them, protocol, no_port, none, none.copy() if asks_link is None else asks_link)


def _read4(packets: U8) -> Outgoing:
    if packets.shape[1] < IP4_LENGTH:
        return _unreadable(packets)
    them = Addresses.of_v4(_number(packets[:, IP4_DST : IP4_DST + 4], ">u4"))
    protocol = packets[:, _IP4_PROTOCOL]
    later = (_number(packets[:, _IP4_FRAGMENT : _IP4_FRAGMENT + 2], ">u2") & 0x1FFF) > 0
    seen = _outgoing(packets[:, 0] == _IP4_PLAIN, them, protocol)
    return _with_ports(seen, packets, IP4_LENGTH, HAS_PORTS[protocol] & ~later)


def _read6(packets: U8) -> Outgoing:
    if packets.shape[1] < IP6_LENGTH:
        return _unreadable(packets)
    them, protocol = _address6(packets, IP6_DST), packets[:, IP6_PROTOCOL]
    asks = _solicits(packets)
    if asks.any():
        wanted = _address6(packets, _ND_TARGET)
        them = Addresses(np.where(asks, wanted.hi, them.hi), np.where(asks, wanted.lo, them.lo))
    seen = _outgoing(packets[:, 0] >> 4 == 6, them, protocol, asks)
    return _with_ports(seen, packets, IP6_LENGTH, HAS_PORTS[protocol])


def _solicits(packets: U8) -> Mask:
    """Which ask for the address to which, or to whose group, they are sent."""
    asks: Mask = packets[:, IP6_PROTOCOL] == PROTOCOL_ICMP6
    if packets.shape[1] < _ND_TARGET + 16 or not asks.any():
        return np.zeros(len(packets), np.bool_)
    group = np.frombuffer(_GROUP, np.uint8)
    asks = asks & (packets[:, IP6_LENGTH] == _SOLICITATION)
    same = packets[:, IP6_DST : IP6_DST + 16] == packets[:, _ND_TARGET : _ND_TARGET + 16]
    of_group = (packets[:, IP6_DST : IP6_DST + len(group)] == group).all(axis=1)
    asks &= same[:, len(group) :].all(axis=1) & (of_group | same.all(axis=1))
    return asks


def _read_arp(packets: U8) -> Outgoing:
    if packets.shape[1] < _ARP_LENGTH:
        return _unreadable(packets)
    asks = (packets[:, : len(_ARP_ASKS)] == np.frombuffer(_ARP_ASKS, np.uint8)).all(axis=1)
    them = Addresses.of_v4(_number(packets[:, _ARP_TARGET : _ARP_TARGET + 4], ">u4"))
    return _outgoing(asks, them, np.zeros(len(packets), np.uint8), asks)


def _with_ports(seen: Outgoing, packets: U8, start: int, ported: Mask) -> Outgoing:
    """A protocol with ports whose port cannot be seen makes a frame unreadable."""
    if not ported.any():
        return seen
    if packets.shape[1] < start + _PORT_END:
        return replace(seen, readable=seen.readable & ~ported)
    port = _number(packets[:, start + _PORT : start + _PORT_END], ">u2")
    return replace(seen, port=np.where(ported, port, 0).astype(np.uint16), has_port=ported)


def _address6(packets: U8, at: int) -> Addresses:
    words: NDArray[Any] = np.ascontiguousarray(packets[:, at : at + 16]).view(">u8").astype(np.uint64)
    return Addresses(words[:, 0], words[:, 1])


def _number(data: U8, kind: str) -> NDArray[Any]:
    """Bytes of columns as numbers, whatever their alignment."""
    return np.ascontiguousarray(data).view(kind).ravel().astype(kind.replace(">", "="))


_READERS: dict[int, Callable[[U8], Outgoing]] = {
    ETHERTYPE_IP4: _read4,
    ETHERTYPE_IP6: _read6,
    ETHERTYPE_ARP: _read_arp,
}
