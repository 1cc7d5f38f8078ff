"""A peer that answers SYNs in ways no kernel would: ``python responder.py LINK``.

It reads the interface beside the kernel (whose own answers a firewall drops) and decides by the port asked:
see `CASES`. Frames are built here from RFC 791, 792 and 9293, with the plainest possible code. IPv4 only.
Prints "ready" once it listens.
"""

import socket
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass

ETH_P_IP = 0x0800
ETHERNET = 14
SYN, RST, ACK = 0x02, 0x04, 0x10


@dataclass(frozen=True)
class Asked:
    """A SYN as it came in: both ends, the sequence number, and the IP packet's first 28 bytes, as quoted."""

    ip_us: bytes
    ip_scanner: bytes
    port_us: int
    port_scanner: int
    seq: int
    quote: bytes


def checksum(data: bytes) -> int:
    """RFC 1071."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def ip(asked: Asked, protocol: int, payload: bytes, claimed: int | None = None) -> bytes:
    """An IPv4 packet back to the scanner; `claimed` is a payload length that is not true."""
    length = 20 + (len(payload) if claimed is None else claimed)
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, length, 7, 0, 64, protocol, 0, asked.ip_us, asked.ip_scanner)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def tcp(asked: Asked, flags: int, ack: int, seq: int = 1) -> bytes:
    """A TCP segment of 20 bytes."""
    fields = (asked.port_us, asked.port_scanner, seq, ack & 0xFFFFFFFF, 0x50, flags, 1024)
    segment = struct.pack("!HHIIBBHHH", *fields, 0, 0)
    pseudo = asked.ip_us + asked.ip_scanner + struct.pack("!BBH", 0, 6, len(segment))
    return segment[:16] + struct.pack("!H", checksum(pseudo + segment)) + segment[18:]


def unreachable(quote: bytes, code: int) -> bytes:
    """An ICMP destination unreachable that quotes these bytes."""
    body = struct.pack("!BBHI", 3, code, 0, 0) + quote
    return body[:2] + struct.pack("!H", checksum(body)) + body[4:]


def syn_ack(asked: Asked, off: int = 0) -> bytes:
    return ip(asked, 6, tcp(asked, SYN | ACK, asked.seq + 1 + off))


def forged_quote(asked: Asked) -> bytes:
    """The SYN quoted with another sequence number."""
    return asked.quote[:24] + struct.pack("!I", asked.seq ^ 0x5A5A5A5A)


# port: what it does, as the packets that answer one SYN
CASES: dict[int, Callable[[Asked], list[bytes]]] = {
    # three good answers: open once
    6001: lambda asked: [syn_ack(asked)] * 3,
    # right ports, wrong acknowledgement: no cookie
    6002: lambda asked: [syn_ack(asked, off) for off in (1, -1, 0x10000, 0x7FFFFFFF)],
    # a reset for something we did not send
    6003: lambda asked: [ip(asked, 6, tcp(asked, RST | ACK, asked.seq + 77))],
    # an ICMP error about a SYN we did not send
    6004: lambda asked: [ip(asked, 1, unreachable(forged_quote(asked), 3))],
    # a good answer cut off in the middle of its TCP header, the IP length true and false
    6005: lambda asked: [ip(asked, 6, tcp(asked, SYN | ACK, asked.seq + 1)[:9])],
    6006: lambda asked: [ip(asked, 6, tcp(asked, SYN | ACK, asked.seq + 1)[:13], claimed=20)],
    # an ICMP error that quotes too little to know whose it is
    6007: lambda asked: [ip(asked, 1, unreachable(asked.quote[:22], 3))],
    # rubbish first, then the truth: open
    6008: lambda asked: [*CASES[6002](asked), *CASES[6005](asked), syn_ack(asked)],
    # open, then many resets (a late change of mind): the first answer counts
    6009: lambda asked: [syn_ack(asked), *[ip(asked, 6, tcp(asked, RST | ACK, asked.seq + 1))] * 3],
    # an ICMP error with exactly the eight quoted bytes that RFC 792 promises: filtered, port-unreach
    6010: lambda asked: [ip(asked, 1, unreachable(asked.quote, 3))],
    # a header length that is impossible, and an IP version that is none
    6011: lambda asked: [b"\x41" + syn_ack(asked)[1:], b"\x95" + syn_ack(asked)[1:]],
    # simultaneous open: a SYN in answer to our SYN, with an ACK of nothing
    6012: lambda asked: [ip(asked, 6, tcp(asked, SYN, 0))],
}


def asked_untrusted(packet: bytes) -> Asked | None:
    """The SYN in an IPv4 packet without options; None when it is something else."""
    if len(packet) < 40 or packet[0] != 0x45 or packet[9] != 6 or packet[33] != SYN:
        return None
    port_scanner, port_us, seq = struct.unpack_from("!HHI", packet, 20)
    return Asked(packet[16:20], packet[12:16], port_us, port_scanner, seq, packet[:28])


def main(link: str) -> None:
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_IP))
    sock.bind((link, ETH_P_IP))
    print("ready", flush=True)
    while True:
        frame, (_, _, kind, *_) = sock.recvfrom(2048)
        asked = asked_untrusted(frame[ETHERNET:])
        if kind == socket.PACKET_OUTGOING or not asked or asked.port_us not in CASES:
            continue
        header = frame[6:12] + frame[:6] + frame[12:14]
        for packet in CASES[asked.port_us](asked):
            sock.send(header + packet)


if __name__ == "__main__":
    main(*sys.argv[1:])
