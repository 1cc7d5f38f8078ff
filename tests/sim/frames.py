"""An internet in memory at the level of frames: the whole way from the loop to the wire and back, without a kernel.

`Wire` is a transport and a clock at once. Time passes only when frames are sent, when packets are read and when
somebody waits, so a scan of minutes takes milliseconds and every run of a test is the same. Frames are taken apart
with `struct` alone: hosts answer only what a real one would understand (right checksums, right hardware address).

Limits: one hop at most, plain loops over frames; worlds of some thousand ports.
"""

import heapq
import random
import struct
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.wire.twins import checksum, crc32c, icmp, ip4, ip6, number, packed, tcp, transport_checksum

from periplus.columns import U8
from periplus.scan.clock import Clock
from periplus.space.ip import format_ip
from periplus.transport.memory import MemoryTransport
from periplus.wire.lane import Lane, Link
from periplus.wire.packets import WIDTH, Packets
from periplus.wire.tcp import ACK, FIN, RST, SYN

SEND_COST_US = 2
READ_COST_US = 5
BEGIN_US = 1_000_000
EPOCH_S = 1_700_000_000.0  # the calendar time at which the clock would read 0
THEIR_SEQ = 0x5EED
WORD = 0xFFFFFFFF
ECHO, TIMESTAMP, ADDRESS_MASK, ECHO6 = 8, 13, 17, 128
ASKED = {
    1: {ECHO: 0, TIMESTAMP: 14, ADDRESS_MASK: 18},
    58: {ECHO6: 129},
}  # by protocol: types and their answers


@dataclass(frozen=True)
class Segment:
    """A port answers with these flags, window and options; a segment that has ACK acknowledges the probe.

    A reset follows RFC 9293 section 3.10.7.1: in answer to an ACK it has none, and goes on where that one pointed.
    """

    flags: int
    window: int = 1024
    options: bytes = b""


@dataclass(frozen=True)
class Datagram:
    """A port of UDP answers so, whoever asks or only what it understands."""

    says: bytes = b"hello"
    understands: bytes | None = None
    port: int | None = None  # where the answer comes from; None: from the port that was asked


@dataclass(frozen=True)
class Chunk:
    """A port of SCTP answers by a chunk of this type, under the asker's tag."""

    kind: int


@dataclass(frozen=True)
class Error:
    """A port is answered for by an ICMP error, from a router if one is named."""

    kind: int
    code: int
    router: str | None = None


@dataclass(frozen=True)
class Reply:
    """What was asked by ICMP is answered."""


Answer = Segment | Datagram | Chunk | Error | Reply
Behaviour = Answer | None
OPEN, CLOSED, SIMULTANEOUS = Segment(SYN | ACK), Segment(RST | ACK), Segment(SYN)
REFUSAL = Segment(RST)  # of what belongs to no connection, whether the port is open or not
DROPPED: Behaviour = None
UNREACHABLE4, UNREACHABLE6 = Error(3, 3), Error(1, 4)  # of UDP: nobody listens
INIT_ACK, ABORT = Chunk(2), Chunk(6)
FORGERIES: dict[int, Answer] = {1: Reply(), 6: OPEN, 17: UNREACHABLE4, 58: Reply(), 132: INIT_ACK}


@dataclass
class Host:
    """A host: `ports` by number, all the others as `other`. Without `mac` it answers no ARP; `via` is its router.

    `icmp` are the questions that it answers (an ICMPv6 echo is asked as 8). With `datagrams` UDP has ports of its
    own, the others as `no_datagram`.
    """

    ports: dict[int, Behaviour] = field(default_factory=dict)
    other: Behaviour = CLOSED
    mac: bytes = b""
    via: str | None = None
    icmp: tuple[int, ...] = (ECHO, TIMESTAMP)
    datagrams: dict[int, Behaviour] = field(default_factory=dict)
    no_datagram: Behaviour = None

    def at(self, port: int) -> Behaviour:
        return self.ports.get(port, self.other)

    def to(self, probe: "Probe") -> Behaviour:
        """What comes back."""
        if probe.protocol in ASKED:
            return Reply() if probe.port_them in self.icmp else None
        if probe.protocol == 17 and (self.datagrams or self.no_datagram):
            return self.datagrams.get(probe.port_them, self.no_datagram)
        behaviour = self.at(probe.port_them)
        if isinstance(behaviour, Segment) and probe.protocol != 6:
            return None
        stray = probe.protocol == 6 and probe.flags & ACK and not probe.flags & SYN
        return REFUSAL if behaviour == OPEN and stray else behaviour


def mute(mac: bytes = b"", via: str | None = None) -> Host:
    """A host that drops everything."""
    return Host({}, DROPPED, mac, via, icmp=())


@dataclass
class Path:
    """What the way does to packets. Times in microseconds, shares each way.

    `lost` and `slow` belong to single ports, (address, port): how many first probes vanish, and how much later the
    answers come. `copies`: of each answer, `gap_us` apart. `cut`, `forged`: before each answer comes one that is
    cut off, or that says open without the cookie.
    """

    loss: float = 0.0
    delay_us: int = 500
    jitter_us: int = 0
    copies: int = 1
    gap_us: int = 0
    cut: bool = False
    forged: bool = False
    lost: dict[tuple[str, int], int] = field(default_factory=dict)
    slow: dict[tuple[str, int], int] = field(default_factory=dict)


@dataclass(frozen=True)
class Probe:
    """A packet of ours as the other side reads it. `number`: TCP's sequence number, or SCTP's tag.

    Of ICMP the ports are identifier and type (ICMPv6's echo: 8). `ack`, `flags`: of TCP; `payload`: of UDP.
    """

    packet: bytes
    source: int
    destination: int
    port_me: int
    port_them: int
    number: int
    protocol: int = 6
    ack: int = 0
    flags: int = SYN
    payload: bytes = b""


class Wire(MemoryTransport):
    """Hosts and routers (address to hardware address) behind one path; `ours` are the ports that a filter lets in.

    `probes` counts what was understood, by (address, port), but for `questions` by ICMP, by (address, type), and
    `datagrams`; `malformed` and `astray` what nobody could understand and what went to a hardware address that is not
    the next hop's. `hesitates`: how much later somebody answers who is asked itself for its hardware address; None:
    not at all. `width`: how many bytes of each answer are kept.
    """

    def __init__(
        self,
        hosts: dict[str, Host],
        routers: dict[str, bytes] | None = None,
        path: Path | None = None,
        ours: range = range(0),
        seed: int = 1,
        places: int = sys.maxsize,
    ) -> None:
        super().__init__(self._take, places)
        self.clock = WireClock(self)
        self.width = WIDTH
        self.now_us = BEGIN_US
        self.path = path or Path()
        self.probes: dict[tuple[str, int], int] = {}
        self.questions: dict[tuple[str, int], int] = {}
        self.datagrams: dict[tuple[str, int], int] = {}
        self.asked: list[str] = []  # whose hardware address
        self.polled: list[str] = []  # of these, who was asked itself
        self.hesitates: Callable[[str], int | None] = lambda text: 0
        self.malformed = 0
        self.astray = 0
        self._hosts = {number(text): (text, host) for text, host in hosts.items()}
        self._macs = {number(text): mac for text, mac in (routers or {}).items()}
        self._macs.update({number(text): host.mac for text, host in hosts.items() if host.mac})
        self._ours = ours
        self._rng = random.Random(seed)
        self._under_way: list[tuple[int, int, bytes, int, int]] = []
        self._serial = 0

    # the transport

    def receive(self, limit: int = 4096) -> Packets:
        """What has arrived by now."""
        self.now_us += READ_COST_US
        due = []
        while self._under_way and self._under_way[0][0] <= self.now_us:
            due.append(heapq.heappop(self._under_way))
        if due:
            packets = Packets.of_bytes(
                [row[2] for row in due],
                [row[0] for row in due],
                [row[3] for row in due],
                width=self.width,
            )
            packets.ifindex[:] = [row[4] for row in due]
            self.deliver(packets)
        return super().receive(limit)

    def wait(self, timeout_us: int) -> bool:
        """Time passes until the next arrival, or as far as was said."""
        arrival = self._under_way[0][0] if self._under_way else self.now_us + timeout_us
        self.now_us = max(self.now_us, min(arrival, self.now_us + timeout_us))
        return super().wait(timeout_us) or arrival <= self.now_us

    def arrive(
        self, packet: bytes, in_us: int = 0, *, ifindex: int = 2, ethertype: int | None = None
    ) -> None:
        """Let a packet, from its network header on, arrive after so many microseconds."""
        kind = ethertype or (0x86DD if packet[:1] >= b"\x60" else 0x0800)
        self._serial += 1
        heapq.heappush(self._under_way, (self.now_us + in_us, self._serial, packet, kind, ifindex))

    # the other side

    def _take(self, lane: Lane, frames: U8) -> Packets:
        for frame in frames:
            self.now_us += SEND_COST_US
            self._frame(lane, frame.tobytes())
        return Packets.empty()

    def _frame(self, lane: Lane, frame: bytes) -> None:
        packet = frame[lane.header :]
        if lane.header and frame[12:14] == b"\x08\x06":
            self._asked(lane, number_of(packet[24:28]), packet, frame[:6])
        elif packet[0] >> 4 == 6 and packet[6] == 58 and packet[40] == 135:
            self._asked(lane, number_of(packet[48:64]), packet, frame[:6])
        else:
            self._probed(lane, frame[: lane.header], packet)

    def _asked(self, lane: Lane, wanted: int, question: bytes, to: bytes) -> None:
        """Answer ARP (RFC 826) and neighbour solicitations (RFC 4861), those to one host alone as Linux does."""
        text, mac, in_us = format_ip(wanted), self._macs.get(wanted), 2 * self.path.delay_us
        self.asked.append(text)
        alone = not to[0] & 1
        if alone:
            self.polled.append(text)
            later_us = self.hesitates(text)
            if later_us is None or mac != to:
                return
            in_us += later_us
        if mac is None:
            return
        if len(question) == 28:
            answer = b"\0\x01\x08\0\6\4\0\2" + mac + question[24:28] + question[8:18]
            self.arrive(answer, in_us, ifindex=lane.ifindex, ethertype=0x0806)
        else:
            told = struct.pack("!BBHI", 136, 0, 0, 0x60000000) + packed(wanted)
            told += b"" if alone else b"\2\1" + mac
            answer = ip6(wanted, number_of(question[8:24]), 58, told, ttl=255)
            self.arrive(answer, in_us, ifindex=lane.ifindex)

    def _probed(self, lane: Lane, link: bytes, packet: bytes) -> None:
        probe = read_probe(packet)
        if probe is None:
            self.malformed += 1
            return
        if lane.link is Link.LOCAL and probe.port_them in self._ours:
            self.arrive(packet, ifindex=lane.ifindex)
        text, host = self._hosts.get(probe.destination, ("", Host(other=DROPPED)))
        hop = number(host.via) if host.via else probe.destination
        if link and link[:6] != self._macs.get(hop):
            self.astray += 1
            return
        here = (text, probe.port_them)
        counts = {1: self.questions, 58: self.questions, 17: self.datagrams}.get(probe.protocol, self.probes)
        counts[here] = counts.get(here, 0) + 1
        behaviour = host.to(probe)
        is_lost = counts[here] <= self.path.lost.get(here, 0) or self._is_lost() or self._is_lost()
        is_greek = isinstance(behaviour, Datagram) and behaviour.understands not in (None, probe.payload)
        if behaviour is not None and not is_lost and not is_greek:
            self._answer(lane, probe, behaviour, self.path.slow.get(here, 0))

    def _is_lost(self) -> bool:
        return self._rng.random() < self.path.loss

    def _answer(self, lane: Lane, probe: Probe, behaviour: Answer, extra_us: int) -> None:
        answer = answer_to(probe, behaviour)
        wrong = answer_to(probe, FORGERIES[probe.protocol], off=self._rng.randrange(3, 1 << 16))
        in_us = 2 * self.path.delay_us + extra_us + self._rng.randrange(self.path.jitter_us + 1)
        header = 40 if answer[0] >> 4 == 6 else 20
        extras = [wrong] * self.path.forged + [answer[: header + 7]] * self.path.cut
        for packet in extras:
            self.arrive(packet, in_us, ifindex=lane.ifindex)
        for copy in range(self.path.copies):
            self.arrive(answer, in_us + copy * self.path.gap_us, ifindex=lane.ifindex)


class WireClock(Clock):
    """The clock that goes with a wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def now_us(self) -> int:
        return self._wire.now_us

    def epoch_s(self, moment_us: int) -> float:
        return EPOCH_S + moment_us / 1e6


def read_probe(packet: bytes) -> Probe | None:
    """Read a packet of TCP, UDP or SCTP without extension headers; None when a real host would drop it."""
    is_v6 = packet[0] >> 4 == 6
    header = 40 if is_v6 else 20
    protocol = packet[6] if is_v6 else packet[9]
    source, destination = (packet[8:24], packet[24:40]) if is_v6 else (packet[12:16], packet[16:20])
    ends, segment = (number_of(source), number_of(destination)), packet[header:]
    whole = is_v6 or ip4(*ends, protocol, segment, ttl=packet[8], ident=packet[4] << 8 | packet[5]) == packet
    if whole and protocol in ASKED:
        return read_question(packet, *ends, protocol, segment)
    if not whole or protocol not in READERS:
        return None
    found = READERS[protocol](*ends, segment)
    port_me, port_them = struct.unpack("!HH", segment[:4])
    return Probe(packet, *ends, port_me, port_them, protocol=protocol, **found) if found else None


def read_question(
    packet: bytes, source: int, destination: int, protocol: int, message: bytes
) -> Probe | None:
    total = checksum(message) if protocol == 1 else transport_checksum(source, destination, 58, message)
    if total or message[0] not in ASKED[protocol]:
        return None
    kind = ECHO if message[0] == ECHO6 else message[0]
    return Probe(packet, source, destination, number_of(message[4:6]), kind, 0, protocol)


def read_tcp(source: int, destination: int, segment: bytes) -> dict[str, Any] | None:
    if transport_checksum(source, destination, 6, segment) != 0:
        return None
    number, ack, flags = struct.unpack("!4xIIxB", segment[:14])
    return {"number": number, "ack": ack, "flags": flags}


def read_udp(source: int, destination: int, segment: bytes) -> dict[str, Any] | None:
    length, total = struct.unpack("!4xHH", segment[:8])
    right = length == len(segment) and total and transport_checksum(source, destination, 17, segment) == 0
    return {"number": 0, "payload": segment[8:]} if right else None


def read_sctp(source: int, destination: int, segment: bytes) -> dict[str, Any] | None:
    tag, total, kind = struct.unpack("!4xI4sB", segment[:13])
    if crc32c(segment[:8] + bytes(4) + segment[12:]) != int.from_bytes(total, "little"):
        return None
    return {"number": int.from_bytes(segment[16:20]) if kind == 1 else tag}


READERS = {6: read_tcp, 17: read_udp, 132: read_sctp}


def answer_to(probe: Probe, behaviour: Answer, off: int = 0) -> bytes:
    """Return the packet that answers a probe; with `off` its numbers are wrong by so much."""
    if isinstance(behaviour, Error):
        return error_for(probe, behaviour, off)
    ip = ip6 if probe.packet[0] >> 4 == 6 else ip4
    said = payload_for(probe, behaviour, off)
    return ip(probe.destination, probe.source, probe.protocol, said)


def payload_for(probe: Probe, behaviour: Segment | Datagram | Chunk | Reply, off: int) -> bytes:
    ends = probe.port_them, probe.port_me
    match behaviour:
        case Segment(flags, window) if flags & RST and probe.flags & ACK:
            return tcp(*ends, (probe.ack + off) & WORD, off, flags & ~ACK, window)
        case Segment(flags, window, options):
            counted = probe.number + bool(probe.flags & (SYN | FIN)) + off
            return tcp(*ends, THEIR_SEQ, counted & WORD if flags & ACK else 0, flags, window, options)
        case Datagram(says, port=port):
            return struct.pack("!HHHH", port or probe.port_them, probe.port_me, 8 + len(says), 0) + says
        case Reply():
            return reply_to(probe)
        case Chunk(kind):
            return struct.pack("!HHIIBBH", *ends, (probe.number + off) & WORD, 0, kind, 0, 4)


def error_for(probe: Probe, error: Error, off: int = 0) -> bytes:
    """An ICMP error that quotes the probe, with `off` one that never was."""
    is_v6 = probe.packet[0] >> 4 == 6
    ident = 2 if is_v6 else 4
    wrong = (int.from_bytes(probe.packet[ident : ident + 2]) + off) & 0xFFFF
    packet = probe.packet[:ident] + wrong.to_bytes(2) + probe.packet[ident + 2 :]
    quote = packet if is_v6 else packet[:28]
    sender = number(error.router) if error.router else probe.destination
    ip = ip6 if is_v6 else ip4
    return ip(sender, probe.source, 58 if is_v6 else 1, icmp(error.kind, error.code, quote))


def reply_to(probe: Probe) -> bytes:
    """What a question by ICMP is answered with (RFC 792, RFC 950, RFC 4443); its checksum is left zero."""
    message = probe.packet[40 if probe.protocol == 58 else 20 :]
    head = struct.pack("!BBH", ASKED[probe.protocol][message[0]], 0, 0) + message[4:8]
    if message[0] == TIMESTAMP:
        return head + message[8:12] + struct.pack("!II", 43_200_000, 43_200_001)
    return head + (b"\xff\xff\xff\x00" if message[0] == ADDRESS_MASK else message[8:])


def number_of(address: bytes) -> int:
    """An address out of a header as a number, IPv4 mapped."""
    return int.from_bytes(address) | (0xFFFF << 32 if len(address) == 4 else 0)


def macs(texts: Iterable[str]) -> dict[str, bytes]:
    """Return a hardware address for each address."""
    return {text: b"\2\0\0\0" + bytes(divmod(row + 16, 256)) for row, text in enumerate(texts)}
