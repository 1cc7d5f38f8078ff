"""A cable with a length: a process that carries frames between two interfaces and takes its time.

A veth pair has no latency at all: the answer is delivered while the sender still holds its socket's lock, and
Linux then drops an ICMPv6 error for a connecting socket (counter LockDroppedIcmps), which no real network shows.
`netem` would cure it but is missing from many kernels. So: frames in at one end, out at the other a fixed time
later, in order. Good for some ten thousand frames a second; figures are measured without it.

Run as ``python wire.py LINK LINK MILLISECONDS``; prints "ready" once it carries.
"""

import select
import socket
import sys
import time
from collections import deque

ETH_P_ALL = 0x0003
SOL_PACKET = 263
PACKET_VNET_HDR = 15  # frames keep their "checksum still to be made" mark across the cable
PACKET_IGNORE_OUTGOING = 23
LONGEST = 65_600


def end(link: str) -> socket.socket:
    """A socket that takes what arrives at the interface and puts frames out of it."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    sock.bind((link, ETH_P_ALL))
    sock.setblocking(False)
    return sock


def carry(one: socket.socket, other: socket.socket, delay_s: float) -> None:
    """Carry frames both ways for ever."""
    across = {one: other, other: one}
    under_way: deque[tuple[float, socket.socket, bytes]] = deque()
    while True:
        wait = max(0.0, under_way[0][0] - time.monotonic()) if under_way else None
        for sock in select.select((one, other), (), (), wait)[0]:
            under_way.append((time.monotonic() + delay_s, across[sock], sock.recv(LONGEST)))
        while under_way and under_way[0][0] <= time.monotonic():
            _, out, frame = under_way.popleft()
            out.send(frame)


def main(link: str, peer: str, milliseconds: str) -> None:
    one, other = end(link), end(peer)
    print("ready", flush=True)
    carry(one, other, float(milliseconds) / 1000)


if __name__ == "__main__":
    main(*sys.argv[1:])
