"""Who is on this link? Two questions to all IPv6 hosts at once, and what their answers show.

A network of 64 prefix bits has more addresses than can ever be asked one by one, but on the link itself all hosts
belong to one group, ff02::1. Two questions to it complete each other:

- an echo request (RFC 4443 section 4.1). The answer comes from the address that fits ours best (RFC 6724), so asked
  from a link-local address hosts show their link-local one, and from a global address their global one. Identifier,
  sequence number and data carry 64 bits of a keyed hash of the address that asked.
- a general query of multicast listener discovery (RFC 3810 section 5.1). Every host reports the groups that it
  listens to, also one that ignores echo requests to groups, as each has a group for each of its addresses. A report
  shows the link-local address alone. It has no room for a cookie: whoever is on the link can make hosts up, as with
  neighbour discovery, but a hop limit of 1 and a link-local source mean that nobody else can.

The query is of version 2 and has the usual robustness and interval: a query of version 1 would make hosts speak
version 1 for minutes, and a switch that listens in might forget groups after a shorter interval.

Limits: the query takes part in the election of a querier (RFC 3810 section 7.6.2). If our link-local address is
lower than the querier's, that router asks nothing for up to 255 seconds; memberships last longer, as all were just
reported. A switch that listens in may send us all groups for as long. Checksums of answers are not verified, for the
reason given in `decode`.
"""

import numpy as np

from periplus.columns import I64, U8, U32, Mask
from periplus.space.address import Addresses
from periplus.space.ip import ALL_NODES
from periplus.wire.checksum import finish, partial_sum
from periplus.wire.cookie import cookie
from periplus.wire.headers import ETHERTYPE_IP6, IP6_DST, PROTOCOL_ICMP6, ethernet, ip, ip_bytes, pseudo_sum
from periplus.wire.lane import Lane, Link
from periplus.wire.network import Network, Words, choice, read_network_untrusted, word
from periplus.wire.packets import Packets
from periplus.wire.problem import Problem

__all__ = ["present_untrusted", "roll_echo", "roll_query"]

_GROUP = ip_bytes(ALL_NODES)
_GROUP_MAC = b"\x33\x33\0\0\0\1"  # RFC 2464 section 7
_ECHO, _ECHO_REPLY = 128, 129
_ECHO_HOPS = 255
_ECHO_LENGTH = 12

_QUERY = 130
_IS_REPORT = choice(131, 143)  # RFC 2710, RFC 3810
_REPORT_LENGTH = 8
_ANSWER_MS = 500  # hosts choose a moment within this time
_ROBUSTNESS, _INTERVAL_S = 2, 125  # RFC 3810 sections 9.1 and 9.2
_HOP_BY_HOP = 0
_ROUTER_ALERT = bytes(
    [PROTOCOL_ICMP6, 0, 5, 2, 0, 0, 1, 0]
)  # the option (RFC 2711), and two bytes of padding
_LINK_HOPS = 1

_LINK_LOCAL_PREFIX = np.uint64(0xFE80 >> 6)
_MULTICAST = np.uint64(0xFF)


def roll_echo(lane: Lane, key: int) -> U8:
    """An echo request to all nodes, u1[1, 66]. `key` has 128 bits. ValueError: not an Ethernet lane of IPv6."""
    first, second = _cookies(key, Addresses.of_ints([lane.ip_me]))
    message = bytes([_ECHO, 0, 0, 0]) + int(first[0]).to_bytes(4) + int(second[0]).to_bytes(4)
    return _frame(lane, PROTOCOL_ICMP6, b"", message, _ECHO_HOPS)


def roll_query(lane: Lane) -> U8:
    """A general query, u1[1, 90]; listeners heed it from a link-local address alone. ValueError as `roll_echo`."""
    message = bytes([_QUERY, 0, 0, 0]) + _ANSWER_MS.to_bytes(2) + bytes(2) + bytes(16)
    message += bytes([_ROBUSTNESS, _INTERVAL_S, 0, 0])
    return _frame(lane, _HOP_BY_HOP, _ROUTER_ALERT, message, _LINK_HOPS)


def _frame(lane: Lane, protocol: int, options: bytes, message: bytes, hops: int) -> U8:
    """One frame to all nodes: `options` in front of an ICMPv6 message, whose checksum is put in."""
    if lane.link is not Link.ETHERNET or lane.is_v4:
        raise ValueError(f"lane {lane.ifname}: no group of all IPv6 nodes is asked here")
    known = pseudo_sum(lane.ip_me, PROTOCOL_ICMP6, len(message)) + partial_sum(_GROUP + message)
    checksum = int(finish(np.array([known], np.uint64))[0]).to_bytes(2)
    network = ip(lane.ip_me, protocol, len(options) + len(message), hops)[:IP6_DST] + _GROUP
    frame = ethernet(lane.mac_me, ETHERTYPE_IP6, _GROUP_MAC) + network + options
    return np.frombuffer(frame + message[:2] + checksum + message[4:], np.uint8).reshape(1, -1)


def _cookies(key: int, me: Addresses) -> tuple[U32, U32]:
    """What stands from the identifier on in an echo of each of our addresses: two words."""
    them = Addresses.of_ints([ALL_NODES])
    first, second = (cookie(key, me, them, *np.array([[_ECHO], [row]], np.uint16)) for row in (0, 1))
    return first, second


def present_untrusted(packets: Packets, key: int) -> Addresses:
    """The hosts that packets show: senders of answers to our echo, and of listener reports. Never raises.

    In order, and as often as they are shown. A source that no host can have is none, and neither is IPv4 in disguise.
    """
    words = packets.words
    length = packets.length.astype(np.int64)
    network = read_network_untrusted(words, packets.begins, length, np.zeros(len(packets), np.bool_))
    room = np.minimum(length, network.declared) - network.length
    top = network.source.hi >> np.uint64(56)
    shown: Mask = (packets.ethertype == ETHERTYPE_IP6) & (network.problem == Problem.OK)
    shown &= (network.protocol == PROTOCOL_ICMP6) & (network.source.hi != 0) & (top != _MULTICAST)
    shown &= _answers(words, network, room, key) | _reports(words, network, room)
    return network.source[shown]


def _answers(words: Words, network: Network, room: I64, key: int) -> Mask:
    first, second = _cookies(key, network.destination)
    right: Mask = (word(words, network.at, 1) == first) & (word(words, network.at, 2) == second)
    right &= (word(words, network.at) >> 16 == _ECHO_REPLY << 8) & (room >= _ECHO_LENGTH)
    return right


def _reports(words: Words, network: Network, room: I64) -> Mask:
    near: Mask = (network.source.hi >> np.uint64(54) == _LINK_LOCAL_PREFIX) & (network.ttl == _LINK_HOPS)
    near &= _IS_REPORT[word(words, network.at) >> 24] & (room >= _REPORT_LENGTH)
    return near
