"""Who has this address on this link? Questions and answers of ARP (RFC 826) and neighbour discovery (RFC 4861).

Questions go out for whole ranges at once: ARP requests by broadcast, solicitations to the solicited-node group of
each address. Whose hardware address is known can be asked itself (`polls`: RFC 1122 section 2.3.2.1, RFC 4861 section
7.3); it may leave that address out of its advertisement then. Answers carry no cookie, as neither protocol has room
for one, so whoever asked must take only answers about addresses that it wants, on the link on which it wants them;
anyone on a link can lie about addresses there, to the kernel as well as to us. Checksums of advertisements are not
verified, for the reason given in `decode`.
"""

from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from periplus.columns import I64, U8, U32, Mask
from periplus.space.address import Addresses
from periplus.wire.checksum import finish, halves, partial_sum
from periplus.wire.headers import (
    ETHERNET_DST,
    ETHERNET_LENGTH,
    ETHERTYPE_ARP,
    ETHERTYPE_IP6,
    IP6_DST,
    IP6_HOP_LIMIT,
    IP6_LENGTH,
    IP6_PAYLOAD,
    IP6_PROTOCOL,
    PROTOCOL_ICMP6,
    ethernet,
    ip,
    ip_bytes,
    pseudo_sum,
)
from periplus.wire.lane import Lane, Link
from periplus.wire.packets import WIDTH, Packets
from periplus.wire.template import Template

__all__ = [
    "ARP_WIDTH",
    "SOLICITATION_WIDTH",
    "answerers_untrusted",
    "answers_untrusted",
    "arp_requests",
    "polls",
    "solicitations",
]

ARP_WIDTH = 42
SOLICITATION_WIDTH = 86

_BROADCAST = b"\xff" * 6
_ARP_LENGTH = 28
_ARP_ASKS = b"\0\x01\x08\0\x06\x04\0\x01"  # Ethernet, IPv4, 6 and 4 bytes, request
_ARP_TELLS = b"\0\x01\x08\0\x06\x04\0\x02"  # the same, reply
_ARP_MAC = 8  # the sender's
_ARP_IP = 14
_ARP_TARGET = 24

_HOP_LIMIT = 255  # proves that no router was in between (RFC 4861 section 7.1)
_ND_LENGTH = 24  # of a message without options
_ND_TARGET = 8

_GROUP = bytes.fromhex("ff0200000000000000000001ff000000")  # plus the last three bytes of the address
_GROUP_MAC = b"\x33\x33\xff\0\0\0"
_GROUP_LAST = np.uint32(0xFF000000)  # the last word of the group without those bytes

_SOLICITATION = 135
_SOURCE_LINK_ADDRESS = b"\x01\x01"  # option type, length in 8 bytes
_SOLICITATION_FIELDS = MappingProxyType(
    {
        "group_mac_last": (">u4", ETHERNET_DST + 2),
        "group_last": (">u4", ETHERNET_LENGTH + IP6_DST + 12),
        "checksum": (">u2", ETHERNET_LENGTH + IP6_LENGTH + 2),
        "target_hi": (">u8", ETHERNET_LENGTH + IP6_LENGTH + _ND_TARGET),
        "target_lo": (">u8", ETHERNET_LENGTH + IP6_LENGTH + _ND_TARGET + 8),
    }
)

_SOLICITED = slice(ETHERNET_LENGTH + IP6_DST, ETHERNET_LENGTH + IP6_DST + 16)  # whom it is sent to,
_SOUGHT = slice(
    ETHERNET_LENGTH + IP6_LENGTH + _ND_TARGET, ETHERNET_LENGTH + IP6_LENGTH + _ND_LENGTH
)  # asked for
_SOLICITATION_SUM = slice(ETHERNET_LENGTH + IP6_LENGTH + 2, ETHERNET_LENGTH + IP6_LENGTH + 4)

_TARGET = IP6_LENGTH + _ND_TARGET
_MULTICAST = 0xFF  # first byte of group addresses
_OPTIONS_MAX = (WIDTH - IP6_LENGTH - _ND_LENGTH) // 8
# What every valid advertisement has: ICMPv6, a hop limit of 255, type 136, code 0.
_ADVERTISEMENT_BYTES = (
    (IP6_PROTOCOL, PROTOCOL_ICMP6),
    (IP6_HOP_LIMIT, _HOP_LIMIT),
    (IP6_LENGTH, 136),
    (IP6_LENGTH + 1, 0),
)
_TARGET_LINK_ADDRESS = 2


def arp_requests(lane: Lane, targets: U32) -> U8:
    """ARP requests for n IPv4 addresses, u1[n, 42], by broadcast. ValueError: not an Ethernet lane of IPv4."""
    _need_ethernet(lane, v4=True)
    ask = _ARP_ASKS + lane.mac_me + ip_bytes(lane.ip_me) + bytes(10)
    frame = ethernet(lane.mac_me, ETHERTYPE_ARP, _BROADCAST) + ask
    template = Template(frame, {"target": (">u4", ETHERNET_LENGTH + _ARP_TARGET)})
    frames, cells = template.copies(len(targets))
    cells["target"] = targets
    return frames


def solicitations(lane: Lane, targets: Addresses) -> U8:
    """Neighbour solicitations for n IPv6 addresses, u1[n, 86]. ValueError: not an Ethernet lane of IPv6."""
    _need_ethernet(lane, v4=False)
    ask = _solicitation(lane)
    network = ip(lane.ip_me, PROTOCOL_ICMP6, len(ask), _HOP_LIMIT)[:IP6_DST] + _GROUP
    frame = ethernet(lane.mac_me, ETHERTYPE_IP6, _GROUP_MAC) + network + ask
    frames, cells = Template(frame, _SOLICITATION_FIELDS).copies(len(targets))
    group_last = targets.lo.astype(np.uint32) | _GROUP_LAST
    cells["group_mac_last"] = cells["group_last"] = group_last
    cells["target_hi"], cells["target_lo"] = targets.hi, targets.lo
    known = pseudo_sum(lane.ip_me, PROTOCOL_ICMP6, len(ask)) + partial_sum(_GROUP[:-4] + ask)
    cells["checksum"] = finish(halves(targets.hi) + halves(targets.lo) + group_last + np.uint64(known))
    return frames


def _solicitation(lane: Lane) -> bytes:
    """The message, its checksum and target being zero."""
    return bytes([_SOLICITATION]) + bytes(_ND_LENGTH - 1) + _SOURCE_LINK_ADDRESS + lane.mac_me


def polls(lane: Lane, targets: Addresses, macs: U8) -> U8:
    """The same questions to hosts whose hardware addresses u1[n, 6] are known, each to it alone.

    ValueError: not an Ethernet lane of the targets' family.
    """
    frames = arp_requests(lane, targets.v4) if lane.is_v4 else solicitations(lane, targets)
    frames[:, ETHERNET_DST : ETHERNET_DST + 6] = macs
    if not lane.is_v4:
        frames[:, _SOLICITED] = frames[:, _SOUGHT]
        ask = _solicitation(lane)
        known = pseudo_sum(lane.ip_me, PROTOCOL_ICMP6, len(ask)) + partial_sum(ask)
        twice = (halves(targets.hi) + halves(targets.lo)) * np.uint64(2)  # as destination and as target
        total = finish(twice + np.uint64(known)).astype(">u2")
        frames[:, _SOLICITATION_SUM] = total.view(np.uint8).reshape(-1, 2)
    return frames


def _need_ethernet(lane: Lane, *, v4: bool) -> None:
    if lane.link is not Link.ETHERNET or lane.is_v4 is not v4:
        raise ValueError(f"lane {lane.ifname}: cannot ask for hardware addresses of that family here")


def answers_untrusted(packets: Packets) -> tuple[Addresses, U8, Mask]:
    """What packets say about neighbours: m addresses, their hardware addresses u1[m, 6], and a mask of n.

    The mask tells which packets are ARP replies or neighbour advertisements with a usable (not a group's,
    not zero) hardware address; the other two have a row for each of them, in order. Never raises.
    """
    n = len(packets)
    them = Addresses(np.zeros(n, np.uint64), np.zeros(n, np.uint64))
    macs = np.zeros((n, 6), np.uint8)
    for read in (_read_arp, _read_advertisements):
        rows, addresses, found = read(packets)
        them.hi[rows], them.lo[rows], macs[rows] = addresses.hi, addresses.lo, found
    is_group = (macs[:, 0] & 1) != 0
    usable = macs.any(axis=1) & ~is_group
    return them[usable], macs[usable], usable


def answerers_untrusted(packets: Packets) -> tuple[Addresses, I64]:
    """Who answered such a question, and in which packets, with a hardware address or without. Never raises."""
    (arp_rows, v4, _), (nd_rows, v6, _) = _read_arp(packets), _read_advertisements(packets)
    them = Addresses(np.concatenate((v4.hi, v6.hi)), np.concatenate((v4.lo, v6.lo)))
    return them, np.concatenate((arp_rows, nd_rows))


def _read_arp(packets: Packets) -> tuple[I64, Addresses, U8]:
    """Row numbers of ARP replies, the senders' IPv4 addresses and hardware addresses."""
    tells = np.frombuffer(_ARP_TELLS, np.uint8)
    whole = (packets.ethertype == ETHERTYPE_ARP) & (packets.length >= _ARP_LENGTH)
    rows = np.flatnonzero(whole & (packets.data[:, : len(tells)] == tells).all(axis=1))
    data = packets.data[rows]
    v4 = _big_endian(data[:, _ARP_IP : _ARP_IP + 4], ">u4")
    return rows, Addresses.of_v4(v4.astype(np.uint32)), data[:, _ARP_MAC : _ARP_MAC + 6]


def _read_advertisements(packets: Packets) -> tuple[I64, Addresses, U8]:
    """Row numbers of valid advertisements (RFC 4861 section 7.1.2), their targets and hardware addresses."""
    end = packets.data[:, IP6_PAYLOAD].astype(np.int64) << 8
    end += packets.data[:, IP6_PAYLOAD + 1] + np.int64(IP6_LENGTH)
    valid = (packets.ethertype == ETHERTYPE_IP6) & (end <= packets.length)
    valid &= (end >= IP6_LENGTH + _ND_LENGTH) & (packets.data[:, 0] >> 4 == 6)
    for offset, value in _ADVERTISEMENT_BYTES:
        valid &= packets.data[:, offset] == value
    valid &= packets.data[:, _TARGET] != _MULTICAST
    rows = np.flatnonzero(valid)
    data = packets.data[rows]
    target = _big_endian(data[:, _TARGET : _TARGET + 16], ">u8").astype(np.uint64)
    return rows, Addresses(target[::2], target[1::2]), _link_addresses(data, end[rows])


def _link_addresses(data: U8, end: I64) -> U8:
    """The first target link-layer address option of each message, u1[n, 6]; zeros where there is none."""
    macs = np.zeros((len(data), 6), np.uint8)
    at = np.full(len(data), IP6_LENGTH + _ND_LENGTH)
    rows = np.arange(len(data))
    for _ in range(_OPTIONS_MAX):
        rows = rows[at[rows] + 8 <= end[rows]]
        start = at[rows]
        size = data[rows, start + 1].astype(np.int64) * 8
        is_ours = (data[rows, start] == _TARGET_LINK_ADDRESS) & (size == 8)
        macs[rows[is_ours]] = data[rows[is_ours, None], start[is_ours, None] + np.arange(2, 8)]
        at[rows] += size  # an option of no length is met again and again, so what is behind it never counts
        rows = rows[~is_ours]
    return macs


def _big_endian(data: U8, kind: str) -> NDArray[Any]:
    """Bytes of columns as numbers, whatever their alignment."""
    return np.ascontiguousarray(data).view(kind).ravel()
