"""Services that answer every datagram: ``python udp_echo.py PORT ...``.

Each listens for IPv4 and IPv6. Prints "ready" once all do.
"""

import selectors
import socket
import sys


def main(ports: list[int]) -> None:
    ready = selectors.DefaultSelector()
    socks: dict[int, socket.socket] = {}
    for port in ports:
        sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind(("::", port))
        socks[sock.fileno()] = sock
        ready.register(sock, selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        for key, _ in ready.select():
            data, peer = socks[key.fd].recvfrom(2048)
            socks[key.fd].sendto(b"you said " + data, peer)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]])
