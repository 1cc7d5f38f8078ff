"""A peer that answers in ways this kernel would not: ``python responder.py LINK [PORT...]``.

It reads the interface beside the kernel (whose own answers a firewall drops) and decides by the port asked: `CASES`
are answers to a SYN that no kernel would give, IPv4 only; `STACKS` are TCP stacks and middleboxes of other makes,
which answer any segment, by both families. Frames are built here from RFC 791, 792, 8200 and 9293, with the plainest
possible code. Prints "ready" once it listens. With ports it is a SYN proxy for all others instead.
"""

import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

ETH_P_ALL = 0x0003
ETHERNET = 14
FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10


@dataclass(frozen=True)
class Asked:
    """A segment as it came in: both ends, its numbers and flags, and the packet's first 28 bytes, as quoted."""

    ip_us: bytes
    ip_scanner: bytes
    port_us: int
    port_scanner: int
    seq: int
    ack: int
    flags: int
    quote: bytes


def checksum(data: bytes) -> int:
    """RFC 1071."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def ip(asked: Asked, protocol: int, payload: bytes, claimed: int | None = None) -> bytes:
    """An IP packet back to the scanner; `claimed` is a payload length that is not true."""
    if len(asked.ip_us) == 16:
        return (
            struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64)
            + asked.ip_us
            + asked.ip_scanner
            + payload
        )
    length = 20 + (len(payload) if claimed is None else claimed)
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, length, 7, 0, 64, protocol, 0, asked.ip_us, asked.ip_scanner)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def tcp(asked: Asked, flags: int, ack: int, seq: int = 1, window: int = 1024) -> bytes:
    """A TCP segment of 20 bytes."""
    fields = (asked.port_us, asked.port_scanner, seq, ack & 0xFFFFFFFF, 0x50, flags, window)
    segment = struct.pack("!HHIIBBHHH", *fields, 0, 0)
    pseudo = asked.ip_us + asked.ip_scanner + struct.pack("!HH", 6, len(segment))
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


def reset(asked: Asked, window: int = 0) -> list[bytes]:
    """RFC 9293 section 3.10.7.1: what a closed port says to a segment."""
    if asked.flags & ACK:
        return [ip(asked, 6, tcp(asked, RST, 0, asked.ack, window))]
    counted = asked.seq + bool(asked.flags & (SYN | FIN))
    return [ip(asked, 6, tcp(asked, RST | ACK, counted, 0, window))]


def resets_all(asked: Asked) -> list[bytes]:
    """An open port of a stack that resets whatever is no SYN."""
    return [syn_ack(asked)] if asked.flags == SYN else reset(asked)


def accepts_all(asked: Asked) -> list[bytes]:
    """A SYN proxy: it takes every connection before it asks the host, and drops the rest."""
    return [syn_ack(asked)] if asked.flags == SYN else []


def old_bsd_open(asked: Asked) -> list[bytes]:
    """An open port of a stack that gives its window away and drops every FIN."""
    if asked.flags == SYN:
        return [syn_ack(asked)]
    return reset(asked, window=4096) if asked.flags == ACK else []


# port: what it says to any segment but a reset
STACKS: dict[int, Callable[[Asked], list[bytes]]] = {
    7301: resets_all,
    7302: reset,
    7303: accepts_all,
    7304: old_bsd_open,
    7305: reset,
}


def answers(asked: Asked, served: frozenset[int]) -> list[bytes]:
    """What the port that was asked says; `served` ports are the kernel's, where any are given."""
    if served:
        return [] if asked.port_us in served else accepts_all(asked)
    if asked.flags == SYN and len(asked.ip_us) == 4 and asked.port_us in CASES:
        return CASES[asked.port_us](asked)
    stack = None if asked.flags & RST else STACKS.get(asked.port_us)
    return stack(asked) if stack else []


def asked_untrusted(packet: bytes) -> Asked | None:
    """The segment in an IP packet without options or extension headers; None when it is something else."""
    version = packet[0] >> 4 if packet else 0
    header, protocol, source = (40, 6, 8) if version == 6 else (20, 9, 12)
    if len(packet) < header + 20 or packet[0] not in (0x45, 0x60) or packet[protocol] != 6:
        return None
    middle = (source + header) // 2
    port_scanner, port_us, seq, ack, flags = struct.unpack_from("!HHIIxB", packet, header)
    ends = packet[middle:header], packet[source:middle]
    return Asked(*ends, port_us, port_scanner, seq, ack, flags, packet[:28])


def main(link: str, *served: str) -> None:
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.bind((link, ETH_P_ALL))
    print("ready", flush=True)
    with suppress(OSError):  # the link went, and its network with it
        serve(sock, frozenset(map(int, served)))


def serve(sock: socket.socket, served: frozenset[int]) -> None:
    while True:
        frame, (_, _, kind, *_) = sock.recvfrom(2048)
        asked = asked_untrusted(frame[ETHERNET:])
        if kind == socket.PACKET_OUTGOING or not asked:
            continue
        header = frame[6:12] + frame[:6] + frame[12:14]
        for packet in answers(asked, served):
            sock.send(header + packet)


if __name__ == "__main__":
    main(*sys.argv[1:])
