"""A TCP/IP stack in memory that answers the probes as this Linux was seen to: with `struct` alone, one at a time.

Source: the answers of a Linux kernel in a network namespace, read with scapy. Answers that a test wants to be others
are made so by the fields.
"""

import struct
from dataclasses import dataclass

from tests.wire.twins import checksum, icmp, ip4, number, tcp

ME, THEM = number("198.18.0.1"), number("198.18.0.2")
SCALED = bytes.fromhex("020405b40402080a") + b"\0\0\1\0" + b"\xff\xff\xff\xff" + bytes.fromhex("01030307")


@dataclass
class Linux:
    """Ports and figures; `hops` routers lie between."""

    open: int = 22
    hops: int = 0
    seq: int = 1_000_000
    hz: int = 1_000
    step: int = 7_919_311

    def answer(self, packet: bytes, now_us: int) -> bytes | None:
        """Return what comes back."""
        source, them = packet[12:16], packet[16:20]
        me, host = (int.from_bytes(each) | 0xFFFF << 32 for each in (source, them))
        protocol, rest = packet[9], packet[20:]
        ttl = 64 - self.hops
        if protocol == 1:
            body = b"\0" + rest[1:2] + b"\0\0" + rest[4:]
            body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
            return ip4(host, me, 1, body, ttl=ttl, ident=rest[7], flags_offset=0)
        if protocol == 17:
            quoted = bytearray(packet)
            quoted[8] -= self.hops
            quoted[10:12] = b"\0\0"
            quoted[10:12] = struct.pack("!H", checksum(bytes(quoted[:20])))
            return ip4(host, me, 1, icmp(3, 3, bytes(quoted)), ttl=ttl, ident=9, flags_offset=0)
        said = self._segment(rest, now_us)
        return None if said is None else ip4(host, me, 6, said, ttl=ttl)

    def _segment(self, rest: bytes, now_us: int) -> bytes | None:
        port_me, port, seq, ack, _offset, flags, _, _, _ = struct.unpack("!HHIIBBHHH", rest[:20])
        following = (seq + bool(flags & 2) + bool(flags & 1)) & 0xFFFFFFFF
        if port != self.open:
            if flags & 0x10:
                return tcp(port, port_me, ack, 0, 0x04, 0)
            return tcp(port, port_me, 0, following, 0x14, 0)
        if flags & 0x10:
            return tcp(port, port_me, ack, 0, 0x04, 0)
        if flags & 0x3F != 0x02:
            return None
        self.seq += self.step * (1 + self.seq % 3)
        ours = self.seq & 0xFFFFFFFF
        if flags & 0xC0:
            return tcp(
                port, port_me, ours, following, 0x52, 64_240, bytes.fromhex("020405b40101040201030307")
            )
        stamp = struct.pack("!I", 1 + now_us * self.hz // 1_000_000)
        options = SCALED[:8] + stamp + SCALED[12:]
        return tcp(port, port_me, ours, following, 0x12, 65_160, options)
