"""What comes back: the header fields of segments, echo replies and "port unreachable" that fingerprints are made of.

Sources: RFC 791, RFC 792, RFC 9293. Limits: only so much of a packet is looked at as is kept of it (128 bytes); what
lies beyond counts as intact, and data of a reset that was cut has no sum.
"""

import zlib
from dataclasses import dataclass

from periplus.errors import BadReply
from periplus.identify.os.probe import UDP_DATA
from periplus.wire.checksum import partial_sum
from periplus.wire.headers import PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP

__all__ = ["Answer", "Bounced", "Echoed", "Seen", "options_untrusted", "read_untrusted"]

_SHORTEST, _UDP_LENGTH = 20, 8
_ECHO_REPLY, _UNREACHABLE, _PORT = 0, 3, 3
_LENGTHS = {2: 4, 3: 3, 4: 2, 8: 10}  # of TCP options: size, scale, selective acknowledgement, time stamp


@dataclass(frozen=True, slots=True)
class Seen:
    """A segment. `port_me` is ours; `options` are as fingerprints write them, `stamp` is the sender's time."""

    port_them: int
    port_me: int
    seq: int
    ack: int
    flags: int
    reserved: int
    window: int
    urgent: int
    options: str
    stamp: int | None
    data_sum: int | None


@dataclass(frozen=True, slots=True)
class Echoed:
    """An echo reply."""

    code: int
    ident: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Bounced:
    """A datagram of ours that came back: what became of its headers on the way there and back."""

    port_me: int
    port_them: int
    unused: int
    total: int
    ttl: int
    ip_id: int
    ip_checksum: int
    ip_sound: bool
    udp_checksum: int
    data_sound: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """A packet: its IP header, and what is in it."""

    source: int
    total: int
    ip_id: int
    df: bool
    ttl: int
    body: Seen | Echoed | Bounced


def read_untrusted(data: bytes) -> Answer:
    """Read a packet from its IPv4 header on, zeros behind it or not. BadReply: it is no answer to any probe."""
    header, protocol = _header(data)
    total = int.from_bytes(data[2:4])
    rest = data[header : max(header, min(total, len(data)))]
    if protocol == PROTOCOL_TCP:
        body: Seen | Echoed | Bounced = _segment(rest, cut=total > len(data))
    elif protocol == PROTOCOL_ICMP:
        body = _icmp(rest)
    else:
        raise BadReply("neither a segment nor a message of ICMP")
    fragment = int.from_bytes(data[6:8])
    if fragment & 0x1FFF:
        raise BadReply("a later fragment")
    source = int.from_bytes(data[12:16])
    return Answer(source, total, int.from_bytes(data[4:6]), bool(fragment & 0x4000), data[8], body)


def _header(data: bytes) -> tuple[int, int]:
    """The length of an IPv4 header, and the protocol in it."""
    if len(data) < _SHORTEST or data[0] >> 4 != 4:
        raise BadReply("no IPv4 header")
    header = (data[0] & 15) * 4
    if not _SHORTEST <= header <= len(data):
        raise BadReply("an IPv4 header that ends outside the packet")
    return header, data[9]


def _segment(rest: bytes, cut: bool) -> Seen:
    if len(rest) < _SHORTEST:
        raise BadReply("less than a TCP header")
    header = (rest[12] >> 4) * 4
    if not _SHORTEST <= header <= len(rest):
        raise BadReply("a TCP header that ends outside the packet")
    options, stamp = options_untrusted(rest[_SHORTEST:header])
    data = rest[header:]
    return Seen(
        port_them=int.from_bytes(rest[0:2]),
        port_me=int.from_bytes(rest[2:4]),
        seq=int.from_bytes(rest[4:8]),
        ack=int.from_bytes(rest[8:12]),
        flags=rest[13],
        reserved=rest[12] & 0x0F,
        window=int.from_bytes(rest[14:16]),
        urgent=int.from_bytes(rest[18:20]),
        options=options,
        stamp=stamp,
        data_sum=None if cut else zlib.crc32(data) if data else 0,
    )


def options_untrusted(data: bytes) -> tuple[str, int | None]:
    """Return TCP options as letters with their values, and the sender's time; what is damaged ends them."""
    words: list[str] = []
    stamp: int | None = None
    at = 0
    while at < len(data):
        kind = data[at]
        if kind in (0, 1):
            words.append("LN"[kind])
            at += 1
            continue
        length = data[at + 1] if at + 1 < len(data) else 0
        value = data[at + 2 : at + length]
        if length < 2 or at + length > len(data) or _LENGTHS.get(kind, length) != length:
            break
        if kind == 8:
            stamp = int.from_bytes(value[:4])
        words.append(_word(kind, value))
        at += length
    return "".join(words), stamp


def _word(kind: int, value: bytes) -> str:
    if kind == 2 or kind == 3:
        return f"{'M' if kind == 2 else 'W'}{int.from_bytes(value):X}"
    if kind == 8:
        return f"T{int(any(value[:4]))}{int(any(value[4:]))}"
    return "S" if kind == 4 else ""


def _icmp(rest: bytes) -> Echoed | Bounced:
    if len(rest) < 8:
        raise BadReply("less than an ICMP header")
    kind, code = rest[0], rest[1]
    if kind == _ECHO_REPLY:
        return Echoed(code, int.from_bytes(rest[4:6]), int.from_bytes(rest[6:8]))
    if (kind, code) != (_UNREACHABLE, _PORT):
        raise BadReply("neither an echo reply nor an unreachable port")
    return _bounced(rest[8:], int.from_bytes(rest[4:8]))


def _bounced(quoted: bytes, unused: int) -> Bounced:
    header, protocol = _header(quoted)
    datagram = quoted[header:]
    if protocol != PROTOCOL_UDP or len(datagram) < _UDP_LENGTH:
        raise BadReply("no datagram is quoted")
    data = datagram[_UDP_LENGTH:][: len(UDP_DATA)]
    return Bounced(
        port_me=int.from_bytes(datagram[0:2]),
        port_them=int.from_bytes(datagram[2:4]),
        unused=unused,
        total=int.from_bytes(quoted[2:4]),
        ttl=quoted[8],
        ip_id=int.from_bytes(quoted[4:6]),
        ip_checksum=int.from_bytes(quoted[10:12]),
        ip_sound=partial_sum(quoted[:header]) % 0xFFFF == 0,
        udp_checksum=int.from_bytes(datagram[6:8]),
        data_sound=data == UDP_DATA[: len(data)],
    )
