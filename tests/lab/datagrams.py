"""Answers every datagram to its ports: ``python datagrams.py PORT... silent:PORT...``; silent ones say nothing."""

import selectors
import socket
import sys


def main(*ports: str) -> None:
    selector = selectors.DefaultSelector()
    for port in ports:
        sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind(("::", int(port.removeprefix("silent:"))))
        selector.register(sock, selectors.EVENT_READ, (sock, not port.startswith("silent:")))
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            sock, answers = key.data
            _, them = sock.recvfrom(2048)
            if answers:
                sock.sendto(b"here", them)


if __name__ == "__main__":
    main(*sys.argv[1:])
