"""Header layouts: offsets by name, and the headers of a template as bytes.

Offsets count bytes from the start of their own header. Sources: RFC 791 (IPv4), RFC 8200 (IPv6), RFC 9293
(TCP), RFC 9260 (SCTP), RFC 792 and 4443 (ICMP), RFC 4861 (neighbour discovery), RFC 826 (ARP).
"""

from periplus.space.ip import V4_BASE
from periplus.wire.checksum import partial_sum
from periplus.wire.lane import ETHERNET_LENGTH

__all__ = [
    "ANYTHING",
    "ETHERNET_DST",
    "ETHERNET_LENGTH",
    "ETHERTYPE_ARP",
    "ETHERTYPE_IP4",
    "ETHERTYPE_IP6",
    "IP4_CHECKSUM",
    "IP4_DST",
    "IP4_ID",
    "IP4_LENGTH",
    "IP4_TTL",
    "IP6_DST",
    "IP6_FLOW_LOW",
    "IP6_HOP_LIMIT",
    "IP6_LENGTH",
    "IP6_PAYLOAD",
    "IP6_PROTOCOL",
    "PROTOCOL_ICMP",
    "PROTOCOL_ICMP6",
    "PROTOCOL_IGMP",
    "PROTOCOL_SCTP",
    "PROTOCOL_TCP",
    "PROTOCOL_UDP",
    "SCTP_CHECKSUM",
    "SCTP_CHUNK",
    "SCTP_INITIAL_TSN",
    "SCTP_INITIATE_TAG",
    "SCTP_PORT_ME",
    "SCTP_PORT_THEM",
    "SCTP_TAG",
    "TCP_ACK",
    "TCP_CHECKSUM",
    "TCP_LENGTH",
    "TCP_PORT_ME",
    "TCP_PORT_THEM",
    "TCP_SEQ",
    "UDP_CHECKSUM",
    "UDP_PORT_ME",
    "UDP_PORT_THEM",
    "ethernet",
    "ip",
    "ip_bytes",
    "pseudo_sum",
]

ETHERTYPE_IP4 = 0x0800
ETHERTYPE_ARP = 0x0806
ETHERTYPE_IP6 = 0x86DD

PROTOCOL_ICMP = 1
PROTOCOL_IGMP = 2
PROTOCOL_TCP = 6
PROTOCOL_UDP = 17
PROTOCOL_ICMP6 = 58
PROTOCOL_SCTP = 132
ANYTHING = 255  # in place of a protocol: all of them; none has this number (IANA: reserved)

ETHERNET_DST = 0

IP4_LENGTH = 20
IP4_ID = 4
IP4_TTL = 8
IP4_CHECKSUM = 10
IP4_DST = 16

IP6_FLOW_LOW = 2  # the low half of the flow label
IP6_LENGTH = 40
IP6_PAYLOAD = 4
IP6_PROTOCOL = 6
IP6_HOP_LIMIT = 7
IP6_DST = 24

TCP_LENGTH = 20
TCP_PORT_ME = 0  # of frames that we send: the source port
TCP_PORT_THEM = 2
TCP_SEQ = 4
TCP_ACK = 8
TCP_CHECKSUM = 16

UDP_PORT_ME = 0  # of frames that we send: the source port
UDP_PORT_THEM = 2
UDP_CHECKSUM = 6

SCTP_PORT_ME = 0  # of frames that we send: the source port
SCTP_PORT_THEM = 2
SCTP_TAG = 4  # the verification tag: what the receiver chose, zero in an INIT
SCTP_CHECKSUM = 8
SCTP_CHUNK = 12  # the first chunk
SCTP_INITIATE_TAG = SCTP_CHUNK + 4  # of an INIT or INIT ACK: what its sender chose
SCTP_INITIAL_TSN = SCTP_CHUNK + 16

_DONT_FRAGMENT = 0x4000


def ip_bytes(address: int) -> bytes:
    """An address (128-bit, IPv4 mapped) as it stands in a header: 4 or 16 bytes."""
    if address >> 32 == V4_BASE >> 32:
        return (address & 0xFFFFFFFF).to_bytes(4)
    return address.to_bytes(16)


def ethernet(mac_me: bytes, ethertype: int, mac_them: bytes = bytes(6)) -> bytes:
    """An Ethernet header; the destination is zero where it is patched later."""
    return mac_them + mac_me + ethertype.to_bytes(2)


def ip(ip_me: int, protocol: int, payload: int, ttl: int) -> bytes:
    """An IP header of our address's family, with destination, id and checksum zero.

    `payload` is in bytes. "Don't fragment" is set, as kernels set it for TCP and SCTP, and a flow label is not.
    """
    me = ip_bytes(ip_me)
    if len(me) == 16:
        return b"\x60\0\0\0" + payload.to_bytes(2) + bytes([protocol, ttl]) + me + bytes(16)
    length = (IP4_LENGTH + payload).to_bytes(2)
    fragment = _DONT_FRAGMENT.to_bytes(2)
    return b"\x45\0" + length + b"\0\0" + fragment + bytes([ttl, protocol]) + b"\0\0" + me + bytes(4)


def pseudo_sum(ip_me: int, protocol: int, payload: int) -> int:
    """The known part of the pseudo header's sum (RFC 9293 section 3.1, RFC 8200 section 8.1)."""
    return partial_sum(ip_bytes(ip_me)) + protocol + payload
