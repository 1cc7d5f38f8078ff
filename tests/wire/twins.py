"""Plain, one-packet-at-a-time twins of the room's routines, and the packets that its tests are made from.

Nothing here imports the code under test but for its enums: the twins follow the RFCs with `struct` alone.
"""

import ipaddress
import struct
from typing import Any, NamedTuple

from periplus.wire.problem import Problem

WIDTH = 128
EXTENSIONS = (0, 43, 44, 60)
CHAIN_MAX = 8
ERRORS = {4: (3, 11, 12), 6: (1, 2, 3, 4)}


def number(text: str) -> int:
    """An address as the project numbers it: 128 bits, IPv4 mapped."""
    address = ipaddress.ip_address(text)
    return int(address) | (0xFFFF << 32 if address.version == 4 else 0)


def packed(address: int) -> bytes:
    """The bytes of an address in a header."""
    return (address & 0xFFFFFFFF).to_bytes(4) if address >> 32 == 0xFFFF else address.to_bytes(16)


def checksum(data: bytes) -> int:
    """RFC 1071, word by word with the carry brought round at once."""
    total = 0
    for (word,) in struct.iter_unpack("!H", data + b"\0" * (len(data) % 2)):
        total += word
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def crc32c(data: bytes) -> int:
    """RFC 9260 appendix A, bit by bit, in its mirrored form."""
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x82F63B78 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


def transport_checksum(me: int, them: int, protocol: int, segment: bytes) -> int:
    """The checksum of a segment under the pseudo header of its family."""
    ends = packed(me) + packed(them)
    if len(ends) == 8:
        return checksum(ends + struct.pack("!BBH", 0, protocol, len(segment)) + segment)
    return checksum(ends + struct.pack("!IHBB", len(segment), 0, 0, protocol) + segment)


def ip4(
    source: int,
    destination: int,
    protocol: int,
    payload: bytes,
    *,
    ttl: int = 64,
    ident: int = 0,
    flags_offset: int = 0x4000,
    options: bytes = b"",
) -> bytes:
    """An IPv4 packet with a right checksum."""
    words = 5 + len(options) // 4
    head = struct.pack(
        "!BBHHHBB", 0x40 | words, 0, words * 4 + len(payload), ident, flags_offset, ttl, protocol
    )
    ends = packed(source) + packed(destination) + options
    return head + struct.pack("!H", checksum(head + b"\0\0" + ends)) + ends + payload


def ip6(
    source: int, destination: int, protocol: int, payload: bytes, *, ttl: int = 64, ident: int = 0
) -> bytes:
    """An IPv6 packet; extension headers go into the payload, `ident` is the low half of the flow label."""
    head = struct.pack("!IHBB", 6 << 28 | ident, len(payload), protocol, ttl)
    return head + packed(source) + packed(destination) + payload


def tcp(
    source: int,
    destination: int,
    seq: int = 0,
    ack: int = 0,
    flags: int = 2,
    window: int = 1024,
    options: bytes = b"",
) -> bytes:
    """A TCP header whose checksum is left zero, as incoming checksums are not read."""
    words = 5 + len(options) // 4
    return struct.pack("!HHIIBBHHH", source, destination, seq, ack, words << 4, flags, window, 0, 0) + options


def icmp(kind: int, code: int, quote: bytes) -> bytes:
    """An ICMP error around a quote."""
    return struct.pack("!BBHI", kind, code, 0, 0) + quote


def extension(following: int, units: int = 0) -> bytes:
    """A hop-by-hop, routing or destination options header of 8 + 8 `units` bytes."""
    return bytes([following, units]) + bytes(6 + 8 * units)


def fragment(following: int, offset: int = 0, *, more: bool = True) -> bytes:
    """An IPv6 fragment header; `offset` in units of 8 bytes."""
    return struct.pack("!BBHI", following, 0, offset << 3 | more, 7)


class Row(NamedTuple):
    """One row of `Decoded`, in the order of its columns, without the time."""

    problem: int
    kind: int = 0
    protocol: int = 0
    them: int = 0
    sender: int = 0
    me: int = 0
    port_them: int = 0
    port_me: int = 0
    ip_id: int = 0
    seq: int = 0
    ack: int = 0
    flags: int = 0
    window: int = 0
    ttl: int = 0
    icmp_type: int = 0
    icmp_code: int = 0
    is_v4: bool = False


class BadError(Exception):
    """The packet has a problem."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


class Head(NamedTuple):
    """An IP header as read."""

    protocol: int
    length: int
    declared: int
    ttl: int
    source: int
    destination: int
    ident: int


def read_ip(data: bytes, version: int) -> Head:
    """The header at the start of `data`, which holds no byte more than there is."""
    return read_ip4(data) if version == 4 else read_ip6(data)


def read_ip4(data: bytes) -> Head:
    if len(data) < 20:
        raise BadError(Problem.TRUNCATED)
    if data[0] >> 4 != 4:
        raise BadError(Problem.BAD_VERSION)
    length = (data[0] & 15) * 4
    if length < 20:
        raise BadError(Problem.BAD_HEADER_LENGTH)
    if length > len(data):
        raise BadError(Problem.TRUNCATED)
    declared, ident, offset = struct.unpack("!2xHHH", data[:8])
    if offset & 0x1FFF:
        raise BadError(Problem.FRAGMENT)
    mapped = 0xFFFF << 32
    source, destination = struct.unpack("!II", data[12:20])
    return Head(data[9], length, declared, data[8], mapped | source, mapped | destination, ident)


def read_ip6(data: bytes) -> Head:
    if len(data) < 40:
        raise BadError(Problem.TRUNCATED)
    if data[0] >> 4 != 6:
        raise BadError(Problem.BAD_VERSION)
    protocol, length, seen = data[6], 40, 0
    while protocol in EXTENSIONS and length != len(data):
        if seen == CHAIN_MAX:
            raise BadError(Problem.TOO_MANY_HEADERS)
        seen += 1
        if length + 8 > len(data):
            raise BadError(Problem.TRUNCATED)
        size = 8 if protocol == 44 else (data[length + 1] + 1) * 8
        if length + size > len(data):
            raise BadError(Problem.TRUNCATED)
        if protocol == 44 and int.from_bytes(data[length + 2 : length + 4]) >> 3:
            raise BadError(Problem.FRAGMENT)
        protocol = data[length]
        length += size
    ends = int.from_bytes(data[8:24]), int.from_bytes(data[24:40])
    ident = int.from_bytes(data[2:4])
    return Head(protocol, length, int.from_bytes(data[4:6]) + 40, data[7], *ends, ident)


def decode(packet: bytes, ethertype: int) -> Row:
    """The row of one packet."""
    try:
        return _decode(packet, ethertype)
    except BadError as bad:
        return Row(bad.problem)


def _decode(packet: bytes, ethertype: int) -> Row:
    if ethertype not in (0x0800, 0x86DD):
        raise BadError(Problem.NOT_IP)
    version = 4 if ethertype == 0x0800 else 6
    data = packet[:WIDTH]
    head = read_ip(data, version)
    if head.declared < head.length:
        raise BadError(Problem.BAD_HEADER_LENGTH)
    if head.declared > len(data) and len(packet) < WIDTH:
        raise BadError(Problem.TRUNCATED)
    body = data[head.length : head.declared]
    base = Row(
        0,
        protocol=head.protocol,
        them=head.source,
        sender=head.source,
        me=head.destination,
        ip_id=head.ident,
        ttl=head.ttl,
        is_v4=version == 4,
    )
    if head.protocol == (1 if version == 4 else 58):
        return _decode_icmp(base, body, version)
    known = {6: _decode_tcp, 17: _decode_udp, 132: _decode_sctp}
    if head.protocol in known:
        return known[head.protocol](base, body, head.declared - head.length)
    return base._replace(kind=6)


def _decode_tcp(base: Row, body: bytes, declared: int) -> Row:
    if len(body) < 20:
        raise BadError(Problem.TRUNCATED)
    port_them, port_me, seq, ack, offset, flags, window = struct.unpack("!HHIIBBH", body[:16])
    if not 20 <= (offset >> 4) * 4 <= declared:
        raise BadError(Problem.BAD_HEADER_LENGTH)
    ports = {"port_them": port_them, "port_me": port_me}
    return base._replace(kind=1, seq=seq, ack=ack, flags=flags, window=window, **ports)


def _decode_udp(base: Row, body: bytes, declared: int) -> Row:
    if len(body) < 8:
        raise BadError(Problem.TRUNCATED)
    port_them, port_me = struct.unpack("!HH", body[:4])
    head = int.from_bytes(body[8:12].ljust(4, b"\0"))
    return base._replace(kind=4, port_them=port_them, port_me=port_me, seq=head)


def _decode_sctp(base: Row, body: bytes, declared: int) -> Row:
    if len(body) < 16:
        raise BadError(Problem.TRUNCATED)
    port_them, port_me, tag, chunk, chunk_flags = struct.unpack("!HHI4xBB", body[:14])
    ports = {"port_them": port_them, "port_me": port_me}
    return base._replace(kind=5, ack=tag, flags=chunk, window=chunk_flags, **ports)


def _decode_icmp(base: Row, body: bytes, version: int) -> Row:
    answered = {4: {0: 8, 14: 13, 18: 17}, 6: {129: 8}}[version]
    if body[:1] and body[0] in answered:
        if len(body) < 12:
            raise BadError(Problem.TRUNCATED)
        kind, code, ident, sequence, number = struct.unpack("!BB2xHHI", body[:12])
        return base._replace(
            kind=3,
            icmp_type=kind,
            icmp_code=code,
            port_them=answered[kind],
            port_me=ident,
            seq=sequence if kind == 18 else number,
        )
    if len(body) < 8:
        raise BadError(Problem.TRUNCATED)
    if body[0] not in ERRORS[version]:
        raise BadError(Problem.UNHANDLED_ICMP)
    try:
        quoted = read_ip(body[8:], version)
    except BadError as bad:
        short = bad.problem is Problem.TRUNCATED
        raise BadError(Problem.QUOTE_TOO_SHORT if short else Problem.BAD_QUOTE) from None
    return base._replace(
        kind=2,
        protocol=quoted.protocol,
        them=quoted.destination,
        me=quoted.source,
        ip_id=quoted.ident,
        icmp_type=body[0],
        icmp_code=body[1],
        **_quoted_ports(quoted.protocol, version, body[8 + quoted.length :][:8]),
    )


def _quoted_ports(protocol: int, version: int, eight: bytes) -> dict[str, Any]:
    icmp_itself = 1 if version == 4 else 58
    if protocol not in (6, 17, 132, icmp_itself):
        return {}
    if len(eight) < 8:
        raise BadError(Problem.QUOTE_TOO_SHORT)
    if protocol == icmp_itself:
        echo6 = protocol == 58 and eight[0] == 128
        return {"port_them": 8 if echo6 else eight[0], "port_me": int.from_bytes(eight[4:6])}
    port_me, port_them, seq = struct.unpack("!HHI", eight)
    return {"port_me": port_me, "port_them": port_them, "seq": seq if protocol == 6 else 0}
