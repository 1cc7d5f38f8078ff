"""The sixteen packets by which a TCP/IP stack is told, in the order in which they leave.

Source: G. F. Lyon, "Nmap Network Scanning", chapter "Remote OS Detection", section "TCP/IP Fingerprinting Methods
Supported by Nmap", which publishes every field: six SYNs to an open port 100 ms apart, two echo requests, a SYN that
offers ECN, three odd segments to the open port and three to a closed one, a datagram to a closed UDP port.

Limits: IPv4 alone. Each packet has a source port of its own, by which its answer is known.
"""

from dataclasses import dataclass

import numpy as np

from periplus.wire.checksum import finish, partial_sum
from periplus.wire.headers import PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP, ip_bytes

__all__ = [
    "ECHOES",
    "ECN",
    "NUMBERS",
    "PROBES",
    "SYNS",
    "TTL",
    "U1",
    "UDP_DATA",
    "UDP_ID",
    "Asked",
    "Segment",
    "packet",
]

TTL = 64
UDP_ID = 0x1042
UDP_DATA = b"C" * 300
FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << bit for bit in range(8))
RESERVED = 0x08  # of the byte before the flags: the bit next to CWR
_DF = 0x4000

_STAMP = b"\x08\x0a\xff\xff\xff\xff\0\0\0\0"
_SACK = b"\x04\x02"
_NOP, _EOL = b"\x01", b"\0"


def _scale(shift: int) -> bytes:
    return bytes([3, 3, shift])


def _size(mss: int) -> bytes:
    return b"\x02\x04" + mss.to_bytes(2)


_ODD = _scale(10) + _NOP + _size(265) + _STAMP + _SACK
_ODD_LAST = _scale(15) + _NOP + _size(265) + _STAMP + _SACK


@dataclass(frozen=True, slots=True)
class Segment:
    """A TCP probe: to the open port, or else to the closed one."""

    name: str
    flags: int
    window: int
    options: bytes
    df: bool = False
    to_open: bool = True
    urgent: int = 0
    reserved: int = 0


@dataclass(frozen=True, slots=True)
class Echo:
    """An echo request."""

    name: str
    code: int
    tos: int
    df: bool
    sequence: int
    size: int


SYNS = (
    Segment("S1", SYN, 1, _scale(10) + _NOP + _size(1460) + _STAMP + _SACK),
    Segment("S2", SYN, 63, _size(1400) + _scale(0) + _SACK + _STAMP + _EOL),
    Segment("S3", SYN, 4, _STAMP + _NOP + _NOP + _scale(5) + _NOP + _size(640)),
    Segment("S4", SYN, 4, _SACK + _STAMP + _scale(10) + _EOL),
    Segment("S5", SYN, 16, _size(536) + _SACK + _STAMP + _scale(10) + _EOL),
    Segment("S6", SYN, 512, _size(265) + _SACK + _STAMP),
)
ECHOES = (Echo("IE1", 9, 0, True, 295, 120), Echo("IE2", 0, 4, False, 296, 150))
ECN = Segment(
    "ECN",
    SYN | ECE | CWR,
    3,
    _scale(10) + _NOP + _size(1460) + _SACK + _NOP + _NOP,
    urgent=0xF7F5,
    reserved=RESERVED,
)
_REST = (
    Segment("T2", 0, 128, _ODD, df=True),
    Segment("T3", SYN | FIN | URG | PSH, 256, _ODD),
    Segment("T4", ACK, 1024, _ODD, df=True),
    Segment("T5", SYN, 31337, _ODD, to_open=False),
    Segment("T6", ACK, 32768, _ODD, df=True, to_open=False),
    Segment("T7", FIN | PSH | URG, 65535, _ODD_LAST, to_open=False),
)
U1 = "U1"
PROBES: tuple[Segment | Echo | str, ...] = (*SYNS, *ECHOES, ECN, *_REST, U1)
NUMBERS = {each if isinstance(each, str) else each.name: number for number, each in enumerate(PROBES)}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the probes of one host have in common. `port_me` is the first of sixteen, `udp` None: no datagram.

    `guessed`: the closed port was never seen to be closed.
    """

    ip_me: int
    ip_them: int
    port_me: int
    open: int
    closed: int | None
    udp: int | None
    seq: int
    ack: int
    ident: int
    ip_id: int
    guessed: bool = False
    echoes: bool = True

    def numbers(self) -> list[int]:
        """Which probes there are for this host."""
        return [number for number, probe in enumerate(PROBES) if self._asks(probe)]

    def _asks(self, probe: Segment | Echo | str) -> bool:
        if isinstance(probe, Segment):
            return probe.to_open or self.closed is not None
        return self.echoes if isinstance(probe, Echo) else self.udp is not None

    def seq_of(self, number: int) -> int:
        """The sequence number of a TCP probe."""
        return (self.seq + number) & 0xFFFFFFFF

    def udp_checksum(self) -> int:
        """The checksum that the datagram had."""
        return int.from_bytes(_datagram(self, NUMBERS[U1])[6:8])


def packet(asked: Asked, number: int) -> bytes:
    """Return a probe from its IP header on."""
    probe = PROBES[number]
    if isinstance(probe, Segment):
        return _ip(asked, PROTOCOL_TCP, _segment(asked, number, probe), _id(asked, number), probe.df)
    if isinstance(probe, Echo):
        ident = (asked.ident + probe.sequence - ECHOES[0].sequence) & 0xFFFF
        body = ident.to_bytes(2) + probe.sequence.to_bytes(2) + bytes(probe.size)
        whole = bytes([8, probe.code]) + _checksum(bytes([8, probe.code]) + body) + body
        return _ip(asked, PROTOCOL_ICMP, whole, _id(asked, number), probe.df, probe.tos)
    return _ip(asked, PROTOCOL_UDP, _datagram(asked, number), UDP_ID, df=False)


def _id(asked: Asked, number: int) -> int:
    return (asked.ip_id + number) & 0xFFFF


def _segment(asked: Asked, number: int, probe: Segment) -> bytes:
    port = asked.open if probe.to_open else asked.closed
    assert port is not None
    options = probe.options.ljust((len(probe.options) + 3) & ~3, b"\0")
    head = (asked.port_me + number).to_bytes(2) + port.to_bytes(2)
    ack = 0 if probe is ECN else asked.ack
    head += asked.seq_of(number).to_bytes(4) + ack.to_bytes(4)
    head += bytes([(20 + len(options)) << 2 | probe.reserved, probe.flags]) + probe.window.to_bytes(2)
    rest = probe.urgent.to_bytes(2) + options
    return head + _over(asked, PROTOCOL_TCP, head + rest) + rest


def _datagram(asked: Asked, number: int) -> bytes:
    assert asked.udp is not None
    head = (asked.port_me + number).to_bytes(2) + asked.udp.to_bytes(2) + (8 + len(UDP_DATA)).to_bytes(2)
    return head + _over(asked, PROTOCOL_UDP, head + UDP_DATA) + UDP_DATA


def _over(asked: Asked, protocol: int, rest: bytes) -> bytes:
    """The checksum over pseudo header and all but itself (RFC 9293 section 3.1)."""
    pseudo = ip_bytes(asked.ip_me) + ip_bytes(asked.ip_them) + protocol.to_bytes(2)
    pseudo += (len(rest) + 2).to_bytes(2)
    return _checksum(pseudo + rest)


def _ip(asked: Asked, protocol: int, rest: bytes, ip_id: int, df: bool, tos: int = 0) -> bytes:
    first = bytes([0x45, tos]) + (20 + len(rest)).to_bytes(2) + ip_id.to_bytes(2) + (_DF * df).to_bytes(2)
    first += bytes([TTL, protocol])
    last = ip_bytes(asked.ip_me) + ip_bytes(asked.ip_them)
    return first + _checksum(first + last) + last + rest


def _checksum(data: bytes) -> bytes:
    return int(finish(np.array([partial_sum(data)], np.uint64))[0]).to_bytes(2)
