"""An SCTP endpoint that listens but never associates: ``python sctp_peer.py LINK PORT...``.

For kernels without SCTP. It answers at the interface's addresses, IPv4 and IPv6, as RFC 9260 has a stack answer
somebody who holds no association with it:

- INIT to a listening port: INIT ACK with a state cookie (section 5.1); to any other: ABORT (8.4, rule 3);
- COOKIE ECHO to a listening port: silence, as no cookie is ever taken for ours (5.1.5);
- answers that must not be answered: silence (8.4, rules 2, 6, 7);
- all else that carries a verification tag: ABORT with the T bit and that tag (8.4, rule 8);
- a wrong checksum, or a packet that is none: silence (6.8).

It reads raw sockets. A kernel that hands a packet to one believes its protocol to be served and keeps its own
answer to itself (ICMP protocol unreachable, ICMPv6 unrecognised next header), so no firewall is needed.
Prints "ready" once it listens. Limits: the first chunk of a packet decides; no cookie is honoured, nor a SHUTDOWN ACK
understood; a kernel that has its own SCTP loaded would answer as well.
"""

import select
import socket
import struct
import sys
from collections.abc import Set as AbstractSet
from typing import NamedTuple

SCTP = 132
IP_PKTINFO = 8  # Linux; the socket module learns it only in later versions
HEADER = struct.Struct("!HHI4s")
CHUNK = struct.Struct("!BBH")
INIT_VALUE = struct.Struct("!IIHHI")

INIT, INIT_ACK, ABORT, COOKIE_ECHO, COOKIE_ACK, SHUTDOWN_COMPLETE = 1, 2, 6, 10, 11, 14
UNANSWERED = {ABORT, COOKIE_ACK, SHUTDOWN_COMPLETE}
REFLECTED = 1  # the T bit: the tag is the receiver's own, as its packet had it
STATE_COOKIE = 7  # a parameter's type
OUR_TAG, OUR_TSN = 0x50455249, 0x504C5553
COOKIE = b"periplus lab: no state in here. "


class Asked(NamedTuple):
    """A packet as it came in: its ports and tag, and the first chunk."""

    port_scanner: int
    port_us: int
    tag: int
    kind: int
    value: bytes
    alone: bool


def crc32c(data: bytes) -> int:
    """RFC 9260 appendix A, bit by bit."""
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x82F63B78 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


def packet(port_from: int, port_to: int, tag: int, chunk: bytes) -> bytes:
    """An SCTP packet of one chunk, its checksum right."""
    head = struct.pack("!HHI", port_from, port_to, tag)
    return head + struct.pack("<I", crc32c(head + bytes(4) + chunk)) + chunk


def chunk(kind: int, flags: int = 0, value: bytes = b"") -> bytes:
    """A chunk; `value` must end on a border of four bytes."""
    return CHUNK.pack(kind, flags, CHUNK.size + len(value)) + value


def init_ack() -> bytes:
    """Our INIT ACK: a tag and initial TSN, some room, a few streams, and the state cookie."""
    cookie = struct.pack("!HH", STATE_COOKIE, 4 + len(COOKIE)) + COOKIE
    return chunk(INIT_ACK, value=INIT_VALUE.pack(OUR_TAG, 65536, 10, 10, OUR_TSN) + cookie)


def asked_untrusted(data: bytes) -> Asked | None:
    """The packet from its common header on; None when it is no SCTP packet or its checksum is wrong."""
    if len(data) < HEADER.size + CHUNK.size:
        return None
    port_scanner, port_us, tag, checksum = HEADER.unpack_from(data)
    if crc32c(data[:8] + bytes(4) + data[12:]) != int.from_bytes(checksum, "little"):
        return None
    kind, _, length = CHUNK.unpack_from(data, HEADER.size)
    end = HEADER.size + length
    if length < CHUNK.size or end > len(data):
        return None
    padded = end + -end % 4
    return Asked(port_scanner, port_us, tag, kind, data[HEADER.size + CHUNK.size : end], padded >= len(data))


def answer(asked: Asked, listening: AbstractSet[int]) -> bytes | None:
    """What goes back; None: nothing."""
    is_open = asked.port_us in listening
    ends = asked.port_us, asked.port_scanner
    if asked.tag == 0:  # only an INIT by itself may be so (8.5.1), and it must name a tag (3.3.2)
        if asked.kind != INIT or not asked.alone or len(asked.value) < INIT_VALUE.size:
            return None
        their_tag, *_ = INIT_VALUE.unpack_from(asked.value)
        return packet(*ends, their_tag, init_ack() if is_open else chunk(ABORT)) if their_tag else None
    if asked.kind in UNANSWERED or (is_open and asked.kind == COOKIE_ECHO):
        return None
    return packet(*ends, asked.tag, chunk(ABORT, REFLECTED))


def listen(link: str, family: socket.AddressFamily) -> socket.socket:
    """A raw socket for what arrives at the interface, which tells to which of our addresses it came."""
    sock = socket.socket(family, socket.SOCK_RAW, SCTP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, link.encode())
    if family == socket.AF_INET:
        sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    return sock


def serve(sock: socket.socket, listening: AbstractSet[int]) -> None:
    """Take one packet and answer it.

    What the kernel tells of its destination is what it wants to be told of an answer's source, so that is handed
    back as it came. An IPv4 socket gives the IP header too, an IPv6 socket does not.
    """
    data, destination, _, them = sock.recvmsg(65535, 256)
    start = (data[0] & 15) * 4 if sock.family == socket.AF_INET else 0
    asked = asked_untrusted(data[start:])
    if asked and (back := answer(asked, listening)):
        sock.sendmsg([back], destination, 0, (them[0], 0, *them[2:]))


def main(link: str, *ports: str) -> None:
    listening = frozenset(map(int, ports))
    sockets = [listen(link, family) for family in (socket.AF_INET, socket.AF_INET6)]
    print("ready", flush=True)
    while True:
        for sock in select.select(sockets, (), ())[0]:
            serve(sock, listening)


if __name__ == "__main__":
    main(*sys.argv[1:])
