"""Answers ICMP address mask requests (RFC 950) to some addresses: ``python masks.py ADDRESS...``.

The kernel does not know this question, so nobody else answers it. Prints "ready" once it listens.
"""

import selectors
import socket
import struct
import sys

REQUEST, REPLY = 17, 18
MASK = b"\xff\xff\xff\x00"


def checksum(data: bytes) -> int:
    """RFC 1071."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def answer_untrusted(packet: bytes) -> bytes | None:
    """The reply to an address mask request in an IPv4 packet; None when it is something else."""
    message = packet[(packet[0] & 15) * 4 :]
    if len(message) < 12 or message[0] != REQUEST:
        return None
    rest = message[4:8] + MASK
    return struct.pack("!BBH", REPLY, 0, checksum(bytes([REPLY, 0, 0, 0]) + rest)) + rest


def main(*addresses: str) -> None:
    selector = selectors.DefaultSelector()
    for address in addresses:
        sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        sock.bind((address, 0))
        selector.register(sock, selectors.EVENT_READ, sock)
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            packet, sender = key.data.recvfrom(2048)
            if answer := answer_untrusted(packet):
                key.data.sendto(answer, sender)


if __name__ == "__main__":
    main(*sys.argv[1:])
