"""An internet in memory with routers in between: a probe whose TTL runs out is answered by the router there.

`Ways` is a `Wire` whose hosts may lie behind others. It also answers datagrams (the port is closed) and echo
requests, which a `Wire` does not read, and drops SCTP. Answers arrive with the TTL that is left of 64. A `Side` is a
second
transport on the same wire, as the kernel gives every socket the packets that its filter lets in.
"""

import struct
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from tests.sim.frames import Wire, number_of
from tests.wire.twins import icmp, ip4, ip6, number, transport_checksum

from periplus.columns import U8
from periplus.space.ip import format_ip
from periplus.transport.memory import MemoryTransport
from periplus.wire.lane import Lane
from periplus.wire.packets import Packets

# Of an address, a TTL, and how many such probes there were before: whether this one gets lost.
Fate = Callable[[str, int, int], bool]
TCP, UDP, SCTP, ICMP, ICMP6 = 6, 17, 132, 1, 58
ECHO6 = 128


class Ways(Wire):
    """`ways` are the routers before a host, nearest first, None: silent. `asked` counts probes by address and TTL."""

    def __init__(self, *args: Any, ways: Mapping[str, Sequence[str | None]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.ways = {number(text): routers for text, routers in ways.items()}
        self.asked_hops: Counter[tuple[str, int]] = Counter()
        self.quotes: list[bytes] = []
        self.fate: Fate = lambda address, ttl, before: False
        self.silent_echo = False
        self.side: Side | None = None

    def deliver(self, packets: Packets) -> None:
        """To both transports, as far as their filters let it in."""
        if self.side is None or not len(packets):
            super().deliver(packets)
            return
        asides = np.array([self.side.wants(packet) for packet in packets.data], np.uint8)
        super().deliver(packets[asides != Side.ALONE])
        self.side.deliver(packets[asides > 0])

    def arrive(
        self, packet: bytes, in_us: int = 0, *, ifindex: int = 2, ethertype: int | None = None
    ) -> None:
        """As a wire, but for the TTL of what comes from far away."""
        is_v6 = packet[:1] >= b"\x60"
        sender = number_of(packet[8:24] if is_v6 else packet[12:16])
        at, left = (7 if is_v6 else 8), 64 - len(self.ways.get(sender, ()))
        if sender in self.ways:
            packet = packet[:at] + bytes([left]) + packet[at + 1 :]
        super().arrive(packet, in_us, ifindex=ifindex, ethertype=ethertype)

    def _frame(self, lane: Lane, frame: bytes) -> None:
        packet = frame[lane.header :]
        if packet[0] >> 4 == 6 and packet[6] == ICMP6 and packet[40] == ECHO6:
            self._probed(lane, frame[: lane.header], packet)
        else:
            super()._frame(lane, frame)

    def _probed(self, lane: Lane, link: bytes, packet: bytes) -> None:
        is_v6 = packet[0] >> 4 == 6
        protocol, ttl = (packet[6], packet[7]) if is_v6 else (packet[9], packet[8])
        ends = (packet[8:24], packet[24:40]) if is_v6 else (packet[12:16], packet[16:20])
        me, them = map(number_of, ends)
        routers = self.ways.get(them, [])
        header = 40 if is_v6 else 20
        if protocol == SCTP:
            return
        if not whole(packet, is_v6, me, them, protocol, packet[header:], ttl):
            self.malformed += 1
            return
        if ttl != 64:
            text = format_ip(them)
            self.asked_hops[text, ttl] += 1
            if self.fate(text, ttl, self.asked_hops[text, ttl] - 1):
                return
        if ttl <= len(routers):
            self._exceeded(lane, me, routers[ttl - 1], packet)
        elif protocol == TCP:
            super()._probed(lane, link, packet)
        else:
            self._other(lane, me, them, protocol, packet)

    def _exceeded(self, lane: Lane, me: int, router: str | None, packet: bytes) -> None:
        """RFC 792: the header and eight bytes; RFC 4443: as much as fits."""
        self.quotes.append(packet)
        if router is None:
            return
        if packet[0] >> 4 == 6:
            told = ip6(number(router), me, 58, icmp(3, 0, packet))
        else:
            told = ip4(number(router), me, 1, icmp(11, 0, packet[:28]))
        self.arrive(told, 2 * self.path.delay_us, ifindex=lane.ifindex)

    def _other(self, lane: Lane, me: int, them: int, protocol: int, packet: bytes) -> None:
        is_v6 = packet[0] >> 4 == 6
        ip = ip6 if is_v6 else ip4
        if protocol == UDP:
            error = icmp(1, 4, packet) if is_v6 else icmp(3, 3, packet[:28])
            answer = ip(them, me, 58 if is_v6 else 1, error)
        elif self.silent_echo:
            return
        else:
            message = packet[40:] if is_v6 else packet[20:]
            answer = ip(them, me, protocol, bytes([129 if is_v6 else 0]) + message[1:])
        self.arrive(answer, 2 * self.path.delay_us, ifindex=lane.ifindex)


class Side(MemoryTransport):
    """Gets errors as the wire does, and alone what comes to `ports` and echo replies."""

    BOTH, ALONE = 1, 2

    def __init__(self, wire: Ways, ports: range) -> None:
        super().__init__()
        self.ports = ports
        self._wire = wire
        wire.side = self

    def wants(self, packet: U8) -> int:
        """0: no, BOTH or ALONE."""
        is_v6 = packet[0] >> 4 == 6
        protocol, start = (packet[6], 40) if is_v6 else (packet[9], 20)
        if protocol in (ICMP, ICMP6):
            return self.ALONE if packet[start] == (129 if is_v6 else 0) else self.BOTH
        port = int(packet[start + 2]) << 8 | int(packet[start + 3])
        return self.ALONE if port in self.ports else 0

    def send(self, lane: Lane, frames: U8) -> int:
        """Frames go the same way."""
        self.sent.append((lane, frames.copy()))
        return self._wire.send(lane, frames)

    def receive(self, limit: int = 4096) -> Packets:
        """What the wire has brought by now."""
        MemoryTransport.deliver(self._wire, self._wire.receive())
        return super().receive(limit)


def whole(packet: bytes, is_v6: bool, me: int, them: int, protocol: int, payload: bytes, ttl: int) -> bool:
    """Whether a real host would take the packet: right checksums, everywhere."""
    if not is_v6:
        ident = struct.unpack("!H", packet[4:6])[0]
        if ip4(me, them, protocol, payload, ttl=ttl, ident=ident) != packet:
            return False
    if protocol == ICMP:
        return checksum_of(payload) == 0
    return transport_checksum(me, them, protocol, payload) == 0


def checksum_of(message: bytes) -> int:
    """ICMP's checksum has no pseudo header."""
    total: int = sum(struct.unpack(f"!{len(message) // 2}H", message))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF
