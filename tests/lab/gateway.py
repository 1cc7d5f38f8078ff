"""A gateway that is slow while it is loaded: a process that answers ARP in the kernel's stead, and counts.

Whoever asks for the gateway's hardware address gets it at once as long as packets come slowly, or few have come so
far; else so many milliseconds later. Forwarding stays the kernel's. For each question to the gateway alone (no
broadcast) a line is printed: the packets a second that came since the one before.

Run as ``python gateway.py LINK ADDRESS MILLISECONDS CALM BEARS``, the last two being packets and packets a second;
prints "ready" once it answers. The kernel must be kept from answering as well (nftables, family arp).
"""

import heapq
import select
import socket
import sys
import time

ETH_P_ALL = 0x0003
SOL_PACKET = 263
PACKET_IGNORE_OUTGOING = 23
ARP, ASKS, TELLS = b"\x08\x06", b"\0\1\x08\0\6\4\0\1", b"\0\1\x08\0\6\4\0\2"


class Gateway:
    """What came so far, and the answers that wait."""

    def __init__(self, address: bytes, late_s: float, calm: int, bears_pps: float) -> None:
        self._address = address
        self._late_s, self._calm, self._bears_pps = late_s, calm, bears_pps
        self._seen = self._before = 0
        self._then = time.monotonic()
        self.waiting: list[tuple[float, bytes]] = []

    def take(self, frame: bytes, mac: bytes) -> None:
        """A frame came."""
        if frame[12:14] != ARP:
            self._seen += 1
            return
        if frame[14:22] != ASKS or frame[38:42] != self._address:
            return
        now = time.monotonic()
        rate_pps = (self._seen - self._before) / max(now - self._then, 1e-6)
        if not frame[0] & 1:
            self._before, self._then = self._seen, now
            print(round(rate_pps), flush=True)
        is_late = self._seen > self._calm and rate_pps > self._bears_pps
        answer = frame[6:12] + mac + ARP + TELLS + mac + self._address + frame[22:32]
        heapq.heappush(self.waiting, (now + is_late * self._late_s, answer.ljust(60, b"\0")))


def serve(link: str, gateway: Gateway) -> None:
    """Answer for ever."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    sock.bind((link, ETH_P_ALL))
    mac = sock.getsockname()[4]
    print("ready", flush=True)
    while True:
        wait = max(0.0, gateway.waiting[0][0] - time.monotonic()) if gateway.waiting else None
        if select.select((sock,), (), (), wait)[0]:
            gateway.take(sock.recv(1 << 16), mac)
        while gateway.waiting and gateway.waiting[0][0] <= time.monotonic():
            sock.send(heapq.heappop(gateway.waiting)[1])


if __name__ == "__main__":
    name, address, milliseconds, calm, bears = sys.argv[1:]
    serve(name, Gateway(socket.inet_aton(address), float(milliseconds) / 1e3, int(calm), float(bears)))
